//! Writing down how a step ended: the row, its log, the lane, the account and the alert, in one
//! transaction.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    Queue,
    connectivity::Shift,
    lanes::{Lane, Turn},
    policy::{AccountEffect, Verdict},
};
use crate::{
    connectors::{Failure, FailureClass, Kind, Receipt, Sent, UPLOAD_EXPIRED},
    domain::{
        AccountState, Delivery, DeliveryId, DeliveryState, InstanceId, OutgoingPost, Problem, Replaced,
        Wanted,
    },
    events::Change,
    store::{
        StoreError, Tx, accounts, alerts,
        attempts::{self, Attempt, Step},
        deliveries::{self, Move},
        journal::{self, Entry},
        lanes as rows,
    },
};

/// Code of a connector when the platform's own scheduler refuses a post.
const HAND_OVER_REFUSED: &str = "hand_over_refused";

/// Code while the platform says that it has the content of an earlier call which was not found.
pub(super) const ALREADY_THERE: &str = "already_there";

/// How often a public post without an address, or with leftovers, is looked at again.
const PERMALINK_WAITS: [Duration; 2] = [Duration::from_mins(1), Duration::from_mins(10)];

/// One ended step of one delivery.
#[derive(Clone)]
pub(super) struct Ending {
    pub id: DeliveryId,
    pub from: DeliveryState,
    pub to: DeliveryState,
    pub step: Step,
    /// Word of the log; the state reached when empty.
    pub outcome: &'static str,
    pub problem: Option<Problem>,
    pub duration: Option<Duration>,
    pub change: Move,
}

impl Queue {
    /// Writes an ending, with everything that people are told about it.
    pub(super) async fn end(&self, delivery: &Delivery, ending: Ending) -> Result<(), StoreError> {
        let (delivery, now) = (delivery.clone(), self.clock.now());
        self.persist(move |tx| write_ending(tx, &delivery, &ending, now)).await
    }

    /// Writes the success of `send`, or of a look-up that found what it had done.
    pub(super) async fn succeed(
        &self,
        lane: &Lane,
        turn: &Turn,
        from: DeliveryState,
        step: Step,
        sent: Sent,
        duration: Option<Duration>,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let (to, receipt) = match sent {
            Sent::Published(receipt) => (DeliveryState::Published, receipt),
            Sent::HandedOver(receipt) => (DeliveryState::HandedOver, receipt),
        };
        let mut change = success_of(&turn.delivery, to, receipt, now);
        if to == DeliveryState::HandedOver {
            change.next_at = Some(Some(turn.delivery.due_at + jiff::SignedDuration::from_secs(30)));
        }
        let ending = Ending {
            id: turn.delivery.id.clone(),
            from,
            to,
            step,
            outcome: "",
            problem: None,
            duration,
            change,
        };
        // First of all what is known for certain: nothing else may fail before it is written.
        self.end(&turn.delivery, ending).await?;
        self.lane_is_well(lane, turn).await
    }

