//! Insights of posts and of the account (social-platforms reference, section 3).

use serde_json::{Value, json};

use crate::{
    audience::{Audience, followers},
    exchange::Call,
    facebook::{
        Reply,
        errors::GraphError,
        fields,
        insights::{asked, ended_days, lifetime},
    },
    state::World,
};

pub(super) fn post(world: &World, call: &Call, id: &str, k: usize) -> Reply {
    let state = world.threads();
    let post = state.posts.get(id).filter(|post| post.account == k && !post.is_deleted);
    let post = post.ok_or_else(|| GraphError::no_such_object("get", id))?;
    let audience = Audience::of(&post.id, post.created_at, world.now());
    let known = [
        ("views", json!(audience.views)),
        ("likes", json!(audience.likes)),
        ("replies", json!(audience.comments)),
        ("reposts", json!(audience.shares)),
        ("quotes", json!(audience.shares / 3)),
        ("shares", json!(audience.saves)),
    ];
    lifetime(call, id, &known)
}

/// Followers have one number, views one for each day.
pub(super) fn account(world: &World, call: &Call, k: usize) -> Reply {
    let known = [("views", Value::Null), ("followers_count", Value::Null)];
    let state = world.threads();
    let own: Vec<_> = state.posts.iter().filter(|post| post.account == k && !post.is_deleted).collect();
    let mut data = Vec::new();
    for (name, _) in asked(call, &known)? {
        if *name == "followers_count" {
            if call.param("since").is_some() || call.param("until").is_some() {
                return Err(GraphError::parameter("(#100) followers_count does not support since and until"));
            }
            let value = followers(310, own.len());
            data.push(json!({"name": name, "period": "day", "total_value": {"value": value}}));
            continue;
        }
        let gained =
            |at| own.iter().map(|post| Audience::of(&post.id, post.created_at, at).views).sum::<i64>();
        let values: Vec<Value> = ended_days(world, call)?
            .into_iter()
            .map(|(begin, end)| {
                json!({"value": gained(end) - gained(begin), "end_time": fields::written(end)})
            })
            .collect();
        data.push(json!({"name": name, "period": "day", "values": values}));
    }
    Ok(json!({"data": data}))
}
