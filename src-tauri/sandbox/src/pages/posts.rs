//! The wall of a network and the page of one post.

use jiff::{Timestamp, tz::TimeZone};

use crate::{
    objects::{MediaInfo, ObjectState, PublishedObject},
    pages::{
        layout,
        words::{Word, escaped, words},
    },
    platform::Platform,
    seed,
    state::World,
};

/// Posts shown on one wall.
const MOST_SHOWN: usize = 100;

/// The newest posts of a network, those with a hashtag only when one is given.
pub(super) fn wall(world: &World, platform: Platform, tag: Option<&str>) -> String {
    let objects = world.objects(platform);
    let wanted = |post: &&PublishedObject| {
        tag.is_none_or(|tag| {
            words(&post.text).iter().any(
                |word| matches!(word, Word::Tag(text) if text.get(1..).is_some_and(|name| name.eq_ignore_ascii_case(tag))),
            )
        })
    };
    let of = |state| objects.iter().filter(move |post| post.state == state);
    let mut planned: Vec<_> = of(ObjectState::Scheduled).filter(wanted).collect();
    planned.sort_by_key(|post| post.scheduled_at);
    let mut live: Vec<_> = of(ObjectState::Published).filter(wanted).collect();
    live.sort_by_key(|post| std::cmp::Reverse(post.created_at));
    let drafts: Vec<_> = of(ObjectState::Draft).filter(wanted).collect();
    let cards = |posts: &[&PublishedObject]| -> String {
        posts.iter().take(MOST_SHOWN).map(|post| card(world, platform, post)).collect()
    };
    let section = |title: &str, posts: &[&PublishedObject]| {
        if posts.is_empty() {
            String::new()
        } else {
            format!("<section><h2>{title}</h2>{}</section>", cards(posts))
        }
    };
    let title = match tag {
        Some(tag) => format!("#{}", escaped(tag)),
        None => platform.title().to_owned(),
    };
    let empty = if live.is_empty() && planned.is_empty() && drafts.is_empty() {
        "<p class=\"empty\">Rien n’a encore été publié ici.</p>"
    } else {
        ""
    };
    let body = format!(
        "<main><h1><a href=\"/\">{title}</a></h1>{}{}{empty}{}<p><a href=\"{}/\">Les autres réseaux</a></p></main>",
        section("À venir", &planned),
        section("Brouillons (ne partiront pas seuls)", &drafts),
        cards(&live),
        world.addresses().control,
    );
    layout(&title, platform.name(), &body)
}

/// The page of one post that is visible.
pub(super) fn single(
    world: &World,
    platform: Platform,
    is_it: impl Fn(&PublishedObject) -> bool,
) -> Option<String> {
    let objects = world.objects(platform);
    let post = objects.iter().find(|post| post.state != ObjectState::Deleted && is_it(post))?;
    let body = format!(
        "<main>{}<p><a href=\"/\">Toutes les publications</a></p></main>",
        card(world, platform, post)
    );
    Some(layout(platform.title(), platform.name(), &body))
}

fn handle(world: &World, platform: Platform, account: &str) -> String {
    let accounts = world.options.accounts;
    let name = match platform {
        Platform::Facebook
        | Platform::GoogleBusiness
        // They show no posts.
        | Platform::OvhSms
        | Platform::Smtp
        | Platform::Brevo
        | Platform::BrevoSms
        | Platform::Twilio
        | Platform::Mailjet
        | Platform::SendGrid => None,
        Platform::Pinterest => Some(account.to_owned()),
        Platform::Instagram => {
            seed::number_of_id(account, accounts, seed::instagram_id).map(seed::instagram_username)
        }
        Platform::Bluesky => seed::number_of_did(account, accounts).map(seed::bluesky_handle),
        Platform::Mastodon => {
            seed::number_of_id(account, accounts, seed::mastodon_id).map(seed::mastodon_username)
        }
        Platform::LinkedIn => {
            return seed::number_of_id(account, accounts, seed::linkedin_organization)
                .map(seed::linkedin_vanity_name)
                .unwrap_or_default();
        }
        Platform::X => seed::number_of_id(account, accounts, seed::x_id).map(seed::x_username),
        Platform::Telegram => {
            (1..=accounts).find(|k| seed::telegram_chat_id(*k) == account).map(seed::telegram_username)
        }
        Platform::Threads => {
            seed::number_of_id(account, accounts, seed::threads_id).map(seed::threads_username)
        }
    };
    name.map(|name| format!("@{name}")).unwrap_or_default()
}

