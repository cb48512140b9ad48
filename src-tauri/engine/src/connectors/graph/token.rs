//! Whose token was given, what it may do, and the Page that it acts for.
//!
//! The owner pastes what Meta shows: a Page token, or the token of a system user or of a person. Only
//! a Page token can publish, so the exchange happens here, when the account is connected, and not
//! days later in front of the first post (social-platforms reference 14.2).

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::{
    Graph,
    wire::{GraphError, GraphId, items, next_cursor, text_of},
};
use crate::{
    connectors::{Access, CheckFinding, Credentials, Failure, FailureClass, Revocation, Severity},
    domain::{Problem, TokenExpiry},
};

/// Pages of a list that are followed at most: 100 Pages each.
const MAX_LIST_PAGES: usize = 10;
/// A token that ends sooner than this is announced.
const SOON: jiff::SignedDuration = jiff::SignedDuration::from_hours(14 * 24);

/// What `/debug_token` says. Everything may be missing: not every server tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenDetails {
    /// `PAGE`, `USER`, `SYSTEM_USER`.
    pub kind: Option<String>,
    pub expiry: TokenExpiry,
    /// `None` = not told, which is not "none granted".
    pub scopes: Option<Vec<String>>,
    /// Scopes that are limited to some objects.
    pub granular: Vec<(String, Vec<String>)>,
    pub app_id: Option<String>,
}

/// A Page that a person's or a system user's token can act for.
#[derive(Clone, Debug)]
pub struct PageEntry {
    pub id: GraphId,
    pub name: String,
    pub token: Option<SecretString>,
    pub tasks: Option<Vec<String>>,
    pub instagram: Option<GraphId>,
}

/// The Page and the token that acts as the Page.
#[derive(Debug)]
pub struct PageAccess {
    pub id: GraphId,
    pub name: String,
    pub link: Option<String>,
    pub username: Option<String>,
    pub instagram: Option<GraphId>,
    pub token: SecretString,
    /// The given token was not a Page token; `token` was derived from it.
    pub derived: bool,
    /// The platform confirmed that the token acts as the Page.
    pub proven: bool,
    pub tasks: Option<Vec<String>>,
    /// About the Page token; `None` when the platform does not tell.
    pub details: Option<TokenDetails>,
}

/// The account's secret.
pub fn credential<'a>(access: &Access<'a>) -> Result<&'a SecretString, Failure> {
    access.credentials.get("page_token").ok_or_else(|| {
        Failure::new(FailureClass::Reauth, Problem::new("credential_missing").message("page_token"))
    })
}

/// An id that the owner typed; empty is none.
pub fn typed_id(access: &Access<'_>, key: &str) -> Result<Option<GraphId>, Failure> {
    match access.credentials.get(key).map(|id| id.expose_secret().trim()) {
        None | Some("") => Ok(None),
        Some(id) => GraphId::require(id).map(Some),
    }
}

/// Which Page is meant.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// Ids are those of the linked Instagram account instead of the Page.
    pub by_instagram: bool,
    /// Typed by the owner: another one is an error.
    pub explicit: Option<&'a GraphId>,
    /// The account's id so far; chooses among several.
    pub known: Option<&'a GraphId>,
}

impl Wanted<'_> {
    fn key<'p>(&self, page: &'p PageEntry) -> Option<&'p GraphId> {
        if self.by_instagram { page.instagram.as_ref() } else { Some(&page.id) }
    }
}

