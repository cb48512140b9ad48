//! A place for tray icons, so that the desktop program can hide: it takes icons in and shows nothing.
//! Clicking them is the business of `tests/desktop`.

use zbus::connection::{self, Connection};

const WATCHER: &str = "org.kde.StatusNotifierWatcher";

struct Watcher;

#[zbus::interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    #[allow(clippy::unused_self, reason = "the macro calls a method")]
    fn register_status_notifier_item(&self, _service: &str) {}

    #[allow(clippy::unused_self, reason = "the macro calls a method")]
    fn register_status_notifier_host(&self, _service: &str) {}

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        Vec::new()
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }
}

/// Offers the place on the session bus until dropped. Errors: no bus, or a desktop that has its own.
pub async fn offer() -> zbus::Result<Connection> {
    connection::Builder::session()?.serve_at("/StatusNotifierWatcher", Watcher)?.name(WATCHER)?.build().await
}
