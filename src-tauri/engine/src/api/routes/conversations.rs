//! Comments, mentions and reviews: look, answer, settle.

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

use super::posts::PublishAnswer;
use crate::{
    api::{
        ApiState,
        caller::{Publisher, Reader},
        extract::{self, Json, Query},
        idempotency,
        problem::{ApiError, ProblemBody},
        views::{ConversationPage, ConversationView, Cursor, Lookup, ProblemView, conversation_view, limit},
    },
    conversations::ConversationError,
    domain::{AccountState, ConversationItemId, ConversationKind},
    orchestrator::Published,
    store::{StoreError, accounts, conversations},
};

/// The operations of this resource.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list_conversations))
        .routes(routes!(list_conversation_sources))
        .routes(routes!(refresh_conversations))
        .routes(routes!(get_conversation))
        .routes(routes!(reply_to_conversation))
        .routes(routes!(read_conversation))
        .routes(routes!(handle_conversation))
        .routes(routes!(hide_conversation))
}

impl From<ConversationError> for ApiError {
    fn from(error: ConversationError) -> Self {
        match error {
            ConversationError::NotFound(_) => Self::new("not_found"),
            ConversationError::NotPossible(code) => Self::new(code),
            ConversationError::Refused(failure) => Self::new(failure.problem.code),
            ConversationError::Store(error) => error.into(),
        }
    }
}

/// Which items to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ConversationFilter {
    /// Account id.
    account: Option<String>,
    kind: Option<ConversationKind>,
    /// Only those that still wait for an answer.
    #[serde(default)]
    unanswered: bool,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Lists comments, mentions and reviews, newest first.
#[utoipa::path(
    get, path = "/api/communication/conversations", tag = "conversations", params(ConversationFilter),
    responses(
        (status = 200, description = "A page of what people said", body = ConversationPage),
    )
)]
pub async fn list_conversations(
    State(state): State<ApiState>,
    _: Reader,
    Query(filter): Query<ConversationFilter>,
) -> Result<Answer<ConversationPage>, ApiError> {
    let asked = limit(filter.limit)?;
    let query = conversations::Filter {
        account: filter.account,
        kind: filter.kind,
        unanswered: filter.unanswered,
        after: filter.cursor.as_deref().map(Cursor::read).transpose()?,
        limit: asked + 1,
    };
    let registry = state.orchestrator().registry.clone();
    let page = state.store().read(move |connection| {
        let lookup = Lookup::load(connection, &registry)?;
        let mut rows = conversations::list(connection, &query)?;
        let more = rows.len() > asked as usize;
        rows.truncate(asked as usize);
        let next_cursor = rows
            .last()
            .filter(|_| more)
            .map(|(item, _)| Cursor::write(item.written_at.as_millisecond(), item.id.as_str()));
        let (unanswered, unread) = conversations::count(connection)?;
        let items = rows
            .into_iter()
            .map(|(item, unanswered)| conversation_view(connection, &lookup, item, unanswered))
            .collect::<Result<_, _>>()?;
        Ok(ConversationPage { items, next_cursor, unanswered, unread })
    });
    Ok(Answer(page.await?))
}

/// One account whose conversations are read.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ConversationSource {
    /// Account id.
    pub account: String,
    pub account_label: String,
    pub platform: String,
    /// What can be read there.
    pub kinds: Vec<ConversationKind>,
    /// Last reading that succeeded.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub read_at: Option<Timestamp>,
    /// Why the last one did not.
    pub problem: Option<ProblemView>,
}

/// Lists the accounts whose conversations are read, with how the last reading went.
#[utoipa::path(
    get, path = "/api/communication/conversations/sources", tag = "conversations",
    responses(
        (status = 200, description = "The accounts", body = [ConversationSource]),
    )
)]
pub async fn list_conversation_sources(
    State(state): State<ApiState>,
    _: Reader,
) -> Result<Answer<Vec<ConversationSource>>, ApiError> {
    let service = state.engine.conversations.clone();
    let sources = state.store().read(move |connection| {
        let accounts = accounts::list(connection)?;
        let talking = accounts.into_iter().filter(|account| account.state != AccountState::Removed);
        talking
            .filter_map(|account| Some((service.rules(&account.platform)?, account)))
            .map(|(rules, account)| {
                let reading = conversations::reading(connection, &account.id)?;
                Ok(ConversationSource {
                    account: account.id.to_string(),
                    account_label: account.label,
                    platform: account.platform,
                    kinds: rules.kinds.to_vec(),
                    read_at: reading.read_at,
                    problem: reading.problem.as_ref().map(ProblemView::from),
                })
            })
            .collect::<Result<Vec<_>, StoreError>>()
    });
    Ok(Answer(sources.await?))
}

/// Reads every account now, without waiting for the next turn.
#[utoipa::path(
    post, path = "/api/communication/conversations/refresh", tag = "conversations",
    responses(
        (status = 204, description = "Read, as far as the networks answered"),
    )
)]
pub async fn refresh_conversations(
    State(state): State<ApiState>,
    _: Publisher,
) -> Result<StatusCode, ApiError> {
    state.engine.conversations.read_now().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Shows one comment, mention or review.
#[utoipa::path(
    get, path = "/api/communication/conversations/{id}", tag = "conversations",
    params(("id" = String, Path, description = "Conversation id")),
    responses(
        (status = 200, description = "The item", body = ConversationView),
        (status = 404, description = "not_found", body = ProblemBody),
    )
)]
pub async fn get_conversation(
    State(state): State<ApiState>,
    _: Reader,
    Path(id): Path<String>,
) -> Result<Answer<ConversationView>, ApiError> {
    load(&state, ConversationItemId::from(id)).await.map(Answer)
}

