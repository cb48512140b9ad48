//! The doubles as a client sees them: over HTTP, one module per network, and the faults.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::missing_panics_doc)]

mod bluesky;
mod control;
mod facebook;
mod faults;
mod google_business;
mod instagram;
mod linkedin;
mod mastodon;
mod pinterest;
mod process;
mod support;
mod telegram;
mod threads;
mod x;
