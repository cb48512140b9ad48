//! The log of what happened to each delivery.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Connection, StoreError, Tx,
    convert::{collect, column_enum, column_instant, column_json_opt, millis, to_json},
};
use crate::domain::{DeliveryId, Problem};

/// The part of the work that an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    Plan,
    Prepare,
    Send,
    Reconcile,
    Verify,
    Update,
    Delete,
    Rescue,
    Person,
}

impl Step {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Prepare => "prepare",
            Self::Send => "send",
            Self::Reconcile => "reconcile",
            Self::Verify => "verify",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Rescue => "rescue",
            Self::Person => "person",
        }
    }
}

/// One entry of the log of a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    pub at: Timestamp,
    pub step: Step,
    /// State reached, or what was learnt: `published`, `retry_at`, `waiting`, `not_found`…
    pub outcome: String,
    pub problem: Option<Problem>,
    pub duration_ms: Option<u32>,
}

pub fn add(tx: &Tx<'_>, delivery: &DeliveryId, attempt: &Attempt) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO attempts (delivery_id, at, step, outcome, problem, duration_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((
        delivery.as_str(),
        millis(attempt.at),
        attempt.step.as_str(),
        &attempt.outcome,
        attempt.problem.as_ref().map(to_json).transpose()?,
        attempt.duration_ms,
    ))?;
    Ok(())
}

pub fn of_delivery(connection: &Connection, delivery: &DeliveryId) -> Result<Vec<Attempt>, StoreError> {
    collect(
        connection,
        "SELECT at, step, outcome, problem, duration_ms FROM attempts WHERE delivery_id = ?1 ORDER BY id",
        [delivery.as_str()],
        |row| {
            Ok(Attempt {
                at: column_instant(row, "at")?,
                step: column_enum(row, "step")?,
                outcome: row.get("outcome")?,
                problem: column_json_opt(row, "problem")?,
                duration_ms: row.get("duration_ms")?,
            })
        },
    )
}
