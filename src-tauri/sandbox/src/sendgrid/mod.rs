//! Double of SendGrid for one account: rights of the key, senders, sending (202 without a body), the log with
//! its query, suppression lists, credits and the removal of a person. Written from the vendor's description.
//!
//! Batches, templates, unsubscribe groups and subusers are not doubled.

pub(crate) mod errors;
mod log;
mod send;

use axum::body::Bytes;
use serde_json::{Value, json};

use crate::{
    exchange::{Answer, Call},
    faults::{Action, Quirks},
    platform::Platform,
    seed,
    sendgrid::errors::Refused,
    state::World,
};

type Reply = Result<Answer, Refused>;

/// Header in which a success tells the id.
pub(crate) const ID_HEADER: &str = "x-message-id";
const CREDITS: u64 = 100;

pub(crate) fn classify(call: &Call) -> Action {
    match (call.method.as_str(), call.route().as_slice()) {
        ("POST", ["v3", "mail", "send"]) => Action::Publish,
        ("POST", ["v3", "logs"]) | ("GET", ["v3", "suppression", _]) => Action::List,
        ("GET", ["v3", "logs", _]) => Action::Read,
        ("POST", ["v3", "recipients", "erasejob"]) => Action::Delete,
        ("GET", ["v3", "scopes" | "user" | "verified_senders" | "whitelabel", ..]) => Action::Account,
        _ => Action::Other,
    }
}

pub(crate) fn answer(world: &World, call: &Call, quirks: Quirks) -> Answer {
    let key = call.bearer().unwrap_or_default();
    let Some(k) = (1..=world.options.accounts).find(|k| seed::sendgrid_key(*k) == key) else {
        return Refused::unauthorized().answer();
    };
    let shown = |value: Value| Ok(Answer::json(200, &value));
    let reply = match (call.method.as_str(), call.route().as_slice()) {
        ("POST", ["v3", "mail", "send"]) => send::send(world, call, k),
        ("GET", ["v3", "scopes"]) => shown(json!({
            "scopes": ["mail.send", "suppression.read", "user.credits.read", "user.username.read"],
        })),
        ("GET", ["v3", "user", "username"]) => {
            shown(json!({"username": seed::sendgrid_username(k), "user_id": k}))
        }
        ("GET", ["v3", "user", "credits"]) => shown(credits(world)),
        ("GET", ["v3", "verified_senders"]) => shown(json!({"results": [
            {"id": 1, "from_email": seed::MAIL_SENDER, "verified": true, "nickname": "a"},
            {"id": 2, "from_email": seed::MAIL_NEW_SENDER, "verified": false, "nickname": "b"},
        ]})),
        ("GET", ["v3", "whitelabel", "domains"]) => shown(json!([])),
        ("POST", ["v3", "logs"]) => log::search(world, call, quirks, k),
        ("GET", ["v3", "logs", id]) => log::one(world, id, k),
        ("GET", ["v3", "suppression", list]) => log::suppressed(world, call, list),
        ("POST", ["v3", "recipients", "erasejob"]) => erase(world, call),
        _ => Err(Refused::new(404, "Not found", "")),
    };
    reply.unwrap_or_else(|refused| refused.answer()).for_account(seed::sendgrid_username(k))
}

fn credits(world: &World) -> Value {
    let used = world.inbox().spent(Platform::SendGrid);
    json!({
        "remain": CREDITS - used,
        "total": CREDITS,
        "overage": 0,
        "used": used,
        "last_reset": "2026-11-01",
        "next_reset": "2026-12-01",
        "reset_frequency": "monthly",
    })
}

fn erase(world: &World, call: &Call) -> Reply {
    let gone = call.list("email_addresses");
    if gone.is_empty() {
        return Err(Refused::new(400, "email_addresses is required", "email_addresses"));
    }
    world.inbox().forget(|sent| sent.platform == Platform::SendGrid && gone.contains(&sent.to));
    Ok(Answer::json(202, &json!({"job_id": "00000000-0000-4000-8000-000000000001"})))
}

/// A success without a body.
fn accepted(id: &str) -> Answer {
    Answer::bytes(202, "text/plain", Bytes::new()).with_header(ID_HEADER, id)
}
