//! Templates of e-mails and SMS: look, write, copy, put away, carry to another computer.

use std::collections::BTreeMap;

use axum::{
    Json as Answer,
    extract::{Path, State},
    http::StatusCode,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    api::{
        ApiState,
        caller::{Publisher, Reader},
        extract::{Json, JsonText, Query},
        problem::{ApiError, FieldProblem, ProblemBody},
    },
    config::near::near_matches,
    domain::{Channel, Purpose, Template, TemplateBody, TemplateLanguage, TemplateProblem},
    notifications::{House, Renderer, library},
    orchestrator::FieldError,
    store::{StoreError, journal, templates},
};

/// The operations of this resource.
pub fn routes() -> OpenApiRouter<ApiState> {
    OpenApiRouter::new()
        .routes(routes!(list_templates, create_template))
        .routes(routes!(export_templates))
        .routes(routes!(import_templates))
        .routes(routes!(get_template, edit_template))
        .routes(routes!(list_template_versions))
        .routes(routes!(duplicate_template))
        .routes(routes!(archive_template))
        .routes(routes!(restore_template))
}

/// Longest name of a template.
const MAX_NAME: usize = 120;

/// What is wrong with a template, with the words or names that it is about.
pub(super) fn field_problem(problem: &TemplateProblem) -> FieldProblem {
    let mut values = BTreeMap::new();
    if !problem.names.is_empty() {
        values.insert("names".to_owned(), json!(problem.names));
    }
    if let Some(line) = problem.line {
        values.insert("line".to_owned(), json!(line));
    }
    FieldError { field: problem.place.clone(), code: problem.code.to_owned(), values }.into()
}

impl From<TemplateProblem> for ApiError {
    fn from(problem: TemplateProblem) -> Self {
        let field = field_problem(&problem);
        Self::new(problem.code).detail(field.detail.clone(), field.detail_en.clone()).field(field)
    }
}

/// A template in a list.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct TemplateSummary {
    #[schema(example = "promotion_annonce")]
    pub id: String,
    pub version: i64,
    pub name: String,
    pub purpose: Purpose,
    pub language: TemplateLanguage,
    pub channels: Vec<Channel>,
    /// `shipped`, `templates.json`, or who wrote the latest version.
    pub created_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub archived_at: Option<Timestamp>,
    /// Nothing of what the law wants is missing.
    pub is_ready: bool,
}

/// One version of a template.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct TemplateView {
    #[schema(example = "promotion_annonce")]
    pub id: String,
    pub version: i64,
    pub template: TemplateBody,
    /// `shipped`, `templates.json`, or who wrote this version.
    pub created_by: String,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub archived_at: Option<Timestamp>,
    /// Why it cannot be sent yet.
    pub problems: Vec<FieldProblem>,
}

/// Why a template cannot be sent as it is.
fn problems_of(template: &Template, house: &House) -> Vec<TemplateProblem> {
    match Renderer::draft(template, house) {
        Ok(renderer) => renderer.missing_from_law(),
        Err(problem) => vec![problem],
    }
}

fn view(row: templates::TemplateRow, house: &House) -> TemplateView {
    let problems = problems_of(&row.template, house).iter().map(field_problem).collect();
    TemplateView {
        id: row.template.id.clone(),
        version: row.template.version,
        template: row.template.into_body(),
        created_by: row.created_by,
        created_at: row.created_at,
        archived_at: row.archived_at,
        problems,
    }
}

fn summary(row: templates::TemplateRow, house: &House) -> TemplateSummary {
    let is_ready = problems_of(&row.template, house).is_empty();
    let template = row.template;
    let mut channels = Vec::new();
    if template.email.is_some() {
        channels.push(Channel::Email);
    }
    if template.sms.is_some() {
        channels.push(Channel::Sms);
    }
    TemplateSummary {
        id: template.id,
        version: template.version,
        name: template.name,
        purpose: template.purpose,
        language: template.language,
        channels,
        created_by: row.created_by,
        created_at: row.created_at,
        archived_at: row.archived_at,
        is_ready,
    }
}

pub(super) fn house(state: &ApiState) -> House {
    House::from_settings(&state.engine.settings())
}

/// Runs the laying out of mails beside the server's own threads.
pub(super) async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| ApiError::new("internal_error"))
}

