//! What is sent to one person: by which channel, for which purpose, with which words.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::MessageId;

/// The way to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    Email,
    Sms,
}

impl Channel {
    pub const ALL: [Self; 2] = [Self::Email, Self::Sms];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
        }
    }
}

/// Why a message is sent. Only marketing needs consent; a service message answers something that the person
/// did (a booking, an order).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    Marketing,
    Service,
}

impl Purpose {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Marketing => "marketing",
            Self::Service => "service",
        }
    }
}

/// A message with all its words, for one person. Made anew for each attempt from a frozen template and
/// frozen values, so that every attempt says the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutgoingMessage {
    Email(OutgoingEmail),
    Sms(OutgoingSms),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutgoingEmail {
    /// Who writes: name and address of the house.
    pub from_name: String,
    pub from_address: String,
    pub reply_to: Option<String>,
    pub to_name: Option<String>,
    pub to_address: String,
    pub subject: String,
    pub html: String,
    /// The same in plain text.
    pub text: String,
    /// Without angle brackets; the same on every attempt.
    pub message_id: String,
    /// Further header fields, for example `List-Unsubscribe`. Names and values hold no line break.
    pub headers: Vec<(String, String)>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutgoingSms {
    /// Sender's name, at most 11 letters and digits; `None` = the account's own.
    pub sender: Option<String>,
    /// E.164.
    pub to: String,
    pub text: String,
}

impl OutgoingMessage {
    pub fn channel(&self) -> Channel {
        match self {
            Self::Email(_) => Channel::Email,
            Self::Sms(_) => Channel::Sms,
        }
    }

    /// Address of the person.
    pub fn to(&self) -> &str {
        match self {
            Self::Email(email) => &email.to_address,
            Self::Sms(sms) => &sms.to,
        }
    }
}

/// What a provider, a mailbox or an operator reported about a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageEventKind {
    Delivered,
    /// The provider is still trying.
    Deferred,
    /// The address will never work.
    HardBounce,
    /// It did not work this time.
    SoftBounce,
    Complaint,
    /// By a link or a header of the mail.
    Unsubscribe,
    /// By an answer of the word STOP.
    Stop,
    Reply,
    Click,
    Open,
}

impl MessageEventKind {
    pub const ALL: [Self; 10] = [
        Self::Delivered,
        Self::Deferred,
        Self::HardBounce,
        Self::SoftBounce,
        Self::Complaint,
        Self::Unsubscribe,
        Self::Stop,
        Self::Reply,
        Self::Click,
        Self::Open,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Deferred => "deferred",
            Self::HardBounce => "hard_bounce",
            Self::SoftBounce => "soft_bounce",
            Self::Complaint => "complaint",
            Self::Unsubscribe => "unsubscribe",
            Self::Stop => "stop",
            Self::Reply => "reply",
            Self::Click => "click",
            Self::Open => "open",
        }
    }
}

/// One thing that was reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedEvent {
    pub about: About,
    pub kind: MessageEventKind,
    pub at: Timestamp,
    /// By a program, not by the person.
    pub robot: bool,
    /// The reporter's code and words, or the address that was clicked.
    pub detail: Option<String>,
    /// The reporter's own key of this event, or one made of what never changes in it.
    pub key: String,
}

/// Which message an event is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    Message(MessageId),
    RemoteId(String),
    /// Only the address is known: an opt-out of the person, or the newest message to it.
    Address(String),
}
