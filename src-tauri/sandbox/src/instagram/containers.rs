//! `POST /{ig}/media` and the status of a container.
//!
//! The picture is really fetched, so a connector that offers an unreachable address learns it here.

use serde_json::{Value, json};

use crate::{
    exchange::{Body, Call},
    facebook::{Reply, errors::GraphError, fields},
    faults::Quirks,
    fetch,
    instagram::state::{Container, Fate, Item},
    media::Stored,
    seed,
    state::World,
};

const LONGEST_CAPTION: usize = 2200;
const MOST_HASHTAGS: usize = 30;
const MOST_MENTIONS: usize = 20;
const LARGEST_BYTES: usize = 8 * 1024 * 1024;
const NARROWEST: f64 = 4.0 / 5.0;
const WIDEST: f64 = 1.91;
/// Rounded pixels make an exact ratio miss by less than this.
const TOLERANCE: f64 = 0.01;

pub(super) async fn create(world: &World, call: &Call, quirks: Quirks, k: usize) -> Reply {
    let kind = call.param("media_type");
    let is_carousel_item = fields::flag(call, "is_carousel_item")?.unwrap_or(false);
    let caption = call.param("caption").filter(|text| !text.is_empty());
    check_caption(caption.as_deref())?;
    let account = seed::instagram_id(k);
    let items = match kind.as_deref() {
        None | Some("IMAGE") => vec![image(world, call, quirks).await?],
        Some("CAROUSEL") => children(world, call, &account)?,
        Some(other) => {
            return Err(GraphError::new(
                100,
                Some(2_207_023),
                format!("(#100) The media type {other} is unknown."),
            ));
        }
    };
    let mut graph = world.graph();
    let id = format!("179{}", graph.new_id());
    let mut container = Container {
        id: id.clone(),
        account,
        // The caption of a carousel item is ignored.
        caption: caption.filter(|_| !is_carousel_item),
        items,
        is_carousel: kind.as_deref() == Some("CAROUSEL"),
        is_carousel_item,
        created_at: world.now(),
        polls_left: quirks.media_polls.unwrap_or(world.options.strict.container_polls),
        fate: match quirks {
            Quirks { container_error: true, .. } => Fate::Error,
            Quirks { container_expired: true, .. } => Fate::Expired,
            _ => Fate::Finished,
        },
        published_as: None,
    };
    for item in &mut container.items {
        if item.container.is_empty() {
            item.container.clone_from(&id);
        }
    }
    graph.containers.put(container);
    Ok(json!({"id": id}))
}

fn check_caption(caption: Option<&str>) -> Result<(), GraphError> {
    let Some(caption) = caption else {
        return Ok(());
    };
    let starting = |sign| {
        caption
            .split(sign)
            .skip(1)
            .filter(|rest| rest.chars().next().is_some_and(char::is_alphanumeric))
            .count()
    };
    if caption.chars().count() > LONGEST_CAPTION || starting('#') > MOST_HASHTAGS {
        return Err(GraphError::new(36004, Some(2_207_010), "The caption was too long.")
            .for_user("Caption too long", "The caption may have at most 2,200 characters and 30 hashtags."));
    }
    if starting('@') > MOST_MENTIONS {
        return Err(GraphError::new(
            100,
            Some(2_207_040),
            "(#100) Cannot use more than 20 @ tags in the caption.",
        ));
    }
    Ok(())
}

async fn image(world: &World, call: &Call, quirks: Quirks) -> Result<Item, GraphError> {
    let address = call
        .param("image_url")
        .ok_or_else(|| GraphError::new(100, None, "(#100) The parameter image_url is required"))?;
    let unreachable = || {
        GraphError::new(9004, Some(2_207_052), "Only photo or video can be accepted as media type.").for_user(
            "Media download has failed",
            "The media could not be fetched from this URI. Please check the format and the access to it.",
        )
    };
    if quirks.media_failed {
        return Err(unreachable());
    }
    let fetched = fetch::get(&address).await.ok_or_else(unreachable)?;
    if !fetched.content_type.starts_with("image/") {
        return Err(unreachable());
    }
    let media = world.blobs.put(&fetched.bytes);
    check_image(&media)?;
    Ok(Item {
        container: String::new(),
        media,
        alt_text: call.param("alt_text").filter(|text| !text.is_empty()),
    })
}

