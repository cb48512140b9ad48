//! Local posts: what may be written, the photo that is fetched, the list.

use jiff::{Timestamp, civil};
use serde_json::{Map, Value, json};
use url::Url;

use crate::{
    exchange::{Body, Call},
    faults::Quirks,
    fetch,
    google_business::{
        Reply,
        errors::Refused,
        state::{LocalPost, Verdict},
    },
    media::Stored,
    state::World,
};

const LONGEST_SUMMARY: usize = 1500;
const SMALLEST_PHOTO: (u32, u32) = (400, 300);
const PHOTO_BYTES: std::ops::RangeInclusive<usize> = 10 * 1024..=5 * 1024 * 1024;
const TOPICS: [&str; 4] = ["STANDARD", "EVENT", "OFFER", "ALERT"];
const ACTIONS: [&str; 7] = ["BOOK", "ORDER", "SHOP", "LEARN_MORE", "SIGN_UP", "GET_OFFER", "CALL"];
/// The fields that a caller may write.
const WRITABLE: [&str; 9] = [
    "languageCode",
    "summary",
    "topicType",
    "callToAction",
    "media",
    "event",
    "offer",
    "scheduledTime",
    "alertType",
];

fn given(call: &Call) -> Result<Map<String, Value>, Refused> {
    let Body::Json(Value::Object(fields)) = &call.body else {
        return Err(Refused::invalid("local_post", "The body is not a JSON object."));
    };
    for key in fields.keys() {
        if !WRITABLE.contains(&key.as_str()) && key != "name" {
            return Err(Refused::invalid(key, format!("Unknown name \"{key}\": Cannot find field.")));
        }
    }
    Ok(fields.clone())
}

