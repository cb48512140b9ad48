//! What is said: the composed content of a post, and its frozen form for one account.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{conversation::ReplyTo, id::MediaId, options::PostOptions};

/// What a post is about; decides what happens when it could not leave on time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContentKind {
    DishOfTheDay,
    Event,
    OpeningChange,
    #[default]
    Evergreen,
}

impl ContentKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DishOfTheDay => "dish_of_the_day",
            Self::Event => "event",
            Self::OpeningChange => "opening_change",
            Self::Evergreen => "evergreen",
        }
    }
}

/// The composed content, before it is adapted to a network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostContent {
    /// Used where the network has a title; elsewhere it is the first line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Kept exactly, line breaks included.
    #[serde(default)]
    pub body: String,
    /// Without `#`, in the order given.
    #[serde(default)]
    pub hashtags: Vec<String>,
    /// A page to point at; shown as a card where the network has cards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Public address of a picture that is still to be fetched into the library.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_url: Option<String>,
    /// Description for people who do not see the picture of `media_url`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alt_text: Option<String>,
    /// Pictures of the library, in order.
    #[serde(default)]
    pub media: Vec<PostMedia>,
    /// Button, event and offer, for the networks that have a place for them.
    #[serde(default, skip_serializing_if = "PostOptions::is_empty")]
    pub options: PostOptions,
    /// Own words for one network (platform id) or one account (account id).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variants: BTreeMap<String, Variant>,
}

/// One picture of a post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostMedia {
    pub media_id: MediaId,
    #[serde(default)]
    pub alt_text: String,
    /// The public address this picture was fetched from, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
}

/// What one network or account says differently.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    /// Replaces title and body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hashtags: Option<Vec<String>>,
}

/// The final content for one account, frozen when the delivery is made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutgoingPost {
    /// The final text, hashtags included, exactly as it will be shown.
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The hashtags contained in `text`, without `#`.
    #[serde(default)]
    pub hashtags: Vec<String>,
    #[serde(default)]
    pub images: Vec<OutgoingImage>,
    /// Set while the picture of this address is not in the library yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_media_url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending_alt_text: Option<String>,
    /// What this network has a place for.
    #[serde(default, skip_serializing_if = "PostOptions::is_empty")]
    pub options: PostOptions,
    /// BCP 47 language of the text, for example `fr`.
    pub language: String,
    /// It answers a comment, mention or review instead of standing by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<ReplyTo>,
    /// What the platform still has, while this change of it is only asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Box<Replaced>>,
}

/// What a platform has until a wanted change is carried out, and again when it refuses the change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Replaced {
    #[schema(no_recursion)]
    pub content: OutgoingPost,
    /// When its own scheduler publishes (or published) it.
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Timestamp,
}

impl OutgoingPost {
    /// The content by itself, without what it replaces.
    #[must_use]
    pub fn alone(&self) -> Self {
        Self { replaces: None, ..self.clone() }
    }

    /// What the platform really has.
    pub fn shown(&self) -> &Self {
        self.replaces.as_ref().map_or(self, |replaced| &replaced.content)
    }
}

/// One picture of a frozen content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutgoingImage {
    pub media_id: MediaId,
    #[serde(default)]
    pub alt_text: String,
    /// The public address it came from; some platforms fetch it themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_url: Option<String>,
}
