//! The owner-only file by which the command line finds a running instance and is let in.

use std::{fs, path::Path};

use serde::{Deserialize, Serialize};

use crate::secrets::write_private;

/// File name, in the data folder.
pub const LOCAL_KEY_FILE: &str = "moulin.local-key";

/// What the file says. It holds for one run of the program.
#[derive(Clone, Serialize, Deserialize)]
pub struct LocalKey {
    /// For example `http://127.0.0.1:5001`.
    pub address: String,
    pub token: String,
    pub pid: u32,
}

impl LocalKey {
    pub fn new(address: &str, token: &str) -> Self {
        Self { address: address.to_owned(), token: token.to_owned(), pid: std::process::id() }
    }

    pub fn save(&self, data_dir: &Path) -> std::io::Result<()> {
        write_private(
            &data_dir.join(LOCAL_KEY_FILE),
            &serde_json::to_vec(self).map_err(std::io::Error::other)?,
        )
    }

    /// `None` when nothing runs, or when what runs did not write it.
    pub fn load(data_dir: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(data_dir.join(LOCAL_KEY_FILE)).ok()?).ok()
    }

    pub fn remove(data_dir: &Path) {
        // A file that stays is harmless: its token died with the process.
        let _ = fs::remove_file(data_dir.join(LOCAL_KEY_FILE));
    }
}
