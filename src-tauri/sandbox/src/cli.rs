//! The command line, as a function: the application runs the same entry as a hidden subcommand, so that
//! the sandbox lives in a process of its own.

use std::{ffi::OsString, io::Write, path::PathBuf};

use anyhow::Context;
use clap::Parser;

use crate::{
    options::{Ports, SandboxOptions},
    platform::Platform,
    server::Sandbox,
};

/// Doubles of the social networks on this machine.
#[derive(Debug, Clone, Parser)]
#[command(name = "moulin-sandbox", version)]
pub struct Arguments {
    /// First of consecutive ports: control, Facebook, Instagram, Bluesky, Mastodon, Telegram, Threads,
    /// Google, Pinterest, LinkedIn, X, OVHcloud SMS, mail, Brevo, Brevo SMS, Twilio, Mailjet, SendGrid.
    #[arg(long, value_name = "N", conflicts_with = "ports")]
    port_base: Option<u16>,
    /// The ports in the same order; 0 means any free port.
    #[arg(long, value_name = "A,B,C,…", value_delimiter = ',', num_args = 1 + Platform::COUNT)]
    ports: Option<Vec<u16>>,
    /// File in which posts survive a restart.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Accounts per network.
    #[arg(long, value_name = "N", default_value_t = 1)]
    accounts: usize,
    /// End when standard input closes, that is when the parent process ends.
    #[arg(long)]
    exit_with_parent: bool,
}

/// What [`run`] needs.
#[derive(Debug, Clone, Default)]
pub struct RunOptions {
    pub sandbox: SandboxOptions,
    pub exit_with_parent: bool,
}

impl TryFrom<Arguments> for RunOptions {
    type Error = anyhow::Error;

    fn try_from(arguments: Arguments) -> anyhow::Result<Self> {
        let ports = match (arguments.port_base, arguments.ports.as_deref()) {
            (Some(base), _) => Ports::from_base(base).context("The port base is too high")?,
            (None, Some(list)) => Ports::from_list(list).context("One port for each listener is needed")?,
            (None, None) => Ports::default(),
        };
        Ok(Self {
            sandbox: SandboxOptions {
                ports,
                state_file: arguments.state,
                accounts: arguments.accounts,
                ..SandboxOptions::default()
            },
            exit_with_parent: arguments.exit_with_parent,
        })
    }
}

/// Runs the sandbox with command-line arguments, the program name first, until it is told to end.
///
/// Blocks and starts its own runtime: call it outside of any other. Wrong arguments end the process with
/// the usual message.
pub fn run_cli(args: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> anyhow::Result<()> {
    let options = RunOptions::try_from(Arguments::parse_from(args))?;
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("Failed to start the runtime")?
        .block_on(run(options))
}

/// Runs the sandbox: prints one line of JSON (the addresses) when it is ready, ends on Ctrl-C, on a
/// termination signal, or with its parent, and saves before it returns.
pub async fn run(options: RunOptions) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(options.sandbox).await?;
    let line = serde_json::to_string(sandbox.addresses())?;
    let mut out = std::io::stdout();
    writeln!(out, "{line}").and_then(|()| out.flush())?;
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated() => {}
        () = parent_gone(), if options.exit_with_parent => {}
    }
    sandbox.stop().await
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut signal) => {
            signal.recv().await;
        }
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}

/// Ends when standard input does. A plain thread reads it: a blocked read of the runtime would keep the
/// process from ending.
async fn parent_gone() {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = sender.send(());
    });
    let _ = receiver.await;
}
