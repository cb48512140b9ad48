//! What a person has to know. Open alerts of one account and kind are one row, counted up, so that a
//! dead token with forty posts behind it is one message.

use jiff::{SignedDuration, Timestamp};
use rusqlite::Row;

use super::{
    Connection, StoreError, Tx,
    convert::{collect, column_instant, column_instant_opt, column_json_opt, first, millis, to_json},
};
use crate::{domain::Problem, events::Change};

/// One alert of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    pub id: i64,
    pub at: Timestamp,
    pub account_id: Option<String>,
    /// `delivery_needs_person`, `delivery_doubtful`, `account_needs_reauth`, `delivery_stuck`…
    pub kind: String,
    pub problem: Option<Problem>,
    pub post_id: Option<String>,
    pub delivery_id: Option<String>,
    pub count: u32,
    pub notified_at: Option<Timestamp>,
    pub seen_at: Option<Timestamp>,
    pub resolved_at: Option<Timestamp>,
}

/// A new alert.
#[derive(Clone, Debug, Default)]
pub struct Raise {
    pub account_id: Option<String>,
    pub kind: &'static str,
    pub problem: Option<Problem>,
    pub post_id: Option<String>,
    pub delivery_id: Option<String>,
}

/// Alerts of one account and kind are told to the desktop at most once in this time.
const NOTIFY_AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(1);

const COLUMNS: &str = "id, at, account_id, kind, problem, post_id, delivery_id, count, notified_at, seen_at, \
                       resolved_at";

fn read(row: &Row<'_>) -> Result<Alert, StoreError> {
    Ok(Alert {
        id: row.get("id")?,
        at: column_instant(row, "at")?,
        account_id: row.get("account_id")?,
        kind: row.get("kind")?,
        problem: column_json_opt(row, "problem")?,
        post_id: row.get("post_id")?,
        delivery_id: row.get("delivery_id")?,
        count: row.get("count")?,
        notified_at: column_instant_opt(row, "notified_at")?,
        seen_at: column_instant_opt(row, "seen_at")?,
        resolved_at: column_instant_opt(row, "resolved_at")?,
    })
}

pub fn raise(tx: &Tx<'_>, alert: &Raise, now: Timestamp) -> Result<(), StoreError> {
    let open = first(
        tx,
        &format!(
            "SELECT {COLUMNS} FROM alerts
             WHERE resolved_at IS NULL AND kind = ?1 AND account_id IS ?2 ORDER BY id DESC LIMIT 1"
        ),
        (alert.kind, &alert.account_id),
        read,
    )?;
    let problem = alert.problem.as_ref().map(to_json).transpose()?;
    let id = match open {
        // The same delivery again is no news.
        Some(open) if open.delivery_id.is_some() && open.delivery_id == alert.delivery_id => {
            tx.execute("UPDATE alerts SET problem = ?2 WHERE id = ?1", (open.id, problem))?;
            open.id
        }
        Some(open) => {
            let notify_again =
                open.notified_at.is_some_and(|at| now.duration_since(at) >= NOTIFY_AGAIN_AFTER);
            tx.execute(
                "UPDATE alerts SET count = count + 1, at = ?2, problem = ?3, post_id = ?4, delivery_id = ?5,
                     seen_at = NULL, notified_at = CASE WHEN ?6 THEN NULL ELSE notified_at END
                 WHERE id = ?1",
                (open.id, millis(now), problem, &alert.post_id, &alert.delivery_id, notify_again),
            )?;
            open.id
        }
        None => {
            tx.execute(
                "INSERT INTO alerts (at, account_id, kind, problem, post_id, delivery_id)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                (millis(now), &alert.account_id, alert.kind, problem, &alert.post_id, &alert.delivery_id),
            )?;
            tx.last_insert_rowid()
        }
    };
    tx.changed(Change::Alert(id.to_string()));
    Ok(())
}

/// Closes the alerts of a delivery, or of an account and kind, when the cause is gone.
pub fn resolve_delivery(tx: &Tx<'_>, delivery_id: &str, now: Timestamp) -> Result<(), StoreError> {
    let changed = tx.execute(
        "UPDATE alerts SET resolved_at = ?2 WHERE delivery_id = ?1 AND resolved_at IS NULL
             AND NOT EXISTS (
                 SELECT 1 FROM deliveries d WHERE d.account_id = alerts.account_id AND d.id <> ?1
                     AND d.state IN ('held', 'rejected') AND alerts.kind LIKE 'delivery_%' AND alerts.count > 1)",
        (delivery_id, millis(now)),
    )?;
    if changed > 0 {
        tx.changed(Change::Alert(String::new()));
    }
    Ok(())
}

pub fn resolve_account(tx: &Tx<'_>, account_id: &str, kind: &str, now: Timestamp) -> Result<(), StoreError> {
    let changed = tx.execute(
        "UPDATE alerts SET resolved_at = ?3 WHERE account_id = ?1 AND kind = ?2 AND resolved_at IS NULL",
        (account_id, kind, millis(now)),
    )?;
    if changed > 0 {
        tx.changed(Change::Alert(String::new()));
    }
    Ok(())
}

/// Closes the alerts of a kind that concerns no account.
pub fn resolve_kind(tx: &Tx<'_>, kind: &str, now: Timestamp) -> Result<(), StoreError> {
    let changed = tx.execute(
        "UPDATE alerts SET resolved_at = ?2 WHERE account_id IS NULL AND kind = ?1 AND resolved_at IS NULL",
        (kind, millis(now)),
    )?;
    if changed > 0 {
        tx.changed(Change::Alert(String::new()));
    }
    Ok(())
}

pub fn list(connection: &Connection, only_open: bool, limit: u32) -> Result<Vec<Alert>, StoreError> {
    collect(
        connection,
        &format!(
            "SELECT {COLUMNS} FROM alerts WHERE (NOT ?1 OR resolved_at IS NULL) ORDER BY at DESC LIMIT ?2"
        ),
        (only_open, limit),
        read,
    )
}

/// Open alerts of one kind.
pub fn open_of_kind(connection: &Connection, kind: &str) -> Result<Vec<Alert>, StoreError> {
    collect(
        connection,
        &format!("SELECT {COLUMNS} FROM alerts WHERE resolved_at IS NULL AND kind = ?1 ORDER BY id"),
        [kind],
        read,
    )
}

/// Alerts that the desktop has not been told yet.
pub fn to_notify(connection: &Connection) -> Result<Vec<Alert>, StoreError> {
    collect(
        connection,
        &format!(
            "SELECT {COLUMNS} FROM alerts WHERE notified_at IS NULL AND resolved_at IS NULL ORDER BY at"
        ),
        [],
        read,
    )
}

pub fn set_notified(tx: &Tx<'_>, id: i64, now: Timestamp) -> Result<(), StoreError> {
    tx.execute("UPDATE alerts SET notified_at = ?2 WHERE id = ?1", (id, millis(now)))?;
    Ok(())
}

pub fn set_seen(tx: &Tx<'_>, id: i64, now: Timestamp) -> Result<(), StoreError> {
    let changed =
        tx.execute("UPDATE alerts SET seen_at = coalesce(seen_at, ?2) WHERE id = ?1", (id, millis(now)))?;
    if changed == 0 {
        return Err(StoreError::NotFound);
    }
    tx.changed(Change::Alert(id.to_string()));
    Ok(())
}
