//! Customers: look, write down, correct, remove, join. Personal data: only for whoever has the right `admin`,
//! and the whole list as a file only on this machine.

use std::{collections::BTreeSet, time::Duration};

use axum::{
    Json as Answer,
    body::Body,
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{
        ApiState,
        caller::{Admin, Local},
        extract::{Json, Query},
        problem::{ApiError, FieldProblem, ProblemBody},
        views::{ContactFile, ContactPage, ContactView, contact_file, contact_view, limit},
    },
    customers::{CustomerError, Customers},
    domain::{Channel, Contact, ContactDetails, ContactId, SegmentId},
    store::{
        StoreError,
        contact_twins::{self, Likeness},
        contacts::{self, Sort, Visit},
        journal::{self, Entry},
        segments,
    },
};

/// The operations of this resource.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list_contacts, add_contact))
        .routes(routes!(list_duplicates))
        .routes(routes!(contact_vocabulary))
        .routes(routes!(export_contacts))
        .routes(routes!(get_contact, edit_contact, remove_contact))
        .routes(routes!(add_visit))
        .routes(routes!(merge_contact))
}

impl From<CustomerError> for ApiError {
    fn from(error: CustomerError) -> Self {
        match error {
            CustomerError::NotFound => Self::new("not_found"),
            CustomerError::NotPossible(code) => Self::new(code),
            CustomerError::File(problem) => {
                tracing::info!(code = problem.code(), "A file of customers could not be read.");
                Self::new(problem.code())
            }
            CustomerError::Store(error) => error.into(),
        }
    }
}

/// By what the list is sorted.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContactSort {
    #[default]
    Name,
    LastVisit,
    VisitCount,
    Spend,
    Created,
}

impl From<ContactSort> for Sort {
    fn from(sort: ContactSort) -> Self {
        match sort {
            ContactSort::Name => Self::Name,
            ContactSort::LastVisit => Self::LastVisit,
            ContactSort::VisitCount => Self::VisitCount,
            ContactSort::Spend => Self::Spend,
            ContactSort::Created => Self::Created,
        }
    }
}

/// Which customers to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ContactFilter {
    /// Part of a name, an address, a number or a town.
    search: Option<String>,
    /// Only those of this segment.
    segment: Option<String>,
    #[serde(default)]
    #[param(inline)]
    sort: ContactSort,
    #[serde(default)]
    descending: bool,
    /// Id of the last customer of the page before.
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Lists customers, page by page.
#[utoipa::path(
    get, path = "/api/communication/contacts", tag = "contacts", params(ContactFilter),
    responses(
        (status = 200, description = "A page of customers", body = ContactPage),
        (status = 404, description = "not_found: the segment, or the customer of the cursor", body = ProblemBody),
    )
)]
pub async fn list_contacts(
    State(state): State<ApiState>,
    _: Admin,
    Query(filter): Query<ContactFilter>,
) -> Result<Answer<ContactPage>, ApiError> {
    let asked = limit(filter.limit)?;
    let moment = state.engine.customers.moment();
    let page = state.store().read(move |connection| {
        let segment = match filter.segment {
            None => None,
            Some(id) => {
                let kept = segments::find(connection, &SegmentId::from(id))?.ok_or(StoreError::NotFound)?;
                Some((kept.tree, moment))
            }
        };
        let filter = contacts::Filter {
            search: filter.search,
            segment,
            sort: filter.sort.into(),
            descending: filter.descending,
            after: filter.cursor.map(ContactId::from),
            limit: asked + 1,
        };
        let mut rows = contacts::page(connection, &filter)?;
        let more = rows.len() > asked as usize;
        rows.truncate(asked as usize);
        let next_cursor = rows.last().filter(|_| more).map(|contact| contact.id.to_string());
        let total = contacts::count(connection, &filter)?;
        let items = rows.into_iter().map(|contact| contact_view(connection, contact));
        Ok(ContactPage { items: items.collect::<Result<_, _>>()?, next_cursor, total })
    });
    Ok(Answer(page.await?))
}

/// What is known of a customer. Totals come from visits.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactBody {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// French numbers may be written without their country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birthday: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance_km: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_channel: Option<Channel>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Replaces the tags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
}

