//! A customer of the house, and the one form of what is known of them: addresses, birthdays, names. Pure
//! functions; what an address may be used for is decided by the ledger of consents, not here.

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;
use utoipa::ToSchema;

use super::{ContactId, message::Channel};

/// Country of a number that is written without one.
pub const HOME_COUNTRY: &str = "FR";

/// What the ledger says of marketing on one channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConsentStanding {
    Granted,
    Withdrawn,
    /// The person was never asked, or never answered.
    #[default]
    Unknown,
}

impl ConsentStanding {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Withdrawn => "withdrawn",
            Self::Unknown => "unknown",
        }
    }
}

/// Why a value of a person is refused; the text is the problem code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub &'static str);

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ContactDetails {
    /// The id in the program that the person came from.
    pub external_id: Option<String>,
    pub first_name: String,
    pub last_name: String,
    pub email: Option<String>,
    /// E.164.
    pub phone: Option<String>,
    /// ISO 639-1.
    pub language: Option<String>,
    /// `YYYY-MM-DD`, or `--MM-DD` without the year.
    pub birthday: Option<String>,
    pub postal_code: Option<String>,
    pub city: Option<String>,
    pub distance_km: Option<f64>,
    pub preferred_channel: Option<Channel>,
    pub note: String,
    pub visit_count: i64,
    pub spend_cents: i64,
    pub first_visit_at: Option<Timestamp>,
    pub last_visit_at: Option<Timestamp>,
}

/// One customer.
#[derive(Clone, Debug, PartialEq)]
pub struct Contact {
    pub id: ContactId,
    pub details: ContactDetails,
    pub email_consent: ConsentStanding,
    pub sms_consent: ConsentStanding,
    /// Where the person came from: `window`, `import`, `practice`, a program's name.
    pub source: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Contact {
    pub fn new(details: ContactDetails, source: &str, now: Timestamp) -> Self {
        Self {
            id: ContactId::new(),
            details,
            email_consent: ConsentStanding::Unknown,
            sms_consent: ConsentStanding::Unknown,
            source: source.to_owned(),
            created_at: now,
            updated_at: now,
        }
    }

    pub fn consent(&self, channel: Channel) -> ConsentStanding {
        match channel {
            Channel::Email => self.email_consent,
            Channel::Sms => self.sms_consent,
        }
    }

    pub fn address(&self, channel: Channel) -> Option<&str> {
        self.details.address(channel)
    }
}

/// Longest name, city, note… in characters.
const LONGEST: usize = 200;
const LONGEST_NOTE: usize = 4000;

impl ContactDetails {
    pub fn address(&self, channel: Channel) -> Option<&str> {
        match channel {
            Channel::Email => self.email.as_deref(),
            Channel::Sms => self.phone.as_deref(),
        }
    }

    /// Brings every value to its one form, empty texts to none. Errors: field and code of the first value
    /// that cannot be kept.
    pub fn normalised(mut self) -> Result<Self, (&'static str, Refused)> {
        for (field, text) in [("first_name", &mut self.first_name), ("last_name", &mut self.last_name)] {
            *text = one_line(text, LONGEST).map_err(|refused| (field, refused))?;
        }
        for (field, text) in [
            ("external_id", &mut self.external_id),
            ("postal_code", &mut self.postal_code),
            ("city", &mut self.city),
        ] {
            let kept = text.as_deref().map(|text| one_line(text, LONGEST)).transpose();
            *text = kept.map_err(|refused| (field, refused))?.filter(|text| !text.is_empty());
        }
        let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        self.email = given(&self.email)
            .map(|text| normalise_email(&text))
            .transpose()
            .map_err(|refused| ("email", refused))?;
        self.phone = given(&self.phone)
            .map(|text| normalise_phone(&text, HOME_COUNTRY))
            .transpose()
            .map_err(|refused| ("phone", refused))?;
        self.language = given(&self.language)
            .map(|text| normalise_language(&text))
            .transpose()
            .map_err(|refused| ("language", refused))?;
        self.birthday = given(&self.birthday)
            .map(|text| normalise_birthday(&text))
            .transpose()
            .map_err(|refused| ("birthday", refused))?;
        self.note = self.note.trim().to_owned();
        if self.note.chars().count() > LONGEST_NOTE {
            return Err(("note", Refused("contact_text_too_long")));
        }
        if self.distance_km.is_some_and(|km| !(0.0..=20_040.0).contains(&km)) {
            return Err(("distance_km", Refused("distance_invalid")));
        }
        if self.visit_count < 0 {
            return Err(("visit_count", Refused("number_invalid")));
        }
        if self.spend_cents < 0 {
            return Err(("spend_cents", Refused("number_invalid")));
        }
        if self.is_nobody() {
            return Err(("last_name", Refused("contact_empty")));
        }
        Ok(self)
    }

