//! What a person has to know.

use axum::{
    Json as Answer,
    extract::{Path, State},
    http::StatusCode,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::{
        ApiState,
        caller::{Publisher, Reader},
        extract::Query,
        problem::{ApiError, ProblemBody},
        views::Lookup,
    },
    problems,
    store::alerts,
};

/// Most alerts of one answer.
const MAX: u32 = 200;

/// One alert.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct AlertView {
    pub id: i64,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Account id.
    pub account: Option<String>,
    pub account_label: Option<String>,
    #[schema(example = "account_needs_reauth")]
    pub kind: String,
    pub title: String,
    pub detail: String,
    pub next_step: String,
    pub title_en: String,
    pub detail_en: String,
    pub next_step_en: String,
    pub post_id: Option<String>,
    pub delivery_id: Option<String>,
    /// How many items the alert stands for.
    pub count: u32,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub seen_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub resolved_at: Option<Timestamp>,
}

impl AlertView {
    fn new(alert: alerts::Alert, lookup: &Lookup) -> Self {
        let code = alert.problem.as_ref().map_or(alert.kind.as_str(), |problem| problem.code.as_str());
        let text = problems::find_or_general(code);
        Self {
            id: alert.id,
            at: alert.at,
            account_label: alert
                .account_id
                .as_deref()
                .and_then(|id| lookup.account(id))
                .map(|a| a.label.clone()),
            account: alert.account_id,
            kind: alert.kind,
            title: text.title.to_owned(),
            detail: text.detail.to_owned(),
            next_step: text.next_step.to_owned(),
            title_en: text.title_en.to_owned(),
            detail_en: text.detail_en.to_owned(),
            next_step_en: text.next_step_en.to_owned(),
            post_id: alert.post_id,
            delivery_id: alert.delivery_id,
            count: alert.count,
            seen_at: alert.seen_at,
            resolved_at: alert.resolved_at,
        }
    }
}

/// Which alerts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AlertFilter {
    /// Only those that are not settled.
    #[serde(default)]
    open: bool,
}

/// Lists alerts, newest first.
#[utoipa::path(
    get, path = "/api/communication/alerts", tag = "journal", params(AlertFilter),
    responses(
        (status = 200, description = "The alerts", body = [AlertView]),
    )
)]
pub async fn list_alerts(
    State(state): State<ApiState>,
    _: Reader,
    Query(filter): Query<AlertFilter>,
) -> Result<Answer<Vec<AlertView>>, ApiError> {
    let registry = state.engine.registry.clone();
    let views = state.store().read(move |connection| {
        let lookup = Lookup::load(connection, &registry)?;
        let rows = alerts::list(connection, filter.open, MAX)?;
        Ok(rows.into_iter().map(|row| AlertView::new(row, &lookup)).collect())
    });
    Ok(Answer(views.await?))
}

/// Marks an alert as seen; it stays open until its cause is settled.
#[utoipa::path(
    post, path = "/api/communication/alerts/{id}/seen", tag = "journal", params(("id" = i64, Path, description = "Alert id")),
    responses(
        (status = 204, description = "Marked"),
        (status = 404, description = "not_found", body = ProblemBody),
    )
)]
pub async fn see_alert(
    State(state): State<ApiState>,
    _: Publisher,
    Path(id): Path<i64>,
) -> Result<StatusCode, ApiError> {
    let now = state.now();
    state.store().write(move |tx| alerts::set_seen(tx, id, now)).await?;
    Ok(StatusCode::NO_CONTENT)
}
