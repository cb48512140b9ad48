//! The OpenAPI document: what the operations say of themselves, and what all of them have in common.
//!
//! The guard, the body reader and the store refuse every operation in the same words; those answers
//! are written here once, so that no operation can forget them.

use utoipa::{
    Modify, OpenApi,
    openapi::{
        ContentBuilder, HttpMethod, OpenApi as Whole, PathItem, Ref, RefOr, ResponseBuilder,
        path::{Operation, Parameter, ParameterIn},
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::{guard, problem::PROBLEM_JSON, routes};

/// Base of the document; the operations add themselves.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Le Vieux Moulin – communication",
        description = "Composer, programmer et publier les communications du restaurant. \
            Erreurs : `application/problem+json` avec un `code` stable. \
            Every request but the pulse needs a bearer token (or the dashboard's session).",
        license(name = "Tous droits réservés")
    ),
    modifiers(&Security),
    security(("token" = []), ("session" = [])),
    tags(
        (name = "posts", description = "Compose, plan, publish, change"),
        (name = "deliveries", description = "What leaves the machine, one per account, and the owner's decisions"),
        (name = "conversations", description = "Comments, mentions and reviews, and the answers to them"),
        (name = "templates", description = "The words of e-mails and SMS"),
        (name = "contacts", description = "Customers, their history, lists of them as files"),
        (name = "segments", description = "Choices of customers"),
        (name = "consents", description = "What people agreed to, who is not written to, people's rights"),
        (name = "accounts", description = "Connected accounts and the platforms"),
        (name = "analytics", description = "What the networks count about what was published"),
        (name = "media", description = "Pictures"),
        (name = "events", description = "What changes, as it changes"),
        (name = "journal", description = "Alerts, journal, technical log"),
        (name = "status", description = "State, pause"),
        (name = "settings", description = "General settings"),
        (name = "tokens", description = "Tokens of programs"),
        (name = "session", description = "Login of the dashboard"),
        (name = "practice", description = "The rehearsal mode")
    )
)]
struct Document;

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut Whole) {
        let components = document.components.get_or_insert_with(Default::default);
        components.add_security_scheme(
            "token",
            SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build()),
        );
        components.add_security_scheme(
            "session",
            SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(guard::SESSION_COOKIE))),
        );
    }
}

/// The OpenAPI document.
pub fn document() -> Whole {
    let (_, operations) = routes::all().split_for_parts();
    let mut document = Document::openapi();
    document.merge(operations);
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations_of(item) {
            complete(path, method, operation);
        }
    }
    document
}

/// The same document as text, as `docs/openapi.json` keeps it.
pub fn document_text() -> String {
    let document = serde_json::to_value(document()).unwrap_or_default();
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

fn operations_of(item: &mut PathItem) -> impl Iterator<Item = (HttpMethod, &mut Operation)> {
    [
        (HttpMethod::Get, &mut item.get),
        (HttpMethod::Post, &mut item.post),
        (HttpMethod::Patch, &mut item.patch),
        (HttpMethod::Delete, &mut item.delete),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// Adds the answers that the operation need not name itself, and the real type of all errors.
fn complete(path: &str, method: HttpMethod, operation: &mut Operation) {
    let mut common = vec![
        ("403", "bad_origin"),
        ("421", "bad_host"),
        ("429", "too_many_attempts"),
        ("500", "internal_error"),
        ("503", "disk_full, folder_read_only"),
    ];
    let is_public = path == "/api/health" || (path == "/api/session" && method == HttpMethod::Post);
    if !is_public {
        common.push(("400", "invalid_header"));
        common.push(("401", "not_signed_in, token_refused"));
        common.push(("403", "scope_missing, bad_origin"));
    }
    let is_query = |parameter: &RefOr<Parameter>| matches!(parameter, RefOr::T(parameter) if matches!(parameter.parameter_in, ParameterIn::Query));
    if operation.parameters.iter().flatten().any(is_query) {
        common.push(("400", "invalid_query"));
    }
    if operation.request_body.is_some() {
        common.push(("400", "malformed_json, invalid_header"));
        common.push(("408", "request_timeout"));
        common.push(("413", "body_too_large"));
        common.push(("415", "unsupported_media_type"));
        common.push(("422", "unknown_field, missing_field, invalid_field"));
    }
    let answers = &mut operation.responses.responses;
    // The later lines say more.
    for (status, codes) in common.into_iter().rev() {
        answers.entry(status.to_owned()).or_insert_with(|| {
            ResponseBuilder::new()
                .description(codes)
                .content(
                    PROBLEM_JSON,
                    ContentBuilder::new().schema(Some(Ref::from_schema_name("ProblemBody"))).build(),
                )
                .into()
        });
    }
    for (status, answer) in answers {
        if let (true, RefOr::T(answer)) = (status.starts_with(['4', '5']), answer)
            && let Some(content) = answer.content.swap_remove("application/json")
        {
            answer.content.insert(PROBLEM_JSON.to_owned(), content);
        }
    }
}
