//! Sending: one personalization a call is doubled. All credits used is a 401.

use serde_json::{Map, Value, json};

use crate::{
    exchange::{Body, Call},
    inbox::{Fate, Happening, Message},
    platform::Platform,
    seed,
    sendgrid::{CREDITS, Reply, accepted, errors::Refused, log},
    state::World,
};

pub(super) fn send(world: &World, call: &Call, k: usize) -> Reply {
    let Body::Json(body) = &call.body else { return Err(Refused::new(400, "Bad Request", "")) };
    let word = |path: &str| body.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (from, to) = (word("/from/email"), word("/personalizations/0/to/0/email"));
    if !to.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.')) {
        return Err(Refused::new(400, "Does not contain a valid address.", "personalizations.0.to.0.email"));
    }
    if from != seed::MAIL_SENDER {
        let words = "The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved.";
        return Err(Refused::new(403, words, "from"));
    }
    let subject = word("/subject");
    if subject.is_empty() {
        return Err(Refused::new(400, "The subject is required.", "subject"));
    }
    let part = |kind: &str| {
        let parts = body.get("content").and_then(Value::as_array).into_iter().flatten();
        let mut found = parts.filter(|part| part.get("type").and_then(Value::as_str) == Some(kind));
        found.next().and_then(|part| part.get("value")).and_then(Value::as_str).map(str::to_owned)
    };
    if word("/content/0/type") == "text/html" && part("text/plain").is_some() {
        return Err(Refused::new(400, "If present, text/plain must be first", "content"));
    }
    let now = world.now();
    let mut inbox = world.inbox();
    if inbox.spent(Platform::SendGrid) >= CREDITS {
        return Err(Refused::new(401, "Maximum credits exceeded", ""));
    }
    inbox.spend(Platform::SendGrid, 1);
    // Suppressed people are dropped afterwards, without a refusal.
    let is_suppressed = inbox.has_opted_out(Platform::SendGrid, &to);
    let history = if is_suppressed { vec![Happening { fate: Fate::Blocked, at: now }] } else { Vec::new() };
    let marks = Map::from_iter([
        ("categories".to_owned(), body.get("categories").cloned().unwrap_or_default()),
        (
            "custom_args".to_owned(),
            body.pointer("/personalizations/0/custom_args").cloned().unwrap_or_else(|| json!({})),
        ),
    ]);
    let id = inbox.accept(Message {
        id: 0,
        platform: Platform::SendGrid,
        account: k,
        from,
        to,
        subject: Some(subject),
        text: part("text/plain").unwrap_or_default(),
        html: part("text/html"),
        marks,
        at: now,
        history,
    });
    Ok(accepted(&log::short_id(id)))
}
