//! Hashtags as people type them, made into hashtags that networks link.
//!
//! The owner types "plat du jour", "#Vensac", "médoc!": every network ends a
//! hashtag at the first space or sign, so words are joined, each with a capital
//! (`#PlatDuJour`, which a screen reader also reads as words), accents kept. What
//! is left out is reported with its reason, so that the page can show it.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

/// Why a hashtag is not in the post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DropReason {
    /// Nothing but signs.
    Empty,
    /// Networks do not link a hashtag of digits alone.
    DigitsOnly,
    /// Already in the text or in the list, in whatever case.
    Duplicate,
    /// The network takes no more.
    OverLimit,
}

/// A hashtag left out, as it was typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DroppedHashtag {
    pub text: String,
    pub reason: DropReason,
}

/// The hashtags of a post.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hashtags {
    /// Without `#`, in their order.
    pub kept: Vec<String>,
    pub dropped: Vec<DroppedHashtag>,
}

/// Makes hashtags of `typed` for a post with this `body`, at most `limit` in the
/// whole post: those inside the body count too, as the network counts them.
pub fn hashtags<S: AsRef<str>>(typed: &[S], body: &str, limit: usize) -> Hashtags {
    let in_body = find_hashtags(body);
    let mut count = in_body.len();
    let mut seen: HashSet<String> = in_body.iter().map(|tag| key(tag)).collect();
    let mut result = Hashtags::default();
    for text in typed.iter().map(AsRef::as_ref) {
        // "#plat #vensac" in one field is two hashtags; "plat du jour" is one.
        for one in text.split('#').filter(|part| !part.trim().is_empty()) {
            let tag = join_words(one);
            let reason = if tag.is_empty() {
                Some(DropReason::Empty)
            } else if !tag.chars().any(char::is_alphabetic) {
                Some(DropReason::DigitsOnly)
            } else if seen.contains(&key(&tag)) {
                Some(DropReason::Duplicate)
            } else if count >= limit {
                Some(DropReason::OverLimit)
            } else {
                None
            };
            if let Some(reason) = reason {
                result.dropped.push(DroppedHashtag { text: one.trim().to_owned(), reason });
            } else {
                seen.insert(key(&tag));
                count += 1;
                result.kept.push(tag);
            }
        }
    }
    result
}

/// Returns the hashtags written inside `text`, without `#`.
pub fn find_hashtags(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices('#') {
        let is_inside_word = text[..at]
            .chars()
            .next_back()
            // "/#menu" and "&#233;" are parts of an address and of HTML.
            .is_some_and(|before| is_tag_char(before) || matches!(before, '/' | '&' | '#'));
        let after = &text[at + 1..];
        let end = after.find(|c| !is_tag_char(c)).unwrap_or(after.len());
        let tag = &after[..end];
        if !is_inside_word && tag.chars().any(char::is_alphabetic) {
            found.push(tag);
        }
    }
    found
}

fn is_tag_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || is_combining(c)
}

/// An accent typed as a mark of its own belongs to its letter.
fn is_combining(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

fn join_words(typed: &str) -> String {
    let composed: String = typed.nfc().collect();
    let words: Vec<&str> = composed.split(|c| !is_tag_char(c)).filter(|word| !word.is_empty()).collect();
    match words.as_slice() {
        // One word stays as it was typed.
        [word] => (*word).to_owned(),
        words => words.iter().map(|word| capitalised(word)).collect(),
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn key(tag: &str) -> String {
    tag.nfc().collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kept(typed: &[&str], body: &str, limit: usize) -> Vec<String> {
        hashtags(typed, body, limit).kept
    }

    #[test]
    fn golden_hashtags() {
        for (typed, tag) in [
            ("vensac", "vensac"),
            ("#Vensac", "Vensac"),
            ("  # médoc ", "médoc"),
            ("plat du jour", "PlatDuJour"),
            ("Plat  du\u{a0}jour !", "PlatDuJour"),
            ("l’été au moulin", "LÉtéAuMoulin"),
            ("saint-vivien", "SaintVivien"),
            ("cœur", "cœur"),
            ("e\u{301}te\u{301}", "été"),
            ("14 juillet", "14Juillet"),
            ("fait_maison", "fait_maison"),
            ("œufs mimosa", "ŒufsMimosa"),
        ] {
            assert_eq!(kept(&[typed], "", 30), [tag], "{typed}");
        }
        assert_eq!(kept(&["#plat #vensac", "#a#b"], "", 30), ["plat", "vensac", "a", "b"]);
    }

    #[test]
    fn what_is_left_out_has_a_reason() {
        let result = hashtags(
            &["Vensac", "vensac", "2026", "!!", "MÉDOC", "été", "vin", "🍷"],
            "Un soir au #médoc",
            3,
        );
        assert_eq!(result.kept, ["Vensac", "été"]);
        let dropped: Vec<_> =
            result.dropped.iter().map(|dropped| (dropped.text.as_str(), dropped.reason)).collect();
        assert_eq!(
            dropped,
            [
                ("vensac", DropReason::Duplicate),
                ("2026", DropReason::DigitsOnly),
                ("!!", DropReason::Empty),
                ("MÉDOC", DropReason::Duplicate),
                ("vin", DropReason::OverLimit),
                ("🍷", DropReason::Empty),
            ]
        );
    }

    #[test]
    fn hashtags_inside_a_text_are_found() {
        let text = "#Plat du jour, ##non a#b &#233; https://a.fr/#menu (#été) #2026 #œuf_dur.";
        assert_eq!(find_hashtags(text), ["Plat", "été", "œuf_dur"]);
    }

    proptest! {
        #[test]
        fn what_is_kept_is_found_again(
            typed in proptest::collection::vec(".{0,12}", 0..6),
            body in ".{0,30}",
            limit in 0_usize..8,
        ) {
            let result = hashtags(&typed, &body, limit);
            prop_assert!(result.kept.len() <= limit);
            for tag in &result.kept {
                let written = format!("#{tag}");
                prop_assert_eq!(find_hashtags(&written), [tag.as_str()]);
            }
        }
    }
}
