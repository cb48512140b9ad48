//! Receives the answer of a login in the browser on this machine: a listener on 127.0.0.1 with a
//! random port, for one login, for five minutes. It knows no platform and keeps nothing.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{RawQuery, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use subtle::ConstantTimeEq;
use tokio::{net::TcpListener, sync::mpsc};

use super::{Credentials, Failure, FailureClass, Http, LoginDoor, PendingLogin, SharedConnector};
use crate::{clock::SharedClock, config::PlatformConfig, domain::Problem};

/// How long the owner may take in the browser.
const PATIENCE: Duration = Duration::from_mins(5);
const PATH: &str = "/connexion";

/// A login that waits for the owner to come back from the browser.
pub struct Login {
    connector: SharedConnector,
    http: Http,
    clock: SharedClock,
    listener: TcpListener,
    pending: PendingLogin,
}

/// Opens the listener and asks the platform for the address that the browser has to open.
///
/// `server`: what the owner typed, else the platform's base address. `app`: the owner's own application.
///
/// Errors: `not_supported` when the platform has no such login; the connector's own.
pub async fn start(
    connector: SharedConnector,
    http: Http,
    clock: SharedClock,
    server: &str,
    platform: &PlatformConfig,
    app: &Credentials,
) -> Result<Login, Failure> {
    let unavailable = |_| Failure::new(FailureClass::Retry, Problem::new("login_unavailable"));
    let oauth = connector.oauth().ok_or_else(|| Failure::content("not_supported"))?;
    let registered = oauth.registered_port();
    let listener = TcpListener::bind(("127.0.0.1", registered.unwrap_or(0))).await.map_err(unavailable)?;
    let port = listener.local_addr().map_err(unavailable)?.port();
    let host = if registered.is_some() { oauth.registered_host() } else { "127.0.0.1" };
    let redirect_uri = format!("http://{host}:{port}{PATH}");
    let door = LoginDoor { http: &http, server, platform, app, redirect_uri: &redirect_uri };
    let pending = oauth.begin(&door).await?;
    Ok(Login { connector, http, clock, listener, pending })
}

impl Login {
    /// The page that the owner's browser has to open.
    pub fn authorize_url(&self) -> &str {
        &self.pending.authorize_url
    }

    /// Base address of the server that is logged in to.
    pub fn server(&self) -> &str {
        &self.pending.server
    }

    /// Waits for the browser, exchanges the code, and returns credentials for `Connector::check`.
    ///
    /// Errors: `login_expired` after five minutes, `login_refused` when the owner said no.
    pub async fn finish(self) -> Result<Credentials, Failure> {
        let Self { connector, http, clock, listener, pending } = self;
        let (answers, mut received) = mpsc::channel(1);
        let expected = Arc::new(Expected { state: pending.state.clone(), answers });
        let app = Router::new().route(PATH, get(receive)).with_state(expected);
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        // Ends by itself once `stop` is dropped and the page has been delivered.
        let server = tokio::spawn(
            axum::serve(listener, app)
                .with_graceful_shutdown(async {
                    let _ = stopped.await;
                })
                .into_future(),
        );
        let answer = tokio::select! {
            answer = received.recv() => answer.flatten(),
            () = clock.sleep(PATIENCE) => {
                server.abort();
                return Err(Failure::new(FailureClass::Reauth, Problem::new("login_expired")));
            }
        };
        drop(stop);
        let code = answer.ok_or_else(|| Failure::new(FailureClass::Reauth, Problem::new("login_refused")))?;
        let oauth = connector.oauth().ok_or_else(|| Failure::content("not_supported"))?;
        oauth.finish(&http, &pending, &code).await
    }
}

struct Expected {
    state: String,
    /// The code, or `None` when the owner refused.
    answers: mpsc::Sender<Option<String>>,
}

async fn receive(State(expected): State<Arc<Expected>>, RawQuery(query): RawQuery) -> Response {
    let field = |name: &str| {
        let query = query.as_deref().unwrap_or_default();
        url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value)
    };
    let state = field("state").unwrap_or_default();
    if !bool::from(state.as_bytes().ct_eq(expected.state.as_bytes())) {
        // Not our login: some other page tried. The real answer may still come.
        return page(StatusCode::BAD_REQUEST, "Cette page n’est pas valable.", "This page is not valid.");
    }
    let code = field("code").filter(|code| !code.is_empty()).map(std::borrow::Cow::into_owned);
    let is_granted = code.is_some();
    // A second answer finds the channel full or closed: a login counts once.
    let _ = expected.answers.try_send(code);
    if is_granted {
        page(
            StatusCode::OK,
            "C’est fait. Vous pouvez fermer cette page et revenir au Vieux Moulin.",
            "Done. You can close this page and go back to Le Vieux Moulin.",
        )
    } else {
        page(
            StatusCode::OK,
            "La connexion n’a pas été autorisée. Fermez cette page et recommencez quand vous voulez.",
            "The connection was not authorised. Close this page and try again whenever you like.",
        )
    }
}

fn page(status: StatusCode, french: &str, english: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"fr\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Le Vieux Moulin</title><body style=\"font:1.2rem/1.5 system-ui;max-width:32rem;margin:15vh auto;padding:0 1rem\">\
         <h1>Le Vieux Moulin</h1><p>{french}</p><p lang=\"en\"><small>{english}</small></p>"
    );
    let headers = [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CONNECTION, "close"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
    ];
    (status, headers, Html(html)).into_response()
}
