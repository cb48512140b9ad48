//! Their JSON.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::domain::MessageEventKind;

#[derive(Debug, Serialize)]
pub(super) struct Person<'a> {
    pub email: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a str>,
}

#[derive(Debug, Serialize)]
pub(super) struct Personalization<'a> {
    pub to: [Person<'a>; 1],
    pub custom_args: BTreeMap<&'static str, &'a str>,
}

#[derive(Debug, Serialize)]
pub(super) struct Content<'a> {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub value: &'a str,
}

/// Body of `POST /v3/mail/send`.
#[derive(Debug, Serialize)]
pub(super) struct NewMail<'a> {
    pub personalizations: [Personalization<'a>; 1],
    pub from: Person<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Person<'a>>,
    pub subject: &'a str,
    pub content: Vec<Content<'a>>,
    pub categories: [&'a str; 2],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<&'a str, &'a str>,
    pub tracking_settings: Value,
}

/// Said explicitly: the default of the account may be to follow people.
pub(super) fn no_tracking() -> Value {
    json!({
        "click_tracking": {"enable": false, "enable_text": false},
        "open_tracking": {"enable": false},
    })
}

#[derive(Debug, Deserialize)]
pub(super) struct Scopes {
    pub scopes: Vec<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Username {
    pub username: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Credits {
    pub remain: i64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Senders {
    #[serde(default)]
    pub results: Vec<Sender>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Sender {
    #[serde(default)]
    pub from_email: String,
    #[serde(default)]
    pub verified: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct Domain {
    #[serde(default)]
    pub domain: String,
    #[serde(default)]
    pub valid: bool,
}

/// Answer of `POST /v3/logs`.
#[derive(Debug, Deserialize)]
pub(super) struct LogList {
    pub messages: Vec<Logged>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Logged {
    pub sg_message_id: String,
    #[serde(default)]
    pub status: String,
    #[serde(default)]
    pub reason: Option<String>,
    #[serde(default)]
    pub sg_message_id_created_at: Option<String>,
}

impl Logged {
    /// What became of it; `None` while nobody knows.
    pub fn end(&self) -> Option<MessageEventKind> {
        let reason = self.reason.as_deref().unwrap_or_default().to_lowercase();
        Some(match self.status.as_str() {
            "delivered" => MessageEventKind::Delivered,
            "deferred" => MessageEventKind::Deferred,
            "bounced" => MessageEventKind::HardBounce,
            // Not even tried, because of something earlier.
            "dropped" if reason.contains("unsubscribe") => MessageEventKind::Unsubscribe,
            "dropped" if reason.contains("spam report") => MessageEventKind::Complaint,
            "dropped" if reason.contains("bounced") || reason.contains("invalid") => {
                MessageEventKind::HardBounce
            }
            "dropped" | "blocked" | "not_delivered" => MessageEventKind::SoftBounce,
            _ => return None,
        })
    }
}

/// Answer of `GET /v3/logs/{id}`.
#[derive(Debug, Deserialize)]
pub(super) struct Detail {
    #[serde(default)]
    pub custom_args: BTreeMap<String, String>,
}

/// One line of a suppression list.
#[derive(Debug, Deserialize)]
pub(super) struct Suppressed {
    pub created: f64,
    pub email: String,
    #[serde(default)]
    pub reason: Option<String>,
}

/// The part of an id that the answer to the sending had told.
pub(super) fn join_key(sg_message_id: &str) -> String {
    sg_message_id.split('.').next().unwrap_or_default().to_owned()
}

/// The connector's notes between two readings.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Marks {
    /// Second of the epoch until which the suppression lists were read.
    pub suppressed_until: i64,
}

impl Marks {
    pub fn read(value: &Value) -> Self {
        serde_json::from_value(value.clone()).unwrap_or_default()
    }
}
