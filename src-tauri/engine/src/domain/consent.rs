//! What a person agreed to: one line of the ledger, and what a line must say.
//!
//! The ledger only grows. The newest line of a person, purpose and channel is in force; a line that would
//! overrule a later withdrawal is refused, so that the newest line is always the last word.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ContactId, message::Channel};

/// What for. Each is agreed to, and withdrawn, by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConsentPurpose {
    Marketing,
    /// To see whether an e-mail was opened (CNIL, recommendation 2026-042): never part of the first.
    OpenTracking,
}

impl ConsentPurpose {
    pub const ALL: [Self; 2] = [Self::Marketing, Self::OpenTracking];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Marketing => "marketing",
            Self::OpenTracking => "open_tracking",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConsentState {
    Granted,
    Withdrawn,
}

impl ConsentState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// On what a line rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The person said yes.
    Consent,
    /// The address was given during a sale, with the right to refuse (CPCE, L34-5).
    SoftOptIn,
    Withdrawal,
}

impl Basis {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Consent => "consent",
            Self::SoftOptIn => "soft_opt_in",
            Self::Withdrawal => "withdrawal",
        }
    }
}

/// One line of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConsentEntry {
    pub id: i64,
    #[schema(value_type = String)]
    pub contact_id: ContactId,
    pub purpose: ConsentPurpose,
    pub channel: Channel,
    pub state: ConsentState,
    pub basis: Basis,
    /// When the person said it.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// When it was written down.
    #[schema(value_type = String, format = DateTime)]
    pub recorded_at: Timestamp,
    /// Where: `paper_card`, `web_form`, `telephone`, `import:file.csv`…
    pub source: String,
    /// Which words were agreed to.
    pub wording_version: Option<String>,
    /// What shows it: a scanned card, a row of a file.
    pub proof: Option<String>,
    /// Who wrote it down.
    pub actor: String,
}

/// A line to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewConsent {
    pub contact_id: ContactId,
    pub purpose: ConsentPurpose,
    pub channel: Channel,
    pub state: ConsentState,
    pub basis: Basis,
    pub at: Timestamp,
    pub source: String,
    pub wording_version: Option<String>,
    pub proof: Option<String>,
    pub actor: String,
}

/// Clocks differ this much.
const AHEAD: SignedDuration = SignedDuration::from_mins(10);

/// Longest source, wording version or proof, in characters.
const LONGEST: usize = 1000;

impl NewConsent {
    /// The person wants no more marketing on this channel. `source`: where it was said.
    pub fn withdrawal(contact_id: ContactId, channel: Channel, at: Timestamp, source: &str) -> Self {
        Self {
            contact_id,
            purpose: ConsentPurpose::Marketing,
            channel,
            state: ConsentState::Withdrawn,
            basis: Basis::Withdrawal,
            at,
            source: source.to_owned(),
            wording_version: None,
            proof: None,
            actor: "engine".into(),
        }
    }

    /// What the line lacks, as a problem code. A withdrawal is never refused for what it lacks.
    pub fn lacks(&self, now: Timestamp) -> Option<&'static str> {
        if self.state == ConsentState::Withdrawn {
            return (self.basis != Basis::Withdrawal).then_some("consent_basis_invalid");
        }
        let said = |text: &Option<String>| {
            text.as_deref()
                .map(str::trim)
                .is_some_and(|text| !text.is_empty() && text.chars().count() <= LONGEST)
        };
        if self.basis == Basis::Withdrawal {
            return Some("consent_basis_invalid");
        }
        if self.at > now + AHEAD {
            return Some("consent_date_invalid");
        }
        if self.source.trim().is_empty() || self.source.chars().count() > LONGEST {
            return Some("consent_source_missing");
        }
        if !said(&self.wording_version) {
            return Some("consent_wording_missing");
        }
        // A program stands at the form where the person ticked the box; everybody else retells.
        if !self.actor.starts_with("api:") && !said(&self.proof) {
            return Some("consent_proof_missing");
        }
        if self.purpose == ConsentPurpose::OpenTracking {
            if self.basis == Basis::SoftOptIn {
                return Some("soft_opt_in_not_possible");
            }
            if self.channel != Channel::Email {
                return Some("consent_channel_invalid");
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn now() -> Timestamp {
        "2026-11-27T12:00:00Z".parse().unwrap()
    }

    fn card() -> NewConsent {
        NewConsent {
            state: ConsentState::Granted,
            basis: Basis::Consent,
            wording_version: Some("carte-2026-1".into()),
            proof: Some("carte 112".into()),
            actor: "window".into(),
            ..NewConsent::withdrawal(ContactId::new(), Channel::Email, now(), "paper_card")
        }
    }

    #[test]
    fn a_grant_says_when_where_which_words_and_what_shows_it() {
        assert_eq!(card().lacks(now()), None);
        let none = || None;
        for (consent, code) in [
            (NewConsent { at: now() + SignedDuration::from_hours(1), ..card() }, "consent_date_invalid"),
            (NewConsent { source: " ".into(), ..card() }, "consent_source_missing"),
            (NewConsent { wording_version: none(), ..card() }, "consent_wording_missing"),
            (NewConsent { wording_version: Some(String::new()), ..card() }, "consent_wording_missing"),
            (NewConsent { proof: none(), ..card() }, "consent_proof_missing"),
            (NewConsent { proof: none(), actor: "cli".into(), ..card() }, "consent_proof_missing"),
            (NewConsent { proof: Some("  ".into()), ..card() }, "consent_proof_missing"),
            (NewConsent { basis: Basis::Withdrawal, ..card() }, "consent_basis_invalid"),
        ] {
            assert_eq!(consent.lacks(now()), Some(code), "{consent:?}");
        }
        // The form itself is the proof.
        assert_eq!(NewConsent { proof: None, actor: "api:site".into(), ..card() }.lacks(now()), None);
    }

    #[test]
    fn open_tracking_is_agreed_to_by_itself_and_only_for_mail() {
        let tracking = NewConsent { purpose: ConsentPurpose::OpenTracking, ..card() };
        assert_eq!(tracking.lacks(now()), None);
        let bought = NewConsent { basis: Basis::SoftOptIn, ..tracking.clone() };
        assert_eq!(bought.lacks(now()), Some("soft_opt_in_not_possible"));
        let by_sms = NewConsent { channel: Channel::Sms, ..tracking };
        assert_eq!(by_sms.lacks(now()), Some("consent_channel_invalid"));
    }

    #[test]
    fn a_withdrawal_needs_nothing() {
        let bare = NewConsent {
            source: String::new(),
            ..NewConsent::withdrawal(ContactId::new(), Channel::Sms, Timestamp::MAX, "")
        };
        assert_eq!(bare.lacks(now()), None);
        let wrong = NewConsent { basis: Basis::Consent, ..bare };
        assert_eq!(wrong.lacks(now()), Some("consent_basis_invalid"));
    }
}
