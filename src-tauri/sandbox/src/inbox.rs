//! What the customers of the house receive, and what becomes of it: shared by the doubles of all providers
//! of e-mail and SMS. Each double says the same facts in its provider's own words.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    exchange::Answer,
    faults::{Quirks, RateDialect},
    platform::Platform,
    state::{World, http_date},
};

/// What can become of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// Accepted, on its way.
    Pending,
    Delivered,
    /// The address will never work.
    HardBounce,
    /// Not this time: telephone off, mailbox full.
    SoftBounce,
    /// Filtered as spam or by the operator.
    Blocked,
    Complaint,
    Unsubscribed,
    Opened,
    /// By the proxy of a mailbox provider, not by a person.
    OpenedByRobot,
    Clicked,
}

/// One thing that happened to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happening {
    pub fate: Fate,
    pub at: Timestamp,
}

/// One message that a provider accepted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Message {
    /// Counts from 1 over all providers.
    pub id: u64,
    pub platform: Platform,
    /// Number of the seeded account.
    pub account: usize,
    pub from: String,
    pub to: String,
    pub subject: Option<String>,
    pub text: String,
    pub html: Option<String>,
    /// The sender's own marks, in the provider's names: tag, custom id, campaign.
    pub marks: Map<String, Value>,
    pub at: Timestamp,
    /// In order of time.
    pub history: Vec<Happening>,
}

impl Message {
    /// The last thing that is known.
    pub fn fate(&self) -> Fate {
        self.history.last().map_or(Fate::Pending, |last| last.fate)
    }

    pub(crate) fn mark(&self, name: &str) -> &str {
        self.marks.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

/// An answer of a customer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Incoming {
    pub id: u64,
    pub platform: Platform,
    pub from: String,
    pub text: String,
    pub at: Timestamp,
}

/// Somebody who wants no more messages, as the provider keeps them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OptOut {
    pub platform: Platform,
    pub address: String,
    pub at: Timestamp,
}

/// All messages, answers and wishes to be left alone.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Inbox {
    messages: Vec<Message>,
    pub incoming: Vec<Incoming>,
    last_incoming: u64,
    pub opt_outs: Vec<OptOut>,
    /// What becomes of messages to an address; delivered where none is named.
    fates: BTreeMap<String, Fate>,
    /// What was paid for, by provider.
    spent: BTreeMap<String, u64>,
}

impl Inbox {
    /// Takes a message and returns its number; number and history are given here.
    pub fn accept(&mut self, mut message: Message) -> u64 {
        message.id = self.messages.len() as u64 + 1;
        let fate = self.fates.get(&message.to).copied().unwrap_or(Fate::Delivered);
        // A double that knows better has said so.
        if message.history.is_empty() {
            message.history = vec![Happening { fate, at: message.at }];
        }
        let id = message.id;
        self.messages.push(message);
        id
    }

    pub fn of(&self, platform: Platform) -> impl DoubleEndedIterator<Item = &Message> {
        self.messages.iter().filter(move |message| message.platform == platform)
    }

    pub fn all(&self) -> &[Message] {
        &self.messages
    }

    pub fn get(&self, platform: Platform, id: u64) -> Option<&Message> {
        self.of(platform).find(|message| message.id == id)
    }

    pub fn happen(&mut self, id: u64, happening: Happening) {
        if let Some(message) = self.messages.iter_mut().find(|message| message.id == id) {
            message.history.push(happening);
        }
    }

    /// Forgets what fits, and says how many there were.
    pub fn forget(&mut self, is_it: impl Fn(&Message) -> bool) -> usize {
        let mut gone = 0;
        // Emptied in place, because the numbers are places.
        for message in self.messages.iter_mut().filter(|message| is_it(message)) {
            message.to.clear();
            message.text.clear();
            message.html = None;
            message.subject = None;
            message.marks.clear();
            gone += 1;
        }
        gone
    }

    pub fn set_fate(&mut self, address: &str, fate: Fate) {
        self.fates.insert(address.to_owned(), fate);
    }

    pub fn has_opted_out(&self, platform: Platform, address: &str) -> bool {
        self.opt_outs.iter().any(|line| line.platform == platform && line.address == address)
    }

    pub fn opt_out(&mut self, platform: Platform, address: &str, at: Timestamp) {
        if !self.has_opted_out(platform, address) {
            self.opt_outs.push(OptOut { platform, address: address.to_owned(), at });
        }
    }

    pub fn answer(&mut self, platform: Platform, from: &str, text: &str, at: Timestamp) {
        self.last_incoming += 1;
        let id = self.last_incoming;
        let (from, text) = (from.to_owned(), text.to_owned());
        self.incoming.push(Incoming { id, platform, from, text, at });
    }

    pub fn spend(&mut self, platform: Platform, units: u64) {
        *self.spent.entry(platform.name().to_owned()).or_default() += units;
    }

    pub fn spent(&self, platform: Platform) -> u64 {
        self.spent.get(platform.name()).copied().unwrap_or_default()
    }
}

/// Whether a list shows something of that time.
pub(crate) fn is_listed(world: &World, quirks: Quirks, at: Timestamp) -> bool {
    quirks.listing_lag_secs == 0
        || at
            .checked_add(SignedDuration::from_secs(quirks.listing_lag_secs))
            .is_ok_and(|at| at <= world.now())
}

/// Parts of an SMS: 160 and 153 characters of the GSM alphabet, else 70 and 67 UTF-16 units.
pub(crate) fn parts(text: &str) -> u64 {
    const LETTERS: &str = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà\n\r";
    const DOUBLE: &str = "^{}\\[~]|€";
    let plain = |c: char| (c.is_ascii() && !c.is_ascii_control() && c != '`') || LETTERS.contains(c);
    let is_gsm = text.chars().all(|c| plain(c) || DOUBLE.contains(c));
    let (units, single, many) = if is_gsm {
        (text.chars().map(|c| if DOUBLE.contains(c) { 2 } else { 1 }).sum(), 160, 153)
    } else {
        (text.encode_utf16().count() as u64, 70, 67)
    };
    if units <= single { 1 } else { units.div_ceil(many) }
}

/// Says the waiting time of a refusal for haste; `own` is the provider's header for it.
pub(crate) fn slow_down(
    world: &World,
    answer: Answer,
    dialect: RateDialect,
    secs: u64,
    own: impl FnOnce(Answer, &World) -> Answer,
) -> Answer {
    match dialect {
        RateDialect::RetryAfterSecs => answer.with_header("retry-after", &secs.to_string()),
        RateDialect::RetryAfterDate => {
            let wait = SignedDuration::from_secs(i64::try_from(secs).unwrap_or(i64::MAX));
            let until = world.now().checked_add(wait).unwrap_or(Timestamp::MAX);
            answer.with_header("retry-after", &http_date(until))
        }
        RateDialect::Platform => own(answer, world),
        RateDialect::None => answer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_counted_as_operators_do() {
        for (text, count) in [
            ("a".repeat(160), 1),
            ("a".repeat(161), 2),
            ("a".repeat(306), 2),
            ("a".repeat(307), 3),
            ("€".repeat(80), 1),
            ("€".repeat(81), 2),
            ("ê".repeat(70), 1),
            ("ê".repeat(71), 2),
        ] {
            assert_eq!(parts(&text), count, "{text}");
        }
    }
}
