//! Times as a person writes them: wall clock and zone, and the instant they mean.

use jiff::{
    Timestamp,
    civil::DateTime,
    tz::{AmbiguousOffset, TimeZone},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A moment: the instant, the wall clock as written and the zone. An offset is never stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Schedule {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Wall clock, for example `2026-11-27T18:30:00`.
    #[schema(value_type = String)]
    pub local: DateTime,
    /// IANA name, for example `Europe/Paris`.
    pub timezone: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<ScheduleNote>,
}

/// Last year in which something can be planned.
const LAST_YEAR: i16 = 2199;

/// What had to be decided to turn the wall clock into an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScheduleNote {
    /// The time does not exist that night: moved to the first valid minute after the gap.
    GapMoved,
    /// The time exists twice that night: the first one was taken.
    FoldFirst,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ScheduleError {
    #[error("`{0}` is not a date and time")]
    NotATime(String),
    #[error("`{0}` is not a known time zone")]
    UnknownZone(String),
}

impl Schedule {
    /// Reads `2026-11-27T18:30:00` (wall clock of `timezone`), the same with `Z` or an offset, or with
    /// a zone of its own: `2026-11-27T18:30:00[Europe/Paris]`.
    pub fn parse(text: &str, timezone: &str) -> Result<Self, ScheduleError> {
        let text = text.trim();
        let schedule = match text.strip_suffix(']').and_then(|text| text.split_once('[')) {
            Some((time, own_zone)) => Self::parse_in(time, own_zone)?,
            None => Self::parse_in(text, timezone)?,
        };
        // A year beyond is a slip of the finger, and the end of the calendar is near.
        if schedule.local.year() > LAST_YEAR {
            return Err(ScheduleError::NotATime(text.to_owned()));
        }
        Ok(schedule)
    }

    fn parse_in(text: &str, timezone: &str) -> Result<Self, ScheduleError> {
        if let Ok(at) = text.parse::<Timestamp>() {
            if !has_real_offset(text) {
                return Err(ScheduleError::NotATime(text.to_owned()));
            }
            return Self::from_instant(at, timezone);
        }
        // `DateTime` would silently ignore an offset or a zone that it does not need.
        let local: DateTime = text
            .parse()
            .ok()
            .filter(|_| !text.contains('[') && text.contains(['T', 't', ' ']))
            .ok_or_else(|| ScheduleError::NotATime(text.to_owned()))?;
        Self::from_local(local, timezone)
    }

    pub fn from_instant(at: Timestamp, timezone: &str) -> Result<Self, ScheduleError> {
        let zone = zone(timezone)?;
        let local = zone.to_datetime(at);
        Ok(Self { at, local, timezone: timezone.to_owned(), note: None })
    }

    /// Spring gap: first valid minute after it. Autumn overlap: the first pass.
    pub fn from_local(local: DateTime, timezone: &str) -> Result<Self, ScheduleError> {
        let zone = zone(timezone)?;
        let not_a_time = |_| ScheduleError::NotATime(local.to_string());
        let ambiguous = zone.to_ambiguous_timestamp(local);
        let (at, note) = match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } => (ambiguous.compatible().map_err(not_a_time)?, None),
            AmbiguousOffset::Gap { .. } => {
                // The transition itself is the first valid minute: `earlier` lands before it.
                let before = ambiguous.earlier().map_err(not_a_time)?;
                let transition = zone.following(before).next().map_or_else(
                    || zone.to_ambiguous_timestamp(local).later().map_err(not_a_time),
                    |t| Ok(t.timestamp()),
                )?;
                (transition, Some(ScheduleNote::GapMoved))
            }
            AmbiguousOffset::Fold { .. } => {
                (ambiguous.earlier().map_err(not_a_time)?, Some(ScheduleNote::FoldFirst))
            }
        };
        let local = if note == Some(ScheduleNote::GapMoved) { zone.to_datetime(at) } else { local };
        Ok(Self { at, local, timezone: timezone.to_owned(), note })
    }
}

