//! Posts: publish, look, change, take back, delete.

use axum::{
    Json as Answer,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::{
        ApiState,
        caller::{Publisher, Reader},
        extract::{self, Json, Query},
        idempotency,
        problem::{ApiError, ProblemBody},
        views::{Cursor, Lookup, PostPage, PostView, ProblemView, limit, post_view},
    },
    domain::{ContentKind, DeliveryState, LatePolicy, PostContent, PostId, PostState},
    orchestrator::{Change, PostPatch, PublishRequest, Published, Warning},
    problems,
    store::posts,
};

/// What to publish, where and when.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishBody {
    pub content: PostContent,
    /// Platform names (their default account) or account ids.
    #[schema(example = json!(["facebook", "instagram"]))]
    pub platforms: Vec<String>,
    /// With or without zone; absent means at once.
    #[serde(default)]
    #[schema(example = "2026-11-27T18:30:00")]
    pub scheduled_time: Option<String>,
    /// IANA zone of a time without one; the house's when absent.
    #[serde(default)]
    pub timezone: Option<String>,
    #[serde(default)]
    pub kind: ContentKind,
    /// An object with `mode`, or the mode alone as text.
    #[serde(default, deserialize_with = "late_policy")]
    pub late_policy: LatePolicy,
    /// Keep it without planning anything.
    #[serde(default)]
    pub draft: bool,
}

/// One planned act.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PlannedDelivery {
    pub id: String,
    /// Account id.
    pub account: String,
    pub platform: String,
    pub state: DeliveryState,
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<ProblemView>,
}

/// Something that the caller should know although the work was accepted.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct WarningView {
    #[schema(example = "left_out_not_connected")]
    pub code: String,
    /// What it is about: a platform, an account.
    pub subject: String,
    pub detail: String,
    pub detail_en: String,
}

/// What was accepted.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PublishAnswer {
    pub post_id: String,
    pub state: PostState,
    pub deliveries: Vec<PlannedDelivery>,
    pub warnings: Vec<WarningView>,
}

impl From<&Warning> for WarningView {
    fn from(warning: &Warning) -> Self {
        let text = problems::find_or_general(&warning.code);
        Self {
            code: warning.code.clone(),
            detail: format!("{} : {} {}", warning.subject, text.detail, text.next_step),
            detail_en: format!("{}: {} {}", warning.subject, text.detail_en, text.next_step_en),
            subject: warning.subject.clone(),
        }
    }
}

impl From<&Published> for PublishAnswer {
    fn from(published: &Published) -> Self {
        let states: Vec<_> = published.deliveries.iter().map(|delivery| delivery.state).collect();
        Self {
            post_id: published.post.id.to_string(),
            state: PostState::of(&states),
            deliveries: published
                .deliveries
                .iter()
                .map(|delivery| PlannedDelivery {
                    id: delivery.id.to_string(),
                    account: delivery.account_id.to_string(),
                    platform: delivery.platform.clone(),
                    state: delivery.state,
                    due_at: delivery.due_at,
                    problem: delivery.problem.as_ref().map(ProblemView::from),
                })
                .collect(),
            warnings: published.warnings.iter().map(WarningView::from).collect(),
        }
    }
}

