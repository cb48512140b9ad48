//! The page's way to the engine and to the few things of the desktop that a page may ask for.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use axum::{
    body::Body,
    http::{Request, Response, StatusCode, header},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http_body_util::BodyExt as _;
use serde::Serialize;
use serde_json::json;
use tauri::{
    AppHandle, Manager as _, State, UriSchemeContext, UriSchemeResponder, Wry, async_runtime::JoinHandle,
    ipc::Channel,
};
use tauri_plugin_dialog::DialogExt as _;
use tauri_plugin_opener::OpenerExt as _;
use vieux_moulin_engine::api::{self as engine_api, caller::Caller};

use crate::{app::App, host::Host, login, quit as quitting};

/// Pictures of the library, as addresses of the page.
pub const SCHEME: &str = "moulin";
/// Only this part of the API is reachable through [`SCHEME`].
const PICTURES: &str = "/api/communication/media/";

/// An answer of the API.
#[derive(Serialize)]
pub struct ApiAnswer {
    status: u16,
    /// Lower-case names.
    headers: BTreeMap<String, String>,
    body: String,
}

/// The task that tells the page of events, at most one: a channel into a page that is gone goes on taking
/// them, so nothing else would end it.
#[derive(Default)]
pub struct Listener(Mutex<Option<JoinHandle<()>>>);

impl Listener {
    /// Ends the task of the page before; `None` when the page is gone.
    pub fn replace(&self, next: Option<JoinHandle<()>>) {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = std::mem::replace(&mut *current, next) {
            before.abort();
        }
    }
}

/// One request of the page to the one router.
///
/// Errors: a text only when the request itself cannot be built; every answer of the API is `Ok`.
#[tauri::command]
pub async fn api(
    app: State<'_, App>,
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    body: Option<String>,
    body_base64: Option<String>,
) -> Result<ApiAnswer, String> {
    let bytes = match body_base64 {
        Some(text) => STANDARD.decode(text).map_err(|_| "body_base64 is not base64".to_owned())?,
        None => body.unwrap_or_default().into_bytes(),
    };
    let mut request = Request::builder().method(method.as_str()).uri(path);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let request = request.body(Body::from(bytes)).map_err(|error| error.to_string())?;
    let response = call(&app.host, request).await;
    let status = response.status().as_u16();
    let headers = response
        .headers()
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect();
    let body = read(response).await?;
    Ok(ApiAnswer { status, headers, body: String::from_utf8_lossy(&body).into_owned() })
}

/// Sends every event of the engine to the page until its window closes or another page asks.
#[tauri::command]
pub async fn subscribe(app: State<'_, App>, channel: Channel<serde_json::Value>) -> Result<(), String> {
    let served = app.host.ready().await.map_err(|problem| problem.texts().0)?;
    let (mut events, _) = served.engine.events.subscribe(None);
    let task = tauri::async_runtime::spawn(async move {
        use tokio::sync::broadcast::error::RecvError;
        loop {
            let event = match events.recv().await {
                Ok(event) => json!(event),
                // Too many at once: the page reads everything again.
                Err(RecvError::Lagged(_)) => json!({ "id": 0, "kind": "reset", "subject": "" }),
                Err(RecvError::Closed) => return,
            };
            if channel.send(event).is_err() {
                return;
            }
        }
    });
    app.listener.replace(Some(task));
    Ok(())
}

/// Opens an address in the person's browser: the web, mail, and the practice networks.
#[tauri::command]
pub fn open_external(app: AppHandle, url: String) -> Result<(), String> {
    let parsed: tauri::Url = url.parse().map_err(|_| "not an address".to_owned())?;
    let allowed = match parsed.scheme() {
        "https" | "mailto" => true,
        "http" => matches!(parsed.host_str(), Some("127.0.0.1" | "localhost")),
        _ => false,
    };
    if !allowed {
        return Err("this kind of address is not opened".to_owned());
    }
    app.opener().open_url(parsed.as_str(), None::<&str>).map_err(|error| error.to_string())
}

