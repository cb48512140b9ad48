//! Reading by polling: no network can call a computer behind a router, so we ask.
//!
//! Every five minutes while somebody looks, every thirty otherwise; reviews always every five, because a
//! bad one is told within ten minutes. Reading has connections of its own and never takes the turn of a
//! delivery: it waits while the account publishes, and it respects the patience that the platform asked of
//! the lane. A reading that fails stops nothing and nobody: it is tried later, and the screen says why.

use std::{collections::BTreeSet, sync::PoisonError, time::Duration};

use jiff::{SignedDuration, Timestamp};

use super::{Conversations, REVIEW_LOW};
use crate::{
    connectors::{Failure, FailureClass, Heard, ReadRequest, Said},
    domain::{
        Account, AccountId, AccountState, ConversationItem, ConversationItemId, ConversationKind, Problem,
    },
    store::{
        StoreError, Tx, accounts, alerts,
        conversations::{self, Noted, Reading},
        deliveries::{self, LaneWork},
    },
};

/// How often it is looked whether an account is due.
const BEAT: Duration = Duration::from_secs(30);
/// Between two readings while somebody looks, and always where there are reviews.
const OFTEN: SignedDuration = SignedDuration::from_mins(5);
const SELDOM: SignedDuration = SignedDuration::from_mins(30);
/// Between two readings that go further back.
const THOROUGH: SignedDuration = SignedDuration::from_hours(24);
/// A delivery that leaves within this time goes first.
const CLEARANCE: SignedDuration = SignedDuration::from_secs(30);
/// What an account said before it was connected is no news, except for what is as young as this.
const NEWS: SignedDuration = SignedDuration::from_hours(48);
/// Posts whose comments are read.
const POSTS: u32 = 25;
const POSTS_SINCE: SignedDuration = SignedDuration::from_hours(24 * 30);
/// Without the network it is soon tried again: a bad review is told within ten minutes of coming back.
const UNREACHABLE: SignedDuration = SignedDuration::from_mins(1);
/// A lost permission comes back by the owner's hand.
const REFUSED: SignedDuration = SignedDuration::from_mins(30);
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(6);

impl Conversations {
    /// Reads what is due, until shutdown.
    pub async fn read_until_stopped(self) {
        if !self.registry.iter().any(|connector| connector.conversation().is_some()) {
            return;
        }
        while !self.queue.shutdown.is_cancelled() {
            if let Err(error) = self.read_due().await {
                tracing::warn!(code = error.code(), "The conversations could not be looked after: {error}.");
            }
            tokio::select! {
                () = self.clock.sleep(BEAT) => {}
                () = self.presence.wake.notified() => {}
                () = self.queue.shutdown.cancelled() => return,
            }
        }
    }

    /// Reads every account now, except where the network asked readers for a pause: posts may live on the
    /// same quota.
    pub async fn read_now(&self) -> Result<(), StoreError> {
        let accounts = self.store.read(accounts::list).await?;
        let mut open = Vec::new();
        for account in accounts.into_iter().filter(|account| account.state == AccountState::Connected) {
            if !self.is_asked_to_wait(&account).await? {
                open.push(account);
            }
        }
        self.read_all(open.into_iter()).await;
        Ok(())
    }

    async fn is_asked_to_wait(&self, account: &Account) -> Result<bool, StoreError> {
        let (id, now) = (account.id.clone(), self.clock.now());
        let reading = self.store.read(move |c| conversations::reading(c, &id)).await?;
        let is_quota = reading.problem.as_ref().is_none_or(|problem| problem.code == "rate_limited");
        let waits = |at: Option<Timestamp>| at.is_some_and(|at| at > now && at <= now + LONGEST_WAIT * 4);
        Ok(is_quota && waits(reading.not_before))
    }

    async fn read_due(&self) -> Result<(), StoreError> {
        let accounts = self.store.read(accounts::list).await?;
        let mut due = Vec::new();
        for account in accounts {
            if account.state == AccountState::Connected && self.is_due(&account).await? {
                due.push(account);
            }
        }
        self.read_all(due.into_iter()).await;
        Ok(())
    }

