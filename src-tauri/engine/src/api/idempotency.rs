//! `Idempotency-Key`: a repetition of a request gets the first answer, never a second post.
//!
//! The key is stored in the transaction of the work itself (by the orchestrator); here is what happens
//! before and after it. Refusals are not remembered: what was corrected may be sent again.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{ApiState, caller::Caller, gate, problem::ApiError, state::Claimed};
use crate::{
    orchestrator::IdempotencyClaim,
    store::idempotency::{self, Remembered},
};

/// Longest key.
const MAX_KEY: usize = 255;

/// What to do with a request that may carry a key.
pub enum Begin {
    /// It was answered before.
    Replay(Response),
    /// Do the work; with a key, remember the answer.
    Fresh(Option<Key>),
}

/// A key whose work is running.
pub struct Key {
    caller: String,
    name: String,
    request_hash: String,
    _claimed: Claimed,
}

impl Key {
    /// What the orchestrator stores with the work.
    pub fn claim<T>(&self, render: fn(&T) -> (u16, String)) -> IdempotencyClaim<T> {
        IdempotencyClaim {
            caller: self.caller.clone(),
            key: self.name.clone(),
            request_hash: self.request_hash.clone(),
            render,
        }
    }
}

/// Looks whether this request was made before.
pub async fn begin(
    state: &ApiState,
    caller: &Caller,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Begin, ApiError> {
    let Some(key) = read_key(headers)? else { return Ok(Begin::Fresh(None)) };
    let caller = caller.key_space();
    let claimed =
        state.claim(&caller, &key).ok_or_else(|| ApiError::new("idempotency_key_running").retry_after(1))?;
    let request_hash = gate::hash(&String::from_utf8_lossy(body));
    let key = Key { caller, name: key, request_hash, _claimed: claimed };
    match replay(state, &key).await? {
        Some(answer) => Ok(Begin::Replay(answer)),
        None => Ok(Begin::Fresh(Some(key))),
    }
}

/// After a refusal: another process of the same caller may have been faster.
pub async fn after_refusal(
    state: &ApiState,
    key: Option<&Key>,
    refused: ApiError,
) -> Result<Response, ApiError> {
    if let Some(key) = key.filter(|_| refused.code() == "moved_meanwhile")
        && let Some(answer) = replay(state, key).await?
    {
        return Ok(answer);
    }
    Err(refused)
}

async fn replay(state: &ApiState, key: &Key) -> Result<Option<Response>, ApiError> {
    let (caller, name) = (key.caller.clone(), key.name.clone());
    let found: Option<Remembered> =
        state.store().read(move |connection| idempotency::find(connection, &caller, &name)).await?;
    match found {
        None => Ok(None),
        Some(found) if found.request_hash != key.request_hash => Err(ApiError::new("idempotency_key_reused")),
        Some(found) => Ok(Some(answer(found.status, found.response, true))),
    }
}

/// The answer to a request that made a post or a sending, first or repeated.
pub fn answer(status: u16, body: String, replayed: bool) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::ACCEPTED);
    let location = serde_json::from_str::<serde_json::Value>(&body).ok().and_then(|value| {
        let place = |field: &str, resource: &str| {
            Some(format!("/api/communication/{resource}/{}", value.get(field)?.as_str()?))
        };
        place("post_id", "posts").or_else(|| place("mailing_id", "mailings"))
    });
    let mut response = (status, Body::from(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(location) = location.and_then(|location| HeaderValue::from_str(&location).ok()) {
        headers.insert(header::LOCATION, location);
    }
    if replayed {
        headers.insert("idempotent-replayed", HeaderValue::from_static("true"));
    }
    response
}

fn read_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().map(str::trim).unwrap_or_default();
    if key.is_empty() || key.len() > MAX_KEY {
        return Err(ApiError::new("invalid_header").detail(
            format!("Idempotency-Key doit avoir de 1 à {MAX_KEY} caractères ASCII."),
            format!("Idempotency-Key must have 1 to {MAX_KEY} ASCII characters."),
        ));
    }
    Ok(Some(key.to_owned()))
}
