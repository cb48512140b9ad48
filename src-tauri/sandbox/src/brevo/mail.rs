//! Mail. A key that was seen within half an hour refuses the repetition, without saying the first id.

use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use crate::{
    brevo::{Reply, errors::Refused, pay},
    exchange::{Body, Call},
    inbox::{Fate, Happening, Message},
    platform::Platform,
    seed,
    state::World,
};

const KEY_LIVES: SignedDuration = SignedDuration::from_mins(30);

/// The address of a mail as their events tell it.
pub(super) fn remote_id(message: &Message) -> String {
    format!("<202611221200.{:011}@smtp-relay.mailin.example>", message.id)
}

pub(super) fn send(world: &World, platform: Platform, call: &Call, k: usize) -> Reply {
    let Body::Json(body) = &call.body else { return Err(Refused::invalid("Invalid JSON")) };
    let word = |path: &str| body.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let from = word("/sender/email");
    if from != seed::MAIL_SENDER {
        let words = format!("Sending has been rejected because the sender you used {from} is not valid.");
        return Err(Refused::invalid(words));
    }
    let to = word("/to/0/email");
    if to.is_empty() {
        return Err(Refused::missing("to"));
    }
    if !to.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.')) {
        return Err(Refused::invalid("email is not valid in to"));
    }
    let (subject, html, text) = (word("/subject"), word("/htmlContent"), word("/textContent"));
    if subject.is_empty() {
        return Err(Refused::missing("subject"));
    }
    if html.is_empty() && text.is_empty() {
        return Err(Refused::missing("htmlContent"));
    }
    let (now, key) = (world.now(), word("/headers/idempotencyKey"));
    let mut inbox = world.inbox();
    let is_known = inbox.of(platform).any(|sent| {
        !key.is_empty() && sent.mark("idempotencyKey") == key && now.duration_since(sent.at) < KEY_LIVES
    });
    if is_known {
        return Err(Refused::new(400, "duplicate_parameter", "The idempotency key was used already"));
    }
    pay(&mut inbox, platform, 1)?;
    let is_blocked = inbox.has_opted_out(platform, &to);
    let mut marks = Map::from_iter([
        ("idempotencyKey".to_owned(), json!(key)),
        ("tag".to_owned(), json!(word("/tags/0"))),
    ]);
    marks.insert("headers".to_owned(), body.get("headers").cloned().unwrap_or_default());
    let history = if is_blocked { vec![Happening { fate: Fate::Blocked, at: now }] } else { Vec::new() };
    let id = inbox.accept(Message {
        id: 0,
        platform,
        account: k,
        from,
        to,
        subject: Some(subject),
        text,
        html: Some(html).filter(|html| !html.is_empty()),
        marks,
        at: now,
        history,
    });
    let remote = inbox.get(platform, id).map(remote_id);
    Ok((201, json!({"messageId": remote})))
}

/// Removes what is kept of an address.
pub(super) fn forget(world: &World, platform: Platform, who: &str) -> Reply {
    match world.inbox().forget(|message| message.platform == platform && message.to == who) {
        0 => Err(Refused::new(404, "document_not_found", "Nothing is known of it")),
        _ => Ok((204, Value::Null)),
    }
}
