//! How a content would look on each network, for the composer. Nothing is stored.

use axum::{Json as Answer, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    api::{
        ApiState,
        caller::Reader,
        extract::Json,
        problem::{ApiError, FieldProblem, ProblemBody},
        views::ImageView,
    },
    connectors::Severity,
    domain::PostContent,
    orchestrator::{FieldError, Preview},
    social::text::links,
};

/// A content and where it would go.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewBody {
    pub content: PostContent,
    pub platforms: Vec<String>,
}

/// Something about the content that the owner should know.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct PreviewProblem {
    pub code: String,
    pub severity: Severity,
    pub detail: String,
    pub detail_en: String,
}

/// A part of the text that the network shows as a link; UTF-8 byte offsets.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct FacetView {
    pub start: usize,
    pub end: usize,
    /// `link` or `hashtag`.
    pub kind: String,
    pub value: String,
}

/// The content as one account would show it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct PreviewView {
    /// Account id.
    pub account: String,
    pub account_label: String,
    pub platform: String,
    pub text: String,
    /// In the network's own units.
    pub length: u64,
    pub max_length: u64,
    /// Negative when it is too long.
    pub remaining: i64,
    pub hashtags_used: Vec<String>,
    pub hashtags_dropped: Vec<String>,
    pub images: Vec<ImageView>,
    /// A page of which the network makes a card.
    pub link: Option<String>,
    pub problems: Vec<PreviewProblem>,
    pub facets: Vec<FacetView>,
}

/// Shows a content as each target would show it.
#[utoipa::path(
    post, path = "/api/communication/posts/preview", tag = "posts",
    request_body(content = PreviewBody, example = json!({"content": {"body": "Ce midi : lamproie"}, "platforms": ["bluesky"]})),
    responses(
        (status = 200, description = "One preview per connected account", body = [PreviewView]),
        (status = 422, description = "unknown_platform, unknown_field", body = ProblemBody),
    )
)]
pub async fn preview_post(
    State(state): State<ApiState>,
    _: Reader,
    Json(body): Json<PreviewBody>,
) -> Result<Answer<Vec<PreviewView>>, ApiError> {
    let previews = state.orchestrator().preview(&body.content, &body.platforms).await?;
    Ok(Answer(previews.into_iter().map(view).collect()))
}

fn view(preview: Preview) -> PreviewView {
    let (account, adapted) = (preview.account, preview.adapted);
    let (length, max_length) = (adapted.length as u64, u64::from(adapted.limits.max_text));
    let problems = adapted.problems.into_iter().map(|problem| {
        let severity = problem.severity;
        let error =
            FieldError { field: account.platform.clone(), code: problem.code, values: problem.values };
        let sentences = FieldProblem::from(error);
        PreviewProblem {
            code: sentences.code,
            severity,
            detail: sentences.detail,
            detail_en: sentences.detail_en,
        }
    });
    PreviewView {
        problems: problems.collect(),
        facets: facets(&adapted.outgoing.text, &adapted.outgoing.hashtags),
        account: account.id.to_string(),
        account_label: account.label,
        length,
        max_length,
        remaining: i64::from(adapted.limits.max_text) - i64::try_from(length).unwrap_or(i64::MAX),
        hashtags_dropped: adapted.hashtags_dropped.into_iter().map(|dropped| dropped.text).collect(),
        hashtags_used: adapted.outgoing.hashtags,
        images: adapted
            .outgoing
            .images
            .into_iter()
            .map(|image| ImageView { media_id: image.media_id.to_string(), alt_text: image.alt_text })
            .collect(),
        link: adapted.outgoing.link,
        text: adapted.outgoing.text,
        platform: account.platform,
    }
}

fn facets(text: &str, hashtags: &[String]) -> Vec<FacetView> {
    let mut facets: Vec<FacetView> = links::find_links(text)
        .into_iter()
        .filter_map(|range| {
            let value = text.get(range.clone())?.to_owned();
            Some(FacetView { start: range.start, end: range.end, kind: "link".to_owned(), value })
        })
        .collect();
    for tag in hashtags {
        let written = format!("#{tag}");
        if let Some(start) = text.find(&written) {
            let end = start + written.len();
            facets.push(FacetView { start, end, kind: "hashtag".to_owned(), value: tag.clone() });
        }
    }
    facets.sort_by_key(|facet| facet.start);
    facets
}