    /// Neither a name nor an address.
    fn is_nobody(&self) -> bool {
        self.first_name.is_empty()
            && self.last_name.is_empty()
            && self.email.is_none()
            && self.phone.is_none()
            && self.external_id.is_none()
    }

    /// By which lists are sorted and twins are found.
    pub fn name_key(&self) -> String {
        let (last, first) = (fold(&self.last_name), fold(&self.first_name));
        match (last.is_empty(), first.is_empty()) {
            (_, true) => last,
            (true, false) => first,
            (false, false) => format!("{last} {first}"),
        }
    }

    /// Month × 100 + day of the birthday.
    pub fn birth_day(&self) -> Option<i64> {
        let text = self.birthday.as_deref()?;
        let mut parts = text.rsplit('-');
        let (day, month) = (parts.next()?.parse::<i64>().ok()?, parts.next()?.parse::<i64>().ok()?);
        Some(month * 100 + day)
    }

    /// Takes from `other` what it knows; what it does not know stays. Returns whether anything changed.
    pub fn learn(&mut self, other: &Self) -> bool {
        let before = self.clone();
        let text = |mine: &mut String, theirs: &String| {
            if !theirs.is_empty() {
                mine.clone_from(theirs);
            }
        };
        text(&mut self.first_name, &other.first_name);
        text(&mut self.last_name, &other.last_name);
        text(&mut self.note, &other.note);
        let maybe = |mine: &mut Option<String>, theirs: &Option<String>| {
            if theirs.is_some() {
                mine.clone_from(theirs);
            }
        };
        maybe(&mut self.external_id, &other.external_id);
        maybe(&mut self.email, &other.email);
        maybe(&mut self.phone, &other.phone);
        maybe(&mut self.language, &other.language);
        maybe(&mut self.birthday, &other.birthday);
        maybe(&mut self.postal_code, &other.postal_code);
        maybe(&mut self.city, &other.city);
        self.distance_km = other.distance_km.or(self.distance_km);
        self.preferred_channel = other.preferred_channel.or(self.preferred_channel);
        // Totals of another program are never less than what is known here.
        self.visit_count = self.visit_count.max(other.visit_count);
        self.spend_cents = self.spend_cents.max(other.spend_cents);
        self.first_visit_at = [self.first_visit_at, other.first_visit_at].into_iter().flatten().min();
        self.last_visit_at = [self.last_visit_at, other.last_visit_at].into_iter().flatten().max();
        *self != before
    }
}

/// Lower case, without accents and signs, one space between words.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    if text.is_ascii() {
        fold_into(&mut folded, text.chars());
    } else {
        fold_into(&mut folded, text.nfd().flat_map(char::to_lowercase));
    }
    folded.trim_end().to_owned()
}

fn fold_into(folded: &mut String, characters: impl Iterator<Item = char>) {
    for character in characters {
        if character.is_alphanumeric() {
            folded.push(character.to_ascii_lowercase());
        } else if !unicode_normalization::char::is_combining_mark(character)
            && !folded.is_empty()
            && !folded.ends_with(' ')
        {
            folded.push(' ');
        }
    }
}

fn one_line(text: &str, longest: usize) -> Result<String, Refused> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err(Refused("contact_text_invalid"));
    }
    if text.chars().count() > longest {
        return Err(Refused("contact_text_too_long"));
    }
    Ok(text.to_owned())
}

/// An address as it can be written to: trimmed, in lower case, the domain in ASCII. No provider tells
/// `Claire@` from `claire@`, and lists spell the same person both ways. A line break anywhere, even
/// at its ends, is refused: it could add a header to a mail.
pub fn normalise_email(text: &str) -> Result<String, Refused> {
    const BAD: Refused = Refused("email_invalid");
    if text.chars().any(char::is_control) {
        return Err(BAD);
    }
    let text = text.trim();
    let text = text.strip_prefix("mailto:").unwrap_or(text);
    let (local, domain) = text.rsplit_once('@').ok_or(BAD)?;
    let is_atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    if local.is_empty()
        || local.len() > 64
        || !local.chars().all(is_atom)
        || local.starts_with('.')
        || local.ends_with('.')
        || local.contains("..")
    {
        return Err(BAD);
    }
    let domain = if domain.is_ascii() {
        domain.to_ascii_lowercase()
    } else {
        match url::Host::parse(domain) {
            Ok(url::Host::Domain(domain)) => domain,
            _ => return Err(BAD),
        }
    };
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let last = domain.rsplit('.').next().unwrap_or_default();
    let is_name = domain.contains('.')
        && domain.split('.').all(is_label)
        && last.len() >= 2
        && last.starts_with(|c: char| c.is_ascii_alphabetic());
    if !is_name || local.len() + 1 + domain.len() > 254 {
        return Err(BAD);
    }
    Ok(format!("{}@{domain}", local.to_ascii_lowercase()))
}

