//! The engine inside this process: started in the background, so that the window is there at once,
//! and started again when a person has removed what stood in the way.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::Router;
use tokio::sync::{Mutex, watch};
use vieux_moulin_engine::{
    config::Language,
    engine::Engine,
    host::{Host as EngineHost, HostError, HostOptions, Prepared},
    logging::LogGuard,
    secrets::KeySource,
};

use crate::options::Options;

/// The engine as the shell sees it. Cheap to clone.
#[derive(Clone)]
pub struct Host {
    state: Arc<watch::Sender<State>>,
    options: HostOptions,
    folder: PathBuf,
    /// Of the first start that came as far as its log.
    log: Arc<std::sync::Mutex<Option<LogGuard>>>,
}

/// A running engine with its doors.
pub struct Running {
    pub engine: Arc<Engine>,
    pub router: Router,
    pub log_dir: PathBuf,
    whole: Mutex<Option<EngineHost>>,
}

/// Where the start stands.
#[derive(Clone)]
enum State {
    Starting,
    Running(Arc<Running>),
    Failed(Arc<HostError>),
}

impl Host {
    /// Starts the engine on this data folder; returns at once.
    pub fn start(options: &Options, folder: PathBuf) -> Self {
        let (state, _) = watch::channel(State::Starting);
        let host = Self {
            state: Arc::new(state),
            options: HostOptions {
                data_dir: Some(folder.clone()),
                port: options.port,
                passphrase_file: options.passphrase_file.clone(),
                practice: options.practice,
                // The window needs no port: another program on it must not keep the posts from leaving.
                port_is_optional: true,
                ..HostOptions::default()
            },
            folder,
            log: Arc::default(),
        };
        host.begin(None);
        host
    }

    /// Starts once more after a failure; `key` replaces the place where the key was looked for. Does
    /// nothing while a start is under way or has succeeded.
    pub fn start_again(&self, key: Option<KeySource>) {
        let was_failed = self.state.send_if_modified(|state| {
            let is_failed = matches!(state, State::Failed(_));
            if is_failed {
                *state = State::Starting;
            }
            is_failed
        });
        if was_failed {
            self.begin(key);
        }
    }

    fn begin(&self, key: Option<KeySource>) {
        let (host, options) = (self.clone(), HostOptions { key, ..self.options.clone() });
        tauri::async_runtime::spawn(async move {
            let state = match host.open(options).await {
                Ok(running) => State::Running(Arc::new(running)),
                Err(problem) => {
                    tracing::error!(code = problem.code(), "The engine could not start: {problem}.");
                    State::Failed(Arc::new(problem))
                }
            };
            host.state.send_replace(state);
        });
    }

    async fn open(&self, options: HostOptions) -> Result<Running, HostError> {
        let prepared = Prepared::new(options)?;
        if let Some(guard) = prepared.start_log(false) {
            *self.log.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(guard);
        }
        let log_dir = prepared.log_dir();
        let whole = prepared.start().await?;
        if let Some(error) = &whole.bind_error {
            tracing::warn!(code = error.code(), "There is no dashboard for browsers: {}", error.text_en());
        }
        Ok(Running {
            engine: whole.engine.clone(),
            router: whole.router.clone(),
            log_dir,
            whole: Mutex::new(Some(whole)),
        })
    }

    /// Waits for the end of the start that is under way.
    pub async fn ready(&self) -> Result<Arc<Running>, Arc<HostError>> {
        let mut state = self.state.subscribe();
        let ended =
            state.wait_for(|state| !matches!(state, State::Starting)).await.map(|state| state.clone());
        match ended {
            Ok(State::Running(running)) => Ok(running),
            Ok(State::Failed(problem)) => Err(problem),
            // The starting task is gone: the process is ending.
            Ok(State::Starting) | Err(_) => std::future::pending().await,
        }
    }

    /// Waits until the engine runs, however many starts that takes.
    pub async fn running(&self) -> Arc<Running> {
        let mut state = self.state.subscribe();
        let reached =
            state.wait_for(|state| matches!(state, State::Running(_))).await.map(|state| state.clone());
        match reached {
            Ok(State::Running(running)) => running,
            _ => std::future::pending().await,
        }
    }

    /// Waits until a failure is no longer the last word.
    pub async fn attempted(&self) {
        let mut state = self.state.subscribe();
        let _ = state.wait_for(|state| !matches!(state, State::Failed(_))).await.map(drop);
    }

    /// The running engine, if it runs.
    pub fn now(&self) -> Option<Arc<Running>> {
        match &*self.state.borrow() {
            State::Running(running) => Some(running.clone()),
            _ => None,
        }
    }

    /// Why it does not run, when the last start failed.
    pub fn failure(&self) -> Option<Arc<HostError>> {
        match &*self.state.borrow() {
            State::Failed(problem) => Some(problem.clone()),
            _ => None,
        }
    }

    pub fn engine(&self) -> Option<Arc<Engine>> {
        self.now().map(|running| running.engine.clone())
    }

    /// The data folder, whether or not it can be opened.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The owner's choice; before it can be read, the language of the computer.
    pub fn language(&self) -> Language {
        self.engine().map_or_else(language_of_computer, |engine| engine.settings().language)
    }
}

/// French unless the computer is set to English.
fn language_of_computer() -> Language {
    let named = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .find_map(|variable| std::env::var(variable).ok().filter(|value| !value.is_empty()));
    if named.is_some_and(|name| name.starts_with("en")) { Language::En } else { Language::Fr }
}

impl Running {
    /// Stops after the calls in flight.
    pub async fn stop(&self) {
        if let Some(whole) = self.whole.lock().await.take() {
            whole.stop().await;
        }
    }
}
