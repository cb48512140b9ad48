//! Segments: keep them, count them, look whom they choose and why.

use axum::{
    Json as Answer,
    extract::{Path, State},
    http::StatusCode,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{
        ApiState,
        caller::Admin,
        extract::Json,
        problem::{ApiError, FieldProblem, ProblemBody},
        views::{ContactView, SegmentView, contact_view},
    },
    domain::{ContactId, Segment, SegmentId, segment::Explanation},
    store::{
        StoreError,
        segments::{self, KeptSegment},
    },
};

/// People of a sample.
const SAMPLE: u32 = 10;
const MAX_NAME: usize = 100;

/// The operations of this resource.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list_segments, add_segment))
        .routes(routes!(count_segment))
        .routes(routes!(sample_segment))
        .routes(routes!(explain_segment))
        .routes(routes!(get_segment, edit_segment, remove_segment))
}

fn checked(tree: &Segment) -> Result<(), ApiError> {
    tree.check().map_err(|code| ApiError::new(code).field(FieldProblem::new("tree", code)))
}

fn checked_name(name: &str) -> Result<String, ApiError> {
    let name = name.trim();
    let is_good = !name.is_empty() && name.chars().count() <= MAX_NAME && !name.chars().any(char::is_control);
    if is_good {
        Ok(name.to_owned())
    } else {
        Err(ApiError::new("segment_name_invalid").field(FieldProblem::new("name", "segment_name_invalid")))
    }
}

fn taken(error: StoreError) -> ApiError {
    match error {
        StoreError::Moved => ApiError::new("segment_name_taken"),
        StoreError::NotAllowed(code) => ApiError::new(code),
        other => other.into(),
    }
}

/// Lists the kept segments by name.
#[utoipa::path(
    get, path = "/api/communication/segments", tag = "segments",
    responses(
        (status = 200, description = "The segments", body = [SegmentView]),
    )
)]
pub async fn list_segments(
    State(state): State<ApiState>,
    _: Admin,
) -> Result<Answer<Vec<SegmentView>>, ApiError> {
    let kept = state.store().read(segments::list).await?;
    Ok(Answer(kept.into_iter().map(SegmentView::from).collect()))
}

/// A segment to keep.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SegmentBody {
    #[schema(example = "Habitués sans visite depuis trois mois")]
    pub name: String,
    pub tree: Segment,
}

/// Keeps a segment.
#[utoipa::path(
    post, path = "/api/communication/segments", tag = "segments",
    request_body(content = SegmentBody, example = json!({
        "name": "Habitués sans visite depuis trois mois",
        "tree": {"all": [
            {"visit_count": {"at_least": 3}},
            {"last_visit": {"days_ago": {"at_least": 90}}},
            {"not": {"tag": "presse"}}
        ]}
    })),
    responses(
        (status = 201, description = "The segment", body = SegmentView),
        (status = 409, description = "segment_name_taken", body = ProblemBody),
        (status = 422, description = "segment_invalid, segment_too_big, segment_name_invalid, unknown_field, \
            missing_field, invalid_field", body = ProblemBody),
    )
)]
pub async fn add_segment(
    State(state): State<ApiState>,
    _: Admin,
    Json(body): Json<SegmentBody>,
) -> Result<(StatusCode, Answer<SegmentView>), ApiError> {
    checked(&body.tree)?;
    let now = state.engine.clock.now();
    let kept = KeptSegment {
        id: SegmentId::new(),
        name: checked_name(&body.name)?,
        tree: body.tree,
        created_at: now,
        updated_at: now,
    };
    let row = kept.clone();
    state.store().write(move |tx| segments::save(tx, &row)).await.map_err(taken)?;
    Ok((StatusCode::CREATED, Answer(kept.into())))
}

/// Shows a segment.
#[utoipa::path(
    get, path = "/api/communication/segments/{id}", tag = "segments",
    params(("id" = String, Path, description = "Segment id")),
    responses(
        (status = 200, description = "The segment", body = SegmentView),
        (status = 404, description = "not_found", body = ProblemBody),
    )
)]
pub async fn get_segment(
    State(state): State<ApiState>,
    _: Admin,
    Path(id): Path<String>,
) -> Result<Answer<SegmentView>, ApiError> {
    let id = SegmentId::from(id);
    let kept = state.store().read(move |c| segments::find(c, &id)).await?;
    Ok(Answer(kept.ok_or(StoreError::NotFound)?.into()))
}

/// What of a segment changes.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SegmentPatch {
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub tree: Option<Segment>,
}

