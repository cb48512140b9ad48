//! One act that leaves the machine, and the states of its life (COMMUNICATION.md, "Life of a
//! delivery").

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    content::{ContentKind, OutgoingPost},
    id::{AccountId, DeliveryId, InstanceId, PostId},
    late::LatePolicy,
    problem::Problem,
};

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Not started.
    Queued,
    /// Uploads and containers: invisible outside, repeatable.
    Preparing,
    /// Everything needed to recognise the result is on disk; the request has not started.
    Armed,
    /// The one irreversible call may have started.
    Sending,
    /// The platform has it and it is public.
    Published,
    /// The platform has it and will publish it itself.
    HandedOver,
    /// Waits for a time.
    RetryAt,
    /// Waits for the owner to reconnect the account.
    NeedsReauth,
    /// Refused by the platform.
    Rejected,
    /// The platform says the same content is already there.
    Duplicate,
    /// The outcome is not known.
    Unknown,
    /// Looking at the platform to learn the outcome.
    Reconciling,
    Cancelled,
    /// Its late rule says that it is no longer wanted.
    Expired,
    /// Waits for a person.
    Held,
}

impl DeliveryState {
    pub const ALL: [Self; 15] = [
        Self::Queued,
        Self::Preparing,
        Self::Armed,
        Self::Sending,
        Self::Published,
        Self::HandedOver,
        Self::RetryAt,
        Self::NeedsReauth,
        Self::Rejected,
        Self::Duplicate,
        Self::Unknown,
        Self::Reconciling,
        Self::Cancelled,
        Self::Expired,
        Self::Held,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Preparing => "preparing",
            Self::Armed => "armed",
            Self::Sending => "sending",
            Self::Published => "published",
            Self::HandedOver => "handed_over",
            Self::RetryAt => "retry_at",
            Self::NeedsReauth => "needs_reauth",
            Self::Rejected => "rejected",
            Self::Duplicate => "duplicate",
            Self::Unknown => "unknown",
            Self::Reconciling => "reconciling",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Held => "held",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Nothing more happens by itself.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Published | Self::Duplicate | Self::Rejected | Self::Cancelled | Self::Expired)
    }

    /// A person has to do something.
    pub fn needs_person(self) -> bool {
        matches!(self, Self::Held | Self::Rejected | Self::NeedsReauth)
    }

    /// No byte of the irreversible call can have left in this state.
    pub fn is_before_sending(self) -> bool {
        matches!(self, Self::Queued | Self::Preparing | Self::Armed | Self::RetryAt | Self::NeedsReauth)
    }

    /// A lane works on it right now.
    pub fn is_under_way(self) -> bool {
        matches!(self, Self::Preparing | Self::Armed | Self::Sending | Self::Reconciling)
    }

    /// Says whether the state machine has this arrow. The table is the one of COMMUNICATION.md.
    pub fn can_become(self, next: Self) -> bool {
        use DeliveryState as S;
        match self {
            S::Queued => matches!(
                next,
                S::Preparing
                    | S::RetryAt
                    | S::NeedsReauth
                    | S::Cancelled
                    | S::Expired
                    | S::Held
                    | S::Rejected
            ),
            S::Preparing => matches!(
                next,
                S::Armed
                    | S::RetryAt
                    | S::NeedsReauth
                    | S::Rejected
                    | S::Held
                    | S::Queued
                    | S::Cancelled
                    | S::Duplicate
            ),
            // `unknown`: a doubt that was about to be repeated stays a doubt.
            S::Armed => {
                matches!(next, S::Sending | S::Queued | S::Cancelled | S::RetryAt | S::Held | S::Unknown)
            }
            S::Sending => matches!(
                next,
                S::Published
                    | S::HandedOver
                    | S::RetryAt
                    | S::NeedsReauth
                    | S::Rejected
                    | S::Duplicate
                    | S::Unknown
                    | S::Held
            ),
            S::HandedOver => matches!(
                next,
                S::Published | S::Cancelled | S::Held | S::Rejected | S::Queued | S::NeedsReauth
            ),
            S::RetryAt => matches!(
                next,
                S::Preparing | S::Queued | S::NeedsReauth | S::Cancelled | S::Expired | S::Held | S::Rejected
            ),
            S::NeedsReauth => {
                matches!(next, S::Queued | S::RetryAt | S::Unknown | S::Cancelled | S::Expired | S::Held)
            }
            S::Rejected => matches!(next, S::Queued | S::Cancelled),
            S::Unknown => matches!(next, S::Reconciling | S::Held | S::NeedsReauth),
            S::Reconciling => matches!(
                next,
                S::Published
                    | S::HandedOver
                    | S::Duplicate
                    | S::Armed
                    | S::RetryAt
                    | S::Unknown
                    | S::Held
                    | S::NeedsReauth
                    | S::Rejected
                    | S::Expired
            ),
            S::Held => matches!(
                next,
                S::Queued | S::Published | S::Unknown | S::Cancelled | S::Expired | S::HandedOver
            ),
            S::Published | S::Duplicate | S::Cancelled | S::Expired => false,
        }
    }
}

/// A change wanted on something that the platform already has. Desired state: repeating it is free.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// Take it back before it is public (handed over), or before it left.
    Cancel,
    /// Change text or time at the platform.
    Update,
    /// Remove it after it was public.
    Delete,
}

impl Wanted {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Cancel, Self::Update, Self::Delete].into_iter().find(|w| w.as_str() == text)
    }
}

/// One row of the outbox.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    pub id: DeliveryId,
    pub post_id: PostId,
    /// Version of the post's content that was frozen into this row.
    pub revision: i64,
    pub account_id: AccountId,
    pub platform: String,
    pub state: DeliveryState,
    /// When the owner wants it out.
    pub due_at: Timestamp,
    /// When the queue looks at it next; `None` = only a person or an event moves it.
    pub next_at: Option<Timestamp>,
    pub kind: ContentKind,
    pub late_policy: LatePolicy,
    pub content: OutgoingPost,
    /// The connector's own notes: upload ids, chosen keys, exact record. Kept from attempt to attempt.
    pub marks: serde_json::Value,
    pub attempts: u32,
    pub crash_count: u32,
    /// Unsuccessful look-ups since the outcome became unknown.
    pub lookups: u32,
    /// The running instance that works on it.
    pub owner: Option<InstanceId>,
    /// When the first irreversible call of this row may have started.
    pub first_sent_at: Option<Timestamp>,
    /// When the latest irreversible call may have started.
    pub sent_at: Option<Timestamp>,
    /// An irreversible call of this row once ended without a known outcome.
    pub doubtful: bool,
    /// The call in flight hands over to the platform's scheduler instead of publishing.
    pub hand_over: bool,
    pub remote_id: Option<String>,
    pub permalink: Option<String>,
    pub problem: Option<Problem>,
    pub wanted: Option<Wanted>,
    pub finished_at: Option<Timestamp>,
    pub removed_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}
