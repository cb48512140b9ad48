//! The outbox at work: every act that leaves the machine goes through here, and nothing else calls a
//! connector's `send`.
//!
//! One lane per account ([`lanes`]); [`work`] moves one delivery as far as it can go; [`policy`] says
//! what each failure means; [`reconcile`] settles doubts; [`remote`] looks after what a platform
//! already has; [`person`] is what a person may decide. Order around the irreversible call: commit
//! `armed` with its marks and `sending`, one request, commit the outcome.

pub mod connectivity;
pub mod desk;
pub mod failpoint;
pub mod lanes;
pub mod person;
pub mod plan;
pub mod policy;

mod outcome;
mod reconcile;
mod remote;
mod work;

use std::{
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    clock::SharedClock,
    config::PlatformConfig,
    connectors::{CheckFinding, Connector, Failure, Http, Limits, MediaSource, registry::Registry},
    domain::{Account, InstanceId, OutgoingImage},
    store::{Store, StoreError, Tx, journal},
};

pub use connectivity::Connectivity;
pub(crate) use outcome::announce;
pub use policy::QueuePolicy;

/// Gives pictures to connectors, and fetches those that are still only an address.
#[async_trait]
pub trait MediaDesk: MediaSource {
    /// Fetches a picture of the public web into the library.
    async fn fetch(&self, url: &str, alt_text: &str) -> Result<OutgoingImage, Failure>;

    /// Tests the owner's web site, if there is one.
    async fn check_web_site(&self) -> Option<Vec<CheckFinding>> {
        None
    }

    /// Removes from the owner's web site what no delivery needs any more. What cannot be removed now is
    /// tried again the next time.
    async fn tidy_web_site(&self) {}
}

/// Base addresses of the platforms, by id.
pub type PlatformLookup = Arc<dyn Fn(&str) -> PlatformConfig + Send + Sync>;

/// Everything the queue works with.
pub struct Queue {
    pub store: Store,
    pub clock: SharedClock,
    pub registry: Registry,
    pub http: Http,
    pub platforms: PlatformLookup,
    pub media: Arc<dyn MediaDesk>,
    pub instance: InstanceId,
    pub connectivity: Connectivity,
    pub shutdown: CancellationToken,
    policy: RwLock<QueuePolicy>,
    pause: RwLock<Pause>,
    /// Goes up at each resume after sleep.
    resumed: watch::Sender<u64>,
    /// New acts wait: the machine has just woken and the network is not there yet.
    waking: watch::Sender<bool>,
    lanes: lanes::Lanes,
    refreshes: Mutex<std::collections::HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

/// Whether new acts may start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Pause {
    #[default]
    Running,
    Until {
        at: Timestamp,
    },
    UntilResumed,
}

/// What [`Queue::new`] needs.
pub struct QueueParts {
    pub store: Store,
    pub clock: SharedClock,
    pub registry: Registry,
    pub http: Http,
    pub platforms: PlatformLookup,
    pub media: Arc<dyn MediaDesk>,
    pub instance: InstanceId,
    pub policy: QueuePolicy,
    pub pause: Pause,
}

impl Queue {
    pub fn new(parts: QueueParts) -> Arc<Self> {
        Arc::new(Self {
            store: parts.store,
            clock: parts.clock,
            registry: parts.registry,
            http: parts.http,
            platforms: parts.platforms,
            media: parts.media,
            instance: parts.instance,
            connectivity: Connectivity::default(),
            shutdown: CancellationToken::new(),
            policy: RwLock::new(parts.policy),
            pause: RwLock::new(parts.pause),
            resumed: watch::channel(0).0,
            waking: watch::channel(false).0,
            lanes: lanes::Lanes::default(),
            refreshes: Mutex::default(),
        })
    }

