//! Keeps the key for as long as the process lives; for tests.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use super::{KeyError, MasterKey, SecretStore};

/// A store that forgets at exit.
#[derive(Default)]
pub struct MemoryStore(Mutex<Option<MasterKey>>);

impl MemoryStore {
    pub fn with(key: MasterKey) -> Self {
        Self(Mutex::new(Some(key)))
    }
}

#[async_trait]
impl SecretStore for MemoryStore {
    fn name(&self) -> &'static str {
        "memory"
    }

    async fn read(&self) -> Result<Option<MasterKey>, KeyError> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    async fn write(&self, key: &MasterKey) -> Result<(), KeyError> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(key.clone());
        Ok(())
    }

    async fn remove(&self) -> Result<(), KeyError> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(())
    }
}
