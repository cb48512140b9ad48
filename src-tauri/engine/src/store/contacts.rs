//! The house's customers: the person, the visits, the dishes, the tags. Totals of visits are kept in the
//! transaction of the visit.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rusqlite::{Row, types::Value};
use uuid::Uuid;

use super::{
    Connection, StoreError, Tx, consents,
    convert::{collect, column_enum, column_instant, column_instant_opt, first, millis},
    segments, suppressions,
};
use crate::{
    domain::{
        Channel, ConsentStanding, Contact, ContactDetails, ContactId, Segment,
        consent::NewConsent,
        segment::{Facts, Moment},
        suppression::SuppressionReason,
    },
    events::Change,
};

pub(super) const COLUMNS: &str = "c.id, c.external_id, c.first_name, c.last_name, c.email, c.phone, c.language, \
     c.birthday, c.postal_code, c.city, c.distance_km, c.preferred_channel, c.note, c.visit_count, \
     c.spend_cents, c.first_visit_at, c.last_visit_at, c.email_consent, c.sms_consent, c.source, \
     c.created_at, c.updated_at";

pub(super) fn read(row: &Row<'_>) -> Result<Contact, StoreError> {
    let standing = |name: &str| match row.get_ref(name)?.as_str_or_null() {
        Ok(Some("granted")) => Ok(ConsentStanding::Granted),
        Ok(Some("withdrawn")) => Ok(ConsentStanding::Withdrawn),
        Ok(None) => Ok(ConsentStanding::Unknown),
        _ => Err(StoreError::Corrupt(format!("{name} is no state of consent"))),
    };
    let preferred_channel = match row.get_ref("preferred_channel")?.as_str_or_null() {
        Ok(None) => None,
        _ => Some(column_enum(row, "preferred_channel")?),
    };
    Ok(Contact {
        id: ContactId::from(row.get::<_, String>("id")?),
        details: ContactDetails {
            external_id: row.get("external_id")?,
            first_name: row.get("first_name")?,
            last_name: row.get("last_name")?,
            email: row.get("email")?,
            phone: row.get("phone")?,
            language: row.get("language")?,
            birthday: row.get("birthday")?,
            postal_code: row.get("postal_code")?,
            city: row.get("city")?,
            distance_km: row.get("distance_km")?,
            preferred_channel,
            note: row.get("note")?,
            visit_count: row.get("visit_count")?,
            spend_cents: row.get("spend_cents")?,
            first_visit_at: column_instant_opt(row, "first_visit_at")?,
            last_visit_at: column_instant_opt(row, "last_visit_at")?,
        },
        email_consent: standing("email_consent")?,
        sms_consent: standing("sms_consent")?,
        source: row.get("source")?,
        created_at: column_instant(row, "created_at")?,
        updated_at: column_instant(row, "updated_at")?,
    })
}

pub fn find(connection: &Connection, id: &ContactId) -> Result<Option<Contact>, StoreError> {
    first(connection, &format!("SELECT {COLUMNS} FROM contacts c WHERE c.id = ?1"), [id.as_str()], read)
}

/// Who has this address (normalised), the oldest first. A couple may share one.
pub fn by_address(
    connection: &Connection,
    channel: Channel,
    address: &str,
) -> Result<Vec<ContactId>, StoreError> {
    let column = column(channel);
    collect(
        connection,
        &format!("SELECT id FROM contacts WHERE {column} = ?1 ORDER BY id"),
        [address],
        |row| Ok(ContactId::from(row.get::<_, String>(0)?)),
    )
}

fn column(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "email",
        Channel::Sms => "phone",
    }
}

/// The person that another program calls by this id.
pub fn by_external(
    connection: &Connection,
    source: &str,
    external_id: &str,
) -> Result<Option<ContactId>, StoreError> {
    first(
        connection,
        "SELECT id FROM contacts WHERE source = ?1 AND external_id = ?2",
        (source, external_id),
        |row| Ok(ContactId::from(row.get::<_, String>(0)?)),
    )
}

/// Writes a new person. The ledger of consents is written apart.
///
/// Errors: [`StoreError::Moved`] when the same source has the same `external_id` already.
pub fn insert(tx: &Tx<'_>, contact: &Contact) -> Result<(), StoreError> {
    insert_quietly(tx, contact)?;
    tx.changed(Change::Contact(contact.id.to_string()));
    Ok(())
}

