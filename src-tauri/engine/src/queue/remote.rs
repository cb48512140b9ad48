//! Looking after what a platform already has: verifying what was handed over, and changes wanted on
//! it. All of it is desired state: repeating is free.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    Queue,
    lanes::{Lane, Turn},
    outcome::{Ending, permalink_wait, success_of},
    plan,
    work::{job, wants_removal},
};
use crate::{
    connectors::{
        Connector, Failure, FailureClass, HAND_OVER_UNSEEN, HandedOver, Job, Publisher, Receipt, SendMode,
        Sent,
    },
    domain::{Delivery, DeliveryState, Problem, Wanted},
    store::{
        StoreError,
        attempts::Step,
        deliveries::{self, Move},
    },
};

/// Code of a connector's refusal to change content in place: take it back and make it anew.
pub const NEEDS_NEW: &str = "edit_needs_new_delivery";

impl Queue {
    pub(super) async fn look_after(
        &self,
        lane: &Lane,
        turn: &Turn,
        connector: &dyn Connector,
        publisher: &dyn Publisher,
    ) -> Result<(), StoreError> {
        let delivery = &turn.delivery;
        match delivery.wanted {
            Some(_) if wants_removal(delivery) => self.remove(lane, turn, publisher).await,
            // It may be public by now: what cannot be planned anew any more must not be taken back.
            Some(_)
                if delivery.state == DeliveryState::HandedOver
                    && kept_until(delivery) <= self.clock.now() =>
            {
                self.verify(lane, turn, connector, publisher).await
            }
            Some(_) => self.change(lane, turn, connector, publisher).await,
            None => self.verify(lane, turn, connector, publisher).await,
        }
    }

    /// After its due time, what was handed over must really be public.
    async fn verify(
        &self,
        lane: &Lane,
        turn: &Turn,
        connector: &dyn Connector,
        publisher: &dyn Publisher,
    ) -> Result<(), StoreError> {
        let delivery = &turn.delivery;
        let now = self.clock.now();
        let access = self.access(lane, turn, now);
        let due_at = kept_until(delivery);
        let mode = SendMode::At(due_at);
        let taken = self.taken_by_others(turn).await?;
        let job = Job { taken: &taken, ..job(delivery, delivery.content.shown(), &delivery.marks, mode) };
        let from = delivery.state;
        let seen = publisher.verify(&access.borrow(self), &job).await;
        if from != DeliveryState::HandedOver {
            return self.note_address(turn, seen).await;
        }
        match seen {
            Ok(HandedOver::Published(receipt)) => {
                self.lane_is_well(lane, turn).await?;
                let change = success_of(delivery, DeliveryState::Published, receipt, now);
                self.simple_end(turn, from, DeliveryState::Published, Step::Verify, None, change).await
            }
            Ok(HandedOver::Scheduled { .. }) if delivery.wanted == Some(Wanted::Update) => {
                self.change(lane, turn, connector, publisher).await
            }
            Ok(HandedOver::Scheduled { .. })
                if now.duration_since(due_at) < self.policy().hand_over_grace =>
            {
                self.lane_is_well(lane, turn).await?;
                self.wait_for_platform(turn, self.after(Duration::from_mins(1)).max(due_at)).await
            }
            Ok(HandedOver::Scheduled { .. }) => self.hold_handed_over(turn, "hand_over_late").await,
            Ok(HandedOver::Examined { .. }) if now.duration_since(due_at) > self.policy().examined_for => {
                self.hold_handed_over(turn, "moderation_too_long").await
            }
            Ok(HandedOver::Examined { after }) => {
                self.lane_is_well(lane, turn).await?;
                self.wait_for_platform(turn, self.after(after)).await
            }
            Ok(HandedOver::Refused(problem)) => {
                self.lane_is_well(lane, turn).await?;
                let change = Move {
                    next_at: Some(None),
                    owner: Some(None),
                    problem: Some(Some(problem.clone())),
                    wanted: Some(None),
                    finished_at: Some(Some(now)),
                    ..as_before(delivery)
                };
                let to = DeliveryState::Rejected;
                self.simple_end(turn, from, to, Step::Verify, Some(problem), change).await
            }
            Ok(HandedOver::Gone) if self.is_gone_for_good(delivery) => {
                self.hold_handed_over(turn, "hand_over_missing").await
            }
            Ok(HandedOver::Gone) => self.try_later(lane, turn, Failure::unseen(), Step::Verify).await,
            Err(failure) => self.try_later(lane, turn, failure, Step::Verify).await,
        }
    }

