//! Lock files must not name the machine that packages were fetched from: a
//! lock made behind a mirror would not install anywhere else.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::paths::Paths;
use crate::process::{Log, note};

/// The npm lock files of the project.
pub const NPM_LOCKS: [&str; 2] = ["ui/package-lock.json", "tests/fixtures/servers/atproto/package-lock.json"];

/// What Cargo writes for the public registry, whatever mirror is used.
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Fails when a lock file names a host or leaves out a checksum.
pub fn check(paths: &Paths, log: Log) -> Result<()> {
    let mut problems = Vec::new();
    for name in NPM_LOCKS {
        let file = paths.root.join(name);
        if !file.is_file() {
            problems.push(format!("{name} is missing"));
            continue;
        }
        let lock: Value =
            serde_json::from_str(&read(&file)?).with_context(|| format!("{name} is not JSON"))?;
        problems.extend(npm_problems(&lock).map(|problem| format!("{name}: {problem}")));
    }
    problems.extend(cargo_problems(&read(&paths.root.join("Cargo.lock"))?));
    problems.extend(
        npmrc_files(&paths.root)
            .map(|file| format!("{} must not be committed: it names a registry", file.display())),
    );
    for problem in &problems {
        note(log, problem)?;
    }
    if let Some(first) = problems.first() {
        bail!(
            "{first} ({} in all). Remedy for npm: npm install --package-lock-only --omit-lockfile-registry-resolved",
            problems.len()
        );
    }
    note(log, "No lock file names a registry host.")
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("Failed to read {}", file.display()))
}

fn npm_problems(lock: &Value) -> impl Iterator<Item = String> + '_ {
    let packages = lock.get("packages").and_then(Value::as_object);
    packages.into_iter().flatten().filter_map(|(name, entry)| {
        if let Some(url) = entry.get("resolved").and_then(Value::as_str) {
            // A package of this checkout is resolved to a path.
            return url.contains("://").then(|| format!("{name} has a resolved address"));
        }
        let is_fetched = name.starts_with("node_modules/") && entry.get("link").is_none();
        let is_bundled = entry.get("inBundle").is_some();
        (is_fetched && !is_bundled && entry.get("integrity").is_none())
            .then(|| format!("{name} has no checksum"))
    })
}

fn cargo_problems(lock: &str) -> impl Iterator<Item = String> + '_ {
    lock.lines()
        .filter_map(|line| line.strip_prefix("source = "))
        .filter(|source| source.trim_matches('"') != CRATES_IO)
        .map(|source| format!("Cargo.lock: {source} is not the public registry"))
}

fn npmrc_files(root: &Path) -> impl Iterator<Item = PathBuf> {
    ["", "ui", "tests/fixtures/servers/atproto"]
        .map(|folder| root.join(folder).join(".npmrc"))
        .into_iter()
        .filter(|file| {
            fs::read_to_string(file).is_ok_and(|text| text.contains("registry") && text.contains("://"))
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_resolved_address_and_a_missing_checksum_are_found() {
        let lock = json!({"packages": {
            "": {"name": "ui"},
            "node_modules/good": {"version": "1.0.0", "integrity": "sha512-x"},
            "node_modules/named": {"version": "1.0.0", "integrity": "sha512-x", "resolved": "https://mirror.example/a.tgz"},
            "node_modules/bare": {"version": "1.0.0"},
        }});
        let problems: std::collections::BTreeSet<String> = npm_problems(&lock).collect();
        let expected = ["node_modules/bare has no checksum", "node_modules/named has a resolved address"];
        assert!(problems.iter().eq(expected), "{problems:?}");
    }

    #[test]
    fn another_registry_in_the_cargo_lock_is_found() {
        let lock = format!("source = \"{CRATES_IO}\"\nsource = \"registry+https://mirror.example/index\"\n");
        assert_eq!(cargo_problems(&lock).count(), 1);
    }
}
