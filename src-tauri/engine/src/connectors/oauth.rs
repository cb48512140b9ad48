//! What the OAuth 2 platforms share: the login's random parts, and tokens that end and are renewed.
//!
//! The rules, whatever the platform: one renewal at a time for an account; the new tokens are stored before
//! they are used, because the old refresh token may be dead from then on; an answer without a refresh token
//! keeps the old one; a renewal that could not be asked for says nothing about the account.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    Access, Credentials, Failure, FailureClass, Http, PendingLogin,
    http::{Deadline, Reply},
};
use crate::domain::Problem;

/// Number of the owner's own application at the platform.
pub const CLIENT_ID: &str = "client_id";
/// Its secret.
pub const CLIENT_SECRET: &str = "client_secret";
/// The owner's written yes, at a platform that bills each post.
pub const COST_ACCEPTED: &str = "cost_accepted";
/// Which of several pages of one person is meant.
pub const ORGANIZATION: &str = "organization";
/// Credential fields that are known before a login with the browser, and needed for it.
pub const APP_FIELDS: [&str; 4] = [COST_ACCEPTED, CLIENT_ID, CLIENT_SECRET, ORGANIZATION];
pub const CODE_VERIFIER: &str = "code_verifier";
pub const REDIRECT_URI: &str = "redirect_uri";
pub const REFRESH_TOKEN: &str = "refresh_token";
pub const ACCESS_TOKEN: &str = "access_token";
/// Instant at which [`ACCESS_TOKEN`] ends.
const ACCESS_UNTIL: &str = "access_token_until";
/// Instant at which [`REFRESH_TOKEN`] ends, where the platform says it.
pub const REFRESH_UNTIL: &str = "refresh_token_until";

/// A token is renewed this long before its end, so that it does not die between `prepare` and `send`.
const MARGIN: SignedDuration = SignedDuration::from_mins(2);

/// 256 random bits, in the alphabet that PKCE and addresses accept.
pub fn random() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// The S256 challenge of a PKCE verifier (RFC 7636).
pub fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

/// What a token endpoint gave.
#[derive(Debug)]
pub struct Grant {
    pub access_token: SecretString,
    pub refresh_token: Option<SecretString>,
    /// Permissions, where the answer names them.
    pub scopes: Vec<String>,
    expires_in: Option<i64>,
    refresh_expires_in: Option<i64>,
}

/// Makes the request that renews, from the stored credentials.
pub type Renewal = fn(&Access<'_>, &Credentials) -> RequestBuilder;

/// Calls with an access token that is renewed when it ends or is refused.
pub struct Caller<'a> {
    access: &'a Access<'a>,
    token: SecretString,
    renewal: Renewal,
    /// The platform itself refuses the token.
    is_refused: fn(&Reply) -> bool,
}

impl<'a> Caller<'a> {
    /// Errors: those of renewing the access token.
    pub async fn open(
        access: &'a Access<'a>,
        renewal: Renewal,
        is_refused: fn(&Reply) -> bool,
    ) -> Result<Self, Failure> {
        let token = match usable(access.credentials, access.now) {
            Some(token) => token,
            None => renew(access, access.credentials.get(ACCESS_TOKEN), renewal).await?,
        };
        Ok(Self { access, token, renewal, is_refused })
    }

    fn request(&self, method: Method, address: &str, token: &SecretString) -> RequestBuilder {
        self.access.http.client().request(method, address).bearer_auth(token.expose_secret())
    }

    /// A call that may be repeated: a refused token is replaced once.
    pub async fn call(
        &self,
        method: Method,
        address: &str,
        deadline: Deadline,
        shape: impl Fn(RequestBuilder) -> RequestBuilder + Send,
    ) -> Result<Reply, Failure> {
        let http = self.access.http;
        let reply = http.call(shape(self.request(method.clone(), address, &self.token)), deadline).await?;
        if !(self.is_refused)(&reply) {
            return Ok(reply);
        }
        let token = renew(self.access, Some(&self.token), self.renewal).await?;
        http.call(shape(self.request(method, address, &token)), deadline).await
    }

    /// The irreversible request, made once. A refused token has had no effect; once it has been replaced,
    /// the queue may make the call again.
    pub async fn send_once(
        &self,
        method: Method,
        address: &str,
        deadline: Deadline,
        shape: impl FnOnce(RequestBuilder) -> RequestBuilder + Send,
    ) -> Result<Reply, Failure> {
        let request = shape(self.request(method, address, &self.token));
        let reply = self.access.http.send_once(request, deadline).await?;
        if !(self.is_refused)(&reply) {
            return Ok(reply);
        }
        renew(self.access, Some(&self.token), self.renewal).await?;
        Err(Failure::new(FailureClass::Retry, Problem::new("session_renewed")).mended())
    }
}

