//! Their refusals → [`Failure`]: `{"code","message"}` (messaging-services, sections 9 and 12 and their
//! corrections). The waiting time of a 429 is a number of seconds in a header of their own.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

pub(in crate::connectors) use crate::connectors::answer::Effect;
use crate::{
    connectors::{
        Failure, FailureClass,
        answer::{Envelope, doubtful},
        http::Reply,
        messenger::ADDRESS_DEAD,
        provider::{self, text},
    },
    domain::Problem,
};

const RESET: &str = "x-sib-ratelimit-reset";

const ENVELOPE: Envelope = Envelope {
    refusal,
    problem,
    has_error: |json| json.get("code").is_some_and(Value::is_string) && json.get("message").is_some(),
};

/// Errors: a refusal, or something that is no answer of this service.
pub(in crate::connectors) fn accept(
    reply: &Reply,
    effect: Effect,
    now: Timestamp,
) -> Result<&Value, Failure> {
    ENVELOPE.json(reply, effect, now)
}

/// The failure of a successful answer that lacks what it must contain.
pub(in crate::connectors) fn incomplete(reply: &Reply, effect: Effect) -> Failure {
    ENVELOPE.incomplete(reply, effect)
}

/// The same key within its time: the first request was accepted. The answer does not tell its id.
pub(in crate::connectors) fn is_repetition(reply: &Reply) -> bool {
    let json = reply.json.as_ref().unwrap_or(&Value::Null);
    reply.status.as_u16() == 400 && matches!(text(json, "code"), "duplicate_parameter" | "duplicate_request")
}

/// Their own word that there is no such thing.
pub(super) fn is_absent(reply: &Reply) -> bool {
    reply.status.as_u16() == 404 && is_theirs(reply)
}

fn is_theirs(reply: &Reply) -> bool {
    reply.json.as_ref().is_some_and(ENVELOPE.has_error)
}

fn refusal(reply: &Reply, effect: Effect, now: Timestamp) -> Failure {
    let fail = |class, code| Failure::new(class, problem(reply, code));
    let json = reply.json.as_ref().unwrap_or(&Value::Null);
    let (code, words) = (text(json, "code"), text(json, "message").to_lowercase());
    let says = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
    match reply.status.as_u16() {
        429 => fail(FailureClass::Retry, "rate_limited").after(wait(reply, now)),
        503 if reply.header("retry-after").is_some() => {
            fail(FailureClass::Retry, "platform_unavailable").after(reply.retry_after(now))
        }
        0..=399 | 408 | 409 | 425 | 500.. => doubtful(fail(FailureClass::Unknown, "platform_error"), effect),
        _ if !is_theirs(reply) => doubtful(fail(FailureClass::Unknown, "unreadable_answer"), effect),
        // A line at home changes its address; an account may accept known ones only.
        401 if says(&["ip address", "authorised ip", "authorized ip"]) => {
            fail(FailureClass::Reauth, "provider_address_refused")
        }
        401 => fail(FailureClass::Reauth, "provider_key_refused"),
        402 => fail(FailureClass::Quota, "no_credit"),
        403 if code == "account_under_validation" => {
            fail(FailureClass::Blocked, "provider_account_suspended")
        }
        403 => fail(FailureClass::Reauth, "provider_right_missing"),
        _ if code == "not_enough_credits" => fail(FailureClass::Quota, "no_credit"),
        _ if says(&["sender"]) => fail(FailureClass::Blocked, "sender_not_verified"),
        _ if says(&["email is not valid", "telephone number", "phone number", "recipient"]) => {
            fail(FailureClass::Content, ADDRESS_DEAD)
        }
        _ => fail(FailureClass::Content, "message_refused"),
    }
}

fn wait(reply: &Reply, now: Timestamp) -> Option<Duration> {
    let own = reply.header(RESET).and_then(|secs| secs.trim().parse::<u64>().ok());
    reply.retry_after(now).or_else(|| own.map(|secs| Duration::from_secs(secs.clamp(1, 86_400))))
}

fn problem(reply: &Reply, code: &str) -> Problem {
    let json = reply.json.as_ref().unwrap_or(&Value::Null);
    provider::problem(reply, code, text(json, "message")).platform_code(text(json, "code"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_refusal_has_its_class() {
        use FailureClass::{Blocked, Content, Quota, Reauth, Unknown};
        for (status, their, words, class, code) in [
            (401, "unauthorized", "Key not found", Reauth, "provider_key_refused"),
            (
                401,
                "unauthorized",
                "We have detected you are using an unrecognised IP address",
                Reauth,
                "provider_address_refused",
            ),
            (402, "not_enough_credits", "You have not enough credits", Quota, "no_credit"),
            (403, "account_under_validation", "Under validation", Blocked, "provider_account_suspended"),
            (403, "permission_denied", "No", Reauth, "provider_right_missing"),
            (400, "invalid_parameter", "The sender you used is not valid", Blocked, "sender_not_verified"),
            (400, "invalid_parameter", "email is not valid in to", Content, ADDRESS_DEAD),
            (400, "invalid_parameter", "Invalid telephone number", Content, ADDRESS_DEAD),
            (400, "out_of_range", "Too much", Content, "message_refused"),
            (500, "internal", "Oops", Unknown, "platform_error"),
        ] {
            let reply = Reply::of(status, Some(json!({"code": their, "message": words})));
            let failure = accept(&reply, Effect::Possible, Timestamp::UNIX_EPOCH).unwrap_err();
            assert_eq!((failure.class, failure.problem.code.as_str()), (class, code), "{status} {words}");
            assert!(crate::problems::find(code).is_some(), "{code}");
        }
        assert!(is_repetition(&Reply::of(400, Some(json!({"code": "duplicate_parameter", "message": "x"})))));
        assert!(!is_repetition(&Reply::of(400, Some(json!({"code": "invalid_parameter", "message": "x"})))));
    }
}
