//! Connected accounts: adding, checking, reconnecting, removing. Secrets go straight into the
//! encrypted store and come back only to a connector.

mod vault;

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::{
    clock::SharedClock,
    connectors::{
        Access, CheckFinding, CredentialVault, Credentials, Failure, FailureClass, Http, Identity, Severity,
        SharedConnector, registry::Registry,
    },
    domain::{
        Account, AccountId, AccountSettings, AccountState, Delivery, DeliveryState, Problem, TokenExpiry,
    },
    queue::Queue,
    store::{
        Store, StoreError, accounts, alerts,
        deliveries::{self, Move},
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
    /// The platform refused them, or could not be asked.
    #[error("The platform refused the check: {}", .0.problem.code)]
    Refused(Box<Failure>),
    /// The new credentials are those of another account.
    #[error("These credentials belong to another account")]
    IdentityChanged,
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
    /// The account was known: it was reconnected.
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
}

impl Connections {
    /// Connects an account after a test call; the same remote account again is a reconnection.
    pub async fn add(&self, new: NewAccount, actor: &str) -> Result<Added, ConnectionError> {
        let connector = self.connector(&new.platform)?;
        require_fields(&connector, &new.credentials)?;
        let now = self.clock.now();
        let mut account = blank(&new, now);
        let (identity, credentials) = self.ask(&connector, &account, new.credentials).await?;
        let (platform, server, remote) = (
            new.platform.clone(),
            identity.server.clone().or(account.server.clone()),
            identity.remote_id.clone(),
        );
        let known = {
            let server = server.clone();
            self.store.read(move |c| accounts::find_remote(c, &platform, server.as_deref(), &remote)).await?
        };
        let reconnected = known.is_some();
        if let Some(known) = known {
            account = Account { settings: known.settings.clone(), ..known };
        }
        account.server = server;
        if let Some(label) = new.label.filter(|label| !label.trim().is_empty()) {
            account.label = label;
        } else if !reconnected {
            account.label.clone_from(&identity.label);
        }
        if let Some(settings) = new.settings {
            account.settings = settings;
        }
        account.is_default |= new.make_default;
        account.practice = new.practice;
        account.remote_id.clone_from(&identity.remote_id);
        let account = self.keep(account, identity, credentials, &connector, reconnected, actor).await?;
        Ok(Added { account, reconnected })
    }

    /// Gives an account new credentials; they must be of the same remote account.
    pub async fn reconnect(
        &self,
        id: &AccountId,
        credentials: Credentials,
        actor: &str,
    ) -> Result<Account, ConnectionError> {
        let account = self.find(id).await?;
        let connector = self.connector(&account.platform)?;
        // Fields that are not secrets (a page, a server) stay when they are not given again.
        let kept = {
            let id = id.clone();
            self.store.read(move |c| accounts::credentials(c, &id)).await?
        };
        let mut merged = credentials;
        for field in connector.descriptor().credential_fields.iter().filter(|field| !field.secret) {
            if let (None, Some(value)) = (merged.get(field.key), kept.get(field.key)) {
                let value = value.expose_secret().to_owned();
                merged.set(field.key, value);
            }
        }
        require_fields(&connector, &merged)?;
        let (identity, credentials) = self.ask(&connector, &account, merged).await?;
        if identity.remote_id != account.remote_id {
            return Err(ConnectionError::IdentityChanged);
        }
        self.keep(account, identity, credentials, &connector, true, actor).await
    }

    /// Tests an account with a harmless call and remembers what was found.
    pub async fn check(&self, id: &AccountId) -> Result<Account, ConnectionError> {
        let mut account = self.find(id).await?;
        let connector = self.connector(&account.platform)?;
        let now = self.clock.now();
        let stored = {
            let id = id.clone();
            self.store.read(move |c| accounts::credentials(c, &id)).await?
        };
        let vault = self.queue.vault(id);
        let answer = self.call(&connector, &account, &stored, &vault).await;
        match answer {
            Ok(identity) if identity.remote_id == account.remote_id => {
                return self.keep(account, identity, None, &connector, false, "engine").await;
            }
            Ok(_) => {
                account.last_check =
                    Some(outcome(now, &[finding("account_identity_changed", Severity::Error)]));
            }
            Err(failure) => {
                account.last_check = Some(outcome(now, &[finding(&failure.problem.code, Severity::Error)]));
                let stopped = match failure.class {
                    FailureClass::Reauth => Some(AccountState::NeedsReauth),
                    FailureClass::Blocked => Some(AccountState::Blocked),
                    _ => None,
                };
                if let Some(state) = stopped {
                    account.state = state;
                    account.problem = Some(failure.problem.clone());
                }
            }
        }
        account.updated_at = now;
        let kept = account.clone();
        self.store
            .write(move |tx| {
                accounts::save(tx, &kept)?;
                if kept.state == AccountState::NeedsReauth || kept.state == AccountState::Blocked {
                    let alert = alerts::Raise {
                        account_id: Some(kept.id.to_string()),
                        kind: "account_needs_reauth",
                        problem: kept.problem.clone(),
                        ..alerts::Raise::default()
                    };
                    alerts::raise(tx, &alert, now)?;
                }
                Ok(())
            })
            .await?;
        Ok(account)
    }

    /// Changes what the owner chose about an account.
    pub async fn change(
        &self,
        id: &AccountId,
        change: impl FnOnce(&mut Account) + Send + 'static,
    ) -> Result<Account, ConnectionError> {
        let mut account = self.find(id).await?;
        change(&mut account);
        account.updated_at = self.clock.now();
        let kept = account.clone();
        self.store.write(move |tx| accounts::save(tx, &kept)).await?;
        self.queue.wake(id);
        Ok(account)
    }

    /// Pauses or continues an account.
    pub async fn set_paused(&self, id: &AccountId, paused: bool) -> Result<Account, ConnectionError> {
        self.change(id, move |account| match (paused, account.state) {
            (true, AccountState::Connected) => account.state = AccountState::Paused,
            (false, AccountState::Paused) => account.state = AccountState::Connected,
            _ => {}
        })
        .await
    }

    /// Lets what waited for a reconnection go on.
    pub async fn resume(&self, id: &AccountId) -> Result<usize, ConnectionError> {
        let account = self.find(id).await?;
        let (row, now) = (account.id, self.clock.now());
        let resumed = self.store.write(move |tx| deliveries::resume_account(tx, &row, now)).await?;
        self.queue.clear_lane(id).await?;
        Ok(resumed)
    }

    /// What would stop if the account were removed.
    pub async fn impact(&self, id: &AccountId) -> Result<Vec<Delivery>, ConnectionError> {
        let id = self.find(id).await?.id;
        Ok(self.store.read(move |c| deliveries::unfinished_of_account(c, &id)).await?)
    }

    /// Removes an account: its secrets go at once, what waits is cancelled, what the platform already
    /// has is left to the owner's eyes. Returns the deliveries concerned.
    pub async fn remove(&self, id: &AccountId, actor: &str) -> Result<Vec<Delivery>, ConnectionError> {
        let mut account = self.find(id).await?;
        let (now, actor) = (self.clock.now(), actor.to_owned());
        account.state = AccountState::Removed;
        account.is_default = false;
        account.credential_hint = String::new();
        account.updated_at = now;
        let affected = self
            .store
            .write(move |tx| {
                let affected = deliveries::unfinished_of_account(tx, &account.id)?;
                for delivery in &affected {
                    let problem = Problem::new("account_removed");
                    let to = if delivery.state.can_become(DeliveryState::Cancelled)
                        && !delivery.doubtful
                        && delivery.state != DeliveryState::HandedOver
                    {
                        DeliveryState::Cancelled
                    } else if delivery.state.can_become(DeliveryState::Held) {
                        DeliveryState::Held
                    } else {
                        continue;
                    };
                    let change = Move {
                        next_at: Some(None),
                        problem: Some(Some(problem)),
                        finished_at: to.is_final().then_some(Some(now)),
                        ..Move::default()
                    };
                    deliveries::transition(tx, &delivery.id, &[delivery.state], to, &change, now)?;
                }
                accounts::save(tx, &account)?;
                accounts::remove_credentials(tx, &account.id)?;
                alerts::resolve_account(tx, account.id.as_str(), "account_needs_reauth", now)?;
                let mut entry = Entry::new(now, actor, "account.removed", account.label.clone());
                entry.account_id = Some(account.id.to_string());
                entry.details = json!({ "platform": account.platform });
                journal::add(tx, &entry)?;
                Ok(affected)
            })
            .await?;
        self.queue.wake(id);
        Ok(affected)
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

    /// Asks the platform whose credentials these are; renewed ones come back with the answer.
    async fn ask(
        &self,
        connector: &SharedConnector,
        account: &Account,
        credentials: Credentials,
    ) -> Result<(Identity, Option<Credentials>), ConnectionError> {
        let vault = vault::Pocket::new(credentials.clone());
        let identity = self
            .call(connector, account, &credentials, &vault)
            .await
            .map_err(|failure| ConnectionError::Refused(Box::new(failure)))?;
        let kept = identity.credentials.clone().unwrap_or_else(|| vault.take());
        Ok((identity, Some(kept)))
    }

    async fn call(
        &self,
        connector: &SharedConnector,
        account: &Account,
        credentials: &Credentials,
        vault: &dyn CredentialVault,
    ) -> Result<Identity, Failure> {
        let platform = (self.queue.platforms)(&account.platform);
        let given = credentials.get("server").map(|server| server.expose_secret().trim().to_owned());
        let base = account.server.clone().or(given.filter(|server| !server.is_empty()));
        let base_url = base.unwrap_or_else(|| platform.base_url.clone());
        let access = Access {
            account,
            credentials,
            vault,
            http: &self.http,
            media: &*self.queue.media,
            base_url: base_url.trim_end_matches('/'),
            platform: &platform,
            now: self.clock.now(),
        };
        connector.check(&access).await
    }

    /// Stores a successful check: facts, expiry, permissions, and the account is connected (again).
    async fn keep(
        &self,
        mut account: Account,
        identity: Identity,
        credentials: Option<Credentials>,
        connector: &SharedConnector,
        reconnected: bool,
        actor: &str,
    ) -> Result<Account, ConnectionError> {
        let now = self.clock.now();
        account.handle = identity.handle;
        account.token_expiry = identity.token_expiry;
        account.permissions = identity.permissions;
        account.missing_permissions = identity.missing_permissions;
        account.facts = identity.facts;
        let was_stopped = account.state != AccountState::Connected && account.state != AccountState::Paused;
        if was_stopped {
            account.state = AccountState::Connected;
        }
        account.problem = None;
        account.last_check = Some(outcome(now, &identity.findings));
        account.updated_at = now;
        if let Some(credentials) = &credentials {
            account.credential_hint = hint(connector, credentials);
        }
        let (kept, actor) = (account.clone(), actor.to_owned());
        let credentials = credentials.or(identity.credentials);
        let resumed = self
            .store
            .write(move |tx| {
                let mut kept = kept;
                if accounts::default_of(tx, &kept.platform)?.is_none() {
                    kept.is_default = true;
                }
                accounts::save(tx, &kept)?;
                if let Some(credentials) = &credentials {
                    accounts::set_credentials(tx, &kept.id, credentials)?;
                    let kind = if reconnected { "account.reconnected" } else { "account.connected" };
                    let mut entry = Entry::new(now, actor, kind, kept.label.clone());
                    entry.account_id = Some(kept.id.to_string());
                    entry.details = json!({ "platform": kept.platform });
                    journal::add(tx, &entry)?;
                }
                alerts::resolve_account(tx, kept.id.as_str(), "account_needs_reauth", now)?;
                if was_stopped {
                    deliveries::resume_account(tx, &kept.id, now)?;
                }
                Ok(kept)
            })
            .await?;
        if was_stopped || reconnected {
            self.queue.clear_lane(&resumed.id).await?;
        } else {
            self.queue.wake(&resumed.id);
        }
        Ok(resumed)
    }
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
        if !fields.iter().any(|field| field.key == key) {
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
