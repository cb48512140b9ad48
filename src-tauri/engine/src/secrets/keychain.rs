//! The key in the system's keyring: the Secret Service on Linux, the login keychain on macOS, the
//! Credential Manager on Windows. Only Linux is tested; the other two are the same calls.
//!
//! The connection is made anew for every call: one that failed at login (no
//! bus yet, keyring still locked) must not stay failed until the next start.
//! Calls run on a thread of their own with a deadline, because the library
//! blocks, panics inside an async task, and waits for ever on a prompt that
//! nobody answers.

use std::{sync::mpsc, thread, time::Duration};

#[cfg(target_os = "macos")]
use apple_native_keyring_store::keychain::Store;
use async_trait::async_trait;
use keyring_core::{Entry, Error, api::CredentialStoreApi as _};
#[cfg(windows)]
use windows_native_keyring_store::Store;
#[cfg(target_os = "linux")]
use zbus_secret_service_keyring_store::Store;
use zeroize::Zeroizing;

use super::{KeyError, MasterKey, SecretStore};

const SERVICE: &str = "fr.vieuxmoulin.communication";
/// Shown by the desktop's password manager; the other systems show the service.
#[cfg(target_os = "linux")]
const LABEL: &str = "Le Vieux Moulin : clé de la base de données";
/// Long enough to type a password into the keyring's own prompt.
const DEADLINE: Duration = Duration::from_mins(1);

/// One entry of the desktop's keyring.
#[derive(Clone)]
pub struct Keychain {
    entry: String,
    deadline: Duration,
}

impl Keychain {
    /// `entry` tells several data folders of one person apart.
    pub fn new(entry: impl Into<String>) -> Self {
        Self { entry: entry.into(), deadline: DEADLINE }
    }

    /// Waits less for a prompt that nobody sees (services, tests).
    #[must_use]
    pub fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    fn entry(&self) -> Result<Entry, KeyError> {
        let store = Store::new().map_err(classify)?;
        #[cfg(target_os = "linux")]
        let modifiers = Some(std::collections::HashMap::from([("label", LABEL)]));
        #[cfg(not(target_os = "linux"))]
        let modifiers = None;
        store.build(SERVICE, &self.entry, modifiers.as_ref()).map_err(classify)
    }

    async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, KeyError> + Send + 'static,
    ) -> Result<T, KeyError> {
        let this = self.clone();
        tokio::task::spawn_blocking(move || {
            let deadline = this.deadline;
            let (answer, receiver) = mpsc::sync_channel(1);
            // A thread that can be left behind: the blocking call has no way to be cancelled.
            thread::Builder::new().name("keyring".to_owned()).spawn(move || {
                let _ = answer.send(work(&this));
            })?;
            // Silence means that a prompt waits for somebody.
            receiver.recv_timeout(deadline).unwrap_or(Err(KeyError::KeyringLocked))
        })
        .await
        .map_err(|error| KeyError::KeyringUnavailable(error.to_string()))?
    }
}

#[async_trait]
impl SecretStore for Keychain {
    fn name(&self) -> &'static str {
        "keyring"
    }

    async fn read(&self) -> Result<Option<MasterKey>, KeyError> {
        self.call(|this| match this.entry()?.get_secret().map(Zeroizing::new) {
            // As text: the KDE wallet keeps only UTF-8.
            Ok(secret) => std::str::from_utf8(&secret)
                .ok()
                .and_then(MasterKey::from_hex)
                .map(Some)
                .ok_or(KeyError::WrongKey),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(classify(error)),
        })
        .await
    }

    async fn write(&self, key: &MasterKey) -> Result<(), KeyError> {
        let key = key.clone();
        self.call(move |this| this.entry()?.set_secret(key.to_hex().as_bytes()).map_err(classify)).await
    }

    async fn remove(&self) -> Result<(), KeyError> {
        self.call(|this| match this.entry()?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(classify(error)),
        })
        .await
    }
}

