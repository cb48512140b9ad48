//! The token of an account and the login that gives it: OAuth 2 code flow with the owner's own LinkedIn
//! application (social-platforms section 6.1). A token lives 60 days, and only approved partners may renew
//! theirs: so its end is kept, told and announced, and the owner logs in again.
//!
//! No PKCE: LinkedIn takes it in a flow of its own only, which it enables per application. The secret of the
//! application and `state` protect the login.

use async_trait::async_trait;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{LinkedIn, ORGANIZATION};
use crate::{
    connectors::{
        Access, Credentials, Failure, FailureClass, Http, LoginDoor, OauthLogin, PendingLogin,
        http::Deadline,
        oauth::{self, ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, REDIRECT_URI},
    },
    domain::{Problem, TokenExpiry},
};

/// Purpose of the host with the login pages and the token endpoint.
pub(super) const LOGIN: &str = "login";
/// Credential field with the end of the token.
pub(super) const UNTIL: &str = "access_token_until";
/// Permissions that publishing needs: to post, to read posts after a doubt, to know the role.
pub(super) const SCOPES: [&str; 3] =
    ["w_organization_social", "r_organization_social", "rw_organization_admin"];
/// The address of the login page is kept in the login under this name.
const TOKEN_HOST: &str = "token_host";
/// LinkedIn takes only redirect addresses that were registered before.
const PORT: u16 = 5017;

/// The token for the next minutes.
///
/// Errors: `Reauth` when there is none or its time is over.
pub(super) fn usable(access: &Access<'_>) -> Result<SecretString, Failure> {
    let reauth = |problem| Failure::new(FailureClass::Reauth, problem);
    if let TokenExpiry::Known { at } = expiry(access.credentials)
        && at <= access.now
    {
        return Err(reauth(Problem::new("token_expired")));
    }
    let token = access.credentials.get(ACCESS_TOKEN).map(|token| token.expose_secret().trim().to_owned());
    token
        .filter(|token| !token.is_empty())
        .map(SecretString::from)
        .ok_or_else(|| reauth(Problem::new("credential_missing").message(ACCESS_TOKEN)))
}

/// When the owner has to log in again.
pub(super) fn expiry(credentials: &Credentials) -> TokenExpiry {
    let until = credentials.get(UNTIL).map(|until| until.expose_secret().trim().to_owned());
    // The latest instant of all stands for no word about the end.
    let until = until.as_deref().and_then(instant).filter(|at| *at < Timestamp::MAX);
    until.map_or(TokenExpiry::Unknown, |at| TokenExpiry::Known { at })
}

/// An instant, or a date as the owner types it.
fn instant(text: &str) -> Option<Timestamp> {
    let of_date = || text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok().map(|day| day.timestamp());
    text.parse().ok().or_else(of_date)
}

#[async_trait]
impl OauthLogin for LinkedIn {
    fn registered_port(&self) -> Option<u16> {
        Some(PORT)
    }

    async fn begin(&self, door: &LoginDoor<'_>) -> Result<PendingLogin, Failure> {
        let given = |key: &str| {
            let value = door.app.get(key).map(|value| value.expose_secret().trim().to_owned());
            value.filter(|value| !value.is_empty()).ok_or_else(|| {
                Failure::new(FailureClass::Content, Problem::new("credential_missing").message(key))
            })
        };
        let (id, secret) = (given(CLIENT_ID)?, given(CLIENT_SECRET)?);
        let host = door.host(LOGIN);
        let mut url = Url::parse(&format!("{host}/oauth/v2/authorization"))
            .map_err(|_| Failure::content("server_address_invalid"))?;
        let state = oauth::random();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair(CLIENT_ID, &id)
            .append_pair(REDIRECT_URI, door.redirect_uri)
            .append_pair("state", &state)
            .append_pair("scope", &SCOPES.join(" "));
        let mut secrets = Credentials::default();
        secrets.set(CLIENT_ID, id);
        secrets.set(CLIENT_SECRET, secret);
        secrets.set(REDIRECT_URI, door.redirect_uri);
        secrets.set(TOKEN_HOST, host);
        if let Some(organization) = door.app.get(ORGANIZATION) {
            secrets.set(ORGANIZATION, organization.expose_secret());
        }
        Ok(PendingLogin { authorize_url: url.into(), state, server: door.server.to_owned(), secrets })
    }

    async fn finish(&self, http: &Http, login: &PendingLogin, code: &str) -> Result<Credentials, Failure> {
        let kept = |key: &str| login.secrets.get(key).map_or("", |value| value.expose_secret());
        let request = http.client().post(format!("{}/oauth/v2/accessToken", kept(TOKEN_HOST))).form(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            (CLIENT_ID, kept(CLIENT_ID)),
            (CLIENT_SECRET, kept(CLIENT_SECRET)),
            (REDIRECT_URI, kept(REDIRECT_URI)),
        ]);
        let reply = http.call(request, Deadline::CALL).await?;
        let now = http.last_date();
        let grant = oauth::read_grant(&reply, now.unwrap_or(Timestamp::UNIX_EPOCH))?;
        let lost: Vec<&str> =
            SCOPES.into_iter().filter(|scope| !grant.scopes.iter().any(|given| given == scope)).collect();
        if !grant.scopes.is_empty() && !lost.is_empty() {
            let problem = Problem::new("permission_missing").message(lost.join(", "));
            return Err(Failure::new(FailureClass::Content, problem));
        }
        let mut credentials = Credentials::default();
        credentials.set(ACCESS_TOKEN, grant.access_token.expose_secret());
        // The end is counted on LinkedIn's clock; without it the end is unknown, which is the truth.
        if let Some(now) = now {
            let mut dated = Credentials::default();
            grant.keep(&mut dated, now);
            credentials.set(UNTIL, dated.get(UNTIL).map_or("", |until| until.expose_secret()));
        }
        credentials.set(CLIENT_ID, kept(CLIENT_ID));
        credentials.set(CLIENT_SECRET, kept(CLIENT_SECRET));
        if !kept(ORGANIZATION).is_empty() {
            credentials.set(ORGANIZATION, kept(ORGANIZATION));
        }
        Ok(credentials)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_token_is_known_unknown_or_typed_as_a_date() {
        let of = |until: &str| {
            let mut credentials = Credentials::default();
            credentials.set(UNTIL, until);
            expiry(&credentials)
        };
        let known = |at: &str| TokenExpiry::Known { at: at.parse().unwrap() };
        assert_eq!(of("2027-01-21T10:00:00Z"), known("2027-01-21T10:00:00Z"));
        assert_eq!(of(" 2027-01-21 "), known("2027-01-21T00:00:00Z"));
        assert_eq!(of("bientôt"), TokenExpiry::Unknown);
        assert_eq!(of(&Timestamp::MAX.to_string()), TokenExpiry::Unknown);
        assert_eq!(expiry(&Credentials::default()), TokenExpiry::Unknown);
    }
}
