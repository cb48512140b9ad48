//! What to do with something that could not leave on time.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::content::ContentKind;

/// The rule of one item; `Default` follows its kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "mode", rename_all = "snake_case", deny_unknown_fields)]
pub enum LatePolicy {
    #[default]
    Default,
    /// However late, send it.
    SendNow,
    /// Ask the owner.
    Ask,
    /// Send it until this instant, then drop it.
    PublishUntil {
        #[schema(value_type = String, format = DateTime)]
        until: Timestamp,
    },
}

/// What the rule says now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LateDecision {
    Go,
    /// Too late to be useful: ends as `expired`.
    Expire,
    /// The owner decides: `held`.
    Ask,
}

/// Lateness below which an item counts as on time (a busy minute is not a missed service).
pub const ON_TIME: SignedDuration = SignedDuration::from_mins(5);

/// Applies the late rule.
///
/// `service_end` is the end of the service that `due_at` belongs to (dish of the day), `event_at`
/// the moment after which the news is stale; both are computed by the caller, who knows the house.
pub fn decide(
    kind: ContentKind,
    policy: LatePolicy,
    due_at: Timestamp,
    now: Timestamp,
    service_end: Timestamp,
    evergreen_max_late: SignedDuration,
) -> LateDecision {
    let late = now.duration_since(due_at);
    match policy {
        LatePolicy::SendNow => return LateDecision::Go,
        LatePolicy::PublishUntil { until } => {
            return if now <= until { LateDecision::Go } else { LateDecision::Expire };
        }
        LatePolicy::Ask if late > ON_TIME => return LateDecision::Ask,
        LatePolicy::Ask | LatePolicy::Default => {}
    }
    if late <= ON_TIME {
        return LateDecision::Go;
    }
    match kind {
        ContentKind::DishOfTheDay if now < service_end => LateDecision::Go,
        ContentKind::DishOfTheDay => LateDecision::Expire,
        // Without a known date of the event, being late by more than the evergreen limit is for the
        // owner to judge.
        ContentKind::Event | ContentKind::OpeningChange | ContentKind::Evergreen => {
            if late <= evergreen_max_late { LateDecision::Go } else { LateDecision::Ask }
        }
    }
}
