//! What each failure means for the delivery, its lane and its account. Pure; the tables are those of
//! COMMUNICATION.md ("Outcome of the irreversible call", "Retries").

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};

use crate::{
    config::HandOver,
    connectors::{Failure, FailureClass, Kind, Limits},
    domain::DeliveryState,
};

/// Numbers of the policy; the defaults are the product's, tests shorten them.
#[derive(Clone, Debug, PartialEq)]
pub struct QueuePolicy {
    /// First waiting time after a transient failure.
    pub retry_base: Duration,
    pub retry_cap: Duration,
    pub max_attempts: u32,
    /// Waiting times before "not found" counts.
    pub lookup_waits: Vec<Duration>,
    /// How long an unreachable platform is asked about a doubt.
    pub reconcile_for: SignedDuration,
    /// Waiting time after a failure to connect, while offline.
    pub offline_probe: Duration,
    /// Consecutive transient failures after which a lane pauses.
    pub circuit_after: u32,
    pub max_crashes: u32,
    pub evergreen_max_late: SignedDuration,
    /// Between two late evergreen posts of one account.
    pub late_spacing: SignedDuration,
    /// Ends of the services of the house, wall clock.
    pub service_ends: Vec<civil::Time>,
    pub timezone: TimeZone,
    /// Clock error from which irreversible calls wait.
    pub max_clock_skew: SignedDuration,
    /// How long after the due time the platform's own scheduler may take.
    pub hand_over_grace: SignedDuration,
    /// How long a platform may look a post over before a person is asked.
    pub examined_for: SignedDuration,
    /// The owner's own windows of hand-over; `None` leaves them to the connectors.
    pub hand_over: Option<HandOver>,
}

impl Default for QueuePolicy {
    fn default() -> Self {
        Self {
            retry_base: Duration::from_secs(30),
            retry_cap: Duration::from_mins(30),
            max_attempts: 8,
            lookup_waits: [15, 60, 300].map(Duration::from_secs).to_vec(),
            reconcile_for: SignedDuration::from_hours(24),
            offline_probe: Duration::from_secs(5),
            circuit_after: 5,
            max_crashes: 3,
            evergreen_max_late: SignedDuration::from_hours(3),
            late_spacing: SignedDuration::from_mins(30),
            service_ends: vec![civil::time(14, 30, 0, 0), civil::time(22, 30, 0, 0)],
            timezone: TimeZone::UTC,
            max_clock_skew: SignedDuration::from_mins(10),
            hand_over_grace: SignedDuration::from_mins(15),
            examined_for: SignedDuration::from_hours(24),
            hand_over: None,
        }
    }
}

/// After the first failure whose reason has been put right: the same call again.
const MENDED: Duration = Duration::from_secs(1);

impl QueuePolicy {
    /// The limits of an account under the owner's windows of hand-over. They open no scheduler that the
    /// account does not have.
    pub fn limits(&self, platform: &str, limits: Limits) -> Limits {
        match self.hand_over.as_ref().and_then(|windows| windows.window(platform)) {
            Some((min, max)) if limits.hand_over_min_secs.is_some() => {
                Limits { hand_over_min_secs: Some(min), hand_over_max_secs: Some(max), ..limits }
            }
            _ => limits,
        }
    }

    /// Exponential waiting time with jitter: between half and all of `base × 2^(n−1)`, capped.
    pub fn backoff(&self, attempt: u32) -> Duration {
        let exponent = attempt.saturating_sub(1).min(16);
        let full = self.retry_base.saturating_mul(1 << exponent).min(self.retry_cap);
        full.mul_f64(rand::random_range(0.5..=1.0))
    }

    /// End of the service that a moment belongs to: the first end of that day after it, else midnight.
    pub fn service_end(&self, due_at: Timestamp) -> Timestamp {
        let due = due_at.to_zoned(self.timezone.clone());
        let end = self.service_ends.iter().copied().filter(|end| *end >= due.time()).min();
        let local = match end {
            Some(end) => due.date().to_datetime(end),
            None => due.date().tomorrow().unwrap_or(due.date()).to_datetime(civil::Time::midnight()),
        };
        self.timezone.to_ambiguous_timestamp(local).compatible().unwrap_or(due_at)
    }