/// Publishes, plans or keeps a post.
///
/// The answer comes as soon as the work is safely stored; what becomes of it is read or streamed.
/// With `Idempotency-Key`, a repetition of the same request gets the same answer. Without one, a program
/// that repeats what waits, or left less than two minutes ago, gets the first post and `already_planned`.
#[utoipa::path(
    post, path = "/api/communication/publish", tag = "posts", request_body(content = PublishBody, example = json!({
        "content": {
            "title": "Notre pizza du jour : La Méditerranéenne !",
            "body": "Venez déguster notre pizza spéciale du jour…",
            "media_url": "https://example.com/images/pizza_med.jpg",
            "hashtags": ["pizza", "vieuxmoulin", "vensac"]
        },
        "platforms": ["facebook", "instagram"],
        "scheduled_time": "2026-11-27T18:30:00"
    })),
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 255 characters; kept 30 days")),
    responses(
        (status = 202, description = "Accepted and stored", body = PublishAnswer,
            headers(("Location" = String, description = "Address of the post"),
                    ("Idempotent-Replayed" = Option<String>, description = "`true` when this is a repetition"))),
        (status = 400, description = "malformed_json, invalid_header", body = ProblemBody),
        (status = 409, description = "idempotency_key_running", body = ProblemBody),
        (status = 413, description = "body_too_large", body = ProblemBody),
        (status = 415, description = "unsupported_media_type", body = ProblemBody),
        (status = 422, description = "unknown_platform, not_connected, past_date, content_refused, unknown_field, \
            invalid_field, idempotency_key_reused, media_…; `post_id` names the draft that was kept", body = ProblemBody),
        (status = 503, description = "disk_full, folder_read_only", body = ProblemBody),
    )
)]
pub async fn publish_post(
    State(state): State<ApiState>,
    Publisher(caller): Publisher,
    headers: HeaderMap,
    request: axum::extract::Request,
) -> Result<Response, ApiError> {
    if !extract::is_json(&headers) {
        return Err(ApiError::new("unsupported_media_type"));
    }
    let bytes = extract::body(request, &state).await?;
    let body: PublishBody = extract::parse(&bytes)?;
    let key = match idempotency::begin(&state, &caller, &headers, &bytes).await? {
        idempotency::Begin::Replay(answer) => return Ok(answer),
        idempotency::Begin::Fresh(key) => key,
    };
    let by = (&caller).into();
    let claim = key.as_ref().map(|key| key.claim(render));
    let published = match state.orchestrator().publish(body.into(), &by, claim).await {
        Ok(published) => published,
        Err(refusal) => return idempotency::after_refusal(&state, key.as_ref(), refusal.into()).await,
    };
    let (status, text) = render(&published);
    Ok(idempotency::answer(status, text, false))
}

/// The answer, also for a repetition.
fn render(published: &Published) -> (u16, String) {
    let answer = PublishAnswer::from(published);
    (StatusCode::ACCEPTED.as_u16(), serde_json::to_string(&answer).unwrap_or_default())
}

impl From<PublishBody> for PublishRequest {
    fn from(body: PublishBody) -> Self {
        Self {
            content: body.content,
            platforms: body.platforms,
            scheduled_time: body.scheduled_time,
            timezone: body.timezone,
            kind: body.kind,
            late_policy: body.late_policy,
            draft: body.draft,
        }
    }
}

/// Which posts to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PostFilter {
    /// States, separated by commas.
    state: Option<String>,
    /// Due (or created, for drafts) at or after this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    platform: Option<String>,
    /// Words of the text.
    q: Option<String>,
    /// Posts in the bin instead of the others.
    #[serde(default)]
    deleted: bool,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Lists posts, latest first.
#[utoipa::path(
    get, path = "/api/communication/posts", tag = "posts", params(PostFilter),
    responses(
        (status = 200, description = "A page of posts", body = PostPage),
    )
)]
pub async fn list_posts(
    State(state): State<ApiState>,
    _: Reader,
    Query(filter): Query<PostFilter>,
) -> Result<Answer<PostPage>, ApiError> {
    let wanted = filter.state.as_deref().map(parse_states::<PostState>).transpose()?;
    let asked = limit(filter.limit)?;
    let mut query = posts::Filter {
        from: filter.from,
        to: filter.to,
        platform: filter.platform,
        text: filter.q,
        deleted: filter.deleted,
        after: filter.cursor.as_deref().map(Cursor::read).transpose()?,
        limit: asked + 1,
    };
    let registry = state.orchestrator().registry.clone();
    let page = state
        .store()
        .read(move |connection| {
            let lookup = Lookup::load(connection, &registry)?;
            let (mut items, mut last) = (Vec::new(), None);
            // The state is derived, so it is filtered here, batch by batch.
            loop {
                let batch = posts::list(connection, &query)?;
                let more = batch.len() > asked as usize;
                for (key, post) in batch.into_iter().take(asked as usize) {
                    query.after = Some((key, post.id.to_string()));
                    let view = post_view(connection, &lookup, post, false)?;
                    if wanted.as_ref().is_none_or(|wanted| wanted.contains(&view.state)) {
                        items.push(view);
                        last.clone_from(&query.after);
                        if items.len() == asked as usize {
                            return Ok((items, last));
                        }
                    }
                }
                if !more {
                    return Ok((items, None));
                }
            }
        })
        .await?;
    let (items, last) = page;
    Ok(Answer(PostPage { items, next_cursor: last.map(|(key, id)| Cursor::write(key, &id)) }))
}

