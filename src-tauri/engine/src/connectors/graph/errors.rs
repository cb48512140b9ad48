//! What a refusal of the Graph API means, and what an answer says about a call that may have had an
//! effect.
//!
//! Decided on the JSON codes only, never on numbers found in a text: the same number means different
//! things in different places. Each connector may put its own table before the common one.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::{usage, wire::GraphError};
use crate::{
    connectors::{Failure, FailureClass, http::Reply},
    domain::Problem,
};

/// A table row's answer: what has to happen, its stable code, and the least waiting time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    pub class: FailureClass,
    pub code: &'static str,
    pub wait: Option<Duration>,
}

impl Verdict {
    pub const fn new(class: FailureClass, code: &'static str) -> Self {
        Self { class, code, wait: None }
    }

    #[must_use]
    pub const fn after(self, secs: u64) -> Self {
        Self { wait: Some(Duration::from_secs(secs)), ..self }
    }
}

/// A connector's own rows; asked before [`common`].
pub type Table = fn(&GraphError) -> Option<Verdict>;

/// What kind of call was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Only reads or prepares: what is unclear may be repeated.
    Repeatable,
    /// The irreversible call: what is unclear is unknown.
    Irreversible,
}

/// Sorts a complete answer.
///
/// For the irreversible call an error inside a 2xx, a 5xx and everything that is not the Graph's own
/// JSON are `Unknown` (reliability, section 3).
pub fn judge(reply: &Reply, purpose: Purpose, now: Timestamp, table: Table) -> Result<Value, Failure> {
    let unclear = match purpose {
        Purpose::Repeatable => FailureClass::Retry,
        Purpose::Irreversible => FailureClass::Unknown,
    };
    let status = reply.status.as_u16();
    let failure = |class, code: &str| Failure::new(class, Problem::new(code).http_status(status));
    // An answer that names a time to come back was given instead of doing the work.
    let told_to_wait = reply.retry_after(now).filter(|_| matches!(status, 429 | 503));

    let Some(body) = &reply.json else {
        return Err(match status {
            429 => failure(FailureClass::Retry, "rate_limited").after(told_to_wait),
            503 if told_to_wait.is_some() => {
                failure(FailureClass::Retry, "platform_unavailable").after(told_to_wait)
            }
            413 => failure(FailureClass::Content, "photo_too_large"),
            500.. => failure(unclear, "platform_error"),
            _ => failure(unclear, "unreadable_answer"),
        });
    };
    let Some(error) = GraphError::of(body) else {
        return match status {
            200..=299 => Ok(body.clone()),
            401 => Err(failure(FailureClass::Reauth, "token_invalid")),
            429 => Err(failure(FailureClass::Retry, "rate_limited")
                .after(told_to_wait.or_else(|| usage::wait(reply)))),
            503 if told_to_wait.is_some() => {
                Err(failure(FailureClass::Retry, "platform_unavailable").after(told_to_wait))
            }
            500.. => Err(failure(unclear, "platform_error")),
            _ => Err(failure(unclear, "unreadable_answer")),
        };
    };

    let verdict = match (table(&error).unwrap_or_else(|| common(&error)), status) {
        // The Graph numbers its errors: this one is of something on the way.
        (Verdict { class: FailureClass::Content, .. }, _)
            if (error.code, error.error_subcode) == (0, 0) && !matches!(status, 401 | 429) =>
        {
            Verdict::new(unclear, "unreadable_answer")
        }
        // A number that no table has, in an answer whose status is clear.
        (Verdict { class: FailureClass::Content, .. }, 401) => {
            Verdict::new(FailureClass::Reauth, "token_invalid")
        }
        (Verdict { class: FailureClass::Content, .. }, 429) => {
            Verdict::new(FailureClass::Retry, "rate_limited")
        }
        (verdict, _) => verdict,
    };
    let class = match purpose {
        Purpose::Repeatable if status >= 500 && verdict.class == FailureClass::Content => FailureClass::Retry,
        Purpose::Irreversible if status == 503 && told_to_wait.is_some() => FailureClass::Retry,
        Purpose::Irreversible if !(400..500).contains(&status) || matches!(status, 408 | 409 | 425) => {
            FailureClass::Unknown
        }
        // "Unknown error", "service temporarily unavailable" and what is only called transient are also
        // given after the work was done.
        Purpose::Irreversible
            if verdict.class == FailureClass::Retry
                && (matches!(error.code, -2 | -1 | 1 | 2) || verdict.code == "platform_error") =>
        {
            FailureClass::Unknown
        }
        Purpose::Repeatable | Purpose::Irreversible => verdict.class,
    };
    let wait = told_to_wait
        .or_else(|| if class == FailureClass::Retry { usage::wait(reply) } else { None })
        .max(verdict.wait);
    let problem = Problem::new(verdict.code)
        .message(error.words())
        .platform_code(error.number())
        .http_status(status)
        .trace(Some(error.fbtrace_id.clone()).filter(|trace| !trace.is_empty()));
    Err(Failure::new(class, problem).after(wait))
}

