//! Pictures.

use axum::{
    Json as Answer,
    extract::{DefaultBodyLimit, FromRequest as _, Multipart, Path, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{
        ApiState,
        caller::{Local, Publisher, Reader},
        extract::{Json, Query},
        problem::{ApiError, ProblemBody},
    },
    domain::MediaId,
    media::MediaNote,
    social::{
        LibraryDesk,
        media_desk::{NewMedia, Taken},
    },
    store::{StoreError, media},
};

/// Largest file.
pub const MAX_FILE: usize = 64 * 1024 * 1024;
/// Boundaries and headers of a multipart body.
const MULTIPART_EXTRA: usize = 64 * 1024;
const UPLOAD_DEADLINE: std::time::Duration = std::time::Duration::from_mins(10);

/// The routes, with room for files where files arrive.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(upload_media))
        .layer(DefaultBodyLimit::max(MAX_FILE + MULTIPART_EXTRA))
        .routes(routes!(fetch_media))
        .routes(routes!(import_media))
        .routes(routes!(get_media, describe_media))
        .routes(routes!(get_media_content))
}

/// One picture of the library.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct MediaItem {
    /// SHA-256 of the stored picture.
    pub id: String,
    #[schema(example = "image/jpeg")]
    pub mime: String,
    pub width: u32,
    pub height: u32,
    pub size_bytes: u64,
    pub name: String,
    pub alt_text: String,
    pub source_url: Option<String>,
    /// What was changed when it was taken in; only in the answer to its arrival.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<Vec<MediaNote>>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl From<Taken> for MediaItem {
    fn from(taken: Taken) -> Self {
        Self { notes: Some(taken.notes), ..Self::from(taken.row) }
    }
}

impl From<media::MediaRow> for MediaItem {
    fn from(row: media::MediaRow) -> Self {
        Self {
            id: row.id.to_string(),
            mime: row.mime,
            width: row.width,
            height: row.height,
            size_bytes: row.size_bytes,
            name: row.name,
            alt_text: row.alt_text,
            source_url: row.source_url,
            notes: None,
            created_at: row.created_at,
        }
    }
}

/// A file and its description.
#[derive(ToSchema)]
#[allow(dead_code)]
pub struct UploadForm {
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    alt_text: Option<String>,
}

fn desk(state: &ApiState) -> &LibraryDesk {
    &state.engine.desk
}

/// What is said of plain bytes, where a form has fields for it.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PlainUpload {
    /// Name of the file; for plain bytes.
    #[serde(default)]
    name: String,
    /// For people who do not see the picture; for plain bytes.
    #[serde(default)]
    alt_text: String,
}

/// Takes a picture into the library: as a form with `file` and `alt_text`, or as plain bytes.
#[utoipa::path(
    post, path = "/api/communication/media", tag = "media", params(PlainUpload),
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses(
        (status = 201, description = "The picture as it is kept: upright, without its position", body = MediaItem),
        (status = 413, description = "body_too_large, media_too_large", body = ProblemBody),
        (status = 415, description = "unsupported_media_type", body = ProblemBody),
        (status = 422, description = "media_not_an_image, media_type_unsupported, media_too_many_pixels, media_damaged", body = ProblemBody),
        (status = 503, description = "disk_full", body = ProblemBody),
    )
)]
pub async fn upload_media(
    State(state): State<ApiState>,
    _: Publisher,
    Query(plain): Query<PlainUpload>,
    headers: HeaderMap,
    request: Request,
) -> Result<(StatusCode, Answer<MediaItem>), ApiError> {
    let said = NewMedia { name: plain.name, alt_text: plain.alt_text, source_url: None };
    let reading = tokio::time::timeout(UPLOAD_DEADLINE, read_upload(&state, &headers, request, said));
    let (bytes, new) = reading.await.map_err(|_| ApiError::new("request_timeout"))??;
    let row = desk(&state).take(bytes, new).await?;
    Ok((StatusCode::CREATED, Answer(row.into())))
}

