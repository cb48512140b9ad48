//! Sleep and clock changes, seen by comparing the two hands of the clock.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};

use crate::queue::Queue;

/// How often the hands are compared.
const EVERY: Duration = Duration::from_secs(15);
/// Difference from which the machine slept (or the clock was set forward).
const JUMP: SignedDuration = SignedDuration::from_secs(10);

/// What happened between two looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jump {
    None,
    /// The wall clock went further than the time that was lived through.
    Forward,
    Back,
}

/// Compares two pairs of hands.
pub fn compare(before: (Timestamp, Duration), now: (Timestamp, Duration)) -> Jump {
    let wall = now.0.duration_since(before.0);
    let lived = SignedDuration::try_from(now.1.saturating_sub(before.1)).unwrap_or(SignedDuration::ZERO);
    let difference = wall - lived;
    if difference > JUMP {
        Jump::Forward
    } else if difference < -JUMP {
        Jump::Back
    } else {
        Jump::None
    }
}

/// Watches until shutdown.
pub async fn run(queue: Arc<Queue>) {
    let hands = || (queue.clock.now(), queue.clock.monotonic());
    let mut before = hands();
    while !queue.shutdown.is_cancelled() {
        tokio::select! {
            () = queue.clock.sleep(EVERY) => {}
            () = queue.shutdown.cancelled() => return,
        }
        let now = hands();
        match compare(before, now) {
            Jump::None => {}
            Jump::Forward => queue.on_resume().await,
            Jump::Back => {
                tracing::warn!("The clock was set back.");
                if let Err(error) = queue.on_clock_set_back().await {
                    tracing::error!(code = error.code(), "Times of the former clock stay: {error}.");
                    queue.wake_all();
                }
            }
        }
        before = hands();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sleep_is_the_difference_of_the_hands() {
        let start: Timestamp = "2026-11-27T12:00:00Z".parse().expect("instant");
        let at = |secs: i64| start + SignedDuration::from_secs(secs);
        let lived = Duration::from_secs;
        assert_eq!(compare((start, lived(0)), (at(15), lived(15))), Jump::None);
        assert_eq!(compare((start, lived(0)), (at(24), lived(15))), Jump::None);
        assert_eq!(compare((start, lived(0)), (at(3600), lived(15))), Jump::Forward);
        assert_eq!(compare((start, lived(0)), (at(-3600), lived(15))), Jump::Back);
    }
}
