//! Sending. All receivers invalid is a success that sends nothing; credits are taken at once.

use serde_json::{Map, Value, json};

use crate::{
    exchange::{Body, Call},
    inbox::{Message, parts},
    ovh_sms::{Reply, errors::Refused, lists},
    platform::Platform,
    seed,
    state::World,
};

const STOP: &str = " STOP 36179";
const SHORT_NUMBER: &str = "38069";
const MOST_PARTS: u64 = 6;

pub(super) fn create(world: &World, call: &Call, k: usize) -> Reply {
    let Body::Json(Value::Object(body)) = &call.body else {
        return Err(Refused::bad("Invalid JSON received"));
    };
    let is_set = |name: &str| body.get(name) == Some(&Value::Bool(true));
    let message = body.get("message").and_then(Value::as_str).unwrap_or_default();
    if message.is_empty() {
        return Err(Refused::bad("[message] Missing parameter"));
    }
    let receivers = call.list("receivers");
    if receivers.is_empty() {
        return Err(Refused::bad("No receivers given"));
    }
    let from = match (is_set("senderForResponse"), body.get("sender").and_then(Value::as_str)) {
        (true, _) if has_contact(message) => {
            return Err(Refused::bad("cannot send contact information with shortcode"));
        }
        // With both the short number wins.
        (true, _) => SHORT_NUMBER.to_owned(),
        (false, Some(seed::OVH_SENDER)) => seed::OVH_SENDER.to_owned(),
        (false, Some(other)) => return Err(Refused::bad(format!("Sender {other} does not exist"))),
        (false, None) => return Err(Refused::bad("[sender] Missing parameter")),
    };
    let text = if is_set("noStopClause") { message.to_owned() } else { format!("{message}{STOP}") };
    let each = parts(&text);
    if each > MOST_PARTS {
        return Err(Refused::bad("[message] The message is too long"));
    }
    let mut inbox = world.inbox();
    let is_valid = |number: &String| {
        let digits = number.strip_prefix('+').unwrap_or_default();
        digits.len() >= 8 && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let may_receive = |number: &String| is_valid(number) && !inbox.has_opted_out(Platform::OvhSms, number);
    let (valid, invalid): (Vec<String>, Vec<String>) = receivers.into_iter().partition(may_receive);
    let credits = each * valid.len() as u64;
    if credits > lists::credits_left(&inbox) {
        return Err(Refused::bad("Not enough credits"));
    }
    let tag = body.get("tag").and_then(Value::as_str).unwrap_or_default();
    let mut ids = Vec::new();
    for to in &valid {
        let marks = Map::from_iter([("tag".to_owned(), json!(tag)), ("credits".to_owned(), json!(each))]);
        let message = Message {
            id: 0,
            platform: Platform::OvhSms,
            account: k,
            from: from.clone(),
            to: to.clone(),
            subject: None,
            text: text.clone(),
            html: None,
            marks,
            at: world.now(),
            history: Vec::new(),
        };
        ids.push(inbox.accept(message));
    }
    inbox.spend(Platform::OvhSms, credits);
    Ok(json!({
        "ids": ids,
        "validReceivers": valid,
        "invalidReceivers": invalid,
        "totalCreditsRemoved": credits,
        "tag": tag,
    }))
}

/// Addresses of pages, and anything else by which somebody could be reached.
fn has_contact(text: &str) -> bool {
    text.contains("://") || text.contains("www.") || text.contains('@')
}
