//! Wires everything together: one engine per data folder and process.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::{
    clock::SharedClock,
    config::{Config, ConfigError, PlatformConfig, Platforms, Settings},
    connections::{self, Connections},
    connectors::{Http, registry::Registry},
    conversations::Conversations,
    customers::Customers,
    domain::InstanceId,
    events::EventBus,
    media::{
        MediaError,
        fetch::{FetchPolicy, Fetcher},
        library::Library,
        sealed::MediaKey,
    },
    notifications::{
        House, library, policy,
        sending::{Messaging, MessagingSettings},
    },
    orchestrator::Orchestrator,
    queue::{Pause, Queue, QueueParts, QueuePolicy},
    scheduler::{chores::Chores, watch},
    secrets::{KeyInfo, MasterKey},
    social::{LibraryDesk, WebSite},
    store::{DataDirLock, DatabaseKey, Store, StoreError, contact_imports, instances, state},
};

/// Longest wait for calls in flight when stopping.
const PATIENCE: Duration = Duration::from_secs(10);

/// What an engine is started with.
pub struct EngineOptions {
    pub data_dir: PathBuf,
    pub config: Config,
    pub clock: SharedClock,
    pub registry: Registry,
    /// Only addresses of this machine, demonstration data.
    pub practice: bool,
    /// Changes the queue's numbers after the settings were read; for tests.
    pub tune: Option<fn(&mut QueuePolicy)>,
}

/// Why an engine did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Media(#[from] MediaError),
    /// `templates.json` of the data folder.
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("The HTTP client could not be made: {0}")]
    Http(#[from] crate::connectors::http::ClientError),
    #[error("The heartbeat could not be started: {0}")]
    Heartbeat(#[from] tokio_cron_scheduler::JobSchedulerError),
}

impl StartError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::Media(error) => error.code(),
            Self::Config(error) => error.code,
            Self::Http(_) | Self::Heartbeat(_) => "internal_error",
        }
    }
}

/// The running engine.
pub struct Engine {
    pub data_dir: PathBuf,
    pub practice: bool,
    pub started_at: Timestamp,
    pub clock: SharedClock,
    pub events: EventBus,
    pub store: Store,
    pub registry: Registry,
    pub queue: Arc<Queue>,
    pub desk: LibraryDesk,
    pub orchestrator: Orchestrator,
    pub connections: Connections,
    pub conversations: Conversations,
    pub customers: Customers,
    pub messaging: Messaging,
    messages_at_work: tokio::sync::Mutex<Option<tokio::task::JoinHandle<()>>>,
    pub chores: Chores,
    pub instance: InstanceId,
    platforms: Arc<RwLock<Platforms>>,
    heartbeat: tokio::sync::Mutex<Option<tokio_cron_scheduler::JobScheduler>>,
    tune: Option<fn(&mut QueuePolicy)>,
    key: MasterKey,
    _lock: DataDirLock,
}

impl Engine {
    /// Opens everything, frees what an earlier run left in the middle, and starts working.
    ///
    /// The lock is taken by the caller first, because the key may only be created under it.
    pub async fn start(
        lock: DataDirLock,
        key: &MasterKey,
        options: EngineOptions,
    ) -> Result<Arc<Self>, StartError> {
        let engine = Self::open(lock, key, options).await?;
        if let Err(error) = engine.run().await {
            // Lanes that run already would go on without the lock.
            engine.stop().await;
            return Err(error);
        }
        Ok(engine)
    }

    /// Opens everything without starting any work; for commands that only look or change.
    pub async fn open(
        lock: DataDirLock,
        key: &MasterKey,
        options: EngineOptions,
    ) -> Result<Arc<Self>, StartError> {
        let EngineOptions { data_dir, config, clock, registry, practice, tune } = options;
        let events = EventBus::new(clock.clone());
        let store = {
            let (data_dir, key, events) =
                (data_dir.clone(), DatabaseKey::new(*key.as_bytes()), events.clone());
            let keep = kept(config.settings.backup.keep_before_migration);
            tokio::task::spawn_blocking(move || Store::open(&data_dir, &key, events, keep))
                .await
                .map_err(|_| StoreError::Stopped)??
        };
        KeyInfo::note_database(&data_dir).map_err(StoreError::from)?;
        let (shipped, file) = (library::shipped()?, library::of_folder(&data_dir)?);
        library::bring_in(&store, shipped, file, clock.now()).await?;
        let library = Library::open(&data_dir.join("media"), media_key(key))?;
        let fetch_policy = FetchPolicy { allow_loopback_http: practice, ..FetchPolicy::default() };
        let (http, fetcher) = (Http::new()?, Fetcher::new(fetch_policy));
        let web_site = WebSite::load(store.clone(), clock.clone(), http.clone(), fetcher.clone()).await?;
        let desk = LibraryDesk { library, store: store.clone(), clock: clock.clone(), fetcher, web_site };
        let instance = InstanceId::new();
        let platforms = Arc::new(RwLock::new(config.platforms));
        let lookup = platforms.clone();
        let pause = store.read(|c| state::get::<Pause>(c, "pause")).await?.unwrap_or_default();
        let queue = Queue::new(QueueParts {
            store: store.clone(),
            clock: clock.clone(),
            registry: registry.clone(),
            http: http.clone(),
            platforms: Arc::new(move |id| platform_of(&lookup, id)),
            media: Arc::new(desk.clone()),
            instance: instance.clone(),
            policy: policy_of(&config.settings, tune),
            pause,
        });
        let messaging = Messaging::new(
            store.clone(),
            clock.clone(),
            registry.clone(),
            queue.clone(),
            events.clone(),
            messaging_of(&config.settings),
        );
        let orchestrator = Orchestrator::new(
            store.clone(),
            clock.clone(),
            registry.clone(),
            queue.clone(),
            desk.clone(),
            messaging.clone(),
            config.settings.clone(),
        );
        let connections = Connections {
            store: store.clone(),
            clock: clock.clone(),
            registry: registry.clone(),
            http: http.clone(),
            queue: queue.clone(),
            check_deadline: connections::CHECK_DEADLINE,
        };
        let conversations =
            Conversations::new(store.clone(), clock.clone(), registry.clone(), http, queue.clone());
        let customers = Customers::new(
            store.clone(),
            clock.clone(),
            TimeZone::get(&config.settings.house.timezone).unwrap_or(TimeZone::UTC),
        );
        let chores = Chores::new(queue.clone(), config.settings.backup.clone());
        Ok(Arc::new(Self {
            data_dir,
            practice,
            started_at: clock.now(),
            clock,
            events,
            store,
            registry,
            queue,
            desk,
            orchestrator,
            connections,
            conversations,
            customers,
            messaging,
            messages_at_work: tokio::sync::Mutex::new(None),
            chores,
            instance,
            platforms,
            heartbeat: tokio::sync::Mutex::new(None),
            tune,
            key: key.clone(),
            _lock: lock,
        }))
    }

