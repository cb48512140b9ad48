//! Their refusals → [`Failure`]: `{"errors":[{"message","field","help"}]}` (messaging-services, section 7
//! and its corrections). A used-up allowance is a 401 like a dead key; only the words tell them apart.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

pub(super) use crate::connectors::answer::Effect;
use crate::{
    connectors::{
        Failure, FailureClass,
        answer::{Envelope, doubtful},
        http::{Reply, wait_until},
        messenger::ADDRESS_DEAD,
        provider,
    },
    domain::Problem,
};

const MESSAGE_ID: &str = "x-message-id";
/// After "temporarily blocked due to repeated bad requests".
const BLOCKED_FOR: Duration = Duration::from_hours(1);

const ENVELOPE: Envelope =
    Envelope { refusal, problem, has_error: |json| json.get("errors").is_some_and(Value::is_array) };

/// Errors: a refusal, or something that is no answer of this service.
pub(super) fn accept(reply: &Reply, effect: Effect, now: Timestamp) -> Result<&Value, Failure> {
    ENVELOPE.json(reply, effect, now)
}

/// The failure of a successful answer that lacks what it must contain.
pub(super) fn incomplete(reply: &Reply, effect: Effect) -> Failure {
    ENVELOPE.incomplete(reply, effect)
}

/// The id of a mail that was taken. The body of a success is empty, so a page of a portal is told by its
/// status and by the header that it does not have.
pub(super) fn accepted(reply: &Reply, now: Timestamp) -> Result<String, Failure> {
    ENVELOPE.check(reply, Effect::Possible, now)?;
    let id = reply.header(MESSAGE_ID).map(str::trim).filter(|id| !id.is_empty());
    match (reply.status.as_u16(), id) {
        (202, Some(id)) => Ok(id.to_owned()),
        (202, None) => Err(incomplete(reply, Effect::Possible)),
        _ => Err(Failure::new(FailureClass::Unknown, problem(reply, "unreadable_answer"))),
    }
}

fn error<'r>(reply: &'r Reply, key: &str) -> &'r str {
    let first = reply.json.as_ref().and_then(|json| json.pointer("/errors/0"));
    first.and_then(|error| error.get(key)).and_then(Value::as_str).unwrap_or_default()
}

fn refusal(reply: &Reply, effect: Effect, now: Timestamp) -> Failure {
    let fail = |class, code| Failure::new(class, problem(reply, code));
    let is_theirs = reply.json.as_ref().is_some_and(ENVELOPE.has_error);
    let (words, field) = (error(reply, "message").to_lowercase(), error(reply, "field"));
    let says = |part: &str| words.contains(part);
    match reply.status.as_u16() {
        429 => fail(FailureClass::Retry, "rate_limited").after(wait(reply, now)),
        503 if reply.header("retry-after").is_some() => {
            fail(FailureClass::Retry, "platform_unavailable").after(reply.retry_after(now))
        }
        0..=399 | 408 | 409 | 425 | 500.. => doubtful(fail(FailureClass::Unknown, "platform_error"), effect),
        _ if !is_theirs => doubtful(fail(FailureClass::Unknown, "unreadable_answer"), effect),
        401 if says("credits exceeded") => fail(FailureClass::Quota, "no_credit"),
        401 => fail(FailureClass::Reauth, "provider_key_refused"),
        403 if says("repeated bad requests") => {
            fail(FailureClass::Retry, "rate_limited").after(Some(BLOCKED_FOR))
        }
        400 | 403 if says("verified sender identity") || field == "from" || field == "from.email" => {
            fail(FailureClass::Blocked, "sender_not_verified")
        }
        403 => fail(FailureClass::Reauth, "provider_right_missing"),
        400 if field.starts_with("personalizations") && field.contains(".to") => {
            fail(FailureClass::Content, ADDRESS_DEAD)
        }
        413 => fail(FailureClass::Content, "message_too_long"),
        _ => fail(FailureClass::Content, "message_refused"),
    }
}

/// Their own header is the second of the epoch at which the window ends.
fn wait(reply: &Reply, now: Timestamp) -> Option<Duration> {
    let reset = reply.header("x-ratelimit-reset").and_then(|secs| secs.trim().parse::<i64>().ok());
    let reset = reset.and_then(|secs| Timestamp::from_second(secs).ok());
    reply.retry_after(now).or_else(|| reset.map(|at| wait_until(at, now)))
}

fn problem(reply: &Reply, code: &str) -> Problem {
    provider::problem(reply, code, error(reply, "message")).platform_code(error(reply, "field"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_refusal_has_its_class() {
        use FailureClass::{Blocked, Content, Quota, Reauth, Retry, Unknown};
        for (status, words, field, class, code) in [
            (
                401,
                "The provided authorization grant is invalid, expired, or revoked",
                "",
                Reauth,
                "provider_key_refused",
            ),
            (401, "Maximum credits exceeded", "", Quota, "no_credit"),
            (403, "access forbidden", "", Reauth, "provider_right_missing"),
            (
                403,
                "The from address does not match a verified Sender Identity.",
                "from",
                Blocked,
                "sender_not_verified",
            ),
            (
                403,
                "You have been temporarily blocked due to repeated bad requests",
                "",
                Retry,
                "rate_limited",
            ),
            (
                400,
                "Does not contain a valid address.",
                "personalizations.0.to.0.email",
                Content,
                ADDRESS_DEAD,
            ),
            (400, "The subject is required", "subject", Content, "message_refused"),
            (413, "The JSON payload is too large", "", Content, "message_too_long"),
            (500, "Oops", "", Unknown, "platform_error"),
        ] {
            let reply = Reply::of(status, Some(json!({"errors": [{"message": words, "field": field}]})));
            let failure = accepted(&reply, Timestamp::UNIX_EPOCH).unwrap_err();
            assert_eq!((failure.class, failure.problem.code.as_str()), (class, code), "{status} {words}");
            assert!(crate::problems::find(code).is_some(), "{code}");
        }
        // A portal that answers everything with 200.
        assert_eq!(accepted(&Reply::of(200, None), Timestamp::UNIX_EPOCH).unwrap_err().class, Unknown);
    }
}