async fn read_upload(
    state: &ApiState,
    headers: &HeaderMap,
    request: Request,
    said: NewMedia,
) -> Result<(Bytes, NewMedia), ApiError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/octet-stream") {
        let bytes =
            Bytes::from_request(request, state).await.map_err(|error| too_large_or_broken(error.status()))?;
        return Ok((bytes, said));
    }
    if !kind.starts_with("multipart/form-data") {
        return Err(ApiError::new("unsupported_media_type"));
    }
    let mut form =
        Multipart::from_request(request, state).await.map_err(|_| ApiError::new("unsupported_media_type"))?;
    let (mut bytes, mut new) = (None, said);
    while let Some(field) = form.next_field().await.map_err(|error| too_large_or_broken(error.status()))? {
        match field.name().unwrap_or_default() {
            "file" => {
                field.file_name().unwrap_or_default().clone_into(&mut new.name);
                bytes = Some(field.bytes().await.map_err(|error| too_large_or_broken(error.status()))?);
            }
            "alt_text" => {
                new.alt_text = field.text().await.map_err(|error| too_large_or_broken(error.status()))?;
            }
            other => {
                let field = crate::api::problem::FieldProblem::new(other, "unknown_field");
                return Err(ApiError::new("unknown_field").field(field));
            }
        }
    }
    bytes.map(|bytes| (bytes, new)).ok_or_else(|| {
        ApiError::new("missing_field").field(crate::api::problem::FieldProblem::new("file", "missing_field"))
    })
}

fn too_large_or_broken(status: StatusCode) -> ApiError {
    ApiError::new(if status == StatusCode::PAYLOAD_TOO_LARGE { "body_too_large" } else { "upload_broken" })
}

/// A public address.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FromUrl {
    #[schema(example = "https://example.com/images/pizza_med.jpg")]
    pub url: String,
    #[serde(default)]
    pub alt_text: String,
}

/// Fetches a picture of the public web into the library.
#[utoipa::path(
    post, path = "/api/communication/media/from_url", tag = "media",
    request_body(content = FromUrl, example = json!({"url": "https://example.com/images/pizza_med.jpg"})),
    responses(
        (status = 201, description = "The picture as it is kept", body = MediaItem),
        (status = 422, description = "media_url_…, media_…", body = ProblemBody),
    )
)]
pub async fn fetch_media(
    State(state): State<ApiState>,
    _: Publisher,
    Json(body): Json<FromUrl>,
) -> Result<(StatusCode, Answer<MediaItem>), ApiError> {
    let row = desk(&state).take_url(&body.url, &body.alt_text).await?;
    Ok((StatusCode::CREATED, Answer(row.into())))
}

/// A file of this computer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FromPath {
    pub path: String,
    #[serde(default)]
    pub alt_text: String,
}

/// Takes a file of this computer into the library; for the window and the command line.
#[utoipa::path(
    post, path = "/api/communication/media/from_path", tag = "media",
    request_body(content = FromPath, example = json!({"path": "/home/moulin/Images/pizza.jpg"})),
    responses(
        (status = 201, description = "The picture as it is kept", body = MediaItem),
        (status = 403, description = "wrong_caller", body = ProblemBody),
        (status = 413, description = "media_too_large", body = ProblemBody),
        (status = 404, description = "media_not_found: no such file", body = ProblemBody),
        (status = 422, description = "media_…", body = ProblemBody),
    )
)]
pub async fn import_media(
    State(state): State<ApiState>,
    _: Local,
    Json(body): Json<FromPath>,
) -> Result<(StatusCode, Answer<MediaItem>), ApiError> {
    let path = std::path::PathBuf::from(body.path);
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let size = tokio::fs::metadata(&path).await.map_err(|_| ApiError::new("media_not_found"))?.len();
    if size > MAX_FILE as u64 {
        return Err(ApiError::new("media_too_large"));
    }
    let bytes = tokio::fs::read(&path).await.map_err(|_| ApiError::new("media_not_found"))?;
    let new = NewMedia { name, alt_text: body.alt_text, source_url: None };
    let row = desk(&state).take(bytes.into(), new).await?;
    Ok((StatusCode::CREATED, Answer(row.into())))
}

