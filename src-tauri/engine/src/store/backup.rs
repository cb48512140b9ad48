//! Verified copies: `VACUUM INTO` a temporary name, open it, check it in full, then rename. The live
//! file is never copied, and a copy under its final name has been opened with the key.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, OpenFlags};

use super::{DatabaseKey, StoreError, open};

/// Folder of the copies, beside the database.
pub const FOLDER: &str = "backups";

/// Why a copy was made; each kind is kept by its own number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyKind {
    Daily,
    Weekly,
    BeforeMigration,
}

impl CopyKind {
    const ALL: [Self; 3] = [Self::Daily, Self::Weekly, Self::BeforeMigration];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::BeforeMigration => "before-schema",
        }
    }

    fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| {
            name.strip_prefix(kind.as_str()).is_some_and(|rest| rest.starts_with('-'))
                && Path::new(name).extension().is_some_and(|extension| extension == "db")
        })
    }
}

/// One finished copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    pub path: PathBuf,
    pub kind: CopyKind,
    pub bytes: u64,
    /// When the file was last written.
    pub written_at: jiff::Timestamp,
}

impl Copy {
    /// File name.
    pub fn name(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }
}

/// Path of a copy of this kind; `label` sorts by time within the kind.
pub fn path_of(data_dir: &Path, kind: CopyKind, label: &str) -> PathBuf {
    data_dir.join(FOLDER).join(format!("{}-{label}.db", kind.as_str()))
}

