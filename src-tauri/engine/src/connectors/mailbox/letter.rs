//! What kind of mail arrived: a report about one of ours, a complaint, a machine's answer, a wish to be
//! left alone, or a person who writes back. Pure: bytes in, one [`Letter`] out.
//!
//! The order matters. Exim marks its failure reports as automatic answers, so reports are looked for first;
//! complaints carry a copy of our mail, so nothing in them is read as a bounce.

use mail_parser::{HeaderValue, Message, MessageParser, MimeHeaders as _, PartType};

use super::bounce::{self, Line};

/// A mail that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    pub kind: LetterKind,
    /// Its own `Message-ID`, without brackets.
    pub message_id: Option<String>,
    /// Who wrote it, in lower case.
    pub from: Option<String>,
    /// Ids of the mails that it is about or answers, nearest first, without brackets.
    pub about: Vec<String>,
    pub subject: String,
    /// Seconds since 1970, as the mail says.
    pub dated: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LetterKind {
    /// Reports about deliveries.
    Bounce(Vec<Line>),
    /// Somebody pressed "this is spam"; the addresses that are known.
    Complaint(Vec<String>),
    /// Holidays, read receipts, tickets.
    AutoReply,
    /// The person wants no more mail.
    Unsubscribe,
    /// A person writes; the first words.
    Personal(String),
}

/// Characters of an answer that are kept.
const KEPT_CHARACTERS: usize = 500;

/// Words with which people ask to be left alone, at the beginning of a subject or of an answer.
const STOP: &[&str] = &[
    "stop",
    "desabonnement",
    "désabonnement",
    "desabonner",
    "désabonner",
    "me désabonner",
    "me desabonner",
    "désinscription",
    "desinscription",
    "désinscrire",
    "desinscrire",
    "me désinscrire",
    "me desinscrire",
    "unsubscribe",
    "remove me",
];

/// Reads one mail; `None` when the bytes are none.
pub fn read(raw: &[u8]) -> Option<Letter> {
    let message = MessageParser::default().parse(raw)?;
    let kind = if is_report(&message, "feedback-report") || has_part(&message, "feedback-report") {
        LetterKind::Complaint(complained(&message))
    } else if is_report(&message, "disposition-notification") {
        LetterKind::AutoReply
    } else if let Some(kind) = opted_out_complaint(&message) {
        kind
    } else if let Some(lines) = bounce::read(&message) {
        LetterKind::Bounce(lines)
    } else if says_stop(message.subject().unwrap_or_default()) {
        // Before the automatic answers: a mail program that follows `List-Unsubscribe` marks its mail as one.
        LetterKind::Unsubscribe
    } else if is_automatic(&message) {
        LetterKind::AutoReply
    } else if first_line_says_stop(&message) {
        LetterKind::Unsubscribe
    } else {
        LetterKind::Personal(first_words(&message))
    };
    let from = message.from().and_then(|from| from.first());
    Some(Letter {
        about: about(&message),
        message_id: message.message_id().map(str::to_owned),
        from: from.and_then(|from| from.address.as_deref()).map(str::to_lowercase),
        subject: message.subject().unwrap_or_default().chars().take(KEPT_CHARACTERS).collect(),
        dated: message.date().map(mail_parser::DateTime::to_timestamp),
        kind,
    })
}

fn is_report(message: &Message<'_>, kind: &str) -> bool {
    message
        .content_type()
        .and_then(|content_type| content_type.attribute("report-type"))
        .is_some_and(|given| given.eq_ignore_ascii_case(kind))
}

fn has_part(message: &Message<'_>, subtype: &str) -> bool {
    message.parts.iter().any(|part| is_part(part, subtype))
}

fn is_part(part: &mail_parser::MessagePart<'_>, subtype: &str) -> bool {
    part.content_type().is_some_and(|content_type| {
        content_type.c_type.eq_ignore_ascii_case("message")
            && content_type.subtype().is_some_and(|given| given.eq_ignore_ascii_case(subtype))
    })
}

/// Who complained: RFC 5965 fields, else the recipient of the copy.
fn complained(message: &Message<'_>) -> Vec<String> {
    let mut addresses = Vec::new();
    for part in message.parts.iter().filter(|part| is_part(part, "feedback-report")) {
        for line in String::from_utf8_lossy(part.contents()).lines() {
            let Some((name, value)) = line.split_once(':') else { continue };
            if ["original-rcpt-to", "removal-recipient"]
                .iter()
                .any(|known| name.trim().eq_ignore_ascii_case(known))
            {
                addresses.extend(bounce::addresses_in(value));
            }
        }
    }
    if addresses.is_empty() {
        let copies = message.parts.iter().filter_map(|part| match &part.body {
            PartType::Message(copy) => copy.to(),
            _ => None,
        });
        let to = copies.flat_map(|to| to.iter());
        addresses.extend(to.filter_map(|to| to.address.as_deref()).map(str::to_lowercase));
    }
    addresses.sort();
    addresses.dedup();
    addresses
}

