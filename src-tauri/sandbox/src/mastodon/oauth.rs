//! Registration of an application and the authorisation code flow with PKCE.
//!
//! The page asks a person to press "Autoriser", as the real one does; there is no password.

use axum::http::Method;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::{Rng, distr::Alphanumeric};
use serde_json::json;
use url::Url;

use crate::{
    exchange::{Answer, Body, Call},
    mastodon::{
        secs,
        state::{App, Code, Grant},
    },
    media::sha256,
    pages,
    pages::words::escaped,
    seed,
    state::World,
};

const OUT_OF_BAND: &str = "urn:ietf:wg:oauth:2.0:oob";
const CODE_LIFE_SECS: i64 = 600;

/// Answers the routes that need no token; `None` for all others.
pub(super) fn routed(world: &World, call: &Call, route: &[&str]) -> Option<Answer> {
    Some(match (&call.method, route) {
        (&Method::POST, ["api", "v1", "apps"]) => register(world, call),
        (&Method::GET, ["oauth", "authorize"]) => ask(world, call),
        (&Method::POST, ["oauth", "authorize"]) => decide(world, call),
        (&Method::POST, ["oauth", "token"]) => exchange(world, call),
        (&Method::POST, ["oauth", "revoke"]) => revoke(world, call),
        (&Method::GET, [".well-known", "oauth-authorization-server"]) => describe(world),
        _ => return None,
    })
}

fn random() -> String {
    rand::rng().sample_iter(Alphanumeric).take(43).map(char::from).collect()
}

fn refused(status: u16, name: &str, words: &str) -> Answer {
    Answer::json(status, &json!({"error": name, "error_description": words}))
}

fn describe(world: &World) -> Answer {
    let base = &world.addresses().mastodon;
    Answer::json(
        200,
        &json!({
            "issuer": format!("{base}/"),
            "authorization_endpoint": format!("{base}/oauth/authorize"),
            "token_endpoint": format!("{base}/oauth/token"),
            "revocation_endpoint": format!("{base}/oauth/revoke"),
            "app_registration_endpoint": format!("{base}/api/v1/apps"),
            "scopes_supported": ["read", "write", "profile"],
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "client_credentials"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
        }),
    )
}

fn register(world: &World, call: &Call) -> Answer {
    let name = call.param("client_name").unwrap_or_default();
    let mut redirect_uris = call.list("redirect_uris");
    if redirect_uris.len() <= 1 {
        // One text may hold several addresses, a line each.
        redirect_uris = call
            .param("redirect_uris")
            .or_else(|| redirect_uris.pop())
            .unwrap_or_default()
            .split_whitespace()
            .map(|uri| uri.trim_matches(['[', ']', '"']).to_owned())
            .collect();
    }
    let is_address = |uri: &String| uri == OUT_OF_BAND || Url::parse(uri).is_ok();
    if name.trim().is_empty() || redirect_uris.is_empty() || !redirect_uris.iter().all(is_address) {
        return Answer::json(
            422,
            &json!({"error": "Validation failed: Redirect URI must be an absolute URI."}),
        );
    }
    let mut state = world.mastodon();
    let app = App {
        client_id: random(),
        client_secret: random(),
        id: state.new_number().to_string(),
        name,
        website: call.param("website").filter(|text| !text.is_empty()),
        redirect_uris,
        scopes: call.param("scopes").unwrap_or_else(|| "read".to_owned()),
    };
    let answer = Answer::json(
        200,
        &json!({
            "id": app.id,
            "name": app.name,
            "website": app.website,
            "scopes": app.scopes.split_whitespace().collect::<Vec<_>>(),
            "redirect_uri": app.redirect_uris.join("\n"),
            "redirect_uris": app.redirect_uris,
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "client_secret_expires_at": 0,
            "vapid_key": "",
        }),
    );
    state.apps.put(app);
    answer
}

