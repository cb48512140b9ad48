//! What people may ask for under the GDPR: the register with its deadline, everything that is known about a
//! person as one document, erasure, objection, and what has been quiet for too long.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension as _, Row, types::ValueRef};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::{
    Connection, StoreError, Tx, alerts, consents,
    convert::{
        collect, column_enum, column_instant, column_instant_opt, exactly_one, first, instant, millis,
        to_json,
    },
    journal::{self, Entry},
    suppressions,
};
use crate::{
    domain::{
        AccountId, Channel, ConsentPurpose, ConsentState, ContactId, NewConsent, Problem, SuppressionReason,
        consent::Basis,
    },
    events::Change,
};

/// A request is answered within a month (GDPR, article 12(3)).
pub const DEADLINE: SignedDuration = SignedDuration::from_hours(24 * 30);
/// The owner is told this long before.
const TOLD_BEFORE: SignedDuration = SignedDuration::from_hours(24 * 5);
/// Kind of the alert, and code of its sentences.
pub const DUE_SOON: &str = "rights_due_soon";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RightsKind {
    Access,
    Rectification,
    Erasure,
    Objection,
    Portability,
}

impl RightsKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Rectification => "rectification",
            Self::Erasure => "erasure",
            Self::Objection => "objection",
            Self::Portability => "portability",
        }
    }
}

/// One line of the register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RightsRequest {
    pub id: String,
    /// Stays when the person is erased, and then names nobody.
    #[schema(value_type = Option<String>)]
    pub contact_id: Option<ContactId>,
    pub kind: RightsKind,
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub done_at: Option<Timestamp>,
    pub note: String,
    pub actor: String,
}

const COLUMNS: &str = "id, contact_id, kind, received_at, due_at, done_at, note, actor";

fn read(row: &Row<'_>) -> Result<RightsRequest, StoreError> {
    Ok(RightsRequest {
        id: row.get("id")?,
        contact_id: row.get::<_, Option<String>>("contact_id")?.map(ContactId::from),
        kind: column_enum(row, "kind")?,
        received_at: column_instant(row, "received_at")?,
        due_at: column_instant(row, "due_at")?,
        done_at: column_instant_opt(row, "done_at")?,
        note: row.get("note")?,
        actor: row.get("actor")?,
    })
}

/// Writes a request down; its deadline runs from the day on which it was received.
pub fn add(
    tx: &Tx<'_>,
    contact: Option<&ContactId>,
    kind: RightsKind,
    received_at: Timestamp,
    note: &str,
    actor: &str,
    now: Timestamp,
) -> Result<RightsRequest, StoreError> {
    if let Some(contact) = contact
        && !tx.prepare_cached("SELECT 1 FROM contacts WHERE id = ?1")?.exists([contact.as_str()])?
    {
        return Err(StoreError::NotFound);
    }
    let received_at = received_at.min(now);
    let request = RightsRequest {
        id: uuid::Uuid::now_v7().to_string(),
        contact_id: contact.cloned(),
        kind,
        received_at,
        due_at: received_at + DEADLINE,
        done_at: None,
        note: note.trim().chars().take(2000).collect(),
        actor: actor.to_owned(),
    };
    tx.execute(
        "INSERT INTO rights_requests (id, contact_id, kind, received_at, due_at, note, actor)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        rusqlite::params![
            request.id,
            contact.map(ContactId::as_str),
            kind.as_str(),
            millis(request.received_at),
            millis(request.due_at),
            request.note,
            request.actor,
        ],
    )?;
    journal::add(tx, &Entry::new(now, actor, "rights.received", kind.as_str()))?;
    announce_due(tx, now)?;
    Ok(request)
}

pub fn find(connection: &Connection, id: &str) -> Result<Option<RightsRequest>, StoreError> {
    first(connection, &format!("SELECT {COLUMNS} FROM rights_requests WHERE id = ?1"), [id], read)
}

/// Open ones first, the nearest deadline before the others.
pub fn list(connection: &Connection, only_open: bool, limit: u32) -> Result<Vec<RightsRequest>, StoreError> {
    collect(
        connection,
        &format!(
            "SELECT {COLUMNS} FROM rights_requests WHERE (NOT ?1 OR done_at IS NULL)
             ORDER BY done_at IS NOT NULL, CASE WHEN done_at IS NULL THEN due_at END, done_at DESC, id LIMIT ?2"
        ),
        (only_open, limit),
        read,
    )
}

