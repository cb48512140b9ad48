//! What can be read: pages of ten unless more is asked for.

use serde_json::{Value, json};

use crate::{
    exchange::Call,
    faults::Quirks,
    inbox::{Fate, is_listed},
    mailjet::{Reply, errors::Refused},
    platform::Platform,
    state::World,
};

/// Beyond the whole numbers of a page's script.
const FIRST_ID: u64 = 70_650_219_165_000_000;
const FIRST_CONTACT: usize = 5_000_001;

pub(super) fn remote_id(id: u64) -> u64 {
    FIRST_ID + id
}

/// One page of a list.
pub(super) fn page(call: &Call, all: Vec<Value>) -> (u16, Value) {
    let number =
        |name: &str, default: usize| call.param(name).and_then(|n| n.parse().ok()).unwrap_or(default);
    let (limit, offset, total) = (number("Limit", 10).min(1000), number("Offset", 0), all.len());
    let data: Vec<Value> = all.into_iter().skip(offset).take(limit).collect();
    (200, json!({"Count": data.len(), "Data": data, "Total": total}))
}

pub(super) fn messages(world: &World, call: &Call, quirks: Quirks, k: usize) -> Reply {
    let from: Option<i64> = match call.param("FromTS") {
        None => None,
        Some(text) => Some(text.parse().map_err(|_| Refused::new(400, "mj-0004", "Invalid FromTS"))?),
    };
    let wanted = call.param("CustomID");
    let shows_id = call.param("ShowCustomID").as_deref() == Some("true");
    let inbox = world.inbox();
    let sent = inbox.of(Platform::Mailjet).filter(|sent| sent.account == k && !sent.to.is_empty());
    let listed = sent
        .filter(|sent| is_listed(world, quirks, sent.at))
        .filter(|sent| from.is_none_or(|from| sent.at.as_second() >= from))
        .filter(|sent| wanted.as_ref().is_none_or(|wanted| wanted == sent.mark("CustomID")))
        .map(|sent| {
            let status = match sent.fate() {
                Fate::Pending => "queued",
                Fate::Delivered => "sent",
                Fate::HardBounce => "hardbounced",
                Fate::SoftBounce => "softbounced",
                Fate::Blocked => "blocked",
                Fate::Complaint => "spam",
                Fate::Unsubscribed => "unsub",
                Fate::Opened | Fate::OpenedByRobot => "opened",
                Fate::Clicked => "clicked",
            };
            json!({
                "ID": remote_id(sent.id),
                "UUID": format!("uuid-{}", remote_id(sent.id)),
                "ArrivedAt": sent.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
                "Status": status,
                "State": "",
                "StatePermanent": status == "hardbounced",
                "CustomID": if shows_id { sent.mark("CustomID") } else { "" },
            })
        });
    Ok(page(call, listed.collect()))
}

/// Everybody who was ever written to, by first appearance.
fn people(world: &World) -> Vec<Value> {
    let inbox = world.inbox();
    let mut known: Vec<&str> = Vec::new();
    let wishes = || inbox.opt_outs.iter().filter(|wish| wish.platform == Platform::Mailjet);
    let written = inbox.of(Platform::Mailjet).map(|sent| sent.to.as_str());
    for address in written.chain(wishes().map(|wish| wish.address.as_str())) {
        if !address.is_empty() && !known.contains(&address) {
            known.push(address);
        }
    }
    known
        .into_iter()
        .enumerate()
        .map(|(at, address)| {
            let wish = wishes().find(|wish| wish.address == address);
            let since = wish.map(|wish| wish.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
            json!({
                "ID": FIRST_CONTACT + at,
                "Email": address,
                "IsExcludedFromCampaigns": wish.is_some(),
                "ExclusionFromCampaignsUpdatedAt": since.unwrap_or_default(),
            })
        })
        .collect()
}

pub(super) fn contacts(world: &World, call: &Call) -> (u16, Value) {
    let mut all = people(world);
    if ["IsExcludedFromCampaigns", "IsUnsubscribed"]
        .iter()
        .any(|key| call.param(key).as_deref() == Some("true"))
    {
        all.retain(|person| person.get("IsExcludedFromCampaigns") == Some(&Value::Bool(true)));
    }
    page(call, all)
}

pub(super) fn contact(world: &World, who: &str) -> Reply {
    let mut all = people(world);
    all.retain(|person| person.get("Email").and_then(Value::as_str) == Some(who));
    if all.is_empty() {
        return Err(Refused::absent());
    }
    Ok((200, json!({"Count": 1, "Data": all, "Total": 1})))
}

pub(super) fn forget(world: &World, id: &str) -> Reply {
    let all = people(world);
    let person = all.iter().find(|person| person.get("ID").and_then(Value::as_u64) == id.parse().ok());
    let email = person.and_then(|person| person.get("Email")).and_then(Value::as_str);
    let email = email.ok_or_else(Refused::absent)?;
    world.inbox().forget(|sent| sent.platform == Platform::Mailjet && sent.to == email);
    Ok((204, Value::Null))
}
