//! The queue against a platform that costs nothing, next to bare SQLite on the same disk in the same run;
//! and ten thousand deliveries that are due together.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use vieux_moulin_engine::{
    clock::SystemClock,
    config::Config,
    connections::NewAccount,
    connectors::{Credentials, registry::Registry},
    domain::{AccountId, ContentKind, DeliveryId, DeliveryState, PostContent},
    engine::{Engine, EngineOptions},
    host::{HostOptions, Prepared},
    orchestrator::{By, PublishRequest},
    secrets::{KeySource, MasterKey, MemoryStore},
    store::{DATABASE_FILE, DataDirLock, Tx, deliveries},
};

use crate::{
    Plan,
    figures::{Budget, Table, disk},
    null::{Null, PLATFORM},
};

/// Accounts, one lane each.
const LANES: usize = 10;
/// Deliveries of one run of the rates.
const ITEMS: usize = 1000;
/// Deliveries that are due together.
const DUE: usize = 10_000;
/// Callers that plan at the same time.
const CALLERS: usize = 64;
/// Commits of one delivery on its way.
const COMMITS: [&str; 3] = ["preparing", "armed and sending", "outcome"];
const PATIENCE: Duration = Duration::from_mins(10);

/// An engine on a temporary folder, on the machine's own clock.
struct Bench {
    engine: Arc<Engine>,
    null: Arc<Null>,
    accounts: Vec<AccountId>,
    key: MasterKey,
    dir: TempDir,
}

impl Bench {
    async fn start() -> anyhow::Result<Self> {
        let (dir, key) = (tempfile::tempdir()?, MasterKey::generate());
        let null = Arc::new(Null::default());
        let options = EngineOptions {
            data_dir: dir.path().to_owned(),
            config: Config::load(dir.path())?,
            clock: SystemClock::shared(),
            registry: Registry::of(vec![null.clone()]),
            practice: false,
            tune: None,
        };
        let engine = Engine::start(DataDirLock::take(dir.path())?, &key, options).await?;
        let mut accounts = Vec::new();
        for n in 0..LANES {
            let mut credentials = Credentials::default();
            credentials.set("token", format!("account-{n}"));
            let new = NewAccount { platform: PLATFORM.into(), credentials, ..NewAccount::default() };
            let added = engine.connections.add(new, "window").await;
            accounts.push(added.map_err(|refusal| anyhow::anyhow!("{refusal:?}"))?.account.id);
        }
        Ok(Self { engine, null, accounts, key, dir })
    }

    /// Plans `count` deliveries through the product's own door, all for one instant.
    async fn plan(&self, count: usize, due_at: Timestamp) -> anyhow::Result<()> {
        let by = By { actor: "api:bench".into(), can_undo: false };
        stream::iter(0..count / LANES)
            .map(|n| {
                let request = PublishRequest {
                    content: PostContent {
                        body: format!("Plat du jour n° {n} : daube de bœuf, polenta, salade du jardin."),
                        hashtags: vec!["vieuxmoulin".into()],
                        ..PostContent::default()
                    },
                    platforms: self.accounts.iter().map(ToString::to_string).collect(),
                    scheduled_time: Some(due_at.to_string()),
                    kind: ContentKind::Event,
                    ..PublishRequest::default()
                };
                async { self.engine.orchestrator.publish(request, &by, None).await }
            })
            .buffer_unordered(CALLERS)
            .try_for_each(|_| futures::future::ready(Ok(())))
            .await
            .map_err(|refusal| anyhow::anyhow!("{refusal:?}"))
    }

