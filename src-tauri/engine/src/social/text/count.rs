//! How long a text is, as each network counts.
//!
//! The same sentence has four lengths: « Été 👨‍👩‍👧 » is 5 graphemes, 9 code points,
//! 12 UTF-16 units and 25 bytes. Counting in the wrong one refuses texts that fit
//! or lets the network cut them. Wire facts: social-platforms section 12.2.

use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation as _;

use super::{links::find_links, weighted};
use crate::domain::little_text;

/// What one network counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
pub enum CountingRule {
    /// Unicode code points: Facebook, Instagram.
    CodePoints,
    /// Extended grapheme clusters, and bytes of UTF-8 beside: Bluesky.
    Graphemes { max_bytes: usize },
    /// Graphemes, but every link counts 23 and `@user@server` only `@user`: Mastodon.
    MastodonUrl23,
    /// Code points, but an emoji counts as many as it has bytes: Threads.
    EmojiBytes,
    /// UTF-16 units.
    Utf16,
    /// UTF-16 units of the escaped text: LinkedIn. Whether it counts before or after escaping is not
    /// documented; this is the larger of the two.
    LittleText,
    /// See [`weighted`]: X.
    Weighted,
}

/// What Mastodon counts for a link of any length.
const MASTODON_LINK: usize = 23;

/// The length of a text against a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Length {
    /// In the units of the rule.
    pub used: usize,
    pub limit: usize,
    /// Fewer units than the limit may still be too many bytes.
    pub fits: bool,
}

impl CountingRule {
    /// Returns the length of `text` in the units of this rule.
    pub fn count(self, text: &str) -> usize {
        match self {
            Self::CodePoints => text.chars().count(),
            Self::Graphemes { .. } => text.graphemes(true).count(),
            Self::MastodonUrl23 => mastodon_length(text),
            Self::EmojiBytes => text.graphemes(true).map(emoji_bytes).sum(),
            Self::Utf16 => text.encode_utf16().count(),
            Self::LittleText => little_text::escape(text).encode_utf16().count(),
            Self::Weighted => weighted::length(text),
        }
    }

    /// Returns the length of `text` against `limit`.
    pub fn measure(self, text: &str, limit: usize) -> Length {
        let used = self.count(text);
        let bytes_fit = match self {
            Self::Graphemes { max_bytes } => text.len() <= max_bytes,
            _ => true,
        };
        Length { used, limit, fits: used <= limit && bytes_fit }
    }

    /// Returns a beginning of `text` that fits and would not with one grapheme more: for previews and
    /// card descriptions, never for the post itself.
    ///
    /// Halved again and again: a text a thousand times too long is a paste by mistake, and nobody's post
    /// may wait for it. Where Mastodon's count falls as a link grows, a longer one may fit as well.
    pub fn beginning(self, text: &str, limit: usize) -> &str {
        if self.measure(text, limit).fits {
            return text;
        }
        let ends: Vec<usize> = text.grapheme_indices(true).map(|(at, _)| at).collect();
        let start = |index: usize| ends.get(index).and_then(|end| text.get(..*end)).unwrap_or("");
        // What begins at `fits` graphemes fits, what begins at `over` does not.
        let (mut fits, mut over) = (0, ends.len());
        while over - fits > 1 {
            let middle = fits.midpoint(over);
            if self.measure(start(middle), limit).fits {
                fits = middle;
            } else {
                over = middle;
            }
        }
        start(fits)
    }
}

/// Counts the bytes of an emoji with all that belongs to it, the code points of everything else. A sign
/// that is only sometimes an emoji is counted as one: rather a unit too many than a refusal.
fn emoji_bytes(grapheme: &str) -> usize {
    let is_emoji = grapheme.chars().any(|c| {
        matches!(
            u32::from(c),
            0xa9 | 0xae | 0x203c | 0x2049 | 0x20e3 | 0x2122 | 0x2139 | 0x2190..=0x21ff | 0x2300..=0x23ff
                | 0x24c2 | 0x25a0..=0x27bf | 0x2900..=0x297f | 0x2b00..=0x2bff | 0x3030 | 0x303d
                | 0x3297 | 0x3299 | 0xfe0f | 0x1_f000..=0x1_faff
        )
    });
    if is_emoji { grapheme.len() } else { grapheme.chars().count() }
}

