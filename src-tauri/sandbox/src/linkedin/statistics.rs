//! Statistics of posts and followers of the page (social-platforms section 6.7).

use serde_json::{Value, json};

use crate::{
    audience::{Audience, followers},
    exchange::{Answer, Call},
    linkedin::{Reply, errors::Refused},
    seed,
    state::World,
};

/// The names in a Rest.li list, `List(a,b)`.
fn listed(call: &Call, name: &str) -> Vec<String> {
    let text = call.param(name).unwrap_or_default();
    let inside = text.strip_prefix("List(").and_then(|text| text.strip_suffix(')')).unwrap_or_default();
    inside.split(',').filter(|urn| !urn.is_empty()).map(|urn| urn.replace("%3A", ":")).collect()
}

/// Of the asked posts that are there; the others are left out.
pub(super) fn of_posts(world: &World, call: &Call, k: usize) -> Reply {
    let own = seed::linkedin_organization_urn(k);
    if call.param("q").as_deref() != Some("organizationalEntity")
        || call.param("organizationalEntity").as_deref() != Some(own.as_str())
    {
        return Err(Refused::new(403, "ACCESS_DENIED", "Not enough permissions for this organization"));
    }
    let now = world.now();
    let state = world.linkedin();
    let mut elements: Vec<Value> = Vec::new();
    for (list, name) in [("shares", "share"), ("ugcPosts", "ugcPost")] {
        for urn in listed(call, list) {
            if !urn.starts_with(&format!("urn:li:{name}:")) {
                return Err(Refused::new(400, "ILLEGAL_ARGUMENT", "Invalid urn type in the list"));
            }
            let Some(post) =
                state.posts.iter().find(|post| post.account == k && post.urn == urn && !post.is_deleted)
            else {
                continue;
            };
            let audience = Audience::of(&post.urn, post.created_at, now);
            elements.push(json!({
                "organizationalEntity": own,
                name: urn,
                "totalShareStatistics": {
                    "impressionCount": audience.views,
                    "uniqueImpressionsCount": audience.reach,
                    "clickCount": audience.clicks,
                    "likeCount": audience.likes,
                    "commentCount": audience.comments,
                    "shareCount": audience.shares,
                    "engagement": 0.05,
                },
            }));
        }
    }
    Ok(Answer::json(200, &json!({"paging": {"start": 0, "count": 10, "links": []}, "elements": elements})))
}

pub(super) fn followers_of(world: &World, call: &Call, urn: &str, k: usize) -> Reply {
    if urn.replace("%3A", ":") != seed::linkedin_organization_urn(k) {
        return Err(Refused::new(403, "ACCESS_DENIED", "Not enough permissions for this organization"));
    }
    if call.param("edgeType").as_deref() != Some("COMPANY_FOLLOWED_BY_MEMBER") {
        return Err(Refused::new(400, "ILLEGAL_ARGUMENT", "Unknown edge type"));
    }
    let posts = world.linkedin().posts.iter().filter(|post| post.account == k && !post.is_deleted).count();
    Ok(Answer::json(200, &json!({"firstDegreeSize": followers(74, posts)})))
}
