//! Uploading and reading blobs.

use serde_json::json;

use crate::{
    bluesky::{Reply, account_of, cid, errors::XrpcError, session, state::Blob},
    exchange::{Answer, Body, Call},
    seed,
    state::World,
};

pub(super) fn upload(world: &World, call: &Call) -> Reply {
    let did = session::access(world, call)?;
    let declared = call.header("content-type").to_owned();
    let bytes = match &call.body {
        Body::Raw(bytes) if !bytes.is_empty() => bytes,
        _ => {
            return Err(XrpcError::invalid("Request encoding (Content-Type) required but not provided"));
        }
    };
    if declared.is_empty() {
        return Err(XrpcError::invalid("Request encoding (Content-Type) required but not provided"));
    }
    let stored = world.blobs.put(bytes);
    // The server believes the bytes, and the header only when the bytes say nothing.
    let mime = if stored.mime == "application/octet-stream" { declared } else { stored.mime.clone() };
    let most = world.options.strict.blob_max_bytes;
    if mime.starts_with("image/") && stored.size_bytes > most {
        return Err(too_large(stored.size_bytes, most));
    }
    let cid = cid::of_bytes(bytes);
    let size = stored.size_bytes;
    world.bluesky().blobs.put(Blob { did, cid: cid.clone(), mime: mime.clone(), media: stored });
    Ok(json!({"blob": {
        "$type": "blob",
        "ref": {"$link": cid},
        "mimeType": mime,
        "size": size,
    }}))
}

pub(super) fn too_large(size: usize, most: usize) -> XrpcError {
    let kilobytes = |bytes: usize| bytes as f64 / 1024.0;
    XrpcError::new(
        400,
        "BlobTooLarge",
        format!(
            "This file is too large. It is {:.2}KB but the maximum size is {:.2}KB.",
            kilobytes(size),
            kilobytes(most)
        ),
    )
}

pub(super) fn get(world: &World, call: &Call) -> Answer {
    let found = || {
        let did = seed::bluesky_did(account_of(world, &call.param("did")?)?);
        let key = format!("{did}/{}", call.param("cid")?);
        let state = world.bluesky();
        let blob = state.blobs.get(&key)?;
        Some(Answer::bytes(200, &blob.mime, world.blobs.get(&blob.media.sha256)?))
    };
    found().unwrap_or_else(|| XrpcError::new(400, "BlobNotFound", "Blob not found").answer())
}
