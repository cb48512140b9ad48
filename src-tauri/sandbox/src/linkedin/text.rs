//! What a reader sees of "little text": `\` keeps the next character, `{hashtag|\#|x}` and `#x` are
//! hashtags, `@[Name](urn)` is a mention. Any other bare reserved character ends the text, as on the real
//! page, without a word to the program.

const RESERVED: &str = "|{}@[]()<>#*_~";

/// Returns the visible text.
pub(super) fn visible(little: &str) -> String {
    let mut seen = String::new();
    let mut left = little;
    while let Some(c) = left.chars().next() {
        let rest = &left[c.len_utf8()..];
        if c == '\\' {
            let Some(kept) = rest.chars().next() else { break };
            seen.push(kept);
            left = &rest[kept.len_utf8()..];
        } else if let Some((tag, after)) = left.strip_prefix("{hashtag|\\#|").and_then(|t| t.split_once('}'))
        {
            seen.push('#');
            seen.push_str(&tag.replace('\\', ""));
            left = after;
        } else if let Some((name, after)) = left.strip_prefix("@[").and_then(|t| t.split_once("](urn:li:")) {
            seen.push_str(&name.replace('\\', ""));
            left = after.split_once(')').map_or("", |(_, after)| after);
        } else if c == '#' && rest.starts_with(char::is_alphanumeric) {
            seen.push(c);
            left = rest;
        } else if RESERVED.contains(c) {
            break;
        } else {
            seen.push(c);
            left = rest;
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::visible;

    #[test]
    fn a_bare_bracket_ends_the_text() {
        assert_eq!(visible("Magret (18 €) et frites"), "Magret ");
        assert_eq!(visible("Magret \\(18 €\\) et frites"), "Magret (18 €) et frites");
        assert_eq!(visible("{hashtag|\\#|Vensac} #Midi a\\_b"), "#Vensac #Midi a_b");
        assert_eq!(visible("Chez @[Le Moulin](urn:li:organization:1) ce soir"), "Chez Le Moulin ce soir");
    }
}
