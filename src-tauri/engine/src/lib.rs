//! The engine: everything that composes, schedules, publishes and remembers, without a window.
//!
//! Arrows point one way: `api → orchestrator → features → queue, scheduler → store, connectors,
//! secrets → domain, clock, config, error, events`. A test in `tests/architecture` holds them.

pub mod api;
pub mod cli;
pub mod clock;
pub mod config;
pub mod connections;
pub mod connectors;
pub mod conversations;
pub mod customers;
pub mod domain;
pub mod engine;
pub mod events;
pub mod host;
pub mod logging;
pub mod media;
pub mod notifications;
pub mod orchestrator;
pub mod practice;
pub mod problems;
pub mod queue;
pub mod scheduler;
pub mod secrets;
pub mod social;
pub mod store;
