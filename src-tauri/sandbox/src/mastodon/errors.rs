//! `{"error":"…"}` and the refusals that can be played.

use jiff::SignedDuration;
use serde_json::json;

use crate::{
    exchange::Answer,
    faults::{RateDialect, Refusal},
    mastodon::with_rate,
    state::{World, http_date},
};

/// One refusal of the API.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    status: u16,
    message: String,
}

impl Refused {
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    pub fn unauthorized() -> Self {
        Self::new(401, "The access token is invalid")
    }

    pub fn not_found() -> Self {
        Self::new(404, "Record not found")
    }

    /// 422 with the words of a failed validation.
    pub fn validation(message: impl std::fmt::Display) -> Self {
        Self::new(422, format!("Validation failed: {message}"))
    }

    pub fn answer(&self) -> Answer {
        Answer::json(self.status, &json!({"error": self.message}))
    }
}

pub(crate) fn refuse(world: &World, refusal: &Refusal) -> Answer {
    match refusal {
        Refusal::ServerError => Refused::new(500, "We're sorry, but something went wrong on our end."),
        Refusal::Unavailable => Refused::new(503, "Remote data could not be fetched"),
        Refusal::RateLimited { dialect, secs } => return limited(world, *dialect, *secs),
        Refusal::TokenExpired => Refused::new(401, "The access token was revoked"),
        Refusal::PermissionLost => Refused::new(403, "This action is outside the authorized scopes"),
        Refusal::ContentRefused => Refused::validation("Text character limit of 500 exceeded"),
        Refusal::ErrorIn200 => Refused::new(200, "Something went wrong"),
        // Never played here: the network knows no such refusal.
        Refusal::Duplicate => Refused::validation("Duplicate"),
        Refusal::MediaFailed => Refused::new(422, "Error processing thumbnail for uploaded media"),
        Refusal::Unknown(status) => Refused::new(status.unwrap_or(451), "Something nobody has seen before"),
        Refusal::NotReadable(status) => Refused::new(*status, "The request could not be read"),
    }
    .answer()
}

fn limited(world: &World, dialect: RateDialect, secs: u64) -> Answer {
    let answer = Refused::new(429, "Too many requests").answer();
    let wait = SignedDuration::from_secs(i64::try_from(secs).unwrap_or(i64::MAX));
    let until = world.now().checked_add(wait).unwrap_or(jiff::Timestamp::MAX);
    match dialect {
        RateDialect::Platform => with_rate(answer, 0, until),
        RateDialect::RetryAfterSecs => answer.with_header("retry-after", &secs.to_string()),
        RateDialect::RetryAfterDate => answer.with_header("retry-after", &http_date(until)),
        RateDialect::None => answer,
    }
}
