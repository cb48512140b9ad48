//! Why an intent was not carried out, by stable code. The sentences and the HTTP status are chosen
//! from the code (`crate::problems`).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{domain::PostId, queue::person::DecisionError, social::media_desk::DeskError, store::StoreError};

/// One field or network that something is wrong with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// JSON path of the request, or the platform's id.
    pub field: String,
    pub code: String,
    pub values: BTreeMap<String, Value>,
}

/// A refusal with a stable code.
#[derive(Debug, thiserror::Error)]
#[error("Refused: {code}")]
pub struct Refusal {
    pub code: String,
    pub errors: Vec<FieldError>,
    /// The draft that was kept, so that nothing of the work is lost.
    pub post_id: Option<PostId>,
    #[source]
    pub cause: Option<StoreError>,
}

impl Refusal {
    pub fn new(code: impl Into<String>) -> Self {
        Self { code: code.into(), errors: Vec::new(), post_id: None, cause: None }
    }

    #[must_use]
    pub fn field(mut self, field: impl Into<String>, values: &[(&str, Value)]) -> Self {
        let code = self.code.clone();
        let values = values.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        self.errors.push(FieldError { field: field.into(), code, values });
        self
    }

    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }

    #[must_use]
    pub fn with_draft(mut self, post: PostId) -> Self {
        self.post_id = Some(post);
        self
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        let twin = match &error {
            StoreError::AlreadyPlanned(post) => Some(post.to_string()),
            _ => None,
        };
        let refusal = Self { cause: Some(error), ..Self::new("store_failed") }.named();
        match twin {
            Some(post) => refusal.field("post", &[("post_id", post.into())]),
            None => refusal,
        }
    }
}

impl Refusal {
    /// Takes the code of its cause.
    fn named(mut self) -> Self {
        if let Some(cause) = &self.cause {
            cause.code().clone_into(&mut self.code);
        }
        self
    }
}

impl From<DecisionError> for Refusal {
    fn from(error: DecisionError) -> Self {
        match error {
            DecisionError::NotFound(_) => Self::new("not_found"),
            DecisionError::IllegalTransition(state) => {
                Self::new("illegal_transition").field("state", &[("state", state.as_str().into())])
            }
            DecisionError::Store(error) => error.into(),
        }
    }
}

impl From<DeskError> for Refusal {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::Media(error) => Self::new(error.code()),
            DeskError::Store(error) => error.into(),
        }
    }
}
