//! The only place that reads the system's clocks.
//!
//! Two hands: the wall clock, which people set and time zones bend, and a monotonic one, which
//! stands still while the machine sleeps. Their difference is how sleep is noticed. Tests move both
//! hands by themselves with [`FakeClock`].

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::watch;

/// Source of time for everything in the engine.
#[async_trait]
pub trait Clock: Send + Sync + 'static {
    /// Returns the wall clock.
    fn now(&self) -> Timestamp;
    /// Returns the time since an arbitrary start, not counting the machine's sleep.
    fn monotonic(&self) -> Duration;
    /// Waits on the monotonic hand.
    async fn sleep(&self, duration: Duration);
}

/// Shared handle to a clock.
pub type SharedClock = Arc<dyn Clock>;

/// Now on the machine's own steady hand: for what is measured in real time also while a test stands still,
/// such as how long a disk takes.
pub fn machine_instant() -> Instant {
    Instant::now()
}

/// The machine's clocks.
#[derive(Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    pub fn shared() -> SharedClock {
        Arc::new(Self { start: Instant::now() })
    }
}

#[async_trait]
impl Clock for SystemClock {
    /// In whole milliseconds, as the store keeps them: what was answered equals what is read later.
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// A clock whose hands only tests move.
#[derive(Debug)]
pub struct FakeClock {
    hands: Mutex<(Timestamp, Duration)>,
    moved: watch::Sender<Duration>,
}

impl FakeClock {
    pub fn at(now: Timestamp) -> Arc<Self> {
        Arc::new(Self { hands: Mutex::new((now, Duration::ZERO)), moved: watch::channel(Duration::ZERO).0 })
    }

    fn hands(&self) -> std::sync::MutexGuard<'_, (Timestamp, Duration)> {
        self.hands.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Both hands advance: the machine was awake.
    pub fn advance(&self, by: Duration) {
        let monotonic = {
            let mut hands = self.hands();
            hands.0 = hands.0.checked_add(by).unwrap_or(Timestamp::MAX);
            hands.1 += by;
            hands.1
        };
        self.moved.send_replace(monotonic);
    }

    /// Only the wall clock advances: the machine slept. Sleeping tasks do not notice.
    pub fn suspend(&self, by: Duration) {
        let mut hands = self.hands();
        hands.0 = hands.0.checked_add(by).unwrap_or(Timestamp::MAX);
    }

    /// Somebody set the wall clock.
    pub fn set_wall(&self, now: Timestamp) {
        self.hands().0 = now;
    }
}

#[async_trait]
impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        self.hands().0
    }

    fn monotonic(&self) -> Duration {
        self.hands().1
    }

    async fn sleep(&self, duration: Duration) {
        let until = self.monotonic() + duration;
        let mut moved = self.moved.subscribe();
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = moved.wait_for(|now| *now >= until).await;
    }
}
