//! vCard 3 and 4 (RFC 2426, RFC 6350) as a table with one row for each card. Only what a restaurant keeps of a
//! person is read; photographs and keys are passed over.

use std::{io, ops::ControlFlow};

/// Headings of the table; `mapping::propose` knows every one.
const HEADINGS: [&str; 11] = [
    "external_id",
    "last_name",
    "first_name",
    "full_name",
    "email",
    "phone",
    "birthday",
    "postal_code",
    "city",
    "note",
    "tags",
];

/// Longest line put together from folded ones; a photograph is longer.
const MAX_LINE: usize = 16 * 1024;

/// Reads lines and hands on rows.
pub(super) fn rows(
    lines: &mut dyn FnMut() -> io::Result<Option<String>>,
    each: &mut dyn FnMut(u64, &[String]) -> ControlFlow<()>,
) -> io::Result<()> {
    if each(1, &HEADINGS.map(str::to_owned)).is_break() {
        return Ok(());
    }
    let (mut number, mut cells) = (1, HEADINGS.map(|_| String::new()));
    let mut pending = String::new();
    loop {
        let line = lines()?;
        // A line that begins with a blank continues the one before.
        if let Some(rest) = line.as_deref().and_then(|line| line.strip_prefix([' ', '\t'])) {
            if pending.len() + rest.len() <= MAX_LINE {
                pending.push_str(rest);
            }
            continue;
        }
        if pending.eq_ignore_ascii_case("END:VCARD") {
            number += 1;
            if cells.iter().any(|cell| !cell.is_empty()) {
                finish(&mut cells);
                if each(number, &cells).is_break() {
                    return Ok(());
                }
            }
            cells = HEADINGS.map(|_| String::new());
        } else {
            property(&pending, &mut cells);
        }
        match line {
            Some(line) => {
                line.get(..line.floor_char_boundary(MAX_LINE)).unwrap_or_default().clone_into(&mut pending);
            }
            None => return Ok(()),
        }
    }
}

/// The full name is only for cards without its parts.
fn finish(cells: &mut [String; 11]) {
    let [_, last, first, full, ..] = cells;
    if !last.is_empty() || !first.is_empty() {
        full.clear();
    }
}

fn property(line: &str, cells: &mut [String; 11]) {
    let Some((head, value)) = line.split_once(':') else { return };
    let name = head.split(';').next().unwrap_or_default();
    // `item1.EMAIL` of Apple.
    let name = name.rsplit('.').next().unwrap_or_default().to_ascii_uppercase();
    let [id, last, first, full, email, phone, birthday, postal_code, city, note, tags] = cells;
    let keep = |place: &mut String, text: String| {
        if place.is_empty() {
            text.trim().clone_into(place);
        }
    };
    match name.as_str() {
        "UID" => keep(id, plain(value.strip_prefix("urn:uuid:").unwrap_or(value))),
        "N" => {
            let mut parts = fields(value).into_iter();
            keep(last, parts.next().unwrap_or_default());
            keep(first, parts.next().unwrap_or_default());
        }
        "FN" => keep(full, plain(value)),
        "EMAIL" => keep(email, plain(value)),
        "TEL" => keep(phone, plain(value.strip_prefix("tel:").unwrap_or(value))),
        "BDAY" => keep(birthday, plain(value)),
        "ADR" => {
            let parts = fields(value);
            keep(city, parts.get(3).cloned().unwrap_or_default());
            keep(postal_code, parts.get(5).cloned().unwrap_or_default());
        }
        "NOTE" => keep(note, plain(value)),
        "CATEGORIES" => keep(tags, plain(value)),
        _ => {}
    }
}

/// Parts between semicolons that are not escaped.
fn fields(value: &str) -> Vec<String> {
    let (mut parts, mut part, mut escaped) = (Vec::new(), String::new(), false);
    for character in value.chars() {
        match character {
            ';' if !escaped => parts.push(plain(&std::mem::take(&mut part))),
            _ => part.push(character),
        }
        escaped = character == '\\' && !escaped;
    }
    parts.push(plain(&part));
    parts
}

/// Without escapes (RFC 6350, section 3.4).
fn plain(value: &str) -> String {
    let (mut text, mut escaped) = (String::with_capacity(value.len()), false);
    for character in value.chars() {
        match (escaped, character) {
            (false, '\\') => {
                escaped = true;
                continue;
            }
            (true, 'n' | 'N') => text.push('\n'),
            (_, other) => text.push(other),
        }
        escaped = false;
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn cards_of_both_versions_become_rows() {
        let text = "BEGIN:VCARD\nVERSION:3.0\nN:Le Goff;Maëlle;;;\nFN:Maëlle Le Goff\n\
            item1.EMAIL;TYPE=INTERNET:maelle@exemple.example\nTEL;TYPE=CELL:06 39 98 00 01\nBDAY:1980-12-24\n\
            ADR;TYPE=HOME:;;3\\; rue du Port;Vensac;;33590;France\nNOTE:Table près\\nde la fe\n nêtre\nEND:VCARD\n\
            begin:vcard\nVERSION:4.0\nUID:urn:uuid:42\nFN:Jean\nTEL;VALUE=uri:tel:+33199000001\nBDAY:--0203\n\
            CATEGORIES:vip,local\nEND:VCARD\nBEGIN:VCARD\nEND:VCARD";
        let mut lines = text.lines().map(str::to_owned);
        let mut rows_read = Vec::new();
        rows(&mut || Ok(lines.next()), &mut |number, cells| {
            rows_read.push((number, cells.to_vec()));
            ControlFlow::Continue(())
        })
        .unwrap();
        assert_eq!(rows_read.len(), 3);
        assert_eq!(
            rows_read[1].1,
            [
                "",
                "Le Goff",
                "Maëlle",
                "",
                "maelle@exemple.example",
                "06 39 98 00 01",
                "1980-12-24",
                "33590",
                "Vensac",
                "Table près\nde la fenêtre",
                ""
            ]
        );
        assert_eq!(
            rows_read[2],
            (
                3,
                ["42", "", "", "Jean", "", "+33199000001", "--0203", "", "", "", "vip,local"]
                    .map(str::to_owned)
                    .to_vec()
            )
        );
    }
}
