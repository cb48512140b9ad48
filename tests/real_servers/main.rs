//! Tests against servers that this project did not write. Each prints
//! `SKIPPED: why` where its server cannot be had.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod at_protocol;
mod mastodon_api;
#[cfg(unix)]
mod real_mail;
mod real_pds;
mod real_snac;
// The stage of the connectors' tests; real servers need no double and only a part of it.
#[allow(dead_code)]
#[path = "../connectors/support.rs"]
mod support;
