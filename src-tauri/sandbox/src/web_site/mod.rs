//! Double of the owner's web site, at `/site` of the control listener: a WordPress media library, a WebDAV
//! folder and an S3 bucket, each with the addresses at which visitors see its files.
//!
//! Written from the REST handbook of WordPress, RFC 4918 and the S3 reference. Signatures of S3 are not
//! recomputed: only that a request is signed with the known key.

mod state;
mod wordpress;

pub(crate) use state::Site;
pub use state::SiteFault;

use axum::http::Method;
use base64::Engine as _;

use crate::{
    exchange::{Answer, Body, Call},
    pages, seed,
    state::World,
};

/// Path below which the site answers.
pub(crate) const ROOT: &str = "/site";

/// Answers one request to the site.
pub(crate) fn answer(world: &World, call: &Call) -> Answer {
    let route = call.route();
    let parts = route.get(1..).unwrap_or_default();
    world.site().note(&call.method, &call.path);
    let fault = world.site().fault;
    let is_read = matches!(call.method, Method::GET | Method::HEAD);
    match parts {
        [] if call.param("rest_route").is_none() => front_page(world),
        [] | ["wp-json", ..] => wordpress::answer(world, call, fault),
        ["dav", path @ ..] => webdav(world, call, path, fault),
        ["s3", bucket, key @ ..] if *bucket == seed::SITE_BUCKET => s3(world, call, key, fault),
        path if is_read => public(world, &path.join("/"), fault),
        _ => Answer::html(405, String::new()),
    }
}

/// What every way in refuses in the same words; `None` when it lets the request through.
fn refused_by_web_server(fault: Option<SiteFault>, world: &World) -> Option<Answer> {
    let page = |status| Some(Answer::html(status, pages::layout("Site", "portal", "<main></main>")));
    match fault? {
        SiteFault::Blocked => page(403),
        SiteFault::RestOff => page(404),
        SiteFault::ServerError => page(500),
        SiteFault::Unavailable => page(503),
        SiteFault::Full => page(507),
        SiteFault::Moved => {
            let elsewhere = format!("{}/ailleurs", world.addresses().control);
            Some(Answer::html(301, String::new()).with_header("location", &elsewhere))
        }
        _ => None,
    }
}

fn webdav(world: &World, call: &Call, path: &[&str], fault: Option<SiteFault>) -> Answer {
    if let Some(refused) = refused_by_web_server(fault, world) {
        return refused;
    }
    let unheard = matches!(fault, Some(SiteFault::LoginRefused | SiteFault::LoginUnheard));
    if unheard || !is_signed_in(call, seed::SITE_PASSWORD) {
        return Answer::html(401, String::new()).with_header("www-authenticate", "Basic realm=\"dav\"");
    }
    if fault == Some(SiteFault::RightsMissing) {
        return Answer::json(403, &serde_json::json!({"error": "forbidden"}));
    }
    let mut site = world.site();
    let parent = path.split_last().map(|(_, parent)| parent.join("/")).unwrap_or_default();
    match call.method.as_str() {
        "MKCOL" if site.has_folder(&path.join("/")) => Answer::html(405, String::new()),
        "MKCOL" => {
            site.make_folder(&path.join("/"));
            Answer::html(201, String::new())
        }
        "PUT" if !site.has_folder(&parent) => Answer::html(409, String::new()),
        "PUT" => {
            let Body::Raw(bytes) = &call.body else { return Answer::html(400, String::new()) };
            site.put(&path.join("/"), world.blobs.put(bytes));
            lost(fault).unwrap_or_else(|| Answer::html(201, String::new()))
        }
        "DELETE" if fault == Some(SiteFault::CannotRemove) => Answer::html(403, String::new()),
        "DELETE" => Answer::html(if site.remove(&path.join("/")) { 204 } else { 404 }, String::new()),
        _ => Answer::html(405, String::new()),
    }
}

