//! Sending, editing and deleting. Lengths are Unicode code points; a photo is at most 10 MiB, its sides
//! together 10 000 pixels, one side twenty times the other.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    exchange::{Call, Part},
    faults::Quirks,
    media::Stored,
    state::World,
    telegram::{Reply, chats, errors::Refused, state::Message},
};

const LONGEST_TEXT: usize = 4096;
const LONGEST_CAPTION: usize = 1024;
/// A longer text is refused before it is looked at.
const LONGEST_RAW: usize = 32_768;
const LARGEST_PHOTO_BYTES: usize = 10 * 1024 * 1024;
const LONGEST_SIDES: u32 = 10_000;
const MOST_RATIO: u32 = 20;
const MOST_ITEMS: usize = 10;

/// Text as kept: without white space around it.
fn checked(text: &str, most: usize, too_long: &str) -> Result<String, Refused> {
    if text.len() > LONGEST_RAW {
        return Err(Refused::bad(too_long));
    }
    let text = text.trim();
    if text.chars().count() > most { Err(Refused::bad(too_long)) } else { Ok(text.to_owned()) }
}

fn text(call: &Call) -> Result<String, Refused> {
    plain(call)?;
    let raw = call.param("text").filter(|text| !text.is_empty());
    let raw = raw.ok_or_else(|| Refused::bad("message text is empty"))?;
    let text = checked(&raw, LONGEST_TEXT, "message is too long")?;
    if text.is_empty() { Err(Refused::bad("text must be non-empty")) } else { Ok(text) }
}

fn caption(raw: Option<&str>) -> Result<String, Refused> {
    checked(raw.unwrap_or_default(), LONGEST_CAPTION, "message caption is too long")
}

fn plain(call: &Call) -> Result<(), Refused> {
    match call.param("parse_mode").filter(|mode| !mode.is_empty()) {
        None => Ok(()),
        Some(_) => Err(Refused::bad("unsupported parse_mode")),
    }
}

fn photo(world: &World, part: Option<&Part>) -> Result<Stored, Refused> {
    let part = part.filter(|part| !part.bytes.is_empty());
    let part = part.ok_or_else(|| Refused::bad("there is no photo in the request"))?;
    let size = part.bytes.len();
    if size > LARGEST_PHOTO_BYTES {
        return Err(Refused::bad(format!(
            "file of size {size} bytes is too big for a photo; the maximum size is {LARGEST_PHOTO_BYTES} bytes"
        )));
    }
    let photo = world.blobs.put(&part.bytes);
    let (width, height) = (photo.width, photo.height);
    if !matches!(photo.mime.as_str(), "image/jpeg" | "image/png" | "image/webp") || width == 0 || height == 0
    {
        return Err(Refused::bad("IMAGE_PROCESS_FAILED"));
    }
    if width + height > LONGEST_SIDES || width.max(height) > MOST_RATIO * width.min(height) {
        return Err(Refused::bad("PHOTO_INVALID_DIMENSIONS"));
    }
    Ok(photo)
}

fn message(account: usize, id: u64, text: String, photo: Option<Stored>, at: Timestamp) -> Message {
    Message { account, id, text, photo, group: None, created_at: at, edited_at: None, is_deleted: false }
}

pub(super) fn send_text(world: &World, call: &Call, k: usize) -> Reply {
    chats::own(world, call, k)?;
    let text = text(call)?;
    let mut state = world.telegram();
    let sent = message(k, state.next_id(k), text, None, world.now());
    let shown = sent.shown();
    state.add(sent);
    Ok(shown)
}

pub(super) fn send_photo(world: &World, call: &Call, k: usize, quirks: Quirks) -> Reply {
    chats::own(world, call, k)?;
    plain(call)?;
    let caption = caption(call.param("caption").as_deref())?;
    if quirks.media_failed {
        return Err(Refused::bad("IMAGE_PROCESS_FAILED"));
    }
    let photo = photo(world, call.file("photo"))?;
    let mut state = world.telegram();
    let sent = message(k, state.next_id(k), caption, Some(photo), world.now());
    let shown = sent.shown();
    state.add(sent);
    Ok(shown)
}

/// All items or none: one bad item refuses the album.
pub(super) fn send_album(world: &World, call: &Call, k: usize) -> Reply {
    chats::own(world, call, k)?;
    let media = call.param("media").and_then(|text| serde_json::from_str::<Vec<Value>>(&text).ok());
    let items = media.ok_or_else(|| Refused::bad("can't parse media JSON object"))?;
    if items.is_empty() || items.len() > MOST_ITEMS {
        return Err(Refused::bad("wrong number of messages to send as an album"));
    }
    let mut ready = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let word = |key: &str| item.get(key).and_then(Value::as_str);
        let one = || {
            if word("type") != Some("photo") {
                return Err(Refused::bad("unsupported media type"));
            }
            let file = word("media").and_then(|name| name.strip_prefix("attach://"));
            let photo = photo(world, file.and_then(|name| call.file(name)))?;
            Ok((caption(word("caption"))?, photo))
        };
        ready.push(one().map_err(|refused: Refused| {
            let words = refused.words();
            Refused::bad(format!("failed to send message #{} with the error message \"{words}\"", at + 1))
        })?);
    }
    let mut state = world.telegram();
    let (first, now) = (state.next_id(k), world.now());
    let mut shown = Vec::new();
    for ((caption, photo), id) in ready.into_iter().zip(first..) {
        let mut sent = message(k, id, caption, Some(photo), now);
        sent.group = Some(format!("{k}{first:015}"));
        shown.push(sent.shown());
        state.add(sent);
    }
    Ok(json!(shown))
}

fn message_id(call: &Call) -> u64 {
    call.param("message_id").and_then(|id| id.parse().ok()).unwrap_or(0)
}

pub(super) fn edit(world: &World, call: &Call, k: usize, what: &str) -> Reply {
    chats::own(world, call, k)?;
    let new = if what == "text" { text(call)? } else { caption(call.param("caption").as_deref())? };
    let mut state = world.telegram();
    let message =
        state.get_mut(k, message_id(call)).ok_or_else(|| Refused::bad("message to edit not found"))?;
    if message.photo.is_some() != (what == "caption") {
        return Err(Refused::bad(format!("there is no {what} in the message to edit")));
    }
    if message.text == new {
        return Err(Refused::bad(
            "message is not modified: specified new message content and reply markup are exactly the same \
             as a current content and reply markup of the message",
        ));
    }
    message.text = new;
    message.edited_at = Some(world.now());
    Ok(message.shown())
}

pub(super) fn delete(world: &World, call: &Call, k: usize) -> Reply {
    chats::own(world, call, k)?;
    let mut state = world.telegram();
    let message =
        state.get_mut(k, message_id(call)).ok_or_else(|| Refused::bad("message to delete not found"))?;
    message.is_deleted = true;
    Ok(json!(true))
}
