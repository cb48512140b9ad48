//! The journal (who did what when) and the technical log.

use axum::{Json as Answer, extract::State};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::{
        ApiState,
        caller::{Local, Reader},
        extract::Query,
        problem::{ApiError, ProblemBody},
        views::{Cursor, JournalPage, journal_view, limit},
    },
    logging,
    store::{StoreError, journal},
};

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct JournalFilter {
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// Words of the subject.
    q: Option<String>,
    /// Beginning of the kind, for example `delivery.`.
    kind: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Lists the journal, newest first.
#[utoipa::path(
    get, path = "/api/communication/journal", tag = "journal", params(JournalFilter),
    responses(
        (status = 200, description = "A page of the journal", body = JournalPage),
    )
)]
pub async fn list_journal(
    State(state): State<ApiState>,
    _: Reader,
    Query(filter): Query<JournalFilter>,
) -> Result<Answer<JournalPage>, ApiError> {
    let asked = limit(filter.limit)?;
    let query = journal::Filter {
        from: filter.from,
        to: filter.to,
        kind_prefix: filter.kind,
        text: filter.q,
        before_id: filter.cursor.as_deref().map(Cursor::read).transpose()?.map(|(id, _)| id),
        limit: asked + 1,
    };
    let mut rows = state.store().read(move |connection| journal::list(connection, &query)).await?;
    let more = rows.len() > asked as usize;
    rows.truncate(asked as usize);
    let next_cursor = rows.last().filter(|_| more).map(|row| Cursor::write(row.id, ""));
    let registry = &state.orchestrator().registry;
    Ok(Answer(JournalPage {
        items: rows.into_iter().map(|row| journal_view(registry, row)).collect(),
        next_cursor,
    }))
}

/// Which lines.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LogFilter {
    /// Least level: `error`, `warn`, `info`, `debug` or `trace`.
    level: Option<String>,
    /// Words of the line.
    q: Option<String>,
    limit: Option<u32>,
}

/// The newest lines of the technical log.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct LogView {
    /// Folder; only for the window and the command line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    pub lines: Vec<logging::LogLine>,
}

/// Reads the technical log, newest first, without secrets.
#[utoipa::path(
    get, path = "/api/communication/logs", tag = "journal", params(LogFilter),
    responses(
        (status = 200, description = "The newest lines", body = LogView),
    )
)]
pub async fn read_logs(
    State(state): State<ApiState>,
    Reader(caller): Reader,
    Query(filter): Query<LogFilter>,
) -> Result<Answer<LogView>, ApiError> {
    let asked = limit(filter.limit)? as usize;
    let dir = state.log_dir.clone();
    let lines =
        blocking(move || logging::newest(&dir, filter.level.as_deref(), filter.q.as_deref(), asked)).await?;
    let path = caller.is_local().then(|| state.log_dir.display().to_string());
    Ok(Answer(LogView { path, lines }))
}

/// Where the copy was written.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ExportedFile {
    pub path: String,
}

/// Writes the technical log, without secrets, into one file to send to somebody.
#[utoipa::path(
    post, path = "/api/communication/logs/export", tag = "journal",
    responses(
        (status = 200, description = "The file", body = ExportedFile),
        (status = 403, description = "wrong_caller", body = ProblemBody),
        (status = 503, description = "disk_full, folder_read_only", body = ProblemBody),
    )
)]
pub async fn export_logs(State(state): State<ApiState>, _: Local) -> Result<Answer<ExportedFile>, ApiError> {
    let (dir, to) = (state.log_dir.clone(), state.engine.data_dir.join("exports"));
    let path = blocking(move || logging::export(&dir, &to)).await?;
    Ok(Answer(ExportedFile { path: path.display().to_string() }))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, ApiError> {
    let result = tokio::task::spawn_blocking(work).await.map_err(|_| ApiError::new("internal_error"))?;
    result.map_err(|error| StoreError::from(error).into())
}
