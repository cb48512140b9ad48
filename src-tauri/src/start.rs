//! The page of a start that did not succeed: why, what to do, and the passphrase where one is needed.
//!
//! It decides which form is shown and nothing about keys: that no key is ever made for a database that
//! exists is the engine's rule, and holds whatever is typed here.

use std::{path::Path, sync::Arc, time::Duration};

use secrecy::SecretString;
use serde::Serialize;
use tauri::{AppHandle, State};
use tauri_plugin_opener::OpenerExt as _;
use vieux_moulin_engine::{
    config::Language,
    host::HostError,
    problems,
    secrets::{DATABASE_FILE, KeySource, PassphraseVault, VAULT_FILE},
};

use crate::{app::App, host::Host, window};

/// Fewer characters are guessed too quickly.
const SHORTEST_PASSPHRASE: usize = 8;
/// A keyring that was not there at login is often there a moment later.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the page shows.
#[derive(Debug, Serialize)]
pub struct StartState {
    phase: Phase,
    language: Language,
    problem: Option<StartProblem>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Phase {
    Starting,
    Failed,
    Running,
}

/// Why the application does not start. French and English: the engine's sentences.
#[derive(Debug, Serialize)]
struct StartProblem {
    code: &'static str,
    title: &'static str,
    title_en: &'static str,
    detail: String,
    detail_en: String,
    form: Form,
    /// The application tries again by itself.
    tries_again: bool,
    /// Whether there is a folder to look into.
    has_folder: bool,
}

/// What the person can type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Form {
    None,
    /// The passphrase of the data that are there.
    Unlock,
    /// A new passphrase, for data that do not exist yet.
    Choose,
}

#[tauri::command]
pub fn start_state(app: State<'_, App>) -> StartState {
    describe(&app.host)
}

/// Starts again and returns how it ended.
#[tauri::command]
pub async fn start_again(app: State<'_, App>) -> Result<StartState, String> {
    app.host.start_again(None);
    Ok(ended(&app.host).await)
}

/// Starts again with a passphrase and returns how it ended.
///
/// Errors: `too_short`, only for a passphrase that is being chosen.
#[tauri::command]
pub async fn start_with_passphrase(app: State<'_, App>, passphrase: String) -> Result<StartState, String> {
    let host = &app.host;
    let passphrase = SecretString::from(passphrase);
    let form = host.failure().map_or(Form::None, |problem| form(&problem, host.folder()));
    if form == Form::Choose && is_short(&passphrase) {
        return Err("too_short".to_owned());
    }
    if form != Form::None {
        let vault = PassphraseVault::new(host.folder(), passphrase);
        host.start_again(Some(KeySource::Store(Arc::new(vault))));
    }
    Ok(ended(host).await)
}

/// Shows the data folder in the file manager.
#[tauri::command]
pub fn start_reveal(app: AppHandle, state: State<'_, App>) -> Result<(), String> {
    app.opener().reveal_item_in_dir(state.host.folder()).map_err(|error| error.to_string())
}

/// Shows the right page whenever a start ends, until one succeeds.
pub fn follow(app: AppHandle, host: Host) {
    tauri::async_runtime::spawn(async move {
        while let Err(problem) = host.ready().await {
            show_page(&app);
            if tries_again(&problem, host.folder()) {
                if tokio::time::timeout(PATIENCE, host.attempted()).await.is_err() {
                    host.start_again(None);
                }
            } else {
                host.attempted().await;
            }
        }
        let handle = app.clone();
        let _ = app.run_on_main_thread(move || window::leave_start_page(&handle));
    });
}

fn show_page(app: &AppHandle) {
    let handle = app.clone();
    let _ = app.run_on_main_thread(move || window::show_start_page(&handle));
}

async fn ended(host: &Host) -> StartState {
    let _ = host.ready().await;
    describe(host)
}

fn describe(host: &Host) -> StartState {
    let problem = host.failure().map(|problem| explain(&problem, host.folder()));
    let phase = match (&problem, host.now()) {
        (Some(_), _) => Phase::Failed,
        (None, Some(_)) => Phase::Running,
        (None, None) => Phase::Starting,
    };
    StartState { phase, language: host.language(), problem }
}

fn explain(problem: &HostError, folder: &Path) -> StartProblem {
    let text = problems::find_or_general(problem.code());
    let (detail, detail_en) = problem.texts();
    StartProblem {
        code: problem.code(),
        title: text.title,
        title_en: text.title_en,
        detail,
        detail_en,
        form: form(problem, folder),
        tries_again: tries_again(problem, folder),
        has_folder: folder.is_dir(),
    }
}

fn form(problem: &HostError, folder: &Path) -> Form {
    // In doubt the file exists: a passphrase is only chosen where there is nothing to open.
    let exists = |name: &str| folder.join(name).try_exists().unwrap_or(true);
    match problem.code() {
        "passphrase_needed"
        | "wrong_passphrase"
        | "passphrase_unreadable"
        | "keyring_unavailable"
        | "keyring_locked"
            if exists(VAULT_FILE) =>
        {
            Form::Unlock
        }
        "passphrase_needed" | "keyring_unavailable" | "keyring_locked" if !exists(DATABASE_FILE) => {
            Form::Choose
        }
        _ => Form::None,
    }
}

fn tries_again(problem: &HostError, folder: &Path) -> bool {
    // A locked keyring asks the person itself; asking again and again would be in the way.
    problem.code() == "keyring_unavailable" && form(problem, folder) == Form::None
}

fn is_short(passphrase: &SecretString) -> bool {
    use secrecy::ExposeSecret as _;
    passphrase.expose_secret().chars().count() < SHORTEST_PASSPHRASE
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use vieux_moulin_engine::secrets::KeyError;

    use super::*;

    fn no_keyring() -> HostError {
        KeyError::KeyringUnavailable("no bus".to_owned()).into()
    }

    #[test]
    fn a_passphrase_is_only_chosen_where_there_is_nothing_to_open() {
        let folder = std::env::temp_dir().join(format!("moulin-start-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        assert_eq!(form(&no_keyring(), &folder), Form::Choose);
        assert!(!tries_again(&no_keyring(), &folder));
        std::fs::write(folder.join(DATABASE_FILE), "").unwrap();
        assert_eq!(form(&no_keyring(), &folder), Form::None);
        assert!(tries_again(&no_keyring(), &folder));
        assert!(!tries_again(&KeyError::KeyringLocked.into(), &folder));
        std::fs::write(folder.join(VAULT_FILE), "").unwrap();
        for problem in [no_keyring(), KeyError::PassphraseNeeded.into(), KeyError::WrongPassphrase.into()] {
            assert_eq!(form(&problem, &folder), Form::Unlock, "{problem}");
        }
        assert_eq!(form(&KeyError::WrongKey.into(), &folder), Form::None);
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn length_is_counted_in_characters() {
        assert!(is_short(&SecretString::from("éééé")));
        assert!(!is_short(&SecretString::from("éééééééé")));
    }
}