/// Complaints of mailbox providers that write no report: they name themselves in a header.
fn opted_out_complaint(message: &Message<'_>) -> Option<LetterKind> {
    let from = message.header_raw("From").unwrap_or_default().to_lowercase();
    let known = message.header_raw("X-HmXmrOriginalRecipient").map(bounce::addresses_in);
    if let Some(addresses) = known.filter(|addresses| !addresses.is_empty()) {
        return Some(LetterKind::Complaint(addresses));
    }
    let loops = ["staff@hotmail.com", "complaints@", "feedbackloop", "fbl@", "abuse-report", "scomp@aol"];
    let subject = message.subject().unwrap_or_default().to_lowercase();
    let is_loop = loops.iter().any(|name| from.contains(name))
        && (subject.contains("complaint") || subject.contains("abuse") || subject.contains("feedback"));
    is_loop.then(|| LetterKind::Complaint(complained(message)))
}

fn is_automatic(message: &Message<'_>) -> bool {
    let header = |name: &str| message.header_raw(name.to_owned()).unwrap_or_default().trim().to_lowercase();
    let submitted = header("Auto-Submitted");
    let subject = message.subject().unwrap_or_default().trim().to_lowercase();
    let titled = [
        "auto:",
        "auto-reply",
        "auto reply",
        "autoreply",
        "automatic reply",
        "réponse automatique",
        "reponse automatique",
        "out of office",
        "out of the office",
        "away from my mail",
        "absence du bureau",
        "absent du bureau",
        "notification d’absence",
        "notification d'absence",
        "vacation",
        "abwesen",
    ];
    (!submitted.is_empty() && submitted != "no")
        || matches!(header("Precedence").as_str(), "auto_reply" | "auto-reply")
        || !header("X-Autoreply").is_empty()
        || !header("X-Autorespond").is_empty()
        || header("X-Auto-Response-Suppress").contains("all") && titled.iter().any(|t| subject.contains(t))
        || titled.iter().any(|title| subject.starts_with(title))
        || has_part(message, "disposition-notification")
}

fn first_line_says_stop(message: &Message<'_>) -> bool {
    let text = first_words(message);
    text.lines().map(str::trim).find(|line| !line.is_empty()).is_some_and(says_stop)
}

/// Whether a line asks for no more mail. The whole line must be short: "stop" begins other sentences too.
fn says_stop(line: &str) -> bool {
    let line = line.trim().to_lowercase();
    let rest = STOP.iter().filter_map(|word| line.strip_prefix(word));
    rest.into_iter().any(|rest| {
        let ends_there = rest.chars().next().is_none_or(|c| !c.is_alphanumeric());
        ends_there && rest.split_whitespace().count() <= 4
    })
}

/// What the person wrote, without what is quoted.
fn first_words(message: &Message<'_>) -> String {
    let text = message.body_text(0).unwrap_or_default();
    let own = text.lines().filter(|line| !line.trim_start().starts_with('>')).take(40);
    own.collect::<Vec<_>>().join("\n").trim().chars().take(KEPT_CHARACTERS).collect()
}

/// Ids of our mails: of the copy inside a report, then of what is answered.
fn about(message: &Message<'_>) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    let mut add = |id: &str| {
        let id = id.trim().trim_matches(['<', '>']).to_owned();
        if !id.is_empty() && !ids.contains(&id) {
            ids.push(id);
        }
    };
    for part in &message.parts {
        match &part.body {
            PartType::Message(copy) => {
                if let Some(id) = copy.message_id() {
                    add(id);
                }
            }
            _ if is_part(part, "delivery-status") || is_part(part, "global-delivery-status") => {
                for line in String::from_utf8_lossy(part.contents()).lines() {
                    if let Some((name, value)) = line.split_once(':')
                        && name.trim().eq_ignore_ascii_case("Original-Envelope-Id")
                    {
                        add(value);
                    }
                }
            }
            PartType::Text(text) => {
                // Headers of the copy, or the copy behind the words of a server.
                for line in text.lines() {
                    if let Some((name, value)) = line.split_once(':')
                        && name.trim().eq_ignore_ascii_case("Message-ID")
                    {
                        add(value);
                    }
                }
            }
            _ => {}
        }
    }
    for header in [message.in_reply_to(), message.references()] {
        match header {
            HeaderValue::Text(id) => add(id),
            HeaderValue::TextList(list) => list.iter().rev().for_each(|id| add(id)),
            _ => {}
        }
    }
    ids
}
