//! Tells the owner in good time that the access to an account comes to its end: 14, 7 and 1 days
//! before, and when it has come. One open alert for each account; a nearer step replaces the one before
//! and is told anew.
//!
//! Only an end that the platform named is announced. A token that is renewed without the owner has none,
//! and an unknown end is not the same as none: the doctor says so, nobody is woken for it.

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{Account, AccountState, Problem, TokenExpiry},
    store::{Store, StoreError, accounts, alerts},
};

/// Kind of the alert.
const KIND: &str = "token_ends";

/// The steps, nearest first: from how long before the end, and the code that it is told with.
const STEPS: [(SignedDuration, &str); 4] = [
    (SignedDuration::ZERO, "token_ended"),
    (SignedDuration::from_hours(24), "token_ends_in_a_day"),
    (SignedDuration::from_hours(24 * 7), "token_ends_in_a_week"),
    (SignedDuration::from_hours(24 * 14), "token_ends_in_two_weeks"),
];

/// Brings the alerts of all accounts up to date.
pub async fn announce(store: &Store, now: Timestamp) -> Result<(), StoreError> {
    let accounts = store.read(accounts::list).await?;
    let open = store.read(|c| alerts::open_of_kind(c, KIND)).await?;
    let told = |account: &Account| {
        open.iter().find(|alert| alert.account_id.as_deref() == Some(account.id.as_str()))
    };
    let mut changes = Vec::new();
    for account in &accounts {
        let told = told(account).and_then(|alert| alert.problem.as_ref()).map(|problem| &*problem.code);
        let step = step(account, now);
        if told != step {
            changes.push((account.id.to_string(), step));
        }
    }
    if changes.is_empty() {
        return Ok(());
    }
    store
        .write(move |tx| {
            for (account, step) in &changes {
                alerts::resolve_account(tx, account, KIND, now)?;
                if let Some(code) = step {
                    let alert = alerts::Raise {
                        account_id: Some(account.clone()),
                        kind: KIND,
                        problem: Some(Problem::new(*code)),
                        ..alerts::Raise::default()
                    };
                    alerts::raise(tx, &alert, now)?;
                }
            }
            Ok(())
        })
        .await
}

/// What there is to say about an account now.
fn step(account: &Account, now: Timestamp) -> Option<&'static str> {
    // Somebody who has to reconnect anyway needs no second message; what is removed needs none.
    if !matches!(account.state, AccountState::Connected | AccountState::Paused) {
        return None;
    }
    let TokenExpiry::Known { at } = account.token_expiry else { return None };
    let left = at.duration_since(now);
    STEPS.iter().find(|(before, _)| left <= *before).map(|(_, code)| *code)
}
