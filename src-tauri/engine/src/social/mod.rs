//! The posts on social networks.

pub mod text;
