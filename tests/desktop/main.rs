//! The real window, driven as a person would: the built `vieux-moulin` under a virtual display, on a
//! session bus of its own, with a real notification server and a tray host beside it.
//!
//! `cargo xtask test --only desktop` provides the display and the tools. Started without a display the
//! tests fail and say so: a window that nobody looked at is not a tested window.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod alerts;
mod closing;
mod display;
mod login;
mod page;
mod passphrase;
mod publishing;
mod quitting;
mod scene;
mod services;
mod side_by_side;
mod starts;
