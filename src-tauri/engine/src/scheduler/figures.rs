//! The collector: takes the figures of what was published, each post hourly for two days and then daily to
//! day 30, each account once a day.
//!
//! It only reads, and it keeps out of the way of what leaves: it has its own handle to the network, so that
//! no pause or clock of its answers reaches a lane; it waits where a lane waits, and does not start while
//! something of the account is about to leave. Its failures are kept with the account's figures and change
//! neither the account nor a delivery. What a sleeping computer missed stays a gap.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp, civil::Date};

use crate::{
    connectors::{
        Access, Connector, Failure, FailureClass, Http, Insights,
        insights::{AccountFigures, PostFigures, RefusedMetrics},
    },
    domain::{
        Account, AccountState, Credentials, Problem,
        figures::{PublishedPost, oldest_of_interest},
    },
    queue::Queue,
    store::{
        StoreError, accounts,
        figures::{self, DuePost, FigureState},
    },
};

/// The application starts and settles what it left open before figures are asked for.
const START_FIRST: Duration = Duration::from_mins(3);
/// Posts of one account in one round; the others have their turn in the next.
const MOST_POSTS: usize = 20;
/// No figures are asked for while something of the account is to leave within this time,
const KEEP_CLEAR: SignedDuration = SignedDuration::from_mins(2);
/// or should have left a moment ago.
const JUST_DUE: SignedDuration = SignedDuration::from_mins(5);
/// After the first failure; doubled by each further one.
const FIRST_WAIT: SignedDuration = SignedDuration::from_mins(5);
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(6);
/// A metric that was refused is asked for again after this time.
const REFUSED_FOR: SignedDuration = SignedDuration::from_hours(24 * 7);

/// Takes figures. Cheap to clone.
#[derive(Clone)]
pub struct Collector {
    queue: Arc<Queue>,
    /// One round at a time: a slow network must not make a crowd of them.
    running: Arc<tokio::sync::Mutex<()>>,
    /// On the monotonic hand.
    since: Duration,
}

/// One account in one round.
struct Visit<'a> {
    queue: &'a Queue,
    account: Account,
    insights: &'a dyn Insights,
    credentials: Credentials,
    http: Http,
    state: FigureState,
}

impl Collector {
    pub fn new(queue: Arc<Queue>) -> Self {
        let since = queue.clock.monotonic();
        Self { queue, running: Arc::default(), since }
    }

    /// A round, unless one is under way, or the application has just started: what has to leave comes first.
    pub async fn beat(&self) {
        if self.queue.clock.monotonic().saturating_sub(self.since) < START_FIRST {
            return;
        }
        if let Ok(running) = self.running.try_lock() {
            self.take_due().await;
            drop(running);
        }
    }

    /// Takes everything that is due now, after a round that is under way. Failures are noted, not returned.
    pub async fn round(&self) {
        let _running = self.running.lock().await;
        self.take_due().await;
    }

    async fn take_due(&self) {
        let accounts = match self.queue.store.read(accounts::list).await {
            Ok(accounts) => accounts,
            Err(error) => {
                tracing::warn!(
                    code = error.code(),
                    "The accounts could not be read for their figures: {error}."
                );
                return;
            }
        };
        let visits = accounts.into_iter().map(|account| async {
            let id = account.id.clone();
            if let Err(error) = self.visit(account).await {
                tracing::warn!(account.id = %id, code = error.code(), "Figures could not be kept: {error}.");
            }
        });
        tokio::select! {
            _ = futures::future::join_all(visits) => {}
            () = self.queue.shutdown.cancelled() => {}
        }
    }

    async fn visit(&self, account: Account) -> Result<(), StoreError> {
        let queue = &*self.queue;
        let Some(connector) = queue.registry.get(&account.platform).cloned() else { return Ok(()) };
        let Some(insights) = connector.insights() else { return Ok(()) };
        if !matches!(account.state, AccountState::Connected | AccountState::Paused) {
            return Ok(());
        }
        let id = account.id.clone();
        let (state, credentials) =
            queue.store.read(move |c| Ok((figures::state(c, &id)?, accounts::credentials(c, &id)?))).await?;
        let http = queue.http.for_lane();
        let mut visit = Visit { queue, account, insights, credentials, http, state };
        visit.take_all(&*connector).await
    }
}

