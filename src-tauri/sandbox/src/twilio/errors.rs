//! `{"code","message","more_info","status"}`, and the refusals that can be played.

use serde_json::json;

use crate::{exchange::Answer, faults::Refusal, inbox::slow_down, state::World};

/// One refusal.
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

    pub fn bad(code: u32, message: impl Into<String>) -> Self {
        Self::new(400, code, message)
    }

    pub fn unauthorized() -> Self {
        Self::new(401, 20003, "Authenticate")
    }

    pub fn absent() -> Self {
        Self::new(404, 20404, "The requested resource was not found")
    }

    pub fn answer(&self) -> Answer {
        Answer::json(
            self.status,
            &json!({
                "code": self.code,
                "message": self.message,
                "more_info": format!("https://www.twilio.com/docs/errors/{}", self.code),
                "status": self.status,
            }),
        )
    }
}

pub(crate) fn refuse(world: &World, refusal: &Refusal) -> Answer {
    let broken = Refused::new(500, 20500, "Internal Server Error");
    match refusal {
        Refusal::ServerError => broken.answer(),
        Refusal::Unavailable => Refused::new(503, 20503, "Service unavailable").answer(),
        Refusal::RateLimited { dialect, secs } => {
            let answer = Refused::new(429, 20429, "Too Many Requests").answer();
            let header = secs.to_string();
            slow_down(world, answer, *dialect, *secs, |answer, _| answer.with_header("retry-after", &header))
        }
        Refusal::TokenExpired => Refused::unauthorized().answer(),
        Refusal::PermissionLost => Refused::new(403, 70051, "Authorization error").answer(),
        Refusal::ContentRefused => Refused::bad(21617, "The concatenated message body is too long").answer(),
        Refusal::ErrorIn200 => {
            let mut answer = broken.answer();
            answer.status = axum::http::StatusCode::OK;
            answer
        }
        Refusal::Duplicate | Refusal::MediaFailed => Refused::bad(21620, "This never happens here").answer(),
        Refusal::Unknown(status) => {
            Refused::new(status.unwrap_or(400), 29999, "Something nobody has seen before").answer()
        }
        Refusal::NotReadable(status) => Refused::new(*status, 20001, "Request too large").answer(),
    }
}
