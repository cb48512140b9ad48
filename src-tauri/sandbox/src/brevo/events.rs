//! Lists of events, oldest or newest first, by day, tag and address; and who is blocked.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::{Value, json};

use crate::{
    brevo::{Reply, errors::Refused, mail, sms},
    exchange::Call,
    faults::Quirks,
    inbox::{Fate, is_listed},
    platform::Platform,
    state::World,
};

const MOST_MAIL: usize = 2500;
const MOST_SMS: usize = 100;
const MOST_BLOCKED: usize = 100;

/// As their instants are written.
fn paris(at: Timestamp) -> String {
    let zone = TimeZone::get("Europe/Paris").unwrap_or(TimeZone::UTC);
    at.to_zoned(zone).strftime("%Y-%m-%dT%H:%M:%S.000%:z").to_string()
}

/// Days of a list: both or none, and the end not before the beginning.
fn days(call: &Call) -> Result<Option<(Date, Date)>, Refused> {
    let day = |name: &str| {
        let read =
            |text: String| text.parse::<Date>().map_err(|_| Refused::invalid(format!("{name} is invalid")));
        call.param(name).map(read).transpose()
    };
    match (day("startDate")?, day("endDate")?) {
        (Some(from), Some(to)) if from <= to => Ok(Some((from, to))),
        (None, None) => Ok(None),
        _ => Err(Refused::invalid("startDate and endDate are needed together")),
    }
}

struct Told {
    at: Timestamp,
    value: Value,
}

/// Sorts, cuts to the days and gives one page.
fn page(call: &Call, most: usize, mut told: Vec<Told>) -> Reply {
    let number = |name: &str, default: usize| -> Result<usize, Refused> {
        call.param(name).map_or(Ok(default), |text| {
            text.parse().map_err(|_| Refused::invalid(format!("{name} is invalid")))
        })
    };
    let (limit, offset) = (number("limit", most)?, number("offset", 0)?);
    if limit > most {
        return Err(Refused::new(400, "out_of_range", format!("limit exceeds {most}")));
    }
    if let Some((from, to)) = days(call)? {
        let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
        told.retain(|event| (from..=to).contains(&day(event.at)));
    }
    told.sort_by_key(|event| event.at);
    if call.param("sort").as_deref() != Some("asc") {
        told.reverse();
    }
    let events: Vec<Value> = told.into_iter().skip(offset).take(limit).map(|event| event.value).collect();
    // Where there is nothing the list itself is left out.
    Ok((200, if events.is_empty() { json!({}) } else { json!({"events": events}) }))
}

/// A serialized list, or names with commas.
fn has_tag(call: &Call, tag: &str) -> bool {
    call.param("tags").is_none_or(|wanted| {
        serde_json::from_str::<Vec<String>>(&wanted)
            .unwrap_or_else(|_| wanted.split(',').map(str::to_owned).collect())
            .iter()
            .any(|wanted| wanted == tag)
    })
}

pub(super) fn of_mail(world: &World, platform: Platform, call: &Call, quirks: Quirks, k: usize) -> Reply {
    let inbox = world.inbox();
    let mut told = Vec::new();
    let email = call.param("email");
    for sent in inbox.of(platform).filter(|sent| sent.account == k && !sent.to.is_empty()) {
        let is_wanted = is_listed(world, quirks, sent.at)
            && has_tag(call, sent.mark("tag"))
            && email.as_ref().is_none_or(|email| *email == sent.to);
        if !is_wanted {
            continue;
        }
        let mut add = |at: Timestamp, event: &str, reason: &str| {
            let mut value = json!({
                "email": sent.to,
                "date": paris(at),
                "subject": sent.subject,
                "messageId": mail::remote_id(sent),
                "event": event,
                "tag": sent.mark("tag"),
                "from": sent.from,
            });
            if !reason.is_empty() {
                let key = if event == "clicks" { "link" } else { "reason" };
                value[key] = json!(reason);
            }
            told.push(Told { at, value });
        };
        add(sent.at, "requests", "");
        for happening in &sent.history {
            let (event, reason) = match happening.fate {
                Fate::Pending => continue,
                Fate::Delivered => ("delivered", ""),
                Fate::HardBounce => ("hardBounces", "550 5.1.1 User unknown"),
                Fate::SoftBounce => ("softBounces", "452 4.2.2 Mailbox full"),
                Fate::Blocked => ("blocked", "blocked : due to blacklist user"),
                Fate::Complaint => ("spam", ""),
                Fate::Unsubscribed => ("unsubscribed", ""),
                Fate::Opened => ("opened", ""),
                Fate::OpenedByRobot => ("loadedByProxy", ""),
                Fate::Clicked => ("clicks", "https://levieuxmoulin.example/carte"),
            };
            add(happening.at, event, reason);
        }
    }
    page(call, MOST_MAIL, told)
}

