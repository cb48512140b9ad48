//! Plain types of the field: no input, no output, no clock.

pub mod account;
pub mod alcohol;
pub mod consent;
pub mod contact;
pub mod content;
pub mod conversation;
pub mod credentials;
pub mod delivery;
pub mod figures;
pub mod fingerprint;
pub mod formulas;
pub mod id;
pub mod late;
pub mod legal_hours;
pub mod little_text;
pub mod mailing;
pub mod message;
pub mod message_gates;
pub mod options;
pub mod post;
pub mod problem;
pub mod schedule;
pub mod segment;
pub mod sms;
pub mod suppression;
pub mod template;
pub mod web;

pub use account::{Account, AccountSettings, AccountState, TokenExpiry};
pub use consent::{Basis, ConsentEntry, ConsentPurpose, ConsentState, NewConsent};
pub use contact::{ConsentStanding, Contact, ContactDetails};
pub use content::{ContentKind, OutgoingImage, OutgoingPost, PostContent, PostMedia, Replaced, Variant};
pub use conversation::{AnswerState, ConversationItem, ConversationKind, HouseAnswer, ReplyTo};
pub use credentials::Credentials;
pub use delivery::{Delivery, DeliveryState, Wanted};
pub use figures::{Engagement, Figures, RawFigures};
pub use id::{
    AccountId, ContactId, ConversationItemId, DeliveryId, InstanceId, MailingId, MediaId, MessageId, PostId,
    SegmentId, TokenId,
};
pub use late::{LateDecision, LatePolicy};
pub use mailing::{Audience, Fate, Mailing, MailingState, Message};
pub use message::{
    About, Channel, MessageEventKind, OutgoingEmail, OutgoingMessage, OutgoingSms, Purpose, ReportedEvent,
};
pub use options::{Button, ButtonAction, EventDetails, OfferDetails, PostOption, PostOptions};
pub use post::{Post, PostState};
pub use problem::Problem;
pub use schedule::Schedule;
pub use segment::Segment;
pub use suppression::SuppressionReason;
pub use template::{
    EmailTemplate, SmsTemplate, Template, TemplateBody, TemplateLanguage, TemplateProblem, Values,
};