/// Shows a file of the application's own folders in the file manager.
#[tauri::command]
pub fn reveal(app: AppHandle, state: State<'_, App>, path: String) -> Result<(), String> {
    let served = state.host.now().ok_or_else(|| "the engine does not run".to_owned())?;
    let path = PathBuf::from(path).canonicalize().map_err(|error| error.to_string())?;
    let own = [served.engine.data_dir.clone(), served.log_dir.clone()];
    if !own.iter().filter_map(|folder| folder.canonicalize().ok()).any(|folder| path.starts_with(folder)) {
        return Err("only the application's own folders are shown".to_owned());
    }
    app.opener().reveal_item_in_dir(path).map_err(|error| error.to_string())
}

/// Asks where to put a text file and writes it there.
#[tauri::command]
pub async fn save_text(app: AppHandle, name: String, text: String) -> Result<Option<String>, String> {
    let (answer, chosen) = tokio::sync::oneshot::channel();
    app.dialog().file().set_file_name(name).save_file(move |path| {
        // The page may be gone when the person has chosen.
        let _ = answer.send(path);
    });
    let Some(path) = chosen.await.map_err(|error| error.to_string())? else { return Ok(None) };
    let path = path.into_path().map_err(|error| error.to_string())?;
    tokio::fs::write(&path, text).await.map_err(|error| error.to_string())?;
    Ok(Some(path.to_string_lossy().into_owned()))
}

#[tauri::command]
pub fn autostart_get(app: AppHandle, state: State<'_, App>) -> Result<bool, String> {
    login::is_on(&app, &state.options).map_err(|error| error.to_string())
}

/// Switches the start at login and returns what is really in force.
#[tauri::command]
pub fn autostart_set(app: AppHandle, state: State<'_, App>, on: bool) -> Result<bool, String> {
    login::set(&app, &state.options, on)
        .and_then(|()| login::is_on(&app, &state.options))
        .map_err(|error| error.to_string())
}

/// Quits, after a warning when something is due soon.
#[tauri::command]
pub async fn quit(app: AppHandle) -> Result<(), String> {
    quitting::ask_and_quit(&app).await;
    Ok(())
}

/// Answers the addresses of pictures.
pub fn serve_picture(
    context: UriSchemeContext<'_, Wry>,
    request: tauri::http::Request<Vec<u8>>,
    responder: UriSchemeResponder,
) {
    let host = context.app_handle().state::<App>().host.clone();
    tauri::async_runtime::spawn(async move {
        let answer = picture(&host, &request).await;
        responder.respond(answer);
    });
}

async fn picture(host: &Host, request: &tauri::http::Request<Vec<u8>>) -> Response<Vec<u8>> {
    let refused = |status: StatusCode| {
        let mut response = Response::new(Vec::new());
        *response.status_mut() = status;
        response
    };
    let place = request.uri().path_and_query().map_or("", |place| place.as_str());
    if request.method() != "GET" || !place.starts_with(PICTURES) {
        return refused(StatusCode::NOT_FOUND);
    }
    let Ok(request) = Request::builder().uri(place).body(Body::empty()) else {
        return refused(StatusCode::BAD_REQUEST);
    };
    let response = call(host, request).await;
    let (mut parts, body) = response.into_parts();
    // Made for browsers: the page and its pictures are two schemes of this one window, that is two
    // origins, and the web view would refuse to show them.
    parts.headers.remove("cross-origin-resource-policy");
    match body.collect().await {
        Ok(bytes) => Response::from_parts(parts, bytes.to_bytes().to_vec()),
        Err(_) => refused(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

async fn call(host: &Host, request: Request<Body>) -> Response<Body> {
    match host.ready().await {
        Ok(served) => engine_api::call(&served.router, Caller::Window, request).await,
        Err(problem) => {
            let (detail, detail_en) = problem.texts();
            let body = json!({
                "type": "about:blank",
                "status": 503,
                "code": problem.code(),
                "title": "Démarrage impossible",
                "detail": detail,
                "detail_en": detail_en,
            });
            let mut response = Response::new(Body::from(body.to_string()));
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            response
                .headers_mut()
                .insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/problem+json"));
            response
        }
    }
}

async fn read(response: Response<Body>) -> Result<Vec<u8>, String> {
    let body = response.into_body().collect().await.map_err(|error| error.to_string())?;
    Ok(body.to_bytes().to_vec())
}
