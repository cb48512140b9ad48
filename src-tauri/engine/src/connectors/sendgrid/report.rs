//! One reading: the suppression lists, which hold who said no and which addresses are dead, then the log of
//! what was sent since the oldest open message.

use jiff::{SignedDuration, Timestamp};

use super::{
    CATEGORY,
    client::{Client, since},
    wire::{LogList, Marks, Suppressed, join_key},
};
use crate::{
    connectors::{
        Access, Failure, FailureClass,
        messenger::{ReportRequest, Reports},
        provider::{event, instant, print_of},
    },
    domain::{About, MessageEventKind, Problem},
};

const LISTS: [(&str, MessageEventKind); 4] = [
    ("unsubscribes", MessageEventKind::Unsubscribe),
    ("spam_reports", MessageEventKind::Complaint),
    ("bounces", MessageEventKind::HardBounce),
    ("invalid_emails", MessageEventKind::HardBounce),
];
/// Their largest page of a list.
const PAGE: usize = 500;
/// Pages of one list in one reading.
const MOST_PAGES: usize = 10;
/// Their largest answer of the log, which has no pages.
const MOST_LOGGED: usize = 1000;
const MARGIN: SignedDuration = SignedDuration::from_hours(1);

pub(super) async fn read(access: &Access<'_>, request: &ReportRequest) -> Result<Reports, Failure> {
    let client = Client::new(access)?;
    let mut marks = Marks::read(&request.marks);
    let mut reports = Reports::default();
    // Read a little twice: the clocks differ, and a key is the same both times.
    let from = marks.suppressed_until.saturating_sub(MARGIN.as_secs()).max(0).to_string();
    for (list, kind) in LISTS {
        suppressed(&client, list, kind, &from, &mut reports).await?;
    }
    marks.suppressed_until = access.now.as_second();
    if let Some(oldest) = request.open.iter().map(|message| message.sent_at).min() {
        logged(&client, oldest, &mut reports).await?;
    }
    reports.marks = serde_json::to_value(&marks)
        .map_err(|_| Failure::new(FailureClass::Retry, Problem::new("marks_unwritable")))?;
    Ok(reports)
}

async fn suppressed(
    client: &Client<'_>,
    list: &str,
    kind: MessageEventKind,
    from: &str,
    reports: &mut Reports,
) -> Result<(), Failure> {
    for page in 0..MOST_PAGES {
        let (limit, offset) = (PAGE.to_string(), (page * PAGE).to_string());
        let query = [("start_time", from), ("limit", limit.as_str()), ("offset", offset.as_str())];
        let lines: Vec<Suppressed> = client.get(&format!("/v3/suppression/{list}"), &query).await?;
        let count = lines.len();
        for line in lines {
            let address = line.email.to_lowercase();
            #[expect(clippy::cast_possible_truncation, reason = "seconds of this age")]
            let created = line.created.clamp(0.0, 1e11) as i64;
            let Ok(at) = Timestamp::from_second(created) else { continue };
            let key = format!("{list}:{}:{created}", print_of(&address));
            reports.events.push(event(About::Address(address), kind, at, line.reason, key));
        }
        if count < PAGE {
            break;
        }
    }
    Ok(())
}

async fn logged(client: &Client<'_>, oldest: Timestamp, reports: &mut Reports) -> Result<(), Failure> {
    let mut from = oldest.checked_sub(MARGIN).unwrap_or(oldest);
    // No pages: the next window begins with the newest of the last one.
    for _ in 0..MOST_PAGES {
        let query = format!("categories IN ('{CATEGORY}') AND {}", since(from));
        let LogList { messages } = client.logs(&query, MOST_LOGGED).await?;
        let newest = messages.iter().filter_map(|m| instant(m.sg_message_id_created_at.as_deref()?)).max();
        let count = messages.len();
        for message in messages {
            let Some(kind) = message.end() else { continue };
            let id = join_key(&message.sg_message_id);
            let at = message.sg_message_id_created_at.as_deref().and_then(instant).unwrap_or(from);
            let key = format!("{id}:{}", message.status);
            reports.events.push(event(About::RemoteId(id), kind, at, message.reason, key));
        }
        match newest.filter(|newest| count == MOST_LOGGED && *newest > from) {
            Some(newest) => from = newest,
            None => break,
        }
    }
    Ok(())
}
