//! Figures of posts and of the account (social-platforms reference, section 3).

use async_trait::async_trait;
use jiff::SignedDuration;

use super::{Threads, errors::table, token};
use crate::{
    connectors::{
        Access, Failure, Insights,
        graph::{
            Graph,
            insights::{Question, daily, totals},
            wire::GraphId,
        },
        insights::{AccountFigures, PostFigures, RefusedMetrics, of_one, only},
    },
    domain::{RawFigures, figures::PublishedPost},
};

const POST_METRICS: [&str; 6] = ["views", "likes", "replies", "reposts", "quotes", "shares"];
const EDGE_OF_ACCOUNT: &str = "threads_insights";
/// Days that are read again each time.
const READ_AGAIN: SignedDuration = SignedDuration::from_hours(24 * 3);

#[async_trait]
impl Insights for Threads {
    async fn posts(
        &self,
        access: &Access<'_>,
        posts: &[PublishedPost],
        _refused: &RefusedMetrics,
    ) -> Result<PostFigures, Failure> {
        let post = only(posts)?;
        let id = GraphId::require(&post.remote_id)?;
        let graph = Graph::new(access, &token::stored(access)?.secret, table);
        let question = Question { node: &id, edge: "insights", extra: &[] };
        let mut figures = RawFigures::default();
        for answer in question.together(&graph, &POST_METRICS).await? {
            totals(&answer, &mut figures);
        }
        Ok(of_one(post, figures, RefusedMetrics::new()))
    }

    async fn account(
        &self,
        access: &Access<'_>,
        _refused: &RefusedMetrics,
    ) -> Result<AccountFigures, Failure> {
        let id = GraphId::require(&access.account.remote_id)?;
        let graph = Graph::new(access, &token::stored(access)?.secret, table);
        let mut found = AccountFigures::default();
        // Followers have no days, views have nothing else: two questions.
        let followers = Question { node: &id, edge: EDGE_OF_ACCOUNT, extra: &[] };
        for answer in followers.together(&graph, &["followers_count"]).await? {
            totals(&answer, &mut found.now);
        }
        let since = access.now.checked_sub(READ_AGAIN).unwrap_or(access.now).as_second().to_string();
        let until = access.now.as_second().to_string();
        let extra = [("since", since.as_str()), ("until", until.as_str())];
        let views = Question { node: &id, edge: EDGE_OF_ACCOUNT, extra: &extra };
        for answer in views.together(&graph, &["views"]).await? {
            daily(&answer, &mut found.days);
        }
        Ok(found)
    }
}
