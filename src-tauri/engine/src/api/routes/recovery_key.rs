//! The recovery key, shown on request to the person at this machine.

use axum::{Json as Answer, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    api::{
        ApiState,
        caller::Local,
        extract::Json,
        problem::{ApiError, ProblemBody},
    },
    store::journal,
};

/// Asks to see the recovery key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShowRecoveryKey {
    /// Must be true: whoever reads the key over your shoulder can open your data.
    pub confirm: bool,
}

/// The recovery key.
#[derive(Serialize, ToSchema)]
pub struct RecoveryKey {
    /// Fourteen groups of four characters. Opens the data when the keyring is lost.
    #[schema(example = "7Q4M-…")]
    pub text: String,
}

/// Shows the text that opens the data when the keyring is lost. The journal keeps that it was shown.
#[utoipa::path(
    post, path = "/api/communication/recovery_key", tag = "settings",
    request_body(content = ShowRecoveryKey, example = json!({"confirm": true})),
    responses(
        (status = 200, description = "The recovery key", body = RecoveryKey),
        (status = 401, description = "not_signed_in", body = ProblemBody),
        (status = 403, description = "wrong_caller", body = ProblemBody),
        (status = 422, description = "confirmation_needed", body = ProblemBody),
    )
)]
pub async fn show_recovery_key(
    State(state): State<ApiState>,
    Local(caller): Local,
    Json(body): Json<ShowRecoveryKey>,
) -> Result<Answer<RecoveryKey>, ApiError> {
    if !body.confirm {
        return Err(ApiError::new("confirmation_needed"));
    }
    let entry = journal::Entry::new(state.now(), caller.actor(), "recovery_key.shown", "");
    state.store().write(move |tx| journal::add(tx, &entry)).await?;
    Ok(Answer(RecoveryKey { text: state.engine.recovery_key().to_string() }))
}
