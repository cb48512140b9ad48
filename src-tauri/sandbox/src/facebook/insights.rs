//! Insights of posts and Pages, as of 2026: media views instead of impressions (social-platforms reference
//! 1.9). One name that does not exist makes the whole call fail with code 100.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde_json::{Value, json};

use crate::{
    audience::Audience,
    exchange::Call,
    facebook::{Caller, Reply, errors::GraphError, fields, state::Post},
    objects::ObjectState,
    seed,
    state::World,
};

/// Names and numbers that exist.
pub(crate) type Known<'a> = &'a [(&'a str, Value)];

/// The metrics that are asked for. Refuses the call when one does not exist (code 100), or none is named
/// (code 3001).
pub(crate) fn asked<'k>(call: &Call, known: Known<'k>) -> Result<Vec<&'k (&'k str, Value)>, GraphError> {
    let names = call.param("metric").filter(|names| !names.is_empty()).ok_or_else(|| {
        GraphError::new(
            3001,
            Some(1_504_028),
            "(#3001) An unsupported call was made: no metric was specified",
        )
    })?;
    let mut found = Vec::new();
    for (place, name) in names.split(',').enumerate() {
        let metric = known.iter().find(|(known, _)| *known == name.trim()).ok_or_else(|| {
            GraphError::new(100, None, format!("(#100) metric[{place}] must be a valid insights metric"))
        })?;
        found.push(metric);
    }
    Ok(found)
}

/// One number for the whole life.
pub(crate) fn lifetime(call: &Call, node: &str, known: Known<'_>) -> Reply {
    let data: Vec<Value> = asked(call, known)?
        .into_iter()
        .map(|(name, value)| {
            json!({
                "name": name,
                "period": "lifetime",
                "values": [{"value": value}],
                "id": format!("{node}/insights/{name}/lifetime"),
            })
        })
        .collect();
    Ok(json!({"data": data}))
}

/// Begin and end of what is asked about, in whole days that have ended.
pub(crate) fn ended_days(world: &World, call: &Call) -> Result<Vec<(Timestamp, Timestamp)>, GraphError> {
    let bound = |name: &str| {
        call.param(name)
            .map(|text| {
                fields::time(&text)
                    .ok_or_else(|| GraphError::parameter(format!("Param {name} must be a time")))
            })
            .transpose()
    };
    let day = SignedDuration::from_hours(24);
    let until = bound("until")?.unwrap_or_else(|| world.now()).min(world.now());
    let since = bound("since")?.unwrap_or(until - day * 2);
    let first = since.to_zoned(TimeZone::UTC).start_of_day().map_or(since, |start| start.timestamp());
    let ends = (1..=93).map(|number| (first + day * (number - 1), first + day * number));
    Ok(ends.take_while(|(_, end)| *end <= until).collect())
}

pub(super) fn post(world: &World, call: &Call, caller: &Caller, node: &str) -> Reply {
    let graph = world.graph();
    let is_there = |post: &&Post| post.state == ObjectState::Published;
    let post = graph.posts.get(node).filter(is_there);
    let post = post.ok_or_else(|| GraphError::no_such_object("get", node))?;
    let k = seed::number_of_id(&post.page, world.options.accounts, seed::facebook_page_id)
        .ok_or_else(|| GraphError::no_such_object("get", node))?;
    caller.must_be_page(k)?;
    let audience = Audience::of(&post.id, post.created_at, world.now());
    let known = [
        // Paid views are none without an advertisement.
        ("post_media_view", json!({"organic": audience.views, "paid": 0})),
        ("post_total_media_view_unique", json!(audience.reach)),
        ("post_clicks", json!(audience.clicks)),
        ("post_reactions_by_type_total", json!({"like": audience.likes})),
    ];
    lifetime(call, node, &known)
}

pub(super) fn page(world: &World, call: &Call, caller: &Caller, k: usize) -> Reply {
    caller.must_be_page(k)?;
    let page = seed::facebook_page_id(k);
    let names = ["page_media_view", "page_total_media_view_unique", "page_post_engagements"];
    let known = names.map(|name| (name, Value::Null));
    let asked = asked(call, &known)?;
    let graph = world.graph();
    let data: Result<Vec<Value>, GraphError> = asked
        .into_iter()
        .map(|(name, _)| {
            let values: Vec<Value> = ended_days(world, call)?
                .into_iter()
                .map(|(begin, end)| {
                    let gained = |at| {
                        graph
                            .timeline(&page)
                            .map(|post| Audience::of(&post.id, post.created_at, at))
                            .fold((0, 0, 0), |sum, one| {
                                (sum.0 + one.views, sum.1 + one.reach, sum.2 + one.likes + one.clicks)
                            })
                    };
                    let (before, after) = (gained(begin), gained(end));
                    let value = match *name {
                        "page_media_view" => json!({"organic": after.0 - before.0, "paid": 0}),
                        "page_total_media_view_unique" => json!(after.1 - before.1),
                        _ => json!(after.2 - before.2),
                    };
                    json!({"value": value, "end_time": fields::written(end)})
                })
                .collect();
            Ok(json!({
                "name": name, "period": "day", "values": values,
                "id": format!("{page}/insights/{name}/day"),
            }))
        })
        .collect();
    Ok(json!({"data": data?}))
}
