//! Recognises our own text in what the server shows: it answers HTML in which addresses, mentions and
//! hashtags have become markup.

/// Returns the part of a text that survives every server's rendering: no blanks, no sign that some
/// servers take for formatting, remote mentions without their server, lower case.
pub(super) fn of_text(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = ' ';
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        let starts_mention = c == '@' && !before.is_alphanumeric();
        before = c;
        if starts_mention && let Some(server) = server_of_mention(rest) {
            kept.extend(rest.get(..server.start).unwrap_or_default().chars().filter_map(stable));
            rest = rest.get(server.end..).unwrap_or_default();
            continue;
        }
        kept.extend(stable(c));
    }
    kept.to_lowercase()
}

/// The same for the HTML of a status.
pub(super) fn of_html(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        text.push_str(rest.get(..open).unwrap_or_default());
        let tag = rest.get(open..).unwrap_or_default();
        let Some(close) = tag.find('>') else {
            rest = "";
            break;
        };
        if tag.starts_with("<br") || tag.starts_with("</p") || tag.starts_with("<p") {
            text.push('\n');
        }
        rest = tag.get(close + 1..).unwrap_or_default();
    }
    text.push_str(rest);
    of_text(&entities(&text))
}

fn stable(c: char) -> Option<char> {
    let unstable = c.is_whitespace()
        || c.is_control()
        || matches!(c, '*' | '_' | '`' | '~' | '#' | '>' | '<' | '-' | '@' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}');
    (!unstable).then_some(c)
}

/// In what follows an `@`: the bytes of `@server` behind the user name.
fn server_of_mention(rest: &str) -> Option<std::ops::Range<usize>> {
    let user = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|end| *end > 0)?;
    let server = rest.get(user..)?.strip_prefix('@')?;
    let length =
        server.find(|c: char| !(c.is_alphanumeric() || c == '.' || c == '-')).unwrap_or(server.len());
    let length = server.get(..length)?.trim_end_matches(['.', '-']).len();
    (length > 0).then_some(user..user + 1 + length)
}

/// Decodes the entities that servers write. `&amp;` last, so that nothing is decoded twice.
fn entities(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        decoded.push_str(rest.get(..at).unwrap_or_default());
        let tail = rest.get(at..).unwrap_or_default();
        let (c, length) = entity(tail).unwrap_or(('&', 1));
        decoded.push(c);
        rest = tail.get(length..).unwrap_or_default();
    }
    decoded.push_str(rest);
    decoded
}

fn entity(text: &str) -> Option<(char, usize)> {
    let end = text.bytes().take(10).position(|byte| byte == b';')?;
    let name = text.get(1..end)?;
    let c = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    };
    Some((c, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_what_mastodon_renders() {
        let text = "Plat du jour\u{a0}: crème & œufs <3\n\nRéserver : https://www.moulin.fr/carte?jour=1&x=2\nAvec @cave@piaille.fr #PlatDuJour !";
        let html = "<p>Plat du jour\u{a0}: crème &amp; œufs &lt;3</p><p>Réserver : <a href=\"https://www.moulin.fr/carte?jour=1&amp;x=2\" rel=\"nofollow\"><span class=\"invisible\">https://www.</span><span class=\"ellipsis\">moulin.fr/carte?jour=1</span><span class=\"invisible\">&amp;x=2</span></a><br />Avec <span class=\"h-card\"><a href=\"https://piaille.fr/@cave\" class=\"u-url mention\">@<span>cave</span></a></span> <a href=\"x\" class=\"mention hashtag\">#<span>PlatDuJour</span></a> !</p>";
        assert_eq!(of_html(html), of_text(text));
    }

    #[test]
    fn tells_different_dishes_apart() {
        assert_ne!(of_text("Moules 12,50"), of_text("Moules 1250"));
        assert_ne!(of_text("Ouvert ?"), of_text("Ouvert !"));
        assert_eq!(of_text("contact@moulin.fr"), of_text("contact@moulin.fr "));
        assert_ne!(of_text("contact@moulin.fr"), of_text("contact"));
    }

    #[test]
    fn survives_broken_markup() {
        assert_eq!(of_html("<p>Bon &appétit &#xZZ; <a href="), of_text("Bon &appétit &#xZZ; "));
        assert_eq!(of_html("caf&#233; l&#39;été &amp;lt;"), of_text("café l'été &lt;"));
    }
}
