//! Posts: create, list by author, read, change the words, delete.

use axum::body::Bytes;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::{
    exchange::{Answer, Body, Call},
    faults::Quirks,
    linkedin::{ID_HEADER, Reply, errors::Refused, must_say, state::Post, text},
    seed,
    state::World,
};

const LONGEST_TEXT: usize = 3000;
const MOST_IMAGES: usize = 20;
const FIRST_ID: u64 = 7_400_000_000_000_000_000;
/// Fields that a post may have; another one is refused.
const FIELDS: [&str; 8] = [
    "author",
    "commentary",
    "visibility",
    "distribution",
    "content",
    "lifecycleState",
    "isReshareDisabledByAuthor",
    "contentLandingPage",
];

fn empty(status: u16) -> Answer {
    Answer::bytes(status, "text/plain", Bytes::new())
}

fn missing(urn: &str) -> Refused {
    Refused::new(404, "NOT_FOUND", &format!("Entity {urn} not found"))
}

pub(super) fn create(world: &World, call: &Call, k: usize) -> Reply {
    let Body::Json(Value::Object(body)) = &call.body else {
        return Err(Refused::new(400, "ILLEGAL_ARGUMENT", "The body is no JSON object"));
    };
    let text = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default();
    if let Some(strange) = body.keys().find(|key| !FIELDS.contains(&key.as_str())) {
        return Err(Refused::input("UNKNOWN_FIELD", &format!("unrecognized field /{strange}")));
    }
    if text("author") != seed::linkedin_organization_urn(k) {
        return Err(Refused::forbidden());
    }
    let needed = [("visibility", "PUBLIC"), ("lifecycleState", "PUBLISHED")];
    let feed = body.get("distribution").and_then(|d| d.get("feedDistribution")).and_then(Value::as_str);
    if needed.iter().any(|(key, value)| text(key) != *value) || feed != Some("MAIN_FEED") {
        return Err(Refused::input(
            "MISSING_FIELD",
            "field is required but not found and has no default value",
        ));
    }
    let commentary = text("commentary").to_owned();
    check_length(&commentary)?;
    let content = body.get("content").cloned();
    let mut state = world.linkedin();
    let now = world.now();
    let mut post = Post {
        account: k,
        urn: String::new(),
        commentary,
        content,
        created_at: now,
        modified_at: now,
        is_deleted: false,
    };
    check_content(&post)?;
    let images = post.images();
    let is_ready = |urn: &String| {
        state
            .images
            .get(urn)
            .is_some_and(|image| image.account == k && image.stored.is_some() && !image.is_failed)
    };
    if let Some((urn, _)) = images.iter().find(|(urn, _)| !is_ready(urn)) {
        return Err(Refused::input("INVALID_URN", &format!("{urn} cannot be used")));
    }
    if images.iter().any(|(urn, _)| state.images.get(urn).is_some_and(|image| image.polls_left > 0)) {
        return Err(Refused::input("MEDIA_ASSET_PROCESSING", "The image is still processed"));
    }
    let same = |other: &&Post| other.account == k && !other.is_deleted && other.commentary == post.commentary;
    if let Some(first) = state.posts.iter().find(same).filter(|_| !post.commentary.is_empty()) {
        return Err(Refused::duplicate(&first.urn));
    }
    post.urn = format!("urn:li:share:{}", FIRST_ID + state.next_number());
    let urn = post.urn.clone();
    state.posts.push(post);
    Ok(empty(201).with_header(ID_HEADER, &urn))
}

fn check_length(commentary: &str) -> Result<(), Refused> {
    if text::visible(commentary).chars().count() > LONGEST_TEXT {
        return Err(Refused::input("FIELD_LENGTH_TOO_LONG", "commentary exceeds the maximum length"));
    }
    Ok(())
}

fn check_content(post: &Post) -> Result<(), Refused> {
    let wrong = |words: &str| Err(Refused::input("INVALID_CONTENT", words));
    let Some(content) = &post.content else {
        return if post.commentary.trim().is_empty() {
            wrong("A post needs words or content")
        } else {
            Ok(())
        };
    };
    match content.as_object().map(|fields| fields.keys().map(String::as_str).collect::<Vec<_>>()).as_deref() {
        Some(["media"]) if post.images().len() == 1 => Ok(()),
        Some(["multiImage"]) if (2..=MOST_IMAGES).contains(&post.images().len()) => Ok(()),
        Some(["article"]) => {
            let has = |key: &str| content["article"][key].as_str().is_some_and(|text| !text.is_empty());
            if has("source") && has("title") { Ok(()) } else { wrong("An article needs source and title") }
        }
        _ => wrong("The content is of no known kind"),
    }
}

pub(super) fn list(world: &World, call: &Call, k: usize, quirks: Quirks) -> Reply {
    must_say(call, "FINDER")?;
    if call.param("q").as_deref() != Some("author") {
        return Err(Refused::new(400, "ILLEGAL_ARGUMENT", "Unknown finder"));
    }
    if call.param("author").as_deref() != Some(seed::linkedin_organization_urn(k).as_str()) {
        return Err(Refused::forbidden());
    }
    let number = |key: &str, default: usize| call.param(key).and_then(|n| n.parse().ok()).unwrap_or(default);
    let (start, count) = (number("start", 0), number("count", 10).min(100));
    let hidden =
        world.now().checked_sub(SignedDuration::from_secs(quirks.listing_lag_secs)).unwrap_or(world.now());
    let state = world.linkedin();
    let mut posts: Vec<&Post> = state
        .posts
        .iter()
        .filter(|post| post.account == k && !post.is_deleted)
        .filter(|post| quirks.listing_lag_secs == 0 || post.created_at <= hidden)
        .collect();
    posts.sort_by_key(|post| std::cmp::Reverse(post.modified_at));
    let elements: Vec<Value> = posts.into_iter().skip(start).take(count).map(Post::shown).collect();
    Ok(Answer::json(
        200,
        &json!({"paging": {"start": start, "count": count, "links": []}, "elements": elements}),
    ))
}

pub(super) fn read(world: &World, urn: &str, k: usize) -> Reply {
    let mut state = world.linkedin();
    let post = state.find(k, urn).ok_or_else(|| missing(urn))?;
    Ok(Answer::json(200, &post.shown()))
}

pub(super) fn edit(world: &World, call: &Call, urn: &str, k: usize) -> Reply {
    must_say(call, "PARTIAL_UPDATE")?;
    let Body::Json(body) = &call.body else {
        return Err(Refused::new(400, "ILLEGAL_ARGUMENT", "The body is no JSON"));
    };
    let set = body.pointer("/patch/$set").and_then(Value::as_object);
    let set = set.ok_or_else(|| Refused::new(400, "ILLEGAL_ARGUMENT", "A patch is needed"))?;
    if set.keys().any(|key| key != "commentary") {
        return Err(Refused::input("FIELD_NOT_EDITABLE", "Only the words can be changed"));
    }
    let commentary = set.get("commentary").and_then(Value::as_str).unwrap_or_default();
    check_length(commentary)?;
    let now = world.now();
    let mut state = world.linkedin();
    let post = state.find(k, urn).ok_or_else(|| missing(urn))?;
    if post.commentary != commentary {
        commentary.clone_into(&mut post.commentary);
        post.modified_at = now;
    }
    Ok(empty(204))
}

/// Idempotent: a second time is a success too.
pub(super) fn delete(world: &World, call: &Call, urn: &str, k: usize) -> Reply {
    must_say(call, "DELETE")?;
    if let Some(post) = world.linkedin().find(k, urn) {
        post.is_deleted = true;
    }
    Ok(empty(204))
}
