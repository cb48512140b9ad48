//! The window: made on demand, destroyed on close to give its memory back.

use tauri::{AppHandle, Manager as _, WebviewUrl, WebviewWindowBuilder, WindowEvent};
use tauri_plugin_window_state::{AppHandleExt as _, StateFlags, WindowExt as _};

use crate::{app::App, notifier, tray, words::words};

pub const LABEL: &str = "main";

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
    let page = route.map_or_else(|| "index.html".to_owned(), |route| format!("index.html#{route}"));
    let built = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App(page.into()))
        .title("Le Vieux Moulin")
        .inner_size(1280.0, 800.0)
        .min_inner_size(760.0, 560.0)
        .center()
        .build();
    match built {
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

/// Close is not quit: the window goes, the work stays. Said once.
pub fn on_event(window: &tauri::Window, event: &WindowEvent) {
    let WindowEvent::CloseRequested { api, .. } = event else { return };
    let app = window.app_handle().clone();
    let _ = app.save_window_state(remembered());
    api.prevent_close();
    let state = app.state::<App>();
    if state.tray.is_visible() {
        let window = window.clone();
        // Not from inside its own event.
        let _ = app.clone().run_on_main_thread(move || {
            let _ = window.destroy();
        });
        let host = state.host.clone();
        tauri::async_runtime::spawn(async move {
            notifier::explain_close_once(&host).await;
        });
    } else {
        // Without a tray a closed window could not be found again.
        let _ = window.minimize();
    }
    tray::refresh(&app);
    tracing::info!("{}", words(state.host.language()).window_closed_log);
}
