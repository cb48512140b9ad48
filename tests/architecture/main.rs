//! The rules of the house, held by tests: which room may use which, what may stand only in one place,
//! and documents that say what the code does.
//!
//! `UPDATE_DOCS=1` rewrites the generated parts of `COMMUNICATION.md` and `docs/schema.sql`.
#![allow(clippy::unwrap_used)]

mod arrows;
mod boundaries;
mod documentation;
mod outgoing;
mod schema;
mod sources;
mod tidiness;
mod window;
