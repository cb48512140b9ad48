//! `POST /{user}/threads`, the status of a container, and `POST /{user}/threads_publish`.
//!
//! Pictures are really fetched, so a connector that offers an unreachable address learns it here.

use serde_json::json;

use crate::{
    exchange::Call,
    facebook::{Reply, errors::GraphError, fields},
    faults::Quirks,
    fetch,
    instagram::state::Fate,
    media::Stored,
    state::World,
    threads::{
        account,
        state::{Container, Item, Post},
    },
};

const LONGEST_TEXT: usize = 500;
const LARGEST_BYTES: usize = 8 * 1024 * 1024;
const MOST_RATIO: u32 = 10;
const MOST_ITEMS: usize = 20;
const LONGEST_TAG: usize = 50;

pub(super) async fn create(world: &World, call: &Call, quirks: Quirks, k: usize) -> Reply {
    let is_item = fields::flag(call, "is_carousel_item")?.unwrap_or(false);
    let text = call.param("text").unwrap_or_default();
    if length(&text) > LONGEST_TEXT {
        return Err(GraphError::parameter("Param text must be at most 500 characters long."));
    }
    let kind = call.param("media_type");
    let items = match kind.as_deref() {
        Some("TEXT") if text.trim().is_empty() => {
            return Err(GraphError::parameter("The parameter text is required"));
        }
        Some("TEXT") => Vec::new(),
        Some("IMAGE") => vec![image(world, call, quirks).await?],
        Some("CAROUSEL") => children(world, call, k)?,
        _ => {
            return Err(GraphError::parameter(
                "Param media_type must be one of {TEXT, IMAGE, VIDEO, CAROUSEL}",
            ));
        }
    };
    let mut state = world.threads();
    let id = state.new_id();
    let mut container = Container {
        id: id.clone(),
        account: k,
        // The words of a carousel item are ignored.
        text: if is_item { String::new() } else { text },
        items,
        is_item,
        created_at: world.now(),
        // Words have nothing to process.
        polls_left: match kind.as_deref() {
            Some("TEXT") => quirks.media_polls.unwrap_or(0),
            _ => quirks.media_polls.unwrap_or(world.options.strict.container_polls),
        },
        fate: match quirks {
            Quirks { container_error: true, .. } => Fate::Error,
            Quirks { container_expired: true, .. } => Fate::Expired,
            _ => Fate::Finished,
        },
        published_as: None,
    };
    for item in container.items.iter_mut().filter(|item| item.id.is_empty()) {
        item.id.clone_from(&id);
    }
    state.containers.put(container);
    Ok(json!({"id": id}))
}

/// Characters; an emoji counts as many as it has bytes of UTF-8.
fn length(text: &str) -> usize {
    let weight = |c: char| match u32::from(c) {
        0x200d | 0x20e3 | 0xfe0f | 0x2600..=0x27bf | 0x1_f000..=0x1_faff | 0xe_0020..=0xe_007f => {
            c.len_utf8()
        }
        _ => 1,
    };
    text.chars().map(weight).sum()
}

async fn image(world: &World, call: &Call, quirks: Quirks) -> Result<Item, GraphError> {
    let address = call.param("image_url").unwrap_or_default();
    let unreachable =
        || GraphError::parameter(format!("The media could not be fetched from this URI: {address}"));
    if quirks.media_failed {
        return Err(unreachable());
    }
    let fetched = fetch::get(&address).await.ok_or_else(unreachable)?;
    if !fetched.content_type.starts_with("image/") {
        return Err(unreachable());
    }
    let media = world.blobs.put(&fetched.bytes);
    check_image(&media)?;
    let alt_text = call.param("alt_text").filter(|text| !text.is_empty());
    Ok(Item { id: String::new(), media, alt_text })
}

fn check_image(media: &Stored) -> Result<(), GraphError> {
    let (width, height) = (media.width, media.height);
    if media.size_bytes > LARGEST_BYTES {
        return Err(GraphError::parameter("The image may have at most 8 MB."));
    }
    if !matches!(media.mime.as_str(), "image/jpeg" | "image/png") || width == 0 || height == 0 {
        return Err(GraphError::parameter("Only JPEG and PNG images can be published."));
    }
    if width.max(height) > MOST_RATIO * width.min(height) {
        return Err(GraphError::parameter("The aspect ratio must be at most 10:1."));
    }
    Ok(())
}

