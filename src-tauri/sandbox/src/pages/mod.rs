//! Pages for a person: what each network shows, and the switches for faults.
//!
//! They are neutral on purpose (no logos) and need no script. They read the state only.

mod faults;
pub(crate) mod messages;
mod posts;
pub(crate) mod visitors;
pub(crate) mod words;

pub(crate) use faults::fault_page;

use crate::{exchange::Answer, platform::Platform, state::World};

const STYLE: &str = include_str!("style.css");
const NOTICE: &str = "Mode répétition : rien ne sort de cet ordinateur.";

/// Wraps a body into a whole page. `network` colours it.
pub(crate) fn layout(title: &str, network: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"fr\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title}</title><style>{STYLE}</style></head>\
         <body class=\"{network}\"><p class=\"notice\">{NOTICE}</p>{body}</body></html>"
    )
}

/// The page of a Wi-Fi portal, as a client sees it instead of the network.
pub(crate) fn portal() -> String {
    layout(
        "Bienvenue sur le Wi-Fi",
        "portal",
        "<main><h1>Bienvenue sur le Wi-Fi</h1><p>Acceptez les conditions pour naviguer.</p>\
         <form><button class=\"main\">Se connecter</button></form></main>",
    )
}

/// The query of a page as fields that its form sends along.
pub(crate) fn hidden_fields(query: &[(String, String)]) -> String {
    let field = |(name, value): &(String, String)| {
        format!(
            "<input type=\"hidden\" name=\"{}\" value=\"{}\">",
            words::escaped(name),
            words::escaped(value)
        )
    };
    query.iter().map(field).collect::<Vec<_>>().concat()
}

/// Answers a page of a network; `None` when the path belongs to its API.
pub(crate) fn answer(world: &World, platform: Platform, path: &str) -> Option<Answer> {
    let parts: Vec<String> =
        path.split('/').filter(|part| !part.is_empty()).map(crate::exchange::percent_decode).collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let page = match (platform, parts.as_slice()) {
        (provider, []) if provider.sends_messages() => messages::page(world, Some(provider)),
        (provider, _) if provider.sends_messages() => return None,
        (_, []) | (Platform::Bluesky, ["profile", _]) => posts::wall(world, platform, None),
        (_, ["tags", tag]) => posts::wall(world, platform, Some(tag)),
        (_, ["media", name]) => return Some(media(world, name)),
        (Platform::Mastodon, ["avatar.svg"]) => return Some(avatar()),
        (Platform::Facebook, ["permalink", id]) => {
            return Some(single(world, platform, |post| post.id == *id));
        }
        (Platform::Instagram, ["p", code]) => {
            let end = format!("/p/{code}/");
            return Some(single(world, platform, |post| {
                post.url.as_ref().is_some_and(|url| url.ends_with(&end))
            }));
        }
        (Platform::Bluesky, ["profile", _, "post", rkey]) => {
            return Some(single(world, platform, |post| {
                post.marks.get("rkey").and_then(|mark| mark.as_str()) == Some(rkey)
            }));
        }
        (Platform::Mastodon, [name, id]) if name.starts_with('@') => {
            return Some(single(world, platform, |post| post.id == *id));
        }
        (Platform::Mastodon, [name]) if name.starts_with('@') => posts::wall(world, platform, None),
        (Platform::Telegram, [name]) if !name.contains(':') => posts::wall(world, platform, None),
        (Platform::Telegram, [name, id]) if !name.contains(':') => {
            return Some(single(world, platform, |post| post.id == *id));
        }
        (Platform::Threads, [name]) if name.starts_with('@') => posts::wall(world, platform, None),
        (Platform::Threads, [name, "post", code]) if name.starts_with('@') => {
            let end = format!("/post/{code}");
            return Some(single(world, platform, |post| {
                post.url.as_ref().is_some_and(|url| url.ends_with(&end))
            }));
        }
        (Platform::GoogleBusiness, ["posts", id]) => {
            let end = format!("/localPosts/{id}");
            return Some(single(world, platform, |post| post.id.ends_with(&end)));
        }
        (Platform::Pinterest, ["pin", id]) => {
            return Some(single(world, platform, |post| post.id == *id));
        }
        (Platform::X, [_, "status", id]) => {
            return Some(single(world, platform, |post| post.id == *id));
        }
        (Platform::LinkedIn, ["feed", "update", urn]) => {
            return Some(single(world, platform, |post| post.id == *urn));
        }
        _ => return None,
    };
    Some(Answer::html(200, page))
}

fn single(world: &World, platform: Platform, is_it: impl Fn(&crate::PublishedObject) -> bool) -> Answer {
    match posts::single(world, platform, is_it) {
        Some(page) => Answer::html(200, page),
        None => Answer::html(
            404,
            layout(
                "Introuvable",
                platform.name(),
                "<main><h1>Introuvable</h1><p>Cette publication n’existe pas, ou plus.</p></main>",
            ),
        ),
    }
}

fn media(world: &World, name: &str) -> Answer {
    let (sha256, extension) = name.split_once('.').unwrap_or((name, ""));
    let mime = match extension {
        "jpg" => "image/jpeg",
        "png" => "image/png",
        "webp" => "image/webp",
        "gif" => "image/gif",
        "mp4" => "video/mp4",
        _ => "application/octet-stream",
    };
    match world.blobs.get(sha256) {
        Some(bytes) => Answer::bytes(200, mime, bytes),
        None => Answer::html(404, String::new()),
    }
}

fn avatar() -> Answer {
    let drawing = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 48 48\">\
        <circle cx=\"24\" cy=\"24\" r=\"24\" fill=\"#8a5a3b\"/>\
        <text x=\"24\" y=\"30\" font-family=\"serif\" font-size=\"18\" fill=\"#fff\" text-anchor=\"middle\">VM</text></svg>";
    Answer::bytes(200, "image/svg+xml", drawing.into())
}

/// The first page of the control listener.
pub(crate) fn index(world: &World) -> String {
    let cards: Vec<String> = Platform::NETWORKS
        .into_iter()
        .map(|platform| {
            let count = world
                .objects(platform)
                .iter()
                .filter(|post| post.state == crate::objects::ObjectState::Published)
                .count();
            let plural = if count > 1 { "s" } else { "" };
            format!(
                "<a class=\"tile {name}\" href=\"{address}/\"><strong>{title}</strong>\
                 <span>{count} publication{plural}</span></a>",
                name = platform.name(),
                address = platform.address(world.addresses()),
                title = platform.title(),
            )
        })
        .collect();
    layout(
        "Réseaux de répétition",
        "control",
        &format!(
            "<main><h1>Vos réseaux, pour s’entraîner</h1><div class=\"tiles\">{cards}</div>\
             <p><a href=\"/messages\">Lire les messages reçus</a> · <a href=\"/visiteurs\">Jouer un client</a> · <a href=\"/pannes\">Simuler une panne</a></p></main>",
            cards = cards.concat(),
        ),
    )
}
