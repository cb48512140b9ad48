//! Licences, sources and banned crates, checked by cargo-deny with the rules of
//! `deny.toml`.
//!
//! Its advisories are not checked here: they need a database from the network,
//! and a test run must not turn red because the world changed overnight. A
//! person runs `cargo deny check advisories` before a release.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::paths::Paths;
use crate::process::{Log, capture, cargo, note, run_to, which};

const VERSION: &str = "0.20.2";

/// Checks the dependency graph; installs cargo-deny when it is missing.
pub fn check(paths: &Paths, log: Log) -> Result<()> {
    let tool = tool(paths, log)?;
    run_to(
        log,
        Duration::from_mins(5),
        Command::new(tool).current_dir(&paths.root).args([
            "--locked",
            "--all-features",
            "check",
            "bans",
            "licenses",
            "sources",
        ]),
    )
}

/// cargo-deny in the version whose configuration format `deny.toml` uses.
fn tool(paths: &Paths, log: Log) -> Result<PathBuf> {
    let own = paths.cache.join("tools/bin/cargo-deny");
    if let Some(found) = which("cargo-deny").into_iter().chain([own.clone()]).find(|tool| {
        capture(Command::new(tool).arg("--version")).is_ok_and(|text| text.trim().ends_with(VERSION))
    }) {
        return Ok(found);
    }
    note(log, "Installing cargo-deny (a minute or two, once).")?;
    // Unoptimised: it compiles in a third of the time and is used for seconds.
    run_to(
        log,
        Duration::from_mins(20),
        cargo()
            .args(["install", "cargo-deny", "--version", VERSION, "--locked", "--debug"])
            .arg("--root")
            .arg(paths.cache.join("tools"))
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("CARGO_TARGET_DIR", paths.scratch("cargo-deny")),
    )?;
    std::fs::remove_dir_all(paths.scratch("cargo-deny"))
        .context("Failed to remove the build folder of cargo-deny")?;
    Ok(own)
}