/// Reads the answer of a token endpoint (RFC 6749, 5.1 and 5.2).
///
/// Errors: `Reauth` only for a definite no to this token or application, `Retry` for everything else. The
/// platform's sentences are not kept: they may repeat what was sent.
pub fn read_grant(reply: &Reply, now: Timestamp) -> Result<Grant, Failure> {
    let problem = |code: &str| Problem::new(code).http_status(reply.status.as_u16());
    let retry = |code: &str| Failure::new(FailureClass::Retry, problem(code)).after(reply.retry_after(now));
    let text = |key: &str| {
        let field = reply.json.as_ref().and_then(|json| json.get(key)).and_then(Value::as_str);
        field.filter(|text| !text.is_empty())
    };
    if reply.status.is_success() {
        let access_token = text("access_token").ok_or_else(|| retry("unreadable_answer"))?;
        let secs = |key: &str| reply.json.as_ref().and_then(|json| json.get(key)).and_then(whole_number);
        return Ok(Grant {
            access_token: SecretString::from(access_token),
            refresh_token: text("refresh_token").map(SecretString::from),
            scopes: text("scope").map(split_scopes).unwrap_or_default(),
            expires_in: secs("expires_in"),
            refresh_expires_in: secs("refresh_token_expires_in"),
        });
    }
    let is_theirs = reply.json.as_ref().is_some_and(Value::is_object);
    let reauth = |code: &str| {
        let word: String = text("error").unwrap_or_default().chars().take(40).collect();
        Failure::new(FailureClass::Reauth, problem(code).message(word))
    };
    match (reply.status.as_u16(), text("error")) {
        (429, _) => Err(retry("rate_limited")),
        (400..=403, Some("invalid_client" | "unauthorized_client" | "deleted_client")) if is_theirs => {
            Err(reauth("app_refused"))
        }
        (500.., _) | (_, Some("temporarily_unavailable" | "server_error" | "slow_down")) => {
            Err(retry("platform_unavailable"))
        }
        (400..=403, _) if is_theirs => Err(reauth("token_revoked")),
        _ => Err(retry("unreadable_answer")),
    }
}

fn whole_number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok()).filter(|number| *number > 0)
}

fn split_scopes(text: &str) -> Vec<String> {
    text.split([' ', ',']).filter(|scope| !scope.is_empty()).map(str::to_owned).collect()
}

impl Grant {
    /// Puts the tokens into the credentials. A refresh token that was not given again stays.
    pub fn keep(&self, credentials: &mut Credentials, now: Timestamp) {
        let until = |secs: i64| now.checked_add(SignedDuration::from_secs(secs)).unwrap_or(Timestamp::MAX);
        credentials.set(ACCESS_TOKEN, self.access_token.expose_secret());
        // Without a word about its end the token is used until it is refused.
        let ends = self.expires_in.map_or(Timestamp::MAX, until);
        credentials.set(ACCESS_UNTIL, ends.to_string());
        if let Some(refresh) = &self.refresh_token {
            credentials.set(REFRESH_TOKEN, refresh.expose_secret());
        }
        if let Some(secs) = self.refresh_expires_in {
            credentials.set(REFRESH_UNTIL, until(secs).to_string());
        }
    }
}

/// Replaces an access token that was refused or ends soon, once for all callers.
///
/// Errors: `Reauth` when the platform refuses to renew; `Retry` when it could not be asked.
async fn renew(
    access: &Access<'_>,
    stale: Option<&SecretString>,
    renewal: Renewal,
) -> Result<SecretString, Failure> {
    let (_lock, mut credentials) = access.vault.lock_and_reload().await?;
    if let Some(current) = usable(&credentials, access.now)
        && stale.is_none_or(|old| old.expose_secret() != current.expose_secret())
    {
        return Ok(current);
    }
    if credentials.get(REFRESH_TOKEN).is_none_or(|token| token.expose_secret().trim().is_empty()) {
        let problem = Problem::new("credential_missing").message(REFRESH_TOKEN);
        return Err(Failure::new(FailureClass::Reauth, problem));
    }
    let reply = access.http.call(renewal(access, &credentials), Deadline::CALL).await?;
    let grant = read_grant(&reply, access.now)?;
    grant.keep(&mut credentials, access.now);
    access.vault.store(&credentials).await?;
    Ok(grant.access_token)
}

/// Exchanges a code; the credentials that an account of the owner's own application has.
///
/// Errors: `login_refused` for a definite no, `Retry` for what may pass.
pub async fn finished(
    http: &Http,
    exchange: RequestBuilder,
    login: &PendingLogin,
) -> Result<Credentials, Failure> {
    let reply = http.call(exchange, Deadline::CALL).await?;
    // Only an instant for ends that are not kept here: the first check renews.
    let grant = read_grant(&reply, Timestamp::UNIX_EPOCH).map_err(|failure| match failure.class {
        FailureClass::Reauth if failure.problem.code == "token_revoked" => {
            Failure::new(FailureClass::Content, Problem { code: "login_refused".into(), ..failure.problem })
        }
        _ => failure,
    })?;
    // Without it the access would end within the hour.
    let refresh = grant.refresh_token.ok_or_else(|| Failure::content("login_refused"))?;
    let mut credentials = Credentials::default();
    for key in APP_FIELDS {
        if let Some(value) = login.secrets.get(key) {
            credentials.set(key, value.expose_secret());
        }
    }
    credentials.set(REFRESH_TOKEN, refresh.expose_secret());
    Ok(credentials)
}

