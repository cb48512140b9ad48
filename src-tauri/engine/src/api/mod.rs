//! The one router: every operation of the application, for the window, the dashboard, the command
//! line and the restaurant's other programs.
//!
//! Handlers extract, make one call into the engine, and map the answer; no rule of the product lives
//! here. The OpenAPI document and the routes come from the same place, so neither can lag behind. The
//! window calls the router in this process ([`call`]); [`server`] puts the [`guard`] in front of it
//! and opens it to this computer.

pub mod caller;
mod document;
pub mod extract;
pub mod gate;
pub mod guard;
pub mod idempotency;
pub mod pages;
pub mod problem;
pub mod revalidate;
pub mod routes;
pub mod server;
mod state;
pub mod views;

use std::{any::Any, convert::Infallible};

use axum::{
    Json, Router,
    body::Body,
    extract::{DefaultBodyLimit, Request},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use tower::ServiceExt as _;
use tower_http::catch_panic::CatchPanicLayer;

pub use caller::{Caller, Scope};
pub use document::{document, document_text};
pub use state::{ApiState, Parts};

use problem::{ApiError, PROBLEM_JSON};

/// Largest body of everything that is not a picture.
const MAX_BODY: usize = 1024 * 1024;

/// The whole application as one router, without the guard of the network door.
pub fn router(state: ApiState) -> Router {
    let (operations, _) = routes::all().split_for_parts();
    let document = serde_json::to_value(document()).unwrap_or_default();
    operations
        .route("/api/openapi.json", get(move || async move { Json(document) }))
        .merge(pages::routes())
        .fallback(|| async { ApiError::new("not_found") })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn(revalidate::revalidate))
        .layer(middleware::from_fn(finish))
        .layer(CatchPanicLayer::custom(panicked))
        .with_state(state)
}

/// The router behind the guard of the network door on this port.
pub fn guarded(router: Router, guard: guard::Guard) -> Router {
    router.layer(middleware::from_fn_with_state(guard, guard::guard)).layer(middleware::from_fn(finish))
}

/// The in-process door: runs one request as this caller.
pub async fn call(router: &Router, caller: Caller, mut request: Request<Body>) -> Response {
    request.extensions_mut().insert(caller);
    match router.clone().oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Says in our own words what the framework answers by itself, and adds what every answer carries.
async fn finish(request: Request, next: Next) -> Result<Response, Infallible> {
    let method = request.method().clone();
    let mut response = next.run(request).await;
    let is_ours = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes() == PROBLEM_JSON.as_bytes());
    if response.status() == StatusCode::METHOD_NOT_ALLOWED && !is_ours {
        let allow = response.headers().get(header::ALLOW).cloned();
        response = if method == Method::OPTIONS {
            StatusCode::NO_CONTENT.into_response()
        } else {
            ApiError::new("method_not_allowed").into_response()
        };
        if let Some(allow) = allow {
            response.headers_mut().insert(header::ALLOW, allow);
        }
    } else if response.status() == StatusCode::NOT_FOUND && !is_ours {
        response = ApiError::new("not_found").into_response();
    } else if response.status() == StatusCode::BAD_REQUEST && !is_ours {
        // A path parameter that is not of its type.
        response = ApiError::new("not_found").into_response();
    }
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        let nothing = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
        headers.insert(header::CONTENT_SECURITY_POLICY, nothing);
    }
    Ok(response)
}

/// A panic in one handler ends that request, not the process. Its words may carry data: not answered.
fn panicked(_cause: Box<dyn Any + Send>) -> Response {
    tracing::error!("A handler panicked.");
    ApiError::new("internal_error").into_response()
}
