//! Public metrics of own posts, by their numbers (social-platforms section 7).

use serde_json::{Value, json};

use crate::{
    audience::Audience,
    exchange::{Answer, Call},
    state::World,
    x::{Reply, errors::Refused},
};

const MOST_IDS: usize = 100;

/// Posts that are there, and a refusal for each that is not.
pub(super) fn posts(world: &World, call: &Call) -> Reply {
    let ids: Vec<String> = call
        .param("ids")
        .unwrap_or_default()
        .split(',')
        .filter(|id| !id.is_empty())
        .map(str::to_owned)
        .collect();
    if ids.is_empty() || ids.len() > MOST_IDS {
        return Err(Refused::invalid("ids: size must be between 1 and 100"));
    }
    let wants =
        call.param("tweet.fields").is_some_and(|fields| fields.split(',').any(|f| f == "public_metrics"));
    let now = world.now();
    let state = world.x();
    let (mut found, mut missing): (Vec<Value>, Vec<Value>) = (Vec::new(), Vec::new());
    for id in ids {
        let Some(post) = state.posts.iter().find(|post| post.id == id && !post.is_deleted) else {
            missing.push(json!({
                "value": id, "resource_type": "tweet", "parameter": "ids", "resource_id": id,
                "title": "Not Found Error", "type": "https://api.twitter.com/2/problems/resource-not-found",
            }));
            continue;
        };
        let audience = Audience::of(&post.id, post.created_at, now);
        let mut shown = json!({"id": post.id, "text": post.shown()["text"]});
        if wants {
            shown["public_metrics"] = json!({
                "impression_count": audience.views,
                "like_count": audience.likes,
                "reply_count": audience.comments,
                "retweet_count": audience.shares,
                "quote_count": audience.shares / 3,
                "bookmark_count": audience.saves,
            });
        }
        found.push(shown);
    }
    let mut answer = json!({});
    if !found.is_empty() {
        answer["data"] = json!(found);
    }
    if !missing.is_empty() {
        answer["errors"] = json!(missing);
    }
    Ok(Answer::json(200, &answer))
}
