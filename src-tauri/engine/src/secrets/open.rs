//! Getting the key at start: the one place that decides whether one may be made.

use std::{fs, io, path::Path, sync::Arc};

use jiff::Timestamp;

use super::{KEYINFO_FILE, KeyError, KeyInfo, MasterKey, SecretStore};

/// The database file in the data folder.
pub const DATABASE_FILE: &str = "moulin.db";

/// Where the key is to be looked for.
#[derive(Clone)]
pub enum KeySource {
    /// The desktop's keyring.
    Keyring,
    /// Another store: passphrase vault, memory.
    Store(Arc<dyn SecretStore>),
}

/// Returns the key of the database in `data_dir`.
///
/// Makes one only when no database file exists; the key is kept in its store
/// and read back before it is used, so that a database can never be written
/// with a key that nobody has.
pub async fn open_key(data_dir: &Path, source: &KeySource, now: Timestamp) -> Result<MasterKey, KeyError> {
    let may_make = !exists(&data_dir.join(DATABASE_FILE))?;
    find_key(data_dir, source, now, may_make).await
}

/// Returns the key that a copy of the database needs; never makes one.
pub async fn existing_key(
    data_dir: &Path,
    source: &KeySource,
    now: Timestamp,
) -> Result<MasterKey, KeyError> {
    find_key(data_dir, source, now, false).await
}

/// Keeps a key that a person brought (the recovery key) in the store of this folder.
///
/// Errors: [`KeyError::WrongKey`] when the folder's database is another key's.
pub async fn adopt_key(
    data_dir: &Path,
    source: &KeySource,
    key: &MasterKey,
    now: Timestamp,
) -> Result<(), KeyError> {
    let info = KeyInfo::load(data_dir)?;
    let database_exists = exists(&data_dir.join(DATABASE_FILE))?;
    if database_exists && info.as_ref().is_some_and(|info| info.key_id != key.id()) {
        return Err(KeyError::WrongKey);
    }
    let (entry, store) = store_of(source, info.as_ref());
    store.write(key).await?;
    match store.read().await? {
        Some(read) if read.as_bytes() == key.as_bytes() => {
            let made = info.is_some_and(|info| info.database_made);
            Ok(describe(data_dir, store.name(), entry, key, made, now)?)
        }
        _ => Err(KeyError::Missing { store: store.name() }),
    }
}

/// Returns the key of a recovery text for one run; no store is asked or changed.
///
/// Errors: [`KeyError::WrongKey`] when the folder's data are another key's.
pub fn brought_key(data_dir: &Path, text: &str) -> Result<MasterKey, KeyError> {
    let key = super::read_recovery_text(text)?;
    match KeyInfo::load(data_dir)? {
        Some(info) if info.key_id != key.id() => Err(KeyError::WrongKey),
        _ => Ok(key),
    }
}

/// The entry of the folder and the store that has it.
fn store_of(source: &KeySource, info: Option<&KeyInfo>) -> (String, Arc<dyn SecretStore>) {
    let entry = info.map_or_else(|| uuid::Uuid::new_v4().to_string(), |info| info.entry.clone());
    let store: Arc<dyn SecretStore> = match source {
        KeySource::Keyring => Arc::new(super::Keychain::new(entry.clone())),
        KeySource::Store(store) => Arc::clone(store),
    };
    (entry, store)
}

async fn find_key(
    data_dir: &Path,
    source: &KeySource,
    now: Timestamp,
    may_make: bool,
) -> Result<MasterKey, KeyError> {
    let info = KeyInfo::load(data_dir)?;
    let (entry, store) = store_of(source, info.as_ref());
    match (store.read().await?, info) {
        (Some(key), Some(info)) if info.key_id != key.id() => Err(KeyError::WrongKey),
        (Some(key), Some(_)) => Ok(key),
        // The plain file was lost; the database itself will say whether the key is right.
        (Some(key), None) => {
            describe(data_dir, store.name(), entry, &key, false, now)?;
            Ok(key)
        }
        (None, _) if !may_make => Err(KeyError::Missing { store: store.name() }),
        (None, _) => {
            let key = MasterKey::generate();
            // First the name of the entry, then the entry: a crash between the
            // two leaves a name without a key and no database, which is this case again.
            describe(data_dir, store.name(), entry, &key, false, now)?;
            store.write(&key).await?;
            match store.read().await? {
                Some(read) if read.as_bytes() == key.as_bytes() => Ok(key),
                _ => Err(KeyError::Missing { store: store.name() }),
            }
        }
    }
}

