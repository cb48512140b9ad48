//! Repositories, uploaded blobs and what is known of sessions.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    media::Stored,
    objects::{MediaInfo, ObjectState, PublishedObject},
    state::World,
    table::{Keyed, Table},
};

/// One record of a repository.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Record {
    pub did: String,
    pub collection: String,
    pub rkey: String,
    pub cid: String,
    pub value: Value,
    pub indexed_at: Timestamp,
}

impl Record {
    pub fn uri(&self) -> String {
        format!("at://{}/{}/{}", self.did, self.collection, self.rkey)
    }

    pub fn key(&self) -> String {
        key(&self.did, &self.collection, &self.rkey)
    }
}

/// Key of a record; those of one collection stand together in order of their rkey.
pub(crate) fn key(did: &str, collection: &str, rkey: &str) -> String {
    format!("{did}/{collection}/{rkey}")
}

/// An uploaded blob of one account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Blob {
    pub did: String,
    pub cid: String,
    pub mime: String,
    pub media: Stored,
}

impl Keyed for Blob {
    fn key(&self) -> String {
        format!("{}/{}", self.did, self.cid)
    }
}

/// All state of the server.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Bluesky {
    pub records: BTreeMap<String, Record>,
    pub deleted: Vec<Record>,
    pub blobs: Table<Blob>,
    /// Content id of the newest commit per account.
    pub commits: HashMap<String, String>,
    /// Used refresh tokens, with the time of their rotation.
    pub rotated: HashMap<String, Timestamp>,
    /// Access tokens that a fault has killed.
    pub killed: HashSet<String>,
    /// Times of recent log-ins per account.
    pub logins: HashMap<String, Vec<Timestamp>>,
    last_tid: u64,
}

impl Bluesky {
    /// Returns a new revision, later than every earlier one.
    pub fn new_revision(&mut self, now: Timestamp) -> String {
        let micros = u64::try_from(now.as_microsecond()).unwrap_or(0) << 10;
        self.last_tid = micros.max(self.last_tid + 1);
        tid(self.last_tid)
    }

    /// Posts, oldest first by the time at which they arrived.
    pub fn objects(&self, world: &World) -> Vec<PublishedObject> {
        let mut objects: Vec<PublishedObject> = self
            .records
            .values()
            .map(|record| (record, ObjectState::Published))
            .chain(self.deleted.iter().map(|record| (record, ObjectState::Deleted)))
            .filter(|(record, _)| record.collection == "app.bsky.feed.post")
            .map(|(record, state)| self.object(world, record, state))
            .collect();
        objects.sort_by_key(|object| object.created_at);
        objects
    }

    fn object(&self, world: &World, record: &Record, state: ObjectState) -> PublishedObject {
        let text = |pointer: &str| record.value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        PublishedObject {
            id: record.uri(),
            account: record.did.clone(),
            text: text("/text").unwrap_or_default(),
            media: self.pictures(record),
            link: text("/embed/external/uri"),
            created_at: record.indexed_at,
            scheduled_at: None,
            state,
            application: None,
            url: Some(format!("{}/profile/{}/post/{}", world.addresses().bluesky, record.did, record.rkey)),
            marks: Map::from_iter([
                ("rkey".to_owned(), json!(record.rkey)),
                ("cid".to_owned(), json!(record.cid)),
                ("created_at".to_owned(), json!(text("/createdAt"))),
                ("langs".to_owned(), record.value.get("langs").cloned().unwrap_or_default()),
                ("facets".to_owned(), record.value.get("facets").cloned().unwrap_or_default()),
            ]),
        }
    }

    fn pictures(&self, record: &Record) -> Vec<MediaInfo> {
        let embed = record.value.get("embed");
        ["/images", "/items", "/media/images"]
            .into_iter()
            .filter_map(|pointer| embed?.pointer(pointer)?.as_array())
            .flatten()
            .filter_map(|image| {
                let cid = image.pointer("/image/ref/$link")?.as_str()?;
                let blob = self.blobs.get(&format!("{}/{cid}", record.did))?;
                Some(blob.media.info(cid, image.get("alt").and_then(Value::as_str)))
            })
            .collect()
    }
}

/// Writes a number as 13 characters of sortable base32.
fn tid(mut number: u64) -> String {
    const ALPHABET: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";
    let mut text = [b'2'; 13];
    for slot in text.iter_mut().rev() {
        *slot = ALPHABET.get((number % 32) as usize).copied().unwrap_or(b'2');
        number /= 32;
    }
    String::from_utf8_lossy(&text).into_owned()
}
