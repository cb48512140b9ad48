//! What the handlers work with.

use std::{
    collections::HashSet,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::{gate::Gate, routes::oauth::Logins};
use crate::{
    engine::Engine,
    orchestrator::{By, Orchestrator},
    store::Store,
};

/// Shared by all handlers. Cheap to clone.
#[derive(Clone)]
pub struct ApiState(Arc<Parts>);

/// What [`ApiState::new`] needs.
pub struct Parts {
    pub engine: Arc<Engine>,
    pub gate: Arc<Gate>,
    pub log_dir: PathBuf,
    /// Addresses of the practice networks; `None` when this is not a rehearsal.
    pub practice: Option<super::routes::practice::PracticeAddresses>,
    /// Base address of the network door, once it is open.
    pub address: Option<String>,
    /// Ends the streams when the application stops.
    pub stopping: CancellationToken,
    /// Logins with the browser.
    pub logins: Logins,
    /// Idempotency keys whose first request is still running.
    pub running: Mutex<HashSet<(String, String)>>,
}

impl ApiState {
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    pub fn orchestrator(&self) -> &Orchestrator {
        &self.engine.orchestrator
    }

    pub fn store(&self) -> &Store {
        &self.engine.orchestrator.store
    }

    pub fn now(&self) -> Timestamp {
        self.engine.orchestrator.clock.now()
    }

    /// Marks an idempotency key as running; `None` when it is already.
    pub fn claim(&self, caller: &str, key: &str) -> Option<Claimed> {
        let entry = (caller.to_owned(), key.to_owned());
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.insert(entry.clone()).then(|| Claimed { state: self.clone(), entry })
    }
}

/// Ends the mark when the request ends, however it ends.
pub struct Claimed {
    state: ApiState,
    entry: (String, String),
}

impl Drop for Claimed {
    fn drop(&mut self) {
        self.state.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.entry);
    }
}

impl std::ops::Deref for ApiState {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl From<&super::caller::Caller> for By {
    fn from(caller: &super::caller::Caller) -> Self {
        Self { actor: caller.actor(), can_undo: caller.is_person() }
    }
}