    /// All at the same time: a slow network keeps nobody waiting. A panic ends one reading, not the others.
    async fn read_all(&self, accounts: impl Iterator<Item = Account>) {
        let readings: Vec<_> = accounts
            .filter(|account| self.connector_of(account).is_some())
            .map(|account| {
                let service = self.clone();
                tokio::spawn(async move { service.read_account(&account).await })
            })
            .collect();
        for reading in readings {
            match reading.await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    tracing::warn!(code = error.code(), "A reading could not be kept: {error}.");
                }
                Err(_) => tracing::error!("Reading conversations panicked."),
            }
        }
    }

    async fn is_due(&self, account: &Account) -> Result<bool, StoreError> {
        let Some(rules) = self.rules(&account.platform) else { return Ok(false) };
        let now = self.clock.now();
        let id = account.id.clone();
        let until = now + CLEARANCE;
        let (reading, next) = self
            .store
            .read(move |c| {
                Ok((conversations::reading(c, &id)?, deliveries::next_of_lane(c, &id, until, true)?))
            })
            .await?;
        let every = if self.is_looked_at() || rules.kinds.contains(&ConversationKind::Review) {
            OFTEN
        } else {
            SELDOM
        };
        // A time ahead of now is of a clock that was wrong.
        let since = reading.read_at.filter(|at| *at <= now).map(|at| now.duration_since(at));
        let waits = |at: Option<Timestamp>| at.is_some_and(|at| at > now && at <= now + LONGEST_WAIT * 4);
        if since.is_some_and(|since| since < every)
            || waits(reading.not_before)
            || waits(self.queue.lane_status(&account.id).not_before)
        {
            return Ok(false);
        }
        // A long row of posts does not silence the guests for ever.
        let is_overdue = since.is_some_and(|since| since > every + every);
        Ok(is_overdue || !matches!(next, LaneWork::Due(_)))
    }

    async fn read_account(&self, account: &Account) -> Result<(), StoreError> {
        let Some(connector) = self.connector_of(account) else { return Ok(()) };
        let Some(conversation) = connector.conversation() else { return Ok(()) };
        let turn = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            turns.entry(account.id.clone()).or_default().clone()
        };
        let _turn = turn.lock().await;
        let (id, now) = (account.id.clone(), self.clock.now());
        let since = now - POSTS_SINCE;
        let (before, posts) = self
            .store
            .read(move |c| {
                Ok((conversations::reading(c, &id)?, conversations::latest_posts(c, &id, since, POSTS)?))
            })
            .await?;
        let is_thorough = before.thorough_at.is_none_or(|at| at > now || now.duration_since(at) >= THOROUGH);
        let request = ReadRequest { marks: before.marks.clone(), posts, is_thorough };
        let desk = self.desk(account).await?;
        let heard = conversation.read(&desk.access(&self.queue, now), &request).await;
        let account = account.clone();
        match heard {
            Ok(heard) => {
                let pause = desk.http.take_pause().and_then(|pause| SignedDuration::try_from(pause).ok());
                let reading = Reading {
                    read_at: Some(now),
                    thorough_at: if is_thorough { Some(now) } else { before.thorough_at },
                    not_before: pause.map(|pause| now + pause.min(LONGEST_WAIT)),
                    failures: 0,
                    problem: None,
                    marks: heard.marks.clone(),
                };
                let is_first = before.read_at.is_none();
                self.store.write(move |tx| keep(tx, &account, heard, is_first, &reading, now)).await
            }
            Err(failure) => {
                tracing::info!(
                    account.id = %account.id, code = %failure.problem.code, "Conversations were not read."
                );
                let reading = after_failure(before, &failure, now);
                self.store.write(move |tx| conversations::set_reading(tx, &account.id, &reading)).await
            }
        }
    }
}

/// When it is tried again. The time of the last good reading stays.
fn after_failure(before: Reading, failure: &Failure, now: Timestamp) -> Reading {
    let failures = before.failures.saturating_add(1);
    let asked = failure.retry_after.and_then(|wait| SignedDuration::try_from(wait).ok());
    let wait = match (asked, failure.class) {
        (Some(asked), _) => asked,
        (None, FailureClass::NotSent) => UNREACHABLE,
        (None, FailureClass::Reauth | FailureClass::Blocked) => REFUSED,
        (None, _) => OFTEN * (1_i32 << failures.saturating_sub(1).min(7)),
    };
    Reading {
        failures,
        not_before: Some(now + wait.clamp(SignedDuration::from_secs(1), LONGEST_WAIT)),
        problem: Some(failure.problem.clone()),
        ..before
    }
}

/// Keeps what was read, says what is gone, and raises the alert of a low review: one transaction.
fn keep(
    tx: &Tx<'_>,
    account: &Account,
    heard: Heard,
    is_first: bool,
    reading: &Reading,
    now: Timestamp,
) -> Result<(), StoreError> {
    // Its words go with it.
    let is_there = accounts::find(tx, &account.id)?.is_some_and(|a| a.state != AccountState::Removed);
    if !is_there {
        return Ok(());
    }
    let seen: BTreeSet<String> = heard.items.iter().map(|said| said.remote_id.clone()).collect();
    for said in heard.items {
        let is_news = !is_first || said.changed_at > now - NEWS;
        let is_answered = said.answer.is_some();
        let item = item_of(account, said, now);
        let noted = conversations::note(tx, &item, now)?;
        if matches!(noted, Noted::New | Noted::Reworded) && item.is_low_review() && is_news && !is_answered {
            let alert = alerts::Raise {
                account_id: Some(account.id.to_string()),
                kind: REVIEW_LOW,
                problem: Some(Problem::new(REVIEW_LOW)),
                ..alerts::Raise::default()
            };
            alerts::raise(tx, &alert, now)?;
        }
    }
    for complete in heard.complete {
        let post = complete.post_remote_id.as_deref();
        conversations::note_deleted(tx, &account.id, post, complete.since, &seen, now)?;
    }
    resolve_alert(tx, &account.id, now)?;
    conversations::set_reading(tx, &account.id, reading)
}

fn resolve_alert(tx: &Tx<'_>, account: &AccountId, now: Timestamp) -> Result<(), StoreError> {
    if conversations::low_reviews(tx, account)?.is_empty() {
        alerts::resolve_account(tx, account.as_str(), REVIEW_LOW, now)?;
    }
    Ok(())
}

fn item_of(account: &Account, said: Said, now: Timestamp) -> ConversationItem {
    ConversationItem {
        id: ConversationItemId::new(),
        account_id: account.id.clone(),
        platform: account.platform.clone(),
        kind: said.kind,
        remote_id: said.remote_id,
        parent_remote_id: said.parent_remote_id,
        post_remote_id: said.post_remote_id,
        delivery_id: None,
        author: said.author.filter(|name| !name.trim().is_empty()),
        text: said.text.filter(|text| !text.trim().is_empty()),
        rating: said.rating.filter(|stars| (1..=5).contains(stars)),
        permalink: said.permalink,
        handle: said.handle,
        answer: said.answer,
        hidden: said.hidden,
        written_at: said.written_at,
        changed_at: said.changed_at.max(said.written_at),
        first_seen_at: now,
        deleted_at: None,
        read_at: None,
        handled_at: None,
    }
}