/// Finds the Page behind the given token and a token that acts as this Page. Only reads.
///
/// Errors: `Reauth` when the token is dead or has no such Page, `Content` with `page_choice_needed`
/// (the names in the message) when there are several.
pub async fn act_as_page(graph: &Graph<'_>, wanted: Wanted<'_>) -> Result<PageAccess, Failure> {
    let details = token_details(graph).await?;
    let kind = details.as_ref().and_then(|d| d.kind.as_deref());
    let entry = match kind {
        Some("PAGE") => None,
        Some(_) => Some(choose(list_pages(graph).await?, wanted)?),
        // Without details: only a person's or a system user's token has a list of Pages.
        None => match list_pages(graph).await {
            Ok(pages) if pages.is_empty() => None,
            Ok(pages) => Some(choose(pages, wanted)?),
            Err(failure) if failure.class == FailureClass::Content => None,
            Err(failure) => return Err(failure),
        },
    };

    let (id, token, derived, tasks) = match entry {
        Some(page) => {
            let token = page.token.ok_or_else(|| {
                Failure::new(FailureClass::Reauth, Problem::new("page_token_missing").message(&page.name))
            })?;
            (page.id, token, true, page.tasks)
        }
        None => (own_id(graph).await?, graph.token().clone(), false, None),
    };
    if !wanted.by_instagram && wanted.explicit.is_some_and(|expected| *expected != id) {
        return Err(Failure::new(
            FailureClass::Reauth,
            Problem::new("page_id_mismatch").message(id.as_str()),
        ));
    }

    let page_graph = graph.with_token(&token);
    let details = if derived { token_details(&page_graph).await? } else { details };
    let fields = if wanted.by_instagram {
        "id,name,access_token,instagram_business_account"
    } else {
        "id,name,access_token,link,username"
    };
    let page = page_graph.get(&format!("/{id}"), &[("fields", fields)]).await?;
    let is_page_token = details.as_ref().and_then(|d| d.kind.as_deref()) == Some("PAGE");
    Ok(PageAccess {
        name: text_of(&page, "name").unwrap_or(id.as_str()).to_owned(),
        link: text_of(&page, "link").map(str::to_owned),
        username: text_of(&page, "username").map(str::to_owned),
        instagram: page.get("instagram_business_account").and_then(|ig| GraphId::of(ig, "id")),
        proven: derived || is_page_token || text_of(&page, "access_token").is_some(),
        id,
        token,
        derived,
        tasks,
        details,
    })
}

/// The id of the token's own node.
pub async fn own_id(graph: &Graph<'_>) -> Result<GraphId, Failure> {
    let me = graph.get("/me", &[("fields", "id,name")]).await?;
    GraphId::of(&me, "id")
        .ok_or_else(|| Failure::new(FailureClass::Retry, Problem::new("unreadable_answer").message("me")))
}

/// Asks what the token is. `None` when the platform refuses to tell, which must not look like a
/// refusal of the token itself.
///
/// `input_token` is a parameter and there is no header for it. The Graph takes any read as a POST
/// with `method=get`, which keeps the token out of the address; a server that does not know this gets
/// the documented GET.
pub async fn token_details(graph: &Graph<'_>) -> Result<Option<TokenDetails>, Failure> {
    let token = graph.token().expose_secret();
    let in_body = graph.post("/debug_token", &[("input_token", token), ("method", "get")]).await;
    let answer = match in_body {
        Ok(body) if body.get("data").is_some_and(Value::is_object) => Ok(body),
        // "No such request" in the words of the Graph or of another server.
        Ok(_) => graph.get("/debug_token", &[("input_token", token)]).await,
        // 2500 is also how the Graph says that it knows no such path.
        Err(failure)
            if failure.class == FailureClass::Content
                || failure.problem.code == "unreadable_answer"
                || failure.problem.platform_code.as_deref() == Some("2500") =>
        {
            graph.get("/debug_token", &[("input_token", token)]).await
        }
        Err(failure) => Err(failure),
    };
    match answer {
        Ok(body) => match body.get("data") {
            Some(data) if data.is_object() => read_details(data, graph).map(Some),
            _ => Ok(None),
        },
        Err(failure) if failure.class == FailureClass::Content => Ok(None),
        Err(failure) => Err(failure),
    }
}

fn read_details(data: &Value, graph: &Graph<'_>) -> Result<TokenDetails, Failure> {
    if data.get("is_valid").and_then(Value::as_bool) == Some(false) {
        let verdict = GraphError::of(data).map(|error| (graph.verdict(&error), error));
        return Err(match verdict {
            Some((verdict, error))
                if matches!(verdict.class, FailureClass::Reauth | FailureClass::Blocked) =>
            {
                Failure::new(
                    verdict.class,
                    Problem::new(verdict.code).message(error.words()).platform_code(error.number()),
                )
            }
            _ => Failure::new(FailureClass::Reauth, Problem::new("token_invalid")),
        });
    }
    Ok(parse_details(data))
}

