//! The two commands of the README (`cargo xtask run`, `cargo xtask test`) and
//! the chores around them.
//!
//! This program is the only thing a newcomer has to know: it installs what is
//! missing, builds, starts and checks. It contains nothing of the product and
//! depends on none of its crates, so that it compiles in seconds on a machine
//! that has only Rust and Node.

mod apps;
mod counts;
mod coverage;
mod deny;
mod dev;
mod front;
mod licences;
mod lockfiles;
mod paths;
mod process;
mod servers;
mod snac;
mod steps;
mod summary;
mod system;
mod test;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::paths::Paths;

/// Le Vieux Moulin: everything that is done from a terminal.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Installs what is missing, builds, and starts the application in practice mode.
    Run(apps::RunArgs),
    /// Everything that the continuous integration checks.
    Test(test::TestArgs),
    /// Engine and page with hot reload, in a data folder of their own.
    Dev(dev::DevArgs),
    /// Measures the budgets and prints the table of `docs/BENCHMARKS.md`.
    Bench(apps::BenchArgs),
    /// Measures how much of the engine the tests run, by part.
    Coverage,
    /// Checks licences, sources and banned crates (rules in `deny.toml`).
    Deny,
    /// Writes `docs/openapi.json` and the TypeScript types made from it.
    Openapi,
    /// Writes `docs/THIRD-PARTY.md`.
    Licences(LicencesArgs),
    /// Installs the system packages and the front end, and nothing more.
    Setup(SetupArgs),
}

#[derive(Args)]
struct LicencesArgs {
    /// Compares instead of writing; fails when the file is out of date.
    #[arg(long)]
    check: bool,
}

#[derive(Args)]
struct SetupArgs {
    /// Also what only the tests need.
    #[arg(long)]
    tests: bool,
}

fn main() -> ExitCode {
    if let Some(done) = coverage::in_place_of_rustc() {
        return done;
    }
    let cli = Cli::parse();
    let result = Paths::find().and_then(|paths| match cli.command {
        Command::Run(args) => apps::run(&paths, &args),
        Command::Test(args) => test::test(&paths, &args),
        Command::Dev(args) => dev::dev(&paths, &args),
        Command::Bench(args) => apps::bench(&paths, &args),
        Command::Coverage => coverage::coverage(&paths),
        Command::Deny => deny::check(&paths, None),
        Command::Openapi => apps::openapi(&paths),
        Command::Licences(args) if args.check => licences::check(&paths),
        Command::Licences(_) => licences::write(&paths),
        Command::Setup(args) => setup(&paths, args.tests),
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\ncargo xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn setup(paths: &Paths, tests: bool) -> anyhow::Result<()> {
    system::install(&[system::BUILD])?;
    if tests {
        system::install(&[system::TEST])?;
        system::rust_components()?;
    }
    front::build(paths, None)
}
