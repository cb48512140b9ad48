//! Figures of Page posts and of the Page (social-platforms reference 1.9 and its corrections).
//!
//! Meta replaced impressions by media views and goes on removing metrics: each is asked for by itself.
//! Reactions, comments and shares are fields of the post and need no insights.

use async_trait::async_trait;
use jiff::SignedDuration;
use serde_json::Value;

use super::{Facebook, client::Client};
use crate::{
    connectors::{
        Access, Failure, Insights,
        graph::{
            insights::{Question, daily, totals},
            wire::GraphId,
        },
        insights::{AccountFigures, PostFigures, RefusedMetrics, counts, of_one, only},
    },
    domain::{RawFigures, figures::PublishedPost},
};

const POST_METRICS: [&str; 3] = ["post_media_view", "post_total_media_view_unique", "post_clicks"];
const POST_FIELDS: &str = "shares,comments.summary(true).limit(0),reactions.summary(true).limit(0)";
const PAGE_METRICS: [&str; 3] = ["page_media_view", "page_total_media_view_unique", "page_post_engagements"];
/// Days that are read again each time, because the platform corrects them.
const READ_AGAIN: SignedDuration = SignedDuration::from_hours(24 * 3);

fn without<'m>(metrics: &[&'m str], refused: &RefusedMetrics) -> Vec<&'m str> {
    metrics.iter().copied().filter(|name| !refused.contains(*name)).collect()
}

#[async_trait]
impl Insights for Facebook {
    async fn posts(
        &self,
        access: &Access<'_>,
        posts: &[PublishedPost],
        refused: &RefusedMetrics,
    ) -> Result<PostFigures, Failure> {
        let post = only(posts)?;
        let id = GraphId::require(&post.remote_id)?;
        let client = Client::new(access)?;
        let shown = client.graph().get(&format!("/{id}"), &[("fields", POST_FIELDS)]).await?;
        let mut figures = RawFigures::default();
        for (name, place) in [
            // Left out by the platform while nobody has shared it.
            ("shares", "/shares/count"),
            ("comments", "/comments/summary/total_count"),
            ("reactions", "/reactions/summary/total_count"),
        ] {
            figures.note(name, shown.pointer(place).unwrap_or(&Value::Null));
        }
        let question = Question { node: &id, edge: "insights", extra: &[] };
        let mut newly = RefusedMetrics::new();
        let metrics = without(&POST_METRICS, refused);
        for answer in question.one_by_one(client.graph(), &metrics, &mut newly).await? {
            totals(&answer, &mut figures);
        }
        Ok(of_one(post, figures, newly))
    }

    async fn account(
        &self,
        access: &Access<'_>,
        refused: &RefusedMetrics,
    ) -> Result<AccountFigures, Failure> {
        let client = Client::new(access)?;
        let page = GraphId::require(&access.account.remote_id)?;
        let shown = client.graph().get(&format!("/{page}"), &[("fields", "followers_count")]).await?;
        let mut found =
            AccountFigures { now: counts(&shown, &["followers_count"]), ..AccountFigures::default() };
        let since = access.now.checked_sub(READ_AGAIN).unwrap_or(access.now).as_second().to_string();
        let until = access.now.as_second().to_string();
        let extra = [("period", "day"), ("since", since.as_str()), ("until", until.as_str())];
        let question = Question { node: &page, edge: "insights", extra: &extra };
        let metrics = without(&PAGE_METRICS, refused);
        for answer in question.one_by_one(client.graph(), &metrics, &mut found.refused).await? {
            daily(&answer, &mut found.days);
        }
        Ok(found)
    }
}
