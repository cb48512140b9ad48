//! The profile, the token, the quota and the posts of an account.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::{
    exchange::Call,
    facebook::{self, Reply, errors::GraphError, fields},
    faults::Quirks,
    seed,
    state::World,
    threads::state::{Post, Threads},
};

/// Posts per account and 24 h when limits are enforced.
pub(super) const QUOTA: usize = 250;
const QUOTA_WINDOW: SignedDuration = SignedDuration::from_hours(24);
/// A renewed token lives 60 days.
const TOKEN_LIFE_SECS: i64 = 60 * 24 * 3600;
/// A younger token is not renewed.
const TOKEN_MIN_AGE: SignedDuration = SignedDuration::from_hours(24);

fn token(call: &Call) -> String {
    call.bearer().map(str::to_owned).or_else(|| call.param("access_token")).unwrap_or_default()
}

/// Says whether a Page is calling, or a system user.
pub(super) fn is_pages(world: &World, call: &Call) -> bool {
    facebook::owner(&token(call), world.options.accounts).is_some()
}

/// Reads the token from the header or the parameter; renewing leaves the old one alive.
pub(super) fn caller(world: &World, call: &Call) -> Result<usize, GraphError> {
    let token = token(call);
    let accounts = world.options.accounts;
    seed::number_of(&token, accounts, seed::threads_token)
        .or_else(|| seed::number_of(&token, accounts, seed::threads_renewed_token))
        .ok_or_else(|| GraphError::new(190, None, "Invalid OAuth access token - Cannot parse access token"))
}

pub(super) fn refresh(world: &World, call: &Call, k: usize) -> Reply {
    if call.param("grant_type").as_deref() != Some("th_refresh_token") {
        return Err(GraphError::parameter("The parameter grant_type must be th_refresh_token"));
    }
    let now = world.now();
    let mut state = world.threads();
    if state.renewed_at.get(&k).is_some_and(|at| now.duration_since(*at) < TOKEN_MIN_AGE) {
        return Err(GraphError::parameter("The access token must be at least 24 hours old"));
    }
    state.renewed_at.insert(k, now);
    Ok(json!({
        "access_token": seed::threads_renewed_token(k),
        "token_type": "bearer",
        "expires_in": TOKEN_LIFE_SECS,
    }))
}

pub(super) fn read(call: &Call, k: usize) -> Reply {
    let whole = json!({
        "id": seed::threads_id(k),
        "username": seed::threads_username(k),
        "name": seed::DISPLAY_NAME,
        "threads_biography": "Restaurant à Vensac",
        "threads_profile_picture_url": null,
        "is_verified": false,
    });
    fields::select(call, &whole, &[], "ThreadsUser")
}

pub(super) fn limit(world: &World, call: &Call, k: usize) -> Reply {
    let window = QUOTA_WINDOW.as_secs();
    let whole = json!({
        "id": null,
        "quota_usage": used(&world.threads(), k, world.now()),
        "config": {"quota_total": QUOTA, "quota_duration": window},
        "reply_quota_usage": 0,
        "reply_config": {"quota_total": 1000, "quota_duration": window},
        "delete_quota_usage": 0,
        "delete_config": {"quota_total": 100, "quota_duration": window},
    });
    let shown = fields::select(call, &whole, &["quota_usage"], "ThreadsPublishingLimit")?;
    Ok(json!({"data": [shown]}))
}

/// Posts of the last 24 h; a deleted one counts too.
pub(super) fn used(state: &Threads, k: usize, now: Timestamp) -> usize {
    let is_recent = |post: &&Post| now.duration_since(post.created_at) < QUOTA_WINDOW;
    state.posts.iter().rev().take_while(is_recent).filter(|post| post.account == k).count()
}

fn whole(world: &World, post: &Post) -> Value {
    let kind = match post.items.len() {
        0 => "TEXT_POST",
        1 => "IMAGE",
        _ => "CAROUSEL_ALBUM",
    };
    let address = |item: &crate::threads::state::Item| {
        format!("{}/media/{}", world.addresses().threads, item.media.file_name())
    };
    json!({
        "id": post.id,
        "media_product_type": "THREADS",
        "media_type": kind,
        "media_url": post.items.first().map(address),
        "permalink": post.permalink(world),
        "owner": {"id": seed::threads_id(post.account)},
        "username": seed::threads_username(post.account),
        "text": Some(&post.text).filter(|text| !text.is_empty()),
        "timestamp": fields::written(post.created_at),
        "shortcode": post.shortcode,
        "topic_tag": post.topic,
        "is_quote_post": false,
        "alt_text": post.items.first().and_then(|item| item.alt_text.clone()),
        "children": if post.items.len() > 1 {
            json!({"data": post.items.iter().map(|item| json!({"id": item.id})).collect::<Vec<_>>()})
        } else {
            Value::Null
        },
    })
}

pub(super) fn posts(world: &World, call: &Call, quirks: Quirks, k: usize) -> Reply {
    let now = world.now();
    let lag = SignedDuration::from_secs(quirks.listing_lag_secs);
    let state = world.threads();
    let mut items = Vec::new();
    for post in state.posts.iter().rev() {
        let is_late = quirks.listing_lag_secs > 0 && now.duration_since(post.created_at) <= lag;
        if post.account == k && !post.is_deleted && !is_late {
            items.push((post.id.clone(), fields::select(call, &whole(world, post), &[], "ThreadsMedia")?));
        }
    }
    fields::page(call, &world.addresses().threads, items, 25)
}

pub(super) fn one(world: &World, call: &Call, id: &str, k: usize) -> Reply {
    let state = world.threads();
    let post = state.posts.get(id).filter(|post| post.account == k && !post.is_deleted);
    let post = post.ok_or_else(|| GraphError::no_such_object("get", id))?;
    fields::select(call, &whole(world, post), &[], "ThreadsMedia")
}

pub(super) fn delete(world: &World, id: &str, k: usize) -> Reply {
    let mut state = world.threads();
    let post = state.posts.get_mut(id).filter(|post| post.account == k && !post.is_deleted);
    let post = post.ok_or_else(|| GraphError::no_such_object("delete", id))?;
    post.is_deleted = true;
    Ok(json!({"success": true, "deleted_id": id}))
}
