//! Containers and published media of Instagram, kept inside the Graph's state.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};

use crate::{
    facebook::state::Graph,
    media::Stored,
    objects::{MediaInfo, ObjectState, PublishedObject},
    state::World,
    table::Keyed,
};

/// An unpublished container dies after this time.
const LIFE: SignedDuration = SignedDuration::from_hours(24);

/// How a container ends when nothing else happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Fate {
    Finished,
    Error,
    Expired,
}

/// A picture with its alternative text.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Item {
    pub container: String,
    pub media: Stored,
    pub alt_text: Option<String>,
}

/// A container of an Instagram account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Container {
    pub id: String,
    pub account: String,
    pub caption: Option<String>,
    pub items: Vec<Item>,
    pub is_carousel: bool,
    pub is_carousel_item: bool,
    pub created_at: Timestamp,
    /// Status reads that still answer IN_PROGRESS.
    pub polls_left: u32,
    pub fate: Fate,
    /// Media that came of it.
    pub published_as: Option<String>,
}

impl Keyed for Container {
    fn key(&self) -> String {
        self.id.clone()
    }
}

impl Container {
    /// `status_code` at this moment.
    pub fn status_code(&self, now: Timestamp) -> &'static str {
        if self.published_as.is_some() {
            "PUBLISHED"
        } else if self.fate == Fate::Expired || now.duration_since(self.created_at) >= LIFE {
            "EXPIRED"
        } else if self.polls_left > 0 {
            "IN_PROGRESS"
        } else if self.fate == Fate::Error {
            "ERROR"
        } else {
            "FINISHED"
        }
    }
}

/// A published media.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct IgMedia {
    pub id: String,
    pub account: String,
    pub container: String,
    pub shortcode: String,
    pub caption: Option<String>,
    pub items: Vec<Item>,
    pub created_at: Timestamp,
    pub is_deleted: bool,
}

impl Keyed for IgMedia {
    fn key(&self) -> String {
        self.id.clone()
    }
}

impl IgMedia {
    pub fn permalink(&self, world: &World) -> String {
        format!("{}/p/{}/", world.addresses().instagram, self.shortcode)
    }

    pub fn pictures(&self) -> Vec<MediaInfo> {
        self.items.iter().map(|item| item.media.info(&item.container, item.alt_text.as_deref())).collect()
    }
}

impl Graph {
    pub fn instagram_objects(&self, world: &World) -> Vec<PublishedObject> {
        self.ig_media
            .iter()
            .map(|media| PublishedObject {
                id: media.id.clone(),
                account: media.account.clone(),
                text: media.caption.clone().unwrap_or_default(),
                media: media.pictures(),
                link: None,
                created_at: media.created_at,
                scheduled_at: None,
                state: if media.is_deleted { ObjectState::Deleted } else { ObjectState::Published },
                application: None,
                url: Some(media.permalink(world)),
                marks: Map::from_iter([("container_id".to_owned(), json!(media.container))]),
            })
            .collect()
    }
}
