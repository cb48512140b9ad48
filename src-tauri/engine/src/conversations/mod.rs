//! Comments, mentions and reviews: read from the networks ([`reading`]), kept, marked. Answers leave
//! through the outbox like every other act (`orchestrator::reply`); nothing here sends one.

mod reading;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

use crate::{
    clock::SharedClock,
    connectors::{ConversationRules, Failure, Http, SharedConnector, registry::Registry},
    domain::{Account, AccountId, AccountState, ConversationItemId},
    queue::{Queue, desk::AccountDesk},
    store::{Store, StoreError, Tx, accounts, alerts, conversations},
};

/// Kind of the alert about low reviews, and code of its sentences.
pub const REVIEW_LOW: &str = "review_low";

/// A page that is open asks for the state of the engine each minute.
const LOOKED_AT_FOR: SignedDuration = SignedDuration::from_mins(2);

/// Why something could not be done about an item.
#[derive(Debug, thiserror::Error)]
pub enum ConversationError {
    #[error("No item {0}")]
    NotFound(ConversationItemId),
    /// The network, or what became of the item, does not allow it.
    #[error("Not possible: {0}")]
    NotPossible(&'static str),
    #[error("The platform refused: {}", .0.problem.code)]
    Refused(Box<Failure>),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The conversations of all accounts. Cheap to clone.
#[derive(Clone)]
pub struct Conversations {
    pub store: Store,
    pub clock: SharedClock,
    pub registry: Registry,
    pub http: Http,
    pub queue: Arc<Queue>,
    presence: Arc<Presence>,
    turns: Arc<Turns>,
}

/// One reading of an account at a time: one that ends late would call gone what another has just found.
type Turns = Mutex<HashMap<AccountId, Arc<tokio::sync::Mutex<()>>>>;

/// Whether somebody looks: then the networks are read more often.
#[derive(Default)]
struct Presence {
    /// Milliseconds since 1970 of the latest sign.
    looked_at: AtomicI64,
    /// Read now.
    wake: Notify,
}

impl Conversations {
    pub fn new(store: Store, clock: SharedClock, registry: Registry, http: Http, queue: Arc<Queue>) -> Self {
        Self { store, clock, registry, http, queue, presence: Arc::default(), turns: Arc::default() }
    }

    /// A person has a page open.
    pub fn note_looked_at(&self) {
        let was_open = self.is_looked_at();
        self.presence.looked_at.store(self.clock.now().as_millisecond(), Ordering::Relaxed);
        if !was_open {
            self.presence.wake.notify_one();
        }
    }

    fn is_looked_at(&self) -> bool {
        let at = self.presence.looked_at.load(Ordering::Relaxed);
        let at = Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
        self.clock.now().duration_since(at) < LOOKED_AT_FOR
    }

    /// What can be read and answered on a platform.
    pub fn rules(&self, platform: &str) -> Option<ConversationRules> {
        Some(self.registry.get(platform)?.conversation()?.rules())
    }

    pub async fn set_read(&self, id: &ConversationItemId) -> Result<(), ConversationError> {
        let (row, now) = (id.clone(), self.clock.now());
        self.change(id, move |tx| conversations::set_read(tx, &row, now)).await
    }

    /// Settles an item without an answer from here, or opens it again.
    pub async fn set_handled(&self, id: &ConversationItemId, handled: bool) -> Result<(), ConversationError> {
        let (row, now) = (id.clone(), self.clock.now());
        self.change(id, move |tx| {
            conversations::set_handled(tx, &row, handled, now)?;
            settle_alert(tx, &row, now)
        })
        .await
    }

    async fn change(
        &self,
        id: &ConversationItemId,
        work: impl FnOnce(&Tx<'_>) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<(), ConversationError> {
        match self.store.write(work).await {
            Err(StoreError::NotFound) => Err(ConversationError::NotFound(id.clone())),
            other => Ok(other?),
        }
    }

    /// Hides a comment from others at the network, or shows it again.
    pub async fn set_hidden(&self, id: &ConversationItemId, hidden: bool) -> Result<(), ConversationError> {
        let row = id.clone();
        let item = self.store.read(move |c| conversations::find(c, &row)).await?;
        let item = item.ok_or_else(|| ConversationError::NotFound(id.clone()))?;
        if item.deleted_at.is_some() {
            return Err(ConversationError::NotPossible("conversation_deleted"));
        }
        let account = item.account_id.clone();
        let account = self.store.read(move |c| accounts::find(c, &account)).await?;
        let account = account.filter(|account| account.state == AccountState::Connected);
        let account = account.ok_or(ConversationError::NotPossible("conversation_account_stopped"))?;
        let connector = self.registry.get(&item.platform).cloned();
        let connector = connector.ok_or(ConversationError::NotPossible("hide_not_possible"))?;
        let conversation = connector.conversation().filter(|c| c.rules().can_hide);
        let conversation = conversation.ok_or(ConversationError::NotPossible("hide_not_possible"))?;
        let desk = self.desk(&account).await?;
        conversation
            .set_hidden(&desk.access(&self.queue, self.clock.now()), &item.remote_id, hidden)
            .await
            .map_err(|failure| ConversationError::Refused(Box::new(failure)))?;
        let row = id.clone();
        self.change(id, move |tx| conversations::set_hidden(tx, &row, hidden)).await
    }

    /// What a reading learns about pace is not the lane's: publishing never waits for it.
    async fn desk(&self, account: &Account) -> Result<AccountDesk, StoreError> {
        self.queue.desk(account.clone(), self.http.for_lane()).await
    }

    fn connector_of(&self, account: &Account) -> Option<SharedConnector> {
        self.registry.get(&account.platform).filter(|connector| connector.conversation().is_some()).cloned()
    }
}

/// Closes the alert of an item's account when no low review waits any more.
pub fn settle_alert(tx: &Tx<'_>, id: &ConversationItemId, now: Timestamp) -> Result<(), StoreError> {
    let Some(item) = conversations::find(tx, id)? else { return Ok(()) };
    if conversations::low_reviews(tx, &item.account_id)?.is_empty() {
        alerts::resolve_account(tx, item.account_id.as_str(), REVIEW_LOW, now)?;
    }
    Ok(())
}
