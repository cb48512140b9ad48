//! The engine inside this process: started in the background, so that the window is there at once.

use std::{path::PathBuf, sync::Arc};

use axum::Router;
use tokio::sync::{Mutex, watch};
use vieux_moulin_engine::{
    config::Language,
    engine::Engine,
    host::{Host as EngineHost, HostError, HostOptions, Prepared},
    logging::LogGuard,
};

use crate::options::Options;

/// The engine as the shell sees it. Cheap to clone.
#[derive(Clone)]
pub struct Host {
    state: watch::Receiver<State>,
}

/// A running engine with its doors.
pub struct Running {
    pub engine: Arc<Engine>,
    pub router: Router,
    pub log_dir: PathBuf,
    whole: Mutex<Option<EngineHost>>,
    _log: Option<LogGuard>,
}

/// Where the start stands.
#[derive(Clone)]
enum State {
    Starting,
    Running(Arc<Running>),
    Failed(Arc<HostError>),
}

impl Host {
    /// Starts the engine; returns at once.
    pub fn start(options: &Options) -> Self {
        let (set, state) = watch::channel(State::Starting);
        let options = HostOptions {
            data_dir: options.data_dir.clone(),
            port: options.port,
            passphrase_file: options.passphrase_file.clone(),
            practice: options.practice,
            // The window needs no port: another program on it must not keep the posts from leaving.
            port_is_optional: true,
            ..HostOptions::default()
        };
        tauri::async_runtime::spawn(async move {
            let state = match start(options).await {
                Ok(running) => State::Running(Arc::new(running)),
                Err(problem) => {
                    tracing::error!(code = problem.code(), "The engine could not start: {problem}.");
                    State::Failed(Arc::new(problem))
                }
            };
            set.send_replace(state);
            // The channel must outlive its readers, or they would see it closed.
            set.closed().await;
        });
        Self { state }
    }

    /// Waits for the end of the start.
    pub async fn ready(&self) -> Result<Arc<Running>, Arc<HostError>> {
        let mut state = self.state.clone();
        let ended =
            state.wait_for(|state| !matches!(state, State::Starting)).await.map(|state| state.clone());
        match ended {
            Ok(State::Running(running)) => Ok(running),
            Ok(State::Failed(problem)) => Err(problem),
            // The starting task is gone: the process is ending.
            Ok(State::Starting) | Err(_) => std::future::pending().await,
        }
    }

    /// The running engine, if it runs.
    pub fn now(&self) -> Option<Arc<Running>> {
        match &*self.state.borrow() {
            State::Running(running) => Some(running.clone()),
            _ => None,
        }
    }

    pub fn engine(&self) -> Option<Arc<Engine>> {
        self.now().map(|running| running.engine.clone())
    }

    pub fn language(&self) -> Language {
        self.engine().map_or(Language::Fr, |engine| engine.settings().language)
    }
}

impl Running {
    /// Stops after the calls in flight.
    pub async fn stop(&self) {
        if let Some(whole) = self.whole.lock().await.take() {
            whole.stop().await;
        }
    }
}

async fn start(options: HostOptions) -> Result<Running, HostError> {
    let prepared = Prepared::new(options)?;
    let log = prepared.start_log(false);
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
        _log: log,
    })
}
