//! Reading requests strictly: what cannot be understood is named, never guessed.

use std::time::Duration;

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, header, request::Parts},
};
use serde::de::DeserializeOwned;

use super::problem::{ApiError, FieldProblem};
use crate::config::path_at;

/// How long a body may take to arrive.
const BODY_DEADLINE: Duration = Duration::from_secs(30);

/// A JSON body. Unknown and missing fields are named in the answer.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::new("unsupported_media_type"));
        }
        parse(&body(request, state).await?).map(Self)
    }
}

/// A JSON file as somebody wrote it: its lines are what a mistake is named by.
#[derive(Debug)]
pub struct JsonText(pub String);

impl<S: Send + Sync> FromRequest<S> for JsonText {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::new("unsupported_media_type"));
        }
        let bytes = body(request, state).await?;
        String::from_utf8(bytes.into()).map(Self).map_err(|_| ApiError::new("malformed_json"))
    }
}

/// Reads a whole body within the limits of its route.
pub async fn body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiError> {
    body_within(BODY_DEADLINE, request, state).await
}

async fn body_within<S: Send + Sync>(
    deadline: Duration,
    request: Request,
    state: &S,
) -> Result<Bytes, ApiError> {
    match tokio::time::timeout(deadline, Bytes::from_request(request, state)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(rejection)) if rejection.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE => {
            Err(ApiError::new("body_too_large"))
        }
        Ok(Err(_)) => Err(ApiError::new("malformed_json")),
        Err(_) => Err(ApiError::new("request_timeout")),
    }
}

/// Says whether the body is declared as JSON.
pub fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// Parses a JSON text into `T`, saying where it does not fit.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(bytes).map_err(|error| explain(&error, bytes))
}

fn explain(error: &serde_json::Error, bytes: &[u8]) -> ApiError {
    if matches!(serde_json::from_slice(bytes), Ok(serde_json::Value::Null | serde_json::Value::Array(_))) {
        return ApiError::new("invalid_field").detail(
            "Le JSON envoyé n’est pas un objet. Envoyez un objet, entre accolades.".to_owned(),
            "The JSON sent is not an object. Send an object, in braces.".to_owned(),
        );
    }
    let (line, column) = (error.line(), error.column());
    // `null` for a word is told as a mistake of syntax, although the text is well formed.
    let is_json = error.is_data() || serde_json::from_slice::<serde_json::Value>(bytes).is_ok();
    if !is_json {
        return ApiError::new("malformed_json").detail(
            format!("Le JSON envoyé est incorrect à la ligne {line}, colonne {column}. Corrigez-le, puis renvoyez-le."),
            format!("The JSON sent is incorrect at line {line}, column {column}. Correct it and send it again."),
        );
    }
    let message = error.to_string();
    let reason = message.split(" at line ").next().unwrap_or_default().to_owned();
    let quoted = reason.split('`').nth(1).unwrap_or_default();
    let at = path_at(std::str::from_utf8(bytes).unwrap_or_default(), line, column);
    let parent = at.rsplit_once('.').map_or("", |(parent, _)| parent);
    let (code, field) = if reason.starts_with("unknown field") {
        ("unknown_field", join(parent, quoted))
    } else if reason.starts_with("missing field") {
        ("missing_field", quoted.to_owned())
    } else {
        ("invalid_field", at)
    };
    let mut problem = FieldProblem::new(field.clone(), code);
    problem.detail = format!("« {field} » : {}", problem.detail);
    problem.detail_en = format!("\"{field}\": {reason}.");
    ApiError::new(code).detail(problem.detail.clone(), problem.detail_en.clone()).field(problem)
}

fn join(parent: &str, name: &str) -> String {
    if parent.is_empty() { name.to_owned() } else { format!("{parent}.{name}") }
}

/// The parameters after `?`.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match axum::extract::Query::<T>::from_request_parts(parts, state).await {
            Ok(query) => Ok(Self(query.0)),
            Err(rejection) => {
                let reason = rejection.body_text();
                let reason = reason.rsplit(": ").next().unwrap_or_default();
                Err(ApiError::new("invalid_query").detail(
                    format!(
                        "Un paramètre de l’adresse ne convient pas ({reason}). Corrigez-le ou retirez-le."
                    ),
                    format!("A parameter of the address cannot be used ({reason}). Correct or remove it."),
                ))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::time::Duration;

    use axum::{body::Body, extract::Request};
    use bytes::Bytes;
    use futures::StreamExt as _;
    use serde::Deserialize;

    use super::{body_within, parse};

    /// A client that sends a little and then nothing, for ever, holds nobody up.
    #[tokio::test]
    async fn a_body_that_never_ends_is_given_up() {
        let drop_by_drop = futures::stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"{"))]);
        let body = Body::from_stream(drop_by_drop.chain(futures::stream::pending()));
        let request = Request::new(body);
        let given_up = body_within(Duration::from_millis(20), request, &()).await.unwrap_err();
        assert_eq!((given_up.code(), given_up.body().status), ("request_timeout", 408));
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[allow(dead_code)]
        content: Inner,
        #[allow(dead_code)]
        #[serde(default)]
        kind: crate::domain::ContentKind,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[allow(dead_code)]
        body: String,
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (text, code, field) in [
            (r#"{"content": {"body": "a", "boddy": 1}}"#, "unknown_field", Some("content.boddy")),
            (r#"{"content": {"body": 3}}"#, "invalid_field", Some("content.body")),
            (r#"{"content": {"body": "a"}, "kind": null}"#, "invalid_field", Some("kind")),
            (r#"{"content": {}}"#, "missing_field", Some("body")),
            (r"{}", "missing_field", Some("content")),
            (r#"{"content": "#, "malformed_json", None),
            ("", "malformed_json", None),
            ("\u{feff}{}", "malformed_json", None),
        ] {
            let error = parse::<Outer>(text.as_bytes()).unwrap_err();
            assert_eq!(error.code(), code, "{text}");
            assert_eq!(error.body().errors.first().map(|f| f.field.as_str()), field, "{text}");
        }
    }
}