/// Reads a list of states from a query.
pub(super) fn parse_states<T: serde::de::DeserializeOwned>(text: &str) -> Result<Vec<T>, ApiError> {
    text.split(',')
        .filter(|state| !state.is_empty())
        .map(|state| {
            serde_json::from_value(serde_json::Value::String(state.trim().to_owned())).map_err(|_| {
                ApiError::new("invalid_query").detail(
                    format!("L’état « {state} » n’existe pas."),
                    format!("There is no state \"{state}\"."),
                )
            })
        })
        .collect()
}

/// Shows one post with its deliveries and what happened to each.
#[utoipa::path(
    get, path = "/api/communication/posts/{id}", tag = "posts", params(("id" = String, Path, description = "Post id")),
    responses(
        (status = 200, description = "The post; `ETag` is its revision", body = PostView),
        (status = 404, description = "not_found", body = ProblemBody),
    )
)]
pub async fn get_post(
    State(state): State<ApiState>,
    _: Reader,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    Ok(tagged(load(&state, PostId::from(id)).await?))
}

/// Loads a post as it is shown.
async fn load(state: &ApiState, id: PostId) -> Result<PostView, ApiError> {
    let registry = state.orchestrator().registry.clone();
    let view = state
        .store()
        .read(move |connection| {
            let post = posts::find(connection, &id)?.ok_or(crate::store::StoreError::NotFound)?;
            post_view(connection, &Lookup::load(connection, &registry)?, post, true)
        })
        .await?;
    Ok(view)
}

fn tagged(view: PostView) -> Response {
    let tag = HeaderValue::from_str(&format!("\"{}\"", view.revision)).ok();
    let mut response = Answer(view).into_response();
    if let Some(tag) = tag {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// What to do with a changed post.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PublishChange {
    /// Take it back; keep it as a draft.
    Draft,
    /// Plan it at its time.
    Schedule,
    /// Publish it at once.
    Now,
}

/// What changes; what is absent stays as it is.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PatchPost {
    #[serde(default)]
    pub content: Option<PostContent>,
    #[serde(default)]
    pub platforms: Option<Vec<String>>,
    /// `null` takes the time away and makes it a draft.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, example = "2026-11-27T18:30:00")]
    pub scheduled_time: Option<Option<String>>,
    #[serde(default)]
    pub timezone: Option<String>,
    #[serde(default)]
    pub kind: Option<ContentKind>,
    #[serde(default, deserialize_with = "late_policy_given")]
    pub late_policy: Option<LatePolicy>,
    #[serde(default)]
    pub publish: Option<PublishChange>,
}

impl From<PatchPost> for PostPatch {
    fn from(patch: PatchPost) -> Self {
        Self {
            content: patch.content,
            platforms: patch.platforms,
            scheduled_time: patch.scheduled_time,
            timezone: patch.timezone,
            kind: patch.kind,
            late_policy: patch.late_policy,
            expected_revisions: None,
            publish: patch.publish.map(|publish| match publish {
                PublishChange::Draft => Change::Draft,
                PublishChange::Schedule => Change::Schedule,
                PublishChange::Now => Change::Now,
            }),
        }
    }
}

/// Changes a post, also one that a platform already keeps or shows, where it allows that.
#[utoipa::path(
    patch, path = "/api/communication/posts/{id}", tag = "posts",
    params(("id" = String, Path, description = "Post id"),
           ("If-Match" = Option<String>, Header, description = "Revision that the change is based on")),
    request_body(content = PatchPost, example = json!({"scheduled_time": "2026-11-28T12:00:00"})),
    responses(
        (status = 200, description = "The post as it is now", body = PostView),
        (status = 404, description = "not_found", body = ProblemBody),
        (status = 409, description = "moved_meanwhile, illegal_transition, published_cannot_change, \
            already_planned, post_deleted", body = ProblemBody),
        (status = 412, description = "precondition_failed", body = ProblemBody),
        (status = 422, description = "past_date, content_refused, unknown_platform, unknown_field", body = ProblemBody),
    )
)]
pub async fn edit_post(
    State(state): State<ApiState>,
    Publisher(caller): Publisher,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(patch): Json<PatchPost>,
) -> Result<Response, ApiError> {
    let id = PostId::from(id);
    let patch = PostPatch { expected_revisions: expected_revisions(&headers), ..patch.into() };
    state.orchestrator().edit(&id, patch, &(&caller).into()).await?;
    Ok(tagged(load(&state, id).await?))
}

