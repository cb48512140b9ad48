//! The login with PKCE, and the renewal: each refresh token works once. The seeded one stands for a new
//! login and works every time.

use axum::http::Method;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use serde_json::json;
use url::Url;

use crate::{
    exchange::{Answer, Call},
    media::sha256,
    pages::{self, words::escaped},
    seed,
    state::World,
    x::state::{Access, Code},
};

const CODE_LIFE: SignedDuration = SignedDuration::from_secs(30);
const ACCESS_LIFE_SECS: i64 = 7200;

/// Answers the routes of the login; `None` for all others.
pub(super) fn routed(world: &World, call: &Call, route: &[&str]) -> Option<Answer> {
    Some(match (&call.method, route) {
        (&Method::GET, ["i", "oauth2", "authorize"]) => ask(call),
        (&Method::POST, ["i", "oauth2", "authorize"]) => decide(world, call),
        (&Method::POST, ["2", "oauth2", "token"]) => exchange(world, call),
        _ => return None,
    })
}

fn refused(name: &str, words: &str) -> Answer {
    Answer::json(400, &json!({"error": name, "error_description": words}))
}

/// X takes 127.0.0.1 and no `localhost`.
fn redirect_uri(call: &Call) -> Option<Url> {
    let url = Url::parse(&call.param("redirect_uri")?).ok()?;
    (url.host_str() == Some("127.0.0.1")).then_some(url)
}

fn ask(call: &Call) -> Answer {
    let fits = call.param("client_id").as_deref() == Some(seed::X_CLIENT_ID)
        && call.param("response_type").as_deref() == Some("code")
        && call.param("code_challenge_method").as_deref() == Some("S256")
        && call.param("code_challenge").is_some_and(|challenge| challenge.len() == 43)
        && redirect_uri(call).is_some();
    if !fits {
        let body = "<main><h1>Erreur</h1><p>Something went wrong</p></main>";
        return Answer::html(400, pages::layout("Autorisation", "x", body));
    }
    let hidden = pages::hidden_fields(&call.query);
    let body = format!(
        "<main><h1>Autoriser Le Vieux Moulin ?</h1><p>{}</p>\
         <form method=\"post\" action=\"/i/oauth2/authorize\">{hidden}\
         <p><button class=\"main\" name=\"decision\" value=\"allow\">Autoriser</button> \
         <button name=\"decision\" value=\"deny\">Refuser</button></p></form></main>",
        escaped(&call.param("scope").unwrap_or_default()),
    );
    Answer::html(200, pages::layout("Autorisation", "x", &body))
}

fn decide(world: &World, call: &Call) -> Answer {
    let Some(mut target) = redirect_uri(call) else {
        return refused("invalid_request", "Value passed for the redirect uri did not match");
    };
    if call.param("decision").as_deref() == Some("allow") {
        let mut state = world.x();
        let code = format!("sandbox-x-code-{}", state.next_number());
        let given = Code {
            account: call.param("account").and_then(|k| k.parse().ok()).unwrap_or(1),
            redirect_uri: target.to_string(),
            challenge: call.param("code_challenge").unwrap_or_default(),
            scope: call.param("scope").unwrap_or_default(),
            created_at: world.now(),
        };
        state.codes.insert(code.clone(), given);
        target.query_pairs_mut().append_pair("code", &code);
    } else {
        target.query_pairs_mut().append_pair("error", "access_denied");
    }
    target.query_pairs_mut().append_pair("state", &call.param("state").unwrap_or_default());
    Answer::html(302, String::new()).with_header("location", target.as_str())
}

fn exchange(world: &World, call: &Call) -> Answer {
    if call.param("client_id").as_deref() != Some(seed::X_CLIENT_ID) {
        return refused("invalid_client", "Missing or invalid client id");
    }
    let mut state = world.x();
    let now = world.now();
    let invalid = || refused("invalid_request", "Value passed for the token was invalid.");
    let (account, scope) = match call.param("grant_type").as_deref() {
        Some("authorization_code") => {
            let proof = call.param("code_verifier").unwrap_or_default();
            let proof = URL_SAFE_NO_PAD.encode(sha256(proof.as_bytes()));
            // A code works once, whether it fits or not.
            let code = call.param("code").and_then(|code| state.codes.remove(&code)).filter(|code| {
                code.challenge == proof
                    && call.param("redirect_uri").as_ref() == Some(&code.redirect_uri)
                    && now.duration_since(code.created_at) < CODE_LIFE
            });
            let Some(code) = code else { return invalid() };
            (code.account, code.scope)
        }
        Some("refresh_token") => {
            let token = call.param("refresh_token").unwrap_or_default();
            let seeded = || seed::number_of(&token, world.options.accounts, seed::x_refresh_token);
            let Some(account) = state.refresh.remove(&token).or_else(seeded) else { return invalid() };
            (account, "tweet.read tweet.write users.read media.write offline.access".to_owned())
        }
        _ => return refused("unsupported_grant_type", "The grant type is not supported"),
    };
    let (access, refresh) = {
        let number = state.next_number();
        (format!("sandbox-x-access-granted-{number}"), format!("sandbox-x-refresh-granted-{number}"))
    };
    let ends_at = now.checked_add(SignedDuration::from_secs(ACCESS_LIFE_SECS)).unwrap_or(now);
    state.access.insert(access.clone(), Access { account, ends_at });
    let mut answer = json!({"token_type": "bearer", "expires_in": ACCESS_LIFE_SECS, "access_token": access, "scope": scope});
    if scope.contains("offline.access") {
        state.refresh.insert(refresh.clone(), account);
        answer["refresh_token"] = json!(refresh);
    }
    Answer::json(200, &answer).for_account(seed::x_id(account))
}
