//! Double of Twilio's Programmable Messaging for one account: sending, one message, the list with its
//! filters and pages, removal, balance. Written from the vendor's description and error pages.
//!
//! Scheduling, media, WhatsApp and look-ups are not doubled.

pub(crate) mod errors;
mod messages;

use axum::body::Bytes;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    exchange::{Answer, Call},
    faults::{Action, Quirks},
    platform::Platform,
    seed,
    state::World,
    twilio::errors::Refused,
};

type Reply = Result<(u16, Value), Refused>;

const VERSION: &str = "2010-04-01";
const BALANCE: f64 = 20.0;
const PART: f64 = 0.08;

pub(crate) fn classify(call: &Call) -> Action {
    match (call.method.as_str(), call.route().as_slice()) {
        ("POST", [_, "Accounts", _, "Messages.json"]) => Action::Publish,
        ("DELETE", _) => Action::Delete,
        ("GET", [_, "Accounts", _, "Messages.json"]) => Action::List,
        ("GET", [_, "Accounts", _, "Messages", _]) => Action::Read,
        ("GET", [_, "Accounts", ..]) => Action::Account,
        _ => Action::Other,
    }
}

/// The account that a request is signed in for, by its token or by a key.
fn signed_in(world: &World, call: &Call) -> Option<usize> {
    let encoded = call.header("authorization").strip_prefix("Basic ")?;
    let typed = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    (1..=world.options.accounts).find(|k| {
        typed == format!("{}:{}", seed::twilio_account(*k), seed::twilio_token(*k))
            || typed == format!("{}:{}", seed::twilio_key(*k), seed::twilio_key_secret(*k))
    })
}

pub(crate) fn answer(world: &World, call: &Call, quirks: Quirks) -> Answer {
    let Some(k) = signed_in(world, call) else { return Refused::unauthorized().answer() };
    let sid = seed::twilio_account(k);
    let parts = call.route();
    let reply = match (call.method.as_str(), parts.as_slice()) {
        (_, [VERSION, "Accounts", account, ..]) if account.trim_end_matches(".json") != sid => {
            Err(Refused::absent())
        }
        ("GET", [VERSION, "Accounts", _]) => Ok((200, account(&sid))),
        ("GET", [VERSION, "Accounts", _, "Balance.json"]) => Ok((200, balance(world, &sid))),
        ("POST", [VERSION, "Accounts", _, "Messages.json"]) => messages::send(world, call, k),
        ("GET", [VERSION, "Accounts", _, "Messages.json"]) => Ok(messages::list(world, call, quirks, k)),
        ("GET", [VERSION, "Accounts", _, "Messages", id]) => messages::one(world, k, id),
        ("DELETE", [VERSION, "Accounts", _, "Messages", id]) => messages::remove(world, k, id),
        _ => Err(Refused::absent()),
    };
    let answer = match reply {
        Ok((204, _)) => Answer::bytes(204, "application/json", Bytes::new()),
        Ok((status, body)) => Answer::json(status, &body),
        Err(refused) => refused.answer(),
    };
    answer.for_account(sid)
}

fn account(sid: &str) -> Value {
    json!({
        "sid": sid,
        "friendly_name": seed::DISPLAY_NAME,
        "status": "active",
        "type": "Full",
        "owner_account_sid": sid,
        "uri": format!("/{VERSION}/Accounts/{sid}.json"),
    })
}

#[expect(clippy::cast_precision_loss, reason = "a small number of parts")]
fn balance(world: &World, sid: &str) -> Value {
    let left = BALANCE - world.inbox().spent(Platform::Twilio) as f64 * PART;
    json!({"account_sid": sid, "balance": format!("{left:.2}"), "currency": "USD"})
}
