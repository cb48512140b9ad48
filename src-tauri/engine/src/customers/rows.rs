//! One row of a file as a person, or what is wrong with it, column by column.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Time, tz::TimeZone};

use super::mapping::Field;
use crate::{
    domain::{
        Channel, ContactDetails,
        consent::ConsentState,
        contact::{fold, parse_date},
    },
    store::contact_imports::{ImportedConsent, ImportedRow, RowError},
};

/// Longest tag or dish, and most of them in one row.
const MAX_WORD: usize = 100;
const MAX_WORDS: usize = 50;

/// How the cells of a file are understood.
pub(super) struct Understanding {
    pub(super) headings: Vec<String>,
    pub(super) mapping: Vec<Option<Field>>,
    pub(super) timezone: TimeZone,
    pub(super) now: Timestamp,
}

/// What a row says of consent, before it is believed.
#[derive(Default)]
struct Claims {
    email: Option<ConsentState>,
    sms: Option<ConsentState>,
    at: Option<Timestamp>,
    source: Option<String>,
    wording: Option<String>,
}

/// A row that was read.
pub(super) struct Understood {
    /// `None`: refused for `errors`.
    pub(super) row: Option<ImportedRow>,
    pub(super) errors: Vec<RowError>,
    /// A consent without date and source: the person is taken, the consent is not.
    pub(super) ignored: Vec<RowError>,
}

