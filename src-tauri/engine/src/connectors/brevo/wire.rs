//! Their JSON for mail.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{connectors::provider::text, domain::MessageEventKind};

#[derive(Debug, Serialize)]
pub(super) struct Person<'a> {
    pub email: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a str>,
}

/// Body of `POST /smtp/email`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewMail<'a> {
    pub sender: Person<'a>,
    pub to: [Person<'a>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Person<'a>>,
    pub subject: &'a str,
    pub html_content: &'a str,
    pub text_content: &'a str,
    pub tags: [&'a str; 1],
    /// Headers of the mail, and `idempotencyKey`, which is none.
    pub headers: BTreeMap<&'a str, &'a str>,
}

/// `GET /senders`.
#[derive(Debug, Deserialize)]
pub(super) struct Senders {
    #[serde(default)]
    pub senders: Vec<Sender>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Sender {
    pub email: String,
    #[serde(default)]
    pub active: bool,
}

/// What an event means, and whether a program made it.
pub(super) fn meaning(event: &Value) -> Option<(MessageEventKind, bool)> {
    let kind = match text(event, "event") {
        "delivered" => MessageEventKind::Delivered,
        "hardBounces" | "invalid" => MessageEventKind::HardBounce,
        "softBounces" | "bounces" | "blocked" | "error" => MessageEventKind::SoftBounce,
        "deferred" => MessageEventKind::Deferred,
        "spam" => MessageEventKind::Complaint,
        "unsubscribed" => MessageEventKind::Unsubscribe,
        "clicks" => MessageEventKind::Click,
        "opened" => MessageEventKind::Open,
        // The mailbox provider fetched the pictures, nobody has read.
        "loadedByProxy" => return Some((MessageEventKind::Open, true)),
        _ => return None,
    };
    Some((kind, false))
}

/// `GET /smtp/blockedContacts`.
#[derive(Debug, Deserialize)]
pub(super) struct BlockedContacts {
    #[serde(default)]
    pub contacts: Vec<Value>,
}

/// Why a person gets nothing any more (their reason codes).
pub(super) fn wish(contact: &Value) -> Option<MessageEventKind> {
    match contact.pointer("/reason/code").and_then(Value::as_str).unwrap_or_default() {
        "unsubscribedViaMA" | "unsubscribedViaEmail" | "unsubscribedViaApi" | "adminBlocked" => {
            Some(MessageEventKind::Unsubscribe)
        }
        "contactFlaggedAsSpam" => Some(MessageEventKind::Complaint),
        "hardBounce" => Some(MessageEventKind::HardBounce),
        _ => None,
    }
}
