//! The icon near the clock: state, next item, pause, open, quit. Everything here can also be done in
//! the window, because some desktops show no tray.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Mutex,
    time::Duration,
};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use tauri::{
    AppHandle, Manager as _,
    image::Image,
    menu::{Menu, MenuBuilder, MenuItemBuilder, SubmenuBuilder},
    tray::{TrayIcon, TrayIconBuilder},
};
use vieux_moulin_engine::{
    engine::Engine,
    queue::Pause,
    store::{alerts, deliveries},
};

use crate::{
    app::App,
    quit, window,
    words::{Words, words},
};

/// At most one refresh in this time, however many events there are.
const QUIET: Duration = Duration::from_secs(1);
/// "Jusqu’à demain" ends at this hour.
const MORNING: i8 = 7;

const OK: &[u8] = include_bytes!("../../icons/tray-ok.png");
const ATTENTION: &[u8] = include_bytes!("../../icons/tray-attention.png");
const PAUSED: &[u8] = include_bytes!("../../icons/tray-paused.png");
const OFFLINE: &[u8] = include_bytes!("../../icons/tray-offline.png");

/// The icon, when this desktop has a place for it.
pub struct Tray {
    icon: Option<TrayIcon>,
    shown: Mutex<Option<Shown>>,
}

/// What the tray says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown {
    face: Face,
    state: String,
    next: String,
    paused: bool,
    practice: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Face {
    Ok,
    Attention,
    Paused,
    Offline,
}

impl Tray {
    /// Creates the icon. A missing system library panics inside Tauri: that means "no tray".
    pub fn create(app: &AppHandle) -> Self {
        let words = words(vieux_moulin_engine::config::Language::Fr);
        let first = Shown {
            face: Face::Ok,
            state: words.starting.to_owned(),
            next: String::new(),
            paused: false,
            practice: false,
        };
        let built = if host_exists() {
            catch_unwind(AssertUnwindSafe(|| build(app, &first, words)))
                .unwrap_or_else(|_| Err(anyhow::anyhow!("the system's tray library is missing")))
        } else {
            Err(anyhow::anyhow!("this desktop shows no tray"))
        };
        let icon = built
            .map_err(|error| {
                tracing::info!("No tray: {error}; the window stays reachable by a second start.");
            })
            .ok();
        Self { icon, shown: Mutex::new(None) }
    }

    pub fn is_visible(&self) -> bool {
        self.icon.is_some()
    }

    fn show(&self, app: &AppHandle, shown: Shown, words: &Words) {
        let Some(icon) = &self.icon else { return };
        let mut current = self.shown.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if current.as_ref() == Some(&shown) {
            return;
        }
        if let Ok(picture) = Image::from_bytes(shown.face.picture()) {
            let _ = icon.set_icon(Some(picture));
        }
        match menu(app, &shown, words) {
            Ok(menu) => {
                let _ = icon.set_menu(Some(menu));
            }
            Err(error) => tracing::warn!("The menu of the tray could not be made: {error}."),
        }
        // Not every desktop shows it.
        let _ = icon.set_tooltip(Some(format!("Le Vieux Moulin\n{}", shown.state)));
        *current = Some(shown);
    }
}

impl Face {
    fn picture(self) -> &'static [u8] {
        match self {
            Self::Ok => OK,
            Self::Attention => ATTENTION,
            Self::Paused => PAUSED,
            Self::Offline => OFFLINE,
        }
    }
}

/// Says whether something on this desktop shows tray icons.
#[cfg(target_os = "linux")]
fn host_exists() -> bool {
    // Blocking calls of the bus must not run on a thread of the async runtime.
    std::thread::spawn(|| {
        let bus = zbus::blocking::Connection::session().ok()?;
        let proxy = zbus::blocking::fdo::DBusProxy::new(&bus).ok()?;
        let name = zbus::names::BusName::try_from("org.kde.StatusNotifierWatcher").ok()?;
        proxy.name_has_owner(name).ok()
    })
    .join()
    .ok()
    .flatten()
    .unwrap_or(false)
}

#[cfg(not(target_os = "linux"))]
fn host_exists() -> bool {
    true
}

fn build(app: &AppHandle, shown: &Shown, words: &Words) -> anyhow::Result<TrayIcon> {
    let icon = TrayIconBuilder::with_id("main")
        .icon(Image::from_bytes(shown.face.picture())?)
        .menu(&menu(app, shown, words)?)
        .show_menu_on_left_click(false)
        .on_menu_event(|app, event| chosen(app, event.id().as_ref()))
        .on_tray_icon_event(|icon, event| {
            use tauri::tray::{MouseButton, MouseButtonState, TrayIconEvent};
            if let TrayIconEvent::Click {
                button: MouseButton::Left,
                button_state: MouseButtonState::Up,
                ..
            } = event
            {
                window::show(icon.app_handle(), None);
            }
        })
        .build(app)?;
    Ok(icon)
}

