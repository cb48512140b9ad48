//! The error envelope of the Graph API and its code table.

use rand::{Rng, distr::Alphanumeric};
use serde_json::json;

use crate::{
    exchange::{Answer, Call},
    faults::{RateDialect, Refusal},
    seed,
    state::{World, http_date},
};

/// One refusal of the Graph API.
#[derive(Debug, Clone)]
pub(crate) struct GraphError {
    status: u16,
    message: String,
    kind: &'static str,
    code: i64,
    subcode: Option<i64>,
    is_transient: bool,
    user: Option<(&'static str, &'static str)>,
}

impl GraphError {
    /// A refusal with HTTP 400, which is Meta's answer to nearly everything.
    pub fn new(code: i64, subcode: Option<i64>, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            message: message.into(),
            kind: "OAuthException",
            code,
            subcode,
            is_transient: false,
            user: None,
        }
    }

    /// Code 100: something is wrong with a parameter.
    pub fn parameter(message: impl std::fmt::Display) -> Self {
        Self::new(100, None, format!("(#100) {message}"))
    }

    pub fn permission(message: &str) -> Self {
        let mut error = Self::new(200, None, format!("(#200) {message}"));
        error.status = 403;
        error
    }

    pub fn server() -> Self {
        let mut error =
            Self::new(2, None, "An unexpected error has occurred. Please retry your request later.");
        error.status = 500;
        error.is_transient = true;
        error
    }

    pub fn unknown_path(call: &Call) -> Self {
        let mut error = Self::new(2500, None, format!("Unknown path components: {}", call.path));
        error.status = 404;
        error
    }

    pub fn no_such_object(verb: &str, id: &str) -> Self {
        let mut error = Self::new(
            100,
            Some(33),
            format!(
                "Unsupported {verb} request. Object with ID '{id}' does not exist, cannot be loaded due to \
                 missing permissions, or does not support this operation."
            ),
        );
        error.kind = "GraphMethodException";
        error
    }

    pub fn duplicate_text() -> Self {
        Self::new(506, Some(1_455_006), "(#506) Duplicate status message").for_user(
            "Duplicate Status Update",
            "This status update is identical to the last one you posted. Try posting something different, or \
             delete your previous update.",
        )
    }

    pub fn unreadable_photo() -> Self {
        Self::new(100, Some(1_366_046), "Invalid parameter").for_user(
            "Can't Read Files",
            "Your photos couldn't be uploaded. Photos should be less than 4 MB and saved as JPG or PNG.",
        )
    }

    /// Adds the texts meant for a person.
    pub fn for_user(mut self, title: &'static str, message: &'static str) -> Self {
        self.user = Some((title, message));
        self
    }

    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub fn answer(&self, _world: &World) -> Answer {
        let trace: String = rand::rng().sample_iter(Alphanumeric).take(22).map(char::from).collect();
        let mut error = json!({
            "message": self.message,
            "type": self.kind,
            "code": self.code,
            "is_transient": self.is_transient,
            "fbtrace_id": format!("A{trace}"),
        });
        if let Some(subcode) = self.subcode {
            error["error_subcode"] = json!(subcode);
        }
        if let Some((title, message)) = self.user {
            error["error_user_title"] = json!(title);
            error["error_user_msg"] = json!(message);
        }
        Answer::json(self.status, &json!({"error": error}))
    }
}

/// Words a played refusal; the two networks differ in a few codes.
pub(crate) fn refuse(world: &World, refusal: &Refusal, is_instagram: bool) -> Answer {
    let error = match refusal {
        Refusal::ServerError => GraphError::server(),
        Refusal::Unavailable => GraphError::server().with_status(503),
        Refusal::RateLimited { dialect, secs } => {
            let (error, kind, account) = if is_instagram {
                ((4, "(#4) Application request limit reached"), "instagram", seed::instagram_id(1))
            } else {
                ((32, "(#32) Page request limit reached"), "pages", seed::facebook_page_id(1))
            };
            return limited(world, *dialect, *secs, error, kind, &account);
        }
        Refusal::TokenExpired => {
            GraphError::new(190, Some(463), "Error validating access token: Session has expired.")
        }
        Refusal::PermissionLost => GraphError::permission(
            "If posting to a page, requires both pages_read_engagement and pages_manage_posts as an admin \
             with sufficient administrative permission",
        ),
        Refusal::ContentRefused if is_instagram => {
            GraphError::new(36003, Some(2_207_009), "The aspect ratio is not supported.").for_user(
                "Unsupported aspect ratio",
                "The submitted image with aspect ratio cannot be published.",
            )
        }
        Refusal::ContentRefused => GraphError::new(100, Some(1_404_102), "Invalid parameter").for_user(
            "Post refused",
            "Your content couldn't be shared because it goes against the Community Standards.",
        ),
        Refusal::ErrorIn200 => GraphError::new(1, None, "An unknown error occurred").with_status(200),
        Refusal::Duplicate => GraphError::duplicate_text(),
        Refusal::MediaFailed => GraphError::unreadable_photo(),
        Refusal::Unknown(status) => GraphError::new(987_654, None, "Something nobody has seen before.")
            .with_status(status.unwrap_or(400)),
        Refusal::NotReadable(status) => {
            GraphError::parameter("The request could not be read").with_status(*status)
        }
    };
    with_usage(error.answer(world))
}

/// A refusal for haste; `kind` and `account` are named in the usage header.
pub(crate) fn limited(
    world: &World,
    dialect: RateDialect,
    secs: u64,
    (code, words): (i64, &str),
    kind: &str,
    account: &str,
) -> Answer {
    let mut error = GraphError::new(code, None, words);
    error.is_transient = true;
    if dialect != RateDialect::Platform {
        error.status = 429;
    }
    let answer = error.answer(world);
    match dialect {
        RateDialect::Platform => {
            let usage = json!({account: [{
                "type": kind,
                "call_count": 100,
                "total_cputime": 40,
                "total_time": 40,
                "estimated_time_to_regain_access": secs.div_ceil(60),
            }]});
            answer.with_header("x-business-use-case-usage", &usage.to_string())
        }
        RateDialect::RetryAfterSecs => answer.with_header("retry-after", &secs.to_string()),
        RateDialect::RetryAfterDate => {
            let wait = jiff::SignedDuration::from_secs(i64::try_from(secs).unwrap_or(i64::MAX));
            let until = world.now().checked_add(wait).unwrap_or(jiff::Timestamp::MAX);
            answer.with_header("retry-after", &http_date(until))
        }
        RateDialect::None => answer,
    }
}

/// Adds the usage headers that every Graph answer carries.
pub(crate) fn with_usage(answer: Answer) -> Answer {
    answer
        .with_header("facebook-api-version", "v25.0")
        .with_header("x-app-usage", r#"{"call_count":1,"total_cputime":1,"total_time":1}"#)
}
