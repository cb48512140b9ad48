//! An Instagram account, its published media and its quota.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{
    audience::{Audience, followers},
    exchange::Call,
    facebook::{Reply, errors::GraphError, fields, state::Graph},
    faults::Quirks,
    instagram::state::IgMedia,
    seed,
    state::World,
};

/// Posts per account and 24 h when limits are enforced.
pub(super) const QUOTA: usize = 50;
const QUOTA_WINDOW: SignedDuration = SignedDuration::from_hours(24);

pub(super) fn read(world: &World, call: &Call, k: usize) -> Reply {
    let id = seed::instagram_id(k);
    let count =
        world.graph().ig_media.iter().filter(|media| media.account == id && !media.is_deleted).count();
    fields::select(
        call,
        &json!({
            "id": id,
            "username": seed::instagram_username(k),
            "name": seed::DISPLAY_NAME,
            "biography": "Restaurant à Vensac",
            "followers_count": followers(640, count),
            "follows_count": 52,
            "media_count": count,
            "profile_picture_url": null,
            "website": null,
        }),
        &[],
        "IGUser",
    )
}

pub(super) fn limit(world: &World, call: &Call, k: usize) -> Reply {
    let usage = used(&world.graph(), &seed::instagram_id(k), world.now());
    let whole = json!({
        "id": null,
        "quota_usage": usage,
        "config": {"quota_total": QUOTA, "quota_duration": QUOTA_WINDOW.as_secs()},
    });
    let shown = fields::select(call, &whole, &["quota_usage"], "ContentPublishingLimit")?;
    Ok(json!({"data": [shown]}))
}

/// Posts of the last 24 h; a deleted one counts too.
pub(super) fn used(graph: &Graph, account: &str, now: Timestamp) -> usize {
    graph
        .ig_media
        .iter()
        .rev()
        .take_while(|media| now.duration_since(media.created_at) < QUOTA_WINDOW)
        .filter(|media| media.account == account)
        .count()
}

fn whole(world: &World, media: &IgMedia) -> Value {
    let is_album = media.items.len() > 1;
    let audience = Audience::of(&media.id, media.created_at, world.now());
    let address = |item: &crate::instagram::state::Item| {
        format!("{}/media/{}", world.addresses().instagram, item.media.file_name())
    };
    let k = seed::number_of_id(&media.account, world.options.accounts, seed::instagram_id);
    json!({
        "id": media.id,
        "caption": media.caption,
        "timestamp": fields::written(media.created_at),
        "permalink": media.permalink(world),
        "shortcode": media.shortcode,
        "media_type": if is_album { "CAROUSEL_ALBUM" } else { "IMAGE" },
        "media_product_type": "FEED",
        "media_url": media.items.first().map(address),
        "alt_text": media.items.first().filter(|_| !is_album).and_then(|item| item.alt_text.clone()),
        "username": k.map(seed::instagram_username),
        "owner": {"id": media.account},
        "like_count": audience.likes,
        "comments_count": audience.comments,
        "is_comment_enabled": true,
        "children": if is_album {
            json!({"data": media.items.iter().map(|item| json!({
                "id": item.container,
                "media_type": "IMAGE",
                "media_url": address(item),
            })).collect::<Vec<_>>()})
        } else {
            Value::Null
        },
    })
}

pub(super) fn media(world: &World, call: &Call, quirks: Quirks, k: usize) -> Reply {
    let account = seed::instagram_id(k);
    let now = world.now();
    let lag = SignedDuration::from_secs(quirks.listing_lag_secs);
    let graph = world.graph();
    let mut items = Vec::new();
    for media in graph.ig_media.iter().rev() {
        let is_late = quirks.listing_lag_secs > 0 && now.duration_since(media.created_at) <= lag;
        if media.account == account && !media.is_deleted && !is_late {
            let shown = fields::select(call, &whole(world, media), &[], "Media")?;
            items.push((media.id.clone(), shown));
            // Enough for every page that can be asked without a cursor.
            if call.param("after").is_none() && items.len() > 100 {
                break;
            }
        }
    }
    fields::page(call, &world.addresses().instagram, items, 25)
}

pub(super) fn one(world: &World, call: &Call, id: &str) -> Reply {
    let graph = world.graph();
    let media = graph
        .ig_media
        .get(id)
        .filter(|media| !media.is_deleted)
        .ok_or_else(|| GraphError::no_such_object("get", id))?;
    fields::select(call, &whole(world, media), &[], "Media")
}

/// Nothing but comments can be switched; a caption stays as it is.
pub(super) fn edit(world: &World, call: &Call, id: &str) -> Reply {
    if world.graph().ig_media.get(id).is_none_or(|media| media.is_deleted) {
        return Err(GraphError::no_such_object("post", id));
    }
    fields::flag(call, "comment_enabled")?
        .ok_or_else(|| GraphError::parameter("The parameter comment_enabled is required"))?;
    Ok(json!({"success": true}))
}

pub(super) fn delete(world: &World, id: &str) -> Reply {
    let mut graph = world.graph();
    let media = graph
        .ig_media
        .get_mut(id)
        .filter(|media| !media.is_deleted)
        .ok_or_else(|| GraphError::no_such_object("delete", id))?;
    media.is_deleted = true;
    Ok(json!({"success": true}))
}