/// Without telling the watchers: an import tells once for all.
pub(super) fn insert_quietly(tx: &Tx<'_>, contact: &Contact) -> Result<(), StoreError> {
    let details = &contact.details;
    tx.prepare_cached(
        "INSERT INTO contacts (id, external_id, first_name, last_name, name_key, email, phone, language, birthday,
             birth_day, postal_code, city, distance_km, preferred_channel, note, visit_count, spend_cents,
             first_visit_at, last_visit_at, source, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21,
             ?22)",
    )?
    .execute(rusqlite::params![
        contact.id.as_str(),
        details.external_id,
        details.first_name,
        details.last_name,
        details.name_key(),
        details.email,
        details.phone,
        details.language,
        details.birthday,
        details.birth_day(),
        details.postal_code,
        details.city,
        details.distance_km,
        details.preferred_channel.map(Channel::as_str),
        details.note,
        details.visit_count,
        details.spend_cents,
        details.first_visit_at.map(millis),
        details.last_visit_at.map(millis),
        contact.source,
        millis(contact.created_at),
        millis(contact.updated_at),
    ])?;
    Ok(())
}

/// Rectifies what is known of a person. Errors: [`StoreError::NotFound`].
pub fn update(
    tx: &Tx<'_>,
    id: &ContactId,
    details: &ContactDetails,
    now: Timestamp,
) -> Result<(), StoreError> {
    update_quietly(tx, id, details, now)?;
    tx.changed(Change::Contact(id.to_string()));
    Ok(())
}

pub(super) fn update_quietly(
    tx: &Tx<'_>,
    id: &ContactId,
    details: &ContactDetails,
    now: Timestamp,
) -> Result<(), StoreError> {
    let changed = tx
        .prepare_cached(
            "UPDATE contacts SET external_id = ?2, first_name = ?3, last_name = ?4, name_key = ?5, email = ?6,
                 phone = ?7, language = ?8, birthday = ?9, birth_day = ?10, postal_code = ?11, city = ?12,
                 distance_km = ?13, preferred_channel = ?14, note = ?15, visit_count = ?16, spend_cents = ?17,
                 first_visit_at = ?18, last_visit_at = ?19, updated_at = ?20
             WHERE id = ?1",
        )?
        .execute(rusqlite::params![
            id.as_str(),
            details.external_id,
            details.first_name,
            details.last_name,
            details.name_key(),
            details.email,
            details.phone,
            details.language,
            details.birthday,
            details.birth_day(),
            details.postal_code,
            details.city,
            details.distance_km,
            details.preferred_channel.map(Channel::as_str),
            details.note,
            details.visit_count,
            details.spend_cents,
            details.first_visit_at.map(millis),
            details.last_visit_at.map(millis),
            millis(now),
        ])?;
    if changed == 0 { Err(StoreError::NotFound) } else { Ok(()) }
}

/// Removes a person with their history and their lines of the ledger. Who had said no stays on the list of
/// addresses that are not written to: the next import would bring them back without their no.
pub fn delete(tx: &Tx<'_>, id: &ContactId, source: &str, now: Timestamp) -> Result<(), StoreError> {
    let contact = find(tx, id)?.ok_or(StoreError::NotFound)?;
    for channel in Channel::ALL {
        if contact.consent(channel) == ConsentStanding::Withdrawn
            && let Some(address) = contact.address(channel)
        {
            suppressions::add(tx, channel, address, SuppressionReason::Objection, source, now)?;
        }
        // What waits for somebody who is gone never leaves.
        if contact.consent(channel) != ConsentStanding::Withdrawn && has_messages(tx, id)? {
            consents::record(tx, &NewConsent::withdrawal(id.clone(), channel, now, "removed"), now)?;
        }
    }
    delete_quietly(tx, id)?;
    tx.changed(Change::Contact(id.to_string()));
    Ok(())
}

pub(super) fn delete_quietly(tx: &Tx<'_>, id: &ContactId) -> Result<(), StoreError> {
    tx.prepare_cached("UPDATE messages SET contact_id = NULL WHERE contact_id = ?1")?
        .execute([id.as_str()])?;
    let gone = tx.prepare_cached("DELETE FROM contacts WHERE id = ?1")?.execute([id.as_str()])?;
    if gone == 0 {
        return Err(StoreError::NotFound);
    }
    // The ledger lets a line go only after its person.
    tx.prepare_cached("DELETE FROM consents WHERE contact_id = ?1")?.execute([id.as_str()])?;
    Ok(())
}

/// Whether something that was accepted from here, or may still leave, went to this person.
pub fn has_messages(connection: &Connection, id: &ContactId) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM messages WHERE contact_id = ?1 LIMIT 1")?
        .exists([id.as_str()])?)
}

/// By what a list is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    #[default]
    Name,
    LastVisit,
    VisitCount,
    Spend,
    Created,
}

