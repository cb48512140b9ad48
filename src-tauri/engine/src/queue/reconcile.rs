//! Settling a doubt: the outcome of an irreversible call is not known, so look before anything else
//! happens on that account. Looking only reads.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    Queue,
    failpoint::reach,
    lanes::{Lane, Turn},
    outcome::{ALREADY_THERE, Ending},
    policy::NotFound,
    work::{Load, job},
};
use crate::{
    connectors::{Failure, FailureClass, Finding, Job, Kind, Publisher, Receipt, SendMode, Sent},
    domain::{Delivery, DeliveryState, Problem},
    store::{
        StoreError,
        attempts::Step,
        deliveries::{self, Move},
        journal::{self, Entry},
    },
};

/// Until the next look at a doubt whose repetition may not start now (pause, rate limit).
const MAY_NOT_START: Duration = Duration::from_secs(30);

/// A doubt that this outbox did not make: a restored copy knows nothing of the call that may have been
/// made since. See `store::restore`.
fn is_from_copy(turn: &Turn) -> bool {
    turn.delivery.attempts == 0
}

/// From a restored copy: the notes may be older than the call that was made, so that their being void
/// proves nothing, and without notes there is no same write to repeat. Kind C may have published by a later
/// container than the one that the notes name.
fn notes_prove_nothing(turn: &Turn, kind: Kind, found: &Result<Finding, Failure>) -> bool {
    is_from_copy(turn)
        && match found {
            Ok(Finding::Rebuild { .. }) => true,
            Ok(Finding::Repeat) => kind == Kind::C || (turn.delivery.marks.is_null() && kind != Kind::B),
            _ => false,
        }
}

/// The earliest moment at which the call can have been made.
fn earliest_call(delivery: &Delivery, mode: SendMode) -> Option<Timestamp> {
    match mode {
        // Nothing leaves before its hour: an older post with the same words is another one.
        SendMode::Now => delivery.first_sent_at.max(Some(delivery.due_at)),
        SendMode::At(_) => delivery.first_sent_at,
    }
}

/// The platform refused it because it has the same already, after an earlier call of this delivery.
fn is_already_there(turn: &Turn) -> bool {
    turn.delivery.problem.as_ref().is_some_and(|problem| problem.code == ALREADY_THERE)
}

impl Queue {
    pub(super) async fn reconcile(
        &self,
        lane: &Lane,
        turn: &Turn,
        kind: Kind,
        publisher: &dyn Publisher,
    ) -> Result<(), StoreError> {
        let delivery = &turn.delivery;
        let now = self.clock.now();
        let (id, from, me) = (delivery.id.clone(), delivery.state, self.instance.clone());
        self.persist(move |tx| {
            let change = Move { owner: Some(Some(me.clone())), next_at: Some(None), ..Move::default() };
            deliveries::transition(tx, &id, &[from], DeliveryState::Reconciling, &change, now)
        })
        .await?;
        reach("in_reconcile");
        if kind == Kind::H {
            return self.ask_person(turn).await;
        }
        let mode = if delivery.hand_over { SendMode::At(delivery.due_at) } else { SendMode::Now };
        let access = self.access(lane, turn, now);
        let job = job(delivery, &delivery.content, &delivery.marks, mode);
        let mut found = publisher.reconcile(&access.borrow(self), &job).await;
        if notes_prove_nothing(turn, kind, &found) {
            let job = Job { first_sent_at: earliest_call(delivery, mode), ..job };
            match publisher.look_up(&access.borrow(self), &job).await {
                Ok(Finding::Found { sent, others }) => {
                    let seen = self.without_taken(turn, sent, others).await?;
                    if matches!(seen, Finding::Found { .. }) {
                        found = Ok(seen);
                    }
                }
                Ok(_) => {}
                Err(failure) => found = Err(failure),
            }
        } else if let Ok(Finding::Found { sent, others }) = found {
            found = Ok(self.without_taken(turn, sent, others).await?);
        }
        match found {
            Ok(Finding::Found { sent, others }) => {
                self.report_others(turn, others).await?;
                self.succeed(lane, turn, DeliveryState::Reconciling, Step::Reconcile, sent, None).await
            }
            // Looked for by its words in vain: that proves nothing either.
            Ok(Finding::Rebuild { .. }) if is_from_copy(turn) => self.ask_person(turn).await,
            Ok(Finding::Repeat) if is_from_copy(turn) && delivery.marks.is_null() => match kind {
                // Its key comes from the delivery itself; until then the list of posts is the proof.
                Kind::B => self.absent(lane, turn, kind, publisher, mode).await,
                _ => self.ask_person(turn).await,
            },
            Ok(Finding::Repeat) => {
                self.lane_is_well(lane, turn).await?;
                self.repeat(lane, turn, publisher, mode).await
            }
            Ok(Finding::Rebuild { marks }) => {
                self.lane_is_well(lane, turn).await?;
                self.try_again(turn, Some(marks), "rebuild").await
            }
            Ok(Finding::Pending { .. }) if self.asked_long_enough(turn) => self.ask_person(turn).await,
            Ok(Finding::Pending { after }) => self.look_again(turn, delivery.lookups, after, "pending").await,
            Ok(Finding::NotFound) => self.absent(lane, turn, kind, publisher, mode).await,
            Err(failure) => {
                self.note_reached(lane, failure.class != FailureClass::NotSent).await?;
                if self.asked_long_enough(turn) {
                    return self.ask_person(turn).await;
                }
                let policy = self.policy();
                let online = self.connectivity.is_online();
                let mut verdict = policy.verdict(&failure, false, 1, true, online);
                // A dead token stops the account; the doubt stays and is settled after reconnecting.
                self.affect_lane_and_account(lane, turn, &verdict, &failure.problem).await?;
                let wait = verdict.wait.take().unwrap_or(Duration::from_mins(1));
                let change = Move {
                    next_at: Some(Some(self.after(wait))),
                    owner: Some(None),
                    problem: Some(Some(failure.problem.clone())),
                    ..Move::default()
                };
                let problem = Some(failure.problem);
                self.simple_end(
                    turn,
                    DeliveryState::Reconciling,
                    DeliveryState::Unknown,
                    Step::Reconcile,
                    problem,
                    change,
                )
                .await
            }
        }
    }

