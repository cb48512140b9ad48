//! `{"error":"Name","message":"…"}` and the refusals that can be played.

use jiff::SignedDuration;
use serde_json::json;

use crate::{
    bluesky::session,
    exchange::{Answer, Call},
    faults::{RateDialect, Refusal},
    state::{World, http_date},
};

/// One refusal of an XRPC method.
#[derive(Debug, Clone)]
pub(crate) struct XrpcError {
    status: u16,
    name: &'static str,
    message: String,
}

impl XrpcError {
    pub fn new(status: u16, name: &'static str, message: impl Into<String>) -> Self {
        Self { status, name, message: message.into() }
    }

    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidRequest", message)
    }

    pub fn expired() -> Self {
        Self::new(400, "ExpiredToken", "Token has expired")
    }

    /// The real server's answer to anything it did not foresee.
    pub fn internal() -> Self {
        Self::new(500, "InternalServerError", "Internal Server Error")
    }

    pub fn answer(&self) -> Answer {
        Answer::json(self.status, &json!({"error": self.name, "message": self.message}))
    }
}

pub(crate) fn refuse(world: &World, call: &Call, refusal: &Refusal) -> Answer {
    let error = match refusal {
        Refusal::ServerError => XrpcError::internal(),
        Refusal::Unavailable => XrpcError::new(503, "UpstreamFailure", "Service Unavailable"),
        Refusal::RateLimited { dialect, secs } => return limited(world, *dialect, *secs, 30),
        Refusal::TokenExpired => {
            session::expire(world, call);
            XrpcError::expired()
        }
        Refusal::PermissionLost => XrpcError::new(401, "AccountTakedown", "Account has been taken down"),
        Refusal::ContentRefused => XrpcError::invalid(
            "Invalid app.bsky.feed.post record: Record/text must not be longer than 300 graphemes",
        ),
        Refusal::ErrorIn200 => XrpcError::new(200, "UpstreamFailure", "Upstream Failure"),
        // Never played here: the network knows no such refusal.
        Refusal::Duplicate => XrpcError::invalid("Duplicate"),
        Refusal::MediaFailed => XrpcError::new(400, "InvalidMimeType", "Wrong mimetype of the uploaded file"),
        Refusal::Unknown(status) => {
            XrpcError::new(status.unwrap_or(400), "NeverSeenBefore", "Something nobody has seen before")
        }
        Refusal::NotReadable(status) => {
            XrpcError::new(*status, "PayloadTooLarge", "request entity too large")
        }
    };
    error.answer()
}

/// 429 with the waiting time in the asked dialect; the real one sends no `Retry-After`.
pub(super) fn limited(world: &World, dialect: RateDialect, secs: u64, limit: u32) -> Answer {
    let answer = XrpcError::new(429, "RateLimitExceeded", "Rate Limit Exceeded").answer();
    let wait = SignedDuration::from_secs(i64::try_from(secs).unwrap_or(i64::MAX));
    let until = world.now().checked_add(wait).unwrap_or(jiff::Timestamp::MAX);
    match dialect {
        RateDialect::Platform => answer
            .with_header("ratelimit-limit", &limit.to_string())
            .with_header("ratelimit-remaining", "0")
            .with_header("ratelimit-reset", &until.as_second().to_string())
            .with_header("ratelimit-policy", &format!("{limit};w=300")),
        RateDialect::RetryAfterSecs => answer.with_header("retry-after", &secs.to_string()),
        RateDialect::RetryAfterDate => answer.with_header("retry-after", &http_date(until)),
        RateDialect::None => answer,
    }
}
