//! The way of every request to a network: page or call, fault or not, then the log.
//!
//! The log entry is written before the answer leaves, so that a request whose answer is broken on purpose
//! is recorded too.

use std::sync::Arc;

use axum::{
    extract::{ConnectInfo, Request},
    http::Method,
    response::Response,
};

use crate::{
    connection::Line,
    deliver::{self, Delivery},
    exchange::{Call, Unreadable},
    faults::{Quirks, Refusal},
    pages,
    platform::Platform,
    record,
    state::World,
};

/// Answers one request on the listener of `platform`.
pub(crate) async fn serve(
    world: Arc<World>,
    platform: Platform,
    line: ConnectInfo<Line>,
    request: Request,
) -> Response {
    let ConnectInfo(line) = line;
    if matches!(*request.method(), Method::GET | Method::HEAD)
        && let Some(page) = pages::answer(&world, platform, request.uri().path())
    {
        return deliver::send(&world, page, Delivery::Whole, &line).await;
    }
    let call = match Call::read(request).await {
        Ok(call) => call,
        Err(Unreadable::TooLarge) => {
            let call = Call::unreadable();
            let answer = platform.refuse(&world, &call, &Refusal::NotReadable(413));
            return deliver::send(&world, answer, Delivery::Whole, &line).await;
        }
        Err(Unreadable::Broken) => {
            let call = Call::unreadable();
            let answer = platform.refuse(&world, &call, &Refusal::NotReadable(400));
            return deliver::send(&world, answer, Delivery::Whole, &line).await;
        }
    };
    let action = platform.classify(&call);
    let fault = world.board(platform).take(platform, &call, action);
    let (answer, delivery) = match &fault {
        Some(fault) => deliver::play(&world, platform, &call, fault).await,
        None => (platform.answer(&world, &call, Quirks::default()).await, Delivery::Whole),
    };
    let status = match delivery {
        Delivery::Cut(_) => None,
        _ => Some(answer.status.as_u16()),
    };
    world.log(platform).push(record::entry(
        world.now(),
        &call,
        action,
        &answer,
        status,
        fault.as_ref().map(|fault| fault.fault),
    ));
    if call.method != Method::GET {
        world.touch();
    }
    deliver::send(&world, answer, delivery, &line).await
}
