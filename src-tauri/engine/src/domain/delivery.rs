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
                    | S::Unknown
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
            S::Rejected => matches!(next, S::Queued | S::Unknown | S::Cancelled),
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

impl Delivery {
    /// The platform has it, as far as we know.
    pub fn is_there(&self) -> bool {
        self.remote_id.is_some() && self.removed_at.is_none()
    }

    /// Certainly nothing of it is at the platform, also where a request was made and refused.
    pub fn is_nowhere(&self) -> bool {
        !self.doubtful && self.remote_id.is_none()
    }

    /// It is on its way right now, or its fate is being looked up: an edit would race with it.
    pub fn is_leaving(&self) -> bool {
        self.state.is_under_way() || self.state == DeliveryState::Unknown
    }

    /// The platform has it, or had it, and nobody knows what became of it: another one would be a second.
    pub fn is_elsewhere(&self) -> bool {
        self.state == DeliveryState::Held && self.is_there()
    }

    /// No request that could have published it was ever made: the row may go without a trace.
    pub fn was_never_sent(&self) -> bool {
        use DeliveryState as S;
        self.first_sent_at.is_none()
            && self.remote_id.is_none()
            && (self.state.is_before_sending()
                || matches!(self.state, S::Held | S::Rejected | S::Expired | S::Cancelled))
    }

    /// It was refused or told to come back, or never started: nothing of it is public, and another one may
    /// take its place.
    pub fn was_turned_away(&self) -> bool {
        use DeliveryState as S;
        self.is_nowhere()
            && matches!(self.state, S::Queued | S::RetryAt | S::NeedsReauth | S::Held | S::Rejected)
    }

    /// Whether an edit of its post reaches it: it replaces what nobody has yet, and changes what the
    /// platform has where that can be changed (`platform_edits`). Not while it leaves, nor while its fate
    /// is unknown; and no answer to somebody: it is written anew.
    pub fn can_be_edited(&self, platform_edits: bool) -> bool {
        use DeliveryState as S;
        if self.content.reply_to.is_some() {
            return false;
        }
        match self.state {
            S::HandedOver => self.wanted.is_none(),
            S::Published => platform_edits && self.is_there(),
            S::Held if self.is_elsewhere() => platform_edits,
            S::Expired => self.is_nowhere(),
            _ => self.was_turned_away(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(state: DeliveryState) -> Delivery {
        let at = Timestamp::UNIX_EPOCH;
        Delivery {
            id: DeliveryId::new(),
            post_id: PostId::new(),
            revision: 1,
            account_id: AccountId::new(),
            platform: "bluesky".into(),
            state,
            due_at: at,
            next_at: None,
            kind: ContentKind::Evergreen,
            late_policy: LatePolicy::Default,
            content: OutgoingPost::default(),
            marks: serde_json::Value::Null,
            attempts: 0,
            crash_count: 0,
            lookups: 0,
            owner: None,
            first_sent_at: None,
            sent_at: None,
            doubtful: false,
            hand_over: false,
            remote_id: None,
            permalink: None,
            problem: None,
            wanted: None,
            finished_at: None,
            removed_at: None,
            created_at: at,
            updated_at: at,
        }
    }

    fn sent(state: DeliveryState) -> Delivery {
        Delivery { first_sent_at: Some(Timestamp::UNIX_EPOCH), ..delivery(state) }
    }

    fn known(state: DeliveryState) -> Delivery {
        Delivery { remote_id: Some("1".into()), ..sent(state) }
    }

    /// The states in which a reading holds.
    fn where_it_holds(
        make: fn(DeliveryState) -> Delivery,
        reading: fn(&Delivery) -> bool,
    ) -> Vec<DeliveryState> {
        DeliveryState::ALL.into_iter().filter(|state| reading(&make(*state))).collect()
    }

    #[test]
    fn what_is_being_sent_or_looked_up_is_leaving() {
        use DeliveryState as S;
        let leaving = [S::Preparing, S::Armed, S::Sending, S::Unknown, S::Reconciling];
        assert_eq!(where_it_holds(delivery, Delivery::is_leaving), leaving);
        assert_eq!(where_it_holds(known, Delivery::is_leaving), leaving);
    }

    #[test]
    fn only_what_no_request_was_made_for_was_never_sent() {
        use DeliveryState as S;
        assert_eq!(
            where_it_holds(delivery, Delivery::was_never_sent),
            [
                S::Queued,
                S::Preparing,
                S::Armed,
                S::RetryAt,
                S::NeedsReauth,
                S::Rejected,
                S::Cancelled,
                S::Expired,
                S::Held
            ]
        );
        assert_eq!(where_it_holds(sent, Delivery::was_never_sent), []);
        assert_eq!(where_it_holds(known, Delivery::was_never_sent), []);
    }

    #[test]
    fn a_refusal_may_be_replaced_and_a_doubt_may_not() {
        use DeliveryState as S;
        let replaceable = [S::Queued, S::RetryAt, S::NeedsReauth, S::Rejected, S::Held];
        assert_eq!(where_it_holds(delivery, Delivery::was_turned_away), replaceable);
        assert_eq!(where_it_holds(sent, Delivery::was_turned_away), replaceable);
        assert_eq!(where_it_holds(known, Delivery::was_turned_away), []);
        let doubtful = |state| Delivery { doubtful: true, ..sent(state) };
        assert_eq!(where_it_holds(doubtful, Delivery::was_turned_away), []);
    }

    #[test]
    fn what_a_person_must_look_for_is_elsewhere_until_it_was_removed() {
        use DeliveryState as S;
        assert_eq!(where_it_holds(known, Delivery::is_elsewhere), [S::Held]);
        assert_eq!(where_it_holds(sent, Delivery::is_elsewhere), []);
        let removed = |state| Delivery { removed_at: Some(Timestamp::UNIX_EPOCH), ..known(state) };
        assert_eq!(where_it_holds(removed, Delivery::is_elsewhere), []);
    }

    #[test]
    fn an_edit_reaches_what_waits_and_what_the_platform_can_change() {
        use DeliveryState as S;
        let waits = [S::Queued, S::HandedOver, S::RetryAt, S::NeedsReauth, S::Rejected, S::Expired, S::Held];
        assert_eq!(where_it_holds(delivery, |delivery| delivery.can_be_edited(false)), waits);
        assert_eq!(where_it_holds(known, |delivery| delivery.can_be_edited(false)), [S::HandedOver]);
        let changeable = [S::Published, S::HandedOver, S::Held];
        assert_eq!(where_it_holds(known, |delivery| delivery.can_be_edited(true)), changeable);
        let taken_back = |state| Delivery { wanted: Some(Wanted::Cancel), ..known(state) };
        assert_eq!(where_it_holds(taken_back, |delivery| delivery.can_be_edited(false)), []);
        let doubtful = |state| Delivery { doubtful: true, ..sent(state) };
        assert_eq!(where_it_holds(doubtful, |delivery| delivery.can_be_edited(true)), [S::HandedOver]);
    }
}
