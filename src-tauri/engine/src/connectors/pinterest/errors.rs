//! Their refusals → [`Failure`]. The envelope is `{"code","message"}`; the status decides
//! (social-platforms reference, section 11).

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

pub(super) use crate::connectors::answer::Effect;
use crate::{
    connectors::{
        Failure, FailureClass,
        answer::{Envelope, doubtful},
        http::Reply,
    },
    domain::Problem,
};

/// A wait told in a header is believed up to a day.
const LONGEST_WAIT_SECS: u64 = 86_400;

const ENVELOPE: Envelope =
    Envelope { refusal, problem, has_error: |json| is_refusal(json) || json.get("error").is_some() };

/// Returns the object of a successful answer.
pub(super) fn accept(reply: &Reply, effect: Effect, now: Timestamp) -> Result<&Value, Failure> {
    ENVELOPE.object(reply, effect, now)
}

/// The failure of a successful answer that lacks what it must contain.
pub(super) fn incomplete(reply: &Reply, effect: Effect) -> Failure {
    ENVELOPE.incomplete(reply, effect)
}

/// The platform itself (not a proxy with a page of its own) says that the object is not there.
pub(super) fn is_gone(reply: &Reply) -> bool {
    reply.status.as_u16() == 404 && is_theirs(reply)
}

/// The platform itself refuses the access token.
pub(super) fn is_token_refused(reply: &Reply) -> bool {
    reply.status.as_u16() == 401 && is_theirs(reply)
}

pub(super) fn refusal(reply: &Reply, effect: Effect, now: Timestamp) -> Failure {
    let fail = |class, code| Failure::new(class, problem(reply, code));
    let wait = || reply.retry_after(now).or_else(|| reset(reply));
    match reply.status.as_u16() {
        429 => fail(FailureClass::Retry, "rate_limited").after(wait()),
        503 if reply.header("retry-after").is_some() => {
            fail(FailureClass::Retry, "platform_unavailable").after(wait())
        }
        0..=399 | 408 | 409 | 425 | 500.. => doubtful(fail(FailureClass::Unknown, "platform_error"), effect),
        // Not their envelope: some proxy or portal on the way, not the platform.
        _ if !is_theirs(reply) => doubtful(fail(FailureClass::Unknown, "unreadable_answer"), effect),
        401 => fail(FailureClass::Reauth, "token_revoked"),
        403 => fail(FailureClass::Reauth, "permission_missing"),
        404 => fail(FailureClass::Content, "board_not_found"),
        // Their own fetcher had trouble; nothing was made.
        400 if says(reply, "unable to reach the url") => fail(FailureClass::Retry, "platform_unavailable"),
        400 if says(reply, "image") => fail(FailureClass::Content, "photo_refused"),
        413 => fail(FailureClass::Content, "photo_too_large"),
        _ => fail(FailureClass::Content, "content_refused_by_platform"),
    }
}

/// Seconds until the window begins anew.
fn reset(reply: &Reply) -> Option<Duration> {
    let secs: u64 = reply.header("x-ratelimit-reset")?.trim().parse().ok()?;
    Some(Duration::from_secs(secs.clamp(1, LONGEST_WAIT_SECS)))
}

fn is_theirs(reply: &Reply) -> bool {
    reply.json.as_ref().is_some_and(is_refusal)
}

fn is_refusal(json: &Value) -> bool {
    json.get("code").is_some_and(Value::is_i64) && json.get("message").is_some()
}

fn message(reply: &Reply) -> &str {
    reply.json.as_ref().and_then(|json| json.get("message")?.as_str()).unwrap_or_default()
}

fn says(reply: &Reply, words: &str) -> bool {
    message(reply).to_lowercase().contains(words)
}

fn problem(reply: &Reply, code: &str) -> Problem {
    let words: String = message(reply).chars().take(300).collect();
    Problem::new(code).http_status(reply.status.as_u16()).message(words)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Social-platforms reference, section 11, "Errors".
    #[test]
    fn every_status_has_its_class_and_its_sentences() {
        use FailureClass as C;
        for (status, message, class, code) in [
            (401, "Authentication failed.", C::Reauth, "token_revoked"),
            (403, "Your application is in trial", C::Reauth, "permission_missing"),
            (404, "Board not found.", C::Content, "board_not_found"),
            (400, "Sorry! We couldn't read that image.", C::Content, "photo_refused"),
            (400, "Unable to reach the URL.", C::Retry, "platform_unavailable"),
            (400, "Invalid request", C::Content, "content_refused_by_platform"),
            (429, "Too fast", C::Retry, "rate_limited"),
            (500, "Oops", C::Unknown, "platform_error"),
        ] {
            let reply = Reply::of(status, Some(json!({"code": 1, "message": message})));
            let failure = refusal(&reply, Effect::Possible, Timestamp::UNIX_EPOCH);
            assert_eq!((failure.class, failure.problem.code.as_str()), (class, code), "{status} {message}");
            assert!(crate::problems::find(code).is_some(), "no sentences for {code}");
        }
    }
}
