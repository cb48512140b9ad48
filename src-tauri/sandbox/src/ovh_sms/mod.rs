//! Double of OVHcloud SMS for one service per account: signature and clock, jobs, what was sent, answers,
//! STOP list, senders, credits. Written from the vendor's description (`sms.json`, `auth.json`) and guides.
//!
//! Batches, delayed sending, templates and the SMS users of a service are not doubled.

pub(crate) mod errors;
mod jobs;
mod lists;
mod signature;

use crate::{
    exchange::{Answer, Call},
    faults::{Action, Quirks},
    ovh_sms::errors::Refused,
    seed,
    state::World,
};

type Reply = Result<serde_json::Value, Refused>;

/// Parts of the path after the version.
fn addressed(call: &Call) -> Vec<&str> {
    let mut parts = call.route();
    if parts.first().is_some_and(|version| matches!(*version, "1.0" | "v1")) {
        parts.remove(0);
    }
    parts
}

pub(crate) fn classify(call: &Call) -> Action {
    match (call.method.as_str(), addressed(call).as_slice()) {
        ("POST", ["sms", _, "jobs"]) => Action::Publish,
        ("DELETE", _) => Action::Delete,
        ("GET", ["sms", _, "outgoing" | "jobs" | "incoming" | "blacklists"]) => Action::List,
        ("GET", ["sms", _, "outgoing" | "jobs" | "incoming" | "blacklists", _]) => Action::Read,
        ("GET", ["sms" | "auth", ..]) => Action::Account,
        _ => Action::Other,
    }
}

pub(crate) fn answer(world: &World, call: &Call, quirks: Quirks) -> Answer {
    let parts = addressed(call);
    if let ["auth", "time"] = parts.as_slice() {
        return Answer::json(200, &world.now().as_second());
    }
    let reply = match parts.as_slice() {
        // No signature is asked for prices.
        ["sms", "rates", "destinations"] => lists::rates(call),
        _ => signature::account(world, call).and_then(|k| signed(world, call, quirks, &parts, k)),
    };
    let answer = match reply {
        Ok(result) => Answer::json(200, &result),
        Err(refused) => refused.answer(),
    };
    answer.for_account(seed::ovh_service(1))
}

fn signed(world: &World, call: &Call, quirks: Quirks, parts: &[&str], k: usize) -> Reply {
    match (call.method.as_str(), parts) {
        ("GET", ["auth", "currentCredential"]) => Ok(lists::credential()),
        ("GET", ["sms"]) => Ok(serde_json::json!([seed::ovh_service(k)])),
        (_, ["sms", service, ..]) if *service != seed::ovh_service(k) => Err(Refused::no_service()),
        ("GET", ["sms", _]) => Ok(lists::service(world, k)),
        ("POST", ["sms", _, "jobs"]) => jobs::create(world, call, k),
        ("GET", ["sms", _, "jobs"]) => Ok(serde_json::json!([])),
        ("GET", ["sms", _, "senders"]) => Ok(serde_json::json!([seed::OVH_SENDER, seed::OVH_NEW_SENDER])),
        ("GET", ["sms", _, "senders", name]) => lists::sender(name),
        ("GET", ["sms", _, "outgoing"]) => lists::outgoing(world, call, quirks, k),
        ("GET", ["sms", _, "outgoing", id]) => lists::sent(world, k, id),
        ("DELETE", ["sms", _, "outgoing", id]) => lists::forget_sent(world, k, id),
        ("GET", ["sms", _, "incoming"]) => lists::incoming(world, call),
        ("GET", ["sms", _, "incoming", id]) => lists::heard(world, id),
        ("DELETE", ["sms", _, "incoming", id]) => lists::forget_heard(world, id),
        ("GET", ["sms", _, "blacklists"]) => Ok(lists::stops(world)),
        ("GET", ["sms", _, "blacklists", number]) => lists::stop(world, number),
        _ => Err(Refused::absent("This call does not exist")),
    }
}
