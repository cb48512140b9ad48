//! How the application can be started.

use std::path::PathBuf;

use clap::Parser;

/// Le Vieux Moulin: la voix de la maison, depuis la fenêtre et la zone de notification.
#[derive(Clone, Debug, Parser)]
#[command(version)]
pub struct Options {
    /// Starts without a window, in the tray (used at login).
    #[arg(long)]
    pub hidden: bool,
    /// Practice mode: pretend networks on this computer, own data folder.
    #[arg(long)]
    pub practice: bool,
    /// Data folder.
    #[arg(long)]
    pub data_dir: Option<PathBuf>,
    /// File that holds the passphrase of the data, where there is no keyring.
    #[arg(long)]
    pub passphrase_file: Option<PathBuf>,
    /// Port of the dashboard and of the programs of the house on this computer (0 = any free one).
    #[arg(long)]
    pub port: Option<u16>,
}
