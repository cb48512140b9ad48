//! Messages to customers: plan them, look at them, hold, stop or repeat them.

use axum::{
    Json as Answer,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{
        ApiState,
        caller::{Notifier, Reader},
        extract::{self, Query},
        idempotency,
        problem::{ApiError, ProblemBody},
        views::{
            Cursor, MailingPage, MailingView, MessagePage, MessageView, ProblemView, limit, mailing_view,
            message_view,
        },
    },
    domain::{
        Channel, ContactId, DeliveryState, Mailing, MailingId, MailingState, MessageId, Problem, SegmentId,
    },
    orchestrator::{Notified, NotifyRequest, RecipientOutcome, RecipientResult, is_refused},
    store::{StoreError, mailings, messages},
};

/// The operations of this resource.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(notify))
        .routes(routes!(list_mailings))
        .routes(routes!(get_mailing))
        .routes(routes!(pause_mailing))
        .routes(routes!(resume_mailing))
        .routes(routes!(stop_mailing))
        .routes(routes!(retry_mailing))
        .routes(routes!(list_messages))
        .routes(routes!(get_message))
}

/// A message for some people.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NotifyBody {
    /// Name of a template.
    #[schema(example = "promotion_annonce")]
    pub template: String,
    /// E-mail addresses and telephone numbers, mixed. Instead of them: `segment` or `everyone`.
    #[serde(default)]
    pub recipients: Vec<String>,
    /// Id of a segment: its people are chosen when the sending starts.
    #[serde(default)]
    pub segment: Option<String>,
    /// Every customer who agreed.
    #[serde(default)]
    pub everyone: bool,
    /// Values of the template's variables.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub data: serde_json::Map<String, serde_json::Value>,
    /// `email`, `sms`; without it those of the template.
    #[serde(default)]
    pub channels: Vec<Channel>,
    /// Shown in the list of sendings.
    #[serde(default)]
    pub name: Option<String>,
    /// As for a post: `2026-11-27T18:30:00`, or with `Z` or an offset; without it at once.
    #[serde(default)]
    pub scheduled_time: Option<String>,
    #[serde(default)]
    pub timezone: Option<String>,
    /// Nothing of it leaves after this instant.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub not_after: Option<Timestamp>,
}

/// What becomes of one recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecipientStatus {
    /// On its way.
    Queued,
    /// Leaves at `until`: legal hours, for example.
    Deferred,
    /// Not sent; `problem` says why.
    Refused,
    /// The person wants no messages, or the address does not work.
    Suppressed,
    /// The same address was named before.
    Merged,
}

/// What becomes of one recipient of the request.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RecipientView {
    /// As it was written.
    pub recipient: String,
    pub channel: Option<Channel>,
    pub status: RecipientStatus,
    /// Message id, where there is a message.
    pub message: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
    pub problem: Option<ProblemView>,
}

/// How many recipients met each status.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct NotifyTotals {
    pub queued: u32,
    pub deferred: u32,
    pub refused: u32,
    pub suppressed: u32,
    pub merged: u32,
}

/// What was accepted.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NotifyAnswer {
    pub mailing_id: String,
    pub state: MailingState,
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Timestamp,
    /// One for each recipient and channel; empty for people who are chosen when it starts.
    pub results: Vec<RecipientView>,
    pub totals: NotifyTotals,
}

impl From<&RecipientResult> for RecipientView {
    fn from(result: &RecipientResult) -> Self {
        let refused = |problem: Problem| {
            let status = match problem.code.as_str() {
                "suppressed" | "consent_withdrawn" => RecipientStatus::Suppressed,
                _ => RecipientStatus::Refused,
            };
            (status, None, Some(ProblemView::from(&problem)))
        };
        let (status, until, problem) = match &result.outcome {
            RecipientOutcome::Refused(code) => refused(Problem::new(*code)),
            RecipientOutcome::Merged => (RecipientStatus::Merged, None, None),
            RecipientOutcome::Message(message) if is_refused(message) => {
                refused(message.problem.clone().unwrap_or_else(|| Problem::new("not_supported")))
            }
            RecipientOutcome::Message(message) => match &message.problem {
                Some(problem) => {
                    (RecipientStatus::Deferred, message.next_at, Some(ProblemView::from(problem)))
                }
                None => (RecipientStatus::Queued, None, None),
            },
        };
        Self {
            recipient: result.recipient.clone(),
            channel: result.channel,
            status,
            message: match &result.outcome {
                RecipientOutcome::Message(message) => Some(message.id.to_string()),
                RecipientOutcome::Refused(_) | RecipientOutcome::Merged => None,
            },
            until,
            problem,
        }
    }
}

