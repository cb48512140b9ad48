//! Figures of posts and of the account (social-platforms reference 2.9).
//!
//! `impressions` is dead since 2025: views count. The metrics asked for are those that photos, carousels
//! and reels have in common. Figures of the account may lag by two days: the last three are read again.

use async_trait::async_trait;
use jiff::{SignedDuration, civil::Date, tz::TimeZone};

use super::{Instagram, errors};
use crate::{
    connectors::{
        Access, Failure, Insights,
        graph::{
            Graph,
            insights::{Question, totals},
            token::credential,
            wire::GraphId,
        },
        insights::{AccountFigures, PostFigures, RefusedMetrics, counts, of_one, only},
    },
    domain::{RawFigures, figures::PublishedPost},
};

const POST_METRICS: [&str; 7] =
    ["views", "reach", "likes", "comments", "shares", "saved", "total_interactions"];
const ACCOUNT_METRICS: [&str; 5] =
    ["reach", "views", "accounts_engaged", "total_interactions", "profile_links_taps"];
const DAYS_READ_AGAIN: i32 = 3;

#[async_trait]
impl Insights for Instagram {
    async fn posts(
        &self,
        access: &Access<'_>,
        posts: &[PublishedPost],
        _refused: &RefusedMetrics,
    ) -> Result<PostFigures, Failure> {
        let post = only(posts)?;
        let id = GraphId::require(&post.remote_id)?;
        let graph = Graph::new(access, credential(access)?, errors::table);
        let question = Question { node: &id, edge: "insights", extra: &[] };
        let mut figures = RawFigures::default();
        for answer in question.together(&graph, &POST_METRICS).await? {
            totals(&answer, &mut figures);
        }
        // Which metrics are refused depends on the format of the post, so nothing is remembered.
        Ok(of_one(post, figures, RefusedMetrics::new()))
    }

    async fn account(
        &self,
        access: &Access<'_>,
        _refused: &RefusedMetrics,
    ) -> Result<AccountFigures, Failure> {
        let id = GraphId::require(&access.account.remote_id)?;
        let graph = Graph::new(access, credential(access)?, errors::table);
        let shown = graph.get(&format!("/{id}"), &[("fields", "followers_count,media_count")]).await?;
        let mut found =
            AccountFigures { now: counts(&shown, &["followers_count", "media_count"]), ..Default::default() };
        let today = access.now.to_zoned(TimeZone::UTC).date();
        for back in 1..=DAYS_READ_AGAIN {
            let Some((day, since, until)) = day_before(today, back) else { continue };
            let extra = [
                ("period", "day"),
                // One number for the whole window: the window is one day.
                ("metric_type", "total_value"),
                ("since", since.as_str()),
                ("until", until.as_str()),
            ];
            let question = Question { node: &id, edge: "insights", extra: &extra };
            for answer in question.together(&graph, &ACCOUNT_METRICS).await? {
                totals(&answer, found.days.entry(day).or_default());
            }
        }
        Ok(found)
    }
}

/// A day and its first and last second.
fn day_before(today: Date, back: i32) -> Option<(Date, String, String)> {
    let day = today.checked_sub(jiff::Span::new().days(back)).ok()?;
    let begin = day.to_zoned(TimeZone::UTC).ok()?.timestamp();
    let end = begin.checked_add(SignedDuration::from_hours(24)).ok()?;
    Some((day, begin.as_second().to_string(), (end.as_second() - 1).to_string()))
}
