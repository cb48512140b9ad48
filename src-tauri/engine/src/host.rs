//! One running application: data folder, key, engine, router and network door, put together the same
//! way for the desktop shell and for `moulin serve`.

mod local_key;
mod rescue;

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use axum::Router;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub use local_key::{LOCAL_KEY_FILE, LocalKey};
pub use rescue::{KeyPlace, RestoreFrom, RestoreReport, copies};

use crate::{
    api::{
        self, ApiState, Parts,
        gate::{self, Gate},
        guard::Guard,
        server::{BindError, Listeners},
    },
    clock::{SharedClock, SystemClock},
    config::{Config, ConfigError, folders},
    connectors::registry::Registry,
    engine::{Engine, EngineOptions, StartError},
    logging,
    practice::{self, PracticeNetworks},
    queue::QueuePolicy,
    secrets::{KeyError, KeySource, PassphraseVault, PlainFile, store_in_use},
    store::{DataDirLock, StoreError},
};

/// What an application is started with.
#[derive(Clone, Default)]
pub struct HostOptions {
    /// `None`: the usual folder of the mode.
    pub data_dir: Option<PathBuf>,
    /// `None`: the one of the settings; 0 picks a free one.
    pub port: Option<u16>,
    pub passphrase_file: Option<PathBuf>,
    /// The printed key in a file: opens the data for this run, whatever their store says.
    pub recovery_key_file: Option<PathBuf>,
    /// Overrides the choice of the key's place; for tests and the desktop shell's own dialogues.
    pub key: Option<KeySource>,
    pub practice: bool,
    /// Program that has the hidden subcommand of the sandbox; `None`: this one.
    pub program: Option<PathBuf>,
    /// The window works without a port: go on when it is taken.
    pub port_is_optional: bool,
    pub registry: Option<Registry>,
    pub clock: Option<SharedClock>,
    pub tune: Option<fn(&mut QueuePolicy)>,
    /// Demonstration data in the practice mode.
    pub without_demonstration: bool,
}

/// Why an application did not start.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Start(StartError),
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error("The practice mode did not start: {0:#}")]
    Practice(anyhow::Error),
    #[error("This data folder holds real accounts; the practice mode needs one of its own")]
    RealFolder,
    /// Moved aside by this start; a copy has to be put in its place.
    #[error("The database is damaged and was moved to {0}")]
    Quarantined(String),
    #[error("There is no database, but there are copies of one")]
    DatabaseMissing,
    #[error("There is no copy")]
    NoCopy,
    #[error("{0} cannot be used: {1}")]
    CopyUnusable(String, StoreError),
    #[error("The database is well; replacing it needs a confirmation")]
    DatabaseWell,
    /// A recovery key opens data; it begins none.
    #[error("There are no data here that the recovery key could open")]
    NoDataToOpen,
    #[error("There is no folder for data; name one with --data-dir")]
    NoDataDir,
    #[error("A file of the data folder cannot be written: {0}")]
    Io(#[from] std::io::Error),
}

/// The whole chain of causes is for the log; a person gets the sentence of the code.
fn practice_failed(error: anyhow::Error) -> HostError {
    tracing::error!("The practice mode did not start: {error:#}.");
    HostError::Practice(error)
}

impl From<StartError> for HostError {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Config(error) => Self::Config(error),
            other => Self::Start(other),
        }
    }
}

impl From<StoreError> for HostError {
    fn from(error: StoreError) -> Self {
        Self::Start(StartError::from(error))
    }
}

impl HostError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Config(error) => error.code,
            Self::Key(error) => error.code(),
            Self::Start(error) => error.code(),
            Self::Bind(error) => error.code(),
            Self::Practice(_) => "sandbox_failed",
            Self::RealFolder => "practice_folder_real",
            Self::Quarantined(_) => "database_quarantined",
            Self::DatabaseMissing => "database_missing",
            Self::NoCopy => "copy_missing",
            Self::CopyUnusable(..) => "copy_unusable",
            Self::DatabaseWell => "restore_unconfirmed",
            Self::NoDataToOpen => "recovery_key_without_data",
            Self::NoDataDir => "data_dir_needed",
            Self::Io(error) if is_full(error) => "disk_full",
            Self::Io(_) => "folder_read_only",
        }
    }

    /// French and English sentences with the next step.
    pub fn texts(&self) -> (String, String) {
        match self {
            Self::Config(error) => (error.detail.clone(), format!("{}: {}", error.file, error.detail_en)),
            Self::Key(error) => (error.text().to_owned(), error.text_en().to_owned()),
            Self::Bind(error) => (error.text(), error.text_en()),
            other => {
                let text = crate::problems::find_or_general(other.code());
                (
                    format!("{} {}", text.detail, text.next_step),
                    format!("{} {}", text.detail_en, text.next_step_en),
                )
            }
        }
    }
}

