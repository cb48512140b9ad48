//! Insights of posts and of the account (social-platforms reference 2.9). `impressions` is dead: code 100.

use serde_json::{Value, json};

use crate::{
    audience::Audience,
    exchange::Call,
    facebook::{
        Reply,
        errors::GraphError,
        insights::{asked, ended_days, lifetime},
    },
    seed,
    state::World,
};

pub(super) fn media(world: &World, call: &Call, id: &str) -> Reply {
    let graph = world.graph();
    let media = graph.ig_media.get(id).filter(|media| !media.is_deleted);
    let media = media.ok_or_else(|| GraphError::no_such_object("get", id))?;
    let audience = Audience::of(&media.id, media.created_at, world.now());
    let interactions = audience.likes + audience.comments + audience.shares + audience.saves;
    let known = [
        ("views", json!(audience.views)),
        ("reach", json!(audience.reach)),
        ("likes", json!(audience.likes)),
        ("comments", json!(audience.comments)),
        ("shares", json!(audience.shares)),
        ("saved", json!(audience.saves)),
        ("total_interactions", json!(interactions)),
    ];
    lifetime(call, id, &known)
}

/// One number for the whole window that is asked about.
pub(super) fn account(world: &World, call: &Call, k: usize) -> Reply {
    if call.param("metric_type").as_deref() != Some("total_value") {
        return Err(GraphError::parameter(
            "(#100) The metrics should be specified with metric_type=total_value",
        ));
    }
    let id = seed::instagram_id(k);
    let bound = |name: &str| call.param(name).and_then(|text| crate::facebook::fields::time(&text));
    let until = bound("until").unwrap_or_else(|| world.now()).min(world.now());
    let since = bound("since").or_else(|| Some(ended_days(world, call).ok()?.first()?.0)).unwrap_or(until);
    let graph = world.graph();
    let mut gained = [0_i64; 4];
    for media in graph.ig_media.iter().filter(|media| media.account == id && !media.is_deleted) {
        let (before, after) = (
            Audience::of(&media.id, media.created_at, since),
            Audience::of(&media.id, media.created_at, until),
        );
        gained[0] += after.reach - before.reach;
        gained[1] += after.views - before.views;
        gained[2] += after.likes + after.comments - before.likes - before.comments;
        gained[3] += after.clicks - before.clicks;
    }
    let known = [
        ("reach", json!(gained[0])),
        ("views", json!(gained[1])),
        ("accounts_engaged", json!(gained[2])),
        ("total_interactions", json!(gained[2])),
        ("profile_links_taps", json!(gained[3])),
    ];
    let data: Vec<Value> = asked(call, &known)?
        .into_iter()
        .map(|(name, value)| json!({"name": name, "period": "day", "total_value": {"value": value}}))
        .collect();
    Ok(json!({"data": data}))
}
