//! An engine in the test's own process: temporary folder, key in memory, a clock that the test moves.

use std::{path::Path, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use tokio::sync::broadcast;
use vieux_moulin_engine::{
    clock::FakeClock,
    config::Config,
    connections::NewAccount,
    connectors::{Credentials, Kind, SharedConnector, registry::Registry},
    domain::{AccountId, ConversationKind, Delivery, DeliveryId, DeliveryState, PostContent, PostId},
    engine::{Engine, EngineOptions},
    events::Event,
    orchestrator::{By, PublishRequest, Published, Refusal},
    queue::QueuePolicy,
    secrets::MasterKey,
    store::{DataDirLock, DatabaseKey, StoreError, alerts, attempts, deliveries},
};

use crate::{
    post_office::{PostOffice, ScriptedMessenger},
    scripted::{Scripted, World},
};

/// Friday 27 November 2026, noon in Paris.
pub const NOON: &str = "2026-11-27T11:00:00Z";

/// One step of the clock while a test waits.
const STEP: Duration = Duration::from_secs(1);

/// A running engine with scripted platforms.
pub struct TestApp {
    pub engine: Arc<Engine>,
    pub clock: Arc<FakeClock>,
    pub worlds: Vec<Arc<World>>,
    pub offices: Vec<Arc<PostOffice>>,
    events: broadcast::Receiver<Event>,
    key: MasterKey,
    tune: Option<fn(&mut QueuePolicy)>,
    dir: TempDir,
}

/// A door that never leaves time to undo.
pub fn program() -> By {
    By { actor: "api:test".into(), can_undo: false }
}

/// A person at a screen.
pub fn person() -> By {
    By { actor: "window".into(), can_undo: true }
}

impl TestApp {
    /// Starts with one platform per entry: id, kind, own scheduler.
    pub async fn start(platforms: &[(&'static str, Kind, bool)]) -> Self {
        Self::tuned(platforms, None).await
    }

    /// [`TestApp::start`] with changed numbers.
    pub async fn tuned(platforms: &[(&'static str, Kind, bool)], tune: Option<fn(&mut QueuePolicy)>) -> Self {
        let server = answering_server().await;
        let worlds = platforms
            .iter()
            .map(|(id, kind, hands_over)| World::new(id, *kind, *hands_over, &server))
            .collect();
        let clock = FakeClock::at(NOON.parse().expect("instant"));
        let (dir, key) = (tempfile::tempdir().expect("folder"), MasterKey::generate());
        Self::over(dir, key, clock, (worlds, Vec::new()), tune).await
    }

    /// Starts with these providers of messages, and one account at each, in a house that may write.
    pub async fn writing(offices: Vec<Arc<PostOffice>>) -> Self {
        let clock = FakeClock::at(NOON.parse().expect("instant"));
        let (dir, key) = (tempfile::tempdir().expect("folder"), MasterKey::generate());
        let settings = r#"{ "messages": { "house_address": "1 route du Moulin, 33590 Vensac",
            "reply_to": "contact@levieuxmoulin.example", "sms_sender": "VIEUXMOULIN" } }"#;
        std::fs::write(dir.path().join("settings.json"), settings).expect("settings");
        let app = Self::over(dir, key, clock, (Vec::new(), offices), None).await;
        for office in &app.offices {
            app.account(office.id(), "maison").await;
        }
        app
    }

    /// One platform where people say things of these kinds, and one account on it.
    pub async fn conversing(kind: Kind, kinds: &'static [ConversationKind]) -> (Self, AccountId) {
        let server = answering_server().await;
        let worlds = vec![World::talking("scripted", kind, false, &server, kinds)];
        let clock = FakeClock::at(NOON.parse().expect("instant"));
        let (dir, key) = (tempfile::tempdir().expect("folder"), MasterKey::generate());
        let app = Self::over(dir, key, clock, (worlds, Vec::new()), None).await;
        let account = app.account("scripted", "one").await;
        (app, account)
    }

    async fn over(
        dir: TempDir,
        key: MasterKey,
        clock: Arc<FakeClock>,
        (worlds, offices): (Vec<Arc<World>>, Vec<Arc<PostOffice>>),
        tune: Option<fn(&mut QueuePolicy)>,
    ) -> Self {
        let lock = take_lock(dir.path()).await;
        let posts = worlds.iter().map(|world| Arc::new(Scripted(world.clone())) as SharedConnector);
        let messages = offices.iter().map(|office| Arc::new(ScriptedMessenger(office.clone())) as _);
        let registry = Registry::of(posts.chain(messages).collect());
        let options = EngineOptions {
            data_dir: dir.path().to_owned(),
            config: Config::load(dir.path()).expect("config"),
            clock: clock.clone(),
            registry,
            practice: false,
            tune,
        };
        let engine = Engine::start(lock, &key, options).await.expect("start");
        let events = engine.events.subscribe(None).0;
        Self { engine, clock, worlds, offices, events, key, tune, dir }
    }

    /// Ends this run in good order and starts the next one on the same folder.
    pub async fn restart(self) -> Self {
        self.restart_after(|_, _| {}).await
    }

    /// [`TestApp::restart`] with something done to the folder while nothing runs.
    pub async fn restart_after(self, between: impl FnOnce(&Path, &DatabaseKey)) -> Self {
        let Self { engine, clock, worlds, offices, key, tune, dir, events } = self;
        drop(events);
        engine.stop().await;
        drop(engine);
        drop(take_lock(dir.path()).await);
        between(dir.path(), &DatabaseKey::new(*key.as_bytes()));
        Self::over(dir, key, clock, (worlds, offices), tune).await
    }

    pub fn data_dir(&self) -> &Path {
        self.dir.path()
    }

    /// Another connection to the database, as a copying program or a second tool would have.
    pub fn open_database(&self) -> rusqlite::Connection {
        let path = self.dir.path().join(vieux_moulin_engine::store::DATABASE_FILE);
        let connection = rusqlite::Connection::open(path).expect("database");
        let key = format!("x'{}'", *self.key.to_hex());
        connection.pragma_update(None, "key", key.as_str()).expect("key");
        connection
    }

    /// The first platform, for tests with one.
    pub fn world(&self) -> &Arc<World> {
        self.worlds.first().expect("a platform")
    }

    /// Connects an account of that name.
    pub async fn account(&self, platform: &str, name: &str) -> AccountId {
        let mut credentials = Credentials::default();
        credentials.set("token", name);
        let new = NewAccount { platform: platform.into(), credentials, ..NewAccount::default() };
        self.engine.connections.add(new, "window").await.expect("connected").account.id
    }

    pub fn now(&self) -> Timestamp {
        use vieux_moulin_engine::clock::Clock as _;
        self.clock.now()
    }

    /// A request for one target, due after `after` (`None` = at once).
    pub fn request(&self, text: &str, to: &str, after: Option<SignedDuration>) -> PublishRequest {
        PublishRequest {
            content: PostContent { body: text.into(), ..PostContent::default() },
            platforms: vec![to.into()],
            scheduled_time: after.map(|after| (self.now() + after).to_string()),
            ..PublishRequest::default()
        }
    }

    pub async fn publish(&self, request: PublishRequest) -> Published {
        self.try_publish(request).await.expect("planned")
    }

    pub async fn try_publish(&self, request: PublishRequest) -> Result<Published, Refusal> {
        self.engine.orchestrator.publish(request, &program(), None).await
    }

    /// Plans a text on one target and returns its delivery.
    pub async fn plan(&self, text: &str, to: &str, after: Option<SignedDuration>) -> DeliveryId {
        let published = self.publish(self.request(text, to, after)).await;
        published.deliveries.first().expect("a delivery").id.clone()
    }

    pub async fn delivery(&self, id: &DeliveryId) -> Delivery {
        let id = id.clone();
        self.engine.store.read(move |c| deliveries::find(c, &id)).await.expect("read").expect("there")
    }

    pub async fn state(&self, id: &DeliveryId) -> DeliveryState {
        self.delivery(id).await.state
    }

    pub async fn of_post(&self, id: &PostId) -> Vec<Delivery> {
        let id = id.clone();
        self.engine.store.read(move |c| deliveries::of_post(c, &id)).await.expect("read")
    }

    /// Log of a delivery as `step outcome`.
    pub async fn log(&self, id: &DeliveryId) -> Vec<String> {
        let id = id.clone();
        let log = self.engine.store.read(move |c| attempts::of_delivery(c, &id)).await.expect("read");
        log.into_iter().map(|entry| format!("{} {}", entry.step.as_str(), entry.outcome)).collect()
    }

    /// Open alerts as (kind, count).
    pub async fn alerts(&self) -> Vec<(String, u32)> {
        let alerts = self.engine.store.read(|c| alerts::list(c, true, 100)).await.expect("read");
        alerts.into_iter().map(|alert| (alert.kind, alert.count)).collect()
    }

    /// Lets everything that can happen now happen: no event for a while.
    pub async fn settle(&mut self) {
        // What is under way ends by itself and is waited for, longer on a busy machine, where each look takes
        // longer; but not for ever: it may be held by the test, or wait for the clock.
        let (mut patience, mut patience_with_held) = (60, 10);
        let mut quiet = 0;
        let mut rounds = 0;
        while quiet < 4 {
            rounds += 1;
            // A lane that turns in a circle would otherwise make the test last for ever.
            assert!(rounds < 20_000, "events never stop at {}", self.now());
            tokio::time::sleep(Duration::from_millis(5)).await;
            quiet += 1;
            // Reading through the store takes longer on a busy machine, as everything else does.
            let rows = self.engine.store.read(deliveries::count_by_state).await.unwrap_or_default();
            if rows.iter().any(|(state, count)| state.is_under_way() && *count > 0) {
                let is_held = self.worlds.iter().any(|world| world.holds_a_call());
                let left = if is_held { &mut patience_with_held } else { &mut patience };
                if *left > 0 {
                    *left -= 1;
                    quiet = 0;
                }
            }
            while let Ok(_) | Err(broadcast::error::TryRecvError::Lagged(_)) = self.events.try_recv() {
                quiet = 0;
            }
        }
    }

    /// Lets time pass, second by second.
    pub async fn pass(&mut self, time: Duration) {
        self.pass_by(time, STEP).await;
    }

    /// Lets time pass in larger steps: for long spans in which seconds do not matter.
    pub async fn pass_by(&mut self, time: Duration, step: Duration) {
        self.settle().await;
        let mut left = time;
        while !left.is_zero() {
            let step = step.min(left);
            self.clock.advance(step);
            self.settle().await;
            left -= step;
        }
    }

    /// Lets time pass until the delivery is in this state; panics after `at_most`.
    pub async fn until(&mut self, id: &DeliveryId, state: DeliveryState, at_most: Duration) -> Delivery {
        self.settle().await;
        let mut passed = Duration::ZERO;
        loop {
            let delivery = self.delivery(id).await;
            if delivery.state == state {
                return delivery;
            }
            if passed >= at_most {
                let log = self.log(id).await;
                panic!("{state:?} not reached within {at_most:?}: {delivery:#?}\n{log:#?}");
            }
            // Up to the next look that was planned, in small enough steps to see what is late.
            let ahead = delivery.next_at.map(|at| at.duration_since(self.now()));
            let step = ahead.and_then(|ahead| Duration::try_from(ahead).ok()).unwrap_or(STEP);
            let step = step.clamp(STEP, Duration::from_secs(30));
            self.clock.advance(step);
            passed += step;
            self.settle().await;
        }
    }

    /// The machine sleeps for `time`; afterwards the watch notices.
    pub async fn sleep(&mut self, time: Duration) {
        self.settle().await;
        self.clock.suspend(time);
        self.pass(Duration::from_secs(40)).await;
    }
}

/// The lock of an engine that was just dropped may need a moment: its tasks hold the last handles.
async fn take_lock(dir: &Path) -> DataDirLock {
    for _ in 0..200 {
        match DataDirLock::take(dir) {
            Err(StoreError::AlreadyRunning) => tokio::time::sleep(Duration::from_millis(10)).await,
            other => return other.expect("lock"),
        }
    }
    panic!("the folder stays locked");
}

/// A server that accepts connections and says nothing, not even the time: its own is not the test's.
async fn answering_server() -> String {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("port");
    let address = format!("http://{}", listener.local_addr().expect("address"));
    tokio::spawn(async move {
        while let Ok(connection) = listener.accept().await {
            drop(connection);
        }
    });
    address
}
