//! Their JSON. Ids are whole numbers beyond those of a page's script, so they become texts here. Older guides
//! and the description of 2026 name some fields differently; both are read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::MessageEventKind;

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Person<'a> {
    pub email: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'a str>,
}

/// Body of `POST /v3.1/send`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct NewMails<'a> {
    pub messages: [NewMail<'a>; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct NewMail<'a> {
    pub from: Person<'a>,
    pub to: [Person<'a>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Person<'a>>,
    pub subject: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_part: Option<&'a str>,
    #[serde(rename = "HTMLPart", skip_serializing_if = "Option::is_none")]
    pub html_part: Option<&'a str>,
    #[serde(rename = "CustomID")]
    pub custom_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_campaign: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deduplicate_campaign: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub track_opens: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub track_clicks: Option<&'static str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<&'a str, &'a str>,
}

/// What was said of one message.
#[derive(Debug)]
pub(super) enum Judged {
    /// Its id.
    Accepted(String),
    Refused(Value),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct User {
    #[serde(rename = "ID", default)]
    pub id: Value,
    pub username: String,
    #[serde(default)]
    pub email: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Sender {
    pub email: String,
    #[serde(default)]
    pub status: String,
}

/// One sent mail.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Message {
    #[serde(rename = "ID")]
    pub id: Value,
    #[serde(default)]
    pub status: String,
    #[serde(default)]
    pub arrived_at: String,
    #[serde(rename = "CustomID", default)]
    pub custom_id: Option<String>,
    #[serde(alias = "StateID", default)]
    pub state: Value,
}

impl Message {
    /// What its state says has happened: a later state contains the earlier one.
    pub fn happened(&self) -> &'static [MessageEventKind] {
        use MessageEventKind as K;
        match self.status.as_str() {
            "sent" => &[K::Delivered],
            "opened" => &[K::Delivered, K::Open],
            "clicked" => &[K::Delivered, K::Click],
            "hardbounced" => &[K::HardBounce],
            "bounce" | "softbounced" | "blocked" => &[K::SoftBounce],
            "spam" => &[K::Delivered, K::Complaint],
            "unsub" => &[K::Delivered, K::Unsubscribe],
            "deferred" => &[K::Deferred],
            _ => &[],
        }
    }
}

/// One contact of theirs.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Contact {
    #[serde(rename = "ID", default)]
    pub id: Value,
    pub email: String,
    #[serde(default)]
    pub exclusion_from_campaigns_updated_at: Option<String>,
    #[serde(default)]
    pub unsubscribed_at: Option<String>,
}

/// The connector's notes between two readings.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Marks {
    /// Fingerprints of the people who said no and were told already.
    pub excluded: Vec<String>,
}

impl Marks {
    pub fn read(value: &Value) -> Self {
        serde_json::from_value(value.clone()).unwrap_or_default()
    }
}
