//! Connected accounts: adding, checking, reconnecting, removing. Secrets go straight into the
//! encrypted store and come back only to a connector.

mod doctor;
mod linking;
mod removal;
mod vault;
mod withdrawal;

pub use doctor::DEADLINE as CHECK_DEADLINE;
pub use removal::Removed;
pub use withdrawal::{Withdrawal, Withdrawn};

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::{
    clock::SharedClock,
    config::PlatformConfig,
    connectors::{
        Access, CheckFinding, CredentialVault, Credentials, Failure, Http, Identity, Severity,
        SharedConnector, registry::Registry,
    },
    domain::{Account, AccountId, AccountSettings, AccountState, TokenExpiry},
    queue::Queue,
    store::{
        Store, StoreError, Tx, accounts, deliveries,
        journal::{self, Entry},
    },
};

/// Why an account was not connected, changed or removed.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    #[error("No platform {0}")]
    UnknownPlatform(String),
    #[error("No account {0}")]
    NotFound(AccountId),
    #[error("Credential {0} is missing")]
    CredentialMissing(String),
    #[error("There is no credential {0}")]
    CredentialUnknown(String),
    /// The platform refused them; of an account that is connected, also: it could not be asked.
    #[error("The platform refused the check: {}", .0.problem.code)]
    Refused(Box<Failure>),
    /// The new credentials are those of another account.
    #[error("These credentials belong to another account")]
    IdentityChanged,
    /// The account that was kept unverified is one that is connected already.
    #[error("This account is connected already")]
    AlreadyConnected,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A new account, or new credentials.
#[derive(Clone, Debug, Default)]
pub struct NewAccount {
    pub platform: String,
    pub label: Option<String>,
    pub credentials: Credentials,
    pub settings: Option<AccountSettings>,
    pub make_default: bool,
    pub practice: bool,
}

/// What [`Connections::add`] did.
#[derive(Clone, Debug)]
pub struct Added {
    pub account: Account,
    /// The account was known: it was reconnected, or is still to be verified.
    pub reconnected: bool,
}

/// The connected accounts. Cheap to clone.
#[derive(Clone)]
pub struct Connections {
    pub store: Store,
    pub clock: SharedClock,
    pub registry: Registry,
    pub http: Http,
    pub queue: Arc<Queue>,
    /// For one examination of an account.
    pub check_deadline: Duration,
}

impl Connections {
    /// Changes what the owner chose about an account.
    pub async fn change(
        &self,
        id: &AccountId,
        change: impl FnOnce(&mut Account) + Send + 'static,
    ) -> Result<Account, ConnectionError> {
        let changed = self.amend(id, move |_, account| {
            change(account);
            Ok(())
        });
        let (account, ()) = changed.await?;
        self.queue.wake(id);
        Ok(account)
    }

    /// Changes an account as it stands at this moment, whatever was read of it before: a call to its
    /// platform takes long enough for a person to pause, reconnect or remove it.
    async fn amend<T: Send + 'static>(
        &self,
        id: &AccountId,
        change: impl FnOnce(&Tx<'_>, &mut Account) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<(Account, T), ConnectionError> {
        let (row, now) = (id.clone(), self.clock.now());
        let amended = self.store.write(move |tx| {
            let found = accounts::find(tx, &row)?.filter(|account| account.state != AccountState::Removed);
            let Some(mut account) = found else { return Ok(None) };
            let answer = change(tx, &mut account)?;
            account.updated_at = now;
            accounts::save(tx, &account)?;
            Ok(Some((account, answer)))
        });
        amended.await?.ok_or_else(|| ConnectionError::NotFound(id.clone()))
    }

    /// Pauses or continues an account.
    pub async fn set_paused(
        &self,
        id: &AccountId,
        paused: bool,
        actor: &str,
    ) -> Result<Account, ConnectionError> {
        let (now, actor) = (self.clock.now(), actor.to_owned());
        let changed = self.amend(id, move |tx, account| {
            let (from, to, kind) = if paused {
                (AccountState::Connected, AccountState::Paused, "account.paused")
            } else {
                (AccountState::Paused, AccountState::Connected, "account.resumed")
            };
            if account.state == from {
                account.state = to;
                let mut entry = Entry::new(now, actor, kind, account.label.clone());
                entry.account_id = Some(account.id.to_string());
                journal::add(tx, &entry)?;
            }
            Ok(())
        });
        let (account, ()) = changed.await?;
        self.queue.wake(&account.id);
        Ok(account)
    }