fn s3(world: &World, call: &Call, key: &[&str], fault: Option<SiteFault>) -> Answer {
    let error = |status, code: &str| {
        let body =
            format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{code}</Message></Error>");
        Answer::bytes(status, "application/xml", body.into())
    };
    if let Some(refused) = refused_by_web_server(fault, world) {
        return refused;
    }
    let signed = format!("AWS4-HMAC-SHA256 Credential={}/", seed::SITE_ACCESS_KEY);
    let unknown = matches!(fault, Some(SiteFault::LoginRefused | SiteFault::LoginUnheard));
    if unknown || !call.header("authorization").starts_with(&signed) {
        return error(403, "InvalidAccessKeyId");
    }
    if fault == Some(SiteFault::RightsMissing) {
        return error(403, "AccessDenied");
    }
    let path = format!("cdn/{}", key.join("/"));
    match call.method {
        Method::PUT => {
            let Body::Raw(bytes) = &call.body else { return error(400, "MissingRequestBodyError") };
            world.site().put(&path, world.blobs.put(bytes));
            lost(fault).unwrap_or_else(|| Answer::html(200, String::new()).with_header("etag", "\"1\""))
        }
        Method::DELETE if fault == Some(SiteFault::CannotRemove) => error(403, "AccessDenied"),
        Method::DELETE => {
            world.site().remove(&path);
            Answer::html(204, String::new())
        }
        _ => error(405, "MethodNotAllowed"),
    }
}

/// The work is done, and nobody is told.
fn lost(fault: Option<SiteFault>) -> Option<Answer> {
    (fault == Some(SiteFault::AnswerLost)).then(|| Answer::html(500, String::new()))
}

/// What a visitor, or a network's fetcher, sees.
fn public(world: &World, path: &str, fault: Option<SiteFault>) -> Answer {
    let stored = world.site().file(path);
    let Some(bytes) = stored.as_ref().and_then(|file| world.blobs.get(&file.sha256)) else {
        return Answer::html(404, String::new());
    };
    let mime = stored.map(|file| file.mime).unwrap_or_default();
    match fault {
        Some(SiteFault::Hidden) => Answer::html(403, String::new()),
        Some(SiteFault::LoginWall) => Answer::html(200, pages::portal()),
        Some(SiteFault::WrongType) => Answer::bytes(200, "application/octet-stream", bytes),
        // As a plugin that compresses what it is given.
        Some(SiteFault::Altered) => Answer::bytes(200, &mime, [&bytes[..], b"\0"].concat().into()),
        _ => Answer::bytes(200, &mime, bytes),
    }
}

fn front_page(world: &World) -> Answer {
    let photos: Vec<String> = world
        .site()
        .paths()
        .map(|path| {
            format!(
                "<li><a href=\"{ROOT}/{path}\"><img src=\"{ROOT}/{path}\" alt=\"\" width=\"240\"></a></li>"
            )
        })
        .collect();
    let body = format!(
        "<main><h1>Le site du Vieux Moulin</h1><p>Photos prêtées aux réseaux : {}</p><ul>{}</ul></main>",
        photos.len(),
        photos.concat()
    );
    Answer::html(200, pages::layout("Le site du Vieux Moulin", "control", &body))
}

/// Basic sign-in (RFC 7617); WordPress ignores spaces in its application passwords.
fn is_signed_in(call: &Call, password: &str) -> bool {
    let Some((scheme, coded)) = call.header("authorization").split_once(' ') else { return false };
    let decoded = base64::engine::general_purpose::STANDARD.decode(coded.trim()).unwrap_or_default();
    let said = String::from_utf8_lossy(&decoded);
    let Some((user, secret)) = said.split_once(':') else { return false };
    let plain = |text: &str| text.replace(' ', "");
    scheme.eq_ignore_ascii_case("basic") && user == seed::SITE_USERNAME && plain(secret) == plain(password)
}
