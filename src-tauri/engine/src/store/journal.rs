//! Who did what when. Append only; the sentences are chosen from `kind` and `details`.

use jiff::Timestamp;
use rusqlite::Row;
use serde_json::Value;

use super::{
    Connection, StoreError, Tx,
    convert::{collect, column_instant, column_json, millis, to_json},
};

/// One entry. `id` is 0 until stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub id: i64,
    pub at: Timestamp,
    /// `window`, `dashboard`, `api:<token label>`, `cli`, `engine`.
    pub actor: String,
    /// For example `post.planned`, `delivery.published`, `account.connected`, `api.refused`.
    pub kind: String,
    /// What it is about, in words: a title, a label. Never a secret or personal data.
    pub subject: String,
    pub details: Value,
    pub post_id: Option<String>,
    pub delivery_id: Option<String>,
    pub account_id: Option<String>,
}

impl Entry {
    pub fn new(at: Timestamp, actor: impl Into<String>, kind: &str, subject: impl Into<String>) -> Self {
        Self {
            id: 0,
            at,
            actor: actor.into(),
            kind: kind.into(),
            subject: subject.into(),
            details: Value::Object(serde_json::Map::new()),
            post_id: None,
            delivery_id: None,
            account_id: None,
        }
    }
}

/// Which entries to list; newest first.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    pub kind_prefix: Option<String>,
    pub text: Option<String>,
    /// Only entries older than this id.
    pub before_id: Option<i64>,
    pub limit: u32,
}

pub fn add(tx: &Tx<'_>, entry: &Entry) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO journal (at, actor, kind, subject, details, post_id, delivery_id, account_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute((
        millis(entry.at),
        &entry.actor,
        &entry.kind,
        &entry.subject,
        to_json(&entry.details)?,
        &entry.post_id,
        &entry.delivery_id,
        &entry.account_id,
    ))?;
    Ok(())
}

pub fn list(connection: &Connection, filter: &Filter) -> Result<Vec<Entry>, StoreError> {
    collect(
        connection,
        "SELECT id, at, actor, kind, subject, details, post_id, delivery_id, account_id FROM journal
         WHERE (?1 IS NULL OR at >= ?1) AND (?2 IS NULL OR at < ?2)
           AND (?3 IS NULL OR substr(kind, 1, length(?3)) = ?3)
           AND (?4 IS NULL OR instr(lower(subject), lower(?4)) > 0)
           AND (?5 IS NULL OR id < ?5)
         ORDER BY id DESC LIMIT ?6",
        (
            filter.from.map(millis),
            filter.to.map(millis),
            &filter.kind_prefix,
            &filter.text,
            filter.before_id,
            filter.limit,
        ),
        read,
    )
}

fn read(row: &Row<'_>) -> Result<Entry, StoreError> {
    Ok(Entry {
        id: row.get("id")?,
        at: column_instant(row, "at")?,
        actor: row.get("actor")?,
        kind: row.get("kind")?,
        subject: row.get("subject")?,
        details: column_json(row, "details")?,
        post_id: row.get("post_id")?,
        delivery_id: row.get("delivery_id")?,
        account_id: row.get("account_id")?,
    })
}
