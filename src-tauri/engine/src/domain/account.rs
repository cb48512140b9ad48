//! A connected account of a platform.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{id::AccountId, problem::Problem};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccountState {
    Connected,
    /// Added while its platform could not be asked: the posts wait, the check is repeated.
    Unverified,
    /// The token is dead or lost a permission: the owner reconnects, the posts wait.
    NeedsReauth,
    /// The platform asks the owner to act in its own application first.
    Blocked,
    Paused,
    Removed,
}

impl AccountState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Unverified => "unverified",
            Self::NeedsReauth => "needs_reauth",
            Self::Blocked => "blocked",
            Self::Paused => "paused",
            Self::Removed => "removed",
        }
    }
}

/// When the token ends. "Unknown" is not "never".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TokenExpiry {
    Known {
        #[schema(value_type = String, format = DateTime)]
        at: Timestamp,
    },
    Never,
    #[default]
    Unknown,
}

/// What the owner chose for one account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AccountSettings {
    /// Hand posts to the platform's own scheduler when it has one.
    pub hand_over: bool,
    /// Instagram: let an unpublished photo of the linked Facebook Page be the public address of a
    /// local picture.
    pub facebook_photo_host: bool,
}

impl Default for AccountSettings {
    fn default() -> Self {
        Self { hand_over: true, facebook_photo_host: false }
    }
}

/// What the server said about itself and this account at the last check. Read by the limits and by
/// the connector; keys are the connector's own.
pub type ServerFacts = BTreeMap<String, serde_json::Value>;

/// An account without its secrets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Account {
    pub id: AccountId,
    /// Registry id, for example `facebook`.
    pub platform: String,
    pub label: String,
    pub handle: String,
    /// The platform's own id of the account; never changes for one row. Empty until the platform said it.
    pub remote_id: String,
    /// Own server (Mastodon instance, Bluesky PDS); `None` = the platform's base address.
    pub server: Option<String>,
    pub state: AccountState,
    pub is_default: bool,
    pub practice: bool,
    pub token_expiry: TokenExpiry,
    pub permissions: Vec<String>,
    pub missing_permissions: Vec<String>,
    pub settings: AccountSettings,
    pub facts: ServerFacts,
    /// Last four characters of the secret, for recognition.
    pub credential_hint: String,
    pub problem: Option<Problem>,
    pub last_check: Option<serde_json::Value>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl Account {
    /// The platform has never said whose account this is.
    pub fn is_unverified(&self) -> bool {
        self.remote_id.is_empty()
    }
}
