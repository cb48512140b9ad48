//! Containers and posts of Threads.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};

use crate::{
    instagram::state::Fate,
    media::Stored,
    objects::{ObjectState, PublishedObject},
    seed,
    state::World,
    table::{Keyed, Table},
};

/// An unpublished container dies after this time.
const LIFE: SignedDuration = SignedDuration::from_hours(24);
const FIRST_NUMBER: u64 = 18_050_000_000_000_000;

/// A picture with its description.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Item {
    /// Container that brought it.
    pub id: String,
    pub media: Stored,
    pub alt_text: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Container {
    pub id: String,
    pub account: usize,
    pub text: String,
    pub items: Vec<Item>,
    pub is_item: bool,
    pub created_at: Timestamp,
    /// Status reads that still answer IN_PROGRESS.
    pub polls_left: u32,
    pub fate: Fate,
    /// Post that came of it.
    pub published_as: Option<String>,
}

impl Keyed for Container {
    fn key(&self) -> String {
        self.id.clone()
    }
}

impl Container {
    /// `status` at this moment.
    pub fn status(&self, now: Timestamp) -> &'static str {
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

/// A published post.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Post {
    pub id: String,
    pub account: usize,
    pub container: String,
    pub shortcode: String,
    /// As it is shown: the topic has lost its #.
    pub text: String,
    pub topic: Option<String>,
    pub items: Vec<Item>,
    pub created_at: Timestamp,
    pub is_deleted: bool,
}

impl Keyed for Post {
    fn key(&self) -> String {
        self.id.clone()
    }
}

impl Post {
    pub fn permalink(&self, world: &World) -> String {
        let name = seed::threads_username(self.account);
        format!("{}/@{name}/post/{}", world.addresses().threads, self.shortcode)
    }
}

/// All accounts.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Threads {
    pub containers: Table<Container>,
    pub posts: Table<Post>,
    last_number: u64,
    /// When the token of an account was last renewed.
    pub renewed_at: BTreeMap<usize, Timestamp>,
}

impl Threads {
    pub fn new_id(&mut self) -> String {
        self.last_number += 1;
        (FIRST_NUMBER + self.last_number).to_string()
    }

    /// Posts, oldest first.
    pub fn objects(&self, world: &World) -> Vec<PublishedObject> {
        self.posts.iter().map(|post| object(world, post)).collect()
    }
}

fn object(world: &World, post: &Post) -> PublishedObject {
    PublishedObject {
        id: post.id.clone(),
        account: seed::threads_id(post.account),
        text: post.text.clone(),
        media: post.items.iter().map(|item| item.media.info(&item.id, item.alt_text.as_deref())).collect(),
        link: None,
        created_at: post.created_at,
        scheduled_at: None,
        state: if post.is_deleted { ObjectState::Deleted } else { ObjectState::Published },
        application: None,
        url: Some(post.permalink(world)),
        marks: Map::from_iter([
            ("container_id".to_owned(), json!(post.container)),
            ("topic_tag".to_owned(), json!(post.topic)),
        ]),
    }
}
