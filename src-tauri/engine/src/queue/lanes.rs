//! One lane per account: a task that takes the account's deliveries one after the other. A lane that
//! waits, fails or is blocked holds up nobody else.

use std::{
    collections::HashMap,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures::FutureExt;
use jiff::{SignedDuration, Timestamp};
use tokio::{sync::Notify, task::JoinHandle};

use super::{Pause, Queue, signed};
use crate::{
    clock::Clock,
    connectors::{Credentials, Http},
    domain::{Account, AccountId, AccountState, Delivery},
    store::{
        Health, StoreError, accounts,
        deliveries::{self, LaneWork},
        lanes::{self as rows, LaneRow},
    },
};

/// A lane looks at the wall clock at least this often, because clocks jump and machines sleep.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// No platform asks for more patience: a lane that waits longer was told so by a clock that was ahead.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(24);

/// Until the next look at something that the platform has, when looking panicked.
const AFTER_PANIC: Duration = Duration::from_mins(5);

/// Lanes and their tasks, by account.
type Running = HashMap<AccountId, (Arc<Lane>, JoinHandle<()>)>;

/// All running lanes.
#[derive(Default)]
pub(super) struct Lanes {
    running: Mutex<Running>,
}

/// One lane.
pub struct Lane {
    pub account_id: AccountId,
    /// Shares the connections, notes its own platform's clock.
    pub http: Http,
    wake: Notify,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    row: LaneRow,
    /// Platform's clock minus ours.
    skew: Option<SignedDuration>,
    /// The platform answered, with its clock or without: it is not asked for the time again.
    has_answered: bool,
}

/// State of a lane as people see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LaneStatus {
    pub not_before: Option<Timestamp>,
    pub consecutive_failures: u32,
    pub skew: Option<SignedDuration>,
}

/// What a lane needs to know about its account to work on one delivery.
pub struct Turn {
    pub account: Account,
    pub credentials: Credentials,
    pub delivery: Delivery,
}

impl Lane {
    fn memory(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn status(&self) -> LaneStatus {
        let memory = self.memory();
        LaneStatus {
            not_before: memory.row.not_before,
            consecutive_failures: memory.row.consecutive_failures,
            skew: memory.skew,
        }
    }

    pub(super) fn row(&self) -> LaneRow {
        self.memory().row.clone()
    }

    pub(super) fn set_row(&self, row: LaneRow) {
        self.memory().row = row;
    }

    /// Compares the clocks after a call.
    pub(super) fn note_clock(&self, now: Timestamp) {
        if let Some(theirs) = self.http.take_last_date() {
            let mut memory = self.memory();
            memory.skew = Some(theirs.duration_since(now));
            memory.has_answered = true;
        }
    }

    /// Before the first irreversible call, somebody has to say what time it is.
    pub(super) async fn learn_clock(&self, base_url: &str, clock: &dyn Clock) {
        if self.memory().has_answered {
            return;
        }
        if self.http.ask_clock(base_url).await {
            self.memory().has_answered = true;
            self.note_clock(clock.now());
        }
    }

    pub(super) fn clock_is_wrong(&self, max: SignedDuration) -> bool {
        self.memory().skew.is_some_and(|skew| skew.abs() > max)
    }
}

impl Lanes {
    fn running(&self) -> std::sync::MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes a lane, starting it when it does not run yet.
    pub(super) fn wake(&self, queue: &Arc<Queue>, account: &AccountId) {
        let mut running = self.running();
        let (lane, _) =
            running.entry(account.clone()).or_insert_with(|| start(queue, account, LaneRow::default()));
        lane.wake.notify_one();
    }

    pub(super) fn wake_all(&self) {
        for (lane, _) in self.running().values() {
            lane.wake.notify_one();
        }
    }
}

impl Queue {
    /// Starts a lane for every account, with what it remembers from the last run.
    pub async fn start(self: &Arc<Self>) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.store.write(move |tx| deliveries::mend_times(tx, now)).await?;
        let (accounts, rows) = self.store.read(|c| Ok((accounts::list(c)?, rows::all(c)?))).await?;
        let mut rows: HashMap<_, _> = rows.into_iter().collect();
        let mut running = self.lanes.running();
        for account in accounts {
            let row = rows.remove(&account.id).unwrap_or_default().capped(now);
            running.entry(account.id.clone()).or_insert_with(|| start(self, &account.id, row));
        }
        Ok(())
    }