/// The table of social-platforms reference 1.5, as far as both networks share it.
pub fn common(error: &GraphError) -> Verdict {
    use FailureClass as C;
    match (error.code, error.error_subcode) {
        (190, 459 | 464) => return Verdict::new(C::Blocked, "checkpoint_required"),
        (190, 458) => return Verdict::new(C::Reauth, "app_removed"),
        (190, 460) => return Verdict::new(C::Reauth, "password_changed"),
        (190, 463) => return Verdict::new(C::Reauth, "token_expired"),
        (190 | 102 | 2500, _) => return Verdict::new(C::Reauth, "token_invalid"),
        // The Graph has one code for a lost permission and for the wrong kind of token.
        (200, _) if error.message.contains("as the page itself") => {
            return Verdict::new(C::Reauth, "page_token_needed");
        }
        (368, _) | (_, 1_390_008) => return Verdict::new(C::Retry, "posting_too_fast").after(3600),
        (4 | 17 | 32 | 341 | 613 | 80_001..=80_014, _) => return Verdict::new(C::Retry, "rate_limited"),
        _ => {}
    }
    if error.is_transient {
        return Verdict::new(C::Retry, "platform_error");
    }
    match (error.code, error.error_subcode) {
        (-1 | 1 | 2, _) => Verdict::new(C::Retry, "platform_error"),
        (3 | 10 | 200..=299, _) => Verdict::new(C::Reauth, "permission_missing"),
        (100, 33) | (803, _) => Verdict::new(C::Content, OBJECT_GONE),
        (100, _) => Verdict::new(C::Content, "parameter_refused"),
        _ => Verdict::new(C::Content, "content_refused_by_platform"),
    }
}

/// Code of a refusal that says "this object does not exist, or not for you".
pub const OBJECT_GONE: &str = "object_gone";

/// Says whether a failure means that the addressed object is not there any more.
pub fn is_gone(failure: &Failure) -> bool {
    failure.problem.code == OBJECT_GONE
}

#[cfg(test)]
mod tests {
    use reqwest::{StatusCode, header::HeaderMap};
    use serde_json::json;

    use super::*;

    fn none(_: &GraphError) -> Option<Verdict> {
        None
    }

    fn reply(status: u16, body: &str) -> Reply {
        Reply {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            json: serde_json::from_str(body).ok(),
            text: String::new(),
        }
    }

    fn error(code: i64, error_subcode: i64) -> GraphError {
        GraphError { code, error_subcode, ..GraphError::default() }
    }

    /// Social-platforms reference 1.5.
    #[test]
    fn the_common_table() {
        use FailureClass as C;
        for (code, subcode, class, expected) in [
            (1, 0, C::Retry, "platform_error"),
            (2, 0, C::Retry, "platform_error"),
            (4, 0, C::Retry, "rate_limited"),
            (17, 0, C::Retry, "rate_limited"),
            (32, 0, C::Retry, "rate_limited"),
            (341, 0, C::Retry, "rate_limited"),
            (613, 1996, C::Retry, "rate_limited"),
            (80001, 0, C::Retry, "rate_limited"),
            (80014, 0, C::Retry, "rate_limited"),
            (190, 0, C::Reauth, "token_invalid"),
            (190, 458, C::Reauth, "app_removed"),
            (190, 459, C::Blocked, "checkpoint_required"),
            (190, 460, C::Reauth, "password_changed"),
            (190, 463, C::Reauth, "token_expired"),
            (190, 464, C::Blocked, "checkpoint_required"),
            (190, 467, C::Reauth, "token_invalid"),
            (190, 492, C::Reauth, "token_invalid"),
            (102, 0, C::Reauth, "token_invalid"),
            (2500, 0, C::Reauth, "token_invalid"),
            (3, 0, C::Reauth, "permission_missing"),
            (10, 0, C::Reauth, "permission_missing"),
            (200, 0, C::Reauth, "permission_missing"),
            (299, 0, C::Reauth, "permission_missing"),
            (100, 0, C::Content, "parameter_refused"),
            (100, 33, C::Content, OBJECT_GONE),
            (368, 0, C::Retry, "posting_too_fast"),
            (100, 1_390_008, C::Retry, "posting_too_fast"),
            (4711, 0, C::Content, "content_refused_by_platform"),
        ] {
            let verdict = common(&error(code, subcode));
            assert_eq!((verdict.class, verdict.code), (class, expected), "{code}/{subcode}");
            assert!(crate::problems::find(expected).is_some(), "no sentences for {expected}");
        }
        let wrong_token = GraphError {
            message: "(#200) Unpublished posts must be posted to a page as the page itself".into(),
            ..error(200, 0)
        };
        assert_eq!(common(&wrong_token).code, "page_token_needed");
        let unknown_but_transient = GraphError { is_transient: true, ..error(4711, 0) };
        assert_eq!(common(&unknown_but_transient).class, FailureClass::Retry);
        let token_first = GraphError { is_transient: true, ..error(190, 0) };
        assert_eq!(common(&token_first).class, FailureClass::Reauth);
    }

