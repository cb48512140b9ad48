//! Uploaded bytes, kept once per content, and what their header says about them.
//!
//! Pictures are never decoded: the doubles need type and size only.

use std::{
    collections::HashMap,
    io::Cursor,
    path::PathBuf,
    sync::{Mutex, PoisonError, RwLock},
};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::objects::MediaInfo;

/// Facts about stored bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stored {
    pub sha256: String,
    pub mime: String,
    pub width: u32,
    pub height: u32,
    pub size_bytes: usize,
}

impl Stored {
    pub fn info(&self, id: &str, alt_text: Option<&str>) -> MediaInfo {
        MediaInfo {
            id: id.to_owned(),
            mime: self.mime.clone(),
            width: self.width,
            height: self.height,
            size_bytes: self.size_bytes,
            alt_text: alt_text.map(str::to_owned),
            sha256: self.sha256.clone(),
        }
    }

    /// Name under which the listeners serve the bytes.
    pub fn file_name(&self) -> String {
        let extension = match self.mime.as_str() {
            "image/jpeg" => "jpg",
            "image/png" => "png",
            "image/webp" => "webp",
            "image/gif" => "gif",
            "video/mp4" => "mp4",
            _ => "bin",
        };
        format!("{}.{extension}", self.sha256)
    }
}

/// All uploaded bytes, by SHA-256.
#[derive(Debug, Default)]
pub(crate) struct Blobs {
    memory: RwLock<HashMap<String, Bytes>>,
    folder: Option<PathBuf>,
    unsaved: Mutex<Vec<String>>,
}

impl Blobs {
    /// With a folder, bytes survive a restart.
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self { folder, ..Self::default() }
    }

    pub fn put(&self, bytes: &Bytes) -> Stored {
        let stored = probe(bytes);
        let mut memory = self.memory.write().unwrap_or_else(PoisonError::into_inner);
        if memory.insert(stored.sha256.clone(), bytes.clone()).is_none() && self.folder.is_some() {
            self.unsaved.lock().unwrap_or_else(PoisonError::into_inner).push(stored.sha256.clone());
        }
        stored
    }

    pub fn get(&self, sha256: &str) -> Option<Bytes> {
        // The name comes from an address and becomes a file name.
        if sha256.len() != 64 || !sha256.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let memory = self.memory.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = memory.get(sha256) {
            return Some(bytes.clone());
        }
        drop(memory);
        let bytes = std::fs::read(self.folder.as_ref()?.join(sha256)).ok()?;
        Some(bytes.into())
    }

    /// Writes what is not on disk yet.
    pub fn save(&self) -> std::io::Result<()> {
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        let unsaved = std::mem::take(&mut *self.unsaved.lock().unwrap_or_else(PoisonError::into_inner));
        if unsaved.is_empty() {
            return Ok(());
        }
        std::fs::create_dir_all(folder)?;
        for sha256 in unsaved {
            let memory = self.memory.read().unwrap_or_else(PoisonError::into_inner);
            let Some(bytes) = memory.get(&sha256).cloned() else {
                continue;
            };
            drop(memory);
            std::fs::write(folder.join(sha256), bytes)?;
        }
        Ok(())
    }

    pub fn clear(&self) {
        let mut memory = self.memory.write().unwrap_or_else(PoisonError::into_inner);
        memory.clear();
        self.unsaved.lock().unwrap_or_else(PoisonError::into_inner).clear();
        if let Some(folder) = &self.folder
            && let Ok(files) = std::fs::read_dir(folder)
        {
            for file in files.flatten() {
                let _ = std::fs::remove_file(file.path());
            }
        }
    }
}

/// Returns lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Returns the SHA-256 of some bytes.
pub(crate) fn sha256(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

fn probe(bytes: &[u8]) -> Stored {
    let format = image::guess_format(bytes).ok();
    let mime = match format {
        Some(format) => format.to_mime_type(),
        None if bytes.get(4..8) == Some(b"ftyp") => {
            if matches!(bytes.get(8..12), Some(b"heic" | b"heix" | b"mif1")) {
                "image/heic"
            } else {
                "video/mp4"
            }
        }
        None => "application/octet-stream",
    };
    let (width, height) = image::ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .ok()
        .and_then(|reader| reader.into_dimensions().ok())
        .unwrap_or((0, 0));
    Stored { sha256: hex(&sha256(bytes)), mime: mime.to_owned(), width, height, size_bytes: bytes.len() }
}