/// `template_unknown` with the names that are near.
async fn unknown(state: &ApiState, id: &str) -> ApiError {
    let ids = state.store().read(templates::ids).await.unwrap_or_default();
    let near = near_matches(id, ids.iter().map(String::as_str));
    let values = [("name".to_owned(), json!(id)), ("near".to_owned(), json!(near))].into();
    let field =
        FieldProblem::from(FieldError { field: "id".into(), code: "template_unknown".into(), values });
    ApiError::new("template_unknown").detail(field.detail.clone(), field.detail_en.clone()).field(field)
}

/// A version of a template, the latest unless one is named.
pub(super) async fn find(
    state: &ApiState,
    id: &str,
    version: Option<i64>,
) -> Result<templates::TemplateRow, ApiError> {
    let wanted = id.to_owned();
    let found = state.store().read(move |connection| match version {
        None => templates::latest_row(connection, &wanted),
        Some(version) => {
            let all = templates::versions(connection, &wanted)?;
            Ok(all.into_iter().find(|row| row.template.version == version))
        }
    });
    match found.await? {
        Some(row) => Ok(row),
        None => Err(unknown(state, id).await),
    }
}

async fn show(state: &ApiState, row: templates::TemplateRow) -> Result<TemplateView, ApiError> {
    let house = house(state);
    beside(move || view(row, &house)).await
}

/// Refuses what can never be rendered; what the law still wants does not keep a template from being written.
async fn check(state: &ApiState, id: &str, body: &TemplateBody) -> Result<(), ApiError> {
    let name = body.name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        return Err(TemplateProblem::new("template_name_missing", "template.name").into());
    }
    let (template, house) = (Template::new(id, 0, body.clone()), house(state));
    beside(move || Renderer::draft(&template, &house).map(drop)).await??;
    Ok(())
}

/// Which templates to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TemplateFilter {
    /// Those that were put away, too.
    #[serde(default)]
    archived: bool,
}

/// Lists the templates, each with its latest version.
#[utoipa::path(
    get, path = "/api/communication/templates", tag = "templates", params(TemplateFilter),
    responses(
        (status = 200, description = "The templates, by name", body = [TemplateSummary]),
    )
)]
pub async fn list_templates(
    State(state): State<ApiState>,
    _: Reader,
    Query(filter): Query<TemplateFilter>,
) -> Result<Answer<Vec<TemplateSummary>>, ApiError> {
    let mut rows = state.store().read(templates::list).await?;
    rows.retain(|row| filter.archived || row.archived_at.is_none());
    let house = house(&state);
    beside(move || rows.into_iter().map(|row| summary(row, &house)).collect()).await.map(Answer)
}

/// A new template.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTemplate {
    #[schema(example = "soiree_huitres")]
    pub id: String,
    pub template: TemplateBody,
}

/// Writes a new template.
#[utoipa::path(
    post, path = "/api/communication/templates", tag = "templates",
    request_body(content = NewTemplate, example = json!({
        "id": "soiree_huitres",
        "template": {"name": "Soirée huîtres", "purpose": "marketing", "language": "fr", "sms": {"text": "{{ house_name }} : soirée huîtres vendredi."}},
    })),
    responses(
        (status = 201, description = "The template", body = TemplateView),
        (status = 409, description = "template_exists", body = ProblemBody),
        (status = 422, description = "template_id_invalid, template_name_missing, template_invalid, \
            template_channel_missing, template_variable_invalid, template_variable_unknown, \
            template_too_heavy, template_too_large, template_image_not_public, template_value_invalid", body = ProblemBody),
    )
)]
pub async fn create_template(
    State(state): State<ApiState>,
    Publisher(caller): Publisher,
    Json(new): Json<NewTemplate>,
) -> Result<(StatusCode, Answer<TemplateView>), ApiError> {
    if !library::is_good_id(&new.id) {
        return Err(ApiError::new("template_id_invalid"));
    }
    check(&state, &new.id, &new.template).await?;
    let row = save(&state, new.id, None, new.template, caller.actor())
        .await?
        .ok_or_else(|| ApiError::new("template_exists"))?;
    Ok((StatusCode::CREATED, Answer(show(&state, row).await?)))
}

/// Adds a version; `None` when another one is the latest.
async fn save(
    state: &ApiState,
    id: String,
    base: Option<i64>,
    body: TemplateBody,
    actor: String,
) -> Result<Option<templates::TemplateRow>, ApiError> {
    let now = state.now();
    let saved = state.store().write(move |tx| {
        match templates::add_version(tx, &id, base, &body, &actor, now) {
            Err(StoreError::Moved) => return Ok(None),
            added => added?,
        };
        journal::add(tx, &journal::Entry::new(now, actor, "template.saved", body.name.clone()))?;
        templates::latest_row(tx, &id)
    });
    Ok(saved.await?)
}

