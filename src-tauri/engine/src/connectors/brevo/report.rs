//! One reading: the people who are blocked, then the events.

use serde_json::Value;

use super::wire::{BlockedContacts, meaning, wish};
use crate::{
    connectors::{
        Access, Failure,
        brevo_api::{Client, EventMarks, day_of, days_before, read_days},
        messenger::{ReportRequest, Reports},
        provider::{event, instant, marked, print_of, text},
    },
    domain::{About, ReportedEvent},
};

/// Their largest page of blocked people.
const MOST_BLOCKED: usize = 100;
/// Pages of them in one reading.
const MOST_PAGES: usize = 20;
/// Their largest page of events.
const MOST_EVENTS: usize = 2500;

pub(super) async fn read(access: &Access<'_>, request: &ReportRequest) -> Result<Reports, Failure> {
    let client = Client::new(access)?;
    let mut marks = EventMarks::read(&request.marks);
    let mut events = blocked(&client, access, &mut marks).await?;
    let oldest = request.open.iter().map(|message| message.sent_at).min().unwrap_or(access.now);
    let path = ["smtp", "statistics", "events"];
    let list = read_days(&client, &path, MOST_EVENTS, (oldest, access.now), &mut marks).await?;
    events.extend(list.iter().filter_map(understood));
    Ok(Reports { events, marks: marks.written()?, more: false })
}

fn understood(told: &Value) -> Option<ReportedEvent> {
    let (kind, robot) = meaning(told)?;
    let (id, date) = (text(told, "messageId"), text(told, "date"));
    let about = match told.get("tag").and_then(|tag| marked(&tag.to_string())) {
        Some(message) => About::Message(message),
        None => About::RemoteId(Some(id).filter(|id| !id.is_empty())?.to_owned()),
    };
    let detail = ["link", "reason"].into_iter().map(|key| text(told, key)).find(|words| !words.is_empty());
    let key = format!("{id}:{}:{date}:{}", text(told, "event"), text(told, "link"));
    let at = instant(date)?;
    Some(ReportedEvent { robot, ..event(about, kind, at, detail.map(str::to_owned), key) })
}

/// Who is blocked, whole at first, afterwards what came since the day of the last reading.
async fn blocked(
    client: &Client<'_>,
    access: &Access<'_>,
    marks: &mut EventMarks,
) -> Result<Vec<ReportedEvent>, Failure> {
    let today = day_of(access.now);
    let since = marks.opt_outs_from.map(|day| (days_before(day, 1).to_string(), today.to_string()));
    let most = MOST_BLOCKED.to_string();
    let mut events = Vec::new();
    for page in 0..MOST_PAGES {
        let offset = (page * MOST_BLOCKED).to_string();
        let mut query = vec![("limit", most.as_str()), ("offset", offset.as_str())];
        if let Some((from, to)) = &since {
            query.extend([("startDate", from.as_str()), ("endDate", to.as_str())]);
        }
        let list: BlockedContacts = client.get(&["smtp", "blockedContacts"], &query).await?;
        let count = list.contacts.len();
        events.extend(list.contacts.iter().filter_map(told));
        if count < MOST_BLOCKED {
            break;
        }
    }
    marks.opt_outs_from = Some(today);
    Ok(events)
}

fn told(contact: &Value) -> Option<ReportedEvent> {
    let (address, at) = (text(contact, "email").to_lowercase(), text(contact, "blockedAt"));
    let key = format!("blocked:{}:{at}", print_of(&address));
    let why = contact.pointer("/reason/code").and_then(Value::as_str).map(str::to_owned);
    (!address.is_empty()).then_some(())?;
    Some(event(About::Address(address), wish(contact)?, instant(at)?, why, key))
}