async fn find(state: &ApiState, id: String) -> Result<media::MediaRow, ApiError> {
    let id = MediaId::from(id);
    let found = state.store().read(move |connection| media::find(connection, &id)).await?;
    found.ok_or_else(|| ApiError::new("media_not_found"))
}

/// Describes a picture.
#[utoipa::path(
    get, path = "/api/communication/media/{id}", tag = "media", params(("id" = String, Path, description = "Picture id")),
    responses(
        (status = 200, description = "The picture's facts", body = MediaItem),
        (status = 404, description = "media_not_found", body = ProblemBody),
    )
)]
pub async fn get_media(
    State(state): State<ApiState>,
    _: Reader,
    Path(id): Path<String>,
) -> Result<Answer<MediaItem>, ApiError> {
    find(&state, id).await.map(|row| Answer(row.into()))
}

/// A new description.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DescribeMedia {
    /// For people who do not see the picture.
    pub alt_text: String,
}

/// Changes the description of a picture.
#[utoipa::path(
    patch, path = "/api/communication/media/{id}", tag = "media", params(("id" = String, Path, description = "Picture id")),
    request_body(content = DescribeMedia, example = json!({"alt_text": "Une pizza sortant du four"})),
    responses(
        (status = 200, description = "The picture's facts", body = MediaItem),
        (status = 404, description = "media_not_found", body = ProblemBody),
    )
)]
pub async fn describe_media(
    State(state): State<ApiState>,
    _: Publisher,
    Path(id): Path<String>,
    Json(body): Json<DescribeMedia>,
) -> Result<Answer<MediaItem>, ApiError> {
    let row = MediaId::from(id.clone());
    state.store().write(move |tx| media::set_alt_text(tx, &row, &body.alt_text)).await.map_err(|error| {
        match error {
            StoreError::NotFound | StoreError::Moved => ApiError::new("media_not_found"),
            other => other.into(),
        }
    })?;
    find(&state, id).await.map(|row| Answer(row.into()))
}

/// Which size.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ContentSize {
    #[serde(default)]
    #[param(inline)]
    size: Size,
}

/// Size of a picture.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Size {
    /// Small, for lists.
    Thumb,
    /// As kept.
    #[default]
    Master,
}

/// Shows a picture.
#[utoipa::path(
    get, path = "/api/communication/media/{id}/content", tag = "media",
    params(("id" = String, Path, description = "Picture id"), ContentSize),
    responses(
        (status = 200, description = "The picture", content_type = "image/jpeg", body = Vec<u8>),
        (status = 304, description = "Unchanged"),
        (status = 404, description = "media_not_found", body = ProblemBody),
    )
)]
pub async fn get_media_content(
    State(state): State<ApiState>,
    _: Reader,
    Path(id): Path<String>,
    Query(wanted): Query<ContentSize>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let row = find(&state, id).await?;
    let is_thumb = wanted.size == Size::Thumb;
    let tag = format!("\"{}{}\"", row.id, if is_thumb { "-t" } else { "" });
    if headers.get(header::IF_NONE_MATCH).is_some_and(|seen| seen.as_bytes() == tag.as_bytes()) {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    let bytes = desk(&state).content(&row.id, is_thumb).await?;
    let mime = if is_thumb { "image/jpeg".to_owned() } else { row.mime };
    let mut response = ([(header::CONTENT_TYPE, mime)], bytes).into_response();
    let fields = response.headers_mut();
    // The id is the content's own fingerprint: it never changes.
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=31536000, immutable"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        fields.insert(header::ETAG, tag);
    }
    Ok(response)
}