impl Sort {
    fn expression(self) -> &'static str {
        match self {
            Self::Name => "c.name_key",
            Self::LastVisit => "coalesce(c.last_visit_at, -1)",
            Self::VisitCount => "c.visit_count",
            Self::Spend => "c.spend_cents",
            // Ids begin with their time.
            Self::Created => "c.id",
        }
    }

    /// What the expression gives for a person.
    fn key(self, contact: &Contact) -> Value {
        match self {
            Self::Name => Value::Text(contact.details.name_key()),
            Self::LastVisit => Value::Integer(contact.details.last_visit_at.map_or(-1, millis)),
            Self::VisitCount => Value::Integer(contact.details.visit_count),
            Self::Spend => Value::Integer(contact.details.spend_cents),
            Self::Created => Value::Text(contact.id.to_string()),
        }
    }
}

/// Which people to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Part of a name, an address, a number or a town.
    pub search: Option<String>,
    pub segment: Option<(Segment, Moment)>,
    pub sort: Sort,
    pub descending: bool,
    /// Continue after the person with this id.
    pub after: Option<ContactId>,
    pub limit: u32,
}

/// A condition with only `?`, and its values.
fn condition(filter: &Filter) -> (String, Vec<Value>) {
    let (mut sql, mut values) = ("1".to_owned(), Vec::new());
    if let Some((segment, moment)) = &filter.segment {
        let compiled = segments::compile(segment, *moment);
        sql = format!("({})", compiled.sql);
        values.extend(compiled.values);
    }
    let search = filter.search.as_deref().map(str::trim).filter(|text| !text.is_empty());
    if let Some(text) = search {
        let folded = crate::domain::contact::fold(text);
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let digits = digits.trim_start_matches('0').to_owned();
        sql.push_str(
            " AND ((? <> '' AND instr(c.name_key, ?) > 0) OR instr(lower(coalesce(c.email, '')), ?) > 0
              OR (length(?) >= 4 AND instr(coalesce(c.phone, ''), ?) > 0)
              OR instr(lower(coalesce(c.city, '')), ?) > 0)",
        );
        let lower = text.to_lowercase();
        values
            .extend([folded.clone(), folded, lower.clone(), digits.clone(), digits, lower].map(Value::Text));
    }
    (sql, values)
}

/// One page. A person who is gone meanwhile cannot be continued after: [`StoreError::NotFound`].
pub fn page(connection: &Connection, filter: &Filter) -> Result<Vec<Contact>, StoreError> {
    let (mut sql, mut values) = condition(filter);
    let (expression, direction, comparison) = (
        filter.sort.expression(),
        if filter.descending { "DESC" } else { "ASC" },
        if filter.descending { "<" } else { ">" },
    );
    if let Some(after) = &filter.after {
        let last = find(connection, after)?.ok_or(StoreError::NotFound)?;
        sql = format!("{sql} AND ({expression}, c.id) {comparison} (?, ?)");
        values.extend([filter.sort.key(&last), Value::Text(after.to_string())]);
    }
    values.push(Value::Integer(filter.limit.into()));
    collect(
        connection,
        &format!(
            "SELECT {COLUMNS} FROM contacts c WHERE {sql}
             ORDER BY {expression} {direction}, c.id {direction} LIMIT ?"
        ),
        rusqlite::params_from_iter(values),
        read,
    )
}

/// How many there are without the pages.
pub fn count(connection: &Connection, filter: &Filter) -> Result<u64, StoreError> {
    let (sql, values) = condition(filter);
    let count: i64 = connection
        .prepare_cached(&format!("SELECT count(*) FROM contacts c WHERE {sql}"))?
        .query_row(rusqlite::params_from_iter(values), |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

pub fn tags(connection: &Connection, id: &ContactId) -> Result<BTreeSet<String>, StoreError> {
    let tags =
        collect(connection, "SELECT tag FROM contact_tags WHERE contact_id = ?1", [id.as_str()], |row| {
            Ok(row.get::<_, String>(0)?)
        })?;
    Ok(tags.into_iter().collect())
}

/// Replaces the tags of a person.
pub fn set_tags(tx: &Tx<'_>, id: &ContactId, tags: &BTreeSet<String>) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM contact_tags WHERE contact_id = ?1")?.execute([id.as_str()])?;
    for tag in tags {
        add_tag(tx, id, tag)?;
    }
    tx.changed(Change::Contact(id.to_string()));
    Ok(())
}

pub(super) fn add_tag(tx: &Tx<'_>, id: &ContactId, tag: &str) -> Result<(), StoreError> {
    tx.prepare_cached("INSERT OR IGNORE INTO contact_tags (contact_id, tag) VALUES (?1, ?2)")?
        .execute((id.as_str(), tag))?;
    Ok(())
}

/// Dishes of a person and how often each was eaten.
pub fn dishes(connection: &Connection, id: &ContactId) -> Result<BTreeMap<String, i64>, StoreError> {
    let dishes = collect(
        connection,
        "SELECT dish, count FROM contact_dishes WHERE contact_id = ?1",
        [id.as_str()],
        |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)),
    )?;
    Ok(dishes.into_iter().collect())
}

