//! Login with the browser, for the owner's own application, and the renewal of tokens: access for 30 days,
//! refresh for 60 days with a new one at each renewal (social-platforms reference, section 11).
//!
//! The redirect address must be registered at Pinterest letter by letter, so its port is fixed. Pinterest
//! documents no PKCE and the application's secret goes with each exchange; `state` is checked as everywhere.

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::RequestBuilder;
use secrecy::ExposeSecret;
use url::Url;

use super::Pinterest;
use crate::connectors::{
    Access, Credentials, Failure, Http, LoginDoor, OauthLogin, PendingLogin,
    oauth::{self, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI, REFRESH_TOKEN},
};

pub(super) const SCOPES: [&str; 5] =
    ["boards:read", "boards:write", "pins:read", "pins:write", "user_accounts:read"];
/// Port of the registered redirect address.
const PORT: u16 = 8085;
/// Where the root of the API is kept between the two halves of a login.
const API: &str = "api";
/// Purpose of `platforms.json`.
const LOGIN: &str = "login";

#[async_trait]
impl OauthLogin for Pinterest {
    fn registered_port(&self) -> Option<u16> {
        Some(PORT)
    }

    async fn begin(&self, door: &LoginDoor<'_>) -> Result<PendingLogin, Failure> {
        let own = |key: &str| door.app.get(key).map_or("", |value| value.expose_secret());
        let state = oauth::random();
        let mut url = Url::parse(&format!("{}/oauth/", door.host(LOGIN)))
            .map_err(|_| Failure::content("server_address_invalid"))?;
        url.query_pairs_mut()
            .append_pair(CLIENT_ID, own(CLIENT_ID))
            .append_pair(REDIRECT_URI, door.redirect_uri)
            .append_pair("response_type", "code")
            .append_pair("scope", &SCOPES.join(","))
            .append_pair("state", &state);
        let mut secrets = Credentials::default();
        secrets.set(CLIENT_ID, own(CLIENT_ID));
        secrets.set(CLIENT_SECRET, own(CLIENT_SECRET));
        secrets.set(REDIRECT_URI, door.redirect_uri);
        let version = door.platform.api_version.as_deref().unwrap_or("v5");
        secrets.set(API, format!("{}/{version}", door.server.trim_end_matches('/')));
        Ok(PendingLogin { authorize_url: url.into(), state, server: door.server.to_owned(), secrets })
    }

    async fn finish(&self, http: &Http, login: &PendingLogin, code: &str) -> Result<Credentials, Failure> {
        let secret = |key: &str| login.secrets.get(key).map_or("", |value| value.expose_secret());
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            (REDIRECT_URI, secret(REDIRECT_URI)),
            // Older applications are given the endless kind of refresh token only when they ask.
            ("continuous_refresh", "true"),
        ];
        let request = http.client().post(format!("{}/oauth/token", secret(API))).form(&form);
        oauth::finished(http, as_application(request, &login.secrets), login).await
    }
}

/// HTTP Basic with the owner's application.
fn as_application(request: RequestBuilder, credentials: &Credentials) -> RequestBuilder {
    let field = |key: &str| credentials.get(key).map_or("", |value| value.expose_secret().trim());
    let pair = STANDARD.encode(format!("{}:{}", field(CLIENT_ID), field(CLIENT_SECRET)));
    request.header("authorization", format!("Basic {pair}"))
}

/// The request that renews the tokens.
pub(super) fn renewal(access: &Access<'_>, credentials: &Credentials) -> RequestBuilder {
    let refresh = credentials.get(REFRESH_TOKEN).map_or("", |value| value.expose_secret().trim());
    let form = [("grant_type", "refresh_token"), (REFRESH_TOKEN, refresh)];
    let request = access.http.client().post(super::client::address(access, "oauth/token")).form(&form);
    as_application(request, credentials)
}