    /// Writes a failure of `prepare` (`from` = preparing) or of `send` (`from` = sending).
    pub(super) async fn fail(
        &self,
        lane: &Lane,
        turn: &Turn,
        from: DeliveryState,
        mut failure: Failure,
        duration: Option<Duration>,
    ) -> Result<(), StoreError> {
        let sent = from == DeliveryState::Sending;
        if failure.class == FailureClass::Reauth && self.has_newer_credentials(turn).await? {
            // The owner reconnected meanwhile: what was refused is not what the account has now.
            failure.class = FailureClass::Retry;
        }
        // The row was read before its attempt was counted.
        let attempts = turn.delivery.attempts + 1;
        if let Err(error) = self.note_reached(lane, failure.class != FailureClass::NotSent).await {
            // What the call did is written all the same.
            tracing::warn!(code = error.code(), "The state of the network could not be noted: {error}.");
        }
        let online = self.connectivity.is_online();
        let mut verdict = self.policy().verdict(&failure, sent, attempts, turn.delivery.doubtful, online);
        let refused = failure.problem.code == HAND_OVER_REFUSED && failure.class != FailureClass::Unknown;
        if refused && turn.delivery.hand_over && !turn.delivery.doubtful {
            return self.keep_our_own_timer(turn, from, failure.problem).await;
        }
        let settled = sent && turn.delivery.doubtful && self.proves_absence(turn, &failure);
        if sent && turn.delivery.doubtful && !settled {
            settle_first(&self.policy(), &mut verdict, attempts);
        }
        let mut problem = failure.problem.clone();
        let earlier_call = turn.delivery.first_sent_at.is_some();
        if verdict.to == DeliveryState::Held && failure.class == FailureClass::Duplicate && earlier_call {
            // An earlier call was thought to be without effect: it is looked for once more.
            verdict = Verdict { to: DeliveryState::Unknown, wait: Some(Duration::ZERO), ..verdict };
            problem.code = ALREADY_THERE.into();
        }
        if verdict.to == DeliveryState::Held && failure.class != FailureClass::Duplicate {
            problem.code = "attempts_exhausted".into();
        }
        self.affect_lane_and_account(lane, turn, &verdict, &problem).await?;
        let now = self.clock.now();
        let doubt = verdict.to == DeliveryState::Unknown;
        let change = Move {
            next_at: Some(verdict.wait.map(|wait| self.after(wait))),
            owner: Some(None),
            problem: Some(Some(problem.clone())),
            attempts: -i32::from(verdict.attempt_given_back),
            doubtful: (doubt || settled).then_some(doubt),
            lookups: doubt.then_some(0),
            finished_at: verdict.to.is_final().then_some(Some(now)),
            ..Move::default()
        };
        let ending = Ending {
            id: turn.delivery.id.clone(),
            from,
            to: verdict.to,
            step: if sent { Step::Send } else { Step::Prepare },
            outcome: "",
            problem: Some(problem),
            duration,
            change,
        };
        let doubtful = turn.delivery.doubtful && !settled;
        self.end(&Delivery { doubtful, ..turn.delivery.clone() }, ending).await
    }

    /// Kind A: had an earlier call written it, the same write again would be a no-op, whatever became of the
    /// uploads since. So there is no doubt left, only something to prepare again.
    fn proves_absence(&self, turn: &Turn, failure: &Failure) -> bool {
        failure.class == FailureClass::Retry
            && failure.problem.code == UPLOAD_EXPIRED
            && self
                .registry
                .get(&turn.delivery.platform)
                .is_some_and(|connector| connector.descriptor().kind == Kind::A)
    }

    async fn has_newer_credentials(&self, turn: &Turn) -> Result<bool, StoreError> {
        let account = turn.account.id.clone();
        let stored = self.store.read(move |c| accounts::credentials(c, &account)).await?;
        Ok(!stored.is_same_as(&turn.credentials))
    }

    /// The platform's scheduler does not take it (its queue is full, for example): our timer does.
    async fn keep_our_own_timer(
        &self,
        turn: &Turn,
        from: DeliveryState,
        problem: Problem,
    ) -> Result<(), StoreError> {
        let change = Move {
            next_at: Some(Some(turn.delivery.due_at)),
            owner: Some(None),
            hand_over: Some(false),
            attempts: -1,
            ..Move::default()
        };
        let ending = Ending {
            id: turn.delivery.id.clone(),
            from,
            to: DeliveryState::RetryAt,
            step: Step::Send,
            outcome: "own_timer",
            problem: Some(problem),
            duration: None,
            change,
        };
        self.end(&turn.delivery, ending).await
    }