    /// Waits until as many are published.
    async fn published(&self, count: usize) -> anyhow::Result<()> {
        let start = Instant::now();
        loop {
            // The platform's counter costs nothing to ask; the store is asked once it is reached.
            if self.null.sends.load(Ordering::Relaxed) >= count as u64 {
                let states = self.engine.store.read(deliveries::count_by_state).await?;
                if states.get(&DeliveryState::Published).copied().unwrap_or(0) >= count as u64 {
                    return Ok(());
                }
            }
            ensure!(start.elapsed() < PATIENCE, "Only {:?} calls", self.null.sends);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Another connection, as bare SQLite would be used: same file format, same cipher, same durability.
    fn bare(&self) -> anyhow::Result<rusqlite::Connection> {
        let connection = rusqlite::Connection::open(self.dir.path().join(format!("bare-{DATABASE_FILE}")))?;
        connection.pragma_update(None, "key", format!("x'{}'", *self.key.to_hex()).as_str())?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS items (id INTEGER PRIMARY KEY, state TEXT NOT NULL, body TEXT NOT NULL)",
        )?;
        Ok(connection)
    }
}

/// Items per second that one bare connection takes through as many durable commits as ours.
fn bare_rate(connection: &mut rusqlite::Connection, items: usize) -> anyhow::Result<f64> {
    connection.execute("DELETE FROM items", [])?;
    let transaction = connection.transaction()?;
    for id in 0..items as i64 {
        transaction.execute("INSERT INTO items VALUES (?1, 'queued', ?2)", (id, "x".repeat(300)))?;
    }
    transaction.commit()?;
    let start = Instant::now();
    for id in 0..items as i64 {
        for state in COMMITS {
            connection.prepare_cached("UPDATE items SET state = ?2 WHERE id = ?1")?.execute((id, state))?;
        }
    }
    Ok(items as f64 / start.elapsed().as_secs_f64())
}

/// Rows of the outbox per second, a thousand in each commit, copied from one that was planned.
async fn batches(bench: &Bench) -> anyhow::Result<f64> {
    const BATCHES: usize = 5;
    let rows = bench
        .engine
        .store
        .read(|c| deliveries::list(c, &deliveries::Filter { limit: 1, ..Default::default() }))
        .await?;
    let model = rows.into_iter().next().context("Nothing was planned")?;
    let start = Instant::now();
    for _ in 0..BATCHES {
        let mut row = model.clone();
        // Nobody looks at it: only the writing is measured.
        row.next_at = None;
        let write = move |tx: &Tx<'_>| {
            for _ in 0..ITEMS {
                row.id = DeliveryId::new();
                let key = row.id.to_string();
                deliveries::insert(tx, &row, &key)?;
            }
            Ok(())
        };
        bench.engine.store.write(write).await?;
    }
    Ok((BATCHES * ITEMS) as f64 / start.elapsed().as_secs_f64())
}

/// Planning and publishing, per second.
pub async fn rates(plan: &Plan) -> anyhow::Result<Table> {
    let mut table = Table::new("Queue: planning and publishing, no network");
    let (mut planned, mut enqueued, mut finished, mut bare) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..plan.runs {
        let bench = Bench::start().await?;
        table_disk(&mut table, &bench)?;
        let due_at = whole_second(Timestamp::now() + SignedDuration::from_secs(20));
        let start = Instant::now();
        bench.plan(ITEMS, due_at).await?;
        planned.push(ITEMS as f64 / start.elapsed().as_secs_f64());
        ensure!(Timestamp::now() < due_at, "Planning took longer than expected");
        let until: Duration = due_at.duration_since(Timestamp::now()).try_into().unwrap_or_default();
        tokio::time::sleep(until).await;
        let start = Instant::now();
        bench.published(ITEMS).await?;
        finished.push(ITEMS as f64 / start.elapsed().as_secs_f64());
        enqueued.push(batches(&bench).await?);
        let mut connection = bench.bare()?;
        bare.push(tokio::task::spawn_blocking(move || bare_rate(&mut connection, ITEMS / 5)).await??);
        bench.engine.stop().await;
    }
    table.row("Plan (gates, post, delivery, journal)", "deliveries/s", &planned, Budget::None);
    table.row("Enqueue in batches of 1000", "rows/s", &enqueued, Budget::AtLeast(50_000.0));
    table.row("Take and finish, 10 lanes", "deliveries/s", &finished, Budget::AtLeast(2000.0));
    table.row("Bare SQLCipher, one connection, 3 commits each", "items/s", &bare, Budget::None);
    table.note(
        "Durability: `synchronous = FULL`, WAL, encrypted; three commits for each delivery (preparing, armed \
         and sending, outcome). Lanes that commit together share one sync; the bare connection has nobody to share with.",
    );
    table.note(format!(
        "{ITEMS} deliveries in each run, {} posts on {LANES} accounts, planned by {CALLERS} callers at once through \
         the orchestrator.",
        ITEMS / LANES
    ));
    Ok(table)
}

/// Ten thousand at one instant on a platform that costs nothing, then some on the practice networks.
pub async fn due(plan: &Plan) -> anyhow::Result<Table> {
    let mut table = Table::new("On time: deliveries that are due together");
    let mut lateness = Lateness::default();
    for _ in 0..plan.runs {
        lateness.add(&all_at_once(&mut table).await?);
    }
    let name = "10 000 at one instant, 10 accounts";
    lateness.rows(&mut table, name, Budget::AtMost(15.0));
    table.note(format!(
        "{name}: {DUE} calls seen by the platform in each run, so none was lost and none made twice. Durability: \
         `synchronous = FULL`, WAL, encrypted, three commits each."
    ));
    let mut lateness = Lateness::default();
    for _ in 0..plan.runs {
        match practice(plan).await {
            Ok(late) => lateness.add(&late),
            Err(error) => table.note(format!("The practice networks were not measured: {error:#}.")),
        }
    }
    lateness.rows(&mut table, "150 on the practice networks, over HTTP", Budget::None);
    Ok(table)
}

