//! The messages of the channels.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    media::Stored,
    objects::{ObjectState, PublishedObject},
    seed,
    state::World,
    telegram::chats,
};

/// One message of a channel. An album is several messages with one group.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Message {
    pub account: usize,
    pub id: u64,
    /// Text, or caption of the photo.
    pub text: String,
    pub photo: Option<Stored>,
    pub group: Option<String>,
    pub created_at: Timestamp,
    pub edited_at: Option<Timestamp>,
    pub is_deleted: bool,
}

impl Message {
    /// As the API gives it.
    pub fn shown(&self) -> Value {
        let mut message = json!({
            "message_id": self.id,
            "sender_chat": chats::channel(self.account),
            "chat": chats::channel(self.account),
            "date": self.created_at.as_second(),
        });
        if let Some(at) = self.edited_at {
            message["edit_date"] = json!(at.as_second());
        }
        if let Some(group) = &self.group {
            message["media_group_id"] = json!(group);
        }
        if let Some(photo) = &self.photo {
            message["photo"] = json!([{
                "file_id": format!("AgAC{}", &photo.sha256),
                "file_unique_id": photo.sha256.chars().take(16).collect::<String>(),
                "width": photo.width,
                "height": photo.height,
                "file_size": photo.size_bytes,
            }]);
        }
        if !self.text.is_empty() {
            message[if self.photo.is_some() { "caption" } else { "text" }] = json!(self.text);
        }
        message
    }
}

/// All channels.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Telegram {
    /// By account; the numbers count up from 1, and deleted messages stay in their place.
    messages: BTreeMap<usize, Vec<Message>>,
}

impl Telegram {
    /// Number of the next message of a channel; deleted numbers never come back.
    pub fn next_id(&self, account: usize) -> u64 {
        self.messages.get(&account).and_then(|all| all.last()).map_or(1, |last| last.id + 1)
    }

    pub fn add(&mut self, message: Message) {
        self.messages.entry(message.account).or_default().push(message);
    }

    /// A message that is still there.
    pub fn get_mut(&mut self, account: usize, id: u64) -> Option<&mut Message> {
        let at = usize::try_from(id.checked_sub(1)?).ok()?;
        self.messages.get_mut(&account)?.get_mut(at).filter(|message| !message.is_deleted)
    }

    /// Posts, oldest first; the messages of an album are one post under the number of the first.
    pub fn objects(&self, world: &World) -> Vec<PublishedObject> {
        let mut posts: Vec<Vec<&Message>> = Vec::new();
        for message in self.messages.values().flatten() {
            let belongs = posts.last().and_then(|post| post.first()).is_some_and(|first| {
                message.group.is_some() && (first.account, &first.group) == (message.account, &message.group)
            });
            match posts.last_mut().filter(|_| belongs) {
                Some(post) => post.push(message),
                None => posts.push(vec![message]),
            }
        }
        let mut objects: Vec<_> = posts.iter().filter_map(|post| object(world, post)).collect();
        objects.sort_by_key(|object| object.created_at);
        objects
    }
}

fn object(world: &World, post: &[&Message]) -> Option<PublishedObject> {
    let first = post.first()?;
    let left: Vec<_> = post.iter().filter(|message| !message.is_deleted).collect();
    let state = if left.is_empty() { ObjectState::Deleted } else { ObjectState::Published };
    let ids: Vec<u64> = post.iter().map(|message| message.id).collect();
    Some(PublishedObject {
        id: first.id.to_string(),
        account: seed::telegram_chat_id(first.account),
        text: first.text.clone(),
        media: post
            .iter()
            .filter_map(|message| Some(message.photo.as_ref()?.info(&message.id.to_string(), None)))
            .collect(),
        link: None,
        created_at: first.created_at,
        scheduled_at: None,
        state,
        application: None,
        url: Some(format!(
            "{}/{}/{}",
            world.addresses().telegram,
            seed::telegram_username(first.account),
            first.id
        )),
        marks: Map::from_iter([
            ("message_ids".to_owned(), json!(ids)),
            ("is_edited".to_owned(), json!(first.edited_at.is_some())),
        ]),
    })
}
