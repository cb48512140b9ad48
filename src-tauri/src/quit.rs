//! Quitting, with a warning when something is due within a day.

use jiff::SignedDuration;
use tauri::{AppHandle, Manager as _};
use tauri_plugin_dialog::{DialogExt as _, MessageDialogButtons, MessageDialogKind};
use vieux_moulin_engine::{
    domain::DeliveryState,
    engine::Engine,
    store::deliveries::{self, Filter},
};

use crate::{app::App, words::words};

const SOON: SignedDuration = SignedDuration::from_hours(24);
/// Enough to say "several".
const COUNTED: u32 = 500;

/// Quits at once, or after the person has said yes.
pub async fn ask_and_quit(app: &AppHandle) {
    let host = app.state::<App>().host.clone();
    let due = match host.engine() {
        Some(engine) => due_soon(&engine).await,
        None => 0,
    };
    if due == 0 {
        app.exit(0);
        return;
    }
    let words = words(host.language());
    let text = match due {
        1 => words.quit_one.to_owned(),
        many => words.quit_many.replace("{count}", &many.to_string()),
    };
    let handle = app.clone();
    app.dialog()
        .message(text)
        .title(words.quit_title)
        .kind(MessageDialogKind::Warning)
        .buttons(MessageDialogButtons::OkCancelCustom(words.quit_yes.into(), words.quit_no.into()))
        .show(move |yes| {
            if yes {
                handle.exit(0);
            }
        });
}

/// Deliveries that would have to leave from this machine within a day.
async fn due_soon(engine: &Engine) -> usize {
    let filter = Filter {
        states: vec![DeliveryState::Queued, DeliveryState::RetryAt],
        to: Some(engine.clock.now() + SOON),
        limit: COUNTED,
        ..Filter::default()
    };
    engine.store.read(move |c| deliveries::list(c, &filter)).await.map_or(0, |due| due.len())
}
