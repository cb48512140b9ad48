//! Double of Brevo's transactional API for one account: the account, senders, mail with its idempotency key,
//! SMS with its STOP placeholder, their events, blocked contacts and the removal of a person. Two listeners
//! serve it, one for each of the two connectors.
//!
//! Written from the vendor's description, the notes beside it and the guides. Templates, contact lists,
//! campaigns and delayed sending are not doubled.

pub(crate) mod errors;
mod events;
mod mail;
mod sms;

use serde_json::{Value, json};

use crate::{
    brevo::errors::Refused,
    exchange::{Answer, Call},
    faults::{Action, Quirks},
    platform::Platform,
    seed,
    state::World,
};

type Reply = Result<(u16, Value), Refused>;

const CREDITS: u64 = 300;

fn addressed(call: &Call) -> Vec<&str> {
    let mut parts = call.route();
    if parts.first() == Some(&"v3") {
        parts.remove(0);
    }
    parts
}

pub(crate) fn classify(call: &Call) -> Action {
    match (call.method.as_str(), addressed(call).as_slice()) {
        ("POST", ["smtp", "email"] | ["transactionalSMS", "send"]) => Action::Publish,
        ("DELETE", _) => Action::Delete,
        ("GET", ["account" | "senders"]) => Action::Account,
        ("GET", ["smtp" | "transactionalSMS", ..]) => Action::List,
        _ => Action::Other,
    }
}

pub(crate) fn answer(world: &World, platform: Platform, call: &Call, quirks: Quirks) -> Answer {
    let key = call.header("api-key");
    let Some(k) = (1..=world.options.accounts).find(|k| seed::brevo_key(*k) == key) else {
        return Refused::new(401, "unauthorized", "Key not found").answer();
    };
    let reply = match (call.method.as_str(), addressed(call).as_slice()) {
        ("GET", ["account"]) => Ok((200, account(world, k))),
        ("GET", ["senders"]) => Ok((200, senders())),
        ("POST", ["smtp", "email"]) => mail::send(world, platform, call, k),
        ("GET", ["smtp", "statistics", "events"]) => events::of_mail(world, platform, call, quirks, k),
        ("GET", ["smtp", "blockedContacts"]) => events::blocked(world, platform, call),
        ("DELETE", ["smtp", "log", who] | ["contacts", who]) => mail::forget(world, platform, who),
        ("POST", ["transactionalSMS", "send"]) => sms::send(world, platform, call, k),
        ("GET", ["transactionalSMS", "statistics", "events"]) => {
            events::of_sms(world, platform, call, quirks, k)
        }
        _ => Err(Refused::new(404, "document_not_found", "Route not found")),
    };
    let answer = match reply {
        Ok((204, _)) => Answer::bytes(204, "application/json", axum::body::Bytes::new()),
        Ok((status, body)) => Answer::json(status, &body),
        Err(refused) => refused.answer(),
    };
    answer.for_account(seed::brevo_account(k))
}

fn account(world: &World, k: usize) -> Value {
    let inbox = world.inbox();
    json!({
        "email": seed::brevo_account(k),
        "firstName": "Claire",
        "lastName": "Moulin",
        "companyName": seed::DISPLAY_NAME,
        "plan": [
            {"type": "free", "creditsType": "sendLimit", "credits": CREDITS - inbox.spent(Platform::Brevo)},
            {"type": "sms", "creditsType": "sendLimit", "credits": CREDITS - inbox.spent(Platform::BrevoSms)},
        ],
        "relay": {"enabled": true, "data": {"userName": seed::brevo_account(k), "relay": "smtp-relay.example", "port": 587}},
    })
}

fn senders() -> Value {
    json!({"senders": [
        {"id": 1, "name": seed::DISPLAY_NAME, "email": seed::MAIL_SENDER, "active": true},
        {"id": 2, "name": seed::DISPLAY_NAME, "email": seed::MAIL_NEW_SENDER, "active": false},
    ]})
}

/// Takes from the credits. Errors: 402 when there are too few.
fn pay(inbox: &mut crate::inbox::Inbox, platform: Platform, units: u64) -> Result<(), Refused> {
    if inbox.spent(platform) + units > CREDITS {
        return Err(Refused::new(402, "not_enough_credits", "You do not have enough credits"));
    }
    inbox.spend(platform, units);
    Ok(())
}