/// Puts what was said over what is known; `null` empties.
fn changed(known: ContactDetails, said: &Map<String, Value>) -> Result<ContactDetails, ApiError> {
    let Ok(Value::Object(mut whole)) = serde_json::to_value(known) else {
        return Err(ApiError::new("internal_error"));
    };
    for (name, value) in said.iter().filter(|(name, _)| *name != "tags") {
        if value.is_null() {
            whole.remove(name);
        } else {
            whole.insert(name.clone(), value.clone());
        }
    }
    let details: ContactDetails =
        serde_json::from_value(Value::Object(whole)).map_err(|_| ApiError::new("internal_error"))?;
    details.normalised().map_err(|(field, refused)| refused_field(field, refused.0))
}

fn refused_field(field: &str, code: &'static str) -> ApiError {
    ApiError::new(code).field(FieldProblem::new(field, code))
}

/// A body whose fields were checked, as it was written: what is `null` differs from what is not there.
#[derive(Debug)]
struct Said {
    fields: Map<String, Value>,
    tags: Option<BTreeSet<String>>,
}

fn said(fields: Map<String, Value>) -> Result<Said, ApiError> {
    let bytes = serde_json::to_vec(&fields).unwrap_or_default();
    let body: ContactBody = crate::api::extract::parse(&bytes)?;
    Ok(Said { fields, tags: body.tags.map(tags).transpose()? })
}

fn tags(list: Vec<String>) -> Result<BTreeSet<String>, ApiError> {
    let tags: BTreeSet<String> =
        list.iter().map(|tag| tag.trim().to_owned()).filter(|tag| !tag.is_empty()).collect();
    let is_bad = |tag: &String| tag.chars().count() > 100 || tag.chars().any(char::is_control);
    if tags.len() > 50 || tags.iter().any(is_bad) {
        return Err(refused_field("tags", "contact_text_invalid"));
    }
    Ok(tags)
}

/// The same id of the same source is one person.
fn exists(error: StoreError) -> ApiError {
    match error {
        StoreError::Moved => ApiError::new("contact_exists"),
        other => CustomerError::from(other).into(),
    }
}

/// Writes a customer down.
#[utoipa::path(
    post, path = "/api/communication/contacts", tag = "contacts",
    request_body(content = ContactBody, example = json!({"first_name": "Claire", "last_name": "Exemple", "email": "claire@exemple.example"})),
    responses(
        (status = 201, description = "The customer", body = ContactView),
        (status = 409, description = "contact_exists", body = ProblemBody),
        (status = 422, description = "contact_empty, email_invalid, phone_invalid, phone_country_unknown, \
            birthday_invalid, language_invalid, unknown_field, invalid_field", body = ProblemBody),
    )
)]
pub async fn add_contact(
    State(state): State<ApiState>,
    Admin(caller): Admin,
    Json(fields): Json<Map<String, Value>>,
) -> Result<(StatusCode, Answer<ContactView>), ApiError> {
    let said = said(fields)?;
    let details = changed(ContactDetails::default(), &said.fields)?;
    let contact = Contact::new(details, &caller.actor(), state.engine.clock.now());
    let written = state.store().write(move |tx| {
        contacts::insert(tx, &contact)?;
        if let Some(tags) = &said.tags {
            contacts::set_tags(tx, &contact.id, tags)?;
        }
        contact_view(tx, contact)
    });
    Ok((StatusCode::CREATED, Answer(written.await.map_err(exists)?)))
}

/// Shows a customer with their history.
#[utoipa::path(
    get, path = "/api/communication/contacts/{id}", tag = "contacts",
    params(("id" = String, Path, description = "Contact id")),
    responses(
        (status = 200, description = "The customer", body = ContactFile),
        (status = 404, description = "not_found", body = ProblemBody),
    )
)]
pub async fn get_contact(
    State(state): State<ApiState>,
    _: Admin,
    Path(id): Path<String>,
) -> Result<Answer<ContactFile>, ApiError> {
    let file = state.store().read(move |connection| {
        let contact = contacts::find(connection, &ContactId::from(id))?.ok_or(StoreError::NotFound)?;
        contact_file(connection, contact)
    });
    Ok(Answer(file.await?))
}

