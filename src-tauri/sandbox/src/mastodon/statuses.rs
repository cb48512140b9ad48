//! Statuses: post once per key, read, list, change, delete.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    audience::Audience,
    exchange::{Answer, Body, Call},
    faults::Quirks,
    mastodon::{
        Reply, account,
        errors::Refused,
        instance::{LONGEST_DESCRIPTION, MOST_ATTACHMENTS, MOST_CHARACTERS},
        media, scheduled, secs,
        state::{Caller, Content, Mastodon, Status, address},
        text, written,
    },
    state::World,
};

/// An `Idempotency-Key` is remembered this long.
const KEY_LIFE_SECS: i64 = 3600;

/// A status as the API shows it.
pub(super) fn shown(world: &World, state: &Mastodon, status: &Status) -> Value {
    let base = &world.addresses().mastodon;
    let url = address(world, status.account, status.id);
    let audience = Audience::of(&url, status.created_at, world.now());
    let files: Vec<Value> = status
        .content
        .media_ids
        .iter()
        .filter_map(|id| state.attachments.get(id))
        .map(|file| media::shown(world, file))
        .collect();
    let tags: Vec<Value> = text::tags(&status.content.text)
        .into_iter()
        .map(|tag| json!({"name": tag.to_lowercase(), "url": format!("{base}/tags/{tag}")}))
        .collect();
    json!({
        "id": status.id.to_string(),
        "created_at": written(status.created_at),
        "edited_at": status.edited_at.map(written),
        "in_reply_to_id": status.content.in_reply_to_id,
        "in_reply_to_account_id": null,
        "sensitive": status.content.is_sensitive,
        "spoiler_text": status.content.spoiler_text,
        "visibility": status.content.visibility,
        "language": status.content.language,
        "uri": url,
        "url": url,
        "replies_count": audience.comments,
        "reblogs_count": audience.shares,
        "favourites_count": audience.likes,
        "quotes_count": audience.shares / 3,
        "favourited": false,
        "reblogged": false,
        "muted": false,
        "bookmarked": false,
        "pinned": false,
        "content": text::content(base, &status.content.text),
        "filtered": [],
        "reblog": null,
        "application": status.application.as_ref().map(|name| json!({"name": name, "website": null})),
        "account": account::shown(world, status.account),
        "media_attachments": files,
        "mentions": [],
        "tags": tags,
        "emojis": [],
        "card": null,
        "poll": null,
    })
}

/// Reads what a request wants to post and refuses what the server would.
fn content(call: &Call, state: &Mastodon, k: usize, holder: Option<&str>) -> Result<Content, Refused> {
    if let Body::Raw(_) = &call.body {
        return Err(Refused::new(400, "There was a problem parsing the request"));
    }
    let text = call.param("status").unwrap_or_default();
    let spoiler_text = call.param("spoiler_text").unwrap_or_default();
    let media_ids = call.list("media_ids");
    if text.trim().is_empty() && media_ids.is_empty() {
        return Err(Refused::validation("Text can't be blank"));
    }
    if text::counted(&text) + text::counted(&spoiler_text) > MOST_CHARACTERS {
        return Err(Refused::validation(format!("Text character limit of {MOST_CHARACTERS} exceeded")));
    }
    let visibility = call.param("visibility").unwrap_or_else(|| "public".to_owned());
    if !["public", "unlisted", "private", "direct"].contains(&visibility.as_str()) {
        return Err(Refused::validation("Visibility is not included in the list"));
    }
    check_media(state, k, &media_ids, holder)?;
    Ok(Content {
        text,
        spoiler_text,
        visibility,
        language: call.param("language").filter(|text| !text.is_empty()),
        is_sensitive: matches!(call.param("sensitive").as_deref(), Some("true" | "1")),
        in_reply_to_id: call.param("in_reply_to_id").filter(|id| !id.is_empty()),
        media_ids,
    })
}

