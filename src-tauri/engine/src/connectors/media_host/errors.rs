//! What a web site's refusal means. Never `NotSent`, `Reauth` or `Quota`: the owner's web site says
//! nothing about the network that waits for the picture, nor about its account.

use reqwest::StatusCode;

use crate::{
    connectors::{Failure, FailureClass, http::Reply},
    domain::Problem,
};

/// The site could not be asked, or did not say.
pub(super) fn out_of_reach(failure: Failure) -> Failure {
    let problem = Problem { code: "media_host_unreachable".to_owned(), ..failure.problem };
    Failure::new(FailureClass::Retry, problem)
}

/// An answer that is not the one that was hoped for (menu-platforms reference 11 and 12).
pub(super) fn refusal(reply: &Reply) -> Failure {
    let own_code = reply.json.as_ref().and_then(|body| body.get("code")?.as_str()).unwrap_or_default();
    let words = reply.json.as_ref().and_then(|body| body.get("message")?.as_str()).unwrap_or_default();
    let (class, code) = sort(reply.status, own_code, reply.json.is_some());
    let mut problem = Problem::new(code).http_status(reply.status.as_u16()).message(words);
    if !own_code.is_empty() {
        problem = problem.platform_code(own_code);
    }
    if code == "media_host_moved" {
        problem = problem.message(reply.header("location").unwrap_or_default());
    }
    Failure::new(class, problem)
}

fn sort(status: StatusCode, own_code: &str, is_json: bool) -> (FailureClass, &'static str) {
    use FailureClass::{Content, Retry};
    match (status.as_u16(), own_code) {
        (300..=399, _) => (Content, "media_host_moved"),
        (401, "rest_cannot_create" | "rest_not_logged_in" | "rest_forbidden") => {
            (Content, "media_host_login_unheard")
        }
        (401, _) => (Content, "media_host_login_refused"),
        (501, "application_passwords_disabled") => (Content, "media_host_login_unheard"),
        (403, code) if is_json || !code.is_empty() => (Content, "media_host_rights_missing"),
        // A firewall answers with a page of its own.
        (403 | 406, _) => (Content, "media_host_blocked"),
        (404 | 405 | 409 | 410, _) => (Content, "media_host_not_found"),
        (507, _) => (Content, "media_host_full"),
        (400 | 413 | 415, _) | (500, "rest_upload_sideload_error" | "rest_upload_unknown_error") => {
            (Content, "media_host_file_refused")
        }
        _ => (Retry, "media_host_unreachable"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Menu-platforms reference, section 11 "Errors" and section 12, WebDAV.
    #[test]
    fn each_refusal_has_its_own_remedy() {
        use FailureClass::{Content, Retry};
        for (status, code, is_json, class, expected) in [
            (401, "incorrect_password", true, Content, "media_host_login_refused"),
            (401, "", false, Content, "media_host_login_refused"),
            (401, "rest_cannot_create", true, Content, "media_host_login_unheard"),
            (403, "rest_cannot_create", true, Content, "media_host_rights_missing"),
            (403, "", false, Content, "media_host_blocked"),
            (406, "", false, Content, "media_host_blocked"),
            (404, "rest_no_route", true, Content, "media_host_not_found"),
            (409, "", false, Content, "media_host_not_found"),
            (301, "", false, Content, "media_host_moved"),
            (507, "", false, Content, "media_host_full"),
            (500, "rest_upload_sideload_error", true, Content, "media_host_file_refused"),
            (500, "", false, Retry, "media_host_unreachable"),
            (429, "", false, Retry, "media_host_unreachable"),
            (503, "", false, Retry, "media_host_unreachable"),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(sort(status, code, is_json), (class, expected), "{status} {code}");
        }
    }
}