/// The revisions that a change may be based on; `None` when the caller does not say.
fn expected_revisions(headers: &HeaderMap) -> Option<Vec<i64>> {
    let given = headers.get_all(header::IF_MATCH);
    given.iter().next()?;
    let lines = given.iter().map(|line| line.to_str().unwrap_or_default());
    let tags: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
    // A tag that we never gave cannot match.
    (!tags.contains(&"*"))
        .then(|| tags.into_iter().filter_map(|tag| tag.trim_matches('"').parse().ok()).collect())
}

/// How far a deletion goes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DeleteHow {
    /// Also delete what is already public, where the network allows it.
    #[serde(default)]
    remote: bool,
}

/// Cancels what waits and puts the post into the bin.
#[utoipa::path(
    delete, path = "/api/communication/posts/{id}", tag = "posts",
    params(("id" = String, Path, description = "Post id"), DeleteHow),
    responses(
        (status = 200, description = "The post as it is now", body = PostView),
        (status = 404, description = "not_found", body = ProblemBody),
        (status = 409, description = "moved_meanwhile", body = ProblemBody),
    )
)]
pub async fn delete_post(
    State(state): State<ApiState>,
    Publisher(caller): Publisher,
    Path(id): Path<String>,
    Query(how): Query<DeleteHow>,
) -> Result<Response, ApiError> {
    let id = PostId::from(id);
    state.orchestrator().delete(&id, how.remote, &(&caller).into()).await?;
    Ok(tagged(load(&state, id).await?))
}

/// Takes "publish now" back while there is time.
#[utoipa::path(
    post, path = "/api/communication/posts/{id}/undo", tag = "posts", params(("id" = String, Path, description = "Post id")),
    responses(
        (status = 200, description = "The post, a draft again", body = PostView),
        (status = 404, description = "not_found", body = ProblemBody),
        (status = 409, description = "too_late", body = ProblemBody),
    )
)]
pub async fn undo_post(
    State(state): State<ApiState>,
    Publisher(caller): Publisher,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let id = PostId::from(id);
    state.orchestrator().undo(&id, &(&caller).into()).await?;
    Ok(tagged(load(&state, id).await?))
}

/// Takes a post out of the bin.
#[utoipa::path(
    post, path = "/api/communication/posts/{id}/restore", tag = "posts", params(("id" = String, Path, description = "Post id")),
    responses(
        (status = 200, description = "The post, a draft again", body = PostView),
        (status = 404, description = "not_found", body = ProblemBody),
    )
)]
pub async fn restore_post(
    State(state): State<ApiState>,
    Publisher(caller): Publisher,
    Path(id): Path<String>,
) -> Result<Response, ApiError> {
    let id = PostId::from(id);
    state.orchestrator().restore(&id, &(&caller).into()).await?;
    Ok(tagged(load(&state, id).await?))
}

/// Tells "not given" from "given as null".
#[allow(clippy::option_option)]
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

/// The object, or its mode alone.
#[derive(Deserialize)]
#[serde(untagged)]
enum LatePolicyForm {
    Word(String),
    Object(LatePolicy),
}

fn late_policy<'de, D: Deserializer<'de>>(deserializer: D) -> Result<LatePolicy, D::Error> {
    match LatePolicyForm::deserialize(deserializer)? {
        LatePolicyForm::Object(policy) => Ok(policy),
        LatePolicyForm::Word(word) => serde_json::from_value(serde_json::json!({ "mode": word }))
            .map_err(|_| serde::de::Error::custom(format!("unknown late policy `{word}`"))),
    }
}

fn late_policy_given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<LatePolicy>, D::Error> {
    late_policy(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::expected_revisions;

    #[test]
    fn a_change_names_the_revisions_it_may_be_based_on() {
        let named = |lines: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::IF_MATCH, HeaderValue::from_static(line));
            }
            expected_revisions(&headers)
        };
        assert_eq!(named(&[]), None);
        assert_eq!(named(&["*"]), None);
        assert_eq!(named(&["\"5\""]), Some(vec![5]));
        assert_eq!(named(&["\"1\", \"5\"", "\"7\""]), Some(vec![1, 5, 7]));
        assert_eq!(named(&["\"another\""]), Some(vec![]));
    }
}
