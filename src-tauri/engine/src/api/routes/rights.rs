//! What people may ask for about their data: the register, the personal file, erasure, objection, and who has
//! been quiet for three years.

use axum::{
    Json as Answer,
    extract::{Path, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::Html,
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{
        ApiState,
        caller::{Caller, Local, Notifier, Reader},
        extract::{Json, Query},
        problem::{ApiError, ProblemBody},
        views::limit,
    },
    customers::personal_file,
    domain::ContactId,
    store::{
        journal,
        rights::{self, Quiet, RightsKind, RightsRequest},
    },
};

/// People are proposed for erasure this long after their last sign (CNIL).
const QUIET_AFTER: SignedDuration = SignedDuration::from_hours(24 * 365 * 3);

/// A person's data stay out of every cache.
const NO_STORE: [(HeaderName, HeaderValue); 1] =
    [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];

/// The operations of this resource.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list_rights_requests, add_rights_request))
        .routes(routes!(close_rights_request))
        .routes(routes!(get_personal_file))
        .routes(routes!(get_personal_page))
        .routes(routes!(erase_contact))
        .routes(routes!(object_contact))
        .routes(routes!(list_quiet_contacts))
}

/// The register.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct RightsRegister {
    /// Open ones first, the nearest deadline before the others.
    pub items: Vec<RightsRequest>,
    /// Providers that have not confirmed yet that they erased somebody.
    pub erasures_open: u32,
}

/// Which requests.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RightsFilter {
    /// Only those that are not answered.
    #[serde(default)]
    open: bool,
    limit: Option<u32>,
}

/// Lists what people asked for about their data, with its deadline.
#[utoipa::path(
    get, path = "/api/communication/rights-requests", tag = "consents", params(RightsFilter),
    responses(
        (status = 200, description = "The register", body = RightsRegister),
    )
)]
pub async fn list_rights_requests(
    State(state): State<ApiState>,
    _: Reader,
    Query(filter): Query<RightsFilter>,
) -> Result<Answer<RightsRegister>, ApiError> {
    let limit = limit(filter.limit)?;
    let register = state.store().read(move |c| {
        Ok(RightsRegister {
            items: rights::list(c, filter.open, limit)?,
            erasures_open: rights::erasures_open(c)?,
        })
    });
    Ok(Answer(register.await?))
}

/// A request that was received.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddRightsRequest {
    /// Absent while nobody knows yet who asks.
    contact_id: Option<String>,
    kind: RightsKind,
    /// The deadline runs from here; now when absent.
    #[schema(value_type = Option<String>, format = DateTime)]
    received_at: Option<Timestamp>,
    #[serde(default)]
    note: String,
}

/// Writes down that a person asked for something about their data. It is to be answered within 30 days.
#[utoipa::path(
    post, path = "/api/communication/rights-requests", tag = "consents",
    request_body(content = AddRightsRequest, example = json!({"kind": "access", "note": "Par courrier"})),
    responses(
        (status = 201, description = "The request with its deadline", body = RightsRequest),
        (status = 404, description = "not_found", body = ProblemBody),
    )
)]
pub async fn add_rights_request(
    State(state): State<ApiState>,
    Notifier(caller): Notifier,
    Json(body): Json<AddRightsRequest>,
) -> Result<(StatusCode, Answer<RightsRequest>), ApiError> {
    let now = state.now();
    let request = state.store().write(move |tx| {
        let contact = body.contact_id.map(ContactId::from);
        let received_at = body.received_at.unwrap_or(now);
        rights::add(tx, contact.as_ref(), body.kind, received_at, &body.note, &caller.actor(), now)
    });
    Ok((StatusCode::CREATED, Answer(request.await?)))
}

/// Closes a request that was answered.
#[utoipa::path(
    post, path = "/api/communication/rights-requests/{id}/done", tag = "consents",
    params(("id" = String, Path, description = "Request id")),
    responses(
        (status = 200, description = "The closed request", body = RightsRequest),
        (status = 404, description = "not_found", body = ProblemBody),
        (status = 409, description = "rights_request_done", body = ProblemBody),
    )
)]
pub async fn close_rights_request(
    State(state): State<ApiState>,
    Notifier(caller): Notifier,
    Path(id): Path<String>,
) -> Result<Answer<RightsRequest>, ApiError> {
    let now = state.now();
    Ok(Answer(state.store().write(move |tx| rights::close(tx, &id, &caller.actor(), now)).await?))
}

/// Reads everything about a person; the journal keeps that it was handed out, not to whom it belongs.
async fn file_of(state: &ApiState, caller: &Caller, id: ContactId) -> Result<Value, ApiError> {
    let document = state.store().read(move |c| rights::personal_file(c, &id)).await?;
    let document = document.ok_or_else(|| ApiError::new("not_found"))?;
    let entry = journal::Entry::new(state.now(), caller.actor(), "contact.handed_out", "");
    state.store().write(move |tx| journal::add(tx, &entry)).await?;
    Ok(document)
}