    /// The clock was set back: nothing waits for a time that it gave before, and what was learnt about
    /// it is forgotten.
    pub async fn on_clock_set_back(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.store.write(move |tx| deliveries::mend_times(tx, now)).await?;
        for (lane, _) in self.lanes.running().values() {
            let mut memory = lane.memory();
            memory.row = memory.row.clone().capped(now);
            memory.skew = None;
            memory.has_answered = false;
        }
        self.wake_all();
        Ok(())
    }

    /// Stops after the calls in flight, at most `patience`.
    pub async fn stop(&self, patience: Duration) {
        self.shutdown.cancel();
        let tasks: Vec<_> = self.lanes.running().drain().map(|(_, (_, task))| task).collect();
        // A call that outlives this is settled by the next start, like after a kill.
        let _ = tokio::time::timeout(patience, futures::future::join_all(tasks)).await;
    }

    pub fn lane_status(&self, account: &AccountId) -> LaneStatus {
        self.lanes.running().get(account).map(|(lane, _)| lane.status()).unwrap_or_default()
    }

    /// Clears what a lane waits for: the owner reconnected or resumed.
    pub async fn clear_lane(self: &Arc<Self>, account: &AccountId) -> Result<(), StoreError> {
        let (id, now) = (account.clone(), self.clock.now());
        self.store.write(move |tx| rows::set(tx, &id, &LaneRow::default(), now)).await?;
        if let Some((lane, _)) = self.lanes.running().get(account) {
            lane.set_row(LaneRow::default());
            lane.memory().skew = None;
        }
        self.wake(account);
        Ok(())
    }
}

impl LaneRow {
    fn capped(mut self, now: Timestamp) -> Self {
        self.not_before = self.not_before.map(|at| at.min(now + LONGEST_WAIT));
        self
    }
}

fn start(queue: &Arc<Queue>, account: &AccountId, row: LaneRow) -> (Arc<Lane>, JoinHandle<()>) {
    let lane = Arc::new(Lane {
        account_id: account.clone(),
        http: queue.http.for_lane(),
        wake: Notify::new(),
        memory: Mutex::new(Memory { row, ..Memory::default() }),
    });
    let task = tokio::spawn(run(queue.clone(), lane.clone()));
    (lane, task)
}

async fn run(queue: Arc<Queue>, lane: Arc<Lane>) {
    while !queue.shutdown.is_cancelled() {
        let wait = match next(&queue, &lane).await {
            Ok(Next::Turn(turn)) => {
                // A turn holds a post and all its calls: too large to lie inside this loop.
                Box::pin(one_turn(&queue, &lane, *turn)).await;
                continue;
            }
            Ok(Next::Wait(wait)) => wait,
            Ok(Next::Removed) => return,
            Err(error) => {
                tracing::warn!(code = error.code(), "A lane could not read its next delivery: {error}.");
                Duration::from_secs(2)
            }
        };
        tokio::select! {
            () = queue.clock.sleep(wait.min(LONGEST_SLEEP)) => {}
            () = lane.wake.notified() => {}
            () = queue.shutdown.cancelled() => {}
        }
    }
}

enum Next {
    Turn(Box<Turn>),
    Wait(Duration),
    Removed,
}

