//! Figures of posts and of the page (social-platforms section 6.7): `organizationalEntityShareStatistics`
//! over the whole life of posts, `networkSizes` for the followers.

use async_trait::async_trait;
use serde_json::Value;

use super::{
    LinkedIn,
    client::Client,
    wire::{Urn, organization_urn},
};
use crate::{
    connectors::{
        Access, Failure, FailureClass, Insights,
        insights::{AccountFigures, PostFigures, RefusedMetrics, counts},
    },
    domain::{Problem, figures::PublishedPost},
};

/// Well below what an address may be long.
const BATCH: usize = 20;
const COUNTS: [&str; 6] =
    ["impressionCount", "uniqueImpressionsCount", "clickCount", "likeCount", "commentCount", "shareCount"];
const FOLLOWERS: &str = "firstDegreeSize";

fn unreadable() -> Failure {
    Failure::new(FailureClass::Retry, Problem::new("unreadable_answer"))
}

#[async_trait]
impl Insights for LinkedIn {
    fn batch(&self) -> usize {
        BATCH
    }

    async fn posts(
        &self,
        access: &Access<'_>,
        posts: &[PublishedPost],
        _refused: &RefusedMetrics,
    ) -> Result<PostFigures, Failure> {
        let urns: Vec<Urn> = posts.iter().filter_map(|post| Urn::post(&post.remote_id)).collect();
        if urns.is_empty() {
            return Err(Failure::content("remote_id_unusable"));
        }
        let client = Client::new(access)?;
        let page = organization_urn(&access.account.remote_id).replace(':', "%3A");
        let mut found = PostFigures::default();
        // The two kinds of posts are asked about under names of their own.
        for (kind, parameter, name) in
            [("urn:li:share:", "shares", "share"), ("urn:li:ugcPost:", "ugcPosts", "ugcPost")]
        {
            let wanted: Vec<String> =
                urns.iter().filter(|urn| urn.as_str().starts_with(kind)).map(Urn::segment).collect();
            if wanted.is_empty() {
                continue;
            }
            let path = format!(
                "/rest/organizationalEntityShareStatistics?q=organizationalEntity\
                 &organizationalEntity={page}&{parameter}=List({})",
                wanted.join(",")
            );
            let answer = client.find(&path).await?;
            for element in answer.get("elements").and_then(Value::as_array).ok_or_else(unreadable)? {
                let urn = element.get(name).and_then(Value::as_str);
                if let (Some(urn), Some(counted)) = (urn, element.get("totalShareStatistics")) {
                    found.by_remote_id.insert(urn.to_owned(), counts(counted, &COUNTS));
                }
            }
        }
        Ok(found)
    }

    async fn account(
        &self,
        access: &Access<'_>,
        refused: &RefusedMetrics,
    ) -> Result<AccountFigures, Failure> {
        let mut found = AccountFigures::default();
        if refused.contains(FOLLOWERS) {
            return Ok(found);
        }
        let page = organization_urn(&access.account.remote_id).replace(':', "%3A");
        let path = format!("/rest/networkSizes/{page}?edgeType=COMPANY_FOLLOWED_BY_MEMBER");
        match Client::new(access)?.find(&path).await {
            Ok(answer) => found.now = counts(&answer, &[FOLLOWERS]),
            // It wants more than the posts do: they are asked about all the same.
            Err(failure) if failure.problem.code == "permission_missing" => {
                found.refused.insert(FOLLOWERS.to_owned());
            }
            Err(failure) => return Err(failure),
        }
        Ok(found)
    }
}
