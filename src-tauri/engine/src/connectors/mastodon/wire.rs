//! The JSON of the Mastodon API that this connector reads and writes (docs.joinmastodon.org, API 4.x;
//! also what compatible servers answer). Only the fields in use; the rest is ignored.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// `Account` of `verify_credentials`.
#[derive(Deserialize)]
pub(super) struct AccountAnswer {
    pub id: String,
    #[serde(default)]
    pub username: String,
    #[serde(default)]
    pub display_name: String,
}

/// `Status`.
#[derive(Deserialize)]
pub(super) struct Status {
    pub id: String,
    /// `None` when it is not told in a form that we know.
    #[serde(default, deserialize_with = "lenient_time")]
    pub created_at: Option<Timestamp>,
    /// HTML.
    #[serde(default)]
    pub content: String,
    #[serde(default)]
    pub url: Option<String>,
    #[serde(default)]
    pub media_attachments: Vec<Value>,
    /// The shared status, when this is a boost.
    #[serde(default)]
    pub reblog: Option<Value>,
}

fn lenient_time<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Timestamp>, D::Error> {
    Ok(Value::deserialize(input)?.as_str().and_then(|text| text.parse().ok()))
}

/// `ScheduledStatus`.
#[derive(Deserialize)]
pub(super) struct Scheduled {
    pub id: String,
    #[serde(rename = "scheduled_at")]
    pub at: Timestamp,
    #[serde(default)]
    pub params: ScheduledParams,
    #[serde(default)]
    pub media_attachments: Vec<Value>,
}

#[derive(Default, Deserialize)]
pub(super) struct ScheduledParams {
    #[serde(default)]
    pub text: Option<String>,
}

/// `MediaAttachment`.
#[derive(Deserialize)]
pub(super) struct Media {
    pub id: String,
}

/// Body of `POST /api/v1/statuses`.
#[derive(Serialize)]
pub(super) struct NewStatus<'a> {
    pub status: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub media_ids: Vec<&'a str>,
    pub visibility: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub language: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduled_at: Option<String>,
}

/// Body of `PUT /api/v1/statuses/{id}`.
#[derive(Serialize)]
pub(super) struct EditedStatus<'a> {
    pub status: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub media_ids: Vec<&'a str>,
    /// Without it the descriptions stay as they were uploaded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub media_attributes: Vec<MediaAttributes<'a>>,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub language: &'a str,
}

/// What an edit says about one attached picture.
#[derive(Serialize)]
pub(super) struct MediaAttributes<'a> {
    pub id: &'a str,
    pub description: &'a str,
}

/// What this connector keeps between its calls (`Job::marks`).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Marks {
    /// The same for every attempt of this delivery in this mode; the server answers a repeat within an
    /// hour with the first result.
    pub idempotency_key: String,
    /// Fingerprint of text, language and pictures as they were sent.
    pub content_hash: String,
    pub media: Vec<Uploaded>,
}

/// One picture at the server.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Uploaded {
    /// Id in our library.
    pub media_id: String,
    /// The description it was uploaded with.
    #[serde(default)]
    pub alt_text: String,
    /// Id at the server.
    pub remote_id: String,
    pub is_ready: bool,
}

impl Marks {
    pub fn read(value: &Value) -> Option<Self> {
        serde_json::from_value(value.clone()).ok()
    }

    pub fn remote_media(&self) -> Vec<&str> {
        self.media.iter().map(|media| media.remote_id.as_str()).collect()
    }
}
