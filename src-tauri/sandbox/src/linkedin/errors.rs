//! `{"status","serviceErrorCode","code","message"}` and the refusals that can be played.

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
    pub fn new(status: u16, code: &str, message: &str) -> Self {
        Self { status, body: json!({"status": status, "code": code, "message": message}) }
    }

    fn numbered(status: u16, number: i64, code: &str, message: &str) -> Self {
        let mut refused = Self::new(status, code, message);
        refused.body["serviceErrorCode"] = json!(number);
        refused
    }

    /// A field of the body is not as it must be.
    pub fn input(code: &str, message: &str) -> Self {
        let mut refused = Self::new(422, code, message);
        refused.body["errorDetailType"] = json!("com.linkedin.common.error.BadRequest");
        refused.body["errorDetails"] =
            json!({"inputErrors": [{"description": message, "input": {}, "code": code}]});
        refused
    }

    /// The same words stand in the named post.
    pub fn duplicate(urn: &str) -> Self {
        let mut refused = Self::input("DUPLICATE_POST", "Duplicate post is detected");
        refused.body["message"] = json!(format!(
            "com.linkedin.content.common.exception.BadRequestResponseException: Content is a duplicate of {urn}"
        ));
        if let Some(fields) = refused.body.as_object_mut() {
            fields.remove("code");
        }
        refused
    }

    pub fn revoked_token() -> Self {
        Self::numbered(
            401,
            65_601,
            "REVOKED_ACCESS_TOKEN",
            "The token used in the request has been revoked by the user",
        )
    }

    pub fn forbidden() -> Self {
        Self::numbered(
            403,
            100,
            "ACCESS_DENIED",
            "Field Value validation failed in REQUEST_BODY: Data Processing Exception while processing fields [/author]",
        )
    }

    pub fn answer(&self) -> Answer {
        Answer::json(self.status, &self.body)
    }
}

pub(crate) fn refuse(world: &World, refusal: &Refusal) -> Answer {
    match refusal {
        Refusal::ServerError => Refused::new(500, "INTERNAL_SERVER_ERROR", "Unable to obtain activity"),
        Refusal::Unavailable => Refused::new(503, "SERVICE_UNAVAILABLE", "Service Unavailable"),
        Refusal::RateLimited { dialect, secs } => return limited(world, *dialect, *secs),
        Refusal::TokenExpired => Refused::numbered(
            401,
            65_602,
            "EXPIRED_ACCESS_TOKEN",
            "The token used in the request has expired",
        ),
        Refusal::PermissionLost => Refused::forbidden(),
        Refusal::ContentRefused => {
            Refused::input("FIELD_LENGTH_TOO_LONG", "ShareCommentary text is too long")
        }
        Refusal::ErrorIn200 => {
            let mut refused = Refused::numbered(500, 0, "INTERNAL_SERVER_ERROR", "Unable to obtain activity");
            refused.body["error"] = json!("internal");
            refused.status = 200;
            refused
        }
        Refusal::Duplicate => Refused::duplicate("urn:li:share:7000000000000000001"),
        Refusal::MediaFailed => Refused::input("INVALID_IMAGE", "The image cannot be processed"),
        Refusal::Unknown(status) => {
            Refused::new(status.unwrap_or(400), "UNHEARD_OF", "Something nobody has seen before")
        }
        Refusal::NotReadable(status) => Refused::new(*status, "UNREADABLE", "The request could not be read"),
    }
    .answer()
}

/// 429 with nothing else: LinkedIn has no header of its own, so its "own way" is that of HTTP.
fn limited(world: &World, dialect: RateDialect, secs: u64) -> Answer {
    let answer =
        Refused::numbered(429, 101, "TOO_MANY_REQUESTS", "Resource level throttle limit reached").answer();
    match dialect {
        RateDialect::RetryAfterSecs | RateDialect::Platform => {
            answer.with_header("retry-after", &secs.to_string())
        }
        RateDialect::RetryAfterDate => {
            let wait = SignedDuration::from_secs(i64::try_from(secs).unwrap_or(i64::MAX));
            let until = world.now().checked_add(wait).unwrap_or(jiff::Timestamp::MAX);
            answer.with_header("retry-after", &http_date(until))
        }
        RateDialect::None => answer,
    }
}
