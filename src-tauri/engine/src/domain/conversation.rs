//! What people say to the house on its networks, and what an answer needs to find its place.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::id::{AccountId, ConversationItemId, DeliveryId};

/// What somebody left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConversationKind {
    /// Below a post of the house, or below another comment.
    Comment,
    /// Names the house somewhere else.
    Mention,
    /// Judges the house itself, with stars where the network has stars.
    Review,
}

impl ConversationKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Comment => "comment",
            Self::Mention => "mention",
            Self::Review => "review",
        }
    }
}

/// What became of an answer at the network, whoever wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnswerState {
    /// The network looks it over before it shows it.
    Pending,
    Published,
    /// Looked over, and not shown.
    Refused,
}

/// The answer of the house as the network has it, also when it was written on the telephone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HouseAnswer {
    pub text: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Timestamp>,
    pub state: AnswerState,
}

/// One comment, mention or review, as the store keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct ConversationItem {
    pub id: ConversationItemId,
    pub account_id: AccountId,
    pub platform: String,
    pub kind: ConversationKind,
    /// The platform's own id; never changes for one row.
    pub remote_id: String,
    /// The comment that this one answers.
    pub parent_remote_id: Option<String>,
    /// The post below which it stands.
    pub post_remote_id: Option<String>,
    /// Our delivery of that post, when it is ours.
    pub delivery_id: Option<DeliveryId>,
    /// `None` where the platform does not say who.
    pub author: Option<String>,
    /// `None` where the platform hides it; a review may consist of stars alone.
    pub text: Option<String>,
    /// Stars, 1 to 5.
    pub rating: Option<u8>,
    pub permalink: Option<String>,
    /// The connector's own notes for answering.
    pub handle: serde_json::Value,
    pub answer: Option<HouseAnswer>,
    pub hidden: bool,
    pub written_at: Timestamp,
    /// Last change that the platform dates.
    pub changed_at: Timestamp,
    pub first_seen_at: Timestamp,
    /// Removed at the platform; kept here so that the owner knows what it was.
    pub deleted_at: Option<Timestamp>,
    pub read_at: Option<Timestamp>,
    /// Settled without an answer from here.
    pub handled_at: Option<Timestamp>,
}

impl ConversationItem {
    /// The owner is told at once.
    pub fn is_low_review(&self) -> bool {
        self.kind == ConversationKind::Review && self.rating.is_some_and(|stars| stars <= LOW_STARS)
    }
}

/// A review with so many stars or fewer is told at once.
pub const LOW_STARS: u8 = 3;

/// What an outgoing text answers. Part of a frozen content, so it names nobody and quotes nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReplyTo {
    pub item_id: ConversationItemId,
    /// The platform's id of what is answered.
    pub remote_id: String,
    pub post_remote_id: Option<String>,
    /// The connector's own notes.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub handle: serde_json::Value,
}
