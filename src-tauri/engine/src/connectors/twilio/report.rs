//! One reading: one list shows what became of messages and what people answered; the few open messages that
//! it leaves out, because they have no sent date, are asked for one by one.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{
    client::Client,
    wire::{List, Marks, Sms},
};
use crate::{
    connectors::{
        Access, Failure, FailureClass,
        messenger::{ReportRequest, Reports},
        provider::{answered, e164, event},
    },
    domain::{About, MessageEventKind, Problem, ReportedEvent},
};

/// Pages of a thousand messages in one reading.
const MOST_PAGES: usize = 5;
/// Messages that are asked for one by one in one reading.
const MOST_SINGLE: usize = 50;
/// Before that a message without a sent date is nothing unusual.
const PATIENCE: SignedDuration = SignedDuration::from_mins(10);

pub(super) async fn read(access: &Access<'_>, request: &ReportRequest) -> Result<Reports, Failure> {
    let client = Client::new(access)?;
    let mut marks = Marks::read(&request.marks);
    let now = access.now;
    let oldest = request.open.iter().map(|message| message.sent_at).min().unwrap_or(now);
    let from = oldest.min(marks.answers_from.unwrap_or(now));
    let open: BTreeSet<&str> =
        request.open.iter().filter_map(|message| message.remote_id.as_deref()).collect();
    let mut reports = Reports::default();
    let mut seen = BTreeSet::new();
    let mut newest = marks.answers_from;
    // "Sent on this day or later" is how the filter with the greater-than sign is meant.
    let day = from.checked_sub(SignedDuration::from_hours(24)).unwrap_or(from).to_zoned(TimeZone::UTC).date();
    let since = format!("{day}T00:00:00Z");
    let mut page = Some(client.list(&[("DateSent>", &since), ("PageSize", "1000")]).await?);
    for _ in 0..MOST_PAGES {
        let Some(List { messages, next_page_uri }) = page.take() else { break };
        for message in messages {
            if message.direction == "inbound" {
                newest = newest.max(message.created_at());
                reports.events.extend(heard(&message, now));
            } else if open.contains(message.sid.as_str()) {
                reports.events.extend(ended(&message, now));
                seen.insert(message.sid);
            }
        }
        if let Some(next) = next_page_uri {
            page = client.page(&next).await?;
        }
    }
    let unseen = request.open.iter().filter(|message| now.duration_since(message.sent_at) > PATIENCE);
    let unseen = unseen.filter_map(|message| message.remote_id.as_deref()).filter(|sid| !seen.contains(*sid));
    for sid in unseen.take(MOST_SINGLE) {
        if let Some(message) = client.find::<Sms>(&format!("Messages/{sid}.json")).await? {
            reports.events.extend(ended(&message, now));
        }
    }
    marks.answers_from = Some(newest.unwrap_or(now));
    reports.marks = serde_json::to_value(&marks)
        .map_err(|_| Failure::new(FailureClass::Retry, Problem::new("marks_unwritable")))?;
    Ok(reports)
}

fn ended(message: &Sms, now: Timestamp) -> Option<ReportedEvent> {
    let kind = message.end()?;
    let about = match kind {
        MessageEventKind::Stop => About::Address(e164(&message.to)?),
        _ => About::RemoteId(message.sid.clone()),
    };
    let detail = message.error_code.map(|code| code.to_string());
    let key = format!("{}:{}", message.sid, message.status);
    Some(event(about, kind, message.updated_at().unwrap_or(now), detail, key))
}

fn heard(message: &Sms, now: Timestamp) -> Option<ReportedEvent> {
    let from = e164(message.from.as_deref()?)?;
    Some(answered(from, &message.body, message.created_at().unwrap_or(now), message.sid.clone()))
}
