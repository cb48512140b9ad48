//! The owner's web site, which lends pictures a public address.

use std::collections::BTreeMap;

use axum::{Json as Answer, extract::State};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    api::{
        ApiState,
        caller::{Admin, Reader},
        extract::Json,
        problem::{ApiError, FieldProblem, ProblemBody},
        views::{CheckView, check_view},
    },
    config::is_loopback,
    connectors::{
        Credentials,
        media_host::{HostKind, KINDS, OpenError},
    },
    social::web_site::{WebSite, WebSiteError},
    store::journal,
};

/// The web site, without its secrets, and what it could be.
#[derive(Serialize, ToSchema)]
pub struct MediaHostView {
    /// `wordpress`, `webdav` or `s3`; absent when there is none.
    #[schema(example = "wordpress")]
    pub kind: Option<String>,
    /// What was typed, by field, without the secrets.
    #[schema(value_type = Object, example = json!({"site": "https://www.levieuxmoulin.fr", "username": "anne"}))]
    pub fields: BTreeMap<String, String>,
    pub last_check: Option<CheckView>,
    /// Its last test went well: pictures of this computer get an address from it.
    pub lends_addresses: bool,
    /// Pictures that are there now; each goes a day after its last post.
    pub files: u32,
    /// The kinds of site that can be named, with their fields.
    pub kinds: Vec<&'static HostKind>,
}

/// A web site to use.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MediaHostBody {
    #[schema(example = "wordpress")]
    pub kind: String,
    /// By field; a secret that is not given again stays while the kind and the place do.
    #[schema(value_type = Object)]
    pub fields: BTreeMap<String, String>,
}

/// What forgetting a web site left behind.
#[derive(Serialize, ToSchema)]
pub struct ForgottenMediaHost {
    /// Pictures that stay on the site: posts still need them, or it did not answer.
    pub files_left: u32,
}

fn site(state: &ApiState) -> &WebSite {
    &state.engine.desk.web_site
}

fn refused(error: WebSiteError) -> ApiError {
    let on_field = |code: &'static str, key: &str| {
        ApiError::new(code).field(FieldProblem::new(format!("fields.{key}"), code))
    };
    match error {
        WebSiteError::Open(OpenError::UnknownKind(_)) => ApiError::new("media_host_kind_unknown")
            .field(FieldProblem::new("kind", "media_host_kind_unknown")),
        WebSiteError::Open(OpenError::Missing(key)) => on_field("credential_missing", key),
        WebSiteError::Open(OpenError::Unknown(key)) => on_field("credential_unknown", &key),
        WebSiteError::Open(OpenError::Unsafe(key)) => on_field("media_host_address_unsafe", key),
        WebSiteError::None => ApiError::new("media_host_missing"),
        WebSiteError::Store(error) => error.into(),
    }
}

async fn view(state: &ApiState) -> Result<Answer<MediaHostView>, ApiError> {
    let known = site(state).state().await?;
    let lends_addresses = site(state).lends_addresses();
    let kinds = KINDS.to_vec();
    let Some(known) = known else {
        let (fields, files) = (BTreeMap::new(), site(state).files().await?);
        return Ok(Answer(MediaHostView {
            kind: None,
            fields,
            last_check: None,
            lends_addresses,
            files,
            kinds,
        }));
    };
    let is_open = |key: &str| {
        kinds.iter().any(|kind| {
            kind.id == known.kind && kind.fields.iter().any(|field| field.key == key && !field.secret)
        })
    };
    let fields = known.fields.iter().filter(|(key, _)| is_open(key));
    Ok(Answer(MediaHostView {
        fields: fields.map(|(key, value)| (key.to_owned(), value.expose_secret().to_owned())).collect(),
        kind: Some(known.kind),
        last_check: known.last_check.and_then(check_view),
        lends_addresses,
        files: known.files,
        kinds,
    }))
}

/// Shows the web site that lends pictures a public address, without its secrets.
#[utoipa::path(
    get, path = "/api/communication/media_host", tag = "media",
    responses(
        (status = 200, description = "The web site, and the kinds that there are", body = MediaHostView),
    )
)]
pub async fn get_media_host(
    State(state): State<ApiState>,
    _: Reader,
) -> Result<Answer<MediaHostView>, ApiError> {
    view(&state).await
}

/// Names the web site that lends pictures a public address, and tests it: a picture is brought there, looked
/// at from outside and removed. It is kept whatever the test finds; only a good one lends addresses.
#[utoipa::path(
    post, path = "/api/communication/media_host", tag = "media",
    request_body(content = MediaHostBody, example = json!({
        "kind": "wordpress",
        "fields": {"site": "https://www.levieuxmoulin.fr", "username": "anne", "app_password": "abcd efgh ijkl mnop qrst uvwx"}
    })),
    responses(
        (status = 200, description = "The web site with what the test found", body = MediaHostView),
        (status = 409, description = "practice_address_outside", body = ProblemBody),
        (status = 422, description = "media_host_kind_unknown, credential_missing, credential_unknown, media_host_address_unsafe", body = ProblemBody),
    )
)]
pub async fn set_media_host(
    State(state): State<ApiState>,
    Admin(caller): Admin,
    Json(body): Json<MediaHostBody>,
) -> Result<Answer<MediaHostView>, ApiError> {
    let mut fields = Credentials::default();
    for (key, value) in body.fields {
        let leads_outside =
            url::Url::parse(value.trim()).is_ok_and(|url| url.has_host() && !is_loopback(&url));
        if state.engine.practice && leads_outside {
            return Err(ApiError::new("practice_address_outside"));
        }
        // An empty field is one that was not given.
        if !value.trim().is_empty() {
            fields.set(key, value.trim());
        }
    }
    site(&state).keep(&body.kind, fields).await.map_err(refused)?;
    let entry = journal::Entry::new(state.now(), caller.actor(), "media_host.changed", body.kind);
    state.store().write(move |tx| journal::add(tx, &entry)).await?;
    view(&state).await
}

/// Tests the web site: a picture goes there and back. Takes 15 s at most.
#[utoipa::path(
    post, path = "/api/communication/media_host/check", tag = "media",
    responses(
        (status = 200, description = "The web site with what the test found", body = MediaHostView),
        (status = 404, description = "media_host_missing", body = ProblemBody),
    )
)]
pub async fn check_media_host(
    State(state): State<ApiState>,
    _: Admin,
) -> Result<Answer<MediaHostView>, ApiError> {
    site(&state).check().await.map_err(refused)?;
    view(&state).await
}

/// Forgets the web site and its secrets, after removing the pictures that no post needs.
#[utoipa::path(
    delete, path = "/api/communication/media_host", tag = "media",
    responses(
        (status = 200, description = "What stays on the site", body = ForgottenMediaHost),
    )
)]
pub async fn forget_media_host(
    State(state): State<ApiState>,
    Admin(caller): Admin,
) -> Result<Answer<ForgottenMediaHost>, ApiError> {
    let files_left = site(&state).forget().await.map_err(refused)?.files_left;
    let entry = journal::Entry::new(state.now(), caller.actor(), "media_host.forgotten", "");
    state.store().write(move |tx| journal::add(tx, &entry)).await?;
    Ok(Answer(ForgottenMediaHost { files_left }))
}