    /// Sorts a failure.
    ///
    /// `sent`: it is the answer to the irreversible call. `attempts`: including this one.
    /// `doubtful`: an earlier call of this delivery ended without a known outcome.
    pub fn verdict(
        &self,
        failure: &Failure,
        sent: bool,
        attempts: u32,
        doubtful: bool,
        online: bool,
    ) -> Verdict {
        use DeliveryState as S;
        let stay = Verdict {
            to: S::RetryAt,
            wait: None,
            attempt_given_back: false,
            lane_waits: None,
            counts_for_circuit: false,
            account: AccountEffect::None,
        };
        match failure.class {
            FailureClass::NotSent => Verdict {
                wait: Some(if online { self.backoff(attempts.clamp(1, 5)) } else { self.offline_probe }),
                attempt_given_back: true,
                counts_for_circuit: online,
                ..stay
            },
            FailureClass::Unknown if sent => Verdict { to: S::Unknown, wait: Some(Duration::ZERO), ..stay },
            FailureClass::Retry | FailureClass::Unknown => match failure.retry_after {
                // The server's own time wins, for the whole lane, and is no attempt.
                Some(wait) => {
                    Verdict { wait: Some(wait), attempt_given_back: true, lane_waits: Some(wait), ..stay }
                }
                None if failure.mended && attempts <= 1 => Verdict { wait: Some(MENDED), ..stay },
                None if attempts >= self.max_attempts => {
                    Verdict { to: S::Held, counts_for_circuit: true, ..stay }
                }
                None => Verdict { wait: Some(self.backoff(attempts)), counts_for_circuit: true, ..stay },
            },
            FailureClass::Quota => {
                let wait = failure.retry_after.unwrap_or(Duration::from_hours(1));
                Verdict { wait: Some(wait), attempt_given_back: true, lane_waits: Some(wait), ..stay }
            }
            FailureClass::Reauth => Verdict {
                to: S::NeedsReauth,
                attempt_given_back: true,
                account: AccountEffect::NeedsReauth,
                ..stay
            },
            FailureClass::Blocked => Verdict {
                to: S::NeedsReauth,
                attempt_given_back: true,
                account: AccountEffect::Blocked,
                ..stay
            },
            FailureClass::Content => Verdict { to: S::Rejected, ..stay },
            FailureClass::Duplicate if doubtful => Verdict { to: S::Duplicate, ..stay },
            FailureClass::Duplicate => Verdict { to: S::Held, ..stay },
        }
    }

    /// What "not found" means after `lookups` unsuccessful look-ups.
    pub fn not_found(&self, kind: Kind, lookups: u32, repeated: bool) -> NotFound {
        if let Some(wait) = self.lookup_waits.get(lookups as usize) {
            return NotFound::LookAgain(*wait);
        }
        match kind {
            Kind::A | Kind::B | Kind::C | Kind::E | Kind::G => NotFound::Repeat,
            Kind::D if !repeated => NotFound::Repeat,
            Kind::D | Kind::F | Kind::H => NotFound::AskPerson,
        }
    }
}

/// What a failure means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub to: DeliveryState,
    /// Until the next look at this delivery; `None` = a person or an event moves it.
    pub wait: Option<Duration>,
    pub attempt_given_back: bool,
    /// The whole lane waits that long.
    pub lane_waits: Option<Duration>,
    pub counts_for_circuit: bool,
    pub account: AccountEffect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountEffect {
    None,
    NeedsReauth,
    Blocked,
}

