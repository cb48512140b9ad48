//! `POST /{page}/feed`: text, link and multi-photo posts, at once, scheduled or kept as a draft.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::{
    exchange::{Body, Call},
    facebook::{
        Caller, Reply,
        errors::GraphError,
        fields, posts,
        state::{Graph, Post},
    },
    objects::ObjectState,
    seed,
    state::World,
};

/// Longest text in Unicode code points.
const LONGEST_TEXT: usize = 63_206;
const SOONEST: SignedDuration = SignedDuration::from_mins(10);
const LATEST: SignedDuration = SignedDuration::from_hours(30 * 24);

const PARAMETERS: [&str; 17] = [
    "message",
    "link",
    "published",
    "scheduled_publish_time",
    "unpublished_content_type",
    "targeting",
    "feed_targeting",
    "place",
    "tags",
    "backdated_time",
    "backdated_time_granularity",
    "call_to_action",
    "text_format_preset_id",
    "attached_media",
    "og_action_type_id",
    "og_object_id",
    "og_icon_id",
];
/// Parameters that every Graph call takes.
const GENERAL: [&str; 7] =
    ["fields", "access_token", "appsecret_proof", "format", "locale", "pretty", "method"];

/// Refuses parameters that the reference does not know, when the sandbox is strict about it.
pub(super) fn check_parameters(world: &World, call: &Call, known: &[&str]) -> Result<(), GraphError> {
    if !world.options.strict.unknown_parameters {
        return Ok(());
    }
    for (name, _) in call.fields() {
        let stem = name.split('[').next().unwrap_or("");
        if !known.contains(&stem) && !GENERAL.contains(&stem) {
            return Err(GraphError::parameter(format!("Invalid parameter: unexpected key \"{name}\"")));
        }
    }
    Ok(())
}

pub(super) fn check_text(text: Option<&str>) -> Result<(), GraphError> {
    if text.is_some_and(|text| text.chars().count() > LONGEST_TEXT) {
        return Err(GraphError::parameter(format!(
            "Param message must be at most {LONGEST_TEXT} characters long"
        )));
    }
    Ok(())
}

/// Reads a planned time and holds it against the window.
pub(super) fn planned(text: &str, now: Timestamp) -> Result<Timestamp, GraphError> {
    let wrong = || GraphError::parameter("The specified scheduled publish time is invalid.");
    let at = fields::time(text).ok_or_else(wrong)?;
    let ahead = at.duration_since(now);
    if ahead < SOONEST || ahead > LATEST {
        return Err(wrong());
    }
    Ok(at)
}

pub(super) fn create(world: &World, call: &Call, caller: &Caller, k: usize) -> Reply {
    caller.must_be_page(k)?;
    check_parameters(world, call, &PARAMETERS)?;
    let page = seed::facebook_page_id(k);
    let now = world.now();
    let message = call.param("message").filter(|text| !text.trim().is_empty());
    check_text(message.as_deref())?;
    let link = call.param("link").filter(|text| !text.is_empty());
    check_link(link.as_deref())?;
    let photos = attached(call)?;
    if link.is_some() && !photos.is_empty() {
        return Err(GraphError::parameter("link and attached_media cannot be used together"));
    }
    if message.is_none() && link.is_none() && photos.is_empty() {
        return Err(GraphError::parameter("Missing or invalid parameter(s)"));
    }
    let is_published = fields::flag(call, "published")?.unwrap_or(true);
    let scheduled_at = call.param("scheduled_publish_time").map(|text| planned(&text, now)).transpose()?;
    let flag = call.param("unpublished_content_type");
    let state = state(is_published, scheduled_at, flag.as_deref(), !photos.is_empty())?;

    let mut graph = world.graph();
    check_photos(&graph, &page, &photos)?;
    if state == ObjectState::Published && photos.is_empty() {
        check_repeated(&graph, &page, message.as_deref(), link.as_deref())?;
    }
    let post = Post {
        id: format!("{page}_{}", graph.new_id()),
        page,
        message,
        link,
        photos,
        created_at: now,
        updated_at: now,
        scheduled_at,
        state,
        application: Some(seed::FACEBOOK_APP_NAME.to_owned()),
    };
    let whole = posts::whole(world, &graph, &post);
    graph.add_post(post);
    fields::select(call, &whole, &["id"], "Post")
}