    /// It was not found: looked for again, and in the end repeated or asked about.
    async fn absent(
        &self,
        lane: &Lane,
        turn: &Turn,
        kind: Kind,
        publisher: &dyn Publisher,
        mode: SendMode,
    ) -> Result<(), StoreError> {
        let delivery = &turn.delivery;
        self.lane_is_well(lane, turn).await?;
        let repeated = delivery.attempts > 1;
        match self.policy().not_found(kind, delivery.lookups, repeated) {
            NotFound::LookAgain(wait) => self.look_again(turn, delivery.lookups + 1, wait, "not_found").await,
            // The platform says that it is there, whatever its lists show.
            NotFound::Repeat if is_already_there(turn) => self.ask_person(turn).await,
            // Its refusal of a duplicate is the proof, so the doubt stays while it is repeated.
            NotFound::Repeat if kind == Kind::D && !delivery.marks.is_null() => {
                self.repeat(lane, turn, publisher, mode).await
            }
            NotFound::Repeat => self.try_again(turn, None, "not_published").await,
            NotFound::AskPerson => self.ask_person(turn).await,
        }
    }

    /// Nobody could tell for a day: a person decides.
    fn asked_long_enough(&self, turn: &Turn) -> bool {
        let since = turn.delivery.sent_at.unwrap_or(turn.delivery.updated_at);
        self.clock.now().duration_since(since) > self.policy().reconcile_for
    }

    /// An object that another delivery of this account stands for is not ours: the same dish may be
    /// posted each week. Keeps the first match that is free, and the other free ones.
    async fn without_taken(
        &self,
        turn: &Turn,
        sent: Sent,
        others: Vec<Receipt>,
    ) -> Result<Finding, StoreError> {
        let (account, me) = (turn.account.id.clone(), turn.delivery.id.clone());
        let taken = self.store.read(move |c| deliveries::remote_ids_of_others(c, &account, &me)).await?;
        let (is_scheduled, first) = match sent {
            Sent::Published(receipt) => (false, receipt),
            Sent::HandedOver(receipt) => (true, receipt),
        };
        let mut free =
            std::iter::once(first).chain(others).filter(|receipt| !taken.contains(&receipt.remote_id));
        let Some(ours) = free.next() else { return Ok(Finding::NotFound) };
        let sent = if is_scheduled { Sent::HandedOver(ours) } else { Sent::Published(ours) };
        Ok(Finding::Found { sent, others: free.collect() })
    }

