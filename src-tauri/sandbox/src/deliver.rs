//! Plays a fault: decides what is processed and how the answer reaches the client.
//!
//! Only this file knows what each fault name does to a request; wording is left to the doubles.

use std::{convert::Infallible, time::Duration};

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use futures::{StreamExt, stream};
use serde_json::Value;

use crate::{
    connection::Line,
    exchange::{Answer, Call},
    faults::{FaultName, FaultRequest, Quirks, Refusal},
    linkedin,
    platform::Platform,
    sendgrid,
    state::World,
};

/// How an answer leaves.
pub(crate) enum Delivery {
    Whole,
    /// Reset without an answer, after waiting.
    Cut(Duration),
    Late(Duration),
    Broken {
        after_bytes: usize,
    },
    Drip {
        bytes_per_sec: u64,
    },
}

/// Processes a request under a fault.
pub(crate) async fn play(
    world: &World,
    platform: Platform,
    call: &Call,
    fault: &FaultRequest,
) -> (Answer, Delivery) {
    let params = &fault.params;
    let mut answer = match refusal(fault, platform) {
        Some(refusal) => {
            if is_processed(fault) {
                platform.answer(world, call, quirks(fault)).await;
            }
            platform.refuse(world, call, &refusal)
        }
        None if is_processed(fault) => platform.answer(world, call, quirks(fault)).await,
        None => Answer::bytes(200, "text/plain", Bytes::new()),
    };
    let mut delivery = Delivery::Whole;
    match fault.fault {
        FaultName::ResetBefore | FaultName::AcceptThenReset => {
            delivery = Delivery::Cut(Duration::ZERO);
        }
        FaultName::Stall => {
            let wait = Duration::from_secs(params.secs.unwrap_or(30));
            delivery = if is_processed(fault) { Delivery::Late(wait) } else { Delivery::Cut(wait) };
        }
        // An answer without a body can only break off before its end.
        FaultName::ResetMidBody if answer.body.is_empty() => delivery = Delivery::Cut(Duration::ZERO),
        FaultName::ResetMidBody => {
            delivery = Delivery::Broken { after_bytes: params.after_bytes.unwrap_or(10) };
        }
        FaultName::SlowDrip => {
            delivery = Delivery::Drip { bytes_per_sec: params.bytes_per_sec.unwrap_or(20) };
        }
        FaultName::Unavailable => {
            let secs = params.retry_after_secs.unwrap_or(5);
            if secs > 0 {
                answer = answer.with_header("retry-after", &secs.to_string());
            }
        }
        FaultName::TruncatedJson => {
            answer.body = answer.body.slice(..answer.body.len() / 2);
            answer.headers.remove(linkedin::ID_HEADER);
            answer.headers.remove(sendgrid::ID_HEADER);
        }
        FaultName::EmptyBody => {
            answer.status = StatusCode::OK;
            answer.body = Bytes::new();
            answer.headers.remove(linkedin::ID_HEADER);
            answer.headers.remove(sendgrid::ID_HEADER);
        }
        FaultName::MissingId => {
            answer.body = without_id(&answer.body);
            answer.headers.remove(linkedin::ID_HEADER);
            answer.headers.remove(sendgrid::ID_HEADER);
        }
        FaultName::HtmlPage => answer = Answer::html(200, crate::pages::portal()),
        FaultName::Redirect => {
            let elsewhere = || format!("{}/portail", world.addresses().control);
            let location = params.location.clone().unwrap_or_else(elsewhere);
            answer = Answer::html(302, String::new()).with_header("location", &location);
        }
        FaultName::WrongDate => {
            let date = world.http_date(params.offset_secs.unwrap_or(900));
            answer = answer.with_header("date", &date);
        }
        _ => {}
    }
    (answer, delivery)
}

fn is_processed(fault: &FaultRequest) -> bool {
    match fault.fault {
        FaultName::Stall | FaultName::ErrorIn200 => fault.params.processed.unwrap_or(false),
        FaultName::EmptyBody => fault.params.processed.unwrap_or(true),
        FaultName::ResetMidBody
        | FaultName::AcceptThenReset
        | FaultName::ServerErrorAfter
        | FaultName::TruncatedJson
        | FaultName::MissingId
        | FaultName::SlowDrip
        | FaultName::WrongDate
        | FaultName::ListingLag
        | FaultName::MediaProcessing
        | FaultName::MediaFailed
        | FaultName::ContainerError
        | FaultName::ContainerExpired
        | FaultName::PermalinkFails
        | FaultName::ModerationPending
        | FaultName::ModerationRejected => true,
        _ => false,
    }
}

