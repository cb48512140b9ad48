//! A text with holes: written once for a template, filled for each person.
//!
//! The holes are marks in brackets that MJML has no meaning for (and that are printable: an attribute is
//! written through an escape of what is not). No word of a person or of an author is there while MJML is read: they are put in, and
//! escaped, when the holes are filled. So no value can become a tag, and nothing is escaped twice.

use std::borrow::Cow;

const OPEN: char = '⟦';
const CLOSE: char = '⟧';

/// The hole of a field.
pub(super) fn field(index: usize) -> String {
    format!("{OPEN}f{index}{CLOSE}")
}

/// Begins a part that is left out unless its test (by number) is true.
pub(super) fn begin(test: usize) -> String {
    format!("{OPEN}t{test}{CLOSE}")
}

/// Ends the part begun last.
pub(super) fn end() -> String {
    format!("{OPEN}e{CLOSE}")
}

/// When a part is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Test {
    /// All these fields have words.
    All(Vec<usize>),
    /// One of them has.
    Any(Vec<usize>),
}

impl Test {
    fn holds(&self, words: &[Word<'_>]) -> bool {
        let has = |index: &usize| words.get(*index).is_some_and(|word| !word.text.is_empty());
        match self {
            Self::All(fields) => fields.iter().all(has),
            Self::Any(fields) => fields.iter().any(has),
        }
    }
}

/// What a hole is filled with.
#[derive(Clone, Debug)]
pub(super) struct Word<'a> {
    pub text: Cow<'a, str>,
    /// Line breaks stay.
    pub keeps_lines: bool,
}

#[derive(Clone, Debug)]
enum Piece {
    Fixed(String),
    Field(usize),
    /// Goes on at this piece unless the test holds.
    Unless(Test, usize),
}

/// How words are written into the holes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escape {
    Html,
    Plain,
}

/// A text whose holes are known by their place.
#[derive(Clone, Debug)]
pub(super) struct Program {
    pieces: Vec<Piece>,
    escape: Escape,
    /// Of the last text, to ask for the memory at once.
    fixed_bytes: usize,
}

impl Program {
    /// Finds the holes. `fixed` tells the words of a field that are the same for everybody.
    pub fn parse<'a>(
        text: &str,
        tests: &[Test],
        escape: Escape,
        fixed: impl Fn(usize) -> Option<Word<'a>>,
    ) -> Self {
        let mut pieces = Vec::new();
        let mut begun = Vec::new();
        let mut plain = String::new();
        let flush = |plain: &mut String, pieces: &mut Vec<Piece>| {
            if !plain.is_empty() {
                pieces.push(Piece::Fixed(std::mem::take(plain)));
            }
        };
        for (number, part) in text.split(OPEN).enumerate() {
            let (mark, rest) = match part.split_once(CLOSE) {
                Some((mark, rest)) if number > 0 => (mark, rest),
                _ => ("", part),
            };
            let index = || mark.get(1..).and_then(|index| index.parse::<usize>().ok());
            match mark.chars().next() {
                Some('f') => {
                    if let Some(index) = index() {
                        if let Some(word) = fixed(index) {
                            put(&mut plain, &word, escape);
                        } else {
                            flush(&mut plain, &mut pieces);
                            pieces.push(Piece::Field(index));
                        }
                    }
                }
                Some('t') => {
                    flush(&mut plain, &mut pieces);
                    let test = index().and_then(|index| tests.get(index)).cloned();
                    begun.push(pieces.len());
                    pieces.push(Piece::Unless(test.unwrap_or(Test::All(Vec::new())), 0));
                }
                Some('e') => {
                    flush(&mut plain, &mut pieces);
                    let here = pieces.len();
                    if let Some(Piece::Unless(_, to)) = begun.pop().and_then(|at| pieces.get_mut(at)) {
                        *to = here;
                    }
                }
                _ => {}
            }
            plain.push_str(rest);
        }
        flush(&mut plain, &mut pieces);
        let fixed_bytes = pieces
            .iter()
            .map(|piece| match piece {
                Piece::Fixed(text) => text.len(),
                _ => 32,
            })
            .sum();
        Self { pieces, escape, fixed_bytes }
    }

    /// The text with its holes filled.
    pub fn fill(&self, words: &[Word<'_>]) -> String {
        let mut text = String::with_capacity(self.fixed_bytes + self.fixed_bytes / 4);
        let mut at = 0;
        while let Some(piece) = self.pieces.get(at) {
            at += 1;
            match piece {
                Piece::Fixed(fixed) => text.push_str(fixed),
                Piece::Field(index) => {
                    if let Some(word) = words.get(*index) {
                        put(&mut text, word, self.escape);
                    }
                }
                Piece::Unless(test, to) => {
                    if !test.holds(words) {
                        at = *to;
                    }
                }
            }
        }
        text
    }
}

fn put(into: &mut String, word: &Word<'_>, escape: Escape) {
    if escape == Escape::Plain {
        into.push_str(&word.text);
        return;
    }
    let mut from = 0;
    for (at, byte) in word.text.bytes().enumerate() {
        let escaped = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'\'' => "&#39;",
            b'\n' if word.keeps_lines => "<br>",
            _ => continue,
        };
        into.push_str(word.text.get(from..at).unwrap_or_default());
        into.push_str(escaped);
        from = at + 1;
    }
    into.push_str(word.text.get(from..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::{Escape, Program, Test, Word, begin, end, field};

    fn word(text: &str) -> Word<'_> {
        Word { text: text.into(), keeps_lines: true }
    }

    #[test]
    fn holes_are_filled_and_empty_parts_left_out() {
        let text = format!(
            "<p>{}</p>{}<b title=\"{}\">{}{}!{}</b>{}.",
            field(0),
            begin(0),
            field(1),
            field(1),
            begin(1),
            end(),
            end()
        );
        let tests = [Test::All(vec![1]), Test::Any(vec![2, 0])];
        let program = Program::parse(&text, &tests, Escape::Html, |_| None);
        assert_eq!(
            program.fill(&[word("a<b>\n&amp;"), word("\"q\"'"), word("")]),
            "<p>a&lt;b&gt;<br>&amp;amp;</p><b title=\"&quot;q&quot;&#39;\">&quot;q&quot;&#39;!</b>."
        );
        assert_eq!(program.fill(&[word(""), word("x"), word("")]), "<p></p><b title=\"x\">x</b>.");
        assert_eq!(program.fill(&[word("x"), word(""), word("y")]), "<p>x</p>.");
        let plain = Program::parse(&text, &tests, Escape::Plain, |index| (index == 0).then(|| word("<1>")));
        assert_eq!(plain.fill(&[word(""), word(""), word("")]), "<p><1></p>.");
    }

    /// A mark in a value is a character like any other.
    #[test]
    fn words_are_not_read_again() {
        let program = Program::parse(&field(0), &[], Escape::Html, |_| None);
        let mark = field(1);
        assert_eq!(program.fill(&[word(&mark), word("secret")]), mark);
    }
}
