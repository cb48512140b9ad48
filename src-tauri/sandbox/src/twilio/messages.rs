//! The message resource. Nothing of the sender's own is kept but receiver, words and time.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::{Map, Value, json};

use crate::{
    exchange::Call,
    faults::Quirks,
    inbox::{Fate, Inbox, Incoming, Message, is_listed, parts},
    platform::Platform,
    seed,
    state::World,
    twilio::{Reply, VERSION, errors::Refused},
};

const PLATFORM: Platform = Platform::Twilio;
const LONGEST: usize = 1600;

fn rfc2822(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

/// Outgoing sids begin with SM and 0, incoming ones with SM and f.
fn sid(id: u64, inbound: bool) -> String {
    format!("SM{}{id:031x}", if inbound { 'f' } else { '0' })
}

pub(super) fn send(world: &World, call: &Call, k: usize) -> Reply {
    let word = |name: &str| call.param(name).unwrap_or_default();
    let (to, text) = (word("To"), word("Body"));
    let digits = to.strip_prefix('+').unwrap_or_default();
    if !(8..=15).contains(&digits.len())
        || digits.starts_with('0')
        || !digits.bytes().all(|b| b.is_ascii_digit())
    {
        return Err(Refused::bad(21211, format!("Invalid 'To' Phone Number: {to}")));
    }
    // Geographic numbers have no SMS.
    if ["331", "332", "333", "334", "335"].iter().any(|area| digits.starts_with(area)) {
        return Err(Refused::bad(21614, format!("'To' number is not a valid mobile number: {to}")));
    }
    let service = word("MessagingServiceSid");
    if !word("ScheduleType").is_empty() && service.is_empty() {
        return Err(Refused::bad(35118, "MessagingServiceSid is required to schedule a message"));
    }
    let from = word("From");
    match (from.as_str(), service.as_str()) {
        ("", "") => return Err(Refused::bad(21603, "A 'From' phone number is required.")),
        ("", service) if service == seed::TWILIO_SERVICE => {}
        (seed::OVH_SENDER | seed::TWILIO_NUMBER, "") => {}
        (from, _) => return Err(Refused::bad(21659, format!("'{from}' is not a Twilio phone number"))),
    }
    if text.is_empty() {
        return Err(Refused::bad(21602, "Message body is required."));
    }
    if text.chars().count() > LONGEST {
        return Err(Refused::bad(21617, "The concatenated message body exceeds the 1600 character limit"));
    }
    let mut inbox = world.inbox();
    if inbox.has_opted_out(PLATFORM, &to) {
        return Err(Refused::bad(21610, "Attempt to send to unsubscribed recipient"));
    }
    inbox.spend(PLATFORM, parts(&text));
    let id = inbox.accept(Message {
        id: 0,
        platform: PLATFORM,
        account: k,
        from: if from.is_empty() { service } else { from },
        to,
        subject: None,
        text,
        html: None,
        marks: Map::new(),
        at: world.now(),
        history: Vec::new(),
    });
    let mut shown = inbox.get(PLATFORM, id).map(|sent| shown(sent, k)).unwrap_or_default();
    // It is only queued when it is answered for.
    shown["status"] = json!("queued");
    shown["date_sent"] = Value::Null;
    shown["error_code"] = Value::Null;
    Ok((201, shown))
}

fn shown(sent: &Message, k: usize) -> Value {
    let (status, error_code) = match sent.fate() {
        Fate::Pending => ("queued", Value::Null),
        Fate::HardBounce => ("failed", json!(21614)),
        Fate::SoftBounce => ("undelivered", json!(30003)),
        Fate::Blocked => ("undelivered", json!(30007)),
        _ => ("delivered", Value::Null),
    };
    let account = seed::twilio_account(k);
    let sid = sid(sent.id, false);
    let at = sent.history.last().map_or(sent.at, |last| last.at);
    json!({
        "sid": sid,
        "account_sid": account,
        "direction": "outbound-api",
        "from": sent.from,
        "to": sent.to,
        "body": sent.text,
        "status": status,
        "error_code": error_code,
        "error_message": null,
        "num_segments": parts(&sent.text).to_string(),
        "num_media": "0",
        "price": null,
        "price_unit": "USD",
        "date_created": rfc2822(sent.at),
        "date_updated": rfc2822(at),
        "date_sent": (status == "delivered" || status == "undelivered").then(|| rfc2822(sent.at)),
        "uri": format!("/{VERSION}/Accounts/{account}/Messages/{sid}.json"),
    })
}

fn heard(incoming: &Incoming, k: usize) -> Value {
    let sid = sid(incoming.id, true);
    json!({
        "sid": sid,
        "account_sid": seed::twilio_account(k),
        "direction": "inbound",
        "from": incoming.from,
        "to": seed::TWILIO_NUMBER,
        "body": incoming.text,
        "status": "received",
        "error_code": null,
        "date_created": rfc2822(incoming.at),
        "date_updated": rfc2822(incoming.at),
        "date_sent": rfc2822(incoming.at),
    })
}

/// Newest first. A message without a sent date fits no filter of it.
pub(super) fn list(world: &World, call: &Call, quirks: Quirks, k: usize) -> (u16, Value) {
    let number =
        |name: &str, default: usize| call.param(name).and_then(|n| n.parse().ok()).unwrap_or(default);
    let (size, page) = (number("PageSize", 50).clamp(1, 1000), number("Page", 0));
    let since: Option<Date> = call.param("DateSent>").and_then(|day| day.get(..10)?.parse().ok());
    let wanted = |name: &str, value: &str| call.param(name).is_none_or(|wanted| wanted == value);
    let inbox = world.inbox();
    let sent = inbox.of(PLATFORM).filter(|sent| sent.account == k && !sent.to.is_empty());
    let sent = sent.filter(|sent| is_listed(world, quirks, sent.at)).map(|sent| (sent.at, shown(sent, k)));
    let incoming = inbox.incoming.iter().filter(|incoming| incoming.platform == PLATFORM);
    let mut all: Vec<(Timestamp, Value)> =
        sent.chain(incoming.map(|incoming| (incoming.at, heard(incoming, k)))).collect();
    all.retain(|(at, value)| {
        let field = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
        let is_dated = !field("date_sent").is_empty();
        wanted("To", field("to"))
            && wanted("From", field("from"))
            && since.is_none_or(|since| is_dated && at.to_zoned(TimeZone::UTC).date() >= since)
    });
    all.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let account = seed::twilio_account(k);
    let path = format!("/{VERSION}/Accounts/{account}/Messages.json");
    let has_more = all.len() > (page + 1) * size;
    let next = has_more.then(|| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (key, value) in call.query.iter().filter(|(key, _)| key != "Page") {
            query.append_pair(key, value);
        }
        query.append_pair("Page", &(page + 1).to_string());
        format!("{path}?{}", query.finish())
    });
    let messages: Vec<Value> = all.into_iter().skip(page * size).take(size).map(|(_, value)| value).collect();
    let body = json!({
        "messages": messages, "page": page, "page_size": size, "next_page_uri": next, "uri": path,
    });
    (200, body)
}

fn find<'a>(inbox: &'a Inbox, k: usize, name: &str) -> Result<&'a Message, Refused> {
    let wanted = name.trim_end_matches(".json");
    let mut sent = inbox.of(PLATFORM).filter(|sent| sent.account == k && !sent.to.is_empty());
    sent.find(|sent| sid(sent.id, false) == wanted).ok_or_else(Refused::absent)
}

pub(super) fn one(world: &World, k: usize, name: &str) -> Reply {
    let inbox = world.inbox();
    Ok((200, shown(find(&inbox, k, name)?, k)))
}

pub(super) fn remove(world: &World, k: usize, name: &str) -> Reply {
    let mut inbox = world.inbox();
    let wanted = name.trim_end_matches(".json");
    let before = inbox.incoming.len();
    inbox.incoming.retain(|incoming| incoming.platform != PLATFORM || sid(incoming.id, true) != wanted);
    if inbox.incoming.len() == before {
        let id = find(&inbox, k, name)?.id;
        inbox.forget(|sent| sent.id == id);
    }
    Ok((204, Value::Null))
}
