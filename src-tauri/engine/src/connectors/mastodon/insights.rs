//! Figures of statuses and of the account: counters of the entities `Status` and `Account`
//! (docs.joinmastodon.org). Nobody counts views here.

use async_trait::async_trait;

use super::{Mastodon, client::Client};
use crate::{
    connectors::{
        Access, Failure, Insights,
        insights::{AccountFigures, PostFigures, RefusedMetrics, counts, of_one, only},
    },
    domain::figures::PublishedPost,
};

const STATUS_COUNTS: [&str; 4] = ["favourites_count", "reblogs_count", "replies_count", "quotes_count"];
const ACCOUNT_COUNTS: [&str; 3] = ["followers_count", "following_count", "statuses_count"];

#[async_trait]
impl Insights for Mastodon {
    async fn posts(
        &self,
        access: &Access<'_>,
        posts: &[PublishedPost],
        _refused: &RefusedMetrics,
    ) -> Result<PostFigures, Failure> {
        let post = only(posts)?;
        match Client::new(access)?.raw_status(&post.remote_id).await? {
            Some(status) => Ok(of_one(post, counts(&status, &STATUS_COUNTS), RefusedMetrics::new())),
            None => Err(Failure::content("object_gone")),
        }
    }

    async fn account(
        &self,
        access: &Access<'_>,
        _refused: &RefusedMetrics,
    ) -> Result<AccountFigures, Failure> {
        let account = Client::new(access)?.raw_account().await?;
        Ok(AccountFigures { now: counts(&account, &ACCOUNT_COUNTS), ..AccountFigures::default() })
    }
}
