//! Figures of posts and of the account: `public_metrics` of `GET /2/tweets` and `GET /2/users/me`
//! (social-platforms section 7). X bills each post that is read once per day (UTC), however often: the
//! owner's yes to the price names it.

use async_trait::async_trait;
use serde_json::Value;

use super::{X, accepted_cost, client::Client, wire::is_id};
use crate::{
    connectors::{
        Access, Failure, FailureClass, Insights,
        insights::{AccountFigures, PostFigures, RefusedMetrics, counts},
    },
    domain::{Problem, figures::PublishedPost},
};

/// X's limit.
const BATCH: usize = 100;
const POST_COUNTS: [&str; 6] =
    ["impression_count", "like_count", "reply_count", "retweet_count", "quote_count", "bookmark_count"];
const USER_COUNTS: [&str; 3] = ["followers_count", "following_count", "tweet_count"];

fn unreadable() -> Failure {
    Failure::new(FailureClass::Retry, Problem::new("unreadable_answer"))
}

#[async_trait]
impl Insights for X {
    fn batch(&self) -> usize {
        BATCH
    }

    async fn posts(
        &self,
        access: &Access<'_>,
        posts: &[PublishedPost],
        _refused: &RefusedMetrics,
    ) -> Result<PostFigures, Failure> {
        accepted_cost(access.credentials)?;
        let ids: Vec<&str> =
            posts.iter().map(|post| post.remote_id.as_str()).filter(|id| is_id(id)).take(BATCH).collect();
        if ids.is_empty() {
            return Err(Failure::content("remote_id_unusable"));
        }
        let query = [("ids", ids.join(",")), ("tweet.fields", "public_metrics".to_owned())];
        let answer = Client::new(access).await?.find("/tweets", &query).await?;
        let mut found = PostFigures::default();
        let listed = match (answer.get("data"), answer.get("errors")) {
            (Some(data), _) => data.as_array().ok_or_else(unreadable)?.as_slice(),
            // None of them is there any more: only refusals.
            (None, Some(Value::Array(_))) => &[],
            (None, _) => return Err(unreadable()),
        };
        for post in listed {
            let id = post.get("id").and_then(Value::as_str);
            if let (Some(id), Some(counted)) = (id, post.get("public_metrics")) {
                found.by_remote_id.insert(id.to_owned(), counts(counted, &POST_COUNTS));
            }
        }
        Ok(found)
    }

    async fn account(
        &self,
        access: &Access<'_>,
        _refused: &RefusedMetrics,
    ) -> Result<AccountFigures, Failure> {
        accepted_cost(access.credentials)?;
        let query = [("user.fields", "public_metrics".to_owned())];
        let answer = Client::new(access).await?.find("/users/me", &query).await?;
        let counted = answer.pointer("/data/public_metrics").ok_or_else(unreadable)?;
        Ok(AccountFigures { now: counts(counted, &USER_COUNTS), ..AccountFigures::default() })
    }
}
