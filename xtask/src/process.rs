//! Running other programs: with their output on the screen, captured, or in a
//! log file with a time limit.
//!
//! Children stay in our process group, so that Ctrl-C in a terminal ends all of
//! them; a step that passes its limit is ended with its descendants, because a
//! hung window would otherwise hold the whole run.

use std::env;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// A command as a person would type it, for messages and logs.
pub fn shown(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    for arg in command.get_args() {
        line.push(' ');
        let arg = arg.to_string_lossy();
        if arg.is_empty() || arg.contains([' ', '"', '\'', '*', '&', ';']) {
            line.push('\'');
            line.push_str(&arg);
            line.push('\'');
        } else {
            line.push_str(&arg);
        }
    }
    line
}

/// Runs with the output on the screen; a non-zero end is an error.
pub fn run(command: &mut Command) -> Result<()> {
    println!("$ {}", shown(command));
    let status = command.status().with_context(|| format!("Failed to start {}", shown(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", shown(command));
    }
    Ok(())
}

/// Runs silently and returns the standard output; a non-zero end is an error.
pub fn capture(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("Failed to start {}", shown(command)))?;
    if !output.status.success() {
        bail!(
            "{} ended with {}\n{}",
            shown(command),
            output.status,
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Where the output of a chore goes: to the screen, or appended to a log.
pub type Log<'a> = Option<&'a Path>;

/// Runs with the output on the screen or appended to the log.
pub fn run_to(log: Log, limit: Duration, command: &mut Command) -> Result<()> {
    let Some(log) = log else {
        return run(command);
    };
    let line = shown(command);
    let mut file = open_log(log)?;
    writeln!(file, "$ {line}").context("Failed to write the log")?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(file.try_clone().context("Failed to share the log")?)
        .stderr(file)
        .spawn()
        .with_context(|| format!("Failed to start {line}"))?;
    let status = wait(&mut child, limit)?;
    match status {
        Some(status) if status.success() => Ok(()),
        Some(status) => bail!("{line} ended with {status}"),
        None => bail!("{line} was stopped after {} min", limit.as_secs() / 60),
    }
}

/// Adds lines to a log, or prints them.
pub fn note(log: Log, text: &str) -> Result<()> {
    match log {
        None => println!("{text}"),
        Some(path) => writeln!(open_log(path)?, "{text}").context("Failed to write the log")?,
    }
    Ok(())
}

fn open_log(path: &Path) -> Result<File> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .with_context(|| format!("Failed to open {}", path.display()))
}

/// Waits at most `limit`; `None` when the child had to be ended.
fn wait(child: &mut Child, limit: Duration) -> Result<Option<std::process::ExitStatus>> {
    let start = Instant::now();
    let mut minutes_told = 0;
    loop {
        if let Some(status) = child.try_wait().context("Failed to wait")? {
            return Ok(Some(status));
        }
        let waited = start.elapsed();
        if waited > limit {
            end_tree(child);
            return Ok(None);
        }
        // A silent console looks dead, to people and to CI machines.
        let minutes = waited.as_secs() / 120;
        if minutes > minutes_told {
            minutes_told = minutes;
            println!("    … {} min", minutes * 2);
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// Ends a child and everything it started.
pub fn end_tree(child: &mut Child) {
    let mut pids = descendants(child.id());
    pids.push(child.id());
    for signal in ["-TERM", "-KILL"] {
        for pid in &pids {
            // The process may be gone already: nothing to report then.
            let _ = Command::new("kill")
                .args([signal, &pid.to_string()])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
        }
        thread::sleep(Duration::from_millis(500));
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// Every process below `root`, from Linux's process table; empty elsewhere.
fn descendants(root: u32) -> Vec<u32> {
    let parents: Vec<(u32, u32)> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            // The name in parentheses may hold spaces: count from its end.
            let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?;
            Some((pid, parent.parse().ok()?))
        })
        .collect();
    let mut found = vec![root];
    let mut next = 0;
    while let Some(&parent) = found.get(next) {
        found.extend(parents.iter().filter(|(_, p)| *p == parent).map(|(c, _)| *c));
        next += 1;
    }
    found.split_off(1)
}

/// The full path of a program, when it is on the search path.
pub fn which(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join(program)).find(|path| path.is_file())
}

/// The cargo that started us, else the one on the search path.
///
/// What `cargo run` says about this package is taken away again: build scripts
/// watch these variables, and their crates would be compiled anew each time a
/// person and this program take turns.
pub fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").as_deref().unwrap_or(OsStr::new("cargo")));
    for (name, _) in env::vars_os() {
        let is_ours = name.to_str().is_some_and(|name| {
            ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"]
                .iter()
                .any(|start| name.starts_with(start))
        });
        if is_ours {
            command.env_remove(name);
        }
    }
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_it_would_be_typed() {
        let mut command = Command::new("xvfb-run");
        command.args(["-s", "-screen 0 1280x800x24", "true"]);
        assert_eq!(shown(&command), "xvfb-run -s '-screen 0 1280x800x24' true");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_step_past_its_limit_is_ended_with_its_children() {
        let log = env::temp_dir().join(format!("xtask-limit-{}.log", std::process::id()));
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 300 & echo child $!; wait"]);
        let error =
            run_to(Some(&log), Duration::from_millis(400), &mut command).expect_err("the limit must end it");
        assert!(error.to_string().contains("was stopped"), "{error}");
        let text = fs::read_to_string(&log).expect("log");
        let pid = text.lines().find_map(|line| line.strip_prefix("child ")).expect("pid of the child");
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        assert!(stat.is_empty() || stat.contains(" Z "), "the child still runs: {stat}");
        fs::remove_file(log).expect("remove the log");
    }
}
