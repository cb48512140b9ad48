//! Named points at which the kill tests end the process. Debug builds only: a release binary has no
//! such door.

/// Points of the life of a delivery.
pub const POINTS: [&str; 7] = [
    "before_prepare",
    "before_armed",
    "after_armed",
    "after_sending",
    "before_outcome",
    "after_outcome",
    "in_reconcile",
];

/// Ends the process at once, as a kill does, when `MOULIN_KILL_AT` names this point
/// (`after_sending` or `after_sending:3` = at the third time it is reached).
#[cfg(debug_assertions)]
pub fn reach(point: &'static str) {
    use std::sync::atomic::{AtomicU32, Ordering};
    static REACHED: AtomicU32 = AtomicU32::new(0);
    debug_assert!(POINTS.contains(&point), "unknown point {point}");
    let Ok(wanted) = std::env::var("MOULIN_KILL_AT") else { return };
    let (name, at) = wanted.split_once(':').unwrap_or((&wanted, "1"));
    if name == point && REACHED.fetch_add(1, Ordering::SeqCst) + 1 == at.parse().unwrap_or(1) {
        // No destructor, no flush: what a power cut leaves.
        std::process::abort();
    }
}

#[cfg(not(debug_assertions))]
pub fn reach(_point: &'static str) {}
