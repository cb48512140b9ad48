//! Cuts a text into links, hashtags, mentions and the rest, and escapes HTML.

/// A piece of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word<'a> {
    Link(&'a str),
    /// With its sign.
    Tag(&'a str),
    /// With its sign, and the server when one is named.
    Mention(&'a str),
    Plain(&'a str),
}

/// Cuts a text; the pieces together are the text.
pub(crate) fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut plain_from = 0;
    let mut at = 0;
    let mut before = ' ';
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let found = if before.is_alphanumeric() || before == '/' { None } else { special(rest) };
        if let Some(word) = found {
            if let Some(plain) = text.get(plain_from..at).filter(|plain| !plain.is_empty()) {
                words.push(Word::Plain(plain));
            }
            let (Word::Link(piece) | Word::Tag(piece) | Word::Mention(piece) | Word::Plain(piece)) = word;
            at += piece.len();
            plain_from = at;
            before = piece.chars().next_back().unwrap_or(' ');
            words.push(word);
        } else {
            before = rest.chars().next().unwrap_or(' ');
            at += before.len_utf8();
        }
    }
    if let Some(plain) = text.get(plain_from..).filter(|plain| !plain.is_empty()) {
        words.push(Word::Plain(plain));
    }
    words
}

/// The link, hashtag or mention that stands at the beginning of `rest`.
fn special(rest: &str) -> Option<Word<'_>> {
    let run = |from: usize, fits: fn(char) -> bool| {
        let tail = rest.get(from..).unwrap_or("");
        from + tail.find(|c: char| !fits(c)).unwrap_or(tail.len())
    };
    if rest.starts_with("http://") || rest.starts_with("https://") {
        let end = run(0, |c| !c.is_whitespace() && !"<>\"«»".contains(c));
        let link = rest.get(..end)?.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '…']);
        return (link.len() > "https://".len()).then_some(Word::Link(link));
    }
    if rest.starts_with('#') {
        let end = run(1, |c| c.is_alphanumeric() || c == '_');
        let tag = rest.get(..end)?;
        return tag.chars().any(char::is_alphabetic).then_some(Word::Tag(tag));
    }
    if rest.starts_with('@') {
        let mut end = run(1, |c| c.is_ascii_alphanumeric() || c == '_');
        if end > 1 && rest.get(end..).is_some_and(|tail| tail.starts_with('@')) {
            let server = run(end + 1, |c| c.is_ascii_alphanumeric() || ".-".contains(c));
            if server > end + 1 {
                end = server;
            }
        }
        return (end > 1).then(|| rest.get(..end).map(Word::Mention))?;
    }
    None
}

/// Makes a text harmless inside HTML, attributes included.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_found_and_nothing_is_lost() {
        let text = "Ce soir : #garbure à 18 € ! https://moulin.test/carte?x=1, avec @ami@chez.test #1";
        let found = words(text);
        assert!(found.contains(&Word::Tag("#garbure")));
        assert!(found.contains(&Word::Link("https://moulin.test/carte?x=1")));
        assert!(found.contains(&Word::Mention("@ami@chez.test")));
        let whole: String = found
            .iter()
            .map(|word| match word {
                Word::Link(piece) | Word::Tag(piece) | Word::Mention(piece) | Word::Plain(piece) => *piece,
            })
            .collect();
        assert_eq!(whole, text);
    }
}
