//! The local posts of the profiles.

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

/// What moderation will say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Verdict {
    Live,
    Rejected,
}

/// One local post.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LocalPost {
    pub account: usize,
    pub id: u64,
    /// The fields that the caller may write, as they came.
    pub given: Map<String, Value>,
    pub photo: Option<Stored>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub scheduled_at: Option<Timestamp>,
    pub verdict: Verdict,
    /// Reads that still answer PROCESSING.
    pub polls_left: u32,
    pub is_deleted: bool,
}

impl Keyed for LocalPost {
    fn key(&self) -> String {
        self.id.to_string()
    }
}

impl LocalPost {
    pub fn state(&self, now: Timestamp) -> &'static str {
        match (self.scheduled_at, self.verdict) {
            (Some(at), _) if at > now => "SCHEDULED",
            _ if self.polls_left > 0 => "PROCESSING",
            (_, Verdict::Live) => "LIVE",
            (_, Verdict::Rejected) => "REJECTED",
        }
    }

    pub fn name(&self) -> String {
        format!("{}/localPosts/{}", seed::google_profile(self.account), self.id)
    }

    fn page(&self, world: &World) -> String {
        format!("{}/posts/{}", world.addresses().google_business, self.id)
    }

    /// As the API gives it.
    pub fn shown(&self, world: &World) -> Value {
        let now = world.now();
        let mut post = self.given.clone();
        post.insert("name".into(), json!(self.name()));
        post.insert("state".into(), json!(self.state(now)));
        post.insert("createTime".into(), json!(self.created_at.to_string()));
        post.insert("updateTime".into(), json!(self.updated_at.to_string()));
        if self.state(now) == "LIVE" {
            post.insert("searchUrl".into(), json!(self.page(world)));
        }
        if let Some(photo) = &self.photo {
            let address = format!("{}/media/{}", world.addresses().google_business, photo.file_name());
            let name = format!("{}/media/localPosts/{}", seed::google_profile(self.account), self.id);
            post.insert(
                "media".into(),
                json!([{"name": name, "mediaFormat": "PHOTO", "googleUrl": address}]),
            );
        }
        Value::Object(post)
    }

    fn object(&self, world: &World) -> PublishedObject {
        let now = world.now();
        let word = |path: &str| {
            let value = Value::Object(self.given.clone());
            value.pointer(path).and_then(Value::as_str).map(str::to_owned)
        };
        let state = match self.state(now) {
            _ if self.is_deleted => ObjectState::Deleted,
            "LIVE" => ObjectState::Published,
            "SCHEDULED" => ObjectState::Scheduled,
            _ => ObjectState::Draft,
        };
        PublishedObject {
            id: self.name(),
            account: seed::google_profile(self.account),
            text: word("/summary").unwrap_or_default(),
            media: self.photo.iter().map(|photo| photo.info(&self.id.to_string(), None)).collect(),
            link: word("/callToAction/url"),
            created_at: self.scheduled_at.filter(|at| *at <= now).unwrap_or(self.created_at),
            scheduled_at: self.scheduled_at.filter(|at| *at > now),
            state,
            application: None,
            url: Some(self.page(world)),
            marks: Map::from_iter([
                ("state".to_owned(), json!(self.state(now))),
                ("topicType".to_owned(), json!(word("/topicType"))),
                ("given".to_owned(), Value::Object(self.given.clone())),
            ]),
        }
    }
}

/// All profiles.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct GoogleBusiness {
    pub desk: Desk,
    pub posts: Table<LocalPost>,
    last_id: u64,
}

impl GoogleBusiness {
    pub fn new_id(&mut self) -> u64 {
        const FIRST: u64 = 4_600_000_000_000_000_000;
        self.last_id = self.last_id.max(FIRST) + 1;
        self.last_id
    }

    /// A post that is still there; a read brings its moderation one step on.
    pub fn read(&mut self, account: usize, id: &str) -> Option<&mut LocalPost> {
        let post = self.posts.get_mut(id).filter(|post| post.account == account && !post.is_deleted)?;
        post.polls_left = post.polls_left.saturating_sub(1);
        Some(post)
    }

    /// Posts, oldest first.
    pub fn objects(&self, world: &World) -> Vec<PublishedObject> {
        self.posts.iter().map(|post| post.object(world)).collect()
    }
}
