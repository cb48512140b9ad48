//! Support for the integration tests: outside servers, doubles and readers.

/// A real AT Protocol server on loopback.
pub mod pds;
/// Talking to such servers while a test sets them up.
pub mod peer;
/// A real server that speaks Mastodon's API, on loopback.
pub mod snac;
