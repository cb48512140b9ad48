//! Connecting an account by logging in with the browser.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, PoisonError},
};

use axum::{
    Json as Answer,
    extract::{Path, State},
    http::StatusCode,
};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::accounts::refused;
use crate::{
    api::{
        ApiState,
        caller::Admin,
        extract::Json,
        problem::{ApiError, ProblemBody},
    },
    connections::{ConnectionError, NewAccount},
    connectors::{Credentials, SharedConnector, oauth, oauth_loopback},
    domain::AccountId,
    store::accounts,
};

/// Most logins remembered; older ones are forgotten.
const KEPT: usize = 20;

/// The logins of this run, in memory only.
#[derive(Default)]
pub struct Logins(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    order: Vec<String>,
    by_id: HashMap<String, OauthView>,
}

impl Logins {
    fn set(&self, session: &str, view: OauthView) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.by_id.insert(session.to_owned(), view).is_none() {
            kept.order.push(session.to_owned());
        }
        if kept.order.len() > KEPT {
            let oldest = kept.order.remove(0);
            kept.by_id.remove(&oldest);
        }
    }

    fn get(&self, session: &str) -> Option<OauthView> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).by_id.get(session).cloned()
    }
}

/// Where a login stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OauthState {
    /// The browser has not come back.
    Waiting,
    Connected,
    Failed,
    Expired,
}

/// A login that is under way or over.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OauthView {
    pub state: OauthState,
    /// Account id, once connected.
    pub account: Option<String>,
    pub problem: Option<ProblemBody>,
}

/// Which platform and server to log in to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartOauth {
    #[schema(example = "mastodon")]
    pub platform: String,
    /// The owner's server.
    #[serde(default)]
    #[schema(example = "https://mastodon.social")]
    pub server: String,
    /// The owner's own application, on platforms whose credential fields name it: `client_id` and
    /// `client_secret`.
    #[serde(default)]
    pub credentials: BTreeMap<String, String>,
    /// The account that is reconnected: what is not given of its application is taken from it.
    #[serde(default)]
    pub account: Option<String>,
}

/// A login that has begun.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct StartedOauth {
    /// Open it in the owner's browser.
    pub authorize_url: String,
    /// Ask for it until it is no longer `waiting`.
    pub session: String,
}

/// Begins a login with the browser; the answer comes back to this computer within five minutes.
#[utoipa::path(
    post, path = "/api/communication/accounts/oauth", tag = "accounts",
    request_body(content = StartOauth, example = json!({"platform": "mastodon", "server": "https://mastodon.social"})),
    responses(
        (status = 201, description = "Open `authorize_url` in the browser", body = StartedOauth),
        (status = 409, description = "not_supported", body = ProblemBody),
        (status = 422, description = "unknown_platform, server_address_invalid, server_not_compatible, credential_missing, credential_unknown", body = ProblemBody),
        (status = 502, description = "platform_unreachable", body = ProblemBody),
    )
)]
pub async fn start_oauth(
    State(state): State<ApiState>,
    Admin(caller): Admin,
    Json(body): Json<StartOauth>,
) -> Result<(StatusCode, Answer<StartedOauth>), ApiError> {
    let engine = &state.engine;
    let connector = engine
        .registry
        .get(&body.platform)
        .cloned()
        .ok_or_else(|| refused(&state, ConnectionError::UnknownPlatform(body.platform.clone())))?;
    let typed = body.server.trim();
    let server = if typed.is_empty() {
        engine.platforms().get(&body.platform).map(|platform| platform.base_url.clone()).unwrap_or_default()
    } else {
        typed.to_owned()
    };
    if engine.practice && !url::Url::parse(&server).is_ok_and(|url| crate::config::is_loopback(&url)) {
        return Err(ApiError::new("practice_address_outside"));
    }
    let app = application(&state, &connector, body.credentials, body.account).await?;
    let platform = engine.platforms().get(&body.platform).cloned().unwrap_or_default();
    let http = engine.connections.http.clone();
    let login = oauth_loopback::start(connector, http, engine.clock.clone(), &server, &platform, &app)
        .await
        .map_err(|failure| refused(&state, ConnectionError::Refused(Box::new(failure))))?;
    let session = uuid::Uuid::new_v4().to_string();
    let started = StartedOauth { authorize_url: login.authorize_url().to_owned(), session: session.clone() };
    state.logins.set(&session, OauthView { state: OauthState::Waiting, account: None, problem: None });
    let (platform, actor) = (body.platform, caller.actor());
    tokio::spawn(async move {
        let outcome = finish(&state, login, platform, &actor).await;
        state.logins.set(&session, outcome);
    });
    Ok((StatusCode::CREATED, Answer(started)))
}

/// The owner's own application at a platform that wants one; empty elsewhere.
async fn application(
    state: &ApiState,
    connector: &SharedConnector,
    given: BTreeMap<String, String>,
    account: Option<String>,
) -> Result<Credentials, ApiError> {
    let mut app = Credentials::default();
    if let Some(id) = account {
        let id = AccountId::from(id.as_str());
        let kept = state.engine.store.read(move |c| accounts::credentials(c, &id)).await?;
        for key in oauth::APP_FIELDS {
            if let Some(value) = kept.get(key) {
                app.set(key, value.expose_secret());
            }
        }
    }
    for (key, value) in given.into_iter().filter(|(_, value)| !value.trim().is_empty()) {
        app.set(key, value.trim());
    }
    let refuse = |error| Err(refused(state, error));
    if let Some(strange) = app.keys().find(|key| !oauth::APP_FIELDS.contains(key)) {
        return refuse(ConnectionError::CredentialUnknown(strange.to_owned()));
    }
    for field in connector.descriptor().credential_fields {
        if field.required && oauth::APP_FIELDS.contains(&field.key) && app.get(field.key).is_none() {
            return refuse(ConnectionError::CredentialMissing(field.key.to_owned()));
        }
    }
    Ok(app)
}

async fn finish(state: &ApiState, login: oauth_loopback::Login, platform: String, actor: &str) -> OauthView {
    let practice = state.engine.practice;
    let added = match login.finish().await {
        Ok(credentials) => {
            let new = NewAccount { platform, credentials, practice, ..NewAccount::default() };
            state.engine.connections.add(new, actor).await
        }
        Err(failure) => Err(ConnectionError::Refused(Box::new(failure))),
    };
    match added {
        Ok(added) => OauthView {
            state: OauthState::Connected,
            account: Some(added.account.id.to_string()),
            problem: None,
        },
        Err(error) => {
            let expired = matches!(&error, ConnectionError::Refused(failure) if failure.problem.code == "login_expired");
            let problem = Some(refused(state, error).body());
            let view_state = if expired { OauthState::Expired } else { OauthState::Failed };
            OauthView { state: view_state, account: None, problem }
        }
    }
}

/// Says where a login stands.
#[utoipa::path(
    get, path = "/api/communication/accounts/oauth/{session}", tag = "accounts",
    params(("session" = String, Path, description = "Session of the login")),
    responses(
        (status = 200, description = "Where it stands", body = OauthView),
        (status = 404, description = "oauth_session_unknown", body = ProblemBody),
    )
)]
pub async fn get_oauth(
    State(state): State<ApiState>,
    _: Admin,
    Path(session): Path<String>,
) -> Result<Answer<OauthView>, ApiError> {
    state.logins.get(&session).map(Answer).ok_or_else(|| ApiError::new("oauth_session_unknown"))
}
