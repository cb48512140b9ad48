//! Pins and boards: what may be written, pictures in base64, lists with a bookmark.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use crate::{
    exchange::{Body, Call},
    faults::Quirks,
    media::Stored,
    pinterest::{Reply, errors::Refused, state::Pin},
    seed,
    state::World,
};

const LONGEST_TITLE: usize = 100;
const LONGEST_DESCRIPTION: usize = 800;
const LONGEST_ALT_TEXT: usize = 500;
const LONGEST_LINK: usize = 2048;
const LARGEST_PICTURE_BYTES: usize = 10 * 1024 * 1024;
const LARGEST_PAGE: usize = 250;

fn given(call: &Call) -> Result<&Map<String, Value>, Refused> {
    match &call.body {
        Body::Json(Value::Object(fields)) => Ok(fields),
        _ => Err(Refused::invalid("the body is not a JSON object")),
    }
}

fn text(fields: &Map<String, Value>, key: &str, most: usize) -> Result<Option<String>, Refused> {
    match fields.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.chars().count() <= most => {
            Ok(Some(text.clone()).filter(|text| !text.is_empty()))
        }
        Some(Value::String(_)) => Err(Refused::invalid(format!("{key} is longer than {most}"))),
        Some(_) => Err(Refused::invalid(format!("{key} is not of type 'string'"))),
    }
}

fn picture(world: &World, source: Option<&Value>) -> Result<Stored, Refused> {
    let word = |key: &str| source.and_then(|source| source.get(key)).and_then(Value::as_str);
    let unreadable = || Refused::new(400, 235, "Sorry! We couldn't read that image.");
    match word("source_type") {
        Some("image_base64") => {}
        Some("image_url") => return Err(Refused::new(400, 235, "Sorry! Unable to reach the URL.")),
        _ => return Err(Refused::invalid("media_source.source_type is not supported")),
    }
    let declared = word("content_type").filter(|kind| matches!(*kind, "image/jpeg" | "image/png"));
    let declared = declared.ok_or_else(|| Refused::invalid("content_type is not supported"))?;
    let bytes = word("data").and_then(|data| STANDARD.decode(data).ok()).ok_or_else(unreadable)?;
    if bytes.len() > LARGEST_PICTURE_BYTES {
        return Err(Refused::invalid("the image is too large"));
    }
    let stored = world.blobs.put(&bytes.into());
    if stored.mime != declared || stored.width == 0 { Err(unreadable()) } else { Ok(stored) }
}

fn own_board(k: usize, id: Option<&str>) -> Result<(), Refused> {
    if id == Some(seed::pinterest_board_id(k).as_str()) {
        Ok(())
    } else {
        Err(Refused::new(404, 40, "Board not found."))
    }
}

pub(super) fn create(world: &World, call: &Call, k: usize, quirks: Quirks) -> Reply {
    let fields = given(call)?;
    own_board(k, fields.get("board_id").and_then(Value::as_str))?;
    if quirks.media_failed {
        return Err(Refused::new(400, 235, "Sorry! We couldn't read that image."));
    }
    let title = text(fields, "title", LONGEST_TITLE)?;
    let description = text(fields, "description", LONGEST_DESCRIPTION)?;
    let alt_text = text(fields, "alt_text", LONGEST_ALT_TEXT)?;
    let link = text(fields, "link", LONGEST_LINK)?;
    let picture = picture(world, fields.get("media_source"))?;
    let mut state = world.pinterest();
    let pin = Pin {
        account: k,
        id: state.new_id(),
        title,
        description,
        alt_text,
        link,
        picture,
        created_at: world.now(),
        is_deleted: false,
    };
    let shown = pin.shown();
    state.pins.put(pin);
    Ok((201, shown))
}

fn not_found() -> Refused {
    Refused::new(404, 50, "Pin not found.")
}

pub(super) fn read(world: &World, k: usize, id: &str) -> Reply {
    world.pinterest().get_mut(k, id).map(|pin| (200, pin.shown())).ok_or_else(not_found)
}

pub(super) fn edit(world: &World, call: &Call, k: usize, id: &str) -> Reply {
    let fields = given(call)?;
    if let Some(strange) = fields.keys().find(|key| {
        !matches!(
            key.as_str(),
            "title" | "description" | "alt_text" | "link" | "board_id" | "board_section_id" | "note"
        )
    }) {
        return Err(Refused::invalid(format!("{strange} cannot be changed")));
    }
    let changes = [
        ("title", text(fields, "title", LONGEST_TITLE)?),
        ("description", text(fields, "description", LONGEST_DESCRIPTION)?),
        ("alt_text", text(fields, "alt_text", LONGEST_ALT_TEXT)?),
        ("link", text(fields, "link", LONGEST_LINK)?),
    ];
    let mut state = world.pinterest();
    let pin = state.get_mut(k, id).ok_or_else(not_found)?;
    for (key, value) in changes {
        if fields.contains_key(key) {
            match key {
                "title" => pin.title = value,
                "description" => pin.description = value,
                "alt_text" => pin.alt_text = value,
                _ => pin.link = value,
            }
        }
    }
    Ok((200, pin.shown()))
}

pub(super) fn delete(world: &World, k: usize, id: &str) -> Reply {
    let mut state = world.pinterest();
    state.get_mut(k, id).ok_or_else(not_found)?.is_deleted = true;
    Ok((204, Value::Null))
}

pub(super) fn board(k: usize) -> Value {
    json!({
        "id": seed::pinterest_board_id(k),
        "name": seed::PINTEREST_BOARD_NAME,
        "description": "",
        "owner": {"username": seed::pinterest_username(k)},
        "privacy": "PUBLIC",
    })
}

/// One page of a list.
fn page(call: &Call, all: &[Value]) -> Reply {
    let size = call.param("page_size").map_or(Some(25), |text| text.parse::<usize>().ok());
    let size = size.filter(|size| (1..=LARGEST_PAGE).contains(size));
    let size = size.ok_or_else(|| Refused::invalid("page_size must be 1 to 250"))?;
    let skip: usize = call.param("bookmark").and_then(|text| text.parse().ok()).unwrap_or(0);
    let items: Vec<_> = all.iter().skip(skip).take(size).collect();
    let next = (skip + size < all.len()).then(|| (skip + size).to_string());
    Ok((200, json!({"items": items, "bookmark": next})))
}

pub(super) fn boards(call: &Call, k: usize) -> Reply {
    page(call, &[board(k)])
}

/// Pins of the board, newest first.
pub(super) fn list(world: &World, call: &Call, k: usize, quirks: Quirks) -> Reply {
    let oldest_hidden = world.now().as_second() - quirks.listing_lag_secs;
    let state = world.pinterest();
    let is_listed = |pin: &&Pin| {
        pin.account == k
            && !pin.is_deleted
            && (quirks.listing_lag_secs == 0 || pin.created_at.as_second() < oldest_hidden)
    };
    let all: Vec<_> = state.pins.iter().rev().filter(is_listed).map(Pin::shown).collect();
    page(call, &all)
}
