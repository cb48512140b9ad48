//! The state file: one JSON document, replaced as a whole so that a kill leaves the old or the new one.
//!
//! Faults, request logs and the clock are not kept: a new start is a quiet one.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::Context;
use serde_json::{Value, json};

use crate::state::Saved;

const VERSION: u32 = 1;

/// Folder of the pictures that belong to a state file.
pub(crate) fn media_folder(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".media");
    name.into()
}

/// Reads a state file; an absent one is an empty state.
pub(crate) fn load(file: &Path) -> anyhow::Result<Saved> {
    let text = match fs::read(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Saved::default()),
        Err(error) => return Err(error).context("Failed to read the state file"),
    };
    let saved: Saved = serde_json::from_slice(&text).context("Failed to understand the state file")?;
    anyhow::ensure!(
        saved.version == VERSION,
        "The state file has version {} and this program knows version {VERSION}",
        saved.version
    );
    Ok(saved)
}

/// Replaces the state file with the state of each network under its name.
pub(crate) fn store<const N: usize>(file: &Path, networks: [(&str, Value); N]) -> anyhow::Result<()> {
    let mut document = json!({"version": VERSION});
    for (name, state) in networks {
        document[name] = state;
    }
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).context("Failed to create the folder of the state file")?;
    }
    let mut temporary = file.as_os_str().to_owned();
    temporary.push(".new");
    let mut out = fs::File::create(&temporary).context("Failed to create the state file")?;
    out.write_all(&serde_json::to_vec(&document)?)
        .and_then(|()| out.sync_all())
        .context("Failed to write the state file")?;
    fs::rename(&temporary, file).context("Failed to replace the state file")
}
