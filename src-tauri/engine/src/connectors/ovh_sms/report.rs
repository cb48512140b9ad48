//! One reading: what became of open messages, answers, and the STOP list.
//!
//! Their lists give numbers only, so each thing is asked for once, when it is news: an end that was reached,
//! an answer, a new line of the STOP list. Messages still on their way cost nothing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::{
    client::{Client, noted, service, written},
    wire::{Blacklisted, Incoming, Marks, Outgoing},
};
use crate::{
    connectors::{
        Access, Failure,
        messenger::{ReportRequest, Reports},
        provider::{MOST_DETAILS, answered, e164, event, instant, print_of},
    },
    domain::{About, MessageEventKind},
};

/// Receipts that are an end: arrived, failed, failed without being billed.
const ENDS: [&str; 3] = ["1", "2", "16"];
/// Their lists are asked from a little earlier than what we know, because clocks differ.
const MARGIN: SignedDuration = SignedDuration::from_hours(1);
/// Answers before the first reading that still matter.
const FIRST_ANSWERS: SignedDuration = SignedDuration::from_hours(72);

pub(super) async fn read(access: &Access<'_>, request: &ReportRequest) -> Result<Reports, Failure> {
    let (client, service) = (Client::open(access).await?, service(access)?);
    let mut marks = Marks::read(&request.marks);
    let mut reports = Reports::default();
    let mut left = MOST_DETAILS;
    // The wishes of people before our own curiosity.
    stops(&client, &service, access.now, &mut marks, &mut reports, &mut left).await?;
    answers(&client, &service, access.now, &mut marks, &mut reports, &mut left).await?;
    ends(&client, &service, access.now, request, &mut reports, &mut left).await?;
    reports.marks = noted(&marks)?;
    Ok(reports)
}

async fn ends(
    client: &Client<'_>,
    service: &str,
    now: Timestamp,
    request: &ReportRequest,
    reports: &mut Reports,
    left: &mut usize,
) -> Result<(), Failure> {
    let open: BTreeSet<i64> =
        request.open.iter().filter_map(|message| message.remote_id.as_ref()?.parse().ok()).collect();
    let Some(oldest) = request.open.iter().map(|message| message.sent_at).min().filter(|_| !open.is_empty())
    else {
        return Ok(());
    };
    let from = written(oldest.checked_sub(MARGIN).unwrap_or(oldest));
    for receipt in ENDS {
        let query = [("creationDatetime.from", from.as_str()), ("deliveryReceipt", receipt)];
        let ended: Vec<i64> = client.get(&["sms", service, "outgoing"], &query).await?;
        for id in ended.into_iter().filter(|id| open.contains(id)) {
            if *left == 0 {
                reports.more = true;
                return Ok(());
            }
            *left -= 1;
            let sent: Outgoing = client.get(&["sms", service, "outgoing", &id.to_string()], &[]).await?;
            let Some(kind) = sent.end() else { continue };
            let at = sent.delivered_at.as_deref().and_then(instant).unwrap_or(now);
            let detail = sent.ptt.map(|ptt| format!("ptt {ptt}"));
            reports.events.push(event(
                About::RemoteId(id.to_string()),
                kind,
                at,
                detail,
                format!("end:{id}"),
            ));
        }
    }
    Ok(())
}

async fn answers(
    client: &Client<'_>,
    service: &str,
    now: Timestamp,
    marks: &mut Marks,
    reports: &mut Reports,
    left: &mut usize,
) -> Result<(), Failure> {
    let first = || now.checked_sub(FIRST_ANSWERS).unwrap_or(now);
    let from = marks.answers_from.unwrap_or_else(first);
    let query = [("creationDatetime.from", written(from))];
    let query: Vec<(&str, &str)> = query.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let mut ids: Vec<i64> = client.get(&["sms", service, "incoming"], &query).await?;
    ids.sort_unstable();
    for id in ids {
        if *left == 0 {
            reports.more = true;
            return Ok(());
        }
        *left -= 1;
        let Some(heard) = client.find::<Incoming>(&["sms", service, "incoming", &id.to_string()]).await?
        else {
            continue;
        };
        let at = instant(&heard.creation_datetime).unwrap_or(now);
        // The same second is read again, so that two answers of one second are both heard.
        marks.answers_from = marks.answers_from.max(Some(at));
        if let Some(from) = e164(&heard.sender) {
            reports.events.push(answered(from, &heard.message, at, format!("incoming:{}", heard.id)));
        }
    }
    Ok(())
}

async fn stops(
    client: &Client<'_>,
    service: &str,
    now: Timestamp,
    marks: &mut Marks,
    reports: &mut Reports,
    left: &mut usize,
) -> Result<(), Failure> {
    let numbers: Vec<String> = client.get(&["sms", service, "blacklists"], &[]).await?;
    let listed: BTreeMap<String, String> =
        numbers.into_iter().map(|number| (print_of(&number), number)).collect();
    // Who was taken off the list and comes back to it is news again.
    marks.stops.retain(|known| listed.contains_key(known));
    let known: BTreeSet<String> = marks.stops.iter().cloned().collect();
    for (print, number) in listed.into_iter().filter(|(print, _)| !known.contains(print)) {
        if *left == 0 {
            reports.more = true;
            return Ok(());
        }
        *left -= 1;
        let line = client.find::<Blacklisted>(&["sms", service, "blacklists", &number]).await?;
        let since = line.and_then(|line| instant(&line.date_creation?));
        if let Some(number) = e164(&number) {
            let at = since.unwrap_or(now);
            let key = format!("stop:{print}:{}", since.map_or(0, Timestamp::as_second));
            reports.events.push(event(About::Address(number), MessageEventKind::Stop, at, None, key));
        }
        marks.stops.push(print);
    }
    Ok(())
}