fn classify(error: Error) -> KeyError {
    match error {
        Error::NoStorageAccess(_) => KeyError::KeyringLocked,
        Error::Ambiguous(entries) => KeyError::KeyringAmbiguous(entries.len()),
        // The text of the library names the bus and the call, never the secret.
        Error::PlatformFailure(cause) => {
            let text = cause.to_string();
            if text.contains("IsLocked") || text.contains("locked") {
                KeyError::KeyringLocked
            } else {
                KeyError::KeyringUnavailable(text)
            }
        }
        other => KeyError::KeyringUnavailable(kind(&other).to_owned()),
    }
}

/// Never the `Display` of the library: two of its variants carry the secret's bytes.
fn kind(error: &Error) -> &'static str {
    match error {
        Error::BadEncoding(_) | Error::BadDataFormat(..) => "unreadable entry",
        Error::BadStoreFormat(_) => "unreadable keyring",
        _ => "the keyring refused the call",
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    //! Against the real gnome-keyring on a bus of its own. Environment
    //! variables cannot be set safely inside a process, so the test starts
    //! itself again, inside the session that it wants to see.
    #![allow(clippy::unwrap_used)]

    use std::{path::Path, process::Command, time::Duration};

    use super::Keychain;
    use crate::secrets::{MasterKey, SecretStore as _};

    const CHILD: &str = "secrets::keychain::tests::child";

    /// Does what `MOULIN_TEST_STEP` says and prints one word.
    #[ignore = "started by the tests below, inside a session of their own"]
    #[tokio::test]
    async fn child() {
        let keychain = Keychain::new("test").with_deadline(Duration::from_secs(5));
        let key = MasterKey::from_bytes(&[7; 32]).unwrap();
        let word = match std::env::var("MOULIN_TEST_STEP").unwrap().as_str() {
            "write" => keychain.write(&key).await.map(|()| "written"),
            "remove" => keychain.remove().await.map(|()| "removed"),
            _ => keychain.read().await.map(|read| match read {
                None => "nothing",
                Some(read) if read.as_bytes() == key.as_bytes() => "same",
                Some(_) => "other",
            }),
        };
        println!("answer={}", word.unwrap_or_else(|error| error.code()));
    }

    /// Runs the steps in one D-Bus session; `daemon` is the shell line that starts the keyring.
    fn session(home: &Path, daemon: &str, steps: &[&str]) -> Vec<String> {
        let exe = std::env::current_exe().unwrap();
        let run = "MOULIN_TEST_STEP=$step \"$EXE\" --ignored --exact --nocapture \"$CHILD\"";
        let script = format!("{daemon}\nfor step in {}; do {run}; done", steps.join(" "));
        let output = Command::new("dbus-run-session")
            .args(["--", "sh", "-c", &script])
            .env("EXE", exe)
            .env("CHILD", CHILD)
            .env("HOME", home)
            .env("XDG_DATA_HOME", home.join("data"))
            .env("XDG_RUNTIME_DIR", home)
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        text.lines().filter_map(|line| line.split("answer=").nth(1).map(str::to_owned)).collect()
    }

    fn missing_tools() -> Option<&'static str> {
        ["dbus-run-session", "gnome-keyring-daemon"]
            .into_iter()
            .find(|tool| Command::new(tool).arg("--version").output().is_err())
    }

    #[test]
    fn the_real_keyring_tells_unlocked_locked_and_absent_apart() {
        if let Some(tool) = missing_tools() {
            eprintln!("skipped: {tool} is not installed");
            return;
        }
        let home = tempfile::tempdir().unwrap();
        let unlocked = "printf secret | gnome-keyring-daemon --unlock --components=secrets >/dev/null";
        assert_eq!(
            session(home.path(), unlocked, &["read", "write", "read"]),
            ["nothing", "written", "same"]
        );
        // A new session finds what the first one kept …
        assert_eq!(session(home.path(), unlocked, &["read"]), ["same"]);
        // … unless nobody typed the password: that is locked, not missing, for reading and writing.
        let locked = "gnome-keyring-daemon --start --components=secrets >/dev/null";
        assert_eq!(session(home.path(), locked, &["read", "write"]), ["keyring_locked", "keyring_locked"]);
        assert_eq!(
            session(home.path(), unlocked, &["remove", "read", "remove"]),
            ["removed", "nothing", "removed"]
        );
        let absent = "export DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent/bus";
        assert_eq!(session(home.path(), absent, &["read"]), ["keyring_unavailable"]);
    }
}
