//! The shapes that the API shows, made from what the store keeps.

mod account;
mod analytics;
mod contact;
mod conversation;
mod delivery;
mod message;
mod page;
mod post;
mod words;

pub use account::{AccountView, CheckView, CollectedView, FindingView, account_view, check_view};
pub use analytics::{
    AccountFiguresView, AnalyticsView, DayView, PlatformFiguresView, PostFiguresView, SampleView,
    analytics_view,
};
pub use contact::{
    ContactFile, ContactImportView, ContactPage, ContactView, ImportErrorView, SegmentView, VisitView,
    contact_file, contact_view,
};
pub use conversation::{ConversationPage, ConversationView, conversation_view};
pub use delivery::{AttemptView, DeliveryView, ImageView, ProblemView, delivery_view, with_history};
pub use message::{MailingPage, MailingView, MessagePage, MessageView, mailing_view, message_view};
pub use page::{Cursor, DeliveryPage, JournalPage, PostPage, limit};
pub use post::{ContentView, MediaView, PostView, ScheduleView, post_view};
pub use words::{JournalView, journal_view};

use std::collections::BTreeMap;

use crate::{
    connectors::registry::Registry,
    domain::{Account, AccountState},
    store::{Connection, StoreError, accounts},
};

/// What several views look up.
pub struct Lookup {
    pub registry: Registry,
    accounts: BTreeMap<String, Account>,
}

impl Lookup {
    pub fn load(connection: &Connection, registry: &Registry) -> Result<Self, StoreError> {
        let accounts = accounts::list(connection)?;
        Ok(Self {
            registry: registry.clone(),
            accounts: accounts.into_iter().map(|account| (account.id.to_string(), account)).collect(),
        })
    }

    pub fn account(&self, id: &str) -> Option<&Account> {
        self.accounts.get(id)
    }

    /// Living accounts.
    pub fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.values()
    }

    /// Label of an account, also of one that was removed.
    pub fn label(&self, id: &str, platform: &str) -> String {
        self.account(id).map_or_else(|| self.platform_name(platform), |account| account.label.clone())
    }

    /// Targets as account ids: a platform's name means its default account.
    pub fn account_ids(&self, targets: Vec<String>) -> Vec<String> {
        let mut ids: Vec<String> = Vec::with_capacity(targets.len());
        for target in targets {
            let default = self.accounts.iter().find(|(_, account)| {
                account.platform == target && account.is_default && account.state != AccountState::Removed
            });
            let id = default.map_or(target, |(id, _)| id.clone());
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        ids
    }

    pub fn platform_name(&self, platform: &str) -> String {
        self.registry.get(platform).map_or_else(|| platform.to_owned(), |c| c.descriptor().name.to_owned())
    }
}