impl From<&Notified> for NotifyAnswer {
    fn from(notified: &Notified) -> Self {
        let results: Vec<_> = notified.results.iter().map(RecipientView::from).collect();
        let mut totals = NotifyTotals::default();
        for result in &results {
            *match result.status {
                RecipientStatus::Queued => &mut totals.queued,
                RecipientStatus::Deferred => &mut totals.deferred,
                RecipientStatus::Refused => &mut totals.refused,
                RecipientStatus::Suppressed => &mut totals.suppressed,
                RecipientStatus::Merged => &mut totals.merged,
            } += 1;
        }
        Self {
            mailing_id: notified.mailing.id.to_string(),
            state: notified.mailing.state,
            due_at: notified.mailing.due_at,
            results,
            totals,
        }
    }
}

/// Sends messages by e-mail and SMS.
///
/// The answer comes as soon as everything is safely stored, with what becomes of each recipient. Consent,
/// suppressions, frequency and legal hours are asked now and again when each message leaves. A missing value
/// refuses the whole request before anything leaves. With `Idempotency-Key`, a repetition of the same
/// request gets the same answer.
#[utoipa::path(
    post, path = "/api/communication/notify", tag = "messages", request_body(content = NotifyBody, example = json!({
        "template": "promotion_annonce",
        "recipients": ["client1@example.com", "+33612345678"],
        "data": { "promotion_name": "Happy Hour", "discount": "20%", "valid_until": "2027-04-20" },
        "channels": ["email", "sms"]
    })),
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 255 characters; kept 30 days")),
    responses(
        (status = 202, description = "Accepted and stored", body = NotifyAnswer,
            headers(("Location" = String, description = "Address of the sending"),
                    ("Idempotent-Replayed" = Option<String>, description = "`true` when this is a repetition"))),
        (status = 400, description = "malformed_json, invalid_header", body = ProblemBody),
        (status = 404, description = "template_unknown; `near` in its values names those that are close", body = ProblemBody),
        (status = 409, description = "idempotency_key_running", body = ProblemBody),
        (status = 413, description = "body_too_large", body = ProblemBody),
        (status = 415, description = "unsupported_media_type", body = ProblemBody),
        (status = 422, description = "template_value_missing, template_…, missing_field, recipients_ambiguous, \
            too_many_recipients, segment_unknown, template_archived, past_date, invalid_time, unknown_field, invalid_field, \
            idempotency_key_reused", body = ProblemBody),
        (status = 503, description = "disk_full, folder_read_only", body = ProblemBody),
    )
)]
pub async fn notify(
    State(state): State<ApiState>,
    Notifier(caller): Notifier,
    headers: HeaderMap,
    request: axum::extract::Request,
) -> Result<Response, ApiError> {
    if !extract::is_json(&headers) {
        return Err(ApiError::new("unsupported_media_type"));
    }
    let bytes = extract::body(request, &state).await?;
    let body: NotifyBody = extract::parse(&bytes)?;
    let key = match idempotency::begin(&state, &caller, &headers, &bytes).await? {
        idempotency::Begin::Replay(answer) => return Ok(answer),
        idempotency::Begin::Fresh(key) => key,
    };
    let claim = key.as_ref().map(|key| key.claim(render));
    match state.orchestrator().notify(body.into(), &(&caller).into(), claim).await {
        Ok(notified) => {
            let (status, text) = render(&notified);
            Ok(idempotency::answer(status, text, false))
        }
        Err(refusal) => idempotency::after_refusal(&state, key.as_ref(), refusal.into()).await,
    }
}

/// The answer, also for a repetition.
fn render(notified: &Notified) -> (u16, String) {
    let answer = NotifyAnswer::from(notified);
    (StatusCode::ACCEPTED.as_u16(), serde_json::to_string(&answer).unwrap_or_default())
}

