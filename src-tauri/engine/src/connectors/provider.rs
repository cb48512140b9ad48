//! What the providers of messages have in common: required fields, numbers and words that customers write,
//! a short mark for a message, failures made from an answer, and the reading of instants.
//!
//! Not here: anything that one provider says in its own way; that is in its `errors.rs` and `wire.rs`.

use jiff::{Timestamp, civil::DateTime};
use reqwest::header::HeaderValue;
use secrecy::ExposeSecret;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Access, CheckFinding, Failure, FailureClass, Severity, http::Reply, messenger::MessageJob};
use crate::domain::{
    About, MessageEventKind, MessageId, OutgoingEmail, OutgoingMessage, OutgoingSms, Problem, ReportedEvent,
    fingerprint::hex,
};

/// Details that are asked one by one in one reading; the rest is read at once afterwards.
pub(super) const MOST_DETAILS: usize = 100;
/// Key of the account's facts: what one part of an SMS to France costs, thousandths of a euro.
pub(super) const PART_PRICE: &str = "part_price_milli";

/// A field of the account without white space around it; `None` when nothing was typed.
pub(super) fn optional(access: &Access<'_>, key: &str) -> Option<String> {
    let typed = access.credentials.get(key)?.expose_secret().trim().to_owned();
    (!typed.is_empty()).then_some(typed)
}

/// Errors: `Reauth` when nothing was typed.
pub(super) fn required(access: &Access<'_>, key: &str) -> Result<String, Failure> {
    optional(access, key)
        .ok_or_else(|| Failure::new(FailureClass::Reauth, Problem::new("credential_missing").message(key)))
}

/// The SMS of a job. Errors: `Content` for an e-mail, which no rule sends here.
pub(super) fn sms<'a>(job: &MessageJob<'a>) -> Result<&'a OutgoingSms, Failure> {
    match job.message {
        OutgoingMessage::Sms(sms) => Ok(sms),
        OutgoingMessage::Email(_) => Err(Failure::content("not_supported")),
    }
}

/// The e-mail of a job. Errors: `Content` for an SMS.
pub(super) fn email<'a>(job: &MessageJob<'a>) -> Result<&'a OutgoingEmail, Failure> {
    match job.message {
        OutgoingMessage::Email(email) => Ok(email),
        OutgoingMessage::Sms(_) => Err(Failure::content("not_supported")),
    }
}

/// A key as the value of a header that no log shows. Errors: `Reauth` for what cannot be a key.
pub(super) fn secret_header(key: &str) -> Result<HeaderValue, Failure> {
    let refused = || Failure::new(FailureClass::Reauth, Problem::new("provider_key_refused"));
    let mut value = HeaderValue::from_str(key).map_err(|_| refused())?;
    value.set_sensitive(true);
    Ok(value)
}

/// Enough to know an address again, too little to be the address.
pub(super) fn print_of(address: &str) -> String {
    let mut print = hex(&Sha256::digest(address.to_lowercase().as_bytes()));
    print.truncate(12);
    print
}

/// A mark that names a message to a provider which tells it back: `vm-` and the id.
pub(super) fn long_mark(id: &MessageId) -> String {
    format!("vm-{id}")
}

/// The message that a mark names, wherever it stands in what the provider tells back.
pub(super) fn marked(text: &str) -> Option<MessageId> {
    const LENGTH: usize = 36;
    let id = text.split("vm-").nth(1)?.get(..LENGTH)?;
    uuid::Uuid::try_parse(id).is_ok().then(|| MessageId::from(id))
}

/// A mark of 20 characters that stands for an id: some providers cut longer ones.
pub(super) fn short_mark(id: &str) -> String {
    let mut mark = hex(&Sha256::digest(id.as_bytes()));
    mark.truncate(18);
    format!("vm{mark}")
}

/// A telephone number as providers give it (`33612345678`, `0033…`, `+33 6…`) in E.164; `None` for a name
/// or a short number.
pub(super) fn e164(text: &str) -> Option<String> {
    let text = text.trim();
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if text.chars().any(char::is_alphabetic) || digits.len() < 8 {
        return None;
    }
    let international = digits.strip_prefix("00").unwrap_or(&digits);
    (!international.starts_with('0')).then(|| format!("+{international}"))
}

