//! Counting a text as the server does, and writing it as HTML.

use unicode_segmentation::UnicodeSegmentation;

use crate::{
    mastodon::instance::CHARACTERS_PER_URL,
    pages::words::{Word, words},
};

/// Characters that count: an address counts 23, a distant mention without its server.
pub(super) fn counted(text: &str) -> usize {
    words(text)
        .into_iter()
        .map(|word| match word {
            Word::Link(_) => CHARACTERS_PER_URL,
            Word::Mention(name) => {
                name.splitn(3, '@').take(2).map(|part| part.graphemes(true).count()).sum::<usize>() + 1
            }
            Word::Tag(text) | Word::Plain(text) => text.graphemes(true).count(),
        })
        .sum()
}

/// The `content` of a status.
pub(super) fn content(base: &str, text: &str) -> String {
    let paragraphs: Vec<String> = text
        .replace("\r\n", "\n")
        .split("\n\n")
        .map(|paragraph| format!("<p>{}</p>", super::html::lines(base, paragraph)))
        .collect();
    if text.is_empty() { String::new() } else { paragraphs.concat() }
}

/// Hashtags of a text, without their sign.
pub(super) fn tags(text: &str) -> Vec<String> {
    words(text)
        .into_iter()
        .filter_map(|word| match word {
            Word::Tag(tag) => Some(tag.trim_start_matches('#').to_owned()),
            _ => None,
        })
        .collect()
}
