//! One delivery, as far as it can go now.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::{
    Queue,
    failpoint::reach,
    lanes::{Lane, Turn},
    outcome::Ending,
    plan,
};
use crate::{
    config::PlatformConfig,
    connectors::{
        Access, Connector, CredentialVault, Credentials, Failure, FailureClass, Job, Kind, Prepared,
        Publisher, SendMode, Severity, with_addresses,
    },
    domain::{
        AccountId, AccountState, Delivery, DeliveryState, LateDecision, OutgoingPost, Problem, Wanted,
        late::{self, ON_TIME},
    },
    store::{
        StoreError, accounts,
        attempts::Step,
        deliveries::{self, Move},
    },
};

/// A platform that asks for a wait up to this is waited for within the lane,
const SHORT_WAIT: Duration = Duration::from_secs(3);
/// but not longer than this in all: the account's other posts, its rules and its people wait as well.
const WAITS_IN_ALL: Duration = Duration::from_secs(10);
/// Until a platform that was waited for in vain is asked again.
const NEXT_LOOK: Duration = Duration::from_secs(20);
/// Wall-clock deadline of an irreversible call: after a sleep longer than this its answer is lost.
const CALL_DEADLINE: Duration = Duration::from_secs(150);

impl Queue {
    /// Moves one delivery on. Every end of it is written; an error is the store's.
    pub(super) async fn work(&self, lane: &Lane, turn: &Turn) -> Result<(), StoreError> {
        let Some(connector) = self.registry.get(&turn.delivery.platform).cloned() else {
            return self.hold(turn, "unknown_platform").await;
        };
        let Some((publisher, kind)) = publisher_of(&*connector, &turn.delivery) else {
            return self.hold(turn, "not_supported").await;
        };
        match turn.delivery.state {
            DeliveryState::Queued | DeliveryState::RetryAt => {
                self.publish(lane, turn, &*connector, publisher).await
            }
            DeliveryState::Unknown | DeliveryState::Reconciling => {
                self.reconcile(lane, turn, kind, publisher).await
            }
            DeliveryState::HandedOver | DeliveryState::Published | DeliveryState::Duplicate => {
                self.look_after(lane, turn, &*connector, publisher).await
            }
            _ => Ok(()),
        }
    }

    async fn hold(&self, turn: &Turn, code: &str) -> Result<(), StoreError> {
        let from = turn.delivery.state;
        let to = if from.can_become(DeliveryState::Held) { DeliveryState::Held } else { from };
        let problem = Problem::new(code);
        let change = Move {
            next_at: Some(None),
            owner: Some(None),
            problem: Some(Some(problem.clone())),
            ..Move::default()
        };
        self.simple_end(turn, from, to, Step::Plan, Some(problem), change).await
    }

    pub(super) async fn simple_end(
        &self,
        turn: &Turn,
        from: DeliveryState,
        to: DeliveryState,
        step: Step,
        problem: Option<Problem>,
        change: Move,
    ) -> Result<(), StoreError> {
        let id = turn.delivery.id.clone();
        let ending = Ending { id, from, to, step, outcome: "", problem, duration: None, change };
        self.end(&turn.delivery, ending).await
    }

