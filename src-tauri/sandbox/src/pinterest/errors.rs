//! `{"code","message"}` and the refusals that can be played.

use jiff::SignedDuration;
use serde_json::json;

use crate::{
    exchange::Answer,
    faults::{RateDialect, Refusal},
    state::{World, http_date},
};

/// One refusal of the API.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    status: u16,
    code: u32,
    message: String,
}

impl Refused {
    pub fn new(status: u16, code: u32, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    pub fn invalid(what: impl std::fmt::Display) -> Self {
        Self::new(400, 1, format!("Invalid request: {what}"))
    }

    pub fn unauthorized() -> Self {
        Self::new(401, 2, "Authentication failed.")
    }

    pub fn answer(&self) -> Answer {
        Answer::json(self.status, &json!({"code": self.code, "message": self.message}))
    }
}

/// The token address refuses in the same form.
pub(super) fn refuse_grant(status: u16, name: &str) -> Answer {
    Refused::new(status, if status == 401 { 2 } else { 283 }, format!("Authentication failed: {name}"))
        .answer()
}

pub(crate) fn refuse(world: &World, refusal: &Refusal) -> Answer {
    match refusal {
        Refusal::ServerError => Refused::new(500, 0, "Something went wrong on our end. Sorry about that."),
        Refusal::Unavailable => Refused::new(503, 0, "The service is unavailable."),
        Refusal::RateLimited { dialect, secs } => return limited(world, *dialect, *secs),
        Refusal::TokenExpired => Refused::unauthorized(),
        Refusal::PermissionLost => {
            Refused::new(403, 3, "Your application consumer type is not supported, please contact support.")
        }
        Refusal::ContentRefused => Refused::invalid("the description is not allowed"),
        Refusal::ErrorIn200 => {
            return Answer::json(200, &json!({"code": 12, "message": "Something went wrong on our end."}));
        }
        // Never played here: the network knows no such refusal.
        Refusal::Duplicate => Refused::invalid("duplicate"),
        Refusal::MediaFailed => Refused::new(400, 235, "Sorry! We couldn't read that image."),
        Refusal::Unknown(status) => {
            Refused::new(status.unwrap_or(400), 9999, "Something nobody has seen before")
        }
        Refusal::NotReadable(status) => Refused::new(*status, 1, "The request could not be read"),
    }
    .answer()
}

/// 429: the wait stands in seconds in a header.
fn limited(world: &World, dialect: RateDialect, secs: u64) -> Answer {
    let answer = Refused::new(429, 8, "You have exceeded your rate limit. Try again later.").answer();
    match dialect {
        RateDialect::Platform => answer
            .with_header("x-ratelimit-limit", "100")
            .with_header("x-ratelimit-remaining", "0")
            .with_header("x-ratelimit-reset", &secs.to_string()),
        RateDialect::RetryAfterSecs => answer.with_header("retry-after", &secs.to_string()),
        RateDialect::RetryAfterDate => {
            let wait = SignedDuration::from_secs(i64::try_from(secs).unwrap_or(i64::MAX));
            let until = world.now().checked_add(wait).unwrap_or(jiff::Timestamp::MAX);
            answer.with_header("retry-after", &http_date(until))
        }
        RateDialect::None => answer,
    }
}
