//! Double of the Graph API: Pages here, Instagram accounts in the neighbouring module.
//!
//! Both listeners answer the whole Graph, because the real host is one and a Page's unpublished photo may be
//! the source of an Instagram container. Videos and stories are not doubled.

mod auth;
pub(crate) mod comments;
pub(crate) mod errors;
mod feed;
pub(crate) mod fields;
pub(crate) mod insights;
mod page;
mod photos;
mod posts;
pub(crate) mod state;

pub(crate) use auth::{Caller, owner};

use axum::http::Method;

use crate::{
    exchange::{Answer, Call},
    facebook::errors::GraphError,
    faults::{Action, Quirks},
    instagram, seed,
    state::World,
};

/// What every Graph route gives back.
pub(crate) type Reply = Result<serde_json::Value, GraphError>;

/// Path without the version, which may be any `vN.N` or absent.
fn route(call: &Call) -> Vec<&str> {
    let mut route = call.route();
    if route.first().is_some_and(|first| is_version(first)) {
        route.remove(0);
    }
    route
}

fn is_version(part: &str) -> bool {
    part.strip_prefix('v').is_some_and(|version| {
        version.split_once('.').is_some_and(|(major, minor)| {
            !major.is_empty()
                && !minor.is_empty()
                && major.bytes().chain(minor.bytes()).all(|b| b.is_ascii_digit())
        })
    })
}

pub(crate) fn classify(call: &Call) -> Action {
    let route = route(call);
    let asks = |field: &str| call.param("fields").is_some_and(|fields| fields.contains(field));
    match (&call.method, route.as_slice()) {
        (&Method::GET, ["oauth", ..]) | (&Method::DELETE, [_, "permissions"]) => Action::Login,
        (&Method::DELETE, _) => Action::Delete,
        (&Method::GET, ["me"]) => Action::Account,
        (
            &Method::GET,
            [
                _,
                "accounts" | "feed" | "posts" | "published_posts" | "scheduled_posts" | "media" | "stories"
                | "comments",
            ],
        ) => Action::List,
        (&Method::GET, [_]) if asks("status_code") => Action::Status,
        (&Method::GET, [id]) if is_account_id(id) => Action::Account,
        (&Method::GET, [_]) if route != ["debug_token"] => Action::Read,
        (&Method::POST, [_, "feed" | "media_publish" | "comments"]) => Action::Publish,
        (&Method::POST, [_, "media"]) => Action::Container,
        (&Method::POST, [_, "photos"]) => match call.param("published").as_deref() {
            Some("false" | "0") => Action::Upload,
            _ => Action::Publish,
        },
        (&Method::POST, [_]) => Action::Edit,
        _ => Action::Other,
    }
}

fn is_account_id(id: &str) -> bool {
    seed::number_of_id(id, usize::MAX, seed::facebook_page_id).is_some_and(|k| k < 1_000_000)
        || seed::number_of_id(id, usize::MAX, seed::instagram_id).is_some_and(|k| k < 1_000_000)
}

pub(crate) async fn answer(world: &World, call: &Call, quirks: Quirks) -> Answer {
    // Scheduled posts go live on the first request after their time; nobody can see the difference.
    world.graph().promote(world.now());
    let caller = auth::caller(world, call);
    let account = caller.as_ref().ok().map(Caller::account);
    let reply = match caller {
        Ok(caller) => routed(world, call, &caller, quirks).await,
        Err(error) => Err(error),
    };
    let mut answer = match reply {
        Ok(value) => Answer::json(200, &value),
        Err(error) => error.answer(world),
    };
    answer.account = account;
    errors::with_usage(answer)
}

async fn routed(world: &World, call: &Call, caller: &Caller, quirks: Quirks) -> Reply {
    let route = route(call);
    if quirks.permalink_fails && classify(call) == Action::Read {
        return Err(GraphError::server());
    }
    match (&call.method, route.as_slice()) {
        (&Method::GET, ["me"]) => page::me(world, call, caller),
        (&Method::GET, ["me", "accounts"]) => page::accounts(world, call, caller),
        (&Method::DELETE, ["me", "permissions"]) => auth::withdraw(world, caller),
        (&Method::GET, ["debug_token"]) => page::debug_token(world, call),
        (method, [node, edge @ ..]) => {
            let accounts = world.options.accounts;
            if let Some(k) = seed::number_of_id(node, accounts, seed::facebook_page_id) {
                return page_edge(world, call, caller, quirks, k, method, edge).await;
            }
            if let Some(reply) = instagram::routed(world, call, caller, quirks, node, edge).await {
                return reply;
            }
            if let Some(reply) = comments::routed(world, call, caller, node, edge) {
                return reply;
            }
            posts::routed(world, call, caller, node, edge)
        }
        _ => Err(GraphError::unknown_path(call)),
    }
}

async fn page_edge(
    world: &World,
    call: &Call,
    caller: &Caller,
    quirks: Quirks,
    k: usize,
    method: &Method,
    edge: &[&str],
) -> Reply {
    match (method, edge) {
        (&Method::GET, []) => page::read(world, call, caller, k),
        (&Method::GET, ["insights"]) => insights::page(world, call, caller, k),
        (&Method::POST, ["feed"]) => feed::create(world, call, caller, k),
        (&Method::POST, ["photos"]) => photos::create(world, call, caller, quirks, k).await,
        (&Method::GET, ["feed" | "posts" | "published_posts"]) => {
            posts::published(world, call, caller, quirks, k)
        }
        (&Method::GET, ["scheduled_posts"]) => posts::scheduled(world, call, caller, quirks, k),
        _ => Err(GraphError::unknown_path(call)),
    }
}
