//! Periodic work on a UTC heartbeat. Every chore is idempotent and looks for itself whether there is
//! something to do, because the heartbeat forgets everything at exit and may skip beats.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

use super::{expiries, figures::Collector, rights, safekeeping::Safekeeping};
use crate::{
    config::Backup,
    domain::Problem,
    queue::{Pause, Queue},
    store::{alerts, conversations, deliveries, idempotency, posts, state},
};

/// Past due without progress: a worker is blocked.
const STUCK_AFTER: SignedDuration = SignedDuration::from_mins(2);
/// Kind of the alert, and code of its problem.
const STUCK: &str = "delivery_stuck";
const TRASH_KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);

/// Result of the last self-test: a durable write was read back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SelfTest {
    pub at: Timestamp,
    pub ok: bool,
}

/// The chores and their memory.
#[derive(Clone)]
pub struct Chores {
    queue: Arc<Queue>,
    safekeeping: Safekeeping,
    collector: Collector,
    last_self_test: Arc<Mutex<Option<SelfTest>>>,
}

impl Chores {
    /// `copies`: which copies of the database are made and kept.
    pub fn new(queue: Arc<Queue>, copies: Backup) -> Self {
        let safekeeping = Safekeeping::new(queue.clone(), copies);
        let collector = Collector::new(queue.clone());
        Self { queue, safekeeping, collector, last_self_test: Arc::default() }
    }

    /// Takes the figures of what was published.
    pub fn collector(&self) -> &Collector {
        &self.collector
    }

    /// From the next chore on.
    pub fn set_copies(&self, copies: Backup) {
        self.safekeeping.set_copies(copies);
    }

    pub fn last_self_test(&self) -> Option<SelfTest> {
        *self.last_self_test.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the heartbeat.
    pub async fn start(&self) -> Result<JobScheduler, JobSchedulerError> {
        let heart = JobScheduler::new().await?;
        let (every_minute, every_hour) = (self.clone(), self.clone());
        heart
            .add(Job::new_async("30 * * * * *", move |_, _| {
                let chores = every_minute.clone();
                Box::pin(async move { chores.each_minute().await })
            })?)
            .await?;
        heart
            .add(Job::new_async("0 7 * * * *", move |_, _| {
                let chores = every_hour.clone();
                Box::pin(async move { chores.each_hour().await })
            })?)
            .await?;
        let collector = self.collector.clone();
        heart
            .add(Job::new_async("45 */5 * * * *", move |_, _| {
                let collector = collector.clone();
                Box::pin(async move { collector.beat().await })
            })?)
            .await?;
        heart.start().await?;
        Ok(heart)
    }

    /// Self-test and stuck deliveries.
    pub async fn each_minute(&self) {
        self.self_test().await;
        if let Err(error) = self.find_stuck().await {
            tracing::warn!(code = error.code(), "The search for stuck deliveries failed: {error}.");
        }
    }

    /// Purges, ends of access, borrowed addresses, copies and the weekly check.
    pub async fn each_hour(&self) {
        let now = self.queue.clock.now();
        let purged = self
            .queue
            .store
            .write(move |tx| {
                idempotency::purge(tx, now)?;
                conversations::purge(tx, now)?;
                posts::purge_trash(tx, now - TRASH_KEPT)
            })
            .await;
        if let Err(error) = purged {
            tracing::warn!(code = error.code(), "The purge failed: {error}.");
        }
        if let Err(error) = expiries::announce(&self.queue.store, now).await {
            tracing::warn!(code = error.code(), "The ends of access could not be announced: {error}.");
        }
        if let Err(error) = rights::look_after(&self.queue, now).await {
            tracing::warn!(code = error.code(), "People's rights could not be looked after: {error}.");
        }
        self.queue.media.tidy_web_site().await;
        self.safekeeping.look_after(now).await;
    }

    /// A write is committed and read back through another connection.
    pub async fn self_test(&self) {
        let at = self.queue.clock.now();
        let store = &self.queue.store;
        let written = store.write(move |tx| state::set(tx, "self_test", &at)).await;
        let read = store.read(|c| state::get::<Timestamp>(c, "self_test")).await;
        let ok = written.is_ok() && read.is_ok_and(|read| read == Some(at));
        *self.last_self_test.lock().unwrap_or_else(PoisonError::into_inner) = Some(SelfTest { at, ok });
    }

    async fn find_stuck(&self) -> Result<(), crate::store::StoreError> {
        let queue = &self.queue;
        let now = queue.clock.now();
        if queue.pause() != Pause::Running || !queue.connectivity.is_online() {
            return Ok(());
        }
        let stuck = queue.store.read(move |c| deliveries::stuck(c, now - STUCK_AFTER)).await?;
        // One message per account: what stands behind the first one waits for the same reason.
        let mut first_of = BTreeMap::new();
        for delivery in stuck {
            // A lane that waits for the platform's own time is not stuck.
            if queue.lane_status(&delivery.account_id).not_before.is_none_or(|at| at <= now) {
                first_of.entry(delivery.account_id.to_string()).or_insert(delivery);
            }
        }
        let open = queue.store.read(|c| alerts::open_of_kind(c, STUCK)).await?;
        if open.is_empty() && first_of.is_empty() {
            return Ok(());
        }
        queue
            .store
            .write(move |tx| {
                for alert in &open {
                    if let Some(account) = alert.account_id.as_ref().filter(|id| !first_of.contains_key(*id))
                    {
                        alerts::resolve_account(tx, account, STUCK, now)?;
                    }
                }
                for (account, delivery) in &first_of {
                    let alert = alerts::Raise {
                        account_id: Some(account.clone()),
                        kind: STUCK,
                        problem: Some(Problem::new(STUCK)),
                        post_id: Some(delivery.post_id.to_string()),
                        delivery_id: Some(delivery.id.to_string()),
                    };
                    alerts::raise(tx, &alert, now)?;
                }
                Ok(())
            })
            .await
    }
}