fn refusal(fault: &FaultRequest, platform: Platform) -> Option<Refusal> {
    Some(match fault.fault {
        FaultName::ServerErrorBefore | FaultName::ServerErrorAfter => Refusal::ServerError,
        FaultName::Unavailable => Refusal::Unavailable,
        FaultName::RateLimited => Refusal::RateLimited {
            dialect: fault.params.dialect.unwrap_or_default(),
            secs: fault.params.secs.unwrap_or(60),
        },
        FaultName::TokenExpired => Refusal::TokenExpired,
        FaultName::PermissionLost => Refusal::PermissionLost,
        FaultName::ContentRefused => Refusal::ContentRefused,
        FaultName::ErrorIn200 => Refusal::ErrorIn200,
        FaultName::DuplicateRefused => Refusal::Duplicate,
        FaultName::Unknown4xx => Refusal::Unknown(fault.params.status),
        // Bluesky checks an upload at once and has no container that could fail later.
        FaultName::MediaFailed if platform == Platform::Bluesky => Refusal::MediaFailed,
        _ => return None,
    })
}

fn quirks(fault: &FaultRequest) -> Quirks {
    let is = |name| fault.fault == name;
    Quirks {
        listing_lag_secs: if is(FaultName::ListingLag) {
            i64::try_from(fault.params.secs.unwrap_or(60)).unwrap_or(i64::MAX)
        } else {
            0
        },
        media_polls: is(FaultName::MediaProcessing).then(|| fault.params.polls.unwrap_or(3)),
        media_failed: is(FaultName::MediaFailed),
        container_error: is(FaultName::ContainerError),
        container_expired: is(FaultName::ContainerExpired),
        permalink_fails: is(FaultName::PermalinkFails),
        moderation_polls: match fault.fault {
            FaultName::ModerationPending => fault.params.polls.unwrap_or(3),
            FaultName::ModerationRejected => fault.params.polls.unwrap_or(1),
            _ => 0,
        },
        moderation_rejects: is(FaultName::ModerationRejected),
    }
}

/// Removes what a client needs to find the object again: ids, addresses, and the new refresh token.
fn without_id(body: &Bytes) -> Bytes {
    let Ok(Value::Object(mut object)) = serde_json::from_slice(body) else {
        return body.clone();
    };
    for key in [
        "id",
        "ids",
        "messageId",
        "Messages",
        "sid",
        "name",
        "result",
        "value",
        "data",
        "post_id",
        "uri",
        "url",
        "cid",
        "commit",
        "blob",
        "permalink_url",
        "refreshJwt",
        "access_token",
    ] {
        object.remove(key);
    }
    serde_json::to_vec(&object).unwrap_or_default().into()
}

/// Writes an answer to the client in the given way.
pub(crate) async fn send(world: &World, answer: Answer, delivery: Delivery, line: &Line) -> Response {
    let Answer { status, mut headers, body: bytes, .. } = answer;
    if let Ok(date) = HeaderValue::from_str(&world.http_date(0)) {
        headers.entry(header::DATE).or_insert(date);
    }
    let length = bytes.len();
    let body = match delivery {
        Delivery::Whole => Body::from(bytes),
        Delivery::Late(wait) => {
            tokio::time::sleep(wait).await;
            Body::from(bytes)
        }
        Delivery::Cut(wait) => {
            tokio::time::sleep(wait).await;
            line.0.cut();
            Body::empty()
        }
        Delivery::Broken { after_bytes } => {
            headers.insert(header::CONTENT_LENGTH, length.into());
            broken(bytes.slice(..after_bytes.min(length.saturating_sub(1))), line.clone())
        }
        Delivery::Drip { bytes_per_sec } => {
            headers.insert(header::CONTENT_LENGTH, length.into());
            drip(bytes, bytes_per_sec)
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// Sends the beginning, lets it reach the client, then cuts the line.
fn broken(beginning: Bytes, line: Line) -> Body {
    let end = stream::once(async move {
        tokio::time::sleep(Duration::from_millis(50)).await;
        line.0.cut();
        Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
    });
    Body::from_stream(stream::once(async move { Ok(beginning) }).chain(end))
}

/// Sends ten pieces per second.
fn drip(bytes: Bytes, bytes_per_sec: u64) -> Body {
    let piece = usize::try_from(bytes_per_sec / 10).unwrap_or(1).max(1);
    let pause = Duration::from_millis(if bytes_per_sec < 10 { 1000 / bytes_per_sec.max(1) } else { 100 });
    Body::from_stream(stream::unfold(bytes, move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        tokio::time::sleep(pause).await;
        let next = rest.split_to(piece.min(rest.len()));
        Some((Ok::<_, Infallible>(next), rest))
    }))
}