fn parse_details(data: &Value) -> TokenDetails {
    let strings = |value: &Value| -> Option<Vec<String>> {
        Some(value.as_array()?.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    };
    TokenDetails {
        kind: text_of(data, "type").map(str::to_uppercase),
        expiry: match data.get("expires_at").and_then(Value::as_i64) {
            Some(0) => TokenExpiry::Never,
            Some(at) => {
                Timestamp::from_second(at).map_or(TokenExpiry::Unknown, |at| TokenExpiry::Known { at })
            }
            None => TokenExpiry::Unknown,
        },
        scopes: data.get("scopes").and_then(strings),
        granular: data
            .get("granular_scopes")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|one| {
                let ids = one.get("target_ids").and_then(strings)?;
                Some((text_of(one, "scope")?.to_owned(), ids))
            })
            .collect(),
        app_id: GraphId::of(data, "app_id").map(|id| id.as_str().to_owned()),
    }
}

/// Where a business takes the tokens of its system users back.
pub const ACCESS_PAGE: &str = "https://business.facebook.com/settings/system-users";
/// Accounts that one grant of the owner may open: to revoke it would close all of them.
pub const ONE_GRANT: &[&str] = &["facebook", "instagram"];

/// Takes the grant of the token's owner back (`DELETE /me/permissions`). A Page token has no grant of its
/// own, which the Graph says by refusing.
pub async fn revoke(graph: &Graph<'_>) -> Result<Revocation, Failure> {
    match graph.withdraw_grant().await {
        Ok(()) => Ok(Revocation::Revoked),
        Err(failure) if failure.class == FailureClass::Reauth && is_dead(&failure) => Ok(Revocation::Revoked),
        Err(failure) if matches!(failure.class, FailureClass::Content | FailureClass::Reauth) => {
            tracing::info!(code = failure.problem.code, "This token cannot take its grant back.");
            Ok(Revocation::NotOffered)
        }
        Err(failure) => Err(failure),
    }
}

/// The token itself is refused, not what was asked with it.
fn is_dead(failure: &Failure) -> bool {
    failure.problem.platform_code.as_deref().is_some_and(|code| code == "190" || code.starts_with("190/"))
}

/// All Pages of a person's or a system user's token.
async fn list_pages(graph: &Graph<'_>) -> Result<Vec<PageEntry>, Failure> {
    let mut pages = Vec::new();
    let mut after: Option<String> = None;
    for _ in 0..MAX_LIST_PAGES {
        let mut query =
            vec![("fields", "id,name,access_token,tasks,instagram_business_account"), ("limit", "100")];
        if let Some(cursor) = &after {
            query.push(("after", cursor));
        }
        let body = graph.get("/me/accounts", &query).await?;
        pages.extend(items(&body).iter().filter_map(page_entry));
        after = next_cursor(&body);
        if after.is_none() {
            break;
        }
    }
    Ok(pages)
}

