//! The steps of `cargo xtask test`, in their order.
//!
//! Every cargo call selects the whole workspace and the dev profile, and picks
//! what to run by target name: with another selection cargo would unify other
//! features and compile the dependencies again. Clippy comes before the build
//! because it fails sooner; its check of the dependencies also serves `docs`.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::apps::under_display;
use crate::paths::Paths;
use crate::process::{Log, capture, cargo, run_to, which};
use crate::{deny, front, licences, lockfiles, servers, snac, system};

/// Long enough for a cold build on a slow machine, short enough to notice a hang.
const BUILD_LIMIT: Duration = Duration::from_mins(45);
const TEST_LIMIT: Duration = Duration::from_mins(20);

/// The package whose examples show how the product is used.
const ENGINE_PACKAGE: &str = "vieux-moulin-engine";

/// The package of the integration tests.
const TESTS_PACKAGE: &str = "vieux-moulin-tests";

/// Options that steps look at.
#[derive(Default)]
pub struct Options {
    /// How often the torture test kills the program; its own default otherwise.
    pub kills: Option<u32>,
    /// How often it kills it at each named point; its own default otherwise.
    pub runs_per_point: Option<u32>,
}

/// How a step that did not fail ended.
pub enum Ended {
    Ran,
    /// It cannot run here, and why.
    Skipped(String),
}

type Action = Box<dyn Fn(&Paths, &Options, Log) -> Result<Ended>>;

/// One named check.
pub struct Step {
    pub name: String,
    pub about: String,
    /// Steps without which this one makes no sense.
    pub needs: &'static [&'static str],
    pub action: Action,
}

impl Step {
    fn new(
        name: impl Into<String>,
        about: impl Into<String>,
        needs: &'static [&'static str],
        action: impl Fn(&Paths, &Options, Log) -> Result<Ended> + 'static,
    ) -> Self {
        Self { name: name.into(), about: about.into(), needs, action: Box::new(action) }
    }

    /// A step that always runs.
    fn plain(
        name: &str,
        about: &str,
        needs: &'static [&'static str],
        action: impl Fn(&Paths, Log) -> Result<()> + 'static,
    ) -> Self {
        Self::new(name, about, needs, move |paths, _, log| action(paths, log).map(|()| Ended::Ran))
    }
}

/// All steps; the integration tests are those that the workspace has now.
pub fn all(paths: &Paths) -> Result<Vec<Step>> {
    let targets = TestTargets::find(paths)?;
    let mut steps = vec![
        Step::plain("packages", "system packages, rustfmt, clippy", &[], |_, _| {
            system::install(&[system::BUILD, system::TEST])?;
            system::rust_components()
        }),
        Step::plain("locks", "no registry host in a lock file", &[], lockfiles::check),
        Step::plain("fmt", "cargo fmt --check", &[], |paths, log| {
            let mut command = cargo();
            command.args(["fmt", "--all", "--check"]);
            in_root(paths, log, &mut command)
        }),
        Step::plain(
            "front",
            "npm ci, types up to date, lint, svelte-check, Vitest, build",
            &["packages"],
            front::check,
        ),
        Step::plain("clippy", "clippy on everything, no warning", &["packages", "front"], |paths, log| {
            let mut command = workspace("clippy");
            command.args(["--all-targets", "--", "-D", "warnings"]);
            in_root(paths, log, &mut command)
        }),
        Step::plain("docs", "cargo doc, no broken link", &["packages", "front"], |paths, log| {
            let mut command = workspace("doc");
            command.args(["--no-deps", "--document-private-items"]).env("RUSTDOCFLAGS", "-D warnings");
            in_root(paths, log, &mut command)
        }),
        Step::plain("deny", "banned crates, licences, sources", &[], deny::check),
        Step::plain("licences", "docs/THIRD-PARTY.md up to date", &[], |paths, _| licences::check(paths)),
        Step::plain("build", "every program and test", &["packages", "front"], |paths, log| {
            in_root(paths, log, workspace("build").arg("--all-targets"))
        }),
        unit(targets.beside),
    ];
    steps.extend(targets.integration.iter().map(|name| integration(name)));
    steps.push(examples(targets.examples));
    if targets.integration.contains("e2e") || front::has_script(paths, "e2e") {
        steps.push(browser(targets.integration.contains("e2e")));
    }
    Ok(steps)
}

/// A cargo command on the whole workspace.
fn workspace(subcommand: &str) -> Command {
    let mut command = cargo();
    command.args([subcommand, "--workspace", "--locked"]);
    command
}

fn in_root(paths: &Paths, log: Log, command: &mut Command) -> Result<()> {
    command.current_dir(&paths.root).env("CARGO_TERM_COLOR", "never");
    run_to(log, BUILD_LIMIT, command)
}

/// The tests inside the crates, and those of crates' own `tests` folders.
fn unit(beside: BTreeSet<String>) -> Step {
    Step::new("unit", "tests inside the crates", &["build"], move |paths, _, log| {
        let mut command = workspace("test");
        command.args(["--no-fail-fast", "--lib", "--bins"]);
        for name in &beside {
            command.args(["--test", name]);
        }
        command.args(["--", "--show-output"]);
        in_root(paths, log, &mut command)?;
        Ok(Ended::Ran)
    })
}

