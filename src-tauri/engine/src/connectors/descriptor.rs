//! Facts about a platform as data: limits, rules, credential fields, capabilities.

use serde::Serialize;
use utoipa::ToSchema;

/// How a platform lets us reach "exactly once" (COMMUNICATION.md, "Kinds of platform").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, ToSchema)]
pub enum Kind {
    /// We choose the object's id; repeating the same write is a no-op.
    A,
    /// The server remembers our idempotency key for a while.
    B,
    /// Two steps: an invisible container, then its publication.
    C,
    /// The server refuses duplicates.
    D,
    /// We find our own mark in its lists.
    E,
    /// Lists without a mark.
    F,
    /// A desired state, compared and written again.
    G,
    /// No way to know.
    H,
}

/// How a network counts the length of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CountingRule {
    CodePoints,
    Graphemes,
    /// Characters; an address counts 23, a remote mention only its user part.
    Mastodon,
    /// Characters; an emoji counts as many as it has bytes of UTF-8.
    Threads,
    /// UTF-16 units after escaping LinkedIn's reserved characters: the safe reading of "characters".
    LittleText,
    /// X: Latin letters 1, emoji and other scripts 2, an address 23.
    Weighted,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Capabilities {
    pub publish: bool,
    pub hand_over: bool,
    /// Text can be changed after publication.
    pub edit: bool,
    pub delete: bool,
    pub metrics: bool,
    pub conversations: bool,
    /// Sends e-mail or SMS to people.
    pub messages: bool,
}

/// What a picture must look like. Ratios are width / height.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct ImageLimits {
    pub max_bytes: u64,
    pub max_width: u32,
    pub max_height: u32,
    /// Narrower pictures are refused; 0 when the network does not say.
    pub min_width: u32,
    pub min_ratio: Option<f64>,
    pub max_ratio: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Limits {
    pub max_text: u32,
    pub counting_rule: CountingRule,
    /// UTF-8 bytes, where the network limits them too.
    pub max_text_bytes: Option<u32>,
    pub max_hashtags: Option<u32>,
    pub max_images: u32,
    /// 0 = the network takes no description of a picture.
    pub max_alt_text: u32,
    pub image: ImageLimits,
    pub text_only_allowed: bool,
    /// Seconds before the due time at which its own scheduler still takes a post.
    pub hand_over_min_secs: Option<u32>,
    /// Seconds before the due time from which its own scheduler takes a post.
    pub hand_over_max_secs: Option<u32>,
}

impl Limits {
    /// Of a connector that publishes nothing: no text, no picture.
    pub const NO_POSTS: Self = Self {
        max_text: 0,
        counting_rule: CountingRule::CodePoints,
        max_text_bytes: None,
        max_hashtags: None,
        max_images: 0,
        max_alt_text: 0,
        image: ImageLimits {
            max_bytes: 0,
            max_width: 0,
            max_height: 0,
            min_width: 0,
            min_ratio: None,
            max_ratio: None,
        },
        text_only_allowed: false,
        hand_over_min_secs: None,
        hand_over_max_secs: None,
    };
}

/// One field that the owner fills in to connect an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct CredentialField {
    pub key: &'static str,
    pub label: &'static str,
    pub label_en: &'static str,
    pub help: &'static str,
    pub help_en: &'static str,
    pub secret: bool,
    pub required: bool,
    pub example: &'static str,
}

/// How an account can be connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConnectMethod {
    Token,
    AppPassword,
    Oauth,
}

/// Guidance for a person who connects an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Connect {
    pub methods: &'static [ConnectMethod],
    pub steps: &'static [&'static str],
    pub steps_en: &'static [&'static str],
}

/// Everything the product knows about a platform without asking it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Descriptor {
    /// Registry id, for example `facebook`; the same in SQL, JSON and on the command line.
    pub id: &'static str,
    pub name: &'static str,
    pub kind: Kind,
    pub capabilities: Capabilities,
    pub limits: Limits,
    pub credential_fields: &'static [CredentialField],
    pub connect: Connect,
    /// What the platform cannot do, one sentence each.
    pub limitations: &'static [&'static str],
    pub limitations_en: &'static [&'static str],
    /// The account can live on a server of the owner's choice.
    pub own_server: bool,
}
