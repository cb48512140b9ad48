//! What changes, as it changes (server-sent events).

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    http::HeaderMap,
    response::sse::{self, KeepAlive, Sse},
};
use futures::{Stream, StreamExt as _, stream};
use jiff::Timestamp;
use tokio_stream::wrappers::{BroadcastStream, errors::BroadcastStreamRecvError};

use crate::{
    api::{ApiState, caller::Reader},
    events::Event,
};

/// A comment is sent this often, so that both ends notice a dead line.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Streams what changes. The name of an event is its kind, its id the sequence number.
///
/// With `Last-Event-ID` the events since then come first. An event `reset` means that some were
/// missed: read everything again.
#[utoipa::path(
    get, path = "/api/communication/events", tag = "events",
    params(("Last-Event-ID" = Option<u64>, Header, description = "Last event that was seen")),
    responses(
        (status = 200, description = "A stream of events", content_type = "text/event-stream", body = Event),
    )
)]
pub async fn stream_events(
    State(state): State<ApiState>,
    _: Reader,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<sse::Event, Infallible>>> {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.trim().parse().ok());
    let (receiver, missed) = state.engine.events.subscribe(last);
    let first = match missed {
        Some(missed) => missed.iter().map(message).collect(),
        None => vec![reset(state.now())],
    };
    let stop = state.stopping.clone();
    let live = BroadcastStream::new(receiver).map(move |event| match event {
        Ok(event) => message(&event),
        Err(BroadcastStreamRecvError::Lagged(_)) => reset(state.now()),
    });
    let stream = stream::iter(first).chain(live).map(Ok).take_until(stop.cancelled_owned());
    Sse::new(stream).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

fn message(event: &Event) -> sse::Event {
    let data = serde_json::to_string(event).unwrap_or_default();
    sse::Event::default().id(event.id.to_string()).event(event.kind).data(data)
}

fn reset(at: Timestamp) -> sse::Event {
    let data = serde_json::json!({ "kind": "reset", "subject": "", "at": at });
    sse::Event::default().event("reset").data(data.to_string())
}
