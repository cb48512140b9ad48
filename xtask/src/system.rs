//! System packages: what is missing, and how to get it.
//!
//! On Debian and Ubuntu missing packages are installed with `apt-get`, as root
//! directly and with `sudo` otherwise. Where that is not possible the exact
//! command is printed and the chore stops. Nothing is asked of the network when
//! nothing is missing.

use std::collections::BTreeSet;
use std::io::{IsTerminal, stdin};
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::process::{capture, cargo, run, which};

/// Packages that serve one purpose.
#[derive(Clone, Copy)]
pub struct PackageList {
    /// Nothing works without these.
    needed: &'static [&'static str],
    /// Absent from some distributions: the step that uses one says so and is skipped.
    wished: &'static [&'static str],
}

/// To build and start the window. The run-time libraries come with their
/// development packages.
pub const BUILD: PackageList = PackageList {
    needed: &[
        "build-essential",
        "ca-certificates",
        "dbus",
        "fonts-dejavu-core",
        "libayatana-appindicator3-dev",
        "librsvg2-dev",
        "libssl-dev",
        "libwebkit2gtk-4.1-dev",
        "pkg-config",
        "xdg-utils",
    ],
    wished: &["fonts-noto-color-emoji"],
};

/// To run the tests: a display, a session bus, a keyring, a notification
/// server, two browsers' drivers, and what the real servers are built with.
pub const TEST: PackageList = PackageList {
    needed: &[
        "curl",
        "dunst",
        "gnome-keyring",
        "imagemagick",
        "libglib2.0-bin",
        "libnotify-bin",
        "libsecret-tools",
        "openbox",
        "openssl",
        "procps",
        "python3",
        "webkit2gtk-driver",
        "xauth",
        "xdotool",
        "xvfb",
    ],
    // Ubuntu has Chromium only as a snap; the browser test is skipped there
    // unless a Chromium or Chrome is on the search path.
    // Postfix and Dovecot are the mail host of the real servers.
    wished: &["chromium", "dovecot-imapd", "postfix"],
};

/// Installs what is missing of these lists, or says exactly how to.
pub fn install(lists: &[PackageList]) -> Result<()> {
    if which("apt-get").is_none() {
        return without_apt(lists);
    }
    let needed = missing(lists.iter().flat_map(|list| list.needed))?;
    let wished: Vec<&str> = missing(lists.iter().flat_map(|list| list.wished))?
        .into_iter()
        // Chrome or a snap's Chromium does as well as the package.
        .filter(|name| *name != "chromium" || chromium().is_none())
        .collect();
    if needed.is_empty() && wished.is_empty() {
        return Ok(());
    }
    let Some(rights) = Rights::find() else {
        if needed.is_empty() {
            return Ok(());
        }
        bail!(manual_command(&needed));
    };
    println!(
        "Paquets système à installer / system packages to install: {} {}",
        needed.join(" "),
        wished.join(" ")
    );
    // A fresh machine has no package lists, an old one has stale ones. A third
    // party's broken source must not stop us: the installation will tell.
    if let Err(error) = run(rights.apt().arg("update").arg("-qq")) {
        println!("{error:#}");
    }
    if !needed.is_empty() && run(apt_install(&rights).args(&needed)).is_err() {
        bail!(manual_command(&needed));
    }
    for name in wished {
        if run(apt_install(&rights).arg(name)).is_err() {
            println!(
                "{name} : absent de cette distribution, on continue sans. / \
                 {name} is not available here, going on without it."
            );
        }
    }
    Ok(())
}

fn apt_install(rights: &Rights) -> Command {
    let mut command = rights.apt();
    command.args(["install", "-y", "-qq", "--no-install-recommends"]);
    command
}

/// How `apt-get` may be called.
enum Rights {
    Root,
    Sudo,
}

impl Rights {
    fn find() -> Option<Self> {
        if capture(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0") {
            return Some(Self::Root);
        }
        which("sudo")?;
        let without_password = Command::new("sudo")
            .args(["-n", "true"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        // With a terminal sudo can ask for the password; without one it would
        // only fail obscurely.
        (without_password || stdin().is_terminal()).then_some(Self::Sudo)
    }

    fn apt(&self) -> Command {
        let mut command = match self {
            Self::Root => Command::new("env"),
            Self::Sudo => {
                let mut sudo = Command::new("sudo");
                sudo.arg("env");
                sudo
            }
        };
        command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        command
    }
}

fn manual_command(packages: &[&str]) -> String {
    format!(
        "Il manque des paquets système et je ne peux pas les installer moi-même.\n\
         System packages are missing and cannot be installed from here.\n\
         Lancez cette commande, puis recommencez / run this, then try again:\n\n  \
         sudo apt-get update && sudo apt-get install -y --no-install-recommends {}\n",
        packages.join(" ")
    )
}

/// Not Debian, not Ubuntu: the needed libraries are probed, not installed.
fn without_apt(lists: &[PackageList]) -> Result<()> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let libraries = ["webkit2gtk-4.1", "ayatana-appindicator3-0.1", "librsvg-2.0", "openssl"];
    let complete = which("cc").is_some()
        && libraries.iter().all(|library| {
            Command::new("pkg-config")
                .args(["--exists", library])
                .status()
                .is_ok_and(|status| status.success())
        });
    if complete {
        return Ok(());
    }
    let names: Vec<&str> = lists.iter().flat_map(|list| list.needed).copied().collect();
    bail!(
        "Ce système n’a pas apt-get : installez l’équivalent de ces paquets Debian, puis recommencez.\n\
         This system has no apt-get: install what corresponds to these Debian packages, then try again:\n\n  {}\n",
        names.join(" ")
    );
}

/// The packages of `names` that are not completely installed.
fn missing<'a>(names: impl Iterator<Item = &'a &'static str>) -> Result<Vec<&'static str>> {
    let names: BTreeSet<&'static str> = names.copied().collect();
    // dpkg-query ends with an error as soon as one name is unknown, and still
    // answers for the others.
    let output = Command::new("dpkg-query")
        .args(["-W", "-f", "${Package} ${db:Status-Status}\\n"])
        .args(&names)
        .stdin(Stdio::null())
        .output()?;
    let answer = String::from_utf8_lossy(&output.stdout);
    Ok(names.into_iter().filter(|name| !is_installed(&answer, name)).collect())
}

fn is_installed(answer: &str, name: &str) -> bool {
    answer.lines().any(|line| line.split_once(' ') == Some((name, "installed")))
}

/// A Chromium or Chrome on the search path.
pub fn chromium() -> Option<std::path::PathBuf> {
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"].into_iter().find_map(which)
}

/// rustfmt and clippy, which a minimal Rust installation leaves out.
pub fn rust_components() -> Result<()> {
    for (subcommand, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if capture(cargo().args([subcommand, "--version"])).is_ok() {
            continue;
        }
        if which("rustup").is_none() {
            bail!("`cargo {subcommand}` is missing: install the Rust component {component}");
        }
        run(Command::new("rustup").args(["component", "add", component]))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_that_was_removed_but_configured_is_missing() {
        let answer = "xvfb installed\ndunst config-files\nlibssl-dev installed\n";
        assert!(is_installed(answer, "xvfb"));
        assert!(!is_installed(answer, "dunst"));
        assert!(!is_installed(answer, "libssl"));
    }

    #[test]
    fn the_printed_command_names_every_package() {
        let text = manual_command(&["xvfb", "dunst"]);
        assert!(text.contains("apt-get install -y --no-install-recommends xvfb dunst"));
    }
}
