//! What a start does before it trusts the data, and what a person does when it cannot: restore a copy,
//! begin anew, bring the recovery key.
//!
//! A start only moves damaged data aside and says so. Putting something in their place is always an act
//! of a person, because a copy is older than the world.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use secrecy::SecretString;
use serde::Serialize;
use zeroize::Zeroizing;

use super::{HostError, HostOptions, Prepared, data_dir, key_source};
use crate::{
    engine::Engine,
    secrets::{self, KeyError, KeyInfo, Keychain, MasterKey, PassphraseVault, PlainFile, SecretStore},
    store::{
        DATABASE_FILE, DatabaseKey, StoreError,
        backup::{self, Copy},
        restore,
    },
};

/// What takes the place of the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RestoreFrom {
    /// The newest copy that is well.
    NewestCopy,
    File(PathBuf),
    /// Nothing: an empty database.
    Nothing,
}

/// Where a person may keep the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum KeyPlace {
    /// The keyring of this computer's session.
    Keyring,
    /// A file in the data folder that a passphrase opens.
    Passphrase,
}

impl KeyPlace {
    /// As `moulin.keyinfo.json` names it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keyring => "keyring",
            Self::Passphrase => "passphrase",
        }
    }

    fn other(self) -> Self {
        match self {
            Self::Keyring => Self::Passphrase,
            Self::Passphrase => Self::Keyring,
        }
    }
}

/// What a restore did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RestoreReport {
    /// The copy; `None` when the data begin anew.
    pub from: Option<PathBuf>,
    /// The copy knows nothing of what happened after this instant.
    pub as_of: Option<Timestamp>,
    /// Deliveries that may have left since: looked up first, never sent blindly.
    pub doubtful: usize,
    /// Where the former database is now.
    pub quarantined: Option<PathBuf>,
    /// Newer copies that could not be used.
    pub skipped: Vec<PathBuf>,
}

/// The copies of the folder that these options mean, newest first. Needs no key and no lock.
pub fn copies(options: &HostOptions) -> Result<Vec<Copy>, HostError> {
    Ok(backup::list(&data_dir(options)?)?)
}

impl Prepared {
    /// The key, and the certainty that the database can be worked with.
    pub(super) async fn trusted_key(&self, now: Timestamp) -> Result<MasterKey, HostError> {
        if !self.data_dir.join(DATABASE_FILE).exists() && self.has_a_past()? {
            // Before the key: none may be made for data that are only away.
            return Err(HostError::DatabaseMissing);
        }
        let key_is_known = KeyInfo::load(&self.data_dir).map_err(KeyError::from)?.is_some();
        let key = match self.brought_key()? {
            Some(_) if !self.data_dir.join(DATABASE_FILE).exists() => return Err(HostError::NoDataToOpen),
            Some(key) => key,
            None => {
                let source = key_source(&self.data_dir, &self.options)?;
                secrets::open_key(&self.data_dir, &source, now).await?
            }
        };
        match self.examine(&key).await {
            // The fingerprint says that the key is right, so it is the first page that is wrong.
            Err(StoreError::WrongKey) if key_is_known => {
                Err(StoreError::Damaged("The first page cannot be read".into()).into())
            }
            examined => Ok(examined.map(|()| key)?),
        }
    }

    /// The key that a person brought for this run.
    fn brought_key(&self) -> Result<Option<MasterKey>, KeyError> {
        let Some(file) = &self.options.recovery_key_file else { return Ok(None) };
        let text = Zeroizing::new(std::fs::read_to_string(file).map_err(|error| match error.kind() {
            // Bytes that are no text were never a recovery key.
            std::io::ErrorKind::InvalidData => KeyError::RecoveryKeyUnreadable,
            _ => KeyError::Io(error),
        })?);
        secrets::brought_key(&self.data_dir, &text).map(Some)
    }

    async fn examine(&self, key: &MasterKey) -> Result<(), StoreError> {
        let (data_dir, key) = (self.data_dir.clone(), DatabaseKey::new(*key.as_bytes()));
        let has_a_past = self.has_a_past()?;
        blocking(move || restore::examine(&data_dir, &key, has_a_past)).await
    }

    /// Says whether this folder once held data: then an absent database is a loss, not a first start.
    fn has_a_past(&self) -> std::io::Result<bool> {
        let made = KeyInfo::load(&self.data_dir)?.is_some_and(|info| info.database_made);
        Ok(made || restore::has_leftovers(&self.data_dir))
    }

    /// Moves a damaged database aside.
    pub(super) fn quarantined(&self, damage: &HostError, now: Timestamp) -> HostError {
        tracing::error!("The database is damaged: {damage}.");
        match restore::quarantine(&self.data_dir, now) {
            Ok(aside) => HostError::Quarantined(aside.unwrap_or_default().display().to_string()),
            Err(error) => error.into(),
        }
    }

