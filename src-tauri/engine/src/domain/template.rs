//! A template: the words of a message for many people, with variables, for e-mail and for SMS.
//!
//! Plain types. The e-mail is a list of blocks and never HTML, so that nobody can break it or hide
//! anything in it; what must stand in every message (who writes, why, how to be left alone) is no block
//! and is always added. Turning a template into messages is `notifications::render`'s.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{id::MediaId, message::Purpose};

/// Language in which a template is written; decides how dates and amounts are written too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TemplateLanguage {
    #[default]
    Fr,
    En,
}

impl TemplateLanguage {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fr => "fr",
            Self::En => "en",
        }
    }
}

/// One version of a template.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// For example `promotion_annonce`; programs name a template by it.
    pub id: String,
    /// From 1. A version never changes.
    pub version: i64,
    pub name: String,
    pub purpose: Purpose,
    pub language: TemplateLanguage,
    pub variables: Vec<Variable>,
    pub email: Option<EmailTemplate>,
    pub sms: Option<SmsTemplate>,
}

/// What a person writes: a template without its id and version.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateBody {
    #[schema(example = "Annonce d’une promotion")]
    pub name: String,
    pub purpose: Purpose,
    #[serde(default)]
    pub language: TemplateLanguage,
    #[serde(default)]
    pub variables: Vec<Variable>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailTemplate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sms: Option<SmsTemplate>,
}

impl Template {
    pub fn new(id: impl Into<String>, version: i64, body: TemplateBody) -> Self {
        let TemplateBody { name, purpose, language, variables, email, sms } = body;
        Self { id: id.into(), version, name, purpose, language, variables, email, sms }
    }

    pub fn into_body(self) -> TemplateBody {
        let Self { name, purpose, language, variables, email, sms, .. } = self;
        TemplateBody { name, purpose, language, variables, email, sms }
    }
}

/// Something that is filled in for each sending or each person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// Small letters, digits and `_`, for example `promotion_name`.
    #[schema(example = "promotion_name")]
    pub name: String,
    pub kind: VariableKind,
    /// Without a value and without a `fallback`, nothing leaves.
    #[serde(default)]
    pub required: bool,
    /// Used where there is no value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<String>,
    /// Shown in the preview.
    #[serde(default)]
    pub sample: String,
    /// After this day (or instant) the message is not true any more and is not sent.
    #[serde(default, skip_serializing_if = "is_false")]
    pub expires: bool,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde asks for")]
fn is_false(value: &bool) -> bool {
    !value
}

/// How a value is read and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum VariableKind {
    Text,
    /// `2025-04-20`, or with a time `2025-04-20T19:30`; written « dimanche 20 avril 2025 ».
    Date,
    /// A text as it is (`20%`) or a number.
    Percent,
    /// Euros: a text as it is or a number.
    Money,
    Number,
    /// `https:`, `mailto:` or `tel:`.
    Url,
}

/// Names that the house fills in itself.
pub const HOUSE_VARIABLES: [&str; 4] = ["house_name", "house_address", "house_city", "house_phone"];

/// Names that each customer's own data fill in; a template declares those that it uses, with a fallback.
pub const PERSON_VARIABLES: [(&str, VariableKind); 6] = [
    ("first_name", VariableKind::Text),
    ("last_name", VariableKind::Text),
    ("city", VariableKind::Text),
    ("favourite_dish", VariableKind::Text),
    ("last_visit", VariableKind::Date),
    ("visit_count", VariableKind::Number),
];

/// The e-mail. Every text may hold `{{ variable }}`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmailTemplate {
    pub subject: String,
    /// The line that mailboxes show behind the subject.
    #[serde(default)]
    pub preheader: String,
    pub blocks: Vec<Block>,
    /// Why the person gets it: « Vous recevez ce message parce que … ». Compulsory for marketing.
    #[serde(default)]
    pub reason: String,
}

/// The SMS. How to stop is added by itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SmsTemplate {
    pub text: String,
}

/// One part of an e-mail. A block whose main words come out empty is left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Block {
    Title(TextBlock),
    Paragraph(TextBlock),
    Image(ImageBlock),
    Button(ButtonBlock),
    Menu(MenuBlock),
    Event(EventBlock),
    Offer(OfferBlock),
    Social(SocialBlock),
    Divider(Empty),
    Spacer(SpacerBlock),
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Empty {}

/// Line breaks are kept in a paragraph.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TextBlock {
    pub text: String,
}

/// A picture: of the library, or anywhere on the web.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImageBlock {
    /// Picture of the library; people see it once the house's web site shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_id: Option<MediaId>,
    /// `https` address, or a variable.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// Read aloud, and shown where pictures are off.
    pub alt: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ButtonBlock {
    pub label: String,
    /// An address or a variable.
    pub url: String,
}

/// Dishes with prices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MenuBlock {
    #[serde(default)]
    pub title: String,
    pub items: Vec<MenuItem>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MenuItem {
    pub dish: String,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub price: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventBlock {
    pub title: String,
    pub date: String,
    #[serde(default)]
    pub place: String,
    #[serde(default)]
    pub description: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfferBlock {
    pub title: String,
    /// What one gets, in large letters: `-20%`.
    #[serde(default)]
    pub value: String,
    /// Conditions, in small letters.
    #[serde(default)]
    pub terms: String,
    /// Until when.
    #[serde(default)]
    pub end: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SocialBlock {
    pub links: Vec<SocialLink>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SocialLink {
    /// For example `Instagram`.
    pub label: String,
    pub url: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SpacerBlock {
    #[schema(maximum = 120)]
    pub height_px: u16,
}

/// What the variables stand for: of a sending, of a person, or both together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = Object)]
pub struct Values(BTreeMap<String, Value>);

impl Values {
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub fn set(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.0.insert(name.into(), value.into());
    }

    pub fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// These, and those of `over` where both have one.
    #[must_use]
    pub fn merged(&self, over: &Self) -> Self {
        let mut both = self.clone();
        both.0.extend(over.0.iter().map(|(name, value)| (name.clone(), value.clone())));
        both
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<N: Into<String>, V: Into<Value>> FromIterator<(N, V)> for Values {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

/// Why a template, or a message of it, cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code} at {place} {names:?}")]
pub struct TemplateProblem {
    /// One of [`TemplateProblem::CODES`].
    pub code: &'static str,
    /// Dotted path in the template, for example `email.blocks.2.text`; empty when it is about the whole.
    pub place: String,
    /// Variables, words or names that it is about.
    pub names: Vec<String>,
    /// Line in the text, where one is known.
    pub line: Option<usize>,
}

impl TemplateProblem {
    pub const CODES: [&str; 16] = [
        "template_channel_missing",
        "template_image_not_public",
        "template_invalid",
        "template_name_missing",
        "template_sms_without_name",
        "template_sms_without_stop",
        "template_too_heavy",
        "template_too_large",
        "template_value_invalid",
        "template_value_missing",
        "template_variable_invalid",
        "template_variable_unknown",
        "template_without_address",
        "template_without_reason",
        "template_without_sender",
        "template_without_unsubscribe",
    ];

    pub fn new(code: &'static str, place: impl Into<String>) -> Self {
        debug_assert!(Self::CODES.contains(&code), "{code}");
        Self { code, place: place.into(), names: Vec::new(), line: None }
    }

    #[must_use]
    pub fn names(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.names = names.into_iter().map(Into::into).collect();
        self
    }
}