    async fn look_again(
        &self,
        turn: &Turn,
        lookups: u32,
        wait: Duration,
        outcome: &'static str,
    ) -> Result<(), StoreError> {
        let change = Move {
            next_at: Some(Some(self.after(wait))),
            owner: Some(None),
            lookups: Some(lookups),
            ..Move::default()
        };
        let ending = Ending {
            id: turn.delivery.id.clone(),
            from: DeliveryState::Reconciling,
            to: DeliveryState::Unknown,
            step: Step::Reconcile,
            outcome,
            problem: None,
            duration: None,
            change,
        };
        self.end(&turn.delivery, ending).await
    }

    /// Certainly not published: back to the start of the life, with the marks that stay valid.
    async fn try_again(
        &self,
        turn: &Turn,
        marks: Option<serde_json::Value>,
        outcome: &'static str,
    ) -> Result<(), StoreError> {
        let exhausted = turn.delivery.attempts >= self.policy().max_attempts;
        let problem = exhausted.then(|| Problem::new("attempts_exhausted"));
        let change = Move {
            next_at: Some((!exhausted).then(|| self.clock.now())),
            owner: Some(None),
            marks,
            lookups: Some(0),
            doubtful: Some(false),
            problem: Some(problem.clone()),
            ..Move::default()
        };
        let ending = Ending {
            id: turn.delivery.id.clone(),
            from: DeliveryState::Reconciling,
            to: if exhausted { DeliveryState::Held } else { DeliveryState::RetryAt },
            step: Step::Reconcile,
            outcome,
            problem,
            duration: None,
            change,
        };
        self.end(&turn.delivery, ending).await
    }

    /// Repeats the same write with the same marks, unless it has become too late for it.
    async fn repeat(
        &self,
        lane: &Lane,
        turn: &Turn,
        publisher: &dyn Publisher,
        mode: SendMode,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let window_closed = matches!(mode, SendMode::At(due) if due <= now);
        if window_closed {
            return self.try_again(turn, None, "not_published").await;
        }
        if turn.delivery.attempts >= self.policy().max_attempts {
            return self.ask_person(turn).await;
        }
        if !self.may_start(lane, &turn.account) {
            return self.look_again(turn, turn.delivery.lookups, MAY_NOT_START, "waiting").await;
        }
        if mode == SendMode::Now && !self.late_rule_allows(turn, DeliveryState::Reconciling, now).await? {
            return Ok(());
        }
        let id = turn.delivery.id.clone();
        self.persist(move |tx| {
            deliveries::transition(
                tx,
                &id,
                &[DeliveryState::Reconciling],
                DeliveryState::Armed,
                &Move { attempts: 1, ..Move::default() },
                now,
            )
        })
        .await?;
        let delivery = &turn.delivery;
        let load =
            Load { from: DeliveryState::Armed, content: &delivery.content, marks: &delivery.marks, mode };
        self.send(lane, turn, publisher, &load).await
    }

    async fn ask_person(&self, turn: &Turn) -> Result<(), StoreError> {
        let problem = Problem::new("outcome_unknown");
        let change = Move {
            next_at: Some(None),
            owner: Some(None),
            problem: Some(Some(problem.clone())),
            doubtful: Some(true),
            ..Move::default()
        };
        let mut doubtful = turn.delivery.clone();
        doubtful.doubtful = true;
        let ending = Ending {
            id: doubtful.id.clone(),
            from: DeliveryState::Reconciling,
            to: DeliveryState::Held,
            step: Step::Reconcile,
            outcome: "",
            problem: Some(problem),
            duration: None,
            change,
        };
        self.end(&doubtful, ending).await
    }

    /// Further objects that match are shown, never deleted.
    async fn report_others(&self, turn: &Turn, others: Vec<Receipt>) -> Result<(), StoreError> {
        if others.is_empty() {
            return Ok(());
        }
        let (delivery, now) = (turn.delivery.clone(), self.clock.now());
        self.persist(move |tx| {
            let mut entry = Entry::new(now, "engine", "delivery.several_found", delivery.platform.clone());
            let links: Vec<_> = others.iter().map(|o| o.permalink.as_ref().unwrap_or(&o.remote_id)).collect();
            entry.details = serde_json::json!({ "platform": delivery.platform, "links": links });
            entry.post_id = Some(delivery.post_id.to_string());
            entry.delivery_id = Some(delivery.id.to_string());
            entry.account_id = Some(delivery.account_id.to_string());
            journal::add(tx, &entry)
        })
        .await
    }
}
