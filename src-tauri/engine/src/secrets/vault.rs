//! The key in a file, wrapped by a passphrase, for computers without a keyring.
//!
//! Argon2id turns the passphrase into a wrapping key, XChaCha20-Poly1305 seals
//! the database key with it. Salt and cost stand in the file, so that they can
//! be raised later without losing older files.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use argon2::{Algorithm, Argon2, Params, Version};
use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    KeyError, MasterKey, SecretStore,
    keyinfo::{remove_private, write_private},
};

/// File name, in the data folder.
pub const VAULT_FILE: &str = "moulin.vault.json";
/// Bound to the ciphertext, so that a sealed key cannot be passed off as something else.
const PURPOSE: &[u8] = b"vieux-moulin database key v1";
/// Bounds of what a file may ask for: a forged one must not eat the memory.
const MAX_MEMORY_KIB: u32 = 1024 * 1024;
const MAX_PASSES: u32 = 32;
const MAX_LANES: u32 = 16;

/// Cost of the key derivation, about a quarter of a second.
const COST: Cost = Cost { memory_kib: 64 * 1024, passes: 3, lanes: 1 };

/// Passphrase-protected file in the data folder.
pub struct PassphraseVault {
    path: PathBuf,
    passphrase: SecretString,
    cost: Cost,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Cost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

#[derive(Serialize, Deserialize)]
struct VaultFile {
    format: u32,
    kdf: String,
    cost: Cost,
    salt: String,
    cipher: String,
    nonce: String,
    sealed: String,
}

impl PassphraseVault {
    pub fn new(data_dir: &Path, passphrase: SecretString) -> Self {
        Self { path: data_dir.join(VAULT_FILE), passphrase, cost: COST }
    }

    /// Reads the passphrase from the first line of a file.
    pub fn from_passphrase_file(data_dir: &Path, file: &Path) -> Result<Self, KeyError> {
        let text = Zeroizing::new(
            fs::read_to_string(file)
                .map_err(|error| KeyError::PassphraseUnreadable(error.kind().to_string()))?,
        );
        let line = text.lines().next().unwrap_or_default();
        if line.is_empty() {
            return Err(KeyError::PassphraseUnreadable("empty first line".to_owned()));
        }
        Ok(Self::new(data_dir, SecretString::from(line)))
    }

    fn unseal(path: &Path, passphrase: &SecretString) -> Result<Option<MasterKey>, KeyError> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let damaged = |what: &str| KeyError::VaultDamaged(what.to_owned());
        let file: VaultFile = serde_json::from_slice(&bytes).map_err(|_| damaged("not readable"))?;
        if file.format != 1 || file.kdf != "argon2id" || file.cipher != "xchacha20poly1305" {
            return Err(damaged("unknown format"));
        }
        let decode = |text: &str| BASE64.decode(text).map_err(|_| damaged("not base64"));
        let (salt, nonce, sealed) = (decode(&file.salt)?, decode(&file.nonce)?, decode(&file.sealed)?);
        let nonce = XNonce::try_from(nonce.as_slice()).map_err(|_| damaged("nonce"))?;
        let wrapping = derive(passphrase, &salt, file.cost)?;
        let opened = cipher(&wrapping)?
            .decrypt(&nonce, Payload { msg: &sealed, aad: PURPOSE })
            .map(Zeroizing::new)
            .map_err(|_| KeyError::WrongPassphrase)?;
        MasterKey::from_bytes(&opened).map(Some).ok_or_else(|| damaged("length"))
    }

    fn seal(path: &Path, passphrase: &SecretString, cost: Cost, key: &MasterKey) -> Result<(), KeyError> {
        use rand::RngCore as _;
        let (mut salt, mut nonce) = ([0_u8; 16], [0_u8; 24]);
        rand::rng().fill_bytes(&mut salt);
        rand::rng().fill_bytes(&mut nonce);
        let wrapping = derive(passphrase, &salt, cost)?;
        let sealed = cipher(&wrapping)?
            .encrypt(&XNonce::from(nonce), Payload { msg: key.as_bytes(), aad: PURPOSE })
            .map_err(|_| KeyError::VaultDamaged("sealing failed".to_owned()))?;
        let file = VaultFile {
            format: 1,
            kdf: "argon2id".to_owned(),
            cost,
            salt: BASE64.encode(salt),
            cipher: "xchacha20poly1305".to_owned(),
            nonce: BASE64.encode(nonce),
            sealed: BASE64.encode(sealed),
        };
        let text = serde_json::to_string_pretty(&file).map_err(io::Error::other)?;
        Ok(write_private(path, text.as_bytes())?)
    }
}

