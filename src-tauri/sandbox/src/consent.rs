//! Logging in with the browser on networks where the owner brings an application of his own (OAuth 2): the
//! page that asks, the exchange of the code, the renewal of tokens that end.
//!
//! Tokens say of themselves whose they are and when they end, so that a sandbox that forgot everything still
//! knows them; remembered is only what replaced or revoked them.

use std::collections::BTreeMap;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jiff::{SignedDuration, Timestamp};
use rand::{Rng, distr::Alphanumeric};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::{Host, Url};

use crate::{
    exchange::{Answer, Call},
    media::sha256,
    pages,
    pages::words::escaped,
    platform::Platform,
    seed,
    state::World,
};

const CODE_LIFE: SignedDuration = SignedDuration::from_mins(10);

/// How one network grants.
pub(crate) struct Rules {
    pub platform: Platform,
    /// Permissions that exist, and how a list of them is written.
    pub scopes: &'static [&'static str],
    pub separator: char,
    /// Seconds that an access token lives.
    pub access_secs: i64,
    /// Seconds that a refresh token lives, where the network says it.
    pub refresh_secs: Option<i64>,
    /// Each renewal gives a new refresh token, and the old one dies.
    pub rotates: bool,
    /// The application says who it is in the header, else in the form.
    pub basic: bool,
    /// Words of a refusal in the network's own form: status, name of RFC 6749.
    pub refuse: fn(u16, &str) -> Answer,
}

/// What one network remembers of its grants.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Desk {
    codes: BTreeMap<String, Code>,
    /// By account: number of its newest refresh token.
    newest: BTreeMap<usize, u64>,
    /// By account: tokens up to this number are dead.
    revoked: BTreeMap<usize, u64>,
    given: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct Code {
    account: usize,
    redirect_uri: String,
    challenge: Option<String>,
    created_at: Timestamp,
}

struct Asked {
    redirect_uri: Url,
    state: String,
    challenge: Option<String>,
}

fn asked(call: &Call, rules: &Rules) -> Result<Asked, &'static str> {
    if call.param("client_id").as_deref() != Some(seed::oauth_client_id(rules.platform).as_str()) {
        return Err("Cette application n’existe pas.");
    }
    if call.param("response_type").as_deref() != Some("code") {
        return Err("response_type doit être « code ».");
    }
    let redirect_uri = call.param("redirect_uri").and_then(|uri| Url::parse(&uri).ok());
    let is_here = |uri: &Url| match uri.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        _ => false,
    };
    let redirect_uri = redirect_uri.filter(is_here).ok_or("Cette adresse de retour n’est pas permise.")?;
    let scope = call.param("scope").unwrap_or_default();
    let mut wanted = scope.split(rules.separator).filter(|one| !one.is_empty()).peekable();
    if wanted.peek().is_none() || !wanted.all(|one| rules.scopes.contains(&one)) {
        return Err("Ces permissions n’existent pas.");
    }
    let challenge = call.param("code_challenge").filter(|text| !text.is_empty());
    if challenge.is_some() && call.param("code_challenge_method").as_deref() != Some("S256") {
        return Err("code_challenge_method doit être S256.");
    }
    Ok(Asked { redirect_uri, state: call.param("state").unwrap_or_default(), challenge })
}

/// The page that asks a person; it posts to its own address.
pub(crate) fn ask(world: &World, call: &Call, rules: &Rules) -> Answer {
    let network = rules.platform.name();
    if let Err(words) = asked(call, rules) {
        let body = format!("<main><h1>Erreur</h1><p>{}</p></main>", escaped(words));
        return Answer::html(400, pages::layout("Autorisation", network, &body));
    }
    let hidden = pages::hidden_fields(&call.query);
    let accounts: Vec<String> = (1..=world.options.accounts.min(50))
        .map(|k| format!("<option value=\"{k}\">{} {k}</option>", seed::DISPLAY_NAME))
        .collect();
    let body = format!(
        "<main><h1>Autoriser Le Vieux Moulin ?</h1><p>L’application demande à publier pour vous.</p>\
         <form method=\"post\" action=\"{}\">{}\
         <p><label>Compte <select name=\"account\">{}</select></label></p>\
         <p><button class=\"main\" name=\"decision\" value=\"allow\">Autoriser</button> \
         <button name=\"decision\" value=\"deny\">Refuser</button></p></form></main>",
        escaped(&call.path),
        hidden,
        accounts.concat(),
    );
    Answer::html(200, pages::layout("Autorisation", network, &body))
}

/// What the person pressed: back to the program.
pub(crate) fn decide(world: &World, desk: &mut Desk, call: &Call, rules: &Rules) -> Answer {
    let Asked { mut redirect_uri, state, challenge } = match asked(call, rules) {
        Ok(asked) => asked,
        Err(words) => return (rules.refuse)(400, words),
    };
    let back = redirect_uri.to_string();
    if call.param("decision").as_deref() == Some("deny") {
        redirect_uri.query_pairs_mut().append_pair("error", "access_denied").append_pair("state", &state);
    } else {
        let account = call.param("account").and_then(|text| text.parse().ok());
        let account = account.filter(|k| (1..=world.options.accounts).contains(k)).unwrap_or(1);
        let code: String = rand::rng().sample_iter(Alphanumeric).take(40).map(char::from).collect();
        redirect_uri.query_pairs_mut().append_pair("code", &code).append_pair("state", &state);
        let created_at = world.now();
        desk.codes.insert(code, Code { account, redirect_uri: back, challenge, created_at });
    }
    Answer::html(302, String::new()).with_header("location", redirect_uri.as_str())
}

