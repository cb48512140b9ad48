//! Linking an account: the test call that says whose credentials these are, now and at every check.
//!
//! A platform that refuses credentials is believed, and nothing is kept. A platform that cannot be
//! asked says nothing about them: what was typed is kept as an account that is not verified. Its posts
//! wait, and the check is repeated until somebody answers ([`Connections::verify_until_stopped`]).

use std::time::Duration;

use jiff::Timestamp;
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::{
    Added, ConnectionError, Connections, NewAccount, blank, finding, hint, outcome, require_fields, vault,
};
use crate::{
    connectors::{Credentials, Failure, FailureClass, Identity, Severity, SharedConnector},
    domain::{Account, AccountId, AccountState, Problem},
    store::{
        accounts, alerts, deliveries, figures,
        journal::{self, Entry},
    },
};

/// Pause between two rounds of checks of accounts that are not verified.
const VERIFY_EVERY: Duration = Duration::from_mins(2);

impl Connections {
    /// Connects an account after a test call; the same remote account again is a reconnection.
    ///
    /// Errors: the platform refuses the credentials, or another account has them. When the platform
    /// cannot be asked, the account is kept as [`AccountState::Unverified`].
    pub async fn add(&self, new: NewAccount, actor: &str) -> Result<Added, ConnectionError> {
        let connector = self.connector(&new.platform)?;
        require_fields(&connector, &new.credentials)?;
        // The same words typed again after a first try without an answer are the same account.
        let earlier = self.unverified_with(&new).await?;
        let seen_before = earlier.is_some();
        let mut account = earlier.unwrap_or_else(|| blank(&new, self.clock.now()));
        let answer = self.ask(&connector, &account, new.credentials.clone()).await;
        let answer = match answer {
            Err(ConnectionError::Refused(failure)) if could_not_ask(&failure) => Err(failure),
            other => Ok(other?),
        };
        let mut reconnected = seen_before;
        if let Ok((identity, _)) = &answer
            && let Some(known) = self.known(&account, identity).await?
        {
            (account, reconnected) = (known, true);
        }
        if let Some(label) = new.label.filter(|label| !label.trim().is_empty()) {
            account.label = label;
        }
        if let Some(settings) = new.settings {
            account.settings = settings;
        }
        account.is_default |= new.make_default;
        account.practice = new.practice;
        let account = match answer {
            Ok((identity, credentials)) => {
                self.keep(account, identity, credentials, &connector, reconnected, actor).await?
            }
            Err(failure) => {
                self.keep_unverified(account, new.credentials, &connector, &failure.problem, actor).await?
            }
        };
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
        match self.ask(&connector, &account, merged.clone()).await {
            Ok((identity, credentials)) => {
                self.same_account(&account, &identity).await?;
                self.keep(account, identity, credentials, &connector, true, actor).await
            }
            Err(ConnectionError::Refused(failure)) if account.is_unverified() && could_not_ask(&failure) => {
                self.keep_unverified(account, merged, &connector, &failure.problem, actor).await
            }
            Err(error) => Err(error),
        }
    }

    /// Examines an account, within [`super::CHECK_DEADLINE`], and remembers what was found.
    pub async fn check(&self, id: &AccountId) -> Result<Account, ConnectionError> {
        let account = self.find(id).await?;
        let connector = self.connector(&account.platform)?;
        let now = self.clock.now();
        let stored = {
            let id = id.clone();
            self.store.read(move |c| accounts::credentials(c, &id)).await?
        };
        let found = match self.examine(&connector, &account, &stored).await {
            Ok(identity) => match self.same_account(&account, &identity).await {
                Ok(()) => return self.keep_checked(account, identity, stored).await,
                Err(ConnectionError::IdentityChanged) => Problem::new("account_identity_changed"),
                Err(ConnectionError::AlreadyConnected) => Problem::new("account_already_connected"),
                Err(error) => return Err(error),
            },
            Err(failure) => return self.note_failed_check(id, stored, failure).await,
        };
        let noted = self.amend(id, move |_, account| {
            account.last_check = Some(outcome(now, &[finding(&found.code, Severity::Error)]));
            Ok(())
        });
        Ok(noted.await?.0)
    }