    async fn publish(
        &self,
        lane: &Lane,
        turn: &Turn,
        connector: &dyn Connector,
        publisher: &dyn Publisher,
    ) -> Result<(), StoreError> {
        let delivery = &turn.delivery;
        let now = self.clock.now();
        if wants_removal(delivery) {
            // A person cancelled while an earlier attempt was being prepared.
            let change = Move {
                next_at: Some(None),
                wanted: Some(None),
                finished_at: Some(Some(now)),
                ..Move::default()
            };
            return self
                .simple_end(turn, delivery.state, DeliveryState::Cancelled, Step::Person, None, change)
                .await;
        }
        let limits = self.limits(connector, &turn.account);
        let may_hand_over = delivery.hand_over && turn.account.settings.hand_over;
        let mode = if may_hand_over && plan::window_is_open(&limits, delivery.due_at, now) {
            SendMode::At(delivery.due_at)
        } else if delivery.due_at > now {
            // The platform's window closed while we waited: our own timer takes it. Or the owner moved
            // the window, and it opens later.
            let plan = plan::plan(&turn.account, &limits, delivery.due_at, now, now);
            let opens_later = delivery.hand_over && plan.hand_over;
            let change = Move {
                next_at: Some(Some(if opens_later { plan.next_at } else { delivery.due_at })),
                hand_over: Some(opens_later),
                ..Move::default()
            };
            return self
                .simple_end(turn, delivery.state, DeliveryState::Queued, Step::Plan, None, change)
                .await;
        } else {
            SendMode::Now
        };
        if mode == SendMode::Now && !self.late_rule_allows(turn, delivery.state, now).await? {
            return Ok(());
        }
        if self.clock_keeps_waiting(lane, turn).await? {
            return Ok(());
        }

        reach("before_prepare");
        let (id, from, me) = (delivery.id.clone(), delivery.state, self.instance.clone());
        let hand_over = mode != SendMode::Now;
        self.persist(move |tx| {
            let change = Move {
                attempts: 1,
                owner: Some(Some(me.clone())),
                next_at: Some(None),
                hand_over: Some(hand_over),
                ..Move::default()
            };
            deliveries::transition(tx, &id, &[from], DeliveryState::Preparing, &change, now)
        })
        .await?;

        let started = self.clock.monotonic();
        let prepared = match self.prepare(lane, turn, publisher, mode).await {
            Ok(prepared) => prepared,
            Err(failure) => {
                let took = self.clock.monotonic().saturating_sub(started);
                return self.fail(lane, turn, DeliveryState::Preparing, failure, Some(took)).await;
            }
        };
        let (content, marks) = match prepared {
            Ready::Go { content, marks } => (content, marks),
            Ready::Later { content, marks, after } => {
                let change = Move {
                    next_at: Some(Some(self.after(after))),
                    owner: Some(None),
                    marks: Some(marks),
                    content: Some(content),
                    attempts: -1,
                    ..Move::default()
                };
                let ending = Ending {
                    id: delivery.id.clone(),
                    from: DeliveryState::Preparing,
                    to: DeliveryState::RetryAt,
                    step: Step::Prepare,
                    outcome: "waiting",
                    problem: None,
                    duration: None,
                    change,
                };
                return self.end(delivery, ending).await;
            }
        };

        let load = Load { from: DeliveryState::Preparing, content: &content, marks: &marks, mode };
        reach("before_armed");
        self.send(lane, turn, publisher, &load).await
    }

    /// The irreversible part: commit `armed` and `sending`, one request, commit the outcome.
    pub(super) async fn send(
        &self,
        lane: &Lane,
        turn: &Turn,
        publisher: &dyn Publisher,
        load: &Load<'_>,
    ) -> Result<(), StoreError> {
        let delivery = &turn.delivery;
        // Preparing, a full disk and sleep take their time: everything is asked again at the last moment.
        let now = loop {
            let now = self.clock.now();
            if self.shutdown.is_cancelled() || !self.may_still_leave(lane, turn, load.mode, now).await? {
                return self.put_back(turn, load, now).await;
            }
            match self.commit_sending(turn, load, now).await {
                Ok(()) => break now,
                Err(StoreError::Moved) => return self.cancelled_meanwhile(turn, load).await,
                Err(error @ (StoreError::NotFound | StoreError::Corrupt(_))) => return Err(error),
                // As in `persist`, but the next try asks again whether it may leave.
                Err(_) => tokio::select! {
                    () = self.clock.sleep(Duration::from_secs(2)) => {}
                    () = self.shutdown.cancelled() => {}
                },
            }
        };
        reach("after_sending");

        let started = self.clock.monotonic();
        let mut sent_delivery = delivery.clone();
        sent_delivery.first_sent_at = sent_delivery.first_sent_at.or(Some(now));
        let access = self.access(lane, turn, now);
        let job = job(&sent_delivery, load.content, load.marks, load.mode);
        let borrowed = access.borrow(self);
        let result = tokio::select! {
            result = publisher.send(&borrowed, &job) => result,
            () = self.interrupted_by_sleep(now) => Err(Failure::unknown("interrupted_by_sleep")),
        };
        let took = self.clock.monotonic().saturating_sub(started);
        reach("before_outcome");
        let ended = match result {
            Ok(sent) => self.succeed(lane, turn, DeliveryState::Sending, Step::Send, sent, Some(took)).await,
            Err(failure) => self.fail(lane, turn, DeliveryState::Sending, failure, Some(took)).await,
        };
        reach("after_outcome");
        ended
    }

    /// Commits everything that recognises the result, and that the request may begin from now on. Both
    /// moves are one commit: nothing lies between them, and each flush is a part of the pace.
    async fn commit_sending(&self, turn: &Turn, load: &Load<'_>, now: Timestamp) -> Result<(), StoreError> {
        let (id, from, armed) = (turn.delivery.id.clone(), load.from, load.kept(&turn.delivery));
        let sending = Move {
            owner: Some(Some(self.instance.clone())),
            sent_at: Some(now),
            unless_wanted: true,
            ..Move::default()
        };
        self.store
            .write(move |tx| {
                if from != DeliveryState::Armed {
                    deliveries::transition(tx, &id, &[from], DeliveryState::Armed, &armed, now)?;
                }
                reach("after_armed");
                deliveries::transition(
                    tx,
                    &id,
                    &[DeliveryState::Armed],
                    DeliveryState::Sending,
                    &sending,
                    now,
                )
            })
            .await
    }