impl Understanding {
    pub(super) fn read(&self, row: u64, cells: &[String]) -> Understood {
        let mut details = ContactDetails::default();
        let (mut tags, mut dishes, mut claims) = (Vec::new(), Vec::new(), Claims::default());
        let mut errors = Vec::new();
        for (column, (field, cell)) in self.mapping.iter().zip(cells).enumerate() {
            let Some(field) = field else { continue };
            // A line break at the end of an address is no blank: it is refused.
            let raw = cell.as_str();
            let cell = raw.trim_matches([' ', '\u{a0}', '\t']);
            if cell.is_empty() {
                continue;
            }
            let text = || Some(cell.to_owned());
            let read: Result<(), &'static str> = match field {
                Field::ExternalId => {
                    details.external_id = text();
                    Ok(())
                }
                Field::FirstName => {
                    cell.clone_into(&mut details.first_name);
                    Ok(())
                }
                Field::LastName => {
                    cell.clone_into(&mut details.last_name);
                    Ok(())
                }
                Field::FullName => {
                    split_name(cell, &mut details);
                    Ok(())
                }
                Field::Email => {
                    details.email = text();
                    Ok(())
                }
                Field::Phone => {
                    details.phone = text();
                    Ok(())
                }
                Field::Language => {
                    details.language = text();
                    Ok(())
                }
                Field::Birthday => {
                    details.birthday = text();
                    Ok(())
                }
                Field::PostalCode => {
                    details.postal_code = text();
                    Ok(())
                }
                Field::City => {
                    details.city = text();
                    Ok(())
                }
                Field::Note => {
                    cell.clone_into(&mut details.note);
                    Ok(())
                }
                Field::DistanceKm => number(cell).map(|km| details.distance_km = Some(km)),
                Field::PreferredChannel => channel(cell).map(|it| details.preferred_channel = Some(it)),
                Field::VisitCount => whole(cell).map(|count| details.visit_count = count),
                Field::Spend => cents(cell).map(|cents| details.spend_cents = cents),
                Field::FirstVisitAt => self.instant(cell).map(|at| details.first_visit_at = Some(at)),
                Field::LastVisitAt => self.instant(cell).map(|at| details.last_visit_at = Some(at)),
                Field::Tags => words(cell).map(|words| tags = words),
                Field::Dishes => words(cell).map(|words| dishes = words),
                Field::EmailConsent => yes_or_no(cell).map(|state| claims.email = state),
                Field::SmsConsent => yes_or_no(cell).map(|state| claims.sms = state),
                Field::ConsentAt => self.instant(cell).map(|at| claims.at = Some(at)),
                Field::ConsentSource => {
                    claims.source = text();
                    Ok(())
                }
                Field::ConsentWording => {
                    claims.wording = text();
                    Ok(())
                }
            };
            if let Err(code) = read {
                errors.push(self.error(row, column, code));
            }
        }
        match details.normalised() {
            Err((field, refused)) => {
                errors.push(self.error(row, self.column_of(field), refused.0));
                Understood { row: None, errors, ignored: Vec::new() }
            }
            Ok(_) if !errors.is_empty() => Understood { row: None, errors, ignored: Vec::new() },
            Ok(details) => {
                let (consents, ignored) = self.believed(row, claims, &details);
                let row = ImportedRow { row, details, tags, dishes, consents };
                Understood { row: Some(row), errors, ignored }
            }
        }
    }

    /// A yes needs date and source; a no is always believed.
    fn believed(
        &self,
        row: u64,
        claims: Claims,
        details: &ContactDetails,
    ) -> (Vec<ImportedConsent>, Vec<RowError>) {
        let (mut consents, mut ignored) = (Vec::new(), Vec::new());
        for (channel, state, field) in [
            (Channel::Email, claims.email, Field::EmailConsent),
            (Channel::Sms, claims.sms, Field::SmsConsent),
        ] {
            let Some(state) = state else { continue };
            let code = match (state, claims.at, &claims.source) {
                (ConsentState::Granted, None, _) | (ConsentState::Granted, _, None) => {
                    Some("import_consent_without_proof")
                }
                (ConsentState::Granted, Some(at), _) if at > self.now => Some("consent_date_invalid"),
                (ConsentState::Granted, ..) if details.address(channel).is_none() => {
                    Some("import_consent_without_address")
                }
                _ => None,
            };
            if let Some(code) = code {
                let column = self.mapping.iter().position(|it| *it == Some(field)).unwrap_or(0);
                ignored.push(self.error(row, column, code));
                continue;
            }
            consents.push(ImportedConsent {
                channel,
                state,
                at: claims.at.unwrap_or(self.now),
                source: claims.source.clone().unwrap_or_else(|| "import".to_owned()),
                wording_version: claims.wording.clone(),
            });
        }
        (consents, ignored)
    }

    fn error(&self, row: u64, column: usize, code: &str) -> RowError {
        let column = self.headings.get(column).cloned().unwrap_or_default();
        RowError { row, column, code: code.to_owned() }
    }

    /// Column that a value of a person came from.
    fn column_of(&self, name: &str) -> usize {
        let field = serde_json::from_value(serde_json::Value::String(match name {
            "spend_cents" => "spend".to_owned(),
            other => other.to_owned(),
        }));
        let field: Option<Field> = field.ok();
        let found = self.mapping.iter().position(|it| it.is_some() && *it == field);
        found.or_else(|| self.mapping.iter().position(|it| *it == Some(Field::FullName))).unwrap_or(0)
    }

    /// An instant, or a day at the house: its noon, so that no time zone makes it another day.
    fn instant(&self, text: &str) -> Result<Timestamp, &'static str> {
        if let Ok(at) = text.parse::<Timestamp>() {
            return Ok(at);
        }
        let date = parse_date(text).ok_or("date_invalid")?;
        let noon = Time::new(12, 0, 0, 0).map_err(|_| "date_invalid")?;
        let local = date.to_datetime(noon).to_zoned(self.timezone.clone()).map_err(|_| "date_invalid")?;
        Ok(local.timestamp())
    }
}

