//! The list of customers as a file for a French spreadsheet: UTF-8 with its mark, `;`, and no cell that the
//! spreadsheet would calculate. The importer takes the same file back.

use super::Customers;
use crate::{
    domain::{Channel, ConsentStanding, Contact, ContactId},
    store::{
        StoreError,
        contacts::{self, Filter, Sort},
    },
};

/// Names of the API; `mapping::propose` knows each. Consents are told for reading: without date and source
/// they are not taken back.
pub const HEADINGS: [&str; 20] = [
    "external_id",
    "first_name",
    "last_name",
    "email",
    "phone",
    "language",
    "birthday",
    "postal_code",
    "city",
    "distance_km",
    "preferred_channel",
    "note",
    "visit_count",
    "spend",
    "first_visit_at",
    "last_visit_at",
    "tags",
    "dishes",
    "email_consent",
    "sms_consent",
];

/// People of one read.
const PAGE: u32 = 1_000;

impl Customers {
    /// The first line of the file, with its mark.
    pub fn export_head() -> Vec<u8> {
        let mut head = "\u{feff}".as_bytes().to_vec();
        head.extend(HEADINGS.join(";").as_bytes());
        head.extend(b"\r\n");
        head
    }

    /// The lines of the next people, and who was the last of them; `None` at the end.
    pub async fn export_page(
        &self,
        after: Option<ContactId>,
    ) -> Result<Option<(Vec<u8>, ContactId)>, StoreError> {
        let page = self.store.read(move |connection| {
            let filter = Filter { sort: Sort::Created, after, limit: PAGE, ..Filter::default() };
            let mut lines = String::new();
            let people = contacts::page(connection, &filter)?;
            for contact in &people {
                let tags: Vec<String> = contacts::tags(connection, &contact.id)?.into_iter().collect();
                let dishes: Vec<String> = contacts::dishes(connection, &contact.id)?.into_keys().collect();
                line(&mut lines, contact, &tags, &dishes);
            }
            Ok(people.last().map(|contact| (lines.into_bytes(), contact.id.clone())))
        });
        page.await
    }
}

fn line(lines: &mut String, contact: &Contact, tags: &[String], dishes: &[String]) {
    let details = &contact.details;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let cells = [
        text(&details.external_id),
        details.first_name.clone(),
        details.last_name.clone(),
        text(&details.email),
        text(&details.phone),
        text(&details.language),
        text(&details.birthday),
        text(&details.postal_code),
        text(&details.city),
        details.distance_km.map(|km| km.to_string().replace('.', ",")).unwrap_or_default(),
        details.preferred_channel.map(Channel::as_str).unwrap_or_default().to_owned(),
        details.note.clone(),
        details.visit_count.to_string(),
        format!("{},{:02}", details.spend_cents / 100, details.spend_cents % 100),
        details.first_visit_at.map(|at| at.to_string()).unwrap_or_default(),
        details.last_visit_at.map(|at| at.to_string()).unwrap_or_default(),
        tags.join(","),
        dishes.join(","),
        standing(contact.email_consent),
        standing(contact.sms_consent),
    ];
    for (number, value) in cells.iter().enumerate() {
        if number > 0 {
            lines.push(';');
        }
        cell(lines, value);
    }
    lines.push_str("\r\n");
}

fn standing(standing: ConsentStanding) -> String {
    match standing {
        ConsentStanding::Unknown => String::new(),
        known => known.as_str().to_owned(),
    }
}

/// RFC 4180, with a `'` before what a spreadsheet would calculate.
fn cell(lines: &mut String, value: &str) {
    let neutral = if value.starts_with(['=', '+', '-', '@', '\t', '\0']) { "'" } else { "" };
    if value.contains([';', '"', '\r', '\n']) {
        lines.push('"');
        lines.push_str(neutral);
        lines.push_str(&value.replace('"', "\"\""));
        lines.push('"');
    } else {
        lines.push_str(neutral);
        lines.push_str(value);
    }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn nothing_is_calculated_and_everything_comes_back() {
        for (value, written) in [
            ("=1+1", "'=1+1"),
            ("+33639980001", "'+33639980001"),
            ("@a;b", "\"'@a;b\""),
            ("dit \"non\"", "\"dit \"\"non\"\"\""),
            ("Élodie", "Élodie"),
        ] {
            let mut line = String::new();
            cell(&mut line, value);
            assert_eq!(line, written);
        }
    }
}