    /// Whether nothing has come between since the turn began: a pause, a stopped account, a sleep, a
    /// clock set right, the end of the service.
    async fn may_still_leave(
        &self,
        lane: &Lane,
        turn: &Turn,
        mode: SendMode,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let id = turn.account.id.clone();
        let Some(account) = self.store.read(move |c| accounts::find(c, &id)).await? else { return Ok(false) };
        if !self.may_start(lane, &account) || lane.clock_is_wrong(self.policy().max_clock_skew) {
            return Ok(false);
        }
        Ok(match mode {
            SendMode::Now => self.late_decision(&turn.delivery, now) == LateDecision::Go,
            SendMode::At(due_at) => {
                let limits = self.registry.get(&account.platform).map(|c| self.limits(&**c, &account));
                limits.is_some_and(|limits| plan::window_is_open(&limits, due_at, now))
            }
        })
    }

    /// Nothing has left, and it does not leave now: the next turn, or the next start, decides anew.
    async fn put_back(&self, turn: &Turn, load: &Load<'_>, now: Timestamp) -> Result<(), StoreError> {
        let change =
            Move { owner: Some(None), next_at: Some(Some(now)), attempts: -1, ..load.kept(&turn.delivery) };
        // What was about to be repeated stays in doubt.
        let to = if turn.delivery.doubtful { DeliveryState::Unknown } else { DeliveryState::Queued };
        self.simple_end(turn, load.from, to, Step::Send, None, change).await
    }

    /// A person cancelled between preparing and sending: nothing has left.
    async fn cancelled_meanwhile(&self, turn: &Turn, load: &Load<'_>) -> Result<(), StoreError> {
        let change = Move {
            next_at: Some(None),
            owner: Some(None),
            wanted: Some(None),
            finished_at: Some(Some(self.clock.now())),
            ..load.kept(&turn.delivery)
        };
        self.simple_end(turn, load.from, DeliveryState::Cancelled, Step::Person, None, change).await
    }

    /// Ends when the machine slept through the deadline of a call that started at `since`.
    async fn interrupted_by_sleep(&self, since: Timestamp) {
        let mut resumed = self.resumed.subscribe();
        loop {
            if resumed.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
            if self.clock.now().duration_since(since) > super::signed(CALL_DEADLINE) {
                return;
            }
        }
    }

    fn late_decision(&self, delivery: &Delivery, now: Timestamp) -> LateDecision {
        let policy = self.policy();
        late::decide(
            delivery.kind,
            delivery.late_policy,
            delivery.due_at,
            now,
            policy.service_end(delivery.due_at),
            policy.evergreen_max_late,
        )
    }

    /// Applies the late rule. Returns false when it ended or moved the delivery.
    pub(super) async fn late_rule_allows(
        &self,
        turn: &Turn,
        from: DeliveryState,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let delivery = &turn.delivery;
        let (to, code) = match self.late_decision(delivery, now) {
            LateDecision::Go => return self.late_spacing_allows(turn, from, now).await,
            LateDecision::Expire => (DeliveryState::Expired, "expired_late"),
            LateDecision::Ask => (DeliveryState::Held, "late_needs_decision"),
        };
        let problem = Problem::new(code);
        let change = Move {
            next_at: Some(None),
            owner: Some(None),
            problem: Some(Some(problem.clone())),
            finished_at: to.is_final().then_some(Some(now)),
            ..Move::default()
        };
        self.simple_end(turn, from, to, Step::Plan, Some(problem), change).await?;
        Ok(false)
    }

    /// Two late evergreen posts of one account never follow each other at once.
    async fn late_spacing_allows(
        &self,
        turn: &Turn,
        from: DeliveryState,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let delivery = &turn.delivery;
        let is_evergreen = delivery.kind == crate::domain::ContentKind::Evergreen;
        let spacing = self.policy().late_spacing;
        if !is_evergreen
            || now.duration_since(delivery.due_at) <= ON_TIME
            || from == DeliveryState::Reconciling
            || delivery.late_policy == crate::domain::LatePolicy::SendNow
        {
            return Ok(true);
        }
        let (account, since) = (delivery.account_id.clone(), now - spacing);
        let late_by = i64::try_from(ON_TIME.as_millis()).unwrap_or(i64::MAX);
        let last =
            self.store.read(move |c| deliveries::last_late_publication(c, &account, since, late_by)).await?;
        let Some(last) = last else { return Ok(true) };
        let change = Move { next_at: Some(Some(last.min(now) + spacing)), ..Move::default() };
        self.simple_end(
            turn,
            from,
            DeliveryState::RetryAt,
            Step::Plan,
            Some(Problem::new("spaced_out")),
            change,
        )
        .await?;
        Ok(false)
    }

