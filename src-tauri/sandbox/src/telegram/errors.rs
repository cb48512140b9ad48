//! `{"ok":false,"error_code","description","parameters"}` and the refusals that can be played.

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
    description: String,
}

impl Refused {
    fn new(status: u16, description: impl Into<String>) -> Self {
        Self { status, description: description.into() }
    }

    pub fn bad(what: impl std::fmt::Display) -> Self {
        Self::new(400, format!("Bad Request: {what}"))
    }

    pub fn unauthorized() -> Self {
        Self::new(401, "Unauthorized")
    }

    pub fn not_found() -> Self {
        Self::new(404, "Not Found")
    }

    /// The words after "Bad Request: ".
    pub fn words(&self) -> &str {
        self.description.strip_prefix("Bad Request: ").unwrap_or(&self.description)
    }

    pub fn answer(&self) -> Answer {
        let body = json!({"ok": false, "error_code": self.status, "description": self.description});
        Answer::json(self.status, &body)
    }
}

pub(crate) fn refuse(world: &World, refusal: &Refusal) -> Answer {
    match refusal {
        Refusal::ServerError => Refused::new(500, "Internal Server Error"),
        Refusal::Unavailable => Refused::new(503, "Service Unavailable"),
        Refusal::RateLimited { dialect, secs } => return limited(world, *dialect, *secs),
        Refusal::TokenExpired => Refused::unauthorized(),
        // Not a 403: a bot that lost its right in a channel is told so with a 400.
        Refusal::PermissionLost => Refused::bad("need administrator rights in the channel chat"),
        Refusal::ContentRefused => Refused::bad("message is too long"),
        Refusal::ErrorIn200 => {
            let body = json!({"ok": false, "error_code": 500, "description": "Internal Server Error"});
            return Answer::json(200, &body);
        }
        // Never played here: the network knows no such refusal.
        Refusal::Duplicate => Refused::bad("duplicate"),
        Refusal::MediaFailed => Refused::bad("IMAGE_PROCESS_FAILED"),
        Refusal::Unknown(status) => {
            Refused::new(status.unwrap_or(400), "Bad Request: something nobody has seen before")
        }
        Refusal::NotReadable(status) => Refused::new(*status, "Request Entity Too Large"),
    }
    .answer()
}

/// 429: the API says the wait in the body and, in front of it, in a header.
fn limited(world: &World, dialect: RateDialect, secs: u64) -> Answer {
    let mut body = json!({
        "ok": false,
        "error_code": 429,
        "description": format!("Too Many Requests: retry after {secs}"),
    });
    if dialect == RateDialect::Platform {
        body["parameters"] = json!({"retry_after": secs});
    }
    let answer = Answer::json(429, &body);
    match dialect {
        RateDialect::RetryAfterSecs => answer.with_header("retry-after", &secs.to_string()),
        RateDialect::RetryAfterDate => {
            let wait = SignedDuration::from_secs(i64::try_from(secs).unwrap_or(i64::MAX));
            let until = world.now().checked_add(wait).unwrap_or(jiff::Timestamp::MAX);
            answer.with_header("retry-after", &http_date(until))
        }
        RateDialect::Platform | RateDialect::None => answer,
    }
}
