//! The encrypted store: the only place with SQL.
//!
//! One writer thread owns the write connection and groups everything that waits into one durable
//! commit ([`writer`]); a few readers are `query_only` ([`readers`]). One file per aggregate holds
//! plain functions on a connection or a transaction, so that an operation that touches several
//! aggregates stays one transaction of its caller.

pub mod accounts;
pub mod alerts;
pub mod attempts;
pub mod audience;
pub mod backup;
pub mod consents;
pub mod contact_imports;
pub mod contact_twins;
pub mod contacts;
pub mod conversations;
pub mod deliveries;
pub mod figures;
pub mod hosted_media;
pub mod idempotency;
pub mod instances;
pub mod journal;
pub mod lanes;
pub mod mailings;
pub mod media;
pub mod message_events;
pub mod message_gates;
pub mod messages;
pub mod posts;
pub mod restore;
pub mod rights;
pub mod segments;
pub mod sessions;
pub mod state;
pub mod suppressions;
pub mod templates;
pub mod tokens;

mod convert;
mod lock;
mod moves;
mod open;
mod readers;
mod writer;

use std::path::{Path, PathBuf};

pub use lock::DataDirLock;
pub use open::{DATABASE_FILE, SCHEMA_VERSION};
pub use rusqlite::Connection;
pub use writer::{Health, Tx};

use crate::{domain::PostId, events::EventBus};

/// What can go wrong with the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("The key does not open the database")]
    WrongKey,
    #[error("The database is damaged: {0}")]
    Damaged(String),
    #[error("The database was written by a newer version (schema {found}, this program knows {known})")]
    Newer { found: i64, known: i64 },
    #[error("Another instance uses this data folder")]
    AlreadyRunning,
    #[error("The disk is full")]
    DiskFull,
    #[error("The data folder cannot be written: {0}")]
    ReadOnly(String),
    #[error("The path of the data folder is too long: {0} bytes")]
    PathTooLong(usize),
    #[error("The store has stopped")]
    Stopped,
    #[error("Not found")]
    NotFound,
    /// The row was not in the expected state any more: somebody else moved it.
    #[error("Moved by somebody else")]
    Moved,
    /// The same content waits on that account already, or nobody knows yet whether it is there.
    #[error("Already planned by the post {0}")]
    AlreadyPlanned(PostId),
    /// A rule of the house or of the law forbids it: problem code.
    #[error("Not allowed: {0}")]
    NotAllowed(&'static str),
    #[error("A stored value cannot be read: {0}")]
    Corrupt(String),
    /// The commit failed for a reason that may pass (input/output, locks): it can be tried again.
    #[error("The store could not commit: {0}")]
    Failed(String),
    #[error("Migration failed: {0}")]
    Migration(String),
    #[error(transparent)]
    Sqlite(rusqlite::Error),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl StoreError {
    /// Stable code of the problem catalogue.
    pub fn code(&self) -> &'static str {
        match self {
            Self::WrongKey => "wrong_key",
            Self::Damaged(_) | Self::Corrupt(_) => "database_damaged",
            Self::Newer { .. } => "database_newer",
            Self::AlreadyRunning => "already_running",
            Self::DiskFull => "disk_full",
            Self::Io(error) if error.kind() == std::io::ErrorKind::StorageFull => "disk_full",
            Self::ReadOnly(_) => "folder_read_only",
            Self::PathTooLong(_) => "folder_path_too_long",
            Self::Stopped => "store_stopped",
            Self::NotFound => "not_found",
            Self::Moved => "moved_meanwhile",
            Self::AlreadyPlanned(_) => "already_planned",
            Self::NotAllowed(code) => code,
            Self::Migration(_) => "migration_failed",
            Self::Failed(_) | Self::Sqlite(_) | Self::Io(_) => "store_failed",
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as C;
        match &error {
            rusqlite::Error::QueryReturnedNoRows => Self::NotFound,
            rusqlite::Error::SqliteFailure(code, message) => match code.code {
                C::DiskFull => Self::DiskFull,
                C::ReadOnly | C::CannotOpen | C::PermissionDenied => {
                    Self::ReadOnly(message.clone().unwrap_or_default())
                }
                C::DatabaseCorrupt => Self::Damaged(message.clone().unwrap_or_default()),
                C::NotADatabase => Self::WrongKey,
                // A twin that is alive again keeps this row where it is.
                C::ConstraintViolation => Self::Moved,
                _ => Self::Sqlite(error),
            },
            _ => Self::Sqlite(error),
        }
    }
}

/// The 32-byte raw key of the database, as SQLCipher wants it.
#[derive(Clone, zeroize::Zeroize, zeroize::ZeroizeOnDrop)]
pub struct DatabaseKey([u8; 32]);

impl DatabaseKey {
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The open store. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    writer: writer::Writer,
    readers: readers::Readers,
    path: PathBuf,
    key: DatabaseKey,
}

impl Store {
    /// Opens (or creates) the database in `data_dir`, migrates it and starts its threads.
    ///
    /// The caller holds the [`DataDirLock`] and has made sure that the key is the right one to create
    /// a new database with. `keep_before_migration`: how many copies from before a migration stay.
    pub fn open(
        data_dir: &Path,
        key: &DatabaseKey,
        events: EventBus,
        keep_before_migration: usize,
    ) -> Result<Self, StoreError> {
        let path = data_dir.join(DATABASE_FILE);
        let connection = open::open_and_migrate(&path, key, keep_before_migration)?;
        let readers = readers::Readers::open(&path, key, readers::COUNT)?;
        let writer = writer::Writer::start(connection, events);
        Ok(Self { writer, readers, path, key: key.clone() })
    }

    /// Runs `work` in the next group commit and returns its result after the commit.
    ///
    /// An `Err` of `work` undoes only its own changes.
    pub async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.writer.run(work).await
    }

    /// Runs a short read on one of the reading connections.
    pub async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.readers.run(work).await
    }

    /// Whether the store takes work.
    pub fn health(&self) -> Health {
        self.writer.health()
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a verified copy; see [`backup`].
    pub async fn back_up(&self, to: PathBuf) -> Result<(), StoreError> {
        let (path, key) = (self.path.clone(), self.key.clone());
        tokio::task::spawn_blocking(move || backup::copy_verified(&path, &key, &to))
            .await
            .map_err(|_| StoreError::Stopped)?
    }

    /// Checks the whole database beside the work. Errors: [`StoreError::Damaged`].
    pub async fn check_fully(&self) -> Result<(), StoreError> {
        let (path, key) = (self.path.clone(), self.key.clone());
        tokio::task::spawn_blocking(move || {
            backup::check_fully(&open::connect(&path, &key, rusqlite::OpenFlags::default())?)
        })
        .await
        .map_err(|_| StoreError::Stopped)?
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
