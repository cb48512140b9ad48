//! Double of a Mastodon server: registration, OAuth, media, statuses and scheduled statuses.
//!
//! Timelines, notifications, favourites and federation are not doubled.

mod account;
pub(crate) mod errors;
mod html;
mod instance;
mod media;
mod oauth;
mod scheduled;
pub(crate) mod state;
mod statuses;
mod text;

use axum::http::Method;
use jiff::{SignedDuration, Timestamp};

use crate::{
    exchange::{Answer, Call},
    faults::{Action, Quirks},
    mastodon::{errors::Refused, state::Caller},
    seed,
    state::World,
};

/// What every API route gives back: a status code and a body.
type Reply = Result<(u16, serde_json::Value), Refused>;

/// Calls per account and five minutes.
const RATE: u32 = 300;
const RATE_WINDOW_SECS: i64 = 300;

pub(crate) fn classify(call: &Call) -> Action {
    match (&call.method, call.route().as_slice()) {
        (_, ["oauth", ..] | ["api", "v1", "apps"]) => Action::Login,
        (_, ["api", "v1", _, "verify_credentials"]) => Action::Account,
        (&Method::POST, ["api", "v1", "statuses"]) => Action::Publish,
        (&Method::POST, ["api", "v1" | "v2", "media"]) => Action::Upload,
        (&Method::GET, ["api", "v1", "media", _]) => Action::Status,
        (&Method::GET, ["api", "v1", "accounts", _, "statuses"] | ["api", "v1", "scheduled_statuses"]) => {
            Action::List
        }
        (&Method::GET, ["api", "v1", "statuses" | "scheduled_statuses", _, ..]) => Action::Read,
        (&Method::PUT, _) => Action::Edit,
        (&Method::DELETE, _) => Action::Delete,
        _ => Action::Other,
    }
}

pub(crate) fn answer(world: &World, call: &Call, quirks: Quirks) -> Answer {
    let now = world.now();
    // Scheduled statuses go live on the first request after their time.
    world.mastodon().promote(now);
    let route = call.route();
    if let Some(answer) = oauth::routed(world, call, &route) {
        return answer;
    }
    let caller = caller(world, call);
    let account = caller.as_ref().ok().and_then(|caller| caller.account);
    let rate = account.map(|k| count(world, k, now));
    let reply = if world.options.strict.rate_limits && rate.as_ref().is_some_and(|rate| rate.0 > RATE) {
        Err(Refused::new(429, "Too many requests"))
    } else {
        routed(world, call, &route, caller, quirks)
    };
    let mut answer = match reply {
        Ok((status, value)) => Answer::json(status, &value),
        Err(refused) => refused.answer(),
    };
    if let Some((used, until)) = rate {
        // A limit that is not enforced never comes near.
        let used = if world.options.strict.rate_limits { used } else { 1 };
        answer = with_rate(answer, RATE.saturating_sub(used), until);
    }
    if let Some(link) = statuses::link_header(world, call, &answer) {
        answer = answer.with_header("link", &link);
    }
    answer.account = account.map(seed::mastodon_id);
    answer
}

fn caller(world: &World, call: &Call) -> Result<Caller, Refused> {
    let token = call
        .bearer()
        .map(str::to_owned)
        .or_else(|| call.param("access_token"))
        .ok_or_else(Refused::unauthorized)?;
    world.mastodon().caller(&token, world.options.accounts).ok_or_else(Refused::unauthorized)
}

/// Counts a call; returns how many were made in the window and when it ends.
fn count(world: &World, k: usize, now: Timestamp) -> (u32, Timestamp) {
    let window = now.as_second().div_euclid(RATE_WINDOW_SECS);
    let until = Timestamp::from_second((window + 1) * RATE_WINDOW_SECS).unwrap_or(now);
    let mut state = world.mastodon();
    let counted = state.calls.entry(k).or_insert((window, 0));
    if counted.0 != window {
        *counted = (window, 0);
    }
    counted.1 += 1;
    (counted.1, until)
}

/// Adds the rate headers; the reset is an ISO 8601 time.
fn with_rate(answer: Answer, left: u32, until: Timestamp) -> Answer {
    answer
        .with_header("x-ratelimit-limit", &RATE.to_string())
        .with_header("x-ratelimit-remaining", &left.to_string())
        .with_header("x-ratelimit-reset", &until.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string())
}

/// Writes a time as Mastodon does.
fn written(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

fn routed(
    world: &World,
    call: &Call,
    route: &[&str],
    caller: Result<Caller, Refused>,
    quirks: Quirks,
) -> Reply {
    match (&call.method, route) {
        (&Method::GET, ["api", "v2", "instance"]) => Ok((200, instance::v2(world))),
        (&Method::GET, ["api", "v1", "instance"]) => Ok((200, instance::v1(world))),
        (&Method::GET, ["api", "v1", "accounts", "verify_credentials"]) => {
            let k = caller?.user("read:accounts")?;
            Ok((200, account::own(world, k)))
        }
        (&Method::GET, ["api", "v1", "apps", "verify_credentials"]) => Ok((200, account::app(&caller?))),
        (&Method::GET, ["api", "v1", "accounts", "lookup"]) => account::lookup(world, call),
        (&Method::GET, ["api", "v1", "accounts", id]) => account::read(world, id),
        (&Method::GET, ["api", "v1", "accounts", id, "statuses"]) => statuses::list(world, call, quirks, id),
        (&Method::POST, ["api", version @ ("v1" | "v2"), "media"]) => {
            let k = caller?.user("write:media")?;
            media::upload(world, call, quirks, k, *version == "v2")
        }
        (&Method::GET, ["api", "v1", "media", id]) => media::read(world, caller?.user("write:media")?, id),
        (&Method::PUT, ["api", "v1", "media", id]) => {
            media::update(world, call, caller?.user("write:media")?, id)
        }
        (&Method::POST, ["api", "v1", "statuses"]) => {
            let caller = caller?;
            let k = caller.user("write:statuses")?;
            statuses::create(world, call, &caller, k)
        }
        (&Method::GET, ["api", "v1", "statuses", id]) => statuses::read(world, id),
        (&Method::GET, ["api", "v1", "statuses", id, "source"]) => {
            statuses::source(world, caller?.user("read:statuses")?, id)
        }
        (&Method::GET, ["api", "v1", "statuses", id, "context"]) => statuses::context(world, id),
        (&Method::PUT, ["api", "v1", "statuses", id]) => {
            statuses::edit(world, call, caller?.user("write:statuses")?, id)
        }
        (&Method::DELETE, ["api", "v1", "statuses", id]) => {
            statuses::delete(world, caller?.user("write:statuses")?, id)
        }
        (method, ["api", "v1", "scheduled_statuses", rest @ ..]) => {
            let scope = if *method == Method::GET { "read:statuses" } else { "write:statuses" };
            scheduled::routed(world, call, quirks, caller?.user(scope)?, rest)
        }
        _ => Err(Refused::not_found()),
    }
}

/// Seconds as a duration.
fn secs(secs: i64) -> SignedDuration {
    SignedDuration::from_secs(secs)
}
