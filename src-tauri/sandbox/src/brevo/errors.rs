//! `{"code","message"}`, and the refusals that can be played.

use serde_json::json;

use crate::{exchange::Answer, faults::Refusal, inbox::slow_down, state::World};

/// One refusal.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    status: u16,
    code: &'static str,
    message: String,
}

impl Refused {
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "invalid_parameter", message)
    }

    pub fn missing(what: &str) -> Self {
        Self::new(400, "missing_parameter", format!("{what} is missing"))
    }

    pub fn answer(&self) -> Answer {
        Answer::json(self.status, &json!({"code": self.code, "message": self.message}))
    }
}

pub(crate) fn refuse(world: &World, refusal: &Refusal) -> Answer {
    let broken = json!({"code": "internal_server_error", "message": "Something went wrong"});
    match refusal {
        Refusal::ServerError => Answer::json(500, &broken),
        Refusal::Unavailable => Answer::json(503, &broken),
        Refusal::RateLimited { dialect, secs } => {
            let answer = Refused::new(429, "too_many_requests", "Too many requests").answer();
            let reset = secs.to_string();
            slow_down(world, answer, *dialect, *secs, |answer, _| {
                answer
                    .with_header("x-sib-ratelimit-limit", "100")
                    .with_header("x-sib-ratelimit-remaining", "0")
                    .with_header("x-sib-ratelimit-reset", &reset)
            })
        }
        Refusal::TokenExpired => Refused::new(401, "unauthorized", "Key not found").answer(),
        Refusal::PermissionLost => Refused::new(403, "permission_denied", "Permission denied").answer(),
        Refusal::ContentRefused => Refused::new(400, "out_of_range", "Content is too long").answer(),
        Refusal::ErrorIn200 => Answer::json(200, &broken),
        Refusal::Duplicate | Refusal::MediaFailed => Refused::invalid("This never happens here").answer(),
        Refusal::Unknown(status) => {
            Refused::new(status.unwrap_or(400), "something_new", "Nobody has seen this before").answer()
        }
        Refusal::NotReadable(status) => Refused::new(*status, "too_large", "Request too large").answer(),
    }
}
