//! Their refusals → [`Failure`] (messaging-services, section 11 and its corrections). Two shapes: the
//! gateway says `{"errorCode","httpCode":"400 Bad Request","message"}`, the service
//! `{"class":"Client::…","message"}`, sometimes `{"message"}` alone. A wrong signature and a wrong clock are
//! both HTTP 400, so the status alone says nothing.

use jiff::Timestamp;
use serde_json::Value;

pub(super) use crate::connectors::answer::Effect;
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

/// The time in the signature is too far from theirs: the difference has to be measured again.
pub(super) const CLOCK: &str = "provider_clock";

const ENVELOPE: Envelope = Envelope {
    refusal,
    problem,
    has_error: |json| json.get("errorCode").is_some() || text(json, "class").contains("::"),
};

/// Errors: a refusal, or something that is no answer of this service.
pub(super) fn accept(reply: &Reply, effect: Effect, now: Timestamp) -> Result<&Value, Failure> {
    ENVELOPE.json(reply, effect, now)
}

/// The failure of a successful answer that lacks what it must contain.
pub(super) fn incomplete(reply: &Reply, effect: Effect) -> Failure {
    ENVELOPE.incomplete(reply, effect)
}

/// Their own word that there is no such thing; the page of a proxy does not count.
pub(super) fn is_absent(reply: &Reply) -> bool {
    reply.status.as_u16() == 404 && is_theirs(reply)
}

fn is_theirs(reply: &Reply) -> bool {
    reply.json.as_ref().is_some_and(|json| json.get("message").is_some_and(Value::is_string))
}

fn refusal(reply: &Reply, effect: Effect, now: Timestamp) -> Failure {
    let fail = |class, code| Failure::new(class, problem(reply, code));
    let json = reply.json.as_ref().unwrap_or(&Value::Null);
    let (code, words) = (text(json, "errorCode"), text(json, "message").to_lowercase());
    let says = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
    match reply.status.as_u16() {
        429 => fail(FailureClass::Retry, "rate_limited").after(reply.retry_after(now)),
        503 if reply.header("retry-after").is_some() => {
            fail(FailureClass::Retry, "platform_unavailable").after(reply.retry_after(now))
        }
        0..=399 | 408 | 409 | 425 | 500.. => doubtful(fail(FailureClass::Unknown, "platform_error"), effect),
        _ if !is_theirs(reply) => doubtful(fail(FailureClass::Unknown, "unreadable_answer"), effect),
        _ if code == "QUERY_TIME_OUT" || says(&["out of time"]) => {
            // Refused before anything was done, and a new measure of their clock mends it.
            fail(FailureClass::Retry, CLOCK).mended()
        }
        _ if code == "INVALID_SIGNATURE" || says(&["invalid signature"]) => {
            fail(FailureClass::Reauth, "provider_key_refused")
        }
        _ if code == "NOT_GRANTED_CALL" || says(&["not been granted"]) => {
            fail(FailureClass::Reauth, "provider_right_missing")
        }
        401 | 403 => fail(FailureClass::Reauth, "provider_key_refused"),
        402 => fail(FailureClass::Quota, "no_credit"),
        460 => fail(FailureClass::Blocked, "provider_account_suspended"),
        _ if says(&["credit"]) => fail(FailureClass::Quota, "no_credit"),
        _ if says(&["contact information with shortcode"]) => {
            fail(FailureClass::Blocked, "link_with_short_number")
        }
        _ if says(&["sender"]) => fail(FailureClass::Blocked, "sender_not_verified"),
        _ if says(&["receiver"]) => fail(FailureClass::Content, ADDRESS_DEAD),
        404 => fail(FailureClass::Reauth, "sms_service_not_found"),
        _ => fail(FailureClass::Content, "message_refused"),
    }
}

/// Their words, and the number under which their support finds the call.
fn problem(reply: &Reply, code: &str) -> Problem {
    let json = reply.json.as_ref().unwrap_or(&Value::Null);
    let mut words = text(json, "message").to_owned();
    if let Some(query) = reply.header("x-ovh-queryid") {
        words = format!("{words} ({query})");
    }
    provider::problem(reply, code, &words)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_refusal_has_its_class() {
        use FailureClass::{Blocked, Content, Quota, Reauth, Retry, Unknown};
        let now = Timestamp::UNIX_EPOCH;
        for (status, json, class, code) in [
            (
                400,
                json!({"errorCode": "INVALID_SIGNATURE", "httpCode": "400 Bad Request", "message": "Invalid signature"}),
                Reauth,
                "provider_key_refused",
            ),
            (
                400,
                json!({"message": "Query out of time", "httpCode": "400 Bad Request", "errorCode": "QUERY_TIME_OUT"}),
                Retry,
                CLOCK,
            ),
            (
                403,
                json!({"errorCode": "NOT_GRANTED_CALL", "httpCode": "403 Forbidden", "message": "This call has not been granted"}),
                Reauth,
                "provider_right_missing",
            ),
            (
                403,
                json!({"errorCode": "INVALID_CREDENTIAL", "message": "This credential is not valid"}),
                Reauth,
                "provider_key_refused",
            ),
            (
                400,
                json!({"message": "cannot send contact information with shortcode"}),
                Blocked,
                "link_with_short_number",
            ),
            (
                400,
                json!({"class": "Client::BadRequest", "message": "Sender Moulin does not exist"}),
                Blocked,
                "sender_not_verified",
            ),
            (
                400,
                json!({"class": "Client::BadRequest", "message": "Not enough credits"}),
                Quota,
                "no_credit",
            ),
            (
                404,
                json!({"class": "Client::NotFound", "message": "This service does not exist"}),
                Reauth,
                "sms_service_not_found",
            ),
            (422, json!({"class": "Client::Odd", "message": "Something new"}), Content, "message_refused"),
            (403, json!({"page": "portal"}), Unknown, "unreadable_answer"),
            (
                500,
                json!({"class": "Server::InternalServerError", "message": "Oops"}),
                Unknown,
                "platform_error",
            ),
        ] {
            let reply = Reply::of(status, Some(json.clone()));
            let failure = accept(&reply, Effect::Possible, now).unwrap_err();
            assert_eq!((failure.class, failure.problem.code.as_str()), (class, code), "{status} {json}");
            assert!(crate::problems::find(code).is_some(), "{code}");
        }
        let in_success =
            Reply::of(200, Some(json!({"class": "Server::InternalServerError", "message": "Oops"})));
        assert_eq!(accept(&in_success, Effect::Possible, now).unwrap_err().class, Unknown);
    }
}
