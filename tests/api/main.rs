//! The API as its callers meet it: the real router behind the real guard, an engine on a temporary
//! folder, the doubles of the platforms behind it.
#![allow(clippy::unwrap_used)]

mod accounts;
mod analytics;
mod config_files;
mod consents;
mod contacts;
mod conversations;
mod doctor;
mod document;
mod doors;
mod guard;
mod idempotency;
mod limits;
mod problems;
mod recovery_key;
mod resources;
mod revalidation;
mod scopes;
mod secrets;
mod seed_example;
mod session;
mod structures;
mod support;
mod templates;
