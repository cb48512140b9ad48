//! "Did you mean …?" for names that a person typed.

/// Returns the known names closest to `typed`, best first, at most three.
///
/// A name counts as close when at most a third of its letters (and at least
/// two) differ, or when one is the beginning of the other.
pub fn near_matches<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let typed = typed.to_lowercase();
    let mut found: Vec<(usize, &str)> = known
        .into_iter()
        .filter_map(|name| {
            let lower = name.to_lowercase();
            let distance = edit_distance(&typed, &lower);
            let allowed = (lower.chars().count() / 3).max(2);
            let prefix =
                typed.chars().count() >= 2 && (lower.starts_with(&typed) || typed.starts_with(&lower));
            (distance <= allowed || prefix).then_some((distance, name))
        })
        .collect();
    found.sort_unstable();
    found.truncate(3);
    found.into_iter().map(|(_, name)| name).collect()
}

/// Levenshtein distance in characters.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, cb) in row.iter_mut().skip(1).zip(&b) {
            let best = (diagonal + usize::from(ca != *cb)).min(left + 1).min(*cell + 1);
            diagonal = *cell;
            *cell = best;
            left = best;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{edit_distance, near_matches};

    #[test]
    fn distance_counts_single_letter_changes() {
        for (a, b, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("kitten", "sitting", 3),
            ("facebok", "facebook", 1),
            ("été", "ete", 2),
        ] {
            assert_eq!(edit_distance(a, b), expected, "{a} / {b}");
        }
    }

    #[test]
    fn a_typing_error_finds_the_name_and_nonsense_finds_nothing() {
        let known = ["facebook", "instagram", "bluesky", "mastodon"];
        assert_eq!(near_matches("facbook", known), ["facebook"]);
        assert_eq!(near_matches("Insta", known), ["instagram"]);
        assert!(near_matches("zzzzzzzzz", known).is_empty());
    }
}