/// A running application.
pub struct Host {
    pub engine: Arc<Engine>,
    /// Without the guard: for the in-process door.
    pub router: Router,
    pub gate: Arc<Gate>,
    pub data_dir: PathBuf,
    /// `None` when the port was taken and optional.
    pub address: Option<String>,
    pub networks: Option<PracticeNetworks>,
    /// Why there is no network door.
    pub bind_error: Option<BindError>,
    stopping: CancellationToken,
    server: Option<JoinHandle<()>>,
}

/// The data folder, locked, with its configuration; before the key.
pub struct Prepared {
    pub data_dir: PathBuf,
    pub config: Config,
    lock: DataDirLock,
    options: HostOptions,
}

impl Prepared {
    /// Takes the data folder for a run of the program and reads its configuration.
    pub fn new(options: HostOptions) -> Result<Self, HostError> {
        let data_dir = data_dir(&options)?;
        let lock = DataDirLock::take(&data_dir)?;
        Self::locked(options, data_dir, lock)
    }

    /// Takes the data folder for one command, while nothing runs.
    pub fn for_command(options: HostOptions) -> Result<Self, HostError> {
        let data_dir = data_dir(&options)?;
        let lock = DataDirLock::take_for_command(&data_dir)?;
        Self::locked(options, data_dir, lock)
    }

    fn locked(options: HostOptions, data_dir: PathBuf, lock: DataDirLock) -> Result<Self, HostError> {
        let options = HostOptions { practice: practice::settle(&data_dir, options.practice)?, ..options };
        if let Some(concern) = folders::concern(&data_dir) {
            tracing::warn!("{}", concern.text_en());
        }
        let config = Config::load(&data_dir)?;
        Ok(Self { data_dir, config, lock, options })
    }

    /// Folder of the technical log.
    pub fn log_dir(&self) -> PathBuf {
        folders::log_dir(&self.data_dir, self.config.settings.logs.dir.as_deref())
    }

    /// Starts the technical log of this process.
    pub fn start_log(&self, stderr: bool) -> Option<logging::LogGuard> {
        let logs = &self.config.settings.logs;
        let days = usize::try_from(logs.days).unwrap_or(1);
        // Without a log the application still works; the person at the terminal is told.
        logging::start(&self.log_dir(), &logs.level, days, stderr).unwrap_or_else(|error| {
            let _ = writeln!(std::io::stderr(), "The log could not be opened: {error}");
            None
        })
    }

    /// Opens everything without starting any work: for a command while nothing runs.
    pub async fn open(mut self) -> Result<Host, HostError> {
        if self.options.practice {
            practice::disconnect(&mut self.config.platforms);
        }
        let (log_dir, clock) = (self.log_dir(), self.clock());
        let key = self.trusted_key(clock.now()).await?;
        let engine_options = self.engine_options(clock);
        let engine = Engine::open(self.lock, &key, engine_options).await?;
        // What is planned now waits for the next start: only that settles the doubts of the last run
        // first, as it must.
        engine.queue.shutdown.cancel();
        let stopping = CancellationToken::new();
        let gate = Arc::new(Gate::new(engine.store.clone(), engine.clock.clone(), &gate::new_secret("")));
        let router = router(&engine, &gate, log_dir, None, None, &stopping);
        let data_dir = self.data_dir;
        Ok(Host {
            engine,
            router,
            gate,
            data_dir,
            address: None,
            networks: None,
            bind_error: None,
            stopping,
            server: None,
        })
    }

    /// Starts everything.
    pub async fn start(mut self) -> Result<Host, HostError> {
        let (log_dir, clock) = (self.log_dir(), self.clock());
        let key = match self.trusted_key(clock.now()).await {
            Err(error) if error.code() == "database_damaged" => {
                return Err(self.quarantined(&error, clock.now()));
            }
            other => other?,
        };
        let port = self.options.port.unwrap_or(u16::try_from(self.config.settings.api.port).unwrap_or(0));
        let (listeners, bind_error) = match Listeners::bind(port).await {
            Ok(listeners) => (Some(listeners), None),
            Err(error) if self.options.port_is_optional => (None, Some(error)),
            Err(error) => return Err(error.into()),
        };
        let networks = if self.options.practice {
            let networks = self.start_networks().await.map_err(practice_failed)?;
            networks.redirect(&mut self.config.platforms).map_err(practice_failed)?;
            Some(networks)
        } else {
            None
        };
        let options = self.options.clone();
        let engine_options = self.engine_options(clock);
        let engine = Engine::start(self.lock, &key, engine_options).await?;
        if let Some(networks) = &networks
            && let Err(error) = rehearse(&engine, networks, options.without_demonstration).await
        {
            engine.stop().await;
            return Err(practice_failed(error));
        }
        let local = gate::new_secret("");
        let gate = Arc::new(Gate::new(engine.store.clone(), engine.clock.clone(), &local));
        let stopping = CancellationToken::new();
        let address = listeners.as_ref().map(|listeners| format!("http://127.0.0.1:{}", listeners.port()));
        let practice = networks.as_ref().map(PracticeNetworks::by_platform);
        let router = router(&engine, &gate, log_dir, practice, address.clone(), &stopping);
        let server = match (listeners, &address) {
            (Some(listeners), Some(address)) => {
                if let Err(error) = LocalKey::new(address, &local).save(&self.data_dir) {
                    // What the person is told has not started may not go on publishing.
                    engine.stop().await;
                    return Err(error.into());
                }
                let guard = Guard::new(gate.clone(), listeners.port());
                Some(tokio::spawn(listeners.serve(api::guarded(router.clone(), guard), stopping.clone())))
            }
            _ => None,
        };
        let data_dir = self.data_dir;
        Ok(Host { engine, router, gate, data_dir, address, networks, bind_error, stopping, server })
    }