/// Which version to show.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VersionFilter {
    /// The latest unless it is given.
    version: Option<i64>,
}

/// Shows a template.
#[utoipa::path(
    get, path = "/api/communication/templates/{id}", tag = "templates",
    params(("id" = String, Path, description = "Template id"), VersionFilter),
    responses(
        (status = 200, description = "The template", body = TemplateView),
        (status = 404, description = "template_unknown: with the names that are near", body = ProblemBody),
    )
)]
pub async fn get_template(
    State(state): State<ApiState>,
    _: Reader,
    Path(id): Path<String>,
    Query(filter): Query<VersionFilter>,
) -> Result<Answer<TemplateView>, ApiError> {
    let row = find(&state, &id, filter.version).await?;
    show(&state, row).await.map(Answer)
}

/// The template as it shall be.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateEdit {
    /// The version that was edited.
    pub base_version: i64,
    pub template: TemplateBody,
}

/// Writes a new version of a template. Sendings that name an earlier one keep it.
#[utoipa::path(
    patch, path = "/api/communication/templates/{id}", tag = "templates",
    params(("id" = String, Path, description = "Template id")),
    request_body(content = TemplateEdit, example = json!({
        "base_version": 1,
        "template": {"name": "Soirée huîtres", "purpose": "marketing", "sms": {"text": "{{ house_name }} : soirée huîtres samedi."}},
    })),
    responses(
        (status = 200, description = "The new version", body = TemplateView),
        (status = 404, description = "template_unknown", body = ProblemBody),
        (status = 409, description = "template_changed", body = ProblemBody),
        (status = 422, description = "template_name_missing, template_invalid, template_channel_missing, \
            template_variable_invalid, template_variable_unknown, template_too_heavy, template_too_large, \
            template_image_not_public, template_value_invalid", body = ProblemBody),
    )
)]
pub async fn edit_template(
    State(state): State<ApiState>,
    Publisher(caller): Publisher,
    Path(id): Path<String>,
    Json(edit): Json<TemplateEdit>,
) -> Result<Answer<TemplateView>, ApiError> {
    find(&state, &id, None).await?;
    check(&state, &id, &edit.template).await?;
    let row = save(&state, id, Some(edit.base_version), edit.template, caller.actor())
        .await?
        .ok_or_else(|| ApiError::new("template_changed"))?;
    show(&state, row).await.map(Answer)
}

/// Lists all versions of a template, newest first.
#[utoipa::path(
    get, path = "/api/communication/templates/{id}/versions", tag = "templates",
    params(("id" = String, Path, description = "Template id")),
    responses(
        (status = 200, description = "The versions", body = [TemplateSummary]),
        (status = 404, description = "template_unknown", body = ProblemBody),
    )
)]
pub async fn list_template_versions(
    State(state): State<ApiState>,
    _: Reader,
    Path(id): Path<String>,
) -> Result<Answer<Vec<TemplateSummary>>, ApiError> {
    find(&state, &id, None).await?;
    let rows = state.store().read(move |connection| templates::versions(connection, &id)).await?;
    let house = house(&state);
    beside(move || rows.into_iter().map(|row| summary(row, &house)).collect()).await.map(Answer)
}

/// The copy's own id and name.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateCopy {
    #[schema(example = "promotion_rentree")]
    pub id: String,
    pub name: String,
}

/// Copies the latest version of a template under another id.
#[utoipa::path(
    post, path = "/api/communication/templates/{id}/duplicate", tag = "templates",
    params(("id" = String, Path, description = "Template id")),
    request_body(content = TemplateCopy, example = json!({"id": "promotion_rentree", "name": "Promotion de la rentrée"})),
    responses(
        (status = 201, description = "The copy", body = TemplateView),
        (status = 404, description = "template_unknown", body = ProblemBody),
        (status = 409, description = "template_exists", body = ProblemBody),
        (status = 422, description = "template_id_invalid, template_name_missing", body = ProblemBody),
    )
)]
pub async fn duplicate_template(
    state: State<ApiState>,
    caller: Publisher,
    Path(id): Path<String>,
    Json(copy): Json<TemplateCopy>,
) -> Result<(StatusCode, Answer<TemplateView>), ApiError> {
    let original = find(&state, &id, None).await?;
    let template = TemplateBody { name: copy.name, ..original.template.into_body() };
    create_template(state, caller, Json(NewTemplate { id: copy.id, template })).await
}