fn mastodon_length(text: &str) -> usize {
    let mut length = 0;
    let mut at = 0;
    for link in find_links(text) {
        length += without_servers(&text[at..link.start]) + MASTODON_LINK;
        at = link.end;
    }
    length + without_servers(&text[at..])
}

/// Counts graphemes, of `@user@server` only `@user`.
fn without_servers(text: &str) -> usize {
    let mut length = text.graphemes(true).count();
    for (start, _) in text.match_indices('@') {
        let is_inside_word = text[..start]
            .chars()
            .next_back()
            .is_some_and(|before| before.is_alphanumeric() || matches!(before, '_' | '/' | '@'));
        if is_inside_word {
            continue;
        }
        let after = &text[start + 1..];
        let user =
            after.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))).unwrap_or(0);
        let Some(server) = after[user..].strip_prefix('@') else {
            continue;
        };
        let end =
            server.find(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-'))).unwrap_or(server.len());
        let server = server[..end].trim_end_matches(['.', '-']);
        if user > 0 && !server.is_empty() {
            length -= 1 + server.graphemes(true).count();
        }
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BLUESKY: CountingRule = CountingRule::Graphemes { max_bytes: 3000 };

    #[test]
    fn golden_counts() {
        // text: code points, graphemes, Mastodon, UTF-16, Threads
        for (text, counts) in [
            ("", [0, 0, 0, 0, 0]),
            ("Été", [3, 3, 3, 3, 3]),
            ("E\u{301}te\u{301}", [5, 3, 3, 5, 5]),
            ("œufs", [4, 4, 4, 4, 4]),
            ("Bœuf\u{a0}!", [6, 6, 6, 6, 6]),
            ("Quoi\u{202f}?", [6, 6, 6, 6, 6]),
            ("👍", [1, 1, 1, 2, 4]),
            ("👍🏽", [2, 1, 1, 4, 8]),
            ("👨‍👩‍👧‍👦", [7, 1, 1, 11, 25]),
            ("🇫🇷", [2, 1, 1, 4, 8]),
            ("🇫🇷🇧🇪", [4, 2, 2, 8, 16]),
            ("❤️", [2, 1, 1, 2, 6]),
            ("1️⃣", [3, 1, 1, 3, 7]),
            ("Été 👨‍👩‍👧", [9, 5, 5, 12, 22]),
            ("a\r\nb", [4, 3, 3, 4, 4]),
            ("https://a.fr", [12, 12, 23, 12, 12]),
            ("https://moulin.example/une-tres-longue-adresse", [46, 46, 23, 46, 46]),
            ("Ici https://a.fr.", [17, 17, 28, 17, 17]),
            ("@chef@social.example bravo", [26, 26, 11, 26, 26]),
            ("@chef bravo", [11, 11, 11, 11, 11]),
            ("@chef@social.example.", [21, 21, 6, 21, 21]),
            ("chef@moulin.example", [19, 19, 19, 19, 19]),
            ("@@ @a@ @", [8, 8, 8, 8, 8]),
        ] {
            let rules = [
                CountingRule::CodePoints,
                BLUESKY,
                CountingRule::MastodonUrl23,
                CountingRule::Utf16,
                CountingRule::EmojiBytes,
            ];
            assert_eq!(rules.map(|rule| rule.count(text)), counts, "{text:?}");
        }
    }

    /// Social-platforms 6.2, 6.3 and 12.2: what is escaped counts with its backslash, a hashtag with its
    /// template.
    #[test]
    fn golden_counts_of_little_text() {
        for (text, count) in [
            ("Été", 3),
            ("E\u{301}te\u{301}", 5),
            ("Midi (18 €)", 13),
            ("#Vensac", 19),
            ("menu #2", 8),
            ("👍🏽", 4),
            ("👨‍👩‍👧", 8),
            ("🇫🇷", 4),
            ("https://a.fr/b_c", 17),
        ] {
            assert_eq!(CountingRule::LittleText.count(text), count, "{text}");
        }
        let rule = CountingRule::LittleText;
        assert!(rule.measure(&"é".repeat(3000), 3000).fits);
        assert!(!rule.measure(&"é".repeat(3001), 3000).fits);
        assert!(!rule.measure(&"(".repeat(1501), 3000).fits);
        assert_eq!(rule.beginning("Midi (18 €)", 7), "Midi (");
    }

    #[test]
    fn three_hundred_graphemes_fit_and_one_more_does_not() {
        for unit in ["a", "é", "e\u{301}", "👍🏽"] {
            assert!(BLUESKY.measure(&unit.repeat(299), 300).fits);
            assert!(BLUESKY.measure(&unit.repeat(300), 300).fits);
            assert!(!BLUESKY.measure(&unit.repeat(301), 300).fits);
        }
    }

    #[test]
    fn bytes_are_limited_too() {
        let families = "👨‍👩‍👧‍👦".repeat(121);
        let length = BLUESKY.measure(&families, 300);
        assert_eq!((length.used, length.fits), (121, false), "3025 bytes");
        assert!(BLUESKY.measure(&"👨‍👩‍👧‍👦".repeat(120), 300).fits);
    }

    /// Social-platforms reference 3: 500 characters, emoji as their bytes of UTF-8.
    #[test]
    fn threads_takes_fewer_emoji_than_letters() {
        let rule = CountingRule::EmojiBytes;
        for (unit, fitting) in
            [("a", 500), ("é", 500), ("\u{202f}", 500), ("👍", 125), ("🇫🇷", 62), ("❤️", 83)]
        {
            assert!(rule.measure(&unit.repeat(fitting), 500).fits, "{unit}");
            assert!(!rule.measure(&unit.repeat(fitting + 1), 500).fits, "{unit}");
        }
        assert_eq!(rule.beginning("Été 👨‍👩‍👧 !", 21), "Été ");
    }

    /// Each letter more used to count the whole text once more: a pasted book stopped everything else.
    #[test]
    fn a_text_far_too_long_is_measured_at_once() {
        let rules = [BLUESKY, CountingRule::MastodonUrl23, CountingRule::EmojiBytes, CountingRule::Utf16];
        for unit in ["a", "été ", "https://.", "@a@b ", "https://a.fr) "] {
            let text = unit.repeat(100_000);
            for rule in rules {
                let start = rule.beginning(&text, 500);
                assert!(rule.measure(start, 500).fits && start.len() >= 500 / 23, "{unit} {rule:?}");
            }
        }
    }

    #[test]
    fn a_beginning_keeps_whole_graphemes() {
        assert_eq!(BLUESKY.beginning("Été 👨‍👩‍👧 !", 5), "Été 👨‍👩‍👧");
        assert_eq!(CountingRule::CodePoints.beginning("Été 👨‍👩‍👧 !", 8), "Été ");
        assert_eq!(BLUESKY.beginning("court", 300), "court");
    }

    proptest! {
        #[test]
        fn a_beginning_fits_and_is_a_beginning(text in ".{0,60}", limit in 0_usize..40) {
            for rule in [
                CountingRule::CodePoints,
                CountingRule::Graphemes { max_bytes: 50 },
                CountingRule::MastodonUrl23,
                CountingRule::EmojiBytes,
                CountingRule::Utf16,
                CountingRule::LittleText,
                CountingRule::Weighted,
            ] {
                let start = rule.beginning(&text, limit);
                prop_assert!(text.starts_with(start));
                prop_assert!(rule.measure(start, limit).fits);
                let whole = text.graphemes(true).take(start.graphemes(true).count());
                prop_assert_eq!(whole.collect::<String>(), start);
            }
        }

        #[test]
        fn mastodon_never_panics(text in "[@a.é -]{0,30}") {
            prop_assert!(CountingRule::MastodonUrl23.count(&text) <= text.chars().count());
        }
    }
}
