//! When a promotional SMS may reach a telephone in France.
//!
//! The charter of the operators (af2m, 17 February 2026) forbids it before 8:00 and after 21:30 and advises
//! against Sundays and public holidays. The house is narrower by default; no setting is wider than the
//! charter. Always the time of Paris, whatever the zone of this computer: the law looks at the telephone.
//! E-mail and service messages have no hours.

use std::sync::LazyLock;

use jiff::{
    Timestamp, ToSpan as _,
    civil::{Date, Time, Weekday},
    tz::TimeZone,
};

/// Nothing promotional leaves before this.
pub const HARD_FROM: Time = Time::constant(8, 0, 0, 0);
/// Nor at this time or later.
pub const HARD_TO: Time = Time::constant(21, 30, 0, 0);

/// Longer than any row of closed days: one weekday a week, three of them public holidays.
const LOOK_AHEAD_DAYS: i32 = 60;

static PARIS: LazyLock<TimeZone> = LazyLock::new(|| {
    // Without a time zone database the rule of today is still right.
    TimeZone::get("Europe/Paris")
        .or_else(|_| TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3"))
        .unwrap_or(TimeZone::UTC)
});

/// The calendar of the people who are written to.
pub fn paris() -> &'static TimeZone {
    &PARIS
}

/// Hours and days of promotional SMS, as the owner chose them. `Default` is the house's choice: Monday to
/// Saturday, 10:00 to 20:00, never on public holidays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmsHours {
    from: Time,
    to: Time,
    days: Vec<Weekday>,
    holidays: bool,
}

impl Default for SmsHours {
    fn default() -> Self {
        use Weekday as W;
        let days = [W::Monday, W::Tuesday, W::Wednesday, W::Thursday, W::Friday, W::Saturday];
        Self::new(Time::constant(10, 0, 0, 0), Time::constant(20, 0, 0, 0), &days, false, false)
    }
}

impl SmsHours {
    /// From `from` until just before `to`, cut to the hard limits. `days`: Monday to Saturday; a Sunday in it
    /// counts only with `sundays`.
    pub fn new(from: Time, to: Time, days: &[Weekday], sundays: bool, holidays: bool) -> Self {
        let mut days: Vec<Weekday> = days.iter().copied().filter(|day| *day != Weekday::Sunday).collect();
        if sundays {
            days.push(Weekday::Sunday);
        }
        Self { from: from.max(HARD_FROM), to: to.min(HARD_TO), days, holidays }
    }

    /// Whether a promotional SMS may leave at this instant.
    pub fn is_allowed(&self, at: Timestamp) -> bool {
        let local = PARIS.to_datetime(at);
        self.is_open(local.date()) && (self.from..self.to).contains(&local.time())
    }

    /// The first allowed instant that is not before `now`; `None` when no day or no hour is left open.
    pub fn next_allowed(&self, now: Timestamp) -> Option<Timestamp> {
        if self.is_allowed(now) {
            return Some(now);
        }
        if self.from >= self.to {
            return None;
        }
        let local = PARIS.to_datetime(now);
        (0..=LOOK_AHEAD_DAYS).find_map(|ahead| {
            let day = local.date().checked_add(ahead.days()).ok()?;
            if !self.is_open(day) || (ahead == 0 && local.time() >= self.from) {
                return None;
            }
            // No clock is changed in these hours, so the wall clock names one instant.
            PARIS.to_timestamp(day.to_datetime(self.from)).ok()
        })
    }

    fn is_open(&self, day: Date) -> bool {
        self.days.contains(&day.weekday()) && (self.holidays || !is_public_holiday(day))
    }
}

/// One of the eleven public holidays of France (article L3133-1 of the Code du travail).
pub fn is_public_holiday(day: Date) -> bool {
    const FIXED: [(i8, i8); 8] = [(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)];
    // Easter Monday, Ascension, Whit Monday.
    const AFTER_EASTER: [i32; 3] = [1, 39, 50];
    FIXED.contains(&(day.month(), day.day()))
        || easter(day.year()).is_some_and(|sunday| {
            AFTER_EASTER
                .iter()
                .any(|days| sunday.checked_add(days.days()).is_ok_and(|holiday| holiday == day))
        })
}

/// Easter Sunday of the Gregorian calendar (the algorithm of Meeus, Jones and Butcher).
#[expect(clippy::many_single_char_names, reason = "the letters of the published algorithm")]
pub fn easter(year: i16) -> Option<Date> {
    let y = i32::from(year);
    let (a, b, c) = (y.rem_euclid(19), y.div_euclid(100), y.rem_euclid(100));
    let g = (8 * b + 13).div_euclid(25);
    let h = (19 * a + b - b.div_euclid(4) - g + 15).rem_euclid(30);
    let l = (32 + 2 * b.rem_euclid(4) + 2 * c.div_euclid(4) - h - c.rem_euclid(4)).rem_euclid(7);
    let m = (a + 11 * h + 22 * l).div_euclid(451);
    let n = h + l - 7 * m + 114;
    Date::new(year, i8::try_from(n.div_euclid(31)).ok()?, i8::try_from(n.rem_euclid(31) + 1).ok()?).ok()
}

#[cfg(test)]
#[path = "legal_hours/tests.rs"]
mod tests;
