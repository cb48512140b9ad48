//! Their refusals → [`Failure`]: `{"status","code","serviceErrorCode","message","errorDetails"}`, the codes
//! first, the status where there is none (social-platforms section 6.5).

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, ToSpan as _, tz::TimeZone};
use serde_json::Value;

use super::wire::Urn;
pub(super) use crate::connectors::answer::Effect;
use crate::{
    connectors::{
        Failure, FailureClass,
        answer::{Envelope, doubtful},
        http::{Reply, wait_until},
    },
    domain::Problem,
};

/// A limit without a word about its end: they are counted per UTC day, and also set for a while.
const PATIENCE: SignedDuration = SignedDuration::from_mins(15);

const ENVELOPE: Envelope = Envelope {
    refusal,
    problem,
    has_error: |json| {
        ["serviceErrorCode", "errorDetails", "error"].into_iter().any(|key| json.get(key).is_some())
    },
};

/// Errors: everything that is no success.
pub(super) fn accept(reply: &Reply, effect: Effect, now: Timestamp) -> Result<(), Failure> {
    ENVELOPE.check(reply, effect, now)
}

/// Returns the JSON of a successful answer.
pub(super) fn body(reply: &Reply, effect: Effect, now: Timestamp) -> Result<&Value, Failure> {
    ENVELOPE.json(reply, effect, now)
}

/// The failure of a successful answer that lacks what it must contain.
pub(super) fn incomplete(reply: &Reply, effect: Effect) -> Failure {
    ENVELOPE.incomplete(reply, effect)
}

/// The same words stand in another post.
fn is_duplicate(reply: &Reply) -> bool {
    matches!(reply.status.as_u16(), 400 | 409 | 422)
        && (codes(reply).any(|code| code == "DUPLICATE_POST")
            || message(reply).contains("is a duplicate of urn:li:"))
}

/// "Content is a duplicate of urn:li:share:…": the post that such a refusal names, where it names one.
pub(super) fn named_duplicate(reply: &Reply) -> Option<Urn> {
    let (_, named) = message(reply).split_once("duplicate of ").filter(|_| is_duplicate(reply))?;
    let end = named.find(|c: char| !(c.is_ascii_alphanumeric() || c == ':')).unwrap_or(named.len());
    named.get(..end).and_then(Urn::post)
}

pub(super) fn refusal(reply: &Reply, effect: Effect, now: Timestamp) -> Failure {
    let fail = |class, code| Failure::new(class, problem(reply, code));
    let has = |wanted: &str| codes(reply).any(|code| code == wanted);
    match reply.status.as_u16() {
        429 => {
            let told = reply.retry_after(now);
            let class = if told.is_some() { FailureClass::Retry } else { FailureClass::Quota };
            let code = if told.is_some() { "rate_limited" } else { "quota_reached" };
            fail(class, code).after(Some(told.unwrap_or_else(|| until_new_day(now))))
        }
        503 if reply.header("retry-after").is_some() => {
            fail(FailureClass::Retry, "platform_unavailable").after(reply.retry_after(now))
        }
        // Their version of the interface has ended: nothing works until it is set anew.
        426 => fail(FailureClass::Blocked, "api_version_ended"),
        // A page of a portal or proxy, not the platform.
        _ if !reply.json.as_ref().is_some_and(Value::is_object) => {
            doubtful(fail(FailureClass::Unknown, "unreadable_answer"), effect)
        }
        0..=399 | 408 | 425 | 500.. => doubtful(fail(FailureClass::Unknown, "platform_error"), effect),
        401 if service_code(reply) == Some(65_602) => fail(FailureClass::Reauth, "token_expired"),
        401 => fail(FailureClass::Reauth, "token_revoked"),
        403 => fail(FailureClass::Reauth, "permission_missing"),
        _ if has("VERSION_MISSING") || has("NONEXISTENT_VERSION") => {
            fail(FailureClass::Blocked, "api_version_ended")
        }
        _ if is_duplicate(reply) => fail(FailureClass::Duplicate, "duplicate_post"),
        409 => doubtful(fail(FailureClass::Unknown, "platform_error"), effect),
        _ if has("FIELD_LENGTH_TOO_LONG") => fail(FailureClass::Content, "text_too_long"),
        // The picture is still in the works: nothing was made, and it may be asked again.
        _ if codes(reply).any(|code| code.starts_with("MEDIA_ASSET_PROCESSING")) => {
            fail(FailureClass::Retry, "media_processing")
        }
        _ => fail(FailureClass::Content, "content_refused_by_platform"),
    }
}

/// The limits end at midnight UTC; a limit set for another reason may end sooner.
fn until_new_day(now: Timestamp) -> Duration {
    let soon = now.checked_add(PATIENCE).unwrap_or(now);
    let midnight = now.to_zoned(TimeZone::UTC).start_of_day().and_then(|day| day.checked_add(1.day()));
    let midnight = midnight.map_or(soon, |day| day.timestamp());
    wait_until(soon.min(midnight), now)
}