    /// Lets what waited for a reconnection go on.
    pub async fn resume(&self, id: &AccountId) -> Result<usize, ConnectionError> {
        let account = self.find(id).await?;
        let (row, now) = (account.id, self.clock.now());
        let resumed = self.store.write(move |tx| deliveries::resume_account(tx, &row, now)).await?;
        self.queue.clear_lane(id).await?;
        Ok(resumed)
    }

    fn connector(&self, platform: &str) -> Result<SharedConnector, ConnectionError> {
        self.registry
            .get(platform)
            .cloned()
            .ok_or_else(|| ConnectionError::UnknownPlatform(platform.to_owned()))
    }

    async fn find(&self, id: &AccountId) -> Result<Account, ConnectionError> {
        let row = id.clone();
        let account = self.store.read(move |c| accounts::find(c, &row)).await?;
        account
            .filter(|account| account.state != AccountState::Removed)
            .ok_or_else(|| ConnectionError::NotFound(id.clone()))
    }

    async fn call(
        &self,
        connector: &SharedConnector,
        account: &Account,
        credentials: &Credentials,
        vault: &dyn CredentialVault,
        http: &Http,
    ) -> Result<Identity, Failure> {
        let platform = (self.queue.platforms)(&account.platform);
        let base_url = base_url(account, credentials, &platform);
        connector.check(&self.access(account, credentials, vault, http, &platform, &base_url)).await
    }

    fn access<'a>(
        &'a self,
        account: &'a Account,
        credentials: &'a Credentials,
        vault: &'a dyn CredentialVault,
        http: &'a Http,
        platform: &'a PlatformConfig,
        base_url: &'a str,
    ) -> Access<'a> {
        let (media, now) = (&*self.queue.media, self.clock.now());
        Access { account, credentials, vault, http, media, base_url, platform, now }
    }
}

/// The account's own server, the one that was typed, or the platform's; without a trailing slash.
fn base_url(account: &Account, credentials: &Credentials, platform: &PlatformConfig) -> String {
    let given = credentials.get("server").map(|server| server.expose_secret().trim().to_owned());
    let base = account.server.clone().or(given.filter(|server| !server.is_empty()));
    base.unwrap_or_else(|| platform.base_url.clone()).trim_end_matches('/').to_owned()
}

fn blank(new: &NewAccount, now: Timestamp) -> Account {
    Account {
        id: AccountId::new(),
        platform: new.platform.clone(),
        label: String::new(),
        handle: String::new(),
        remote_id: String::new(),
        server: None,
        state: AccountState::Connected,
        is_default: false,
        practice: new.practice,
        token_expiry: TokenExpiry::Unknown,
        permissions: Vec::new(),
        missing_permissions: Vec::new(),
        settings: new.settings.clone().unwrap_or_default(),
        facts: BTreeMap::new(),
        credential_hint: String::new(),
        problem: None,
        last_check: None,
        created_at: now,
        updated_at: now,
    }
}

fn require_fields(connector: &SharedConnector, credentials: &Credentials) -> Result<(), ConnectionError> {
    let fields = connector.descriptor().credential_fields;
    for key in credentials.keys() {
        if !fields.iter().any(|field| field.key == key) && !connector.login_credentials().contains(&key) {
            return Err(ConnectionError::CredentialUnknown(key.to_owned()));
        }
    }
    for field in fields.iter().filter(|field| field.required) {
        let given = credentials.get(field.key).is_some_and(|value| !value.expose_secret().trim().is_empty());
        if !given {
            return Err(ConnectionError::CredentialMissing(field.key.to_owned()));
        }
    }
    Ok(())
}

/// Last four characters of the first secret, for recognition; nothing of a short one.
fn hint(connector: &SharedConnector, credentials: &Credentials) -> String {
    let secret = connector
        .descriptor()
        .credential_fields
        .iter()
        .filter(|field| field.secret)
        .find_map(|field| credentials.get(field.key));
    let text = secret.map(secrecy::ExposeSecret::expose_secret).unwrap_or_default();
    let length = text.chars().count();
    if length < 12 { String::new() } else { text.chars().skip(length - 4).collect() }
}

fn finding(code: &str, severity: Severity) -> CheckFinding {
    CheckFinding { code: code.to_owned(), severity, subject: None }
}

/// `{at, ok, findings}` of the last check.
fn outcome(at: Timestamp, findings: &[CheckFinding]) -> Value {
    let ok = findings.iter().all(|finding| finding.severity != Severity::Error);
    json!({ "at": at, "ok": ok, "findings": findings })
}
