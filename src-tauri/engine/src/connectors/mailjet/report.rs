//! One reading: who said no, then the state of what was sent since the oldest open message. They tell a
//! state and the time of arrival, no history, so that time stands for each thing that the state contains.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::{
    client::Client,
    wire::{Contact, Marks, Message},
};
use crate::{
    connectors::{
        Access, Failure, FailureClass,
        messenger::{ReportRequest, Reports},
        provider::{event, id_text, instant, print_of},
    },
    domain::{About, MessageEventKind, MessageId, Problem},
};

/// Their largest page.
const PAGE: usize = 1000;
/// Pages of one list in one reading.
const MOST_PAGES: usize = 6;
const MARGIN: SignedDuration = SignedDuration::from_hours(1);

pub(super) async fn read(access: &Access<'_>, request: &ReportRequest) -> Result<Reports, Failure> {
    let client = Client::new(access)?;
    let mut marks = Marks::read(&request.marks);
    let mut reports = Reports::default();
    for filter in ["IsExcludedFromCampaigns", "IsUnsubscribed"] {
        excluded(&client, filter, access.now, &mut marks, &mut reports).await?;
    }
    states(&client, request, &mut reports).await?;
    reports.marks = serde_json::to_value(&marks)
        .map_err(|_| Failure::new(FailureClass::Retry, Problem::new("marks_unwritable")))?;
    Ok(reports)
}

async fn excluded(
    client: &Client<'_>,
    filter: &str,
    now: Timestamp,
    marks: &mut Marks,
    reports: &mut Reports,
) -> Result<(), Failure> {
    let known: BTreeSet<String> = marks.excluded.iter().cloned().collect();
    let mut new = BTreeMap::new();
    for page in 0..MOST_PAGES {
        let (limit, offset) = (PAGE.to_string(), (page * PAGE).to_string());
        let query = [(filter, "true"), ("Limit", limit.as_str()), ("Offset", offset.as_str())];
        let people: Vec<Contact> = client.list("contact", &query).await?;
        let count = people.len();
        for person in people {
            let print = print_of(&person.email);
            if !known.contains(&print) {
                new.insert(print, person);
            }
        }
        if count < PAGE {
            break;
        }
    }
    for (print, person) in new {
        let since = [&person.unsubscribed_at, &person.exclusion_from_campaigns_updated_at];
        let since = since.into_iter().flatten().find_map(|at| instant(at));
        let about = About::Address(person.email.to_lowercase());
        let key = format!("excluded:{print}:{}", since.map_or(0, Timestamp::as_second));
        let at = since.unwrap_or(now);
        reports.events.push(event(about, MessageEventKind::Unsubscribe, at, Some(filter.to_owned()), key));
        marks.excluded.push(print);
    }
    Ok(())
}

async fn states(client: &Client<'_>, request: &ReportRequest, reports: &mut Reports) -> Result<(), Failure> {
    let Some(oldest) = request.open.iter().map(|message| message.sent_at).min() else { return Ok(()) };
    let from = oldest.checked_sub(MARGIN).unwrap_or(oldest).as_second().to_string();
    for page in 0..MOST_PAGES {
        let (limit, offset) = (PAGE.to_string(), (page * PAGE).to_string());
        let query = [
            ("FromTS", from.as_str()),
            ("ShowCustomID", "true"),
            ("Limit", limit.as_str()),
            ("Offset", offset.as_str()),
        ];
        let list: Vec<Message> = client.list("message", &query).await?;
        let count = list.len();
        for message in list {
            tell(&message, reports);
        }
        if count < PAGE {
            return Ok(());
        }
    }
    Ok(())
}

fn tell(message: &Message, reports: &mut Reports) {
    let (Some(id), Some(at)) = (id_text(&message.id), instant(&message.arrived_at)) else { return };
    let ours = message.custom_id.as_deref().filter(|id| uuid::Uuid::try_parse(id).is_ok());
    let about = match ours {
        Some(ours) => About::Message(MessageId::from(ours)),
        None => About::RemoteId(id.clone()),
    };
    let detail = id_text(&message.state).filter(|_| message.status != "sent");
    for kind in message.happened() {
        let key = format!("{id}:{}", kind.as_str());
        reports.events.push(event(about.clone(), *kind, at, detail.clone(), key));
    }
}
