//! Statuses, scheduled statuses, attachments, applications and tokens of the server.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, json};

use crate::{
    mastodon::errors::Refused,
    media::Stored,
    objects::{MediaInfo, ObjectState, PublishedObject},
    seed,
    state::World,
    table::{Keyed, Table},
};

/// What a program asked to be posted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Content {
    pub text: String,
    pub spoiler_text: String,
    pub visibility: String,
    pub language: Option<String>,
    pub is_sensitive: bool,
    pub in_reply_to_id: Option<String>,
    pub media_ids: Vec<String>,
}

/// A status.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Status {
    pub id: u64,
    /// Account number.
    pub account: usize,
    pub content: Content,
    pub created_at: Timestamp,
    pub edited_at: Option<Timestamp>,
    pub application: Option<String>,
    pub idempotency_key: Option<String>,
    pub scheduled_id: Option<String>,
    pub scheduled_at: Option<Timestamp>,
    pub is_deleted: bool,
}

/// A status that waits for its time.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Planned {
    pub id: String,
    pub account: usize,
    pub content: Content,
    pub created_at: Timestamp,
    pub scheduled_at: Timestamp,
    pub application: Option<String>,
    pub idempotency_key: Option<String>,
}

/// An uploaded file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Attachment {
    pub id: String,
    pub account: usize,
    pub media: Stored,
    pub description: Option<String>,
    pub focus: Option<(f64, f64)>,
    /// Reads that still answer 206.
    pub polls_left: u32,
    pub has_failed: bool,
    /// Status or scheduled status that holds it.
    pub holder: Option<String>,
}

impl Keyed for Attachment {
    fn key(&self) -> String {
        self.id.clone()
    }
}

/// A registered application.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct App {
    pub client_id: String,
    pub client_secret: String,
    pub id: String,
    pub name: String,
    pub website: Option<String>,
    pub redirect_uris: Vec<String>,
    pub scopes: String,
}

impl Keyed for App {
    fn key(&self) -> String {
        self.client_id.clone()
    }
}

/// An access token given out by this server.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Grant {
    pub token: String,
    pub client_id: String,
    /// Absent for an application's own token.
    pub account: Option<usize>,
    pub scopes: String,
    pub is_revoked: bool,
}

impl Keyed for Grant {
    fn key(&self) -> String {
        self.token.clone()
    }
}

/// An authorisation code waiting for its exchange.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Code {
    pub client_id: String,
    pub account: usize,
    pub redirect_uri: String,
    pub scopes: String,
    pub challenge: Option<String>,
    pub created_at: Timestamp,
}

/// Owner of a token.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub account: Option<usize>,
    pub application: String,
    pub scopes: String,
}

impl Caller {
    /// Returns the account number if a person stands behind the token and the scope is granted.
    pub fn user(&self, scope: &str) -> Result<usize, Refused> {
        let wide = scope.split(':').next().unwrap_or(scope);
        if !self.scopes.split_whitespace().any(|granted| granted == scope || granted == wide) {
            return Err(Refused::new(403, "This action is outside the authorized scopes"));
        }
        self.account.ok_or_else(|| Refused::new(422, "This method requires an authenticated user"))
    }
}

/// All state of the server.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Mastodon {
    last_number: u64,
    /// By id, which follows time.
    pub statuses: BTreeMap<u64, Status>,
    pub scheduled: BTreeMap<u64, Planned>,
    pub cancelled: Vec<Planned>,
    pub attachments: Table<Attachment>,
    pub apps: Table<App>,
    pub tokens: Table<Grant>,
    pub codes: HashMap<String, Code>,
    /// Account and key, to the id that the first request made.
    pub keys: HashMap<String, (Timestamp, u64)>,
    /// Calls of the current window per account.
    #[serde(skip)]
    pub calls: HashMap<usize, (i64, u32)>,
}

impl Mastodon {
    pub fn new_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// Ids carry their time in the upper bits, as on real servers.
    fn new_status_id(&mut self, at: Timestamp) -> u64 {
        let mut id = u64::try_from(at.as_millisecond()).unwrap_or(0) << 16;
        id += self.new_number() & 0xffff;
        while self.statuses.contains_key(&id) {
            id += 1;
        }
        id
    }