    /// A clock that is more than ten minutes off would publish at the wrong time: irreversible calls
    /// wait, and the platform's clock is read again.
    async fn clock_keeps_waiting(&self, lane: &Lane, turn: &Turn) -> Result<bool, StoreError> {
        let max = self.policy().max_clock_skew;
        let access = self.access(lane, turn, self.clock.now());
        lane.learn_clock(&access.base_url, &*self.clock).await;
        if !lane.clock_is_wrong(max) {
            return Ok(false);
        }
        if let Some(connector) = self.registry.get(&turn.delivery.platform) {
            // Only its `Date` header is of interest here.
            let _ = connector.check(&access.borrow(self)).await;
        }
        lane.note_clock(self.clock.now());
        if !lane.clock_is_wrong(max) {
            return Ok(false);
        }
        let problem = Problem::new("clock_wrong");
        let change = Move {
            next_at: Some(Some(self.after(Duration::from_mins(1)))),
            problem: Some(Some(problem.clone())),
            ..Move::default()
        };
        let from = turn.delivery.state;
        self.simple_end(turn, from, DeliveryState::RetryAt, Step::Plan, Some(problem), change).await?;
        Ok(true)
    }

    /// Pending picture, content rules, uploads.
    async fn prepare(
        &self,
        lane: &Lane,
        turn: &Turn,
        publisher: &dyn Publisher,
        mode: SendMode,
    ) -> Result<Ready, Failure> {
        let mut content = turn.delivery.content.clone();
        if let Some(url) = content.pending_media_url.clone() {
            let alt_text = content.pending_alt_text.clone().unwrap_or_default();
            content.images.push(self.media.fetch(&url, &alt_text).await?);
            content.pending_media_url = None;
            content.pending_alt_text = None;
        }
        let problems = publisher.check_content(&content, &turn.account);
        let problems = with_addresses(problems, self.media.has_web_site());
        if let Some(problem) = problems.into_iter().find(|problem| problem.severity == Severity::Error) {
            return Err(Failure::content(&problem.code));
        }
        let mut marks = turn.delivery.marks.clone();
        let mut waited = Duration::ZERO;
        loop {
            let now = self.clock.now();
            let access = self.access(lane, turn, now);
            let job = job(&turn.delivery, &content, &marks, mode);
            let (new, after) = match publisher.prepare(&access.borrow(self), &job).await? {
                Prepared::Ready { marks } => return Ok(Ready::Go { content, marks }),
                Prepared::Wait { marks, after } => (marks, after),
            };
            marks = new;
            if after > SHORT_WAIT {
                return Ok(Ready::Later { content, marks, after });
            }
            waited += after;
            if waited > WAITS_IN_ALL {
                return Ok(Ready::Later { content, marks, after: NEXT_LOOK });
            }
            self.keep_marks(turn, &content, &marks).await?;
            tokio::select! {
                () = self.clock.sleep(after) => {}
                () = self.shutdown.cancelled() => return Ok(Ready::Later { content, marks, after }),
            }
        }
    }

    /// What the platform has by now is found again after a kill.
    async fn keep_marks(&self, turn: &Turn, content: &OutgoingPost, marks: &Value) -> Result<(), Failure> {
        let (id, now) = (turn.delivery.id.clone(), self.clock.now());
        let change = Move { marks: Some(marks.clone()), content: Some(content.clone()), ..Move::default() };
        let preparing = DeliveryState::Preparing;
        self.persist(move |tx| deliveries::transition(tx, &id, &[preparing], preparing, &change, now))
            .await
            .map_err(|error| Failure::new(FailureClass::Retry, Problem::new(error.code())))
    }

    /// What the connector may use in this turn.
    pub(super) fn access<'a>(&self, lane: &'a Lane, turn: &'a Turn, now: Timestamp) -> Desk<'a> {
        let platform = (self.platforms)(&turn.account.platform);
        let base_url = turn.account.server.clone().unwrap_or_else(|| platform.base_url.clone());
        let vault = Vault {
            store: self.store.clone(),
            account: turn.account.id.clone(),
            lock: self.refresh_lock(&turn.account.id),
        };
        Desk { lane, turn, platform, base_url, vault, now }
    }

