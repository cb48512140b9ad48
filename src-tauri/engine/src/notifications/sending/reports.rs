//! What became of messages, and who wants no more: read by polling, because no provider can call a
//! computer behind a router.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Messaging, work::signed};
use crate::{
    connectors::{
        FailureClass,
        messenger::{OpenMessage, ReportRequest, Reports},
    },
    domain::{About, Account, AccountId, AccountState, Channel, Message, MessageEventKind, ReportedEvent},
    store::{
        StoreError, Tx, accounts,
        consents::{self, NewConsent},
        message_events::{self, Reading},
        messages, suppressions,
        suppressions::SuppressionReason,
    },
};

/// How often it is looked whether an account is due.
const BEAT: Duration = Duration::from_secs(20);
/// Opt-outs of each account are read this often.
const OFTEN: SignedDuration = SignedDuration::from_mins(15);
/// While messages are young.
const YOUNG: SignedDuration = SignedDuration::from_hours(1);
/// A message whose end is not known is asked about for so long.
const ASKED_FOR: SignedDuration = SignedDuration::from_hours(24 * 30);
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(6);
const OPEN: u32 = 1000;
/// Pages of one reading.
const PAGES: usize = 20;
/// Different days on which a mailbox refused before it is given up.
const SOFT_DAYS: u32 = 3;

impl Messaging {
    pub(super) async fn read_reports_until_stopped(self) {
        while !self.queue.shutdown.is_cancelled() {
            if let Err(error) = self.read_due_reports().await {
                tracing::warn!(code = error.code(), "The reports could not be looked after: {error}.");
            }
            tokio::select! {
                () = self.clock.sleep(BEAT) => {}
                () = self.queue.shutdown.cancelled() => return,
            }
        }
    }

    async fn read_due_reports(&self) -> Result<(), StoreError> {
        let accounts = self.store.read(accounts::list).await?;
        let now = self.clock.now();
        for account in accounts.into_iter().filter(|account| account.state == AccountState::Connected) {
            let Some(every) = self.report_every(&account) else { continue };
            let id = account.id.clone();
            let (reading, youngest) = self
                .store
                .read(move |c| {
                    let open = messages::open_of_account(c, &id, now - ASKED_FOR, OPEN)?;
                    Ok((message_events::reading(c, &id)?, open.last().and_then(|message| message.sent_at)))
                })
                .await?;
            let is_young = youngest.is_some_and(|at| now.duration_since(at) < YOUNG);
            let every = if is_young { every.min(OFTEN) } else { OFTEN };
            let since = reading.read_at.filter(|at| *at <= now).map(|at| now.duration_since(at));
            let waits = reading.not_before.is_some_and(|at| at > now && at <= now + LONGEST_WAIT * 4);
            if !waits && since.is_none_or(|since| since >= every) {
                self.read_reports(&account).await?;
            }
        }
        Ok(())
    }

    fn report_every(&self, account: &Account) -> Option<SignedDuration> {
        let messenger = self.registry.get(&account.platform)?.messenger()?;
        Some(signed(messenger.rules().report_every))
    }

    /// Reads the reports of one account now. One reading of an account at a time.
    pub async fn read_reports(&self, account: &Account) -> Result<(), StoreError> {
        {
            let mut readings = self.shared.readings.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if !readings.insert(account.id.clone()) {
                return Ok(());
            }
        }
        let read = self.read_pages(account).await;
        self.shared.readings.lock().unwrap_or_else(std::sync::PoisonError::into_inner).remove(&account.id);
        read
    }

