//! Double of Google Business Profile for one profile per account: the login (accounts.google.com and
//! oauth2.googleapis.com), the two directories (account management and business information, v1) and the
//! local posts and the reviews (v4), all at one address.
//!
//! Written from the vendor's pages and not from the description of 2024: `scheduledTime` and the state
//! SCHEDULED are newer. Media gallery, menus and figures are not doubled.

pub(crate) mod errors;
mod performance;
mod posts;
mod reviews;
pub(crate) mod state;

use axum::http::Method;
use serde_json::{Value, json};

use crate::{
    consent::{self, Rules},
    exchange::{Answer, Call},
    faults::{Action, Quirks},
    google_business::errors::Refused,
    platform::Platform,
    seed,
    state::World,
};

type Reply = Result<Value, Refused>;

const RULES: Rules = Rules {
    platform: Platform::GoogleBusiness,
    scopes: &["https://www.googleapis.com/auth/business.manage"],
    separator: ' ',
    access_secs: 3599,
    refresh_secs: None,
    rotates: false,
    basic: false,
    refuse: consent::standard_refusal,
};

pub(crate) fn classify(call: &Call) -> Action {
    match (call.method.as_str(), call.route().as_slice()) {
        (_, ["token" | "revoke"] | ["o", "oauth2", "v2", "auth"]) => Action::Login,
        (_, ["v1", ..]) => Action::Account,
        ("POST", ["v4", .., "localPosts"]) | ("PUT", ["v4", .., "reviews", _, "reply"]) => Action::Publish,
        ("GET", ["v4", .., "localPosts" | "reviews"]) => Action::List,
        ("GET", ["v4", .., "localPosts" | "reviews", _]) => Action::Read,
        ("PATCH", ["v4", .., "localPosts", _]) => Action::Edit,
        ("DELETE", ["v4", .., "localPosts", _] | ["v4", .., "reviews", _, "reply"]) => Action::Delete,
        _ => Action::Other,
    }
}

pub(crate) async fn answer(world: &World, call: &Call, quirks: Quirks) -> Answer {
    let route = call.route();
    match (&call.method, route.as_slice()) {
        (&Method::GET, ["o", "oauth2", "v2", "auth"]) => return consent::ask(world, call, &RULES),
        (&Method::POST, ["o", "oauth2", "v2", "auth"]) => {
            return consent::decide(world, &mut world.google_business().desk, call, &RULES);
        }
        (&Method::POST, ["token"]) => {
            return consent::exchange(world, &mut world.google_business().desk, call, &RULES);
        }
        (&Method::POST, ["revoke"]) => {
            let token = call.param("token").unwrap_or_default();
            let is_known = consent::revoke(&mut world.google_business().desk, &token, &RULES);
            return if is_known {
                Answer::json(200, &json!({}))
            } else {
                consent::standard_refusal(400, "invalid_token")
            };
        }
        _ => {}
    }
    let Some(k) = consent::account_of(world, &world.google_business().desk, call, &RULES) else {
        return Refused::unauthenticated().answer();
    };
    let (account, location) = (seed::google_account_id(k), seed::google_location_id(k));
    let reply = match (&call.method, route.as_slice()) {
        (&Method::GET, ["v1", "accounts"]) => Ok(accounts(k)),
        (&Method::GET, ["v1", "accounts", a, "locations"]) if *a == account => directory(call, k, true),
        (&Method::GET, ["v1", "locations", l])
            if l.strip_suffix(":fetchMultiDailyMetricsTimeSeries") == Some(location.as_str()) =>
        {
            performance::days(world, call, k)
        }
        (&Method::GET, ["v1", "locations", l]) if *l == location => directory(call, k, false),
        (method, ["v4", "accounts", a, "locations", l, "localPosts", rest @ ..])
            if *a == account && *l == location =>
        {
            match (method, rest) {
                (&Method::POST, []) => posts::create(world, call, k, quirks).await,
                (&Method::GET, []) => posts::list(world, call, k, quirks),
                (&Method::GET, [id]) => posts::read(world, k, id),
                (&Method::PATCH, [id]) => posts::patch(world, call, k, id).await,
                (&Method::DELETE, [id]) => posts::delete(world, k, id),
                _ => Err(Refused::not_found()),
            }
        }
        (method, ["v4", "accounts", a, "locations", l, "reviews", rest @ ..])
            if *a == account && *l == location =>
        {
            match (method, rest) {
                (&Method::GET, []) => reviews::list(world, call, k),
                (&Method::GET, [id]) => reviews::read(world, k, id),
                (&Method::PUT, [id, "reply"]) => reviews::answer(world, call, k, id, quirks),
                (&Method::DELETE, [id, "reply"]) => reviews::take_back(world, k, id),
                _ => Err(Refused::not_found()),
            }
        }
        _ => Err(Refused::not_found()),
    };
    let answer = match reply {
        Ok(body) => Answer::json(200, &body),
        Err(refused) => refused.answer(),
    };
    answer.for_account(seed::google_profile(k))
}

fn accounts(k: usize) -> Value {
    json!({"accounts": [{
        "name": format!("accounts/{}", seed::google_account_id(k)),
        "accountName": seed::DISPLAY_NAME,
        "type": "PERSONAL",
        "verificationState": "VERIFIED",
        "vettedState": "NOT_VETTED",
    }]})
}

/// A read mask is required here, and only what it names comes back.
fn directory(call: &Call, k: usize, is_list: bool) -> Reply {
    let mask = call.param("readMask").filter(|mask| !mask.is_empty());
    let mask = mask.ok_or_else(|| Refused::invalid("read_mask", "A read mask is required."))?;
    let whole = json!({
        "name": format!("locations/{}", seed::google_location_id(k)),
        "title": seed::DISPLAY_NAME,
        "storefrontAddress": {"regionCode": "FR", "postalCode": "33590", "locality": "Vensac"},
        "metadata": {
            "mapsUri": "https://maps.google.com/maps?cid=1",
            "placeId": "ChIJsandbox",
            "hasVoiceOfMerchant": true,
        },
    });
    let mut location = json!({});
    for field in mask.split(',') {
        let value = whole.get(field).ok_or_else(|| Refused::invalid("read_mask", "Invalid field mask."))?;
        location[field] = value.clone();
    }
    Ok(if is_list { json!({"locations": [location], "totalSize": 1}) } else { location })
}
