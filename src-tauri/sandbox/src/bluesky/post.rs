//! The rules of `app.bsky.feed.post`, checked as strictly as the lexicon allows.
//!
//! Facets are held against the text too (character borders, length): a real server takes wrong offsets and
//! shows broken links, which no test would see.

use serde_json::Value;
use unicode_segmentation::UnicodeSegmentation;

use crate::{
    bluesky::{blobs, errors::XrpcError, state::Bluesky},
    state::World,
};

type Checked = Result<(), XrpcError>;

const MOST_BYTES: usize = 3000;
const MOST_GRAPHEMES: usize = 300;
const MOST_IMAGES: usize = 4;
const MOST_GALLERY_ITEMS: usize = 20;
const LARGEST_THUMB: usize = 1_000_000;
const LARGEST_VIDEO: usize = 100_000_000;

fn wrong(message: impl std::fmt::Display) -> XrpcError {
    XrpcError::invalid(format!("Invalid app.bsky.feed.post record: {message}"))
}

/// A record key made of a clock: 13 characters of sortable base32 whose first keeps the top bit free.
pub(super) fn is_tid(rkey: &str) -> bool {
    rkey.len() == 13
        && rkey.bytes().all(|b| matches!(b, b'2'..=b'7' | b'a'..=b'z'))
        && rkey.bytes().next().is_some_and(|b| matches!(b, b'2'..=b'7' | b'a'..=b'j'))
}

pub(super) fn check(world: &World, state: &Bluesky, did: &str, record: &Value) -> Checked {
    let text = record
        .get("text")
        .and_then(Value::as_str)
        .ok_or_else(|| wrong("Record must have the property \"text\""))?;
    if text.len() > MOST_BYTES {
        return Err(wrong(format!("Record/text must not be longer than {MOST_BYTES} characters")));
    }
    if text.graphemes(true).count() > MOST_GRAPHEMES {
        return Err(wrong(format!("Record/text must not be longer than {MOST_GRAPHEMES} graphemes")));
    }
    let created_at = record
        .get("createdAt")
        .and_then(Value::as_str)
        .ok_or_else(|| wrong("Record must have the property \"createdAt\""))?;
    if !is_datetime(created_at) {
        return Err(wrong("Record/createdAt must be an valid atproto datetime (both RFC-3339 and ISO-8601)"));
    }
    check_strings(record, "langs", 3, |lang| {
        !lang.is_empty()
            && lang.split('-').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric()))
    })?;
    check_strings(record, "tags", 8, |tag| tag.len() <= 640 && tag.graphemes(true).count() <= 64)?;
    for facet in list(record, "facets")? {
        check_facet(text, facet)?;
    }
    if let Some(reply) = record.get("reply") {
        for end in ["root", "parent"] {
            check_ref(reply.get(end), &format!("Record/reply/{end}"))?;
        }
    }
    match record.get("embed") {
        None => Ok(()),
        Some(embed) => check_embed(world, state, did, embed),
    }
}

/// RFC 3339 with a time zone, upper-case letters and no "-00:00".
fn is_datetime(text: &str) -> bool {
    text.parse::<jiff::Timestamp>().is_ok()
        && text.as_bytes().get(10) == Some(&b'T')
        && !text.ends_with("-00:00")
        && (text.ends_with('Z')
            || matches!(text.len().checked_sub(6).and_then(|at| text.as_bytes().get(at)), Some(b'+' | b'-')))
}

fn list<'a>(value: &'a Value, name: &str) -> Result<&'a [Value], XrpcError> {
    match value.get(name) {
        None => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(wrong(format!("Record/{name} must be an array"))),
    }
}

fn check_strings(record: &Value, name: &str, most: usize, fits: impl Fn(&str) -> bool) -> Checked {
    let items = list(record, name)?;
    if items.len() > most {
        return Err(wrong(format!("Record/{name} must not have more than {most} elements")));
    }
    if items.iter().all(|item| item.as_str().is_some_and(&fits)) {
        Ok(())
    } else {
        Err(wrong(format!("Record/{name} holds an invalid value")))
    }
}

fn check_facet(text: &str, facet: &Value) -> Checked {
    let offset = |name: &str| {
        facet
            .pointer(&format!("/index/{name}"))
            .and_then(Value::as_u64)
            .and_then(|offset| usize::try_from(offset).ok())
            .ok_or_else(|| wrong(format!("Record/facets/index must have an integer \"{name}\"")))
    };
    let (start, end) = (offset("byteStart")?, offset("byteEnd")?);
    if start >= end || end > text.len() || text.get(start..end).is_none() {
        return Err(wrong(format!(
            "Record/facets/index {start}..{end} does not stand on characters of the text"
        )));
    }
    let features = facet
        .get("features")
        .and_then(Value::as_array)
        .filter(|features| !features.is_empty())
        .ok_or_else(|| wrong("Record/facets must have the property \"features\""))?;
    for feature in features {
        let field = |name: &str| feature.get(name).and_then(Value::as_str);
        let fits = match field("$type") {
            Some("app.bsky.richtext.facet#link") => {
                field("uri").is_some_and(|uri| url::Url::parse(uri).is_ok())
            }
            Some("app.bsky.richtext.facet#mention") => {
                field("did").is_some_and(|did| did.starts_with("did:"))
            }
            Some("app.bsky.richtext.facet#tag") => field("tag")
                .is_some_and(|tag| !tag.is_empty() && tag.len() <= 640 && tag.graphemes(true).count() <= 64),
            _ => false,
        };
        if !fits {
            return Err(wrong("Record/facets/features holds an invalid feature"));
        }
    }
    Ok(())
}

