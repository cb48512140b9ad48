//! Verified copies: `VACUUM INTO` a temporary name, open it, check it, then rename. The live file is
//! never copied.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::{DatabaseKey, StoreError, open};

/// Folder of the copies, beside the database.
pub const FOLDER: &str = "backups";
/// Copies kept of each kind.
const KEEP_DAILY: usize = 14;
const KEEP_BEFORE_MIGRATION: usize = 3;

pub(super) fn copy_verified(database: &Path, key: &DatabaseKey, to: &Path) -> Result<(), StoreError> {
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let temporary = to.with_extension("partial");
    match std::fs::remove_file(&temporary) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let source = open::connect(database, key, OpenFlags::default())?;
    // An encrypted connection writes the copy with the same key.
    source.execute("VACUUM INTO ?1", [temporary.to_string_lossy()])?;
    let copy = open::connect(&temporary, key, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    check(&copy)?;
    let rows = |connection: &Connection| -> Result<i64, StoreError> {
        Ok(connection.query_row("SELECT count(*) FROM deliveries", [], |row| row.get(0))?)
    };
    if rows(&copy)? > rows(&source)? {
        return Err(StoreError::Damaged("The copy does not match".into()));
    }
    drop(copy);
    std::fs::rename(&temporary, to)?;
    Ok(())
}

/// Both full checks: page authentication and structure.
pub(super) fn check(connection: &Connection) -> Result<(), StoreError> {
    let mut statement = connection.prepare("PRAGMA cipher_integrity_check")?;
    let faults: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    if let Some(fault) = faults.into_iter().next() {
        return Err(StoreError::Damaged(fault));
    }
    let quick: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if quick != "ok" {
        return Err(StoreError::Damaged(quick));
    }
    Ok(())
}

pub(super) fn before_migration(database: &Path, key: &DatabaseKey, version: i64) -> Result<(), StoreError> {
    let folder = folder_of(database);
    copy_verified(database, key, &folder.join(format!("before-schema-{}.db", version + 1)))?;
    prune(&folder, "before-schema-", KEEP_BEFORE_MIGRATION)
}

/// Removes all but the newest daily copies.
pub fn prune_daily(data_dir: &Path) -> Result<(), StoreError> {
    prune(&data_dir.join(FOLDER), "daily-", KEEP_DAILY)
}

fn folder_of(database: &Path) -> PathBuf {
    database.parent().map_or_else(|| PathBuf::from(FOLDER), |parent| parent.join(FOLDER))
}

fn prune(folder: &Path, prefix: &str, keep: usize) -> Result<(), StoreError> {
    let mut copies: Vec<PathBuf> = std::fs::read_dir(folder)?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            name.starts_with(prefix) && path.extension().is_some_and(|extension| extension == "db")
        })
        .collect();
    copies.sort();
    let surplus = copies.len().saturating_sub(keep);
    for old in &copies[..surplus] {
        std::fs::remove_file(old)?;
    }
    Ok(())
}
