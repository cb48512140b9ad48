//! Addresses that are not written to. An address can be put on the list, taken off it and asked about; the
//! list itself names none, because it holds none.

use axum::{Json as Answer, extract::State, http::StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{
        ApiState,
        caller::{Local, Notifier, Reader},
        extract::{Json, Query},
        problem::{ApiError, ProblemBody},
        views::{Cursor, limit},
    },
    domain::{
        Channel, SuppressionReason,
        suppression::{as_written, is_sendable},
    },
    store::{StoreError, journal, suppressions},
};

/// The operations of this resource.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list_suppressions, add_suppression, remove_suppression))
        .routes(routes!(check_suppression))
}

/// One address that is not written to, without the address.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct SuppressionView {
    pub channel: Channel,
    pub reason: SuppressionReason,
    /// Who reported it.
    pub source: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

impl From<suppressions::Suppression> for SuppressionView {
    fn from(row: suppressions::Suppression) -> Self {
        Self { channel: row.channel, reason: row.reason, source: row.source, at: row.at }
    }
}

/// How many addresses there are for a reason.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct SuppressionCount {
    pub channel: Channel,
    pub reason: SuppressionReason,
    pub count: u32,
}

/// A page of the list.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct SuppressionPage {
    pub items: Vec<SuppressionView>,
    pub counts: Vec<SuppressionCount>,
    pub next_cursor: Option<String>,
}

/// Which rows.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SuppressionFilter {
    channel: Option<Channel>,
    reason: Option<SuppressionReason>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Lists how many addresses are not written to, why and since when, newest first. Never the addresses.
#[utoipa::path(
    get, path = "/api/communication/suppressions", tag = "consents", params(SuppressionFilter),
    responses(
        (status = 200, description = "A page of the list", body = SuppressionPage),
    )
)]
pub async fn list_suppressions(
    State(state): State<ApiState>,
    _: Reader,
    Query(filter): Query<SuppressionFilter>,
) -> Result<Answer<SuppressionPage>, ApiError> {
    let asked = limit(filter.limit)?;
    let after = match filter.cursor.as_deref().map(Cursor::read).transpose()? {
        Some((at, hash)) => {
            Some((Timestamp::from_millisecond(at).map_err(|_| ApiError::new("invalid_query"))?, hash))
        }
        None => None,
    };
    let query =
        suppressions::Filter { channel: filter.channel, reason: filter.reason, after, limit: asked + 1 };
    let page = state.store().read(move |c| {
        let mut rows = suppressions::list(c, &query)?;
        let more = rows.len() > asked as usize;
        rows.truncate(asked as usize);
        let next_cursor =
            rows.last().filter(|_| more).map(|row| Cursor::write(row.at.as_millisecond(), &row.address_hash));
        let counts = suppressions::count(c)?
            .into_iter()
            .map(|(channel, reason, count)| SuppressionCount { channel, reason, count })
            .collect();
        Ok(SuppressionPage { items: rows.into_iter().map(Into::into).collect(), counts, next_cursor })
    });
    Ok(Answer(page.await?))
}

/// One address.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddressBody {
    channel: Channel,
    /// E-mail address, or telephone number.
    #[schema(example = "camille@example.com")]
    address: String,
}

/// What is known about one address.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct SuppressionCheck {
    pub suppressed: bool,
    pub reasons: Vec<SuppressionView>,
}

/// Says whether an address is not written to, and why.
#[utoipa::path(
    post, path = "/api/communication/suppressions/check", tag = "consents",
    request_body(content = AddressBody, example = json!({"channel": "email", "address": "camille@example.com"})),
    responses(
        (status = 200, description = "What is known", body = SuppressionCheck),
        (status = 422, description = "address_invalid", body = ProblemBody),
    )
)]
pub async fn check_suppression(
    State(state): State<ApiState>,
    _: Notifier,
    Json(body): Json<AddressBody>,
) -> Result<Answer<SuppressionCheck>, ApiError> {
    let address = address(&state, body.channel, &body.address)?;
    Ok(Answer(state.store().read(move |c| check(c, body.channel, &address)).await?))
}

fn check(
    connection: &crate::store::Connection,
    channel: Channel,
    address: &str,
) -> Result<SuppressionCheck, StoreError> {
    let reasons: Vec<SuppressionView> =
        suppressions::of_address(connection, channel, address)?.into_iter().map(Into::into).collect();
    Ok(SuppressionCheck { suppressed: !reasons.is_empty(), reasons })
}

/// An address to put on the list.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddSuppression {
    channel: Channel,
    address: String,
    /// `manual` when absent.
    #[serde(default = "manual")]
    reason: SuppressionReason,
}

fn manual() -> SuppressionReason {
    SuppressionReason::Manual
}

/// Puts an address on the list: nobody writes to it any more.
#[utoipa::path(
    post, path = "/api/communication/suppressions", tag = "consents",
    request_body(content = AddSuppression, example = json!({"channel": "sms", "address": "06 12 34 56 78"})),
    responses(
        (status = 201, description = "What is known now", body = SuppressionCheck),
        (status = 422, description = "address_invalid", body = ProblemBody),
    )
)]
pub async fn add_suppression(
    State(state): State<ApiState>,
    Notifier(caller): Notifier,
    Json(body): Json<AddSuppression>,
) -> Result<(StatusCode, Answer<SuppressionCheck>), ApiError> {
    let (channel, now) = (body.channel, state.now());
    let address = address(&state, channel, &body.address)?;
    let answer = state.store().write(move |tx| {
        let actor = caller.actor();
        suppressions::add(tx, channel, &address, body.reason, &actor, now)?;
        let mut entry = journal::Entry::new(now, actor, "suppression.added", channel.as_str());
        entry.details = serde_json::json!({ "reason": body.reason });
        journal::add(tx, &entry)?;
        check(tx, channel, &address)
    });
    Ok((StatusCode::CREATED, Answer(answer.await?)))
}

/// An address to take off the list.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RemoveSuppression {
    channel: Channel,
    address: String,
    /// Why it may be written to again; kept in the journal.
    why: String,
}

/// Takes an address off the list. Not when the person said no, unless they have agreed anew since.
#[utoipa::path(
    delete, path = "/api/communication/suppressions", tag = "consents",
    request_body(content = RemoveSuppression, example = json!({
        "channel": "email", "address": "camille@example.com", "why": "Adresse réparée"})),
    responses(
        (status = 204, description = "Taken off"),
        (status = 403, description = "wrong_caller", body = ProblemBody),
        (status = 404, description = "not_found", body = ProblemBody),
        (status = 409, description = "suppression_kept", body = ProblemBody),
        (status = 422, description = "suppression_reason_missing, address_invalid", body = ProblemBody),
    )
)]
pub async fn remove_suppression(
    State(state): State<ApiState>,
    Local(caller): Local,
    Json(body): Json<RemoveSuppression>,
) -> Result<StatusCode, ApiError> {
    let (now, actor) = (state.now(), caller.actor());
    let address = address(&state, body.channel, &body.address)?;
    state
        .store()
        .write(move |tx| suppressions::remove(tx, body.channel, &address, &body.why, &actor, now))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The address as the house writes it.
fn address(state: &ApiState, channel: Channel, text: &str) -> Result<String, ApiError> {
    let country = state.engine.settings().messages.default_country;
    let address = as_written(channel, text, &country);
    if is_sendable(channel, &address) { Ok(address) } else { Err(ApiError::new("address_invalid")) }
}
