//! Who a sending is for: the people of a segment or everybody who agreed, with the values that their own
//! data give to a template.

use rusqlite::OptionalExtension as _;

use super::{Connection, StoreError, convert::collect, segments};
use crate::domain::{Channel, ContactId, SegmentId, Values, segment::Moment};

/// A person with their addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: ContactId,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub preferred: Option<Channel>,
}

impl Person {
    pub fn address(&self, channel: Channel) -> Option<&str> {
        match channel {
            Channel::Email => self.email.as_deref(),
            Channel::Sms => self.phone.as_deref(),
        }
    }
}

/// People read at once.
const PAGE: u32 = 5_000;

const PERSON: &str = "SELECT id, email, phone, preferred_channel FROM contacts";

fn person(row: &rusqlite::Row<'_>) -> Result<Person, StoreError> {
    Ok(Person {
        id: ContactId::from(row.get::<_, String>("id")?),
        email: row.get("email")?,
        phone: row.get("phone")?,
        preferred: match row.get::<_, Option<String>>("preferred_channel")?.as_deref() {
            Some("email") => Some(Channel::Email),
            Some("sms") => Some(Channel::Sms),
            _ => None,
        },
    })
}

/// Everybody who agreed to hear from the house, in the order in which they came.
pub fn everyone(connection: &Connection) -> Result<Vec<Person>, StoreError> {
    let sql = format!("{PERSON} WHERE email_consent = 'granted' OR sms_consent = 'granted' ORDER BY id");
    collect(connection, &sql, [], person)
}

/// The people of a segment at a moment. `None`: the segment is gone.
pub fn of_segment(
    connection: &Connection,
    id: &SegmentId,
    moment: Moment,
) -> Result<Option<Vec<Person>>, StoreError> {
    let Some(segment) = segments::find(connection, id)? else { return Ok(None) };
    let mut people = Vec::new();
    loop {
        let after = people.last().map(|person: &Person| person.id.clone());
        let page = segments::ids(connection, &segment.tree, moment, after.as_ref(), PAGE)?;
        for contact in &page {
            people.extend(of(connection, contact)?);
        }
        if page.len() < PAGE as usize {
            return Ok(Some(people));
        }
    }
}

/// One person.
pub fn of(connection: &Connection, id: &ContactId) -> Result<Option<Person>, StoreError> {
    Ok(collect(connection, &format!("{PERSON} WHERE id = ?1"), [id.as_str()], person)?.into_iter().next())
}

/// What a person's own data say: first and last name, town, favourite dish, last visit, number of visits.
pub fn values(connection: &Connection, id: &ContactId) -> Result<Values, StoreError> {
    let mut values = Values::default();
    let row = connection
        .prepare_cached(
            "SELECT first_name, last_name, city, last_visit_at, visit_count,
                 (SELECT dish FROM contact_dishes WHERE contact_id = contacts.id
                  ORDER BY count DESC, dish LIMIT 1) AS favourite_dish
             FROM contacts WHERE id = ?1",
        )?
        .query_row([id.as_str()], |row| {
            Ok((
                [
                    ("first_name", row.get::<_, Option<String>>("first_name")?),
                    ("last_name", row.get("last_name")?),
                    ("city", row.get("city")?),
                    ("favourite_dish", row.get("favourite_dish")?),
                ],
                row.get::<_, Option<i64>>("last_visit_at")?,
                row.get::<_, i64>("visit_count")?,
            ))
        })
        .optional()?;
    let Some((texts, last_visit, visits)) = row else { return Ok(values) };
    for (name, text) in texts {
        if let Some(text) = text.filter(|text| !text.trim().is_empty()) {
            values.set(name, text);
        }
    }
    if let Some(at) = last_visit {
        values.set("last_visit", super::convert::instant(at)?.to_string());
    }
    values.set("visit_count", visits);
    Ok(values)
}
