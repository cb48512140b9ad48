//! What each failure means for a message and its account. Pure; the table of COMMUNICATION.md ("Retries")
//! with the rows for mail and SMS.

use std::time::Duration;

use crate::{
    connectors::{Failure, FailureClass, Kind, messenger::MessengerRules},
    domain::{Channel, DeliveryState, Purpose},
};

/// After that many refusals of our credentials or our set-up in a row, the account stops.
const REFUSALS: u32 = 3;
/// Between the first refusals.
const AFTER_REFUSAL: Duration = Duration::from_secs(30);
/// A provider whose allowance is used up, and who does not say for how long.
const AFTER_QUOTA: Duration = Duration::from_hours(1);

/// Waiting times of one kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    pub base: Duration,
    pub cap: Duration,
    pub attempts: u32,
}

/// Numbers of the policy; the defaults are the product's, tests shorten them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRetries {
    pub personal_mail: Retries,
    pub campaign_mail: Retries,
    pub sms: Retries,
    /// Waiting times before "not found" counts.
    pub lookup_waits: Vec<Duration>,
    /// Consecutive transient failures after which an account pauses.
    pub circuit_after: u32,
    /// Waiting time after a failure to connect.
    pub unreachable: Duration,
}

impl Default for MessageRetries {
    fn default() -> Self {
        let of = |base, cap, attempts| Retries { base, cap, attempts };
        Self {
            personal_mail: of(Duration::from_mins(1), Duration::from_hours(2), 12),
            campaign_mail: of(Duration::from_mins(5), Duration::from_hours(4), 6),
            sms: of(Duration::from_mins(1), Duration::from_mins(15), 4),
            lookup_waits: [15, 60, 300].map(Duration::from_secs).to_vec(),
            circuit_after: 5,
            unreachable: Duration::from_secs(10),
        }
    }
}

/// What becomes of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fall {
    /// Nothing of it left: it waits as if nothing had been tried.
    Back,
    /// Tried again after that time.
    Later(Duration),
    /// Refused for good.
    Rejected,
    /// Nobody knows whether it left.
    Doubt,
    /// It had left before.
    Duplicate,
    /// Tried often enough: a person decides.
    GivenUp,
}

/// What becomes of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    None,
    /// Nothing leaves for that long.
    Wait(Duration),
    /// One more refusal of ours; nothing leaves for that long.
    Refused(Duration),
    NeedsReauth,
    Blocked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub fall: Fall,
    pub hold: Hold,
    /// Counts among the transient failures in a row.
    pub counts: bool,
}

impl MessageRetries {
    pub fn of(&self, channel: Channel, purpose: Purpose) -> Retries {
        match (channel, purpose) {
            (Channel::Sms, _) => self.sms,
            (Channel::Email, Purpose::Service) => self.personal_mail,
            (Channel::Email, Purpose::Marketing) => self.campaign_mail,
        }
    }

    /// Exponential waiting time with jitter: between half and all of `base × 2^(n−1)`, capped.
    pub fn backoff(retries: Retries, attempt: u32) -> Duration {
        let exponent = attempt.saturating_sub(1).min(16);
        let full = retries.base.saturating_mul(1 << exponent).min(retries.cap);
        full.mul_f64(rand::random_range(0.5..=1.0))
    }

