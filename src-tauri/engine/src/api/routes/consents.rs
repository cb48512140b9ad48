//! What people agreed to: one person's lines of the ledger, a new line, and the whole ledger as a file.

use axum::{
    Json as Answer,
    body::{Body, Bytes},
    extract::{Path, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use futures::stream;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{
        ApiState,
        caller::{Admin, Local, Notifier},
        extract::{Json, Query},
        problem::{ApiError, ProblemBody},
    },
    domain::{
        Channel, ContactId, NewConsent,
        consent::{Basis, ConsentEntry, ConsentPurpose, ConsentState},
    },
    store::{Store, StoreError, consents, journal},
};

/// Lines of the ledger in one piece of the file.
const PIECE: u32 = 2000;

/// The operations of this resource.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new().routes(routes!(list_consents, record_consent)).routes(routes!(export_consents))
}

/// Lists what a person agreed to and took back, oldest first.
#[utoipa::path(
    get, path = "/api/communication/contacts/{id}/consents", tag = "consents",
    params(("id" = String, Path, description = "Contact id")),
    responses(
        (status = 200, description = "Lines of the ledger", body = [ConsentEntry]),
    )
)]
pub async fn list_consents(
    State(state): State<ApiState>,
    _: Admin,
    Path(id): Path<ContactId>,
) -> Result<Answer<Vec<ConsentEntry>>, ApiError> {
    Ok(Answer(state.store().read(move |c| consents::timeline(c, &id)).await?))
}

/// A new line. What is not sent is taken from what the line is: a grant is by consent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordConsent {
    #[serde(default = "marketing")]
    purpose: ConsentPurpose,
    channel: Channel,
    state: ConsentState,
    /// `soft_opt_in` only for somebody who has paid for something.
    basis: Option<Basis>,
    /// When the person said it; now when absent.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
    /// Where the person said it.
    #[schema(example = "paper_card")]
    source: String,
    /// Which words they agreed to; required for a grant.
    #[schema(example = "carte-2026-1")]
    wording_version: Option<String>,
    /// What shows it; required for a grant that people of the house note.
    #[schema(example = "carte n° 112")]
    proof: Option<String>,
}

fn marketing() -> ConsentPurpose {
    ConsentPurpose::Marketing
}

/// Writes down what a person said. A withdrawal also ends what waits for them on that channel.
#[utoipa::path(
    post, path = "/api/communication/contacts/{id}/consents", tag = "consents",
    params(("id" = String, Path, description = "Contact id")),
    request_body(content = RecordConsent, example = json!({
        "channel": "email", "state": "granted", "source": "paper_card",
        "wording_version": "carte-2026-1", "proof": "carte n° 112"})),
    responses(
        (status = 201, description = "All lines of the person", body = [ConsentEntry]),
        (status = 404, description = "not_found", body = ProblemBody),
        (status = 409, description = "consent_older_than_withdrawal", body = ProblemBody),
        (status = 422, description = "consent_source_missing, consent_wording_missing, consent_proof_missing, \
            consent_date_invalid, consent_basis_invalid, consent_channel_invalid, soft_opt_in_without_sale, \
            soft_opt_in_not_possible", body = ProblemBody),
    )
)]
pub async fn record_consent(
    State(state): State<ApiState>,
    Notifier(caller): Notifier,
    Path(id): Path<ContactId>,
    Json(body): Json<RecordConsent>,
) -> Result<(StatusCode, Answer<Vec<ConsentEntry>>), ApiError> {
    let now = state.now();
    let usual = match body.state {
        ConsentState::Granted => Basis::Consent,
        ConsentState::Withdrawn => Basis::Withdrawal,
    };
    let new = NewConsent {
        contact_id: id.clone(),
        purpose: body.purpose,
        channel: body.channel,
        state: body.state,
        basis: body.basis.unwrap_or(usual),
        at: body.at.unwrap_or(now),
        source: body.source,
        wording_version: body.wording_version,
        proof: body.proof,
        actor: caller.actor(),
    };
    let lines = state.store().write(move |tx| {
        consents::record(tx, &new, now)?;
        let kind = match new.state {
            ConsentState::Granted => "consent.granted",
            ConsentState::Withdrawn => "consent.withdrawn",
        };
        journal::add(tx, &journal::Entry::new(now, &new.actor, kind, new.channel.as_str()))?;
        consents::timeline(tx, &id)
    });
    Ok((StatusCode::CREATED, Answer(lines.await?)))
}

