//! What Meta's networks share: the Graph API's envelope, its error table, its usage headers,
//! its tokens and its ids.
//!
//! Not a connector. It knows no post: what is sent and how a result is recognised again stays with
//! the two connectors, because they reach "exactly once" in different ways.

pub mod client;
pub mod containers;
pub mod errors;
pub mod insights;
pub mod marks;
pub mod page_host;
pub mod photos;
pub mod token;
pub mod usage;
pub mod wire;

pub use client::Graph;
pub use errors::{Table, Verdict};
