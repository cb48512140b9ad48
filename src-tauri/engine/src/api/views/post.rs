//! One post with its deliveries.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::DateTime};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{DeliveryView, Lookup, ProblemView, delivery_view, with_history};
use crate::{
    domain::{
        ContentKind, LatePolicy, Post, PostContent, PostOptions, PostState,
        content::Variant,
        schedule::{Schedule, ScheduleNote},
    },
    store::{Connection, StoreError, deliveries},
};

/// When a post is to leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ScheduleView {
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Timestamp>,
    /// Wall clock as written.
    #[schema(value_type = Option<String>, example = "2026-11-27T18:30:00")]
    pub local: Option<DateTime>,
    #[schema(example = "Europe/Paris")]
    pub timezone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<ScheduleNote>,
}

impl From<Option<Schedule>> for ScheduleView {
    fn from(schedule: Option<Schedule>) -> Self {
        match schedule {
            None => Self { at: None, local: None, timezone: None, note: None },
            Some(schedule) => Self {
                at: Some(schedule.at),
                local: Some(schedule.local),
                timezone: Some(schedule.timezone),
                note: schedule.note,
            },
        }
    }
}

/// One picture of a post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MediaView {
    pub media_id: String,
    pub alt_text: String,
    pub source_url: Option<String>,
}

/// What is said. Every field is present, so that a form can be filled from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ContentView {
    pub title: Option<String>,
    pub body: String,
    pub hashtags: Vec<String>,
    pub link: Option<String>,
    pub media_url: Option<String>,
    pub alt_text: Option<String>,
    pub media: Vec<MediaView>,
    pub options: PostOptions,
    pub variants: BTreeMap<String, Variant>,
}

impl From<PostContent> for ContentView {
    fn from(content: PostContent) -> Self {
        Self {
            title: content.title,
            body: content.body,
            hashtags: content.hashtags,
            link: content.link,
            media_url: content.media_url,
            alt_text: content.alt_text,
            media: content
                .media
                .into_iter()
                .map(|media| MediaView {
                    media_id: media.media_id.to_string(),
                    alt_text: media.alt_text,
                    source_url: media.source_url,
                })
                .collect(),
            options: content.options,
            variants: content.variants,
        }
    }
}

/// One composed post.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PostView {
    pub id: String,
    pub state: PostState,
    pub kind: ContentKind,
    pub content: ContentView,
    /// Goes up with every change; the entity tag of the post.
    pub revision: i64,
    pub schedule: ScheduleView,
    pub late_policy: LatePolicy,
    /// "Publish now" can be taken back until then.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub undo_until: Option<Timestamp>,
    /// Account ids; a platform's name as long as it has no account.
    pub platforms: Vec<String>,
    pub deliveries: Vec<DeliveryView>,
    /// Why it stayed a draft.
    pub problem: Option<ProblemView>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub deleted_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// `window`, `dashboard`, `api` or `cli`.
    pub created_by: String,
    /// It answers this comment, mention or review; such posts are in no list of posts.
    pub reply_to: Option<String>,
}

/// Makes the view; `history` adds what happened to each delivery.
pub fn post_view(
    connection: &Connection,
    lookup: &Lookup,
    post: Post,
    history: bool,
) -> Result<PostView, StoreError> {
    let rows = deliveries::of_post(connection, &post.id)?;
    let states: Vec<_> = rows.iter().map(|row| row.state).collect();
    let deliveries = rows
        .into_iter()
        .map(
            |row| {
                if history { with_history(connection, lookup, row) } else { Ok(delivery_view(lookup, row)) }
            },
        )
        .collect::<Result<_, _>>()?;
    Ok(PostView {
        id: post.id.to_string(),
        state: PostState::of(&states),
        kind: post.kind,
        content: post.content.into(),
        revision: post.revision,
        schedule: post.schedule.into(),
        late_policy: post.late_policy,
        undo_until: post.undo_until,
        platforms: lookup.account_ids(post.targets),
        deliveries,
        problem: post.problem.as_ref().map(ProblemView::from),
        deleted_at: post.deleted_at,
        created_at: post.created_at,
        updated_at: post.updated_at,
        created_by: post.created_by,
        reply_to: post.reply_to.map(|id| id.to_string()),
    })
}
