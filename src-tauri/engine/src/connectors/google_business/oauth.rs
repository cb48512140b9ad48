//! Login with the browser: code flow with PKCE on a loopback address, for the owner's own application, and
//! the renewal of the access token, which lives an hour (social-platforms reference 8.1).

use async_trait::async_trait;
use reqwest::RequestBuilder;
use secrecy::ExposeSecret;
use url::Url;

use super::GoogleBusiness;
use crate::{
    connectors::{
        Access, Credentials, Failure, FailureClass, Http, LoginDoor, OauthLogin, PendingLogin, Revocation,
        http::Deadline,
        oauth::{self, CLIENT_ID, CLIENT_SECRET, CODE_VERIFIER, REDIRECT_URI, REFRESH_TOKEN},
    },
    domain::Problem,
};

pub(super) const SCOPE: &str = "https://www.googleapis.com/auth/business.manage";
/// Where the token address is kept between the two halves of a login.
const TOKEN_HOST: &str = "token_host";
/// Purposes of `platforms.json`.
const LOGIN: &str = "login";
const TOKEN: &str = "token";

#[async_trait]
impl OauthLogin for GoogleBusiness {
    async fn begin(&self, door: &LoginDoor<'_>) -> Result<PendingLogin, Failure> {
        let own = |key: &str| door.app.get(key).map_or("", |value| value.expose_secret());
        let (state, verifier) = (oauth::random(), oauth::random());
        let mut url = Url::parse(&format!("{}/o/oauth2/v2/auth", door.host(LOGIN)))
            .map_err(|_| Failure::content("server_address_invalid"))?;
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair(CLIENT_ID, own(CLIENT_ID))
            .append_pair(REDIRECT_URI, door.redirect_uri)
            .append_pair("scope", SCOPE)
            .append_pair("state", &state)
            .append_pair("code_challenge", &oauth::challenge(&verifier))
            .append_pair("code_challenge_method", "S256")
            // Without both, a second login is given no refresh token.
            .append_pair("access_type", "offline")
            .append_pair("prompt", "consent");
        let mut secrets = Credentials::default();
        secrets.set(CLIENT_ID, own(CLIENT_ID));
        secrets.set(CLIENT_SECRET, own(CLIENT_SECRET));
        secrets.set(CODE_VERIFIER, verifier);
        secrets.set(REDIRECT_URI, door.redirect_uri);
        secrets.set(TOKEN_HOST, door.host(TOKEN));
        Ok(PendingLogin { authorize_url: url.into(), state, server: door.server.to_owned(), secrets })
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
        ];
        let request = http.client().post(format!("{}/token", secret(TOKEN_HOST))).form(&form);
        oauth::finished(http, request, login).await
    }
}

/// Gives the access back. What is dead already (400 `invalid_token`) needs no more.
pub(super) async fn revoke(access: &Access<'_>) -> Result<Revocation, Failure> {
    let token = access.credentials.get(REFRESH_TOKEN).map_or("", |token| token.expose_secret());
    let request = access.http.client().post(format!("{}/revoke", access.host(TOKEN)));
    let reply = access.http.call(request.form(&[("token", token)]), Deadline::CALL).await?;
    // Somebody else's page says nothing: whatever its status, the answer must be theirs.
    reply.json().map_err(Failure::while_looking)?;
    if reply.status.is_success() || reply.status.as_u16() == 400 {
        return Ok(Revocation::Revoked);
    }
    let problem = Problem::new("platform_error").http_status(reply.status.as_u16());
    Err(Failure::new(FailureClass::Retry, problem))
}

/// The request that renews the access token.
pub(super) fn renewal(access: &Access<'_>, credentials: &Credentials) -> RequestBuilder {
    let field = |key: &str| credentials.get(key).map_or("", |value| value.expose_secret().trim());
    let form = [
        ("grant_type", "refresh_token"),
        (CLIENT_ID, field(CLIENT_ID)),
        (CLIENT_SECRET, field(CLIENT_SECRET)),
        (REFRESH_TOKEN, field(REFRESH_TOKEN)),
    ];
    access.http.client().post(format!("{}/token", access.host(TOKEN))).form(&form)
}
