//! The photographs kept on this machine.
//!
//! What is kept is a **master**: upright, sRGB, at most 4096 pixels on the long
//! side, JPEG of quality 92, without metadata. Never the file as given, which
//! knows where the owner lives; and never PNG: every network gets JPEG in the
//! end, and one kind of master makes every later step the same. Transparency has
//! become white on the way.
//!
//! The id of a medium is the SHA-256 of its master: the same photograph added
//! twice is stored once, and the id proves the content. Derivatives are a cache
//! beside the master. All files are encrypted by [`sealed`](super::sealed).
//!
//! ```text
//! media/key-check           proves that the key is the right one
//! media/tmp/                files being written, emptied at start
//! media/<id>/master         the photograph
//! media/<id>/<spec hash>    a derivative: info as one line of JSON, then the JPEG
//! ```
//!
//! One process owns the folder: the exclusive lock of the data folder sees to it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use tokio::sync::Semaphore;
use vieux_moulin_pixels::{RgbImage, encode_jpeg};

use super::MediaError;
use super::decode::decode;
use super::derive::{DerivativeInfo, DerivativeSpec, derive, fit_inside};
use super::notes::{MediaNote, notes};
use super::sealed::{MediaKey, sync_folder};
use super::sniff::probe;
use crate::domain::{MediaId, fingerprint::sha256_hex};

/// Long side of a master, in pixels.
const MASTER_SIDE: u32 = 4096;
const MASTER_QUALITY: u8 = 92;
const KEY_CHECK: &str = "key-check";

/// A master in the library. Width and height are in pixels, as it is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StoredMedia {
    pub id: MediaId,
    pub mime: &'static str,
    pub width: u32,
    pub height: u32,
    pub size_bytes: u64,
}

/// The library. Cloning it is cheap and gives the same library.
///
/// The async methods do the pixel work on blocking threads, one photograph at a
/// time: a decoded one may take hundreds of megabytes.
#[derive(Clone, Debug)]
pub struct Library {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    root: PathBuf,
    key: MediaKey,
    pixel_work: Semaphore,
}

impl Library {
    /// Opens the library in `root`, creating the folder when it is missing.
    ///
    /// # Errors
    /// `media_key_wrong` when the folder was made with another key; `media_io`,
    /// `media_disk_full`.
    pub fn open(root: &Path, key: MediaKey) -> Result<Self, MediaError> {
        let scratch = root.join("tmp");
        // What a killed process was writing is of no use to anyone.
        match fs::remove_dir_all(&scratch) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        fs::create_dir_all(&scratch)?;
        let check = root.join(KEY_CHECK);
        match key.read_file(&check, KEY_CHECK) {
            Ok(Some(_)) => {}
            Ok(None) => key.write_file(&scratch, &check, KEY_CHECK, b"")?,
            Err(MediaError::StoreDamaged { .. }) => return Err(MediaError::KeyWrong),
            Err(error) => return Err(error),
        }
        Ok(Self { inner: Arc::new(Inner { root: root.to_owned(), key, pixel_work: Semaphore::new(1) }) })
    }

    /// Adds a photograph; adding it again gives the same id.
    ///
    /// # Errors
    /// Those of [`decode`], `media_io`, `media_disk_full`.
    pub async fn add_bytes(&self, bytes: Bytes) -> Result<StoredMedia, MediaError> {
        self.work(move |inner| inner.add(&bytes)).await
    }

    /// Tells what adding this file changes about it.
    pub async fn notes(&self, bytes: Bytes) -> Vec<MediaNote> {
        // Notes are worth less than the picture: without them it is still taken.
        self.disk(move |_| Ok(notes(&bytes))).await.unwrap_or_default()
    }

    /// Returns what is known of a medium.
    ///
    /// # Errors
    /// `media_not_found`, `media_store_damaged`, `media_io`.
    pub async fn describe(&self, id: &MediaId) -> Result<StoredMedia, MediaError> {
        let id = id.clone();
        self.disk(move |inner| {
            let master = inner.read(&id)?;
            describe(id, &master)
        })
        .await
    }

    /// Returns the JPEG of the master.
    ///
    /// # Errors
    /// `media_not_found`, `media_store_damaged`, `media_io`.
    pub async fn read(&self, id: &MediaId) -> Result<Bytes, MediaError> {
        let id = id.clone();
        self.disk(move |inner| inner.read(&id).map(Bytes::from)).await
    }

    /// Returns the derivative for `spec`, made now or taken from the cache.
    ///
    /// # Errors
    /// Those of [`derive()`] and of [`read`](Self::read).
    pub async fn derivative(
        &self,
        id: &MediaId,
        spec: &DerivativeSpec,
    ) -> Result<(Bytes, DerivativeInfo), MediaError> {
        let (wanted, name) = (id.clone(), spec.hash());
        // The cache is asked first, outside the queue for pixel work.
        if let Some((bytes, info)) = self.disk(move |inner| inner.cached(&wanted, &name)).await? {
            return Ok((bytes, info));
        }
        let (id, spec) = (id.clone(), spec.clone());
        self.work(move |inner| inner.derivative(&id, &spec)).await
    }

    /// Returns a small JPEG for lists, at most 480 pixels on its long side.
    ///
    /// # Errors
    /// As [`derivative`](Self::derivative).
    pub async fn thumbnail(&self, id: &MediaId) -> Result<Bytes, MediaError> {
        let (bytes, _) = self.derivative(id, &DerivativeSpec::thumbnail()).await?;
        Ok(bytes)
    }

    /// Removes a medium with its derivatives. Removing what is absent is not an error.
    ///
    /// # Errors
    /// `media_io`.
    pub async fn remove(&self, id: &MediaId) -> Result<(), MediaError> {
        let id = id.clone();
        self.disk(move |inner| inner.remove(&id)).await
    }