/// Closes a request. Errors: [`StoreError::NotFound`]; [`StoreError::NotAllowed`] when it is closed already.
pub fn close(tx: &Tx<'_>, id: &str, actor: &str, now: Timestamp) -> Result<RightsRequest, StoreError> {
    let request = find(tx, id)?.ok_or(StoreError::NotFound)?;
    if request.done_at.is_some() {
        return Err(StoreError::NotAllowed("rights_request_done"));
    }
    exactly_one(tx.execute("UPDATE rights_requests SET done_at = ?2 WHERE id = ?1", (id, millis(now)))?)?;
    journal::add(tx, &Entry::new(now, actor, "rights.done", request.kind.as_str()))?;
    announce_due(tx, now)?;
    Ok(RightsRequest { done_at: Some(now), ..request })
}

/// Closes the open requests of one kind of a person; without any, writes one down that is done: the register
/// shows what was done for whom, whatever way it was asked for.
fn settle(
    tx: &Tx<'_>,
    contact: &ContactId,
    kind: RightsKind,
    actor: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let open = collect(
        tx,
        &format!(
            "SELECT {COLUMNS} FROM rights_requests WHERE contact_id = ?1 AND kind = ?2 AND done_at IS NULL"
        ),
        (contact.as_str(), kind.as_str()),
        read,
    )?;
    let open = if open.is_empty() { vec![add(tx, Some(contact), kind, now, "", actor, now)?] } else { open };
    for request in open {
        close(tx, &request.id, actor, now)?;
    }
    Ok(())
}

/// Raises or closes the one alert about deadlines that come near.
pub fn announce_due(tx: &Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
    let near: u32 = tx.query_row(
        "SELECT count(*) FROM rights_requests WHERE done_at IS NULL AND due_at <= ?1",
        [millis(now + TOLD_BEFORE)],
        |row| row.get(0),
    )?;
    let is_open = !alerts::open_of_kind(tx, DUE_SOON)?.is_empty();
    if near == 0 {
        return if is_open { alerts::resolve_kind(tx, DUE_SOON, now) } else { Ok(()) };
    }
    if is_open {
        return Ok(());
    }
    let alert =
        alerts::Raise { kind: DUE_SOON, problem: Some(Problem::new(DUE_SOON)), ..alerts::Raise::default() };
    alerts::raise(tx, &alert, now)
}

/// The person wants no marketing on any channel: each is withdrawn, and the addresses are kept from it even
/// when the record is made anew.
pub fn object(tx: &Tx<'_>, contact: &ContactId, actor: &str, now: Timestamp) -> Result<(), StoreError> {
    let addresses = addresses(tx, contact)?.ok_or(StoreError::NotFound)?;
    for purpose in ConsentPurpose::ALL {
        for channel in Channel::ALL {
            if purpose == ConsentPurpose::OpenTracking && channel == Channel::Sms {
                continue;
            }
            let withdrawal = NewConsent {
                purpose,
                state: ConsentState::Withdrawn,
                basis: Basis::Withdrawal,
                actor: actor.to_owned(),
                ..NewConsent::withdrawal(contact.clone(), channel, now, "objection")
            };
            consents::record(tx, &withdrawal, now)?;
        }
    }
    for (channel, address) in addresses {
        suppressions::add(tx, channel, &address, SuppressionReason::Objection, actor, now)?;
    }
    settle(tx, contact, RightsKind::Objection, actor, now)
}

