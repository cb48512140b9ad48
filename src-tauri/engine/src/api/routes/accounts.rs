//! Connected accounts.

use std::collections::BTreeMap;

use axum::{
    Json as Answer,
    extract::{Path, State},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    api::{
        ApiState,
        caller::{Admin, Reader},
        extract::Json,
        problem::{ApiError, FieldProblem, ProblemBody},
        views::{AccountView, DeliveryView, Lookup, account_view, delivery_view},
    },
    config::{is_loopback, near::near_matches},
    connections::{ConnectionError, NewAccount, Removed, Withdrawal},
    connectors::{Credentials, FailureClass},
    domain::{AccountId, AccountSettings, AccountState, Delivery},
    problems,
    store::{StoreError, accounts},
};

/// An account to connect.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAccountBody {
    #[schema(example = "bluesky")]
    pub platform: String,
    #[serde(default)]
    pub label: Option<String>,
    /// The platform's credential fields by key; see the list of platforms.
    #[schema(value_type = Object)]
    pub credentials: BTreeMap<String, String>,
    #[serde(default)]
    pub settings: Option<AccountSettings>,
    #[serde(default)]
    pub make_default: bool,
}

/// What changes about an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PatchAccount {
    #[serde(default)]
    pub label: Option<String>,
    #[serde(default)]
    pub is_default: Option<bool>,
    #[serde(default)]
    pub settings: Option<AccountSettings>,
    /// New credentials of the same remote account.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub credentials: Option<BTreeMap<String, String>>,
    /// Holds back this account only.
    #[serde(default)]
    pub paused: Option<bool>,
}

fn credentials(given: BTreeMap<String, String>) -> Credentials {
    let mut credentials = Credentials::default();
    for (key, value) in given {
        credentials.set(key, value);
    }
    credentials
}

/// In the practice mode an account may not name a server outside of this computer.
fn check_practice(state: &ApiState, given: &BTreeMap<String, String>) -> Result<(), ApiError> {
    let outside = |server: &String| {
        let server = server.trim();
        !server.is_empty() && !url::Url::parse(server).is_ok_and(|url| is_loopback(&url))
    };
    if state.engine.practice && given.get("server").is_some_and(outside) {
        return Err(ApiError::new("practice_address_outside"));
    }
    Ok(())
}

/// A refused connection in the words of the API.
pub(super) fn refused(state: &ApiState, error: ConnectionError) -> ApiError {
    match error {
        ConnectionError::UnknownPlatform(name) => {
            let near = near_matches(&name, state.engine.registry.ids()).join(", ");
            let hint = if near.is_empty() { String::new() } else { format!(" ({near} ?)") };
            ApiError::new("unknown_platform").detail(
                format!("Le réseau « {name} » n’existe pas{hint}. Choisissez un des réseaux proposés."),
                format!("There is no platform \"{name}\"{hint}. Choose one of the platforms offered."),
            )
        }
        ConnectionError::NotFound(_) => ApiError::new("not_found"),
        ConnectionError::CredentialMissing(key) => ApiError::new("credential_missing")
            .field(FieldProblem::new(format!("credentials.{key}"), "credential_missing")),
        ConnectionError::CredentialUnknown(key) => ApiError::new("credential_unknown")
            .field(FieldProblem::new(format!("credentials.{key}"), "credential_unknown")),
        ConnectionError::Refused(failure) => {
            let reason = FieldProblem::new("credentials", &failure.problem.code);
            let code = match failure.class {
                FailureClass::Reauth | FailureClass::Content => "credential_refused".to_owned(),
                _ => failure.problem.code.clone(),
            };
            let text = problems::find_or_general(&failure.problem.code);
            // Whoever is typing them need not be told to reconnect.
            let next =
                if text.asks_to_reconnect() { problems::find_or_general("credential_refused") } else { text };
            let words =
                failure.problem.platform_message.map(|words| format!(" « {words} »")).unwrap_or_default();
            ApiError::new(code)
                .detail(
                    format!("{}{words} {}", text.detail, next.next_step),
                    format!("{}{words} {}", text.detail_en, next.next_step_en),
                )
                .field(reason)
        }
        ConnectionError::IdentityChanged => ApiError::new("account_identity_changed"),
        ConnectionError::AlreadyConnected => ApiError::new("account_already_connected"),
        ConnectionError::Store(error) => error.into(),
    }
}

async fn load(state: &ApiState, id: AccountId) -> Result<AccountView, ApiError> {
    let registry = state.engine.registry.clone();
    let view = state
        .store()
        .read(move |connection| {
            let account = accounts::find(connection, &id)?.ok_or(StoreError::NotFound)?;
            account_view(connection, &Lookup::load(connection, &registry)?, account)
        })
        .await?;
    Ok(view)
}

