//! Double of Threads: the profile, containers, publication, the account's posts and its token.
//!
//! It speaks with the Graph's envelope, on a host and with tokens of its own. Films, replies, polls and
//! insights are not doubled.

mod account;
mod containers;
pub(crate) mod errors;
mod insights;
pub(crate) mod state;

use axum::http::Method;

use crate::{
    exchange::{Answer, Call},
    facebook::{self, Reply, errors::GraphError, errors::with_usage},
    faults::{Action, Quirks},
    seed,
    state::World,
};

/// Path without the version, which may be absent.
fn route(call: &Call) -> Vec<&str> {
    let mut route = call.route();
    if route.first() == Some(&"v1.0") {
        route.remove(0);
    }
    route
}

pub(crate) fn classify(call: &Call) -> Action {
    let route = route(call);
    let asks = |field: &str| call.param("fields").is_some_and(|fields| fields.split(',').any(|f| f == field));
    match (&call.method, route.as_slice()) {
        (&Method::DELETE, _) => Action::Delete,
        (&Method::GET, ["refresh_access_token"]) => Action::Login,
        (&Method::GET, ["me"]) => Action::Account,
        (&Method::GET, [_, "threads"]) => Action::List,
        (&Method::GET, [_]) if asks("status") => Action::Status,
        (&Method::GET, [_]) => Action::Read,
        (&Method::POST, [_, "threads_publish"]) => Action::Publish,
        (&Method::POST, [_, "threads"]) => Action::Container,
        _ => facebook::classify(call),
    }
}

pub(crate) async fn answer(world: &World, call: &Call, quirks: Quirks) -> Answer {
    // The Graph has a host of its own in reality; here a Page's token is answered at the same place, because
    // a photo of the Page may be the source of a container.
    if account::is_pages(world, call) {
        return facebook::answer(world, call, quirks).await;
    }
    let caller = account::caller(world, call);
    let owner = caller.as_ref().ok().map(|k| seed::threads_id(*k));
    let reply = match caller {
        Ok(k) => routed(world, call, quirks, k).await,
        Err(error) => Err(error),
    };
    let mut answer = match reply {
        Ok(value) => Answer::json(200, &value),
        Err(error) => error.answer(world),
    };
    answer.account = owner;
    with_usage(answer)
}

async fn routed(world: &World, call: &Call, quirks: Quirks, k: usize) -> Reply {
    let route = route(call);
    if quirks.permalink_fails && classify(call) == Action::Read {
        return Err(GraphError::server());
    }
    let own = seed::threads_id(k);
    match (&call.method, route.as_slice()) {
        (&Method::GET, ["refresh_access_token"]) => account::refresh(world, call, k),
        (&Method::GET, ["me"]) => account::read(call, k),
        (method, [node, edge @ ..]) if *node == own => match (method, edge) {
            (&Method::GET, []) => account::read(call, k),
            (&Method::GET, ["threads"]) => account::posts(world, call, quirks, k),
            (&Method::GET, ["threads_publishing_limit"]) => account::limit(world, call, k),
            (&Method::GET, ["threads_insights"]) => insights::account(world, call, k),
            (&Method::POST, ["threads"]) => containers::create(world, call, quirks, k).await,
            (&Method::POST, ["threads_publish"]) => containers::publish(world, call, k),
            _ => Err(GraphError::unknown_path(call)),
        },
        (&Method::GET, [id]) if containers::is_own(world, id, k) => containers::status(world, call, id),
        (&Method::GET, [id]) => account::one(world, call, id, k),
        (&Method::GET, [id, "insights"]) => insights::post(world, call, id, k),
        (&Method::DELETE, [id]) => account::delete(world, id, k),
        _ => Err(GraphError::unknown_path(call)),
    }
}