    /// It is still the platform's turn: look again at that time.
    async fn wait_for_platform(&self, turn: &Turn, at: Timestamp) -> Result<(), StoreError> {
        let state = turn.delivery.state;
        let ending = Ending {
            id: turn.delivery.id.clone(),
            from: state,
            to: state,
            step: Step::Verify,
            outcome: "waiting",
            problem: None,
            duration: None,
            change: Move { next_at: Some(Some(at)), ..Move::default() },
        };
        self.end(&turn.delivery, ending).await
    }

    async fn hold_handed_over(&self, turn: &Turn, code: &str) -> Result<(), StoreError> {
        let problem = Problem::new(code);
        let change = Move {
            next_at: Some(None),
            problem: Some(Some(problem.clone())),
            wanted: Some(None),
            ..as_before(&turn.delivery)
        };
        self.simple_end(turn, turn.delivery.state, DeliveryState::Held, Step::Verify, Some(problem), change)
            .await
    }

    /// A public post without an address, or with leftovers: cosmetic, so its failure changes nothing.
    async fn note_address(&self, turn: &Turn, seen: Result<HandedOver, Failure>) -> Result<(), StoreError> {
        let delivery = &turn.delivery;
        let receipt = match seen {
            Ok(HandedOver::Published(receipt)) => receipt,
            _ => Receipt { leftovers: true, ..Receipt::default() },
        };
        let lookups = delivery.lookups + 1;
        let is_done = receipt.permalink.is_some() && !receipt.leftovers;
        let again = (!is_done).then(|| permalink_wait(lookups)).flatten();
        let next_at = again.map(|wait| self.after(wait));
        let change = Move {
            next_at: Some(next_at),
            // What was published is sometimes known by the number of its preparation only.
            remote_id: Some(receipt.remote_id).filter(|id| !id.is_empty()),
            permalink: receipt.permalink,
            lookups: Some(lookups),
            ..Move::default()
        };
        let ending = Ending {
            id: delivery.id.clone(),
            from: delivery.state,
            to: delivery.state,
            step: Step::Verify,
            outcome: if next_at.is_some() { "waiting" } else { "" },
            problem: None,
            duration: None,
            change,
        };
        self.end(delivery, ending).await
    }

    /// Takes it back (handed over) or removes it (public).
    async fn remove(&self, lane: &Lane, turn: &Turn, publisher: &dyn Publisher) -> Result<(), StoreError> {
        let delivery = &turn.delivery;
        let now = self.clock.now();
        let access = self.access(lane, turn, now);
        let mode = if delivery.state == DeliveryState::HandedOver {
            SendMode::At(kept_until(delivery))
        } else {
            SendMode::Now
        };
        let taken = self.taken_by_others(turn).await?;
        let job = Job { taken: &taken, ..job(delivery, delivery.content.shown(), &delivery.marks, mode) };
        let removed = publisher.delete(&access.borrow(self), &job).await;
        if let Some(failure) = removed.err().filter(|failure| !self.is_believed(delivery, failure)) {
            return self.try_later(lane, turn, failure, Step::Delete).await;
        }
        self.lane_is_well(lane, turn).await?;
        let to = match delivery.state {
            DeliveryState::HandedOver => DeliveryState::Cancelled,
            public => public,
        };
        let change = Move {
            next_at: Some(None),
            wanted: Some(None),
            problem: Some(None),
            removed_at: Some(now),
            finished_at: (to == DeliveryState::Cancelled).then_some(Some(now)),
            ..Move::default()
        };
        let ending = Ending {
            id: delivery.id.clone(),
            from: delivery.state,
            to,
            step: Step::Delete,
            outcome: "removed",
            problem: None,
            duration: None,
            change,
        };
        self.end(delivery, ending).await
    }

