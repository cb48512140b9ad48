//! The log of received requests, bounded, with every secret masked before it is kept.
//!
//! Bodies are summarised: text fields as they came, files as name, type and size.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    exchange::{Answer, Body, Call},
    faults::{Action, FaultName},
};

const MASK: &str = "***";
/// Longest text field kept; posts are far below.
const LONGEST_FIELD: usize = 4000;

/// One received request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RecordedRequest {
    /// Counts up from 1 per network, also over deleted entries.
    pub seq: u64,
    /// Time of the sandbox's clock.
    pub at: Timestamp,
    pub method: String,
    pub path: String,
    pub query: Map<String, Value>,
    /// Lower-case names; `authorization` keeps its scheme only.
    pub headers: Map<String, Value>,
    /// JSON body, or an object of form fields, or a list of parts, or the size of raw bytes; null without body.
    pub body: Value,
    pub action: Action,
    /// Account of the token, when the double recognised it.
    pub account: Option<String>,
    /// Status of the answer; null when the connection was cut instead.
    pub status: Option<u16>,
    pub fault: Option<FaultName>,
}

/// The requests of one network.
#[derive(Debug)]
pub(crate) struct Log {
    kept: Mutex<(u64, VecDeque<RecordedRequest>)>,
    limit: usize,
}

impl Log {
    pub fn new(limit: usize) -> Self {
        Self { kept: Mutex::default(), limit }
    }

    pub fn push(&self, mut entry: RecordedRequest) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (seq, entries) = &mut *kept;
        *seq += 1;
        entry.seq = *seq;
        if entries.len() >= self.limit {
            entries.pop_front();
        }
        if self.limit > 0 {
            entries.push_back(entry);
        }
    }

    pub fn list(&self) -> Vec<RecordedRequest> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.1.iter().cloned().collect()
    }

    pub fn clear(&self) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.1.clear();
    }
}

/// Builds a log entry; `seq` is given when it is pushed.
pub(crate) fn entry(
    at: Timestamp,
    call: &Call,
    action: Action,
    answer: &Answer,
    status: Option<u16>,
    fault: Option<FaultName>,
) -> RecordedRequest {
    RecordedRequest {
        seq: 0,
        at,
        method: call.method.to_string(),
        path: without_token(&call.path),
        query: masked_fields(&call.query),
        headers: headers(call),
        body: body(&call.body),
        action,
        account: answer.account.clone(),
        status,
        fault,
    }
}

/// Telegram's token is a part of the path.
fn without_token(path: &str) -> String {
    match path.strip_prefix("/bot").and_then(|rest| rest.split_once('/')) {
        Some((token, method)) if token.contains(':') || token.contains("%3A") => {
            format!("/bot{MASK}/{method}")
        }
        _ => path.to_owned(),
    }
}

fn headers(call: &Call) -> Map<String, Value> {
    call.headers
        .iter()
        .map(|(name, value)| {
            let text = value.to_str().unwrap_or("(not text)");
            let shown = match name.as_str() {
                "authorization" => format!("{} {MASK}", text.split(' ').next().unwrap_or("")),
                "cookie" | "dpop" | "api-key" | "x-ovh-consumer" | "x-ovh-signature" => MASK.to_owned(),
                _ => text.to_owned(),
            };
            (name.as_str().to_owned(), Value::String(shown))
        })
        .collect()
}

fn body(body: &Body) -> Value {
    match body {
        Body::Empty => Value::Null,
        Body::Form(fields) => Value::Object(masked_fields(fields)),
        Body::Json(value) => masked_json(value),
        Body::Multipart(parts) => parts
            .iter()
            .map(|part| {
                let mut summary = json!({"name": part.name, "size_bytes": part.bytes.len()});
                if let Some(file_name) = &part.file_name {
                    summary["file_name"] = json!(file_name);
                    summary["mime"] = json!(part.mime);
                } else {
                    let text = String::from_utf8_lossy(&part.bytes);
                    summary["value"] = json!(masked_text(&part.name, &text));
                }
                summary
            })
            .collect(),
        Body::Raw(bytes) => json!({"size_bytes": bytes.len()}),
    }
}

fn is_secret(name: &str) -> bool {
    matches!(
        name,
        "access_token"
            | "input_token"
            | "fb_exchange_token"
            | "appsecret_proof"
            | "client_secret"
            | "code"
            | "code_verifier"
            | "password"
            | "refresh_token"
            | "token"
            | "authFactorToken"
            | "accessJwt"
            | "refreshJwt"
    )
}

fn masked_text(name: &str, value: &str) -> String {
    if is_secret(name) { MASK.to_owned() } else { value.chars().take(LONGEST_FIELD).collect() }
}

fn masked_fields(fields: &[(String, String)]) -> Map<String, Value> {
    let mut map = Map::new();
    for (name, value) in fields {
        let shown = Value::String(masked_text(name, value));
        // A repeated name such as `media_ids[]` becomes a list.
        match map.get_mut(name) {
            None => {
                map.insert(name.clone(), shown);
            }
            Some(Value::Array(list)) => list.push(shown),
            Some(single) => *single = Value::Array(vec![single.take(), shown]),
        }
    }
    map
}

fn masked_json(value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.iter()
                .map(|(key, value)| {
                    let shown = if is_secret(key) && value.is_string() {
                        Value::String(MASK.to_owned())
                    } else {
                        masked_json(value)
                    };
                    (key.clone(), shown)
                })
                .collect(),
        ),
        Value::Array(list) => list.iter().map(masked_json).collect(),
        // A picture in base64 is no text.
        Value::String(text) if text.len() > LONGEST_FIELD => {
            Value::String(text.chars().take(LONGEST_FIELD).collect())
        }
        other => other.clone(),
    }
}