/// Replaces the dishes of a person.
pub fn set_dishes(tx: &Tx<'_>, id: &ContactId, dishes: &BTreeMap<String, i64>) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM contact_dishes WHERE contact_id = ?1")?.execute([id.as_str()])?;
    for (dish, times) in dishes {
        add_dish(tx, id, dish, *times)?;
    }
    tx.changed(Change::Contact(id.to_string()));
    Ok(())
}

/// One visit. Amounts are what was really paid; a booking alone has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    pub id: String,
    pub at: Timestamp,
    pub amount_cents: i64,
    pub covers: Option<i64>,
    pub source: String,
    pub external_id: Option<String>,
}

impl Visit {
    pub fn new(at: Timestamp, amount_cents: i64, source: &str) -> Self {
        Self {
            id: Uuid::now_v7().to_string(),
            at,
            amount_cents,
            covers: None,
            source: source.to_owned(),
            external_id: None,
        }
    }
}

/// Notes a visit with what was eaten, and moves the totals. The same visit of the same source told again
/// changes nothing and returns `false`. Errors: [`StoreError::NotFound`].
pub fn add_visit(
    tx: &Tx<'_>,
    id: &ContactId,
    visit: &Visit,
    eaten: &[String],
    now: Timestamp,
) -> Result<bool, StoreError> {
    if find(tx, id)?.is_none() {
        return Err(StoreError::NotFound);
    }
    let known = tx
        .prepare_cached("SELECT 1 FROM visits WHERE source = ?1 AND external_id = ?2")?
        .exists((&visit.source, &visit.external_id))?;
    if known {
        return Ok(false);
    }
    tx.prepare_cached(
        "INSERT INTO visits (id, contact_id, at, amount_cents, covers, source, external_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(rusqlite::params![
        visit.id,
        id.as_str(),
        millis(visit.at),
        visit.amount_cents,
        visit.covers,
        visit.source,
        visit.external_id,
    ])?;
    for dish in eaten {
        add_dish(tx, id, dish, 1)?;
    }
    tx.prepare_cached(
        "UPDATE contacts SET visit_count = visit_count + 1, spend_cents = spend_cents + ?2,
             first_visit_at = min(coalesce(first_visit_at, ?3), ?3),
             last_visit_at = max(coalesce(last_visit_at, ?3), ?3), updated_at = ?4
         WHERE id = ?1",
    )?
    .execute((id.as_str(), visit.amount_cents, millis(visit.at), millis(now)))?;
    tx.changed(Change::Contact(id.to_string()));
    Ok(true)
}

pub(super) fn add_dish(tx: &Tx<'_>, id: &ContactId, dish: &str, times: i64) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO contact_dishes (contact_id, dish, count) VALUES (?1, ?2, ?3)
         ON CONFLICT (contact_id, dish) DO UPDATE SET count = count + excluded.count",
    )?
    .execute((id.as_str(), dish, times))?;
    Ok(())
}

/// Visits of a person, newest first.
pub fn visits(connection: &Connection, id: &ContactId, limit: u32) -> Result<Vec<Visit>, StoreError> {
    collect(
        connection,
        "SELECT id, at, amount_cents, covers, source, external_id FROM visits
         WHERE contact_id = ?1 ORDER BY at DESC, id DESC LIMIT ?2",
        (id.as_str(), limit),
        |row| {
            Ok(Visit {
                id: row.get("id")?,
                at: column_instant(row, "at")?,
                amount_cents: row.get("amount_cents")?,
                covers: row.get("covers")?,
                source: row.get("source")?,
                external_id: row.get("external_id")?,
            })
        },
    )
}

/// What segments look at.
pub fn facts(connection: &Connection, id: &ContactId) -> Result<Option<Facts>, StoreError> {
    let Some(contact) = find(connection, id)? else { return Ok(None) };
    Ok(Some(Facts { contact, tags: tags(connection, id)?, dishes: dishes(connection, id)? }))
}

/// Every tag and dish that is used, for the builder of segments: value and number of people.
pub fn vocabulary(connection: &Connection) -> Result<[Vec<(String, i64)>; 2], StoreError> {
    let list =
        |sql: &str| collect(connection, sql, [], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)));
    Ok([
        list(
            "SELECT tag, count(*) AS people FROM contact_tags GROUP BY tag ORDER BY people DESC, tag LIMIT 200",
        )?,
        list(
            "SELECT dish, count(*) AS people FROM contact_dishes GROUP BY dish ORDER BY people DESC, dish LIMIT 200",
        )?,
    ])
}