/// « Martin, Claire », « MARTIN Claire » and « Claire Martin ».
fn split_name(text: &str, details: &mut ContactDetails) {
    let (first, last) = if let Some((last, first)) = text.split_once(',') {
        (first.trim().to_owned(), last.trim().to_owned())
    } else {
        let words: Vec<&str> = text.split_whitespace().collect();
        let is_capital = |word: &&&str| word.chars().count() > 1 && word.to_uppercase() == **word;
        let capitals = words.iter().take_while(is_capital).count();
        match (words.as_slice(), capitals) {
            ([one], _) => ((*one).to_owned(), String::new()),
            (words, 0) => {
                let (first, last) = words.split_first().map_or(("", &[][..]), |(first, rest)| (*first, rest));
                (first.to_owned(), last.join(" "))
            }
            (words, capitals) if capitals == words.len() => {
                let (last, first) = words.split_first().map_or(("", &[][..]), |(last, rest)| (*last, rest));
                (first.join(" "), last.to_owned())
            }
            (words, capitals) => {
                let (last, first) = words.split_at(capitals);
                (first.join(" "), last.join(" "))
            }
        }
    };
    if details.first_name.is_empty() {
        details.first_name = first;
    }
    if details.last_name.is_empty() {
        details.last_name = last;
    }
}

/// A number as it is written in either country: `1 234,5`, `1,234.5`, `12 €`.
fn number(text: &str) -> Result<f64, &'static str> {
    let mut digits: String =
        text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '\u{a0}' | '\u{202f}' | '€')).collect();
    digits = digits.trim_end_matches("EUR").trim_end_matches("km").to_owned();
    if let (Some(comma), Some(point)) = (digits.rfind(','), digits.rfind('.')) {
        digits = if comma > point { digits.replace('.', "") } else { digits.replace(',', "") };
    }
    let digits = digits.replace(',', ".");
    let number = digits.parse::<f64>().map_err(|_| "number_invalid")?;
    if (0.0..1e12).contains(&number) { Ok(number) } else { Err("number_invalid") }
}

#[allow(clippy::cast_possible_truncation)] // Below 10^14, and whole.
fn cents(text: &str) -> Result<i64, &'static str> {
    Ok((number(text)? * 100.0).round() as i64)
}

#[allow(clippy::cast_possible_truncation)] // Below 10^12, and whole.
fn whole(text: &str) -> Result<i64, &'static str> {
    let number = number(text)?;
    if number.fract() == 0.0 { Ok(number as i64) } else { Err("number_invalid") }
}

fn channel(text: &str) -> Result<Channel, &'static str> {
    match fold(text).as_str() {
        "email" | "e mail" | "mail" | "courriel" => Ok(Channel::Email),
        "sms" | "telephone" | "mobile" | "texto" | "phone" => Ok(Channel::Sms),
        _ => Err("channel_invalid"),
    }
}

/// An empty word says nothing; only a clear one counts.
fn yes_or_no(text: &str) -> Result<Option<ConsentState>, &'static str> {
    match fold(text).as_str() {
        "oui" | "o" | "yes" | "y" | "1" | "true" | "vrai" | "x" | "accepte" | "granted" | "inscrit"
        | "subscribed" | "opt in" | "optin" => Ok(Some(ConsentState::Granted)),
        "non" | "n" | "no" | "0" | "false" | "faux" | "refuse" | "withdrawn" | "desinscrit"
        | "unsubscribed" | "opt out" | "optout" | "stop" => Ok(Some(ConsentState::Withdrawn)),
        "inconnu" | "unknown" | "" => Ok(None),
        _ => Err("import_consent_unclear"),
    }
}

