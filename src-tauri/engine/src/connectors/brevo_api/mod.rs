//! What Brevo's mail and SMS share: one key, one account, one table of refusals, and lists of events that
//! are read day by day within an hourly quota.

mod client;
mod errors;
mod events;

pub(super) use client::{API_KEY, Client};
pub(super) use errors::{Effect, accept, incomplete, is_repetition};
pub(super) use events::{EventMarks, day_of, days_before, read_days};

use serde::Deserialize;

use super::{CheckFinding, Severity, provider::finding};

/// `GET /account`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Account {
    pub email: String,
    #[serde(default)]
    pub company_name: Option<String>,
    #[serde(default)]
    pub plan: Vec<Plan>,
}

/// Credits of one kind.
#[derive(Debug, Deserialize)]
pub(super) struct Plan {
    #[serde(rename = "type", default)]
    pub kind: String,
    #[serde(default)]
    pub credits: f64,
}

impl Account {
    pub fn label(&self) -> String {
        let name = self.company_name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        name.unwrap_or(&self.email).to_owned()
    }

    /// What is left, of SMS or of mail.
    pub fn credits(&self, sms: bool) -> f64 {
        self.plan.iter().filter(|plan| (plan.kind == "sms") == sms).map(|plan| plan.credits).sum()
    }

    /// A word about it; fewer than `few` are worth a warning.
    #[expect(clippy::cast_possible_truncation, reason = "a number of credits for a sentence")]
    pub fn money(&self, sms: bool, few: f64) -> CheckFinding {
        let left = self.credits(sms);
        let subject = Some((left.max(0.0) as i64).to_string());
        match left {
            none if none < 1.0 => finding("no_credit", Severity::Error, None),
            some if some < few => finding("few_credits", Severity::Warning, subject),
            _ => finding("credits_left", Severity::Ok, subject),
        }
    }
}
