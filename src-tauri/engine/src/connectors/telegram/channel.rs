//! A channel as people write it: `@vieuxmoulin`, `t.me/vieuxmoulin`, the address of one of its posts,
//! the number `-100…` of a private one.

/// Credential field with the channel.
pub(super) const FIELD: &str = "channel";

/// What `chat_id` takes, or `None` when it names no channel. An invitation link names none: it lets
/// people in, not bots.
pub(super) fn address(typed: &str) -> Option<String> {
    let text = typed.trim();
    let text = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(text);
    let hosts = ["t.me/", "telegram.me/", "telegram.dog/"];
    let path = hosts.iter().find_map(|host| text.strip_prefix(host));
    let text = path.unwrap_or(text).split(['?', '#']).next().unwrap_or_default();
    let mut parts = text.split('/').filter(|part| !part.is_empty());
    let first = parts.next()?;
    match first {
        // The preview page, and the address of a post of a private channel.
        "s" if path.is_some() => name(parts.next()?),
        "c" if path.is_some() => number(&format!("-100{}", parts.next()?)),
        "joinchat" => None,
        first => number(first).or_else(|| name(first)),
    }
}

fn number(text: &str) -> Option<String> {
    let digits = text.strip_prefix("-100")?;
    (!digits.is_empty() && digits.len() <= 13 && digits.chars().all(|c| c.is_ascii_digit()))
        .then(|| text.to_owned())
}

fn name(text: &str) -> Option<String> {
    let name = text.strip_prefix('@').unwrap_or(text);
    let fits = (4..=32).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    fits.then(|| format!("@{name}"))
}

/// Address of a message on the web: by the public name, else by the number without its `-100`.
pub(super) fn permalink(web: &str, username: Option<&str>, chat_id: &str, message: i64) -> String {
    let web = web.trim_end_matches('/');
    match username.filter(|name| !name.is_empty()) {
        Some(name) => format!("{web}/{name}/{message}"),
        None => format!("{web}/c/{}/{message}", chat_id.strip_prefix("-100").unwrap_or(chat_id)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_people_type() {
        for text in [
            "@vieuxmoulin",
            "vieuxmoulin",
            " t.me/vieuxmoulin ",
            "https://t.me/vieuxmoulin",
            "https://t.me/vieuxmoulin/12?single",
            "https://t.me/s/vieuxmoulin",
        ] {
            assert_eq!(address(text).as_deref(), Some("@vieuxmoulin"), "{text}");
        }
        assert_eq!(address("-1001234567890").as_deref(), Some("-1001234567890"));
        assert_eq!(address("https://t.me/c/1234567890/8").as_deref(), Some("-1001234567890"));
    }

    #[test]
    fn refuses_what_names_no_channel() {
        for text in [
            "",
            "@",
            "abc",
            "https://t.me/+AbCdEf12345",
            "t.me/joinchat/AbCdEf",
            "Le Vieux Moulin",
            "-100",
            "42",
        ] {
            assert_eq!(address(text), None, "{text}");
        }
    }

    #[test]
    fn a_private_channel_has_an_address_for_its_members() {
        let web = "https://t.me/";
        assert_eq!(permalink(web, Some("vieuxmoulin"), "-1001", 5), "https://t.me/vieuxmoulin/5");
        assert_eq!(permalink(web, None, "-1001234567890", 5), "https://t.me/c/1234567890/5");
    }
}
