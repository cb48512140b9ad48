//! The copies of the database and its weekly check. Hourly, beside the work: a copy is read from one
//! moment of the database while the queue goes on.
//!
//! It decides when, how many stay, and whom a failure concerns; how a copy is made and verified is
//! [`backup`]'s.

use std::{
    path::Path,
    sync::{Arc, PoisonError, RwLock},
};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::{
    config::Backup,
    domain::Problem,
    queue::{Pause, Queue},
    store::{
        StoreError, alerts,
        backup::{self, CopyKind},
        restore, state,
    },
};

const LAST_COPY: &str = "last_daily_copy";
const LAST_CHECK: &str = "last_full_check";
/// An hour less than a day: the copy stays in the same part of the day.
const COPY_EVERY: SignedDuration = SignedDuration::from_hours(23);
const CHECK_EVERY: SignedDuration = SignedDuration::from_hours(24 * 7);

/// Makes the copies and checks the database.
#[derive(Clone)]
pub struct Safekeeping {
    queue: Arc<Queue>,
    copies: Arc<RwLock<Backup>>,
}

impl Safekeeping {
    pub fn new(queue: Arc<Queue>, copies: Backup) -> Self {
        Self { queue, copies: Arc::new(RwLock::new(copies)) }
    }

    pub fn set_copies(&self, copies: Backup) {
        *self.copies.write().unwrap_or_else(PoisonError::into_inner) = copies;
    }

    /// Does what is due. Failures are told to the person, not returned: the next hour tries again.
    pub async fn look_after(&self, now: Timestamp) {
        let copies = self.copies.read().unwrap_or_else(PoisonError::into_inner).clone();
        if copies.enabled {
            match self.copy(&copies, now).await {
                Ok(true) => self.settle("backup_failed", now).await,
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(code = error.code(), "The copy of the day failed: {error}.");
                    self.tell("backup_failed", now).await;
                    // A copy is also the daily reading of every page.
                    if matches!(error, StoreError::Damaged(_)) {
                        self.stop_sending(now).await;
                    }
                }
            }
        }
        if let Err(error) = self.check(now).await {
            tracing::error!(code = error.code(), "The weekly check failed: {error}.");
            if matches!(error, StoreError::Damaged(_)) {
                self.stop_sending(now).await;
            }
        }
    }

    /// Says whether a copy was due and is there now.
    async fn copy(&self, copies: &Backup, now: Timestamp) -> Result<bool, StoreError> {
        let store = &self.queue.store;
        let last: Option<Timestamp> = store.read(|c| state::get(c, LAST_COPY)).await?;
        if last.is_some_and(|last| last <= now && now.duration_since(last) < COPY_EVERY) {
            return Ok(false);
        }
        let Some(data_dir) = store.path().parent().map(Path::to_path_buf) else { return Ok(false) };
        let day = now.to_zoned(TimeZone::UTC).date();
        store.back_up(backup::path_of(&data_dir, CopyKind::Daily, &day.to_string())).await?;
        let week = day.iso_week_date();
        let weekly =
            backup::path_of(&data_dir, CopyKind::Weekly, &format!("{:04}-W{:02}", week.year(), week.week()));
        if copies.keep_weekly > 0 && !weekly.exists() {
            // Made anew, so that one bad sector cannot take the day's and the week's copy.
            store.back_up(weekly).await?;
        }
        let kept = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        backup::prune(&data_dir, CopyKind::Daily, kept(copies.keep_daily))?;
        backup::prune(&data_dir, CopyKind::Weekly, kept(copies.keep_weekly))?;
        backup::prune(&data_dir, CopyKind::BeforeMigration, kept(copies.keep_before_migration))?;
        store.write(move |tx| state::set(tx, LAST_COPY, &now)).await?;
        Ok(true)
    }

    async fn check(&self, now: Timestamp) -> Result<(), StoreError> {
        let store = &self.queue.store;
        let last: Option<Timestamp> = store.read(|c| state::get(c, LAST_CHECK)).await?;
        if last.is_some_and(|last| last <= now && now.duration_since(last) < CHECK_EVERY) {
            return Ok(());
        }
        store.check_fully().await?;
        store.write(move |tx| state::set(tx, LAST_CHECK, &now)).await
    }

    /// Damage: nothing leaves any more, and the next start looks at everything before it opens.
    async fn stop_sending(&self, now: Timestamp) {
        if let Err(error) = self.queue.set_pause(Pause::UntilResumed, "engine").await {
            tracing::error!(code = error.code(), "The pause could not be written: {error}.");
        }
        let noted = self.queue.store.write(move |tx| state::set(tx, restore::CHECK_NEXT, &now)).await;
        if let Err(error) = noted {
            tracing::error!(code = error.code(), "The damage could not be noted: {error}.");
        }
        self.tell("database_damaged", now).await;
    }

    async fn tell(&self, code: &'static str, now: Timestamp) {
        let alert =
            alerts::Raise { kind: code, problem: Some(Problem::new(code)), ..alerts::Raise::default() };
        if let Err(error) = self.queue.store.write(move |tx| alerts::raise(tx, &alert, now)).await {
            tracing::warn!(code = error.code(), "An alert could not be written: {error}.");
        }
    }

    async fn settle(&self, code: &'static str, now: Timestamp) {
        if let Err(error) = self.queue.store.write(move |tx| alerts::resolve_kind(tx, code, now)).await {
            tracing::warn!(code = error.code(), "An alert could not be closed: {error}.");
        }
    }
}
