//! Their refusals → [`Failure`] (messaging-services, section 8 and its corrections): of the whole call
//! `{"ErrorIdentifier","ErrorCode","StatusCode","ErrorMessage"}` or `{"ErrorInfo","ErrorMessage","StatusCode"}`,
//! of one message the same inside `Messages[].Errors[]`.

use jiff::Timestamp;
use serde_json::Value;

use super::wire::Judged;
pub(super) use crate::connectors::answer::Effect;
use crate::{
    connectors::{
        Failure, FailureClass,
        answer::{Envelope, doubtful},
        http::Reply,
        messenger::ADDRESS_DEAD,
        provider::{self, id_text, text},
    },
    domain::Problem,
};

const ENVELOPE: Envelope =
    Envelope { refusal, problem, has_error: |json| json.get("ErrorMessage").is_some() };

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
    reply
        .json
        .as_ref()
        .is_some_and(|json| json.get("ErrorMessage").is_some() || json.get("Messages").is_some())
}

/// What was said of our one message, in a success and in a refusal alike; `None` when nothing was said.
pub(super) fn judged(reply: &Reply) -> Option<Judged> {
    let message = reply.json.as_ref()?.pointer("/Messages/0")?;
    match text(message, "Status") {
        "success" => message.pointer("/To/0/MessageID").and_then(id_text).map(Judged::Accepted),
        "error" if (400..500).contains(&reply.status.as_u16()) || reply.status.is_success() => {
            Some(Judged::Refused(message.pointer("/Errors/0").cloned().unwrap_or_default()))
        }
        _ => None,
    }
}

/// The failure of the whole call.
pub(super) fn whole(reply: &Reply, now: Timestamp) -> Failure {
    match accept(reply, Effect::Possible, now) {
        Ok(_) => incomplete(reply, Effect::Possible),
        Err(failure) => failure,
    }
}

/// The refusal of one message.
pub(super) fn refused(reply: &Reply, error: &Value) -> Failure {
    let (code, words) = (text(error, "ErrorCode"), text(error, "ErrorMessage"));
    let related = error.get("ErrorRelatedTo").map(Value::to_string).unwrap_or_default();
    let (class, ours) = by_code(code, &related);
    Failure::new(class, provider::problem(reply, ours, words).platform_code(code))
}

fn by_code(code: &str, related: &str) -> (FailureClass, &'static str) {
    match code {
        "mj-0001" => (FailureClass::Blocked, "provider_account_suspended"),
        "mj-0015" => (FailureClass::Reauth, "provider_key_refused"),
        "send-0006" | "send-0007" | "send-0008" => (FailureClass::Blocked, "sender_not_verified"),
        // The form of an address: of the person, or of ours.
        "mj-0013" if related.contains("From") => (FailureClass::Blocked, "sender_not_verified"),
        "mj-0013" => (FailureClass::Content, ADDRESS_DEAD),
        "send-0015" | "mj-0008" | "mj-0011" => (FailureClass::Content, "message_too_long"),
        _ => (FailureClass::Content, "message_refused"),
    }
}

fn refusal(reply: &Reply, effect: Effect, now: Timestamp) -> Failure {
    let fail = |class, code| Failure::new(class, problem(reply, code));
    let code = text(reply.json.as_ref().unwrap_or(&Value::Null), "ErrorCode");
    match reply.status.as_u16() {
        429 => fail(FailureClass::Retry, "rate_limited").after(reply.retry_after(now)),
        503 if reply.header("retry-after").is_some() => {
            fail(FailureClass::Retry, "platform_unavailable").after(reply.retry_after(now))
        }
        0..=399 | 408 | 409 | 425 | 500.. => doubtful(fail(FailureClass::Unknown, "platform_error"), effect),
        _ if !is_theirs(reply) => doubtful(fail(FailureClass::Unknown, "unreadable_answer"), effect),
        401 if code == "mj-0001" => fail(FailureClass::Blocked, "provider_account_suspended"),
        401 => fail(FailureClass::Reauth, "provider_key_refused"),
        _ => {
            let (class, ours) = by_code(code, "");
            match (reply.status.as_u16(), ours) {
                (403, "message_refused") => fail(FailureClass::Reauth, "provider_right_missing"),
                _ => fail(class, ours),
            }
        }
    }
}

/// Their words, and the number under which their support finds the call.
fn problem(reply: &Reply, code: &str) -> Problem {
    let json = reply.json.as_ref().unwrap_or(&Value::Null);
    let mut words = text(json, "ErrorMessage").to_owned();
    if let Some(id) = json.get("ErrorIdentifier").and_then(Value::as_str) {
        words = format!("{words} ({id})");
    }
    provider::problem(reply, code, &words).platform_code(text(json, "ErrorCode"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Corrections, "half-accepted batch": a 400 may carry a message that left.
    #[test]
    fn a_message_is_judged_by_its_own_word() {
        let accepted = json!({"Messages": [{"Status": "success", "To": [{"Email": "a@b.fr", "MessageID": 70_650_219_165_027_410_i64}]}]});
        for status in [200, 400] {
            let judged = judged(&Reply::of(status, Some(accepted.clone())));
            assert!(matches!(judged, Some(Judged::Accepted(id)) if id == "70650219165027410"), "{status}");
        }
        assert!(judged(&Reply::of(500, Some(json!({"Messages": [{"Status": "error"}]})))).is_none());
    }

    #[test]
    fn each_refusal_has_its_class() {
        use FailureClass::{Blocked, Content, Reauth, Unknown};
        for (status, their, related, class, code) in [
            (400, "send-0007", "From", Blocked, "sender_not_verified"),
            (400, "mj-0013", "To[0].Email", Content, ADDRESS_DEAD),
            (400, "mj-0013", "From.Email", Blocked, "sender_not_verified"),
            (400, "send-0003", "TextPart", Content, "message_refused"),
            (401, "mj-0015", "", Reauth, "provider_key_refused"),
        ] {
            let reply = Reply::of(status, None);
            let failure = refused(
                &reply,
                &json!({"ErrorCode": their, "ErrorMessage": "x", "ErrorRelatedTo": [related]}),
            );
            assert_eq!((failure.class, failure.problem.code.as_str()), (class, code), "{their}");
        }
        for (status, their, class, code) in [
            (401, "mj-0001", Blocked, "provider_account_suspended"),
            (401, "", Reauth, "provider_key_refused"),
            (403, "", Reauth, "provider_right_missing"),
            (500, "", Unknown, "platform_error"),
        ] {
            let json = json!({"ErrorCode": their, "ErrorMessage": "x", "StatusCode": status});
            let failure = whole(&Reply::of(status, Some(json)), Timestamp::UNIX_EPOCH);
            assert_eq!((failure.class, failure.problem.code.as_str()), (class, code), "{status} {their}");
        }
    }
}
