//! Reads what a mail server says about a mail that did not arrive: RFC 3464 reports first, then the words
//! of servers that write no report (qmail, Exim, Exchange, Postfix and Sendmail in plain text).
//!
//! Pure: bytes in, verdicts out. The one question that matters is whether the address can *never* work,
//! because that stops every later mail to it. In doubt the answer is no: a person that is written to once
//! more loses nothing, one that is never written to again may be a customer lost.

use mail_parser::{Message, MimeHeaders as _, PartType};

/// What is said about one recipient.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Without `rfc822;`; empty when the report names nobody.
    pub address: String,
    pub verdict: Verdict,
    /// For example `5.1.1`.
    pub status: Option<String>,
    /// The server's own words, cut.
    pub words: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verdict {
    /// The address can never work.
    Hard,
    /// It did not work this time.
    #[default]
    Soft,
    /// Still trying.
    Delayed,
    Delivered,
}

/// Words kept of a report.
const KEPT_CHARACTERS: usize = 300;
/// Text that is looked at where there is no report.
const MOST_TEXT: usize = 64 * 1024;

/// Phrases for an address that no mailbox has, in lower case.
const NO_MAILBOX: &[&str] = &[
    "user unknown",
    "unknown user",
    "unknown recipient",
    "recipient unknown",
    "no such user",
    "no such mailbox",
    "no such recipient",
    "no such address",
    "no such person",
    "no such email",
    "no mailbox here by that name",
    "mailbox does not exist",
    "mailbox not found",
    "mailbox unknown",
    "mailbox invalid",
    "invalid mailbox",
    "invalid recipient",
    "invalid address",
    "user not found",
    "user doesn't have",
    "user does not exist",
    "user not known",
    "unknown local part",
    "unknown or illegal alias",
    "account does not exist",
    "account that you tried to reach does not exist",
    "address does not exist",
    "address not found",
    "address unknown",
    "unknown address",
    "address invalid",
    "recipient does not exist",
    "recipient not found",
    "recipient name is not recognized",
    "recipient rejected",
    "recipnotfound",
    "not a valid user",
    "not a valid mailbox",
    "doesn't have a yahoo",
    "adresse d au moins un destinataire invalide",
    "destinataire invalide",
    "utilisateur inconnu",
    "bal inexistante",
    "does not exist here",
    "is not a known user",
    "not listed in",
    "undeliverable address",
    "vrfy error",
    "unrouteable mail to",
    "no account by that name",
    "not our customer",
    "nosuchuser",
    "address rejected",
    "requested action not taken: mailbox unavailable",
];

/// Phrases for a domain that takes no mail at all.
const NO_DOMAIN: &[&str] = &[
    "host unknown",
    "unknown host",
    "host not found",
    "domain does not exist",
    "domain not found",
    "no such domain",
    "unrouteable address",
    "unrouteable domain",
    "name or service not known",
    "couldn't find any host",
    "domain name not found",
    "does not like recipient: no mx",
    "bad destination host",
    "invalid domain",
    "null mx",
    "nullmx",
    "no mx record",
    "domain is not reachable",
    "find a mail exchanger",
    "account or domain may not exist",
    "does not accept mail",
    "doesn't accept mail",
    "no longer accept",
    "has moved",
    "user has moved",
    "address change",
    "recipient address has been changed",
];

/// Phrases that say why it failed this time, whatever number stands beside them.
const FOR_NOW: &[&str] = &[
    "mailbox full",
    "mailbox is full",
    "mailbox size limit",
    "quota",
    "over the maximum allowed",
    "insufficient disk",
    "too large",
    "message size",
    "spam",
    "spamhaus",
    "blacklist",
    "blocklist",
    "block list",
    "blocked using",
    "reputation",
    "greylist",
    "try again later",
    "rate limit",
    "relaying denied",
    "relay access denied",
    "relay not permitted",
    "relaying not",
    "authentication required",
    "dmarc",
    " spf ",
    "dkim",
    "ptr record",
    "reverse dns",
    "reverse lookup",
    "policy",
    "sender address rejected",
    "sender rejected",
    "sender domain",
    "sender denied",
    "access denied",
    "access restricted",
    "virus",
    "content rejected",
    "is inactive",
    "disabled",
    "suspended",
    "my name was rejected",
    "not allowed to send",
    "not authorized",
    "timed out",
    "connection refused",
    "retry time",
    "undeliverable for",
    "loop",
    "too many hops",
    "banned",
];

