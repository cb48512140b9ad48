//! SMS. The placeholder becomes the number for STOP, and makes an advertisement of any text.

use serde_json::{Map, Value, json};

use crate::{
    brevo::{Reply, errors::Refused, pay},
    exchange::{Body, Call},
    inbox::{Fate, Happening, Message, parts},
    platform::Platform,
    state::World,
};

const STOP_PLACE: &str = "[STOP_CODE]";
const STOP_NUMBER: &str = "36111";

/// The id of a message: a number when it is sent, a text in the events.
pub(super) fn remote_id(message: &Message) -> u64 {
    1_511_882_900_000_000 + message.id
}

pub(super) fn send(world: &World, platform: Platform, call: &Call, k: usize) -> Reply {
    let Body::Json(body) = &call.body else { return Err(Refused::invalid("Invalid JSON")) };
    let word = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default();
    let (from, content) = (word("sender"), word("content"));
    if from.is_empty() || from.len() > 11 || !from.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Refused::invalid("Invalid sender"));
    }
    let digits = word("recipient").trim_start_matches('+');
    if digits.len() < 8 || digits.starts_with('0') || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refused::invalid("Invalid telephone number"));
    }
    if content.is_empty() {
        return Err(Refused::missing("content"));
    }
    let text = content.replace(STOP_PLACE, STOP_NUMBER);
    let (to, now) = (format!("+{digits}"), world.now());
    let mut inbox = world.inbox();
    pay(&mut inbox, platform, parts(&text))?;
    let is_blocked = inbox.has_opted_out(platform, &to);
    let history = if is_blocked { vec![Happening { fate: Fate::Blocked, at: now }] } else { Vec::new() };
    let marks =
        Map::from_iter([("tag".to_owned(), json!(word("tag"))), ("type".to_owned(), json!(word("type")))]);
    let id = inbox.accept(Message {
        id: 0,
        platform,
        account: k,
        from: from.to_owned(),
        to,
        subject: None,
        text,
        html: None,
        marks,
        at: now,
        history,
    });
    Ok((201, json!({"messageId": inbox.get(platform, id).map(remote_id)})))
}
