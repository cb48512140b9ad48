//! The application: plugins, window, tray, and the engine beside them.

use tauri::{AppHandle, Manager as _, RunEvent};
use tauri_plugin_autostart::MacosLauncher;
use tauri_plugin_dialog::{DialogExt as _, MessageDialogKind};

use crate::{
    bridge,
    host::Host,
    notifier,
    options::Options,
    tray::{self, Tray},
    window,
    words::words,
};

/// The option of a start without a window (see [`Options::hidden`]).
const HIDDEN: &str = "--hidden";

/// What every part of the shell shares.
pub struct App {
    pub host: Host,
    pub tray: Tray,
}

/// Runs until the person quits.
pub fn run(options: Options) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    tauri::async_runtime::set(runtime.handle().clone());
    let hidden = options.hidden;
    let application = tauri::Builder::default()
        // First: a second start must find the first one before anything else happens.
        .plugin(tauri_plugin_single_instance::init(|app, arguments, _folder| second_start(app, &arguments)))
        .plugin(tauri_plugin_autostart::init(MacosLauncher::LaunchAgent, Some(vec![HIDDEN])))
        .plugin(tauri_plugin_window_state::Builder::new().with_state_flags(window::remembered()).build())
        .plugin(tauri_plugin_dialog::init())
        .plugin(tauri_plugin_opener::init())
        .register_asynchronous_uri_scheme_protocol(bridge::SCHEME, bridge::serve_picture)
        .invoke_handler(tauri::generate_handler![
            bridge::api,
            bridge::subscribe,
            bridge::open_external,
            bridge::reveal,
            bridge::save_text,
            bridge::autostart_get,
            bridge::autostart_set,
            bridge::quit,
        ])
        .on_window_event(window::on_event)
        .setup(move |app| {
            let host = Host::start(&options);
            let tray = Tray::create(app.handle());
            let in_tray = tray.is_visible();
            app.manage(App { host: host.clone(), tray });
            match (hidden, in_tray) {
                (true, true) => {}
                // Out of the way at login, and yet to be found.
                (true, false) => window::show_minimized(app.handle()),
                (false, _) => window::show(app.handle(), None),
            }
            tray::keep_current(app.handle().clone());
            notifier::run(app.handle().clone());
            tell_of_failed_start(app.handle().clone(), host);
            Ok(())
        })
        .build(tauri::generate_context!())?;
    application.run(|app, event| match event {
        // The last window closing is not the end; quitting is.
        RunEvent::ExitRequested { code: None, api, .. } => api.prevent_exit(),
        RunEvent::Exit => {
            if let Some(served) = app.state::<App>().host.now() {
                tauri::async_runtime::block_on(served.stop());
            }
        }
        _ => {}
    });
    Ok(())
}

/// A person who starts the program again wants its window; the start at login does not.
fn second_start(app: &AppHandle, arguments: &[String]) {
    if arguments.iter().any(|argument| argument == HIDDEN) {
        return;
    }
    let handle = app.clone();
    // This is called on a task of the bus: a window built there waits for itself, and the second
    // start with it.
    let _ = app.run_on_main_thread(move || window::show(&handle, None));
}

/// An engine that cannot start says so in plain words, also when no window is open.
fn tell_of_failed_start(app: AppHandle, host: Host) {
    tauri::async_runtime::spawn(async move {
        let Err(problem) = host.ready().await else { return };
        let title = words(host.language()).start_problem;
        app.dialog().message(problem.texts().0).title(title).kind(MessageDialogKind::Error).show(|_| {});
    });
}