fn check_ref(reference: Option<&Value>, place: &str) -> Checked {
    let field = |name: &str| reference?.get(name)?.as_str();
    if field("uri").is_some_and(|uri| uri.starts_with("at://"))
        && field("cid").is_some_and(|cid| cid.starts_with('b'))
    {
        Ok(())
    } else {
        Err(wrong(format!("{place} must be a strong reference")))
    }
}

fn check_embed(world: &World, state: &Bluesky, did: &str, embed: &Value) -> Checked {
    let kind = embed.get("$type").and_then(Value::as_str).unwrap_or("");
    match kind {
        "app.bsky.embed.images" => {
            let most = world.options.strict.blob_max_bytes;
            check_images(state, did, list(embed, "images")?, MOST_IMAGES, most, false)
        }
        "app.bsky.embed.gallery" => {
            let most = world.options.strict.blob_max_bytes;
            check_images(state, did, list(embed, "items")?, MOST_GALLERY_ITEMS, most, true)
        }
        "app.bsky.embed.external" => check_external(state, did, embed),
        "app.bsky.embed.video" => {
            check_blob(state, did, embed.get("video"), "video/mp4", LARGEST_VIDEO, "Record/embed/video")
        }
        "app.bsky.embed.record" => check_ref(embed.get("record"), "Record/embed/record"),
        "app.bsky.embed.recordWithMedia" => {
            check_ref(embed.pointer("/record/record"), "Record/embed/record")?;
            match embed.get("media") {
                Some(media) => check_embed(world, state, did, media),
                None => Err(wrong("Record/embed must have the property \"media\"")),
            }
        }
        other => Err(wrong(format!("Record/embed has the unknown type \"{other}\""))),
    }
}

fn check_images(
    state: &Bluesky,
    did: &str,
    images: &[Value],
    most: usize,
    most_bytes: usize,
    needs_ratio: bool,
) -> Checked {
    if images.is_empty() || images.len() > most {
        return Err(wrong(format!("Record/embed/images must have between 1 and {most} elements")));
    }
    for image in images {
        if !image.get("alt").is_some_and(Value::is_string) {
            return Err(wrong("Record/embed/images must have the property \"alt\""));
        }
        match image.get("aspectRatio") {
            None if needs_ratio => {
                return Err(wrong("Record/embed/items must have the property \"aspectRatio\""));
            }
            None => {}
            Some(ratio) => {
                let side = |name: &str| ratio.get(name).and_then(Value::as_u64).unwrap_or(0);
                if side("width") == 0 || side("height") == 0 {
                    return Err(wrong("Record/embed/images/aspectRatio must have positive integers"));
                }
            }
        }
        check_blob(state, did, image.get("image"), "image/", most_bytes, "Record/embed/images/image")?;
    }
    Ok(())
}

fn check_external(state: &Bluesky, did: &str, embed: &Value) -> Checked {
    let field = |name: &str| {
        embed
            .pointer(&format!("/external/{name}"))
            .and_then(Value::as_str)
            .ok_or_else(|| wrong(format!("Record/embed/external must have the property \"{name}\"")))
    };
    field("title")?;
    field("description")?;
    if url::Url::parse(field("uri")?).is_err() {
        return Err(wrong("Record/embed/external/uri must be a uri"));
    }
    match embed.pointer("/external/thumb") {
        None => Ok(()),
        thumb => check_blob(state, did, thumb, "image/", LARGEST_THUMB, "Record/embed/external/thumb"),
    }
}

/// A blob reference must name an upload of this account and agree with it.
fn check_blob(
    state: &Bluesky,
    did: &str,
    blob: Option<&Value>,
    accepted: &str,
    most_bytes: usize,
    place: &str,
) -> Checked {
    let text = |pointer: &str| blob?.pointer(pointer)?.as_str();
    let (Some("blob"), Some(cid), Some(mime)) = (text("/$type"), text("/ref/$link"), text("/mimeType"))
    else {
        return Err(wrong(format!("{place} should be a blob ref")));
    };
    let size = blob
        .and_then(|blob| blob.get("size"))
        .and_then(Value::as_u64)
        .ok_or_else(|| wrong(format!("{place} should be a blob ref")))?;
    let known = state
        .blobs
        .get(&format!("{did}/{cid}"))
        .ok_or_else(|| XrpcError::new(400, "BlobNotFound", format!("Could not find blob: {cid}")))?;
    if known.mime != mime || !mime.starts_with(accepted) {
        return Err(XrpcError::new(
            400,
            "InvalidMimeType",
            format!("Referenced Mimetype does not match stored blob. Expected: {}, Got: {mime}", known.mime),
        ));
    }
    if known.media.size_bytes as u64 != size {
        return Err(XrpcError::new(
            400,
            "InvalidSize",
            format!(
                "Referenced Size does not match stored blob. Expected: {}, Got: {size}",
                known.media.size_bytes
            ),
        ));
    }
    if known.media.size_bytes > most_bytes {
        return Err(blobs::too_large(known.media.size_bytes, most_bytes));
    }
    Ok(())
}
