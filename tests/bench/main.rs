//! Measures the budgets of `docs/BENCHMARKS.md` on this machine: `cargo xtask bench [-- --write]`.
//!
//! It prints Markdown. Every row names its number of runs, and every table the durability setting and the
//! disk's sync rate at that moment, because that rate alone moves durable figures by a factor of ten. A
//! missed budget is printed as missed; it never fails the program, because a figure from a busy machine
//! proves nothing. What cannot be measured here is listed with the reason.

mod customers;
mod figures;
mod null;
mod processes;
mod queue;
#[cfg(target_os = "linux")]
mod tray;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use crate::figures::Table;

const DOCUMENT: &str = "docs/BENCHMARKS.md";
const BEGIN: &str = "<!-- bench: begin -->";
const END: &str = "<!-- bench: end -->";

const HELP: &str = "bench [--write] [--runs N] [--idle-secs N] [--programs DIR] [--only start,window,idle,queue,due,customers] [--customers N]";

/// What is measured, and how thoroughly.
pub struct Plan {
    pub runs: usize,
    pub idle_secs: u64,
    /// People of the list that is imported.
    pub customers: usize,
    /// Folder of `moulin` and `vieux-moulin`.
    pub programs: PathBuf,
    only: Vec<String>,
    write: bool,
}

impl Plan {
    fn read(arguments: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let own = std::env::current_exe()?;
        let programs = own.parent().context("This program has no folder")?.to_owned();
        let mut plan =
            Self { runs: 5, idle_secs: 30, customers: 1_000_000, programs, only: Vec::new(), write: false };
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().with_context(|| format!("{argument} needs a value"));
            match argument.as_str() {
                "--write" => plan.write = true,
                "--runs" => plan.runs = value()?.parse::<usize>()?.max(1),
                "--idle-secs" => plan.idle_secs = value()?.parse::<u64>()?.max(1),
                "--customers" => plan.customers = value()?.parse::<usize>()?.max(1),
                "--programs" => plan.programs = value()?.into(),
                "--only" => plan.only = value()?.split(',').map(str::to_owned).collect(),
                _ => bail!("{HELP}"),
            }
        }
        Ok(plan)
    }

    fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == part)
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let plan = Plan::read(std::env::args().skip(1))?;
    // The HTTP client needs it; it is there already when this is refused.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // What else ran on the machine is part of the result.
    let mut text = figures::machine();
    println!("{text}");
    if plan.wants("start") {
        add(&mut text, processes::start(&plan).await);
    }
    if plan.wants("window") {
        add(&mut text, processes::first_paint(&plan).await);
    }
    if plan.wants("idle") {
        add(&mut text, processes::idle(&plan).await);
    }
    if plan.wants("queue") {
        add(&mut text, queue::rates(&plan).await);
    }
    if plan.wants("due") {
        add(&mut text, queue::due(&plan).await);
    }
    if plan.wants("customers") {
        add(&mut text, customers::tables(&plan).await);
    }
    if plan.write {
        write(Path::new(DOCUMENT), &text)?;
    }
    Ok(())
}

/// Prints a table as soon as it is there.
fn add(text: &mut String, measured: anyhow::Result<Table>) {
    let table = measured.unwrap_or_else(|error| Table::failed(format!("{error:#}")));
    let markdown = table.markdown();
    println!("{markdown}");
    text.push('\n');
    text.push_str(&markdown);
}

/// Replaces the generated block of the document.
fn write(document: &Path, block: &str) -> anyhow::Result<()> {
    let old = std::fs::read_to_string(document)
        .with_context(|| format!("Failed to read {}", document.display()))?;
    let (before, rest) = old.split_once(BEGIN).context("The document has no beginning of the block")?;
    let (_, after) = rest.split_once(END).context("The document has no end of the block")?;
    let new = format!("{before}{BEGIN}\n{}\n{END}{after}", block.trim());
    std::fs::write(document, new).with_context(|| format!("Failed to write {}", document.display()))
}
