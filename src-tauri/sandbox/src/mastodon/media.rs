//! Uploads: received, in processing, ready, failed.

use serde_json::{Value, json};

use crate::{
    exchange::Call,
    faults::Quirks,
    mastodon::{
        Reply,
        errors::Refused,
        instance::{LARGEST_IMAGE_BYTES, LARGEST_VIDEO_BYTES, LONGEST_DESCRIPTION, MOST_PIXELS, TYPES},
        state::Attachment,
    },
    state::World,
};

/// An attachment as the API shows it; no address while it is in processing.
pub(super) fn shown(world: &World, file: &Attachment) -> Value {
    let address = format!("{}/media/{}", world.addresses().mastodon, file.media.file_name());
    let kind = if file.media.mime.starts_with("video/") { "video" } else { "image" };
    let (width, height) = (file.media.width, file.media.height);
    let size = json!({
        "width": width,
        "height": height,
        "size": format!("{width}x{height}"),
        "aspect": f64::from(width) / f64::from(height.max(1)),
    });
    json!({
        "id": file.id,
        "type": kind,
        "url": (file.polls_left == 0).then_some(&address),
        "preview_url": (file.polls_left == 0).then_some(&address),
        "remote_url": null,
        "meta": {
            "original": size,
            "small": size,
            "focus": file.focus.map(|(x, y)| json!({"x": x, "y": y})),
        },
        "description": file.description,
        "blurhash": null,
    })
}

fn description(call: &Call) -> Result<Option<String>, Refused> {
    let text = call.param("description").filter(|text| !text.is_empty());
    if text.as_ref().is_some_and(|text| text.chars().count() > LONGEST_DESCRIPTION) {
        return Err(Refused::validation(format!(
            "Description is too long (maximum is {LONGEST_DESCRIPTION} characters)"
        )));
    }
    Ok(text)
}

fn focus(call: &Call) -> Option<(f64, f64)> {
    let text = call.param("focus")?;
    let (x, y) = text.split_once(',')?;
    Some((x.trim().parse().ok()?, y.trim().parse().ok()?))
}

pub(super) fn upload(world: &World, call: &Call, quirks: Quirks, k: usize, is_v2: bool) -> Reply {
    let part = call
        .file("file")
        .filter(|part| !part.bytes.is_empty())
        .ok_or_else(|| Refused::validation("File can't be blank"))?;
    let description = description(call)?;
    let media = world.blobs.put(&part.bytes);
    if !TYPES.contains(&media.mime.as_str()) {
        return Err(Refused::validation("File content type is invalid, File is invalid"));
    }
    let is_video = media.mime.starts_with("video/");
    let most = if is_video { LARGEST_VIDEO_BYTES } else { LARGEST_IMAGE_BYTES };
    if media.size_bytes > most {
        return Err(Refused::validation(format!("File size must be less than {} MB", most / 1_048_576)));
    }
    if !is_video && media.width == 0 {
        return Err(Refused::new(422, "Error processing thumbnail for uploaded media"));
    }
    if u64::from(media.width) * u64::from(media.height) > MOST_PIXELS {
        return Err(Refused::validation(format!(
            "File dimensions {}x{} are not supported",
            media.width, media.height
        )));
    }
    let polls_left = if is_v2 { quirks.media_polls.unwrap_or(world.options.strict.media_polls) } else { 0 };
    let mut state = world.mastodon();
    let file = Attachment {
        id: (110_000_000_000_000_000 + state.new_number()).to_string(),
        account: k,
        media,
        description,
        focus: focus(call),
        polls_left,
        has_failed: quirks.media_failed,
        holder: None,
    };
    let shown = shown(world, &file);
    state.attachments.put(file);
    let is_ready = polls_left == 0 && !quirks.media_failed;
    Ok((if is_ready || !is_v2 { 200 } else { 202 }, shown))
}

/// Reads an attachment that nothing holds yet. Each read counts as a poll.
pub(super) fn read(world: &World, k: usize, id: &str) -> Reply {
    let mut state = world.mastodon();
    let file = state
        .attachments
        .get_mut(id)
        .filter(|file| file.account == k && file.holder.is_none())
        .ok_or_else(Refused::not_found)?;
    if file.has_failed {
        return Err(Refused::new(422, "Error processing thumbnail for uploaded media"));
    }
    let status = if file.polls_left > 0 { 206 } else { 200 };
    let shown = shown(world, file);
    file.polls_left = file.polls_left.saturating_sub(1);
    Ok((status, shown))
}

pub(super) fn update(world: &World, call: &Call, k: usize, id: &str) -> Reply {
    let text = description(call)?;
    let mut state = world.mastodon();
    let file = state
        .attachments
        .get_mut(id)
        .filter(|file| file.account == k && file.holder.is_none())
        .ok_or_else(Refused::not_found)?;
    if text.is_some() {
        file.description = text;
    }
    file.focus = focus(call).or(file.focus);
    Ok((200, shown(world, file)))
}