    /// Changes text or time at the platform.
    async fn change(
        &self,
        lane: &Lane,
        turn: &Turn,
        connector: &dyn Connector,
        publisher: &dyn Publisher,
    ) -> Result<(), StoreError> {
        let delivery = &turn.delivery;
        let now = self.clock.now();
        let handed_over = delivery.state == DeliveryState::HandedOver;
        let limits = self.limits(connector, &turn.account);
        if handed_over && !plan::window_is_open(&limits, delivery.due_at, now) {
            return self.take_back_and_requeue(lane, turn, connector, publisher).await;
        }
        let mode = if handed_over { SendMode::At(delivery.due_at) } else { SendMode::Now };
        let access = self.access(lane, turn, now);
        let job = job(delivery, &delivery.content, &delivery.marks, mode);
        match publisher.update(&access.borrow(self), &job).await {
            Ok(sent) => {
                self.lane_is_well(lane, turn).await?;
                let (to, receipt, next_at) = match sent {
                    Sent::HandedOver(receipt) if handed_over => (
                        DeliveryState::HandedOver,
                        receipt,
                        Some(delivery.due_at + jiff::SignedDuration::from_secs(30)),
                    ),
                    Sent::Published(receipt) | Sent::HandedOver(receipt) => {
                        (DeliveryState::Published, receipt, None)
                    }
                };
                let to = if handed_over { to } else { delivery.state };
                let change = Move {
                    next_at: Some(next_at),
                    wanted: Some(None),
                    problem: Some(None),
                    remote_id: Some(receipt.remote_id),
                    permalink: receipt.permalink,
                    finished_at: (to == DeliveryState::Published && handed_over).then_some(Some(now)),
                    content: Some(delivery.content.alone()),
                    marks: publisher.marks_after_update(&job),
                    ..Move::default()
                };
                let ending = Ending {
                    id: delivery.id.clone(),
                    from: delivery.state,
                    to,
                    step: Step::Update,
                    outcome: "changed",
                    problem: None,
                    duration: None,
                    change,
                };
                self.end(delivery, ending).await
            }
            Err(failure) if handed_over && failure.problem.code == NEEDS_NEW => {
                self.take_back_and_requeue(lane, turn, connector, publisher).await
            }
            Err(failure) => self.try_later(lane, turn, failure, Step::Update).await,
        }
    }

    /// The new time or content cannot be had in place: it is taken back, then planned anew.
    async fn take_back_and_requeue(
        &self,
        lane: &Lane,
        turn: &Turn,
        connector: &dyn Connector,
        publisher: &dyn Publisher,
    ) -> Result<(), StoreError> {
        let delivery = &turn.delivery;
        let now = self.clock.now();
        let access = self.access(lane, turn, now);
        let mode = SendMode::At(kept_until(delivery));
        let taken = self.taken_by_others(turn).await?;
        let job = Job { taken: &taken, ..job(delivery, delivery.content.shown(), &delivery.marks, mode) };
        let removed = publisher.delete(&access.borrow(self), &job).await;
        if let Some(failure) = removed.err().filter(|failure| !self.is_believed(delivery, failure)) {
            return self.try_later(lane, turn, failure, Step::Delete).await;
        }
        self.lane_is_well(lane, turn).await?;
        let limits = self.limits(connector, &turn.account);
        let plan = plan::plan(&turn.account, &limits, delivery.due_at, now, now);
        let change = Move {
            next_at: Some(Some(plan.next_at)),
            hand_over: Some(plan.hand_over),
            // A new object: its keys must not be those of the one that was taken back.
            marks: Some(serde_json::Value::Null),
            wanted: Some(None),
            problem: Some(None),
            content: Some(delivery.content.alone()),
            forget_remote: true,
            ..Move::default()
        };
        self.simple_end(turn, delivery.state, DeliveryState::Queued, Step::Update, None, change).await
    }

    /// The same dish may be posted each week: what another delivery stands for is not this one's.
    async fn taken_by_others(&self, turn: &Turn) -> Result<Vec<String>, StoreError> {
        let (account, me) = (turn.account.id.clone(), turn.delivery.id.clone());
        let taken = self.store.read(move |c| deliveries::remote_ids_of_others(c, &account, &me)).await?;
        Ok(taken.into_iter().collect())
    }

    /// Says whether a removal that did not find its object is believed: there is nothing to remove.
    fn is_believed(&self, delivery: &Delivery, failure: &Failure) -> bool {
        failure.problem.code == HAND_OVER_UNSEEN && self.is_gone_for_good(delivery)
    }

    /// Lists lag: what they do not show counts as gone after all the waits of a look-up.
    fn is_gone_for_good(&self, delivery: &Delivery) -> bool {
        looks_in_vain(delivery) as usize >= self.policy().lookup_waits.len()
    }