/// Whether a server's words say that nobody has this address. For replies without an enhanced code too.
pub fn names_no_mailbox(words: &str) -> bool {
    let words = words.to_lowercase();
    NO_MAILBOX.iter().any(|phrase| words.contains(phrase)) && !is_for_now(&words)
}

fn is_for_now(words: &str) -> bool {
    FOR_NOW.iter().any(|phrase| words.contains(phrase))
}

/// The verdict of a failure, from its enhanced code and its words.
pub fn failure(status: Option<(u16, u16, u16)>, words: &str) -> Verdict {
    let words = words.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ");
    let no_mailbox = NO_MAILBOX.iter().any(|phrase| words.contains(phrase));
    let no_domain = NO_DOMAIN.iter().any(|phrase| words.contains(phrase));
    let hard = match status {
        Some((5, 1, 1 | 2 | 3 | 6 | 10)) => !is_for_now(&words) || no_mailbox,
        Some((5, 0 | 1 | 5, 0) | (5, 4, 4)) | None => (no_mailbox || no_domain) && !is_for_now(&words),
        // Exchange Online: the next server does not know the recipient.
        Some((5, 1, 351)) => true,
        Some((5, 2, 1)) => no_mailbox && !is_for_now(&words),
        // Exchange Online says so of an address that nobody has.
        Some((5, 4, 1)) => words.contains("recipient address rejected: access denied"),
        // Class 4 is never for ever.
        Some(_) => false,
    };
    if hard { Verdict::Hard } else { Verdict::Soft }
}

/// Reads a report or a text about mail that did not arrive; `None` when it is neither.
pub fn read(message: &Message<'_>) -> Option<Vec<Line>> {
    let lines = reported(message);
    if !lines.is_empty() {
        return Some(lines);
    }
    from_a_server(message).then(|| told(message)).filter(|lines| !lines.is_empty())
}

/// The text of every part that is no copy of our mail, one after the other.
pub fn texts(message: &Message<'_>) -> String {
    let mut all = String::new();
    for part in &message.parts {
        let content_type = part.content_type();
        let is_copy = content_type.is_some_and(|content_type| {
            content_type.c_type.eq_ignore_ascii_case("message")
                || content_type
                    .subtype()
                    .is_some_and(|subtype| subtype.eq_ignore_ascii_case("rfc822-headers"))
        });
        if is_copy {
            continue;
        }
        if let PartType::Text(text) | PartType::Html(text) = &part.body {
            all.push_str(text);
            all.push('\n');
        }
        if all.len() > MOST_TEXT {
            break;
        }
    }
    all
}

/// RFC 3464: groups of fields, one for each recipient.
fn reported(message: &Message<'_>) -> Vec<Line> {
    let human = texts(message);
    let mut lines = Vec::new();
    for part in &message.parts {
        let is_status = part.content_type().is_some_and(|content_type| {
            content_type.c_type.eq_ignore_ascii_case("message")
                && content_type.subtype().is_some_and(|subtype| {
                    subtype.eq_ignore_ascii_case("delivery-status")
                        || subtype.eq_ignore_ascii_case("global-delivery-status")
                })
        });
        if !is_status {
            continue;
        }
        let text = String::from_utf8_lossy(part.contents());
        for group in unfolded(&text).split("\n\n") {
            lines.extend(recipient(group, &human));
        }
    }
    lines
}

