//! What a person may decide about one delivery.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Queue, outcome, remote::wanted_word};
use crate::{
    connectors::Capabilities,
    domain::{AccountState, Delivery, DeliveryId, DeliveryState, LatePolicy, Wanted},
    store::{
        StoreError, Tx, accounts,
        attempts::{self, Attempt, Step},
        deliveries::{self, Move},
    },
};

/// A decision of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Try again now. A doubt is looked up first, never repeated blindly.
    Retry,
    Cancel,
    /// "It is there": a doubt is settled by the owner's own eyes.
    ConfirmPublished {
        permalink: Option<String>,
    },
    /// "It is not there, send it again."
    ConfirmResend,
    /// Remove it from the platform.
    Delete,
    /// Ask the platform again now.
    Check,
}

/// Why a decision cannot be carried out.
#[derive(Debug, thiserror::Error)]
pub enum DecisionError {
    #[error("No delivery {0}")]
    NotFound(DeliveryId),
    /// Not possible in this state.
    #[error("Not possible while {0:?}")]
    IllegalTransition(DeliveryState),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The decisions that make sense now, as their names in the API.
pub fn possible(delivery: &Delivery, platform: Capabilities) -> Vec<&'static str> {
    use DeliveryState as S;
    let mut actions = Vec::new();
    if delivery.can_be_edited(platform.edit) {
        actions.push("edit");
    }
    match delivery.state {
        S::Held if delivery.doubtful => {
            actions.extend(["check", "confirm_published", "confirm_resend", "cancel"]);
        }
        S::Held if delivery.remote_id.is_some() => actions.extend(["check", "confirm_published", "cancel"]),
        S::Held | S::Rejected | S::RetryAt | S::NeedsReauth => actions.extend(["retry", "cancel"]),
        S::Queued | S::Preparing | S::Armed | S::HandedOver if delivery.wanted.is_none() => {
            actions.push("cancel");
        }
        S::Unknown => actions.push("check"),
        S::Published | S::Duplicate if platform.delete && delivery.is_there() => actions.push("delete"),
        _ => {}
    }
    if delivery.permalink.is_some() && delivery.removed_at.is_none() {
        actions.push("open");
    }
    actions
}

impl Queue {
    /// Carries out a decision, durably, and wakes the lane.
    pub async fn decide(
        self: &Arc<Self>,
        id: &DeliveryId,
        decision: Decision,
    ) -> Result<Delivery, DecisionError> {
        let (row, now) = (id.clone(), self.clock.now());
        let moved = self
            .store
            .write(move |tx| {
                let Some(delivery) = deliveries::find(tx, &row)? else { return Err(StoreError::NotFound) };
                match apply(tx, &delivery, &decision, now) {
                    Ok(()) => Ok(Ok(deliveries::find(tx, &row)?.ok_or(StoreError::NotFound)?)),
                    Err(StoreError::Moved) => Ok(Err(delivery.state)),
                    Err(error) => Err(error),
                }
            })
            .await;
        let delivery = match moved {
            Ok(Ok(delivery)) => delivery,
            Ok(Err(state)) => return Err(DecisionError::IllegalTransition(state)),
            Err(StoreError::NotFound) => return Err(DecisionError::NotFound(id.clone())),
            Err(error) => return Err(error.into()),
        };
        self.wake(&delivery.account_id);
        Ok(delivery)
    }
}