fn check_image(media: &Stored) -> Result<(), GraphError> {
    if media.size_bytes > LARGEST_BYTES {
        return Err(GraphError::new(36000, Some(2_207_004), "The image size is too large.")
            .for_user("Image too large", "The image may have at most 8 MB."));
    }
    if media.mime != "image/jpeg" || media.width == 0 {
        return Err(GraphError::new(36001, Some(2_207_005), "The image format is not supported.")
            .for_user("Unsupported format", "Only JPEG images can be published."));
    }
    let ratio = f64::from(media.width) / f64::from(media.height.max(1));
    if !(NARROWEST - TOLERANCE..=WIDEST + TOLERANCE).contains(&ratio) {
        return Err(GraphError::new(36003, Some(2_207_009), "The aspect ratio is not supported.")
            .for_user("Unsupported aspect ratio", "The aspect ratio must be between 4:5 and 1.91:1."));
    }
    Ok(())
}

fn children(world: &World, call: &Call, account: &str) -> Result<Vec<Item>, GraphError> {
    let ids = child_ids(call);
    if !(2..=10).contains(&ids.len()) {
        return Err(GraphError::new(100, Some(2_207_028), "(#100) A carousel needs from 2 to 10 children."));
    }
    let now = world.now();
    let graph = world.graph();
    ids.iter()
        .map(|id| {
            let child = graph
                .containers
                .get(id)
                .filter(|child| child.account == account)
                .ok_or_else(|| GraphError::no_such_object("post", id))?;
            if !child.is_carousel_item {
                return Err(GraphError::parameter(format!(
                    "The container {id} was not created with is_carousel_item"
                )));
            }
            match (child.status_code(now), child.items.first()) {
                ("FINISHED", Some(item)) => Ok(item.clone()),
                ("EXPIRED", _) => Err(expired()),
                _ => Err(not_ready()),
            }
        })
        .collect()
}

fn child_ids(call: &Call) -> Vec<String> {
    if let Body::Json(body) = &call.body
        && let Some(Value::Array(_)) = body.get("children")
    {
        return call.list("children");
    }
    let text = call.param("children").unwrap_or_default();
    serde_json::from_str::<Vec<String>>(&text).unwrap_or_else(|_| {
        text.split(',').map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()).collect()
    })
}

pub(super) fn not_ready() -> GraphError {
    GraphError::new(9007, Some(2_207_027), "Media ID is not available").for_user(
        "The media is not ready for publishing",
        "The media is not ready for publishing. Please wait for a moment.",
    )
}

pub(super) fn expired() -> GraphError {
    GraphError::new(-2, Some(2_207_020), "The media has expired.")
        .for_user("Media expired", "The media you are trying to access has expired.")
}

/// Reads a container. Each read counts as a poll; nothing but the status can be asked.
pub(super) fn status(world: &World, call: &Call, id: &str) -> Reply {
    let now = world.now();
    let mut graph = world.graph();
    let container = graph.containers.get_mut(id).ok_or_else(|| GraphError::no_such_object("get", id))?;
    let code = container.status_code(now);
    container.polls_left = container.polls_left.saturating_sub(1);
    let words = match code {
        "IN_PROGRESS" => "In Progress: Media is still being processed.",
        "FINISHED" => "Finished: Media has been uploaded and it is ready to be published.",
        "PUBLISHED" => "Published: Media has been successfully published.",
        "EXPIRED" => "Expired: Media was not published within 24 hours and has expired.",
        _ => "Error: Media upload has failed with error code 2207053",
    };
    fields::select(call, &json!({"id": id, "status_code": code, "status": words}), &[], "Container")
}
