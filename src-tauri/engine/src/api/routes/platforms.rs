//! What the program knows about each platform.

use axum::{Json as Answer, extract::State};

use crate::{
    api::{ApiState, caller::Reader, problem::ProblemBody},
    connectors::Descriptor,
};

/// Lists the platforms: what each can do, its limits, and what is needed to connect.
#[utoipa::path(
    get, path = "/api/communication/platforms", tag = "accounts",
    responses(
        (status = 200, description = "All platforms", body = [Descriptor]),
        (status = 401, description = "not_signed_in", body = ProblemBody),
    )
)]
pub async fn list_platforms(State(state): State<ApiState>, _: Reader) -> Answer<Vec<Descriptor>> {
    Answer(state.engine.registry.iter().map(|connector| *connector.descriptor()).collect())
}