fn check_media(state: &Mastodon, k: usize, ids: &[String], holder: Option<&str>) -> Result<(), Refused> {
    if ids.len() > MOST_ATTACHMENTS {
        return Err(Refused::validation("Cannot attach more than 4 files"));
    }
    let mut videos = 0;
    for id in ids {
        let file = state
            .attachments
            .get(id)
            .filter(|file| file.account == k)
            .filter(|file| file.holder.is_none() || file.holder.as_deref() == holder)
            .ok_or_else(|| Refused::validation(format!("Media {id} could not be found")))?;
        if file.polls_left > 0 || file.has_failed {
            return Err(Refused::validation(
                "Cannot attach files that have not finished processing. Try again in a moment!",
            ));
        }
        videos += usize::from(file.media.mime.starts_with("video/"));
    }
    if videos > 0 && ids.len() > 1 {
        return Err(Refused::validation("Cannot attach a video to a post that already contains images"));
    }
    Ok(())
}

pub(super) fn create(world: &World, call: &Call, caller: &Caller, k: usize) -> Reply {
    let now = world.now();
    let key = Some(call.header("idempotency-key").to_owned()).filter(|key| !key.is_empty());
    let known = key.as_ref().map(|key| format!("{k}/{key}"));
    let scheduled_at = call.param("scheduled_at").filter(|text| !text.is_empty());
    let mut state = world.mastodon();
    if let Some(first) = known.as_ref().and_then(|known| remembered(&mut state, known, now)) {
        return again(world, &state, first);
    }
    let content = content(call, &state, k, None)?;
    let application = Some(caller.application.clone());
    if let Some(text) = scheduled_at {
        let planned = scheduled::create(world, &mut state, &text, k, content, application, key)?;
        if let (Some(known), true) = (known, world.options.strict.scheduled_idempotency) {
            state.keys.insert(known, (now, planned.0));
        }
        return Ok((200, planned.1));
    }
    let id = state.add_status(Status {
        id: 0,
        account: k,
        content,
        created_at: now,
        edited_at: None,
        application,
        idempotency_key: key,
        scheduled_id: None,
        scheduled_at: None,
        is_deleted: false,
    });
    if let Some(known) = known {
        state.keys.insert(known, (now, id));
    }
    again(world, &state, id)
}

fn remembered(state: &mut Mastodon, known: &str, now: Timestamp) -> Option<u64> {
    let (at, id) = *state.keys.get(known)?;
    if now.duration_since(at) < secs(KEY_LIFE_SECS) {
        return Some(id);
    }
    state.keys.remove(known);
    None
}

/// Answers with what a key has made before.
fn again(world: &World, state: &Mastodon, id: u64) -> Reply {
    if let Some(planned) = state.scheduled.get(&id) {
        return Ok((200, scheduled::shown(world, state, planned)));
    }
    state
        .statuses
        .get(&id)
        .filter(|status| !status.is_deleted)
        .map(|status| (200, shown(world, state, status)))
        .ok_or_else(Refused::not_found)
}

fn find<'a>(state: &'a Mastodon, id: &str) -> Result<&'a Status, Refused> {
    id.parse()
        .ok()
        .and_then(|id: u64| state.statuses.get(&id))
        .filter(|status| !status.is_deleted)
        .ok_or_else(Refused::not_found)
}

fn find_own<'a>(state: &'a mut Mastodon, k: usize, id: &str) -> Result<&'a mut Status, Refused> {
    id.parse()
        .ok()
        .and_then(|id: u64| state.statuses.get_mut(&id))
        .filter(|status| !status.is_deleted && status.account == k)
        .ok_or_else(Refused::not_found)
}

pub(super) fn read(world: &World, id: &str) -> Reply {
    let state = world.mastodon();
    let status = find(&state, id)?;
    Ok((200, shown(world, &state, status)))
}

pub(super) fn source(world: &World, k: usize, id: &str) -> Reply {
    let mut state = world.mastodon();
    let content = &find_own(&mut state, k, id)?.content;
    Ok((200, json!({"id": id, "text": content.text, "spoiler_text": content.spoiler_text})))
}

pub(super) fn context(world: &World, id: &str) -> Reply {
    find(&world.mastodon(), id)?;
    Ok((200, json!({"ancestors": [], "descendants": []})))
}