/// What to do when a look-up did not find the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotFound {
    LookAgain(Duration),
    Repeat,
    AskPerson,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Problem;

    fn verdict(
        class: FailureClass,
        after: Option<u64>,
        sent: bool,
        attempts: u32,
        doubtful: bool,
    ) -> Verdict {
        let failure = Failure::new(class, Problem::new("x")).after(after.map(Duration::from_secs));
        QueuePolicy::default().verdict(&failure, sent, attempts, doubtful, true)
    }

    /// The table of section 3 of the reliability requirements.
    #[test]
    fn outcome_of_the_irreversible_call() {
        use DeliveryState as S;
        use FailureClass as C;
        let rows = [
            (C::NotSent, None, false, S::RetryAt, true),
            (C::Retry, Some(120), false, S::RetryAt, true),
            (C::Retry, None, false, S::RetryAt, false),
            (C::Quota, None, false, S::RetryAt, true),
            (C::Reauth, None, false, S::NeedsReauth, true),
            (C::Blocked, None, false, S::NeedsReauth, true),
            (C::Content, None, false, S::Rejected, false),
            (C::Duplicate, None, true, S::Duplicate, false),
            (C::Duplicate, None, false, S::Held, false),
            (C::Unknown, None, false, S::Unknown, false),
            (C::Unknown, Some(60), true, S::Unknown, false),
        ];
        for (class, after, doubtful, to, given_back) in rows {
            let v = verdict(class, after, true, 1, doubtful);
            assert_eq!((v.to, v.attempt_given_back), (to, given_back), "{class:?}");
        }
    }

    #[test]
    fn an_unknown_outcome_of_a_preparatory_call_is_tried_again() {
        assert_eq!(verdict(FailureClass::Unknown, None, false, 1, false).to, DeliveryState::RetryAt);
    }

    #[test]
    fn the_eighth_transient_failure_asks_a_person() {
        assert_eq!(verdict(FailureClass::Retry, None, true, 7, false).to, DeliveryState::RetryAt);
        assert_eq!(verdict(FailureClass::Retry, None, true, 8, false).to, DeliveryState::Held);
        // A rate limit never uses attempts up.
        assert_eq!(verdict(FailureClass::Retry, Some(5), true, 99, false).to, DeliveryState::RetryAt);
    }

    /// A renewed token that is refused again must not be tried each second for ever.
    #[test]
    fn what_was_mended_is_repeated_at_once_only_the_first_time() {
        let policy = QueuePolicy::default();
        let failure = Failure::new(FailureClass::Retry, Problem::new("session_renewed")).mended();
        let of = |attempts| policy.verdict(&failure, true, attempts, false, true);
        assert_eq!((of(1).wait, of(1).attempt_given_back), (Some(MENDED), false));
        assert!(of(2).wait > Some(MENDED) && of(2).counts_for_circuit && !of(2).attempt_given_back);
        assert_eq!(of(policy.max_attempts).to, DeliveryState::Held);
    }

    #[test]
    fn backoff_grows_to_its_cap_and_never_below_half() {
        let policy = QueuePolicy::default();
        for attempt in 1..40 {
            let full =
                Duration::from_secs(30).saturating_mul(1 << (attempt - 1).min(16)).min(policy.retry_cap);
            let wait = policy.backoff(attempt);
            assert!(wait >= full / 2 && wait <= full, "{attempt}: {wait:?}");
        }
    }

    #[test]
    fn not_found_counts_after_three_waits_and_then_by_kind() {
        let policy = QueuePolicy::default();
        let waits: Vec<_> = (0..3).map(|n| policy.not_found(Kind::E, n, false)).collect();
        assert_eq!(waits, [15, 60, 300].map(|s| NotFound::LookAgain(Duration::from_secs(s))));
        assert_eq!(policy.not_found(Kind::E, 3, false), NotFound::Repeat);
        assert_eq!(policy.not_found(Kind::D, 3, false), NotFound::Repeat);
        assert_eq!(policy.not_found(Kind::D, 3, true), NotFound::AskPerson);
        assert_eq!(policy.not_found(Kind::F, 3, false), NotFound::AskPerson);
        assert_eq!(policy.not_found(Kind::H, 3, false), NotFound::AskPerson);
    }

    #[test]
    fn a_service_ends_at_its_own_hour_of_the_house() {
        let policy =
            QueuePolicy { timezone: TimeZone::get("Europe/Paris").expect("zone"), ..QueuePolicy::default() };
        let end = |due: &str| policy.service_end(due.parse().expect("instant")).to_string();
        assert_eq!(end("2026-11-27T10:30:00Z"), "2026-11-27T13:30:00Z");
        assert_eq!(end("2026-11-27T17:30:00Z"), "2026-11-27T21:30:00Z");
        assert_eq!(end("2026-11-27T22:00:00Z"), "2026-11-27T23:00:00Z");
    }
}