fn card(world: &World, platform: Platform, post: &PublishedObject) -> String {
    let when = match post.state {
        ObjectState::Scheduled => {
            format!("partira {}", french_time(post.scheduled_at.unwrap_or(post.created_at)))
        }
        _ => french_time(post.created_at),
    };
    let when = match &post.url {
        Some(url) => format!("<a href=\"{}\">{when}</a>", escaped(url)),
        None => when,
    };
    let link = post
        .link
        .as_ref()
        .map(|link| {
            let link = escaped(link);
            format!("<a class=\"link\" href=\"{link}\" rel=\"noreferrer\">{link}</a>")
        })
        .unwrap_or_default();
    let verb = if post.state == ObjectState::Published { "publié" } else { "préparé" };
    let via = post
        .application
        .as_ref()
        .map(|name| format!("<footer>{verb} avec {}</footer>", escaped(name)))
        .unwrap_or_default();
    // The picture comes first where it is the post.
    let (text, pictures) =
        (format!("<p class=\"text\">{}</p>", marked(&post.text)), pictures(platform, &post.media));
    let content = if matches!(platform, Platform::Instagram | Platform::Telegram | Platform::Pinterest) {
        format!("{pictures}{text}")
    } else {
        format!("{text}{pictures}")
    };
    format!(
        "<article class=\"{state}\"><header><span class=\"face\" aria-hidden=\"true\">VM</span>\
         <span><strong>{name}</strong> {handle}<br><small>{when}</small></span></header>\
         {content}{link}{via}</article>",
        state = post.state.name(),
        name = seed::DISPLAY_NAME,
        handle = handle(world, platform, &post.account),
    )
}

fn pictures(platform: Platform, media: &[MediaInfo]) -> String {
    if media.is_empty() {
        return String::new();
    }
    let shape = if platform == Platform::Instagram { "carousel" } else { "grid" };
    let items: String = media
        .iter()
        .map(|file| {
            let alt = escaped(file.alt_text.as_deref().unwrap_or(""));
            let address = format!("/media/{}.{}", file.sha256, extension(&file.mime));
            if file.mime.starts_with("video/") {
                format!("<video controls src=\"{address}\" title=\"{alt}\"></video>")
            } else {
                format!("<img src=\"{address}\" alt=\"{alt}\" title=\"{alt}\" loading=\"lazy\">")
            }
        })
        .collect();
    format!("<div class=\"{shape} n{}\">{items}</div>", media.len().min(4))
}

fn extension(mime: &str) -> &str {
    match mime {
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/webp" => "webp",
        "image/gif" => "gif",
        "video/mp4" => "mp4",
        _ => "bin",
    }
}

fn marked(text: &str) -> String {
    words(text)
        .into_iter()
        .map(|word| match word {
            Word::Link(address) => {
                let address = escaped(address);
                format!("<a href=\"{address}\" rel=\"noreferrer\">{address}</a>")
            }
            Word::Tag(tag) => {
                let name = escaped(tag.get(1..).unwrap_or(""));
                format!("<a href=\"/tags/{name}\">#{name}</a>")
            }
            Word::Mention(text) | Word::Plain(text) => escaped(text).replace('\n', "<br>"),
        })
        .collect()
}

/// Writes a time as it is said in France, on the clock of Paris.
pub(super) fn french_time(at: Timestamp) -> String {
    const DAYS: [&str; 7] = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"];
    const MONTHS: [&str; 12] = [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ];
    let zone = TimeZone::get("Europe/Paris").unwrap_or(TimeZone::UTC);
    let local = at.to_zoned(zone);
    let name = |list: &[&'static str], at: i8| {
        usize::try_from(at).ok().and_then(|at| list.get(at).copied()).unwrap_or("")
    };
    let day = match local.day() {
        1 => "1er".to_owned(),
        day => day.to_string(),
    };
    format!(
        "{} {day} {} {} à {:02}:{:02}",
        name(&DAYS, local.weekday().to_monday_zero_offset()),
        name(&MONTHS, local.month() - 1),
        local.year(),
        local.hour(),
        local.minute()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_said_in_french_on_the_clock_of_paris() {
        let summer: Timestamp = "2026-08-01T16:05:00Z".parse().unwrap();
        assert_eq!(french_time(summer), "samedi 1er août 2026 à 18:05");
    }

    #[test]
    fn markup_in_a_post_stays_text() {
        let shown = marked("<script>alert('x')</script> #plat");
        assert!(!shown.contains("<script>"));
        assert!(shown.contains("<a href=\"/tags/plat\">#plat</a>"));
    }
}
