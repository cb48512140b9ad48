//! The connection doctor: what a test call alone does not say. Whose token it is and what it may do, the
//! platform says; how long it lives, whether this computer's clock is right, and whether photographs of
//! this computer get through, is put beside it here.
//!
//! Everything together takes [`DEADLINE`] at most. It changes nothing at the platform; the owner's web site
//! is tested with a picture that goes there and back.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Connections, finding};
use crate::{
    connectors::{
        CheckFinding, Credentials, Failure, FailureClass, Http, Identity, Severity, SharedConnector,
        fetches_pictures,
    },
    domain::{Account, Problem, TokenExpiry},
};

/// For one examination.
pub const DEADLINE: Duration = Duration::from_secs(15);
/// An end nearer than this is told as soon.
const SOON: SignedDuration = SignedDuration::from_hours(24 * 14);
/// Clocks differ by less than this everywhere.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_secs(120);

impl Connections {
    /// Examines an account: the platform's own test call, and what is found besides.
    pub(super) async fn examine(
        &self,
        connector: &SharedConnector,
        account: &Account,
        credentials: &Credentials,
    ) -> Result<Identity, Failure> {
        let http = self.http.for_lane();
        let photos = async {
            // An account that is not verified is asked about again every two minutes.
            let is_asked = !account.is_unverified() && fetches_pictures(&**connector, account);
            if is_asked { self.photos().await } else { Vec::new() }
        };
        let call = self.call_within(connector, account, credentials, &http);
        let (answer, photos) = tokio::join!(call, photos);
        let clock = self.clock_finding(&http);
        let mut identity = answer.map_err(|failure| because_of_the_clock(failure, clock.as_ref()))?;
        let told = own_findings(&identity, self.clock.now());
        identity.findings.extend(told);
        identity.findings.extend(clock);
        identity.findings.extend(photos);
        Ok(identity)
    }

    /// The platform's own test call. One that takes too long goes on by itself: tokens that are being renewed
    /// in it must reach the store.
    async fn call_within(
        &self,
        connector: &SharedConnector,
        account: &Account,
        credentials: &Credentials,
        http: &Http,
    ) -> Result<Identity, Failure> {
        let (me, connector, account) = (self.clone(), connector.clone(), account.clone());
        let (credentials, http) = (credentials.clone(), http.clone());
        let call = tokio::spawn(async move {
            let vault = me.queue.vault(&account.id);
            me.call(&connector, &account, &credentials, &vault, &http).await
        });
        let failed = |code: &str| Err(Failure::new(FailureClass::Retry, Problem::new(code)));
        match tokio::time::timeout(self.check_deadline, call).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => failed("internal_error"),
            Err(_) => failed("platform_timeout"),
        }
    }

    /// Whether photographs of this computer get through to a network that fetches them.
    async fn photos(&self) -> Vec<CheckFinding> {
        match tokio::time::timeout(self.check_deadline, self.queue.media.check_web_site()).await {
            // The account itself is well without it.
            Ok(Some(found)) => found
                .into_iter()
                .map(|found| CheckFinding { severity: found.severity.min(Severity::Warning), ..found })
                .collect(),
            Ok(None) => vec![finding("photos_need_site", Severity::Warning)],
            Err(_) => vec![finding("media_host_unreachable", Severity::Warning)],
        }
    }

    /// How far this computer's clock is from the platform's.
    fn clock_finding(&self, http: &Http) -> Option<CheckFinding> {
        let theirs = http.last_date()?;
        let off = self.clock.now().duration_since(theirs);
        if off.abs() <= CLOCK_TOLERANCE {
            return None;
        }
        let stops = off.abs() > self.queue.policy().max_clock_skew;
        let (code, severity) = if stops {
            ("clock_wrong", Severity::Error)
        } else {
            ("clock_a_little_wrong", Severity::Warning)
        };
        let minutes = (off.as_secs() as f64 / 60.0).round() as i64;
        Some(CheckFinding { subject: Some(format!("{minutes:+} min")), ..finding(code, severity) })
    }
}

/// A refused login while the clock is wrong is the clock's fault more often than the token's.
fn because_of_the_clock(failure: Failure, clock: Option<&CheckFinding>) -> Failure {
    match clock {
        Some(found) if found.severity == Severity::Error && failure.class == FailureClass::Reauth => {
            let problem = Problem::new(&found.code).message(found.subject.clone().unwrap_or_default());
            Failure::new(FailureClass::Retry, problem)
        }
        _ => failure,
    }
}

/// What the answer of the test call means, where the connector has not said it itself.
fn own_findings(identity: &Identity, now: Timestamp) -> Vec<CheckFinding> {
    let mut told = Vec::new();
    let is_known = |code: &str| identity.findings.iter().any(|found| found.code.starts_with(code));
    if !is_known("token_") {
        told.push(match identity.token_expiry {
            TokenExpiry::Never => finding("token_never_expires", Severity::Ok),
            TokenExpiry::Unknown => finding("token_end_untold", Severity::Ok),
            TokenExpiry::Known { at } => {
                let soon = at.duration_since(now) < SOON;
                let (code, severity) = if soon {
                    ("token_expires_soon", Severity::Warning)
                } else {
                    ("token_expires", Severity::Ok)
                };
                CheckFinding { subject: Some(at.to_string()), ..finding(code, severity) }
            }
        });
    }
    for permission in &identity.missing_permissions {
        let is_told = identity.findings.iter().any(|found| found.subject.as_ref() == Some(permission));
        if !is_told {
            let lost = finding("permission_missing", Severity::Error);
            told.push(CheckFinding { subject: Some(permission.clone()), ..lost });
        }
    }
    if !identity.permissions.is_empty() && identity.missing_permissions.is_empty() {
        told.push(finding("permissions_complete", Severity::Ok));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(identity: &Identity) -> Vec<String> {
        let now = "2026-11-27T11:00:00Z".parse().unwrap();
        own_findings(identity, now).into_iter().map(|found| found.code).collect()
    }

    #[test]
    fn known_never_and_unknown_are_three_things() {
        let of = |token_expiry| codes(&Identity { token_expiry, ..Identity::default() });
        assert_eq!(of(TokenExpiry::Never), ["token_never_expires"]);
        assert_eq!(of(TokenExpiry::Unknown), ["token_end_untold"]);
        let at = |text: &str| TokenExpiry::Known { at: text.parse().unwrap() };
        assert_eq!(of(at("2026-12-01T00:00:00Z")), ["token_expires_soon"]);
        assert_eq!(of(at("2027-02-01T00:00:00Z")), ["token_expires"]);
    }

    #[test]
    fn what_the_connector_said_is_not_said_twice() {
        let identity = Identity {
            missing_permissions: vec!["write:media".into(), "read:statuses".into()],
            permissions: vec!["write:statuses".into()],
            findings: vec![
                finding("token_expiry_unknown", Severity::Warning),
                CheckFinding {
                    subject: Some("write:media".into()),
                    ..finding("cannot_publish", Severity::Error)
                },
            ],
            ..Identity::default()
        };
        assert_eq!(codes(&identity), ["permission_missing"]);
    }
}