/// Lists the connected accounts.
#[utoipa::path(
    get, path = "/api/communication/accounts", tag = "accounts",
    responses(
        (status = 200, description = "The accounts, without their secrets", body = [AccountView]),
    )
)]
pub async fn list_accounts(
    State(state): State<ApiState>,
    _: Reader,
) -> Result<Answer<Vec<AccountView>>, ApiError> {
    let registry = state.engine.registry.clone();
    let views = state.store().read(move |connection| {
        let lookup = Lookup::load(connection, &registry)?;
        accounts::list(connection)?
            .into_iter()
            .filter(|account| account.state != AccountState::Removed)
            .map(|account| account_view(connection, &lookup, account))
            .collect()
    });
    Ok(Answer(views.await?))
}

/// Connects an account after a test call; the same remote account again is a reconnection.
///
/// A platform that cannot be asked does not lose what was typed: the account is kept as `unverified`,
/// `last_check` says why, its posts wait, and the check is repeated until the platform answers.
#[utoipa::path(
    post, path = "/api/communication/accounts", tag = "accounts",
    request_body(content = NewAccountBody, example = json!({
        "platform": "bluesky",
        "credentials": {"identifier": "moulin.bsky.social", "app_password": "abcd-efgh-ijkl-mnop"}
    })),
    responses(
        (status = 201, description = "Connected, or kept as `unverified`", body = AccountView),
        (status = 200, description = "Known already: reconnected, or still `unverified`", body = AccountView),
        (status = 409, description = "practice_address_outside", body = ProblemBody),
        (status = 403, description = "scope_missing, account_blocked", body = ProblemBody),
        (status = 422, description = "unknown_platform, credential_missing, credential_unknown, credential_refused: nothing was kept", body = ProblemBody),
    )
)]
pub async fn add_account(
    State(state): State<ApiState>,
    Admin(caller): Admin,
    Json(body): Json<NewAccountBody>,
) -> Result<(StatusCode, Answer<AccountView>), ApiError> {
    check_practice(&state, &body.credentials)?;
    let new = NewAccount {
        platform: body.platform,
        label: body.label,
        credentials: credentials(body.credentials),
        settings: body.settings,
        make_default: body.make_default,
        practice: state.engine.practice,
    };
    let added =
        state.engine.connections.add(new, &caller.actor()).await.map_err(|error| refused(&state, error))?;
    let status = if added.reconnected { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Answer(load(&state, added.account.id).await?)))
}

/// Shows one account.
#[utoipa::path(
    get, path = "/api/communication/accounts/{id}", tag = "accounts", params(("id" = String, Path, description = "Account id")),
    responses(
        (status = 200, description = "The account, without its secrets", body = AccountView),
        (status = 404, description = "not_found", body = ProblemBody),
    )
)]
pub async fn get_account(
    State(state): State<ApiState>,
    _: Reader,
    Path(id): Path<String>,
) -> Result<Answer<AccountView>, ApiError> {
    load(&state, AccountId::from(id)).await.map(Answer)
}

/// Changes an account, or gives it new credentials.
#[utoipa::path(
    patch, path = "/api/communication/accounts/{id}", tag = "accounts", params(("id" = String, Path, description = "Account id")),
    request_body(content = PatchAccount, example = json!({"label": "Page du Moulin"})),
    responses(
        (status = 200, description = "The account as it is now", body = AccountView),
        (status = 404, description = "not_found", body = ProblemBody),
        (status = 409, description = "account_identity_changed, account_already_connected, practice_address_outside", body = ProblemBody),
        (status = 502, description = "platform_unreachable: nothing was changed", body = ProblemBody),
        (status = 422, description = "credential_missing, credential_unknown, credential_refused", body = ProblemBody),
    )
)]
pub async fn edit_account(
    State(state): State<ApiState>,
    Admin(caller): Admin,
    Path(id): Path<String>,
    Json(patch): Json<PatchAccount>,
) -> Result<Answer<AccountView>, ApiError> {
    let id = AccountId::from(id);
    let connections = &state.engine.connections;
    let fail = |error| refused(&state, error);
    if let Some(given) = patch.credentials {
        check_practice(&state, &given)?;
        connections.reconnect(&id, credentials(given), &caller.actor()).await.map_err(fail)?;
    }
    let (label, is_default, settings) = (patch.label, patch.is_default, patch.settings);
    if label.is_some() || is_default.is_some() || settings.is_some() {
        let change = move |account: &mut crate::domain::Account| {
            account.label = label.filter(|label| !label.trim().is_empty()).unwrap_or(account.label.clone());
            account.is_default = is_default.unwrap_or(account.is_default);
            account.settings = settings.unwrap_or(account.settings.clone());
        };
        connections.change(&id, change).await.map_err(fail)?;
    }
    if let Some(paused) = patch.paused {
        connections.set_paused(&id, paused, &caller.actor()).await.map_err(fail)?;
    }
    load(&state, id).await.map(Answer)
}