/// Whether an answer asks to be left alone: the usual words, alone or at the beginning.
pub(super) fn is_stop(text: &str) -> bool {
    const WORDS: [&str; 10] =
        ["STOP", "STOPALL", "STOPSMS", "ARRET", "ARRÊT", "ARRETER", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"];
    let first = text.split(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty());
    first.is_some_and(|word| WORDS.contains(&word.to_uppercase().as_str()))
}

/// An answer of a customer as an event: a wish to be left alone, or words for the owner.
pub(super) fn answered(from: String, text: &str, at: Timestamp, key: String) -> ReportedEvent {
    let kind = if is_stop(text) { MessageEventKind::Stop } else { MessageEventKind::Reply };
    event(About::Address(from), kind, at, Some(text.to_owned()), key)
}

pub(super) fn event(
    about: About,
    kind: MessageEventKind,
    at: Timestamp,
    detail: Option<String>,
    key: String,
) -> ReportedEvent {
    let detail = detail.filter(|text| !text.trim().is_empty());
    ReportedEvent { about, kind, at, robot: false, detail, key }
}

/// A failure with the status and the provider's words.
pub(super) fn failure(class: FailureClass, code: &str, reply: &Reply, words: &str) -> Failure {
    Failure::new(class, problem(reply, code, words))
}

pub(super) fn problem(reply: &Reply, code: &str, words: &str) -> Problem {
    Problem::new(code).http_status(reply.status.as_u16()).message(words)
}

/// A text of an object, empty when it is absent or no text.
pub(super) fn text<'a>(json: &'a Value, key: &str) -> &'a str {
    json.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// An id that is written as a number or as a text.
pub(super) fn id_text(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        _ => None,
    }
}

/// An instant in any of the usual ways: RFC 3339, RFC 2822, or without a zone, which is then UTC.
pub(super) fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let zoned = text.parse().ok().or_else(|| super::http::parse_http_date(text));
    zoned.or_else(|| text.parse::<DateTime>().ok()?.in_tz("UTC").ok().map(|at| at.timestamp()))
}

/// An amount of money or credits in thousandths.
#[expect(clippy::cast_possible_truncation, reason = "limited before")]
pub(super) fn milli(amount: f64) -> i64 {
    let thousandths = (amount * 1000.0).round();
    if thousandths.is_finite() { thousandths.clamp(-9e15, 9e15) as i64 } else { 0 }
}

pub(super) fn finding(code: &str, severity: Severity, subject: Option<String>) -> CheckFinding {
    CheckFinding { code: code.to_owned(), severity, subject }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_however_it_is_written() {
        for (written, read) in [
            ("+33612345678", Some("+33612345678")),
            ("33612345678", Some("+33612345678")),
            ("0033612345678", Some("+33612345678")),
            ("+33 6 12 34 56 78", Some("+33612345678")),
            ("0612345678", None),
            ("36179", None),
            ("VieuxMoulin", None),
            ("", None),
        ] {
            assert_eq!(e164(written).as_deref(), read, "{written}");
        }
    }

    #[test]
    fn a_message_is_known_by_the_mark_it_was_given() {
        let id = MessageId::new();
        for told in [long_mark(&id), format!("[\"{}\"]", long_mark(&id)), format!("x,{},y", long_mark(&id))] {
            assert_eq!(marked(&told), Some(id.clone()), "{told}");
        }
        for told in ["", "vm-", "vm-12", "newsletter", "vm-zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz"] {
            assert_eq!(marked(told), None, "{told}");
        }
    }

    #[test]
    fn stop_is_a_word_and_not_a_part_of_one() {
        for text in ["STOP", " stop.", "Stop svp", "Arrêt", "ARRET !", "unsubscribe"] {
            assert!(is_stop(text), "{text}");
        }
        for text in ["Nonstop ?", "Je m’arrête chez vous", "Merci, à samedi", "", "Réserver non-stop"] {
            assert!(!is_stop(text), "{text}");
        }
    }

    #[test]
    fn a_mark_is_short_and_belongs_to_one_message() {
        let mark = short_mark("0190d3f0-0000-7000-8000-000000000001");
        assert_eq!(mark.len(), 20);
        assert_eq!(mark, short_mark("0190d3f0-0000-7000-8000-000000000001"));
        assert_ne!(mark, short_mark("0190d3f0-0000-7000-8000-000000000002"));
    }

    #[test]
    fn an_instant_is_read_as_providers_write_it() {
        let at = Some("2026-11-22T18:00:00Z".parse().unwrap());
        for written in [
            "2026-11-22T18:00:00Z",
            "2026-11-22T19:00:00+01:00",
            "2026-11-22T19:00:00.000+01:00",
            "2026-11-22 18:00:00",
            "Sun, 22 Nov 2026 18:00:00 +0000",
        ] {
            assert_eq!(instant(written), at, "{written}");
        }
        assert_eq!(instant("hier"), None);
    }

    #[test]
    fn money_is_never_a_strange_number() {
        assert_eq!((milli(0.049), milli(12.0), milli(f64::NAN)), (49, 12_000, 0));
    }
}
