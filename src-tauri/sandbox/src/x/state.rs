//! Posts, pictures and tokens of the users.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    media::Stored,
    objects::{ObjectState, PublishedObject},
    seed,
    state::World,
};

/// An upload; invisible until a post names it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Media {
    pub account: usize,
    pub stored: Stored,
    pub alt_text: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Post {
    pub account: usize,
    pub id: String,
    pub text: String,
    pub media: Vec<String>,
    pub created_at: Timestamp,
    pub is_deleted: bool,
    /// Thousandths of a dollar.
    pub price: u32,
}

impl Post {
    /// As a list gives it: addresses and pictures as short links, `&` and brackets as entities.
    pub fn shown(&self) -> Value {
        let mut text = self.text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let mut urls = Vec::new();
        for (at, word) in self.text.split_whitespace().filter(|word| word.starts_with("http")).enumerate() {
            let short = format!("https://t.co/{}u{at}", self.id);
            text = text.replacen(&word.replace('&', "&amp;"), &short, 1);
            urls.push(json!({"url": short, "expanded_url": word, "display_url": word}));
        }
        let keys: Vec<String> = self.media.iter().map(|id| format!("3_{id}")).collect();
        if let Some(first) = keys.first() {
            let short = format!("https://t.co/{}m", self.id);
            let space = if text.is_empty() { "" } else { " " };
            text = format!("{text}{space}{short}");
            let expanded =
                format!("https://x.com/{}/status/{}/photo/1", seed::x_username(self.account), self.id);
            urls.push(json!({"url": short, "expanded_url": expanded, "media_key": first}));
        }
        let mut post = json!({"id": self.id, "text": text, "created_at": self.created_at.to_string()});
        if !urls.is_empty() {
            post["entities"] = json!({"urls": urls});
        }
        if !keys.is_empty() {
            post["attachments"] = json!({"media_keys": keys});
        }
        post
    }
}

/// A code that waits to be exchanged.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Code {
    pub account: usize,
    pub redirect_uri: String,
    pub challenge: String,
    pub scope: String,
    pub created_at: Timestamp,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Access {
    pub account: usize,
    pub ends_at: Timestamp,
}

/// Everything of this network.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct X {
    pub posts: Vec<Post>,
    pub media: BTreeMap<String, Media>,
    pub codes: BTreeMap<String, Code>,
    pub access: BTreeMap<String, Access>,
    /// Account by refresh token, besides the seeded ones; each works once.
    pub refresh: BTreeMap<String, usize>,
    last_number: u64,
}

impl X {
    pub fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    pub fn account_of(&self, token: &str, now: Timestamp) -> Option<usize> {
        self.access.get(token).filter(|access| now < access.ends_at).map(|access| access.account)
    }

    /// Posts, oldest first.
    pub fn objects(&self, world: &World) -> Vec<PublishedObject> {
        self.posts.iter().map(|post| self.object(world, post)).collect()
    }

    fn object(&self, world: &World, post: &Post) -> PublishedObject {
        let media = |id: &String| {
            let media = self.media.get(id)?;
            Some(media.stored.info(id, media.alt_text.as_deref()))
        };
        PublishedObject {
            id: post.id.clone(),
            account: seed::x_id(post.account),
            text: post.text.clone(),
            media: post.media.iter().filter_map(media).collect(),
            link: None,
            created_at: post.created_at,
            scheduled_at: None,
            state: if post.is_deleted { ObjectState::Deleted } else { ObjectState::Published },
            application: Some("Le Vieux Moulin".to_owned()),
            url: Some(format!(
                "{}/{}/status/{}",
                world.addresses().x,
                seed::x_username(post.account),
                post.id
            )),
            marks: Map::from_iter([("price_usd".to_owned(), json!(f64::from(post.price) / 1000.0))]),
        }
    }
}
