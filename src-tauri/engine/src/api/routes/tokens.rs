//! Tokens of programs.

use axum::{
    Json as Answer,
    extract::{Path, State},
    http::StatusCode,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    api::{
        ApiState,
        caller::{Local, Scope},
        extract::Json,
        gate,
        problem::{ApiError, FieldProblem, ProblemBody},
    },
    domain::TokenId,
    store::{StoreError, journal, tokens},
};

/// One token, without its secret.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct TokenView {
    pub id: String,
    pub label: String,
    pub scopes: Vec<Scope>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub revoked_at: Option<Timestamp>,
}

impl From<tokens::TokenRow> for TokenView {
    fn from(row: tokens::TokenRow) -> Self {
        Self {
            id: row.id.to_string(),
            label: row.label,
            scopes: row.scopes.iter().filter_map(|scope| Scope::parse(scope)).collect(),
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            revoked_at: row.revoked_at,
        }
    }
}

/// Lists the tokens; their secrets are not kept and cannot be shown.
#[utoipa::path(
    get, path = "/api/communication/tokens", tag = "tokens",
    responses(
        (status = 200, description = "All tokens", body = [TokenView]),
        (status = 403, description = "wrong_caller", body = ProblemBody),
    )
)]
pub async fn list_tokens(
    State(state): State<ApiState>,
    _: Local,
) -> Result<Answer<Vec<TokenView>>, ApiError> {
    let rows = state.store().read(tokens::list).await?;
    Ok(Answer(rows.into_iter().map(TokenView::from).collect()))
}

/// A token to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// For recognition, for example the name of the program.
    pub label: String,
    pub scopes: Vec<Scope>,
}

/// A new token: the only time that its secret is shown.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct CreatedToken {
    pub id: String,
    pub label: String,
    pub scopes: Vec<Scope>,
    #[schema(example = "vm_…")]
    pub token: String,
}

/// Makes a token for a program of this computer.
#[utoipa::path(
    post, path = "/api/communication/tokens", tag = "tokens",
    request_body(content = NewToken, example = json!({"label": "Module recettes", "scopes": ["read", "publish"]})),
    responses(
        (status = 201, description = "The token; shown once", body = CreatedToken),
        (status = 403, description = "wrong_caller", body = ProblemBody),
        (status = 422, description = "missing_field, invalid_field", body = ProblemBody),
    )
)]
pub async fn create_token(
    State(state): State<ApiState>,
    Local(caller): Local,
    Json(new): Json<NewToken>,
) -> Result<(StatusCode, Answer<CreatedToken>), ApiError> {
    for (field, empty) in [("label", new.label.trim().is_empty()), ("scopes", new.scopes.is_empty())] {
        if empty {
            return Err(ApiError::new("missing_field").field(FieldProblem::new(field, "missing_field")));
        }
    }
    let (secret, now) = (gate::new_secret("vm_"), state.now());
    let mut scopes = new.scopes;
    scopes.sort_unstable();
    scopes.dedup();
    let row = tokens::TokenRow {
        id: TokenId::new(),
        label: new.label.trim().chars().take(80).collect(),
        scopes: scopes.iter().map(|scope| scope.as_str().to_owned()).collect(),
        created_at: now,
        last_used_at: None,
        revoked_at: None,
    };
    let answer = CreatedToken {
        id: row.id.to_string(),
        label: row.label.clone(),
        scopes,
        token: secret.as_str().to_owned(),
    };
    let (hash, actor) = (gate::hash(&secret), caller.actor());
    state
        .store()
        .write(move |tx| {
            tokens::add(tx, &row, &hash)?;
            journal::add(tx, &journal::Entry::new(now, actor, "token.created", row.label.clone()))
        })
        .await?;
    Ok((StatusCode::CREATED, Answer(answer)))
}

/// Revokes a token at once.
#[utoipa::path(
    delete, path = "/api/communication/tokens/{id}", tag = "tokens", params(("id" = String, Path, description = "Token id")),
    responses(
        (status = 204, description = "Revoked"),
        (status = 403, description = "wrong_caller", body = ProblemBody),
        (status = 404, description = "not_found", body = ProblemBody),
    )
)]
pub async fn revoke_token(
    State(state): State<ApiState>,
    Local(caller): Local,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let (id, now, actor) = (TokenId::from(id), state.now(), caller.actor());
    state
        .store()
        .write(move |tx| {
            let row = tokens::find(tx, &id)?.ok_or(StoreError::NotFound)?;
            tokens::revoke(tx, &id, now)?;
            journal::add(tx, &journal::Entry::new(now, actor, "token.revoked", row.label))
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
