//! Statuses planned on the server: create, list, move, cancel.

use axum::http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    exchange::Call,
    faults::Quirks,
    mastodon::{
        Reply,
        errors::Refused,
        media, secs,
        state::{Content, Mastodon, Planned},
        written,
    },
    state::World,
};

const SOONEST_SECS: i64 = 300;
const MOST_WAITING: usize = 300;
const MOST_PER_DAY: usize = 25;

/// A planned status as the API shows it.
pub(super) fn shown(world: &World, state: &Mastodon, planned: &Planned) -> Value {
    let files: Vec<Value> = planned
        .content
        .media_ids
        .iter()
        .filter_map(|id| state.attachments.get(id))
        .map(|file| media::shown(world, file))
        .collect();
    json!({
        "id": planned.id,
        "scheduled_at": written(planned.scheduled_at),
        "params": {
            "text": planned.content.text,
            "media_ids": (!planned.content.media_ids.is_empty()).then_some(&planned.content.media_ids),
            "sensitive": planned.content.is_sensitive,
            "spoiler_text": planned.content.spoiler_text,
            "visibility": planned.content.visibility,
            "language": planned.content.language,
            "in_reply_to_id": planned.content.in_reply_to_id,
            "scheduled_at": null,
            "idempotency": planned.idempotency_key,
            "application_id": 1,
            "with_rate_limit": true,
            "poll": null,
        },
        "media_attachments": files,
    })
}

fn planned_time(world: &World, text: &str) -> Result<Timestamp, Refused> {
    let at: Timestamp = text.parse().map_err(|_| Refused::validation("Scheduled at is invalid"))?;
    if at.duration_since(world.now()) < secs(SOONEST_SECS) {
        return Err(Refused::validation("Scheduled at The scheduled date must be in the future"));
    }
    Ok(at)
}

pub(super) fn create(
    world: &World,
    state: &mut Mastodon,
    when: &str,
    k: usize,
    content: Content,
    application: Option<String>,
    idempotency_key: Option<String>,
) -> Result<(u64, Value), Refused> {
    let scheduled_at = planned_time(world, when)?;
    if world.options.strict.rate_limits {
        let own = state.scheduled.values().filter(|one| one.account == k);
        if own.clone().count() >= MOST_WAITING {
            return Err(Refused::validation(format!(
                "You have exceeded the limit of {MOST_WAITING} scheduled posts"
            )));
        }
        let day = |at: Timestamp| at.as_second().div_euclid(86_400);
        if own.filter(|one| day(one.scheduled_at) == day(scheduled_at)).count() >= MOST_PER_DAY {
            return Err(Refused::validation(format!(
                "You have exceeded the limit of {MOST_PER_DAY} scheduled posts for that day"
            )));
        }
    }
    let number = state.new_number();
    let planned = Planned {
        id: number.to_string(),
        account: k,
        content,
        created_at: world.now(),
        scheduled_at,
        application,
        idempotency_key,
    };
    let holder = format!("scheduled {number}");
    state.hold(&planned.content.media_ids, &holder);
    let shown = shown(world, state, &planned);
    state.scheduled.insert(number, planned);
    Ok((number, shown))
}

/// Requests below `/api/v1/scheduled_statuses`.
pub(super) fn routed(world: &World, call: &Call, quirks: Quirks, k: usize, rest: &[&str]) -> Reply {
    let now = world.now();
    let mut state = world.mastodon();
    if let (&Method::GET, []) = (&call.method, rest) {
        let limit =
            call.param("limit").and_then(|text| text.parse::<usize>().ok()).unwrap_or(20).clamp(1, 40);
        let before = call.param("max_id").and_then(|text| text.parse::<u64>().ok()).unwrap_or(u64::MAX);
        let page: Vec<Value> = state
            .scheduled
            .range(..before)
            .rev()
            .map(|(_, one)| one)
            .filter(|one| {
                one.account == k
                    && (quirks.listing_lag_secs == 0
                        || now.duration_since(one.created_at) > secs(quirks.listing_lag_secs))
            })
            .take(limit)
            .map(|one| shown(world, &state, one))
            .collect();
        return Ok((200, Value::Array(page)));
    }
    let [id] = rest else {
        return Err(Refused::not_found());
    };
    let number: u64 = id.parse().map_err(|_| Refused::not_found())?;
    let planned =
        state.scheduled.get_mut(&number).filter(|one| one.account == k).ok_or_else(Refused::not_found)?;
    match call.method {
        Method::GET => {}
        Method::PUT => {
            let when = call.param("scheduled_at").unwrap_or_default();
            planned.scheduled_at = planned_time(world, &when)?;
        }
        Method::DELETE => {
            let cancelled = planned.clone();
            state.scheduled.remove(&number);
            state.cancelled.push(cancelled);
            return Ok((200, json!({})));
        }
        _ => return Err(Refused::not_found()),
    }
    let planned = state.scheduled.get(&number).ok_or_else(Refused::not_found)?;
    Ok((200, shown(world, &state, planned)))
}
