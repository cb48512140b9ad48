//! The login and the renewal: OAuth 2 code flow with PKCE (S256) as a public client. The access token lives
//! two hours; each renewal replaces the refresh token, so the new pair is stored before it is used (see
//! [`oauth`]).

use async_trait::async_trait;
use reqwest::RequestBuilder;
use secrecy::ExposeSecret as _;
use url::Url;

use super::{COST_ACCEPTED, X, accepted_cost};
use crate::{
    config::PlatformConfig,
    connectors::{
        Access, Credentials, Failure, FailureClass, Http, LoginDoor, OauthLogin, PendingLogin,
        http::Deadline,
        oauth::{self, CLIENT_ID, CODE_VERIFIER, REDIRECT_URI, REFRESH_TOKEN},
    },
    domain::Problem,
};

/// Purpose of the host with the login page.
const LOGIN: &str = "login";
/// To post, to find the own posts after a doubt, to know the account, to upload, to be renewed.
pub(super) const SCOPES: [&str; 5] =
    ["tweet.read", "tweet.write", "users.read", "media.write", "offline.access"];
/// The root of the API is kept in the login under this name.
const API: &str = "api";
/// X takes only redirect addresses that were registered before.
const PORT: u16 = 5018;

/// Root of the API with its version.
pub(super) fn api(base: &str, platform: &PlatformConfig) -> String {
    format!("{}/{}", base.trim_end_matches('/'), platform.api_version.as_deref().unwrap_or("2"))
}

/// The request that renews.
pub(super) fn renewal(access: &Access<'_>, credentials: &Credentials) -> RequestBuilder {
    let field = |key: &str| credentials.get(key).map_or("", |value| value.expose_secret().trim());
    access.http.client().post(format!("{}/oauth2/token", api(access.base_url, access.platform))).form(&[
        ("grant_type", "refresh_token"),
        (REFRESH_TOKEN, field(REFRESH_TOKEN)),
        (CLIENT_ID, field(CLIENT_ID)),
    ])
}

#[async_trait]
impl OauthLogin for X {
    fn registered_port(&self) -> Option<u16> {
        Some(PORT)
    }

    /// X does not take `localhost`.
    fn registered_host(&self) -> &'static str {
        "127.0.0.1"
    }

    async fn begin(&self, door: &LoginDoor<'_>) -> Result<PendingLogin, Failure> {
        accepted_cost(door.app)?;
        let id = door.app.get(CLIENT_ID).map(|id| id.expose_secret().trim().to_owned());
        let id = id.filter(|id| !id.is_empty()).ok_or_else(|| {
            Failure::new(FailureClass::Content, Problem::new("credential_missing").message(CLIENT_ID))
        })?;
        let (state, verifier) = (oauth::random(), oauth::random());
        let mut url = Url::parse(&format!("{}/i/oauth2/authorize", door.host(LOGIN)))
            .map_err(|_| Failure::content("server_address_invalid"))?;
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair(CLIENT_ID, &id)
            .append_pair(REDIRECT_URI, door.redirect_uri)
            .append_pair("scope", &SCOPES.join(" "))
            .append_pair("state", &state)
            .append_pair("code_challenge", &oauth::challenge(&verifier))
            .append_pair("code_challenge_method", "S256");
        let mut secrets = Credentials::default();
        secrets.set(CLIENT_ID, id);
        secrets.set(COST_ACCEPTED, door.app.get(COST_ACCEPTED).map_or("", |yes| yes.expose_secret()));
        secrets.set(CODE_VERIFIER, verifier);
        secrets.set(REDIRECT_URI, door.redirect_uri);
        secrets.set(API, api(door.server, door.platform));
        Ok(PendingLogin { authorize_url: url.into(), state, server: door.server.to_owned(), secrets })
    }

    async fn finish(&self, http: &Http, login: &PendingLogin, code: &str) -> Result<Credentials, Failure> {
        let kept = |key: &str| login.secrets.get(key).map_or("", |value| value.expose_secret());
        let request = http.client().post(format!("{}/oauth2/token", kept(API))).form(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            (CLIENT_ID, kept(CLIENT_ID)),
            (REDIRECT_URI, kept(REDIRECT_URI)),
            (CODE_VERIFIER, kept(CODE_VERIFIER)),
        ]);
        let reply = http.call(request, Deadline::CALL).await?;
        let grant = oauth::read_grant(&reply, http.last_date().unwrap_or_default())?;
        let lost: Vec<&str> =
            SCOPES.into_iter().filter(|scope| !grant.scopes.iter().any(|given| given == scope)).collect();
        let lost = if grant.scopes.is_empty() { Vec::new() } else { lost };
        // The first call renews: what counts is the refresh token.
        let (Some(refresh), true) = (&grant.refresh_token, lost.is_empty()) else {
            let words = if lost.is_empty() { "offline.access".to_owned() } else { lost.join(", ") };
            return Err(Failure::new(
                FailureClass::Content,
                Problem::new("permission_missing").message(words),
            ));
        };
        let mut credentials = Credentials::default();
        credentials.set(CLIENT_ID, kept(CLIENT_ID));
        credentials.set(COST_ACCEPTED, kept(COST_ACCEPTED));
        credentials.set(REFRESH_TOKEN, refresh.expose_secret());
        Ok(credentials)
    }
}
