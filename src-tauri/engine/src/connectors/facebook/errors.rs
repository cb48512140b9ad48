//! Facebook's own refusals (social-platforms reference 1.5). The shared rows are in
//! `graph::errors`; here is what only publishing on a Page can answer.

use crate::connectors::{
    Failure, FailureClass,
    graph::{
        errors::{Verdict, is_gone},
        wire::GraphError,
    },
};

/// Facebook's rows; the number stands in `error_subcode` or in `code`.
pub fn table(error: &GraphError) -> Option<Verdict> {
    // Without a code of its own, and reported for a wrong date, a full queue and missing access
    // alike: the post can still leave with our own timer, so it is not refused.
    let is_about_time = ["scheduled publish time", "scheduled_publish_time must"]
        .iter()
        .any(|words| error.message.contains(words));
    if error.code == 100 && is_about_time {
        return Some(Verdict::new(FailureClass::Retry, "hand_over_refused"));
    }
    row(error.error_subcode).or_else(|| row(error.code))
}

fn row(number: i64) -> Option<Verdict> {
    use FailureClass as C;
    Some(match number {
        506 => Verdict::new(C::Duplicate, "duplicate_post"),
        1_366_051 => Verdict::new(C::Duplicate, "photos_already_posted"),
        1_609_005 | 1_609_008 | 2_061_006 => Verdict::new(C::Content, "link_refused"),
        1_346_003 | 1_404_102 => Verdict::new(C::Content, "community_standards"),
        1_404_006 | 1_404_078 => Verdict::new(C::Blocked, "checkpoint_required"),
        1_404_112 | 4_854_002 => Verdict::new(C::Blocked, "account_restricted"),
        1_363_019 | 1_363_021 | 1_363_030 | 1_363_033 | 1_363_041 => {
            Verdict::new(C::Retry, "upload_interrupted")
        }
        324 | 6000 | 1_363_022..=1_363_026 | 1_363_031 | 1_363_032 | 1_366_046 | 2_069_019 => {
            Verdict::new(C::Content, "photo_refused")
        }
        _ => return None,
    })
}

/// The Page itself is not there for this token: a lost role, not a refused post.
pub fn page_lost(mut failure: Failure) -> Failure {
    if is_gone(&failure) {
        failure.class = FailureClass::Reauth;
        "page_unreachable".clone_into(&mut failure.problem.code);
    }
    failure
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Social-platforms reference 1.5.
    #[test]
    fn facebooks_own_rows() {
        use FailureClass as C;
        for (code, subcode, class, expected) in [
            (506, 1_455_006, C::Duplicate, "duplicate_post"),
            (100, 1_366_051, C::Duplicate, "photos_already_posted"),
            (1_366_051, 0, C::Duplicate, "photos_already_posted"),
            (100, 1_366_046, C::Content, "photo_refused"),
            (324, 2_069_019, C::Content, "photo_refused"),
            (100, 1_609_005, C::Content, "link_refused"),
            (100, 1_609_008, C::Content, "link_refused"),
            (100, 2_061_006, C::Content, "link_refused"),
            (100, 1_404_102, C::Content, "community_standards"),
            (1_346_003, 0, C::Content, "community_standards"),
            (1_404_006, 0, C::Blocked, "checkpoint_required"),
            (1_404_078, 0, C::Blocked, "checkpoint_required"),
            (1_404_112, 0, C::Blocked, "account_restricted"),
            (200, 4_854_002, C::Blocked, "account_restricted"),
            (100, 1_363_030, C::Retry, "upload_interrupted"),
            (100, 1_363_023, C::Content, "photo_refused"),
            (6000, 0, C::Content, "photo_refused"),
        ] {
            let error = GraphError { code, error_subcode: subcode, ..GraphError::default() };
            let verdict = table(&error).unwrap();
            assert_eq!((verdict.class, verdict.code), (class, expected), "{code}/{subcode}");
            assert!(crate::problems::find(expected).is_some(), "no sentences for {expected}");
        }
        assert_eq!(table(&GraphError { code: 190, ..GraphError::default() }), None);
    }

    /// Corrections of the reference: the date is not necessarily wrong.
    #[test]
    fn a_refused_hand_over_is_not_a_refused_post() {
        for words in [
            "(#100) The specified scheduled publish time is invalid.",
            "(#100) scheduled_publish_time must be between 10 minutes and 30 days from now",
        ] {
            let error = GraphError { code: 100, message: words.into(), ..GraphError::default() };
            assert_eq!(
                table(&error),
                Some(Verdict::new(FailureClass::Retry, "hand_over_refused")),
                "{words}"
            );
        }
    }
}