fn words(text: &str) -> Result<Vec<String>, &'static str> {
    let words: BTreeSet<String> = text
        .split([',', ';', '|'])
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    let is_bad = |word: &String| word.chars().count() > MAX_WORD || word.chars().any(char::is_control);
    if words.len() > MAX_WORDS || words.iter().any(is_bad) {
        return Err("contact_text_invalid");
    }
    Ok(words.into_iter().collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn understand(columns: &[(Field, &str)]) -> Understood {
        let understanding = Understanding {
            headings: columns.iter().map(|(field, _)| format!("{field:?}")).collect(),
            mapping: columns.iter().map(|(field, _)| Some(*field)).collect(),
            timezone: TimeZone::get("Europe/Paris").unwrap(),
            now: "2026-11-27T12:00:00Z".parse().unwrap(),
        };
        understanding.read(7, &columns.iter().map(|(_, cell)| (*cell).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_row_becomes_a_person() {
        let row = understand(&[
            (Field::FullName, "LE GOFF Maëlle"),
            (Field::Email, " Maelle@Exemple.example"),
            (Field::Phone, "06 39 98 00 01"),
            (Field::Spend, "1 234,50 €"),
            (Field::LastVisitAt, "24/12/2025"),
            (Field::Tags, "vip; local,vip"),
        ]);
        let row = row.row.unwrap();
        assert_eq!((row.details.first_name.as_str(), row.details.last_name.as_str()), ("Maëlle", "LE GOFF"));
        assert_eq!(row.details.phone.as_deref(), Some("+33639980001"));
        assert_eq!(row.details.spend_cents, 123_450);
        assert_eq!(row.details.last_visit_at, Some("2025-12-24T11:00:00Z".parse().unwrap()));
        assert_eq!(row.tags, ["local", "vip"]);
    }

    #[test]
    fn bad_cells_are_named_by_row_column_and_code() {
        let row = understand(&[
            (Field::LastName, "Martin"),
            (Field::Phone, "555 1234"),
            (Field::Spend, "beaucoup"),
        ]);
        assert!(row.row.is_none());
        let told: Vec<_> = row.errors.iter().map(|e| (e.row, e.column.as_str(), e.code.as_str())).collect();
        assert_eq!(told, [(7, "Spend", "number_invalid"), (7, "Phone", "phone_country_unknown")]);
        let row = understand(&[(Field::LastName, "Martin"), (Field::Email, "a@b.fr\r\nBcc: c@d.fr")]);
        assert_eq!(row.errors[0].code, "email_invalid");
        let row = understand(&[(Field::City, "Vensac")]);
        assert_eq!(row.errors[0].code, "contact_empty");
    }

    #[test]
    fn a_yes_needs_date_and_source_and_a_no_needs_nothing() {
        let with = |extra: &[(Field, &str)]| {
            let mut columns = vec![(Field::Email, "a@exemple.example")];
            columns.extend_from_slice(extra);
            understand(&columns)
        };
        let bare = with(&[(Field::EmailConsent, "oui")]);
        assert!(bare.row.unwrap().consents.is_empty());
        assert_eq!(bare.ignored[0].code, "import_consent_without_proof");
        let dated = with(&[(Field::EmailConsent, "oui"), (Field::ConsentAt, "2026-01-02")]);
        assert!(dated.row.unwrap().consents.is_empty());
        let future = with(&[
            (Field::EmailConsent, "oui"),
            (Field::ConsentAt, "2030-01-02"),
            (Field::ConsentSource, "carte"),
        ]);
        assert_eq!(future.ignored[0].code, "consent_date_invalid");
        let whole = with(&[
            (Field::EmailConsent, "oui"),
            (Field::ConsentAt, "2026-01-02"),
            (Field::ConsentSource, "carte"),
        ]);
        assert_eq!(whole.row.unwrap().consents[0].state, ConsentState::Granted);
        let no = with(&[(Field::EmailConsent, "non")]);
        assert_eq!(no.row.unwrap().consents[0].state, ConsentState::Withdrawn);
    }

    #[test]
    fn numbers_of_both_countries() {
        for (text, cents_wanted) in
            [("1 234,50", 123_450), ("1,234.50", 123_450), ("1.234,50 €", 123_450), ("12", 1200)]
        {
            assert_eq!(cents(text), Ok(cents_wanted), "{text}");
        }
        for text in ["-1", "NaN", "inf", "1e300", "a"] {
            assert!(number(text).is_err(), "{text}");
        }
        assert_eq!(whole("2,5"), Err("number_invalid"));
    }
}