    /// Notes whether the platform could be reached; what waited for the network goes on with it.
    pub(super) async fn note_reached(&self, lane: &Lane, reached: bool) -> Result<(), StoreError> {
        let mut shift = self.connectivity.note(&lane.account_id, reached);
        if !reached && self.connectivity.is_online() && !self.another_platform_answers(lane).await {
            // What the other lanes saw last is old news: it is the network, not this platform.
            shift = self.connectivity.note_nothing_answers();
        }
        if shift == Shift::None {
            return Ok(());
        }
        tracing::info!(online = self.connectivity.is_online(), "The network state changed.");
        let now = self.clock.now();
        self.store
            .write(move |tx| {
                tx.changed(Change::Status);
                if shift == Shift::CameOnline {
                    deliveries::wake_unreachable(tx, now)?;
                }
                Ok(())
            })
            .await?;
        if shift == Shift::CameOnline {
            self.wake_all();
        }
        Ok(())
    }

    /// A call went through: the circuit closes.
    pub(super) async fn lane_is_well(&self, lane: &Lane, turn: &Turn) -> Result<(), StoreError> {
        self.note_reached(lane, true).await?;
        let mut row = lane.row();
        if row.consecutive_failures > 0 {
            row.consecutive_failures = 0;
            self.keep_lane(lane, row).await?;
        }
        debug_assert_eq!(lane.account_id, turn.account.id);
        Ok(())
    }

    /// A platform that sees its limit coming gets the pause it asks for before the next act.
    pub(super) async fn keep_pace(&self, lane: &Lane) -> Result<(), StoreError> {
        let Some(pause) = lane.http.take_pause() else { return Ok(()) };
        let (mut row, at) = (lane.row(), self.after(pause));
        if row.not_before.is_some_and(|before| before >= at) {
            return Ok(());
        }
        row.not_before = Some(at);
        self.keep_lane(lane, row).await
    }

    async fn keep_lane(&self, lane: &Lane, row: rows::LaneRow) -> Result<(), StoreError> {
        lane.set_row(row.clone());
        let (id, now) = (lane.account_id.clone(), self.clock.now());
        self.persist(move |tx| {
            tx.changed(Change::Status);
            rows::set(tx, &id, &row, now)
        })
        .await
    }

