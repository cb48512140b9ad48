//! Figures of the profile, by day: Business Profile Performance API,
//! `locations/{l}:fetchMultiDailyMetricsTimeSeries` (social-platforms reference 8.5). Google tells nothing of
//! single posts any more.
//!
//! Its days lag by two to five: the last ten are read again each time.

use async_trait::async_trait;
use jiff::{civil::Date, tz::TimeZone};
use serde_json::Value;

use super::{GoogleBusiness, client::Client, profile_of};
use crate::{
    connectors::{
        Access, Failure, FailureClass, Insights,
        insights::{AccountFigures, PostFigures, RefusedMetrics},
    },
    domain::{Problem, figures::PublishedPost},
};

/// Purpose of `platforms.json`.
const PERFORMANCE: &str = "performance";
const DAYS_READ_AGAIN: i32 = 10;
const METRICS: [&str; 8] = [
    "BUSINESS_IMPRESSIONS_DESKTOP_MAPS",
    "BUSINESS_IMPRESSIONS_DESKTOP_SEARCH",
    "BUSINESS_IMPRESSIONS_MOBILE_MAPS",
    "BUSINESS_IMPRESSIONS_MOBILE_SEARCH",
    "BUSINESS_CONVERSATIONS",
    "BUSINESS_DIRECTION_REQUESTS",
    "CALL_CLICKS",
    "WEBSITE_CLICKS",
];

#[async_trait]
impl Insights for GoogleBusiness {
    fn tells_posts(&self) -> bool {
        false
    }

    async fn posts(
        &self,
        _access: &Access<'_>,
        _posts: &[PublishedPost],
        _refused: &RefusedMetrics,
    ) -> Result<PostFigures, Failure> {
        Err(Failure::content("not_supported"))
    }

    async fn account(
        &self,
        access: &Access<'_>,
        _refused: &RefusedMetrics,
    ) -> Result<AccountFigures, Failure> {
        let profile = profile_of(access)?;
        let today = access.now.to_zoned(TimeZone::UTC).date();
        let first = today.checked_sub(jiff::Span::new().days(DAYS_READ_AGAIN)).unwrap_or(today);
        let mut query: Vec<(&str, String)> =
            METRICS.iter().map(|metric| ("dailyMetrics", (*metric).to_owned())).collect();
        for (name, number) in [
            ("dailyRange.startDate.year", i32::from(first.year())),
            ("dailyRange.startDate.month", i32::from(first.month())),
            ("dailyRange.startDate.day", i32::from(first.day())),
            ("dailyRange.endDate.year", i32::from(today.year())),
            ("dailyRange.endDate.month", i32::from(today.month())),
            ("dailyRange.endDate.day", i32::from(today.day())),
        ] {
            query.push((name, number.to_string()));
        }
        let query: Vec<(&str, &str)> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let address = format!(
            "{}/v1/{}:fetchMultiDailyMetricsTimeSeries",
            access.host(PERFORMANCE),
            profile.directory_name()
        );
        let answer = Client::open(access).await?.get(&address, &query).await?;
        read(&answer).ok_or_else(|| Failure::new(FailureClass::Retry, Problem::new("unreadable_answer")))
    }
}

fn read(answer: &Value) -> Option<AccountFigures> {
    let mut found = AccountFigures::default();
    for group in answer.get("multiDailyMetricTimeSeries")?.as_array()? {
        for series in group.get("dailyMetricTimeSeries")?.as_array()? {
            let name = series.get("dailyMetric")?.as_str()?;
            let days = series.pointer("/timeSeries/datedValues").and_then(Value::as_array);
            for entry in days.into_iter().flatten() {
                let Some(day) = entry.get("date").and_then(date) else { continue };
                let figures = found.days.entry(day).or_default();
                // A day that is listed without a value has the value 0 (the API leaves zeros out); a day
                // that is not listed is not counted yet.
                match entry.get("value") {
                    None => figures.set(name, 0),
                    Some(value) => figures.note(name, value),
                }
            }
        }
    }
    Some(found)
}

fn date(value: &Value) -> Option<Date> {
    let part = |name: &str| value.get(name).and_then(Value::as_i64);
    let (year, month, day) = (part("year")?, part("month")?, part("day")?);
    Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_listed_day_without_value_is_zero_and_a_day_that_is_not_listed_is_unknown() {
        let day = |day: u8| json!({"year": 2026, "month": 11, "day": day});
        let answer = json!({"multiDailyMetricTimeSeries": [{"dailyMetricTimeSeries": [
            {"dailyMetric": "CALL_CLICKS", "timeSeries": {"datedValues": [
                {"date": day(20), "value": "4"}, {"date": day(21)},
            ]}},
            {"dailyMetric": "WEBSITE_CLICKS", "timeSeries": {}},
        ]}]});
        let found = read(&answer).unwrap();
        let calls: Vec<_> =
            found.days.iter().map(|(day, figures)| (day.day(), figures.get("CALL_CLICKS"))).collect();
        assert_eq!(calls, [(20, Some(4)), (21, Some(0))]);
        assert!(found.days.values().all(|figures| figures.get("WEBSITE_CLICKS").is_none()));
        assert!(read(&json!({})).is_none(), "an answer of somebody else");
    }
}
