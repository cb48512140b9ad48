//! One connected account, without its secrets.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{Lookup, ProblemView};
use crate::{
    connectors::{CheckFinding, Severity},
    domain::{Account, AccountSettings, AccountState, TokenExpiry},
    problems,
    store::{Connection, StoreError, deliveries, figures},
};

/// One line of the connection doctor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FindingView {
    pub code: String,
    pub severity: Severity,
    pub text: String,
    pub text_en: String,
    pub next_step: String,
    pub next_step_en: String,
}

/// The last check of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckView {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub ok: bool,
    pub findings: Vec<FindingView>,
}

/// The form in which a check is kept with its account.
#[derive(Deserialize)]
struct StoredCheck {
    at: Timestamp,
    ok: bool,
    #[serde(default)]
    findings: Vec<CheckFinding>,
}

/// How it stands with the figures of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CollectedView {
    /// Last time that the platform told figures.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub collected_at: Option<Timestamp>,
    /// Why it told none at the last attempt.
    pub problem: Option<ProblemView>,
    /// Not asked again before.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_try_at: Option<Timestamp>,
}

/// One connected account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AccountView {
    pub id: String,
    #[schema(example = "bluesky")]
    pub platform: String,
    pub label: String,
    pub handle: String,
    /// The platform's own id.
    pub remote_id: String,
    pub state: AccountState,
    /// Meant when a post names only the platform.
    pub is_default: bool,
    /// The platform bills each post to the owner: it is never chosen by itself.
    pub bills_each_post: bool,
    /// A pretend account of the practice mode.
    pub practice: bool,
    /// Own server, when it is not the platform's usual one.
    pub server: Option<String>,
    pub token_expiry: TokenExpiry,
    pub permissions: Vec<String>,
    pub missing_permissions: Vec<String>,
    /// Limits of the platform for this account, in the form of the descriptor.
    #[schema(value_type = Object)]
    pub limits: Value,
    pub settings: AccountSettings,
    /// Last four characters of the secret.
    pub credential_hint: String,
    pub last_check: Option<CheckView>,
    pub problem: Option<ProblemView>,
    /// `null` where the platform tells no figures.
    #[serde(default)]
    pub figures: Option<CollectedView>,
    /// Deliveries that are not finished.
    pub waiting: u64,
    /// Deliveries that are planned for a time after the known end of the access.
    pub at_risk: u64,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

/// Makes the view.
pub fn account_view(
    connection: &Connection,
    lookup: &Lookup,
    account: Account,
) -> Result<AccountView, StoreError> {
    let waiting = deliveries::count_waiting(connection, &account.id)?;
    let at_risk = match account.token_expiry {
        TokenExpiry::Known { at } => deliveries::count_planned_after(connection, &account.id, at)?,
        TokenExpiry::Never | TokenExpiry::Unknown => 0,
    };
    let limits = lookup.registry.get(&account.platform).map(|connector| {
        connector.publisher().map_or(connector.descriptor().limits, |_| connector.effective_limits(&account))
    });
    let connector = lookup.registry.get(&account.platform);
    let bills_each_post = connector.is_some_and(|connector| connector.bills_each_post());
    let tells_figures = connector.is_some_and(|connector| connector.insights().is_some());
    let figures = if tells_figures { Some(collected_view(connection, &account)?) } else { None };
    Ok(AccountView {
        bills_each_post,
        figures,
        limits: serde_json::to_value(limits).unwrap_or_default(),
        last_check: account.last_check.clone().and_then(check_view),
        problem: account.problem.as_ref().map(ProblemView::from),
        id: account.id.to_string(),
        platform: account.platform,
        label: account.label,
        handle: account.handle,
        remote_id: account.remote_id,
        state: account.state,
        is_default: account.is_default,
        practice: account.practice,
        server: account.server,
        token_expiry: account.token_expiry,
        permissions: account.permissions,
        missing_permissions: account.missing_permissions,
        settings: account.settings,
        credential_hint: account.credential_hint,
        waiting,
        at_risk,
        created_at: account.created_at,
    })
}

fn collected_view(connection: &Connection, account: &Account) -> Result<CollectedView, StoreError> {
    let state = figures::state(connection, &account.id)?;
    Ok(CollectedView {
        collected_at: state.taken_at,
        problem: state.problem.as_ref().map(ProblemView::from),
        next_try_at: state.not_before.filter(|_| state.problem.is_some()),
    })
}

/// The stored result of a test call, in words.
pub fn check_view(stored: Value) -> Option<CheckView> {
    let stored: StoredCheck = serde_json::from_value(stored).ok()?;
    let findings = stored.findings.into_iter().map(finding_view).collect();
    Some(CheckView { at: stored.at, ok: stored.ok, findings })
}

fn finding_view(finding: CheckFinding) -> FindingView {
    let text = problems::find_or_general(&finding.code);
    let with_subject = |sentence: &str| match &finding.subject {
        Some(subject) => format!("{sentence} ({subject})"),
        None => sentence.to_owned(),
    };
    FindingView {
        severity: finding.severity,
        text: with_subject(text.detail),
        text_en: with_subject(text.detail_en),
        next_step: text.next_step.to_owned(),
        next_step_en: text.next_step_en.to_owned(),
        code: finding.code,
    }
}
