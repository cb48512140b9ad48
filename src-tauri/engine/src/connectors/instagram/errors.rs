//! Instagram's own refusals: the envelope is the Graph's, the real number stands in `error_subcode`
//! (social-platforms reference 2.5).

use crate::connectors::{
    Failure, FailureClass,
    graph::{
        containers::{CONTAINER_EXPIRED, CONTAINER_MISSING, FETCH_FAILED},
        errors::Verdict,
        wire::GraphError,
    },
};

pub fn table(error: &GraphError) -> Option<Verdict> {
    // Code 190 is also given when Instagram wants the owner to log in on its own site; reconnecting
    // does not help then. There is no subcode for it.
    if error.code == 190 {
        let words = error.message.to_lowercase();
        let is_checkpoint = words.contains("instagram.com") || words.contains("invalid user id");
        return is_checkpoint.then(|| Verdict::new(FailureClass::Blocked, "checkpoint_required"));
    }
    by_subcode(error.error_subcode).or_else(|| by_code(error.code, error.error_subcode))
}

fn by_subcode(subcode: i64) -> Option<Verdict> {
    use FailureClass as C;
    Some(match subcode {
        2_207_001 | 2_207_003 | 2_207_032 | 2_207_053 | 2_207_082 => {
            Verdict::new(C::Retry, "media_upload_failed")
        }
        2_207_052 => Verdict::new(C::Retry, FETCH_FAILED),
        2_207_020 => Verdict::new(C::Retry, CONTAINER_EXPIRED),
        2_207_006 | 2_207_008 => Verdict::new(C::Retry, CONTAINER_MISSING).after(30),
        2_207_027 => Verdict::new(C::Retry, "container_not_ready").after(10),
        2_207_042 => Verdict::new(C::Quota, "quota_reached").after(3600),
        2_207_051 => Verdict::new(C::Blocked, "action_restricted").after(24 * 3600),
        2_207_050 => Verdict::new(C::Blocked, "account_restricted"),
        2_207_004 => Verdict::new(C::Content, "photo_too_large"),
        2_207_005 => Verdict::new(C::Content, "photo_format"),
        2_207_009 => Verdict::new(C::Content, "photo_ratio"),
        2_207_010 => Verdict::new(C::Content, "caption_refused"),
        2_207_023 | 2_207_026 | 2_207_057 | 2_207_077 | 2_207_081 => {
            Verdict::new(C::Content, "photo_refused")
        }
        2_207_028 => Verdict::new(C::Content, "carousel_size"),
        2_207_035..=2_207_037 | 2_207_040 => Verdict::new(C::Content, "tags_refused"),
        _ => return None,
    })
}

/// The same refusals when the subcode is left out.
fn by_code(code: i64, subcode: i64) -> Option<Verdict> {
    use FailureClass as C;
    Some(match (code, subcode) {
        (-2, _) => Verdict::new(C::Retry, "media_upload_failed"),
        (24, _) => Verdict::new(C::Retry, CONTAINER_MISSING).after(30),
        (25, _) => Verdict::new(C::Blocked, "account_restricted"),
        (352, _) => Verdict::new(C::Content, "photo_refused"),
        (9004, 0) => Verdict::new(C::Retry, FETCH_FAILED),
        (9007, 0) => Verdict::new(C::Retry, "container_not_ready").after(10),
        (36_000, _) => Verdict::new(C::Content, "photo_too_large"),
        (36_001, _) => Verdict::new(C::Content, "photo_format"),
        (36_003, _) => Verdict::new(C::Content, "photo_ratio"),
        (36_004, _) => Verdict::new(C::Content, "caption_refused"),
        _ => return None,
    })
}

/// The picture itself was refused, not the words or the account.
pub fn is_about_the_picture(failure: &Failure) -> bool {
    matches!(
        failure.problem.code.as_str(),
        "photo_too_large" | "photo_format" | "photo_ratio" | "photo_refused"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(code: i64, subcode: i64) -> Option<(FailureClass, &'static str)> {
        let error = GraphError { code, error_subcode: subcode, ..GraphError::default() };
        table(&error).map(|verdict| (verdict.class, verdict.code))
    }

    /// Social-platforms reference 2.5, with its corrections.
    #[test]
    fn instagrams_own_rows() {
        use FailureClass as C;
        for (code, subcode, class, expected) in [
            (-2, 2_207_003, C::Retry, "media_upload_failed"),
            (-1, 2_207_001, C::Retry, "media_upload_failed"),
            (-1, 2_207_032, C::Retry, "media_upload_failed"),
            (-1, 2_207_053, C::Retry, "media_upload_failed"),
            (1, 2_207_082, C::Retry, "media_upload_failed"),
            (9004, 2_207_052, C::Retry, FETCH_FAILED),
            (-2, 2_207_020, C::Retry, CONTAINER_EXPIRED),
            (24, 2_207_008, C::Retry, CONTAINER_MISSING),
            (24, 2_207_006, C::Retry, CONTAINER_MISSING),
            (9007, 2_207_027, C::Retry, "container_not_ready"),
            (9, 2_207_042, C::Quota, "quota_reached"),
            (4, 2_207_051, C::Blocked, "action_restricted"),
            (25, 2_207_050, C::Blocked, "account_restricted"),
            (36_000, 2_207_004, C::Content, "photo_too_large"),
            (36_001, 2_207_005, C::Content, "photo_format"),
            (36_003, 2_207_009, C::Content, "photo_ratio"),
            (36_004, 2_207_010, C::Content, "caption_refused"),
            (352, 2_207_026, C::Content, "photo_refused"),
            (100, 2_207_023, C::Content, "photo_refused"),
            (1, 2_207_057, C::Content, "photo_refused"),
            (100, 2_207_077, C::Content, "photo_refused"),
            (100, 2_207_028, C::Content, "carousel_size"),
            (100, 2_207_035, C::Content, "tags_refused"),
            (100, 2_207_040, C::Content, "tags_refused"),
            (100, 2_207_081, C::Content, "photo_refused"),
        ] {
            assert_eq!(verdict(code, subcode), Some((class, expected)), "{code}/{subcode}");
            assert!(crate::problems::find(expected).is_some(), "no sentences for {expected}");
        }
        assert_eq!(verdict(4, 0), None, "a rate limit is the Graph's own row");
        assert_eq!(verdict(190, 463), None);
    }

    #[test]
    fn a_checkpoint_is_not_an_expired_token() {
        let error = GraphError {
            code: 190,
            message: "Please log in to www.instagram.com and follow the instructions.".into(),
            ..GraphError::default()
        };
        assert_eq!(table(&error).unwrap().class, FailureClass::Blocked);
    }
}
