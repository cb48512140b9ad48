//! snac2, a small real server that speaks Mastodon's API, unpacked below the
//! cache folder from the distribution's own packages.
//!
//! Nothing is installed and the machine's apt set-up stays as it is: the package
//! is fetched with lists of our own. Debian 12 has it in its backports, later
//! releases in their main archive. Where it cannot be had the test is skipped,
//! and says why.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::paths::Paths;
use crate::process::{Log, capture, note, which};

/// The server's program, or why it cannot be had here.
pub fn snac(paths: &Paths, log: Log) -> Result<PathBuf> {
    let folder = paths.cache.join("snac2");
    let program = folder.join("usr/bin/snac");
    if !program.is_file() {
        for tool in ["apt-get", "dpkg"] {
            ensure!(which(tool).is_some(), "snac2 is only fetched on Debian and Ubuntu ({tool} is missing)");
        }
        note(log, "Fetching snac2 without installing it.")?;
        let work = paths.scratch("snac2");
        if work.exists() {
            fs::remove_dir_all(&work).context("Failed to empty the scratch folder")?;
        }
        let unpacked = fetch(&work, &folder);
        fs::remove_dir_all(&work).context("Failed to remove the scratch folder")?;
        unpacked.context("snac2 cannot be fetched")?;
    }
    let libraries = capture(Command::new("ldd").arg(&program))?;
    ensure!(!libraries.contains("not found"), "snac2 lacks a library here");
    Ok(program)
}

fn fetch(work: &Path, folder: &Path) -> Result<()> {
    for part in ["lists/partial", "cache/archives/partial"] {
        fs::create_dir_all(work.join(part)).context("Failed to create the scratch folder")?;
    }
    let system = fs::read_to_string("/etc/os-release").context("The system does not say what it is")?;
    let codename = os_value(&system, "VERSION_CODENAME").context("The system has no code name")?;
    let (suite, component) = match (os_value(&system, "ID"), codename) {
        (Some("debian"), "bookworm") => ("bookworm-backports".to_owned(), "main"),
        (Some("ubuntu"), _) => (codename.to_owned(), "universe"),
        (Some("debian"), _) => (codename.to_owned(), "main"),
        _ => bail!("it is known to be in Debian and Ubuntu only"),
    };
    let archive = archive_address().context("apt names no archive")?;
    let keyrings = ["debian-archive-keyring.gpg", "ubuntu-archive-keyring.gpg"]
        .map(|name| format!("/usr/share/keyrings/{name}"));
    let keyring = keyrings.iter().find(|file| Path::new(file).is_file()).context("apt has no keyring")?;
    fs::write(
        work.join("sources.list"),
        format!("deb [signed-by={keyring}] {archive} {suite} {component}\n"),
    )
    .context("Failed to write the list of sources")?;
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.current_dir(work).arg("-qq");
        for (key, value) in [
            ("Dir::Etc::SourceList", work.join("sources.list")),
            ("Dir::Etc::SourceParts", PathBuf::from("/dev/null")),
            ("Dir::State::Lists", work.join("lists")),
            ("Dir::Cache", work.join("cache")),
        ] {
            command.arg("-o").arg(format!("{key}={}", value.display()));
        }
        // As root apt changes to a user that cannot read our folder.
        command.args(["-o", "APT::Sandbox::User=root"]).args(arguments);
        capture(&mut command)
    };
    apt(&["update"])?;
    apt(&["download", "snac2"])?;
    let package = fs::read_dir(work)
        .context("Failed to list the scratch folder")?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|end| end == "deb"))
        .context("apt has downloaded nothing")?;
    capture(Command::new("dpkg").arg("-x").arg(package).arg(folder))?;
    Ok(())
}

/// The first archive that apt uses, in either format of its lists.
fn archive_address() -> Option<String> {
    let files =
        fs::read_dir("/etc/apt/sources.list.d").into_iter().flatten().flatten().map(|entry| entry.path());
    let mut texts: Vec<(PathBuf, String)> = files
        .filter(|file| {
            // Only the distribution's own lists: others have other packages.
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            ["debian.sources", "ubuntu.sources"].contains(&name.as_ref())
        })
        .chain([PathBuf::from("/etc/apt/sources.list")])
        .filter_map(|file| Some((file.clone(), fs::read_to_string(file).ok()?)))
        .collect();
    texts.sort();
    texts.iter().find_map(|(_, text)| first_address(text))
}

fn first_address(list: &str) -> Option<String> {
    list.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        matches!(words.next()?, "deb" | "URIs:")
            .then(|| words.find(|word| word.contains("://")))
            .flatten()
            .map(str::to_owned)
    })
}

fn os_value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.lines().find_map(|line| Some(line.strip_prefix(key)?.strip_prefix('=')?.trim_matches('"')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_archive_is_read_from_both_formats_of_apt() {
        let old = "# comment\ndeb [signed-by=/k.gpg] http://deb.example/debian bookworm main\n";
        assert_eq!(first_address(old).as_deref(), Some("http://deb.example/debian"));
        let new = "Types: deb\nURIs: http://deb.example/debian\nSuites: bookworm\n";
        assert_eq!(first_address(new).as_deref(), Some("http://deb.example/debian"));
    }

    #[test]
    fn the_release_is_read_with_and_without_quotes() {
        let text = "ID=debian\nVERSION_CODENAME=bookworm\nVERSION_ID=\"12\"\n";
        assert_eq!(os_value(text, "VERSION_CODENAME"), Some("bookworm"));
        assert_eq!(os_value(text, "VERSION_ID"), Some("12"));
        assert_eq!(os_value(text, "ID"), Some("debian"));
    }
}
