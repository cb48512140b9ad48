//! Tests against servers that this project did not write. Each prints
//! `SKIPPED: why` where its server cannot be had.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod at_protocol;
mod mastodon_api;
