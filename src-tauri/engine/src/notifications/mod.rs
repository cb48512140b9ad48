//! Messages to customers: from a template to the words of one e-mail or SMS, and how they leave.

pub mod house;
pub mod library;
pub mod policy;
pub mod render;
pub mod sending;

mod blocks;
mod draft;
mod program;
mod values;

pub use house::House;
pub use render::{Footer, Renderer};