/// Corrects a customer: what is named changes, `null` empties, the rest stays.
#[utoipa::path(
    patch, path = "/api/communication/contacts/{id}", tag = "contacts",
    params(("id" = String, Path, description = "Contact id")),
    request_body(content = ContactBody, example = json!({"phone": "06 39 98 12 34"})),
    responses(
        (status = 200, description = "The customer as it is now", body = ContactView),
        (status = 404, description = "not_found", body = ProblemBody),
        (status = 409, description = "contact_exists", body = ProblemBody),
        (status = 422, description = "contact_empty, email_invalid, phone_invalid, phone_country_unknown, \
            birthday_invalid, language_invalid, unknown_field, invalid_field", body = ProblemBody),
    )
)]
pub async fn edit_contact(
    State(state): State<ApiState>,
    _: Admin,
    Path(id): Path<String>,
    Json(fields): Json<Map<String, Value>>,
) -> Result<Answer<ContactView>, ApiError> {
    let said = said(fields)?;
    let (id, now) = (ContactId::from(id), state.engine.clock.now());
    let written = state.store().write(move |tx| {
        let known = contacts::find(tx, &id)?.ok_or(StoreError::NotFound)?;
        // Inside, so that two corrections at once do not undo each other.
        let details = match changed(known.details, &said.fields) {
            Ok(details) => details,
            Err(refused) => return Ok(Err(refused)),
        };
        contacts::update(tx, &id, &details, now)?;
        if let Some(tags) = &said.tags {
            contacts::set_tags(tx, &id, tags)?;
        }
        let contact = contacts::find(tx, &id)?.ok_or(StoreError::NotFound)?;
        contact_view(tx, contact).map(Ok)
    });
    Ok(Answer(written.await.map_err(exists)??))
}

/// Removes a customer and their history. Who had said no stays on the list of addresses that are not written
/// to.
#[utoipa::path(
    delete, path = "/api/communication/contacts/{id}", tag = "contacts",
    params(("id" = String, Path, description = "Contact id")),
    responses(
        (status = 204, description = "Removed"),
        (status = 404, description = "not_found", body = ProblemBody),
    )
)]
pub async fn remove_contact(
    State(state): State<ApiState>,
    Admin(caller): Admin,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let (id, now, actor) = (ContactId::from(id), state.engine.clock.now(), caller.actor());
    let written = state.store().write(move |tx| {
        contacts::delete(tx, &id, &actor, now)?;
        let mut entry = Entry::new(now, actor, "contact.removed", "");
        entry.details = serde_json::json!({ "contact_id": id });
        journal::add(tx, &entry)
    });
    written.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// One visit.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VisitBody {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// What was really paid; a booking alone has none.
    #[serde(default)]
    pub amount_cents: i64,
    #[serde(default)]
    pub covers: Option<i64>,
    #[serde(default)]
    pub dishes: Vec<String>,
    /// The visit in the other program: told again, it counts once.
    #[serde(default)]
    pub external_id: Option<String>,
}

/// Notes a visit.
#[utoipa::path(
    post, path = "/api/communication/contacts/{id}/visits", tag = "contacts",
    params(("id" = String, Path, description = "Contact id")),
    request_body(content = VisitBody, example = json!({"at": "2026-11-20T19:30:00Z", "amount_cents": 8450, "dishes": ["Lamproie à la bordelaise"]})),
    responses(
        (status = 200, description = "The customer as it is now", body = ContactFile),
        (status = 404, description = "not_found", body = ProblemBody),
        (status = 422, description = "number_invalid, contact_text_invalid, date_invalid", body = ProblemBody),
    )
)]
pub async fn add_visit(
    State(state): State<ApiState>,
    Admin(caller): Admin,
    Path(id): Path<String>,
    Json(body): Json<VisitBody>,
) -> Result<Answer<ContactFile>, ApiError> {
    const MOST_CENTS: i64 = 100_000_000;
    if !(0..=MOST_CENTS).contains(&body.amount_cents) {
        return Err(refused_field("amount_cents", "number_invalid"));
    }
    if body.covers.is_some_and(|covers| !(0..=1000).contains(&covers)) {
        return Err(refused_field("covers", "number_invalid"));
    }
    let now = state.engine.clock.now();
    // Clocks differ a little; a visit of tomorrow is a booking.
    if body.at > now + Duration::from_secs(24 * 3600) {
        return Err(refused_field("at", "date_invalid"));
    }
    let dishes: Vec<String> =
        tags(body.dishes).map_err(|_| refused_field("dishes", "contact_text_invalid"))?.into_iter().collect();
    let visit = Visit {
        covers: body.covers,
        external_id: body.external_id,
        ..Visit::new(body.at, body.amount_cents, &caller.actor())
    };
    let id = ContactId::from(id);
    let written = state.store().write(move |tx| {
        contacts::add_visit(tx, &id, &visit, &dishes, now)?;
        let contact = contacts::find(tx, &id)?.ok_or(StoreError::NotFound)?;
        contact_file(tx, contact)
    });
    Ok(Answer(written.await?))
}