/// The checked parts of an authorisation request.
struct Asked {
    app: App,
    redirect_uri: String,
    scopes: String,
    state: Option<String>,
    challenge: Option<String>,
}

fn asked(world: &World, call: &Call) -> Result<Asked, &'static str> {
    let app = call
        .param("client_id")
        .and_then(|id| world.mastodon().apps.get(&id).cloned())
        .ok_or("Client authentication failed due to unknown client.")?;
    let redirect_uri = call
        .param("redirect_uri")
        .filter(|uri| app.redirect_uris.contains(uri))
        .ok_or("The redirect uri included is not valid.")?;
    if call.param("response_type").as_deref() != Some("code") {
        return Err("The authorization server does not support this response type.");
    }
    let scopes = call.param("scope").filter(|text| !text.is_empty()).unwrap_or_else(|| "read".to_owned());
    let granted = |scope: &str| {
        let wide = scope.split(':').next().unwrap_or(scope);
        app.scopes.split_whitespace().any(|known| known == scope || known == wide)
    };
    if !scopes.split_whitespace().all(granted) {
        return Err("The requested scope is invalid, unknown, or malformed.");
    }
    let challenge = call.param("code_challenge").filter(|text| !text.is_empty());
    if challenge.is_some() && call.param("code_challenge_method").as_deref() != Some("S256") {
        return Err("The code_challenge_method must be S256.");
    }
    Ok(Asked { app, redirect_uri, scopes, state: call.param("state"), challenge })
}

fn ask(world: &World, call: &Call) -> Answer {
    let asked = match asked(world, call) {
        Ok(asked) => asked,
        Err(words) => {
            let body = format!("<main><h1>Erreur</h1><p>{}</p></main>", escaped(words));
            return Answer::html(400, pages::layout("Autorisation", "mastodon", &body));
        }
    };
    let hidden = pages::hidden_fields(&call.query);
    let accounts: Vec<String> = (1..=world.options.accounts.min(50))
        .map(|k| format!("<option value=\"{k}\">@{}</option>", seed::mastodon_username(k)))
        .collect();
    let body = format!(
        "<main><h1>Autoriser {name} ?</h1>\
         <p>{name} demande à publier pour vous ({scopes}).</p>\
         <form method=\"post\" action=\"/oauth/authorize\">{hidden}\
         <p><label>Compte <select name=\"account\">{accounts}</select></label></p>\
         <p><button class=\"main\" name=\"decision\" value=\"allow\">Autoriser</button> \
         <button name=\"decision\" value=\"deny\">Refuser</button></p></form></main>",
        name = escaped(&asked.app.name),
        scopes = escaped(&asked.scopes),
        accounts = accounts.concat(),
    );
    Answer::html(200, pages::layout("Autorisation", "mastodon", &body))
}

fn decide(world: &World, call: &Call) -> Answer {
    let asked = match asked(world, call) {
        Ok(asked) => asked,
        Err(words) => return refused(400, "invalid_request", words),
    };
    let mut answer: Vec<(&str, String)> = Vec::new();
    if call.param("decision").as_deref() == Some("deny") {
        answer.push(("error", "access_denied".to_owned()));
        answer.push((
            "error_description",
            "The resource owner or authorization server denied the request.".to_owned(),
        ));
    } else {
        let account = call
            .param("account")
            .and_then(|text| text.parse().ok())
            .filter(|k| (1..=world.options.accounts).contains(k))
            .unwrap_or(1);
        let code = random();
        world.mastodon().codes.insert(
            code.clone(),
            Code {
                client_id: asked.app.client_id,
                account,
                redirect_uri: asked.redirect_uri.clone(),
                scopes: asked.scopes,
                challenge: asked.challenge,
                created_at: world.now(),
            },
        );
        if asked.redirect_uri == OUT_OF_BAND {
            let body = format!(
                "<main><h1>Code d’autorisation</h1><p>Copiez ce code dans l’application :</p>\
                 <p><code>{code}</code></p></main>"
            );
            return Answer::html(200, pages::layout("Autorisation", "mastodon", &body));
        }
        answer.push(("code", code));
    }
    if let Some(state) = asked.state {
        answer.push(("state", state));
    }
    let Ok(mut target) = Url::parse(&asked.redirect_uri) else {
        return refused(400, "invalid_request", "The redirect uri included is not valid.");
    };
    target.query_pairs_mut().extend_pairs(answer);
    Answer::html(302, String::new()).with_header("location", target.as_str())
}