    pub fn policy(&self) -> QueuePolicy {
        self.policy.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The limits in force for an account.
    pub fn limits(&self, connector: &dyn Connector, account: &Account) -> Limits {
        self.policy().limits(&account.platform, connector.effective_limits(account))
    }

    pub fn set_policy(&self, policy: QueuePolicy) {
        *self.policy.write().unwrap_or_else(PoisonError::into_inner) = policy;
    }

    /// The pause in force; a pause whose time is over is none.
    pub fn pause(&self) -> Pause {
        let pause = *self.pause.read().unwrap_or_else(PoisonError::into_inner);
        match pause {
            Pause::Until { at } if at <= self.clock.now() => Pause::Running,
            pause => pause,
        }
    }

    /// Pauses or resumes, durably; the journal says who.
    ///
    /// A pause holds from this moment, even when the disk refuses to keep it; publishing goes on only
    /// once that is written.
    pub async fn set_pause(&self, pause: Pause, actor: &str) -> Result<(), StoreError> {
        let hold = |pause| *self.pause.write().unwrap_or_else(PoisonError::into_inner) = pause;
        if pause != Pause::Running {
            hold(pause);
        }
        let kind = if pause == Pause::Running { "publishing.resumed" } else { "publishing.paused" };
        let until = if let Pause::Until { at } = pause { at.to_string() } else { String::new() };
        let entry = journal::Entry::new(self.clock.now(), actor, kind, until);
        self.store
            .write(move |tx| {
                tx.changed(crate::events::Change::Status);
                crate::store::state::set(tx, "pause", &pause)?;
                journal::add(tx, &entry)
            })
            .await?;
        hold(pause);
        self.lanes.wake_all();
        Ok(())
    }

    /// Says that a delivery of this account was added or changed.
    pub fn wake(self: &Arc<Self>, account: &crate::domain::AccountId) {
        self.lanes.wake(self, account);
    }

    pub fn wake_all(&self) {
        self.lanes.wake_all();
    }

    /// The machine slept: interrupts calls that are past their wall-clock deadline, waits for the
    /// network (at most 60 s), then lets the late rules decide.
    pub async fn on_resume(&self) {
        tracing::info!("The machine was asleep; late items are decided by their rules.");
        self.waking.send_replace(true);
        self.resumed.send_modify(|count| *count += 1);
        let started = self.clock.monotonic();
        while !self.any_platform_answers().await {
            if self.clock.monotonic().saturating_sub(started) >= Duration::from_mins(1) {
                break;
            }
            tokio::select! {
                () = self.clock.sleep(Duration::from_secs(2)) => {}
                () = self.shutdown.cancelled() => return,
            }
        }
        self.waking.send_replace(false);
        self.lanes.wake_all();
    }

    /// The machine has just woken: nothing new leaves yet.
    pub fn is_waking(&self) -> bool {
        *self.waking.borrow()
    }

    /// Whether a platform on another address than this lane's accepts a connection.
    async fn another_platform_answers(&self, lane: &lanes::Lane) -> bool {
        let Ok(accounts) = self.store.read(crate::store::accounts::list).await else { return true };
        let base = |account: &Account| {
            account.server.clone().unwrap_or_else(|| (self.platforms)(&account.platform).base_url)
        };
        let own = accounts.iter().find(|account| account.id == lane.account_id).map(base);
        let others: std::collections::BTreeSet<String> =
            accounts.iter().map(base).filter(|other| Some(other) != own.as_ref()).collect();
        for other in others {
            if self.http.can_reach(&other).await {
                return true;
            }
        }
        false
    }

    async fn any_platform_answers(&self) -> bool {
        let Ok(accounts) = self.store.read(crate::store::accounts::list).await else { return false };
        if accounts.is_empty() {
            return true;
        }
        for account in accounts {
            let base = account.server.unwrap_or_else(|| (self.platforms)(&account.platform).base_url);
            if self.http.can_reach(&base).await {
                return true;
            }
        }
        false
    }

    /// Runs a write until the store takes it: an outcome that is known must not be forgotten because
    /// the disk is full for a minute. Gives up only at shutdown, or when the row was moved.
    async fn persist<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Fn(&Tx<'_>) -> Result<T, StoreError> + Clone + Send + 'static,
    {
        loop {
            let error = match self.store.write(work.clone()).await {
                Ok(value) => return Ok(value),
                Err(error @ (StoreError::Moved | StoreError::NotFound | StoreError::Corrupt(_))) => {
                    return Err(error);
                }
                Err(error) => error,
            };
            tokio::select! {
                () = self.clock.sleep(Duration::from_secs(2)) => {}
                () = self.shutdown.cancelled() => return Err(error),
            }
        }
    }
}

/// A duration of the standard library as a signed one; a century at most.
fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::from_hours(24 * 36_500))
}
