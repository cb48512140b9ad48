//! Figures of posts and of the account: `app.bsky.feed.getPosts` (25 at once) and
//! `app.bsky.actor.getProfile` (lexicons of the same names). Asked of the account's own data server, which
//! passes it on to the network's index. Nobody counts views here.

use async_trait::async_trait;
use serde_json::Value;

use super::{Bluesky, client::Client, rkey_of, session};
use crate::{
    connectors::{
        Access, Failure, FailureClass, Insights,
        insights::{AccountFigures, PostFigures, RefusedMetrics, counts},
    },
    domain::{Problem, figures::PublishedPost},
};

/// The lexicon's limit.
const BATCH: usize = 25;
const POST_COUNTS: [&str; 5] = ["likeCount", "repostCount", "replyCount", "quoteCount", "bookmarkCount"];
const PROFILE_COUNTS: [&str; 3] = ["followersCount", "followsCount", "postsCount"];

fn unreadable() -> Failure {
    Failure::new(FailureClass::Retry, Problem::new("unreadable_answer"))
}

#[async_trait]
impl Insights for Bluesky {
    fn batch(&self) -> usize {
        BATCH
    }

    async fn posts(
        &self,
        access: &Access<'_>,
        posts: &[PublishedPost],
        _refused: &RefusedMetrics,
    ) -> Result<PostFigures, Failure> {
        let uris: Vec<(&str, &str)> = posts
            .iter()
            .filter(|post| rkey_of(&post.remote_id).is_some())
            .map(|post| ("uris", post.remote_id.as_str()))
            .take(BATCH)
            .collect();
        if uris.is_empty() {
            return Err(Failure::content("remote_id_unusable"));
        }
        let mut session = session::open(access).await?;
        let client = Client::new(access, session.pds.clone());
        let answer = client.ask(&mut session, "app.bsky.feed.getPosts", &uris).await?;
        let shown = answer.get("posts").and_then(Value::as_array).ok_or_else(unreadable)?;
        let by_remote_id = shown
            .iter()
            .filter_map(|post| Some((post.get("uri")?.as_str()?.to_owned(), counts(post, &POST_COUNTS))))
            .collect();
        Ok(PostFigures { by_remote_id, refused: RefusedMetrics::new() })
    }

    async fn account(
        &self,
        access: &Access<'_>,
        _refused: &RefusedMetrics,
    ) -> Result<AccountFigures, Failure> {
        let mut session = session::open(access).await?;
        let client = Client::new(access, session.pds.clone());
        let did = session.did.clone();
        let profile = client.ask(&mut session, "app.bsky.actor.getProfile", &[("actor", &did)]).await?;
        Ok(AccountFigures { now: counts(&profile, &PROFILE_COUNTS), ..AccountFigures::default() })
    }
}