/// Applies a decision inside a transaction. Errors: [`StoreError::Moved`] when it makes no sense in
/// this state.
pub fn apply(
    tx: &Tx<'_>,
    delivery: &Delivery,
    decision: &Decision,
    now: Timestamp,
) -> Result<(), StoreError> {
    use DeliveryState as S;
    let illegal = Err(StoreError::Moved);
    let state = delivery.state;
    let wanted = |wanted: Wanted| {
        let change = Move { wanted: Some(Some(wanted)), next_at: Some(Some(now)), ..Move::default() };
        (state, change, wanted_word(wanted))
    };
    let again = Move {
        next_at: Some(Some(now)),
        problem: Some(None),
        finished_at: Some(None),
        // The person has seen that it is late.
        late_policy: Some(LatePolicy::SendNow),
        lookups: Some(0),
        attempts: -i32::try_from(delivery.attempts).unwrap_or(0),
        ..Move::default()
    };
    let (to, change, word) = match decision {
        Decision::Retry | Decision::Check
            if delivery.doubtful && matches!(state, S::Held | S::NeedsReauth | S::Rejected) =>
        {
            (S::Unknown, Move { late_policy: None, attempts: 0, ..again }, "check_requested")
        }
        Decision::Check if matches!(state, S::Unknown | S::HandedOver) => {
            let change = Move { next_at: Some(Some(now)), ..Move::default() };
            (state, change, "check_requested")
        }
        Decision::Check if state == S::Held && delivery.remote_id.is_some() => {
            (S::HandedOver, Move { next_at: Some(Some(now)), ..Move::default() }, "check_requested")
        }
        Decision::Retry if matches!(state, S::Held | S::Rejected | S::RetryAt | S::NeedsReauth) => {
            if delivery.remote_id.is_some() {
                return illegal;
            }
            (S::Queued, again, "retry_requested")
        }
        Decision::ConfirmResend if state == S::Held && delivery.doubtful => {
            // The marks stay: under the key that was chosen, a mistaken "send it again" changes nothing.
            (S::Queued, Move { doubtful: Some(false), ..again }, "resend_confirmed")
        }
        // What never left cannot be there.
        Decision::ConfirmPublished { permalink } if state == S::Held && delivery.first_sent_at.is_some() => {
            let change = Move {
                next_at: Some(None),
                problem: Some(None),
                permalink: permalink.clone(),
                finished_at: Some(Some(now)),
                ..Move::default()
            };
            (S::Published, change, "published_confirmed")
        }
        Decision::Cancel if state == S::HandedOver => wanted(Wanted::Cancel),
        // The platform has it still: it is taken back there. Without its account nobody can.
        Decision::Cancel if delivery.is_elsewhere() && !is_removed(tx, delivery)? => {
            let change = Move {
                wanted: Some(Some(Wanted::Cancel)),
                next_at: Some(Some(now)),
                problem: Some(None),
                lookups: Some(0),
                ..Move::default()
            };
            (S::HandedOver, change, wanted_word(Wanted::Cancel))
        }
        // It has not left yet; the worker sees the wish before it sends.
        Decision::Cancel if matches!(state, S::Preparing | S::Armed) && !delivery.doubtful => {
            let change = Move { wanted: Some(Some(Wanted::Cancel)), ..Move::default() };
            (state, change, "cancel_requested")
        }
        Decision::Cancel if state.can_become(S::Cancelled) && !state.is_under_way() => {
            let change = Move {
                next_at: Some(None),
                wanted: Some(None),
                finished_at: Some(Some(now)),
                ..Move::default()
            };
            (S::Cancelled, change, "cancelled")
        }
        Decision::Delete if matches!(state, S::Published | S::Duplicate) && delivery.remote_id.is_some() => {
            wanted(Wanted::Delete)
        }
        _ => return illegal,
    };
    deliveries::transition(tx, &delivery.id, &[state], to, &change, now)?;
    let attempt =
        Attempt { at: now, step: Step::Person, outcome: word.into(), problem: None, duration_ms: None };
    attempts::add(tx, &delivery.id, &attempt)?;
    outcome::announce(tx, delivery, state, to, None, now)
}

/// Nothing can be done at the platform any more.
fn is_removed(tx: &Tx<'_>, delivery: &Delivery) -> Result<bool, StoreError> {
    let account = accounts::find(tx, &delivery.account_id)?;
    Ok(account.is_none_or(|account| account.state == AccountState::Removed))
}