/// One line for each field, continuation lines joined, line ends as `\n`.
fn unfolded(text: &str) -> String {
    text.replace("\r\n", "\n").replace("\n ", " ").replace("\n\t", " ")
}

fn field<'a>(group: &'a str, name: &str) -> Option<&'a str> {
    group.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.trim().eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

/// What follows the type in `rfc822; a@b`.
fn untyped(value: &str) -> &str {
    value.split_once(';').map_or(value, |(_, rest)| rest).trim()
}

fn recipient(group: &str, human: &str) -> Option<Line> {
    let named = field(group, "Final-Recipient")
        .or_else(|| field(group, "Original-Recipient"))
        .or_else(|| field(group, "X-Actual-Recipient"));
    let action = field(group, "Action").unwrap_or_default().to_lowercase();
    if named.is_none() && action.is_empty() {
        return None;
    }
    let original = field(group, "Original-Recipient").map(untyped).map(bare);
    let mut address = bare(untyped(named.unwrap_or_default()));
    // A server may name a mailbox behind ours; we know the address that we wrote to.
    if let Some(original) = original.filter(|original| original.contains('@')) {
        address = original;
    }
    let said = field(group, "Diagnostic-Code").map(untyped).unwrap_or_default().to_owned();
    let given = field(group, "Status").and_then(status_in);
    let status = match given {
        // "5.0.0" says nothing; the diagnostic may.
        Some((_, 0, 0)) | None => status_in(&said).or(given).or_else(|| status_in(human)),
        given => given,
    };
    let words = if said.is_empty() { excerpt(human) } else { said };
    let verdict = match action.as_str() {
        "delayed" => Verdict::Delayed,
        "delivered" | "relayed" | "expanded" => Verdict::Delivered,
        _ => failure(status, &words),
    };
    Some(Line { address, verdict, status: status.map(shown), words: cut(&words) })
}

fn shown((class, subject, detail): (u16, u16, u16)) -> String {
    format!("{class}.{subject}.{detail}")
}

/// An address without brackets and quotes, in lower case.
fn bare(address: &str) -> String {
    address.trim_matches(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | '\'')).to_lowercase()
}

fn cut(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(KEPT_CHARACTERS).collect()
}

/// The first enhanced code of a text, for example in `550 5.1.1 User unknown` or `(#5.1.1)`.
pub fn status_in(text: &str) -> Option<(u16, u16, u16)> {
    text.split(|c: char| !(c.is_ascii_digit() || c == '.')).find_map(|word| {
        let word = word.trim_matches('.');
        let mut parts = word.split('.').map(str::parse::<u16>);
        let all = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
        let fits = matches!(all.0, 2 | 4 | 5) && all.1 <= 9 && all.2 <= 999;
        (parts.next().is_none() && fits).then_some(all)
    })
}

/// Whether a mail comes from a mail program and not from a person.
fn from_a_server(message: &Message<'_>) -> bool {
    let header = |name: &str| message.header_raw(name.to_owned()).unwrap_or_default().to_lowercase();
    let from = header("From");
    let subject = message.subject().unwrap_or_default().to_lowercase();
    let named =
        ["mailer-daemon", "postmaster", "mail delivery", "mail administrator", "mdaemon", "mail-daemon"];
    let titled = [
        "failure notice",
        "undeliver",
        "delivery failure",
        "delivery status",
        "returned mail",
        "mail delivery",
        "delivery notification",
        "message delivery",
        "nondeliverable",
        "not delivered",
        "could not be delivered",
        "non remis",
        "échec de la remise",
        "mail system error",
        "warning: message",
    ];
    !header("X-Failed-Recipients").is_empty()
        || named.iter().any(|name| from.contains(name))
        || titled.iter().any(|title| subject.contains(title))
}

/// Where the copy of our own mail begins.
const COPY: &[&str] = &[
    "below this line is a copy",
    "this is a copy of the message",
    "this is a copy of your message",
    "original message follows",
    "----- original message -----",
    "----- unsent message follows",
    "message header follows",
    "returned message follows",
    "included is a copy of the message header",
    "the header of the original message is following",
    "----- message header -----",
    "--- undelivered message follows",
    "original message headers:",
    "----- message headers follow",
];

