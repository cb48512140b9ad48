//! What can be read: the service, its senders, what was sent, answers and the STOP list.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    exchange::Call,
    faults::Quirks,
    inbox::{Fate, Inbox, Message, is_listed},
    ovh_sms::{Reply, errors::Refused},
    platform::Platform,
    seed,
    state::World,
};

const CREDITS: u64 = 1000;

pub(super) fn credits_left(inbox: &Inbox) -> u64 {
    CREDITS.saturating_sub(inbox.spent(Platform::OvhSms))
}

/// As their instants are written.
fn paris(at: Timestamp) -> String {
    let zone = jiff::tz::TimeZone::get("Europe/Paris").unwrap_or(jiff::tz::TimeZone::UTC);
    at.to_zoned(zone).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

pub(super) fn credential() -> Value {
    json!({
        "credentialId": 1,
        "applicationId": 1,
        "status": "validated",
        "creation": "2026-11-01T10:00:00+01:00",
        "expiration": null,
        "rules": [{"method": "GET", "path": "/sms"}, {"method": "POST", "path": "/sms/*"}],
        "ovhSupport": false,
    })
}

pub(super) fn service(world: &World, k: usize) -> Value {
    json!({
        "name": seed::ovh_service(k),
        "description": seed::DISPLAY_NAME,
        "status": "enable",
        "creditsLeft": credits_left(&world.inbox()),
        "creditsHoldByQuota": 0,
        "channel": "both",
        "callBack": null,
        "stopCallBack": null,
    })
}

pub(super) fn sender(name: &str) -> Reply {
    let status = match name {
        seed::OVH_SENDER => "enable",
        seed::OVH_NEW_SENDER => "waitingValidation",
        _ => return Err(Refused::no_object()),
    };
    Ok(json!({
        "sender": name,
        "type": "alpha",
        "status": status,
        "comment": "",
        "description": "",
        "referer": "custom",
        "validationMedia": null,
    }))
}

pub(super) fn rates(call: &Call) -> Reply {
    match call.param("country").as_deref() {
        Some("fr") => Ok(json!({
            "country": "France",
            "countryCode": "fr",
            "credit": 1,
            "price": {"currencyCode": "EUR", "text": "0.07 €", "value": 0.07},
            "vatRate": 20,
        })),
        _ => Err(Refused::bad("[country] Given data is not valid")),
    }
}

/// Receipt and code of what became of a message (their user guide, "ptt").
fn receipt(fate: Fate) -> (i64, i64) {
    match fate {
        Fate::Pending => (0, 1),
        Fate::HardBounce => (2, 23),
        Fate::SoftBounce => (2, 24),
        Fate::Blocked => (2, 28),
        _ => (1, 4),
    }
}

pub(super) fn outgoing(world: &World, call: &Call, quirks: Quirks, k: usize) -> Reply {
    let instant = |name: &str| call.param(name).map(|text| text.parse::<Timestamp>());
    let bad = |_| Refused::bad("[creationDatetime] Given data is not valid");
    let from = instant("creationDatetime.from").transpose().map_err(bad)?;
    let to = instant("creationDatetime.to").transpose().map_err(bad)?;
    let wanted = |name: &str, value: &str| call.param(name).is_none_or(|wanted| wanted == value);
    let inbox = world.inbox();
    let ids: Vec<u64> = inbox
        .of(Platform::OvhSms)
        .filter(|sent| sent.account == k && !sent.to.is_empty() && is_listed(world, quirks, sent.at))
        .filter(|sent| wanted("tag", sent.mark("tag")) && wanted("receiver", &sent.to))
        .filter(|sent| wanted("deliveryReceipt", &receipt(sent.fate()).0.to_string()))
        .filter(|sent| from.is_none_or(|from| sent.at >= from) && to.is_none_or(|to| sent.at <= to))
        .map(|sent| sent.id)
        .collect();
    Ok(json!(ids))
}

fn find<'a>(inbox: &'a Inbox, k: usize, id: &str) -> Result<&'a Message, Refused> {
    let number = id.parse().unwrap_or_default();
    let sent = inbox.get(Platform::OvhSms, number).filter(|sent| sent.account == k && !sent.to.is_empty());
    sent.ok_or_else(Refused::no_object)
}

pub(super) fn sent(world: &World, k: usize, id: &str) -> Reply {
    let inbox = world.inbox();
    let sent = find(&inbox, k, id)?;
    let (receipt, ptt) = receipt(sent.fate());
    let end = sent.history.last().filter(|last| last.fate != Fate::Pending).map(|last| paris(last.at));
    Ok(json!({
        "id": sent.id,
        "receiver": sent.to,
        "sender": sent.from,
        "message": sent.text,
        "messageLength": sent.text.chars().count(),
        "creationDatetime": paris(sent.at),
        "sentAt": paris(sent.at),
        "deliveredAt": end.filter(|_| receipt == 1),
        "deliveryReceipt": receipt,
        "ptt": ptt,
        "numberOfSms": sent.marks.get("credits"),
        "credits": sent.marks.get("credits"),
        "differedDelivery": 0,
        "tag": sent.mark("tag"),
        "tariffCode": "",
    }))
}

pub(super) fn forget_sent(world: &World, k: usize, id: &str) -> Reply {
    let mut inbox = world.inbox();
    let number = find(&inbox, k, id)?.id;
    inbox.forget(|sent| sent.id == number);
    Ok(Value::Null)
}

pub(super) fn incoming(world: &World, call: &Call) -> Reply {
    let from = call.param("creationDatetime.from").map(|text| text.parse::<Timestamp>());
    let from = from.transpose().map_err(|_| Refused::bad("[creationDatetime] Given data is not valid"))?;
    let sender = call.param("sender");
    let inbox = world.inbox();
    let heard = inbox.incoming.iter().filter(|heard| heard.platform == Platform::OvhSms);
    let ids: Vec<u64> = heard
        .filter(|heard| from.is_none_or(|from| heard.at >= from))
        .filter(|heard| sender.as_ref().is_none_or(|sender| *sender == heard.from))
        .map(|heard| heard.id)
        .collect();
    Ok(json!(ids))
}

pub(super) fn heard(world: &World, id: &str) -> Reply {
    let inbox = world.inbox();
    let heard = inbox.incoming.iter().find(|heard| heard.id.to_string() == id);
    let heard = heard.filter(|heard| heard.platform == Platform::OvhSms).ok_or_else(Refused::no_object)?;
    Ok(json!({
        "id": heard.id,
        "sender": heard.from,
        "message": heard.text,
        "creationDatetime": paris(heard.at),
        "credits": 1,
        "tag": "",
    }))
}

pub(super) fn forget_heard(world: &World, id: &str) -> Reply {
    heard(world, id)?;
    world.inbox().incoming.retain(|heard| heard.id.to_string() != id);
    Ok(Value::Null)
}

pub(super) fn stops(world: &World) -> Value {
    let inbox = world.inbox();
    let listed = inbox.opt_outs.iter().filter(|line| line.platform == Platform::OvhSms);
    json!(listed.map(|line| line.address.as_str()).collect::<Vec<_>>())
}

pub(super) fn stop(world: &World, number: &str) -> Reply {
    let inbox = world.inbox();
    let line = inbox.opt_outs.iter().find(|line| line.platform == Platform::OvhSms && line.address == number);
    let line = line.ok_or_else(Refused::no_object)?;
    Ok(
        json!({"number": line.address, "dateCreation": paris(line.at), "batchID": null, "smsOutgoingID": null}),
    )
}
