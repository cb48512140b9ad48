//! Taking the access of an account back at its platform, when the account is removed.
//!
//! It never stands in the way of the removal: what did not come to pass is said, with the page on which
//! the owner can do it by hand.

use std::time::Duration;

use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Connections, base_url};
use crate::{
    connectors::{Credentials, Revocation, SharedConnector},
    domain::{Account, AccountState, Problem},
    store::{StoreError, accounts},
};

/// A person waits for the removal: a platform that does not answer is not waited for any longer.
const PATIENCE: Duration = Duration::from_secs(8);

/// What became of the access at the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Withdrawal {
    /// What was kept here opens nothing any more.
    Revoked,
    /// The session is closed; what the owner typed works until they delete it at the platform.
    SessionEnded,
    /// Another account that stays connected needs it.
    Shared,
    /// The platform has no way to do it, or not with these credentials.
    NotOffered,
    /// It was tried in vain.
    Failed,
}

/// The withdrawal and what a person may do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawn {
    pub access: Withdrawal,
    /// Where the access is taken back by hand; `None` when nothing is left to do.
    pub page: Option<String>,
    /// Why it was in vain.
    pub problem: Option<Problem>,
}

impl Withdrawn {
    fn without_page(access: Withdrawal) -> Self {
        Self { access, page: None, problem: None }
    }
}

impl Connections {
    /// Asks the platform to take the access back. Errors: only those of our own store.
    pub(super) async fn withdraw(&self, account: &Account) -> Result<Withdrawn, StoreError> {
        let Ok(connector) = self.connector(&account.platform) else {
            return Ok(Withdrawn::without_page(Withdrawal::NotOffered));
        };
        let id = account.id.clone();
        let credentials = self.store.read(move |c| accounts::credentials(c, &id)).await?;
        if self.is_needed_by_another(account, &connector, &credentials).await? {
            return Ok(Withdrawn::without_page(Withdrawal::Shared));
        }
        let (vault, http) = (self.queue.vault(&account.id), self.http.with_patience(PATIENCE));
        let platform = (self.queue.platforms)(&account.platform);
        let base_url = base_url(account, &credentials, &platform);
        let access = self.access(account, &credentials, &vault, &http, &platform, &base_url);
        let page = connector.access_page(&access);
        Ok(match connector.revoke(&access).await {
            Ok(Revocation::Revoked) => Withdrawn::without_page(Withdrawal::Revoked),
            Ok(Revocation::SessionEnded) => {
                Withdrawn { access: Withdrawal::SessionEnded, page, problem: None }
            }
            Ok(Revocation::NotOffered) => Withdrawn { access: Withdrawal::NotOffered, page, problem: None },
            Err(failure) => {
                tracing::warn!(
                    account.id = %account.id,
                    code = failure.problem.code,
                    "The access could not be taken back at the platform."
                );
                Withdrawn { access: Withdrawal::Failed, page, problem: Some(failure.problem) }
            }
        })
    }

    /// Another account hangs on the same grant, or has the very same secret.
    async fn is_needed_by_another(
        &self,
        account: &Account,
        connector: &SharedConnector,
        credentials: &Credentials,
    ) -> Result<bool, StoreError> {
        let secrets: Vec<String> = connector
            .descriptor()
            .credential_fields
            .iter()
            .filter(|field| field.secret)
            .filter_map(|field| Some(credentials.get(field.key)?.expose_secret().to_owned()))
            .filter(|secret| !secret.is_empty())
            .collect();
        let (id, grant) = (account.id.clone(), connector.one_grant_for());
        self.store
            .read(move |c| {
                let others = accounts::list(c)?.into_iter();
                for other in others.filter(|one| one.id != id && one.state != AccountState::Removed) {
                    if grant.contains(&other.platform.as_str()) {
                        return Ok(true);
                    }
                    let theirs = accounts::credentials(c, &other.id)?;
                    if theirs.iter().any(|(_, value)| secrets.iter().any(|one| one == value.expose_secret()))
                    {
                        return Ok(true);
                    }
                }
                Ok(false)
            })
            .await
    }
}
