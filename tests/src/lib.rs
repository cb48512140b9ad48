//! Support for the integration tests: outside servers, doubles and readers.

/// A real AT Protocol server on loopback.
pub mod pds;
