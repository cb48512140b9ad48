//! The JSON of the AT Protocol that this connector reads and writes (lexicons `com.atproto.server.*`,
//! `com.atproto.repo.*`, `app.bsky.feed.post`). Only the fields in use; the rest is ignored.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Collection of posts.
pub(super) const POST: &str = "app.bsky.feed.post";

/// Answer of `createSession` and `refreshSession`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionAnswer {
    pub access_jwt: String,
    /// A server that does not rotate may leave it out or empty: the old one stays good.
    #[serde(default)]
    pub refresh_jwt: String,
    pub did: String,
    #[serde(default)]
    pub handle: String,
    #[serde(default)]
    pub did_doc: Value,
    /// `false` when the account is deactivated, suspended or taken down.
    #[serde(default)]
    pub active: Option<bool>,
    #[serde(default)]
    pub status: Option<String>,
}

impl SessionAnswer {
    /// Address of the personal data server in the identity document.
    pub fn pds(&self) -> Option<&str> {
        self.did_doc.get("service")?.as_array()?.iter().find_map(|service| {
            let id = service.get("id")?.as_str()?;
            id.ends_with("#atproto_pds").then(|| service.get("serviceEndpoint")?.as_str()).flatten()
        })
    }
}

/// Answer of `getSession`.
#[derive(Deserialize)]
pub(super) struct WhoAmI {
    pub did: String,
    #[serde(default)]
    pub handle: String,
    #[serde(default)]
    pub active: Option<bool>,
}

/// Claims of a session token that are read without checking its signature: they only decide when to
/// renew it and what to tell the owner.
#[derive(Default, Deserialize)]
pub(super) struct Claims {
    #[serde(default)]
    pub exp: Option<i64>,
    #[serde(default)]
    pub scope: Option<String>,
}

/// `com.atproto.repo.putRecord`.
#[derive(Serialize)]
pub(super) struct PutRecord<'a> {
    pub repo: &'a str,
    pub collection: &'static str,
    pub rkey: &'a str,
    pub record: &'a Value,
}

/// `com.atproto.repo.deleteRecord`.
#[derive(Serialize)]
pub(super) struct DeleteRecord<'a> {
    pub repo: &'a str,
    pub collection: &'static str,
    pub rkey: &'a str,
}

/// A post of one's own repository, as far as it is recognised by.
pub(super) struct OwnPost {
    pub uri: String,
    pub text: String,
    /// By the clock of the program that wrote it.
    pub created_at: Timestamp,
    pub pictures: usize,
}

impl OwnPost {
    /// Reads one entry of `com.atproto.repo.listRecords`; `None` for an answer to somebody and for what
    /// another program wrote in a form of its own.
    pub fn read(entry: &Value) -> Option<Self> {
        let record = entry.get("value")?;
        if record.get("reply").is_some() {
            return None;
        }
        let pictures = record.pointer("/embed/images").and_then(Value::as_array).map_or(0, Vec::len);
        Some(Self {
            uri: entry.get("uri")?.as_str()?.to_owned(),
            text: record.get("text")?.as_str()?.to_owned(),
            created_at: record.get("createdAt")?.as_str()?.parse().ok()?,
            pictures,
        })
    }
}

/// What this connector keeps between its calls (`Job::marks`).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Marks {
    /// Chosen at the first `prepare`, never changed: it is what makes repeating free of risk.
    pub rkey: String,
    /// The exact record that `send` writes. Frozen, except for lost pictures, once a send may have started.
    pub record: Value,
}

impl Marks {
    pub fn read(value: &Value) -> Option<Self> {
        serde_json::from_value(value.clone()).ok()
    }
}