fn children(world: &World, call: &Call, k: usize) -> Result<Vec<Item>, GraphError> {
    let listed = call.param("children").unwrap_or_default();
    let ids: Vec<&str> = listed.split(',').map(str::trim).filter(|id| !id.is_empty()).collect();
    if !(2..=MOST_ITEMS).contains(&ids.len()) {
        return Err(GraphError::parameter("A carousel needs from 2 to 20 children."));
    }
    let now = world.now();
    let state = world.threads();
    ids.into_iter()
        .map(|id| {
            let child = state.containers.get(id).filter(|child| child.account == k && child.is_item);
            let child = child.ok_or_else(|| GraphError::no_such_object("post", id))?;
            match (child.status(now), child.items.first()) {
                ("FINISHED", Some(item)) => Ok(item.clone()),
                _ => Err(missing()),
            }
        })
        .collect()
}

/// Says whether an id is a container of this account.
pub(super) fn is_own(world: &World, id: &str, k: usize) -> bool {
    world.threads().containers.get(id).is_some_and(|container| container.account == k)
}

/// Reads a container. Each read counts as a poll; nothing but the status can be asked.
pub(super) fn status(world: &World, call: &Call, id: &str) -> Reply {
    let now = world.now();
    let mut state = world.threads();
    let container = state.containers.get_mut(id).ok_or_else(|| GraphError::no_such_object("get", id))?;
    let status = container.status(now);
    container.polls_left = container.polls_left.saturating_sub(1);
    let words = (status == "ERROR").then_some("UNKNOWN");
    fields::select(
        call,
        &json!({"id": id, "status": status, "error_message": words}),
        &[],
        "ThreadsContainer",
    )
}

/// The one call that makes a container visible.
pub(super) fn publish(world: &World, call: &Call, k: usize) -> Reply {
    let now = world.now();
    let creation_id = call
        .param("creation_id")
        .ok_or_else(|| GraphError::parameter("The parameter creation_id is required"))?;
    let mut state = world.threads();
    let container = state
        .containers
        .get(&creation_id)
        .filter(|container| {
            container.account == k && !container.is_item && container.status(now) == "FINISHED"
        })
        // The same answer for one that is not ready, was used, or never was.
        .ok_or_else(missing)?
        .clone();
    if world.options.strict.rate_limits && account::used(&state, k, now) >= account::QUOTA {
        return Err(GraphError::new(
            9,
            Some(2_207_042),
            "(#9) The user has reached the maximum number of posts.",
        ));
    }
    let (text, topic) = with_topic(&container.text);
    let id = state.new_id();
    state.posts.put(Post {
        shortcode: shortcode(&id),
        id: id.clone(),
        account: k,
        container: creation_id.clone(),
        text,
        topic,
        items: container.items,
        created_at: now,
        is_deleted: false,
    });
    if let Some(container) = state.containers.get_mut(&creation_id) {
        container.published_as = Some(id.clone());
    }
    Ok(json!({"id": id}))
}

fn missing() -> GraphError {
    GraphError::new(24, Some(4_279_009), "The requested resource does not exist")
        .for_user("Media Not Found", "The media with this id cannot be found.")
}

/// The first word with a # becomes the topic, and stays in the text without it.
fn with_topic(text: &str) -> (String, Option<String>) {
    for (at, _) in text.match_indices('#') {
        let rest = text.get(at + 1..).unwrap_or_default();
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default();
        let starts = text.get(..at).unwrap_or_default().chars().next_back().is_none_or(char::is_whitespace);
        if starts && !word.is_empty() && word.chars().count() <= LONGEST_TAG {
            let shown = format!("{}{rest}", text.get(..at).unwrap_or_default());
            return (shown, Some(word.to_owned()));
        }
    }
    (text.to_owned(), None)
}

/// Writes a number in the alphabet of the addresses.
fn shortcode(number: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut rest: u64 = number.parse().unwrap_or_default();
    let mut code = String::new();
    while rest > 0 {
        code.insert(0, ALPHABET.get((rest % 64) as usize).copied().map_or('A', char::from));
        rest /= 64;
    }
    code
}
