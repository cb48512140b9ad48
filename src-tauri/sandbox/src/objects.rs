//! The common view of a post, whatever network holds it: for tests, the control API and the pages.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Where a post stands on its network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectState {
    Published,
    /// Waits for the network's own scheduler.
    Scheduled,
    /// Kept unpublished and never goes out by itself.
    Draft,
    /// Was there and has been deleted.
    Deleted,
}

impl ObjectState {
    /// Name used in JSON and in `?state=`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Scheduled => "scheduled",
            Self::Draft => "draft",
            Self::Deleted => "deleted",
        }
    }
}

/// One picture or film of a post.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MediaInfo {
    /// Id that the network gave to the upload.
    pub id: String,
    /// Type found in the bytes.
    pub mime: String,
    /// Pixels; 0 when unknown.
    pub width: u32,
    /// Pixels; 0 when unknown.
    pub height: u32,
    pub size_bytes: usize,
    pub alt_text: Option<String>,
    /// Hexadecimal; also the id under which the control API gives the bytes.
    pub sha256: String,
}

/// A post as its network holds it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PublishedObject {
    /// The network's id; for Bluesky the `at://` address.
    pub id: String,
    /// Id of the account: Page, Instagram account, DID, Mastodon account.
    pub account: String,
    pub text: String,
    pub media: Vec<MediaInfo>,
    pub link: Option<String>,
    /// When it was made, or went live if it was scheduled.
    pub created_at: Timestamp,
    pub scheduled_at: Option<Timestamp>,
    pub state: ObjectState,
    /// Name of the program that posted; null for a post made by hand.
    pub application: Option<String>,
    /// Address of the sandbox page that shows it.
    pub url: Option<String>,
    /// What helps to recognise the post: rkey, cid, idempotency key, container, photo ids…
    pub marks: Map<String, Value>,
}
