//! Threads' own refusals: the envelope is the Graph's (social-platforms reference 3 and its corrections).

use crate::connectors::{
    FailureClass,
    graph::{
        containers::{CONTAINER_MISSING, FETCH_FAILED},
        errors::Verdict,
        wire::GraphError,
    },
};

pub(super) fn table(error: &GraphError) -> Option<Verdict> {
    use FailureClass as C;
    Some(match (error.code, error.error_subcode) {
        (_, 2_207_051) => Verdict::new(C::Blocked, "action_restricted").after(24 * 3600),
        (_, 4_279_013) => Verdict::new(C::Blocked, "account_restricted"),
        // Also said of a container that is not ready or was used: its own state decides.
        (_, 4_279_009) | (24, _) => Verdict::new(C::Retry, CONTAINER_MISSING).after(30),
        (_, 4_279_071) => Verdict::new(C::Content, "topic_refused"),
        (_, 2_207_042) => Verdict::new(C::Quota, "quota_reached").after(3600),
        (_, 2_207_052) => Verdict::new(C::Retry, FETCH_FAILED),
        // No number of its own is documented for this one; these are the platform's words.
        (100, _) if error.message.contains("could not be fetched from this URI") => {
            Verdict::new(C::Retry, FETCH_FAILED)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(code: i64, error_subcode: i64, message: &str) -> Option<(FailureClass, &'static str)> {
        let error = GraphError { code, error_subcode, message: message.to_owned(), ..GraphError::default() };
        table(&error).map(|verdict| (verdict.class, verdict.code))
    }

    /// Social-platforms reference 3, with its corrections.
    #[test]
    fn threads_own_rows() {
        use FailureClass as C;
        let fetch = "The media could not be fetched from this URI: https://moulin.example/a.jpg";
        for (code, subcode, message, class, expected) in [
            (4, 2_207_051, "", C::Blocked, "action_restricted"),
            (10, 4_279_013, "", C::Blocked, "account_restricted"),
            (24, 4_279_009, "", C::Retry, CONTAINER_MISSING),
            (24, 0, "", C::Retry, CONTAINER_MISSING),
            (100, 4_279_071, "", C::Content, "topic_refused"),
            (9, 2_207_042, "", C::Quota, "quota_reached"),
            (100, 0, fetch, C::Retry, FETCH_FAILED),
        ] {
            assert_eq!(verdict(code, subcode, message), Some((class, expected)), "{code}/{subcode}");
            assert!(crate::problems::find(expected).is_some(), "no sentences for {expected}");
        }
        assert_eq!(verdict(190, 463, ""), None, "a dead token is the Graph's own row");
        assert_eq!(verdict(100, 0, "text must be at most 500 characters"), None);
    }
}
