//! Errors as RFC 9457 problem JSON: a stable code for programs, sentences for people, never a cause.

use std::{borrow::Cow, collections::BTreeMap};

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::caller::Scope;
use crate::{
    config::{ConfigError, PatchError},
    media::MediaError,
    orchestrator::{FieldError, Refusal},
    problems,
    social::media_desk::DeskError,
    store::StoreError,
};

/// Body of every error answer (`application/problem+json`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProblemBody {
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    pub kind: String,
    #[schema(example = "Date passée")]
    pub title: String,
    #[schema(example = 422)]
    pub status: u16,
    /// Stable; a program decides by this and by nothing else.
    #[schema(example = "past_date")]
    pub code: String,
    /// What happened and the next step, in French.
    pub detail: String,
    /// The same in English.
    pub detail_en: String,
    /// Which fields, platforms or accounts, when there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
    /// The draft in which the content was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_secs: Option<u64>,
}

/// One refused field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldProblem {
    /// Dotted path in the body, or the platform or account.
    pub field: String,
    pub code: String,
    pub detail: String,
    pub detail_en: String,
    /// What a program may use of it: `already_planned` names its `post_id`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = Object)]
    pub values: BTreeMap<String, Value>,
}

impl FieldProblem {
    /// With the sentences of the catalogue.
    pub fn new(field: impl Into<String>, code: &str) -> Self {
        let text = problems::find_or_general(code);
        Self {
            field: field.into(),
            code: code.to_owned(),
            detail: format!("{} {}", text.detail, text.next_step),
            detail_en: format!("{} {}", text.detail_en, text.next_step_en),
            values: BTreeMap::new(),
        }
    }
}

/// An error answer in the making.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{code}")]
pub struct ApiError {
    code: Cow<'static, str>,
    details: Option<(String, String)>,
    errors: Vec<FieldProblem>,
    post_id: Option<String>,
    retry_after_secs: Option<u64>,
}

impl ApiError {
    /// With the status and the sentences of the catalogue.
    pub fn new(code: impl Into<Cow<'static, str>>) -> Self {
        Self { code: code.into(), details: None, errors: Vec::new(), post_id: None, retry_after_secs: None }
    }

    pub fn scope_missing(scope: Scope) -> Self {
        let scope = scope.as_str();
        Self::new("scope_missing").detail(
            format!("Ce jeton n’a pas le droit « {scope} ». Créez un jeton avec ce droit dans Réglages."),
            format!("This token does not have the right \"{scope}\". Create a token with it in Settings."),
        )
    }

    /// Sentences for this case, French and English, the next step included.
    #[must_use]
    pub fn detail(mut self, french: impl Into<String>, english: impl Into<String>) -> Self {
        self.details = Some((french.into(), english.into()));
        self
    }

    #[must_use]
    pub fn field(mut self, field: FieldProblem) -> Self {
        self.errors.push(field);
        self
    }

    #[must_use]
    pub fn fields(mut self, fields: Vec<FieldProblem>) -> Self {
        self.errors = fields;
        self
    }

    /// Names the draft in which the content was kept.
    #[must_use]
    pub fn draft(mut self, post_id: impl Into<String>) -> Self {
        self.post_id = Some(post_id.into());
        self
    }

    #[must_use]
    pub fn retry_after(mut self, secs: u64) -> Self {
        self.retry_after_secs = Some(secs.max(1));
        self
    }

    pub fn code(&self) -> &str {
        &self.code
    }

    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(problems::find_or_general(&self.code).status)
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    pub fn body(&self) -> ProblemBody {
        let text = problems::find_or_general(&self.code);
        let (detail, detail_en) = self.details.clone().unwrap_or_else(|| {
            (
                format!("{} {}", text.detail, text.next_step),
                format!("{} {}", text.detail_en, text.next_step_en),
            )
        });
        ProblemBody {
            kind: "about:blank".to_owned(),
            title: text.title.to_owned(),
            status: text.status,
            code: self.code.clone().into_owned(),
            detail,
            detail_en,
            errors: self.errors.clone(),
            post_id: self.post_id.clone(),
            retry_after_secs: self.retry_after_secs,
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self.body()).unwrap_or_default();
        let mut response = (self.status(), body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some(secs) = self.retry_after_secs {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(secs));
        }
        if self.status() == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// Content type of every error.
pub const PROBLEM_JSON: &str = "application/problem+json";

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        // "Not found" and "moved" are answers; everything else is worth a line in the log.
        if !matches!(error, StoreError::NotFound | StoreError::Moved) {
            tracing::error!(error = %error, "The store refused a request.");
        }
        Self::new(error.code())
    }
}

