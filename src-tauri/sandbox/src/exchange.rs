//! A request read whole, and an answer not yet written.
//!
//! Doubles work on these two plain values, so that a fault can be played before, between or after without
//! the double knowing.

use axum::{
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest, Multipart, Request},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
};
use serde::Serialize;
use serde_json::Value;

/// Largest body read: above the largest video that a double accepts.
const BODY_LIMIT: usize = 128 * 1024 * 1024;

/// One part of a multipart body.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub name: String,
    pub file_name: Option<String>,
    pub mime: Option<String>,
    pub bytes: Bytes,
}

/// Body of a request by its declared type.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    Empty,
    Form(Vec<(String, String)>),
    Json(Value),
    Multipart(Vec<Part>),
    Raw(Bytes),
}

/// A request read whole.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub method: Method,
    /// Path as received, undecoded.
    pub path: String,
    /// Path and query as received.
    pub target: String,
    /// Decoded parts of the path without empty ones.
    pub segments: Vec<String>,
    pub query: Vec<(String, String)>,
    pub headers: HeaderMap,
    pub body: Body,
    /// The same byte for byte.
    pub bytes: Bytes,
}

/// Why a request could not be read.
pub(crate) enum Unreadable {
    TooLarge,
    Broken,
}

impl Call {
    /// Reads a request to its end. A body that contradicts its declared type is kept as raw bytes.
    pub async fn read(request: Request) -> Result<Self, Unreadable> {
        let (parts, body) = request.into_parts();
        let content_type = text_header(&parts.headers, "content-type").to_owned();
        let declared: usize = text_header(&parts.headers, "content-length").parse().unwrap_or(0);
        if declared > BODY_LIMIT {
            return Err(Unreadable::TooLarge);
        }
        let bytes = axum::body::to_bytes(body, BODY_LIMIT).await.map_err(|_| Unreadable::Broken)?;
        let path = parts.uri.path().to_owned();
        let target = parts.uri.path_and_query().map_or_else(|| path.clone(), ToString::to_string);
        let body = read_body(&content_type, bytes.clone()).await;
        Ok(Self {
            segments: path.split('/').filter(|part| !part.is_empty()).map(percent_decode).collect(),
            query: pairs(parts.uri.query().unwrap_or("").as_bytes()),
            method: parts.method,
            path,
            target,
            headers: parts.headers,
            body,
            bytes,
        })
    }

    /// Stands for a request that could not be read.
    pub fn unreadable() -> Self {
        Self {
            method: Method::GET,
            path: String::new(),
            target: String::new(),
            segments: Vec::new(),
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: Body::Empty,
            bytes: Bytes::new(),
        }
    }

    /// Returns a header as text, empty when absent or not text.
    pub fn header(&self, name: &str) -> &str {
        text_header(&self.headers, name)
    }

    /// Returns a field of the body, else of the query, as text.
    pub fn param(&self, name: &str) -> Option<String> {
        let in_body = match &self.body {
            Body::Form(fields) => find(fields, name),
            Body::Json(value) => value.get(name).and_then(json_text),
            Body::Multipart(parts) => parts
                .iter()
                .find(|part| part.name == name && part.file_name.is_none())
                .map(|part| String::from_utf8_lossy(&part.bytes).into_owned()),
            Body::Empty | Body::Raw(_) => None,
        };
        in_body.or_else(|| find(&self.query, name))
    }

    /// Returns every value of a list field, written `name[]=a&name[]=b` or as a JSON array.
    pub fn list(&self, name: &str) -> Vec<String> {
        if let Body::Json(value) = &self.body {
            return value
                .get(name)
                .and_then(Value::as_array)
                .map(|items| items.iter().filter_map(json_text).collect())
                .unwrap_or_default();
        }
        let bracketed = format!("{name}[]");
        self.fields()
            .into_iter()
            .filter(|(key, _)| *key == bracketed || *key == name)
            .map(|(_, value)| value)
            .collect()
    }