    /// Remembers that the platform refused `used`, or could not be asked.
    async fn note_failed_check(
        &self,
        id: &AccountId,
        used: Credentials,
        failure: Failure,
    ) -> Result<Account, ConnectionError> {
        let now = self.clock.now();
        let noted = self.amend(id, move |tx, account| {
            if !accounts::credentials(tx, &account.id)?.is_same_as(&used) {
                // Reconnected meanwhile: this is about what the account had before.
                return Ok(());
            }
            let stopped = match failure.class {
                FailureClass::Reauth => Some(AccountState::NeedsReauth),
                FailureClass::Content if account.is_unverified() => Some(AccountState::NeedsReauth),
                FailureClass::Blocked => Some(AccountState::Blocked),
                _ => None,
            };
            account.last_check = Some(outcome(now, &[finding(&failure.problem.code, Severity::Error)]));
            let Some(state) = stopped else { return Ok(()) };
            account.state = state;
            account.problem = Some(failure.problem);
            let alert = alerts::Raise {
                account_id: Some(account.id.to_string()),
                kind: "account_needs_reauth",
                problem: account.problem.clone(),
                ..alerts::Raise::default()
            };
            alerts::raise(tx, &alert, now)
        });
        Ok(noted.await?.0)
    }

    /// Repeats the check of accounts that are not verified, until shutdown.
    pub async fn verify_until_stopped(self) {
        while !self.queue.shutdown.is_cancelled() {
            tokio::select! {
                () = self.clock.sleep(VERIFY_EVERY) => {}
                () = self.queue.shutdown.cancelled() => return,
            }
            let waiting = self.store.read(accounts::list).await.unwrap_or_default();
            for account in waiting.iter().filter(|account| account.state == AccountState::Unverified) {
                if let Err(error) = self.check(&account.id).await {
                    tracing::warn!(account.id = %account.id, "An account could not be checked: {error}.");
                }
            }
        }
    }

    /// The account that was kept unverified with exactly these credentials.
    async fn unverified_with(&self, new: &NewAccount) -> Result<Option<Account>, ConnectionError> {
        let (platform, given) = (new.platform.clone(), new.credentials.clone());
        let found = self.store.read(move |c| {
            for account in accounts::list(c)? {
                let fits = account.platform == platform && account.is_unverified();
                if fits && accounts::credentials(c, &account.id)?.is_same_as(&given) {
                    return Ok(Some(account));
                }
            }
            Ok(None)
        });
        Ok(found.await?)
    }

    /// Another row of the same remote account, also a removed one.
    async fn known(
        &self,
        account: &Account,
        identity: &Identity,
    ) -> Result<Option<Account>, ConnectionError> {
        let platform = account.platform.clone();
        let server = identity.server.clone().or(account.server.clone());
        let remote = identity.remote_id.clone();
        let known = self.store.read(move |c| accounts::find_remote(c, &platform, server.as_deref(), &remote));
        Ok(known.await?.filter(|known| known.id != account.id))
    }

    /// Whether the platform's answer is about this account; one that was never verified may be any that
    /// is not here yet.
    async fn same_account(&self, account: &Account, identity: &Identity) -> Result<(), ConnectionError> {
        if account.is_unverified() {
            return match self.known(account, identity).await? {
                Some(_) => Err(ConnectionError::AlreadyConnected),
                None => Ok(()),
            };
        }
        if identity.remote_id == account.remote_id { Ok(()) } else { Err(ConnectionError::IdentityChanged) }
    }

    /// Asks the platform whose credentials these are; renewed ones come back with the answer.
    async fn ask(
        &self,
        connector: &SharedConnector,
        account: &Account,
        credentials: Credentials,
    ) -> Result<(Identity, Credentials), ConnectionError> {
        let vault = vault::Pocket::new(credentials.clone());
        let identity = self
            .call(connector, account, &credentials, &vault, &self.http)
            .await
            .map_err(|failure| ConnectionError::Refused(Box::new(failure)))?;
        let kept = identity.credentials.clone().unwrap_or_else(|| vault.take());
        Ok((identity, kept))
    }

    /// Keeps what was typed although the platform could not be asked about it.
    async fn keep_unverified(
        &self,
        mut account: Account,
        credentials: Credentials,
        connector: &SharedConnector,
        problem: &Problem,
        actor: &str,
    ) -> Result<Account, ConnectionError> {
        let now = self.clock.now();
        if account.label.is_empty() {
            account.label =
                open_field(connector, &credentials).unwrap_or_else(|| connector.descriptor().name.to_owned());
        }
        account.state = AccountState::Unverified;
        account.problem = None;
        account.credential_hint = hint(connector, &credentials);
        account.last_check = Some(outcome(now, &[finding(&problem.code, Severity::Error)]));
        account.updated_at = now;
        let actor = actor.to_owned();
        let kept = self.store.write(move |tx| {
            if accounts::default_of(tx, &account.platform)?.is_none() {
                account.is_default = true;
            }
            accounts::save(tx, &account)?;
            accounts::set_credentials(tx, &account.id, &credentials)?;
            let mut entry = Entry::new(now, actor, "account.unverified", account.label.clone());
            entry.account_id = Some(account.id.to_string());
            entry.details = json!({ "platform": account.platform });
            journal::add(tx, &entry)?;
            Ok(account)
        });
        Ok(kept.await?)
    }