    async fn run(self: &Arc<Self>) -> Result<(), StartError> {
        let (id, now) = (self.instance.clone(), self.started_at);
        self.store.write(move |tx| instances::start(tx, &id, now)).await?;
        self.store.write(contact_imports::end_interrupted).await?;
        let rescued = self.queue.rescue().await? + self.messaging.rescue().await?;
        if rescued > 0 {
            tracing::info!(rescued, "Deliveries that an earlier run left in the middle were freed.");
        }
        self.queue.start().await?;
        tokio::spawn(watch::run(self.queue.clone()));
        tokio::spawn(self.connections.clone().verify_until_stopped());
        tokio::spawn(self.conversations.clone().read_until_stopped());
        let messages = tokio::spawn(self.messaging.clone().run_until_stopped());
        *self.messages_at_work.lock().await = Some(messages);
        self.chores.self_test().await;
        *self.heartbeat.lock().await = Some(self.chores.start().await?);
        Ok(())
    }

    /// Stops after the calls in flight.
    pub async fn stop(&self) {
        if let Some(mut heartbeat) = self.heartbeat.lock().await.take() {
            // The process ends anyway; its jobs are idempotent.
            let _ = heartbeat.shutdown().await;
        }
        self.queue.stop(PATIENCE).await;
        if let Some(messages) = self.messages_at_work.lock().await.take() {
            // A message whose answer does not come is settled by the next start, like after a kill.
            let _ = tokio::time::timeout(PATIENCE, messages).await;
        }
        let (id, now) = (self.instance.clone(), self.clock.now());
        if let Err(error) = self.store.write(move |tx| instances::end(tx, &id, now)).await {
            tracing::warn!(code = error.code(), "The end of this run could not be written: {error}.");
        }
    }

    /// The key of the data as a text to print. For the owner at this machine only.
    pub fn recovery_key(&self) -> zeroize::Zeroizing<String> {
        crate::secrets::recovery_text(&self.key)
    }

    pub fn settings(&self) -> Settings {
        self.orchestrator.settings()
    }

    /// Puts changed settings in force.
    pub fn apply_settings(&self, settings: Settings) {
        self.queue.set_policy(policy_of(&settings, self.tune));
        self.chores.set_copies(settings.backup.clone());
        self.messaging.set_settings(messaging_of(&settings));
        self.orchestrator.set_settings(settings);
        self.events.announce(vec![crate::events::Change::Settings]);
        self.queue.wake_all();
    }

    pub fn platforms(&self) -> Platforms {
        self.platforms.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn set_platforms(&self, platforms: Platforms) {
        *self.platforms.write().unwrap_or_else(PoisonError::into_inner) = platforms;
        self.queue.wake_all();
    }

    pub fn media_dir(data_dir: &Path) -> PathBuf {
        data_dir.join("media")
    }
}

/// A number of copies as a length.
fn kept(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn platform_of(platforms: &RwLock<Platforms>, id: &str) -> PlatformConfig {
    platforms.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned().unwrap_or_default()
}

/// The library has a key of its own, derived from the master key, so that neither opens the other.
fn media_key(key: &MasterKey) -> MediaKey {
    use sha2::{Digest, Sha256};
    let mut hash = Sha256::new();
    hash.update(b"vieux-moulin media library 1\0");
    hash.update(key.as_bytes());
    MediaKey::from(<[u8; 32]>::from(hash.finalize()))
}

/// How the house writes to people.
fn messaging_of(settings: &Settings) -> MessagingSettings {
    MessagingSettings { policy: policy::from_settings(settings), house: House::from_settings(settings) }
}

fn policy_of(settings: &Settings, tune: Option<fn(&mut QueuePolicy)>) -> QueuePolicy {
    let secs = |secs: u64| SignedDuration::from_secs(i64::try_from(secs).unwrap_or(i64::MAX));
    let publishing = &settings.publishing;
    let mut policy = QueuePolicy {
        lookup_waits: publishing.lookup_waits_secs.iter().copied().map(Duration::from_secs).collect(),
        evergreen_max_late: secs(publishing.late.evergreen_max_late_secs),
        late_spacing: secs(publishing.late.evergreen_spacing_secs),
        service_ends: vec![publishing.service_ends.midi.0, publishing.service_ends.soir.0],
        timezone: TimeZone::get(&settings.house.timezone).unwrap_or(TimeZone::UTC),
        hand_over: Some(publishing.hand_over.clone()),
        ..QueuePolicy::default()
    };
    if let Some(tune) = tune {
        tune(&mut policy);
    }
    policy
}