fn before_the_copy(text: &str) -> &str {
    let lower = text.to_ascii_lowercase();
    let at = COPY.iter().filter_map(|mark| lower.find(mark)).min();
    at.and_then(|at| text.get(..at)).unwrap_or(text)
}

fn excerpt(text: &str) -> String {
    before_the_copy(text).to_owned()
}

/// Reads the sentences of a server: who, and why.
fn told(message: &Message<'_>) -> Vec<Line> {
    let text = texts(message);
    let text = before_the_copy(&text);
    let own = own_addresses(message);
    let is_late = is_only_late(message, text);
    let mut parts = sections(text, &own);
    if parts.is_empty() {
        let failed = message.header_raw("X-Failed-Recipients").unwrap_or_default();
        let failed = failed.split(',').map(bare).find(|name| name.contains('@'));
        let named = failed.or_else(|| addresses_in(text).into_iter().find(|name| !own.contains(name)));
        if named.is_none() && status_in(text).is_none() && !says_anything(text) {
            return Vec::new();
        }
        parts.push((named.unwrap_or_default(), text.to_owned()));
    }
    let line = |(address, words): (String, String)| {
        let status = status_in(&words);
        let verdict = if is_late {
            Verdict::Delayed
        } else {
            failure(status.filter(|status| (status.1, status.2) != (0, 0)), &words)
        };
        Line { address, verdict, status: status.map(shown), words: cut(&words) }
    };
    parts.into_iter().map(line).collect()
}

fn says_anything(text: &str) -> bool {
    let text = text.to_lowercase();
    [NO_MAILBOX, NO_DOMAIN, FOR_NOW].into_iter().flatten().any(|phrase| text.contains(phrase))
}

/// Where a line begins with an address, what follows is about it.
fn sections(text: &str, own: &[String]) -> Vec<(String, String)> {
    let mut sections: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        let start = line.trim_start().trim_start_matches('<');
        let word = start.split(|c: char| c.is_whitespace() || matches!(c, '>' | ':' | ',')).next();
        let address =
            word.and_then(|word| addresses_in(word).pop().filter(|address| *address == word.to_lowercase()));
        let is_new =
            |address: &String| !own.contains(address) && !sections.iter().any(|(known, _)| known == address);
        if let Some(address) = address.filter(is_new) {
            sections.push((address, String::new()));
        }
        if let Some((_, words)) = sections.last_mut() {
            words.push_str(line);
            words.push('\n');
        }
    }
    // One address is a subject; the reason may stand above it.
    if let [(_, words)] = sections.as_mut_slice() {
        text.clone_into(words);
    }
    sections
}

fn is_only_late(message: &Message<'_>, text: &str) -> bool {
    let subject = message.subject().unwrap_or_default().to_lowercase();
    let text = text.to_lowercase();
    subject.contains("warning") && text.contains("still") || text.contains("this is a warning message only")
}

/// The addresses that the report was sent to: ours.
fn own_addresses(message: &Message<'_>) -> Vec<String> {
    let to = message.to().into_iter().flat_map(|to| to.iter());
    let from = message.from().into_iter().flat_map(|from| from.iter());
    to.chain(from).filter_map(|address| address.address.as_deref()).map(bare).collect()
}

/// Addresses written in a text, in their order.
pub fn addresses_in(text: &str) -> Vec<String> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '@' | '.' | '_' | '-' | '+' | '=' | '%');
    let words = text.split(|c: char| !is_part(c)).map(|word| word.trim_matches(['.', '-', '=']));
    let mut found = Vec::new();
    for word in words {
        let is_address = word.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && domain.contains('.') && !domain.contains('@')
        });
        let word = word.to_lowercase();
        if is_address && !found.contains(&word) {
            found.push(word);
        }
    }
    found
}