    pub(super) async fn affect_lane_and_account(
        &self,
        lane: &Lane,
        turn: &Turn,
        verdict: &Verdict,
        problem: &Problem,
    ) -> Result<(), StoreError> {
        let mut row = lane.row();
        let before = row.clone();
        if let Some(wait) = verdict.lane_waits {
            row.not_before = Some(self.after(wait));
        }
        if verdict.counts_for_circuit {
            row.consecutive_failures += 1;
            let policy = self.policy();
            if row.consecutive_failures >= policy.circuit_after {
                // One probe at a time: the next delivery tries again after the pause.
                let wait = policy.backoff(row.consecutive_failures - policy.circuit_after + 1);
                row.not_before = Some(self.after(wait));
            }
        }
        if row != before {
            self.keep_lane(lane, row).await?;
        }
        let to = match verdict.account {
            AccountEffect::None => return Ok(()),
            AccountEffect::NeedsReauth => AccountState::NeedsReauth,
            AccountEffect::Blocked => AccountState::Blocked,
        };
        let (account, problem, now) = (turn.account.clone(), problem.clone(), self.clock.now());
        let stopped = self
            .persist(move |tx| {
                let from = [AccountState::Connected, AccountState::Paused];
                accounts::set_state(tx, &account.id, &from, to, Some(&problem), now)?;
                let alert = alerts::Raise {
                    account_id: Some(account.id.to_string()),
                    kind: "account_needs_reauth",
                    problem: Some(problem.clone()),
                    ..alerts::Raise::default()
                };
                alerts::raise(tx, &alert, now)?;
                let mut entry = Entry::new(now, "engine", "account.stopped", account.label.clone());
                entry.account_id = Some(account.id.to_string());
                entry.details = serde_json::json!({ "code": problem.code, "platform": account.platform });
                journal::add(tx, &entry)
            })
            .await;
        match stopped {
            // Stopped already: one message per incident.
            Ok(()) | Err(StoreError::Moved) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// The move of a delivery that the platform has.
pub(super) fn success_of(delivery: &Delivery, to: DeliveryState, receipt: Receipt, now: Timestamp) -> Move {
    let published = to == DeliveryState::Published;
    let look_again = published && (receipt.permalink.is_none() || receipt.leftovers);
    Move {
        next_at: Some(match delivery.wanted {
            // A person cancelled while it left: taking it back is the next thing to do.
            Some(_) => Some(now),
            None => look_again.then(|| now + super::signed(PERMALINK_WAITS[0])),
        }),
        owner: Some(None),
        problem: Some(None),
        remote_id: Some(receipt.remote_id),
        permalink: receipt.permalink,
        finished_at: published.then_some(Some(now)),
        lookups: Some(0),
        ..Move::default()
    }
}

/// Waiting time before the address of a public post is asked for once more.
pub(super) fn permalink_wait(lookups: u32) -> Option<Duration> {
    PERMALINK_WAITS.get(lookups as usize).copied()
}

/// The repetition of a doubtful call did not settle it. What is in doubt is looked up before it leaves
/// again: by then its server key may be dead. And a server that answers every repetition with an error
/// is not asked in a tight circle.
fn settle_first(policy: &super::QueuePolicy, verdict: &mut Verdict, attempts: u32) {
    match verdict.to {
        DeliveryState::RetryAt => verdict.to = DeliveryState::Unknown,
        DeliveryState::Unknown => verdict.wait = Some(policy.backoff(attempts)),
        _ => {}
    }
}

/// Fits an ending to what a person wished while the call was under way.
fn respect_wishes(
    tx: &Tx<'_>,
    before: &Delivery,
    mut ending: Ending,
    now: Timestamp,
) -> Result<Ending, StoreError> {
    use DeliveryState as S;
    if !matches!(ending.from, S::Preparing | S::Armed | S::HandedOver | S::Published | S::Duplicate) {
        return Ok(ending);
    }
    let row = deliveries::find(tx, &ending.id)?.ok_or(StoreError::NotFound)?;
    if matches!(ending.from, S::Preparing | S::Armed) {
        // Nothing has left, whatever became of the preparation.
        if row.wanted == Some(Wanted::Cancel) && ending.to != S::Unknown {
            ending.to = S::Cancelled;
            (ending.problem, ending.outcome) = (None, "");
            ending.change = Move {
                next_at: Some(None),
                owner: Some(None),
                wanted: Some(None),
                finished_at: Some(Some(now)),
                ..Move::default()
            };
        }
        return Ok(ending);
    }
    if row.wanted == before.wanted && row.revision == before.revision {
        return Ok(ending);
    }
    match (ending.to, row.wanted) {
        // Taken back, and wanted again before the answer came: a new object.
        (S::Cancelled, Some(Wanted::Update)) => {
            ending.to = S::Queued;
            ending.change = Move {
                next_at: Some(Some(now)),
                marks: Some(serde_json::Value::Null),
                wanted: Some(None),
                problem: Some(None),
                content: Some(row.content.alone()),
                forget_remote: true,
                ..Move::default()
            };
        }
        // Taken back to be planned anew, and not wanted any more.
        (S::Queued, Some(Wanted::Cancel)) => {
            ending.to = S::Cancelled;
            ending.change.content = None;
            ending.change.next_at = Some(None);
            ending.change.finished_at = Some(Some(now));
        }
        (S::Queued, _) => {
            ending.change.next_at = Some(Some(now));
            ending.change.content = Some(row.content.alone());
        }
        // It is still there: the newer wish is next.
        (S::HandedOver | S::Published | S::Duplicate, Some(_)) => {
            let carried_out = ending.change.content.take().filter(|_| ending.outcome == "changed");
            ending.change.content = carried_out.map(|content| {
                let replaces = Some(Box::new(Replaced { content, due_at: before.due_at }));
                OutgoingPost { replaces, ..row.content.clone() }
            });
            ending.change.due_at = None;
            ending.change.wanted = None;
            ending.change.next_at = Some(Some(now));
        }
        _ => {}
    }
    Ok(ending)
}

fn write_ending(tx: &Tx<'_>, delivery: &Delivery, ending: &Ending, now: Timestamp) -> Result<(), StoreError> {
    let ending = &respect_wishes(tx, delivery, ending.clone(), now)?;
    deliveries::transition(tx, &ending.id, &[ending.from], ending.to, &ending.change, now)?;
    let outcome = if ending.outcome.is_empty() { ending.to.as_str() } else { ending.outcome };
    attempts::add(
        tx,
        &ending.id,
        &Attempt {
            at: now,
            step: ending.step,
            outcome: outcome.into(),
            problem: ending.problem.clone(),
            duration_ms: ending.duration.map(|d| u32::try_from(d.as_millis()).unwrap_or(u32::MAX)),
        },
    )?;
    announce(tx, delivery, ending.from, ending.to, ending.problem.as_ref(), now)
}

/// Alert and journal of a state that people care about.
pub(crate) fn announce(
    tx: &Tx<'_>,
    delivery: &Delivery,
    from: DeliveryState,
    to: DeliveryState,
    problem: Option<&Problem>,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.changed(Change::Post(delivery.post_id.to_string()));
    if from == to {
        return Ok(());
    }
    if matches!(to, DeliveryState::Held | DeliveryState::Rejected) {
        let kind = if to == DeliveryState::Held && delivery.doubtful {
            "delivery_doubtful"
        } else {
            "delivery_needs_person"
        };
        let alert = alerts::Raise {
            account_id: Some(delivery.account_id.to_string()),
            kind,
            problem: problem.cloned(),
            post_id: Some(delivery.post_id.to_string()),
            delivery_id: Some(delivery.id.to_string()),
        };
        alerts::raise(tx, &alert, now)?;
    }
    if from.needs_person() {
        alerts::resolve_delivery(tx, delivery.id.as_str(), now)?;
    }
    let told = to.is_final() || to.needs_person() || to == DeliveryState::HandedOver;
    if told {
        let title = delivery.content.title.as_deref().filter(|title| !title.is_empty());
        let subject: String = title.unwrap_or(&delivery.content.text).chars().take(80).collect();
        let mut entry =
            Entry::new(now, "engine", &format!("delivery.{}", to.as_str()), subject.replace('\n', " "));
        entry.details = serde_json::json!({
            "platform": delivery.platform,
            "code": problem.map(|problem| problem.code.clone()),
        });
        entry.post_id = Some(delivery.post_id.to_string());
        entry.delivery_id = Some(delivery.id.to_string());
        entry.account_id = Some(delivery.account_id.to_string());
        journal::add(tx, &entry)?;
    }
    Ok(())
}

/// [`deliveries::rescue`] with its log and alerts. Returns the number of rows.
pub(super) fn record_rescue(
    tx: &Tx<'_>,
    me: &InstanceId,
    now: Timestamp,
    max_crashes: u32,
    panicked: bool,
) -> Result<usize, StoreError> {
    let rescued = deliveries::rescue(tx, me, now, max_crashes, panicked)?;
    for (delivery, to) in &rescued {
        let attempt = Attempt {
            at: now,
            step: Step::Rescue,
            outcome: to.as_str().into(),
            problem: None,
            duration_ms: None,
        };
        attempts::add(tx, &delivery.id, &attempt)?;
        if *to == DeliveryState::Held {
            let mut seen = delivery.clone();
            seen.doubtful |= delivery.state == DeliveryState::Sending;
            announce(tx, &seen, delivery.state, *to, Some(&Problem::new("crashed_repeatedly")), now)?;
        }
    }
    Ok(rescued.len())
}
