//! Double of Mailjet for one account: sending by the Send API 3.1, where each message is judged by itself, the
//! list of messages, senders, contacts and the removal of one. Written from the vendor's description, the
//! notes beside it and the guide.
//!
//! As in the real one, a second message of a "deduplicate" campaign to the same address is accepted and then
//! blocked, and the exclusion list stops nothing that is sent this way.

pub(crate) mod errors;
mod lists;
mod send;

use axum::body::Bytes;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    exchange::{Answer, Call},
    faults::{Action, Quirks},
    mailjet::errors::Refused,
    seed,
    state::World,
};

type Reply = Result<(u16, Value), Refused>;

pub(crate) fn classify(call: &Call) -> Action {
    match (call.method.as_str(), call.route().as_slice()) {
        ("POST", ["v3.1", "send"]) => Action::Publish,
        ("DELETE", _) => Action::Delete,
        ("GET", ["v3", "REST", "message" | "contact"]) => Action::List,
        ("GET", ["v3", "REST", "contact", _]) => Action::Read,
        ("GET", ["v3", "REST", ..]) => Action::Account,
        _ => Action::Other,
    }
}

fn signed_in(world: &World, call: &Call) -> Option<usize> {
    let encoded = call.header("authorization").strip_prefix("Basic ")?;
    let typed = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    (1..=world.options.accounts)
        .find(|k| typed == format!("{}:{}", seed::mailjet_key(*k), seed::mailjet_secret(*k)))
}

pub(crate) fn answer(world: &World, call: &Call, quirks: Quirks) -> Answer {
    let Some(k) = signed_in(world, call) else { return Refused::unauthorized().answer() };
    let reply = match (call.method.as_str(), call.route().as_slice()) {
        ("POST", ["v3.1", "send"]) => send::send(world, call, k),
        ("GET", ["v3", "REST", "user"]) => Ok(lists::page(call, vec![user(k)])),
        ("GET", ["v3", "REST", "sender"]) => Ok(lists::page(call, senders())),
        ("GET", ["v3", "REST", "message"]) => lists::messages(world, call, quirks, k),
        ("GET", ["v3", "REST", "contact"]) => Ok(lists::contacts(world, call)),
        ("GET", ["v3", "REST", "contact", who]) => lists::contact(world, who),
        ("DELETE", ["v4", "contacts", id]) => lists::forget(world, id),
        _ => Err(Refused::absent()),
    };
    let answer = match reply {
        Ok((204, _)) => Answer::bytes(204, "application/json", Bytes::new()),
        Ok((status, body)) => Answer::json(status, &body),
        Err(refused) => refused.answer(),
    };
    answer.for_account(seed::mailjet_user(k).to_string())
}

fn user(k: usize) -> Value {
    json!({
        "ID": seed::mailjet_user(k),
        "Username": format!("moulin{k}@mailjet.example"),
        "Email": format!("moulin{k}@mailjet.example"),
        "LastIp": "127.0.0.1",
    })
}

fn senders() -> Vec<Value> {
    vec![
        json!({"ID": 1, "Email": seed::MAIL_SENDER, "Status": "Active", "Name": seed::DISPLAY_NAME}),
        json!({"ID": 2, "Email": seed::MAIL_NEW_SENDER, "Status": "Inactive", "Name": seed::DISPLAY_NAME}),
    ]
}
