//! Opening the encrypted file: key, settings, version checks, migrations.
//!
//! Settings and their reasons are the table of COMMUNICATION.md ("Store").

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::{DatabaseKey, StoreError, backup};

/// Name of the database inside the data folder.
pub const DATABASE_FILE: &str = "moulin.db";

/// `LVM1` in ASCII: the file is ours.
const APPLICATION_ID: i64 = 0x4C56_4D31;

/// Newest schema this program knows: the number of the last migration.
pub const SCHEMA_VERSION: i64 = 6;

/// SQLite 3.7.0 to 3.51.2 can corrupt a database when a WAL is reset.
const MIN_SQLITE: i32 = 3_051_003;

/// SQLite opens nothing whose path, with the ending of its journals, is longer than 512 bytes; it would
/// only say that it cannot.
const MAX_PATH: usize = 500;

mod migrations {
    refinery::embed_migrations!("src/store/migrations");
}

pub(super) fn open_and_migrate(
    path: &Path,
    key: &DatabaseKey,
    keep_before_migration: usize,
) -> Result<Connection, StoreError> {
    if rusqlite::version_number() < MIN_SQLITE {
        return Err(StoreError::Migration(format!("SQLite {} is too old", rusqlite::version())));
    }
    let length = path.as_os_str().len();
    if cfg!(unix) && length > MAX_PATH {
        return Err(StoreError::PathTooLong(length));
    }
    let existed = path.exists();
    let mut connection = connect(path, key, OpenFlags::default())?;
    if existed {
        check_version(&connection)?;
    }
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "fullfsync", 1)?;
    connection.pragma_update(None, "checkpoint_fullfsync", 1)?;
    connection.pragma_update(None, "secure_delete", "ON")?;
    connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    let version = user_version(&connection)?;
    if version < SCHEMA_VERSION {
        if existed && version > 0 {
            backup::before_migration(path, key, version, keep_before_migration)?;
        }
        migrate(&mut connection)?;
    }
    restrict_to_owner(path)?;
    Ok(connection)
}

/// Brings a database to the schema of this program; free when it is there.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    migrations::migrations::runner()
        .set_grouped(true)
        .run(connection)
        .map_err(|error| StoreError::Migration(error.to_string()))?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    Ok(())
}

/// Opens a connection with the key as its first statement and the settings of every connection.
pub(super) fn connect(path: &Path, key: &DatabaseKey, flags: OpenFlags) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, flags)?;
    // SQLCipher writes to stderr on a wrong key; the caller reports it.
    connection.pragma_update(None, "cipher_log_level", "NONE")?;
    set_key(&connection, key)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    // The first read proves the key.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.pragma_update(None, "trusted_schema", "OFF")?;
    connection.pragma_update(None, "cell_size_check", "ON")?;
    connection.pragma_update(None, "mmap_size", 0)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

fn set_key(connection: &Connection, key: &DatabaseKey) -> Result<(), StoreError> {
    use std::fmt::Write as _;
    let mut literal = zeroize::Zeroizing::new(String::with_capacity(72));
    literal.push_str("x'");
    for byte in key.bytes() {
        // Writing to a String cannot fail.
        let _ = write!(literal, "{byte:02x}");
    }
    literal.push('\'');
    connection.pragma_update(None, "key", literal.as_str())?;
    Ok(())
}

fn user_version(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

pub(super) fn check_version(connection: &Connection) -> Result<(), StoreError> {
    let found = user_version(connection)?;
    if found > SCHEMA_VERSION {
        return Err(StoreError::Newer { found, known: SCHEMA_VERSION });
    }
    Ok(())
}

#[cfg(unix)]
pub(super) fn restrict_to_owner(path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn restrict_to_owner(_path: &Path) -> Result<(), StoreError> {
    Ok(())
}
