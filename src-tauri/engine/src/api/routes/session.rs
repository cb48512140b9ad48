//! The dashboard's login: a one-time code from the window becomes a cookie.

use axum::{
    Json as Answer,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    api::{
        ApiState,
        caller::{Local, Scope, SignedIn},
        extract::Json,
        gate::SESSION_LIFE,
        guard::{SESSION_COOKIE, session_cookie},
        problem::{ApiError, ProblemBody},
    },
    store::journal,
};

/// Who is asking.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct SessionView {
    /// `window`, `dashboard`, `cli` or `api`.
    pub caller: String,
    pub scopes: Vec<Scope>,
}

/// Says who is asking and what they may do.
#[utoipa::path(
    get, path = "/api/session", tag = "session",
    responses(
        (status = 200, description = "The caller", body = SessionView),
        (status = 401, description = "not_signed_in: show the login", body = ProblemBody),
    )
)]
pub async fn get_session(SignedIn(caller): SignedIn) -> Answer<SessionView> {
    let scopes = Scope::ALL.into_iter().filter(|scope| caller.allows(*scope)).collect();
    Answer(SessionView { caller: caller.kind().to_owned(), scopes })
}

/// A one-time code.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    #[schema(example = "K7QF-2MXA-9RTB")]
    pub code: String,
}

/// Logs the dashboard in with a one-time code.
#[utoipa::path(
    post, path = "/api/session", tag = "session", security(()),
    request_body(content = Login, example = json!({"code": "K7QF-2MXA-9RTB"})),
    responses(
        (status = 204, description = "Logged in for 12 hours; the cookie is set"),
        (status = 401, description = "session_code_refused", body = ProblemBody),
        (status = 422, description = "missing_field", body = ProblemBody),
        (status = 429, description = "too_many_attempts", body = ProblemBody),
    )
)]
pub async fn open_session(
    State(state): State<ApiState>,
    Json(login): Json<Login>,
) -> Result<Response, ApiError> {
    let secret = state.gate.open_session(&login.code).await?;
    let entry = journal::Entry::new(state.now(), "dashboard", "session.opened", "");
    state.store().write(move |tx| journal::add(tx, &entry)).await?;
    Ok(with_cookie(&secret, SESSION_LIFE.as_secs()))
}

/// Logs the dashboard out.
#[utoipa::path(
    delete, path = "/api/session", tag = "session",
    responses(
        (status = 204, description = "Logged out"),
    )
)]
pub async fn close_session(
    State(state): State<ApiState>,
    _: SignedIn,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    if let Some(cookie) = session_cookie(&headers) {
        state.gate.close_session(cookie).await?;
    }
    Ok(with_cookie("", 0))
}

fn with_cookie(value: &str, max_age_secs: i64) -> Response {
    let cookie =
        format!("{SESSION_COOKIE}={value}; HttpOnly; SameSite=Strict; Path=/; Max-Age={max_age_secs}");
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// A new one-time code.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct SessionCode {
    #[schema(example = "K7QF-2MXA-9RTB")]
    pub code: String,
    /// Where to type it; `null` while the network door is closed.
    pub url: Option<String>,
}

/// Makes a code for one login of the dashboard, valid for ten minutes.
#[utoipa::path(
    post, path = "/api/session/code", tag = "session",
    responses(
        (status = 201, description = "The code", body = SessionCode),
        (status = 403, description = "wrong_caller", body = ProblemBody),
    )
)]
pub async fn new_session_code(State(state): State<ApiState>, _: Local) -> (StatusCode, Answer<SessionCode>) {
    let url = state.address.as_ref().map(|address| format!("{address}/dashboard/"));
    (StatusCode::CREATED, Answer(SessionCode { code: state.gate.new_code(), url }))
}