impl From<NotifyBody> for NotifyRequest {
    fn from(body: NotifyBody) -> Self {
        Self {
            template: body.template,
            recipients: body.recipients,
            segment: body.segment.map(SegmentId::from),
            everyone: body.everyone,
            data: body.data.into_iter().collect(),
            channels: body.channels,
            name: body.name,
            scheduled_time: body.scheduled_time,
            timezone: body.timezone,
            not_after: body.not_after,
        }
    }
}

/// Which sendings to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MailingFilter {
    state: Option<MailingState>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Lists sendings, latest first.
#[utoipa::path(
    get, path = "/api/communication/mailings", tag = "messages", params(MailingFilter),
    responses((status = 200, description = "A page of sendings", body = MailingPage))
)]
pub async fn list_mailings(
    State(state): State<ApiState>,
    _: Reader,
    Query(filter): Query<MailingFilter>,
) -> Result<Answer<MailingPage>, ApiError> {
    let asked = limit(filter.limit)?;
    let after = filter.cursor.as_deref().map(Cursor::read).transpose()?;
    let after = after
        .map(|(at, id)| Timestamp::from_millisecond(at).map(|at| (at, id)))
        .transpose()
        .map_err(|_| ApiError::new("invalid_query"))?;
    let query = mailings::Filter { state: filter.state, after, limit: asked + 1 };
    let page = state.store().read(move |connection| {
        let mut rows = mailings::list(connection, &query)?;
        let more = rows.len() > asked as usize;
        rows.truncate(asked as usize);
        let next_cursor = rows
            .last()
            .filter(|_| more)
            .map(|last| Cursor::write(last.due_at.as_millisecond(), last.id.as_str()));
        let items = rows.into_iter().map(|row| mailing_view(connection, row)).collect::<Result<_, _>>()?;
        Ok(MailingPage { items, next_cursor })
    });
    Ok(Answer(page.await?))
}

/// Shows one sending with its figures.
#[utoipa::path(
    get, path = "/api/communication/mailings/{id}", tag = "messages",
    params(("id" = String, Path, description = "Mailing id")),
    responses(
        (status = 200, description = "The sending", body = MailingView),
        (status = 404, description = "not_found", body = ProblemBody),
    )
)]
pub async fn get_mailing(
    State(state): State<ApiState>,
    _: Reader,
    Path(id): Path<String>,
) -> Result<Answer<MailingView>, ApiError> {
    let id = MailingId::from(id);
    let view = state.store().read(move |connection| {
        mailing_view(connection, mailings::find(connection, &id)?.ok_or(StoreError::NotFound)?)
    });
    Ok(Answer(view.await?))
}

async fn shown(state: &ApiState, mailing: Mailing) -> Result<Answer<MailingView>, ApiError> {
    Ok(Answer(state.store().read(move |connection| mailing_view(connection, mailing)).await?))
}

/// Holds a sending: nothing of it leaves until it is resumed.
#[utoipa::path(
    post, path = "/api/communication/mailings/{id}/pause", tag = "messages",
    params(("id" = String, Path, description = "Mailing id")),
    responses(
        (status = 200, description = "Held", body = MailingView),
        (status = 404, description = "not_found", body = ProblemBody),
        (status = 409, description = "illegal_transition", body = ProblemBody),
    )
)]
pub async fn pause_mailing(
    State(state): State<ApiState>,
    Notifier(caller): Notifier,
    Path(id): Path<String>,
) -> Result<Answer<MailingView>, ApiError> {
    let moved = state.orchestrator().pause_mailing(&MailingId::from(id), &(&caller).into()).await?;
    shown(&state, moved).await
}

/// Goes on with a sending that was held.
#[utoipa::path(
    post, path = "/api/communication/mailings/{id}/resume", tag = "messages",
    params(("id" = String, Path, description = "Mailing id")),
    responses(
        (status = 200, description = "Goes on", body = MailingView),
        (status = 404, description = "not_found", body = ProblemBody),
        (status = 409, description = "illegal_transition", body = ProblemBody),
    )
)]
pub async fn resume_mailing(
    State(state): State<ApiState>,
    Notifier(caller): Notifier,
    Path(id): Path<String>,
) -> Result<Answer<MailingView>, ApiError> {
    let moved = state.orchestrator().resume_mailing(&MailingId::from(id), &(&caller).into()).await?;
    shown(&state, moved).await
}

