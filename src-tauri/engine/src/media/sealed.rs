//! Encrypted files: what a stolen disk shows of the photographs is their number.
//!
//! XChaCha20-Poly1305 under the media key. Each file names, in its associated
//! data, what it is and whose it is: a file copied over another one, or a
//! thumbnail passed off as the photograph, does not open. The 24-byte nonce is
//! drawn at random for each write, which its length makes safe.
//!
//! Layout: magic `VMMEDIA` and version (8 bytes), nonce (24), ciphertext with tag.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{Key, KeyInit as _, XChaCha20Poly1305, XNonce};
use rand::RngCore as _;
use zeroize::Zeroizing;

use super::MediaError;
use crate::domain::fingerprint::hex;

const MAGIC: &[u8; 8] = b"VMMEDIA\x01";
const NONCE_BYTES: usize = 24;

/// The 32-byte key of the media library. Its `Debug` shows nothing of it.
#[derive(Clone)]
pub struct MediaKey(Zeroizing<[u8; 32]>);

impl From<[u8; 32]> for MediaKey {
    fn from(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl std::fmt::Debug for MediaKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MediaKey(…)")
    }
}

impl MediaKey {
    /// Encrypts `plain` for the file called `name`.
    fn seal(&self, name: &str, plain: &[u8]) -> Result<Vec<u8>, MediaError> {
        let mut nonce = [0_u8; NONCE_BYTES];
        rand::rng().fill_bytes(&mut nonce);
        let payload = Payload { msg: plain, aad: &associated(name) };
        let cipher = XChaCha20Poly1305::new(&Key::from(*self.0));
        let sealed = cipher
            .encrypt(&XNonce::from(nonce), payload)
            // Only a plaintext of 256 GiB can fail.
            .map_err(|_| io::Error::other("the file is too long to be encrypted"))?;
        Ok([MAGIC.as_slice(), &nonce, &sealed].concat())
    }

    /// Decrypts what [`seal`](Self::seal) made for the same `name`.
    fn open(&self, name: &str, sealed: &[u8]) -> Result<Vec<u8>, MediaError> {
        let damaged = || MediaError::StoreDamaged { name: name.to_owned() };
        let rest = sealed.strip_prefix(MAGIC).ok_or_else(damaged)?;
        let (nonce, body) = rest.split_first_chunk::<NONCE_BYTES>().ok_or_else(damaged)?;
        let payload = Payload { msg: body, aad: &associated(name) };
        XChaCha20Poly1305::new(&Key::from(*self.0))
            .decrypt(&XNonce::from(*nonce), payload)
            .map_err(|_| damaged())
    }

    /// Writes `plain` encrypted to `path` so that the file is either whole or
    /// absent after a power cut: temporary file in `scratch` (same file system),
    /// flush to disk, rename, flush of the folder.
    pub(super) fn write_file(
        &self,
        scratch: &Path,
        path: &Path,
        name: &str,
        plain: &[u8],
    ) -> Result<(), MediaError> {
        let sealed = self.seal(name, plain)?;
        let mut suffix = [0_u8; 8];
        rand::rng().fill_bytes(&mut suffix);
        let temporary = scratch.join(hex(&suffix));
        let written = write_and_sync(&temporary, &sealed).and_then(|()| {
            fs::rename(&temporary, path)?;
            path.parent().map_or(Ok(()), sync_folder)
        });
        if written.is_err() {
            // On a full disk the half-written file is what must go first.
            let _ = fs::remove_file(&temporary);
        }
        Ok(written?)
    }

    /// Reads and decrypts `path`; `None` when there is no such file.
    pub(super) fn read_file(&self, path: &Path, name: &str) -> Result<Option<Vec<u8>>, MediaError> {
        match fs::read(path) {
            Ok(sealed) => self.open(name, &sealed).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn associated(name: &str) -> Vec<u8> {
    [MAGIC.as_slice(), name.as_bytes()].concat()
}

fn write_and_sync(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes a rename inside `folder` survive a power cut.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    // Windows has no handle for this and writes the entry with the rename itself.
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_the_same_key_and_name_open_a_file() {
        let key = MediaKey::from([7; 32]);
        let sealed = key.seal("a/master", b"daube").unwrap();
        assert_eq!(key.open("a/master", &sealed).unwrap(), b"daube");
        assert!(key.open("b/master", &sealed).is_err(), "another file's name");
        let other = MediaKey::from([8; 32]);
        assert!(other.open("a/master", &sealed).is_err(), "another key");
    }

    #[test]
    fn each_flipped_or_missing_byte_is_noticed() {
        let key = MediaKey::from([7; 32]);
        let sealed = key.seal("x", b"gigot d'agneau").unwrap();
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            let error = key.open("x", &altered).unwrap_err();
            assert_eq!(error.code(), "media_store_damaged", "byte {at}");
            assert!(key.open("x", &sealed[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn the_same_content_never_looks_the_same() {
        let key = MediaKey::from([7; 32]);
        assert_ne!(key.seal("x", b"same").unwrap(), key.seal("x", b"same").unwrap());
    }

    #[test]
    fn the_key_does_not_print() {
        assert_eq!(format!("{:?}", MediaKey::from([65; 32])), "MediaKey(…)");
    }

    #[test]
    fn a_failed_write_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let key = MediaKey::from([7; 32]);
        let gone = folder.path().join("no-such-folder").join("file");
        assert!(key.write_file(folder.path(), &gone, "x", b"bytes").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
