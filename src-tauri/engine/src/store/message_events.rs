//! What was reported about messages, each thing once; and how far each account was read.

use jiff::Timestamp;
use rusqlite::OptionalExtension as _;
use serde_json::Value;

use super::{
    Connection, StoreError, Tx,
    convert::{
        collect, column_enum, column_instant, column_instant_opt, column_json, column_json_opt, first,
        millis, to_json,
    },
    messages,
};
use crate::{
    domain::{About, AccountId, Channel, Fate, Message, MessageEventKind, MessageId, Problem, ReportedEvent},
    events::Change,
};

/// One line of the life of a message after it was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageEvent {
    pub at: Timestamp,
    pub kind: MessageEventKind,
    pub robot: bool,
    pub detail: Option<String>,
}

/// The message that an event is about: by its id, by the provider's, or the newest one to an address.
pub fn subject(
    connection: &Connection,
    account: &AccountId,
    about: &About,
    at: Timestamp,
) -> Result<Option<Message>, StoreError> {
    let id: Option<String> = match about {
        About::Message(id) => return messages::find(connection, id),
        About::RemoteId(remote_id) => connection
            .prepare_cached("SELECT id FROM messages WHERE account_id = ?1 AND remote_id = ?2 LIMIT 1")?
            .query_row((account.as_str(), remote_id), |row| row.get(0))
            .optional()?,
        About::Address(address) => connection
            .prepare_cached(
                "SELECT id FROM messages WHERE account_id = ?1 AND address = ?2 AND sent_at <= ?3
                 ORDER BY sent_at DESC LIMIT 1",
            )?
            .query_row((account.as_str(), address, millis(at)), |row| row.get(0))
            .optional()?,
    };
    match id {
        Some(id) => messages::find(connection, &MessageId::from(id)),
        None => Ok(None),
    }
}

/// Keeps an event about a message. Returns `false` when it was noted before.
pub fn note(tx: &Tx<'_>, message: &MessageId, event: &ReportedEvent) -> Result<bool, StoreError> {
    let written = tx
        .prepare_cached(
            "INSERT INTO message_events (message_id, at, kind, robot, detail, source_key)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (source_key) DO NOTHING",
        )?
        .execute(rusqlite::params![
            message.as_str(),
            millis(event.at),
            event.kind.as_str(),
            event.robot,
            event.detail.as_deref().map(|text| text.chars().take(500).collect::<String>()),
            event.key,
        ])?;
    if written == 0 {
        return Ok(false);
    }
    let fate = fate_of(event.kind);
    let known = messages::find(tx, message)?.and_then(|message| message.fate);
    if known.is_none_or(|known| known < fate) {
        tx.prepare_cached("UPDATE messages SET fate = ?2, updated_at = ?3 WHERE id = ?1")?.execute((
            message.as_str(),
            fate.as_str(),
            millis(event.at),
        ))?;
    }
    tx.changed(Change::Message(message.to_string()));
    Ok(true)
}

/// What an event says about the end of a message. A click or an answer proves that it arrived.
fn fate_of(kind: MessageEventKind) -> Fate {
    use MessageEventKind as K;
    match kind {
        K::Deferred => Fate::Deferred,
        K::Delivered | K::Reply | K::Click | K::Open | K::Stop | K::Unsubscribe => Fate::Delivered,
        K::HardBounce | K::SoftBounce => Fate::Bounced,
        K::Complaint => Fate::Complained,
    }
}

pub fn of_message(connection: &Connection, id: &MessageId) -> Result<Vec<MessageEvent>, StoreError> {
    collect(
        connection,
        "SELECT at, kind, robot, detail FROM message_events WHERE message_id = ?1 ORDER BY at, id",
        [id.as_str()],
        |row| {
            Ok(MessageEvent {
                at: column_instant(row, "at")?,
                kind: column_enum(row, "kind")?,
                robot: row.get("robot")?,
                detail: row.get("detail")?,
            })
        },
    )
}

/// On how many different days mail to an address bounced softly since the last sign that it works.
pub fn soft_bounce_days(connection: &Connection, channel: Channel, address: &str) -> Result<u32, StoreError> {
    Ok(connection
        .prepare_cached(
            "WITH mine AS (
                 SELECT e.at AS at, e.kind AS kind FROM message_events e JOIN messages m ON m.id = e.message_id
                 WHERE m.channel = ?1 AND m.address = ?2)
             SELECT count(DISTINCT at / 86400000) FROM mine WHERE kind = 'soft_bounce'
                 AND at > coalesce((SELECT max(at) FROM mine WHERE kind IN ('delivered', 'click', 'reply')), 0)",
        )?
        .query_row((channel.as_str(), address), |row| row.get(0))?)
}

/// How far the reports of an account were read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    pub read_at: Option<Timestamp>,
    pub not_before: Option<Timestamp>,
    pub failures: u32,
    pub problem: Option<Problem>,
    pub marks: Value,
}

pub fn reading(connection: &Connection, account: &AccountId) -> Result<Reading, StoreError> {
    Ok(first(
        connection,
        "SELECT read_at, not_before, failures, problem, marks FROM message_readings WHERE account_id = ?1",
        [account.as_str()],
        |row| {
            Ok(Reading {
                read_at: column_instant_opt(row, "read_at")?,
                not_before: column_instant_opt(row, "not_before")?,
                failures: row.get("failures")?,
                problem: column_json_opt(row, "problem")?,
                marks: column_json(row, "marks")?,
            })
        },
    )?
    .unwrap_or_default())
}

pub fn set_reading(tx: &Tx<'_>, account: &AccountId, reading: &Reading) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO message_readings (account_id, read_at, not_before, failures, problem, marks)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (account_id) DO UPDATE SET read_at = excluded.read_at, not_before = excluded.not_before,
             failures = excluded.failures, problem = excluded.problem, marks = excluded.marks",
    )?
    .execute(rusqlite::params![
        account.as_str(),
        reading.read_at.map(millis),
        reading.not_before.map(millis),
        reading.failures,
        reading.problem.as_ref().map(to_json).transpose()?,
        to_json(&reading.marks)?,
    ])?;
    Ok(())
}