fn check_link(link: Option<&str>) -> Result<(), GraphError> {
    let Some(link) = link else {
        return Ok(());
    };
    let url = url::Url::parse(link).ok().filter(|url| matches!(url.scheme(), "http" | "https")).ok_or_else(
        || {
            GraphError::new(100, Some(1_609_005), "Invalid parameter")
                .for_user("Invalid link", "The link you are trying to post could not be used.")
        },
    )?;
    let host = url.host_str().unwrap_or("");
    if host == "facebook.com" || host.ends_with(".facebook.com") {
        return Err(GraphError::new(100, Some(1_609_008), "Invalid parameter")
            .for_user("Link not allowed", "You can't post a facebook.com link."));
    }
    Ok(())
}

/// The trap of section 1.6: photos planned without the flag are accepted and stay a draft for ever.
fn state(
    is_published: bool,
    scheduled_at: Option<Timestamp>,
    flag: Option<&str>,
    has_photos: bool,
) -> Result<ObjectState, GraphError> {
    match (is_published, scheduled_at) {
        (true, Some(_)) => {
            Err(GraphError::parameter("You cannot specify a scheduled publish time on a published post"))
        }
        (true, None) if flag.is_some() => {
            Err(GraphError::parameter("unpublished_content_type can only be used with published=false"))
        }
        (true, None) => Ok(ObjectState::Published),
        (false, None) if flag == Some("SCHEDULED") => {
            Err(GraphError::parameter("The specified scheduled publish time is invalid."))
        }
        (false, None) => Ok(ObjectState::Draft),
        (false, Some(_)) => match flag {
            Some("SCHEDULED") => Ok(ObjectState::Scheduled),
            None if !has_photos => Ok(ObjectState::Scheduled),
            None | Some("DRAFT") => Ok(ObjectState::Draft),
            Some(_) => Err(GraphError::parameter(
                "Param unpublished_content_type must be one of {SCHEDULED, DRAFT, ADS_POST, INLINE_CREATED, \
                 PUBLISHED, REVIEWABLE_BRANDED_CONTENT, SCHEDULED_RECURRING}",
            )),
        },
    }
}

/// Photo ids from `attached_media`, written as one JSON list or as `attached_media[0]={…}`.
fn attached(call: &Call) -> Result<Vec<String>, GraphError> {
    let wrong = || GraphError::parameter("Param attached_media must be an array of {media_fbid}");
    let mut items: Vec<Value> = Vec::new();
    if let Body::Json(body) = &call.body
        && let Some(Value::Array(list)) = body.get("attached_media")
    {
        items.clone_from(list);
    } else if let Some(text) = call.param("attached_media") {
        items = serde_json::from_str(&text).map_err(|_| wrong())?;
    }
    let mut indexed: Vec<(usize, Value)> = Vec::new();
    for (name, value) in call.fields() {
        if let Some(number) = name.strip_prefix("attached_media[").and_then(|rest| rest.strip_suffix(']')) {
            let number = number.parse().map_err(|_| wrong())?;
            indexed.push((number, serde_json::from_str(&value).map_err(|_| wrong())?));
        }
    }
    indexed.sort_by_key(|(number, _)| *number);
    items.extend(indexed.into_iter().map(|(_, value)| value));
    items
        .iter()
        .map(|item| match item.get("media_fbid") {
            Some(Value::String(id)) => Ok(id.clone()),
            Some(Value::Number(id)) => Ok(id.to_string()),
            _ => Err(wrong()),
        })
        .collect()
}

fn check_photos(graph: &Graph, page: &str, photos: &[String]) -> Result<(), GraphError> {
    for (at, id) in photos.iter().enumerate() {
        let photo =
            graph.photos.get(id).filter(|photo| photo.page == page && !photo.is_deleted).ok_or_else(
                || GraphError::parameter(format!("Invalid parameter: media_fbid {id} is unknown")),
            )?;
        if photo.post.is_some() || photos.iter().take(at).any(|other| other == id) {
            return Err(GraphError::new(100, Some(1_366_051), "Invalid parameter")
                .for_user("Already Posted", "These photos were already posted."));
        }
    }
    Ok(())
}

/// Refuses the text of the newest post once more.
pub(super) fn check_repeated(
    graph: &Graph,
    page: &str,
    message: Option<&str>,
    link: Option<&str>,
) -> Result<(), GraphError> {
    let is_same = graph.timeline(page).next().is_some_and(|last| {
        last.photos.is_empty() && last.message.as_deref() == message && last.link.as_deref() == link
    });
    if is_same {
        return Err(GraphError::duplicate_text());
    }
    Ok(())
}