    /// Runs pixel work on a blocking thread when it is this call's turn.
    async fn work<T, F>(&self, job: F) -> Result<T, MediaError>
    where
        T: Send + 'static,
        F: FnOnce(&Inner) -> Result<T, MediaError> + Send + 'static,
    {
        // The semaphore is never closed; were it, the work would only be less careful.
        let _turn = self.inner.pixel_work.acquire().await.ok();
        self.disk(job).await
    }

    async fn disk<T, F>(&self, job: F) -> Result<T, MediaError>
    where
        T: Send + 'static,
        F: FnOnce(&Inner) -> Result<T, MediaError> + Send + 'static,
    {
        let inner = Arc::clone(&self.inner);
        tokio::task::spawn_blocking(move || job(&inner))
            .await
            // A decoder that panics on a crafted file must cost that file, not the program.
            .unwrap_or_else(|error| Err(MediaError::Damaged { detail: error.to_string() }))
    }
}

impl Inner {
    /// Returns the folder of a medium.
    ///
    /// An id comes from outside and becomes part of a path: only a digest may.
    fn folder(&self, id: &MediaId) -> Result<PathBuf, MediaError> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let text = id.as_str();
        if text.len() == 64 && text.bytes().all(is_digit) {
            Ok(self.root.join(text))
        } else {
            // What was asked may be anything; only a short piece goes into the log.
            Err(MediaError::NotFound { id: text.chars().take(64).collect() })
        }
    }

    fn scratch(&self) -> PathBuf {
        self.root.join("tmp")
    }

    fn add(&self, bytes: &[u8]) -> Result<StoredMedia, MediaError> {
        let master = master_jpeg(&decode(bytes)?)?;
        let id = MediaId::from(sha256_hex(&master));
        let path = self.folder(&id)?.join("master");
        // A damaged file of the same photograph is healed by writing it again.
        if !matches!(self.read(&id), Ok(stored) if stored == master) {
            self.make_folder(&id)?;
            self.key.write_file(&self.scratch(), &path, &name_of(&id, "master"), &master)?;
        }
        describe(id, &master)
    }

    fn make_folder(&self, id: &MediaId) -> Result<(), MediaError> {
        match fs::create_dir(self.folder(id)?) {
            Ok(()) => Ok(sync_folder(&self.root)?),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn read(&self, id: &MediaId) -> Result<Vec<u8>, MediaError> {
        self.key
            .read_file(&self.folder(id)?.join("master"), &name_of(id, "master"))?
            .ok_or_else(|| MediaError::NotFound { id: id.to_string() })
    }

    fn cached(&self, id: &MediaId, name: &str) -> Result<Option<(Bytes, DerivativeInfo)>, MediaError> {
        let stored = self.key.read_file(&self.folder(id)?.join(name), &name_of(id, name));
        match stored {
            Ok(Some(stored)) => Ok(unpack(stored)),
            // It is a cache: what cannot be read is made again.
            Ok(None) | Err(MediaError::StoreDamaged { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn derivative(&self, id: &MediaId, spec: &DerivativeSpec) -> Result<(Bytes, DerivativeInfo), MediaError> {
        let name = spec.hash();
        // Another call may have made it while this one waited for its turn.
        if let Some(made) = self.cached(id, &name)? {
            return Ok(made);
        }
        let (jpeg, info) = derive(&decode(&self.read(id)?)?, spec)?;
        let path = self.folder(id)?.join(&name);
        let saved = self.key.write_file(&self.scratch(), &path, &name_of(id, &name), &pack(&jpeg, &info)?);
        if let Err(error) = saved {
            // A post must not fail because its cache could not be written.
            tracing::warn!(code = error.code(), "Could not keep a derivative.");
        }
        Ok((jpeg.into(), info))
    }

    fn remove(&self, id: &MediaId) -> Result<(), MediaError> {
        // Renamed away first: killed half-way, a medium is there or not, never in part.
        let folder = self.folder(id)?;
        let doomed = self.scratch().join(format!("removed-{id}"));
        match fs::rename(folder, &doomed) {
            Ok(()) => {
                sync_folder(&self.root)?;
                Ok(fs::remove_dir_all(&doomed)?)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// The name that a file is bound to by its encryption.
fn name_of(id: &MediaId, file: &str) -> String {
    format!("{id}/{file}")
}

fn describe(id: MediaId, master: &[u8]) -> Result<StoredMedia, MediaError> {
    let header = probe(master)?;
    Ok(StoredMedia {
        id,
        mime: "image/jpeg",
        width: header.width,
        height: header.height,
        size_bytes: master.len() as u64,
    })
}

fn master_jpeg(pixels: &RgbImage) -> Result<Vec<u8>, MediaError> {
    let (width, height) = pixels.dimensions();
    if width.max(height) <= MASTER_SIDE {
        return Ok(encode_jpeg(pixels, MASTER_QUALITY)?);
    }
    Ok(encode_jpeg(&fit_inside(pixels, MASTER_SIDE)?, MASTER_QUALITY)?)
}

fn pack(jpeg: &[u8], info: &DerivativeInfo) -> Result<Vec<u8>, MediaError> {
    let mut packed = serde_json::to_vec(info).map_err(io::Error::other)?;
    packed.push(b'\n');
    packed.extend_from_slice(jpeg);
    Ok(packed)
}

fn unpack(stored: Vec<u8>) -> Option<(Bytes, DerivativeInfo)> {
    let end = stored.iter().position(|byte| *byte == b'\n')?;
    let info = serde_json::from_slice(stored.get(..end)?).ok()?;
    Some((Bytes::from(stored).slice(end + 1..), info))
}

#[cfg(test)]
mod tests;