    /// Replaces the database, which is moved aside. `confirmed`: also when it is well.
    pub async fn restore(self, from: RestoreFrom, confirmed: bool) -> Result<RestoreReport, HostError> {
        let now = self.clock().now();
        let database = self.data_dir.join(DATABASE_FILE);
        if !confirmed && database.exists() && self.trusted_key(now).await.is_ok() {
            return Err(HostError::DatabaseWell);
        }
        let candidates = match from {
            RestoreFrom::Nothing => return self.begin_anew(now).await,
            RestoreFrom::File(file) => vec![file],
            RestoreFrom::NewestCopy => {
                backup::list(&self.data_dir)?.into_iter().map(|copy| copy.path).collect()
            }
        };
        let key = if let Some(key) = self.brought_key()? {
            key
        } else {
            let source = key_source(&self.data_dir, &self.options)?;
            secrets::existing_key(&self.data_dir, &source, now).await?
        };
        let mut refused: Vec<(PathBuf, StoreError)> = Vec::new();
        for copy in candidates {
            match self.put_back(&key, &copy, now).await {
                Ok(done) => {
                    return Ok(RestoreReport {
                        from: Some(copy),
                        as_of: Some(done.as_of),
                        doubtful: done.doubtful,
                        quarantined: done.quarantined,
                        skipped: refused.into_iter().map(|(path, _)| path).collect(),
                    });
                }
                // These say something about the disk, not about the copy.
                Err(error @ (StoreError::DiskFull | StoreError::ReadOnly(_))) => return Err(error.into()),
                Err(error) => refused.push((copy, error)),
            }
        }
        Err(match refused.into_iter().next() {
            Some((copy, error)) => HostError::CopyUnusable(copy.display().to_string(), error),
            None => HostError::NoCopy,
        })
    }

    async fn put_back(
        &self,
        key: &MasterKey,
        copy: &Path,
        now: Timestamp,
    ) -> Result<restore::Restored, StoreError> {
        let (data_dir, copy) = (self.data_dir.clone(), copy.to_owned());
        let key = DatabaseKey::new(*key.as_bytes());
        blocking(move || restore::restore(&data_dir, &key, &copy, now)).await
    }

    async fn begin_anew(self, now: Timestamp) -> Result<RestoreReport, HostError> {
        let quarantined = restore::quarantine(&self.data_dir, now)?;
        let source = key_source(&self.data_dir, &self.options)?;
        let key = secrets::open_key(&self.data_dir, &source, now).await?;
        let options = self.engine_options(self.clock());
        // Made at once, or the next start would again find data that are away.
        Engine::open(self.lock, &key, options).await?;
        Ok(RestoreReport { from: None, as_of: None, doubtful: 0, quarantined, skipped: Vec::new() })
    }

    /// Moves the key to another store, after trying it on the database. Returns whether the former store
    /// has forgotten it.
    pub async fn move_key(self, to: KeyPlace) -> Result<bool, HostError> {
        if !self.data_dir.join(DATABASE_FILE).exists() {
            return Err(HostError::NoDataToOpen);
        }
        let info = KeyInfo::load(&self.data_dir).map_err(KeyError::from)?;
        let info = info.ok_or(KeyError::Missing { store: to.as_str() })?;
        let to_name = to.as_str();
        // Once it is there, the former place is the other one of the two.
        let from = if info.store == to_name { to.other().as_str() } else { info.store.as_str() };
        let from = if from == "passphrase" && info.store == to_name {
            // Only to be emptied: that needs no passphrase.
            Arc::new(PassphraseVault::new(&self.data_dir, SecretString::from("")))
        } else {
            self.key_store(from, &info)?
        };
        let to = self.key_store(to_name, &info)?;
        let present = if info.store == to_name { &to } else { &from };
        let key = present.read().await?.ok_or(KeyError::Missing { store: present.name() })?;
        self.examine(&key).await?;
        Ok(secrets::move_key(&self.data_dir, &*from, &*to).await?)
    }

    fn key_store(&self, name: &str, info: &KeyInfo) -> Result<Arc<dyn SecretStore>, KeyError> {
        Ok(match name {
            "passphrase" => {
                let file = self.options.passphrase_file.as_deref().ok_or(KeyError::PassphraseNeeded)?;
                Arc::new(PassphraseVault::from_passphrase_file(&self.data_dir, file)?)
            }
            "plain_file" => Arc::new(PlainFile::new(&self.data_dir)),
            _ => Arc::new(Keychain::new(info.entry.clone())),
        })
    }

    /// Keeps the key of a recovery text in the store of this folder, after trying it on the database.
    pub async fn restore_key(self, text: &str) -> Result<(), HostError> {
        let key = secrets::read_recovery_text(text)?;
        self.examine(&key).await?;
        let source = key_source(&self.data_dir, &self.options)?;
        Ok(secrets::adopt_key(&self.data_dir, &source, &key, self.clock().now()).await?)
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| StoreError::Stopped)?
}