pub(super) fn edit(world: &World, call: &Call, k: usize, id: &str) -> Reply {
    let now = world.now();
    let mut state = world.mastodon();
    find_own(&mut state, k, id)?;
    let content = content(call, &state, k, Some(id))?;
    state.hold(&content.media_ids, id);
    describe(&mut state, call, &content.media_ids)?;
    let status = find_own(&mut state, k, id)?;
    // Who may see a status cannot be changed afterwards.
    let visibility = std::mem::take(&mut status.content.visibility);
    status.content = Content { visibility, ..content };
    status.edited_at = Some(now);
    read_locked(world, &state, id)
}

/// `media_attributes`: new descriptions of pictures that stay attached.
fn describe(state: &mut Mastodon, call: &Call, attached: &[String]) -> Result<(), Refused> {
    let Body::Json(body) = &call.body else { return Ok(()) };
    let changes = body.get("media_attributes").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    for change in changes {
        let id = change.get("id").and_then(Value::as_str).unwrap_or_default();
        let Some(text) = change.get("description").and_then(Value::as_str) else { continue };
        if text.chars().count() > LONGEST_DESCRIPTION {
            return Err(Refused::validation("Description is too long"));
        }
        if attached.iter().any(|known| known == id)
            && let Some(file) = state.attachments.get_mut(id)
        {
            file.description = Some(text.to_owned()).filter(|text| !text.is_empty());
        }
    }
    Ok(())
}

fn read_locked(world: &World, state: &Mastodon, id: &str) -> Reply {
    Ok((200, shown(world, state, find(state, id)?)))
}

pub(super) fn delete(world: &World, k: usize, id: &str) -> Reply {
    let mut state = world.mastodon();
    let text = find_own(&mut state, k, id)?.content.text.clone();
    let (status, mut answer) = read_locked(world, &state, id)?;
    find_own(&mut state, k, id)?.is_deleted = true;
    answer["text"] = json!(text);
    Ok((status, answer))
}

pub(super) fn list(world: &World, call: &Call, quirks: Quirks, id: &str) -> Reply {
    let k = account::number(world, id)?;
    let number = |name: &str| call.param(name).and_then(|text| text.parse::<u64>().ok());
    let limit = number("limit").map_or(20, |limit| (limit as usize).clamp(1, 40));
    let before = number("max_id").unwrap_or(u64::MAX);
    let since = number("since_id");
    let min = number("min_id");
    let after = since.max(min).unwrap_or(0);
    let hides_replies = matches!(call.param("exclude_replies").as_deref(), Some("true" | "1"));
    let now = world.now();
    let state = world.mastodon();
    let fits = |status: &&Status| {
        status.account == k
            && !status.is_deleted
            && !(hides_replies && status.content.in_reply_to_id.is_some())
            && (quirks.listing_lag_secs == 0
                || now.duration_since(status.created_at) > secs(quirks.listing_lag_secs))
    };
    if after >= before {
        return Ok((200, json!([])));
    }
    let range = state.statuses.range(after.saturating_add(1)..before).map(|(_, status)| status);
    let mut page: Vec<&Status> = if min.is_some() {
        // min_id asks for what directly follows it.
        range.filter(fits).take(limit).collect()
    } else {
        range.rev().filter(fits).take(limit).collect()
    };
    page.sort_by_key(|status| std::cmp::Reverse(status.id));
    let page: Vec<Value> = page.into_iter().map(|status| shown(world, &state, status)).collect();
    Ok((200, Value::Array(page)))
}

/// The `Link` header of a list of statuses.
pub(super) fn link_header(world: &World, call: &Call, answer: &Answer) -> Option<String> {
    if !matches!(call.route().as_slice(), ["api", "v1", "accounts", _, "statuses"]) {
        return None;
    }
    let page: Vec<Value> = serde_json::from_slice(&answer.body).ok()?;
    let id = |value: &Value| value.get("id")?.as_str().map(str::to_owned);
    let (newest, oldest) = (id(page.first()?)?, id(page.last()?)?);
    let address = format!("{}{}", world.addresses().mastodon, call.path);
    Some(format!("<{address}?max_id={oldest}>; rel=\"next\", <{address}?min_id={newest}>; rel=\"prev\""))
}
