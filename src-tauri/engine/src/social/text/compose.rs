//! One text of the parts of a post, for networks that have a single field.
//!
//! The body is the owner's and stays letter for letter; the parts are set apart
//! by blank lines.

use super::hashtags::{Hashtags, hashtags};
use super::links::find_links;

/// The parts as the composer holds them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PostParts<'a> {
    pub title: Option<&'a str>,
    pub body: &'a str,
    /// As typed: see [`hashtags`].
    pub hashtags: &'a [String],
    /// Given apart from the body; left out when the body already holds it.
    pub link: Option<&'a str>,
}

/// The final text and what became of the hashtags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComposedText {
    pub text: String,
    pub hashtags: Hashtags,
}

/// Puts the parts together: title, body, link, hashtags, each after a blank line.
///
/// `max_hashtags` is the network's limit for the whole post. A title that the
/// body already begins with is not written twice. Nothing is shortened: the
/// caller measures the result.
pub fn compose(parts: &PostParts<'_>, max_hashtags: usize) -> ComposedText {
    let title =
        parts.title.map(str::trim).filter(|title| !title.is_empty() && !begins_with_line(parts.body, title));
    let link = parts.link.map(str::trim).filter(|link| !link.is_empty() && !holds_link(parts.body, link));
    // A hashtag in the title is in the post as well.
    let written = [title.unwrap_or_default(), parts.body].join("\n");
    let tags = hashtags(parts.hashtags, &written, max_hashtags);
    let tag_line = tags.kept.iter().map(|tag| format!("#{tag}")).collect::<Vec<_>>().join(" ");
    // A body of white space alone says nothing and would leave a hole.
    let body = Some(parts.body).filter(|body| !body.trim().is_empty());
    let paragraphs: Vec<&str> = [title, body, link, Some(tag_line.as_str())]
        .into_iter()
        .flatten()
        .filter(|paragraph| !paragraph.is_empty())
        .collect();
    ComposedText { text: paragraphs.join("\n\n"), hashtags: tags }
}

/// Compares whole links: `https://a.fr` is not in a body with `https://a.fr/carte`.
fn holds_link(body: &str, link: &str) -> bool {
    find_links(body).into_iter().any(|range| body.get(range) == Some(link))
}

fn begins_with_line(body: &str, title: &str) -> bool {
    body.lines().next().is_some_and(|first| first.trim() == title)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(title: &str, body: &str, tags: &[&str], link: &str) -> String {
        let hashtags: Vec<String> = tags.iter().map(ToString::to_string).collect();
        let parts = PostParts { title: Some(title), body, hashtags: &hashtags, link: Some(link) };
        compose(&parts, 5).text
    }

    #[test]
    fn parts_are_set_apart_by_blank_lines() {
        assert_eq!(
            text(
                "Plat du jour",
                "Magret aux cèpes, 18\u{202f}€\u{a0}!\nÀ midi seulement.",
                &["plat du jour", "Vensac"],
                "https://moulin.example/carte"
            ),
            "Plat du jour\n\nMagret aux cèpes, 18\u{202f}€\u{a0}!\nÀ midi seulement.\n\n\
             https://moulin.example/carte\n\n#PlatDuJour #Vensac"
        );
    }

    #[test]
    fn missing_parts_leave_no_hole() {
        assert_eq!(text("", "Bonjour", &[], ""), "Bonjour");
        assert_eq!(text(" Fermé ", " \n", &[], ""), "Fermé");
        assert_eq!(text("", "", &["été"], ""), "#été");
        assert_eq!(text("", "", &[], ""), "");
    }

    #[test]
    fn nothing_is_said_twice() {
        assert_eq!(text("Soirée", "Soirée\nà 20 h", &[], ""), "Soirée\nà 20 h");
        assert_eq!(text("", "Voir https://a.fr !", &["Vin"], "https://a.fr"), "Voir https://a.fr !\n\n#Vin");
        assert_eq!(
            text("", "Voir https://a.fr/carte", &[], "https://a.fr"),
            "Voir https://a.fr/carte\n\nhttps://a.fr"
        );
        assert_eq!(text("#Vin", "du jour", &["vin"], ""), "#Vin\n\ndu jour");
    }

    #[test]
    fn the_body_is_kept_letter_for_letter() {
        let body = "  E\u{301}te\u{301}\u{a0}!  \n\n\n👨‍👩‍👧‍👦 🇫🇷\t« œufs » ";
        assert_eq!(text("T", body, &[], ""), format!("T\n\n{body}"));
    }

    proptest! {
        #[test]
        fn the_body_is_always_inside_and_ranges_stay_whole(
            title in ".{0,20}",
            body in ".{0,60}",
            tag in ".{0,10}",
        ) {
            let all = text(&title, &body, &[&tag], "https://moulin.example/é");
            prop_assert!(body.trim().is_empty() || all.contains(&body));
            for range in find_links(&all) {
                prop_assert!(all.get(range).is_some());
            }
        }
    }
}
