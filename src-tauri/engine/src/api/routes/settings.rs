//! The general settings.

use axum::{Json as Answer, extract::State};
use serde_json::Value;

use crate::{
    api::{
        ApiState,
        caller::{Admin, Reader},
        extract::{Json, JsonText},
        problem::{ApiError, ProblemBody},
    },
    config::{PatchError, Settings, json_schema},
    store::journal,
};

/// Shows the settings in force.
#[utoipa::path(
    get, path = "/api/communication/settings", tag = "settings",
    responses(
        (status = 200, description = "The settings", body = Settings),
    )
)]
pub async fn get_settings(State(state): State<ApiState>, _: Reader) -> Answer<Settings> {
    Answer(state.engine.settings())
}

/// Changes the settings that are named; the others stay.
#[utoipa::path(
    patch, path = "/api/communication/settings", tag = "settings",
    request_body(content = Object, description = "Any part of the settings", example = json!({"publishing": {"undo_secs": 10}})),
    responses(
        (status = 200, description = "The settings as they are now", body = Settings),
        (status = 422, description = "config_unknown_key, config_duplicate_key, config_invalid; `errors` names the key", body = ProblemBody),
    )
)]
pub async fn edit_settings(
    State(state): State<ApiState>,
    Admin(caller): Admin,
    Json(patch): Json<Value>,
) -> Result<Answer<Settings>, ApiError> {
    let (dir, named) = (state.engine.data_dir.clone(), names(&patch));
    let settings = on_disk(move || Settings::patch(&dir, patch)).await?;
    applied(&state, settings, &caller.actor(), named).await
}

/// The JSON Schema of a settings file, with a French sentence for each key.
#[utoipa::path(
    get, path = "/api/communication/settings/schema", tag = "settings",
    responses(
        (status = 200, description = "JSON Schema", body = Object),
    )
)]
pub async fn get_settings_schema(_: Reader) -> Answer<Value> {
    Answer(json_schema())
}

/// What differs from the defaults, to keep or to carry to another computer. Holds no secret.
#[utoipa::path(
    post, path = "/api/communication/settings/export", tag = "settings",
    responses(
        (status = 200, description = "A `settings.json` file", body = Object),
    )
)]
pub async fn export_settings(State(state): State<ApiState>, _: Admin) -> Result<Answer<Value>, ApiError> {
    let dir = state.engine.data_dir.clone();
    on_disk(move || Ok(Settings::exported(&dir)?)).await.map(Answer)
}

/// Replaces all settings by an exported file; what it does not name goes back to the default.
#[utoipa::path(
    post, path = "/api/communication/settings/import", tag = "settings",
    request_body(content = Object, description = "An exported file", example = json!({"theme": "dark"})),
    responses(
        (status = 200, description = "The settings as they are now", body = Settings),
        (status = 422, description = "config_unknown_key, config_duplicate_key, config_invalid; with the line of the file", body = ProblemBody),
    )
)]
pub async fn import_settings(
    State(state): State<ApiState>,
    Admin(caller): Admin,
    JsonText(file): JsonText,
) -> Result<Answer<Settings>, ApiError> {
    let (dir, named) =
        (state.engine.data_dir.clone(), names(&serde_json::from_str(&file).unwrap_or_default()));
    let settings = on_disk(move || Settings::import(&dir, &file)).await?;
    applied(&state, settings, &caller.actor(), named).await
}

/// Runs work on configuration files beside the server's own threads.
pub(super) async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, PatchError> + Send + 'static,
) -> Result<T, ApiError> {
    Ok(tokio::task::spawn_blocking(work).await.map_err(|_| ApiError::new("internal_error"))??)
}

async fn applied(
    state: &ApiState,
    settings: Settings,
    actor: &str,
    named: String,
) -> Result<Answer<Settings>, ApiError> {
    state.engine.apply_settings(settings.clone());
    let entry = journal::Entry::new(state.now(), actor, "settings.changed", named);
    state.store().write(move |tx| journal::add(tx, &entry)).await?;
    Ok(Answer(settings))
}

/// The sections that a file names, for the journal.
pub(super) fn names(value: &Value) -> String {
    value.as_object().map(|map| map.keys().cloned().collect::<Vec<_>>().join(", ")).unwrap_or_default()
}
