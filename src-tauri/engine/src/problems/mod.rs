//! What every problem code means, in the words of the owner's language.
//!
//! A program acts on the code; a person reads the sentences chosen from it; the log keeps the cause.
//! Codes of the API, of the start, of the platforms and of the media are all here, so that the same
//! code says the same thing in the window, in a notification and on the command line. A test refuses
//! a code that the sources use and this catalogue does not know.

mod access;
mod api;
mod consents;
mod conversations;
mod customers;
mod doctor;
mod graph;
mod media;
mod media_host;
mod messages;
mod networks;
mod options;
mod platform;
mod providers;
mod publishing;
mod queue;
mod refused;
mod smtp;
mod startup;
mod templates;

use std::{collections::BTreeMap, sync::LazyLock};

/// The sentences of one code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProblemText {
    pub code: &'static str,
    /// HTTP status when the code is the answer to a request.
    pub status: u16,
    /// Two or three words.
    pub title: &'static str,
    /// What happened and what it means.
    pub detail: &'static str,
    /// The one thing to do next.
    pub next_step: &'static str,
    pub title_en: &'static str,
    pub detail_en: &'static str,
    pub next_step_en: &'static str,
}

impl ProblemText {
    /// The next step is the Connections screen, which is no help to somebody who stands there.
    pub fn asks_to_reconnect(&self) -> bool {
        self.next_step_en == "Reconnect the account in Connections."
    }
}

const fn text(
    code: &'static str,
    status: u16,
    [title, detail, next_step]: [&'static str; 3],
    [title_en, detail_en, next_step_en]: [&'static str; 3],
) -> ProblemText {
    ProblemText { code, status, title, detail, next_step, title_en, detail_en, next_step_en }
}

static BY_CODE: LazyLock<BTreeMap<&'static str, ProblemText>> =
    LazyLock::new(|| all().map(|text| (text.code, *text)).collect());

/// Every code, by subject.
pub fn all() -> impl Iterator<Item = &'static ProblemText> {
    [
        api::TEXTS,
        startup::TEXTS,
        publishing::TEXTS,
        queue::TEXTS,
        consents::TEXTS,
        conversations::TEXTS,
        platform::TEXTS,
        access::TEXTS,
        refused::TEXTS,
        graph::TEXTS,
        networks::TEXTS,
        providers::TEXTS,
        options::TEXTS,
        customers::TEXTS,
        doctor::TEXTS,
        media::TEXTS,
        media_host::TEXTS,
        smtp::TEXTS,
        messages::TEXTS,
        templates::TEXTS,
    ]
    .into_iter()
    .flatten()
}

/// Finds the sentences of a code.
pub fn find(code: &str) -> Option<&'static ProblemText> {
    BY_CODE.get(code)
}

/// Finds the sentences of a code, or those of an error that nobody foresaw.
pub fn find_or_general(code: &str) -> &'static ProblemText {
    const GENERAL: ProblemText = text(
        "platform_error",
        502,
        [
            "Erreur inattendue",
            "Quelque chose d’imprévu s’est produit.",
            "Lisez le détail ci-dessous, puis réessayez.",
        ],
        ["Unexpected error", "Something unforeseen happened.", "Read the details below, then try again."],
    );
    find(code).unwrap_or(&GENERAL)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::{collections::BTreeSet, fs, path::Path};

    use super::{all, find};

    #[test]
    fn codes_are_unique_and_every_sentence_is_written() {
        let mut seen = BTreeSet::new();
        for text in all() {
            assert!(seen.insert(text.code), "{} twice", text.code);
            for sentence in [text.detail, text.next_step, text.detail_en, text.next_step_en] {
                assert!(
                    sentence.ends_with('.') || sentence.ends_with("».") || sentence.ends_with('»'),
                    "{}: {sentence}",
                    text.code
                );
            }
            assert!(!text.title.is_empty() && !text.title_en.is_empty(), "{}", text.code);
            let french = [text.title, text.detail, text.next_step].concat();
            assert!(
                !french.contains('\'') && !french.contains(" :") && !french.contains("« "),
                "typography of {}",
                text.code
            );
        }
    }

    /// Whatever the sources call a problem has sentences here.
    #[test]
    fn every_code_that_the_sources_use_is_known() {
        let mut unknown = BTreeSet::new();
        visit(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut |path, source| {
            // Test modules stand at the end of a file and make up codes of their own.
            let source = source.split("#[cfg(test)]").next().unwrap();
            for call in ["Problem::new(", "Failure::content(", "Failure::unknown(", "ApiError::new("] {
                for (start, _) in source.match_indices(call) {
                    // `FieldProblem::new` names a field first.
                    let (before, rest) = source.split_at(start);
                    if before.ends_with(|c: char| c.is_alphanumeric()) {
                        continue;
                    }
                    let rest = &rest[call.len()..];
                    if let Some(code) =
                        rest.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next())
                        && find(code).is_none()
                    {
                        unknown.insert(format!("{code} in {}", path.file_name().unwrap().to_string_lossy()));
                    }
                }
            }
        });
        for code in crate::media::MediaError::CODES {
            if find(code).is_none() {
                unknown.insert(code.to_owned());
            }
        }
        assert!(unknown.is_empty(), "without sentences: {unknown:#?}");
    }

    fn visit(folder: &Path, look: &mut impl FnMut(&Path, &str)) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                visit(&path, look);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                look(&path, &fs::read_to_string(&path).unwrap());
            }
        }
    }
}
