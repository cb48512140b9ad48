//! A place for tray icons, so that the desktop program can hide: it takes icons in and shows nothing.
//! Clicking them is the business of `tests/desktop`.
#![allow(
    clippy::unused_self,
    clippy::used_underscore_binding,
    reason = "the macro calls methods with all arguments"
)]

use zbus::connection::{self, Connection};

const WATCHER: &str = "org.kde.StatusNotifierWatcher";

struct Watcher;

#[zbus::interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    fn register_status_notifier_item(&self, _service: &str) {}

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
