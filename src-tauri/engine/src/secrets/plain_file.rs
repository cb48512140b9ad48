//! The key in a file that only its owner may read, without a passphrase: for the practice mode, whose
//! data are nobody's.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use zeroize::Zeroizing;

use super::{
    KeyError, MasterKey, SecretStore,
    keyinfo::{remove_private, write_private},
};

const FILE: &str = "moulin.practice-key";

/// A key file of the practice mode.
pub struct PlainFile(PathBuf);

impl PlainFile {
    pub fn new(data_dir: &Path) -> Self {
        Self(data_dir.join(FILE))
    }
}

#[async_trait]
impl SecretStore for PlainFile {
    fn name(&self) -> &'static str {
        "plain_file"
    }

    async fn read(&self) -> Result<Option<MasterKey>, KeyError> {
        match fs::read_to_string(&self.0).map(Zeroizing::new) {
            Ok(text) => MasterKey::from_hex(&text).map(Some).ok_or(KeyError::WrongKey),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn write(&self, key: &MasterKey) -> Result<(), KeyError> {
        Ok(write_private(&self.0, key.to_hex().as_bytes())?)
    }

    async fn remove(&self) -> Result<(), KeyError> {
        Ok(remove_private(&self.0)?)
    }
}