/// The token address: a code or a refresh token for an access token.
pub(crate) fn exchange(world: &World, desk: &mut Desk, call: &Call, rules: &Rules) -> Answer {
    if !is_our_application(call, rules) {
        return (rules.refuse)(401, "invalid_client");
    }
    let now = world.now();
    let (account, is_first) = match call.param("grant_type").as_deref() {
        Some("authorization_code") => (redeem(desk, call, now), true),
        Some("refresh_token") => (known_refresh(world, desk, call, rules), false),
        _ => return (rules.refuse)(400, "unsupported_grant_type"),
    };
    let Some(account) = account else { return (rules.refuse)(400, "invalid_grant") };
    desk.given += 1;
    let until = now.as_second() + rules.access_secs;
    let name = rules.platform.name();
    let mut answer = json!({
        "access_token": format!("sandbox-{name}-access-{account}-{}-{until}", desk.given),
        "expires_in": rules.access_secs,
        "scope": rules.scopes.join(rules.separator.to_string().as_str()),
        "token_type": "bearer",
    });
    if is_first || rules.rotates {
        let number = if rules.rotates { desk.newest.get(&account).copied().unwrap_or(0) + 1 } else { 0 };
        if rules.rotates {
            desk.newest.insert(account, number);
        }
        answer["refresh_token"] = json!(seed::oauth_refresh_token_numbered(rules.platform, account, number));
        if let Some(secs) = rules.refresh_secs {
            answer["refresh_token_expires_in"] = json!(secs);
        }
    }
    Answer::json(200, &answer)
}

fn is_our_application(call: &Call, rules: &Rules) -> bool {
    let ours = (seed::oauth_client_id(rules.platform), seed::oauth_client_secret(rules.platform));
    let given = if rules.basic {
        let decoded = call
            .header("authorization")
            .strip_prefix("Basic ")
            .and_then(|text| STANDARD.decode(text).ok())
            .and_then(|bytes| String::from_utf8(bytes).ok());
        decoded
            .as_deref()
            .and_then(|text| text.split_once(':'))
            .map(|(id, secret)| (id.into(), secret.into()))
    } else {
        call.param("client_id").zip(call.param("client_secret"))
    };
    given == Some(ours)
}

/// Uses a code up, whether it fits or not.
fn redeem(desk: &mut Desk, call: &Call, now: Timestamp) -> Option<usize> {
    let code = desk.codes.remove(&call.param("code")?)?;
    let proof =
        call.param("code_verifier").map(|verifier| URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes())));
    let fits = Some(&code.redirect_uri) == call.param("redirect_uri").as_ref()
        && now.duration_since(code.created_at) < CODE_LIFE
        && (code.challenge.is_none() || code.challenge == proof);
    fits.then_some(code.account)
}

fn known_refresh(world: &World, desk: &Desk, call: &Call, rules: &Rules) -> Option<usize> {
    let token = call.param("refresh_token")?;
    let rest = token.strip_prefix("sandbox-")?.strip_prefix(rules.platform.name())?;
    let (account, number) = rest.strip_prefix("-refresh-")?.split_once('-')?;
    let (account, number): (usize, u64) = (account.parse().ok()?, number.parse().ok()?);
    let is_newest = !rules.rotates || number >= desk.newest.get(&account).copied().unwrap_or(0);
    let is_alive = !desk.revoked.contains_key(&account);
    (is_newest && is_alive && (1..=world.options.accounts).contains(&account)).then_some(account)
}

/// The account of the access token of a call.
pub(crate) fn account_of(world: &World, desk: &Desk, call: &Call, rules: &Rules) -> Option<usize> {
    let rest = call.bearer()?.strip_prefix("sandbox-")?.strip_prefix(rules.platform.name())?;
    let mut parts = rest.strip_prefix("-access-")?.split('-');
    let account: usize = parts.next()?.parse().ok()?;
    let number: u64 = parts.next()?.parse().ok()?;
    let until: i64 = parts.next()?.parse().ok()?;
    let is_dead = desk.revoked.get(&account).is_some_and(|last| number <= *last);
    let is_known = (1..=world.options.accounts).contains(&account);
    (is_known && !is_dead && world.now().as_second() < until).then_some(account)
}

/// Withdraws everything that was granted for the account of a token.
pub(crate) fn revoke(desk: &mut Desk, token: &str, rules: &Rules) -> bool {
    let rest = token.strip_prefix("sandbox-").and_then(|rest| rest.strip_prefix(rules.platform.name()));
    let account = rest
        .and_then(|rest| rest.strip_prefix("-refresh-").or_else(|| rest.strip_prefix("-access-")))
        .and_then(|rest| rest.split('-').next()?.parse::<usize>().ok());
    let given = desk.given;
    account.is_some_and(|account| desk.revoked.insert(account, given).is_none())
}

/// `{"error", "error_description"}` of RFC 6749.
pub(crate) fn standard_refusal(status: u16, name: &str) -> Answer {
    let body: Value = json!({"error": name, "error_description": "The request was refused."});
    Answer::json(status, &body)
}
