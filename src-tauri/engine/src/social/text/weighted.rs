//! X's weighted length: Latin letters and common punctuation count 1, emoji and other scripts 2, an
//! address 23 whatever its length, after composing accents (NFC). Source: social-platforms sections 7 and
//! 12.2; the ranges of weight 1 are those of X's published counting configuration, version 3.
//!
//! X also makes an address of a bare `moulin.fr`. Which ends of names it knows is its own list; here any two
//! letters and some common longer ones count, so that a doubtful case counts more, not less.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization as _;
use unicode_segmentation::UnicodeSegmentation as _;

use super::links::find_links;

/// What an address of any length counts.
const ADDRESS: usize = 23;
const EMOJI: usize = 2;
/// Code points of weight 1; all others have 2.
const LIGHT: [Range<u32>; 4] = [0..0x1100, 0x2000..0x200E, 0x2010..0x2020, 0x2032..0x2038];
/// Ends of names, besides those of two letters.
const LONGER_ENDS: [&str; 20] = [
    "com",
    "net",
    "org",
    "info",
    "biz",
    "app",
    "dev",
    "paris",
    "bzh",
    "alsace",
    "corsica",
    "restaurant",
    "wine",
    "menu",
    "shop",
    "site",
    "online",
    "website",
    "example",
    "pro",
];

/// Returns the weighted length of a text.
pub fn length(text: &str) -> usize {
    let text: String = text.nfc().collect();
    let mut length = 0;
    let mut at = 0;
    for address in addresses(&text) {
        length += words(text.get(at..address.start).unwrap_or_default()) + ADDRESS;
        at = address.end;
    }
    length + words(text.get(at..).unwrap_or_default())
}

/// Says whether X makes a link of something in the text.
pub fn has_address(text: &str) -> bool {
    !addresses(text).is_empty()
}

fn words(text: &str) -> usize {
    text.graphemes(true)
        .map(|cluster| if is_emoji(cluster) { EMOJI } else { cluster.chars().map(weight).sum() })
        .sum()
}

fn weight(c: char) -> usize {
    if LIGHT.iter().any(|range| range.contains(&u32::from(c))) { 1 } else { 2 }
}

/// An emoji of several code points is one: joined people, flags, keycaps, skin tones.
fn is_emoji(cluster: &str) -> bool {
    cluster.chars().any(
        |c| matches!(u32::from(c), 0xFE0F | 0x20E3 | 0x2600..=0x27BF | 0x2B00..=0x2BFF | 0x1F000..=0x1FAFF),
    )
}

/// Byte ranges of what becomes a link, in their order.
fn addresses(text: &str) -> Vec<Range<usize>> {
    let written = find_links(text);
    let mut all = Vec::new();
    let mut at = 0;
    for link in written {
        all.extend(bare(text, at..link.start));
        at = link.end;
        all.push(link);
    }
    all.extend(bare(text, at..text.len()));
    all
}

/// Names without a scheme: `moulin.fr`, `www.moulin.fr/carte`.
fn bare(text: &str, within: Range<usize>) -> Vec<Range<usize>> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    let part = text.get(within.clone()).unwrap_or_default();
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut from = 0;
    while let Some(start) = part.get(from..).and_then(|rest| rest.find(is_part)).map(|at| from + at) {
        let rest = part.get(start..).unwrap_or_default();
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let name = rest.get(..end).unwrap_or_default();
        let trimmed = name.trim_end_matches(['.', '-']);
        let before = part.get(..start).and_then(|before| before.chars().next_back());
        // The server of a mail address or mention is no link.
        let is_own_word = before.is_none_or(|c| !(c.is_alphanumeric() || matches!(c, '@' | '_' | '#' | '$')));
        from = start + end;
        if is_own_word && is_host(trimmed) {
            let after = rest.get(trimmed.len()..).unwrap_or_default();
            let path = if after.starts_with('/') {
                after.find(|c: char| c.is_whitespace()).unwrap_or(after.len())
            } else {
                0
            };
            from = from.max(start + trimmed.len() + path);
            found.push(within.start + start..within.start + start + trimmed.len() + path);
        }
    }
    found
}

fn is_host(name: &str) -> bool {
    let Some((before, end)) = name.rsplit_once('.') else { return false };
    let end = end.to_ascii_lowercase();
    let is_end = (end.len() == 2 && end.chars().all(|c| c.is_ascii_alphabetic()))
        || LONGER_ENDS.contains(&end.as_str());
    is_end
        && before
            .split('.')
            .all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden() {
        for (text, count) in [
            ("", 0),
            ("Été", 3),
            ("E\u{301}te\u{301}", 3),
            ("œufs à la crème", 15),
            ("Quoi\u{202f}?", 7),
            ("12\u{a0}€", 5),
            ("« Menu »", 8),
            ("C’est prêt…", 12),
            ("👍", 2),
            ("👍🏽", 2),
            ("👨‍👩‍👧‍👦", 2),
            ("🇫🇷", 2),
            ("🇫🇷🇧🇪", 4),
            ("❤️", 2),
            ("1️⃣", 2),
            ("美味", 4),
            ("おいしい", 8),
            ("https://a.fr", 23),
            ("https://moulin.example/une-tres-longue-adresse?x=1", 23),
            ("Ici https://a.fr.", 28),
            ("moulin.fr", 23),
            ("www.moulin.fr/carte et café", 31),
            ("Bonjour.Merci", 13),
            ("18.30", 5),
            ("chef@moulin.fr", 14),
            ("a https://a.fr b c.fr", 51),
        ] {
            assert_eq!(length(text), count, "{text}");
        }
    }

    #[test]
    fn two_hundred_and_eighty() {
        for (unit, each) in [("a", 1), ("é", 1), ("e\u{301}", 1), ("👍🏽", 2), ("味", 2)] {
            assert_eq!(length(&unit.repeat(280 / each)), 280, "{unit}");
        }
    }

    #[test]
    fn finds_what_costs_more() {
        for (text, expected) in
            [("moulin.fr", true), ("http://a.fr", true), ("Midi. Soir", false), ("chef@moulin.fr", false)]
        {
            assert_eq!(has_address(text), expected, "{text}");
        }
    }
}
