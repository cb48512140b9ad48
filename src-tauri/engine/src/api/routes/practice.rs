//! The practice mode ("mode répétition"): pretend networks on this computer.

use std::collections::BTreeMap;

use axum::{Json as Answer, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::{
    ApiState,
    caller::{Publisher, Reader},
    extract::Json,
    problem::{ApiError, ProblemBody},
};

/// Addresses of the pretend networks, by platform, and `control`.
pub type PracticeAddresses = BTreeMap<String, String>;

/// Whether this is a rehearsal.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct PracticeView {
    pub active: bool,
    /// Where the pretend posts can be looked at.
    #[schema(value_type = Object, example = json!({"bluesky": "http://127.0.0.1:40123"}))]
    pub addresses: PracticeAddresses,
    /// The failures that are switched on, by platform, as the pretend networks know them.
    #[schema(value_type = Object, example = json!({"bluesky": ["server_error"]}))]
    pub faults: BTreeMap<String, Vec<String>>,
    /// What to fill in to connect one more pretend account, by platform and field.
    #[serde(default)]
    #[schema(value_type = Object, example = json!({"bluesky": {"identifier": "vieuxmoulin2.test"}}))]
    pub trial: BTreeMap<String, BTreeMap<String, String>>,
}

/// Says whether this is a rehearsal and where the pretend networks are.
#[utoipa::path(
    get, path = "/api/communication/practice", tag = "practice",
    responses(
        (status = 200, description = "The practice mode", body = PracticeView),
        (status = 503, description = "sandbox_failed: the pretend networks do not answer", body = ProblemBody),
    )
)]
pub async fn get_practice(
    State(state): State<ApiState>,
    _: Reader,
) -> Result<Answer<PracticeView>, ApiError> {
    view(&state).await
}

async fn view(state: &ApiState) -> Result<Answer<PracticeView>, ApiError> {
    let active = state.practice.is_some();
    let addresses = state.practice.clone().unwrap_or_default();
    let faults = crate::practice::active_faults(&addresses).await?;
    let trial = crate::practice::trial_credentials(&addresses);
    Ok(Answer(PracticeView { active, addresses, faults, trial }))
}

/// A failure to rehearse.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PracticeFault {
    #[schema(example = "bluesky")]
    pub platform: String,
    /// Name of the fault, as the pretend network knows it; `null` switches it off.
    #[serde(default)]
    #[schema(example = "server_error")]
    pub fault: Option<String>,
}

/// Switches a failure of a pretend network on or off, to see what the application does.
#[utoipa::path(
    post, path = "/api/communication/practice/faults", tag = "practice",
    request_body(content = PracticeFault, example = json!({"platform": "bluesky", "fault": "server_error"})),
    responses(
        (status = 200, description = "The practice mode as it is now", body = PracticeView),
        (status = 409, description = "not_practice: this is not a rehearsal", body = ProblemBody),
        (status = 422, description = "unknown_platform, invalid_field", body = ProblemBody),
    )
)]
pub async fn set_practice_fault(
    State(state): State<ApiState>,
    _: Publisher,
    Json(body): Json<PracticeFault>,
) -> Result<Answer<PracticeView>, ApiError> {
    let addresses = state.practice.as_ref().ok_or_else(|| ApiError::new("not_practice"))?;
    if !addresses.contains_key(&body.platform) || body.platform == "control" {
        return Err(ApiError::new("unknown_platform"));
    }
    let control = addresses.get("control").ok_or_else(|| ApiError::new("sandbox_failed"))?;
    crate::practice::set_fault(control, &body.platform, body.fault.as_deref()).await?;
    view(&state).await
}
