//! One mail as it travels: text and HTML as alternatives, everything in UTF-8, every header encoded by the
//! library. What would need a line break inside a header is refused, not repaired.

use std::time::SystemTime;

use lettre::{
    Address, Message,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};

use super::settings::Settings;
use crate::{
    connectors::{Failure, FailureClass, messenger::MessageJob},
    domain::{OutgoingEmail, Problem, Purpose},
};

/// A mail ready for the line.
#[derive(Debug)]
pub(super) struct Written {
    pub bytes: Vec<u8>,
    pub to: Address,
}

/// Writes a mail. `at` is its date: the same on every attempt.
///
/// Errors: an address that is none, or a line break where one would add a header.
pub(super) fn write(
    email: &OutgoingEmail,
    job: &MessageJob<'_>,
    settings: &Settings,
    at: jiff::Timestamp,
) -> Result<Written, Failure> {
    let malformed = || Failure::content("mail_malformed");
    let single = [&email.subject, &email.from_name, &email.message_id, &email.to_address];
    let more = email.to_name.iter().chain(&email.reply_to);
    let headers = email.headers.iter().flat_map(|(name, value)| [name, value]);
    if single.into_iter().chain(more).chain(headers).any(|text| text.chars().any(char::is_control)) {
        return Err(malformed());
    }
    let to: Address = email.to_address.parse().map_err(|_| Failure::content("mail_recipient_invalid"))?;
    let from: Address = settings.from_address.parse().map_err(|_| Failure::content("mail_sender_invalid"))?;
    let name = if email.from_name.is_empty() { &settings.from_name } else { &email.from_name };
    let name = Some(name.clone()).filter(|name| !name.is_empty());
    let mut builder = Message::builder()
        .from(Mailbox::new(name, from))
        .to(Mailbox::new(email.to_name.clone(), to.clone()))
        .subject(email.subject.as_str())
        .date(SystemTime::from(at))
        .message_id(Some(format!("<{}>", email.message_id)));
    // The sender is always the address of this account: another one would fail the check of its domain
    // everywhere. Who answers still reaches the one that was meant.
    let meant = Some(&email.from_address)
        .filter(|from| !from.is_empty() && !from.eq_ignore_ascii_case(&settings.from_address));
    if let Some(reply_to) = email.reply_to.as_ref().or(meant) {
        let address: Address = reply_to.parse().map_err(|_| malformed())?;
        builder = builder.reply_to(Mailbox::new(None, address));
    }
    let has = |name: &str| email.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
    for (name, value) in &email.headers {
        let name = HeaderName::new_from_ascii(name.clone()).map_err(|_| malformed())?;
        builder = builder.raw_header(HeaderValue::new(name, value.clone()));
    }
    let own = match job.purpose {
        Purpose::Service => ("Auto-Submitted", "auto-generated".to_owned()),
        Purpose::Marketing => ("List-Id", format!("<lettre.{}>", settings.domain())),
    };
    if !has(own.0) {
        builder = builder.raw_header(HeaderValue::new(HeaderName::new_from_ascii_str(own.0), own.1));
    }
    let parts = MultiPart::alternative_plain_html(email.text.clone(), email.html.clone());
    let message = builder.multipart(parts).map_err(|error| {
        Failure::new(FailureClass::Content, Problem::new("mail_malformed").message(error.to_string()))
    })?;
    Ok(Written { bytes: message.formatted(), to })
}
