//! The text of a post: counted as each network counts it, put together for a
//! network without fields, searched for links.
//!
//! Pure functions over strings. What a network allows is data of its connector;
//! here is only how it is measured. Shortening is never done silently: the owner
//! writes the words, so these functions measure and report.

pub mod compose;
pub mod count;
pub mod hashtags;
pub mod links;
pub mod weighted;