    /// Stores a successful check of an account that is here: what its owner did meanwhile stands.
    async fn keep_checked(
        &self,
        account: Account,
        identity: Identity,
        used: Credentials,
    ) -> Result<Account, ConnectionError> {
        let (id, now) = (account.id, self.clock.now());
        let checked = self.amend(&id, move |tx, account| {
            let is_current = accounts::credentials(tx, &account.id)?.is_same_as(&used);
            let was_stopped = apply(account, &identity, now);
            if let Some(renewed) = identity.credentials.filter(|_| is_current) {
                accounts::set_credentials(tx, &account.id, &renewed)?;
            }
            alerts::resolve_account(tx, account.id.as_str(), "account_needs_reauth", now)?;
            if was_stopped {
                deliveries::resume_account(tx, &account.id, now)?;
            }
            Ok(was_stopped)
        });
        let (kept, was_stopped) = checked.await?;
        if was_stopped {
            self.queue.clear_lane(&id).await?;
        } else {
            self.queue.wake(&id);
        }
        Ok(kept)
    }

    /// Stores an account that was connected (again) with these credentials.
    async fn keep(
        &self,
        mut account: Account,
        identity: Identity,
        credentials: Credentials,
        connector: &SharedConnector,
        reconnected: bool,
        actor: &str,
    ) -> Result<Account, ConnectionError> {
        let now = self.clock.now();
        account.credential_hint = hint(connector, &credentials);
        account.updated_at = now;
        let actor = actor.to_owned();
        // A renewal under way would put the former secrets back.
        let _no_renewal = self.queue.refresh_lock(&account.id).lock_owned().await;
        let kept = self
            .store
            .write(move |tx| {
                if let Some(stored) = accounts::find(tx, &account.id)? {
                    account.state = stored.state;
                }
                let was_stopped = apply(&mut account, &identity, now);
                if accounts::default_of(tx, &account.platform)?.is_none() {
                    account.is_default = true;
                }
                accounts::save(tx, &account)?;
                accounts::set_credentials(tx, &account.id, &credentials)?;
                figures::forget_trouble(tx, &account.id)?;
                let kind = if reconnected { "account.reconnected" } else { "account.connected" };
                let mut entry = Entry::new(now, actor, kind, account.label.clone());
                entry.account_id = Some(account.id.to_string());
                entry.details = json!({ "platform": account.platform });
                journal::add(tx, &entry)?;
                for settled in ["account_needs_reauth", "access_not_revoked"] {
                    alerts::resolve_account(tx, account.id.as_str(), settled, now)?;
                }
                if was_stopped {
                    deliveries::resume_account(tx, &account.id, now)?;
                }
                Ok(account)
            })
            .await?;
        self.queue.clear_lane(&kept.id).await?;
        Ok(kept)
    }
}

/// Puts the platform's answer into an account, which is connected (again). Says whether it was stopped.
fn apply(account: &mut Account, identity: &Identity, now: Timestamp) -> bool {
    account.remote_id.clone_from(&identity.remote_id);
    account.server = identity.server.clone().or(account.server.take());
    if account.label.is_empty() {
        account.label.clone_from(&identity.label);
    }
    account.handle.clone_from(&identity.handle);
    account.token_expiry = identity.token_expiry;
    account.permissions.clone_from(&identity.permissions);
    account.missing_permissions.clone_from(&identity.missing_permissions);
    account.facts.clone_from(&identity.facts);
    account.problem = None;
    account.last_check = Some(outcome(now, &identity.findings));
    let was_stopped = !matches!(account.state, AccountState::Connected | AccountState::Paused);
    if was_stopped {
        account.state = AccountState::Connected;
    }
    was_stopped
}

/// The platform did not refuse the credentials: it could not be asked, or not now.
fn could_not_ask(failure: &Failure) -> bool {
    match failure.class {
        FailureClass::NotSent | FailureClass::Retry | FailureClass::Quota | FailureClass::Unknown => true,
        FailureClass::Reauth | FailureClass::Blocked | FailureClass::Content | FailureClass::Duplicate => {
            false
        }
    }
}

/// The first field that is no secret: what the owner recognises the account by until it has a name.
fn open_field(connector: &SharedConnector, credentials: &Credentials) -> Option<String> {
    let fields = connector.descriptor().credential_fields.iter().filter(|field| !field.secret);
    let mut values = fields.filter_map(|field| credentials.get(field.key));
    values.find_map(|value| {
        let value = value.expose_secret().trim();
        (!value.is_empty()).then(|| value.to_owned())
    })
}
