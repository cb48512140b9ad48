//! The plain file beside the database that says which key it wants.

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// File name, in the data folder.
pub const KEYINFO_FILE: &str = "moulin.keyinfo.json";

/// What `moulin.keyinfo.json` says. Nothing in it is secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyInfo {
    /// Version of this file's own form.
    pub format: u32,
    /// [`super::MasterKey::id`] of the database's key.
    pub key_id: String,
    pub created_at: Timestamp,
    /// Which [`super::SecretStore`] keeps it.
    pub store: String,
    /// Tells the keyring entries of several data folders apart.
    pub entry: String,
    /// A database was made with this key: an absent or empty one is a loss, not a first start.
    #[serde(default)]
    pub database_made: bool,
}

impl KeyInfo {
    /// `None` when there is no such file.
    pub fn load(data_dir: &Path) -> io::Result<Option<Self>> {
        match fs::read(data_dir.join(KEYINFO_FILE)) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(io::Error::other),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Notes that the database of this folder exists. Called when it was opened, so that a first start
    /// that is cut off before begins again.
    pub fn note_database(data_dir: &Path) -> io::Result<()> {
        match Self::load(data_dir)? {
            Some(info) if !info.database_made => Self { database_made: true, ..info }.save(data_dir),
            _ => Ok(()),
        }
    }

    pub fn save(&self, data_dir: &Path) -> io::Result<()> {
        let text = serde_json::to_string_pretty(self).map_err(io::Error::other)?;
        write_private(&data_dir.join(KEYINFO_FILE), text.as_bytes())
    }
}

/// Removes such a file for good. None there is success.
pub(crate) fn remove_private(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Writes a file that only its owner may read: written beside, flushed, renamed.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = path.with_extension("new");
    // Left over from a crash: its mode would be kept, so start afresh.
    match fs::remove_file(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}
