//! What a lane remembers over a restart.

use jiff::Timestamp;

use super::{
    Connection, StoreError, Tx,
    convert::{collect, column_instant_opt, first, millis},
};
use crate::domain::AccountId;

/// Stored part of a lane.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LaneRow {
    /// Nothing new starts before.
    pub not_before: Option<Timestamp>,
    pub consecutive_failures: u32,
}

pub fn all(connection: &Connection) -> Result<Vec<(AccountId, LaneRow)>, StoreError> {
    collect(connection, "SELECT account_id, not_before, consecutive_failures FROM lanes", [], |row| {
        Ok((
            AccountId::from(row.get::<_, String>("account_id")?),
            LaneRow {
                not_before: column_instant_opt(row, "not_before")?,
                consecutive_failures: row.get("consecutive_failures")?,
            },
        ))
    })
}

/// What one lane remembers.
pub fn find(connection: &Connection, account: &AccountId) -> Result<LaneRow, StoreError> {
    Ok(first(
        connection,
        "SELECT not_before, consecutive_failures FROM lanes WHERE account_id = ?1",
        [account.as_str()],
        |row| {
            Ok(LaneRow {
                not_before: column_instant_opt(row, "not_before")?,
                consecutive_failures: row.get("consecutive_failures")?,
            })
        },
    )?
    .unwrap_or_default())
}

pub fn set(tx: &Tx<'_>, account: &AccountId, lane: &LaneRow, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO lanes (account_id, not_before, consecutive_failures, updated_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (account_id) DO UPDATE SET not_before = excluded.not_before,
             consecutive_failures = excluded.consecutive_failures, updated_at = excluded.updated_at",
        (account.as_str(), lane.not_before.map(millis), lane.consecutive_failures, millis(now)),
    )?;
    Ok(())
}
