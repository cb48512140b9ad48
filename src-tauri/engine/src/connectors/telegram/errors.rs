//! Their refusals → [`Failure`]. The envelope is `{"ok":false,"error_code","description"}` with the
//! status as code: one 400 means many things, so the description decides, by the words that the Bot API
//! server writes (social-platforms section 9 and its corrections).

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

pub(super) use crate::connectors::answer::Effect;
use crate::{
    connectors::{
        Failure, FailureClass,
        answer::{Envelope, doubtful},
        http::Reply,
    },
    domain::Problem,
};

/// The bot was taken out of the channel or lost its right. A 400 with these words is about the account:
/// taken for a refusal of the content it would throw away every waiting post.
const RIGHTS: [&str; 6] = [
    "need administrator rights",
    "not enough rights",
    "have no rights to send",
    "chat_admin_required",
    "chat_write_forbidden",
    "bot is not a member",
];
/// The channel is gone, or out of the bot's sight. About the account too.
const NO_CHANNEL: [&str; 4] = ["chat not found", "channel_private", "channel_invalid", "peer_id_invalid"];
const TOO_LARGE: [&str; 2] = ["is too big", "too large"];
const PICTURE: [&str; 7] = [
    "photo_invalid_dimensions",
    "photo_ext_invalid",
    "image_process_failed",
    "photo_invalid",
    "wrong file",
    "wrong type of the web page content",
    "there is no photo in the request",
];
const NOT_MODIFIED: &str = "message is not modified";
const GONE: [&str; 3] = ["message to edit not found", "message to delete not found", "message_id_invalid"];

const ENVELOPE: Envelope =
    Envelope { refusal, problem, has_error: |json| json.get("ok") != Some(&Value::Bool(true)) };

/// Returns `result` of a successful answer.
///
/// Errors: a refusal, or something that is no answer of this platform (page of a Wi-Fi portal, cut
/// JSON, `"ok":false` inside a 200).
pub(super) fn accept(reply: &Reply, effect: Effect, now: Timestamp) -> Result<&Value, Failure> {
    let json = ENVELOPE.json(reply, effect, now)?;
    json.get("result").ok_or_else(|| incomplete(reply, effect))
}

/// The failure of a successful answer that lacks what it must contain.
pub(super) fn incomplete(reply: &Reply, effect: Effect) -> Failure {
    ENVELOPE.incomplete(reply, effect)
}

/// The wanted words are already there.
pub(super) fn is_unchanged(reply: &Reply) -> bool {
    says(reply, &[NOT_MODIFIED])
}

/// The message is not there (any more), by the platform's own word.
pub(super) fn is_gone(reply: &Reply) -> bool {
    says(reply, &GONE)
}

fn says(reply: &Reply, words: &[&str]) -> bool {
    let description = description(reply).to_lowercase();
    reply.status.as_u16() == 400 && words.iter().any(|word| description.contains(word))
}

pub(super) fn refusal(reply: &Reply, effect: Effect, now: Timestamp) -> Failure {
    let fail = |class, code| Failure::new(class, problem(reply, code));
    let is_theirs = reply.json.as_ref().is_some_and(|json| json.get("ok") == Some(&Value::Bool(false)));
    match reply.status.as_u16() {
        429 => fail(FailureClass::Retry, "rate_limited").after(wait(reply, now)),
        503 if reply.header("retry-after").is_some() => {
            fail(FailureClass::Retry, "platform_unavailable").after(reply.retry_after(now))
        }
        0..=399 | 408 | 409 | 425 | 500.. => doubtful(fail(FailureClass::Unknown, "platform_error"), effect),
        // Not their envelope: some proxy or portal on the way, not the platform.
        _ if !is_theirs => doubtful(fail(FailureClass::Unknown, "unreadable_answer"), effect),
        401 => fail(FailureClass::Reauth, "token_revoked"),
        // The token is a part of the address: one that was never given out is an unknown address.
        404 => fail(FailureClass::Reauth, "token_invalid"),
        403 => fail(FailureClass::Reauth, "channel_rights_missing"),
        413 => fail(FailureClass::Content, "photo_too_large"),
        _ if says(reply, &RIGHTS) => fail(FailureClass::Reauth, "channel_rights_missing"),
        _ if says(reply, &NO_CHANNEL) => fail(FailureClass::Reauth, "channel_not_found"),
        _ if says(reply, &TOO_LARGE) => fail(FailureClass::Content, "photo_too_large"),
        _ if says(reply, &PICTURE) => fail(FailureClass::Content, "photo_refused"),
        _ => fail(FailureClass::Content, "content_refused_by_platform"),
    }
}

/// Seconds in the body; a header says the same in front of the real server.
fn wait(reply: &Reply, now: Timestamp) -> Option<Duration> {
    let told = reply.json.as_ref().and_then(|json| json.pointer("/parameters/retry_after"));
    let told = told.and_then(Value::as_u64).map(|secs| Duration::from_secs(secs.clamp(1, 86_400)));
    told.or_else(|| reply.retry_after(now))
}

fn description(reply: &Reply) -> &str {
    let json = reply.json.as_ref();
    json.and_then(|json| json.get("description")).and_then(Value::as_str).unwrap_or_default()
}

fn problem(reply: &Reply, code: &str) -> Problem {
    Problem::new(code).http_status(reply.status.as_u16()).message(description(reply))
}
