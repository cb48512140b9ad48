//! Runs of the program.

use jiff::Timestamp;

use super::{Connection, StoreError, Tx, convert::millis};
use crate::domain::InstanceId;

pub fn start(tx: &Tx<'_>, id: &InstanceId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute("INSERT INTO instances (id, started_at) VALUES (?1, ?2)", (id.as_str(), millis(now)))?;
    tx.execute(
        "DELETE FROM instances WHERE id NOT IN (SELECT id FROM instances ORDER BY started_at DESC LIMIT 50)",
        [],
    )?;
    Ok(())
}

pub fn end(tx: &Tx<'_>, id: &InstanceId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute("UPDATE instances SET ended_at = ?2 WHERE id = ?1", (id.as_str(), millis(now)))?;
    Ok(())
}

/// Says whether the run before this one ended without saying so.
pub fn previous_was_killed(connection: &Connection, current: &InstanceId) -> Result<bool, StoreError> {
    Ok(connection
        .query_row(
            "SELECT ended_at IS NULL FROM instances WHERE id <> ?1 ORDER BY started_at DESC LIMIT 1",
            [current.as_str()],
            |row| row.get(0),
        )
        .or_else(
            |error| if error == rusqlite::Error::QueryReturnedNoRows { Ok(false) } else { Err(error) },
        )?)
}
