//! Posts, pictures and tokens of the organisations.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    linkedin::text,
    media::Stored,
    objects::{ObjectState, PublishedObject},
    seed,
    state::World,
};

/// An upload; it belongs to nobody's page until a post names it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Image {
    pub account: usize,
    pub stored: Option<Stored>,
    /// Reads that still answer PROCESSING.
    pub polls_left: u32,
    pub is_failed: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Post {
    pub account: usize,
    pub urn: String,
    /// As it came, in little text.
    pub commentary: String,
    /// As it came: `media`, `multiImage` or `article`.
    pub content: Option<Value>,
    pub created_at: Timestamp,
    pub modified_at: Timestamp,
    pub is_deleted: bool,
}

impl Post {
    /// Pictures with their descriptions.
    pub fn images(&self) -> Vec<(String, Option<String>)> {
        let Some(content) = &self.content else { return Vec::new() };
        let many = content.pointer("/multiImage/images").and_then(Value::as_array);
        let all: Vec<&Value> = match many {
            Some(many) => many.iter().collect(),
            None => content.get("media").into_iter().collect(),
        };
        let text = |item: &Value, key: &str| item.get(key).and_then(Value::as_str).map(str::to_owned);
        all.into_iter().filter_map(|item| Some((text(item, "id")?, text(item, "altText")))).collect()
    }

    /// As the API gives it.
    pub fn shown(&self) -> Value {
        let mut post = json!({
            "id": self.urn,
            "author": seed::linkedin_organization_urn(self.account),
            "commentary": self.commentary,
            "visibility": "PUBLIC",
            "lifecycleState": "PUBLISHED",
            "lifecycleStateInfo": {"isEditedByAuthor": self.created_at != self.modified_at},
            "isReshareDisabledByAuthor": false,
            "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
            "createdAt": self.created_at.as_millisecond(),
            "publishedAt": self.created_at.as_millisecond(),
            "lastModifiedAt": self.modified_at.as_millisecond(),
        });
        if let Some(content) = &self.content {
            post["content"] = content.clone();
        }
        post
    }
}

/// A code that waits to be exchanged.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Code {
    pub account: usize,
    pub redirect_uri: String,
    pub scope: String,
    pub created_at: Timestamp,
}

/// Everything of this network.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct LinkedIn {
    pub posts: Vec<Post>,
    pub images: BTreeMap<String, Image>,
    pub codes: BTreeMap<String, Code>,
    /// Account by token, besides the seeded ones.
    pub tokens: BTreeMap<String, usize>,
    last_number: u64,
}

impl LinkedIn {
    pub fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    pub fn account_of(&self, token: &str) -> Option<usize> {
        self.tokens.get(token).copied()
    }

    /// A post that is still there.
    pub fn find(&mut self, account: usize, urn: &str) -> Option<&mut Post> {
        self.posts.iter_mut().find(|post| post.account == account && post.urn == urn && !post.is_deleted)
    }

    /// Posts, oldest first.
    pub fn objects(&self, world: &World) -> Vec<PublishedObject> {
        self.posts.iter().map(|post| self.object(world, post)).collect()
    }

    fn object(&self, world: &World, post: &Post) -> PublishedObject {
        let pointer = |path: &str| post.content.as_ref()?.pointer(path)?.as_str().map(str::to_owned);
        PublishedObject {
            id: post.urn.clone(),
            account: seed::linkedin_organization(post.account),
            text: text::visible(&post.commentary),
            media: post
                .images()
                .into_iter()
                .filter_map(|(urn, alt)| {
                    Some(self.images.get(&urn)?.stored.as_ref()?.info(&urn, alt.as_deref()))
                })
                .collect(),
            link: pointer("/article/source"),
            created_at: post.created_at,
            scheduled_at: None,
            state: if post.is_deleted { ObjectState::Deleted } else { ObjectState::Published },
            application: Some("Le Vieux Moulin".to_owned()),
            url: Some(format!("{}/feed/update/{}", world.addresses().linkedin, post.urn)),
            marks: Map::from_iter([
                ("commentary".to_owned(), json!(post.commentary)),
                ("title".to_owned(), json!(pointer("/article/title"))),
                ("is_edited".to_owned(), json!(post.created_at != post.modified_at)),
            ]),
        }
    }
}
