//! Double of Pinterest API v5 for one board per account: the login, who am I, boards, pins with a picture
//! in base64. Each renewal gives a new refresh token and the old one dies.
//!
//! Pictures by address, several pictures, videos, sections and figures are not doubled.

mod analytics;
pub(crate) mod errors;
mod pins;
pub(crate) mod state;

use axum::{body::Bytes, http::Method};
use serde_json::{Value, json};

use crate::{
    consent::{self, Rules},
    exchange::{Answer, Call},
    faults::{Action, Quirks},
    pinterest::errors::Refused,
    platform::Platform,
    seed,
    state::World,
};

/// Status and body.
type Reply = Result<(u16, Value), Refused>;

const RULES: Rules = Rules {
    platform: Platform::Pinterest,
    scopes: &["boards:read", "boards:write", "pins:read", "pins:write", "user_accounts:read"],
    separator: ',',
    access_secs: 30 * 24 * 3600,
    refresh_secs: Some(60 * 24 * 3600),
    rotates: true,
    basic: true,
    refuse: errors::refuse_grant,
};

pub(crate) fn classify(call: &Call) -> Action {
    match (call.method.as_str(), call.route().as_slice()) {
        (_, ["oauth"] | ["v5", "oauth", "token"]) => Action::Login,
        ("GET", ["v5", "user_account" | "boards"] | ["v5", "boards", _]) => Action::Account,
        ("GET", ["v5", "boards", _, "pins"]) => Action::List,
        ("POST", ["v5", "pins"]) => Action::Publish,
        ("GET", ["v5", "pins", _]) => Action::Read,
        ("PATCH", ["v5", "pins", _]) => Action::Edit,
        ("DELETE", ["v5", "pins", _]) => Action::Delete,
        _ => Action::Other,
    }
}

pub(crate) fn answer(world: &World, call: &Call, quirks: Quirks) -> Answer {
    let route = call.route();
    match (&call.method, route.as_slice()) {
        (&Method::GET, ["oauth"]) => return consent::ask(world, call, &RULES),
        (&Method::POST, ["oauth"]) => {
            return consent::decide(world, &mut world.pinterest().desk, call, &RULES);
        }
        (&Method::POST, ["v5", "oauth", "token"]) => {
            return consent::exchange(world, &mut world.pinterest().desk, call, &RULES);
        }
        _ => {}
    }
    let Some(k) = consent::account_of(world, &world.pinterest().desk, call, &RULES) else {
        return Refused::unauthorized().answer();
    };
    let own_board = seed::pinterest_board_id(k);
    let reply = match (&call.method, route.as_slice()) {
        (&Method::GET, ["v5", "user_account"]) => Ok((200, account(world, k))),
        (&Method::GET, ["v5", "user_account", "analytics"]) => analytics::account(world, call, k),
        (&Method::GET, ["v5", "pins", id, "analytics"]) => analytics::pin(world, call, k, id),
        (&Method::GET, ["v5", "boards"]) => pins::boards(call, k),
        (&Method::GET, ["v5", "boards", id]) if *id == own_board => Ok((200, pins::board(k))),
        (&Method::GET, ["v5", "boards", id, "pins"]) if *id == own_board => {
            pins::list(world, call, k, quirks)
        }
        (_, ["v5", "boards", ..]) => Err(Refused::new(404, 40, "Board not found.")),
        (&Method::POST, ["v5", "pins"]) => pins::create(world, call, k, quirks),
        (&Method::GET, ["v5", "pins", id]) => pins::read(world, k, id),
        (&Method::PATCH, ["v5", "pins", id]) => pins::edit(world, call, k, id),
        (&Method::DELETE, ["v5", "pins", id]) => pins::delete(world, k, id),
        _ => Err(Refused::new(404, 11, "API method not found.")),
    };
    let answer = match reply {
        Ok((204, _)) => Answer::bytes(204, "application/json", Bytes::new()),
        Ok((status, body)) => Answer::json(status, &body),
        Err(refused) => refused.answer(),
    };
    answer.for_account(seed::pinterest_username(k))
}

fn account(world: &World, k: usize) -> Value {
    let pins = world.pinterest().pins.iter().filter(|pin| pin.account == k && !pin.is_deleted).count();
    json!({
        "account_type": "BUSINESS",
        "id": seed::pinterest_user_id(k),
        "username": seed::pinterest_username(k),
        "business_name": seed::DISPLAY_NAME,
        "board_count": 1,
        "pin_count": pins,
        "follower_count": crate::audience::followers(95, pins),
        "following_count": 12,
        "monthly_views": 240 * pins,
    })
}
