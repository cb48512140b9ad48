//! The account's token: it lives 60 days and is renewed without a secret once it is a day old
//! (social-platforms reference 3).
//!
//! The platform does not say when a pasted token ends; it says so when it renews one. A renewal that
//! fails is no revocation: the token that is there goes on being used until it is refused itself.

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    connectors::{
        Access, Credentials, Failure, FailureClass,
        http::Deadline,
        oauth::{ACCESS_TOKEN, Grant, access_ends_at, read_grant},
    },
    domain::{Problem, TokenExpiry},
};

/// A token with less than this is renewed: older than half of its life.
const RENEW_BELOW: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A token and what is known of its end.
pub(super) struct Token {
    pub secret: SecretString,
    pub expiry: TokenExpiry,
}

impl Token {
    fn read(credentials: &Credentials) -> Result<Self, Failure> {
        let secret = credentials.get(ACCESS_TOKEN).map(|token| token.expose_secret().trim().to_owned());
        let secret = secret.filter(|token| !token.is_empty()).ok_or_else(|| {
            Failure::new(FailureClass::Reauth, Problem::new("credential_missing").message(ACCESS_TOKEN))
        })?;
        let expiry = access_ends_at(credentials).map_or(TokenExpiry::Unknown, |at| TokenExpiry::Known { at });
        Ok(Self { secret: SecretString::from(secret), expiry })
    }

    fn is_due(&self, now: Timestamp) -> bool {
        match self.expiry {
            TokenExpiry::Known { at } => at.duration_since(now) < RENEW_BELOW,
            TokenExpiry::Unknown | TokenExpiry::Never => true,
        }
    }
}

/// The token as it is stored.
pub(super) fn stored(access: &Access<'_>) -> Result<Token, Failure> {
    Token::read(access.credentials)
}

/// The token, renewed first when it is time, once for all callers. The new one is stored before it is used.
///
/// Errors: `Reauth` without a token; whatever keeps the new one from being stored.
pub(super) async fn renewed(access: &Access<'_>) -> Result<Token, Failure> {
    let token = stored(access)?;
    if !token.is_due(access.now) {
        return Ok(token);
    }
    let (_lock, mut credentials) = access.vault.lock_and_reload().await?;
    let token = Token::read(&credentials)?;
    if !token.is_due(access.now) {
        return Ok(token);
    }
    match ask(access, &token.secret).await {
        Ok(grant) => {
            grant.keep(&mut credentials, access.now);
            access.vault.store(&credentials).await?;
            Token::read(&credentials)
        }
        Err(failure) => {
            tracing::info!(code = failure.problem.code, "A Threads token was not renewed.");
            Ok(token)
        }
    }
}

/// Asks for a new token. The address stands before the version.
async fn ask(access: &Access<'_>, token: &SecretString) -> Result<Grant, Failure> {
    let address = format!("{}/refresh_access_token", access.base_url.trim_end_matches('/'));
    let request = access.http.client().get(address).query(&[("grant_type", "th_refresh_token")]);
    let in_header = request.try_clone().map(|request| request.bearer_auth(token.expose_secret()));
    let in_address = request.query(&[("access_token", token.expose_secret())]);
    if let Some(request) = in_header {
        let reply = access.http.call(request, Deadline::CALL).await?;
        // Refused: perhaps the header is not enough there, and the documentation names the parameter.
        if reply.status != 400 {
            return read_grant(&reply, access.now);
        }
    }
    let reply = access.http.call(in_address, Deadline::CALL).await?;
    read_grant(&reply, access.now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_renewed_in_the_second_half_of_its_life() {
        let now: Timestamp = "2026-11-27T18:00:00Z".parse().unwrap();
        let due_at = |days: i64| {
            let expiry = TokenExpiry::Known { at: now + SignedDuration::from_hours(days * 24) };
            Token { secret: SecretString::from("THAA"), expiry }.is_due(now)
        };
        assert_eq!((due_at(29), due_at(31)), (true, false));
        let mut credentials = Credentials::default();
        credentials.set(ACCESS_TOKEN, " THAA ");
        let pasted = Token::read(&credentials).unwrap();
        assert_eq!(pasted.secret.expose_secret(), "THAA");
        assert!(pasted.is_due(now), "nobody said when it ends");
        assert!(Token::read(&Credentials::default()).is_err());
    }
}
