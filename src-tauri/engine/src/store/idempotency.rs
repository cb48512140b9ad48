//! Answers remembered by idempotency key. The row is written in the same transaction as the work.

use jiff::{SignedDuration, Timestamp};

use super::{
    Connection, StoreError, Tx,
    convert::{first, millis},
};

/// How long an answer is remembered.
pub const KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);

/// A remembered answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    pub request_hash: String,
    pub status: u16,
    pub response: String,
}

pub fn find(connection: &Connection, caller: &str, key: &str) -> Result<Option<Remembered>, StoreError> {
    first(
        connection,
        "SELECT request_hash, status, response FROM idempotency_keys WHERE caller = ?1 AND key = ?2",
        (caller, key),
        |row| {
            Ok(Remembered {
                request_hash: row.get("request_hash")?,
                status: row.get("status")?,
                response: row.get("response")?,
            })
        },
    )
}

/// Remembers an answer. Errors: [`StoreError::Moved`] when the key exists already.
pub fn add(
    tx: &Tx<'_>,
    caller: &str,
    key: &str,
    answer: &Remembered,
    now: Timestamp,
) -> Result<(), StoreError> {
    let added = tx.execute(
        "INSERT OR IGNORE INTO idempotency_keys (caller, key, request_hash, status, response, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (caller, key, &answer.request_hash, answer.status, &answer.response, millis(now)),
    )?;
    super::convert::exactly_one(added)
}

pub fn purge(tx: &Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
    tx.execute("DELETE FROM idempotency_keys WHERE created_at < ?1", [millis(now - KEPT)])?;
    Ok(())
}
