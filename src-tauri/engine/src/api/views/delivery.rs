//! One delivery as people and programs see it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Lookup, words};
use crate::{
    domain::{Delivery, DeliveryState, Problem, Wanted},
    problems,
    queue::person,
    store::{Connection, StoreError, attempts},
};

/// What went wrong, with its sentences.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProblemView {
    #[schema(example = "token_expired")]
    pub code: String,
    pub title: String,
    pub detail: String,
    pub next_step: String,
    pub title_en: String,
    pub detail_en: String,
    pub next_step_en: String,
    /// The platform's own words.
    pub platform_message: Option<String>,
    pub http_status: Option<u16>,
}

impl From<&Problem> for ProblemView {
    fn from(problem: &Problem) -> Self {
        let text = problems::find_or_general(&problem.code);
        Self {
            code: problem.code.clone(),
            title: text.title.to_owned(),
            detail: text.detail.to_owned(),
            next_step: text.next_step.to_owned(),
            title_en: text.title_en.to_owned(),
            detail_en: text.detail_en.to_owned(),
            next_step_en: text.next_step_en.to_owned(),
            platform_message: problem.platform_message.clone(),
            http_status: problem.http_status,
        }
    }
}

/// One picture of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ImageView {
    pub media_id: String,
    pub alt_text: String,
}

/// One line of what happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AttemptView {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// `plan`, `prepare`, `send`, `reconcile`, `verify`, `update`, `delete`, `rescue` or `person`.
    pub step: String,
    pub outcome: String,
    /// Plain French.
    pub text: String,
    pub text_en: String,
    pub http_status: Option<u16>,
    pub duration_ms: Option<u32>,
}

/// One act: one post on one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeliveryView {
    pub id: String,
    pub post_id: String,
    /// Account id.
    pub account: String,
    pub account_label: String,
    #[schema(example = "facebook")]
    pub platform: String,
    pub state: DeliveryState,
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_at: Option<Timestamp>,
    /// The platform keeps it and publishes it by itself.
    pub handed_over: bool,
    pub attempts: u32,
    pub remote_id: Option<String>,
    pub permalink: Option<String>,
    /// The final text, hashtags included; what the platform really shows, when it has it.
    pub text: String,
    /// The text asked for, while the platform still shows the other one.
    pub wanted_text: Option<String>,
    pub images: Vec<ImageView>,
    pub problem: Option<ProblemView>,
    /// What can be done now: `edit`, `retry`, `cancel`, `check`, `confirm_published`, `confirm_resend`,
    /// `delete`, `open`.
    pub actions: Vec<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Timestamp>,
    /// How late it was, once it is out.
    pub late_secs: Option<i64>,
    pub crash_count: u32,
    /// An attempt once ended without a known outcome.
    pub doubtful: bool,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub removed_at: Option<Timestamp>,
    /// Only when one delivery or one post is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<Vec<AttemptView>>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

/// Makes the view without history.
pub fn delivery_view(lookup: &Lookup, delivery: Delivery) -> DeliveryView {
    let platform =
        lookup.registry.get(&delivery.platform).map(|c| c.descriptor().capabilities).unwrap_or_default();
    let actions = person::possible(&delivery, platform).into_iter().map(str::to_owned).collect();
    let late_secs = delivery
        .finished_at
        .filter(|_| matches!(delivery.state, DeliveryState::Published | DeliveryState::Duplicate))
        .map(|at| at.duration_since(delivery.due_at).as_secs().max(0));
    let shown = delivery.content.shown();
    let wanted_text = delivery
        .content
        .replaces
        .as_ref()
        .map(|_| delivery.content.text.clone())
        .filter(|wanted| delivery.wanted == Some(Wanted::Update) && *wanted != shown.text);
    DeliveryView {
        wanted_text,
        account_label: lookup.label(delivery.account_id.as_str(), &delivery.platform),
        id: delivery.id.to_string(),
        post_id: delivery.post_id.to_string(),
        account: delivery.account_id.to_string(),
        platform: delivery.platform,
        state: delivery.state,
        due_at: delivery.due_at,
        next_at: delivery.next_at,
        handed_over: delivery.state == DeliveryState::HandedOver,
        attempts: delivery.attempts,
        remote_id: delivery.remote_id,
        permalink: delivery.permalink,
        text: shown.text.clone(),
        images: shown
            .images
            .iter()
            .map(|image| ImageView { media_id: image.media_id.to_string(), alt_text: image.alt_text.clone() })
            .collect(),
        problem: delivery.problem.as_ref().map(ProblemView::from),
        actions,
        finished_at: delivery.finished_at,
        late_secs,
        crash_count: delivery.crash_count,
        doubtful: delivery.doubtful,
        removed_at: delivery.removed_at,
        history: None,
        created_at: delivery.created_at,
        updated_at: delivery.updated_at,
    }
}

/// Makes the view with everything that happened.
pub fn with_history(
    connection: &Connection,
    lookup: &Lookup,
    delivery: Delivery,
) -> Result<DeliveryView, StoreError> {
    let platform = lookup.platform_name(&delivery.platform);
    let history = attempts::of_delivery(connection, &delivery.id)?;
    let mut view = delivery_view(lookup, delivery);
    view.history = Some(
        history
            .into_iter()
            .map(|attempt| {
                let (text, text_en) = words::attempt(&attempt, &platform);
                AttemptView {
                    at: attempt.at,
                    step: attempt.step.as_str().to_owned(),
                    http_status: attempt.problem.as_ref().and_then(|problem| problem.http_status),
                    outcome: attempt.outcome,
                    text,
                    text_en,
                    duration_ms: attempt.duration_ms,
                }
            })
            .collect(),
    );
    Ok(view)
}