/// One test binary of the tests package.
fn integration(name: &str) -> Step {
    let test = name.to_owned();
    match name {
        // Comes last, see `browser`.
        "desktop" => {
            Step::new(name, "the real window under a virtual display", &["build"], |paths, _, log| {
                if let Some(reason) = no_display_tools() {
                    return Ok(Ended::Skipped(reason));
                }
                let mut command = under_display(paths, "desktop", &test_binary("desktop"))?;
                command.env("CARGO_TERM_COLOR", "never");
                run_to(log, TEST_LIMIT, command.current_dir(&paths.root))?;
                Ok(Ended::Ran)
            })
        }
        "real_servers" => Step::new(
            name,
            "connectors against servers that we did not write",
            &["build"],
            |paths, _, log| {
                let pds = servers::atproto(paths, log)?;
                let mut command = test_binary("real_servers");
                command.env("MOULIN_PDS_DIR", pds);
                match snac::snac(paths, log) {
                    Ok(program) => command.env("MOULIN_SNAC", program),
                    Err(why) => command.env("MOULIN_SNAC_ABSENT", format!("{why:#}")),
                };
                in_root(paths, log, &mut command)?;
                Ok(Ended::Ran)
            },
        ),
        _ => Step::new(name, format!("tests/{name}"), &["build"], move |paths, options, log| {
            let mut command = test_binary(&test);
            for (name, number) in
                [("MOULIN_KILLS", options.kills), ("MOULIN_RUNS_PER_POINT", options.runs_per_point)]
            {
                if let Some(number) = number {
                    command.env(name, number.to_string());
                }
            }
            command.current_dir(&paths.root).env("CARGO_TERM_COLOR", "never");
            run_to(log, TEST_LIMIT.max(kill_time(options)), &mut command)?;
            Ok(Ended::Ran)
        }),
    }
}

/// The programs of the engine's `examples` folder; each fails unless it reached what it shows.
///
/// `build` has made them. `cargo run` would select one package only, with other features.
fn examples(names: BTreeSet<String>) -> Step {
    Step::new("examples", "the example programs, run to their end", &["build"], move |paths, _, log| {
        if names.is_empty() {
            return Ok(Ended::Skipped("there are none".into()));
        }
        for name in &names {
            let mut command = Command::new(paths.example(name));
            run_to(log, TEST_LIMIT, command.current_dir(&paths.root))?;
        }
        Ok(Ended::Ran)
    })
}

/// A long torture run is asked for on purpose: five seconds for each kill, and five minutes for each run
/// of all points.
fn kill_time(options: &Options) -> Duration {
    let asked = |number: Option<u32>| u64::from(number.unwrap_or(0));
    Duration::from_secs(asked(options.kills) * 5 + asked(options.runs_per_point) * 300)
}

/// The dashboard in Chromium: a Rust test, a script of `ui/`, or both.
fn browser(in_rust: bool) -> Step {
    Step::new("e2e", "the dashboard in Chromium", &["build"], move |paths, _, log| {
        let Some(chromium) = system::chromium() else {
            return Ok(Ended::Skipped("no Chromium on this machine".into()));
        };
        if in_rust {
            let mut command = test_binary("e2e");
            command.env("MOULIN_CHROMIUM", &chromium);
            in_root(paths, log, &mut command)?;
        }
        if front::has_script(paths, "e2e") {
            let mut command = front::script(paths, "e2e");
            command.env("MOULIN_CHROMIUM", &chromium).env("MOULIN_BIN", paths.binary(false, "moulin"));
            run_to(log, TEST_LIMIT, &mut command)?;
        }
        Ok(Ended::Ran)
    })
}

/// One integration test binary, by its name.
fn test_binary(name: &str) -> Command {
    let mut command = workspace("test");
    command.args(["--no-fail-fast", "--test", name, "--", "--show-output"]);
    command
}

fn no_display_tools() -> Option<String> {
    ["xvfb-run", "dbus-run-session", "WebKitWebDriver", "dunst", "openbox", "xdotool"]
        .into_iter()
        .find(|tool| which(tool).is_none())
        .map(|tool| format!("{tool} is not installed"))
}

/// The integration tests and examples that the workspace has.
struct TestTargets {
    /// Of the tests package, one step each.
    integration: BTreeSet<String>,
    /// Of the other packages.
    beside: BTreeSet<String>,
    /// Of the engine. Those of other packages measure and check nothing.
    examples: BTreeSet<String>,
}

impl TestTargets {
    fn find(paths: &Paths) -> Result<Self> {
        let text = capture(cargo().current_dir(&paths.root).args([
            "metadata",
            "--no-deps",
            "--format-version",
            "1",
        ]))?;
        let metadata: Value = serde_json::from_str(&text).context("cargo metadata is not JSON")?;
        let mut targets =
            Self { integration: BTreeSet::new(), beside: BTreeSet::new(), examples: BTreeSet::new() };
        for package in list(&metadata, "packages") {
            let is_tests = package["name"] == TESTS_PACKAGE;
            for target in list(package, "targets") {
                let name = target["name"].as_str().unwrap_or_default().to_owned();
                if list(target, "kind").any(|kind| kind == "example") {
                    if package["name"] == ENGINE_PACKAGE {
                        targets.examples.insert(name);
                    }
                } else if list(target, "kind").any(|kind| kind == "test") {
                    if is_tests {
                        targets.integration.insert(name);
                    } else {
                        targets.beside.insert(name);
                    }
                }
            }
        }
        Ok(targets)
    }
}

/// The elements of an array member; none when it is absent.
pub fn list<'a>(value: &'a Value, member: &str) -> impl Iterator<Item = &'a Value> {
    value.get(member).and_then(Value::as_array).into_iter().flatten()
}

/// Empties and creates the folder of the logs.
pub fn fresh_logs(paths: &Paths) -> Result<()> {
    let logs = paths.logs();
    if logs.exists() {
        fs::remove_dir_all(&logs).context("Failed to remove the old logs")?;
    }
    fs::create_dir_all(&logs).context("Failed to create the folder of the logs")
}
