//! Desktop notifications of what needs a person. Every one of them also stands in the application;
//! here it is only carried to the desktop, grouped as the store groups it.

use std::{path::PathBuf, sync::OnceLock, time::Duration};

use jiff::civil::Time;
use tauri::{AppHandle, Manager as _};
use tokio::sync::broadcast::error::RecvError;
use vieux_moulin_engine::{
    config::{Language, QuietHours, Settings},
    engine::Engine,
    problems,
    store::{accounts, alerts, alerts::Alert, state},
};

use crate::{
    app::App,
    quit, window,
    words::{Words, words},
};

const CLOSE_EXPLAINED: &str = "close_explained";
const NAME: &str = "Le Vieux Moulin";
const ICON: &[u8] = include_bytes!("../../icons/128x128.png");
/// Alerts of one second leave together.
const GATHER: Duration = Duration::from_secs(1);

/// One notification, ready to be shown.
struct Notice {
    title: String,
    body: String,
    /// Place of the page that the button opens.
    route: Option<String>,
    is_critical: bool,
}

/// Shows what needs a person, until the end.
pub fn run(app: AppHandle) {
    tauri::async_runtime::spawn(async move {
        let host = app.state::<App>().host.clone();
        let engine = host.running().await.engine.clone();
        let (mut events, _) = engine.events.subscribe(None);
        loop {
            show_waiting(&app, &engine).await;
            // Quiet hours end without an event, so the list is looked at each minute too.
            let minute = tokio::time::sleep(Duration::from_secs(60));
            tokio::pin!(minute);
            loop {
                tokio::select! {
                    event = events.recv() => match event {
                        // Settings: the quiet hours may just have been switched off.
                        Ok(event) if matches!(event.kind, "alert.raised" | "settings.changed") => break,
                        // Too many at once: an alert may have been among those that were missed.
                        Err(RecvError::Lagged(_)) => break,
                        Err(RecvError::Closed) => return,
                        Ok(_) => {}
                    },
                    () = &mut minute => break,
                }
            }
            tokio::time::sleep(GATHER).await;
        }
    });
}

async fn show_waiting(app: &AppHandle, engine: &Engine) {
    let settings = engine.settings();
    let now = engine.clock.now().to_zoned(quit::zone(engine)).time();
    if !settings.notifications.enabled || is_quiet(&settings.notifications.quiet_hours, now) {
        // They stay in the application, and are shown when the quiet hours are over.
        return;
    }
    let waiting = match engine.store.read(alerts::to_notify).await {
        Ok(waiting) => waiting,
        Err(error) => {
            tracing::warn!(code = error.code(), "The alerts could not be read: {error}.");
            return;
        }
    };
    for alert in waiting {
        let notice = notice_of(engine, &alert, &settings).await;
        if !show(app, notice, words(settings.language)).await {
            // No notification service: the application itself still shows the alert.
            return;
        }
        let now = engine.clock.now();
        if let Err(error) = engine.store.write(move |tx| alerts::set_notified(tx, alert.id, now)).await {
            tracing::warn!(code = error.code(), "A shown alert could not be marked: {error}.");
        }
    }
}

async fn notice_of(engine: &Engine, alert: &Alert, settings: &Settings) -> Notice {
    let code = alert.problem.as_ref().map_or(alert.kind.as_str(), |problem| problem.code.as_str());
    let text = problems::find_or_general(code);
    let (title, detail, step) = match settings.language {
        Language::Fr => (text.title, text.detail, text.next_step),
        Language::En => (text.title_en, text.detail_en, text.next_step_en),
    };
    let account = match alert.account_id.clone() {
        Some(id) => engine.store.read(move |c| accounts::find(c, &id.into())).await.ok().flatten(),
        None => None,
    };
    let name = account.map(|account| {
        let platform = engine.registry.get(&account.platform).map_or("", |c| c.descriptor().name);
        format!("{platform} ({})", account.label)
    });
    let several = if alert.count > 1 {
        format!(" ({})", words(settings.language).several.replace("{count}", &alert.count.to_string()))
    } else {
        String::new()
    };
    let title = match name {
        Some(name) => format!("{name}\u{a0}: {title}{several}"),
        None => format!("{title}{several}"),
    };
    let route = match (&alert.post_id, &alert.account_id) {
        _ if alert.kind == "review_low" => Some("/avis".to_owned()),
        (Some(post), _) => Some(format!("/publications/{post}")),
        (None, Some(_)) => Some("/connexions".to_owned()),
        (None, None) => None,
    };
    let is_critical = matches!(alert.kind.as_str(), "account_needs_reauth" | "delivery_doubtful");
    Notice { title, body: format!("{detail}\n{step}"), route, is_critical }
}