/// The finished copies of a data folder, newest first.
pub fn list(data_dir: &Path) -> Result<Vec<Copy>, StoreError> {
    let entries = match fs::read_dir(data_dir.join(FOLDER)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut copies = Vec::new();
    for entry in entries {
        let entry = entry?;
        let Some(kind) = CopyKind::of(&entry.file_name().to_string_lossy()) else { continue };
        let facts = entry.metadata()?;
        let written_at = jiff::Timestamp::try_from(facts.modified()?).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        copies.push(Copy { path: entry.path(), kind, bytes: facts.len(), written_at });
    }
    copies.sort_by_key(|copy| (std::cmp::Reverse(copy.written_at), copy.path.clone()));
    Ok(copies)
}

pub(super) fn copy_verified(database: &Path, key: &DatabaseKey, to: &Path) -> Result<(), StoreError> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    let temporary = to.with_extension("partial");
    match fs::remove_file(&temporary) {
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
    keep(&temporary, to)
}

/// Makes a finished file durable under its final name.
pub(super) fn keep(temporary: &Path, to: &Path) -> Result<(), StoreError> {
    open::restrict_to_owner(temporary)?;
    fs::File::open(temporary)?.sync_all()?;
    fs::rename(temporary, to)?;
    #[cfg(unix)]
    if let Some(folder) = to.parent() {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Page authentication and structure, without the order of the indexes.
pub(super) fn check(connection: &Connection) -> Result<(), StoreError> {
    check_with(connection, "quick_check")
}

/// Everything that SQLite can check.
pub(super) fn check_fully(connection: &Connection) -> Result<(), StoreError> {
    check_with(connection, "integrity_check")
}

fn check_with(connection: &Connection, pragma: &str) -> Result<(), StoreError> {
    let mut statement = connection.prepare("PRAGMA cipher_integrity_check")?;
    let faults: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    if let Some(fault) = faults.into_iter().next() {
        return Err(StoreError::Damaged(fault));
    }
    let answer: String = connection.query_row(&format!("PRAGMA {pragma}(1)"), [], |row| row.get(0))?;
    if answer != "ok" {
        return Err(StoreError::Damaged(answer));
    }
    Ok(())
}

/// `version`: the schema that the database has now. `keep`: how many such copies stay.
pub(super) fn before_migration(
    database: &Path,
    key: &DatabaseKey,
    version: i64,
    keep: usize,
) -> Result<(), StoreError> {
    let data_dir = database.parent().unwrap_or(Path::new("."));
    // With leading zeros, so that names sort as numbers.
    let label = format!("{:04}", version + 1);
    copy_verified(database, key, &path_of(data_dir, CopyKind::BeforeMigration, &label))?;
    prune(data_dir, CopyKind::BeforeMigration, keep)
}

/// Removes all but the newest `keep` copies of a kind, by their names.
pub fn prune(data_dir: &Path, kind: CopyKind, keep: usize) -> Result<(), StoreError> {
    let mut copies: Vec<PathBuf> =
        list(data_dir)?.into_iter().filter(|copy| copy.kind == kind).map(|copy| copy.path).collect();
    copies.sort();
    let surplus = copies.len().saturating_sub(keep);
    for old in copies.iter().take(surplus) {
        fs::remove_file(old)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::FakeClock, events::EventBus, store::Store};

    const KEY: [u8; 32] = [7; 32];

    fn touch(data_dir: &Path, names: &[&str]) {
        fs::create_dir_all(data_dir.join(FOLDER)).unwrap();
        for name in names {
            fs::write(data_dir.join(FOLDER).join(name), "x").unwrap();
        }
    }

    fn names(data_dir: &Path) -> Vec<String> {
        let mut names: Vec<String> = list(data_dir).unwrap().iter().map(Copy::name).collect();
        names.sort();
        names
    }

    #[test]
    fn each_kind_is_pruned_by_its_own_number_and_nothing_else_is_touched() {
        let dir = tempfile::tempdir().unwrap();
        touch(dir.path(), &["daily-2026-11-25.db", "daily-2026-11-26.db", "daily-2026-11-27.db"]);
        touch(
            dir.path(),
            &["weekly-2026-W47.db", "weekly-2026-W48.db", "daily-2026-11-28.partial", "mine.db"],
        );
        prune(dir.path(), CopyKind::Daily, 2).unwrap();
        prune(dir.path(), CopyKind::Weekly, 0).unwrap();
        assert_eq!(names(dir.path()), ["daily-2026-11-26.db", "daily-2026-11-27.db"]);
        assert!(dir.path().join(FOLDER).join("mine.db").exists());
    }

    #[test]
    fn the_copy_before_a_migration_opens_and_only_the_newest_stay() {
        let dir = tempfile::tempdir().unwrap();
        let key = DatabaseKey::new(KEY);
        let events = EventBus::new(FakeClock::at(jiff::Timestamp::UNIX_EPOCH));
        drop(Store::open(dir.path(), &key, events, 3).unwrap());
        let database = dir.path().join(super::super::DATABASE_FILE);
        for version in [7, 8, 9, 10] {
            before_migration(&database, &key, version, 2).unwrap();
        }
        assert_eq!(names(dir.path()), ["before-schema-0010.db", "before-schema-0011.db"]);
        let copy = path_of(dir.path(), CopyKind::BeforeMigration, "0011");
        check_fully(&open::connect(&copy, &key, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()).unwrap();
    }

    #[test]
    fn a_copy_that_cannot_be_verified_does_not_count() {
        let dir = tempfile::tempdir().unwrap();
        let key = DatabaseKey::new(KEY);
        let events = EventBus::new(FakeClock::at(jiff::Timestamp::UNIX_EPOCH));
        drop(Store::open(dir.path(), &key, events, 3).unwrap());
        let database = dir.path().join(super::super::DATABASE_FILE);
        let mut bytes = fs::read(&database).unwrap();
        // All pages but the first, which has to open.
        for at in (4096..bytes.len()).step_by(4096) {
            bytes[at + 100] ^= 1;
        }
        fs::write(&database, bytes).unwrap();
        let to = path_of(dir.path(), CopyKind::Daily, "2026-11-27");
        assert!(copy_verified(&database, &key, &to).is_err());
        assert_eq!(names(dir.path()), Vec::<String>::new());
    }
}
