//! Their refusals → [`Failure`]: `{"code","message","more_info","status"}` (messaging-services, section 10
//! and its corrections). The vendor warns that codes change, so an unknown one goes by the status.

use jiff::Timestamp;
use serde_json::Value;

pub(super) use crate::connectors::answer::Effect;
use crate::{
    connectors::{
        Failure, FailureClass,
        answer::{Envelope, doubtful},
        http::Reply,
        messenger::{ADDRESS_DEAD, OPTED_OUT},
        provider::{self, text},
    },
    domain::Problem,
};

const ENVELOPE: Envelope = Envelope {
    refusal,
    problem,
    has_error: |json| json.get("code").is_some_and(Value::is_number) && json.get("more_info").is_some(),
};

/// Errors: a refusal, or something that is no answer of this service.
pub(super) fn accept(reply: &Reply, effect: Effect, now: Timestamp) -> Result<&Value, Failure> {
    ENVELOPE.json(reply, effect, now)
}

/// The failure of a successful answer that lacks what it must contain.
pub(super) fn incomplete(reply: &Reply, effect: Effect) -> Failure {
    ENVELOPE.incomplete(reply, effect)
}

/// Their own word that there is no such thing.
pub(super) fn is_absent(reply: &Reply) -> bool {
    reply.status.as_u16() == 404 && is_theirs(reply)
}

fn is_theirs(reply: &Reply) -> bool {
    reply.json.as_ref().is_some_and(|json| json.get("message").is_some_and(Value::is_string))
}

fn refusal(reply: &Reply, effect: Effect, now: Timestamp) -> Failure {
    let fail = |class, code| Failure::new(class, problem(reply, code));
    match (reply.status.as_u16(), number(reply)) {
        (429, _) | (_, 20429 | 21611 | 30001 | 14107) => {
            fail(FailureClass::Retry, "rate_limited").after(reply.retry_after(now))
        }
        (503, _) if reply.header("retry-after").is_some() => {
            fail(FailureClass::Retry, "platform_unavailable").after(reply.retry_after(now))
        }
        (0..=399 | 408 | 409 | 425 | 500.., _) => {
            doubtful(fail(FailureClass::Unknown, "platform_error"), effect)
        }
        _ if !is_theirs(reply) => doubtful(fail(FailureClass::Unknown, "unreadable_answer"), effect),
        (_, 20005 | 30002) => fail(FailureClass::Blocked, "provider_account_suspended"),
        // Unknown account: it is a part of the address.
        (401, _) | (404, 20404) => fail(FailureClass::Reauth, "provider_key_refused"),
        (402, _) => fail(FailureClass::Quota, "no_credit"),
        (_, 21610) => fail(FailureClass::Content, OPTED_OUT),
        (_, 21211 | 21217 | 21614) => fail(FailureClass::Content, ADDRESS_DEAD),
        (_, 21408) => fail(FailureClass::Blocked, "provider_region_closed"),
        (_, 21608) => fail(FailureClass::Blocked, "provider_trial_account"),
        (_, 21212 | 21606 | 21612 | 21659 | 21660) => fail(FailureClass::Blocked, "sender_not_verified"),
        (_, 21605 | 21617) => fail(FailureClass::Content, "message_too_long"),
        (_, 30007) => fail(FailureClass::Blocked, "message_called_spam"),
        (403, _) => fail(FailureClass::Reauth, "provider_right_missing"),
        _ => fail(FailureClass::Content, "message_refused"),
    }
}

fn number(reply: &Reply) -> u64 {
    reply.json.as_ref().and_then(|json| json.get("code")).and_then(Value::as_u64).unwrap_or_default()
}

/// Their words may repeat the number of a person, so only those before it are kept.
fn problem(reply: &Reply, code: &str) -> Problem {
    let words = text(reply.json.as_ref().unwrap_or(&Value::Null), "message");
    let words = words.split('+').next().unwrap_or_default().trim_end();
    provider::problem(reply, code, words).platform_code(number(reply).to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_refusal_has_its_class() {
        use FailureClass::{Blocked, Content, Reauth, Retry, Unknown};
        for (status, number, class, code) in [
            (401, 20003, Reauth, "provider_key_refused"),
            (404, 20404, Reauth, "provider_key_refused"),
            (403, 20005, Blocked, "provider_account_suspended"),
            (400, 21610, Content, OPTED_OUT),
            (400, 21211, Content, ADDRESS_DEAD),
            (400, 21614, Content, ADDRESS_DEAD),
            (400, 21408, Blocked, "provider_region_closed"),
            (400, 21608, Blocked, "provider_trial_account"),
            (400, 21659, Blocked, "sender_not_verified"),
            (400, 21617, Content, "message_too_long"),
            (400, 21611, Retry, "rate_limited"),
            (429, 20429, Retry, "rate_limited"),
            // A narrower code of a later year.
            (400, 21999, Content, "message_refused"),
            (500, 20500, Unknown, "platform_error"),
        ] {
            let json = json!({"code": number, "message": "To number: +33612345678, is not valid", "more_info": "x", "status": status});
            let reply = Reply::of(status, Some(json));
            let failure = accept(&reply, Effect::Possible, Timestamp::UNIX_EPOCH).unwrap_err();
            assert_eq!((failure.class, failure.problem.code.as_str()), (class, code), "{status} {number}");
            assert!(crate::problems::find(code).is_some(), "{code}");
            assert!(!format!("{failure:?}").contains("33612345678"));
        }
    }
}
