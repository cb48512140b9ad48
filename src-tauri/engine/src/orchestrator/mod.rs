//! Rules that cross features: turns an intent into deliveries after the gates, and an edit into
//! changes of deliveries. Every door (window, dashboard, API, command line) comes through here.

mod edit;
mod gates;
mod notify;
mod publish;
mod refusal;
mod reply;

pub use edit::{Change, PostPatch};
pub use gates::Preview;
pub use notify::{Notified, NotifyRequest, RecipientOutcome, RecipientResult, is_refused};
pub use publish::{IdempotencyClaim, PublishRequest, Published, Warning};
pub use refusal::{FieldError, Refusal};

use std::sync::{Arc, PoisonError, RwLock};

use crate::{
    clock::SharedClock,
    config::Settings,
    connectors::registry::Registry,
    domain::{Delivery, Post, PostId},
    notifications::sending::Messaging,
    queue::Queue,
    social::LibraryDesk,
    store::{Store, StoreError, deliveries, posts},
};

/// Who asks, and what that door implies.
#[derive(Clone, Debug)]
pub struct By {
    /// `window`, `dashboard`, `api:<label>`, `cli`; written into the journal.
    pub actor: String,
    /// "Publish now" waits for the undo time: people at a screen may change their mind, programs not.
    pub can_undo: bool,
}

/// The orchestrator. Cheap to clone.
#[derive(Clone)]
pub struct Orchestrator {
    pub store: Store,
    pub clock: SharedClock,
    pub registry: Registry,
    pub queue: Arc<Queue>,
    pub desk: LibraryDesk,
    pub messaging: Messaging,
    settings: Arc<RwLock<Settings>>,
}

impl Orchestrator {
    pub fn new(
        store: Store,
        clock: SharedClock,
        registry: Registry,
        queue: Arc<Queue>,
        desk: LibraryDesk,
        messaging: Messaging,
        settings: Settings,
    ) -> Self {
        Self { store, clock, registry, queue, desk, messaging, settings: Arc::new(RwLock::new(settings)) }
    }

    pub fn settings(&self) -> Settings {
        self.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn set_settings(&self, settings: Settings) {
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = settings;
    }

    /// A post with its deliveries.
    pub async fn post(&self, id: &PostId) -> Result<(Post, Vec<Delivery>), Refusal> {
        let id = id.clone();
        let found = self
            .store
            .read(move |c| {
                let Some(post) = posts::find(c, &id)? else { return Err(StoreError::NotFound) };
                let deliveries = deliveries::of_post(c, &id)?;
                Ok((post, deliveries))
            })
            .await?;
        Ok(found)
    }
}
