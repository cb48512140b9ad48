//! Credentials of an account that does not exist yet: renewed ones stay in memory until it does.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use crate::connectors::{CredentialVault, Credentials, Failure};

pub(super) struct Pocket {
    credentials: Mutex<Credentials>,
    lock: Arc<tokio::sync::Mutex<()>>,
}

impl Pocket {
    pub(super) fn new(credentials: Credentials) -> Self {
        Self { credentials: Mutex::new(credentials), lock: Arc::default() }
    }

    pub(super) fn take(self) -> Credentials {
        self.credentials.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl CredentialVault for Pocket {
    async fn store(&self, credentials: &Credentials) -> Result<(), Failure> {
        *self.credentials.lock().unwrap_or_else(PoisonError::into_inner) = credentials.clone();
        Ok(())
    }

    async fn lock_and_reload(&self) -> Result<(tokio::sync::OwnedMutexGuard<()>, Credentials), Failure> {
        let guard = self.lock.clone().lock_owned().await;
        let credentials = self.credentials.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok((guard, credentials))
    }
}
