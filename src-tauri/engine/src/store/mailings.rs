//! Sendings: what is to be said to whom, and how far it is.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::Row;

use super::{
    Connection, StoreError, Tx,
    convert::{
        collect, column_enum, column_instant, column_instant_opt, column_json, column_json_opt, exactly_one,
        first, millis, to_json,
    },
};
use crate::{
    domain::{DeliveryState, Mailing, MailingId, MailingState, Problem},
    events::Change,
};

const COLUMNS: &str = "id, name, purpose, template_id, template_version, channels, data, audience, state, \
     due_at, not_after, problem, created_by, created_at, updated_at, finished_at";

fn read(row: &Row<'_>) -> Result<Mailing, StoreError> {
    Ok(Mailing {
        id: MailingId::from(row.get::<_, String>("id")?),
        name: row.get("name")?,
        purpose: column_enum(row, "purpose")?,
        template_id: row.get("template_id")?,
        template_version: row.get("template_version")?,
        channels: column_json(row, "channels")?,
        data: column_json(row, "data")?,
        audience: column_json(row, "audience")?,
        state: column_enum(row, "state")?,
        due_at: column_instant(row, "due_at")?,
        not_after: column_instant_opt(row, "not_after")?,
        problem: column_json_opt(row, "problem")?,
        created_by: row.get("created_by")?,
        created_at: column_instant(row, "created_at")?,
        updated_at: column_instant(row, "updated_at")?,
        finished_at: column_instant_opt(row, "finished_at")?,
    })
}

pub fn insert(tx: &Tx<'_>, mailing: &Mailing) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO mailings (id, name, purpose, template_id, template_version, channels, data, audience,
             state, due_at, not_after, created_by, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?13)",
    )?
    .execute(rusqlite::params![
        mailing.id.as_str(),
        mailing.name,
        mailing.purpose.as_str(),
        mailing.template_id,
        mailing.template_version,
        to_json(&mailing.channels)?,
        to_json(&mailing.data)?,
        to_json(&mailing.audience)?,
        mailing.state.as_str(),
        millis(mailing.due_at),
        mailing.not_after.map(millis),
        mailing.created_by,
        millis(mailing.created_at),
    ])?;
    tx.changed(Change::Mailing(mailing.id.to_string()));
    Ok(())
}

pub fn find(connection: &Connection, id: &MailingId) -> Result<Option<Mailing>, StoreError> {
    first(connection, &format!("SELECT {COLUMNS} FROM mailings WHERE id = ?1"), [id.as_str()], read)
}

/// Which sendings to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub state: Option<MailingState>,
    /// Those after this one in the order of the list.
    pub after: Option<(Timestamp, String)>,
    pub limit: u32,
}

/// Latest first.
pub fn list(connection: &Connection, filter: &Filter) -> Result<Vec<Mailing>, StoreError> {
    let (at, id) = match &filter.after {
        Some((at, id)) => (Some(millis(*at)), Some(id.as_str())),
        None => (None, None),
    };
    collect(
        connection,
        &format!(
            "SELECT {COLUMNS} FROM mailings
             WHERE (?1 IS NULL OR state = ?1) AND (?2 IS NULL OR (due_at, id) < (?2, ?3))
             ORDER BY due_at DESC, id DESC LIMIT ?4"
        ),
        rusqlite::params![filter.state.map(MailingState::as_str), at, id, filter.limit],
        read,
    )
}

/// Those whose time has come.
pub fn due(connection: &Connection, now: Timestamp) -> Result<Vec<Mailing>, StoreError> {
    collect(
        connection,
        &format!(
            "SELECT {COLUMNS} FROM mailings WHERE state = 'scheduled' AND due_at <= ?1 ORDER BY due_at, id"
        ),
        [millis(now)],
        read,
    )
}

/// When the next one starts.
pub fn next_due(connection: &Connection) -> Result<Option<Timestamp>, StoreError> {
    first(
        connection,
        "SELECT due_at FROM mailings WHERE state = 'scheduled' ORDER BY due_at LIMIT 1",
        [],
        |row| column_instant(row, "due_at"),
    )
}

/// Moves a sending from one of `from` to `to`. Errors: [`StoreError::Moved`].
pub fn set_state(
    tx: &Tx<'_>,
    id: &MailingId,
    from: &[MailingState],
    to: MailingState,
    problem: Option<&Problem>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let finished = matches!(to, MailingState::Done | MailingState::Stopped);
    let from: Vec<&str> = from.iter().map(|state| state.as_str()).collect();
    let changed = tx
        .prepare_cached(
            "UPDATE mailings SET state = ?2, problem = ?3, updated_at = ?4, finished_at = ?5
             WHERE id = ?1 AND state IN (SELECT value FROM json_each(?6))",
        )?
        .execute(rusqlite::params![
            id.as_str(),
            to.as_str(),
            problem.map(to_json).transpose()?,
            millis(now),
            finished.then(|| millis(now)),
            to_json(&from)?,
        ])?;
    exactly_one(changed)?;
    tx.changed(Change::Mailing(id.to_string()));
    Ok(())
}

/// Closes the sendings none of whose messages can move any more. Returns them.
pub fn finish(tx: &Tx<'_>, now: Timestamp) -> Result<Vec<MailingId>, StoreError> {
    let done = collect(
        tx,
        "SELECT id FROM mailings WHERE state = 'sending' AND NOT EXISTS (
             SELECT 1 FROM messages WHERE messages.mailing_id = mailings.id
                 AND messages.state NOT IN ('published', 'duplicate', 'rejected', 'cancelled', 'expired'))",
        [],
        |row| Ok(MailingId::from(row.get::<_, String>("id")?)),
    )?;
    for id in &done {
        set_state(tx, id, &[MailingState::Sending], MailingState::Done, None, now)?;
    }
    Ok(done)
}

/// How many messages of a sending are in each state, and why those are that are not on their way: by state
/// and problem code.
pub fn tally(
    connection: &Connection,
    id: &MailingId,
) -> Result<BTreeMap<(DeliveryState, String), u32>, StoreError> {
    let rows = collect(
        connection,
        "SELECT state, coalesce(json_extract(problem, '$.code'), '') AS code, count(*) AS number
         FROM messages WHERE mailing_id = ?1 GROUP BY state, code",
        [id.as_str()],
        |row| Ok(((column_enum(row, "state")?, row.get("code")?), row.get("number")?)),
    )?;
    Ok(rows.into_iter().collect())
}

/// How many messages of a sending met each fate, and how many were clicked, opened by a person, answered.
pub fn measures(connection: &Connection, id: &MailingId) -> Result<BTreeMap<String, u32>, StoreError> {
    let mut found: BTreeMap<String, u32> = collect(
        connection,
        "SELECT fate, count(*) AS number FROM messages WHERE mailing_id = ?1 AND fate IS NOT NULL GROUP BY fate",
        [id.as_str()],
        |row| Ok((row.get("fate")?, row.get("number")?)),
    )?
    .into_iter()
    .collect();
    found.extend(collect(
        connection,
        "SELECT e.kind AS kind, count(DISTINCT e.message_id) AS number
         FROM messages m JOIN message_events e ON e.message_id = m.id
         WHERE m.mailing_id = ?1 AND NOT e.robot AND e.kind IN ('click', 'open', 'reply', 'unsubscribe', 'stop')
         GROUP BY e.kind",
        [id.as_str()],
        |row| Ok((row.get("kind")?, row.get("number")?)),
    )?);
    Ok(found)
}
