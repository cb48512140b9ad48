//! What is known about a message after a call, and everything that is written with it in one transaction.

use jiff::Timestamp;

use crate::{
    connectors::messenger::Accepted,
    domain::{AccountId, Channel, DeliveryState, Message, MessageId, Problem},
    store::{
        StoreError, Tx, alerts, lanes,
        messages::{self, MessageMove},
        suppressions,
    },
};

/// What is known about a message after a call, to be written.
#[derive(Clone)]
pub(super) struct Ending {
    pub id: MessageId,
    pub from: DeliveryState,
    pub to: DeliveryState,
    pub change: MessageMove,
    /// Nobody writes to this address any more.
    pub dead: Option<Suppress>,
    pub alert: Option<&'static str>,
    pub account: AccountId,
}

#[derive(Clone)]
pub(super) struct Suppress {
    pub channel: Channel,
    pub address: String,
    pub reason: suppressions::SuppressionReason,
}

impl Ending {
    pub fn back(message: &Message, account: &AccountId, now: Timestamp) -> Self {
        Self {
            id: message.id.clone(),
            from: DeliveryState::Preparing,
            to: DeliveryState::Queued,
            change: MessageMove {
                next_at: Some(Some(now)),
                owner: Some(None),
                attempts: -1,
                ..MessageMove::default()
            },
            dead: None,
            alert: None,
            account: account.clone(),
        }
    }

    pub fn accepted(message: &Message, from: DeliveryState, accepted: Accepted, account: &AccountId) -> Self {
        Self {
            id: message.id.clone(),
            from,
            to: DeliveryState::Published,
            change: MessageMove {
                problem: Some(None),
                remote_id: accepted.remote_id,
                doubtful: Some(false),
                ..MessageMove::default()
            },
            dead: None,
            alert: None,
            account: account.clone(),
        }
    }

    pub fn write(&self, tx: &Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
        messages::transition(tx, &self.id, &[self.from], self.to, &self.change, now)?;
        if self.to == DeliveryState::Published {
            let row = lanes::find(tx, &self.account)?;
            if row.consecutive_failures > 0 {
                let well = lanes::LaneRow { consecutive_failures: 0, ..row };
                lanes::set(tx, &self.account, &well, now)?;
            }
        }
        if let Some(dead) = &self.dead {
            suppressions::add(tx, dead.channel, &dead.address, dead.reason, "provider", now)?;
        }
        if let Some(kind) = self.alert {
            let problem = self.change.problem.clone().flatten().unwrap_or_else(|| Problem::new(kind));
            alert(tx, Some(&self.account), kind, &problem, now)?;
        }
        Ok(())
    }
}

/// One open alert for each account and kind, counted up.
pub(super) fn alert(
    tx: &Tx<'_>,
    account: Option<&AccountId>,
    kind: &'static str,
    problem: &Problem,
    now: Timestamp,
) -> Result<(), StoreError> {
    let raise = alerts::Raise {
        account_id: account.map(ToString::to_string),
        kind,
        problem: Some(problem.clone()),
        ..alerts::Raise::default()
    };
    alerts::raise(tx, &raise, now)
}