fn derive(passphrase: &SecretString, salt: &[u8], cost: Cost) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let unusable = || KeyError::VaultDamaged("cost".to_owned());
    if cost.memory_kib > MAX_MEMORY_KIB || cost.passes > MAX_PASSES || cost.lanes > MAX_LANES {
        return Err(unusable());
    }
    let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(32)).map_err(|_| unusable())?;
    let mut out = Zeroizing::new([0_u8; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.expose_secret().as_bytes(), salt, out.as_mut_slice())
        .map_err(|_| unusable())?;
    Ok(out)
}

fn cipher(key: &[u8; 32]) -> Result<XChaCha20Poly1305, KeyError> {
    XChaCha20Poly1305::new_from_slice(key).map_err(|_| KeyError::VaultDamaged("key length".to_owned()))
}

#[async_trait]
impl SecretStore for PassphraseVault {
    fn name(&self) -> &'static str {
        "passphrase"
    }

    async fn read(&self) -> Result<Option<MasterKey>, KeyError> {
        let (path, passphrase) = (self.path.clone(), self.passphrase.clone());
        blocking(move || Self::unseal(&path, &passphrase)).await
    }

    async fn write(&self, key: &MasterKey) -> Result<(), KeyError> {
        let (path, passphrase, cost) = (self.path.clone(), self.passphrase.clone(), self.cost);
        let key = key.clone();
        blocking(move || Self::seal(&path, &passphrase, cost, &key)).await
    }

    async fn remove(&self) -> Result<(), KeyError> {
        Ok(remove_private(&self.path)?)
    }
}

/// The derivation takes long on purpose, so it never runs on an async worker.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, KeyError> + Send + 'static,
) -> Result<T, KeyError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| KeyError::Io(io::Error::other(error)))?
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;

    use secrecy::SecretString;

    use super::{Cost, PassphraseVault, VAULT_FILE};
    use crate::secrets::{KeyError, MasterKey, SecretStore as _};

    fn vault(dir: &std::path::Path, passphrase: &str) -> PassphraseVault {
        let mut vault = PassphraseVault::new(dir, SecretString::from(passphrase));
        vault.cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };
        vault
    }

    #[tokio::test]
    async fn only_the_same_passphrase_opens_it() {
        let dir = tempfile::tempdir().unwrap();
        assert!(vault(dir.path(), "moulin").read().await.unwrap().is_none());
        let key = MasterKey::generate();
        vault(dir.path(), "moulin").write(&key).await.unwrap();
        let read = vault(dir.path(), "moulin").read().await.unwrap().unwrap();
        assert_eq!(read.as_bytes(), key.as_bytes());
        let refused = vault(dir.path(), "Moulin").read().await.err().unwrap();
        assert_eq!(refused.code(), "wrong_passphrase");
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn the_file_is_for_its_owner_only_and_shows_no_key() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let key = MasterKey::generate();
        vault(dir.path(), "moulin").write(&key).await.unwrap();
        let path = dir.path().join(VAULT_FILE);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!fs::read_to_string(&path).unwrap().contains(key.to_hex().as_str()));
    }

    #[tokio::test]
    async fn a_damaged_or_greedy_file_is_refused_as_such() {
        let dir = tempfile::tempdir().unwrap();
        vault(dir.path(), "moulin").write(&MasterKey::generate()).await.unwrap();
        let path = dir.path().join(VAULT_FILE);
        let good = fs::read_to_string(&path).unwrap();
        for bad in [
            "{".to_owned(),
            good.replace("argon2id", "md5"),
            good.replace("\"memory_kib\": 64", "\"memory_kib\": 4000000000"),
        ] {
            fs::write(&path, &bad).unwrap();
            let error = vault(dir.path(), "moulin").read().await.err().unwrap();
            assert!(matches!(error, KeyError::VaultDamaged(_)), "{bad}: {error}");
        }
    }

    #[tokio::test]
    async fn the_passphrase_is_the_first_line_of_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("phrase");
        fs::write(&file, "le chat dort\nreste\n").unwrap();
        let vault = PassphraseVault::from_passphrase_file(dir.path(), &file).unwrap();
        assert_eq!(secrecy::ExposeSecret::expose_secret(&vault.passphrase), "le chat dort");
        for unreadable in ["", "\nreste"] {
            fs::write(&file, unreadable).unwrap();
            let error = PassphraseVault::from_passphrase_file(dir.path(), &file).err().unwrap();
            assert_eq!(error.code(), "passphrase_unreadable");
        }
    }
}
