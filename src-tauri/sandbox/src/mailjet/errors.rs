//! `{"ErrorIdentifier","ErrorCode","StatusCode","ErrorMessage"}`, and the refusals that can be played.

use serde_json::{Value, json};

use crate::{exchange::Answer, faults::Refusal, inbox::slow_down, state::World};

/// One refusal of the whole call, or of its only message.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    status: u16,
    body: Value,
}

impl Refused {
    pub fn new(status: u16, code: &str, message: &str) -> Self {
        Self { status, body: error(status, code, message, "") }
    }

    /// Of one message, inside the list of all.
    pub fn of_message(status: u16, code: &str, message: &str, related: &str) -> Self {
        let errors = [error(status, code, message, related)];
        Self { status, body: json!({"Messages": [{"Status": "error", "Errors": errors}]}) }
    }

    pub fn unauthorized() -> Self {
        let message =
            "API key authentication/authorization failure. You may be unauthorized to access the API.";
        Self::new(401, "mj-0002", message)
    }

    pub fn absent() -> Self {
        Self {
            status: 404,
            body: json!({"ErrorInfo": "", "ErrorMessage": "Object not found", "StatusCode": 404}),
        }
    }

    pub fn answer(&self) -> Answer {
        Answer::json(self.status, &self.body)
    }
}

fn error(status: u16, code: &str, message: &str, related: &str) -> Value {
    json!({
        "ErrorIdentifier": "00000000-0000-4000-8000-000000000001",
        "ErrorCode": code,
        "StatusCode": status,
        "ErrorMessage": message,
        "ErrorRelatedTo": [related],
    })
}

pub(crate) fn refuse(world: &World, refusal: &Refusal) -> Answer {
    let broken = Refused::new(500, "mj-0000", "Something went wrong");
    match refusal {
        Refusal::ServerError => broken.answer(),
        Refusal::Unavailable => Refused::new(503, "mj-0000", "Service unavailable").answer(),
        Refusal::RateLimited { dialect, secs } => {
            let answer = Refused::new(429, "mj-0000", "Too many requests").answer();
            let header = secs.to_string();
            slow_down(world, answer, *dialect, *secs, |answer, _| answer.with_header("retry-after", &header))
        }
        Refusal::TokenExpired => Refused::unauthorized().answer(),
        Refusal::PermissionLost => {
            Refused::new(403, "mj-0000", "Operation not allowed with this key").answer()
        }
        Refusal::ContentRefused => Refused::of_message(400, "mj-0004", "Type mismatch", "Subject").answer(),
        Refusal::ErrorIn200 => Answer::json(200, &error(500, "mj-0000", "Something went wrong", "")),
        Refusal::Duplicate | Refusal::MediaFailed => {
            Refused::new(400, "mj-0000", "This never happens here").answer()
        }
        Refusal::Unknown(status) => {
            Refused::new(status.unwrap_or(400), "mj-9999", "Something nobody has seen before").answer()
        }
        Refusal::NotReadable(status) => Refused::new(*status, "mj-0000", "Request too large").answer(),
    }
}
