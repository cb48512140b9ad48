//! What went wrong, in a form that a program, a person and a log can all use.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A stored problem of a delivery or an account. The person's sentences are chosen from `code`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Stable code, for example `token_expired`. See the catalogue in COMMUNICATION.md.
    pub code: String,
    /// The platform's own words, cut to 500 characters, without secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform_message: Option<String>,
    /// The platform's own code, for example `190/463`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform_code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_status: Option<u16>,
    /// The platform's trace identifier, for its support.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
}

impl Problem {
    pub fn new(code: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            platform_message: None,
            platform_code: None,
            http_status: None,
            trace: None,
        }
    }

    /// Adds the platform's words, cut to 500 characters.
    #[must_use]
    pub fn message(mut self, text: impl AsRef<str>) -> Self {
        let text = text.as_ref().trim();
        if !text.is_empty() {
            self.platform_message = Some(text.chars().take(500).collect());
        }
        self
    }

    #[must_use]
    pub fn platform_code(mut self, code: impl Into<String>) -> Self {
        self.platform_code = Some(code.into());
        self
    }

    #[must_use]
    pub fn http_status(mut self, status: u16) -> Self {
        self.http_status = Some(status);
        self
    }

    #[must_use]
    pub fn trace(mut self, trace: Option<String>) -> Self {
        self.trace = trace;
        self
    }
}