/// From the first minute up to the last, which may lie after midnight.
fn is_quiet(hours: &QuietHours, now: Time) -> bool {
    let (from, to) = (hours.from.0, hours.to.0);
    hours.enabled && if from <= to { now >= from && now < to } else { now >= from || now < to }
}

/// The picture of a notification, as a file: the name of an icon is only known where the program is
/// installed.
fn icon(app: &AppHandle) -> String {
    static FILE: OnceLock<Option<PathBuf>> = OnceLock::new();
    let file = FILE.get_or_init(|| {
        let folder = app.path().app_cache_dir().ok()?;
        let file = folder.join("notification.png");
        std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&file, ICON)).ok()?;
        Some(file)
    });
    file.as_ref().map_or_else(|| "vieux-moulin".to_owned(), |file| file.to_string_lossy().into_owned())
}

/// Shows one notification; its button opens the item. Returns false when the desktop has no
/// notification service.
async fn show(app: &AppHandle, notice: Notice, words: &'static Words) -> bool {
    let app = app.clone();
    // The notification library blocks, and its bus must not run inside an async task.
    let shown = tokio::task::spawn_blocking(move || {
        let mut notification = notify_rust::Notification::new();
        notification.appname(NAME).summary(&notice.title).body(&notice.body).icon(&icon(&app));
        if notice.route.is_some() {
            notification.action("default", words.show_item).action("show", words.show_item);
        }
        #[cfg(all(unix, not(target_os = "macos")))]
        if notice.is_critical {
            notification.urgency(notify_rust::Urgency::Critical);
        }
        let handle = match notification.show() {
            Ok(handle) => handle,
            Err(error) => {
                tracing::debug!("No notification service: {error}.");
                return false;
            }
        };
        if let Some(route) = notice.route {
            // Waits as long as the notification is on the screen.
            std::thread::spawn(move || {
                handle.wait_for_action(|action| {
                    if matches!(action, "default" | "show") {
                        let open = app.clone();
                        let _ = app.run_on_main_thread(move || window::show(&open, Some(&route)));
                    }
                });
            });
        }
        true
    });
    shown.await.unwrap_or(false)
}

/// "Close is not quit", once in the life of the data folder.
pub async fn explain_close_once(app: &AppHandle) {
    let host = app.state::<App>().host.clone();
    let Some(engine) = host.engine() else { return };
    let said = engine.store.read(|c| state::get::<bool>(c, CLOSE_EXPLAINED)).await;
    if !matches!(said, Ok(None)) {
        return;
    }
    if engine.store.write(|tx| state::set(tx, CLOSE_EXPLAINED, &true)).await.is_err() {
        return;
    }
    let (words, app) = (words(host.language()), app.clone());
    // Without a notification service the help page says the same.
    let _ = tokio::task::spawn_blocking(move || {
        notify_rust::Notification::new()
            .appname(NAME)
            .summary(words.still_running_title)
            .body(words.still_running)
            .icon(&icon(&app))
            .show()
            .map(|_| ())
    })
    .await;
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;
    use vieux_moulin_engine::config::{QuietHours, WallTime};

    use super::is_quiet;

    fn hours(from: i8, to: i8) -> QuietHours {
        QuietHours { enabled: true, from: WallTime(time(from, 0, 0, 0)), to: WallTime(time(to, 0, 0, 0)) }
    }

    #[test]
    fn quiet_hours_hold_their_first_minute_and_not_their_last_across_midnight_too() {
        let night = hours(22, 8);
        for quiet in [time(22, 0, 0, 0), time(0, 0, 0, 0), time(7, 59, 59, 0)] {
            assert!(is_quiet(&night, quiet), "{quiet}");
        }
        for loud in [time(21, 59, 59, 0), time(8, 0, 0, 0), time(12, 0, 0, 0)] {
            assert!(!is_quiet(&night, loud), "{loud}");
        }
        let service = hours(12, 14);
        assert!(is_quiet(&service, time(13, 0, 0, 0)));
        assert!(!is_quiet(&service, time(14, 0, 0, 0)));
        assert!(!is_quiet(&QuietHours { enabled: false, ..night }, time(23, 0, 0, 0)));
    }
}
