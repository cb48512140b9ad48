//! The Send API 3.1 for one message a call.

use serde_json::{Map, Value, json};

use crate::{
    exchange::{Body, Call},
    inbox::{Fate, Happening, Message},
    mailjet::{Reply, errors::Refused, lists},
    platform::Platform,
    seed,
    state::World,
};

pub(super) fn send(world: &World, call: &Call, k: usize) -> Reply {
    let Body::Json(body) = &call.body else {
        return Err(Refused::new(400, "mj-0031", "Malformed JSON, please review the syntax"));
    };
    let Some([message]) = body.get("Messages").and_then(Value::as_array).map(Vec::as_slice) else {
        return Err(Refused::new(400, "mj-0003", "One message for each call is doubled here"));
    };
    let word = |path: &str| message.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (from, to) = (word("/From/Email"), word("/To/0/Email"));
    if from != seed::MAIL_SENDER {
        let words = "Sender is not active or not validated";
        return Err(Refused::of_message(400, "send-0008", words, "From"));
    }
    if !to.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.')) {
        let words = format!("\"{to}\" is an invalid email address.");
        return Err(Refused::of_message(400, "mj-0013", &words, "To[0].Email"));
    }
    let (subject, text, html) = (word("/Subject"), word("/TextPart"), word("/HTMLPart"));
    if text.is_empty() && html.is_empty() {
        let words = "At least \"HTMLPart\", \"TextPart\" or \"TemplateID\" must be provided.";
        return Err(Refused::of_message(400, "send-0003", words, "HTMLPart"));
    }
    let (campaign, custom_id) = (word("/CustomCampaign"), word("/CustomID"));
    let deduplicates = message.get("DeduplicateCampaign") == Some(&Value::Bool(true));
    let now = world.now();
    let mut inbox = world.inbox();
    let is_second = deduplicates
        && inbox.of(Platform::Mailjet).any(|sent| sent.to == to && sent.mark("CustomCampaign") == campaign);
    let history = if is_second { vec![Happening { fate: Fate::Blocked, at: now }] } else { Vec::new() };
    let marks = Map::from_iter([
        ("CustomID".to_owned(), json!(custom_id)),
        ("CustomCampaign".to_owned(), json!(campaign)),
        ("Headers".to_owned(), message.get("Headers").cloned().unwrap_or_default()),
    ]);
    let id = inbox.accept(Message {
        id: 0,
        platform: Platform::Mailjet,
        account: k,
        from,
        to: to.clone(),
        subject: Some(subject),
        text,
        html: Some(html).filter(|html| !html.is_empty()),
        marks,
        at: now,
        history,
    });
    let id = lists::remote_id(id);
    let said = json!({"Email": to, "MessageUUID": format!("uuid-{id}"), "MessageID": id, "MessageHref": format!("https://api.mailjet.com/v3/REST/message/{id}")});
    Ok((
        200,
        json!({"Messages": [{"Status": "success", "CustomID": custom_id, "To": [said], "Cc": [], "Bcc": []}]}),
    ))
}
