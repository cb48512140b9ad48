//! The guard of the local server, before routing: who reaches the port is not yet who may use it.
//!
//! A web page that the owner happens to visit can make the browser send requests to this address;
//! `Host`, `Origin` and `Sec-Fetch-Site` tell them apart. There are no CORS headers at all.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{caller::Caller, extract::is_json, gate::Gate, problem::ApiError};

/// Name of the dashboard's cookie.
pub const SESSION_COOKIE: &str = "moulin_session";
/// A page of another origin cannot set this header without asking first.
pub const PAGE_HEADER: &str = "x-moulin";
/// Where files may be sent as they are.
const MEDIA_PATH: &str = "/api/communication/media";
/// And where lists of customers arrive.
const LISTS_PATH: &str = "/api/communication/contact-imports";

/// What the guard of one server needs.
#[derive(Clone)]
pub struct Guard {
    gate: Arc<Gate>,
    hosts: Arc<[String; 3]>,
}

impl Guard {
    /// `port` is the one that is really bound.
    pub fn new(gate: Arc<Gate>, port: u16) -> Self {
        let hosts = ["127.0.0.1", "localhost", "[::1]"].map(|host| format!("{host}:{port}"));
        Self { gate, hosts: Arc::new(hosts) }
    }

    fn is_ours(&self, host: &str) -> bool {
        self.hosts.iter().any(|ours| ours.eq_ignore_ascii_case(host))
    }

    /// Checks that the request was made for us and by a page of ours, if by a page at all.
    fn check_origin(&self, request: &Request) -> Result<(), ApiError> {
        let headers = request.headers();
        let mut hosts = headers.get_all(header::HOST).iter();
        let host = hosts.next().and_then(|value| value.to_str().ok());
        if hosts.next().is_some() || !host.is_some_and(|host| self.is_ours(host)) {
            return Err(ApiError::new("bad_host"));
        }
        // HTTP/2 and absolute addresses name the host a second time.
        if request.uri().authority().is_some_and(|authority| !self.is_ours(authority.as_str())) {
            return Err(ApiError::new("bad_host"));
        }
        for origin in headers.get_all(header::ORIGIN) {
            let ours = origin
                .to_str()
                .ok()
                .and_then(|origin| origin.strip_prefix("http://"))
                .is_some_and(|host| self.is_ours(host));
            if !ours {
                return Err(ApiError::new("bad_origin"));
            }
        }
        for site in headers.get_all("sec-fetch-site") {
            if !matches!(site.as_bytes(), b"same-origin" | b"none") {
                return Err(ApiError::new("bad_origin"));
            }
        }
        Ok(())
    }

    async fn identify(&self, method: &Method, headers: &HeaderMap) -> Result<Option<Caller>, ApiError> {
        if let Some(value) = headers.get(header::AUTHORIZATION) {
            let token = value.to_str().ok().and_then(|value| {
                let (scheme, token) = value.split_once(' ')?;
                scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
            });
            return match token {
                Some(token) => self.gate.bearer(token).await.map(Some),
                None => Err(ApiError::new("invalid_header")),
            };
        }
        let Some(cookie) = session_cookie(headers) else { return Ok(None) };
        if !self.gate.session(cookie).await? {
            return Ok(None);
        }
        if is_write(method) && headers.get(PAGE_HEADER).is_none() {
            return Err(ApiError::new("session_header_missing"));
        }
        Ok(Some(Caller::Dashboard))
    }
}

/// The value of the dashboard's cookie.
pub fn session_cookie(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(SESSION_COOKIE)?.strip_prefix('='))
}

fn is_write(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Nothing in them depends on the caller: the page that asks for the code, the manual, the pulse.
fn is_public(method: &Method, path: &str) -> bool {
    if *method == Method::POST {
        return path == "/api/session";
    }
    !is_write(method)
        && (path == "/"
            || path == "/api/health"
            || path == "/api/openapi.json"
            || path == "/api/docs"
            || path.starts_with("/api/docs/")
            || path == "/dashboard"
            || path.starts_with("/dashboard/"))
}

/// The middleware of the network door.
pub async fn guard(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    match admit(&guard, &mut request).await {
        Ok(()) => next.run(request).await,
        Err(error) => error.into_response(),
    }
}

async fn admit(guard: &Guard, request: &mut Request) -> Result<(), ApiError> {
    guard.check_origin(request)?;
    let public = is_public(request.method(), request.uri().path());
    // Copied out: the body of a request cannot be shared while something is awaited.
    let (method, headers) = (request.method().clone(), request.headers().clone());
    match guard.identify(&method, &headers).await {
        Ok(Some(caller)) => {
            request.extensions_mut().insert(caller);
        }
        // Nor must an old token in a bookmark hide the page that asks for a new code.
        Ok(None) | Err(_) if public => {}
        Ok(None) => return Err(ApiError::new("not_signed_in")),
        Err(error) => return Err(error),
    }
    check_content_type(request)
}

/// Forms of other pages can only send three content types; none of them is accepted.
fn check_content_type(request: &Request) -> Result<(), ApiError> {
    let headers = request.headers();
    let has_body = headers.contains_key(header::TRANSFER_ENCODING)
        || headers.get(header::CONTENT_LENGTH).is_some_and(|length| length.as_bytes() != b"0");
    if !is_write(request.method()) || !has_body || is_json(headers) {
        return Ok(());
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_file = kind.starts_with("multipart/form-data") || kind.starts_with("application/octet-stream");
    let path = request.uri().path();
    let is_list = path.strip_prefix(LISTS_PATH).is_some_and(|rest| matches!(rest, "" | "/preview"));
    if is_file && (path == MEDIA_PATH || is_list) {
        return Ok(());
    }
    Err(ApiError::new("unsupported_media_type"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use axum::http::{HeaderMap, HeaderValue, Method, header};

    use super::{is_public, session_cookie};

    #[test]
    fn the_cookie_is_found_among_others_and_not_by_its_beginning() {
        for (text, expected) in [
            ("moulin_session=abc", Some("abc")),
            ("a=b; moulin_session=abc; c=d", Some("abc")),
            ("moulin_session_old=abc", None),
            ("xmoulin_session=abc", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, HeaderValue::from_str(text).unwrap());
            assert_eq!(session_cookie(&headers), expected, "{text}");
        }
    }

    #[test]
    fn only_pages_without_data_are_public() {
        for (method, path, expected) in [
            (Method::GET, "/api/health", true),
            (Method::HEAD, "/dashboard/assets/a.js", true),
            (Method::GET, "/api/docs/", true),
            (Method::POST, "/api/session", true),
            (Method::GET, "/api/session", false),
            (Method::DELETE, "/api/session", false),
            (Method::POST, "/api/health", false),
            (Method::GET, "/dashboardx", false),
            (Method::GET, "/api/communication/status", false),
        ] {
            assert_eq!(is_public(&method, path), expected, "{method} {path}");
        }
    }
}
