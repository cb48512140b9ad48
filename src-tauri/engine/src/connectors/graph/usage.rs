//! The usage headers, Meta's way of telling a waiting time: it sends no `Retry-After`
//! (social-platforms reference 1.4).

use std::time::Duration;

use serde_json::Value;

use crate::connectors::http::{Reply, SLOWEST_PACE};

/// Pause when a limit is reached and the platform names no time.
const DEFAULT_PAUSE: Duration = Duration::from_hours(1);
/// Percentage from which calls are throttled.
const FULL: f64 = 100.0;
/// Percentage from which we go slower, so that it does not come to that.
const NEARLY_FULL: f64 = 90.0;

/// The waiting time that the usage headers ask for; `None` when no limit is reached.
pub fn wait(reply: &Reply) -> Option<Duration> {
    let read = |name| reply.header(name).and_then(|text| serde_json::from_str::<Value>(text).ok());
    let business = read("x-business-use-case-usage").as_ref().and_then(business_wait);
    let app =
        [read("x-app-usage"), read("x-page-usage")].iter().flatten().any(is_full).then_some(DEFAULT_PAUSE);
    business.max(app)
}

/// The pause before the next act that a good answer asks for: what [`wait`] says once a limit is
/// reached, a short one when it is near.
pub fn pause(reply: &Reply) -> Option<Duration> {
    wait(reply).or_else(|| {
        let read = |name| reply.header(name).and_then(|text| serde_json::from_str::<Value>(text).ok());
        let business = read("x-business-use-case-usage");
        let uses = business.iter().filter_map(Value::as_object).flat_map(|all| all.values());
        let one_by_one: Vec<&Value> = uses.filter_map(Value::as_array).flatten().collect();
        let general = [read("x-app-usage"), read("x-page-usage")];
        let is_near =
            one_by_one.into_iter().chain(general.iter().flatten()).any(|usage| reaches(usage, NEARLY_FULL));
        is_near.then_some(SLOWEST_PACE)
    })
}

/// Longest time to regain access over all listed uses, in minutes on the wire.
fn business_wait(usage: &Value) -> Option<Duration> {
    usage
        .as_object()?
        .values()
        .filter_map(Value::as_array)
        .flatten()
        .filter_map(|one| {
            let minutes = one.get("estimated_time_to_regain_access").and_then(Value::as_u64).unwrap_or(0);
            if minutes > 0 {
                Some(Duration::from_secs(minutes.min(24 * 60) * 60))
            } else {
                is_full(one).then_some(DEFAULT_PAUSE)
            }
        })
        .max()
}

fn is_full(usage: &Value) -> bool {
    reaches(usage, FULL)
}

fn reaches(usage: &Value, share: f64) -> bool {
    ["call_count", "total_cputime", "total_time"]
        .iter()
        .any(|key| usage.get(key).and_then(Value::as_f64).is_some_and(|percent| percent >= share))
}

#[cfg(test)]
mod tests {
    use reqwest::{StatusCode, header::HeaderMap};

    use super::*;

    fn reply(name: &'static str, value: &str) -> Reply {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        Reply { status: StatusCode::OK, headers, json: None, text: String::new() }
    }

    #[test]
    fn minutes_to_regain_access_count() {
        let header = r#"{"1":[{"type":"pages","call_count":100,"estimated_time_to_regain_access":7}],"2":[{"call_count":3}]}"#;
        assert_eq!(wait(&reply("x-business-use-case-usage", header)), Some(Duration::from_mins(7)));
    }

    #[test]
    fn a_full_counter_without_a_time_pauses_an_hour() {
        let business = r#"{"1":[{"total_time":101,"estimated_time_to_regain_access":0}]}"#;
        assert_eq!(wait(&reply("x-business-use-case-usage", business)), Some(DEFAULT_PAUSE));
        assert_eq!(wait(&reply("x-app-usage", r#"{"call_count":100}"#)), Some(DEFAULT_PAUSE));
        assert_eq!(wait(&reply("x-app-usage", r#"{"call_count":99}"#)), None);
    }

    #[test]
    fn a_nearly_full_counter_slows_down_without_stopping() {
        let app = |percent: u32| reply("x-app-usage", &format!(r#"{{"total_time":{percent}}}"#));
        assert_eq!((pause(&app(89)), pause(&app(90))), (None, Some(SLOWEST_PACE)));
        assert_eq!((wait(&app(90)), pause(&app(100))), (None, Some(DEFAULT_PAUSE)));
        let business = r#"{"1":[{"type":"pages","call_count":95,"estimated_time_to_regain_access":0}]}"#;
        assert_eq!(pause(&reply("x-business-use-case-usage", business)), Some(SLOWEST_PACE));
    }

    #[test]
    fn nonsense_is_ignored() {
        for text in ["", "oops", "[]", "{\"1\":3}", "{\"1\":[{\"call_count\":\"x\"}]}"] {
            assert_eq!(pause(&reply("x-business-use-case-usage", text)), None, "{text}");
        }
    }
}
