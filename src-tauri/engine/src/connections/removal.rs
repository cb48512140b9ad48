//! Removing an account, and what that would stop.

use serde_json::json;

use super::{ConnectionError, Connections, vault};
use crate::{
    connectors::Credentials,
    domain::{Account, AccountId, AccountState, Delivery, DeliveryState, Problem},
    store::{
        accounts, alerts,
        deliveries::{self, Move},
        journal::{self, Entry},
    },
};

impl Connections {
    /// What would stop if the account were removed.
    pub async fn impact(&self, id: &AccountId) -> Result<Vec<Delivery>, ConnectionError> {
        let id = self.find(id).await?.id;
        Ok(self.store.read(move |c| deliveries::unfinished_of_account(c, &id)).await?)
    }

    /// Removes an account: its secrets go at once, what waits is cancelled, what the platform already
    /// has is left to the owner's eyes. Returns the deliveries concerned.
    pub async fn remove(&self, id: &AccountId, actor: &str) -> Result<Vec<Delivery>, ConnectionError> {
        let mut account = self.find(id).await?;
        let taken = {
            let id = account.id.clone();
            self.store.read(move |c| accounts::credentials(c, &id)).await?
        };
        let removed = account.clone();
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
        // What the platform says about it changes nothing here: the secrets are gone either way.
        tokio::spawn(self.clone().give_back(removed, taken));
        Ok(affected)
    }

    /// Gives the access back where the platform takes it back. Not while another account of the platform
    /// is connected: one login may stand behind both.
    async fn give_back(self, account: Account, credentials: Credentials) {
        let Some(connector) = self.registry.get(&account.platform) else { return };
        let Some(oauth) = connector.oauth() else { return };
        let rest = self.store.read(accounts::list).await.unwrap_or_default();
        if rest.iter().any(|other| other.id != account.id && other.platform == account.platform) {
            return;
        }
        let vault = vault::Pocket::new(credentials.clone());
        let (platform, base_url) = self.whereabouts(&account, &credentials);
        let access = self.access(&account, &credentials, &vault, &platform, &base_url);
        if let Err(failure) = oauth.revoke(&access).await {
            tracing::warn!(
                platform = %account.platform,
                code = %failure.problem.code,
                "The access of a removed account could not be given back."
            );
        }
    }
}