/// When the platform stops renewing, where it said so.
pub fn ends_at(credentials: &Credentials) -> Option<Timestamp> {
    credentials.get(REFRESH_UNTIL)?.expose_secret().parse().ok()
}

/// When the access token ends, where the platform said so.
pub fn access_ends_at(credentials: &Credentials) -> Option<Timestamp> {
    let until: Timestamp = credentials.get(ACCESS_UNTIL)?.expose_secret().parse().ok()?;
    (until != Timestamp::MAX).then_some(until)
}

fn usable(credentials: &Credentials, now: Timestamp) -> Option<SecretString> {
    let until: Timestamp = credentials.get(ACCESS_UNTIL)?.expose_secret().parse().ok()?;
    let token = credentials.get(ACCESS_TOKEN).filter(|token| !token.expose_secret().is_empty())?;
    (until.duration_since(now) > MARGIN).then(|| token.clone())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn now() -> Timestamp {
        "2026-11-22T19:00:00Z".parse().unwrap()
    }

    /// Social-platforms 0.5 and 14.2: the daily re-login of others was an empty refresh token written over
    /// a good one.
    #[test]
    fn a_refresh_token_is_replaced_by_a_better_one_only() {
        let mut credentials = Credentials::default();
        credentials.set(REFRESH_TOKEN, "good");
        for answer in [
            json!({"access_token": "a", "expires_in": 3600}),
            json!({"access_token": "b", "expires_in": 3600, "refresh_token": ""}),
            json!({"access_token": "c", "expires_in": "3600", "refresh_token": null}),
        ] {
            read_grant(&Reply::of(200, Some(answer)), now()).unwrap().keep(&mut credentials, now());
            assert_eq!(credentials.get(REFRESH_TOKEN).unwrap().expose_secret(), "good");
        }
        assert_eq!(credentials.get(ACCESS_UNTIL).unwrap().expose_secret(), "2026-11-22T20:00:00Z");
        let rotated = json!({"access_token": "d", "refresh_token": "new", "refresh_token_expires_in": 86400});
        read_grant(&Reply::of(200, Some(rotated)), now()).unwrap().keep(&mut credentials, now());
        assert_eq!(credentials.get(REFRESH_TOKEN).unwrap().expose_secret(), "new");
        assert_eq!(ends_at(&credentials), Some("2026-11-23T19:00:00Z".parse().unwrap()));
    }

    #[test]
    fn only_a_definite_no_is_a_revocation() {
        for (status, json, class, code) in [
            (400, Some(json!({"error": "invalid_grant"})), FailureClass::Reauth, "token_revoked"),
            (401, Some(json!({"error": "invalid_client"})), FailureClass::Reauth, "app_refused"),
            (
                401,
                Some(json!({"code": 2, "message": "Authentication failed."})),
                FailureClass::Reauth,
                "token_revoked",
            ),
            (429, Some(json!({"error": "rate"})), FailureClass::Retry, "rate_limited"),
            (
                503,
                Some(json!({"error": "temporarily_unavailable"})),
                FailureClass::Retry,
                "platform_unavailable",
            ),
            (500, None, FailureClass::Retry, "platform_unavailable"),
            // The page of a Wi-Fi portal.
            (403, None, FailureClass::Retry, "unreadable_answer"),
            (302, None, FailureClass::Retry, "unreadable_answer"),
            (200, None, FailureClass::Retry, "unreadable_answer"),
            (200, Some(json!({"access_token": ""})), FailureClass::Retry, "unreadable_answer"),
        ] {
            let failure = read_grant(&Reply::of(status, json.clone()), now()).unwrap_err();
            assert_eq!((failure.class, failure.problem.code.as_str()), (class, code), "{status} {json:?}");
            assert!(crate::problems::find(code).is_some(), "{code}");
        }
    }

    #[test]
    fn a_token_that_ends_soon_is_not_used() {
        let mut credentials = Credentials::default();
        let grant = json!({"access_token": "a", "expires_in": 3600});
        read_grant(&Reply::of(200, Some(grant)), now()).unwrap().keep(&mut credentials, now());
        let at = |mins| now() + SignedDuration::from_mins(mins);
        assert!(usable(&credentials, at(57)).is_some());
        assert!(usable(&credentials, at(59)).is_none());
        assert!(usable(&Credentials::default(), at(0)).is_none());
    }

    /// SHA-256 of the letters, base64url without padding (RFC 7636, 4.2); computed by another program.
    #[test]
    fn the_challenge_is_that_of_the_standard() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1r1p1r_wW1gFWFOEjXk";
        assert_eq!(challenge(verifier), "78zsWuoOzG-UuTEbjUS3c1EYyp2Egx5zf3f19JeL4fU");
    }
}
