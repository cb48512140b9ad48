//! The ledger of consents: append-only, the newest line of a person, purpose and channel is in force.
//!
//! A withdrawal reaches what is queued in its own transaction; what the gates read later they read from here.
//! `contacts.email_consent` and `sms_consent` repeat the state for segments and lists, never for a decision.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::Row;

use super::{
    Connection, StoreError, Tx,
    convert::{collect, column_enum, column_instant, first, millis, to_json},
};
pub use crate::domain::consent::NewConsent;
use crate::{
    domain::{
        Channel, ContactId, Problem,
        consent::{Basis, ConsentEntry, ConsentPurpose, ConsentState},
    },
    events::Change,
};

/// Milliseconds: a sale of the same day counts, whichever of the two was written down first.
const A_DAY: i64 = 86_400_000;

const COLUMNS: &str =
    "id, contact_id, purpose, channel, state, basis, at, recorded_at, source, wording_version, proof, actor";

fn read(row: &Row<'_>) -> Result<ConsentEntry, StoreError> {
    Ok(ConsentEntry {
        id: row.get("id")?,
        contact_id: ContactId::from(row.get::<_, String>("contact_id")?),
        purpose: column_enum(row, "purpose")?,
        channel: column_enum(row, "channel")?,
        state: column_enum(row, "state")?,
        basis: column_enum(row, "basis")?,
        at: column_instant(row, "at")?,
        recorded_at: column_instant(row, "recorded_at")?,
        source: row.get("source")?,
        wording_version: row.get("wording_version")?,
        proof: row.get("proof")?,
        actor: row.get("actor")?,
    })
}

/// Writes a line. A withdrawal of marketing also ends what waits for that person on that channel.
///
/// Errors: [`StoreError::NotFound`] without such a person; [`StoreError::NotAllowed`] with the code of what a
/// grant lacks. A withdrawal is never refused for what it lacks.
pub fn record(tx: &Tx<'_>, new: &NewConsent, now: Timestamp) -> Result<(), StoreError> {
    if let Some(code) = new.lacks(now) {
        return Err(StoreError::NotAllowed(code));
    }
    if !exists(tx, &new.contact_id)? {
        return Err(StoreError::NotFound);
    }
    if new.state == ConsentState::Granted {
        may_be_granted(tx, new)?;
    }
    // A withdrawal from a clock that is ahead counts from now.
    let at = new.at.min(now);
    tx.prepare_cached(
        "INSERT INTO consents (contact_id, purpose, channel, state, basis, at, recorded_at, source,
             wording_version, proof, actor)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute(rusqlite::params![
        new.contact_id.as_str(),
        new.purpose.as_str(),
        new.channel.as_str(),
        new.state.as_str(),
        new.basis.as_str(),
        millis(at),
        millis(now),
        new.source,
        new.wording_version,
        new.proof,
        new.actor,
    ])?;
    if new.purpose == ConsentPurpose::Marketing {
        set_column(tx, &new.contact_id, new.channel, new.state, now)?;
        if new.state == ConsentState::Withdrawn {
            cancel_waiting(tx, &new.contact_id, new.channel, now)?;
        }
    }
    tx.changed(Change::Contact(new.contact_id.to_string()));
    Ok(())
}

fn exists(connection: &Connection, contact: &ContactId) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached("SELECT 1 FROM contacts WHERE id = ?1")?.exists([contact.as_str()])?)
}

/// What only the store can know about a grant.
fn may_be_granted(tx: &Tx<'_>, new: &NewConsent) -> Result<(), StoreError> {
    let overruled = in_force(tx, &new.contact_id, new.purpose, new.channel)?
        .is_some_and(|last| last.state == ConsentState::Withdrawn && last.at >= new.at);
    if overruled {
        return Err(StoreError::NotAllowed("consent_older_than_withdrawal"));
    }
    if new.basis == Basis::SoftOptIn && !has_bought(tx, &new.contact_id, new.at)? {
        return Err(StoreError::NotAllowed("soft_opt_in_without_sale"));
    }
    Ok(())
}

/// Whether the person has paid for something by then. A booking or an enquiry is no sale.
pub fn has_bought(connection: &Connection, contact: &ContactId, at: Timestamp) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT 1 FROM visits WHERE contact_id = ?1 AND amount_cents > 0 AND at <= ?2 LIMIT 1",
        )?
        .exists((contact.as_str(), millis(at).saturating_add(A_DAY)))?)
}

fn set_column(
    tx: &Tx<'_>,
    contact: &ContactId,
    channel: Channel,
    state: ConsentState,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = match channel {
        Channel::Email => "UPDATE contacts SET email_consent = ?2, updated_at = ?3 WHERE id = ?1",
        Channel::Sms => "UPDATE contacts SET sms_consent = ?2, updated_at = ?3 WHERE id = ?1",
    };
    tx.prepare_cached(sql)?.execute((contact.as_str(), state.as_str(), millis(now)))?;
    Ok(())
}

