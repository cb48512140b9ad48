//! `cargo xtask test`: runs the steps one after the other, goes on after a
//! failure, and ends with the table.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::Args;

use crate::counts::Counts;
use crate::paths::Paths;
use crate::steps::{self, Ended, Options, Step};
use crate::summary::{Outcome, Report, elapsed, table};

#[derive(Args)]
pub struct TestArgs {
    /// Runs these steps only (names separated by commas, see --list).
    #[arg(long, value_delimiter = ',', value_name = "STEP")]
    only: Vec<String>,
    /// How often the torture test kills the program.
    #[arg(long, value_name = "N")]
    kills: Option<u32>,
    /// How often the torture test kills it at each named point, of each kind of network.
    #[arg(long, value_name = "N")]
    runs_per_point: Option<u32>,
    /// Shows the steps and ends.
    #[arg(long)]
    list: bool,
}

/// Lines of a failed step's log that are shown on the screen.
const TAIL: usize = 60;

pub fn test(paths: &Paths, args: &TestArgs) -> Result<()> {
    let steps = steps::all(paths)?;
    if args.list {
        for step in &steps {
            println!("{:<16} {}", step.name, step.about);
        }
        return Ok(());
    }
    let chosen = choose(&steps, &args.only)?;
    let options = Options { kills: args.kills, runs_per_point: args.runs_per_point };
    steps::fresh_logs(paths)?;
    println!("Logs: {}", paths.logs().display());
    let mut reports: Vec<Report> = Vec::new();
    for step in chosen {
        let report = run_step(paths, &options, step, &reports);
        reports.push(report);
    }
    println!("{}", table(&reports));
    let failed: Vec<&str> =
        reports.iter().filter(|report| report.is_failed()).map(|report| report.name.as_str()).collect();
    if failed.is_empty() { Ok(()) } else { bail!("failed: {}", failed.join(", ")) }
}

fn choose<'a>(steps: &'a [Step], only: &[String]) -> Result<Vec<&'a Step>> {
    for name in only {
        if !steps.iter().any(|step| step.name == *name) {
            bail!("There is no step {name}: see `cargo xtask test --list`");
        }
    }
    Ok(steps.iter().filter(|step| only.is_empty() || only.contains(&step.name)).collect())
}

fn run_step(paths: &Paths, options: &Options, step: &Step, before: &[Report]) -> Report {
    println!("== {}: {}", step.name, step.about);
    // A step that was not asked for is taken as done: the person knows.
    let obstacle = before
        .iter()
        .find(|report| step.needs.contains(&report.name.as_str()) && report.outcome != Outcome::Passed);
    if let Some(obstacle) = obstacle {
        let why = format!("needs {}", obstacle.name);
        println!("   skipped: {why}");
        return Report::new(&step.name, Outcome::Skipped(why), Counts::default(), Duration::ZERO);
    }
    let log = paths.logs().join(format!("{}.log", step.name));
    let start = Instant::now();
    let result = (step.action)(paths, options, Some(&log));
    let duration = start.elapsed();
    let output = fs::read(&log).unwrap_or_default();
    let output = String::from_utf8_lossy(&output);
    let outcome = match result {
        Ok(Ended::Ran) => Outcome::Passed,
        Ok(Ended::Skipped(why)) => Outcome::Skipped(why),
        Err(error) => Outcome::Failed(format!("{error:#}")),
    };
    match &outcome {
        Outcome::Passed => println!("   ok in {}", elapsed(duration)),
        Outcome::Skipped(why) => println!("   skipped: {why}"),
        Outcome::Failed(why) => {
            println!("   FAILED after {}: {why}", elapsed(duration));
            let lines: Vec<&str> = output.lines().collect();
            for line in &lines[lines.len().saturating_sub(TAIL)..] {
                println!("   | {line}");
            }
            println!("   whole log: {}", log.display());
        }
    }
    Report::new(&step.name, outcome, Counts::read(&output), duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &str, needs: &'static [&'static str], fails: bool) -> Step {
        Step {
            name: name.into(),
            about: String::new(),
            needs,
            action: Box::new(move |_, _, _| {
                if fails {
                    bail!("broken")
                }
                Ok(Ended::Ran)
            }),
        }
    }

    #[test]
    fn a_step_is_skipped_when_the_one_it_needs_failed() {
        let paths = Paths::find().expect("paths");
        let options = Options::default();
        let build = run_step(&paths, &options, &step("build", &[], true), &[]);
        assert!(build.is_failed());
        let unit = run_step(&paths, &options, &step("unit", &["build"], false), &[build]);
        assert_eq!(unit.outcome, Outcome::Skipped("needs build".into()));
    }

    #[test]
    fn an_unknown_step_is_refused_by_name() {
        let steps = [step("fmt", &[], false)];
        let error = choose(&steps, &["fmtt".into()]).map(|_| ()).expect_err("unknown");
        assert!(error.to_string().contains("fmtt"));
    }
}
