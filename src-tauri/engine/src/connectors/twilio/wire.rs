//! Their JSON. Instants are those of mail (RFC 2822), amounts are texts.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{connectors::provider::instant, domain::MessageEventKind};

/// Answer of `POST Messages.json`.
#[derive(Debug, Deserialize)]
pub(super) struct Sent {
    pub sid: String,
}

/// A page of messages.
#[derive(Debug, Deserialize)]
pub(super) struct List {
    pub messages: Vec<Sms>,
    #[serde(default)]
    pub next_page_uri: Option<String>,
}

/// One message, sent or received.
#[derive(Debug, Deserialize)]
pub(super) struct Sms {
    pub sid: String,
    pub direction: String,
    pub status: String,
    #[serde(default)]
    pub body: String,
    #[serde(default)]
    pub from: Option<String>,
    #[serde(default)]
    pub to: String,
    #[serde(default)]
    pub date_created: Option<String>,
    #[serde(default)]
    pub date_updated: Option<String>,
    #[serde(default)]
    pub error_code: Option<i64>,
}

impl Sms {
    pub fn created_at(&self) -> Option<Timestamp> {
        instant(self.date_created.as_deref()?)
    }

    pub fn updated_at(&self) -> Option<Timestamp> {
        self.date_updated.as_deref().and_then(instant).or_else(|| self.created_at())
    }

    /// What became of it; `None` while nobody knows. `sent` may stay the last word where an operator gives
    /// no receipt.
    pub fn end(&self) -> Option<MessageEventKind> {
        match (self.status.as_str(), self.error_code) {
            ("delivered" | "read", _) => Some(MessageEventKind::Delivered),
            ("failed" | "undelivered", Some(21610)) => Some(MessageEventKind::Stop),
            ("failed" | "undelivered", Some(21211 | 21217 | 21614)) => Some(MessageEventKind::HardBounce),
            ("failed" | "undelivered" | "canceled", _) => Some(MessageEventKind::SoftBounce),
            _ => None,
        }
    }
}

/// `GET /Accounts/{sid}.json`.
#[derive(Debug, Deserialize)]
pub(super) struct Account {
    #[serde(default)]
    pub friendly_name: String,
    #[serde(rename = "type", default)]
    pub kind: String,
}

/// `GET Balance.json`.
#[derive(Debug, Deserialize)]
pub(super) struct Money {
    pub balance: String,
    #[serde(default)]
    pub currency: String,
}

impl Money {
    pub fn amount(&self) -> Option<f64> {
        self.balance.trim().parse().ok()
    }
}

/// The connector's notes between two readings.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Marks {
    /// Answers before this instant were read.
    pub answers_from: Option<Timestamp>,
}

impl Marks {
    pub fn read(value: &Value) -> Self {
        serde_json::from_value(value.clone()).unwrap_or_default()
    }
}

/// Whether a sender is a messaging service.
pub(super) fn is_service(sender: &str) -> bool {
    sender.len() == 34
        && sender.strip_prefix("MG").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_hexdigit()))
}
