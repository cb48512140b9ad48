//! Support for the integration tests: outside servers, doubles and readers.

/// An engine in the test's own process, on a clock that the test moves.
pub mod app;
/// A real mail host on loopback.
#[cfg(unix)]
pub mod mail_host;
/// A real AT Protocol server on loopback.
pub mod pds;
/// Talking to such servers while a test sets them up.
pub mod peer;
/// A provider of messages whose answers a test writes down beforehand.
pub mod post_office;
/// The program as its own process, with the sandbox beside it.
pub mod process;
/// A platform whose answers a test writes down beforehand.
pub mod scripted;
/// A disk that a test can fill.
pub mod small_disk;
/// A real server that speaks Mastodon's API, on loopback.
pub mod snac;
/// People who say something on such a platform.
pub mod talking;
