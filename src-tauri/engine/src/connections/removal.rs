//! Removing an account, and what that would stop.

use serde_json::json;

use super::{ConnectionError, Connections, Withdrawal, Withdrawn};
use crate::{
    domain::{AccountId, AccountState, Delivery, DeliveryState, Problem},
    queue,
    store::{
        accounts, alerts, conversations,
        deliveries::{self, Move},
        journal::{self, Entry},
        messages,
    },
};

/// What [`Connections::remove`] did.
#[derive(Clone, Debug)]
pub struct Removed {
    /// What was not finished.
    pub affected: Vec<Delivery>,
    /// What became of the access at the platform.
    pub withdrawn: Withdrawn,
}

impl Connections {
    /// What would stop if the account were removed.
    pub async fn impact(&self, id: &AccountId) -> Result<Vec<Delivery>, ConnectionError> {
        let id = self.find(id).await?.id;
        Ok(self.store.read(move |c| deliveries::unfinished_of_account(c, &id)).await?)
    }

    /// Removes an account: its access is taken back at the platform where that is possible, its secrets
    /// go, what waits is cancelled, what the platform already has is left to the owner's eyes, and so is a
    /// call in flight: nobody will hear its answer.
    ///
    /// The platform is asked first, while the secrets are here: when this ends in the middle, the account
    /// is still there to be removed, and to ask again changes nothing.
    pub async fn remove(&self, id: &AccountId, actor: &str) -> Result<Removed, ConnectionError> {
        let mut account = self.find(id).await?;
        let withdrawn = self.withdraw(&account).await?;
        let (now, actor, outcome) = (self.clock.now(), actor.to_owned(), withdrawn.clone());
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
                    let doubtful = delivery.doubtful || delivery.state == DeliveryState::Sending;
                    let to = if delivery.state.can_become(DeliveryState::Cancelled)
                        && !doubtful
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
                        owner: Some(None),
                        doubtful: Some(doubtful),
                        problem: Some(Some(problem.clone())),
                        finished_at: to.is_final().then_some(Some(now)),
                        ..Move::default()
                    };
                    deliveries::transition(tx, &delivery.id, &[delivery.state], to, &change, now)?;
                    let moved = Delivery { doubtful, ..delivery.clone() };
                    queue::announce(tx, &moved, delivery.state, to, Some(&problem), now)?;
                }
                messages::account_removed(tx, &account.id, &Problem::new("account_removed"), now)?;
                accounts::save(tx, &account)?;
                accounts::remove_credentials(tx, &account.id)?;
                // What people said to this account goes with it.
                conversations::purge(tx, now)?;
                alerts::resolve_account(tx, account.id.as_str(), "account_needs_reauth", now)?;
                alerts::resolve_account(tx, account.id.as_str(), "review_low", now)?;
                if outcome.access == Withdrawal::Failed {
                    let alert = alerts::Raise {
                        account_id: Some(account.id.to_string()),
                        kind: "access_not_revoked",
                        problem: Some(Problem::new("access_not_revoked")),
                        ..alerts::Raise::default()
                    };
                    alerts::raise(tx, &alert, now)?;
                }
                let mut entry = Entry::new(now, actor, "account.removed", account.label.clone());
                entry.account_id = Some(account.id.to_string());
                entry.details = json!({
                    "platform": account.platform,
                    "access": outcome.access,
                    "page": outcome.page,
                    "code": outcome.problem.map(|problem| problem.code),
                });
                journal::add(tx, &entry)?;
                Ok(affected)
            })
            .await?;
        self.queue.wake(id);
        Ok(Removed { affected, withdrawn })
    }
}