impl Visit<'_> {
    async fn take_all(&mut self, connector: &dyn Connector) -> Result<(), StoreError> {
        if !self.may_ask().await? {
            return Ok(());
        }
        let today = self.today();
        if self.state.account_day != Some(today) && !self.take_account(today).await? {
            return Ok(());
        }
        if !self.insights.tells_posts() {
            return Ok(());
        }
        let (id, now) = (self.account.id.clone(), self.queue.clock.now());
        let due = self
            .queue
            .store
            .read(move |c| figures::due(c, &id, oldest_of_interest(now), now, MOST_POSTS))
            .await?;
        for batch in due.chunks(self.insights.batch().max(1)) {
            if !self.may_ask().await? || !self.take_posts(batch).await? {
                tracing::debug!(platform = connector.descriptor().id, "The figures wait.");
                return Ok(());
            }
        }
        Ok(())
    }

    /// Whether the account can be asked now without being in anybody's way.
    async fn may_ask(&self) -> Result<bool, StoreError> {
        let now = self.queue.clock.now();
        // No wait is longer: a later time was noted by a clock that was ahead.
        let waits = |at: Timestamp| at > now && at <= now + LONGEST_WAIT * 4;
        if self.state.not_before.is_some_and(waits)
            || self.queue.lane_status(&self.account.id).not_before.is_some_and(|at| at > now)
        {
            return Ok(false);
        }
        let id = self.account.id.clone();
        let busy = move |c: &_| figures::is_busy(c, &id, now - JUST_DUE, now + KEEP_CLEAR);
        Ok(!self.queue.store.read(busy).await?)
    }

    fn today(&self) -> Date {
        self.queue.clock.now().to_zoned(self.queue.policy().timezone).date()
    }

    /// Metrics that are not asked for now.
    fn refused(&self) -> RefusedMetrics {
        let now = self.queue.clock.now();
        let lately = self.state.refused.iter().filter(|(_, at)| now.duration_since(**at) < REFUSED_FOR);
        lately.map(|(name, _)| name.clone()).collect()
    }

    /// Says whether the round may go on.
    async fn take_account(&mut self, today: Date) -> Result<bool, StoreError> {
        let answer = self.ask_account().await;
        let now = self.queue.clock.now();
        let (told, goes_on) = match answer {
            Ok(told) => {
                self.succeeded(&told.refused, now);
                self.state.account_day = Some(today);
                (told, true)
            }
            Err(failure) if failure.class == FailureClass::Content => {
                // This question is refused, others may be answered; asked again tomorrow.
                self.state.problem = Some(failure.problem);
                self.state.account_day = Some(today);
                (AccountFigures::default(), true)
            }
            Err(failure) => {
                self.failed(failure, now);
                (AccountFigures::default(), false)
            }
        };
        let (id, state) = (self.account.id.clone(), self.state.clone());
        self.queue
            .store
            .write(move |tx| {
                if !told.now.is_empty() {
                    figures::add_account_day(tx, &id, today, now, &told.now)?;
                }
                for (day, figures) in told.days.iter().filter(|(_, figures)| !figures.is_empty()) {
                    figures::add_account_day(tx, &id, *day, now, figures)?;
                }
                figures::set_state(tx, &id, &state)
            })
            .await?;
        Ok(goes_on && self.keeps_pace().await?)
    }

    /// Says whether the round may go on.
    async fn take_posts(&mut self, batch: &[DuePost]) -> Result<bool, StoreError> {
        let answer = self.ask_posts(batch).await;
        let now = self.queue.clock.now();
        let (told, problem, goes_on) = match answer {
            Ok(told) => {
                self.succeeded(&told.refused, now);
                (told, Some(Problem::new("object_gone")), true)
            }
            // About these posts only: they are asked about again in their next hour or day.
            Err(failure) if failure.class == FailureClass::Content => {
                (PostFigures::default(), Some(failure.problem), true)
            }
            Err(failure) => {
                self.failed(failure, now);
                (PostFigures::default(), None, false)
            }
        };
        let (id, state, batch) = (self.account.id.clone(), self.state.clone(), batch.to_vec());
        self.queue
            .store
            .write(move |tx| {
                for DuePost { delivery, post } in &batch {
                    let figures = told.by_remote_id.get(&post.remote_id);
                    if goes_on {
                        figures::asked(tx, delivery, now, problem.as_ref().filter(|_| figures.is_none()))?;
                    }
                    if let Some(figures) = figures.filter(|figures| !figures.is_empty()) {
                        figures::add_post(tx, delivery, now, figures)?;
                    }
                }
                figures::set_state(tx, &id, &state)
            })
            .await?;
        Ok(goes_on && self.keeps_pace().await?)
    }

    async fn ask_account(&self) -> Result<AccountFigures, Failure> {
        let (platform, base_url) = self.address();
        let vault = self.queue.vault(&self.account.id);
        let access = self.access(&vault, &platform, &base_url);
        self.insights.account(&access, &self.refused()).await
    }

    async fn ask_posts(&self, batch: &[DuePost]) -> Result<PostFigures, Failure> {
        let posts: Vec<PublishedPost> = batch.iter().map(|due| due.post.clone()).collect();
        let (platform, base_url) = self.address();
        let vault = self.queue.vault(&self.account.id);
        let access = self.access(&vault, &platform, &base_url);
        self.insights.posts(&access, &posts, &self.refused()).await
    }

    fn address(&self) -> (crate::config::PlatformConfig, String) {
        let platform = (self.queue.platforms)(&self.account.platform);
        let base_url = self.account.server.clone().unwrap_or_else(|| platform.base_url.clone());
        (platform, base_url.trim_end_matches('/').to_owned())
    }

    fn access<'a>(
        &'a self,
        vault: &'a dyn crate::connectors::CredentialVault,
        platform: &'a crate::config::PlatformConfig,
        base_url: &'a str,
    ) -> Access<'a> {
        Access {
            account: &self.account,
            credentials: &self.credentials,
            vault,
            http: &self.http,
            media: &*self.queue.media,
            base_url,
            platform,
            now: self.queue.clock.now(),
        }
    }

    fn succeeded(&mut self, refused: &RefusedMetrics, now: Timestamp) {
        self.state.taken_at = Some(now);
        self.state.failures = 0;
        self.state.problem = None;
        self.state.not_before = None;
        self.state.refused.retain(|_, at| now.duration_since(*at) < REFUSED_FOR);
        self.state.refused.extend(refused.iter().map(|name| (name.clone(), now)));
    }

    fn failed(&mut self, failure: Failure, now: Timestamp) {
        self.state.failures = self.state.failures.saturating_add(1);
        let own = match failure.class {
            // Somebody has to do something first.
            FailureClass::Reauth | FailureClass::Blocked => LONGEST_WAIT,
            _ => FIRST_WAIT * 2_i32.saturating_pow(self.state.failures.saturating_sub(1).min(7)),
        };
        let wait = own.min(LONGEST_WAIT).max(failure.retry_after.map_or(SignedDuration::ZERO, signed));
        tracing::info!(
            account.id = %self.account.id, code = %failure.problem.code, wait_secs = wait.as_secs(),
            "The network tells no figures now."
        );
        self.state.not_before = Some(now + wait);
        self.state.problem = Some(failure.problem);
    }

    /// A network that asks for a pause gets it from the figures, long before what is published has to wait.
    async fn keeps_pace(&mut self) -> Result<bool, StoreError> {
        let Some(pause) = self.http.take_pause() else { return Ok(true) };
        self.state.not_before = Some(self.queue.clock.now() + signed(pause));
        let (id, state) = (self.account.id.clone(), self.state.clone());
        self.queue.store.write(move |tx| figures::set_state(tx, &id, &state)).await?;
        Ok(false)
    }
}

/// A wait of at most a day.
fn signed(wait: Duration) -> SignedDuration {
    SignedDuration::try_from(wait).unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT * 4)
}