async fn load(state: &ApiState, id: ConversationItemId) -> Result<ConversationView, ApiError> {
    let registry = state.orchestrator().registry.clone();
    let view = state.store().read(move |connection| {
        let (item, unanswered) =
            conversations::find_with_state(connection, &id)?.ok_or(StoreError::NotFound)?;
        conversation_view(connection, &Lookup::load(connection, &registry)?, item, unanswered)
    });
    Ok(view.await?)
}

/// The answer of the house.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplyBody {
    #[schema(example = "Merci beaucoup, et à bientôt !")]
    pub text: String,
}

/// Answers a comment, mention or review.
///
/// The answer is a delivery like any other: stored before it leaves, sent exactly once, followed on the
/// address of its delivery.
#[utoipa::path(
    post, path = "/api/communication/conversations/{id}/reply", tag = "conversations",
    params(
        ("id" = String, Path, description = "Conversation id"),
        ("Idempotency-Key" = Option<String>, Header, description = "At most 255 characters; kept 30 days"),
    ),
    request_body(content = ReplyBody, example = json!({"text": "Merci beaucoup, et à bientôt !"})),
    responses(
        (status = 202, description = "Accepted and stored", body = PublishAnswer),
        (status = 404, description = "not_found", body = ProblemBody),
        (status = 409, description = "conversation_deleted, conversation_account_stopped, reply_under_way, \
            idempotency_key_running", body = ProblemBody),
        (status = 415, description = "unsupported_media_type", body = ProblemBody),
        (status = 422, description = "text_empty, text_too_long, reply_not_possible, unknown_field, \
            missing_field, idempotency_key_reused", body = ProblemBody),
    )
)]
pub async fn reply_to_conversation(
    State(state): State<ApiState>,
    Publisher(caller): Publisher,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: axum::extract::Request,
) -> Result<Response, ApiError> {
    if !extract::is_json(&headers) {
        return Err(ApiError::new("unsupported_media_type"));
    }
    let bytes = extract::body(request, &state).await?;
    let body: ReplyBody = extract::parse(&bytes)?;
    // The same words to somebody else are another request.
    let whole = [id.as_bytes(), b"\n", &bytes].concat();
    let key = match idempotency::begin(&state, &caller, &headers, &whole).await? {
        idempotency::Begin::Replay(answer) => return Ok(answer),
        idempotency::Begin::Fresh(key) => key,
    };
    let by = (&caller).into();
    let claim = key.as_ref().map(|key| key.claim(render));
    let id = ConversationItemId::from(id);
    match state.orchestrator().reply(&id, &body.text, &by, claim).await {
        Ok(published) => {
            let (status, text) = render(&published);
            Ok(idempotency::answer(status, text, false))
        }
        Err(refusal) => idempotency::after_refusal(&state, key.as_ref(), refusal.into()).await,
    }
}

fn render(published: &Published) -> (u16, String) {
    let answer = PublishAnswer::from(published);
    (StatusCode::ACCEPTED.as_u16(), serde_json::to_string(&answer).unwrap_or_default())
}

/// Marks an item as read.
#[utoipa::path(
    post, path = "/api/communication/conversations/{id}/read", tag = "conversations",
    params(("id" = String, Path, description = "Conversation id")),
    responses(
        (status = 200, description = "The item as it is now", body = ConversationView),
        (status = 404, description = "not_found", body = ProblemBody),
    )
)]
pub async fn read_conversation(
    State(state): State<ApiState>,
    _: Publisher,
    Path(id): Path<String>,
) -> Result<Answer<ConversationView>, ApiError> {
    let id = ConversationItemId::from(id);
    state.engine.conversations.set_read(&id).await?;
    load(&state, id).await.map(Answer)
}

/// Whether an item is settled.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandledBody {
    pub handled: bool,
}

/// Settles an item without an answer, or opens it again.
#[utoipa::path(
    post, path = "/api/communication/conversations/{id}/handled", tag = "conversations",
    params(("id" = String, Path, description = "Conversation id")),
    request_body(content = HandledBody, example = json!({"handled": true})),
    responses(
        (status = 200, description = "The item as it is now", body = ConversationView),
        (status = 404, description = "not_found", body = ProblemBody),
        (status = 422, description = "unknown_field, missing_field, invalid_field", body = ProblemBody),
    )
)]
pub async fn handle_conversation(
    State(state): State<ApiState>,
    _: Publisher,
    Path(id): Path<String>,
    Json(body): Json<HandledBody>,
) -> Result<Answer<ConversationView>, ApiError> {
    let id = ConversationItemId::from(id);
    state.engine.conversations.set_handled(&id, body.handled).await?;
    load(&state, id).await.map(Answer)
}

/// Whether others see a comment.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HiddenBody {
    pub hidden: bool,
}

/// Hides a comment from others at the network, or shows it again.
#[utoipa::path(
    post, path = "/api/communication/conversations/{id}/hidden", tag = "conversations",
    params(("id" = String, Path, description = "Conversation id")),
    request_body(content = HiddenBody, example = json!({"hidden": true})),
    responses(
        (status = 200, description = "The item as it is now", body = ConversationView),
        (status = 404, description = "not_found", body = ProblemBody),
        (status = 409, description = "conversation_deleted, conversation_account_stopped", body = ProblemBody),
        (status = 422, description = "hide_not_possible, unknown_field, missing_field, invalid_field; or the \
            network's refusal", body = ProblemBody),
    )
)]
pub async fn hide_conversation(
    State(state): State<ApiState>,
    _: Publisher,
    Path(id): Path<String>,
    Json(body): Json<HiddenBody>,
) -> Result<Answer<ConversationView>, ApiError> {
    let id = ConversationItemId::from(id);
    state.engine.conversations.set_hidden(&id, body.hidden).await?;
    load(&state, id).await.map(Answer)
}