async fn next(queue: &Queue, lane: &Lane) -> Result<Next, StoreError> {
    let now = queue.clock.now();
    if !store_is_well(queue).await {
        return Ok(Next::Wait(Duration::from_secs(5)));
    }
    let not_before = lane.row().not_before.filter(|at| *at > now);
    let pause = queue.pause();
    let open = not_before.is_none() && pause == Pause::Running && !*queue.waking.borrow();
    let id = lane.account_id.clone();
    let (account, work, credentials) = queue
        .store
        .read(move |c| {
            let Some(account) = accounts::find(c, &id)? else { return Ok((None, LaneWork::Idle, None)) };
            let connected = account.state == AccountState::Connected;
            let work = match account.state {
                // What the platform already has can still be looked at while new acts wait.
                AccountState::Connected | AccountState::Paused => {
                    deliveries::next_of_lane(c, &id, now, open && connected)?
                }
                _ => LaneWork::Idle,
            };
            let credentials = match work {
                LaneWork::Due(_) => Some(accounts::credentials(c, &id)?),
                _ => None,
            };
            Ok((Some(account), work, credentials))
        })
        .await?;
    let Some(account) = account.filter(|account| account.state != AccountState::Removed) else {
        queue.connectivity.forget(&lane.account_id);
        queue.lanes.running().remove(&lane.account_id);
        return Ok(Next::Removed);
    };
    let work_at = match (work, credentials) {
        (LaneWork::Due(delivery), Some(credentials)) => {
            return Ok(Next::Turn(Box::new(Turn { account, credentials, delivery: *delivery })));
        }
        (LaneWork::Wait(at), _) => Some(at),
        _ => None,
    };
    let reopens_at = match pause {
        Pause::Running => not_before,
        Pause::Until { at } => Some(not_before.map_or(at, |other| other.max(at))),
        Pause::UntilResumed => None,
    };
    let at = [work_at, reopens_at].into_iter().flatten().min();
    Ok(Next::Wait(at.map_or(LONGEST_SLEEP, |at| {
        at.duration_since(now).try_into().unwrap_or(Duration::ZERO).max(Duration::from_millis(1))
    })))
}

/// While the store refuses, nothing irreversible starts; a small write finds out when it is well.
async fn store_is_well(queue: &Queue) -> bool {
    if queue.store.health() == Health::Ok {
        return true;
    }
    let now = queue.clock.now();
    queue.store.write(move |tx| crate::store::state::set(tx, "probe", &now)).await.is_ok()
}

async fn one_turn(queue: &Arc<Queue>, lane: &Lane, turn: Turn) {
    let id = turn.delivery.id.clone();
    let done = AssertUnwindSafe(queue.work(lane, &turn)).catch_unwind().await;
    match done {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            // `Moved`: somebody else's business now. Otherwise the row may stand in the middle, and
            // nobody but this lane would ever look at it again.
            if let Err(error) = queue.strand(&id, false).await {
                tracing::error!(delivery.id = %id, "The stranded delivery could not be freed: {error}.");
            }
            if !matches!(error, StoreError::Moved) {
                tracing::warn!(delivery.id = %id, code = error.code(), "A delivery could not be worked on: {error}.");
                queue.clock.sleep(Duration::from_secs(1)).await;
            }
        }
        Err(_) => {
            tracing::error!(delivery.id = %id, "Working on a delivery panicked; it is treated as after a kill.");
            if let Err(error) = queue.strand(&id, true).await {
                tracing::error!(delivery.id = %id, "The stranded delivery could not be freed: {error}.");
            }
        }
    }
    lane.note_clock(queue.clock.now());
    if let Err(error) = queue.keep_pace(lane).await {
        tracing::warn!(code = error.code(), "The pace of a lane could not be kept: {error}.");
    }
}

impl Queue {
    /// Whether a new act of this account may start now: it leaves the machine.
    pub(super) fn may_start(&self, lane: &Lane, account: &Account) -> bool {
        account.state == AccountState::Connected
            && self.pause() == Pause::Running
            && !*self.waking.borrow()
            && lane.row().not_before.is_none_or(|at| at <= self.clock.now())
    }

    /// Treats one row as if the process had died while working on it.
    async fn strand(&self, id: &crate::domain::DeliveryId, panicked: bool) -> Result<(), StoreError> {
        let (id, me, now, max) =
            (id.clone(), self.instance.clone(), self.clock.now(), self.policy().max_crashes);
        self.persist(move |tx| {
            if panicked {
                deliveries::postpone_look(tx, &id, now + signed(AFTER_PANIC))?;
            }
            deliveries::disown(tx, &id)?;
            super::outcome::record_rescue(tx, &me, now, max, panicked).map(|_| ())
        })
        .await
    }

    /// Frees what earlier runs of the program left in the middle. Called once at start, before any
    /// lane runs. Returns how many rows were freed.
    pub async fn rescue(&self) -> Result<usize, StoreError> {
        let (me, now, max) = (self.instance.clone(), self.clock.now(), self.policy().max_crashes);
        self.store.write(move |tx| super::outcome::record_rescue(tx, &me, now, max, false)).await
    }

    /// Waiting time of a lane as an instant.
    pub(super) fn after(&self, wait: Duration) -> Timestamp {
        self.clock.now().checked_add(signed(wait)).unwrap_or(Timestamp::MAX)
    }
}
