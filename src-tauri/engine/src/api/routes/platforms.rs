//! What the program knows about each platform, and where each is reached.

use axum::{Json as Answer, extract::State};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::settings::{names, on_disk};
use crate::{
    api::{
        ApiState,
        caller::{Local, Reader},
        extract::JsonText,
        problem::{ApiError, ProblemBody},
    },
    config::Platforms,
    connectors::{Descriptor, SharedConnector},
    domain::PostOption,
    store::journal,
};

/// What the program knows about a platform.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlatformView {
    #[serde(flatten)]
    pub facts: Descriptor,
    /// The options that its posts have a place for.
    pub options: &'static [PostOption],
}

/// Lists the platforms: what each can do, its limits, and what is needed to connect.
#[utoipa::path(
    get, path = "/api/communication/platforms", tag = "accounts",
    responses(
        (status = 200, description = "All platforms", body = [PlatformView]),
    )
)]
pub async fn list_platforms(State(state): State<ApiState>, _: Reader) -> Answer<Vec<PlatformView>> {
    let view = |connector: &SharedConnector| PlatformView {
        facts: *connector.descriptor(),
        options: connector.options(),
    };
    Answer(state.engine.registry.iter().map(view).collect())
}

/// Shows where each platform is reached.
#[utoipa::path(
    get, path = "/api/communication/platforms/config", tag = "settings",
    responses(
        (status = 200, description = "The addresses in force", body = Platforms),
        (status = 401, description = "not_signed_in", body = ProblemBody),
    )
)]
pub async fn get_platforms_config(State(state): State<ApiState>, _: Reader) -> Answer<Platforms> {
    Answer(state.engine.platforms())
}

/// What differs from the shipped addresses, to keep or to carry to another computer. Holds no secret.
#[utoipa::path(
    post, path = "/api/communication/platforms/config/export", tag = "settings",
    responses(
        (status = 200, description = "A `platforms.json` file", body = Object),
        (status = 401, description = "not_signed_in", body = ProblemBody),
        (status = 403, description = "wrong_caller", body = ProblemBody),
    )
)]
pub async fn export_platforms_config(
    State(state): State<ApiState>,
    _: Local,
) -> Result<Answer<Value>, ApiError> {
    let dir = state.engine.data_dir.clone();
    on_disk(move || Ok(Platforms::exported(&dir)?)).await.map(Answer)
}

/// Replaces all own addresses by a file; what it does not name goes back to the shipped address.
///
/// For the window and the command line only: whoever may change an address decides where the secrets
/// of the accounts are sent.
#[utoipa::path(
    post, path = "/api/communication/platforms/config/import", tag = "settings",
    request_body(
        content = Object, description = "An exported file",
        example = json!({"bluesky": {"base_url": "https://pds.example.com"}})
    ),
    responses(
        (status = 200, description = "The addresses as they are now", body = Platforms),
        (status = 401, description = "not_signed_in", body = ProblemBody),
        (status = 403, description = "wrong_caller", body = ProblemBody),
        (status = 422, description = "config_unknown_key, config_duplicate_key, config_invalid, config_insecure_url; with the line of \
            the file. practice_address_outside", body = ProblemBody),
    )
)]
pub async fn import_platforms_config(
    State(state): State<ApiState>,
    Local(caller): Local,
    JsonText(file): JsonText,
) -> Result<Answer<Platforms>, ApiError> {
    let checked = Platforms::parse(Some(&file))?;
    if state.engine.practice && checked.outside().is_some() {
        return Err(ApiError::new("practice_address_outside"));
    }
    let named = names(&serde_json::from_str(&file).unwrap_or_default());
    let dir = state.engine.data_dir.clone();
    let platforms = on_disk(move || Platforms::import(&dir, &file)).await?;
    state.engine.set_platforms(platforms.clone());
    let entry = journal::Entry::new(state.now(), caller.actor(), "settings.changed", named);
    state.store().write(move |tx| journal::add(tx, &entry)).await?;
    Ok(Answer(platforms))
}