/// E-mail address and number of a person; `None` without such a person.
fn addresses(
    connection: &Connection,
    contact: &ContactId,
) -> Result<Option<Vec<(Channel, String)>>, StoreError> {
    let found: Option<(Option<String>, Option<String>)> = connection
        .prepare_cached("SELECT email, phone FROM contacts WHERE id = ?1")?
        .query_row([contact.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(found.map(|(email, phone)| {
        let email = email.map(|address| (Channel::Email, address));
        email.into_iter().chain(phone.map(|number| (Channel::Sms, number))).collect()
    }))
}

/// Forgets a person: the record and all that hangs on it go, messages keep their count and lose their words and
/// their address, the addresses are kept from marketing as hashes, and the providers that knew them are noted
/// to be told. Returns how many of those there are.
pub fn erase(tx: &Tx<'_>, contact: &ContactId, actor: &str, now: Timestamp) -> Result<usize, StoreError> {
    let addresses = addresses(tx, contact)?.ok_or(StoreError::NotFound)?;
    for (channel, address) in &addresses {
        suppressions::add(tx, *channel, address, SuppressionReason::Erasure, actor, now)?;
    }
    settle(tx, contact, RightsKind::Erasure, actor, now)?;
    // Messages of this person, and those to a bare address that was theirs alone.
    let own = "(contact_id = ?1 OR (contact_id IS NULL AND address <> ''
                    AND address IN (SELECT email FROM contacts WHERE id = ?1
                                    UNION SELECT phone FROM contacts WHERE id = ?1)))";
    let told = tx.execute(
        &format!(
            "INSERT INTO erasures (account_id, channel, address, asked_at, next_at)
             SELECT DISTINCT account_id, channel, address, ?2, ?2 FROM messages
             WHERE {own} AND account_id IS NOT NULL AND address <> '' AND attempts > 0
             ON CONFLICT DO NOTHING"
        ),
        (contact.as_str(), millis(now)),
    )?;
    // What was reported holds words of the person and of their provider.
    tx.execute(
        &format!(
            "UPDATE message_events SET detail = NULL
             WHERE message_id IN (SELECT id FROM messages WHERE {own})"
        ),
        [contact.as_str()],
    )?;
    let ended = to_json(&Problem::new("contact_erased"))?;
    tx.execute(
        &format!(
            "UPDATE messages SET state = 'cancelled', next_at = NULL, owner = NULL, problem = ?2,
                 finished_at = ?3, updated_at = ?3
             WHERE {own} AND state IN ('queued', 'preparing', 'retry_at', 'needs_reauth', 'held')"
        ),
        (contact.as_str(), ended, millis(now)),
    )?;
    tx.execute(
        &format!(
            "UPDATE messages SET address = '', variables = '{{}}', contact_id = NULL,
                 problem = json_remove(problem, '$.platform_message') WHERE {own}"
        ),
        [contact.as_str()],
    )?;
    tx.execute("DELETE FROM contact_import_rows WHERE contact_id = ?1", [contact.as_str()])?;
    tx.execute("DELETE FROM contacts WHERE id = ?1", [contact.as_str()])?;
    tx.execute("DELETE FROM consents WHERE contact_id = ?1", [contact.as_str()])?;
    tx.changed(Change::Contact(contact.to_string()));
    journal::add(tx, &Entry::new(now, actor, "contact.erased", ""))?;
    Ok(told)
}

/// A provider that still has to forget an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    pub account_id: AccountId,
    pub channel: Channel,
    pub address: String,
    pub failures: u32,
}

/// What is to be told to providers now, oldest first.
pub fn erasures_due(connection: &Connection, now: Timestamp, limit: u32) -> Result<Vec<Erasure>, StoreError> {
    collect(
        connection,
        "SELECT account_id, channel, address, failures FROM erasures WHERE next_at <= ?1
         ORDER BY next_at, asked_at LIMIT ?2",
        (millis(now), limit),
        |row| {
            Ok(Erasure {
                account_id: AccountId::from(row.get::<_, String>("account_id")?),
                channel: column_enum(row, "channel")?,
                address: row.get("address")?,
                failures: row.get("failures")?,
            })
        },
    )
}

/// How many erasures providers have not confirmed yet.
pub fn erasures_open(connection: &Connection) -> Result<u32, StoreError> {
    Ok(connection.query_row("SELECT count(*) FROM erasures", [], |row| row.get(0))?)
}

/// The provider has forgotten it, or keeps nothing: the address goes from here as well.
pub fn erasure_done(tx: &Tx<'_>, erasure: &Erasure) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM erasures WHERE account_id = ?1 AND channel = ?2 AND address = ?3",
        (erasure.account_id.as_str(), erasure.channel.as_str(), &erasure.address),
    )?;
    Ok(())
}

/// It did not work; it is tried again at `next_at`.
pub fn erasure_failed(tx: &Tx<'_>, erasure: &Erasure, next_at: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE erasures SET failures = failures + 1, next_at = ?4
         WHERE account_id = ?1 AND channel = ?2 AND address = ?3",
        (erasure.account_id.as_str(), erasure.channel.as_str(), &erasure.address, millis(next_at)),
    )?;
    Ok(())
}

/// Somebody who has not been heard of for long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Quiet {
    #[schema(value_type = String)]
    pub contact_id: ContactId,
    pub first_name: String,
    pub last_name: String,
    /// Last visit, click, answer or word of theirs; the day of their record when there was none. An opened
    /// e-mail does not count.
    #[schema(value_type = String, format = DateTime)]
    pub last_contact_at: Timestamp,
}