fn describe(
    data_dir: &Path,
    store: &str,
    entry: String,
    key: &MasterKey,
    database_made: bool,
    now: Timestamp,
) -> io::Result<()> {
    let store = store.to_owned();
    KeyInfo { format: 1, key_id: key.id(), created_at: now, store, entry, database_made }.save(data_dir)
}

/// Unlike `Path::exists`, does not take "may not look" for "is not there".
fn exists(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Which store the data folder's key is in, to choose a source without being told.
pub fn store_in_use(data_dir: &Path) -> io::Result<Option<String>> {
    if !exists(&data_dir.join(KEYINFO_FILE))? {
        return Ok(None);
    }
    Ok(KeyInfo::load(data_dir)?.map(|info| info.store))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::{fs, sync::Arc};

    use async_trait::async_trait;
    use jiff::Timestamp;

    use super::{DATABASE_FILE, KeySource, open_key};
    use crate::secrets::{KEYINFO_FILE, KeyError, KeyInfo, MasterKey, MemoryStore, SecretStore};

    fn source(store: impl SecretStore + 'static) -> KeySource {
        KeySource::Store(Arc::new(store))
    }

    #[tokio::test]
    async fn the_first_start_makes_a_key_and_the_second_finds_it() {
        let dir = tempfile::tempdir().unwrap();
        let source = source(MemoryStore::default());
        let first = open_key(dir.path(), &source, Timestamp::UNIX_EPOCH).await.unwrap();
        let info = KeyInfo::load(dir.path()).unwrap().unwrap();
        assert_eq!((info.key_id, info.store.as_str()), (first.id(), "memory"));
        fs::write(dir.path().join(DATABASE_FILE), b"x").unwrap();
        let second = open_key(dir.path(), &source, Timestamp::UNIX_EPOCH).await.unwrap();
        assert_eq!(first.as_bytes(), second.as_bytes());
    }

    #[tokio::test]
    async fn no_key_is_ever_made_for_a_database_that_exists() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(DATABASE_FILE), b"x").unwrap();
        let store = Arc::new(MemoryStore::default());
        let error = open_key(dir.path(), &KeySource::Store(store.clone()), Timestamp::UNIX_EPOCH).await;
        assert_eq!(error.err().unwrap().code(), "key_missing");
        assert!(store.read().await.unwrap().is_none());
        assert!(!dir.path().join(KEYINFO_FILE).exists());
    }

    #[tokio::test]
    async fn another_key_is_called_wrong_before_the_database_is_touched() {
        let dir = tempfile::tempdir().unwrap();
        open_key(dir.path(), &source(MemoryStore::default()), Timestamp::UNIX_EPOCH).await.unwrap();
        fs::write(dir.path().join(DATABASE_FILE), b"x").unwrap();
        let other = source(MemoryStore::with(MasterKey::generate()));
        let error = open_key(dir.path(), &other, Timestamp::UNIX_EPOCH).await.err().unwrap();
        assert_eq!(error.code(), "wrong_key");
    }

    /// A store that is there but does not open.
    struct Locked;

    #[async_trait]
    impl SecretStore for Locked {
        fn name(&self) -> &'static str {
            "keyring"
        }
        async fn read(&self) -> Result<Option<MasterKey>, KeyError> {
            Err(KeyError::KeyringLocked)
        }
        async fn write(&self, _key: &MasterKey) -> Result<(), KeyError> {
            panic!("nothing may be written into a locked keyring")
        }
        async fn remove(&self) -> Result<(), KeyError> {
            panic!("nothing may be removed from a locked keyring")
        }
    }

    #[tokio::test]
    async fn locked_is_not_missing() {
        let dir = tempfile::tempdir().unwrap();
        let error = open_key(dir.path(), &source(Locked), Timestamp::UNIX_EPOCH).await.err().unwrap();
        assert_eq!(error.code(), "keyring_locked");
        assert!(error.is_retryable());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