/// Reads the client from the body or from HTTP basic authentication.
fn client(world: &World, call: &Call) -> Option<App> {
    let basic = call
        .header("authorization")
        .strip_prefix("Basic ")
        .and_then(|text| base64::engine::general_purpose::STANDARD.decode(text).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let (id, secret) = match basic.as_ref().and_then(|text| text.split_once(':')) {
        Some((id, secret)) => (id.to_owned(), secret.to_owned()),
        None => (call.param("client_id")?, call.param("client_secret")?),
    };
    let state = world.mastodon();
    let app = state.apps.get(&id)?;
    (app.client_secret == secret).then(|| app.clone())
}

fn exchange(world: &World, call: &Call) -> Answer {
    if let Body::Raw(_) = call.body {
        return refused(400, "invalid_request", "The request could not be read.");
    }
    let Some(app) = client(world, call) else {
        return refused(
            401,
            "invalid_client",
            "Client authentication failed due to unknown client, no client authentication included, or \
             unsupported authentication method.",
        );
    };
    let (account, scopes) = match call.param("grant_type").as_deref() {
        Some("client_credentials") => {
            let scopes = call.param("scope").unwrap_or_else(|| "read".to_owned());
            (None, scopes)
        }
        Some("authorization_code") => match redeem(world, call, &app) {
            Some(code) => (Some(code.account), code.scopes),
            None => {
                return refused(
                    400,
                    "invalid_grant",
                    "The provided authorization grant is invalid, expired, revoked, does not match the \
                     redirection URI used in the authorization request, or was issued to another client.",
                );
            }
        },
        _ => {
            return refused(
                400,
                "unsupported_grant_type",
                "The authorization grant type is not supported by the authorization server.",
            );
        }
    };
    let token = random();
    let answer = Answer::json(
        200,
        &json!({
            "access_token": token,
            "token_type": "Bearer",
            "scope": scopes,
            "created_at": world.now().as_second(),
        }),
    );
    world.mastodon().tokens.put(Grant {
        token,
        client_id: app.client_id,
        account,
        scopes,
        is_revoked: false,
    });
    match account {
        Some(k) => answer.for_account(seed::mastodon_id(k)),
        None => answer,
    }
}

/// Uses a code up, whether it fits or not.
fn redeem(world: &World, call: &Call, app: &App) -> Option<Code> {
    let code = world.mastodon().codes.remove(&call.param("code")?)?;
    let proof =
        call.param("code_verifier").map(|verifier| URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes())));
    let fits = code.client_id == app.client_id
        && Some(&code.redirect_uri) == call.param("redirect_uri").as_ref()
        && world.now().duration_since(code.created_at) < secs(CODE_LIFE_SECS)
        && (code.challenge.is_none() || code.challenge == proof);
    fits.then_some(code)
}

fn revoke(world: &World, call: &Call) -> Answer {
    let denied = || refused(403, "unauthorized_client", "You are not authorized to revoke this token");
    let (Some(app), Some(token)) = (client(world, call), call.param("token")) else {
        return denied();
    };
    let mut state = world.mastodon();
    match state.tokens.get_mut(&token) {
        Some(known) if known.client_id == app.client_id => {
            known.is_revoked = true;
            Answer::json(200, &json!({}))
        }
        Some(_) => denied(),
        None => Answer::json(200, &json!({})),
    }
}
