//! Collects the texts of a template while its blocks are laid out, and checks each of them.

use std::{borrow::Cow, collections::BTreeSet};

use minijinja::{Environment, ErrorKind, Value};

use super::program::{self, Test, Word};
use crate::domain::TemplateProblem;

/// How a text is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// One line: a title, a label, the subject.
    Line,
    /// Line breaks stay.
    Paragraph,
    /// An address that one is sent to.
    Address,
    /// A picture, `https` only.
    Picture,
}

/// Where the words of a field come from.
#[derive(Clone, Debug)]
enum Source {
    Fixed(String),
    /// Name in the environment.
    Template(String),
    Slot(Slot),
}

/// Filled by the renderer, not by the author.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot {
    Unsubscribe,
    Preferences,
    TrackingChoice,
    AlcoholMention,
}

#[derive(Clone, Debug)]
struct Field {
    source: Source,
    place: Place,
    /// Dotted path in the template.
    path: String,
}

/// Longest text of one field, in bytes.
const MAX_TEXT: usize = 20_000;

/// The texts of one channel.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields {
    all: Vec<Field>,
    tests: Vec<Test>,
    /// Names of variables that the texts use.
    used: BTreeSet<String>,
    /// Words of alcohol in texts that are the same for everybody.
    pub alcohol: Vec<String>,
}

impl Fields {
    /// Adds a text of the author.
    pub fn text(
        &mut self,
        environment: &mut Environment<'static>,
        text: &str,
        place: Place,
        path: impl Into<String>,
    ) -> Result<usize, TemplateProblem> {
        let path = path.into();
        if text.len() > MAX_TEXT {
            return Err(TemplateProblem::new("template_too_large", path));
        }
        let text = super::values::clean(text);
        if !text.contains("{{") && !text.contains("{%") && !text.contains("{#") {
            let words =
                fit(text, place).ok_or_else(|| TemplateProblem::new("template_value_invalid", &path))?;
            return Ok(self.fixed(words, place, path));
        }
        environment.add_template_owned(path.clone(), text).map_err(|error| problem(&error, &path))?;
        if let Ok(template) = environment.get_template(&path) {
            self.used.extend(template.undeclared_variables(false));
        }
        Ok(self.add(Source::Template(path.clone()), place, path))
    }

    /// Adds words that are the same for everybody.
    pub fn fixed(&mut self, words: String, place: Place, path: impl Into<String>) -> usize {
        for word in crate::domain::alcohol::words(&words) {
            if !self.alcohol.contains(&word) {
                self.alcohol.push(word);
            }
        }
        self.add(Source::Fixed(words), place, path.into())
    }

    pub fn slot(&mut self, slot: Slot) -> usize {
        let place = if slot == Slot::AlcoholMention { Place::Line } else { Place::Address };
        self.add(Source::Slot(slot), place, String::new())
    }

    fn add(&mut self, source: Source, place: Place, path: String) -> usize {
        self.all.push(Field { source, place, path });
        self.all.len() - 1
    }

    /// Begins a part with a condition; [`program::end`] ends it.
    pub fn when(&mut self, test: Test) -> String {
        self.tests.push(test);
        program::begin(self.tests.len() - 1)
    }

    pub fn tests(&self) -> &[Test] {
        &self.tests
    }

    pub fn used(&self) -> &BTreeSet<String> {
        &self.used
    }

    /// Words of a field that never change.
    pub fn constant(&self, index: usize) -> Option<Word<'_>> {
        let field = self.all.get(index)?;
        match &field.source {
            Source::Fixed(words) => {
                Some(Word { text: words.into(), keeps_lines: field.place == Place::Paragraph })
            }
            _ => None,
        }
    }

    /// The words of every field for these values. `slot` fills the renderer's own, last.
    pub fn words<'a>(
        &'a self,
        environment: &Environment<'static>,
        values: &Value,
        slot: impl Fn(Slot, &[String]) -> Cow<'a, str>,
    ) -> Result<Vec<Word<'a>>, TemplateProblem> {
        let mut alcohol: Cow<'_, [String]> = Cow::Borrowed(&self.alcohol);
        let mut words = Vec::with_capacity(self.all.len());
        for field in &self.all {
            let text = match &field.source {
                Source::Fixed(words) => Cow::Borrowed(words.as_str()),
                Source::Slot(_) => Cow::Borrowed(""),
                Source::Template(name) => {
                    let text = environment
                        .get_template(name)
                        .and_then(|template| template.render(values))
                        .map_err(|error| problem(&error, &field.path))?;
                    for word in crate::domain::alcohol::words(&text) {
                        if !alcohol.contains(&word) {
                            alcohol.to_mut().push(word);
                        }
                    }
                    let text = fit(text, field.place)
                        .ok_or_else(|| TemplateProblem::new("template_value_invalid", &field.path))?;
                    Cow::Owned(text)
                }
            };
            words.push(Word { text, keeps_lines: field.place == Place::Paragraph });
        }
        for (field, word) in self.all.iter().zip(&mut words) {
            if let Source::Slot(filled) = field.source {
                word.text = slot(filled, &alcohol);
            }
        }
        Ok(words)
    }

    /// Words of alcohol that come out for these values.
    pub fn alcohol(
        &self,
        environment: &Environment<'static>,
        values: &Value,
    ) -> Result<Vec<String>, TemplateProblem> {
        let found = std::cell::RefCell::new(self.alcohol.clone());
        let mut probe = self.clone();
        probe.slot(Slot::AlcoholMention);
        probe.words(environment, values, |_, alcohol| {
            *found.borrow_mut() = alcohol.to_vec();
            Cow::Borrowed("")
        })?;
        Ok(found.into_inner())
    }
}

/// The words in the form of their place; `None` where they cannot stand there.
fn fit(text: String, place: Place) -> Option<String> {
    match place {
        Place::Paragraph => Some(text.trim().to_owned()),
        Place::Line if text.contains('\n') => Some(
            text.split('\n').map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" "),
        ),
        Place::Line => Some(if text.trim().len() == text.len() { text } else { text.trim().to_owned() }),
        Place::Address | Place::Picture if text.trim().is_empty() => Some(String::new()),
        Place::Address => super::values::address(&text),
        Place::Picture => super::values::address(&text).filter(|address| address.starts_with("https://")),
    }
}

/// What went wrong in the text at `path`.
fn problem(error: &minijinja::Error, path: &str) -> TemplateProblem {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<minijinja::Error>().is_some_and(|e| e.kind() == ErrorKind::OutOfFuel) {
            return TemplateProblem::new("template_too_heavy", path);
        }
        cause = error.source();
    }
    let mut problem = TemplateProblem::new("template_invalid", path);
    problem.line = error.line();
    problem.names = error.detail().map(str::to_owned).into_iter().collect();
    problem
}