    /// Held while secrets of an account are renewed, replaced or removed.
    pub(crate) fn refresh_lock(&self, account: &AccountId) -> std::sync::Arc<tokio::sync::Mutex<()>> {
        let mut locks = self.refreshes.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        locks.entry(account.to_string()).or_default().clone()
    }

    /// Keeps renewed credentials of one account; also used outside deliveries (checks).
    pub fn vault(&self, account: &AccountId) -> impl CredentialVault + use<> {
        Vault { store: self.store.clone(), account: account.clone(), lock: self.refresh_lock(account) }
    }
}

/// What a delivery leaves with.
pub(super) struct Load<'a> {
    /// The state in which it waits: prepared, or armed again after a doubt.
    pub from: DeliveryState,
    pub content: &'a OutgoingPost,
    pub marks: &'a Value,
    pub mode: SendMode,
}

impl Load<'_> {
    /// What the row keeps of it, as far as it does not have it.
    fn kept(&self, delivery: &Delivery) -> Move {
        Move {
            marks: (*self.marks != delivery.marks).then(|| self.marks.clone()),
            content: (*self.content != delivery.content).then(|| self.content.clone()),
            ..Move::default()
        }
    }
}

enum Ready {
    Go { content: OutgoingPost, marks: Value },
    Later { content: OutgoingPost, marks: Value, after: Duration },
}

/// Owned parts of an [`Access`].
pub(super) struct Desk<'a> {
    lane: &'a Lane,
    turn: &'a Turn,
    platform: PlatformConfig,
    base_url: String,
    vault: Vault,
    now: Timestamp,
}

impl Desk<'_> {
    pub(super) fn borrow<'b>(&'b self, queue: &'b Queue) -> Access<'b> {
        Access {
            account: &self.turn.account,
            credentials: &self.turn.credentials,
            vault: &self.vault,
            http: &self.lane.http,
            media: &*queue.media,
            base_url: self.base_url.trim_end_matches('/'),
            platform: &self.platform,
            now: self.now,
        }
    }
}

/// A delivery as its connector sees it.
pub(super) fn job<'a>(
    delivery: &'a Delivery,
    content: &'a OutgoingPost,
    marks: &'a Value,
    mode: SendMode,
) -> Job<'a> {
    Job {
        delivery_id: &delivery.id,
        content,
        marks,
        mode,
        created_at: delivery.created_at,
        first_sent_at: delivery.first_sent_at,
        lookups: delivery.lookups,
        remote_id: delivery.remote_id.as_deref(),
        taken: &[],
    }
}

struct Vault {
    store: crate::store::Store,
    account: AccountId,
    lock: std::sync::Arc<tokio::sync::Mutex<()>>,
}

#[async_trait::async_trait]
impl CredentialVault for Vault {
    async fn store(&self, credentials: &Credentials) -> Result<(), Failure> {
        let (id, credentials) = (self.account.clone(), credentials.clone());
        self.store
            .write(move |tx| {
                // The secrets of an account that was removed meanwhile are gone for good.
                let account =
                    accounts::find(tx, &id)?.filter(|account| account.state != AccountState::Removed);
                account.ok_or(StoreError::NotFound)?;
                accounts::set_credentials(tx, &id, &credentials)
            })
            .await
            .map_err(|error| Failure::new(FailureClass::Retry, Problem::new(error.code())))
    }

    async fn lock_and_reload(&self) -> Result<(tokio::sync::OwnedMutexGuard<()>, Credentials), Failure> {
        let guard = self.lock.clone().lock_owned().await;
        let account = self.account.clone();
        let credentials = self
            .store
            .read(move |c| accounts::credentials(c, &account))
            .await
            .map_err(|error| Failure::new(FailureClass::Retry, Problem::new(error.code())))?;
        Ok((guard, credentials))
    }
}

/// Who carries out this delivery, and how a doubt of it is settled: an answer to somebody has rules of its own.
fn publisher_of<'c>(connector: &'c dyn Connector, delivery: &Delivery) -> Option<(&'c dyn Publisher, Kind)> {
    if delivery.content.reply_to.is_none() {
        return Some((connector.publisher()?, connector.descriptor().kind));
    }
    let conversation = connector.conversation()?;
    Some((conversation.replies()?, conversation.rules().reply_kind))
}

/// Says whether a change is wanted that takes the object away.
pub(super) fn wants_removal(delivery: &Delivery) -> bool {
    matches!(delivery.wanted, Some(Wanted::Cancel | Wanted::Delete))
}
