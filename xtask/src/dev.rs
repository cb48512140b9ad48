//! `cargo xtask dev`: Vite's server for the page, and the engine in practice
//! mode behind it, started again when a Rust or configuration file changed.
//!
//! Its data folder is its own, so that an experiment cannot spoil the practice
//! data, nor these the real ones.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::apps::{build, data_folder, serve};
use crate::paths::Paths;
use crate::process::end_tree;
use crate::{front, system};

#[derive(Args)]
pub struct DevArgs {
    /// The port of the engine; Vite's server asks it for `/api`.
    #[arg(long, default_value_t = 5001)]
    port: u16,
    /// Where the data are kept, instead of the usual folder.
    #[arg(long, value_name = "D")]
    data_dir: Option<PathBuf>,
}

pub fn dev(paths: &Paths, args: &DevArgs) -> Result<()> {
    system::install(&[system::BUILD])?;
    // The engine embeds the built page, and will not compile without one.
    front::build(paths, None)?;
    let data = data_folder(args.data_dir.as_deref(), "dev")?;
    build(paths, false, &["--bin", "moulin"])?;
    let mut page = front::script(paths, "dev")
        .env("MOULIN_URL", format!("http://127.0.0.1:{}", args.port))
        .spawn()
        .context("Failed to start Vite's server")?;
    let result = keep_engine(paths, args.port, &data, &mut page);
    end_tree(&mut page);
    result
}

fn keep_engine(paths: &Paths, port: u16, data: &Path, page: &mut Child) -> Result<()> {
    let mut engine = start_engine(paths, port, data)?;
    let mut seen = newest(paths);
    loop {
        thread::sleep(Duration::from_secs(1));
        if let Some(status) = page.try_wait().context("Failed to wait")? {
            end_tree(&mut engine);
            bail!("Vite's server ended with {status}");
        }
        let now = newest(paths);
        if now <= seen {
            continue;
        }
        seen = now;
        // A mistake in the code leaves the running engine as it is.
        if build(paths, false, &["--bin", "moulin"]).is_ok() {
            end_tree(&mut engine);
            engine = start_engine(paths, port, data)?;
        }
    }
}

fn start_engine(paths: &Paths, port: u16, data: &Path) -> Result<Child> {
    let mut command = Command::new(paths.binary(false, "moulin"));
    serve(&mut command, data)?;
    command.args(["--port", &port.to_string()]).spawn().context("Failed to start the engine")
}

/// When a source of the engine last changed.
fn newest(paths: &Paths) -> Option<SystemTime> {
    ["src-tauri", "config"].into_iter().filter_map(|folder| newest_below(&paths.root.join(folder))).max()
}

fn newest_below(folder: &Path) -> Option<SystemTime> {
    fs::read_dir(folder)
        .ok()?
        .flatten()
        .filter_map(|entry| {
            if entry.file_type().ok()?.is_dir() {
                newest_below(&entry.path())
            } else {
                entry.metadata().ok()?.modified().ok()
            }
        })
        .max()
}
