//! What a call to a connector may use, outside the lanes of posts: readings, and messages to people.

use jiff::Timestamp;

use super::Queue;
use crate::{
    config::PlatformConfig,
    connectors::{Access, CredentialVault, Credentials, Http},
    domain::Account,
    store::{StoreError, accounts},
};

/// Owned parts of an [`Access`] to one account.
pub struct AccountDesk {
    pub account: Account,
    pub http: Http,
    credentials: Credentials,
    vault: Box<dyn CredentialVault>,
    platform: PlatformConfig,
    base_url: String,
}

impl Queue {
    /// What is known about an account now. `http` notes the clock and the pace of its platform.
    pub async fn desk(&self, account: Account, http: Http) -> Result<AccountDesk, StoreError> {
        let id = account.id.clone();
        let platform = (self.platforms)(&account.platform);
        let base_url = account.server.clone().unwrap_or_else(|| platform.base_url.clone());
        Ok(AccountDesk {
            credentials: self.store.read(move |c| accounts::credentials(c, &id)).await?,
            vault: Box::new(self.vault(&account.id)),
            http,
            base_url: base_url.trim_end_matches('/').to_owned(),
            platform,
            account,
        })
    }
}

impl AccountDesk {
    pub fn access<'a>(&'a self, queue: &'a Queue, now: Timestamp) -> Access<'a> {
        Access {
            account: &self.account,
            credentials: &self.credentials,
            vault: &*self.vault,
            http: &self.http,
            media: &*queue.media,
            base_url: &self.base_url,
            platform: &self.platform,
            now,
        }
    }
}
