//! Who asks. Each door states its caller; a handler's arguments say whom it serves, so that a route
//! without an access rule does not compile.

use axum::{extract::FromRequestParts, http::request::Parts};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::problem::ApiError;

/// A right of an API token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// See everything that the screens show.
    Read,
    /// Publish, change and delete posts.
    Publish,
    /// Send messages to customers.
    Notify,
    /// Accounts, settings, pause.
    Admin,
}

impl Scope {
    pub const ALL: [Self; 4] = [Self::Read, Self::Publish, Self::Notify, Self::Admin];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Publish => "publish",
            Self::Notify => "notify",
            Self::Admin => "admin",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

/// Who asks, as the door established it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// The application's own window, in this process.
    Window,
    /// The command line of the same machine user.
    CommandLine,
    /// The dashboard in a browser, logged in with a one-time code.
    Dashboard,
    /// A program with a token.
    Client { token_id: String, label: String, scopes: Vec<Scope> },
}

impl Caller {
    pub fn allows(&self, scope: Scope) -> bool {
        match self {
            Self::Window | Self::CommandLine => true,
            Self::Dashboard => matches!(scope, Scope::Read | Scope::Publish | Scope::Notify),
            Self::Client { scopes, .. } => scopes.contains(&scope),
        }
    }

    /// On this machine and of this user: may see paths and make keys.
    pub fn is_local(&self) -> bool {
        matches!(self, Self::Window | Self::CommandLine)
    }

    /// A person looks at a screen: "publish now" can be taken back for a moment.
    pub fn is_person(&self) -> bool {
        matches!(self, Self::Window | Self::Dashboard)
    }

    /// Kept with a post: `window`, `dashboard`, `api`, `cli`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Window => "window",
            Self::CommandLine => "cli",
            Self::Dashboard => "dashboard",
            Self::Client { .. } => "api",
        }
    }

    /// Kept in the journal: as `kind`, with the token's label.
    pub fn actor(&self) -> String {
        match self {
            Self::Client { label, .. } => format!("api:{label}"),
            other => other.kind().to_owned(),
        }
    }

    /// Whose idempotency keys these are.
    pub fn key_space(&self) -> String {
        match self {
            Self::Client { token_id, .. } => format!("token:{token_id}"),
            other => other.kind().to_owned(),
        }
    }
}

macro_rules! gate {
    ($(#[$doc:meta])* $name:ident, $test:expr, $error:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name(pub Caller);

        impl<S: Sync> FromRequestParts<S> for $name {
            type Rejection = ApiError;

            async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
                let caller = parts.extensions.get::<Caller>().ok_or_else(|| ApiError::new("not_signed_in"))?;
                let test: fn(&Caller) -> bool = $test;
                if test(caller) { Ok(Self(caller.clone())) } else { Err($error) }
            }
        }
    };
}

gate!(
    /// Whoever may look.
    Reader,
    |caller| caller.allows(Scope::Read),
    ApiError::scope_missing(Scope::Read)
);
gate!(
    /// Whoever may publish.
    Publisher,
    |caller| caller.allows(Scope::Publish),
    ApiError::scope_missing(Scope::Publish)
);
gate!(
    /// Whoever may write to customers.
    Notifier,
    |caller| caller.allows(Scope::Notify),
    ApiError::scope_missing(Scope::Notify)
);
gate!(
    /// Whoever may change accounts and settings.
    Admin,
    |caller| caller.allows(Scope::Admin),
    ApiError::scope_missing(Scope::Admin)
);
gate!(
    /// The window or the command line: shows secrets, makes keys, reads paths.
    Local,
    Caller::is_local,
    ApiError::new("wrong_caller")
);
gate!(
    /// Anybody who is signed in at all.
    SignedIn,
    |_| true,
    ApiError::new("not_signed_in")
);