    /// Makes a status visible and returns its id.
    pub fn add_status(&mut self, mut status: Status) -> u64 {
        status.id = self.new_status_id(status.created_at);
        self.hold(&status.content.media_ids, &status.id.to_string());
        let id = status.id;
        self.statuses.insert(id, status);
        id
    }

    /// Ties attachments to what shows them.
    pub fn hold(&mut self, media_ids: &[String], holder: &str) {
        for id in media_ids {
            if let Some(attachment) = self.attachments.get_mut(id) {
                attachment.holder = Some(holder.to_owned());
            }
        }
    }

    /// Lets scheduled statuses go live whose time has come.
    pub fn promote(&mut self, now: Timestamp) {
        if !self.scheduled.values().any(|one| one.scheduled_at <= now) {
            return;
        }
        let (due, waiting): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.scheduled).into_iter().partition(|(_, one)| one.scheduled_at <= now);
        self.scheduled = waiting.into_iter().collect();
        for (_, one) in due {
            self.add_status(Status {
                id: 0,
                account: one.account,
                content: one.content,
                created_at: one.scheduled_at,
                edited_at: None,
                application: one.application,
                idempotency_key: one.idempotency_key,
                scheduled_id: Some(one.id),
                scheduled_at: Some(one.scheduled_at),
                is_deleted: false,
            });
        }
    }

    /// Finds the owner of a token.
    pub fn caller(&self, token: &str, accounts: usize) -> Option<Caller> {
        if let Some(known) = self.tokens.get(token) {
            let app = self.apps.get(&known.client_id)?;
            return (!known.is_revoked).then(|| Caller {
                account: known.account,
                application: app.name.clone(),
                scopes: known.scopes.clone(),
            });
        }
        let k = seed::number_of(token, accounts, seed::mastodon_token)?;
        Some(Caller {
            account: Some(k),
            application: seed::MASTODON_APP_NAME.to_owned(),
            scopes: "read write".to_owned(),
        })
    }

    fn pictures(&self, ids: &[String]) -> Vec<MediaInfo> {
        ids.iter()
            .filter_map(|id| self.attachments.get(id))
            .map(|file| file.media.info(&file.id, file.description.as_deref()))
            .collect()
    }

    /// Statuses and what waits, oldest first.
    pub fn objects(&mut self, world: &World, now: Timestamp) -> Vec<PublishedObject> {
        self.promote(now);
        let live = self.statuses.values().map(|status| PublishedObject {
            id: status.id.to_string(),
            account: seed::mastodon_id(status.account),
            text: status.content.text.clone(),
            media: self.pictures(&status.content.media_ids),
            link: None,
            created_at: status.created_at,
            scheduled_at: status.scheduled_at,
            state: if status.is_deleted { ObjectState::Deleted } else { ObjectState::Published },
            application: status.application.clone(),
            url: Some(address(world, status.account, status.id)),
            marks: marks(&status.content, status.idempotency_key.as_deref(), status.scheduled_id.as_deref()),
        });
        let planned = |one: &Planned, state| PublishedObject {
            id: one.id.clone(),
            account: seed::mastodon_id(one.account),
            text: one.content.text.clone(),
            media: self.pictures(&one.content.media_ids),
            link: None,
            created_at: one.created_at,
            scheduled_at: Some(one.scheduled_at),
            state,
            application: one.application.clone(),
            url: None,
            marks: marks(&one.content, one.idempotency_key.as_deref(), Some(&one.id)),
        };
        let waiting = self.scheduled.values().map(|one| planned(one, ObjectState::Scheduled));
        let cancelled = self.cancelled.iter().map(|one| planned(one, ObjectState::Deleted));
        live.chain(waiting).chain(cancelled).collect()
    }
}

fn marks(content: &Content, key: Option<&str>, scheduled_id: Option<&str>) -> Map<String, serde_json::Value> {
    Map::from_iter([
        ("idempotency_key".to_owned(), json!(key)),
        ("scheduled_id".to_owned(), json!(scheduled_id)),
        ("visibility".to_owned(), json!(content.visibility)),
        ("language".to_owned(), json!(content.language)),
        ("spoiler_text".to_owned(), json!(content.spoiler_text)),
    ])
}

/// Address of the page that shows a status.
pub(crate) fn address(world: &World, account: usize, id: u64) -> String {
    format!("{}/@{}/{id}", world.addresses().mastodon, seed::mastodon_username(account))
}
