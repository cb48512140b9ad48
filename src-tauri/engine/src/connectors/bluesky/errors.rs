//! Their refusals → [`Failure`]. The envelope is `{"error": "Name", "message": "…"}`; the name decides,
//! the status only where there is no name.

use jiff::Timestamp;
use reqwest::StatusCode;
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

const ENVELOPE: Envelope = Envelope { refusal, problem, has_error: |json| json.get("error").is_some() };

/// Returns the object of a successful answer.
pub(super) fn accept(reply: &Reply, effect: Effect, now: Timestamp) -> Result<&Value, Failure> {
    ENVELOPE.object(reply, effect, now)
}

/// The failure of a successful answer that lacks what it must contain.
pub(super) fn incomplete(reply: &Reply, effect: Effect) -> Failure {
    ENVELOPE.incomplete(reply, effect)
}

/// Says whether the session token is the reason: an expired one is a 400 on real servers.
pub(super) fn token_refused(reply: &Reply) -> bool {
    matches!(name(reply), Some("ExpiredToken" | "InvalidToken"))
        || (reply.status == StatusCode::UNAUTHORIZED
            && reply.json.is_some()
            && !is_account_state(name(reply)))
}

/// Says whether a record is definitely absent.
pub(super) fn record_absent(reply: &Reply) -> bool {
    reply.status.is_client_error()
        && (name(reply) == Some("RecordNotFound")
            // Servers before 2024 had no name of its own for it.
            || (name(reply) == Some("InvalidRequest") && message(reply).starts_with("Could not locate record")))
}

pub(super) fn refusal(reply: &Reply, effect: Effect, now: Timestamp) -> Failure {
    let wait = reply.retry_after(now).or_else(|| reset(reply, now));
    let fail = |class, code| Failure::new(class, problem(reply, code));
    let unclear = || doubtful(fail(FailureClass::Unknown, "platform_error"), effect).after(wait);
    match (reply.status.as_u16(), name(reply)) {
        (429, _) | (_, Some("RateLimitExceeded")) => fail(FailureClass::Retry, "rate_limited").after(wait),
        (503, _) if wait.is_some() => fail(FailureClass::Retry, "platform_unavailable").after(wait),
        // No name: some proxy or portal on the way, not the platform.
        (0..=399 | 408 | 409 | 425 | 500.., _) | (_, None) => unclear(),
        (_, Some("AuthFactorTokenRequired")) => fail(FailureClass::Reauth, "app_password_needed"),
        (_, name) if is_account_state(name) => fail(FailureClass::Blocked, "account_blocked"),
        (_, Some("ExpiredToken" | "InvalidToken")) => fail(FailureClass::Reauth, "token_expired"),
        (401, _) | (_, Some("AuthenticationRequired" | "AuthMissing")) => {
            fail(FailureClass::Reauth, "token_revoked")
        }
        (403, _) => fail(FailureClass::Reauth, "permission_missing"),
        (413, _) | (_, Some("BlobTooLarge" | "PayloadTooLarge")) => {
            fail(FailureClass::Content, "photo_too_large")
        }
        (_, Some("InvalidMimeType")) => fail(FailureClass::Content, "photo_refused"),
        // Unused uploads are swept after a while. Had the record existed already, repeating it would
        // have been a no-op: so nothing is there, and the next `prepare` uploads again.
        (_, Some("BlobNotFound")) => fail(FailureClass::Retry, UPLOAD_EXPIRED).mended(),
        (_, Some("InvalidRequest")) if message(reply).starts_with("Could not find blob") => {
            fail(FailureClass::Retry, UPLOAD_EXPIRED).mended()
        }
        _ => fail(FailureClass::Content, "content_refused_by_platform"),
    }
}

fn is_account_state(name: Option<&str>) -> bool {
    matches!(
        name,
        Some(
            "AccountTakedown"
                | "AccountSuspended"
                | "AccountDeactivated"
                | "RepoTakendown"
                | "RepoSuspended"
                | "RepoDeactivated"
        )
    )
}

/// `RateLimit-Reset` is an instant in seconds; real servers send no `Retry-After`.
fn reset(reply: &Reply, now: Timestamp) -> Option<std::time::Duration> {
    let at = reply.header("ratelimit-reset")?.trim().parse().ok()?;
    Some(wait_until(Timestamp::from_second(at).ok()?, now))
}

fn name(reply: &Reply) -> Option<&str> {
    reply.json.as_ref()?.get("error")?.as_str()
}

fn message(reply: &Reply) -> &str {
    reply.json.as_ref().and_then(|json| json.get("message")).and_then(Value::as_str).unwrap_or_default()
}

fn problem(reply: &Reply, code: &str) -> Problem {
    let problem = Problem::new(code).http_status(reply.status.as_u16()).message(message(reply));
    match name(reply) {
        Some(name) => problem.platform_code(name),
        None => problem,
    }
}
