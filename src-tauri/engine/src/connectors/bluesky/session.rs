//! The session of an account: two tokens that replace the app password for weeks.
//!
//! Logging in is limited to 30 times in 5 minutes and 300 a day, so it happens once; afterwards the
//! session is renewed. A renewed pair is stored before it is used, because the old refresh token is
//! dead from then on. A network failure while renewing is never taken for a revocation.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use url::Url;

use super::{
    client::{Client, Renewal},
    wire::{Claims, SessionAnswer},
};
use crate::{
    connectors::{
        Access, Credentials, Failure, FailureClass,
        address::{is_loopback, server_base},
    },
    domain::Problem,
};

pub(super) const IDENTIFIER: &str = "identifier";
pub(super) const APP_PASSWORD: &str = "app_password";
pub(super) const SERVER: &str = "server";
const ACCESS_JWT: &str = "access_jwt";
const REFRESH_JWT: &str = "refresh_jwt";
const DID: &str = "did";
const PDS: &str = "pds";
/// Fingerprint of the name and password that this session came from: after the owner typed new ones,
/// the old session no longer counts.
const SESSION_FOR: &str = "session_for";

/// A token is renewed this long before its end, so that it does not die between `prepare` and `send`.
const MARGIN_SECS: i64 = 120;

/// A usable session.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub token: SecretString,
    pub did: String,
    /// Base address of the account's data server.
    pub pds: String,
}

impl Session {
    /// Reads the stored session, if it belongs to the stored password.
    fn stored(credentials: &Credentials, base_url: &str) -> Option<Self> {
        let text = |key| credentials.get(key).map(|value| value.expose_secret().to_owned());
        if text(SESSION_FOR)? != fingerprint(credentials) {
            return None;
        }
        Some(Self {
            token: credentials.get(ACCESS_JWT)?.clone(),
            did: text(DID)?,
            pds: text(PDS).filter(|pds| !pds.is_empty()).unwrap_or_else(|| base_url.to_owned()),
        })
    }

    fn ends_soon(&self, now: Timestamp) -> bool {
        claims(&self.token).exp.is_some_and(|exp| exp - now.as_second() < MARGIN_SECS)
    }
}

/// Returns a session that is good for the next minutes.
pub(super) async fn open(access: &Access<'_>) -> Result<Session, Failure> {
    match Session::stored(access.credentials, access.base_url) {
        Some(session) if !session.ends_soon(access.now) => Ok(session),
        Some(session) => renew(access, Some(&session)).await,
        None => renew(access, None).await,
    }
}

/// Replaces a session that the server refused (or that ends soon), once for all callers.
///
/// Errors: `Reauth` only when the server refuses the app password itself; `Retry` for everything that
/// says nothing about it.
pub(super) async fn renew(access: &Access<'_>, stale: Option<&Session>) -> Result<Session, Failure> {
    let (_lock, mut credentials) = access.vault.lock_and_reload().await?;
    let current = Session::stored(&credentials, access.base_url);
    if let Some(session) = &current {
        let replaced = stale.is_none_or(|old| old.token.expose_secret() != session.token.expose_secret());
        if replaced && !session.ends_soon(access.now) {
            return Ok(session.clone());
        }
    }
    if let (Some(session), Some(refresh)) = (&current, credentials.get(REFRESH_JWT)) {
        let client = Client::new(access, session.pds.clone());
        if let Renewal::Renewed(answer) = client.refresh_session(refresh).await? {
            let session = keep(access, &mut credentials, &answer, &session.pds)?;
            access.vault.store(&credentials).await?;
            return Ok(session);
        }
    }
    let base = access.base_url.to_owned();
    let answer = log_in(access, &credentials, base.clone()).await?;
    let session = keep(access, &mut credentials, &answer, &base)?;
    access.vault.store(&credentials).await?;
    Ok(session)
}