/// A number as E.164. `default_country` (ISO 3166) is for numbers written without one; a number that is none
/// of that country either has an unknown country and is refused.
pub fn normalise_phone(text: &str, default_country: &str) -> Result<String, Refused> {
    if text.chars().any(|c| c.is_control() || c.is_alphabetic()) {
        return Err(Refused("phone_invalid"));
    }
    let mut digits = String::with_capacity(16);
    // The trunk zero is written in brackets beside the country: +33 (0)6.
    for character in text.trim().replace("(0)", "").chars() {
        match character {
            '0'..='9' => digits.push(character),
            '+' if digits.is_empty() => digits.push('+'),
            ' ' | '\u{a0}' | '\u{202f}' | '.' | '-' | '\u{2010}' | '\u{2011}' | '\u{2013}' | '/' | '('
            | ')' => {}
            _ => return Err(Refused("phone_invalid")),
        }
    }
    if let Some(rest) = digits.strip_prefix("00") {
        digits = format!("+{rest}");
    }
    if let Some(national) = digits.strip_prefix("+33") {
        let national = national.strip_prefix('0').unwrap_or(national);
        return french(national).ok_or(Refused("phone_invalid"));
    }
    if default_country == HOME_COUNTRY
        && let Some(found) = digits.strip_prefix('0').and_then(french)
    {
        return Ok(found);
    }
    let has_country = digits.starts_with('+');
    let bad = Refused(if has_country { "phone_invalid" } else { "phone_country_unknown" });
    let country = default_country.parse().map_err(|_| bad)?;
    let number = phonenumber::parse(Some(country), &digits).map_err(|_| bad)?;
    if !number.is_valid() {
        return Err(bad);
    }
    Ok(number.format().mode(phonenumber::Mode::E164).to_string())
}

/// The nine digits of the national plan (ARCEP): the first is never zero.
fn french(national: &str) -> Option<String> {
    (national.len() == 9 && !national.starts_with('0') && national.bytes().all(|b| b.is_ascii_digit()))
        .then(|| format!("+33{national}"))
}

/// ISO 639-1 from a code, a tag or the usual French and English words.
pub fn normalise_language(text: &str) -> Result<String, Refused> {
    let folded = fold(text);
    let word = folded.split(' ').next().unwrap_or_default();
    let known = match word {
        "francais" | "french" | "fra" | "fre" => "fr",
        "anglais" | "english" | "eng" => "en",
        "allemand" | "german" | "deutsch" | "deu" | "ger" => "de",
        "espagnol" | "spanish" | "espanol" | "spa" => "es",
        "italien" | "italian" | "italiano" | "ita" => "it",
        "neerlandais" | "dutch" | "nederlands" | "nld" => "nl",
        "portugais" | "portuguese" | "por" => "pt",
        code if code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_lowercase()) => code,
        _ => return Err(Refused("language_invalid")),
    };
    Ok(known.to_owned())
}

/// `YYYY-MM-DD` or `--MM-DD`, from ISO, vCard and French forms (`24/12/1980`, `24.12`).
pub fn normalise_birthday(text: &str) -> Result<String, Refused> {
    const BAD: Refused = Refused("birthday_invalid");
    let text = text.trim();
    if let Some(rest) = text.strip_prefix("--") {
        let digits: String = rest.chars().filter(|c| *c != '-').collect();
        let (month, day) = digits.split_at_checked(2).ok_or(BAD)?;
        return without_year(month, day).ok_or(BAD);
    }
    let parts: Vec<&str> = text.split(['/', '.', '-', ' ']).filter(|part| !part.is_empty()).collect();
    if let [day, month] = parts.as_slice()
        && day.len() <= 2
    {
        return without_year(month, day).ok_or(BAD);
    }
    let date = parse_date(text).ok_or(BAD)?;
    if !(1880..=2100).contains(&date.year()) {
        return Err(BAD);
    }
    Ok(date.to_string())
}

fn without_year(month: &str, day: &str) -> Option<String> {
    let (month, day) = (month.parse::<i8>().ok()?, day.parse::<i8>().ok()?);
    // A leap year, so that nobody born on 29 February is refused.
    Date::new(2000, month, day).ok()?;
    Some(format!("--{month:02}-{day:02}"))
}

