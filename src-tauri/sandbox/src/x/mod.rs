//! Double of X's API v2 for one user per account: who am I, picture, description, post, own posts, delete, and
//! the login with its rotating refresh tokens.
//!
//! As in the real one addresses in a listed post are shortened, pictures add one, the same words twice are
//! refused without naming a post, and each call has its price (kept with the post). Videos, replies and
//! edits are not doubled.

pub(crate) mod errors;
mod login;
mod metrics;
mod posts;
pub(crate) mod state;

use axum::http::Method;
use serde_json::json;

use crate::{
    exchange::{Answer, Call},
    faults::{Action, Quirks},
    seed,
    state::World,
    x::errors::Refused,
};

/// What every call gives back.
type Reply = Result<Answer, Refused>;

pub(crate) fn classify(call: &Call) -> Action {
    match (&call.method, call.route().as_slice()) {
        (_, ["i" | "2", "oauth2", ..]) => Action::Login,
        (&Method::POST, ["2", "tweets"]) => Action::Publish,
        (&Method::DELETE, ["2", "tweets", _]) => Action::Delete,
        (&Method::GET, ["2", "users", "me"]) => Action::Account,
        (&Method::GET, ["2", "users", _, "tweets"]) => Action::List,
        (&Method::POST, ["2", "media", "upload"]) => Action::Upload,
        _ => Action::Other,
    }
}

pub(crate) fn answer(world: &World, call: &Call, quirks: Quirks) -> Answer {
    let route = call.route();
    if let Some(answer) = login::routed(world, call, &route) {
        return answer;
    }
    let Some(k) = caller(world, call) else { return Refused::unauthorized().answer() };
    let reply = match (&call.method, route.as_slice()) {
        (&Method::GET, ["2", "users", "me"]) => Ok(me(world, call, k)),
        (&Method::GET, ["2", "tweets"]) => metrics::posts(world, call),
        (&Method::GET, ["2", "users", id, "tweets"]) => posts::list(world, call, k, id, quirks),
        (&Method::POST, ["2", "media", "upload"]) => posts::upload(world, call, k, quirks),
        (&Method::POST, ["2", "media", "metadata"]) => posts::describe(world, call, k),
        (&Method::POST, ["2", "tweets"]) => posts::create(world, call, k),
        (&Method::DELETE, ["2", "tweets", id]) => Ok(posts::delete(world, k, id)),
        _ => Err(Refused::new(404, "Not Found", "Not Found")),
    };
    reply.unwrap_or_else(|refused| refused.answer()).for_account(seed::x_id(k))
}

fn caller(world: &World, call: &Call) -> Option<usize> {
    let token = call.bearer()?;
    let granted = world.x().account_of(token, world.now());
    granted.or_else(|| seed::number_of(token, world.options.accounts, seed::x_token))
}

fn me(world: &World, call: &Call, k: usize) -> Answer {
    let mut data = json!({"id": seed::x_id(k), "name": seed::DISPLAY_NAME, "username": seed::x_username(k)});
    if call.param("user.fields").is_some_and(|fields| fields.contains("public_metrics")) {
        let posts = world.x().posts.iter().filter(|post| post.account == k && !post.is_deleted).count();
        data["public_metrics"] = json!({
            "followers_count": crate::audience::followers(57, posts),
            "following_count": 20,
            "tweet_count": posts,
        });
    }
    Answer::json(200, &json!({"data": data}))
}
