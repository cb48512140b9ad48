//! Lists of customers that come as files: look at one, try it, take it in, take it back.

use axum::{
    Json as Answer,
    extract::{DefaultBodyLimit, FromRequest as _, Path, Request, State},
    http::{HeaderMap, StatusCode, header},
};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{
        ApiState,
        caller::Admin,
        extract::Query,
        problem::{ApiError, FieldProblem, ProblemBody},
        views::ContactImportView,
    },
    customers::{Field, NewImport, Preview, Source, preview},
    store::contact_imports,
};

/// Largest file.
pub const MAX_FILE: usize = 64 * 1024 * 1024;
const UPLOAD_DEADLINE: std::time::Duration = std::time::Duration::from_mins(10);
const MAX_NAME: usize = 200;
/// Imports of the list.
const LISTED: u32 = 50;

/// The routes, with room for files where files arrive.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(import_contacts))
        .routes(routes!(preview_contacts))
        .layer(DefaultBodyLimit::max(MAX_FILE))
        .routes(routes!(list_contact_imports))
        .routes(routes!(get_contact_import))
        .routes(routes!(undo_contact_import))
}

async fn file(headers: &HeaderMap, request: Request, state: &ApiState) -> Result<Bytes, ApiError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/octet-stream") {
        return Err(ApiError::new("unsupported_media_type"));
    }
    match tokio::time::timeout(UPLOAD_DEADLINE, Bytes::from_request(request, state)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            Err(ApiError::new("body_too_large"))
        }
        Ok(Err(_)) => Err(ApiError::new("upload_broken")),
        Err(_) => Err(ApiError::new("request_timeout")),
    }
}

/// What a file looks like.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ImportPreview {
    pub headings: Vec<String>,
    /// The first rows.
    pub rows: Vec<Vec<String>>,
    /// Proposed field of each column; `null` = leave out.
    pub mapping: Vec<Option<Field>>,
}

/// Shows the headings, the first rows and a proposed mapping of a CSV, XLSX or vCard file.
#[utoipa::path(
    post, path = "/api/communication/contact-imports/preview", tag = "contacts",
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 200, description = "What the file looks like", body = ImportPreview),
        (status = 413, description = "body_too_large", body = ProblemBody),
        (status = 415, description = "unsupported_media_type", body = ProblemBody),
        (status = 422, description = "import_file_unreadable, import_file_empty, import_file_type_unknown", body = ProblemBody),
    )
)]
pub async fn preview_contacts(
    State(state): State<ApiState>,
    _: Admin,
    headers: HeaderMap,
    request: Request,
) -> Result<Answer<ImportPreview>, ApiError> {
    let source = Source::Bytes(file(&headers, request, &state).await?);
    let seen = tokio::task::spawn_blocking(move || preview(&source)).await;
    let Preview { headings, rows, mapping } = seen.map_err(|_| ApiError::new("internal_error"))??;
    Ok(Answer(ImportPreview { headings, rows, mapping }))
}

/// What to do with a file.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// Name of the file.
    #[serde(default)]
    name: String,
    /// Field of each column in order, with commas between them; an empty one is left out
    /// (`first_name,,email`). Without it, as proposed from the headings.
    mapping: Option<String>,
    /// Only try: nothing is written.
    #[serde(default)]
    dry_run: bool,
}

/// Takes a file of customers in, or tries to. It goes on by itself: follow it by its address.
#[utoipa::path(
    post, path = "/api/communication/contact-imports", tag = "contacts", params(ImportQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 202, description = "Begun", body = ContactImportView),
        (status = 409, description = "import_running", body = ProblemBody),
        (status = 413, description = "body_too_large", body = ProblemBody),
        (status = 415, description = "unsupported_media_type", body = ProblemBody),
        (status = 422, description = "import_file_unreadable, import_file_empty, import_file_type_unknown, \
            import_mapping_empty, import_mapping_twice, import_mapping_too_long, invalid_field", body = ProblemBody),
    )
)]
pub async fn import_contacts(
    State(state): State<ApiState>,
    Admin(caller): Admin,
    Query(query): Query<ImportQuery>,
    headers: HeaderMap,
    request: Request,
) -> Result<(StatusCode, Answer<ContactImportView>), ApiError> {
    let mapping = query.mapping.as_deref().map(mapping).transpose()?;
    let bytes = file(&headers, request, &state).await?;
    let file_name: String = query.name.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect();
    let new = NewImport {
        source: Source::Bytes(bytes),
        file_name: if file_name.is_empty() { "fichier".to_owned() } else { file_name },
        mapping,
        dry_run: query.dry_run,
        actor: caller.actor(),
    };
    let import = state.engine.customers.import(new).await?;
    Ok((StatusCode::ACCEPTED, Answer(import.into())))
}

fn mapping(text: &str) -> Result<Vec<Option<Field>>, ApiError> {
    text.split(',')
        .map(|name| match name.trim() {
            "" => Ok(None),
            name => {
                serde_json::from_value(serde_json::Value::String(name.to_owned())).map(Some).map_err(|_| {
                    ApiError::new("invalid_field").field(FieldProblem::new("mapping", "invalid_field"))
                })
            }
        })
        .collect()
}

/// Lists the latest imports, newest first.
#[utoipa::path(
    get, path = "/api/communication/contact-imports", tag = "contacts",
    responses(
        (status = 200, description = "The latest fifty", body = [ContactImportView]),
    )
)]
pub async fn list_contact_imports(
    State(state): State<ApiState>,
    _: Admin,
) -> Result<Answer<Vec<ContactImportView>>, ApiError> {
    let imports = state.store().read(|connection| contact_imports::list(connection, LISTED)).await?;
    Ok(Answer(imports.into_iter().map(ContactImportView::from).collect()))
}

/// Shows where an import stands, a dry run too.
#[utoipa::path(
    get, path = "/api/communication/contact-imports/{id}", tag = "contacts",
    params(("id" = String, Path, description = "Import id")),
    responses(
        (status = 200, description = "The import", body = ContactImportView),
        (status = 404, description = "not_found", body = ProblemBody),
    )
)]
pub async fn get_contact_import(
    State(state): State<ApiState>,
    _: Admin,
    Path(id): Path<String>,
) -> Result<Answer<ContactImportView>, ApiError> {
    Ok(Answer(state.engine.customers.find_import(&id).await?.into()))
}

/// What taking an import back has done.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct UndoneView {
    pub removed: u64,
    pub restored: u64,
    /// Changed, visited or written to since: left as they are.
    pub kept: u64,
}

/// Takes an import back.
#[utoipa::path(
    post, path = "/api/communication/contact-imports/{id}/undo", tag = "contacts",
    params(("id" = String, Path, description = "Import id")),
    responses(
        (status = 200, description = "Taken back", body = UndoneView),
        (status = 404, description = "not_found", body = ProblemBody),
        (status = 409, description = "import_running, import_already_undone", body = ProblemBody),
    )
)]
pub async fn undo_contact_import(
    State(state): State<ApiState>,
    Admin(caller): Admin,
    Path(id): Path<String>,
) -> Result<Answer<UndoneView>, ApiError> {
    let undone = state.engine.customers.undo_import(&id, &caller.actor()).await?;
    Ok(Answer(UndoneView { removed: undone.removed, restored: undone.restored, kept: undone.kept }))
}
