//! LinkedIn's "little text": the notation of a post's words, in which `(`, `_` and a dozen others mean
//! something. Left bare they cut the published post short without a word; so everything is escaped, and
//! read back the same way. Here and not with the connector, because its length is what counts.
//! Source: social-platforms section 6.2.

/// Characters that need a backslash.
const RESERVED: [char; 15] = ['\\', '|', '{', '}', '@', '[', ']', '(', ')', '<', '>', '#', '*', '_', '~'];

/// Returns `text` so that it is shown letter for letter, with its hashtags as hashtags.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut before = ' ';
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        let tag = if c == '#' && !is_word(before) { hashtag(after) } else { "" };
        if tag.is_empty() {
            push(&mut out, c);
            (before, rest) = (c, after);
        } else {
            out.push_str("{hashtag|\\#|");
            tag.chars().for_each(|c| push(&mut out, c));
            out.push('}');
            before = tag.chars().next_back().unwrap_or(c);
            rest = after.get(tag.len()..).unwrap_or_default();
        }
    }
    out
}

/// Returns what a reader sees of little text: without backslashes, hashtags as `#tag`, a mention as its
/// name.
pub fn shown(little: &str) -> String {
    let mut out = String::with_capacity(little.len());
    let mut rest = little;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        if let Some((words, left)) = escaped(rest).or_else(|| template(rest)).or_else(|| mention(rest)) {
            out.push_str(&words);
            rest = left;
        } else {
            out.push(c);
            rest = after;
        }
    }
    out
}

fn push(out: &mut String, c: char) {
    if RESERVED.contains(&c) {
        out.push('\\');
    }
    out.push(c);
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '&' | '/' | '#')
}

/// The name after `#`; a number alone is no hashtag ("menu #2").
fn hashtag(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    let tag = text.get(..end).unwrap_or_default();
    if tag.chars().any(char::is_alphabetic) { tag } else { "" }
}

fn escaped(text: &str) -> Option<(String, &str)> {
    let after = text.strip_prefix('\\')?;
    let c = after.chars().next().filter(|c| RESERVED.contains(c))?;
    Some((c.to_string(), after.get(c.len_utf8()..)?))
}

fn template(text: &str) -> Option<(String, &str)> {
    let (tag, left) = text.strip_prefix("{hashtag|\\#|")?.split_once('}')?;
    Some((format!("#{}", tag.replace('\\', "")), left))
}

fn mention(text: &str) -> Option<(String, &str)> {
    let (name, left) = text.strip_prefix("@[")?.split_once("](")?;
    let (_, left) = left.split_once(')')?;
    Some((name.replace('\\', ""), left))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Section 6.2: the reserved characters, the hashtag template.
    #[test]
    fn golden() {
        for (text, little) in [
            ("Magret (18 €)", "Magret \\(18 €\\)"),
            ("a\\b|c{d}e@f[g]h<i>j*k_l~", "a\\\\b\\|c\\{d\\}e\\@f\\[g\\]h\\<i\\>j\\*k\\_l\\~"),
            ("#PlatDuJour à midi", "{hashtag|\\#|PlatDuJour} à midi"),
            ("Midi #Vensac, #été_2026.", "Midi {hashtag|\\#|Vensac}, {hashtag|\\#|été\\_2026}."),
            ("menu #2 et C# (a#b)", "menu \\#2 et C\\# \\(a\\#b\\)"),
            ("https://moulin.example/a_b#c", "https://moulin.example/a\\_b\\#c"),
            ("œufs 🍳 👨‍👩‍👧 e\u{301}", "œufs 🍳 👨‍👩‍👧 e\u{301}"),
        ] {
            assert_eq!(escape(text), little, "{text}");
            assert_eq!(shown(little), text, "{little}");
        }
        assert_eq!(shown("Avec @[Le Vieux Moulin](urn:li:organization:1) !"), "Avec Le Vieux Moulin !");
    }

    proptest! {
        #[test]
        fn what_was_escaped_is_read_back(text in "[ a-z0-9é#@_*(){}<>|~\\\\\\[\\]]{0,40}") {
            prop_assert_eq!(shown(&escape(&text)), text);
        }

        #[test]
        fn reading_never_panics(text in ".{0,40}") {
            let _ = shown(&text);
        }
    }
}
