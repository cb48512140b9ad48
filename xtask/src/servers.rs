//! Servers that this project did not write, installed once below the cache
//! folder for the tests that need a peer with a mind of its own.
//!
//! Only the installation is here; `vieux_moulin_tests::pds` starts and stops it.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::front::{node_version, npm_in};
use crate::paths::Paths;
use crate::process::{Log, note, run_to, which};

/// Where the committed manifest and lock file of the AT Protocol server are.
const ATPROTO: &str = "tests/fixtures/servers/atproto";

/// The folder of the installed AT Protocol server; installs it the first time
/// (two minutes: its SQLite binding is compiled).
pub fn atproto(paths: &Paths, log: Log) -> Result<PathBuf> {
    let source = paths.root.join(ATPROTO);
    let mut hasher = DefaultHasher::new();
    // A native module belongs to the Node it was compiled for.
    node_version()?.hash(&mut hasher);
    let manifest = ["package.json", "package-lock.json"];
    for name in manifest {
        fs::read(source.join(name))
            .with_context(|| format!("Failed to read {ATPROTO}/{name}"))?
            .hash(&mut hasher);
    }
    let parent = paths.cache.join("atproto");
    let folder = parent.join(format!("{:016x}", hasher.finish()));
    let done = folder.join(".installed");
    if done.is_file() {
        return Ok(folder);
    }
    note(log, "Installing the AT Protocol server (about two minutes, once).")?;
    // Other versions are of no use any more, and a broken try is begun again.
    if parent.exists() {
        fs::remove_dir_all(&parent).context("Failed to remove the old AT Protocol server")?;
    }
    fs::create_dir_all(&folder).context("Failed to create the folder of the server")?;
    for name in manifest {
        fs::copy(source.join(name), folder.join(name)).with_context(|| format!("Failed to copy {name}"))?;
    }
    let mut install = npm_in(paths, &folder);
    install.args(["ci", "--omit=dev"]);
    if let Some(headers) = node_headers() {
        // Otherwise node-gyp downloads them.
        install.env("npm_config_nodedir", headers);
    }
    run_to(log, Duration::from_mins(20), &mut install)?;
    fs::write(&done, "").context("Failed to mark the server as installed")?;
    Ok(folder)
}

/// The prefix below which Node's own C headers are.
fn node_headers() -> Option<PathBuf> {
    let node = fs::canonicalize(which("node")?).ok()?;
    let prefix = node.parent().and_then(Path::parent)?;
    prefix.join("include/node/node.h").is_file().then(|| prefix.to_path_buf())
}