    async fn read_pages(&self, account: &Account) -> Result<(), StoreError> {
        let Some(connector) = self.registry.get(&account.platform).cloned() else { return Ok(()) };
        let Some(messenger) = connector.messenger() else { return Ok(()) };
        let desk = self.queue.desk(account.clone(), self.queue.http.for_lane()).await?;
        for _ in 0..PAGES {
            let (id, now) = (account.id.clone(), self.clock.now());
            let (before, open) = self
                .store
                .read(move |c| {
                    Ok((
                        message_events::reading(c, &id)?,
                        messages::open_of_account(c, &id, now - ASKED_FOR, OPEN)?,
                    ))
                })
                .await?;
            let request = ReportRequest {
                marks: before.marks.clone(),
                open: open.into_iter().map(open_message).collect(),
            };
            let heard = messenger.report(&desk.access(&self.queue, now), &request).await;
            let (id, channel) = (account.id.clone(), messenger.rules().channel);
            match heard {
                Ok(reports) => {
                    let more = reports.more;
                    self.store.write(move |tx| keep(tx, &id, channel, reports, now)).await?;
                    if !more {
                        return Ok(());
                    }
                }
                Err(failure) => {
                    tracing::info!(account.id = %id, code = %failure.problem.code, "Reports were not read.");
                    let failures = before.failures.saturating_add(1);
                    let asked = failure.retry_after.map(signed);
                    let wait = asked.unwrap_or(match failure.class {
                        FailureClass::NotSent => SignedDuration::from_mins(1),
                        _ => SignedDuration::from_mins(2) * (1_i32 << failures.min(7)),
                    });
                    let reading = Reading {
                        failures,
                        not_before: Some(now + wait.clamp(SignedDuration::from_secs(1), LONGEST_WAIT)),
                        problem: Some(failure.problem),
                        ..before
                    };
                    return self.store.write(move |tx| message_events::set_reading(tx, &id, &reading)).await;
                }
            }
        }
        Ok(())
    }
}

fn open_message(message: Message) -> OpenMessage {
    OpenMessage {
        sent_at: message.sent_at.unwrap_or(message.updated_at),
        id: message.id,
        remote_id: message.remote_id,
        address: message.address,
    }
}

/// Keeps what was read and what follows from it, in one transaction with the marks of the reading.
fn keep(
    tx: &Tx<'_>,
    account: &AccountId,
    channel: Channel,
    reports: Reports,
    now: Timestamp,
) -> Result<(), StoreError> {
    for event in &reports.events {
        let message = message_events::subject(tx, account, &event.about, event.at)?;
        if let Some(message) = &message
            && !message_events::note(tx, &message.id, event)?
        {
            continue;
        }
        follow(tx, channel, message.as_ref(), event, now)?;
    }
    let reading =
        Reading { read_at: Some(now), not_before: None, failures: 0, problem: None, marks: reports.marks };
    message_events::set_reading(tx, account, &reading)
}

/// What a report means for the person: who says stop is left alone, from this commit on.
fn follow(
    tx: &Tx<'_>,
    channel: Channel,
    message: Option<&Message>,
    event: &ReportedEvent,
    now: Timestamp,
) -> Result<(), StoreError> {
    use MessageEventKind as K;
    let address = match (message, &event.about) {
        (Some(message), _) => message.address.as_str(),
        (None, About::Address(address)) => address.as_str(),
        (None, About::Message(_) | About::RemoteId(_)) => return Ok(()),
    };
    let reason = match event.kind {
        K::Unsubscribe | K::Stop => SuppressionReason::Stop,
        K::Complaint => SuppressionReason::Complaint,
        K::HardBounce => SuppressionReason::HardBounce,
        K::SoftBounce if message_events::soft_bounce_days(tx, channel, address)? >= SOFT_DAYS => {
            SuppressionReason::HardBounce
        }
        K::SoftBounce | K::Delivered | K::Deferred | K::Reply | K::Click | K::Open => return Ok(()),
    };
    suppressions::add(tx, channel, address, reason, "provider", now)?;
    if reason == SuppressionReason::HardBounce {
        return Ok(());
    }
    // Everybody who has this address: nobody else may write to it in their name.
    for contact in crate::store::contacts::by_address(tx, channel, address)? {
        consents::record(tx, &NewConsent::withdrawal(contact, channel, event.at, "provider"), now)?;
    }
    Ok(())
}
