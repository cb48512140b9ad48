//! One process per data folder, held by the operating system so that a kill releases it.

use std::{fs::File, path::Path};

use super::StoreError;

const LOCK_FILE: &str = "moulin.lock";

/// Exclusive right to a data folder; released when dropped or when the process ends.
#[derive(Debug)]
pub struct DataDirLock {
    _file: File,
}

impl DataDirLock {
    /// Takes the lock, creating the folder when it does not exist.
    pub fn take(data_dir: &Path) -> Result<Self, StoreError> {
        let read_only = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::StorageFull => StoreError::DiskFull,
            std::io::ErrorKind::PermissionDenied
            | std::io::ErrorKind::ReadOnlyFilesystem
            // A file stands where the folder should be.
            | std::io::ErrorKind::AlreadyExists
            | std::io::ErrorKind::NotADirectory => StoreError::ReadOnly(error.kind().to_string()),
            _ => StoreError::Io(error),
        };
        create_private_dir(data_dir).map_err(read_only)?;
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(data_dir.join(LOCK_FILE))
            .map_err(read_only)?;
        file.try_lock().map_err(|error| match error {
            std::fs::TryLockError::WouldBlock => StoreError::AlreadyRunning,
            std::fs::TryLockError::Error(error) => StoreError::Io(error),
        })?;
        Ok(Self { _file: file })
    }
}

#[cfg(unix)]
fn create_private_dir(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

#[cfg(not(unix))]
fn create_private_dir(path: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holder_is_refused_until_the_first_lets_go() {
        let dir = tempfile::tempdir().unwrap();
        let first = DataDirLock::take(dir.path()).unwrap();
        assert!(matches!(DataDirLock::take(dir.path()), Err(StoreError::AlreadyRunning)));
        drop(first);
        DataDirLock::take(dir.path()).unwrap();
    }
}