/// Changes a segment.
#[utoipa::path(
    patch, path = "/api/communication/segments/{id}", tag = "segments",
    params(("id" = String, Path, description = "Segment id")),
    request_body(content = SegmentPatch, example = json!({"name": "Habitués"})),
    responses(
        (status = 200, description = "The segment as it is now", body = SegmentView),
        (status = 404, description = "not_found", body = ProblemBody),
        (status = 409, description = "segment_name_taken", body = ProblemBody),
        (status = 422, description = "segment_invalid, segment_too_big, segment_name_invalid, unknown_field, \
            invalid_field", body = ProblemBody),
    )
)]
pub async fn edit_segment(
    State(state): State<ApiState>,
    _: Admin,
    Path(id): Path<String>,
    Json(body): Json<SegmentPatch>,
) -> Result<Answer<SegmentView>, ApiError> {
    if let Some(tree) = &body.tree {
        checked(tree)?;
    }
    let name = body.name.as_deref().map(checked_name).transpose()?;
    let (id, now) = (SegmentId::from(id), state.engine.clock.now());
    let written = state.store().write(move |tx| {
        let mut kept = segments::find(tx, &id)?.ok_or(StoreError::NotFound)?;
        kept.name = name.unwrap_or(kept.name);
        kept.tree = body.tree.unwrap_or(kept.tree);
        kept.updated_at = now;
        segments::save(tx, &kept)?;
        Ok(kept)
    });
    Ok(Answer(written.await.map_err(taken)?.into()))
}

/// Removes a segment.
#[utoipa::path(
    delete, path = "/api/communication/segments/{id}", tag = "segments",
    params(("id" = String, Path, description = "Segment id")),
    responses(
        (status = 204, description = "Removed"),
        (status = 404, description = "not_found", body = ProblemBody),
        (status = 409, description = "segment_in_use", body = ProblemBody),
    )
)]
pub async fn remove_segment(
    State(state): State<ApiState>,
    _: Admin,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let id = SegmentId::from(id);
    let written = state.store().write(move |tx| {
        if segments::is_awaited(tx, &id)? {
            return Err(StoreError::NotAllowed("segment_in_use"));
        }
        segments::delete(tx, &id)
    });
    written.await.map_err(taken)?;
    Ok(StatusCode::NO_CONTENT)
}

/// A tree that was not kept yet.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TreeBody {
    pub tree: Segment,
}

/// How many people a segment chooses.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct CountView {
    pub count: u64,
}

/// Counts whom a tree chooses.
#[utoipa::path(
    post, path = "/api/communication/segments/count", tag = "segments",
    request_body(content = TreeBody, example = json!({"tree": {"visit_count": {"at_least": 3}}})),
    responses(
        (status = 200, description = "The number of people", body = CountView),
        (status = 422, description = "segment_invalid, segment_too_big, missing_field, invalid_field", body = ProblemBody),
    )
)]
pub async fn count_segment(
    State(state): State<ApiState>,
    _: Admin,
    Json(body): Json<TreeBody>,
) -> Result<Answer<CountView>, ApiError> {
    checked(&body.tree)?;
    let moment = state.engine.customers.moment();
    let count = state.store().read(move |c| segments::count(c, &body.tree, moment)).await?;
    Ok(Answer(CountView { count }))
}

/// Shows ten of those whom a tree chooses, drawn by lot.
#[utoipa::path(
    post, path = "/api/communication/segments/sample", tag = "segments",
    request_body(content = TreeBody, example = json!({"tree": {"visit_count": {"at_least": 3}}})),
    responses(
        (status = 200, description = "At most ten customers", body = [ContactView]),
        (status = 422, description = "segment_invalid, segment_too_big, missing_field, invalid_field", body = ProblemBody),
    )
)]
pub async fn sample_segment(
    State(state): State<ApiState>,
    _: Admin,
    Json(body): Json<TreeBody>,
) -> Result<Answer<Vec<ContactView>>, ApiError> {
    checked(&body.tree)?;
    let moment = state.engine.customers.moment();
    let sample = state.store().read(move |connection| {
        let people = segments::sample(connection, &body.tree, moment, SAMPLE)?;
        people.into_iter().map(|contact| contact_view(connection, contact)).collect()
    });
    Ok(Answer(sample.await?))
}

/// A tree and a person.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExplainBody {
    pub tree: Segment,
    /// Contact id.
    pub contact: String,
}

/// Says why a person is in or out: the tree with the answer of each part.
#[utoipa::path(
    post, path = "/api/communication/segments/explain", tag = "segments",
    request_body(content = ExplainBody, example = json!({
        "tree": {"visit_count": {"at_least": 3}}, "contact": "0190a000-0000-7000-8000-000000000000"
    })),
    responses(
        (status = 200, description = "The tree with its answers", body = Explanation),
        (status = 404, description = "not_found", body = ProblemBody),
        (status = 422, description = "segment_invalid, segment_too_big, missing_field, invalid_field", body = ProblemBody),
    )
)]
pub async fn explain_segment(
    State(state): State<ApiState>,
    _: Admin,
    Json(body): Json<ExplainBody>,
) -> Result<Answer<Explanation>, ApiError> {
    checked(&body.tree)?;
    let moment = state.engine.customers.moment();
    let contact = ContactId::from(body.contact);
    let told = state.store().read(move |c| segments::explain(c, &body.tree, moment, &contact));
    Ok(Answer(told.await?))
}
