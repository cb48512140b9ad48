//! Their events, read day by day: the list of a day grows at its end, so a reading begins a little before
//! the place where the last one stopped. Days that are over are read to their end once.
//!
//! A reading makes few calls, whatever there is to read: their quota is by the hour, and the rest is read
//! the next time.

use std::collections::BTreeMap;

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Client;
use crate::{
    connectors::{Failure, FailureClass},
    domain::Problem,
};

/// Calls of one reading.
const MOST_CALLS: usize = 6;
/// Their lists go back this far.
const OLDEST_DAYS: i32 = 29;
/// Events of a day that are read again, because their list may not be quite in the order of arrival.
const OVERLAP: usize = 50;

/// The connector's notes between two readings.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::connectors) struct EventMarks {
    /// Events that were read of each day which may still grow.
    pub days: BTreeMap<Date, usize>,
    /// Opt-outs before this day were read.
    pub opt_outs_from: Option<Date>,
}

impl EventMarks {
    pub fn read(value: &Value) -> Self {
        serde_json::from_value(value.clone()).unwrap_or_default()
    }

    pub fn written(&self) -> Result<Value, Failure> {
        let unwritable = |_| Failure::new(FailureClass::Retry, Problem::new("marks_unwritable"));
        serde_json::to_value(self).map_err(unwritable)
    }
}

/// The day of an instant by the clock of Greenwich; theirs may be another for some hours.
pub(in crate::connectors) fn day_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

pub(in crate::connectors) fn days_before(day: Date, days: i32) -> Date {
    day.saturating_sub(days.days())
}

#[derive(Debug, Deserialize)]
struct Page {
    // Absent where there is none.
    #[serde(default)]
    events: Vec<Value>,
}

/// Reads what is new since the last time; at first from `oldest` on.
pub(in crate::connectors) async fn read_days(
    client: &Client<'_>,
    path: &[&str],
    limit: usize,
    (oldest, now): (Timestamp, Timestamp),
    marks: &mut EventMarks,
) -> Result<Vec<Value>, Failure> {
    let last = day_of(now);
    let known = marks.days.keys().next().copied();
    let mut day = known.unwrap_or_else(|| days_before(day_of(oldest), 1)).max(days_before(last, OLDEST_DAYS));
    marks.days.retain(|known, _| *known >= day);
    let mut events = Vec::new();
    let mut calls = 0;
    while day <= last {
        let read = marks.days.entry(day).or_default();
        loop {
            if calls == MOST_CALLS {
                return Ok(events);
            }
            calls += 1;
            let offset = read.saturating_sub(OVERLAP);
            let (on, from, most) = (day.to_string(), offset.to_string(), limit.to_string());
            let query = [
                ("startDate", on.as_str()),
                ("endDate", on.as_str()),
                ("sort", "asc"),
                ("limit", most.as_str()),
                ("offset", from.as_str()),
            ];
            let page: Page = client.get(path, &query).await?;
            let count = page.events.len();
            *read = offset + count;
            events.extend(page.events);
            if count < limit {
                break;
            }
        }
        let next = day.saturating_add(1.days());
        // Yesterday may still grow: their day is not that of Greenwich.
        if day < days_before(last, 1) {
            marks.days.remove(&day);
            marks.days.entry(next).or_default();
        }
        if next == day {
            break;
        }
        day = next;
    }
    Ok(events)
}
