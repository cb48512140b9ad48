//! Double of a Bluesky server (an AT Protocol PDS): log-in, blobs, records of one's own repository.
//!
//! Posts are checked against the rules of their lexicon, and content ids are the real ones. Feeds, likes
//! and notifications belong to another service and are refused as a lone PDS refuses them.

mod blobs;
mod cid;
mod counts;
pub(crate) mod errors;
mod post;
mod repo;
mod session;
pub(crate) mod state;

use axum::http::Method;
use serde_json::json;

use crate::{
    bluesky::errors::XrpcError,
    exchange::{Answer, Call},
    faults::{Action, Quirks},
    seed,
    state::World,
};

/// What every XRPC method gives back.
type Reply = Result<serde_json::Value, XrpcError>;

fn method(call: &Call) -> &str {
    match call.segments.as_slice() {
        [xrpc, method] if xrpc == "xrpc" => method,
        _ => "",
    }
}

pub(crate) fn classify(call: &Call) -> Action {
    match method(call) {
        "com.atproto.repo.createRecord" | "com.atproto.repo.putRecord" => Action::Publish,
        "com.atproto.repo.uploadBlob" => Action::Upload,
        "com.atproto.repo.getRecord" => Action::Read,
        "com.atproto.repo.listRecords" => Action::List,
        "com.atproto.repo.deleteRecord" => Action::Delete,
        "com.atproto.server.getSession" => Action::Account,
        "com.atproto.server.createSession"
        | "com.atproto.server.refreshSession"
        | "com.atproto.server.deleteSession" => Action::Login,
        _ => Action::Other,
    }
}

pub(crate) fn answer(world: &World, call: &Call, quirks: Quirks) -> Answer {
    let account = session::access(world, call).ok();
    let reply = match (&call.method, method(call)) {
        (&Method::POST, "com.atproto.server.createSession") => {
            if let Some(refused) = session::limit(world, call) {
                return refused;
            }
            session::create(world, call)
        }
        (&Method::POST, "com.atproto.server.refreshSession") => session::refresh(world, call),
        (&Method::POST, "com.atproto.server.deleteSession") => session::delete(world, call),
        (&Method::GET, "com.atproto.server.getSession") => session::get(world, call),
        (&Method::GET, "com.atproto.server.describeServer") => Ok(json!({
            "did": session::SERVER_DID,
            "availableUserDomains": [".test"],
            "inviteCodeRequired": false,
            "links": {},
            "contact": {},
        })),
        (&Method::GET, "com.atproto.identity.resolveHandle") => resolve_handle(world, call),
        (&Method::POST, "com.atproto.repo.uploadBlob") => blobs::upload(world, call),
        (&Method::GET, "com.atproto.sync.getBlob") => return blobs::get(world, call),
        (&Method::POST, "com.atproto.repo.createRecord") => repo::create(world, call),
        (&Method::POST, "com.atproto.repo.putRecord") => repo::put(world, call),
        (&Method::GET, "com.atproto.repo.getRecord") => repo::get(world, call),
        (&Method::GET, "com.atproto.repo.listRecords") => repo::list(world, call, quirks),
        (&Method::POST, "com.atproto.repo.deleteRecord") => repo::delete(world, call),
        (&Method::GET, "app.bsky.feed.getPosts") => counts::posts(world, call),
        (&Method::GET, "app.bsky.actor.getProfile") => counts::profile(world, call),
        (&Method::GET, "_health") => Ok(json!({"version": "0.4.217"})),
        (_, method) if method.starts_with("app.bsky.") => {
            Err(XrpcError::invalid(format!("No service configured for {method}")))
        }
        _ => Err(XrpcError::new(501, "MethodNotImplemented", "Method Not Implemented")),
    };
    let mut answer = match reply {
        Ok(value) => Answer::json(200, &value),
        Err(error) => error.answer(),
    };
    answer.account = account;
    answer
}

/// Finds the account of a handle or DID.
fn account_of(world: &World, name: &str) -> Option<usize> {
    let accounts = world.options.accounts;
    seed::number_of_did(name, accounts)
        .or_else(|| seed::number_of(&name.to_ascii_lowercase(), accounts, seed::bluesky_handle))
        .or_else(|| {
            // The digits of "vieuxmoulin1.test" are not at its end.
            (1..=accounts).find(|k| seed::bluesky_handle(*k).eq_ignore_ascii_case(name))
        })
}

fn resolve_handle(world: &World, call: &Call) -> Reply {
    let handle = required(call, "handle")?;
    account_of(world, handle.trim_start_matches('@'))
        .map(|k| json!({"did": seed::bluesky_did(k)}))
        .ok_or_else(|| XrpcError::invalid("Unable to resolve handle"))
}

fn required(call: &Call, name: &str) -> Result<String, XrpcError> {
    call.param(name).ok_or_else(|| {
        let kind = if call.method == Method::GET { "Params" } else { "Input" };
        XrpcError::invalid(format!("Error: {kind} must have the property \"{name}\""))
    })
}
