//! Their refusals → [`Failure`]. The envelope is `{"error": "sentence"}`: there are no codes, so the
//! status decides; the sentence is only looked at where one status means two different things.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

pub(super) use crate::connectors::answer::Effect;
use crate::{
    connectors::{
        Failure, FailureClass, UPLOAD_EXPIRED,
        answer::{Envelope, doubtful},
        http::{Reply, wait_until},
    },
    domain::Problem,
};

const ENVELOPE: Envelope =
    Envelope { refusal, problem, has_error: |json| json.get("error").is_some_and(|error| !error.is_null()) };

/// Returns the JSON of a successful answer.
pub(super) fn accept(reply: &Reply, effect: Effect, now: Timestamp) -> Result<&Value, Failure> {
    ENVELOPE.json(reply, effect, now)
}

/// The failure of a successful answer that lacks what it must contain.
pub(super) fn incomplete(reply: &Reply, effect: Effect) -> Failure {
    ENVELOPE.incomplete(reply, effect)
}

/// Says whether the platform itself (not a proxy or a portal with a page of its own) answers that the
/// object is not there. Some compatible servers say it without a body.
pub(super) fn is_gone(reply: &Reply) -> bool {
    matches!(reply.status.as_u16(), 404 | 410)
        && (is_bare(reply) || is_snac_page(reply) || reply.json.as_ref().is_some_and(Value::is_object))
}

/// No body at all: what the status says is all that is said. A portal always has a page.
pub(super) fn is_bare(reply: &Reply) -> bool {
    reply.json.is_none() && reply.text.is_empty()
}

/// snac2 answers errors with a page, and signs it.
pub(super) fn is_snac_page(reply: &Reply) -> bool {
    reply.header("x-creator").is_some_and(|name| name.starts_with("snac/"))
}

/// The same as [`accept`] for an answer that is one object.
pub(super) fn accept_object(reply: &Reply, effect: Effect, now: Timestamp) -> Result<&Value, Failure> {
    ENVELOPE.object(reply, effect, now)
}

pub(super) fn refusal(reply: &Reply, effect: Effect, now: Timestamp) -> Failure {
    let wait = reply.retry_after(now).or_else(|| reset(reply, now));
    let fail = |class, code| Failure::new(class, problem(reply, code));
    let has_message = |part: &str| message(reply).to_lowercase().contains(part);
    match reply.status.as_u16() {
        429 => fail(FailureClass::Retry, "rate_limited").after(wait),
        503 if reply.header("retry-after").is_some() => {
            fail(FailureClass::Retry, "platform_unavailable").after(wait)
        }
        0..=399 | 408 | 409 | 425 | 500.. => doubtful(fail(FailureClass::Unknown, "platform_error"), effect),
        401 if is_bare(reply) => fail(FailureClass::Reauth, "token_revoked"),
        // Not their envelope: some proxy or portal on the way, not the platform.
        _ if reply.json.is_none() => doubtful(fail(FailureClass::Unknown, "unreadable_answer"), effect),
        401 => fail(FailureClass::Reauth, "token_revoked"),
        403 if has_message("scope") => fail(FailureClass::Reauth, "permission_missing"),
        403 => fail(FailureClass::Blocked, "account_blocked"),
        413 => fail(FailureClass::Content, "photo_too_large"),
        422 if has_message("finished processing") => {
            fail(FailureClass::Retry, "media_processing").after(Some(Duration::from_secs(5)))
        }
        // Uploads that no post uses are swept after a while: `prepare` looks and uploads again.
        422 if has_message("could not be found") || has_message("media not found") => {
            fail(FailureClass::Retry, UPLOAD_EXPIRED).mended()
        }
        _ => fail(FailureClass::Content, "content_refused_by_platform"),
    }
}

/// The failure of an upload that the server cannot use.
pub(super) fn image_refused(mut failure: Failure) -> Failure {
    if failure.class == FailureClass::Content && failure.problem.code == "content_refused_by_platform" {
        "photo_refused".clone_into(&mut failure.problem.code);
    }
    failure
}

/// `X-RateLimit-Reset` is an ISO 8601 instant here.
fn reset(reply: &Reply, now: Timestamp) -> Option<Duration> {
    let at: Timestamp = reply.header("x-ratelimit-reset")?.trim().parse().ok()?;
    Some(wait_until(at, now))
}

fn message(reply: &Reply) -> &str {
    reply.json.as_ref().and_then(|json| json.get("error")).and_then(Value::as_str).unwrap_or_default()
}

fn problem(reply: &Reply, code: &str) -> Problem {
    Problem::new(code).http_status(reply.status.as_u16()).message(message(reply))
}
