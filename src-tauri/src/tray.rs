//! The icon near the clock: state, next item, pause, open, quit. Everything here can also be done in
//! the window, because some desktops show no tray.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
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

/// Whoever owns this name on the session bus shows tray icons.
#[cfg(target_os = "linux")]
const WATCHER: &str = "org.kde.StatusNotifierWatcher";

const OK: &[u8] = include_bytes!("../../icons/tray-ok.png");
const ATTENTION: &[u8] = include_bytes!("../../icons/tray-attention.png");
const PAUSED: &[u8] = include_bytes!("../../icons/tray-paused.png");
const OFFLINE: &[u8] = include_bytes!("../../icons/tray-offline.png");

/// The icon, when this desktop has a place for it.
pub struct Tray {
    icon: Mutex<Option<TrayIcon>>,
    shown: Mutex<Option<Shown>>,
}

/// What the tray says.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown {
    face: Face,
    state: String,
    next: String,
    /// `None`: there is nothing that could be paused.
    paused: Option<bool>,
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
    /// Creates the icon, when this desktop has a place for it already.
    pub fn create(app: &AppHandle, words: &Words) -> Self {
        let tray = Self { icon: Mutex::default(), shown: Mutex::default() };
        if host_exists() {
            tray.add_icon(app, words);
        } else {
            tracing::info!("No tray on this desktop yet; the window stays reachable by a second start.");
        }
        tray
    }

    pub fn is_visible(&self) -> bool {
        self.icon().is_some()
    }

    fn icon(&self) -> Option<TrayIcon> {
        self.icon.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Belongs to the main thread. A missing system library panics inside Tauri: that means "no tray".
    fn add_icon(&self, app: &AppHandle, words: &Words) {
        if self.is_visible() {
            return;
        }
        let built = catch_unwind(AssertUnwindSafe(|| build(app, &Shown::starting(words), words)))
            .unwrap_or_else(|_| Err(anyhow::anyhow!("the system's tray library is missing")));
        match built {
            Ok(icon) => *self.icon.lock().unwrap_or_else(PoisonError::into_inner) = Some(icon),
            Err(error) => {
                tracing::warn!("No tray: {error}; the window stays reachable by a second start.");
            }
        }
    }

    fn show(&self, app: &AppHandle, shown: Shown, words: &Words) {
        let Some(icon) = self.icon() else { return };
        let mut current = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
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

impl Shown {
    fn starting(words: &Words) -> Self {
        Self::without_engine(Face::Ok, words.starting)
    }

    fn failed(words: &Words) -> Self {
        Self::without_engine(Face::Attention, words.start_problem)
    }

    fn without_engine(face: Face, state: &str) -> Self {
        Self { face, state: state.to_owned(), next: String::new(), paused: None, practice: false }
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
        let name = zbus::names::BusName::try_from(WATCHER).ok()?;
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
    builder = match shown.paused {
        None => return builder.text("quit", words.quit).build(),
        Some(true) => builder.text("resume", words.resume),
        Some(false) => {
            let pause = SubmenuBuilder::new(app, words.pause)
                .text("pause_hour", words.pause_hour)
                .text("pause_tomorrow", words.pause_tomorrow)
                .text("pause_until_resumed", words.pause_until_resumed)
                .build()?;
            builder.item(&pause)
        }
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
                if let Err(error) = engine.queue.set_pause(pause, "window").await {
                    tracing::error!(code = error.code(), "The pause could not be stored: {error}.");
                }
            });
        }
        _ => {}
    }
}

/// Tomorrow morning on the clock of the house.
fn tomorrow(now: Timestamp, engine: &Engine) -> Timestamp {
    let local = now.to_zoned(quit::zone(engine));
    local
        .date()
        .tomorrow()
        .and_then(|day| day.at(MORNING, 0, 0, 0).to_zoned(local.time_zone().clone()))
        .map_or(now + SignedDuration::from_hours(12), |morning| morning.timestamp())
}

/// Refreshes the tray after every change, at most once a second, and each minute for the clock.
pub fn keep_current(app: AppHandle) {
    tauri::async_runtime::spawn(async move {
        let host = app.state::<App>().host.clone();
        while host.ready().await.is_err() {
            refresh_now(&app).await;
            host.attempted().await;
        }
        let served = host.running().await;
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
    let words = words(state.host.language());
    let Some(engine) = state.host.engine() else {
        let shown =
            if state.host.failure().is_some() { Shown::failed(words) } else { Shown::starting(words) };
        show_on_main_thread(app, shown, words);
        return;
    };
    match describe(&engine, words).await {
        Ok(shown) => show_on_main_thread(app, shown, words),
        Err(error) => tracing::warn!(code = error.code(), "The tray could not be refreshed: {error}."),
    }
}

fn show_on_main_thread(app: &AppHandle, shown: Shown, words: &'static Words) {
    let handle = app.clone();
    // Menus belong to the main thread.
    let _ = app.run_on_main_thread(move || handle.state::<App>().tray.show(&handle, shown, words));
}

/// At login the panel may come after us: the icon is added when it is there.
#[cfg(target_os = "linux")]
pub fn wait_for_panel(app: AppHandle) {
    tauri::async_runtime::spawn(async move {
        if let Err(error) = panel(&app).await {
            tracing::info!("Nothing is known of a tray that comes later: {error}.");
        }
    });
}

#[cfg(not(target_os = "linux"))]
pub fn wait_for_panel(_app: AppHandle) {}

#[cfg(target_os = "linux")]
async fn panel(app: &AppHandle) -> zbus::Result<()> {
    use futures::StreamExt as _;
    let bus = zbus::Connection::session().await?;
    let names = zbus::fdo::DBusProxy::new(&bus).await?;
    let mut owners = names.receive_name_owner_changed_with_args(&[(0, WATCHER)]).await?;
    while !app.state::<App>().tray.is_visible() {
        // It may have come before we listened.
        if names.name_has_owner(zbus::names::BusName::try_from(WATCHER)?).await? {
            let handle = app.clone();
            let _ = app.run_on_main_thread(move || {
                let app = handle.state::<App>();
                app.tray.add_icon(&handle, words(app.host.language()));
                refresh(&handle);
            });
            return Ok(());
        }
        if owners.next().await.is_none() {
            return Ok(());
        }
    }
    Ok(())
}

async fn describe(engine: &Engine, words: &Words) -> Result<Shown, vieux_moulin_engine::store::StoreError> {
    let now = engine.clock.now();
    let (open, next) =
        engine.store.read(move |c| Ok((alerts::list(c, true, 100)?, deliveries::next_due(c, now)?))).await?;
    let zone = quit::zone(engine);
    let clock = |at: Timestamp| quit::clock_time(at, now, &zone);
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
            words.next.replace("{time}", &clock(delivery.due_at)).replace("{title}", &quit::title(&delivery))
        },
    );
    Ok(Shown { face, state, next, paused: Some(pause != Pause::Running), practice: engine.practice })
}
