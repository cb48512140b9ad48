//! Whether a message may leave now: six gates in a fixed order, as a pure function of facts.
//!
//! The order is part of the promise. Validity first, because nothing is owed to what is over; then what the
//! person said, then what protects the person, then the law's hours, then the owner's purse. Facts are read
//! and the decision taken in the transaction that lets the message go (`store::message_gates`), so what was
//! withdrawn before that commit is seen.

use jiff::{SignedDuration, Timestamp};

use super::{
    consent::ConsentState,
    legal_hours::SmsHours,
    message::{Channel, Purpose},
    suppression::SuppressionReason,
};

/// A ceiling may be raised at any time, so a message that met it asks again this often.
const ASK_AGAIN: SignedDuration = SignedDuration::from_hours(1);

/// Most marketing messages to one person, over all channels together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrequencyCap {
    pub count: u32,
    /// Calendar days of Paris, today included: what left last Friday evening does not stop this Friday's.
    pub days: u32,
}

/// What the owner decided for all messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessagePolicy {
    pub frequency_cap: FrequencyCap,
    pub sms_hours: SmsHours,
    /// Most money for messages in a calendar month; `None` = no ceiling.
    pub monthly_budget_cents: Option<u64>,
    /// One part of an SMS, thousandths of a euro.
    pub sms_part_price_milli: u64,
}

impl Default for MessagePolicy {
    fn default() -> Self {
        Self {
            frequency_cap: FrequencyCap { count: 1, days: 7 },
            sms_hours: SmsHours::default(),
            monthly_budget_cents: None,
            sms_part_price_milli: 65,
        }
    }
}

/// Everything that the gates look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateFacts {
    pub channel: Channel,
    pub purpose: Purpose,
    /// Nothing leaves after this.
    pub not_after: Option<Timestamp>,
    /// The offer in it ends.
    pub valid_until: Option<Timestamp>,
    pub address_is_sendable: bool,
    /// What the person last said about marketing on this channel; `None` = never, or nobody knows them.
    pub consent: Option<ConsentState>,
    /// The strongest reason for which the address is not written to.
    pub suppression: Option<SuppressionReason>,
    /// Marketing messages that the person got, or may have got, in the days of the cap.
    pub recent: u32,
    pub frequency_cap: FrequencyCap,
    pub sms_hours: SmsHours,
    /// Spent this month, and what this message adds at least: thousandths of a euro.
    pub spent_milli: u64,
    pub cost_milli: u64,
    pub monthly_budget_cents: Option<u64>,
}

/// What the gates say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GateDecision {
    Go,
    /// Not before `until`; then everything is asked again.
    Wait {
        until: Timestamp,
        code: &'static str,
    },
    /// Never.
    No {
        code: &'static str,
    },
}

/// Asks the gates in their order.
pub fn decide(facts: &GateFacts, now: Timestamp) -> GateDecision {
    if let Some(code) = refusal(facts, now) {
        return GateDecision::No { code };
    }
    let Some((until, code)) = hindrance(facts, now) else { return GateDecision::Go };
    // What would be over by then does not wait for nothing.
    match until {
        None => GateDecision::No { code },
        Some(until) => match over(facts, until) {
            Some(code) => GateDecision::No { code },
            None => GateDecision::Wait { until, code },
        },
    }
}

/// What can never leave any more.
fn refusal(facts: &GateFacts, now: Timestamp) -> Option<&'static str> {
    if let Some(code) = over(facts, now) {
        return Some(code);
    }
    if !facts.address_is_sendable {
        return Some("address_invalid");
    }
    let is_marketing = facts.purpose == Purpose::Marketing;
    if is_marketing {
        match facts.consent {
            Some(ConsentState::Granted) => {}
            Some(ConsentState::Withdrawn) => return Some("consent_withdrawn"),
            None => return Some("consent_unknown"),
        }
    }
    if facts.suppression.is_some_and(|reason| reason.stops(facts.purpose)) {
        return Some("suppressed");
    }
    (is_marketing && facts.recent >= facts.frequency_cap.count).then_some("frequency_cap")
}

/// What may leave later, and when; `None` = at no time.
fn hindrance(facts: &GateFacts, now: Timestamp) -> Option<(Option<Timestamp>, &'static str)> {
    let has_hours = facts.channel == Channel::Sms && facts.purpose == Purpose::Marketing;
    if has_hours && !facts.sms_hours.is_allowed(now) {
        return Some((facts.sms_hours.next_allowed(now), "outside_legal_hours"));
    }
    let after = facts.spent_milli.saturating_add(facts.cost_milli);
    let is_dear = facts.monthly_budget_cents.is_some_and(|cents| after > cents.saturating_mul(10));
    // What costs nothing is no matter of money.
    (is_dear && facts.cost_milli > 0).then(|| (now.checked_add(ASK_AGAIN).ok(), "budget_reached"))
}

fn over(facts: &GateFacts, at: Timestamp) -> Option<&'static str> {
    if facts.not_after.is_some_and(|end| at > end) {
        return Some("message_expired");
    }
    facts.valid_until.is_some_and(|end| at >= end).then_some("offer_expired")
}

#[cfg(test)]
#[path = "message_gates/tests.rs"]
mod tests;
