//! Who a sending is for: the people of a segment or everybody who agreed.

use super::{Connection, StoreError, convert::collect, segments};
use crate::domain::{Channel, ContactId, SegmentId, segment::Moment};

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