/// People who gave no sign of their own since `before`, quietest first: proposed for erasure, never erased by
/// themselves.
pub fn quiet_since(connection: &Connection, before: Timestamp, limit: u32) -> Result<Vec<Quiet>, StoreError> {
    collect(
        connection,
        "SELECT id, first_name, last_name, last_contact_at FROM (
             SELECT c.id, c.first_name, c.last_name, max(
                 coalesce(c.last_visit_at, c.created_at),
                 c.created_at,
                 coalesce((SELECT max(at) FROM consents WHERE contact_id = c.id), 0),
                 coalesce((SELECT max(e.at) FROM messages m JOIN message_events e ON e.message_id = m.id
                           WHERE m.contact_id = c.id AND NOT e.robot
                               AND e.kind IN ('click', 'reply', 'unsubscribe', 'stop')), 0)) AS last_contact_at
             FROM contacts c WHERE coalesce(c.last_visit_at, 0) < ?1 AND c.created_at < ?1)
         WHERE last_contact_at < ?1 ORDER BY last_contact_at, id LIMIT ?2",
        (millis(before), limit),
        |row| {
            Ok(Quiet {
                contact_id: ContactId::from(row.get::<_, String>("id")?),
                first_name: row.get("first_name")?,
                last_name: row.get("last_name")?,
                last_contact_at: column_instant(row, "last_contact_at")?,
            })
        },
    )
}

/// Everything that the house knows about a person, in one document: what article 15 shows and article 20 hands
/// over. `None` without such a person.
pub fn personal_file(connection: &Connection, contact: &ContactId) -> Result<Option<Value>, StoreError> {
    let id = contact.as_str();
    let Some(mut person) = rows(connection, "SELECT * FROM contacts WHERE id = ?1", id)?.pop() else {
        return Ok(None);
    };
    if let Some(person) = person.as_object_mut() {
        // The same as the birthday, for segments.
        person.remove("birth_day");
    }
    let not_written_to = addresses(connection, contact)?
        .unwrap_or_default()
        .into_iter()
        .map(|(channel, address)| suppressions::of_address(connection, channel, &address))
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .flatten()
        .map(|row| json!({ "channel": row.channel, "reason": row.reason, "at": row.at }))
        .collect::<Vec<_>>();
    Ok(Some(json!({
        "contact": person,
        "tags": rows(connection, "SELECT tag FROM contact_tags WHERE contact_id = ?1 ORDER BY tag", id)?,
        "visits": rows(
            connection,
            "SELECT at, amount_cents, covers, source, external_id FROM visits WHERE contact_id = ?1 ORDER BY at",
            id,
        )?,
        "dishes": rows(
            connection,
            "SELECT dish, count FROM contact_dishes WHERE contact_id = ?1 ORDER BY count DESC, dish",
            id,
        )?,
        "consents": consents::timeline(connection, contact)?,
        "suppressions": not_written_to,
        "messages": rows(
            connection,
            "SELECT m.id, g.name AS mailing, g.purpose, m.channel, m.address, m.state, m.sent_at, m.fate, m.variables
             FROM messages m JOIN mailings g ON g.id = m.mailing_id WHERE m.contact_id = ?1
             ORDER BY m.created_at, m.id",
            id,
        )?,
        "message_events": rows(
            connection,
            "SELECT e.message_id, e.at, e.kind, e.robot, e.detail FROM message_events e
             JOIN messages m ON m.id = e.message_id WHERE m.contact_id = ?1 ORDER BY e.at, e.id",
            id,
        )?,
        "rights_requests": rows(
            connection,
            "SELECT kind, received_at, due_at, done_at, note FROM rights_requests WHERE contact_id = ?1
             ORDER BY received_at",
            id,
        )?,
    })))
}

/// Rows as JSON objects under the names of their columns; what ends in `_at` (or is called `at`) as a time.
fn rows(connection: &Connection, sql: &str, id: &str) -> Result<Vec<Value>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut found = statement.query([id])?;
    let mut objects = Vec::new();
    while let Some(row) = found.next()? {
        let mut object = Map::new();
        for (index, name) in names.iter().enumerate() {
            let value = match row.get_ref(index)? {
                ValueRef::Null | ValueRef::Blob(_) => Value::Null,
                ValueRef::Integer(at) if name == "at" || name.ends_with("_at") => {
                    Value::String(instant(at)?.to_string())
                }
                ValueRef::Integer(number) => number.into(),
                ValueRef::Real(number) => number.into(),
                ValueRef::Text(text) => {
                    let text = String::from_utf8_lossy(text).into_owned();
                    if name == "variables" {
                        serde_json::from_str(&text).unwrap_or(Value::String(text))
                    } else {
                        Value::String(text)
                    }
                }
            };
            object.insert(name.clone(), value);
        }
        objects.push(Value::Object(object));
    }
    Ok(objects)
}
