//! Links in a text, as byte ranges.
//!
//! Bluesky shows a link only where the post says so in UTF-8 bytes; a single é
//! before the link shifts every count made in characters. Sentences end after
//! links, so the punctuation that follows is not part of them.

use std::ops::Range;

/// Returns the byte ranges of the http and https links in `text`, in their order.
///
/// A trailing `.,;:!?` does not belong to the link, nor does a `)` whose `(` is
/// not in the link, nor a closing quotation mark.
pub fn find_links(text: &str) -> Vec<Range<usize>> {
    let mut links: Vec<Range<usize>> = Vec::new();
    for (start, _) in text.char_indices() {
        let is_inside_last = links.last().is_some_and(|last| start < last.end);
        if is_inside_last || !starts_link(text, start) {
            continue;
        }
        let rest = &text[start..];
        if !has_host(rest) {
            continue;
        }
        let end = rest.find(ends_link).unwrap_or(rest.len());
        let link = without_punctuation(&rest[..end]);
        links.push(start..start + link.len());
    }
    links
}

/// Returns the first link of `text`, the one a network makes a card of.
pub fn first_link(text: &str) -> Option<&str> {
    let range = find_links(text).into_iter().next()?;
    text.get(range)
}

fn starts_link(text: &str, start: usize) -> bool {
    let rest = &text[start..];
    let has_scheme = ["https://", "http://"]
        .iter()
        .any(|scheme| rest.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme)));
    // In the middle of a word ("xhttps://") it is not meant as a link.
    has_scheme && text[..start].chars().next_back().is_none_or(|before| !before.is_alphanumeric())
}

fn ends_link(c: char) -> bool {
    c.is_whitespace() || c.is_control() || is_invisible(c) || matches!(c, '<' | '>' | '"' | '«' | '»')
}

/// Zero-width space, joiners and marks: nobody types them into an address.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
}

fn without_punctuation(link: &str) -> &str {
    let mut link = link;
    let (mut closed, opened) = (link.matches(')').count(), link.matches('(').count());
    while let Some(last) = link.chars().next_back() {
        let is_foreign = match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '…' | '\'' | '’' | '”' => true,
            ')' => closed > opened,
            _ => false,
        };
        if !is_foreign {
            break;
        }
        closed -= usize::from(last == ')');
        link = &link[..link.len() - last.len_utf8()];
    }
    link
}

fn has_host(link: &str) -> bool {
    link.split_once("://")
        .and_then(|(_, rest)| rest.chars().next())
        .is_some_and(|first| first.is_alphanumeric() || first == '[')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(text: &str) -> Vec<&str> {
        find_links(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn golden_links() {
        let cases: [(&str, &[&str]); 17] = [
            ("https://moulin.example", &["https://moulin.example"]),
            ("Réservez : https://moulin.example/table.", &["https://moulin.example/table"]),
            ("(voir https://moulin.example/carte)", &["https://moulin.example/carte"]),
            (
                "https://fr.wikipedia.org/wiki/Vensac_(Gironde)",
                &["https://fr.wikipedia.org/wiki/Vensac_(Gironde)"],
            ),
            (
                "(https://fr.wikipedia.org/wiki/Vensac_(Gironde)), oui",
                &["https://fr.wikipedia.org/wiki/Vensac_(Gironde)"],
            ),
            ("https://a.fr/?q=été&p=1!", &["https://a.fr/?q=été&p=1"]),
            ("Vite\u{a0}: https://a.fr\u{a0}!", &["https://a.fr"]),
            ("« https://a.fr/œuf »", &["https://a.fr/œuf"]),
            ("“https://a.fr/menu”", &["https://a.fr/menu"]),
            ("HTTPS://A.FR/x HTTP://b.fr", &["HTTPS://A.FR/x", "HTTP://b.fr"]),
            ("https://a.fr,https://b.fr", &["https://a.fr,https://b.fr"]),
            ("👨‍👩‍👧‍👦https://a.fr👍🏽 ok", &["https://a.fr👍🏽"]),
            ("xhttps://a.fr", &[]),
            ("https:// rien", &[]),
            ("https://...", &[]),
            ("moulin.example et ftp://a.fr", &[]),
            ("https://[::1]/x;", &["https://[::1]/x"]),
        ];
        for (text, links) in cases {
            assert_eq!(found(text), links, "{text}");
        }
    }

    #[test]
    fn ranges_count_bytes() {
        let text = "Été 🍷 : https://a.fr/é, à table";
        assert_eq!(find_links(text).first(), Some(&(13..28)));
        assert_eq!(first_link(text), Some("https://a.fr/é"));
    }

    proptest! {
        #[test]
        fn ranges_are_on_character_boundaries_and_apart(
            pieces in proptest::collection::vec(
                prop_oneof![
                    Just("https://a.fr/é".to_owned()),
                    Just("http://".to_owned()),
                    Just(")".to_owned()),
                    Just("👨‍👩‍👧".to_owned()),
                    ".{0,12}",
                ],
                0..8,
            ),
        ) {
            let text = pieces.concat();
            let mut last_end = 0;
            for range in find_links(&text) {
                prop_assert!(range.start >= last_end);
                let link = text.get(range.clone());
                prop_assert!(link.is_some(), "{range:?} cuts a character of {text:?}");
                prop_assert!(link.is_some_and(|link| link.to_lowercase().starts_with("http")));
                last_end = range.end;
            }
        }
    }
}
