//! What people's rights leave to be done later: the deadline of a request that comes near, and the providers
//! that still have to forget an erased person. Each provider is told again until it has answered.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{Account, AccountState, Problem},
    queue::Queue,
    store::{
        StoreError, accounts, alerts,
        rights::{self, Erasure},
    },
};

/// Kind of the alert, and code of its sentences.
const NOT_TOLD: &str = "erasure_not_told";
/// A provider that does not answer is asked again after this; the owner is told after a day of it.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(1);
const TOLD_AFTER_FAILURES: u32 = 24;
/// In one beat: a provider's quota is not ours to spend on one thing.
const AT_ONCE: u32 = 20;

/// Brings the alert about deadlines up to date, and tells providers whom to forget.
pub async fn look_after(queue: &Arc<Queue>, now: Timestamp) -> Result<(), StoreError> {
    queue.store.write(move |tx| rights::announce_due(tx, now)).await?;
    let due = queue.store.read(move |c| rights::erasures_due(c, now, AT_ONCE)).await?;
    for erasure in due {
        tell(queue, erasure, now).await?;
    }
    let open = queue.store.read(rights::erasures_open).await?;
    let alert = queue.store.read(|c| alerts::open_of_kind(c, NOT_TOLD)).await?;
    if open == 0 && !alert.is_empty() {
        queue.store.write(move |tx| alerts::resolve_kind(tx, NOT_TOLD, now)).await?;
    }
    Ok(())
}

async fn tell(queue: &Arc<Queue>, erasure: Erasure, now: Timestamp) -> Result<(), StoreError> {
    let id = erasure.account_id.clone();
    let account = queue.store.read(move |c| accounts::find(c, &id)).await?;
    let forgotten = match account {
        Some(account) if account.state != AccountState::Removed => {
            forget(queue, account, &erasure, now).await?
        }
        // Nobody is left to ask.
        _ => true,
    };
    queue
        .store
        .write(move |tx| {
            if forgotten {
                return rights::erasure_done(tx, &erasure);
            }
            rights::erasure_failed(tx, &erasure, now + AGAIN_AFTER)?;
            if erasure.failures + 1 == TOLD_AFTER_FAILURES {
                let alert = alerts::Raise {
                    kind: NOT_TOLD,
                    problem: Some(Problem::new(NOT_TOLD)),
                    ..alerts::Raise::default()
                };
                alerts::raise(tx, &alert, now)?;
            }
            Ok(())
        })
        .await
}

/// Whether the provider has nothing of that address any more.
async fn forget(
    queue: &Arc<Queue>,
    account: Account,
    erasure: &Erasure,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(connector) = queue.registry.get(&account.platform).cloned() else { return Ok(true) };
    let Some(messenger) = connector.messenger() else { return Ok(true) };
    let desk = queue.desk(account, queue.http.for_lane()).await?;
    match messenger.erase(&desk.access(queue, now), &erasure.address).await {
        // `false`: it offers no way, so nothing more can be done from here.
        Ok(_) => Ok(true),
        Err(failure) => {
            tracing::warn!(
                account.id = %erasure.account_id, code = %failure.problem.code,
                "A provider could not be told to forget somebody."
            );
            Ok(false)
        }
    }
}