pub(super) fn of_sms(world: &World, platform: Platform, call: &Call, quirks: Quirks, k: usize) -> Reply {
    let inbox = world.inbox();
    let phone = call.param("phoneNumber").map(|number| number.trim_start_matches('+').to_owned());
    let is_phone = |number: &str| phone.as_ref().is_none_or(|phone| number.trim_start_matches('+') == phone);
    let written = |number: &str| format!("00{}", number.trim_start_matches('+'));
    let mut told = Vec::new();
    for sent in inbox.of(platform).filter(|sent| sent.account == k && !sent.to.is_empty()) {
        if !is_listed(world, quirks, sent.at) || !has_tag(call, sent.mark("tag")) || !is_phone(&sent.to) {
            continue;
        }
        let mut add = |at: Timestamp, event: &str, reason: &str| {
            let value = json!({
                "phoneNumber": written(&sent.to),
                "date": paris(at),
                "messageId": sms::remote_id(sent).to_string(),
                "event": event,
                "reason": reason,
                "tag": sent.mark("tag"),
            });
            told.push(Told { at, value });
        };
        add(sent.at, "accepted", "");
        for happening in &sent.history {
            let (event, reason) = match happening.fate {
                Fate::Delivered => ("delivered", ""),
                Fate::HardBounce => ("hardBounces", "Message is undeliverable due to an invalid MSISDN"),
                Fate::SoftBounce => ("softBounces", "Recipient is currently unreachable"),
                Fate::Blocked => ("blocked", "Blacklisted"),
                _ => continue,
            };
            add(happening.at, event, reason);
        }
    }
    // They belong to no message of ours.
    if call.param("tags").is_none() {
        for line in inbox.opt_outs.iter().filter(|line| line.platform == platform && is_phone(&line.address))
        {
            let value = json!({
                "phoneNumber": written(&line.address),
                "date": paris(line.at),
                "messageId": "1511882900999999",
                "event": "unsubscription",
            });
            told.push(Told { at: line.at, value });
        }
        for heard in inbox.incoming.iter().filter(|heard| heard.platform == platform && is_phone(&heard.from))
        {
            let value = json!({
                "phoneNumber": written(&heard.from),
                "date": paris(heard.at),
                "messageId": format!("15118829008{:05}", heard.id),
                "event": "replies",
                "reply": heard.text,
            });
            told.push(Told { at: heard.at, value });
        }
    }
    page(call, MOST_SMS, told)
}

pub(super) fn blocked(world: &World, platform: Platform, call: &Call) -> Reply {
    if let Some((_, to)) = days(call)?
        && to > world.now().to_zoned(TimeZone::UTC).date()
    {
        return Err(Refused::invalid("endDate is in the future"));
    }
    let inbox = world.inbox();
    let line = |email: &str, at: Timestamp, code: &str| Told {
        at,
        value: json!({
            "email": email,
            "senderEmail": crate::seed::MAIL_SENDER,
            "reason": {"code": code, "message": code},
            "blockedAt": paris(at),
        }),
    };
    let wishes = inbox.opt_outs.iter().filter(|wish| wish.platform == platform);
    let mut told: Vec<Told> =
        wishes.map(|wish| line(&wish.address, wish.at, "unsubscribedViaEmail")).collect();
    for sent in inbox.of(platform).filter(|sent| !sent.to.is_empty()) {
        for happening in &sent.history {
            let code = match happening.fate {
                Fate::HardBounce => "hardBounce",
                Fate::Complaint => "contactFlaggedAsSpam",
                Fate::Unsubscribed => "unsubscribedViaEmail",
                _ => continue,
            };
            told.push(line(&sent.to, happening.at, code));
        }
    }
    let count = told.len();
    let (status, mut list) = page(call, MOST_BLOCKED, told)?;
    let contacts = list.get_mut("events").map(Value::take).unwrap_or(json!([]));
    Ok((status, json!({"count": count, "contacts": contacts})))
}