/// Everything that the house knows about a person, for the person (access) or another house (portability).
#[utoipa::path(
    get, path = "/api/communication/contacts/{id}/file", tag = "consents",
    params(("id" = String, Path, description = "Contact id")),
    responses(
        (status = 200, description = "The personal file", body = Object),
        (status = 403, description = "wrong_caller", body = ProblemBody),
        (status = 404, description = "not_found", body = ProblemBody),
    )
)]
pub async fn get_personal_file(
    State(state): State<ApiState>,
    Local(caller): Local,
    Path(id): Path<ContactId>,
) -> Result<([(HeaderName, HeaderValue); 1], Answer<Value>), ApiError> {
    Ok((NO_STORE, Answer(file_of(&state, &caller, id).await?)))
}

/// The same as a page to read and to print; a browser also makes a PDF of it.
#[utoipa::path(
    get, path = "/api/communication/contacts/{id}/file.html", tag = "consents",
    params(("id" = String, Path, description = "Contact id")),
    responses(
        (status = 200, description = "The page", body = String, content_type = "text/html"),
        (status = 403, description = "wrong_caller", body = ProblemBody),
        (status = 404, description = "not_found", body = ProblemBody),
    )
)]
pub async fn get_personal_page(
    State(state): State<ApiState>,
    Local(caller): Local,
    Path(id): Path<ContactId>,
) -> Result<([(HeaderName, HeaderValue); 1], Html<String>), ApiError> {
    let document = file_of(&state, &caller, id).await?;
    let settings = state.engine.settings();
    let zone = TimeZone::get(&settings.house.timezone).unwrap_or(TimeZone::UTC);
    let page = personal_file::page(&document, &settings.house.name, settings.language, &zone, state.now());
    Ok((NO_STORE, Html(page)))
}

/// Erases a person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EraseContact {
    /// Must be true: nothing brings the person back.
    pub confirm: bool,
}

/// What an erasure leaves to be done.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Erased {
    /// Providers that are being told.
    pub providers_to_tell: usize,
}

/// Forgets a person for good: record, visits, tags, dishes and agreements. Messages lose address and words, the
/// address is never written to again, the providers are told until they have answered.
#[utoipa::path(
    post, path = "/api/communication/contacts/{id}/erase", tag = "consents",
    params(("id" = String, Path, description = "Contact id")),
    request_body(content = EraseContact, example = json!({"confirm": true})),
    responses(
        (status = 200, description = "Erased", body = Erased),
        (status = 403, description = "wrong_caller", body = ProblemBody),
        (status = 404, description = "not_found", body = ProblemBody),
        (status = 422, description = "confirmation_needed", body = ProblemBody),
    )
)]
pub async fn erase_contact(
    State(state): State<ApiState>,
    Local(caller): Local,
    Path(id): Path<ContactId>,
    Json(body): Json<EraseContact>,
) -> Result<Answer<Erased>, ApiError> {
    if !body.confirm {
        return Err(ApiError::new("confirmation_needed"));
    }
    let now = state.now();
    let providers_to_tell =
        state.store().write(move |tx| rights::erase(tx, &id, &caller.actor(), now)).await?;
    Ok(Answer(Erased { providers_to_tell }))
}

/// Writes down that a person wants no marketing at all, on any channel.
#[utoipa::path(
    post, path = "/api/communication/contacts/{id}/object", tag = "consents",
    params(("id" = String, Path, description = "Contact id")),
    responses(
        (status = 204, description = "Nothing promotional leaves for them any more"),
        (status = 404, description = "not_found", body = ProblemBody),
    )
)]
pub async fn object_contact(
    State(state): State<ApiState>,
    Notifier(caller): Notifier,
    Path(id): Path<ContactId>,
) -> Result<StatusCode, ApiError> {
    let now = state.now();
    state.store().write(move |tx| rights::object(tx, &id, &caller.actor(), now)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// People without a sign of their own.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct QuietContacts {
    /// They gave no sign since then.
    #[schema(value_type = String, format = DateTime)]
    pub before: Timestamp,
    /// Quietest first; proposed for erasure, never erased by itself.
    pub items: Vec<Quiet>,
}

/// How many.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct QuietFilter {
    limit: Option<u32>,
}

/// Lists people who gave no sign for three years: proposed for erasure.
#[utoipa::path(
    get, path = "/api/communication/retention", tag = "consents", params(QuietFilter),
    responses(
        (status = 200, description = "The proposals", body = QuietContacts),
    )
)]
pub async fn list_quiet_contacts(
    State(state): State<ApiState>,
    _: Reader,
    Query(filter): Query<QuietFilter>,
) -> Result<Answer<QuietContacts>, ApiError> {
    let limit = limit(filter.limit)?;
    let before = state.now().checked_sub(QUIET_AFTER).map_err(|_| ApiError::new("internal_error"))?;
    // Whole days: a list of three years does not change with each second.
    let before = Timestamp::from_second(before.as_second().div_euclid(86_400) * 86_400)
        .map_err(|_| ApiError::new("internal_error"))?;
    let items = state.store().read(move |c| rights::quiet_since(c, before, limit)).await?;
    Ok(Answer(QuietContacts { before, items }))
}
