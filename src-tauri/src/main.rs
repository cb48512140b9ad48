//! The desktop shell: window, tray, bridge, notifications, start at login. Thin: every rule of the
//! product is in the engine.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod app;
mod bridge;
mod host;
mod identity;
mod login;
mod notifier;
mod options;
mod quit;
mod start;
mod tray;
mod window;
mod words;

use clap::Parser as _;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args_os();
    let program = arguments.next().unwrap_or_default();
    // The practice networks are this same program in a process of its own.
    if std::env::args_os().nth(1).is_some_and(|first| first == vieux_moulin_engine::practice::SANDBOX_COMMAND)
    {
        return vieux_moulin_sandbox::cli::run_cli(arguments);
    }
    drop(program);
    let options = options::Options::parse();
    window::prepare_web_view()?;
    // A second installation answers Err; the first one stays in force.
    let _ = rustls::crypto::ring::default_provider().install_default();
    app::run(options)
}
