//! The pins of the boards.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    consent::Desk,
    media::Stored,
    objects::{ObjectState, PublishedObject},
    seed,
    state::World,
    table::{Keyed, Table},
};

/// One pin.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Pin {
    pub account: usize,
    pub id: String,
    pub title: Option<String>,
    pub description: Option<String>,
    pub alt_text: Option<String>,
    pub link: Option<String>,
    pub picture: Stored,
    pub created_at: Timestamp,
    pub is_deleted: bool,
}

impl Keyed for Pin {
    fn key(&self) -> String {
        self.id.clone()
    }
}

impl Pin {
    /// As the API gives it. Its times carry no zone.
    pub fn shown(&self) -> Value {
        json!({
            "id": self.id,
            "created_at": self.created_at.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
            "link": self.link,
            "title": self.title,
            "description": self.description,
            "alt_text": self.alt_text,
            "board_id": seed::pinterest_board_id(self.account),
            "board_section_id": null,
            "board_owner": {"username": seed::pinterest_username(self.account)},
            "creative_type": "REGULAR",
            "is_standard": true,
            "media": {"media_type": "image"},
        })
    }

    fn object(&self, world: &World) -> PublishedObject {
        PublishedObject {
            id: self.id.clone(),
            account: seed::pinterest_username(self.account),
            text: self.description.clone().unwrap_or_default(),
            media: vec![self.picture.info(&self.id, self.alt_text.as_deref())],
            link: self.link.clone(),
            created_at: self.created_at,
            scheduled_at: None,
            state: if self.is_deleted { ObjectState::Deleted } else { ObjectState::Published },
            application: None,
            url: Some(format!("{}/pin/{}/", world.addresses().pinterest, self.id)),
            marks: Map::from_iter([
                ("title".to_owned(), json!(self.title)),
                ("board_id".to_owned(), json!(seed::pinterest_board_id(self.account))),
            ]),
        }
    }
}

/// All boards.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Pinterest {
    pub desk: Desk,
    pub pins: Table<Pin>,
    last_id: u64,
}

impl Pinterest {
    pub fn new_id(&mut self) -> String {
        const FIRST: u64 = 813_744_226_420_000_000;
        self.last_id = self.last_id.max(FIRST) + 1;
        self.last_id.to_string()
    }

    /// A pin that is still there.
    pub fn get_mut(&mut self, account: usize, id: &str) -> Option<&mut Pin> {
        self.pins.get_mut(id).filter(|pin| pin.account == account && !pin.is_deleted)
    }

    /// Pins, oldest first.
    pub fn objects(&self, world: &World) -> Vec<PublishedObject> {
        self.pins.iter().map(|pin| pin.object(world)).collect()
    }
}
