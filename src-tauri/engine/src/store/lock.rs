//! One process per data folder, held by the operating system so that a kill releases it.
//!
//! Two locks, because a command that only looks must never make a start believe that another instance
//! runs. The lock of the *run* is tried once and only by runs: taken means another instance. The lock
//! of the *work* belongs to whoever has the database open, a run for its whole life or a command for a
//! moment; a run waits for the command, and a command never touches the lock of the run.

use std::{fs::File, path::Path, time::Duration};

use super::StoreError;

const RUN_FILE: &str = "moulin.lock";
const WORK_FILE: &str = "moulin.work-lock";
/// How often, and how many times, a start looks whether a command still has the database open: a minute.
const LOOK_EVERY: Duration = Duration::from_millis(20);
const LOOKS: u32 = 3000;

/// Exclusive right to a data folder; released when dropped or when the process ends.
#[derive(Debug)]
pub struct DataDirLock {
    _work: File,
    /// `None`: held by a command.
    _run: Option<File>,
}

impl DataDirLock {
    /// Takes the folder for a run of the program, creating it when it does not exist. Waits for a
    /// command that is at work in it.
    ///
    /// Errors: [`StoreError::AlreadyRunning`] when another run has it.
    pub fn take(data_dir: &Path) -> Result<Self, StoreError> {
        let run = open(data_dir, RUN_FILE)?;
        try_lock(&run)?;
        let work = open(data_dir, WORK_FILE)?;
        let mut looks = 0;
        loop {
            match try_lock(&work) {
                Err(StoreError::AlreadyRunning) if looks < LOOKS => {
                    looks += 1;
                    std::thread::sleep(LOOK_EVERY);
                }
                other => return other.map(|()| Self { _work: work, _run: Some(run) }),
            }
        }
    }

    /// Takes the folder for one command.
    ///
    /// Errors: [`StoreError::AlreadyRunning`] while a run or another command has it.
    pub fn take_for_command(data_dir: &Path) -> Result<Self, StoreError> {
        let work = open(data_dir, WORK_FILE)?;
        try_lock(&work)?;
        Ok(Self { _work: work, _run: None })
    }
}

fn open(data_dir: &Path, name: &str) -> Result<File, StoreError> {
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
    File::options().create(true).truncate(false).write(true).open(data_dir.join(name)).map_err(read_only)
}

fn try_lock(file: &File) -> Result<(), StoreError> {
    file.try_lock().map_err(|error| match error {
        std::fs::TryLockError::WouldBlock => StoreError::AlreadyRunning,
        std::fs::TryLockError::Error(error) => StoreError::Io(error),
    })
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
        assert!(matches!(DataDirLock::take_for_command(dir.path()), Err(StoreError::AlreadyRunning)));
        drop(first);
        DataDirLock::take(dir.path()).unwrap();
    }

    #[test]
    fn a_start_waits_for_a_command_and_is_not_told_that_something_runs() {
        let dir = tempfile::tempdir().unwrap();
        let command = DataDirLock::take_for_command(dir.path()).unwrap();
        let path = dir.path().to_owned();
        let start = std::thread::spawn(move || DataDirLock::take(&path));
        std::thread::sleep(Duration::from_millis(200));
        assert!(!start.is_finished(), "it did not wait");
        drop(command);
        start.join().unwrap().unwrap();
    }
}
