//! Sendings and messages as people and programs see them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ProblemView;
use crate::{
    domain::{
        Audience, Channel, DeliveryState, Fate, Mailing, MailingState, Message, MessageEventKind, Purpose,
    },
    store::{Connection, StoreError, mailings, message_events},
};

/// How far a sending is. Everybody who was meant is in exactly one of these.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MailingTotals {
    pub messages: u32,
    /// Not yet sent.
    pub waiting: u32,
    /// Taken by the provider.
    pub accepted: u32,
    /// Refused by a provider.
    pub refused: u32,
    /// Kept back by our own rules: consent, frequency, hours…
    pub withheld: u32,
    /// Taken back by a person, or too late.
    pub cancelled: u32,
    /// Nobody knows whether they left; not sent again by themselves.
    pub doubtful: u32,
    /// Given up: a person decides.
    pub held: u32,
}

/// What is known about the messages that were accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MailingMeasures {
    pub delivered: u32,
    pub bounced: u32,
    pub complained: u32,
    pub deferred: u32,
    /// Persons who clicked; programs left out.
    pub clicked: u32,
    pub replied: u32,
    /// Persons who asked to be left alone.
    pub stopped: u32,
    /// Persons who opened, of those who agreed to its being measured. `null`: it is measured for nobody.
    pub opened: Option<u32>,
}

/// Why messages were kept back or refused, most frequent first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MailingReason {
    pub number: u32,
    pub problem: ProblemView,
}

/// One sending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MailingView {
    pub id: String,
    pub name: String,
    pub purpose: Purpose,
    #[schema(example = "promotion_annonce")]
    pub template: String,
    pub template_version: i64,
    pub channels: Vec<Channel>,
    pub audience: Audience,
    pub state: MailingState,
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub not_after: Option<Timestamp>,
    pub problem: Option<ProblemView>,
    pub totals: MailingTotals,
    pub measures: MailingMeasures,
    pub reasons: Vec<MailingReason>,
    /// What can be done now: `pause`, `resume`, `stop`, `retry`.
    pub actions: Vec<String>,
    pub created_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
}

/// A page of sendings.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct MailingPage {
    pub items: Vec<MailingView>,
    pub next_cursor: Option<String>,
}

/// Refusals that are our own.
const WITHHELD: [&str; 9] = [
    "consent_unknown",
    "consent_withdrawn",
    "suppressed",
    "frequency_cap",
    "outside_legal_hours",
    "budget_reached",
    "offer_expired",
    "message_expired",
    "channel_not_connected",
];

