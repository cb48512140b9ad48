//! Analytics of pins and of the account (social-platforms reference, section 11): at most 90 days back, days
//! with a `data_status`, comments and reactions over the whole life.

use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use serde_json::{Map, Value, json};

use crate::{
    audience::Audience,
    exchange::Call,
    pinterest::{Reply, errors::Refused},
    state::World,
};

const PIN_METRICS: [&str; 7] =
    ["IMPRESSION", "PIN_CLICK", "OUTBOUND_CLICK", "SAVE", "SAVE_RATE", "TOTAL_COMMENTS", "TOTAL_REACTIONS"];
const ACCOUNT_METRICS: [&str; 5] = ["ENGAGEMENT", "IMPRESSION", "OUTBOUND_CLICK", "PIN_CLICK", "SAVE"];
const FURTHEST_DAYS: i64 = 90;

/// First and last day that are asked about.
fn period(world: &World, call: &Call) -> Result<(Date, Date), Refused> {
    let date = |name: &str| {
        let text = call.param(name).ok_or_else(|| Refused::invalid(format!("{name} is required")))?;
        text.parse::<Date>().map_err(|_| Refused::invalid(format!("{name} is not a date")))
    };
    let (from, to) = (date("start_date")?, date("end_date")?);
    let begin = start(from);
    if from > to || world.now().duration_since(begin) > SignedDuration::from_hours(24 * (FURTHEST_DAYS + 1)) {
        return Err(Refused::invalid("start_date must be at most 90 days ago and not after end_date"));
    }
    Ok((from, to))
}

fn start(day: Date) -> Timestamp {
    day.to_zoned(TimeZone::UTC).map_or(Timestamp::MIN, |begin| begin.timestamp())
}

fn metrics(call: &Call, known: &[&str]) -> Result<Vec<String>, Refused> {
    let names: Vec<String> =
        call.param("metric_types").unwrap_or_default().split(',').map(str::to_owned).collect();
    match names.iter().find(|name| !known.contains(&name.as_str())) {
        Some(strange) => Err(Refused::invalid(format!("{strange} is not a metric"))),
        None => Ok(names),
    }
}

fn number(audience: &Audience, metric: &str) -> Value {
    match metric {
        "IMPRESSION" => json!(audience.views),
        "PIN_CLICK" => json!(audience.clicks),
        "OUTBOUND_CLICK" => json!(audience.clicks / 2),
        "SAVE" => json!(audience.saves),
        "SAVE_RATE" => json!(0.01),
        "ENGAGEMENT" => json!(audience.clicks + audience.saves),
        "TOTAL_COMMENTS" => json!(audience.comments),
        _ => json!(audience.likes),
    }
}

fn is_lifelong(metric: &str) -> bool {
    matches!(metric, "TOTAL_COMMENTS" | "TOTAL_REACTIONS")
}

pub(super) fn pin(world: &World, call: &Call, k: usize, id: &str) -> Reply {
    period(world, call)?;
    let names = metrics(call, &PIN_METRICS)?;
    let mut state = world.pinterest();
    let pin = state.get_mut(k, id).ok_or_else(|| Refused::new(404, 50, "Pin not found."))?;
    let audience = Audience::of(&pin.id, pin.created_at, world.now());
    let pick = |lifelong: bool| -> Map<String, Value> {
        let names = names.iter().filter(|name| is_lifelong(name) == lifelong);
        names.map(|name| (name.clone(), number(&audience, name))).collect()
    };
    Ok((
        200,
        json!({"all": {"lifetime_metrics": pick(true), "summary_metrics": pick(false), "daily_metrics": []}}),
    ))
}

pub(super) fn account(world: &World, call: &Call, k: usize) -> Reply {
    let (from, to) = period(world, call)?;
    let names = metrics(call, &ACCOUNT_METRICS)?;
    let state = world.pinterest();
    let own: Vec<_> = state.pins.iter().filter(|pin| pin.account == k && !pin.is_deleted).collect();
    let day_long = SignedDuration::from_hours(24);
    let mut days = Vec::new();
    for day in from.series(jiff::Span::new().days(1)).take_while(|day| *day <= to) {
        let (begin, end) = (start(day), start(day) + day_long);
        // Counted two days later.
        if end + day_long > world.now() {
            days.push(json!({"date": day.to_string(), "data_status": "PROCESSING", "metrics": {}}));
            continue;
        }
        let gained: Map<String, Value> = names
            .iter()
            .map(|name| {
                let at = |moment| {
                    let of = |pin: &&crate::pinterest::state::Pin| {
                        number(&Audience::of(&pin.id, pin.created_at, moment), name).as_i64().unwrap_or(0)
                    };
                    own.iter().map(of).sum::<i64>()
                };
                (name.clone(), json!(at(end) - at(begin)))
            })
            .collect();
        days.push(json!({"date": day.to_string(), "data_status": "READY", "metrics": gained}));
    }
    Ok((200, json!({"all": {"daily_metrics": days, "summary_metrics": {}}})))
}
