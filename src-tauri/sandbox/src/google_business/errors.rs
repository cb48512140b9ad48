//! `{"error":{code,message,status,details[]}}` and the refusals that can be played.

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
    http: u16,
    status: &'static str,
    message: String,
    details: Vec<Value>,
}

impl Refused {
    fn new(http: u16, status: &'static str, message: impl Into<String>) -> Self {
        Self { http, status, message: message.into(), details: Vec::new() }
    }

    /// 400 about one field.
    pub fn invalid(field: &str, what: impl std::fmt::Display) -> Self {
        let violation = json!({
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            "fieldViolations": [{"field": field, "description": what.to_string()}],
        });
        Self {
            details: vec![violation],
            ..Self::new(400, "INVALID_ARGUMENT", "Request contains an invalid argument.")
        }
    }

    pub fn not_found() -> Self {
        Self::new(404, "NOT_FOUND", "Requested entity was not found.")
    }

    pub fn unauthenticated() -> Self {
        Self::new(
            401,
            "UNAUTHENTICATED",
            "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or \
             other valid authentication credential.",
        )
    }

    pub fn denied() -> Self {
        Self::new(403, "PERMISSION_DENIED", "The caller does not have permission")
    }

    pub fn answer(&self) -> Answer {
        let mut error = json!({"code": self.http, "message": self.message, "status": self.status});
        if !self.details.is_empty() {
            error["details"] = json!(self.details);
        }
        Answer::json(self.http, &json!({"error": error}))
    }
}

pub(crate) fn refuse(world: &World, refusal: &Refusal) -> Answer {
    match refusal {
        Refusal::ServerError => Refused::new(500, "INTERNAL", "Internal error encountered."),
        Refusal::Unavailable => Refused::new(503, "UNAVAILABLE", "The service is currently unavailable."),
        Refusal::RateLimited { dialect, secs } => return limited(world, *dialect, *secs),
        Refusal::TokenExpired => Refused::unauthenticated(),
        Refusal::PermissionLost => Refused::denied(),
        Refusal::ContentRefused => Refused::invalid("local_post.summary", "The summary is not allowed."),
        Refusal::ErrorIn200 => {
            let body = json!({"error": {"code": 500, "message": "Internal error", "status": "INTERNAL"}});
            return Answer::json(200, &body);
        }
        // Never played here: the network knows no such refusal.
        Refusal::Duplicate => Refused::new(409, "ALREADY_EXISTS", "Duplicate"),
        Refusal::MediaFailed => {
            Refused::invalid("local_post.media[0].source_url", "The photo is not usable.")
        }
        Refusal::Unknown(status) => {
            Refused::new(status.unwrap_or(400), "FAILED_PRECONDITION", "Something nobody has seen before")
        }
        Refusal::NotReadable(status) => {
            Refused::new(*status, "INVALID_ARGUMENT", "The request could not be read")
        }
    }
    .answer()
}

/// 429: the wait stands in the details.
fn limited(world: &World, dialect: RateDialect, secs: u64) -> Answer {
    let mut refused = Refused::new(
        429,
        "RESOURCE_EXHAUSTED",
        "Quota exceeded for quota metric 'Requests' and limit 'Requests per minute'",
    );
    if dialect == RateDialect::Platform {
        refused.details.push(json!({
            "@type": "type.googleapis.com/google.rpc.RetryInfo",
            "retryDelay": format!("{secs}s"),
        }));
    }
    let answer = refused.answer();
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
