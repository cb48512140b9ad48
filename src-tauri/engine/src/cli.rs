//! The command line `moulin`.
//!
//! Every command is a request to the same API as the window's. While an instance runs it goes to that
//! instance, let in by the owner-only key file; otherwise the data folder is opened for the length of
//! the command. So there is one behaviour, whatever is running.

/// `println!` that does not panic where nobody can read it; see [`output::print`].
macro_rules! say {
    ($($text:tt)*) => { $crate::cli::output::print(format_args!($($text)*)) };
}
/// `eprintln!` that does not panic where nobody can read it.
macro_rules! complain {
    ($($text:tt)*) => { $crate::cli::output::complain(format_args!($($text)*)) };
}

mod analytics;
mod args;
mod commands;
mod door;
mod media_host;
mod output;
mod rescue;
mod serve;

use std::process::ExitCode;

use clap::Parser as _;

use crate::host::HostError;
use args::{Cli, Command};

/// Exit codes, as `moulin --help` lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    Ok = 0,
    Other = 1,
    Usage = 2,
    Unreachable = 3,
    Configuration = 4,
    Key = 5,
    AlreadyRunning = 6,
    Store = 7,
    PortTaken = 8,
    Refused = 9,
    NotFound = 10,
}

/// Why a command ended badly.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    code: String,
    text: String,
    text_en: String,
    /// For whoever looks closer; never a secret.
    cause: Option<String>,
    /// The whole problem, when the API answered one.
    body: Option<serde_json::Value>,
}

impl Failure {
    fn new(exit: Exit, code: &str, text: impl Into<String>, text_en: impl Into<String>) -> Self {
        Self {
            exit,
            code: code.to_owned(),
            text: text.into(),
            text_en: text_en.into(),
            cause: None,
            body: None,
        }
    }

    fn usage(text: impl Into<String>, text_en: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "usage", text, text_en)
    }
}

impl From<HostError> for Failure {
    fn from(error: HostError) -> Self {
        let exit = match &error {
            HostError::Config(_) => Exit::Configuration,
            HostError::Key(_) => Exit::Key,
            HostError::Bind(crate::api::server::BindError::PortTaken { .. }) => Exit::PortTaken,
            HostError::Start(_) if error.code() == "already_running" => Exit::AlreadyRunning,
            HostError::Start(_) if error.code() == "wrong_key" => Exit::Key,
            HostError::Start(_)
            | HostError::Io(_)
            | HostError::Quarantined(_)
            | HostError::DatabaseMissing => Exit::Store,
            HostError::NoCopy | HostError::NoDataToOpen => Exit::NotFound,
            HostError::CopyUnusable(..) | HostError::DatabaseWell => Exit::Refused,
            HostError::NoDataDir | HostError::RealFolder => Exit::Usage,
            HostError::Bind(_) | HostError::Practice(_) => Exit::Other,
        };
        let (text, text_en) = error.texts();
        let mut failure = Self::new(exit, error.code(), text, text_en);
        failure.cause = Some(error.to_string());
        failure
    }
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { Exit::Usage as u8 } else { 0 });
        }
    };
    if matches!(cli.command, Command::Openapi) {
        say!("{}", crate::api::document_text());
        return if output::was_lost() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    }
    // The sandbox makes its own runtime and must not share this one.
    if let Command::Sandbox { arguments } = cli.command {
        let arguments = std::iter::once("moulin-sandbox".to_owned()).chain(arguments);
        return match vieux_moulin_sandbox::cli::run_cli(arguments) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                complain!("{error:#}");
                ExitCode::FAILURE
            }
        };
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain!("moulin: {error}");
            return ExitCode::FAILURE;
        }
    };
    let json = cli.json;
    match runtime.block_on(commands::run(cli)) {
        Ok(()) if output::was_lost() => ExitCode::FAILURE,
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::failure(&failure, json);
            ExitCode::from(failure.exit as u8)
        }
    }
}
