//! Their refusals → [`Failure`]: `{"title","detail","type","status"}`, or a list `errors`. The type decides
//! where it is one of X's own, else status and the known sentences (social-platforms section 7).

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

pub(super) use crate::connectors::answer::Effect;
use crate::{
    connectors::{
        Failure, FailureClass,
        answer::{Envelope, doubtful},
        http::{Reply, wait_until},
    },
    domain::Problem,
};

/// A cap of the plan: it ends with the month, or when the owner raises it.
const CAP: Duration = Duration::from_hours(6);
const DUPLICATE: &str = "duplicate content";
const TOO_LONG: &str = "too long";
const SUSPENDED: &str = "suspended";

const ENVELOPE: Envelope = Envelope {
    refusal,
    problem,
    has_error: |json| json.get("errors").is_some() && json.get("data").is_none(),
};

/// Returns the object of a successful answer.
pub(super) fn accept(reply: &Reply, effect: Effect, now: Timestamp) -> Result<&Value, Failure> {
    ENVELOPE.object(reply, effect, now)
}

/// The failure of a successful answer that lacks what it must contain.
pub(super) fn incomplete(reply: &Reply, effect: Effect) -> Failure {
    ENVELOPE.incomplete(reply, effect)
}

/// "You are not allowed to create a Tweet with duplicate content.": X names no number and no post.
pub(super) fn is_duplicate(reply: &Reply) -> bool {
    reply.status == 403 && detail(reply).to_lowercase().contains(DUPLICATE)
}

/// The access token is the reason; it may only have ended.
pub(super) fn token_refused(reply: &Reply) -> bool {
    reply.status == 401 && is_theirs(reply)
}

fn is_theirs(reply: &Reply) -> bool {
    reply.json.as_ref().is_some_and(Value::is_object)
}

pub(super) fn refusal(reply: &Reply, effect: Effect, now: Timestamp) -> Failure {
    let fail = |class, code| Failure::new(class, problem(reply, code));
    let says = |words: &str| detail(reply).to_lowercase().contains(words);
    match reply.status.as_u16() {
        _ if is_theirs(reply) && kind(reply) == "usage-capped" => {
            fail(FailureClass::Quota, "quota_reached").after(Some(wait(reply, now).unwrap_or(CAP)))
        }
        429 => fail(FailureClass::Retry, "rate_limited").after(wait(reply, now)),
        503 if reply.header("retry-after").is_some() => {
            fail(FailureClass::Retry, "platform_unavailable").after(reply.retry_after(now))
        }
        0..=399 | 408 | 409 | 425 | 500.. => doubtful(fail(FailureClass::Unknown, "platform_error"), effect),
        // A page of a portal or proxy, not the platform.
        _ if !is_theirs(reply) => doubtful(fail(FailureClass::Unknown, "unreadable_answer"), effect),
        401 => fail(FailureClass::Reauth, "token_revoked"),
        402 => fail(FailureClass::Blocked, "credits_exhausted"),
        _ if is_duplicate(reply) => fail(FailureClass::Duplicate, "duplicate_post"),
        403 if says(SUSPENDED) => fail(FailureClass::Blocked, "account_blocked"),
        400 | 403 if says(TOO_LONG) => fail(FailureClass::Content, "text_too_long"),
        403 => fail(FailureClass::Reauth, "permission_missing"),
        413 => fail(FailureClass::Content, "photo_too_large"),
        _ => fail(FailureClass::Content, "content_refused_by_platform"),
    }
}

/// The header of HTTP, else X's own with the second of the reset.
fn wait(reply: &Reply, now: Timestamp) -> Option<Duration> {
    let reset = || reply.header("x-rate-limit-reset")?.trim().parse().ok();
    let own = || Some(wait_until(Timestamp::from_second(reset()?).ok()?, now));
    reply.retry_after(now).or_else(own)
}

/// The end of the type's address, for example `usage-capped`.
fn kind(reply: &Reply) -> &str {
    let kind = reply.json.as_ref().and_then(|json| json.get("type")).and_then(Value::as_str);
    kind.and_then(|kind| kind.rsplit('/').next()).unwrap_or_default()
}

fn detail(reply: &Reply) -> &str {
    let json = reply.json.as_ref();
    let text = |pointer: &str| json.and_then(|json| json.pointer(pointer)).and_then(Value::as_str);
    text("/detail").or_else(|| text("/errors/0/message")).or_else(|| text("/title")).unwrap_or_default()
}

/// The platform's words, for the owner.
pub(super) fn problem(reply: &Reply, code: &str) -> Problem {
    let problem = Problem::new(code).http_status(reply.status.as_u16());
    let words: String = detail(reply).chars().take(300).collect();
    if words.is_empty() { problem } else { problem.message(words) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Section 7; the duplicate's words are those of a public report of 2026-02.
    #[test]
    fn each_refusal_has_its_class() {
        let now = Timestamp::UNIX_EPOCH;
        let says =
            |detail: &str| Some(json!({"title": "Forbidden", "detail": detail, "type": "about:blank"}));
        for (status, body, class, code) in [
            (
                403,
                says("You are not allowed to create a Tweet with duplicate content."),
                FailureClass::Duplicate,
                "duplicate_post",
            ),
            (
                403,
                says("Your account is suspended and is not permitted to access this feature."),
                FailureClass::Blocked,
                "account_blocked",
            ),
            (
                403,
                says("You are not permitted to perform this action."),
                FailureClass::Reauth,
                "permission_missing",
            ),
            (400, says("Your Tweet text is too long."), FailureClass::Content, "text_too_long"),
            (
                400,
                Some(json!({"errors": [{"message": "One or more parameters to your request was invalid."}]})),
                FailureClass::Content,
                "content_refused_by_platform",
            ),
            (401, says("Unauthorized"), FailureClass::Reauth, "token_revoked"),
            (
                402,
                says("Your enrolled account does not have any credits"),
                FailureClass::Blocked,
                "credits_exhausted",
            ),
            (429, says("Too Many Requests"), FailureClass::Retry, "rate_limited"),
            (
                429,
                Some(json!({"type": "https://api.twitter.com/2/problems/usage-capped"})),
                FailureClass::Quota,
                "quota_reached",
            ),
            (503, says("Service Unavailable"), FailureClass::Unknown, "platform_error"),
            (403, None, FailureClass::Unknown, "unreadable_answer"),
        ] {
            let failure = refusal(&Reply::of(status, body.clone()), Effect::Possible, now);
            assert_eq!((failure.class, failure.problem.code.as_str()), (class, code), "{status} {body:?}");
        }
        // Section 13, row 1: `errors[]` inside a 200.
        let inside = Reply::of(200, Some(json!({"errors": [{"message": "Internal error"}]})));
        assert_eq!(accept(&inside, Effect::Possible, now).unwrap_err().class, FailureClass::Unknown);
    }

    #[test]
    fn the_reset_is_a_second_of_their_clock() {
        let mut answer = Reply::of(429, Some(json!({})));
        answer.headers.insert("x-rate-limit-reset", "1120".parse().unwrap());
        let now = Timestamp::from_second(1000).unwrap();
        let failure = refusal(&answer, Effect::Possible, now);
        assert_eq!(failure.retry_after, Some(Duration::from_secs(120)));
    }
}
