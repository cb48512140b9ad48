//! `{"title","detail","type","status"}` and the refusals that can be played.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::{
    exchange::Answer,
    faults::{RateDialect, Refusal},
    state::{World, http_date},
};

/// One refusal of the API.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    status: u16,
    body: Value,
}

impl Refused {
    pub fn new(status: u16, title: &str, detail: &str) -> Self {
        Self {
            status,
            body: json!({"title": title, "detail": detail, "type": "about:blank", "status": status}),
        }
    }

    pub fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized")
    }

    pub fn duplicate() -> Self {
        Self::new(403, "Forbidden", "You are not allowed to create a Tweet with duplicate content.")
    }

    /// One or more parameters are wrong.
    pub fn invalid(message: &str) -> Self {
        Self {
            status: 400,
            body: json!({
                "errors": [{"message": message}],
                "title": "Invalid Request",
                "detail": "One or more parameters to your request was invalid.",
                "type": "https://api.twitter.com/2/problems/invalid-request",
            }),
        }
    }

    pub fn answer(&self) -> Answer {
        Answer::json(self.status, &self.body)
    }
}

pub(crate) fn refuse(world: &World, refusal: &Refusal) -> Answer {
    match refusal {
        Refusal::ServerError => Refused::new(500, "Internal Server Error", "Something is broken"),
        Refusal::Unavailable => Refused::new(503, "Service Unavailable", "Service Unavailable"),
        Refusal::RateLimited { dialect, secs } => return limited(world, *dialect, *secs),
        Refusal::TokenExpired => Refused::unauthorized(),
        Refusal::PermissionLost => {
            Refused::new(403, "Forbidden", "You are not permitted to perform this action.")
        }
        Refusal::ContentRefused => Refused::new(400, "Invalid Request", "Your Tweet text is too long."),
        Refusal::ErrorIn200 => {
            return Answer::json(
                200,
                &json!({"errors": [{"message": "Internal error"}], "error": "internal"}),
            );
        }
        Refusal::Duplicate => Refused::duplicate(),
        Refusal::MediaFailed => Refused::invalid("media type unrecognized."),
        Refusal::Unknown(status) => {
            Refused::new(status.unwrap_or(400), "Unheard Of", "Something nobody has seen before")
        }
        Refusal::NotReadable(status) => Refused::new(*status, "Unreadable", "The request could not be read"),
    }
    .answer()
}

/// 429: X says the second of the reset.
fn limited(world: &World, dialect: RateDialect, secs: u64) -> Answer {
    let answer = Refused::new(429, "Too Many Requests", "Too Many Requests").answer();
    let wait = SignedDuration::from_secs(i64::try_from(secs).unwrap_or(i64::MAX));
    let until = world.now().checked_add(wait).unwrap_or(jiff::Timestamp::MAX);
    match dialect {
        RateDialect::RetryAfterSecs => answer.with_header("retry-after", &secs.to_string()),
        RateDialect::RetryAfterDate => answer.with_header("retry-after", &http_date(until)),
        RateDialect::Platform => answer
            .with_header("x-rate-limit-limit", "100")
            .with_header("x-rate-limit-remaining", "0")
            .with_header("x-rate-limit-reset", &until.as_second().to_string()),
        RateDialect::None => answer,
    }
}