fn page_entry(item: &Value) -> Option<PageEntry> {
    let id = GraphId::of(item, "id")?;
    Some(PageEntry {
        name: text_of(item, "name").unwrap_or(id.as_str()).to_owned(),
        token: text_of(item, "access_token").map(SecretString::from),
        tasks: item
            .get("tasks")
            .and_then(Value::as_array)
            .map(|tasks| tasks.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
        instagram: item.get("instagram_business_account").and_then(|ig| GraphId::of(ig, "id")),
        id,
    })
}

fn choose(pages: Vec<PageEntry>, wanted: Wanted<'_>) -> Result<PageEntry, Failure> {
    let reauth = |code: &str| Err(Failure::new(FailureClass::Reauth, Problem::new(code)));
    if pages.is_empty() {
        return reauth("no_page");
    }
    let linked: Vec<PageEntry> = pages.into_iter().filter(|page| wanted.key(page).is_some()).collect();
    let missing = if wanted.by_instagram { "instagram_not_linked" } else { "page_not_managed" };
    let expected = wanted.explicit.or(wanted.known);
    let mut candidates: Vec<PageEntry> = match expected {
        Some(id) => linked.into_iter().filter(|page| wanted.key(page) == Some(id)).collect(),
        // A Page that was not ticked in Meta's dialog comes without a token; it is no choice.
        None if linked.iter().any(|page| page.token.is_some()) => {
            linked.into_iter().filter(|page| page.token.is_some()).collect()
        }
        None => linked,
    };
    if candidates.len() > 1 {
        let names: Vec<String> =
            candidates.iter().map(|page| format!("{} ({})", page.name, page.id)).collect();
        return Err(Failure::new(
            FailureClass::Content,
            Problem::new("page_choice_needed").message(names.join(", ")),
        ));
    }
    if candidates.is_empty() { reauth(missing) } else { Ok(candidates.swap_remove(0)) }
}

impl PageAccess {
    /// Only the Page's own token is kept: it is all that publishing needs. `None` = as given.
    pub fn credentials_to_keep(&self, had_id: bool) -> Option<Credentials> {
        (self.derived || had_id).then(|| {
            let mut credentials = Credentials::default();
            credentials.set("page_token", self.token.expose_secret());
            credentials
        })
    }

    pub fn expiry(&self) -> TokenExpiry {
        self.details.as_ref().map(|details| details.expiry).unwrap_or_default()
    }
}

/// A permission and what is lost without it.
pub struct Need {
    pub permission: &'static str,
    /// Finding code that names the lost function.
    pub lost: &'static str,
    pub severity: Severity,
}

/// Compares the granted permissions with the needed ones. Returns granted, missing and findings.
pub fn compare_permissions(
    details: Option<&TokenDetails>,
    page: &GraphId,
    needs: &[Need],
) -> (Vec<String>, Vec<String>, Vec<CheckFinding>) {
    let Some(scopes) = details.and_then(|d| d.scopes.as_ref()) else {
        return (Vec::new(), Vec::new(), vec![finding("permissions_unknown", Severity::Warning, None)]);
    };
    let granular = details.map_or(&[][..], |d| d.granular.as_slice());
    let granted_here = |permission: &str| {
        scopes.iter().any(|scope| scope == permission)
            && granular.iter().filter(|(scope, _)| scope == permission).all(|(scope, ids)| {
                // Instagram scopes name the Instagram account instead of the Page.
                scope.starts_with("instagram_") || ids.is_empty() || ids.iter().any(|id| id == page.as_str())
            })
    };
    let (mut missing, mut findings) = (Vec::new(), Vec::new());
    for need in needs.iter().filter(|need| !granted_here(need.permission)) {
        missing.push(need.permission.to_owned());
        findings.push(finding(need.lost, need.severity, Some(need.permission)));
    }
    (scopes.clone(), missing, findings)
}

/// Findings about the token itself.
pub fn token_findings(page: &PageAccess, now: Timestamp) -> Vec<CheckFinding> {
    let mut findings = Vec::new();
    if page.derived {
        findings.push(finding("page_token_derived", Severity::Ok, Some(&page.name)));
    }
    if !page.proven {
        findings.push(finding("page_rights_unproven", Severity::Warning, None));
    }
    findings.push(expiry_finding(page.expiry(), now));
    // `tasks` is only told with the list of Pages; its absence says nothing.
    if let Some(tasks) = &page.tasks
        && !tasks.iter().any(|task| {
            let task = task.trim_start_matches("PROFILE_PLUS_");
            matches!(task, "CREATE_CONTENT" | "MANAGE" | "FULL_CONTROL")
        })
    {
        findings.push(finding("task_missing", Severity::Error, Some("CREATE_CONTENT")));
    }
    findings
}

/// What is known of a token's end.
pub fn expiry_finding(expiry: TokenExpiry, now: Timestamp) -> CheckFinding {
    match expiry {
        TokenExpiry::Never => finding("token_never_expires", Severity::Ok, None),
        TokenExpiry::Unknown => finding("token_expiry_unknown", Severity::Warning, None),
        TokenExpiry::Known { at } if at.duration_since(now) < SOON => {
            finding("token_expires_soon", Severity::Warning, Some(&at.to_string()))
        }
        TokenExpiry::Known { at } => finding("token_expires", Severity::Ok, Some(&at.to_string())),
    }
}

pub fn finding(code: &str, severity: Severity, subject: Option<&str>) -> CheckFinding {
    CheckFinding { code: code.to_owned(), severity, subject: subject.map(str::to_owned) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn id(text: &str) -> GraphId {
        GraphId::parse(text).unwrap()
    }

    fn pages() -> Vec<PageEntry> {
        [
            json!({"id": "1", "name": "Moulin", "access_token": "a", "instagram_business_account": {"id": "91"}}),
            json!({"id": "2", "name": "Bar", "access_token": "b"}),
            json!({"id": "3", "name": "Not ticked"}),
            json!({"name": "no id"}),
        ]
        .iter()
        .filter_map(page_entry)
        .collect()
    }

    /// Social-platforms reference 1.1: 0 = never, absent = unknown.
    #[test]
    fn three_kinds_of_expiry() {
        let at = Timestamp::from_second(1_800_000_000).unwrap();
        assert_eq!(parse_details(&json!({"expires_at": 0})).expiry, TokenExpiry::Never);
        assert_eq!(parse_details(&json!({})).expiry, TokenExpiry::Unknown);
        assert_eq!(parse_details(&json!({"expires_at": null})).expiry, TokenExpiry::Unknown);
        assert_eq!(parse_details(&json!({"expires_at": 1_800_000_000})).expiry, TokenExpiry::Known { at });
    }

    #[test]
    fn a_page_is_chosen_only_when_there_is_no_doubt() {
        let code = |by_instagram, explicit: Option<&str>, known: Option<&str>| {
            let (explicit, known) = (explicit.map(id), known.map(id));
            let wanted = Wanted { by_instagram, explicit: explicit.as_ref(), known: known.as_ref() };
            choose(pages(), wanted).map(|page| page.id.to_string()).map_err(|failure| failure.problem.code)
        };
        assert_eq!(code(false, None, None), Err("page_choice_needed".into()));
        assert_eq!(code(false, Some("2"), None), Ok("2".into()));
        assert_eq!(code(false, Some("2"), Some("1")), Ok("2".into()));
        assert_eq!(code(false, None, Some("2")), Ok("2".into()));
        assert_eq!(code(false, Some("9"), None), Err("page_not_managed".into()));
        assert_eq!(code(true, None, None), Ok("1".into()));
        assert_eq!(code(true, Some("91"), None), Ok("1".into()));
        assert_eq!(code(true, Some("92"), None), Err("instagram_not_linked".into()));
        let any = Wanted { by_instagram: false, explicit: None, known: None };
        assert_eq!(choose(vec![], any).unwrap_err().problem.code, "no_page");
        assert!(choose(vec![pages().remove(2)], any).unwrap().token.is_none());
    }

    #[test]
    fn a_lost_permission_is_named() {
        const NEEDS: &[Need] = &[
            Need { permission: "pages_manage_posts", lost: "cannot_publish", severity: Severity::Error },
            Need { permission: "pages_show_list", lost: "cannot_list_pages", severity: Severity::Warning },
        ];
        let details = parse_details(&json!({
            "scopes": ["pages_manage_posts", "read_insights"],
            "granular_scopes": [{"scope": "pages_manage_posts", "target_ids": ["1"]}, {"scope": "read_insights"}],
        }));
        let (granted, missing, findings) = compare_permissions(Some(&details), &id("1"), NEEDS);
        assert_eq!(granted.len(), 2);
        assert_eq!(missing, ["pages_show_list"]);
        assert_eq!(findings[0].code, "cannot_list_pages");
        let (_, missing, _) = compare_permissions(Some(&details), &id("2"), NEEDS);
        assert_eq!(missing, ["pages_manage_posts", "pages_show_list"], "granted for another Page only");
        let (_, missing, findings) = compare_permissions(None, &id("1"), NEEDS);
        assert!(missing.is_empty(), "not told is not missing");
        assert_eq!(findings[0].code, "permissions_unknown");
    }
}
