//! One sending: a frozen template for some people, by e-mail, SMS or both; and its rows, one for each
//! person and channel.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    AccountId, ContactId, DeliveryState, InstanceId, MailingId, MessageId, Problem, SegmentId,
    message::{Channel, Purpose},
    template::Values,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailingState {
    /// Its people are chosen and its messages written when its time has come.
    Scheduled,
    Sending,
    Paused,
    /// Ended by a person: what had not left never leaves.
    Stopped,
    /// Nothing of it can move by itself any more.
    Done,
}

impl MailingState {
    pub const ALL: [Self; 5] = [Self::Scheduled, Self::Sending, Self::Paused, Self::Stopped, Self::Done];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Sending => "sending",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
            Self::Done => "done",
        }
    }
}

/// Who gets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Audience {
    /// Named one by one; the rows were written with the request.
    Recipients,
    /// Chosen when it starts.
    Segment {
        #[schema(value_type = String)]
        segment_id: SegmentId,
    },
    /// Every customer who agreed, chosen when it starts.
    Everyone,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Mailing {
    pub id: MailingId,
    pub name: String,
    pub purpose: Purpose,
    pub template_id: String,
    pub template_version: i64,
    pub channels: Vec<Channel>,
    pub data: Values,
    pub audience: Audience,
    pub state: MailingState,
    pub due_at: Timestamp,
    /// Nothing of it leaves after this.
    pub not_after: Option<Timestamp>,
    pub problem: Option<Problem>,
    pub created_by: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

impl Mailing {
    /// The values for one person: theirs over those of the sending.
    pub fn values_for(&self, own: &Values) -> Values {
        self.data.merged(own)
    }
}

/// What was reported about a message after it was accepted; the strongest report stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    Deferred,
    Delivered,
    Bounced,
    Complained,
}

impl Fate {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deferred => "deferred",
            Self::Delivered => "delivered",
            Self::Bounced => "bounced",
            Self::Complained => "complained",
        }
    }
}

/// One message to one person by one channel: a delivery, moved by the same state machine as a post.
/// `published` reads "accepted by the provider".
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub id: MessageId,
    pub mailing_id: MailingId,
    pub contact_id: Option<ContactId>,
    pub channel: Channel,
    pub address: String,
    pub account_id: Option<AccountId>,
    pub state: DeliveryState,
    /// Its own time: of the mailing, or of the opening hour that it was moved to.
    pub due_at: Timestamp,
    pub next_at: Option<Timestamp>,
    pub variables: Values,
    pub attempts: u32,
    pub crash_count: u32,
    pub lookups: u32,
    pub owner: Option<InstanceId>,
    pub first_sent_at: Option<Timestamp>,
    pub sent_at: Option<Timestamp>,
    pub doubtful: bool,
    pub remote_id: Option<String>,
    pub problem: Option<Problem>,
    pub fate: Option<Fate>,
    pub finished_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}
