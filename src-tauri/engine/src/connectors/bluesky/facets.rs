//! Finds addresses, hashtags and mentions in a text. Bluesky makes nothing clickable by itself: each
//! one needs its place, counted in bytes of UTF-8 (an accent is two).

use serde_json::{Value, json};
use unicode_segmentation::UnicodeSegmentation;
use url::Url;

/// One clickable place of a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Bytes; the end is excluded.
    pub start: usize,
    pub end: usize,
    pub target: Target,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    Link(String),
    /// Without `#`.
    Tag(String),
    /// A handle that is still to be resolved to its identifier.
    Mention(String),
}

/// Returns the places in order; they never overlap.
pub(super) fn find(text: &str) -> Vec<Place> {
    let mut places = Vec::new();
    let mut at = 0;
    let mut previous = None;
    while let Some(rest) = text.get(at..) {
        let Some(first) = rest.chars().next() else { break };
        let place = if previous.is_none_or(opens) { place_at(rest, first) } else { None };
        let step = if let Some((length, target)) = place {
            places.push(Place { start: at, end: at + length, target });
            length
        } else {
            first.len_utf8()
        };
        previous = text.get(..at + step).and_then(|done| done.chars().next_back());
        at += step;
    }
    places
}

/// The JSON of one place.
pub(super) fn facet(start: usize, end: usize, feature: Value) -> Value {
    json!({"index": {"byteStart": start, "byteEnd": end}, "features": [feature]})
}

/// Says whether a place may begin after this character.
fn opens(before: char) -> bool {
    before.is_whitespace() || "([{«\"“‘'’".contains(before)
}

fn place_at(rest: &str, first: char) -> Option<(usize, Target)> {
    match first {
        '#' | '＃' => tag(rest, first.len_utf8()),
        '@' => mention(rest),
        'h' | 'H' | 'w' | 'W' => link(rest),
        _ => None,
    }
}

fn link(rest: &str) -> Option<(usize, Target)> {
    let has_prefix = |prefix: &str| rest.get(..prefix.len()).is_some_and(|p| p.eq_ignore_ascii_case(prefix));
    let bare = has_prefix("www.");
    if !(bare || has_prefix("https://") || has_prefix("http://")) {
        return None;
    }
    let raw = rest.split(|c: char| c.is_whitespace() || "«»<>\"“”".contains(c)).next()?;
    let shown = trim_link(raw);
    let url = Url::parse(&if bare { format!("https://{shown}") } else { shown.to_owned() }).ok()?;
    let host = url.host_str()?;
    (host.contains('.') || host == "localhost").then(|| (shown.len(), Target::Link(url.to_string())))
}

/// Takes away what belongs to the sentence: final punctuation and a bracket that was not opened inside.
fn trim_link(mut link: &str) -> &str {
    loop {
        let shorter = link.trim_end_matches(['.', ',', ';', ':', '!', '?', '…', '\'', '’', '*']);
        let shorter = match shorter.strip_suffix(')') {
            Some(inner) if shorter.matches(')').count() > shorter.matches('(').count() => inner,
            _ => shorter,
        };
        if shorter.len() == link.len() {
            return link;
        }
        link = shorter;
    }
}

fn tag(rest: &str, sign: usize) -> Option<(usize, Target)> {
    let word = rest.get(sign..)?;
    let end = word.find(|c: char| c.is_whitespace() || ends_tag(c)).unwrap_or(word.len());
    let word = word.get(..end)?.trim_end_matches(|c: char| c.is_ascii_punctuation() || "…’‘–—·•".contains(c));
    let usable = word.chars().any(|c| !c.is_ascii_digit() && !c.is_ascii_punctuation())
        // Lexicon: at most 64 graphemes and 640 bytes.
        && word.len() <= 640
        && word.graphemes(true).count() <= 64;
    usable.then(|| (sign + word.len(), Target::Tag(word.to_owned())))
}

fn ends_tag(c: char) -> bool {
    "#＃()[]{}«»<>\"“”,;:!?".contains(c) || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}')
}

fn mention(rest: &str) -> Option<(usize, Target)> {
    let name = rest.get(1..)?;
    let end = name.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '.')).unwrap_or(name.len());
    // `@user@server` is another network's form, not a handle.
    if name.get(end..).is_some_and(|after| after.starts_with('@')) {
        return None;
    }
    let handle = name.get(..end)?.trim_end_matches(['.', '-']);
    let labels = handle.split('.');
    let usable = handle.len() <= 253
        && labels.clone().count() >= 2
        && labels.clone().all(|label| {
            !label.is_empty() && label.len() <= 63 && !label.starts_with('-') && !label.ends_with('-')
        })
        && labels.clone().next_back().is_some_and(|end| end.starts_with(|c: char| c.is_ascii_alphabetic()));
    usable.then(|| (1 + handle.len(), Target::Mention(handle.to_ascii_lowercase())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<(&str, Target)> {
        find(text).into_iter().map(|place| (&text[place.start..place.end], place.target)).collect()
    }

    #[test]
    fn counts_bytes_after_accents_and_emoji() {
        let text = "Crème brûlée 👨‍👩‍👧‍👦 à 7,50\u{202f}€\u{a0}: https://moulin.fr/carte#été. #PlatDuJour !";
        assert_eq!(
            shown(text),
            [
                ("https://moulin.fr/carte#été", Target::Link("https://moulin.fr/carte#%C3%A9t%C3%A9".into())),
                ("#PlatDuJour", Target::Tag("PlatDuJour".into())),
            ]
        );
    }

    #[test]
    fn leaves_the_sentence_out_of_the_address() {
        for (text, link) in [
            ("(voir https://moulin.fr)", "https://moulin.fr"),
            (
                "voir https://fr.wikipedia.org/wiki/Moulin_(Vensac).",
                "https://fr.wikipedia.org/wiki/Moulin_(Vensac)",
            ),
            ("« https://moulin.fr » !", "https://moulin.fr"),
            ("www.moulin.fr, ce soir", "www.moulin.fr"),
        ] {
            assert_eq!(shown(text).first().map(|found| found.0), Some(link), "{text}");
        }
        assert!(shown("https:// et wwwwww et http://x").is_empty());
    }

    #[test]
    fn takes_only_real_hashtags() {
        assert_eq!(
            shown("#été2026, #œufs_mayo… (#midi) #33 # rue#1 #plat-du-jour."),
            [
                ("#été2026", Target::Tag("été2026".into())),
                ("#œufs_mayo", Target::Tag("œufs_mayo".into())),
                ("#midi", Target::Tag("midi".into())),
                ("#plat-du-jour", Target::Tag("plat-du-jour".into())),
            ]
        );
        assert!(shown(&format!("#{}", "a".repeat(65))).is_empty());
    }

    #[test]
    fn takes_handles_but_neither_mail_nor_other_networks() {
        assert_eq!(
            shown("Merci @Cave.Vensac.fr. Écrire à contact@moulin.fr ou @moulin@piaille.fr, @chef"),
            [("@Cave.Vensac.fr", Target::Mention("cave.vensac.fr".into()))]
        );
    }
}