/// How the file is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LedgerFormat {
    #[default]
    Json,
    Csv,
}

/// Which file.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LedgerQuery {
    #[serde(default)]
    #[param(inline)]
    format: LedgerFormat,
}

/// Hands over the whole ledger as JSON or CSV. The journal keeps that it was done.
#[utoipa::path(
    get, path = "/api/communication/consents/export", tag = "consents", params(LedgerQuery),
    responses(
        (status = 200, description = "The ledger, oldest line first", body = [ConsentEntry]),
        (status = 403, description = "wrong_caller", body = ProblemBody),
    )
)]
pub async fn export_consents(
    State(state): State<ApiState>,
    Local(caller): Local,
    Query(query): Query<LedgerQuery>,
) -> Result<Response, ApiError> {
    let entry = journal::Entry::new(state.now(), caller.actor(), "consents.exported", "");
    state.store().write(move |tx| journal::add(tx, &entry)).await?;
    let (kind, name) = match query.format {
        LedgerFormat::Json => ("application/json", "attachment; filename=\"consents.json\""),
        LedgerFormat::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"consents.csv\""),
    };
    let mut response = Body::from_stream(ledger(state.store().clone(), query.format)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(name));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// The file piece by piece, however long the ledger is.
fn ledger(
    store: Store,
    format: LedgerFormat,
) -> impl futures::Stream<Item = Result<Bytes, StoreError>> + Send + 'static {
    // The last line that was written, and whether there is more.
    stream::unfold(Some(0_i64), move |after| {
        let store = store.clone();
        async move {
            let after = after?;
            let lines = match store.read(move |c| consents::export(c, after, PIECE)).await {
                Ok(lines) => lines,
                Err(error) => return Some((Err(error), None)),
            };
            let last = (lines.len() == PIECE as usize).then(|| lines.last().map(|line| line.id)).flatten();
            let text = match format {
                LedgerFormat::Json => as_json(&lines, after == 0, last.is_none()),
                LedgerFormat::Csv => as_csv(&lines, after == 0),
            };
            Some((text.map(Bytes::from), last))
        }
    })
}

fn as_json(lines: &[ConsentEntry], is_first: bool, is_last: bool) -> Result<Vec<u8>, StoreError> {
    let mut text = if is_first { b"[".to_vec() } else { Vec::new() };
    for (index, line) in lines.iter().enumerate() {
        if index > 0 || !is_first {
            text.push(b',');
        }
        serde_json::to_writer(&mut text, line).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    }
    if is_last {
        text.push(b']');
    }
    Ok(text)
}

fn as_csv(lines: &[ConsentEntry], is_first: bool) -> Result<Vec<u8>, StoreError> {
    let mut file = csv::Writer::from_writer(Vec::new());
    let failed = |error: &dyn std::error::Error| StoreError::Failed(error.to_string());
    if is_first {
        file.write_record([
            "id",
            "contact_id",
            "purpose",
            "channel",
            "state",
            "basis",
            "at",
            "recorded_at",
            "source",
            "wording_version",
            "proof",
            "actor",
        ])
        .map_err(|error| failed(&error))?;
    }
    for line in lines {
        file.write_record([
            line.id.to_string(),
            line.contact_id.to_string(),
            line.purpose.as_str().to_owned(),
            line.channel.as_str().to_owned(),
            line.state.as_str().to_owned(),
            line.basis.as_str().to_owned(),
            line.at.to_string(),
            line.recorded_at.to_string(),
            harmless(&line.source),
            harmless(line.wording_version.as_deref().unwrap_or_default()),
            harmless(line.proof.as_deref().unwrap_or_default()),
            harmless(&line.actor),
        ])
        .map_err(|error| failed(&error))?;
    }
    file.into_inner().map_err(|error| failed(&error))
}

/// A spreadsheet would run a cell that begins like a formula.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}
