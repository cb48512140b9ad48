//! The reading connections: few, `query_only`, each used by one short read at a time.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::{Connection, OpenFlags};
use tokio::sync::Semaphore;

use super::{DatabaseKey, StoreError, open};

/// Number of reading connections.
pub(super) const COUNT: usize = 3;

#[derive(Clone)]
pub(super) struct Readers {
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn open(path: &Path, key: &DatabaseKey, count: usize) -> Result<Self, StoreError> {
        let connections = (0..count)
            .map(|_| {
                let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let connection = open::connect(path, key, flags)?;
                connection.pragma_update(None, "query_only", "ON")?;
                connection.pragma_update(None, "cache_size", -16_384)?;
                Ok(connection)
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        Ok(Self { idle: Arc::new(Mutex::new(connections)), permits: Arc::new(Semaphore::new(count)) })
    }

    pub(super) async fn run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let permit = self.permits.clone().acquire_owned().await.map_err(|_| StoreError::Stopped)?;
        let idle = self.idle.clone();
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let connection = pool(&idle).pop().ok_or(StoreError::Stopped)?;
            let guard = Returned { idle: &idle, connection: Some(connection) };
            guard.connection.as_ref().map_or(Err(StoreError::Stopped), work)
        })
        .await
        .map_err(|_| StoreError::Stopped)?
    }
}

fn pool(idle: &Mutex<Vec<Connection>>) -> std::sync::MutexGuard<'_, Vec<Connection>> {
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives the connection back also when the read panics.
struct Returned<'a> {
    idle: &'a Mutex<Vec<Connection>>,
    connection: Option<Connection>,
}

impl Drop for Returned<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            pool(self.idle).push(connection);
        }
    }
}
