#![allow(clippy::unwrap_used)]
use jiff::civil::date;

use super::*;

const ALL_WEEK: [Weekday; 6] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
];

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Dates of Easter from the tables of the Bureau des longitudes.
#[test]
fn easter_falls_where_the_almanac_says() {
    for (year, month, day) in [
        (1900, 4, 15),
        (1981, 4, 19),
        (2000, 4, 23),
        (2008, 3, 23),
        (2011, 4, 24),
        (2024, 3, 31),
        (2025, 4, 20),
        (2026, 4, 5),
        (2027, 3, 28),
        (2028, 4, 16),
        (2029, 4, 1),
        (2030, 4, 21),
        (2038, 4, 25),
        (2100, 3, 28),
    ] {
        assert_eq!(easter(year), Some(date(year, month, day)));
    }
}

#[test]
fn a_year_has_its_eleven_holidays() {
    let of = |year: i16| -> Vec<Date> {
        date(year, 1, 1)
            .series(1.day())
            .take_while(|day| day.year() == year)
            .filter(|d| is_public_holiday(*d))
            .collect()
    };
    let named = |year: i16, days: &[(i8, i8)]| -> Vec<Date> {
        days.iter().map(|(month, day)| date(year, *month, *day)).collect()
    };
    assert_eq!(
        of(2026),
        named(
            2026,
            &[
                (1, 1),
                (4, 6),
                (5, 1),
                (5, 8),
                (5, 14),
                (5, 25),
                (7, 14),
                (8, 15),
                (11, 1),
                (11, 11),
                (12, 25)
            ]
        )
    );
    assert_eq!(
        of(2028),
        named(
            2028,
            &[
                (1, 1),
                (4, 17),
                (5, 1),
                (5, 8),
                (5, 25),
                (6, 5),
                (7, 14),
                (8, 15),
                (11, 1),
                (11, 11),
                (12, 25)
            ]
        )
    );
    // Ascension on the first of May: ten days, not eleven.
    assert_eq!(of(2008).len(), 10);
}

/// Every minute of a year, worked out a second time from wall-clock text and a list of dates.
fn every_minute(year: i16, hours: &SmsHours, from: i8, to: (i8, i8), holidays: &[(i8, i8)], sundays: bool) {
    let first = date(year, 1, 1).to_zoned(paris().clone()).unwrap().timestamp();
    let last = date(year + 1, 1, 1).to_zoned(paris().clone()).unwrap().timestamp();
    let minutes = (last.as_second() - first.as_second()) / 60;
    let (mut open, mut next_open) = (0_u32, None);
    // Backwards, so that the next allowed minute is known from the minutes seen before.
    for minute in (0..minutes).rev() {
        let at = Timestamp::from_second(first.as_second() + minute * 60).unwrap();
        let local = at.to_zoned(paris().clone()).datetime();
        let clock = (local.hour(), local.minute());
        let expected = clock >= (from, 0)
            && clock < to
            && (sundays || local.weekday() != Weekday::Sunday)
            && !holidays.contains(&(local.month(), local.day()));
        assert_eq!(hours.is_allowed(at), expected, "{local}");
        if expected {
            assert!((8..22).contains(&local.hour()) && clock < (21, 30), "{local}");
            open += 1;
            next_open = Some(at);
        }
        if let Some(next) = next_open {
            assert_eq!(hours.next_allowed(at), Some(next), "{local}");
        }
    }
    assert!(open > 100_000, "{open}");
}

const HOLIDAYS_2026: [(i8, i8); 11] =
    [(1, 1), (4, 6), (5, 1), (5, 8), (5, 14), (5, 25), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)];
const HOLIDAYS_2028: [(i8, i8); 11] =
    [(1, 1), (4, 17), (5, 1), (5, 8), (5, 25), (6, 5), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)];

/// Both nights of the change of clocks are in every year.
#[test]
fn all_minutes_of_an_ordinary_year() {
    every_minute(2026, &SmsHours::default(), 10, (20, 0), &HOLIDAYS_2026, false);
}

#[test]
fn all_minutes_of_a_leap_year_with_sundays() {
    let hours =
        SmsHours::new(Time::constant(6, 0, 0, 0), Time::constant(23, 0, 0, 0), &ALL_WEEK, true, false);
    every_minute(2028, &hours, 8, (21, 30), &HOLIDAYS_2028, true);
}

#[test]
fn all_minutes_with_holidays_but_without_sundays() {
    let hours =
        SmsHours::new(Time::constant(8, 0, 0, 0), Time::constant(21, 30, 0, 0), &ALL_WEEK, false, true);
    every_minute(2027, &hours, 8, (21, 30), &[], false);
}

#[test]
fn a_closed_moment_moves_to_the_next_opening() {
    let hours = SmsHours::default();
    for (now, next) in [
        // Saturday evening, then Sunday: Monday morning.
        ("2026-11-28T19:00:00Z", "2026-11-30T09:00:00Z"),
        ("2026-11-29T11:00:00Z", "2026-11-30T09:00:00Z"),
        // The day before Christmas, a Thursday: Saturday.
        ("2026-12-24T19:00:01Z", "2026-12-26T09:00:00Z"),
        // The nights in which the clocks change, on a Sunday.
        ("2027-03-28T01:30:00Z", "2027-03-30T08:00:00Z"),
        ("2027-10-31T00:30:00Z", "2027-11-02T09:00:00Z"),
        // One second before, and as it opens.
        ("2026-11-27T08:59:59Z", "2026-11-27T09:00:00Z"),
        ("2026-11-27T09:00:00Z", "2026-11-27T09:00:00Z"),
        // The last moment is still good.
        ("2026-11-27T18:59:59.999Z", "2026-11-27T18:59:59.999Z"),
    ] {
        assert_eq!(hours.next_allowed(at(now)), Some(at(next)), "{now}");
    }
}

#[test]
fn without_any_open_day_or_hour_there_is_no_next() {
    let [ten, twenty] = [Time::constant(10, 0, 0, 0), Time::constant(20, 0, 0, 0)];
    assert_eq!(SmsHours::new(ten, twenty, &[], false, true).next_allowed(at("2026-11-27T12:00:00Z")), None);
    assert_eq!(
        SmsHours::new(twenty, ten, &ALL_WEEK, true, true).next_allowed(at("2026-11-27T12:00:00Z")),
        None
    );
    let late = SmsHours::new(Time::constant(22, 0, 0, 0), Time::constant(23, 0, 0, 0), &ALL_WEEK, true, true);
    assert_eq!(late.next_allowed(at("2026-11-27T12:00:00Z")), None);
}

#[test]
fn one_weekday_that_is_a_holiday_waits_for_the_next_one() {
    let ten = Time::constant(10, 0, 0, 0);
    let mondays = SmsHours::new(ten, HARD_TO, &[Weekday::Monday], false, false);
    // Easter Monday 2026 is closed.
    assert_eq!(mondays.next_allowed(at("2026-03-31T12:00:00Z")), Some(at("2026-04-13T08:00:00Z")));
}