impl From<ConfigError> for ApiError {
    fn from(error: ConfigError) -> Self {
        let field = FieldProblem {
            field: error.key.clone(),
            code: error.code.to_owned(),
            detail: error.detail.clone(),
            detail_en: error.detail_en.clone(),
            values: BTreeMap::new(),
        };
        // The French sentence names file and line already.
        Self::new(error.code).detail(error.detail.clone(), error.to_string()).field(field)
    }
}

impl From<PatchError> for ApiError {
    fn from(error: PatchError) -> Self {
        match error {
            PatchError::Config(error) => error.into(),
            PatchError::Io(error) => StoreError::from(error).into(),
        }
    }
}

impl From<MediaError> for ApiError {
    fn from(error: MediaError) -> Self {
        tracing::info!(error = %error, "A picture was refused.");
        Self::new(error.code())
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let fields: Vec<FieldProblem> = refusal.errors.into_iter().map(FieldProblem::from).collect();
        if let Some(cause) = refusal.cause {
            return Self::from(cause).fields(fields);
        }
        let mut error = Self::new(refusal.code);
        if let [only] = fields.as_slice() {
            error = error.detail(only.detail.clone(), only.detail_en.clone());
        }
        error = error.fields(fields);
        match refusal.post_id {
            Some(id) => error.draft(id.to_string()),
            None => error,
        }
    }
}

impl From<FieldError> for FieldProblem {
    fn from(error: FieldError) -> Self {
        let text = problems::find_or_general(&error.code);
        let (french, english) = in_words(&error.values);
        Self {
            field: error.field,
            code: error.code,
            detail: sentence(text.detail, &french, text.next_step),
            detail_en: sentence(text.detail_en, &english, text.next_step_en),
            values: error.values,
        }
    }
}

/// What happened, with its figures before the full stop, and the next step.
fn sentence(detail: &str, figures: &str, next_step: &str) -> String {
    if figures.is_empty() {
        return format!("{detail} {next_step}");
    }
    format!("{} ({figures}). {next_step}", detail.trim_end_matches('.'))
}

/// The values of a refusal that a person can use, in French and in English.
fn in_words(values: &BTreeMap<String, Value>) -> (String, String) {
    let value = |key: &str| values.get(key).map(plain);
    let picture = value("image").or_else(|| value("picture"));
    let most = value("max_length").or_else(|| value("max"));
    let mut words: Vec<(String, String)> = Vec::new();
    if let Some(number) = picture {
        words.push((format!("photo {number}"), format!("photo {number}")));
    }
    match (value("length"), value("count"), most) {
        (Some(length), _, Some(most)) => {
            words.push((
                format!("{length} caractères, {most} au plus"),
                format!("{length} characters, at most {most}"),
            ));
        }
        (None, Some(count), Some(most)) => {
            words.push((format!("{count}, {most} au plus"), format!("{count}, at most {most}")));
        }
        (None, None, Some(most)) => {
            words.push((format!("{most} caractères au plus"), format!("at most {most} characters")));
        }
        _ => {}
    }
    if let Some(given) = value("value").or_else(|| value("name")).or_else(|| value("names")) {
        words.push((format!("«\u{a0}{given}\u{a0}»"), format!("“{given}”")));
    }
    if let Some(near) = value("near").filter(|near| !near.is_empty()) {
        words.push((format!("peut-être {near}"), format!("perhaps {near}")));
    }
    let (french, english): (Vec<_>, Vec<_>) = words.into_iter().unzip();
    (french.join(", "), english.join(", "))
}

/// A value as people write it: text without quotes, lists with commas.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

impl From<DeskError> for ApiError {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::Media(error) => error.into(),
            DeskError::Store(error) => error.into(),
        }
    }
}
