//! The front end: Node's version, `npm ci` and `npm run build` when something
//! changed, and the checks of the page's own code.
//!
//! A build that would give the same files is skipped: the engine embeds them,
//! and new dates would make it compile again.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::paths::Paths;
use crate::process::{Log, capture, run_to};

/// The oldest Node that the tools of `ui/` accept.
const OLDEST_NODE: u32 = 20;
const LIMIT: Duration = Duration::from_mins(15);

/// Node's version, or why the front end cannot be built.
pub fn node_version() -> Result<String> {
    let version = capture(Command::new("node").arg("--version")).ok().map(|text| text.trim().to_owned());
    let Some(version) = version else {
        bail!(
            "Node est introuvable : installez Node {OLDEST_NODE} ou plus récent, puis recommencez.\n\
             Node is not installed: install Node {OLDEST_NODE} or newer, then try again."
        );
    };
    if major(&version).is_none_or(|major| major < OLDEST_NODE) {
        bail!(
            "Node {version} est trop ancien : il faut Node {OLDEST_NODE} ou plus récent.\n\
             Node {version} is too old: Node {OLDEST_NODE} or newer is needed."
        );
    }
    capture(npm().arg("--version")).context(
        "npm est introuvable : il accompagne Node, installez-le. / npm is missing: it comes with Node.",
    )?;
    Ok(version)
}

fn major(version: &str) -> Option<u32> {
    version.trim_start_matches('v').split('.').next()?.parse().ok()
}

fn npm() -> Command {
    Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" })
}

/// npm in a folder, quiet, with its cache below ours.
pub fn npm_in(paths: &Paths, folder: &Path) -> Command {
    let mut command = npm();
    command
        .current_dir(folder)
        .env("npm_config_cache", paths.cache.join("npm"))
        .env("npm_config_audit", "false")
        .env("npm_config_fund", "false")
        .env("npm_config_update_notifier", "false");
    command
}

/// A script of `ui/package.json`.
pub fn script(paths: &Paths, name: &str) -> Command {
    let mut command = npm_in(paths, &paths.ui);
    command.args(["run", name]).env("CI", "1").env("NO_COLOR", "1");
    command
}

/// Whether `ui/package.json` has this script.
pub fn has_script(paths: &Paths, name: &str) -> bool {
    fs::read_to_string(paths.ui.join("package.json"))
        .ok()
        .and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok())
        .is_some_and(|package| package.pointer(&format!("/scripts/{name}")).is_some())
}

/// Installs the page's packages when the lock file changed since the last time.
pub fn install(paths: &Paths, log: Log) -> Result<()> {
    if !paths.ui.join("package-lock.json").is_file() {
        bail!("ui/package-lock.json is missing: this is not a complete checkout");
    }
    let version = node_version()?;
    let mut hasher = DefaultHasher::new();
    version.hash(&mut hasher);
    for name in ["package.json", "package-lock.json"] {
        read(&paths.ui.join(name))?.hash(&mut hasher);
    }
    let stamp = Stamp::new(paths, "install", hasher);
    if stamp.is_current() {
        return Ok(());
    }
    run_to(log, LIMIT, npm_in(paths, &paths.ui).arg("ci"))?;
    stamp.write()
}

/// Builds `ui/dist` when a source file changed since the last time.
pub fn build(paths: &Paths, log: Log) -> Result<()> {
    install(paths, log)?;
    let stamp = Stamp::new(paths, "build", digest(&paths.ui)?);
    if stamp.is_current() && paths.ui.join("dist/index.html").is_file() {
        return Ok(());
    }
    run_to(log, LIMIT, &mut script(paths, "build"))?;
    stamp.write()
}

/// Everything that is checked in the page's own code, then the build.
pub fn check(paths: &Paths, log: Log) -> Result<()> {
    install(paths, log)?;
    let mut failed = Vec::new();
    // The committed types must be those that the committed description gives.
    let checks: [(&str, &[&str]); 4] =
        [("types", &["--", "--check"]), ("lint", &[]), ("check", &[]), ("test", &[])];
    for (name, options) in checks {
        let result = run_to(log, LIMIT, script(paths, name).args(options));
        failed.extend(result.err().map(|error| format!("{error:#}")));
    }
    build(paths, log)?;
    if !failed.is_empty() {
        bail!("{}", failed.join("; "));
    }
    Ok(())
}

/// A mark that says for which input something was made.
struct Stamp {
    file: PathBuf,
    value: String,
}

impl Stamp {
    /// Stamps live in `node_modules`: who removes it wants everything again.
    fn new(paths: &Paths, name: &str, hasher: DefaultHasher) -> Self {
        Self {
            file: paths.ui.join("node_modules").join(format!(".xtask-{name}")),
            value: format!("{:016x}", hasher.finish()),
        }
    }

    fn is_current(&self) -> bool {
        fs::read_to_string(&self.file).is_ok_and(|value| value == self.value)
    }

    fn write(&self) -> Result<()> {
        fs::write(&self.file, &self.value).with_context(|| format!("Failed to write {}", self.file.display()))
    }
}

/// A digest of names and contents of the sources below a folder. It only tells
/// "the same as last time on this machine": a fast hash is enough.
fn digest(folder: &Path) -> Result<DefaultHasher> {
    let mut hasher = DefaultHasher::new();
    digest_into(folder, &mut hasher)?;
    Ok(hasher)
}

fn digest_into(folder: &Path, hasher: &mut DefaultHasher) -> Result<()> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .with_context(|| format!("Failed to list {}", folder.display()))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .with_context(|| format!("Failed to list {}", folder.display()))?;
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() {
            let made = ["node_modules", "dist", "test-results", ".svelte-kit"];
            if !made.iter().any(|made| name == *made) {
                digest_into(&path, hasher)?;
            }
        } else {
            path.hash(hasher);
            read(&path)?.hash(hasher);
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("Failed to read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_what_node_prints() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major("v8.0.0"), Some(8));
        assert_eq!(major("nonsense"), None);
    }
}
