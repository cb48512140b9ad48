//! Pages' posts and photos, and the Instagram side of the same Graph.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};

use crate::{
    instagram::state::{Container, IgMedia},
    media::Stored,
    objects::{MediaInfo, ObjectState, PublishedObject},
    state::World,
    table::{Keyed, Table},
};

/// A post of a Page.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Post {
    pub id: String,
    pub page: String,
    pub message: Option<String>,
    pub link: Option<String>,
    /// Ids of photos in order.
    pub photos: Vec<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub scheduled_at: Option<Timestamp>,
    pub state: ObjectState,
    pub application: Option<String>,
}

impl Keyed for Post {
    fn key(&self) -> String {
        self.id.clone()
    }
}

/// An uploaded photo.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Photo {
    pub id: String,
    pub page: String,
    pub media: Stored,
    pub alt_text: Option<String>,
    pub caption: Option<String>,
    pub is_temporary: bool,
    pub created_at: Timestamp,
    /// The one post that may show it.
    pub post: Option<String>,
    pub is_deleted: bool,
}

impl Keyed for Photo {
    fn key(&self) -> String {
        self.id.clone()
    }
}

/// State behind both Graph listeners.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Graph {
    last_number: u64,
    pub posts: Table<Post>,
    pub photos: Table<Photo>,
    /// Ids of published posts per Page, in the order in which they went live.
    timelines: HashMap<String, Vec<String>>,
    waiting: Vec<String>,
    pub containers: Table<Container>,
    pub ig_media: Table<IgMedia>,
    /// The system user has taken its grant back.
    #[serde(default)]
    pub is_withdrawn: bool,
}

impl Graph {
    /// Returns a new numeric id.
    pub fn new_id(&mut self) -> String {
        self.last_number += 1;
        (122_100_000_000_000_000 + self.last_number).to_string()
    }

    /// Adds a post in its state.
    pub fn add_post(&mut self, post: Post) {
        match post.state {
            ObjectState::Published => self.appear(&post.page, &post.id),
            ObjectState::Scheduled => self.waiting.push(post.id.clone()),
            ObjectState::Draft | ObjectState::Deleted => {}
        }
        for photo in &post.photos {
            if let Some(photo) = self.photos.get_mut(photo) {
                photo.post = Some(post.id.clone());
            }
        }
        self.posts.put(post);
    }

    fn appear(&mut self, page: &str, id: &str) {
        self.timelines.entry(page.to_owned()).or_default().push(id.to_owned());
    }

    /// Lets scheduled posts go live whose time has come.
    pub fn promote(&mut self, now: Timestamp) {
        let is_due = |post: &Post| post.scheduled_at.is_some_and(|at| at <= now);
        if !self.waiting.iter().any(|id| self.posts.get(id).is_some_and(is_due)) {
            return;
        }
        let mut due: Vec<(Timestamp, String)> = self
            .waiting
            .iter()
            .filter_map(|id| self.posts.get(id))
            .filter(|post| is_due(post))
            .filter_map(|post| Some((post.scheduled_at?, post.id.clone())))
            .collect();
        due.sort();
        for (at, id) in due {
            self.publish(&id, at);
        }
    }

    /// Makes a waiting post or a draft visible.
    pub fn publish(&mut self, id: &str, at: Timestamp) {
        self.waiting.retain(|waiting| waiting != id);
        let Some(post) = self.posts.get_mut(id) else {
            return;
        };
        post.state = ObjectState::Published;
        post.created_at = at;
        let page = post.page.clone();
        self.appear(&page, id);
    }

    pub fn delete_post(&mut self, id: &str) {
        self.waiting.retain(|waiting| waiting != id);
        if let Some(post) = self.posts.get_mut(id) {
            post.state = ObjectState::Deleted;
            if let Some(timeline) = self.timelines.get_mut(&post.page) {
                timeline.retain(|known| known != id);
            }
        }
    }

    /// Published posts of a Page, newest first.
    pub fn timeline(&self, page: &str) -> impl Iterator<Item = &Post> {
        self.timelines
            .get(page)
            .into_iter()
            .flat_map(|ids| ids.iter().rev())
            .filter_map(|id| self.posts.get(id))
    }

    /// Scheduled posts of a Page in order of creation.
    pub fn waiting<'a>(&'a self, page: &'a str) -> impl Iterator<Item = &'a Post> {
        self.waiting.iter().filter_map(|id| self.posts.get(id)).filter(move |post| post.page == page)
    }

    /// Pictures of a post.
    pub fn media_of(&self, post: &Post) -> Vec<MediaInfo> {
        post.photos
            .iter()
            .filter_map(|id| self.photos.get(id))
            .map(|photo| photo.media.info(&photo.id, photo.alt_text.as_deref()))
            .collect()
    }

    pub fn facebook_objects(&mut self, world: &World, now: Timestamp) -> Vec<PublishedObject> {
        self.promote(now);
        self.posts
            .iter()
            .map(|post| PublishedObject {
                id: post.id.clone(),
                account: post.page.clone(),
                text: post.message.clone().unwrap_or_default(),
                media: self.media_of(post),
                link: post.link.clone(),
                created_at: post.created_at,
                scheduled_at: post.scheduled_at,
                state: post.state,
                application: post.application.clone(),
                url: Some(permalink(world, &post.id)),
                marks: Map::from_iter([("photo_ids".to_owned(), json!(post.photos))]),
            })
            .collect()
    }
}

/// Address of the page that shows a post.
pub(crate) fn permalink(world: &World, id: &str) -> String {
    format!("{}/permalink/{id}", world.addresses().facebook)
}