pub fn mailing_view(connection: &Connection, mailing: Mailing) -> Result<MailingView, StoreError> {
    use DeliveryState as S;
    let tally = mailings::tally(connection, &mailing.id)?;
    let measured = mailings::measures(connection, &mailing.id)?;
    let mut totals = MailingTotals::default();
    let mut reasons: Vec<(u32, String)> = Vec::new();
    let mut failed = 0;
    for ((state, code), number) in tally {
        totals.messages += number;
        let withheld = WITHHELD.contains(&code.as_str());
        *match state {
            S::Published | S::Duplicate | S::HandedOver => &mut totals.accepted,
            S::Rejected | S::Expired | S::Cancelled if withheld => &mut totals.withheld,
            S::Rejected => &mut totals.refused,
            S::Cancelled | S::Expired => &mut totals.cancelled,
            S::Held if code == "message_outcome_unknown" => &mut totals.doubtful,
            S::Held => &mut totals.held,
            S::Queued
            | S::Preparing
            | S::Armed
            | S::Sending
            | S::RetryAt
            | S::NeedsReauth
            | S::Unknown
            | S::Reconciling => &mut totals.waiting,
        } += number;
        if matches!(state, S::Rejected | S::Held) && !withheld && code != "message_outcome_unknown" {
            failed += number;
        }
        if !code.is_empty() {
            reasons.push((number, code));
        }
    }
    reasons.sort_by(|a, b| b.cmp(a));
    let count = |name: &str| measured.get(name).copied().unwrap_or(0);
    let mut actions = Vec::new();
    match mailing.state {
        MailingState::Scheduled | MailingState::Sending => actions.extend(["pause", "stop"]),
        MailingState::Paused => actions.extend(["resume", "stop"]),
        MailingState::Stopped | MailingState::Done => {}
    }
    if failed > 0 && matches!(mailing.state, MailingState::Sending | MailingState::Done) {
        actions.push("retry");
    }
    Ok(MailingView {
        id: mailing.id.to_string(),
        name: mailing.name,
        purpose: mailing.purpose,
        template: mailing.template_id,
        template_version: mailing.template_version,
        channels: mailing.channels,
        audience: mailing.audience,
        state: mailing.state,
        due_at: mailing.due_at,
        not_after: mailing.not_after,
        problem: mailing.problem.as_ref().map(ProblemView::from),
        totals,
        measures: MailingMeasures {
            delivered: count("delivered"),
            bounced: count("bounced"),
            complained: count("complained"),
            deferred: count("deferred"),
            clicked: count("click"),
            replied: count("reply"),
            stopped: count("stop") + count("unsubscribe"),
            opened: measured.get("open").copied(),
        },
        reasons: reasons
            .into_iter()
            .map(|(number, code)| MailingReason {
                number,
                problem: ProblemView::from(&crate::domain::Problem::new(code)),
            })
            .collect(),
        actions: actions.into_iter().map(str::to_owned).collect(),
        created_by: mailing.created_by,
        created_at: mailing.created_at,
        finished_at: mailing.finished_at,
    })
}

/// One thing that was reported about a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MessageEventView {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub kind: MessageEventKind,
    /// By a program, not by the person.
    pub robot: bool,
    /// The provider's code and words, or the address that was clicked.
    pub detail: Option<String>,
}

/// One message to one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MessageView {
    pub id: String,
    /// Mailing id.
    pub mailing: String,
    /// Contact id.
    pub contact: Option<String>,
    pub channel: Channel,
    /// In full for the window and the command line, otherwise its beginning and its end.
    pub address: String,
    pub state: DeliveryState,
    pub attempts: u32,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub sent_at: Option<Timestamp>,
    /// Nobody knows whether it left.
    pub doubtful: bool,
    pub problem: Option<ProblemView>,
    /// What became of it after it was accepted.
    pub fate: Option<Fate>,
    pub events: Vec<MessageEventView>,
}

/// A page of messages.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct MessagePage {
    pub items: Vec<MessageView>,
    pub next_cursor: Option<String>,
}

pub fn message_view(
    connection: &Connection,
    message: Message,
    in_full: bool,
) -> Result<MessageView, StoreError> {
    let events = message_events::of_message(connection, &message.id)?;
    Ok(MessageView {
        id: message.id.to_string(),
        mailing: message.mailing_id.to_string(),
        contact: message.contact_id.map(|id| id.to_string()),
        channel: message.channel,
        address: if in_full { message.address } else { masked(&message.address) },
        state: message.state,
        attempts: message.attempts,
        next_at: message.next_at,
        sent_at: message.sent_at,
        doubtful: message.doubtful,
        problem: message.problem.as_ref().map(ProblemView::from),
        fate: message.fate,
        events: events
            .into_iter()
            .map(|event| MessageEventView {
                at: event.at,
                kind: event.kind,
                robot: event.robot,
                detail: event.detail,
            })
            .collect(),
    })
}

/// An address that is recognised by who knows it: `m…@example.org`, `+33…78`.
fn masked(address: &str) -> String {
    if let Some((name, domain)) = address.rsplit_once('@') {
        let first: String = name.chars().take(1).collect();
        return format!("{first}…@{domain}");
    }
    let digits: Vec<char> = address.chars().collect();
    match (digits.get(..3), digits.get(digits.len().saturating_sub(2)..)) {
        (Some(start), Some(end)) if digits.len() > 6 => {
            format!("{}…{}", start.iter().collect::<String>(), end.iter().collect::<String>())
        }
        _ => "…".into(),
    }
}