/// Offsets have hours up to 23 (RFC 3339, section 5.6); the parser takes 25.
fn has_real_offset(text: &str) -> bool {
    let sign = text.rfind(['+', '-']).filter(|at| text[..*at].contains(['T', 't', ' ']));
    let hours = sign.and_then(|at| text.get(at + 1..at + 3)).map(str::parse::<u8>);
    hours.is_none_or(|hours| hours.is_ok_and(|hours| hours < 24))
}

/// Finds a zone by its IANA name.
pub fn zone(name: &str) -> Result<TimeZone, ScheduleError> {
    TimeZone::get(name).map_err(|_| ScheduleError::UnknownZone(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paris(text: &str) -> Schedule {
        Schedule::parse(text, "Europe/Paris").expect(text)
    }

    #[test]
    fn wall_time_is_paris_time() {
        assert_eq!(paris("2025-04-15T18:30:00").at.to_string(), "2025-04-15T16:30:00Z");
        assert_eq!(paris("2025-01-15T18:30").at.to_string(), "2025-01-15T17:30:00Z");
    }

    #[test]
    fn an_offset_has_hours_of_a_day() {
        for text in ["2025-04-15T18:30:00+25:00", "2025-04-15T18:30:00-24:00", "2025-04-15 18:30+2500"] {
            assert!(Schedule::parse(text, "Europe/Paris").is_err(), "{text}");
        }
        assert_eq!(paris("2025-04-15T18:30:00-03:00").at.to_string(), "2025-04-15T21:30:00Z");
    }

    #[test]
    fn an_offset_or_z_is_respected() {
        assert_eq!(paris("2025-04-15T18:30:00Z").at.to_string(), "2025-04-15T18:30:00Z");
        assert_eq!(paris("2025-04-15T18:30:00+04:00").at.to_string(), "2025-04-15T14:30:00Z");
        assert_eq!(paris("2025-04-15T18:30:00Z").local.to_string(), "2025-04-15T20:30:00");
    }

    #[test]
    fn a_zone_of_its_own_is_respected() {
        for text in ["2025-04-15T18:30:00[Asia/Tokyo]", "2025-04-15T18:30:00+09:00[Asia/Tokyo]"] {
            let schedule = paris(text);
            assert_eq!(schedule.at.to_string(), "2025-04-15T09:30:00Z", "{text}");
            assert_eq!(schedule.timezone, "Asia/Tokyo");
        }
        for text in
            ["2025-04-15T18:30:00[Europe/Vensac]", "2025-04-15T18:30:00[]", "2025-04-15[Europe/Paris]"]
        {
            assert!(Schedule::parse(text, "Europe/Paris").is_err(), "{text}");
        }
    }

    #[test]
    fn spring_gap_moves_to_the_first_valid_minute() {
        let s = paris("2027-03-28T02:30:00");
        assert_eq!(s.at.to_string(), "2027-03-28T01:00:00Z");
        assert_eq!(s.local.to_string(), "2027-03-28T03:00:00");
        assert_eq!(s.note, Some(ScheduleNote::GapMoved));
    }

    #[test]
    fn autumn_overlap_takes_the_first_pass() {
        let s = paris("2027-10-31T02:30:00");
        assert_eq!(s.at.to_string(), "2027-10-31T00:30:00Z");
        assert_eq!(s.note, Some(ScheduleNote::FoldFirst));
    }

    #[test]
    fn what_is_not_a_time_is_refused() {
        for text in [
            "",
            "demain",
            "2025-13-01T10:00:00",
            "2025-04-15",
            "18:30",
            "2025-02-30T10:00",
            "9999-12-30T21:59:59Z",
        ] {
            assert!(Schedule::parse(text, "Europe/Paris").is_err(), "{text}");
        }
        assert_eq!(
            Schedule::parse("2025-04-15T18:30:00", "Europe/Vensac"),
            Err(ScheduleError::UnknownZone("Europe/Vensac".into()))
        );
    }
}
