//! Reading what people say, and answering it. A trait beside [`Publisher`]: like every connector, an
//! implementation only translates. It keeps nothing and decides nothing; what is new, changed or gone is
//! worked out by the store from what was read.
//!
//! An answer is a delivery like any other. [`Conversation::replies`] is the publisher of answers, with its
//! own irreversible call and its own kind of certainty.

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;

use super::{Access, CountingRule, Failure, Kind, Publisher};
use crate::domain::{ConversationKind, HouseAnswer};

/// What a platform lets us read and answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConversationRules {
    pub kinds: &'static [ConversationKind],
    /// How a doubt about an answer is settled.
    pub reply_kind: Kind,
    /// Longest answer.
    pub max_text: u32,
    pub counting_rule: CountingRule,
    pub max_text_bytes: Option<u32>,
    /// A comment can be hidden from others.
    pub can_hide: bool,
    /// There is one answer: another one takes its place.
    pub one_answer: bool,
}

/// Conversations of one platform.
#[async_trait]
pub trait Conversation: Send + Sync {
    fn rules(&self) -> ConversationRules;

    /// Reads what was said lately. Only reads.
    async fn read(&self, access: &Access<'_>, request: &ReadRequest) -> Result<Heard, Failure>;

    /// The publisher of answers: each job's content has a [`reply_to`](crate::domain::OutgoingPost).
    fn replies(&self) -> Option<&dyn Publisher>;

    /// Hides a comment from others, or shows it again. Repeatable.
    async fn set_hidden(&self, _access: &Access<'_>, _remote_id: &str, _hidden: bool) -> Result<(), Failure> {
        Err(Failure::unsupported("hide"))
    }
}

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct ReadRequest {
    /// The connector's own notes of the last reading; `Null` at first.
    pub marks: Value,
    /// Platform ids of the house's latest posts on this account, newest first.
    pub posts: Vec<String>,
    /// Read further back than usual: once a day.
    pub is_thorough: bool,
}

/// What was read.
#[derive(Debug, Default)]
pub struct Heard {
    pub items: Vec<Said>,
    /// Where `items` is the whole truth: what is known and not in it was deleted.
    pub complete: Vec<Complete>,
    pub marks: Value,
}

/// Everything changed since an instant, below one post or of the whole account, was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complete {
    /// `None`: of the account.
    pub post_remote_id: Option<String>,
    pub since: Timestamp,
}

/// One comment, mention or review as the platform shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    pub kind: ConversationKind,
    pub remote_id: String,
    pub parent_remote_id: Option<String>,
    pub post_remote_id: Option<String>,
    pub author: Option<String>,
    /// `None` where the platform hides it from us; never an empty text.
    pub text: Option<String>,
    /// 1 to 5.
    pub rating: Option<u8>,
    pub permalink: Option<String>,
    /// What answering needs besides the id.
    pub handle: Value,
    /// The house's own answer, when the platform shows it with the item.
    pub answer: Option<HouseAnswer>,
    pub hidden: bool,
    pub written_at: Timestamp,
    pub changed_at: Timestamp,
}

impl Said {
    /// A text by somebody; the rest is filled in by the caller.
    pub fn new(kind: ConversationKind, remote_id: impl Into<String>, written_at: Timestamp) -> Self {
        Self {
            kind,
            remote_id: remote_id.into(),
            parent_remote_id: None,
            post_remote_id: None,
            author: None,
            text: None,
            rating: None,
            permalink: None,
            handle: Value::Null,
            answer: None,
            hidden: false,
            written_at,
            changed_at: written_at,
        }
    }
}
