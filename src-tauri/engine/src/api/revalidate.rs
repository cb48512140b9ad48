//! A reader that asks again is told when nothing changed: an `ETag` on every JSON answer to a `GET`, and
//! 304 for the one that the caller already has.
//!
//! Answers are still `no-store`: what the owner writes does not belong into a browser's unencrypted
//! cache. Programs keep their copy themselves. An answer that carries a tag of its own (a post's
//! revision, for `If-Match`) keeps it and is always sent whole.

use std::{convert::Infallible, fmt::Write as _};

use axum::{
    body::{Body, HttpBody as _},
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http_body_util::BodyExt as _;
use sha2::{Digest as _, Sha256};

/// The middleware. `HEAD` is answered like `GET`, with the same headers and without the body.
pub async fn revalidate(mut request: Request, next: Next) -> Result<Response, Infallible> {
    let head = *request.method() == Method::HEAD;
    if head {
        *request.method_mut() = Method::GET;
    }
    if *request.method() != Method::GET {
        return Ok(next.run(request).await);
    }
    let known = request.headers().get_all(header::IF_NONE_MATCH).iter().cloned().collect::<Vec<_>>();
    let response = tag(next.run(request).await, &known).await;
    if !head {
        return Ok(response);
    }
    let length = response.body().size_hint().exact();
    let (mut parts, _) = response.into_parts();
    if let Some(length) = length.filter(|_| !parts.headers.contains_key(header::CONTENT_LENGTH)) {
        parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    Ok(Response::from_parts(parts, Body::empty()))
}

async fn tag(response: Response, known: &[HeaderValue]) -> Response {
    let is_json = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    // A stream has no size and no tag.
    let is_whole = response.body().size_hint().exact().is_some();
    let has_tag = response.headers().contains_key(header::ETAG);
    if response.status() != StatusCode::OK || !is_json || !is_whole || has_tag {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = body.collect().await.map(http_body_util::Collected::to_bytes) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut tag = String::with_capacity(34);
    tag.push('"');
    for byte in Sha256::digest(&bytes).iter().take(16) {
        // Writing to a String cannot fail.
        let _ = write!(tag, "{byte:02x}");
    }
    tag.push('"');
    let unchanged = known.iter().any(|value| matches(value, &tag));
    let Ok(value) = HeaderValue::from_str(&tag) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if unchanged {
        let mut headers = HeaderMap::new();
        headers.insert(header::ETAG, value);
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    parts.headers.insert(header::ETAG, value);
    Response::from_parts(parts, Body::from(bytes))
}

/// `If-None-Match` compares weakly (RFC 9110, 13.1.2).
fn matches(value: &HeaderValue, tag: &str) -> bool {
    let Ok(list) = value.to_str() else { return false };
    list.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}