    async fn start_networks(&self) -> anyhow::Result<PracticeNetworks> {
        let program = match &self.options.program {
            Some(program) => program.clone(),
            None => std::env::current_exe()?,
        };
        PracticeNetworks::start(&program, &self.data_dir).await
    }

    fn clock(&self) -> SharedClock {
        self.options.clock.clone().unwrap_or_else(SystemClock::shared)
    }

    fn engine_options(&self, clock: SharedClock) -> EngineOptions {
        EngineOptions {
            data_dir: self.data_dir.clone(),
            config: self.config.clone(),
            clock,
            registry: self.options.registry.clone().unwrap_or_else(Registry::standard),
            practice: self.options.practice,
            tune: self.options.tune,
        }
    }
}

impl Host {
    /// Stops accepting, lets calls in flight end, closes the store.
    pub async fn stop(mut self) {
        if self.server.is_some() {
            LocalKey::remove(&self.data_dir);
        }
        self.stopping.cancel();
        self.engine.stop().await;
        if let Some(server) = self.server.take() {
            let _ = server.await;
        }
    }
}

/// Accounts and demonstration data of the practice mode.
async fn rehearse(engine: &Engine, networks: &PracticeNetworks, empty: bool) -> anyhow::Result<()> {
    // Before the accounts are connected: what was said earlier wakes nobody.
    if !empty && let Err(error) = practice::let_guests_speak(engine, &networks.addresses).await {
        tracing::warn!(cause = format!("{error:#}"), "The guests of the demonstration say nothing.");
    }
    practice::connect_accounts(engine, &networks.addresses).await?;
    practice::name_web_site(engine, &networks.addresses).await?;
    practice::introduce_house(engine).await?;
    if !empty && let Err(error) = practice::load_demonstration(engine).await {
        // An empty calendar is still a place to rehearse.
        tracing::warn!(cause = format!("{error:#}"), "The demonstration data are incomplete.");
    }
    if !empty && let Err(error) = practice::load_customers(engine).await {
        tracing::warn!(cause = format!("{error:#}"), "The pretend customers are missing.");
    }
    tracing::info!(control = networks.addresses.control, "The practice networks run.");
    Ok(())
}

fn router(
    engine: &Arc<Engine>,
    gate: &Arc<Gate>,
    log_dir: PathBuf,
    practice: Option<api::routes::practice::PracticeAddresses>,
    address: Option<String>,
    stopping: &CancellationToken,
) -> Router {
    api::router(ApiState::new(Parts {
        engine: engine.clone(),
        gate: gate.clone(),
        log_dir,
        practice,
        address,
        stopping: stopping.clone(),
        logins: api::routes::oauth::Logins::default(),
        running: Mutex::default(),
    }))
}

/// Another next step than for a folder that nobody may write.
fn is_full(error: &std::io::Error) -> bool {
    use std::io::ErrorKind;
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

/// Reads the templates of a data folder as a start would.
pub fn check_templates(data_dir: &Path) -> Result<(), HostError> {
    crate::notifications::library::of_folder(data_dir)?;
    Ok(())
}

/// The data folder that these options mean.
pub fn data_dir(options: &HostOptions) -> Result<PathBuf, HostError> {
    let dir = match &options.data_dir {
        Some(dir) => std::path::absolute(dir)?,
        None => folders::default_data_dir(options.practice).ok_or(HostError::NoDataDir)?,
    };
    Ok(dir)
}

/// Where the key of this folder is to be looked for.
fn key_source(data_dir: &Path, options: &HostOptions) -> Result<KeySource, KeyError> {
    if let Some(key) = &options.key {
        return Ok(key.clone());
    }
    if let Some(file) = &options.passphrase_file {
        let vault = PassphraseVault::from_passphrase_file(data_dir, file)?;
        return Ok(KeySource::Store(Arc::new(vault)));
    }
    match store_in_use(data_dir)?.as_deref() {
        Some("passphrase") => Err(KeyError::PassphraseNeeded),
        Some("plain_file") => Ok(KeySource::Store(Arc::new(PlainFile::new(data_dir)))),
        None if options.practice => Ok(KeySource::Store(Arc::new(PlainFile::new(data_dir)))),
        _ => Ok(KeySource::Keyring),
    }
}