    /// A failed look or change: again later, or told to the owner when the platform refuses it.
    async fn try_later(
        &self,
        lane: &Lane,
        turn: &Turn,
        failure: Failure,
        step: Step,
    ) -> Result<(), StoreError> {
        let delivery = &turn.delivery;
        self.note_reached(lane, failure.class != FailureClass::NotSent).await?;
        let online = self.connectivity.is_online();
        let verdict = self.policy().verdict(&failure, false, delivery.lookups + 1, true, online);
        self.affect_lane_and_account(lane, turn, &verdict, &failure.problem).await?;
        let refused = matches!(failure.class, FailureClass::Content | FailureClass::Duplicate);
        let overdue = delivery.state == DeliveryState::HandedOver
            && self.clock.now().duration_since(delivery.due_at) > self.policy().reconcile_for;
        if refused && delivery.wanted.is_some() {
            return self.change_refused(turn, failure.problem, step).await;
        }
        if overdue || (refused && delivery.state == DeliveryState::HandedOver) {
            return self.hold_handed_over(turn, "hand_over_unverified").await;
        }
        let unseen = failure.problem.code == HAND_OVER_UNSEEN;
        let lookups = if unseen { looks_in_vain(delivery) } else { delivery.lookups };
        let lag = self.policy().lookup_waits.get(lookups as usize).copied().filter(|_| unseen);
        let wait = lag.or(verdict.wait).unwrap_or(Duration::from_mins(5));
        let change = Move {
            next_at: Some(Some(self.after(wait))),
            lookups: Some(lookups + 1),
            problem: Some(Some(failure.problem.clone())),
            ..Move::default()
        };
        let ending = Ending {
            id: delivery.id.clone(),
            from: delivery.state,
            to: delivery.state,
            step,
            outcome: "later",
            problem: Some(failure.problem),
            duration: None,
            change,
        };
        self.end(delivery, ending).await
    }

    /// The platform will not do it: the owner is told, what exists stays what it is.
    async fn change_refused(&self, turn: &Turn, problem: Problem, step: Step) -> Result<(), StoreError> {
        let (delivery, now) = (turn.delivery.clone(), self.clock.now());
        let problem = Problem { code: "change_refused".into(), ..problem };
        let next_at = (delivery.state == DeliveryState::HandedOver)
            .then(|| kept_until(&delivery) + jiff::SignedDuration::from_secs(30));
        let change = Move {
            next_at: Some(next_at),
            wanted: Some(None),
            problem: Some(Some(problem.clone())),
            ..as_before(&delivery)
        };
        let ending = Ending {
            id: delivery.id.clone(),
            from: delivery.state,
            to: delivery.state,
            step,
            outcome: "refused",
            problem: Some(problem.clone()),
            duration: None,
            change,
        };
        self.end(&delivery, ending).await?;
        self.persist(move |tx| {
            let alert = crate::store::alerts::Raise {
                account_id: Some(delivery.account_id.to_string()),
                kind: "change_refused",
                problem: Some(problem.clone()),
                post_id: Some(delivery.post_id.to_string()),
                delivery_id: Some(delivery.id.to_string()),
            };
            crate::store::alerts::raise(tx, &alert, now)
        })
        .await
    }
}

/// When the platform publishes what it has now, whatever was asked for since.
fn kept_until(delivery: &Delivery) -> Timestamp {
    delivery.content.replaces.as_ref().map_or(delivery.due_at, |replaced| replaced.due_at)
}

/// Looks in a row that did not find it. One that failed in between proves nothing, and they begin anew.
fn looks_in_vain(delivery: &Delivery) -> u32 {
    let was_unseen = delivery.problem.as_ref().is_some_and(|problem| problem.code == HAND_OVER_UNSEEN);
    if was_unseen { delivery.lookups } else { 0 }
}

/// The change did not happen: the row says again what the platform has.
fn as_before(delivery: &Delivery) -> Move {
    let replaced = delivery.content.replaces.as_deref();
    Move {
        content: replaced.map(|replaced| replaced.content.clone()),
        due_at: replaced.map(|replaced| replaced.due_at),
        ..Move::default()
    }
}

/// Word of the wanted change, for the log of the person's request.
pub(super) fn wanted_word(wanted: Wanted) -> &'static str {
    match wanted {
        Wanted::Cancel => "cancel_requested",
        Wanted::Update => "update_requested",
        Wanted::Delete => "delete_requested",
    }
}
