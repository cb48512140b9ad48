//! The window: made on demand, destroyed on close to give its memory back.

use tauri::{AppHandle, Manager as _, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder, WindowEvent};
use tauri_plugin_window_state::{AppHandleExt as _, StateFlags, WindowExt as _};

use crate::{app::App, notifier, quit, tray, words::words};

pub const LABEL: &str = "main";
const PAGE: &str = "index.html";
/// What is shown instead while the engine cannot start.
const START_PAGE: &str = "start.html";
/// Where the bundled pages are, as the web view knows them.
#[cfg(not(windows))]
const ORIGIN: &str = "tauri://localhost/";
#[cfg(windows)]
const ORIGIN: &str = "http://tauri.localhost/";
/// Below the data folder: what the web view remembers of one house is not shown in the other.
const MEMORY: &str = "webview";

/// What is remembered of the window; not whether it was visible, or a hidden start would stay hidden.
pub fn remembered() -> StateFlags {
    StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED
}

/// What has to stand in the environment before GTK and WebKitGTK read it: the program starts itself
/// again with what is missing. What a person has set stays.
#[cfg(target_os = "linux")]
pub fn prepare_web_view() -> anyhow::Result<()> {
    use std::os::unix::process::CommandExt as _;
    const SWITCHES: [(&str, &str); 2] = [
        // Some drivers show an empty window otherwise.
        ("WEBKIT_DISABLE_DMABUF_RENDERER", "1"),
        // GTK loads the graphics driver as soon as it finds the screen, window or not: 30 MiB with
        // Mesa's software driver. Nothing of ours is drawn with it.
        ("GDK_GL", "disable"),
    ];
    let missing: Vec<_> = SWITCHES.into_iter().filter(|(name, _)| std::env::var_os(name).is_none()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let mut again = std::process::Command::new(std::env::current_exe()?);
    again.args(std::env::args_os().skip(1)).envs(missing);
    Err(again.exec().into())
}

#[cfg(not(target_os = "linux"))]
pub fn prepare_web_view() -> anyhow::Result<()> {
    Ok(())
}

/// Brings the window to the front, building it when it was closed. `route` is a place of the page,
/// for example `/publications/<id>`.
pub fn show(app: &AppHandle, route: Option<&str>) {
    if let Some(window) = app.get_webview_window(LABEL) {
        if let Some(route) = route {
            // Json-quoted, so that a route can never become code.
            let place = serde_json::Value::from(format!("#{route}"));
            let _ = window.eval(format!("window.location.hash = {place}"));
        }
        let _ = window.unminimize();
        let _ = window.show();
        let _ = window.set_focus();
        return;
    }
    let host = &app.state::<App>().host;
    let page = match (host.failure(), route) {
        (Some(_), _) => START_PAGE.to_owned(),
        (None, Some(route)) => format!("{PAGE}#{route}"),
        (None, None) => PAGE.to_owned(),
    };
    let mut builder = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App(page.into()))
        .title("Le Vieux Moulin")
        .inner_size(1280.0, 800.0)
        .min_inner_size(760.0, 560.0)
        .center();
    // Where no folder can be made the web view keeps its memory in the usual place.
    let memory = host.folder().join(MEMORY);
    if std::fs::create_dir_all(&memory).is_ok() {
        builder = builder.data_directory(memory);
    }
    match builder.build() {
        Ok(window) => {
            let _ = window.restore_state(remembered());
        }
        Err(error) => tracing::error!("The window could not be made: {error}."),
    }
}

/// Makes the window without bringing it to the front.
pub fn show_minimized(app: &AppHandle) {
    show(app, None);
    if let Some(window) = app.get_webview_window(LABEL) {
        let _ = window.minimize();
    }
}

/// Shows why the engine does not start, also after a start that was to stay hidden.
pub fn show_start_page(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(LABEL)
        && !is_on_start_page(&window)
    {
        go_to(&window, START_PAGE);
    }
    show(app, None);
}

/// Goes on to the application itself, when the start page is what is shown.
pub fn leave_start_page(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(LABEL)
        && is_on_start_page(&window)
    {
        go_to(&window, PAGE);
    }
}

fn is_on_start_page(window: &WebviewWindow) -> bool {
    window.url().is_ok_and(|url| url.path().ends_with(START_PAGE))
}

fn go_to(window: &WebviewWindow, page: &str) {
    let gone = Url::parse(ORIGIN).and_then(|origin| origin.join(page)).map(|url| window.navigate(url));
    if !matches!(gone, Ok(Ok(()))) {
        tracing::error!("The window does not go to {page}.");
    }
}

/// Close is not quit: the window goes, the work stays. Said once.
pub fn on_event(window: &tauri::Window, event: &WindowEvent) {
    if matches!(event, WindowEvent::Destroyed) {
        window.state::<App>().listener.replace(None);
    }
    let WindowEvent::CloseRequested { api, .. } = event else { return };
    let app = window.app_handle().clone();
    let _ = app.save_window_state(remembered());
    api.prevent_close();
    let state = app.state::<App>();
    if state.host.failure().is_some() {
        // Nothing works behind this window; an invisible program would only be in the way.
        app.exit(0);
    } else if state.tray.is_visible() {
        let window = window.clone();
        // Not from inside its own event.
        let _ = app.clone().run_on_main_thread(move || {
            let _ = window.destroy();
        });
        let handle = app.clone();
        tauri::async_runtime::spawn(async move {
            notifier::explain_close_once(&handle).await;
        });
        tracing::info!("{}", words(state.host.language()).window_closed_log);
    } else {
        // Without a tray a closed window could not be found again.
        let handle = app.clone();
        tauri::async_runtime::spawn(async move { quit::ask_without_tray(&handle).await });
    }
    tray::refresh(&app);
}

/// Out of the way, and yet to be found in the list of windows.
pub fn minimize(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(LABEL) {
        let _ = window.minimize();
    }
}
