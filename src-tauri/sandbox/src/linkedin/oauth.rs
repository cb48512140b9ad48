//! The login: a page with a button, and the exchange of the code. The application is a seeded one, and its
//! redirect address is any of this machine.

use axum::http::Method;
use jiff::SignedDuration;
use serde_json::json;
use url::Url;

use crate::{
    exchange::{Answer, Call},
    linkedin::state::Code,
    pages::{self, words::escaped},
    seed,
    state::World,
};

const CODE_LIFE: SignedDuration = SignedDuration::from_mins(30);
/// 60 days.
const TOKEN_LIFE_SECS: u64 = 5_184_000;

/// Answers the routes of the login; `None` for all others.
pub(super) fn routed(world: &World, call: &Call, route: &[&str]) -> Option<Answer> {
    Some(match (&call.method, route) {
        (&Method::GET, ["oauth", "v2", "authorization"]) => ask(call),
        (&Method::POST, ["oauth", "v2", "authorization"]) => decide(world, call),
        (&Method::POST, ["oauth", "v2", "accessToken"]) => exchange(world, call),
        _ => return None,
    })
}

fn refused(status: u16, name: &str, words: &str) -> Answer {
    Answer::json(status, &json!({"error": name, "error_description": words}))
}

fn redirect_uri(call: &Call) -> Option<Url> {
    let url = Url::parse(&call.param("redirect_uri")?).ok()?;
    matches!(url.host_str(), Some("127.0.0.1" | "localhost")).then_some(url)
}

fn ask(call: &Call) -> Answer {
    let is_ours = call.param("client_id").as_deref() == Some(seed::LINKEDIN_CLIENT_ID);
    let fits = call.param("response_type").as_deref() == Some("code") && redirect_uri(call).is_some();
    if !is_ours || !fits {
        return Answer::html(400, pages::layout("Autorisation", "linkedin", "<main><h1>Erreur</h1></main>"));
    }
    let hidden = pages::hidden_fields(&call.query);
    let body = format!(
        "<main><h1>Autoriser Le Vieux Moulin ?</h1><p>{}</p>\
         <form method=\"post\" action=\"/oauth/v2/authorization\">{hidden}\
         <p><button class=\"main\" name=\"decision\" value=\"allow\">Autoriser</button> \
         <button name=\"decision\" value=\"deny\">Refuser</button></p></form></main>",
        escaped(&call.param("scope").unwrap_or_default()),
    );
    Answer::html(200, pages::layout("Autorisation", "linkedin", &body))
}

fn decide(world: &World, call: &Call) -> Answer {
    let Some(mut target) = redirect_uri(call) else {
        return refused(400, "invalid_redirect_uri", "The redirect_uri does not match the registered value");
    };
    let state = call.param("state").unwrap_or_default();
    if call.param("decision").as_deref() == Some("allow") {
        let mut known = world.linkedin();
        let code = format!("sandbox-linkedin-code-{}", known.next_number());
        let account = call.param("account").and_then(|k| k.parse().ok()).unwrap_or(1);
        known.codes.insert(
            code.clone(),
            Code {
                account,
                redirect_uri: target.to_string(),
                scope: call.param("scope").unwrap_or_default(),
                created_at: world.now(),
            },
        );
        target.query_pairs_mut().append_pair("code", &code);
    } else {
        target.query_pairs_mut().append_pair("error", "user_cancelled_authorize");
    }
    target.query_pairs_mut().append_pair("state", &state);
    Answer::html(302, String::new()).with_header("location", target.as_str())
}

fn exchange(world: &World, call: &Call) -> Answer {
    let is_ours = call.param("client_id").as_deref() == Some(seed::LINKEDIN_CLIENT_ID)
        && call.param("client_secret").as_deref() == Some(seed::LINKEDIN_CLIENT_SECRET);
    if !is_ours {
        return refused(401, "invalid_client", "Client authentication failed");
    }
    if call.param("grant_type").as_deref() != Some("authorization_code") {
        return refused(400, "unsupported_grant_type", "This application may not renew tokens");
    }
    let mut state = world.linkedin();
    // A code works once, whether it fits or not.
    let code = call.param("code").and_then(|code| state.codes.remove(&code)).filter(|code| {
        call.param("redirect_uri").as_ref() == Some(&code.redirect_uri)
            && world.now().duration_since(code.created_at) < CODE_LIFE
    });
    let Some(code) = code else {
        return refused(
            400,
            "invalid_request",
            "Unable to retrieve access token: appid/redirect uri/code verifier does not match authorization code.",
        );
    };
    let token = format!("sandbox-linkedin-granted-{}", state.next_number());
    state.tokens.insert(token.clone(), code.account);
    Answer::json(
        200,
        &json!({"access_token": token, "expires_in": TOKEN_LIFE_SECS, "scope": code.scope.replace(' ', ","), "token_type": "Bearer"}),
    )
}
