//! One lane per account of a provider: a few ways that send at the same time. A lane lives while there is
//! something to send and is made again when there is; it waits, fails and stops for itself alone.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures::FutureExt as _;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

use super::{
    Messaging,
    ending::Ending,
    until,
    work::{Taken, Way},
};
use crate::{
    connectors::{Http, messenger::MessengerRules},
    domain::{Account, AccountId, AccountState},
    queue::Pause,
    store::{Health, StoreError, accounts, lanes as rows},
};

/// An open way without work is kept this long.
const IDLE: Duration = Duration::from_secs(3);
/// No provider asks for more patience: a longer wait was told by a clock that was ahead.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(24);

/// One account that sends.
pub(super) struct MessageLane {
    pub account_id: AccountId,
    /// Notes its own provider's clock.
    pub http: Http,
    pub wake: Notify,
}

impl Messaging {
    /// Makes a lane where there is none, and wakes it.
    pub(super) fn start_lane(&self, account: &AccountId) {
        let mut lanes = self.lanes();
        lanes.retain(|_, (_, task)| !task.is_finished());
        if let Some((lane, _)) = lanes.get(account) {
            lane.wake.notify_waiters();
            return;
        }
        let lane = Arc::new(MessageLane {
            account_id: account.clone(),
            http: self.queue.http.for_lane(),
            wake: Notify::new(),
        });
        let task = tokio::spawn(self.clone().run_lane(lane.clone()));
        lanes.insert(account.clone(), (lane, task));
    }

    async fn run_lane(self, lane: Arc<MessageLane>) {
        let (account, rules) = match self.sender(&lane.account_id).await {
            Ok(Some(found)) => found,
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(code = error.code(), "An account that sends could not be read: {error}.");
                return;
            }
        };
        let ways = (0..rules.connections.max(1)).map(|_| {
            let (service, lane, account) = (self.clone(), lane.clone(), account.clone());
            tokio::spawn(async move { service.run_way(&lane, account, rules).await })
        });
        futures::future::join_all(ways).await;
        // What is left is looked at again: the end of the sending, the time of the next message.
        self.shared.wake.notify_one();
    }

    /// An account that may send now, and how its provider works.
    async fn sender(&self, id: &AccountId) -> Result<Option<(Account, MessengerRules)>, StoreError> {
        let id = id.clone();
        let account = self.store.read(move |c| accounts::find(c, &id)).await?;
        let account = account.filter(|account| account.state == AccountState::Connected);
        Ok(account.and_then(|account| {
            let rules = self.registry.get(&account.platform)?.messenger()?.rules();
            Some((account, rules))
        }))
    }

    async fn run_way(&self, lane: &MessageLane, account: Account, rules: MessengerRules) {
        let mut way = match self.queue.desk(account, lane.http.clone()).await {
            Ok(desk) => Way::new(desk, rules),
            Err(error) => {
                tracing::warn!(code = error.code(), "The secrets of an account could not be read: {error}.");
                return;
            }
        };
        // What is known about the last message is written in the commit that takes the next one.
        let mut known: Option<Ending> = None;
        loop {
            let Some(taken) = self.take_or_wait(lane, &mut known).await else { break };
            let id = taken.id().clone();
            let worked = AssertUnwindSafe(self.work(lane, &mut way, taken)).catch_unwind().await;
            match worked {
                Ok(Ok(ending)) => known = ending,
                Ok(Err(StoreError::Moved)) => {}
                Ok(Err(error)) => {
                    tracing::warn!(message.id = %id, code = error.code(), "A message could not be worked on: {error}.");
                    self.strand(&id).await;
                    self.clock.sleep(Duration::from_secs(1)).await;
                }
                Err(_) => {
                    tracing::error!(message.id = %id, "Working on a message panicked; it is treated as after a kill.");
                    way.forget();
                    self.strand(&id).await;
                }
            }
        }
        way.close().await;
    }

    /// The next message, after what is known about the last one was written. `None`: nothing is left to do.
    async fn take_or_wait(&self, lane: &MessageLane, known: &mut Option<Ending>) -> Option<Taken> {
        loop {
            let may_start = !self.queue.shutdown.is_cancelled() && self.may_start(lane).await;
            let wait = match self.take(lane, known, may_start).await {
                Ok(Some(taken)) if taken.is_work() => return Some(taken),
                Ok(Some(Taken::Again)) => continue,
                Ok(Some(Taken::Wait(at))) if may_start => until(self.clock.now(), at),
                Ok(_) => Duration::MAX,
                Err(error) => {
                    tracing::warn!(code = error.code(), "The next message could not be read: {error}.");
                    // What is known is not forgotten because the disk is full for a minute.
                    if known.is_none() || self.queue.shutdown.is_cancelled() {
                        return None;
                    }
                    self.clock.sleep(Duration::from_secs(2)).await;
                    continue;
                }
            };
            if !may_start || wait > IDLE {
                return None;
            }
            tokio::select! {
                () = self.clock.sleep(wait) => {}
                () = lane.wake.notified() => {}
                () = self.queue.shutdown.cancelled() => {}
            }
        }
    }

    /// Whether a message of this account may leave now. The account's state is asked again in the
    /// transaction that lets each one go.
    async fn may_start(&self, lane: &MessageLane) -> bool {
        if self.queue.pause() != Pause::Running || self.queue.is_waking() {
            return false;
        }
        if self.store.health() != Health::Ok {
            let now = self.clock.now();
            return self.store.write(move |tx| crate::store::state::set(tx, "probe", &now)).await.is_ok();
        }
        let (id, now) = (lane.account_id.clone(), self.clock.now());
        let found = self.store.read(move |c| Ok((accounts::find(c, &id)?, rows::find(c, &id)?))).await;
        found.is_ok_and(|(account, row)| {
            account.is_some_and(|account| account.state == AccountState::Connected)
                && row.not_before.is_none_or(|at| at <= now || at > now + LONGEST_WAIT)
        })
    }

    /// Keeps what a call taught about the account: how long it waits, how often it failed in a row.
    pub(super) async fn keep_lane(
        &self,
        account: &AccountId,
        change: impl Fn(&mut rows::LaneRow, Timestamp) + Send + 'static,
    ) -> Result<(), StoreError> {
        let (id, now) = (account.clone(), self.clock.now());
        self.store
            .write(move |tx| {
                let before = rows::find(tx, &id)?;
                let mut row = before.clone();
                change(&mut row, now);
                if row != before {
                    rows::set(tx, &id, &row, now)?;
                }
                Ok(())
            })
            .await
    }

    /// Treats one row as if the process had died while it was being worked on.
    async fn strand(&self, id: &crate::domain::MessageId) {
        let (id, now, max) = (id.clone(), self.clock.now(), self.queue.policy().max_crashes);
        let freed = self
            .store
            .write(move |tx| match crate::store::messages::find(tx, &id)? {
                Some(message) => crate::store::messages::strand(tx, &message, now, max),
                None => Ok(()),
            })
            .await;
        if let Err(error) = freed {
            tracing::error!(code = error.code(), "A stranded message could not be freed: {error}.");
        }
    }
}
