//! The application: plugins, window, tray, and the engine beside them.

use tauri::{AppHandle, Manager as _, RunEvent};

use crate::{
    bridge::{self, Listener},
    host::Host,
    identity, login, notifier,
    options::Options,
    start,
    tray::{self, Tray},
    window,
    words::words,
};

/// Beside the data: the window of the rehearsal and the real one each keep their place.
const WINDOW_STATE: &str = "window.json";

/// What every part of the shell shares.
pub struct App {
    pub host: Host,
    pub tray: Tray,
    pub options: Options,
    /// What tells the page of the engine's events.
    pub listener: Listener,
}

/// Runs until the person quits.
pub fn run(options: Options) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    tauri::async_runtime::set(runtime.handle().clone());
    let hidden = options.hidden;
    let folder = match identity::folder(&options) {
        Ok(folder) => folder,
        // Without a home folder there is nothing to keep data in, nor a desktop to show a window on.
        Err(problem) => anyhow::bail!(problem.texts().0),
    };
    let instance = tauri_plugin_single_instance::Builder::new()
        .dbus_id(identity::bus_name(&folder))
        .callback(|app, arguments, _folder| second_start(app, &arguments));
    let window_state = tauri_plugin_window_state::Builder::new()
        .with_filename(folder.join(WINDOW_STATE).to_string_lossy())
        .with_state_flags(window::remembered());
    let builder = tauri::Builder::default()
        // First: a second start must find the first one before anything else happens.
        .plugin(instance.build());
    #[cfg(not(target_os = "linux"))]
    let builder = builder.plugin(login::plugin(&options));
    let application = builder
        .plugin(window_state.build())
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
            start::start_state,
            start::start_again,
            start::start_with_passphrase,
            start::start_reveal,
        ])
        .on_window_event(window::on_event)
        .setup(move |app| {
            let host = Host::start(&options, folder);
            let tray = Tray::create(app.handle(), words(host.language()));
            let in_tray = tray.is_visible();
            app.manage(App { host: host.clone(), tray, options, listener: Listener::default() });
            match (hidden, in_tray) {
                (true, true) => {}
                // Out of the way at login, and yet to be found.
                (true, false) => window::show_minimized(app.handle()),
                (false, _) => window::show(app.handle(), None),
            }
            tray::keep_current(app.handle().clone());
            tray::wait_for_panel(app.handle().clone());
            notifier::run(app.handle().clone());
            start::follow(app.handle().clone(), host);
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
    if arguments.iter().any(|argument| argument == login::HIDDEN) {
        return;
    }
    let handle = app.clone();
    // This is called on a task of the bus: a window built there waits for itself, and the second
    // start with it.
    let _ = app.run_on_main_thread(move || window::show(&handle, None));
}
