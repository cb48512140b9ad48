//! Deliveries: look, and decide what only a person can.

use axum::{
    Json as Answer,
    extract::{Path, State},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::posts::parse_states;
use crate::{
    api::{
        ApiState,
        caller::{Publisher, Reader},
        extract::{Json, Query},
        problem::{ApiError, FieldProblem, ProblemBody},
        views::{Cursor, DeliveryPage, DeliveryView, Lookup, delivery_view, limit, with_history},
    },
    domain::{DeliveryId, DeliveryState, web::is_web_address},
    orchestrator::Refusal,
    queue::person::Decision,
    store::{StoreError, deliveries},
};

/// Which deliveries to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeliveryFilter {
    /// States, separated by commas.
    state: Option<String>,
    /// Account id.
    account: Option<String>,
    platform: Option<String>,
    /// Due at or after this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// Only those that wait for a person.
    #[serde(default)]
    needs_attention: bool,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Lists deliveries by due time.
#[utoipa::path(
    get, path = "/api/communication/deliveries", tag = "deliveries", params(DeliveryFilter),
    responses(
        (status = 200, description = "A page of deliveries", body = DeliveryPage),
    )
)]
pub async fn list_deliveries(
    State(state): State<ApiState>,
    _: Reader,
    Query(filter): Query<DeliveryFilter>,
) -> Result<Answer<DeliveryPage>, ApiError> {
    let mut states =
        filter.state.as_deref().map(parse_states::<DeliveryState>).transpose()?.unwrap_or_default();
    if filter.needs_attention {
        let asked_for_none = states.is_empty();
        let needing = DeliveryState::ALL.into_iter().filter(|state| state.needs_person());
        states = needing.filter(|state| asked_for_none || states.contains(state)).collect();
    }
    let asked = limit(filter.limit)?;
    let query = deliveries::Filter {
        states,
        account: filter.account,
        platform: filter.platform,
        from: filter.from,
        to: filter.to,
        after: filter.cursor.as_deref().map(Cursor::read).transpose()?,
        limit: asked + 1,
    };
    let registry = state.orchestrator().registry.clone();
    let page = state.store().read(move |connection| {
        let lookup = Lookup::load(connection, &registry)?;
        let mut rows = deliveries::list(connection, &query)?;
        let more = rows.len() > asked as usize;
        rows.truncate(asked as usize);
        let last = rows
            .last()
            .filter(|_| more)
            .map(|row| Cursor::write(row.due_at.as_millisecond(), row.id.as_str()));
        Ok((rows.into_iter().map(|row| delivery_view(&lookup, row)).collect(), last))
    });
    let (items, next_cursor) = page.await?;
    Ok(Answer(DeliveryPage { items, next_cursor }))
}

/// Shows one delivery with everything that happened to it.
#[utoipa::path(
    get, path = "/api/communication/deliveries/{id}", tag = "deliveries",
    params(("id" = String, Path, description = "Delivery id")),
    responses(
        (status = 200, description = "The delivery", body = DeliveryView),
        (status = 404, description = "not_found", body = ProblemBody),
    )
)]
pub async fn get_delivery(
    State(state): State<ApiState>,
    _: Reader,
    Path(id): Path<String>,
) -> Result<Answer<DeliveryView>, ApiError> {
    load(&state, DeliveryId::from(id)).await.map(Answer)
}

async fn load(state: &ApiState, id: DeliveryId) -> Result<DeliveryView, ApiError> {
    let registry = state.orchestrator().registry.clone();
    let view = state
        .store()
        .read(move |connection| {
            let row = deliveries::find(connection, &id)?.ok_or(StoreError::NotFound)?;
            with_history(connection, &Lookup::load(connection, &registry)?, row)
        })
        .await?;
    Ok(view)
}

async fn decide(state: &ApiState, id: String, decision: Decision) -> Result<Answer<DeliveryView>, ApiError> {
    let id = DeliveryId::from(id);
    state.orchestrator().queue.decide(&id, decision).await.map_err(Refusal::from)?;
    load(state, id).await.map(Answer)
}

/// An operation that only says what the person decided.
macro_rules! decision {
    ($(#[$about:meta])* $name:ident, $path:literal, $decision:expr) => {
        $(#[$about])*
        #[utoipa::path(
            post, path = $path, tag = "deliveries", params(("id" = String, Path, description = "Delivery id")),
            responses(
                (status = 200, description = "The delivery as it is now", body = DeliveryView),
                (status = 404, description = "not_found", body = ProblemBody),
                (status = 409, description = "illegal_transition", body = ProblemBody),
            )
        )]
        pub async fn $name(
            State(state): State<ApiState>,
            _: Publisher,
            Path(id): Path<String>,
        ) -> Result<Answer<DeliveryView>, ApiError> {
            decide(&state, id, $decision).await
        }
    };
}

decision!(
    /// Tries again now; a doubt is looked up first, never repeated blindly.
    retry_delivery,
    "/api/communication/deliveries/{id}/retry",
    Decision::Retry
);
decision!(
    /// Cancels what has not left; what a platform keeps is taken back there.
    cancel_delivery,
    "/api/communication/deliveries/{id}/cancel",
    Decision::Cancel
);
decision!(
    /// Asks the platform again now.
    check_delivery,
    "/api/communication/deliveries/{id}/check",
    Decision::Check
);

/// What the owner saw on the network.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConfirmOutcome {
    /// It is there.
    Published,
    /// It is not there: send it again.
    Resend,
}

/// The owner's answer to a doubt.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Confirm {
    pub outcome: ConfirmOutcome,
    /// Where it is, when known.
    #[serde(default)]
    pub permalink: Option<String>,
}

/// Settles a doubt by what the owner saw.
#[utoipa::path(
    post, path = "/api/communication/deliveries/{id}/confirm", tag = "deliveries",
    params(("id" = String, Path, description = "Delivery id")),
    request_body(content = Confirm, example = json!({"outcome": "published"})),
    responses(
        (status = 200, description = "The delivery as it is now", body = DeliveryView),
        (status = 404, description = "not_found", body = ProblemBody),
        (status = 409, description = "illegal_transition", body = ProblemBody),
        (status = 422, description = "unknown_field, missing_field, invalid_field", body = ProblemBody),
    )
)]
pub async fn confirm_delivery(
    State(state): State<ApiState>,
    _: Publisher,
    Path(id): Path<String>,
    Json(confirm): Json<Confirm>,
) -> Result<Answer<DeliveryView>, ApiError> {
    let permalink = confirm.permalink.filter(|address| !address.trim().is_empty());
    if permalink.as_deref().is_some_and(|address| !is_web_address(address)) {
        return Err(ApiError::new("invalid_field").field(FieldProblem::new("permalink", "invalid_field")));
    }
    let decision = match confirm.outcome {
        ConfirmOutcome::Published => Decision::ConfirmPublished { permalink },
        ConfirmOutcome::Resend => Decision::ConfirmResend,
    };
    decide(&state, id, decision).await
}