/// A day, written the ISO way, the vCard way, or day first as in France.
pub fn parse_date(text: &str) -> Option<Date> {
    let text = text.trim();
    if text.len() >= 10 && text.is_char_boundary(10) && text.as_bytes().get(4) == Some(&b'-') {
        let rest = &text[10..];
        return (rest.is_empty() || rest.starts_with(['T', ' '])).then(|| text[..10].parse().ok()).flatten();
    }
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Date::new(text[..4].parse().ok()?, text[4..6].parse().ok()?, text[6..].parse().ok()?).ok();
    }
    let day_part = text.split(' ').next().unwrap_or_default();
    let parts: Vec<&str> = day_part.split(['/', '.', '-']).collect();
    let [day, month, year] = parts.as_slice() else { return None };
    if year.len() != 4 {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn addresses_have_one_form_and_nonsense_is_refused() {
        for (text, kept) in [
            (" Claire.Martin@Exemple.Example ", "claire.martin@exemple.example"),
            ("mailto:a+b@exemple.fr", "a+b@exemple.fr"),
            ("a@xn--caf-dma.example", "a@xn--caf-dma.example"),
            ("a@café.example", "a@xn--caf-dma.example"),
        ] {
            assert_eq!(normalise_email(text).unwrap(), kept);
        }
        for text in [
            "",
            "@",
            "a@",
            "@b.fr",
            "a@b",
            "a b@c.fr",
            "a@b..fr",
            "a..b@c.fr",
            "é@c.fr",
            "a@-b.fr",
            "a@1.2.3.4",
            "a@b.fr\r\nBcc: x@y.fr",
            "a@b.fr\n",
            "a@b.fr,c@d.fr",
            "\"a b\"@c.fr",
            "a@b.fr\0",
        ] {
            assert_eq!(normalise_email(text), Err(Refused("email_invalid")), "{text:?}");
        }
    }

    #[test]
    fn numbers_become_e164_or_are_refused() {
        for (text, kept) in [
            ("06 39 98 12 34", "+33639981234"),
            ("01.99.00.12.34", "+33199001234"),
            ("+33 (0)6 39 98 12 34", "+33639981234"),
            ("0033639981234", "+33639981234"),
            ("+44 20 7946 0018", "+442079460018"),
        ] {
            assert_eq!(normalise_phone(text, "FR").unwrap(), kept, "{text}");
        }
        for (text, code) in [
            ("0172 5551234", "phone_country_unknown"),
            ("555 1234", "phone_country_unknown"),
            ("+33 12", "phone_invalid"),
            ("+999 123456789", "phone_invalid"),
            ("06 39 98 12 34\r\n", "phone_invalid"),
            ("demander Paul", "phone_invalid"),
        ] {
            assert_eq!(normalise_phone(text, "FR"), Err(Refused(code)), "{text}");
        }
    }

    #[test]
    fn birthdays_with_and_without_a_year() {
        for (text, kept) in [
            ("1980-12-24", "1980-12-24"),
            ("24/12/1980", "1980-12-24"),
            ("19801224", "1980-12-24"),
            ("1980-12-24T00:00:00Z", "1980-12-24"),
            ("--12-24", "--12-24"),
            ("--1224", "--12-24"),
            ("24/12", "--12-24"),
            ("29/02", "--02-29"),
        ] {
            assert_eq!(normalise_birthday(text).unwrap(), kept, "{text}");
        }
        for text in ["", "demain", "31/02", "1980-13-01", "--13-01", "12/24/1980", "é980-12-24", "--1"] {
            assert_eq!(normalise_birthday(text), Err(Refused("birthday_invalid")), "{text}");
        }
        let details = ContactDetails { birthday: Some("--02-29".into()), ..ContactDetails::default() };
        assert_eq!(details.birth_day(), Some(229));
    }

    #[test]
    fn names_are_compared_without_accents_and_signs() {
        let of = |last: &str, first: &str| ContactDetails {
            last_name: last.into(),
            first_name: first.into(),
            ..ContactDetails::default()
        };
        assert_eq!(of("LE GALL", "Éloïse").name_key(), of("Le-Gall", "eloise").name_key());
        assert_eq!(of("", "Zoé").name_key(), "zoe");
    }

    #[test]
    fn nothing_known_is_lost_to_something_empty() {
        let mut known = ContactDetails {
            email: Some("a@b.fr".into()),
            city: Some("Vensac".into()),
            visit_count: 3,
            ..ContactDetails::default()
        };
        assert!(!known.learn(&ContactDetails::default()));
        let news =
            ContactDetails { city: Some("Lesparre".into()), visit_count: 2, ..ContactDetails::default() };
        assert!(known.learn(&news));
        assert_eq!((known.city.as_deref(), known.visit_count), (Some("Lesparre"), 3));
        assert_eq!(known.email.as_deref(), Some("a@b.fr"));
    }
}
