//! Moving the key of the database to another store: the same key, so that nothing of the data is written
//! anew and every copy and every printed recovery key stays good.
//!
//! At every moment at least one store has the key and `moulin.keyinfo.json` names one that does: written
//! and read back in the new store first, then named, and only then forgotten by the old one.

use std::path::Path;

use super::{KeyError, KeyInfo, SecretStore};

/// Moves the key. Returns whether the old store has forgotten it: one that cannot be reached now is no
/// reason to undo the move, and doing it again makes up for it.
///
/// Errors: [`KeyError::Missing`] when the old store has no key, [`KeyError::WrongKey`] when a store gives
/// another one than that of the data. Nothing is changed then.
pub async fn move_key(
    data_dir: &Path,
    from: &dyn SecretStore,
    to: &dyn SecretStore,
) -> Result<bool, KeyError> {
    let missing = || KeyError::Missing { store: from.name() };
    let info = KeyInfo::load(data_dir)?.ok_or_else(missing)?;
    // Done again after an end in the middle: the key is there already.
    if info.store != to.name() {
        let key = from.read().await?.ok_or_else(missing)?;
        if key.id() != info.key_id {
            return Err(KeyError::WrongKey);
        }
        to.write(&key).await?;
    }
    match to.read().await? {
        Some(read) if read.id() == info.key_id => {}
        Some(_) => return Err(KeyError::WrongKey),
        None => return Err(KeyError::Missing { store: to.name() }),
    }
    KeyInfo { store: to.name().to_owned(), ..info }.save(data_dir)?;
    Ok(match from.remove().await {
        Ok(()) => true,
        Err(error) => {
            tracing::warn!("The former place of the key could not be emptied: {error}.");
            false
        }
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::{
        path::Path,
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering},
        },
        time::Duration,
    };

    use async_trait::async_trait;
    use jiff::Timestamp;

    use super::move_key;
    use crate::secrets::{
        KeyError, KeyInfo, KeySource, MasterKey, MemoryStore, SecretStore, existing_key, open_key,
    };

    /// A store under another name, which can stop answering at one step.
    struct Place {
        name: &'static str,
        kept: MemoryStore,
        hangs_at: &'static str,
        fails_at: &'static str,
        forgets: AtomicBool,
    }

    impl Place {
        fn new(name: &'static str) -> Self {
            let (hangs_at, fails_at) = ("", "");
            Self { name, kept: MemoryStore::default(), hangs_at, fails_at, forgets: AtomicBool::new(false) }
        }

        async fn step(&self, step: &str) -> Result<(), KeyError> {
            if self.hangs_at == step {
                std::future::pending::<()>().await;
            }
            if self.fails_at == step { Err(KeyError::KeyringLocked) } else { Ok(()) }
        }
    }

    #[async_trait]
    impl SecretStore for Place {
        fn name(&self) -> &'static str {
            self.name
        }
        async fn read(&self) -> Result<Option<MasterKey>, KeyError> {
            self.step("read").await?;
            if self.forgets.load(Ordering::SeqCst) { Ok(None) } else { self.kept.read().await }
        }
        async fn write(&self, key: &MasterKey) -> Result<(), KeyError> {
            self.step("write").await?;
            self.kept.write(key).await
        }
        async fn remove(&self) -> Result<(), KeyError> {
            self.step("remove").await?;
            self.kept.remove().await
        }
    }

    async fn begun(dir: &Path) -> (MasterKey, Arc<Place>) {
        let old = Arc::new(Place::new("keyring"));
        let key = open_key(dir, &KeySource::Store(old.clone()), Timestamp::UNIX_EPOCH).await.unwrap();
        (key, old)
    }

    async fn opens(dir: &Path, store: &Arc<Place>) -> bool {
        let found = existing_key(dir, &KeySource::Store(store.clone()), Timestamp::UNIX_EPOCH).await;
        found.is_ok_and(|key| KeyInfo::load(dir).unwrap().unwrap().key_id == key.id())
    }

    fn named(dir: &Path) -> String {
        KeyInfo::load(dir).unwrap().unwrap().store
    }

    #[tokio::test]
    async fn the_same_key_is_in_the_new_place_and_no_longer_in_the_old_one() {
        let dir = tempfile::tempdir().unwrap();
        let (key, old) = begun(dir.path()).await;
        let new = Arc::new(Place::new("passphrase"));
        assert!(move_key(dir.path(), &*old, &*new).await.unwrap());
        assert_eq!(new.kept.read().await.unwrap().unwrap().as_bytes(), key.as_bytes());
        assert!(old.kept.read().await.unwrap().is_none());
        assert_eq!(named(dir.path()), "passphrase");
        // And back.
        assert!(move_key(dir.path(), &*new, &*old).await.unwrap());
        assert!(opens(dir.path(), &old).await && !opens(dir.path(), &new).await);
    }

    #[tokio::test]
    async fn ended_anywhere_in_the_middle_the_data_open_and_the_move_can_be_done_again() {
        for (at_new, at_old, old_opens, new_opens) in [
            ("write", "", true, false),
            // Written, not yet named: both open.
            ("read", "", true, true),
            // Named, not yet forgotten: both open.
            ("", "remove", true, true),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let (_, old) = begun(dir.path()).await;
            let old = Arc::new(Place {
                kept: MemoryStore::with(old.kept.read().await.unwrap().unwrap()),
                hangs_at: at_old,
                ..Place::new("keyring")
            });
            let new = Arc::new(Place { hangs_at: at_new, ..Place::new("passphrase") });
            let killed =
                tokio::time::timeout(Duration::from_millis(50), move_key(dir.path(), &*old, &*new)).await;
            assert!(killed.is_err(), "it did not hang at {at_new}{at_old}");
            let again = |place: &Arc<Place>, kept| Arc::new(Place { kept, ..Place::new(place.name) });
            let old = again(&old, copy(&old).await);
            let new = again(&new, copy(&new).await);
            assert_eq!(opens(dir.path(), &old).await, old_opens, "old, ended at {at_new}{at_old}");
            assert_eq!(opens(dir.path(), &new).await, new_opens, "new, ended at {at_new}{at_old}");
            let named = named(dir.path());
            assert!(opens(dir.path(), if named == "keyring" { &old } else { &new }).await, "{named}");
            assert!(move_key(dir.path(), &*old, &*new).await.unwrap());
            assert!(opens(dir.path(), &new).await && !opens(dir.path(), &old).await);
        }
    }

    async fn copy(place: &Place) -> MemoryStore {
        place.kept.read().await.unwrap().map_or_else(MemoryStore::default, MemoryStore::with)
    }

    #[tokio::test]
    async fn a_new_place_that_does_not_keep_it_or_refuses_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let (_, old) = begun(dir.path()).await;
        for new in [
            Place { fails_at: "write", ..Place::new("passphrase") },
            Place { fails_at: "read", ..Place::new("passphrase") },
            Place { forgets: AtomicBool::new(true), ..Place::new("passphrase") },
        ] {
            assert!(move_key(dir.path(), &*old, &new).await.is_err());
            assert_eq!(named(dir.path()), "keyring");
            assert!(opens(dir.path(), &old).await);
        }
    }

    #[tokio::test]
    async fn an_old_place_that_cannot_be_emptied_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let (key, _) = begun(dir.path()).await;
        let old = Place { kept: MemoryStore::with(key), fails_at: "remove", ..Place::new("keyring") };
        let new = Arc::new(Place::new("passphrase"));
        assert!(!move_key(dir.path(), &old, &*new).await.unwrap());
        assert!(opens(dir.path(), &new).await);
    }

    #[tokio::test]
    async fn another_key_is_not_moved() {
        let dir = tempfile::tempdir().unwrap();
        begun(dir.path()).await;
        let other = Place { kept: MemoryStore::with(MasterKey::generate()), ..Place::new("keyring") };
        let new = Place::new("passphrase");
        let refused = move_key(dir.path(), &other, &new).await.err().unwrap();
        assert_eq!(refused.code(), "wrong_key");
        assert!(new.kept.read().await.unwrap().is_none());
    }
}
