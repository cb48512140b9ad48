//! The counters that the network's index shows: `app.bsky.feed.getPosts` and `app.bsky.actor.getProfile`,
//! passed on by the data server for whoever has a session (lexicons of the same names).

use serde_json::{Value, json};

use super::{Reply, account_of, required, session, state::Record};
use crate::{
    audience::{Audience, followers},
    bluesky::errors::XrpcError,
    exchange::Call,
    seed,
    state::World,
};

const POST: &str = "app.bsky.feed.post";
const MOST_URIS: usize = 25;

fn author(did: &str) -> Value {
    let handle = (1..=99).find(|k| seed::bluesky_did(*k) == did).map(seed::bluesky_handle);
    json!({"did": did, "handle": handle, "displayName": seed::DISPLAY_NAME})
}

/// Posts that are there; one that is not is left out.
pub(super) fn posts(world: &World, call: &Call) -> Reply {
    session::access(world, call)?;
    let uris = call.list("uris");
    if uris.is_empty() {
        return Err(XrpcError::invalid("Error: Params must have the property \"uris\""));
    }
    if uris.len() > MOST_URIS {
        return Err(XrpcError::invalid("Error: uris must not have more than 25 elements"));
    }
    let now = world.now();
    let state = world.bluesky();
    let shown = |record: &Record| {
        let audience = Audience::of(&record.uri(), record.indexed_at, now);
        json!({
            "uri": record.uri(),
            "cid": record.cid,
            "author": author(&record.did),
            "record": record.value,
            "replyCount": audience.comments,
            "repostCount": audience.shares,
            "likeCount": audience.likes,
            "quoteCount": audience.shares / 3,
            "bookmarkCount": audience.saves,
            "indexedAt": record.indexed_at.to_string(),
        })
    };
    let found: Vec<Value> = uris
        .iter()
        .filter_map(|uri| state.records.values().find(|record| record.uri() == *uri))
        .filter(|record| record.collection == POST)
        .map(shown)
        .collect();
    Ok(json!({"posts": found}))
}

pub(super) fn profile(world: &World, call: &Call) -> Reply {
    session::access(world, call)?;
    let actor = required(call, "actor")?;
    let k = account_of(world, &actor).ok_or_else(|| XrpcError::invalid("Profile not found"))?;
    let did = seed::bluesky_did(k);
    let state = world.bluesky();
    let posts =
        state.records.values().filter(|record| record.did == did && record.collection == POST).count();
    let mut profile = author(&did);
    profile["followersCount"] = json!(followers(203, posts));
    profile["followsCount"] = json!(61);
    profile["postsCount"] = json!(posts);
    Ok(profile)
}
