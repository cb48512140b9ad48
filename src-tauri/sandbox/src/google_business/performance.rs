//! Business Profile Performance API: numbers of a profile by day. Zeros are left out of the answer, and the
//! last two days are not counted yet (social-platforms reference 8.5).

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use serde_json::{Value, json};

use crate::{
    audience::Audience,
    exchange::Call,
    google_business::{Reply, errors::Refused},
    state::World,
};

const METRICS: [&str; 11] = [
    "BUSINESS_IMPRESSIONS_DESKTOP_MAPS",
    "BUSINESS_IMPRESSIONS_DESKTOP_SEARCH",
    "BUSINESS_IMPRESSIONS_MOBILE_MAPS",
    "BUSINESS_IMPRESSIONS_MOBILE_SEARCH",
    "BUSINESS_CONVERSATIONS",
    "BUSINESS_DIRECTION_REQUESTS",
    "CALL_CLICKS",
    "WEBSITE_CLICKS",
    "BUSINESS_BOOKINGS",
    "BUSINESS_FOOD_ORDERS",
    "BUSINESS_FOOD_MENU_CLICKS",
];
const LAG: SignedDuration = SignedDuration::from_hours(48);
/// Days of one question in this double.
const MOST_DAYS: usize = 400;

fn date(call: &Call, bound: &str) -> Result<Date, Refused> {
    let part = |name: &str| {
        call.param(&format!("dailyRange.{bound}.{name}")).and_then(|text| text.parse::<i16>().ok())
    };
    let parts = (part("year"), part("month"), part("day"));
    let read = |(year, month, day): (Option<i16>, Option<i16>, Option<i16>)| {
        Date::new(year?, i8::try_from(month?).ok()?, i8::try_from(day?).ok()?).ok()
    };
    read(parts).ok_or_else(|| Refused::invalid("daily_range", "A valid date range is required."))
}

/// What somebody does with a profile on a day, with or without posts of its own.
fn number(world: &World, k: usize, metric: &str, day: Date) -> i64 {
    let begin = day.to_zoned(TimeZone::UTC).map_or(Timestamp::MIN, |begin| begin.timestamp());
    let end = begin.checked_add(SignedDuration::from_hours(24)).unwrap_or(begin);
    let usual = Audience::of(&format!("{metric} {day} {k}"), begin, end);
    match metric {
        "BUSINESS_CONVERSATIONS" | "BUSINESS_BOOKINGS" | "BUSINESS_FOOD_ORDERS" => 0,
        "CALL_CLICKS" | "BUSINESS_DIRECTION_REQUESTS" | "WEBSITE_CLICKS" | "BUSINESS_FOOD_MENU_CLICKS" => {
            usual.clicks
        }
        _ => {
            let state = world.google_business();
            let own = state.posts.iter().filter(|post| post.account == k && !post.is_deleted);
            let gained = own.map(|post| {
                let at = |moment| Audience::of(&post.name(), post.created_at, moment).views;
                (at(end) - at(begin)) / 4
            });
            usual.reach / 4 + gained.sum::<i64>()
        }
    }
}

pub(super) fn days(world: &World, call: &Call, k: usize) -> Reply {
    let asked = call.list("dailyMetrics");
    if asked.is_empty() || asked.iter().any(|metric| !METRICS.contains(&metric.as_str())) {
        return Err(Refused::invalid("daily_metrics", "Invalid daily metrics."));
    }
    let (from, to) = (date(call, "startDate")?, date(call, "endDate")?);
    let counted = world.now().checked_sub(LAG).unwrap_or(Timestamp::MIN).to_zoned(TimeZone::UTC).date();
    let days: Vec<Date> = from
        .series(jiff::Span::new().days(1))
        .take_while(|day| *day <= to && *day < counted)
        .take(MOST_DAYS)
        .collect();
    let series: Vec<Value> = asked
        .iter()
        .map(|metric| {
            let values: Vec<Value> = days
                .iter()
                .map(|day| {
                    let mut value = json!({
                        "date": {"year": day.year(), "month": day.month(), "day": day.day()},
                    });
                    let number = number(world, k, metric, *day);
                    if number != 0 {
                        value["value"] = json!(number.to_string());
                    }
                    value
                })
                .collect();
            json!({"dailyMetric": metric, "timeSeries": {"datedValues": values}})
        })
        .collect();
    Ok(json!({"multiDailyMetricTimeSeries": [{"dailyMetricTimeSeries": series}]}))
}
