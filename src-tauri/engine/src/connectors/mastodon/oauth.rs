//! Login with the browser: this installation registers itself at the server, so nothing secret is
//! shipped with the program; code flow with PKCE (S256).

use async_trait::async_trait;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use url::Url;

use super::{Mastodon, SCOPES, SERVER, client::ACCESS_TOKEN, errors};
use crate::{
    connectors::{
        Access, Credentials, Failure, FailureClass, Http, LoginDoor, OauthLogin, PendingLogin, Revocation,
        address::server_base,
        http::{Deadline, Reply},
        oauth::{self, CLIENT_ID, CLIENT_SECRET, CODE_VERIFIER, REDIRECT_URI},
    },
    domain::Problem,
};

#[async_trait]
impl OauthLogin for Mastodon {
    async fn begin(&self, door: &LoginDoor<'_>) -> Result<PendingLogin, Failure> {
        let LoginDoor { http, redirect_uri, .. } = *door;
        let base = server_base(door.server).ok_or_else(|| Failure::content("server_address_invalid"))?;
        let app = register(http, &base, redirect_uri).await?;
        let field = |key: &str| app.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        let (Some(id), Some(secret)) = (field(CLIENT_ID), field(CLIENT_SECRET)) else {
            return Err(Failure::content("server_not_compatible"));
        };
        let (state, verifier) = (oauth::random(), oauth::random());
        let mut url = Url::parse(&format!("{base}/oauth/authorize"))
            .map_err(|_| Failure::content("server_address_invalid"))?;
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair(CLIENT_ID, id)
            .append_pair(REDIRECT_URI, redirect_uri)
            .append_pair("scope", &SCOPES.join(" "))
            .append_pair("state", &state)
            .append_pair("code_challenge", &oauth::challenge(&verifier))
            .append_pair("code_challenge_method", "S256");
        let mut secrets = Credentials::default();
        secrets.set(CLIENT_ID, id);
        secrets.set(CLIENT_SECRET, secret);
        secrets.set(CODE_VERIFIER, verifier);
        secrets.set(REDIRECT_URI, redirect_uri);
        Ok(PendingLogin { authorize_url: url.into(), state, server: base, secrets })
    }

    async fn finish(&self, http: &Http, login: &PendingLogin, code: &str) -> Result<Credentials, Failure> {
        let secret = |key: &str| login.secrets.get(key).map_or("", |value| value.expose_secret());
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            (CLIENT_ID, secret(CLIENT_ID)),
            (CLIENT_SECRET, secret(CLIENT_SECRET)),
            (REDIRECT_URI, secret(REDIRECT_URI)),
            (CODE_VERIFIER, secret(CODE_VERIFIER)),
            ("scope", &SCOPES.join(" ")),
        ];
        let request = http.client().post(format!("{}/oauth/token", login.server)).form(&form);
        let reply = http.call(request, Deadline::CALL).await?;
        let answer = accept(&reply, "login_refused")?;
        let token = answer.get(ACCESS_TOKEN).and_then(Value::as_str).filter(|token| !token.is_empty());
        let token = token.ok_or_else(|| Failure::content("server_not_compatible"))?;
        let mut credentials = Credentials::default();
        credentials.set(SERVER, &login.server);
        credentials.set(ACCESS_TOKEN, token);
        // Only the application that got the token may take it back.
        for key in [CLIENT_ID, CLIENT_SECRET] {
            credentials.set(key, secret(key));
        }
        Ok(credentials)
    }
}

/// Takes a token back (`POST /oauth/revoke`, social-platforms reference 4.1). A token that the owner
/// pasted belongs to an application whose secret is not known here.
pub(super) async fn revoke(access: &Access<'_>) -> Result<Revocation, Failure> {
    let secret = |key: &str| access.credentials.get(key).map(ExposeSecret::expose_secret);
    let (Some(id), Some(client_secret), Some(token)) =
        (secret(CLIENT_ID), secret(CLIENT_SECRET), secret(ACCESS_TOKEN))
    else {
        return Ok(Revocation::NotOffered);
    };
    let form = [(CLIENT_ID, id), (CLIENT_SECRET, client_secret), ("token", token)];
    let request = access.http.client().post(format!("{}/oauth/revoke", access.base_url)).form(&form);
    let reply = access.http.call(request, Deadline::CALL).await?;
    if errors::is_bare(&reply) && reply.status.is_success() {
        return Ok(Revocation::Revoked);
    }
    match accept(&reply, "revocation_refused") {
        Ok(answer) if answer.get("error").is_none() => Ok(Revocation::Revoked),
        Ok(_) => Err(Failure::content("revocation_refused")),
        Err(failure) if matches!(reply.status.as_u16(), 404 | 410 | 501) && reply.json.is_some() => {
            tracing::info!(code = failure.problem.code, "This server cannot take a token back.");
            Ok(Revocation::NotOffered)
        }
        Err(failure) => Err(failure),
    }
}

async fn register(http: &Http, base: &str, redirect_uri: &str) -> Result<Value, Failure> {
    let mut body = json!({
        "client_name": "Le Vieux Moulin",
        "redirect_uris": [redirect_uri],
        "scopes": SCOPES.join(" "),
    });
    let request = |body: &Value| http.client().post(format!("{base}/api/v1/apps")).json(body);
    let mut reply = http.call(request(&body), Deadline::CALL).await?;
    if reply.status.is_client_error() && reply.status != 429 {
        // Servers before 4.3 take one address, not a list.
        if let Some(fields) = body.as_object_mut() {
            fields.insert("redirect_uris".into(), json!(redirect_uri));
        }
        reply = http.call(request(&body), Deadline::CALL).await?;
    }
    accept(&reply, "server_not_compatible").cloned()
}

/// Errors: `Retry` for what may pass, `Content` with this code for a definite no. The words of the
/// server are not kept: they may repeat what was sent.
fn accept<'a>(reply: &'a Reply, refused: &str) -> Result<&'a Value, Failure> {
    let problem = |code: &str| Problem::new(code).http_status(reply.status.as_u16());
    match (&reply.json, reply.status) {
        (Some(json), status) if status.is_success() && json.is_object() => Ok(json),
        (_, status) if status == 429 || status.is_server_error() => {
            Err(Failure::new(FailureClass::Retry, problem("platform_unavailable")))
        }
        (Some(_), status) if status.is_client_error() => {
            Err(Failure::new(FailureClass::Content, problem(refused)))
        }
        (None, status) if status == 404 => Err(Failure::content("server_not_compatible")),
        _ => Err(Failure::new(FailureClass::Retry, problem("unreadable_answer"))),
    }
}
