//! The two shapes of a refusal, and the refusals that can be played.

use serde_json::{Value, json};

use crate::{exchange::Answer, faults::Refusal, inbox::slow_down, state::World};

/// One refusal.
#[derive(Debug, Clone)]
pub(crate) struct Refused {
    status: u16,
    body: Value,
}

impl Refused {
    /// Of the gateway, before the service is asked.
    pub fn gateway(status: u16, code: &str, message: &str) -> Self {
        let reason = if status == 400 { "400 Bad Request" } else { "403 Forbidden" };
        Self { status, body: json!({"errorCode": code, "httpCode": reason, "message": message}) }
    }

    /// Of the service itself.
    pub fn bad(message: impl Into<String>) -> Self {
        Self { status: 400, body: json!({"class": "Client::BadRequest", "message": message.into()}) }
    }

    pub fn absent(message: &str) -> Self {
        Self { status: 404, body: json!({"class": "Client::NotFound", "message": message}) }
    }

    pub fn no_service() -> Self {
        Self::absent("This service does not exist")
    }

    pub fn no_object() -> Self {
        Self::absent("The requested object does not exist")
    }

    pub fn answer(&self) -> Answer {
        Answer::json(self.status, &self.body).with_header("x-ovh-queryid", "FR.ws-1.0000.sandbox")
    }
}

pub(crate) fn refuse(world: &World, refusal: &Refusal) -> Answer {
    let broken = json!({"class": "Server::InternalServerError", "message": "Internal server error"});
    match refusal {
        Refusal::ServerError => Answer::json(500, &broken),
        Refusal::Unavailable => Answer::json(503, &broken),
        Refusal::RateLimited { dialect, secs } => {
            let answer = Answer::json(429, &json!({"message": "Too many requests"}));
            let header = secs.to_string();
            slow_down(world, answer, *dialect, *secs, |answer, _| answer.with_header("retry-after", &header))
        }
        Refusal::TokenExpired => {
            Refused::gateway(403, "INVALID_CREDENTIAL", "This credential is not valid").answer()
        }
        Refusal::PermissionLost => {
            Refused::gateway(403, "NOT_GRANTED_CALL", "This call has not been granted").answer()
        }
        Refusal::ContentRefused => Refused::bad("[message] Given data is not valid").answer(),
        Refusal::ErrorIn200 => Answer::json(200, &broken),
        Refusal::Duplicate | Refusal::MediaFailed => Refused::bad("This never happens here").answer(),
        Refusal::Unknown(status) => {
            Answer::json(status.unwrap_or(400), &json!({"message": "Something nobody has seen before"}))
        }
        Refusal::NotReadable(status) => Answer::json(*status, &json!({"message": "Request too large"})),
    }
}