fn menu(app: &AppHandle, shown: &Shown, words: &Words) -> tauri::Result<Menu<tauri::Wry>> {
    let label = |id: &str, text: &str| MenuItemBuilder::with_id(id, text).enabled(false).build(app);
    let mut builder = MenuBuilder::new(app);
    if shown.practice {
        builder = builder.item(&label("practice", words.practice)?);
    }
    builder = builder.item(&label("state", &shown.state)?);
    if !shown.next.is_empty() {
        builder = builder.item(&label("next", &shown.next)?);
    }
    builder = builder.separator().text("open", words.open).separator();
    builder = if shown.paused {
        builder.text("resume", words.resume)
    } else {
        let pause = SubmenuBuilder::new(app, words.pause)
            .text("pause_hour", words.pause_hour)
            .text("pause_tomorrow", words.pause_tomorrow)
            .text("pause_until_resumed", words.pause_until_resumed)
            .build()?;
        builder.item(&pause)
    };
    builder.separator().text("quit", words.quit).build()
}

fn chosen(app: &AppHandle, id: &str) {
    match id {
        "open" => window::show(app, None),
        "quit" => {
            let app = app.clone();
            tauri::async_runtime::spawn(async move { quit::ask_and_quit(&app).await });
        }
        "pause_hour" | "pause_tomorrow" | "pause_until_resumed" | "resume" => {
            let Some(engine) = app.state::<App>().host.engine() else { return };
            let now = engine.clock.now();
            let pause = match id {
                "pause_hour" => Pause::Until { at: now + SignedDuration::from_hours(1) },
                "pause_tomorrow" => Pause::Until { at: tomorrow(now, &engine) },
                "resume" => Pause::Running,
                _ => Pause::UntilResumed,
            };
            tauri::async_runtime::spawn(async move {
                if let Err(error) = engine.queue.set_pause(pause).await {
                    tracing::error!(code = error.code(), "The pause could not be stored: {error}.");
                }
            });
        }
        _ => {}
    }
}

/// Tomorrow morning on the clock of the house.
fn tomorrow(now: Timestamp, engine: &Engine) -> Timestamp {
    let local = now.to_zoned(zone(engine));
    local
        .date()
        .tomorrow()
        .and_then(|day| day.at(MORNING, 0, 0, 0).to_zoned(local.time_zone().clone()))
        .map_or(now + SignedDuration::from_hours(12), |morning| morning.timestamp())
}

fn zone(engine: &Engine) -> TimeZone {
    TimeZone::get(&engine.settings().house.timezone).unwrap_or(TimeZone::UTC)
}

/// Refreshes the tray after every change, at most once a second, and each minute for the clock.
pub fn keep_current(app: AppHandle) {
    tauri::async_runtime::spawn(async move {
        let host = app.state::<App>().host.clone();
        let Ok(served) = host.ready().await else { return };
        let (mut events, _) = served.engine.events.subscribe(None);
        loop {
            refresh_now(&app).await;
            tokio::select! {
                event = events.recv() => {
                    if matches!(event, Err(tokio::sync::broadcast::error::RecvError::Closed)) {
                        return;
                    }
                }
                () = tokio::time::sleep(Duration::from_secs(60)) => {}
            }
            tokio::time::sleep(QUIET).await;
            events = events.resubscribe();
        }
    });
}

/// Refreshes the tray soon.
pub fn refresh(app: &AppHandle) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move { refresh_now(&app).await });
}

async fn refresh_now(app: &AppHandle) {
    let state = app.state::<App>();
    let Some(engine) = state.host.engine() else { return };
    let words = words(engine.settings().language);
    match describe(&engine, words).await {
        Ok(shown) => {
            let handle = app.clone();
            // Menus belong to the main thread.
            let _ = app.run_on_main_thread(move || handle.state::<App>().tray.show(&handle, shown, words));
        }
        Err(error) => tracing::warn!(code = error.code(), "The tray could not be refreshed: {error}."),
    }
}

async fn describe(engine: &Engine, words: &Words) -> Result<Shown, vieux_moulin_engine::store::StoreError> {
    let now = engine.clock.now();
    let (open, next) =
        engine.store.read(move |c| Ok((alerts::list(c, true, 100)?, deliveries::next_due(c, now)?))).await?;
    let zone = zone(engine);
    let clock = |at: Timestamp| {
        let (at, today) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()).date());
        let format = if at.date() == today { "%H:%M" } else { "%d/%m %H:%M" };
        at.strftime(format).to_string()
    };
    let waiting: u32 = open.iter().map(|alert| alert.count).sum();
    let pause = engine.queue.pause();
    let (face, state) = if waiting > 0 {
        let text = match waiting {
            1 => words.needs_you_one.to_owned(),
            many => words.needs_you_many.replace("{count}", &many.to_string()),
        };
        (Face::Attention, text)
    } else if let Pause::Until { at } = pause {
        (Face::Paused, words.paused_until.replace("{time}", &clock(at)))
    } else if pause == Pause::UntilResumed {
        (Face::Paused, words.paused.to_owned())
    } else if engine.queue.connectivity.is_online() {
        (Face::Ok, words.all_well.to_owned())
    } else {
        (Face::Offline, words.offline.to_owned())
    };
    let next = next.map_or_else(
        || words.nothing_planned.to_owned(),
        |delivery| {
            let title: String = delivery
                .content
                .title
                .as_deref()
                .filter(|title| !title.is_empty())
                .unwrap_or(&delivery.content.text)
                .lines()
                .next()
                .unwrap_or_default()
                .chars()
                .take(40)
                .collect();
            words.next.replace("{time}", &clock(delivery.due_at)).replace("{title}", &title)
        },
    );
    Ok(Shown { face, state, next, paused: pause != Pause::Running, practice: engine.practice })
}