/// What a removal stopped.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct RemovedAccount {
    /// Account id.
    pub account: String,
    /// Posts that will not leave on this account.
    pub cancelled: Vec<String>,
    /// What became of the access at the platform.
    pub access: Withdrawal,
    /// Page on which the owner takes the access back by hand, when something is left to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_page: Option<String>,
    /// Why the access could not be taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_problem: Option<String>,
}

/// Removes an account: its access is taken back at the platform where that is possible, its secrets are
/// erased, what waits for it is cancelled.
#[utoipa::path(
    delete, path = "/api/communication/accounts/{id}", tag = "accounts", params(("id" = String, Path, description = "Account id")),
    responses(
        (status = 200, description = "What was stopped", body = RemovedAccount),
        (status = 404, description = "not_found", body = ProblemBody),
    )
)]
pub async fn remove_account(
    State(state): State<ApiState>,
    Admin(caller): Admin,
    Path(id): Path<String>,
) -> Result<Answer<RemovedAccount>, ApiError> {
    let id = AccountId::from(id);
    let removed = state
        .engine
        .connections
        .remove(&id, &caller.actor())
        .await
        .map_err(|error| refused(&state, error))?;
    let Removed { affected, withdrawn } = removed;
    Ok(Answer(RemovedAccount {
        account: id.to_string(),
        cancelled: post_ids(&affected),
        access: withdrawn.access,
        access_page: withdrawn.page,
        access_problem: withdrawn.problem.map(|problem| problem.code),
    }))
}

fn post_ids(deliveries: &[Delivery]) -> Vec<String> {
    let mut ids: Vec<String> = deliveries.iter().map(|delivery| delivery.post_id.to_string()).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Lists what a removal would stop.
#[utoipa::path(
    get, path = "/api/communication/accounts/{id}/impact", tag = "accounts", params(("id" = String, Path, description = "Account id")),
    responses(
        (status = 200, description = "Deliveries that are not finished", body = [DeliveryView]),
        (status = 404, description = "not_found", body = ProblemBody),
    )
)]
pub async fn account_impact(
    State(state): State<ApiState>,
    _: Reader,
    Path(id): Path<String>,
) -> Result<Answer<Vec<DeliveryView>>, ApiError> {
    let affected = state
        .engine
        .connections
        .impact(&AccountId::from(id))
        .await
        .map_err(|error| refused(&state, error))?;
    let registry = state.engine.registry.clone();
    let lookup = state.store().read(move |connection| Lookup::load(connection, &registry)).await?;
    Ok(Answer(affected.into_iter().map(|delivery| delivery_view(&lookup, delivery)).collect()))
}

/// Examines an account: a harmless call, the token and its end, permissions, the clock, and whether photos of
/// this computer get through. Takes 15 s at most; `last_check` says what was found and what to do.
#[utoipa::path(
    post, path = "/api/communication/accounts/{id}/check", tag = "accounts", params(("id" = String, Path, description = "Account id")),
    responses(
        (status = 200, description = "The account with what was found", body = AccountView),
        (status = 404, description = "not_found", body = ProblemBody),
    )
)]
pub async fn check_account(
    State(state): State<ApiState>,
    _: Admin,
    Path(id): Path<String>,
) -> Result<Answer<AccountView>, ApiError> {
    let id = AccountId::from(id);
    state.engine.connections.check(&id).await.map_err(|error| refused(&state, error))?;
    load(&state, id).await.map(Answer)
}

/// Lets what waited for a reconnection go on.
#[utoipa::path(
    post, path = "/api/communication/accounts/{id}/resume", tag = "accounts", params(("id" = String, Path, description = "Account id")),
    responses(
        (status = 200, description = "The account as it is now", body = AccountView),
        (status = 404, description = "not_found", body = ProblemBody),
    )
)]
pub async fn resume_account(
    State(state): State<ApiState>,
    _: Admin,
    Path(id): Path<String>,
) -> Result<Answer<AccountView>, ApiError> {
    let id = AccountId::from(id);
    state.engine.connections.resume(&id).await.map_err(|error| refused(&state, error))?;
    load(&state, id).await.map(Answer)
}