fn word<'a>(value: &'a Value, path: &str) -> Option<&'a str> {
    value.pointer(path).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn is_web(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// The rules that need no photo.
fn check(post: &Value, now: Timestamp) -> Result<Option<Timestamp>, Refused> {
    let topic = word(post, "/topicType").unwrap_or_default();
    if !TOPICS.contains(&topic) {
        return Err(Refused::invalid("local_post.topic_type", "Topic type is required."));
    }
    if word(post, "/summary").unwrap_or_default().chars().count() > LONGEST_SUMMARY {
        return Err(Refused::invalid("local_post.summary", "The summary is too long."));
    }
    if word(post, "/summary").is_none() && post.get("media").is_none() && post.get("event").is_none() {
        return Err(Refused::invalid("local_post.summary", "A summary is required."));
    }
    if let Some(button) = post.get("callToAction") {
        let action = word(button, "/actionType").unwrap_or_default();
        if !ACTIONS.contains(&action) {
            return Err(Refused::invalid("local_post.call_to_action.action_type", "Unknown action."));
        }
        let url = word(button, "/url");
        if action == "CALL" && url.is_some() || action != "CALL" && !url.is_some_and(is_web) {
            return Err(Refused::invalid("local_post.call_to_action.url", "The url is not valid."));
        }
    }
    if matches!(topic, "EVENT" | "OFFER") {
        event(post.get("event"))?;
    }
    if topic != "OFFER" && post.get("offer").is_some() {
        return Err(Refused::invalid("local_post.offer", "Only for topic type OFFER."));
    }
    if let Some(url) = word(post, "/offer/redeemOnlineUrl")
        && !is_web(url)
    {
        return Err(Refused::invalid("local_post.offer.redeem_online_url", "The url is not valid."));
    }
    let Some(at) = post.get("scheduledTime") else { return Ok(None) };
    let at: Option<Timestamp> = at.as_str().and_then(|text| text.parse().ok());
    let at = at.filter(|at| *at > now);
    at.map(Some).ok_or_else(|| Refused::invalid("local_post.scheduled_time", "Not a time in the future."))
}

/// Title and schedule are required for EVENT and for OFFER.
fn event(event: Option<&Value>) -> Result<(), Refused> {
    let wrong = |field: &str| Refused::invalid(&format!("local_post.event.{field}"), "Required.");
    let event = event.ok_or_else(|| wrong("title"))?;
    word(event, "/title").ok_or_else(|| wrong("title"))?;
    let number = |path: &str| event.pointer(path).and_then(Value::as_i64);
    let day = |name: &str| {
        let part = |part: &str| number(&format!("/schedule/{name}/{part}"));
        let (year, month, day) = (part("year")?, part("month")?, part("day")?);
        civil::Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()
    };
    let time = |name: &str| {
        if event.pointer(&format!("/schedule/{name}")).is_none() {
            return Some(None);
        }
        // A part that is zero may be left out.
        let part = |part: &str| number(&format!("/schedule/{name}/{part}")).unwrap_or(0);
        let (hours, minutes) = (part("hours").try_into().ok()?, part("minutes").try_into().ok()?);
        civil::Time::new(hours, minutes, 0, 0).ok().map(Some)
    };
    let start = day("startDate").ok_or_else(|| wrong("schedule.start_date"))?;
    let end = day("endDate").ok_or_else(|| wrong("schedule.end_date"))?;
    let from = time("startTime").ok_or_else(|| wrong("schedule.start_time"))?;
    let until = time("endTime").ok_or_else(|| wrong("schedule.end_time"))?;
    let is_backwards = end < start || end == start && from.zip(until).is_some_and(|(from, to)| to < from);
    if is_backwards { Err(wrong("schedule.end_date")) } else { Ok(()) }
}

/// Fetches the photo from its public address: posts take no bytes.
async fn photo(world: &World, post: &Value) -> Result<Option<Stored>, Refused> {
    let Some(items) = post.get("media") else { return Ok(None) };
    let [item] = items.as_array().map(Vec::as_slice).unwrap_or_default() else {
        return Err(Refused::invalid("local_post.media", "A post takes one photo."));
    };
    let wrong = |what: &str| Refused::invalid("local_post.media[0].source_url", what);
    if word(item, "/mediaFormat") != Some("PHOTO") {
        return Err(Refused::invalid("local_post.media[0].media_format", "Posts take photos only."));
    }
    let address = word(item, "/sourceUrl").ok_or_else(|| wrong("source_url is the only data field."))?;
    let fetched = fetch::get(address).await.ok_or_else(|| wrong("The photo could not be fetched."))?;
    if !PHOTO_BYTES.contains(&fetched.bytes.len()) {
        return Err(wrong("The photo is too small or too large."));
    }
    let photo = world.blobs.put(&fetched.bytes);
    if !matches!(photo.mime.as_str(), "image/jpeg" | "image/png") {
        return Err(wrong("The photo is neither JPEG nor PNG."));
    }
    if photo.width < SMALLEST_PHOTO.0 || photo.height < SMALLEST_PHOTO.1 {
        return Err(wrong("The photo has too few pixels."));
    }
    Ok(Some(photo))
}

pub(super) async fn create(world: &World, call: &Call, k: usize, quirks: Quirks) -> Reply {
    let mut given = given(call)?;
    given.remove("name");
    let post = Value::Object(given.clone());
    let scheduled_at = check(&post, world.now())?;
    if quirks.media_failed && post.get("media").is_some() {
        return Err(Refused::invalid("local_post.media[0].source_url", "The photo is not usable."));
    }
    let photo = photo(world, &post).await?;
    given.remove("media");
    let now = world.now();
    let mut state = world.google_business();
    let made = LocalPost {
        account: k,
        id: state.new_id(),
        given,
        photo,
        created_at: now,
        updated_at: now,
        scheduled_at,
        verdict: if quirks.moderation_rejects { Verdict::Rejected } else { Verdict::Live },
        polls_left: quirks.moderation_polls,
        is_deleted: false,
    };
    let shown = made.shown(world);
    state.posts.put(made);
    Ok(shown)
}

pub(super) fn read(world: &World, k: usize, id: &str) -> Reply {
    let mut state = world.google_business();
    state.read(k, id).map(|post| post.shown(world)).ok_or_else(Refused::not_found)
}

/// Newest first; an empty list is an empty object.
pub(super) fn list(world: &World, call: &Call, k: usize, quirks: Quirks) -> Reply {
    let size = call.param("pageSize").map_or(Some(20), |text| text.parse::<usize>().ok());
    let size = size.filter(|size| (1..=100).contains(size));
    let size = size.ok_or_else(|| Refused::invalid("page_size", "The page size must be 1 to 100."))?;
    let skip = call.param("pageToken").filter(|text| !text.is_empty());
    let skip: usize = skip
        .map_or(Some(0), |text| text.parse().ok())
        .ok_or_else(|| Refused::invalid("page_token", "The page token is not valid."))?;
    let state = world.google_business();
    let oldest_hidden = world.now().as_second() - quirks.listing_lag_secs;
    let is_listed = |post: &&LocalPost| {
        post.account == k
            && !post.is_deleted
            && (quirks.listing_lag_secs == 0 || post.created_at.as_second() < oldest_hidden)
    };
    let all: Vec<_> = state.posts.iter().rev().filter(is_listed).collect();
    let page: Vec<_> = all.iter().skip(skip).take(size).map(|post| post.shown(world)).collect();
    let mut answer = json!({});
    if !page.is_empty() {
        answer["localPosts"] = json!(page);
    }
    if skip + size < all.len() {
        answer["nextPageToken"] = json!((skip + size).to_string());
    }
    Ok(answer)
}

/// Only what the mask names is changed.
pub(super) async fn patch(world: &World, call: &Call, k: usize, id: &str) -> Reply {
    let mask = call.query.iter().find(|(key, _)| key == "updateMask").map(|(_, mask)| mask.clone());
    let mask = mask.filter(|mask| !mask.is_empty());
    let mask = mask.ok_or_else(|| Refused::invalid("update_mask", "An update mask is required."))?;
    let mask: Vec<&str> = mask.split(',').collect();
    if let Some(strange) = mask.iter().find(|path| !WRITABLE.contains(path)) {
        return Err(Refused::invalid("update_mask", format!("Unknown path {strange}.")));
    }
    let given = given(call)?;
    let wanted = {
        let mut state = world.google_business();
        let post = state.read(k, id).ok_or_else(Refused::not_found)?;
        let mut wanted = post.given.clone();
        for path in &mask {
            match given.get(*path) {
                Some(value) => wanted.insert((*path).to_owned(), value.clone()),
                None => wanted.remove(*path),
            };
        }
        wanted
    };
    let post = Value::Object(wanted.clone());
    // The time of what has left is past by now.
    let mut checked = post.clone();
    if !mask.contains(&"scheduledTime")
        && let Some(fields) = checked.as_object_mut()
    {
        fields.remove("scheduledTime");
    }
    let scheduled_at = check(&checked, world.now())?;
    let photo = if mask.contains(&"media") { Some(photo(world, &post).await?) } else { None };
    let mut state = world.google_business();
    let kept = state.read(k, id).ok_or_else(Refused::not_found)?;
    kept.given = wanted;
    kept.given.remove("media");
    if let Some(photo) = photo {
        kept.photo = photo;
    }
    if mask.contains(&"scheduledTime") {
        kept.scheduled_at = scheduled_at;
    }
    kept.updated_at = world.now();
    Ok(kept.shown(world))
}

pub(super) fn delete(world: &World, k: usize, id: &str) -> Reply {
    let mut state = world.google_business();
    let post = state.read(k, id).ok_or_else(Refused::not_found)?;
    post.is_deleted = true;
    Ok(json!({}))
}
