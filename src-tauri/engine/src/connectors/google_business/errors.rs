//! Their refusals → [`Failure`]. The envelope is `{"error":{code,message,status,details[]}}`: `status` is
//! the word that decides, `details` says which field or how long to wait (social-platforms reference 8.6).

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

const ENVELOPE: Envelope =
    Envelope { refusal, problem, has_error: |json| json.get("error").is_some_and(|error| !error.is_null()) };

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
    reply.status.as_u16() == 404 && status(reply) == Some("NOT_FOUND")
}

/// The platform itself refuses the access token.
pub(super) fn is_token_refused(reply: &Reply) -> bool {
    reply.status.as_u16() == 401 && error(reply).is_some()
}

pub(super) fn refusal(reply: &Reply, effect: Effect, now: Timestamp) -> Failure {
    let fail = |class, code| Failure::new(class, problem(reply, code));
    let wait = || reply.retry_after(now).or_else(|| retry_delay(reply));
    match (reply.status.as_u16(), status(reply)) {
        // A project that Google has not let in yet has a quota of nothing: waiting does not help.
        (429, _) if has_no_quota(reply) => fail(FailureClass::Reauth, "api_access_pending"),
        (429, _) => fail(FailureClass::Retry, "rate_limited").after(wait()),
        (503, _) if wait().is_some() => fail(FailureClass::Retry, "platform_unavailable").after(wait()),
        (0..=399 | 408 | 409 | 425 | 500.., _) => {
            doubtful(fail(FailureClass::Unknown, "platform_error"), effect)
        }
        // Not their envelope: some proxy or portal on the way, not the platform.
        _ if error(reply).is_none() => doubtful(fail(FailureClass::Unknown, "unreadable_answer"), effect),
        (401, _) => fail(FailureClass::Reauth, "token_revoked"),
        (403, _) if says(reply, "SERVICE_DISABLED") => fail(FailureClass::Reauth, "api_not_enabled"),
        (403, _) if says(reply, "ACCESS_TOKEN_SCOPE_INSUFFICIENT") => {
            fail(FailureClass::Reauth, "permission_missing")
        }
        (403, _) => fail(FailureClass::Reauth, "profile_access_lost"),
        (400, _) if names_field(reply, "media") => fail(FailureClass::Content, "photo_refused"),
        (404, _) => fail(FailureClass::Content, "profile_not_found"),
        _ => fail(FailureClass::Content, "content_refused_by_platform"),
    }
}

fn error(reply: &Reply) -> Option<&Value> {
    reply.json.as_ref()?.get("error").filter(|error| error.is_object())
}

fn status(reply: &Reply) -> Option<&str> {
    error(reply)?.get("status")?.as_str()
}

fn details(reply: &Reply) -> impl Iterator<Item = &Value> {
    error(reply).and_then(|error| error.get("details")?.as_array()).into_iter().flatten()
}

/// `google.rpc.ErrorInfo`.
fn says(reply: &Reply, reason: &str) -> bool {
    details(reply).any(|detail| detail.get("reason").and_then(Value::as_str) == Some(reason))
}

fn has_no_quota(reply: &Reply) -> bool {
    details(reply)
        .any(|detail| detail.pointer("/metadata/quota_limit_value").and_then(Value::as_str) == Some("0"))
}

/// `google.rpc.RetryInfo`: seconds with an `s` behind them.
fn retry_delay(reply: &Reply) -> Option<Duration> {
    let text = details(reply).find_map(|detail| detail.get("retryDelay")?.as_str())?;
    let secs: f64 = text.strip_suffix('s')?.parse().ok()?;
    Duration::try_from_secs_f64(secs.clamp(1.0, 86_400.0)).ok()
}

/// `google.rpc.BadRequest`: the path of the field that is wrong.
fn names_field(reply: &Reply, part: &str) -> bool {
    details(reply)
        .filter_map(|detail| detail.get("fieldViolations")?.as_array())
        .flatten()
        .filter_map(|violation| violation.get("field")?.as_str())
        .any(|field| field.contains(part))
}

/// What they say, with the description of the wrong field where there is one.
fn problem(reply: &Reply, code: &str) -> Problem {
    let description = details(reply)
        .filter_map(|detail| detail.get("fieldViolations")?.as_array())
        .flatten()
        .find_map(|violation| violation.get("description")?.as_str());
    let message = error(reply).and_then(|error| error.get("message")?.as_str());
    let words: String = description.or(message).unwrap_or_default().chars().take(300).collect();
    Problem::new(code).http_status(reply.status.as_u16()).message(words)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn reply(status: u16, error: &Value) -> Reply {
        Reply::of(status, Some(json!({ "error": error })))
    }

    /// Social-platforms reference 8.1 and 8.6.
    #[test]
    fn every_status_has_its_class_and_its_sentences() {
        use FailureClass as C;
        let reason = |reason: &str| json!([{"reason": reason}]);
        let field = |field: &str| json!([{"fieldViolations": [{"field": field, "description": "x"}]}]);
        for (http, status, details, class, code) in [
            (401, "UNAUTHENTICATED", json!([]), C::Reauth, "token_revoked"),
            (403, "PERMISSION_DENIED", json!([]), C::Reauth, "profile_access_lost"),
            (403, "PERMISSION_DENIED", reason("SERVICE_DISABLED"), C::Reauth, "api_not_enabled"),
            (
                403,
                "PERMISSION_DENIED",
                reason("ACCESS_TOKEN_SCOPE_INSUFFICIENT"),
                C::Reauth,
                "permission_missing",
            ),
            (400, "INVALID_ARGUMENT", field("local_post.summary"), C::Content, "content_refused_by_platform"),
            (400, "INVALID_ARGUMENT", field("local_post.media[0].source_url"), C::Content, "photo_refused"),
            (404, "NOT_FOUND", json!([]), C::Content, "profile_not_found"),
            (429, "RESOURCE_EXHAUSTED", json!([]), C::Retry, "rate_limited"),
            (
                429,
                "RESOURCE_EXHAUSTED",
                json!([{"metadata": {"quota_limit_value": "0"}}]),
                C::Reauth,
                "api_access_pending",
            ),
            (500, "INTERNAL", json!([]), C::Unknown, "platform_error"),
            (503, "UNAVAILABLE", json!([]), C::Unknown, "platform_error"),
        ] {
            let error = json!({"code": http, "status": status, "message": "m", "details": details});
            let failure = refusal(&reply(http, &error), Effect::Possible, Timestamp::UNIX_EPOCH);
            assert_eq!((failure.class, failure.problem.code.as_str()), (class, code), "{http} {status}");
            assert!(crate::problems::find(code).is_some(), "no sentences for {code}");
        }
    }

    #[test]
    fn the_wait_stands_in_the_details() {
        let error =
            json!({"code": 429, "status": "RESOURCE_EXHAUSTED", "details": [{"retryDelay": "41.5s"}]});
        let failure = refusal(&reply(429, &error), Effect::Possible, Timestamp::UNIX_EPOCH);
        assert_eq!(failure.retry_after, Some(Duration::from_millis(41_500)));
    }
}
