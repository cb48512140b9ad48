//! Pictures: an address is asked for, the whole file is put there, and it is ready some reads later.

use serde_json::{Value, json};

use crate::{
    exchange::{Answer, Body, Call},
    faults::Quirks,
    linkedin::{Reply, errors::Refused, state::Image},
    seed,
    state::World,
};

/// A picture must have fewer pixels.
const PIXELS: u64 = 36_152_320;

pub(super) fn initialize(world: &World, call: &Call, k: usize, quirks: Quirks) -> Reply {
    if call.param("action").as_deref() != Some("initializeUpload") {
        return Err(Refused::new(400, "ILLEGAL_ARGUMENT", "Unknown action"));
    }
    let Body::Json(body) = &call.body else {
        return Err(Refused::new(400, "ILLEGAL_ARGUMENT", "The body is no JSON"));
    };
    let owner = body.pointer("/initializeUploadRequest/owner").and_then(Value::as_str);
    if owner != Some(seed::linkedin_organization_urn(k).as_str()) {
        return Err(Refused::forbidden());
    }
    let mut state = world.linkedin();
    let id = format!("C4E22AQsandbox{:06}", state.next_number());
    let urn = format!("urn:li:image:{id}");
    let image = Image {
        account: k,
        stored: None,
        polls_left: quirks.media_polls.unwrap_or(0),
        is_failed: quirks.media_failed,
    };
    state.images.insert(urn.clone(), image);
    let base = &world.addresses().linkedin;
    Ok(Answer::json(
        200,
        &json!({"value": {
            "uploadUrlExpiresAt": world.now().as_millisecond() + 86_400_000,
            "uploadUrl": format!("{base}/dms-uploads/{id}/uploaded-image/0?sync=0"),
            "image": urn,
        }}),
    ))
}

pub(super) fn put(world: &World, call: &Call, id: &str) -> Reply {
    let Body::Raw(bytes) = &call.body else {
        return Err(Refused::new(400, "BAD_UPLOAD", "The file is empty"));
    };
    let stored = world.blobs.put(bytes);
    let mut state = world.linkedin();
    let image = state.images.get_mut(&format!("urn:li:image:{id}"));
    let image = image.ok_or_else(|| Refused::new(404, "NOT_FOUND", "No such upload"))?;
    let is_picture =
        matches!(stored.mime.as_str(), "image/jpeg" | "image/png" | "image/gif") && stored.width > 0;
    let pixels = u64::from(stored.width) * u64::from(stored.height);
    image.is_failed |= !is_picture || pixels >= PIXELS;
    image.stored = Some(stored);
    Ok(Answer::bytes(201, "text/plain", axum::body::Bytes::new()))
}

pub(super) fn read(world: &World, urn: &str, k: usize) -> Reply {
    let mut state = world.linkedin();
    let image = state.images.get_mut(urn).filter(|image| image.account == k);
    let image = image.ok_or_else(|| Refused::new(404, "NOT_FOUND", "The image does not exist"))?;
    let status = match &image.stored {
        None => "WAITING_UPLOAD",
        Some(_) if image.is_failed => "PROCESSING_FAILED",
        Some(_) if image.polls_left > 0 => {
            image.polls_left -= 1;
            "PROCESSING"
        }
        Some(_) => "AVAILABLE",
    };
    Ok(Answer::json(200, &json!({"id": urn, "owner": seed::linkedin_organization_urn(k), "status": status})))
}