    /// Returns all text fields of body and query.
    pub fn fields(&self) -> Vec<(String, String)> {
        let mut fields = self.query.clone();
        match &self.body {
            Body::Form(pairs) => fields.extend(pairs.iter().cloned()),
            Body::Json(Value::Object(map)) => {
                fields.extend(
                    map.iter().map(|(key, value)| (key.clone(), json_text(value).unwrap_or_default())),
                );
            }
            Body::Multipart(parts) => fields.extend(parts.iter().map(|part| {
                let value = if part.file_name.is_some() {
                    String::new()
                } else {
                    String::from_utf8_lossy(&part.bytes).into_owned()
                };
                (part.name.clone(), value)
            })),
            _ => {}
        }
        fields
    }

    /// Returns the uploaded file of that name.
    pub fn file(&self, name: &str) -> Option<&Part> {
        match &self.body {
            Body::Multipart(parts) => parts.iter().find(|part| part.name == name && part.file_name.is_some()),
            _ => None,
        }
    }

    /// Returns the token of `Authorization: Bearer` (or `OAuth`).
    pub fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.header("authorization").split_once(' ')?;
        (scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("oauth")).then(|| token.trim())
    }

    /// Parts of the path as `&str`, for matching.
    pub fn route(&self) -> Vec<&str> {
        self.segments.iter().map(String::as_str).collect()
    }
}

/// An answer not yet written.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// Seeded account in whose name the request was made, for the request log.
    pub account: Option<String>,
}

impl Answer {
    pub fn json(status: u16, value: &impl Serialize) -> Self {
        let body = serde_json::to_vec(value).unwrap_or_default();
        Self::bytes(status, "application/json; charset=utf-8", body.into())
    }

    pub fn html(status: u16, page: String) -> Self {
        Self::bytes(status, "text/html; charset=utf-8", page.into())
    }

    pub fn bytes(status: u16, mime: &str, body: Bytes) -> Self {
        Self {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            headers: HeaderMap::new(),
            body,
            account: None,
        }
        .with_header("content-type", mime)
    }

    /// Sets a header; a value that cannot be a header is dropped.
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(header::HeaderName::from_static(name), value);
        }
        self
    }

    pub fn for_account(mut self, account: impl Into<String>) -> Self {
        self.account = Some(account.into());
        self
    }
}

async fn read_body(content_type: &str, bytes: Bytes) -> Body {
    let mime = content_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    if bytes.is_empty() && mime != "multipart/form-data" {
        return Body::Empty;
    }
    match mime.as_str() {
        "application/x-www-form-urlencoded" => Body::Form(pairs(&bytes)),
        "application/json" => serde_json::from_slice(&bytes).map_or(Body::Raw(bytes), Body::Json),
        "multipart/form-data" => {
            read_parts(content_type, bytes.clone()).await.map_or(Body::Raw(bytes), Body::Multipart)
        }
        _ => Body::Raw(bytes),
    }
}

async fn read_parts(content_type: &str, bytes: Bytes) -> Option<Vec<Part>> {
    let mut request = Request::builder()
        .header(header::CONTENT_TYPE, content_type)
        .body(axum::body::Body::from(bytes))
        .ok()?;
    // The size was checked when the body was read; the extractor would stop at 2 MB.
    DefaultBodyLimit::disable().apply(&mut request);
    let mut multipart = Multipart::from_request(request, &()).await.ok()?;
    let mut parts = Vec::new();
    while let Some(field) = multipart.next_field().await.ok()? {
        parts.push(Part {
            name: field.name().unwrap_or("").to_owned(),
            file_name: field.file_name().map(str::to_owned),
            mime: field.content_type().map(str::to_owned),
            bytes: field.bytes().await.ok()?,
        });
    }
    Some(parts)
}

fn text_header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
}

fn pairs(bytes: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(bytes).into_owned().collect()
}

fn find(fields: &[(String, String)], name: &str) -> Option<String> {
    fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
}

fn json_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// Decodes one part of a path.
pub(crate) fn percent_decode(part: &str) -> String {
    // A plus sign is a letter in a path, but a space for the form decoder.
    let guarded = part.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    url::form_urlencoded::parse(guarded.as_bytes())
        .next()
        .map(|(key, _)| key.into_owned())
        .unwrap_or_default()
}
