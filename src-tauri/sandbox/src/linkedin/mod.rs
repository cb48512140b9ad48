//! Double of LinkedIn's versioned REST API for the page of one organisation per account: roles,
//! organisation, pictures, posts, and the login that gives a token.
//!
//! As in the real one a new post is named in a header only, the words are in a notation whose bare reserved
//! characters cut the text, and the same words twice are refused with the name of the first. Comments,
//! videos and documents are not doubled.

pub(crate) mod errors;
mod images;
mod oauth;
mod posts;
pub(crate) mod state;
mod statistics;
mod text;

use axum::http::Method;
use serde_json::json;

use crate::{
    exchange::{Answer, Call},
    faults::{Action, Quirks},
    linkedin::errors::Refused,
    seed,
    state::World,
};

/// Header with the name of a new post.
pub(crate) const ID_HEADER: &str = "x-restli-id";
/// Oldest version that still works, of a world in which it is November 2026.
const OLDEST_VERSION: &str = "202512";

/// What every call gives back.
type Reply = Result<Answer, Refused>;

pub(crate) fn classify(call: &Call) -> Action {
    match (&call.method, call.route().as_slice()) {
        (_, ["oauth", ..]) => Action::Login,
        (&Method::POST, ["rest", "posts"]) => Action::Publish,
        (&Method::GET, ["rest", "posts"]) => Action::List,
        (&Method::GET, ["rest", "posts", _]) => Action::Read,
        (&Method::POST, ["rest", "posts", _]) => Action::Edit,
        (&Method::DELETE, ["rest", "posts", _]) => Action::Delete,
        (&Method::POST, ["rest", "images"]) | (&Method::PUT, ["dms-uploads", ..]) => Action::Upload,
        (&Method::GET, ["rest", "images", _]) => Action::Status,
        (&Method::GET, ["rest", "organizationAcls" | "organizations", ..]) => Action::Account,
        _ => Action::Other,
    }
}

pub(crate) fn answer(world: &World, call: &Call, quirks: Quirks) -> Answer {
    let route = call.route();
    if let Some(answer) = oauth::routed(world, call, &route) {
        return answer;
    }
    // The address of an upload is signed by itself.
    if let (&Method::PUT, ["dms-uploads", image, "uploaded-image", "0"]) = (&call.method, route.as_slice()) {
        return images::put(world, call, image).unwrap_or_else(|refused| refused.answer());
    }
    let Some(k) = caller(world, call) else { return Refused::revoked_token().answer() };
    let reply = check_headers(call).and_then(|()| match (&call.method, route.as_slice()) {
        (&Method::GET, ["rest", "organizationAcls"]) => roles(call, k),
        (&Method::GET, ["rest", "organizations", id]) => organization(k, id),
        (&Method::GET, ["rest", "organizationalEntityShareStatistics"]) => {
            statistics::of_posts(world, call, k)
        }
        (&Method::GET, ["rest", "networkSizes", urn]) => statistics::followers_of(world, call, urn, k),
        (&Method::POST, ["rest", "images"]) => images::initialize(world, call, k, quirks),
        (&Method::GET, ["rest", "images", urn]) => images::read(world, urn, k),
        (&Method::POST, ["rest", "posts"]) => posts::create(world, call, k),
        (&Method::GET, ["rest", "posts"]) => posts::list(world, call, k, quirks),
        (&Method::GET, ["rest", "posts", urn]) => posts::read(world, urn, k),
        (&Method::POST, ["rest", "posts", urn]) => posts::edit(world, call, urn, k),
        (&Method::DELETE, ["rest", "posts", urn]) => posts::delete(world, call, urn, k),
        _ => Err(Refused::new(404, "NOT_FOUND", "No virtual resource found")),
    });
    reply.unwrap_or_else(|refused| refused.answer()).for_account(seed::linkedin_organization(k))
}

fn caller(world: &World, call: &Call) -> Option<usize> {
    let token = call.bearer()?;
    let granted = world.linkedin().account_of(token);
    granted.or_else(|| seed::number_of(token, world.options.accounts, seed::linkedin_token))
}

fn check_headers(call: &Call) -> Result<(), Refused> {
    let version = call.header("linkedin-version");
    if version.is_empty() {
        return Err(Refused::new(400, "VERSION_MISSING", "A version must be present"));
    }
    let is_version = version.len() == 6 && version.chars().all(|c| c.is_ascii_digit());
    if !is_version || version < OLDEST_VERSION {
        let words = format!("Requested version {version} is not active");
        return Err(Refused::new(426, "NONEXISTENT_VERSION", &words));
    }
    if call.header("x-restli-protocol-version") != "2.0.0" {
        return Err(Refused::new(400, "ILLEGAL_ARGUMENT", "X-RestLi-Protocol-Version must be 2.0.0"));
    }
    Ok(())
}

/// Some calls of one address are told apart by this header only.
fn must_say(call: &Call, method: &str) -> Result<(), Refused> {
    if call.header("x-restli-method").eq_ignore_ascii_case(method) {
        Ok(())
    } else {
        Err(Refused::new(400, "ILLEGAL_ARGUMENT", &format!("X-RestLi-Method must be {method}")))
    }
}

fn roles(call: &Call, k: usize) -> Reply {
    must_say(call, "FINDER")?;
    if call.param("q").as_deref() != Some("roleAssignee") {
        return Err(Refused::new(400, "ILLEGAL_ARGUMENT", "Unknown finder"));
    }
    let element = json!({
        "role": "ADMINISTRATOR",
        "state": "APPROVED",
        "organization": seed::linkedin_organization_urn(k),
        "roleAssignee": format!("urn:li:person:sandbox{k}"),
    });
    Ok(Answer::json(200, &json!({"paging": {"start": 0, "count": 10, "links": []}, "elements": [element]})))
}

fn organization(k: usize, id: &str) -> Reply {
    if id != seed::linkedin_organization(k) {
        return Err(Refused::new(
            403,
            "ACCESS_DENIED",
            "Member does not have permission to view the organization",
        ));
    }
    Ok(Answer::json(
        200,
        &json!({
            "id": id.parse::<u64>().unwrap_or(0),
            "localizedName": seed::DISPLAY_NAME,
            "vanityName": seed::linkedin_vanity_name(k),
            "primaryOrganizationType": "NONE",
        }),
    ))
}