    /// Reliability, section 3, for the irreversible call and for all others.
    #[test]
    fn what_an_answer_says() {
        use FailureClass as C;
        let graph = |code: i64, transient: bool| {
            json!({"error": {"code": code, "message": "m", "is_transient": transient}}).to_string()
        };
        let html = "<html>Bienvenue sur le Wi-Fi</html>".to_owned();
        for (status, body, send, read) in [
            (200, graph(100, false), C::Unknown, C::Content),
            (200, html.clone(), C::Unknown, C::Retry),
            (200, String::new(), C::Unknown, C::Retry),
            (200, "{\"id\":\"1".to_owned(), C::Unknown, C::Retry),
            (302, String::new(), C::Unknown, C::Retry),
            (400, graph(100, false), C::Content, C::Content),
            (400, graph(190, false), C::Reauth, C::Reauth),
            (400, graph(1, false), C::Unknown, C::Retry),
            (400, graph(2, true), C::Unknown, C::Retry),
            (400, graph(4711, true), C::Unknown, C::Retry),
            (400, graph(4, true), C::Retry, C::Retry),
            (400, graph(0, false), C::Unknown, C::Retry),
            (404, "{\"error\":\"no such host\"}".to_owned(), C::Unknown, C::Retry),
            (400, graph(368, false), C::Retry, C::Retry),
            (400, html.clone(), C::Unknown, C::Retry),
            (401, "{}".to_owned(), C::Reauth, C::Reauth),
            (401, graph(4711, false), C::Reauth, C::Reauth),
            (429, graph(4711, false), C::Retry, C::Retry),
            (408, graph(100, false), C::Unknown, C::Content),
            (429, html.clone(), C::Retry, C::Retry),
            (451, "{\"hint\":1}".to_owned(), C::Unknown, C::Retry),
            (500, graph(100, false), C::Unknown, C::Retry),
            (500, graph(190, false), C::Unknown, C::Reauth),
            (502, html, C::Unknown, C::Retry),
        ] {
            let reply = reply(status, &body);
            let class = |purpose| judge(&reply, purpose, Timestamp::UNIX_EPOCH, none).unwrap_err().class;
            assert_eq!(class(Purpose::Irreversible), send, "send {status} {body}");
            assert_eq!(class(Purpose::Repeatable), read, "read {status} {body}");
        }
        let good = judge(&reply(200, "{\"id\":\"1\"}"), Purpose::Irreversible, Timestamp::UNIX_EPOCH, none);
        assert_eq!(good.unwrap(), json!({"id": "1"}));
    }

    #[test]
    fn an_answered_503_with_a_time_is_a_time_to_come_back() {
        let mut reply = reply(503, "{\"error\":{\"code\":2}}");
        reply.headers.insert("retry-after", "30".parse().unwrap());
        let failure = judge(&reply, Purpose::Irreversible, Timestamp::UNIX_EPOCH, none).unwrap_err();
        assert_eq!(failure.class, FailureClass::Retry);
        assert_eq!(failure.retry_after, Some(Duration::from_secs(30)));
    }

    #[test]
    fn the_problem_keeps_words_number_and_trace() {
        let body = json!({"error": {"code": 100, "error_subcode": 1_366_046, "message": "dev",
            "error_user_msg": "La photo est illisible.", "fbtrace_id": "AbC"}});
        let problem = judge(&reply(400, &body.to_string()), Purpose::Repeatable, Timestamp::UNIX_EPOCH, none)
            .unwrap_err()
            .problem;
        assert_eq!(problem.platform_message.as_deref(), Some("La photo est illisible."));
        assert_eq!(problem.platform_code.as_deref(), Some("100/1366046"));
        assert_eq!((problem.http_status, problem.trace.as_deref()), (Some(400), Some("AbC")));
    }
}
