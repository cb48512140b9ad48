//! Where things are: the checkout, the build folder, the cache, the logs.
//!
//! Nothing outside the checkout is written except below the cache folder and
//! the data folder of the practice mode, so that removing those two leaves the
//! machine as it was.

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result};

/// The folders every chore works with.
pub struct Paths {
    /// The checkout.
    pub root: PathBuf,
    /// The front end, the only JavaScript project.
    pub ui: PathBuf,
    /// Cargo's build folder: `CARGO_TARGET_DIR`, else `target` in the checkout.
    pub target: PathBuf,
    /// Tools, npm packages and servers that survive a new checkout.
    pub cache: PathBuf,
}

impl Paths {
    /// Finds the checkout this program belongs to.
    pub fn find() -> Result<Self> {
        // Cargo says it at run time; the other is for a program started directly.
        let here = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = here.parent().context("The folder of xtask has no parent")?.to_path_buf();
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(dir) => root.join(dir),
            None => root.join("target"),
        };
        Ok(Self { ui: root.join("ui"), target, cache: user_folder("XDG_CACHE_HOME", ".cache")?, root })
    }

    /// The folder of the step logs.
    pub fn logs(&self) -> PathBuf {
        self.target.join("xtask-logs")
    }

    /// A folder below the build folder that a step may fill and empty.
    pub fn scratch(&self, name: &str) -> PathBuf {
        self.target.join("xtask-scratch").join(name)
    }

    /// An example program, as `cargo build --all-targets` leaves it.
    pub fn example(&self, name: &str) -> PathBuf {
        self.target.join("debug/examples").join(format!("{name}{}", env::consts::EXE_SUFFIX))
    }

    /// A program of this workspace, built with the given profile folder.
    pub fn binary(&self, release: bool, name: &str) -> PathBuf {
        self.target
            .join(if release { "release" } else { "debug" })
            .join(format!("{name}{}", env::consts::EXE_SUFFIX))
    }
}

/// `$VARIABLE/vieux-moulin`, else `$HOME/FALLBACK/vieux-moulin`.
pub fn user_folder(variable: &str, fallback: &str) -> Result<PathBuf> {
    let base = match env::var_os(variable) {
        Some(dir) if !dir.is_empty() => PathBuf::from(dir),
        _ => env::home_dir().context("No home folder: set HOME")?.join(fallback),
    };
    Ok(base.join("vieux-moulin"))
}