/// Two entries that may be one person.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct DuplicateView {
    pub likeness: Likeness,
    pub first: ContactView,
    pub second: ContactView,
}

/// Proposes entries that may be one person.
#[utoipa::path(
    get, path = "/api/communication/contacts/duplicates", tag = "contacts",
    responses(
        (status = 200, description = "At most a hundred of each likeness, the surest first", body = [DuplicateView]),
    )
)]
pub async fn list_duplicates(
    State(state): State<ApiState>,
    _: Admin,
) -> Result<Answer<Vec<DuplicateView>>, ApiError> {
    let pairs = state.store().read(|connection| {
        let pairs = contact_twins::propose(connection, 100)?;
        let views = pairs.into_iter().map(|(likeness, first, second)| {
            Ok(DuplicateView {
                likeness,
                first: contact_view(connection, first)?,
                second: contact_view(connection, second)?,
            })
        });
        views.collect::<Result<Vec<_>, StoreError>>()
    });
    Ok(Answer(pairs.await?))
}

/// The other entry.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeBody {
    /// Contact id of the entry that goes.
    pub other: String,
}

/// Makes one person of two entries: this one remains, with everything of both.
#[utoipa::path(
    post, path = "/api/communication/contacts/{id}/merge", tag = "contacts",
    params(("id" = String, Path, description = "Contact id of the entry that remains")),
    request_body(content = MergeBody, example = json!({"other": "0190a000-0000-7000-8000-000000000000"})),
    responses(
        (status = 200, description = "The customer as it is now", body = ContactFile),
        (status = 404, description = "not_found", body = ProblemBody),
        (status = 422, description = "merge_with_itself, missing_field, unknown_field", body = ProblemBody),
    )
)]
pub async fn merge_contact(
    State(state): State<ApiState>,
    Admin(caller): Admin,
    Path(id): Path<String>,
    Json(body): Json<MergeBody>,
) -> Result<Answer<ContactFile>, ApiError> {
    let (keep, other) = (ContactId::from(id), ContactId::from(body.other));
    let (actor, now) = (caller.actor(), state.engine.clock.now());
    let written = state.store().write(move |tx| {
        contact_twins::merge(tx, &keep, &other, &actor, now)?;
        let contact = contacts::find(tx, &keep)?.ok_or(StoreError::NotFound)?;
        contact_file(tx, contact)
    });
    Ok(Answer(written.await.map_err(CustomerError::from)?))
}

/// One word and how many people have it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct WordCount {
    pub word: String,
    pub people: i64,
}

/// The words that segments can ask for.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct VocabularyView {
    pub tags: Vec<WordCount>,
    pub dishes: Vec<WordCount>,
}

/// Lists the tags and dishes that are in use.
#[utoipa::path(
    get, path = "/api/communication/contacts/vocabulary", tag = "contacts",
    responses(
        (status = 200, description = "The most frequent first", body = VocabularyView),
    )
)]
pub async fn contact_vocabulary(
    State(state): State<ApiState>,
    _: Admin,
) -> Result<Answer<VocabularyView>, ApiError> {
    let [tags, dishes] = state.store().read(contacts::vocabulary).await?;
    let counted = |list: Vec<(String, i64)>| {
        list.into_iter().map(|(word, people)| WordCount { word, people }).collect()
    };
    Ok(Answer(VocabularyView { tags: counted(tags), dishes: counted(dishes) }))
}

/// Exports every customer as CSV: UTF-8 with its mark, `;`, nothing that a spreadsheet would calculate.
#[utoipa::path(
    get, path = "/api/communication/contacts/export", tag = "contacts",
    responses(
        (status = 200, description = "The file", body = String, content_type = "text/csv"),
    )
)]
pub async fn export_contacts(
    State(state): State<ApiState>,
    Local(caller): Local,
) -> Result<Response, ApiError> {
    let customers = state.engine.customers.clone();
    let entry = Entry::new(state.engine.clock.now(), caller.actor(), "contacts.exported", "");
    state.store().write(move |tx| journal::add(tx, &entry)).await?;
    let head = futures::stream::iter([Ok::<_, StoreError>(Bytes::from(Customers::export_head()))]);
    let pages = futures::stream::try_unfold((customers, None), |(customers, after)| async move {
        let page = customers.export_page(after).await?;
        Ok::<_, StoreError>(page.map(|(lines, last)| (Bytes::from(lines), (customers, Some(last)))))
    });
    let body = Body::from_stream(futures::StreamExt::chain(head, pages));
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static("attachment; filename=\"clients.csv\""),
    );
    Ok(response)
}