/// Ends a sending at once: what has not left never leaves.
#[utoipa::path(
    post, path = "/api/communication/mailings/{id}/stop", tag = "messages",
    params(("id" = String, Path, description = "Mailing id")),
    responses(
        (status = 200, description = "Ended", body = MailingView),
        (status = 404, description = "not_found", body = ProblemBody),
        (status = 409, description = "illegal_transition", body = ProblemBody),
    )
)]
pub async fn stop_mailing(
    State(state): State<ApiState>,
    Notifier(caller): Notifier,
    Path(id): Path<String>,
) -> Result<Answer<MailingView>, ApiError> {
    let moved = state.orchestrator().stop_mailing(&MailingId::from(id), &(&caller).into()).await?;
    shown(&state, moved).await
}

/// Sends once more what a provider refused or what was given up; never what a gate refused or what is in
/// doubt.
#[utoipa::path(
    post, path = "/api/communication/mailings/{id}/retry", tag = "messages",
    params(("id" = String, Path, description = "Mailing id")),
    responses(
        (status = 200, description = "Tried again", body = MailingView),
        (status = 404, description = "not_found", body = ProblemBody),
        (status = 409, description = "illegal_transition", body = ProblemBody),
    )
)]
pub async fn retry_mailing(
    State(state): State<ApiState>,
    Notifier(caller): Notifier,
    Path(id): Path<String>,
) -> Result<Answer<MailingView>, ApiError> {
    let moved = state.orchestrator().retry_mailing(&MailingId::from(id), &(&caller).into()).await?;
    shown(&state, moved).await
}

/// Which messages to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MessageFilter {
    /// Mailing id.
    mailing: Option<String>,
    /// Contact id.
    contact: Option<String>,
    state: Option<DeliveryState>,
    channel: Option<Channel>,
    /// Problem code.
    code: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Lists messages in the order in which they were written.
///
/// Addresses are shown in full to the window and the command line only.
#[utoipa::path(
    get, path = "/api/communication/messages", tag = "messages", params(MessageFilter),
    responses((status = 200, description = "A page of messages", body = MessagePage))
)]
pub async fn list_messages(
    State(state): State<ApiState>,
    Reader(caller): Reader,
    Query(filter): Query<MessageFilter>,
) -> Result<Answer<MessagePage>, ApiError> {
    let asked = limit(filter.limit)?;
    let query = messages::Filter {
        mailing: filter.mailing.map(MailingId::from),
        contact: filter.contact.map(ContactId::from),
        state: filter.state,
        channel: filter.channel,
        code: filter.code,
        after: filter.cursor.as_deref().map(Cursor::read).transpose()?.map(|(_, id)| id),
        limit: asked + 1,
    };
    let in_full = caller.is_local();
    let page = state.store().read(move |connection| {
        let mut rows = messages::list(connection, &query)?;
        let more = rows.len() > asked as usize;
        rows.truncate(asked as usize);
        let next_cursor = rows.last().filter(|_| more).map(|last| Cursor::write(0, last.id.as_str()));
        let items =
            rows.into_iter().map(|row| message_view(connection, row, in_full)).collect::<Result<_, _>>()?;
        Ok(MessagePage { items, next_cursor })
    });
    Ok(Answer(page.await?))
}

/// Shows one message and what was reported about it.
#[utoipa::path(
    get, path = "/api/communication/messages/{id}", tag = "messages",
    params(("id" = String, Path, description = "Message id")),
    responses(
        (status = 200, description = "The message", body = MessageView),
        (status = 404, description = "not_found", body = ProblemBody),
    )
)]
pub async fn get_message(
    State(state): State<ApiState>,
    Reader(caller): Reader,
    Path(id): Path<String>,
) -> Result<Answer<MessageView>, ApiError> {
    let (id, in_full) = (MessageId::from(id), caller.is_local());
    let view = state.store().read(move |connection| {
        let message = messages::find(connection, &id)?.ok_or(StoreError::NotFound)?;
        message_view(connection, message, in_full)
    });
    Ok(Answer(view.await?))
}
