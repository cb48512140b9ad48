//! `/wp-json/wp/v2/users/me` and `/wp-json/wp/v2/media`, also as `?rest_route=`.

use axum::http::Method;
use serde_json::{Value, json};

use super::{ROOT, SiteFault, is_signed_in, lost, refused_by_web_server};
use crate::{
    exchange::{Answer, Body, Call},
    seed,
    state::World,
};

fn error(status: u16, code: &str, message: &str) -> Answer {
    Answer::json(status, &json!({"code": code, "message": message, "data": {"status": status}}))
}

pub(super) fn answer(world: &World, call: &Call, fault: Option<SiteFault>) -> Answer {
    if let Some(refused) = refused_by_web_server(fault, world) {
        return refused;
    }
    let plain = call.param("rest_route");
    let path: Vec<String> = match &plain {
        Some(route) => route.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect(),
        None => call.segments.get(2..).unwrap_or_default().to_vec(),
    };
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    if plain.is_none() && fault == Some(SiteFault::NoSpeakingAddresses) {
        return Answer::html(404, "<!doctype html><title>Page introuvable</title>".to_owned());
    }
    if fault == Some(SiteFault::LoginRefused) || (fault.is_none() && has_wrong_password(call)) {
        return error(401, "incorrect_password", "Le mot de passe d’application fourni est incorrect.");
    }
    if fault == Some(SiteFault::LoginUnheard) || !is_signed_in(call, seed::SITE_PASSWORD) {
        return error(401, "rest_not_logged_in", "Vous n’êtes pas connecté.");
    }
    let may_upload = fault != Some(SiteFault::RightsMissing);
    match (&call.method, path.as_slice()) {
        (&Method::GET, ["wp", "v2", "users", "me"]) => {
            Answer::json(200, &json!({"id": 2, "capabilities": {"read": true, "upload_files": may_upload}}))
        }
        (&Method::POST, ["wp", "v2", "media"]) if !may_upload => {
            error(403, "rest_cannot_create", "Sorry, you are not allowed to upload media on this site.")
        }
        (&Method::POST, ["wp", "v2", "media"]) => upload(world, call, fault),
        (&Method::GET, ["wp", "v2", "media"]) => find(world, call, fault),
        (&Method::GET, ["wp", "v2", "media", id]) => one(world, id),
        (&Method::DELETE, ["wp", "v2", "media", _]) if fault == Some(SiteFault::CannotRemove) => {
            error(403, "rest_cannot_delete", "Sorry, you are not allowed to delete this post.")
        }
        (&Method::DELETE, ["wp", "v2", "media", id]) => remove(world, call, id),
        _ => error(404, "rest_no_route", "No route was found matching the URL and request method."),
    }
}

fn has_wrong_password(call: &Call) -> bool {
    call.header("authorization").starts_with("Basic ") && !is_signed_in(call, seed::SITE_PASSWORD)
}

fn shown(world: &World, id: u64, path: &str) -> Value {
    let slug = path.rsplit('/').next().and_then(|file| file.split('.').next()).unwrap_or_default();
    json!({"id": id, "slug": slug, "source_url": format!("{}{ROOT}/{path}", world.addresses().control)})
}

fn upload(world: &World, call: &Call, fault: Option<SiteFault>) -> Answer {
    let Body::Raw(bytes) = &call.body else {
        return error(400, "rest_upload_no_data", "No data supplied.");
    };
    let disposition = call.header("content-disposition");
    let name = disposition.strip_prefix("attachment; filename=\"").and_then(|rest| rest.strip_suffix('"'));
    let Some(name) = name.filter(|name| name.is_ascii() && !name.contains('/')) else {
        return error(400, "rest_upload_invalid_disposition", "Invalid Content-Disposition supplied.");
    };
    let stored = world.blobs.put(bytes);
    if !stored.mime.starts_with("image/") {
        return error(
            500,
            "rest_upload_sideload_error",
            "Sorry, you are not allowed to upload this file type.",
        );
    }
    let mut site = world.site();
    let mut path = format!("wp-content/uploads/{name}");
    // A name that is taken gets a number; nothing is overwritten.
    if site.file(&path).is_some() {
        path = path.replacen('.', "-1.", 1);
    }
    let id = site.put(&path, stored);
    drop(site);
    lost(fault).unwrap_or_else(|| Answer::json(201, &shown(world, id, &path)))
}

fn find(world: &World, call: &Call, fault: Option<SiteFault>) -> Answer {
    let slug = call.param("slug").unwrap_or_default();
    let end = format!("/{slug}.jpg");
    let is_asked = |path: &str| fault == Some(SiteFault::SlugIgnored) || path.ends_with(&end);
    let mut found: Vec<(u64, String)> = world.site().numbered().filter(|(_, path)| is_asked(path)).collect();
    // The latest first, as the library lists them.
    found.sort_by_key(|(id, _)| std::cmp::Reverse(*id));
    let found: Vec<Value> = found.into_iter().map(|(id, path)| shown(world, id, &path)).collect();
    Answer::json(200, &found)
}

fn one(world: &World, id: &str) -> Answer {
    let found = world.site().numbered().find(|(number, _)| number.to_string() == id);
    match found {
        Some((id, path)) => Answer::json(200, &shown(world, id, &path)),
        None => error(404, "rest_post_invalid_id", "Invalid post ID."),
    }
}

fn remove(world: &World, call: &Call, id: &str) -> Answer {
    if call.param("force").as_deref() != Some("true") {
        return error(501, "rest_trash_not_supported", "The post does not support trashing.");
    }
    let path = world.site().numbered().find(|(number, _)| number.to_string() == id).map(|(_, path)| path);
    match path {
        Some(path) => {
            world.site().remove(&path);
            Answer::json(200, &json!({"deleted": true}))
        }
        None => error(404, "rest_post_invalid_id", "Invalid post ID."),
    }
}