/// Puts a template away: nothing new is sent with it.
#[utoipa::path(
    post, path = "/api/communication/templates/{id}/archive", tag = "templates",
    params(("id" = String, Path, description = "Template id")),
    responses(
        (status = 200, description = "The template as it is now", body = TemplateView),
        (status = 404, description = "template_unknown", body = ProblemBody),
    )
)]
pub async fn archive_template(
    State(state): State<ApiState>,
    Publisher(caller): Publisher,
    Path(id): Path<String>,
) -> Result<Answer<TemplateView>, ApiError> {
    put_away(&state, id, caller.actor(), true).await.map(Answer)
}

/// Takes a template out of the archive.
#[utoipa::path(
    post, path = "/api/communication/templates/{id}/restore", tag = "templates",
    params(("id" = String, Path, description = "Template id")),
    responses(
        (status = 200, description = "The template as it is now", body = TemplateView),
        (status = 404, description = "template_unknown", body = ProblemBody),
    )
)]
pub async fn restore_template(
    State(state): State<ApiState>,
    Publisher(caller): Publisher,
    Path(id): Path<String>,
) -> Result<Answer<TemplateView>, ApiError> {
    put_away(&state, id, caller.actor(), false).await.map(Answer)
}

async fn put_away(state: &ApiState, id: String, actor: String, away: bool) -> Result<TemplateView, ApiError> {
    let before = find(state, &id, None).await?;
    let (now, wanted) = (state.now(), id.clone());
    if before.archived_at.is_some() != away {
        let name = before.template.name;
        let moved = state.store().write(move |tx| {
            let kind = if away { "template.archived" } else { "template.restored" };
            if away {
                templates::archive(tx, &wanted, now)?;
            } else {
                templates::restore(tx, &wanted)?;
            }
            journal::add(tx, &journal::Entry::new(now, actor, kind, name))
        });
        moved.await?;
    }
    let row = find(state, &id, None).await?;
    show(state, row).await
}

/// Writes all templates that are in use as one file, to keep or to carry to another computer.
#[utoipa::path(
    get, path = "/api/communication/templates/export", tag = "templates",
    responses(
        (status = 200, description = "A `templates.json` file: templates by id", body = BTreeMap<String, TemplateBody>),
    )
)]
pub async fn export_templates(
    State(state): State<ApiState>,
    _: Reader,
) -> Result<Answer<library::Templates>, ApiError> {
    let rows = state.store().read(templates::list).await?;
    let living = rows.into_iter().filter(|row| row.archived_at.is_none());
    Ok(Answer(living.map(|row| (row.template.id.clone(), row.template.into_body())).collect()))
}

/// What an import did.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct TemplateImport {
    /// Ids with a new version.
    pub added: Vec<String>,
    /// Those that were the same already.
    pub unchanged: usize,
}

/// Reads an exported file: each template that differs becomes a new version, or a new template. All or none.
#[utoipa::path(
    post, path = "/api/communication/templates/import", tag = "templates",
    request_body(content = BTreeMap<String, TemplateBody>, example = json!({
        "soiree_huitres": {"name": "Soirée huîtres", "purpose": "marketing", "sms": {"text": "{{ house_name }} : soirée huîtres vendredi."}},
    })),
    responses(
        (status = 200, description = "What was read", body = TemplateImport),
        (status = 422, description = "config_invalid, config_unknown_key, template_name_missing, \
            template_invalid, template_channel_missing, template_variable_invalid, \
            template_variable_unknown, template_too_heavy, template_too_large", body = ProblemBody),
    )
)]
pub async fn import_templates(
    State(state): State<ApiState>,
    Publisher(caller): Publisher,
    JsonText(file): JsonText,
) -> Result<Answer<TemplateImport>, ApiError> {
    let read = library::parse(&file)?;
    for (id, body) in &read {
        check(&state, id, body).await?;
    }
    let (actor, now) = (caller.actor(), state.now());
    let import = state.store().write(move |tx| {
        let mut import = TemplateImport { added: Vec::new(), unchanged: 0 };
        for (id, body) in read {
            let latest = templates::latest_row(tx, &id)?.map(|row| row.template);
            let base = latest.as_ref().map(|template| template.version);
            if latest.is_some_and(|template| template.into_body() == body) {
                import.unchanged += 1;
                continue;
            }
            templates::add_version(tx, &id, base, &body, &actor, now)?;
            journal::add(tx, &journal::Entry::new(now, actor.clone(), "template.saved", body.name))?;
            import.added.push(id);
        }
        Ok(import)
    });
    Ok(Answer(import.await?))
}