/// Every code of the answer: its own, and those of the fields it complains about.
fn codes(reply: &Reply) -> impl Iterator<Item = &str> {
    let json = reply.json.as_ref();
    let own = json.and_then(|json| json.get("code")).and_then(Value::as_str);
    let inputs = json.and_then(|json| json.pointer("/errorDetails/inputErrors")).and_then(Value::as_array);
    let of_inputs = inputs.into_iter().flatten().filter_map(|input| input.get("code")?.as_str());
    own.into_iter().chain(of_inputs)
}

fn service_code(reply: &Reply) -> Option<i64> {
    reply.json.as_ref()?.get("serviceErrorCode")?.as_i64()
}

fn message(reply: &Reply) -> &str {
    reply.json.as_ref().and_then(|json| json.get("message")).and_then(Value::as_str).unwrap_or_default()
}

/// The platform's words, for the owner.
pub(super) fn problem(reply: &Reply, code: &str) -> Problem {
    let problem = Problem::new(code).http_status(reply.status.as_u16());
    let words: String = message(reply).chars().take(300).collect();
    if words.is_empty() { problem } else { problem.message(words) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn now() -> Timestamp {
        "2026-11-22T19:00:00Z".parse().unwrap()
    }

    /// Section 6.5 and its corrections; the shape of the duplicate is from a public report of 2023.
    #[test]
    fn each_refusal_has_its_class() {
        let code = |code: &str| Some(json!({"status": 400, "code": code, "message": "m"}));
        for (status, body, class, expected) in [
            (401, Some(json!({"serviceErrorCode": 65_602})), FailureClass::Reauth, "token_expired"),
            (401, Some(json!({"serviceErrorCode": 65_601})), FailureClass::Reauth, "token_revoked"),
            (403, code("ACCESS_DENIED"), FailureClass::Reauth, "permission_missing"),
            (400, code("VERSION_MISSING"), FailureClass::Blocked, "api_version_ended"),
            (426, code("NONEXISTENT_VERSION"), FailureClass::Blocked, "api_version_ended"),
            (422, code("DUPLICATE_POST"), FailureClass::Duplicate, "duplicate_post"),
            (400, code("FIELD_LENGTH_TOO_LONG"), FailureClass::Content, "text_too_long"),
            (400, code("MEDIA_ASSET_PROCESSING_PENDING"), FailureClass::Retry, "media_processing"),
            (400, code("INVALID_URN_TYPE"), FailureClass::Content, "content_refused_by_platform"),
            (500, code("INTERNAL"), FailureClass::Unknown, "platform_error"),
            (409, code("CONFLICT"), FailureClass::Unknown, "platform_error"),
            (403, None, FailureClass::Unknown, "unreadable_answer"),
        ] {
            let failure = refusal(&Reply::of(status, body.clone()), Effect::Possible, now());
            assert_eq!(
                (failure.class, failure.problem.code.as_str()),
                (class, expected),
                "{status} {body:?}"
            );
        }
    }

    #[test]
    fn a_duplicate_names_the_post() {
        let body = json!({
            "errorDetailType": "com.linkedin.common.error.BadRequest",
            "message": "com.linkedin.content.common.exception.BadRequestResponseException: Content is a \
                        duplicate of urn:li:share:7141138937766391808",
            "errorDetails": {"inputErrors": [{"description": "Duplicate post is detected", "input": {}, "code": "DUPLICATE_POST"}]},
            "status": 422,
        });
        let named = named_duplicate(&Reply::of(422, Some(body))).unwrap();
        assert_eq!(named.as_str(), "urn:li:share:7141138937766391808");
        for (status, body, is_one) in [
            (422, json!({"code": "DUPLICATE_POST"}), true),
            (422, json!({"message": "other"}), false),
            (500, json!({"code": "DUPLICATE_POST"}), false),
        ] {
            let reply = Reply::of(status, Some(body));
            assert_eq!((is_duplicate(&reply), named_duplicate(&reply)), (is_one, None), "{reply:?}");
        }
    }

    /// Section 6.4: no reset header; counted per UTC day.
    #[test]
    fn a_limit_ends_with_the_day_at_the_latest() {
        let wait = |at: &str| {
            let failure = refusal(&Reply::of(429, Some(json!({}))), Effect::Possible, at.parse().unwrap());
            (failure.class, failure.retry_after.unwrap().as_secs())
        };
        assert_eq!(wait("2026-11-22T19:00:00Z"), (FailureClass::Quota, 900));
        assert_eq!(wait("2026-11-22T23:55:00Z"), (FailureClass::Quota, 300));
    }
}