/// First and last irreversible call after due (seconds) and how many were early, of each run.
#[derive(Default)]
struct Lateness {
    first: Vec<f64>,
    last: Vec<f64>,
    early: Vec<f64>,
}

impl Lateness {
    /// `late`: sorted milliseconds.
    fn add(&mut self, late: &[i64]) {
        let secs = |ms: Option<&i64>| ms.copied().unwrap_or(0) as f64 / 1000.0;
        self.first.push(secs(late.first()));
        self.last.push(secs(late.last()));
        self.early.push(late.iter().filter(|ms| **ms < 0).count() as f64);
    }

    fn rows(&self, table: &mut Table, name: &str, last: Budget) {
        if self.first.is_empty() {
            return;
        }
        table.row(&format!("{name}: first call after due"), "s", &self.first, Budget::AtMost(0.5));
        table.row(&format!("{name}: last call after due"), "s", &self.last, last);
        table.row(&format!("{name}: called early"), "deliveries", &self.early, Budget::AtMost(0.0));
    }
}

/// One run of the ten thousand: how late each call was, sorted.
async fn all_at_once(table: &mut Table) -> anyhow::Result<Vec<i64>> {
    let bench = Bench::start().await?;
    table_disk(table, &bench)?;
    let begun = Instant::now();
    // Planned far enough ahead for the slowest machine; moved closer by nobody.
    let due_at = whole_second(Timestamp::now() + SignedDuration::from_secs(planning_secs()));
    bench.plan(DUE, due_at).await?;
    ensure!(Timestamp::now() < due_at, "Planning took {:?}, longer than expected", begun.elapsed());
    let until: Duration = due_at.duration_since(Timestamp::now()).try_into().unwrap_or_default();
    tokio::time::sleep(until).await;
    bench.published(DUE).await?;
    let late = bench.engine.store.read(late_by).await?;
    let sends = bench.null.sends.load(Ordering::Relaxed);
    bench.engine.stop().await;
    ensure!(late.len() == DUE && sends == DUE as u64, "{} published by {sends} calls", late.len());
    Ok(late)
}

/// How long planning ten thousand may take before they are due.
fn planning_secs() -> i64 {
    if cfg!(debug_assertions) { 60 } else { 20 }
}

/// Milliseconds between due and the irreversible call, of everything that was published, sorted.
fn late_by(connection: &rusqlite::Connection) -> Result<Vec<i64>, vieux_moulin_engine::store::StoreError> {
    let mut statement = connection
        .prepare("SELECT sent_at - due_at AS late FROM deliveries WHERE state = 'published' ORDER BY late")?;
    let rows = statement.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Facebook, Bluesky and Mastodon of the practice mode, 50 posts each.
async fn practice(plan: &Plan) -> anyhow::Result<Vec<i64>> {
    const POSTS: usize = 50;
    let platforms = ["facebook", "bluesky", "mastodon"];
    let dir = tempfile::tempdir()?;
    let options = HostOptions {
        data_dir: Some(dir.path().to_owned()),
        port: Some(0),
        key: Some(KeySource::Store(Arc::new(MemoryStore::with(MasterKey::generate())))),
        practice: true,
        program: Some(plan.programs.join(format!("moulin{}", std::env::consts::EXE_SUFFIX))),
        without_demonstration: true,
        ..HostOptions::default()
    };
    let host = Prepared::new(options)?.start().await?;
    let due_at = whole_second(Timestamp::now() + SignedDuration::from_secs(15));
    let by = By { actor: "api:bench".into(), can_undo: false };
    for n in 0..POSTS {
        let request = PublishRequest {
            content: PostContent { body: format!("Menu n° {n} de la semaine."), ..PostContent::default() },
            platforms: platforms.map(str::to_owned).to_vec(),
            scheduled_time: Some(due_at.to_string()),
            ..PublishRequest::default()
        };
        let answer = host.engine.orchestrator.publish(request, &by, None).await;
        answer.map_err(|refusal| anyhow::anyhow!("{refusal:?}"))?;
    }
    let start = Instant::now();
    let late = loop {
        let late = host.engine.store.read(late_by).await?;
        if late.len() >= POSTS * platforms.len() {
            break late;
        }
        ensure!(start.elapsed() < PATIENCE, "only {} published", late.len());
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    host.stop().await;
    Ok(late)
}

fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

fn table_disk(table: &mut Table, bench: &Bench) -> anyhow::Result<()> {
    table.note(disk(bench.dir.path()).context("The disk's rate could not be measured")?);
    Ok(())
}
