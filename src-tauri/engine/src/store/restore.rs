//! What happens to a database that is damaged or that a person wants to replace: looked at before it is
//! used, moved aside (never deleted), and replaced by a copy.
//!
//! A copy is older than the world: what it calls waiting may have been sent since. So its rows are
//! marked inside the copy, before it takes the place of the database, and no crash in between can bring
//! up a copy that would send blindly.

use std::{
    fs,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags};

use super::{
    DATABASE_FILE, DatabaseKey, StoreError, backup,
    convert::{instant, millis},
    open,
};

/// Folder of what was moved aside.
pub const QUARANTINE: &str = "quarantine";
/// A database up to this size is checked at every start; a larger one after a bad end and weekly.
const CHECKED_AT_EACH_START: u64 = 16 * 1024 * 1024;
/// `state` key: the next start checks in full.
pub const CHECK_NEXT: &str = "check_at_next_start";

/// What became of a restore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The copy knows nothing of what happened after this instant.
    pub as_of: Timestamp,
    /// Deliveries that may have left since, and are looked up before anything else.
    pub doubtful: usize,
    /// Where the former database is now.
    pub quarantined: Option<PathBuf>,
}

/// Looks whether the database can be trusted, before anything works with it.
///
/// `has_a_past`: the folder once held data, so an empty file is no first start.
/// In full after a run that did not end well, and always while it is small.
/// Errors: [`StoreError::Damaged`]; [`StoreError::WrongKey`] also when the first page is damaged.
pub fn examine(data_dir: &Path, key: &DatabaseKey, has_a_past: bool) -> Result<(), StoreError> {
    let path = data_dir.join(DATABASE_FILE);
    let bytes = match fs::metadata(&path) {
        Ok(facts) => facts.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    if bytes == 0 && has_a_past {
        return Err(StoreError::Damaged("The file is empty".into()));
    }
    let connection = open::connect(&path, key, OpenFlags::default())?;
    let tables: i64 = connection.query_row(
        "SELECT count(*) FROM sqlite_schema WHERE name IN ('instances', 'state')",
        [],
        |row| row.get(0),
    )?;
    if tables < 2 {
        // A first start that was cut off: the migration begins again.
        return Ok(());
    }
    if bytes <= CHECKED_AT_EACH_START || ended_badly(&connection)? {
        backup::check(&connection)?;
        connection.execute("DELETE FROM state WHERE key = ?1", [CHECK_NEXT])?;
    }
    Ok(())
}

fn ended_badly(connection: &Connection) -> Result<bool, StoreError> {
    Ok(connection.query_row(
        "SELECT coalesce((SELECT ended_at IS NULL FROM instances ORDER BY started_at DESC LIMIT 1), 0)
             OR EXISTS (SELECT 1 FROM state WHERE key = ?1)",
        [CHECK_NEXT],
        |row| row.get(0),
    )?)
}

/// Says whether copies or quarantined data lie here.
pub fn has_leftovers(data_dir: &Path) -> bool {
    let is_filled =
        |name: &str| fs::read_dir(data_dir.join(name)).is_ok_and(|mut entries| entries.next().is_some());
    is_filled(QUARANTINE) || backup::list(data_dir).is_ok_and(|copies| !copies.is_empty())
}

/// Moves the database and its journal aside. `None` when there is nothing to move.
pub fn quarantine(data_dir: &Path, now: Timestamp) -> Result<Option<PathBuf>, StoreError> {
    let files: Vec<PathBuf> = ["", "-wal", "-shm"]
        .into_iter()
        .map(|end| data_dir.join(format!("{DATABASE_FILE}{end}")))
        .filter(|path| path.exists())
        .collect();
    if files.is_empty() {
        return Ok(None);
    }
    let day = now.strftime("%Y-%m-%dT%H%M%SZ").to_string();
    let names = std::iter::once(day.clone()).chain((2..).map(|n| format!("{day}-{n}")));
    let mut aside = data_dir.join(QUARANTINE);
    fs::create_dir_all(&aside)?;
    for name in names {
        match fs::create_dir(data_dir.join(QUARANTINE).join(&name)) {
            Ok(()) => {
                aside.push(name);
                break;
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.into()),
        }
    }
    for file in files {
        if let Some(name) = file.file_name() {
            fs::rename(&file, aside.join(name))?;
        }
    }
    #[cfg(unix)]
    for folder in [aside.as_path(), data_dir] {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(Some(aside))
}

/// Puts a copy in the place of the database, which is moved aside.
///
/// Everything of the copy that may have left since it was made is marked as doubtful: the queue looks
/// it up, or asks a person, and never sends it blindly. The copy itself stays where it is.
pub fn restore(
    data_dir: &Path,
    key: &DatabaseKey,
    copy: &Path,
    now: Timestamp,
) -> Result<Restored, StoreError> {
    let temporary = data_dir.join(format!("{DATABASE_FILE}.restoring"));
    for end in ["", "-wal", "-shm", "-journal"] {
        match fs::remove_file(data_dir.join(format!("{DATABASE_FILE}.restoring{end}"))) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    fs::copy(copy, &temporary)?;
    let marked = prepare(&temporary, key, now);
    let (as_of, doubtful) = match marked {
        Ok(marked) => marked,
        Err(error) => {
            // The copy is where it was; this was only a duplicate.
            let _ = fs::remove_file(&temporary);
            return Err(error);
        }
    };
    let quarantined = quarantine(data_dir, now)?;
    backup::keep(&temporary, &data_dir.join(DATABASE_FILE))?;
    Ok(Restored { as_of, doubtful, quarantined })
}

fn prepare(path: &Path, key: &DatabaseKey, now: Timestamp) -> Result<(Timestamp, usize), StoreError> {
    let mut connection = open::connect(path, key, OpenFlags::default())?;
    open::check_version(&connection)?;
    backup::check_fully(&connection)?;
    open::migrate(&mut connection)?;
    connection.pragma_update(None, "journal_mode", "DELETE")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let transaction = connection.transaction()?;
    let as_of = as_of(&transaction)?;
    let doubtful = mark(&transaction, as_of, now)? + hold_messages(&transaction, now)?;
    note(&transaction, as_of, doubtful, now)?;
    transaction.commit()?;
    Ok((as_of, doubtful))
}

/// The latest instant that the copy certainly knows about. What a running program writes each minute
/// says it to the minute; earlier is on the safe side.
fn as_of(connection: &Connection) -> Result<Timestamp, StoreError> {
    let written: Option<String> =
        connection
            .query_row("SELECT (SELECT value FROM state WHERE key = 'self_test')", [], |row| row.get(0))?;
    let tested = written.and_then(|text| serde_json::from_str::<Timestamp>(&text).ok());
    let moved: Option<i64> =
        connection.query_row("SELECT max(updated_at) FROM deliveries", [], |row| row.get(0))?;
    let moved = moved.map(instant).transpose()?;
    Ok([tested, moved].into_iter().flatten().max().unwrap_or(Timestamp::UNIX_EPOCH))
}

/// Marks what may have left after `as_of`: it was due, or was to be handed over ahead of its time, or
/// the queue was to look at it. `attempts = 0` with a first call says that our notes may be older than
/// the call that was made.
fn mark(connection: &Connection, as_of: Timestamp, now: Timestamp) -> Result<usize, StoreError> {
    const MAY_HAVE_LEFT: &str = "(due_at <= :now OR hand_over OR next_at <= :now)";
    let values = rusqlite::named_params! { ":now": millis(now), ":as_of": millis(as_of) };
    let looked_up = connection.execute(
        &format!(
            "UPDATE deliveries SET state = 'unknown', doubtful = 1, owner = NULL, next_at = :now, attempts = 0,
                 lookups = 0, first_sent_at = coalesce(first_sent_at, :as_of), sent_at = :now, updated_at = :now
             WHERE state IN ('queued', 'retry_at', 'preparing', 'armed', 'sending', 'unknown', 'reconciling')
               AND (state NOT IN ('queued', 'retry_at') OR {MAY_HAVE_LEFT})"
        ),
        values,
    )?;
    // A person may have decided since (also to try a refused one again), or reconnected the account: when
    // they do now, look first. A held row that had a twin becomes a second doubt about the same thing,
    // which one key cannot carry.
    let waiting = connection.execute(
        &format!(
            "UPDATE deliveries SET doubtful = 1, attempts = 0, lookups = 0,
                 dedup_key = CASE WHEN state = 'held' AND EXISTS (
                     SELECT 1 FROM deliveries twin
                     WHERE twin.dedup_key = deliveries.dedup_key AND twin.id <> deliveries.id)
                     THEN dedup_key || ' ' || id ELSE dedup_key END,
                 first_sent_at = coalesce(first_sent_at, :as_of), sent_at = :now, updated_at = :now
             WHERE state IN ('held', 'needs_reauth', 'rejected') AND remote_id IS NULL AND {MAY_HAVE_LEFT}"
        ),
        values,
    )?;
    Ok(looked_up + waiting)
}

/// Messages of a copy: nobody knows which have left since it was made, nor who has withdrawn. What was due
/// is a doubt that a person sees and nobody sends; what was not yet due waits with its sending until a
/// person resumes it. A sending that was to choose its people meanwhile may have done so: it is over.
fn hold_messages(connection: &Connection, now: Timestamp) -> Result<usize, StoreError> {
    let problem = |code: &str| serde_json::json!({ "code": code }).to_string();
    let held = connection.execute(
        "UPDATE messages SET state = 'held', doubtful = 1, owner = NULL, next_at = NULL, problem = ?2,
             updated_at = ?1
         WHERE state NOT IN ('published', 'duplicate', 'rejected', 'cancelled', 'expired')
             AND (due_at <= ?1 OR state NOT IN ('queued', 'retry_at'))",
        (millis(now), problem("message_outcome_unknown")),
    )?;
    connection.execute("UPDATE messages SET next_at = NULL WHERE state IN ('queued', 'retry_at')", [])?;
    connection.execute(
        "UPDATE mailings SET problem = ?2, updated_at = ?1, finished_at = ?1, state = 'stopped'
         WHERE state = 'scheduled' AND due_at <= ?1 AND json_extract(audience, '$.kind') <> 'recipients'",
        (millis(now), problem("data_restored")),
    )?;
    connection.execute(
        "UPDATE mailings SET state = 'paused', problem = ?2, updated_at = ?1
         WHERE state IN ('scheduled', 'sending')",
        (millis(now), problem("data_restored")),
    )?;
    Ok(held)
}

/// Tells the person, and writes it where what happened is kept.
fn note(
    connection: &Connection,
    as_of: Timestamp,
    doubtful: usize,
    now: Timestamp,
) -> Result<(), StoreError> {
    let details = serde_json::json!({ "as_of": as_of, "doubtful": doubtful }).to_string();
    connection.execute(
        "INSERT INTO journal (at, actor, kind, subject, details) VALUES (?1, 'cli', 'data.restored', ?2, ?3)",
        (millis(now), as_of.to_string(), details),
    )?;
    connection.execute(
        "INSERT INTO alerts (at, kind, problem) VALUES (?1, 'data_restored', ?2)",
        (millis(now), serde_json::json!({ "code": "data_restored" }).to_string()),
    )?;
    connection.execute("DELETE FROM state WHERE key = ?1", [CHECK_NEXT])?;
    Ok(())
}
