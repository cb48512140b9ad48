//! `{"errors":[{"message","field","help"}]}`, and the refusals that can be played.

use serde_json::{Value, json};

use crate::{exchange::Answer, faults::Refusal, inbox::slow_down, state::World};

/// One refusal.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    status: u16,
    message: String,
    field: String,
}

impl Refused {
    pub fn new(status: u16, message: impl Into<String>, field: &str) -> Self {
        Self { status, message: message.into(), field: field.to_owned() }
    }

    pub fn unauthorized() -> Self {
        Self::new(401, "The provided authorization grant is invalid, expired, or revoked", "")
    }

    fn body(&self) -> Value {
        let field = Some(&self.field).filter(|field| !field.is_empty());
        json!({"errors": [{"message": self.message, "field": field, "help": null}]})
    }

    pub fn answer(&self) -> Answer {
        Answer::json(self.status, &self.body())
    }
}

pub(crate) fn refuse(world: &World, refusal: &Refusal) -> Answer {
    let broken = Refused::new(500, "Internal Server Error", "");
    match refusal {
        Refusal::ServerError => broken.answer(),
        Refusal::Unavailable => Refused::new(503, "Service unavailable", "").answer(),
        Refusal::RateLimited { dialect, secs } => {
            let answer = Refused::new(429, "too many requests", "").answer();
            let secs = *secs;
            slow_down(world, answer, *dialect, secs, |answer, world| {
                let reset = world.now().as_second().saturating_add(i64::try_from(secs).unwrap_or(i64::MAX));
                answer
                    .with_header("x-ratelimit-limit", "500")
                    .with_header("x-ratelimit-remaining", "0")
                    .with_header("x-ratelimit-reset", &reset.to_string())
            })
        }
        Refusal::TokenExpired => Refused::unauthorized().answer(),
        Refusal::PermissionLost => Refused::new(403, "access forbidden", "").answer(),
        Refusal::ContentRefused => Refused::new(
            400,
            "The subject is required. You can get around this requirement if you use a template",
            "subject",
        )
        .answer(),
        Refusal::ErrorIn200 => Answer::json(200, &broken.body()),
        Refusal::Duplicate | Refusal::MediaFailed => {
            Refused::new(400, "This never happens here", "").answer()
        }
        Refusal::Unknown(status) => {
            Refused::new(status.unwrap_or(400), "Something nobody has seen before", "").answer()
        }
        Refusal::NotReadable(status) => Refused::new(*status, "The JSON payload is too large", "").answer(),
    }
}
