//! The log with its query of conditions joined by AND, and the suppression lists.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    exchange::Answer,
    exchange::Call,
    faults::Quirks,
    inbox::{Fate, Message, is_listed},
    platform::Platform,
    sendgrid::{Reply, errors::Refused},
    state::World,
};

/// What the answer to the sending tells; the log adds the rest after a dot.
pub(super) fn short_id(id: u64) -> String {
    format!("vmSandbox{id:013}")
}

fn long_id(id: u64) -> String {
    format!("{}.recvd-canary-0-{id}", short_id(id))
}

fn status(fate: Fate) -> (&'static str, &'static str) {
    match fate {
        Fate::Pending => ("processed", ""),
        Fate::HardBounce => ("bounced", "550 5.1.1 User unknown"),
        Fate::SoftBounce => ("blocked", "452 4.2.2 Mailbox full"),
        Fate::Blocked => ("blocked", "554 5.7.1 Message rejected as spam"),
        _ => ("delivered", ""),
    }
}

/// One condition of a query.
fn fits(sent: &Message, condition: &str) -> Result<bool, Refused> {
    let unknown = || Refused::new(400, format!("invalid query: {condition}"), "query");
    let quoted = || condition.split(['"', '\'']).nth(1).ok_or_else(unknown);
    let name = condition.split([' ', '=']).next().unwrap_or_default();
    Ok(match name {
        "to_email" => sent.to == quoted()?,
        "categories" => {
            let wanted = quoted()?;
            let of = sent.marks.get("categories").and_then(Value::as_array);
            of.into_iter().flatten().any(|category| category.as_str() == Some(wanted))
        }
        "sg_message_id_created_at" if condition.contains("> TIMESTAMP") => {
            let since: Timestamp = quoted()?.parse().map_err(|_| unknown())?;
            sent.at > since
        }
        // Any other name is refused, also one that sounds right.
        _ => return Err(unknown()),
    })
}

pub(super) fn search(world: &World, call: &Call, quirks: Quirks, k: usize) -> Reply {
    let query = call.param("query").unwrap_or_default();
    let limit: usize = call.param("limit").and_then(|limit| limit.parse().ok()).unwrap_or(10);
    let inbox = world.inbox();
    let mut messages = Vec::new();
    for sent in inbox.of(Platform::SendGrid).filter(|sent| sent.account == k && !sent.to.is_empty()) {
        let mut is_wanted = is_listed(world, quirks, sent.at);
        for condition in query.split(" AND ").filter(|condition| !condition.is_empty()) {
            is_wanted &= fits(sent, condition.trim())?;
        }
        if !is_wanted {
            continue;
        }
        let (status, reason) = status(sent.fate());
        messages.push(json!({
            "from_email": sent.from,
            "to_email": sent.to,
            "subject": sent.subject,
            "sg_message_id": long_id(sent.id),
            "sg_message_id_created_at": sent.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "status": status,
            "reason": reason,
        }));
    }
    messages.truncate(limit.clamp(1, 1000));
    Ok(Answer::json(200, &json!({"messages": messages})))
}

pub(super) fn one(world: &World, id: &str, k: usize) -> Reply {
    let inbox = world.inbox();
    let mut all = inbox.of(Platform::SendGrid).filter(|sent| sent.account == k && !sent.to.is_empty());
    let sent = all.find(|sent| long_id(sent.id) == id);
    let sent = sent.ok_or_else(|| Refused::new(404, "message not found", "sg_message_id"))?;
    let body = json!({
        "from_email": sent.from,
        "to_email": sent.to,
        "subject": sent.subject,
        "sg_message_id": id,
        "status": status(sent.fate()).0,
        "events": [],
        "api_key_id": "",
        "category": sent.marks.get("categories"),
        "custom_args": sent.marks.get("custom_args"),
    });
    Ok(Answer::json(200, &body))
}

pub(super) fn suppressed(world: &World, call: &Call, list: &str) -> Reply {
    let number = |name: &str, default: i64| call.param(name).and_then(|n| n.parse().ok()).unwrap_or(default);
    let (from, limit, offset) = (number("start_time", 0), number("limit", 500), number("offset", 0));
    if !(1..=500).contains(&limit) {
        return Err(Refused::new(400, "limit is out of range", "limit"));
    }
    let inbox = world.inbox();
    let mut lines = Vec::new();
    let mut add = |email: &str, at: Timestamp, reason: &str| {
        if at.as_second() >= from {
            lines.push(
                json!({"created": at.as_second(), "email": email, "reason": reason, "ip": "127.0.0.1"}),
            );
        }
    };
    if list == "unsubscribes" {
        for wish in inbox.opt_outs.iter().filter(|wish| wish.platform == Platform::SendGrid) {
            add(&wish.address, wish.at, "");
        }
    }
    for sent in inbox.of(Platform::SendGrid).filter(|sent| !sent.to.is_empty()) {
        for happening in &sent.history {
            match (list, happening.fate) {
                ("unsubscribes", Fate::Unsubscribed) | ("spam_reports", Fate::Complaint) => {
                    add(&sent.to, happening.at, "");
                }
                ("bounces", Fate::HardBounce) => add(&sent.to, happening.at, "550 5.1.1 User unknown"),
                _ => {}
            }
        }
    }
    let page = |number: i64| usize::try_from(number).unwrap_or_default();
    let lines: Vec<Value> = lines.into_iter().skip(page(offset)).take(page(limit)).collect();
    Ok(Answer::json(200, &lines))
}
