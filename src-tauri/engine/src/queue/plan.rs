//! When and how a delivery leaves: by our timer, or handed over to the platform's own scheduler.

use jiff::{SignedDuration, Timestamp};

use crate::{connectors::Limits, domain::Account};

/// The way out of one delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Give it to the platform's scheduler.
    pub hand_over: bool,
    /// When the queue looks at it first.
    pub next_at: Timestamp,
}

/// Chooses the way out. `earliest`: until then it can still be taken back.
pub fn plan(
    account: &Account,
    limits: &Limits,
    due_at: Timestamp,
    earliest: Timestamp,
    now: Timestamp,
) -> Plan {
    let timer = Plan { hand_over: false, next_at: due_at.max(earliest) };
    let (Some(min), Some(max)) = (limits.hand_over_min_secs, limits.hand_over_max_secs) else { return timer };
    let ahead = due_at.duration_since(now.max(earliest));
    if !account.settings.hand_over || ahead < SignedDuration::from_secs(i64::from(min)) {
        return timer;
    }
    let opens = due_at - SignedDuration::from_secs(i64::from(max));
    Plan { hand_over: true, next_at: opens.max(earliest).max(now) }
}

/// Says whether the platform's scheduler would still take it.
pub fn window_is_open(limits: &Limits, due_at: Timestamp, now: Timestamp) -> bool {
    let ahead = due_at.duration_since(now).as_secs();
    limits.hand_over_min_secs.is_some_and(|min| ahead >= i64::from(min))
        && limits.hand_over_max_secs.is_some_and(|max| ahead <= i64::from(max))
}
