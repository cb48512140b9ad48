//! The HTML that Mastodon makes of a line of text.

use crate::pages::words::{Word, escaped, words};

/// Escapes a paragraph and marks its links and hashtags.
pub(super) fn lines(base: &str, paragraph: &str) -> String {
    words(paragraph)
        .into_iter()
        .map(|word| match word {
            Word::Link(address) => {
                let address = escaped(address);
                format!(
                    "<a href=\"{address}\" target=\"_blank\" rel=\"nofollow noopener\">{address}</a>"
                )
            }
            Word::Tag(tag) => {
                let name = escaped(tag.trim_start_matches('#'));
                format!(
                    "<a href=\"{base}/tags/{name}\" class=\"mention hashtag\" rel=\"tag\">#<span>{name}</span></a>"
                )
            }
            Word::Mention(text) | Word::Plain(text) => escaped(text).replace('\n', "<br />"),
        })
        .collect()
}
