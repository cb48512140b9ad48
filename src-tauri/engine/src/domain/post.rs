//! A composed publication and the state derived from its deliveries.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    content::{ContentKind, PostContent},
    delivery::DeliveryState,
    id::PostId,
    late::LatePolicy,
    schedule::Schedule,
};

/// State of a post, derived from its deliveries; never stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PostState {
    Draft,
    Scheduled,
    Publishing,
    Published,
    /// Some accounts have it, others will not.
    Partial,
    NeedsAttention,
    Cancelled,
    Expired,
}

impl PostState {
    /// Derives the state; no delivery = draft.
    pub fn of(states: &[DeliveryState]) -> Self {
        use DeliveryState as S;
        let any = |test: fn(S) -> bool| states.iter().copied().any(test);
        let all = |test: fn(S) -> bool| states.iter().copied().all(test);
        if states.is_empty() {
            return Self::Draft;
        }
        if any(S::needs_person) {
            return Self::NeedsAttention;
        }
        if any(|s| matches!(s, S::Preparing | S::Armed | S::Sending | S::Unknown | S::Reconciling)) {
            return Self::Publishing;
        }
        if any(|s| matches!(s, S::Queued | S::RetryAt | S::HandedOver)) {
            return Self::Scheduled;
        }
        let out = |s| matches!(s, S::Published | S::Duplicate);
        if all(out) {
            Self::Published
        } else if any(out) {
            Self::Partial
        } else if any(|s| s == S::Expired) {
            Self::Expired
        } else {
            Self::Cancelled
        }
    }
}

/// One composed publication.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Post {
    pub id: PostId,
    pub kind: ContentKind,
    pub content: PostContent,
    /// Goes up with every change of the content.
    pub revision: i64,
    pub schedule: Option<Schedule>,
    pub late_policy: LatePolicy,
    /// Account ids or platform names, as asked for.
    pub targets: Vec<String>,
    /// "Publish now" can be taken back until then.
    pub undo_until: Option<Timestamp>,
    /// Why it stayed a draft, when something was refused.
    pub problem: Option<super::problem::Problem>,
    /// It answers this comment, mention or review: not part of the calendar.
    pub reply_to: Option<super::id::ConversationItemId>,
    pub created_by: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub deleted_at: Option<Timestamp>,
}
