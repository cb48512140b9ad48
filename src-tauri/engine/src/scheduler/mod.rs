//! Time at work. Due times live in the outbox and every lane sleeps until its own next one; this room
//! holds what looks at the clocks for all of them:
//!
//! - [`watch`]: notices that the machine slept or that somebody set the clock;
//! - [`chores`]: periodic work on a heartbeat (purges, self-test, stuck deliveries);
//! - [`safekeeping`]: the copies of the database and its weekly check;
//! - [`expiries`]: access to a platform that comes to its end;
//! - [`rights`]: deadlines of people's requests, providers that still have to forget somebody;
//! - [`figures`]: what the platforms count about what was published.
//!
//! Recurring publications (occurrences of a rule, each with its own key) will stand beside them as
//! `occurrences`.

pub mod chores;
pub mod expiries;
pub mod figures;
pub mod rights;
pub mod safekeeping;
pub mod watch;