/// Ends the marketing messages to a person that have not begun to leave. What is `sending` cannot be taken
/// back; a doubt stays a doubt, and is never sent again without asking the gates.
fn cancel_waiting(
    tx: &Tx<'_>,
    contact: &ContactId,
    channel: Channel,
    now: Timestamp,
) -> Result<(), StoreError> {
    let ended = tx
        .prepare_cached(
            "UPDATE messages SET state = 'cancelled', next_at = NULL, owner = NULL, problem = ?3,
                 finished_at = ?4, updated_at = ?4
             WHERE contact_id = ?1 AND channel = ?2
                 AND (state IN ('queued', 'preparing', 'retry_at', 'needs_reauth')
                      OR (state = 'held' AND NOT doubtful))
                 AND mailing_id IN (SELECT id FROM mailings WHERE purpose = 'marketing')
             RETURNING id",
        )?
        .query_map(
            (contact.as_str(), channel.as_str(), to_json(&Problem::new("consent_withdrawn"))?, millis(now)),
            |row| row.get::<_, String>(0),
        )?
        .collect::<Result<Vec<_>, _>>()?;
    for id in ended {
        tx.changed(Change::Message(id));
    }
    Ok(())
}

/// The last word of a person.
pub fn in_force(
    connection: &Connection,
    contact: &ContactId,
    purpose: ConsentPurpose,
    channel: Channel,
) -> Result<Option<ConsentEntry>, StoreError> {
    first(
        connection,
        &format!(
            "SELECT {COLUMNS} FROM consents WHERE contact_id = ?1 AND purpose = ?2 AND channel = ?3
             ORDER BY id DESC LIMIT 1"
        ),
        (contact.as_str(), purpose.as_str(), channel.as_str()),
        read,
    )
}

/// Whether the person lets the house see that an e-mail was opened.
pub fn may_track_opens(connection: &Connection, contact: &ContactId) -> Result<bool, StoreError> {
    Ok(in_force(connection, contact, ConsentPurpose::OpenTracking, Channel::Email)?
        .is_some_and(|entry| entry.state == ConsentState::Granted))
}

/// Every line of a person, oldest first.
pub fn timeline(connection: &Connection, contact: &ContactId) -> Result<Vec<ConsentEntry>, StoreError> {
    collect(
        connection,
        &format!("SELECT {COLUMNS} FROM consents WHERE contact_id = ?1 ORDER BY id"),
        [contact.as_str()],
        read,
    )
}

/// The whole ledger after the line `after`, oldest first.
pub fn export(connection: &Connection, after: i64, limit: u32) -> Result<Vec<ConsentEntry>, StoreError> {
    collect(
        connection,
        &format!("SELECT {COLUMNS} FROM consents WHERE id > ?1 ORDER BY id LIMIT ?2"),
        (after, limit),
        read,
    )
}

/// Gives the lines of one person to another, for two records of the same person that become one. They are
/// written again in the order in which they were said, so that the newest word of both is in force; at the
/// same moment a withdrawal wins.
pub fn take_over(tx: &Tx<'_>, from: &ContactId, into: &ContactId, now: Timestamp) -> Result<(), StoreError> {
    let mut last: BTreeMap<(ConsentPurpose, Channel), Timestamp> = BTreeMap::new();
    for entry in timeline(tx, into)? {
        let latest = last.entry((entry.purpose, entry.channel)).or_insert(entry.at);
        *latest = entry.at.max(*latest);
    }
    for entry in timeline(tx, from)? {
        let known = last.get(&(entry.purpose, entry.channel));
        let is_withdrawal = entry.state == ConsentState::Withdrawn;
        // Said before the other's last word: it is part of the past, and the past of the other stays the law.
        if known.is_some_and(|known| entry.at < *known || (entry.at == *known && !is_withdrawal)) {
            continue;
        }
        tx.prepare_cached(
            "INSERT INTO consents (contact_id, purpose, channel, state, basis, at, recorded_at, source,
                 wording_version, proof, actor)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(rusqlite::params![
            into.as_str(),
            entry.purpose.as_str(),
            entry.channel.as_str(),
            entry.state.as_str(),
            entry.basis.as_str(),
            millis(entry.at),
            millis(entry.recorded_at),
            entry.source,
            entry.wording_version,
            entry.proof,
            entry.actor,
        ])?;
        if entry.purpose == ConsentPurpose::Marketing {
            set_column(tx, into, entry.channel, entry.state, now)?;
            if is_withdrawal {
                cancel_waiting(tx, into, entry.channel, now)?;
            }
        }
    }
    Ok(())
}
