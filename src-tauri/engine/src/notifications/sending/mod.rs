//! The outbox of messages at work: sendings whose time has come are released ([`release`]), each account
//! sends over a few ways at once ([`lane`]), [`work`] moves one message as far as it can go, [`verdict`]
//! says what each failure means, and [`reports`] notes what became of what was accepted.
//!
//! The gates are asked in the very transaction that lets a message go: a consent that was withdrawn before
//! that commit is seen, whatever waits, repeats or was restored. Order around the irreversible step: commit
//! `preparing`, offer, ask the gates and commit `sending`, one step, commit the outcome.

mod ending;
mod lane;
mod release;
mod reports;
pub mod rows;
mod verdict;
mod work;

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use jiff::Timestamp;
use tokio::{
    sync::{
        Notify,
        broadcast::{Receiver, error::RecvError},
    },
    task::JoinHandle,
};

use crate::{
    clock::SharedClock,
    connectors::registry::Registry,
    domain::{AccountId, MailingId, message_gates::MessagePolicy},
    events::{Event, EventBus},
    queue::{Pause, Queue},
    store::{Store, StoreError, lanes, mailings, messages},
};

pub use verdict::MessageRetries;

/// The wall clock is looked at this often, because clocks jump and machines sleep.
const BEAT: Duration = Duration::from_secs(30);

/// How the house writes to people, and the owner's limits.
#[derive(Clone)]
pub struct MessagingSettings {
    pub policy: MessagePolicy,
    pub house: super::House,
}

/// The outbox of messages. Cheap to clone.
#[derive(Clone)]
pub struct Messaging {
    pub store: Store,
    pub clock: SharedClock,
    pub registry: Registry,
    pub queue: Arc<Queue>,
    events: EventBus,
    settings: Arc<RwLock<MessagingSettings>>,
    retries: MessageRetries,
    shared: Arc<Shared>,
}

/// Lanes and their tasks, by account.
type Running = HashMap<AccountId, (Arc<lane::MessageLane>, JoinHandle<()>)>;

#[derive(Default)]
struct Shared {
    wake: Notify,
    lanes: Mutex<Running>,
    /// The sendings at work, with their compiled templates.
    contexts: Mutex<HashMap<MailingId, Arc<work::Context>>>,
    /// One reading of an account at a time.
    readings: Mutex<BTreeSet<AccountId>>,
}

impl Messaging {
    pub fn new(
        store: Store,
        clock: SharedClock,
        registry: Registry,
        queue: Arc<Queue>,
        events: EventBus,
        settings: MessagingSettings,
    ) -> Self {
        Self {
            store,
            clock,
            registry,
            queue,
            events,
            settings: Arc::new(RwLock::new(settings)),
            retries: MessageRetries::default(),
            shared: Arc::default(),
        }
    }

    pub fn settings(&self) -> MessagingSettings {
        self.settings.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts changed settings in force; templates are compiled anew with the house's new address.
    pub fn set_settings(&self, settings: MessagingSettings) {
        *self.settings.write().unwrap_or_else(PoisonError::into_inner) = settings;
        self.shared.contexts.lock().unwrap_or_else(PoisonError::into_inner).clear();
        self.wake();
    }

    /// Something was added or changed.
    pub fn wake(&self) {
        self.shared.wake.notify_one();
        for (lane, _) in self.lanes().values() {
            lane.wake.notify_waiters();
        }
    }

    fn lanes(&self) -> std::sync::MutexGuard<'_, Running> {
        self.shared.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Frees what earlier runs left in the middle. Called once at start, before any lane runs.
    pub async fn rescue(&self) -> Result<usize, StoreError> {
        let (me, now) = (self.queue.instance.clone(), self.clock.now());
        let max = self.queue.policy().max_crashes;
        self.store.write(move |tx| messages::rescue(tx, &me, now, max)).await
    }

    /// Releases, sends and closes, until shutdown.
    pub async fn run_until_stopped(self) {
        if !self.registry.iter().any(|connector| connector.messenger().is_some()) {
            return;
        }
        let readings = tokio::spawn(self.clone().read_reports_until_stopped());
        let mut changes = self.events.subscribe(None).0;
        while !self.queue.shutdown.is_cancelled() {
            let wait = match self.step().await {
                Ok(wait) => wait,
                Err(error) => {
                    tracing::warn!(code = error.code(), "The messages could not be looked after: {error}.");
                    BEAT
                }
            };
            tokio::select! {
                () = self.clock.sleep(wait) => {}
                () = self.shared.wake.notified() => {}
                () = concerns_messages(&mut changes) => {}
                () = self.queue.shutdown.cancelled() => {}
            }
        }
        let tasks: Vec<_> = self.lanes().drain().map(|(_, (_, task))| task).collect();
        futures::future::join_all(tasks).await;
        let _ = readings.await;
    }

    /// Starts what is due. Returns until when nothing else is.
    async fn step(&self) -> Result<Duration, StoreError> {
        let now = self.clock.now();
        if self.queue.pause() != Pause::Running || self.queue.is_waking() {
            return Ok(BEAT);
        }
        self.release_due(now).await?;
        let (busy, lanes, next_due) = self
            .store
            .read(|c| Ok((messages::busy_accounts(c)?, lanes::all(c)?, mailings::next_due(c)?)))
            .await?;
        let mut next = next_due;
        for (account, at) in busy {
            let lane = lanes.iter().find(|(id, _)| *id == account);
            let at = lane.and_then(|(_, lane)| lane.not_before).map_or(at, |not_before| at.max(not_before));
            if at <= now {
                self.start_lane(&account);
            } else {
                next = Some(next.map_or(at, |next| next.min(at)));
            }
        }
        self.finish_mailings(now).await?;
        Ok(next.map_or(BEAT, |at| until(now, at)).min(BEAT))
    }

    /// Closes the sendings nothing of which can move any more.
    async fn finish_mailings(&self, now: Timestamp) -> Result<(), StoreError> {
        let open = self
            .store
            .read(|c| {
                let filter = mailings::Filter {
                    state: Some(crate::domain::MailingState::Sending),
                    limit: 1,
                    ..mailings::Filter::default()
                };
                Ok(!mailings::list(c, &filter)?.is_empty())
            })
            .await?;
        if !open {
            return Ok(());
        }
        let done = self.store.write(move |tx| mailings::finish(tx, now)).await?;
        let mut contexts = self.shared.contexts.lock().unwrap_or_else(PoisonError::into_inner);
        for id in done {
            contexts.remove(&id);
        }
        Ok(())
    }
}

/// Ends with a change after which something may leave: a pause that ended, an account that came back.
async fn concerns_messages(changes: &mut Receiver<Event>) {
    loop {
        match changes.recv().await {
            Ok(event) if matches!(event.kind, "status.changed" | "account.changed" | "mailing.changed") => {
                return;
            }
            Ok(_) => {}
            // Too far behind, or the end: the beat looks after the rest.
            Err(RecvError::Lagged(_)) => return,
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

/// How long until an instant; at least a millisecond, so that nobody spins.
fn until(now: Timestamp, at: Timestamp) -> Duration {
    at.duration_since(now).try_into().unwrap_or(Duration::ZERO).max(Duration::from_millis(1))
}