/// Logs in with the given credentials; they then also hold the new session. Stores nothing.
pub(super) async fn first(
    access: &Access<'_>,
    credentials: &mut Credentials,
    base: &str,
) -> Result<(Session, SessionAnswer), Failure> {
    let answer = log_in(access, credentials, base.to_owned()).await?;
    let session = keep(access, credentials, &answer, base)?;
    Ok((session, answer))
}

/// Ends the stored session at its server. The app password stays: only the owner can delete that.
pub(super) async fn end(access: &Access<'_>) -> Result<(), Failure> {
    let (_lock, credentials) = access.vault.lock_and_reload().await?;
    match (Session::stored(&credentials, access.base_url), credentials.get(REFRESH_JWT)) {
        (Some(session), Some(refresh)) => Client::new(access, session.pds).delete_session(refresh).await,
        // Never logged in.
        _ => Ok(()),
    }
}

/// Returns the session inside credentials that are being checked.
pub(super) fn of(credentials: &Credentials, base_url: &str) -> Option<Session> {
    Session::stored(credentials, base_url)
}

/// Reads the claims of a token without trusting them.
pub(super) fn claims(token: &SecretString) -> Claims {
    token
        .expose_secret()
        .split('.')
        .nth(1)
        .and_then(|part| URL_SAFE_NO_PAD.decode(part).ok())
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default()
}

async fn log_in(
    access: &Access<'_>,
    credentials: &Credentials,
    base: String,
) -> Result<SessionAnswer, Failure> {
    let field = |key: &str| {
        credentials.get(key).filter(|value| !value.expose_secret().trim().is_empty()).ok_or_else(|| {
            Failure::new(FailureClass::Reauth, Problem::new("credential_missing").message(key))
        })
    };
    let (identifier, password) = (field(IDENTIFIER)?, field(APP_PASSWORD)?);
    Client::new(access, base).create_session(identifier, password).await
}

/// Puts a new session into the credentials.
fn keep(
    access: &Access<'_>,
    credentials: &mut Credentials,
    answer: &SessionAnswer,
    base: &str,
) -> Result<Session, Failure> {
    if answer.active == Some(false) {
        let state = answer.status.clone().unwrap_or_default();
        return Err(Failure::new(FailureClass::Blocked, Problem::new("account_blocked").message(state)));
    }
    let known = &access.account.remote_id;
    if !known.is_empty() && *known != answer.did {
        return Err(Failure::new(FailureClass::Reauth, Problem::new("account_identity_changed")));
    }
    let pds = answer.pds().and_then(|pds| trusted_pds(pds, base)).unwrap_or_else(|| base.to_owned());
    let fingerprint = fingerprint(credentials);
    credentials.set(ACCESS_JWT, &answer.access_jwt);
    if !answer.refresh_jwt.is_empty() {
        credentials.set(REFRESH_JWT, &answer.refresh_jwt);
    }
    credentials.set(DID, &answer.did);
    // Empty when it is the base address, so that an address changed in the settings is followed.
    credentials.set(PDS, access.own_server(pds.clone()).unwrap_or_default());
    credentials.set(SESSION_FOR, fingerprint);
    Ok(Session { token: SecretString::from(answer.access_jwt.clone()), did: answer.did.clone(), pds })
}

/// The identity document names the data server. A foreign server may not send us to this machine.
fn trusted_pds(pds: &str, base: &str) -> Option<String> {
    let pds = server_base(pds)?;
    let local = |address: &str| Url::parse(address).is_ok_and(|url| is_loopback(&url));
    (!local(&pds) || local(base)).then_some(pds)
}

fn fingerprint(credentials: &Credentials) -> String {
    let mut hash = Sha256::new();
    for key in [IDENTIFIER, APP_PASSWORD] {
        hash.update(credentials.get(key).map_or("", |value| value.expose_secret()));
        hash.update([0]);
    }
    URL_SAFE_NO_PAD.encode(hash.finalize())
}