    /// Sorts a failure.
    ///
    /// `sent`: it is the answer to the irreversible step. `attempts`: including this one. `failures`: of the
    /// account in a row, without this one.
    pub fn verdict(
        &self,
        failure: &Failure,
        sent: bool,
        retries: Retries,
        attempts: u32,
        failures: u32,
    ) -> Verdict {
        let back = Verdict { fall: Fall::Back, hold: Hold::None, counts: false };
        let refused = |stop| Verdict {
            hold: if failures + 1 >= REFUSALS { stop } else { Hold::Refused(AFTER_REFUSAL) },
            ..back
        };
        let probe = |failures: u32| {
            // One probe at a time: the next message tries again after the pause.
            let circuit =
                Retries { base: Duration::from_secs(30), cap: Duration::from_mins(30), attempts: 0 };
            if failures + 1 >= self.circuit_after {
                Hold::Wait(Self::backoff(circuit, failures + 2 - self.circuit_after))
            } else {
                Hold::None
            }
        };
        match failure.class {
            FailureClass::NotSent => Verdict { hold: Hold::Wait(self.unreachable), ..back },
            FailureClass::Unknown if sent => {
                Verdict { fall: Fall::Doubt, hold: probe(failures), counts: true }
            }
            FailureClass::Retry | FailureClass::Unknown => match failure.retry_after {
                Some(wait) => Verdict { hold: Hold::Wait(wait), ..back },
                None if attempts >= retries.attempts => {
                    Verdict { fall: Fall::GivenUp, hold: probe(failures), counts: true }
                }
                None => Verdict {
                    fall: Fall::Later(Self::backoff(retries, attempts)),
                    hold: probe(failures),
                    counts: true,
                },
            },
            FailureClass::Quota => {
                Verdict { hold: Hold::Wait(failure.retry_after.unwrap_or(AFTER_QUOTA)), ..back }
            }
            FailureClass::Reauth => refused(Hold::NeedsReauth),
            FailureClass::Blocked => refused(Hold::Blocked),
            FailureClass::Content => Verdict { fall: Fall::Rejected, ..back },
            FailureClass::Duplicate => Verdict { fall: Fall::Duplicate, ..back },
        }
    }

    /// What "not found" means after `lookups` unsuccessful look-ups: `Err(wait)` = look again.
    pub fn not_found(
        &self,
        rules: &MessengerRules,
        purpose: Purpose,
        lookups: u32,
        attempts: u32,
    ) -> Result<DeliveryState, Duration> {
        if let Some(wait) = self.lookup_waits.get(lookups as usize) {
            return Err(*wait);
        }
        Ok(match rules.kind {
            Kind::A | Kind::B | Kind::C | Kind::E | Kind::G => DeliveryState::RetryAt,
            Kind::D | Kind::F if purpose == Purpose::Service && attempts < 2 => DeliveryState::RetryAt,
            Kind::D | Kind::F | Kind::H => DeliveryState::Held,
        })
    }

    /// Where nobody can know: a personal mail is sent once more under the same id, anything else is shown.
    pub fn not_knowable(rules: &MessengerRules, purpose: Purpose, attempts: u32) -> DeliveryState {
        if rules.repeats_doubtful_service && purpose == Purpose::Service && attempts < 2 {
            DeliveryState::RetryAt
        } else {
            DeliveryState::Held
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Problem;

    fn verdict(class: FailureClass, sent: bool, attempts: u32, failures: u32) -> Verdict {
        let retries = MessageRetries::default();
        let failure = Failure::new(class, Problem::new("x"));
        retries.verdict(&failure, sent, retries.campaign_mail, attempts, failures)
    }

    #[test]
    fn only_what_may_have_left_is_a_doubt() {
        use FailureClass as C;
        for class in
            [C::NotSent, C::Retry, C::Quota, C::Reauth, C::Blocked, C::Content, C::Duplicate, C::Unknown]
        {
            for sent in [false, true] {
                let is_doubt = verdict(class, sent, 1, 0).fall == Fall::Doubt;
                assert_eq!(is_doubt, sent && class == C::Unknown, "{class:?} {sent}");
            }
        }
    }

    #[test]
    fn the_third_refusal_of_our_password_stops_the_account() {
        use FailureClass as C;
        assert_eq!(verdict(C::Reauth, false, 1, 0).hold, Hold::Refused(AFTER_REFUSAL));
        assert_eq!(verdict(C::Reauth, false, 1, 1).hold, Hold::Refused(AFTER_REFUSAL));
        assert_eq!(verdict(C::Reauth, false, 1, 2).hold, Hold::NeedsReauth);
        assert_eq!(verdict(C::Blocked, true, 1, 2).hold, Hold::Blocked);
    }

    #[test]
    fn the_last_attempt_gives_up_and_a_servers_own_time_costs_none() {
        use FailureClass as C;
        assert!(matches!(verdict(C::Retry, false, 5, 0).fall, Fall::Later(_)));
        assert_eq!(verdict(C::Retry, false, 6, 0).fall, Fall::GivenUp);
        let retries = MessageRetries::default();
        let failure = Failure::new(C::Retry, Problem::new("x")).after(Some(Duration::from_mins(9)));
        let verdict = retries.verdict(&failure, true, retries.sms, 99, 0);
        assert_eq!((verdict.fall, verdict.hold), (Fall::Back, Hold::Wait(Duration::from_mins(9))));
    }
}
