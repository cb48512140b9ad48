//! The moves of the outbox. Each is one `UPDATE` with the old state in its `WHERE`; nothing else may
//! change `state`.
//!
//! Why only the columns that change are named: an `UPDATE` rewrites every index that has a named column
//! in it, changed or not, and each of its pages is encrypted and written for each of the commits
//! of a delivery.

use jiff::Timestamp;
use rusqlite::{ToSql, params_from_iter};
use serde_json::Value;

use super::{
    StoreError, Tx,
    convert::{exactly_one, millis, to_json},
    deliveries::refused_by_twin,
};
use crate::{
    domain::{DeliveryId, DeliveryState, InstanceId, LatePolicy, OutgoingPost, Problem, Wanted},
    events::Change,
};

/// A move of one row; `None` leaves a column as it is, `Some(None)` empties it.
#[derive(Clone, Debug, Default)]
pub struct Move {
    pub next_at: Option<Option<Timestamp>>,
    pub owner: Option<Option<InstanceId>>,
    pub marks: Option<Value>,
    pub content: Option<OutgoingPost>,
    pub late_policy: Option<LatePolicy>,
    pub due_at: Option<Timestamp>,
    pub hand_over: Option<bool>,
    pub problem: Option<Option<Problem>>,
    pub remote_id: Option<String>,
    pub permalink: Option<String>,
    pub wanted: Option<Option<Wanted>>,
    pub sent_at: Option<Timestamp>,
    pub finished_at: Option<Option<Timestamp>>,
    pub removed_at: Option<Timestamp>,
    /// Added to the counter; −1 gives an attempt back.
    pub attempts: i32,
    pub lookups: Option<u32>,
    pub doubtful: Option<bool>,
    pub revision: Option<i64>,
    pub dedup_key: Option<String>,
    /// What the platform had is gone and the row starts a new life: its object, its calls, its doubt.
    pub forget_remote: bool,
    /// Only when no change is wanted meanwhile (a person cancelled while it was being prepared).
    pub unless_wanted: bool,
}

/// The right side of `SET`, with its values in order.
#[derive(Default)]
struct Assignments {
    columns: Vec<&'static str>,
    values: Vec<Box<dyn ToSql>>,
}

impl Assignments {
    /// `column` is an assignment with one `?` in it.
    fn set(&mut self, column: &'static str, value: impl ToSql + 'static) {
        self.columns.push(column);
        self.values.push(Box::new(value));
    }

    fn set_if(&mut self, column: &'static str, value: Option<impl ToSql + 'static>) {
        if let Some(value) = value {
            self.set(column, value);
        }
    }
}

impl Move {
    fn assignments(&self, to: DeliveryState, now: Timestamp) -> Result<Assignments, StoreError> {
        let mut row = Assignments::default();
        row.set("state = ?", to.as_str());
        row.set("updated_at = ?", millis(now));
        row.set_if("next_at = ?", self.next_at.map(|at| at.map(millis)));
        row.set_if("owner = ?", self.owner.clone().map(|owner| owner.map(|owner| owner.as_str().to_owned())));
        row.set_if("marks = ?", self.marks.as_ref().map(to_json).transpose()?);
        row.set_if("content = ?", self.content.as_ref().map(to_json).transpose()?);
        row.set_if("late_policy = ?", self.late_policy.as_ref().map(to_json).transpose()?);
        row.set_if("due_at = ?", self.due_at.map(millis));
        row.set_if("hand_over = ?", self.hand_over);
        let problem = self.problem.as_ref().map(|problem| problem.as_ref().map(to_json).transpose());
        row.set_if("problem = ?", problem.transpose()?);
        row.set_if("wanted = ?", self.wanted.map(|wanted| wanted.map(Wanted::as_str)));
        row.set_if("finished_at = ?", self.finished_at.map(|at| at.map(millis)));
        row.set_if("removed_at = ?", self.removed_at.map(millis));
        row.set_if("revision = ?", self.revision);
        row.set_if("dedup_key = ?", self.dedup_key.clone());
        if self.forget_remote {
            row.columns.extend([
                "remote_id = NULL",
                "permalink = NULL",
                "sent_at = NULL",
                "first_sent_at = NULL",
                "attempts = 0",
                "lookups = 0",
                "doubtful = 0",
            ]);
            return Ok(row);
        }
        row.set_if("remote_id = ?", self.remote_id.clone());
        row.set_if("permalink = ?", self.permalink.clone());
        row.set_if("sent_at = ?", self.sent_at.map(millis));
        row.set_if("first_sent_at = coalesce(first_sent_at, ?)", self.sent_at.map(millis));
        row.set_if("attempts = max(0, attempts + ?)", (self.attempts != 0).then_some(self.attempts));
        row.set_if("lookups = ?", self.lookups);
        row.set_if("doubtful = ?", self.doubtful);
        Ok(row)
    }
}

/// Moves a row from one of `from` to `to`.
///
/// Errors: [`StoreError::Moved`] when the row is in no such state any more, or when the state machine
/// has no such arrow; [`StoreError::AlreadyPlanned`] when it would come back to life beside its twin.
pub fn transition(
    tx: &Tx<'_>,
    id: &DeliveryId,
    from: &[DeliveryState],
    to: DeliveryState,
    change: &Move,
    now: Timestamp,
) -> Result<(), StoreError> {
    if from.iter().any(|state| *state != to && !state.can_become(to)) {
        return Err(StoreError::Moved);
    }
    let Assignments { columns, mut values } = change.assignments(to, now)?;
    values.push(Box::new(id.as_str().to_owned()));
    for state in from {
        values.push(Box::new(state.as_str()));
    }
    let sql = format!(
        "UPDATE deliveries SET {} WHERE id = ? AND state IN ({}){}",
        columns.join(", "),
        vec!["?"; from.len()].join(", "),
        if change.unless_wanted { " AND wanted IS NULL" } else { "" },
    );
    let changed = tx.prepare_cached(&sql)?.execute(params_from_iter(values)).map_err(StoreError::from);
    match changed {
        Ok(changed) => exactly_one(changed)?,
        Err(StoreError::Moved) => return Err(refused_by_twin(tx, id, change.dedup_key.as_deref())),
        Err(error) => return Err(error),
    }
    tx.changed(Change::Delivery(id.to_string()));
    Ok(())
}
