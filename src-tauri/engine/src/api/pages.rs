//! What a browser loads: the dashboard and the manual of the API, both from the program itself.
//!
//! Neither loads anything from elsewhere, so both work offline and under a strict policy.

use std::sync::Arc;

use axum::{
    Router,
    extract::Path,
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use rust_embed::RustEmbed;

use super::problem::ApiError;

/// The built front end. Absent until `ui/` has been built.
#[derive(RustEmbed)]
#[folder = "../../ui/dist"]
#[allow_missing = true]
struct Dashboard;

/// Only our own files; Svelte and Swagger UI set styles from scripts.
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'";

const NOT_BUILT: &str = "<!doctype html><html lang=\"fr\"><meta charset=\"utf-8\">\
    <title>Le Vieux Moulin</title><h1>Le tableau de bord n’est pas construit</h1>\
    <p>Le moteur fonctionne, mais les écrans n’ont pas été inclus dans ce programme. Construisez-les avec \
    <code>npm --prefix ui ci &amp;&amp; npm --prefix ui run build</code>, puis reconstruisez le programme, \
    ou lancez <code>cargo xtask run</code>, qui fait tout.</p>\
    <p lang=\"en\">The engine runs, but the screens were not built into this program. Build them with the \
    command above, then build the program again.</p></html>";

/// `/`, `/dashboard` and `/api/docs`.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let config = Arc::new(
        utoipa_swagger_ui::Config::new(["/api/openapi.json"])
            .validator_url("none")
            .display_request_duration(true),
    );
    let manual = move |file: String| {
        let config = Arc::clone(&config);
        async move { manual_file(&file, config) }
    };
    let manual_index = manual.clone();
    Router::new()
        .route("/", get(|| async { Redirect::temporary("/dashboard/") }))
        .route("/dashboard", get(|| async { Redirect::permanent("/dashboard/") }))
        .route("/dashboard/", get(|| async { dashboard_file("") }))
        .route("/dashboard/{*path}", get(|Path(path): Path<String>| async move { dashboard_file(&path) }))
        .route("/api/docs", get(|| async { Redirect::permanent("/api/docs/") }))
        .route("/api/docs/", get(move || manual_index(String::new())))
        .route("/api/docs/{*path}", get(move |Path(path): Path<String>| manual(path)))
}

fn dashboard_file(path: &str) -> Response {
    let (path, file) = match Dashboard::get(path) {
        Some(file) if !path.is_empty() => (path, Some(file)),
        // Addresses of screens are answered by the page; a missing asset is missing.
        _ if path.is_empty() || !path.rsplit('/').next().unwrap_or_default().contains('.') => {
            ("index.html", Dashboard::get("index.html"))
        }
        _ => return ApiError::new("not_found").into_response(),
    };
    let Some(file) = file else { return with_policy(Html(NOT_BUILT).into_response()) };
    let mime = file.metadata.mimetype().to_owned();
    // Built assets carry their own hash in the name.
    let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    with_policy(
        ([(header::CONTENT_TYPE, mime), (header::CACHE_CONTROL, cache.to_owned())], file.data.into_owned())
            .into_response(),
    )
}

fn manual_file(path: &str, config: Arc<utoipa_swagger_ui::Config<'static>>) -> Response {
    match utoipa_swagger_ui::serve(path, config) {
        Ok(Some(file)) => {
            let headers =
                [(header::CONTENT_TYPE, file.content_type), (header::CACHE_CONTROL, "no-cache".to_owned())];
            with_policy((headers, file.bytes.into_owned()).into_response())
        }
        Ok(None) => ApiError::new("not_found").into_response(),
        Err(error) => {
            tracing::error!(error = %error, "The manual could not be shown.");
            (StatusCode::INTERNAL_SERVER_ERROR, ApiError::new("internal_error")).into_response()
        }
    }
}

fn with_policy(mut response: Response) -> Response {
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}
