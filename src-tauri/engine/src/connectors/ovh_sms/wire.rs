//! Their JSON. Instants carry the offset of Paris; ids are whole numbers.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{connectors::provider::instant, domain::MessageEventKind};

/// Body of `POST /sms/{service}/jobs`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewJob<'a> {
    pub charset: &'static str,
    pub message: &'a str,
    /// Adds no words: allowed for messages that are no advertising.
    pub no_stop_clause: bool,
    pub priority: &'static str,
    pub receivers: [&'a str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender: Option<&'a str>,
    /// By a short number that can be answered. With a sender too the short number would win.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sender_for_response: bool,
    pub tag: &'a str,
}

/// Answer of it. A success without ids has sent nothing.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SendingReport {
    pub ids: Vec<i64>,
    #[serde(default)]
    pub invalid_receivers: Vec<String>,
    #[serde(default)]
    pub total_credits_removed: f64,
}

/// `GET /sms/{service}`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Service {
    pub credits_left: f64,
    pub status: String,
    pub description: Option<String>,
}

/// `GET /sms/{service}/outgoing/{id}`; a job that waits has the same fields, but no tag.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Outgoing {
    pub id: i64,
    pub receiver: String,
    #[serde(default)]
    pub message: String,
    pub creation_datetime: String,
    #[serde(default)]
    pub delivered_at: Option<String>,
    #[serde(default)]
    pub delivery_receipt: i64,
    #[serde(default)]
    pub ptt: Option<i64>,
    #[serde(default)]
    pub credits: f64,
}

impl Outgoing {
    pub fn created_at(&self) -> Option<Timestamp> {
        instant(&self.creation_datetime)
    }

    /// What became of it; `None` while nobody knows (messaging-services, "ptt codes and receipt ids").
    pub fn end(&self) -> Option<MessageEventKind> {
        match (self.delivery_receipt, self.ptt) {
            (1, _) => Some(MessageEventKind::Delivered),
            // Invalid or barred; unknown.
            (2 | 16, Some(23 | 27)) => Some(MessageEventKind::HardBounce),
            (2 | 16, _) => Some(MessageEventKind::SoftBounce),
            _ => None,
        }
    }
}

/// `GET /sms/{service}/incoming/{id}`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Incoming {
    pub id: i64,
    pub sender: String,
    #[serde(default)]
    pub message: String,
    pub creation_datetime: String,
}

/// `GET /sms/{service}/blacklists/{number}`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Blacklisted {
    #[serde(default)]
    pub date_creation: Option<String>,
}

/// `GET /sms/rates/destinations`: credits and price of one part.
#[derive(Debug, Deserialize)]
pub(super) struct Rates {
    #[serde(default)]
    pub credit: f64,
    pub price: Option<Value>,
}

/// The connector's notes between two readings.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Marks {
    /// Answers from then on have not been read.
    pub answers_from: Option<Timestamp>,
    /// Fingerprints of the numbers on the STOP list that were told already.
    pub stops: Vec<String>,
}

impl Marks {
    pub fn read(value: &Value) -> Self {
        serde_json::from_value(value.clone()).unwrap_or_default()
    }
}
