//! Quitting, with a warning when something is due within a day.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use tauri::{AppHandle, Manager as _};
use tauri_plugin_dialog::{
    DialogExt as _, MessageDialogBuilder, MessageDialogButtons, MessageDialogKind, MessageDialogResult,
};
use vieux_moulin_engine::{
    domain::{Delivery, DeliveryState},
    engine::Engine,
    store::deliveries::{self, Filter},
};

use crate::{
    app::App,
    window,
    words::{Words, words},
};

const SOON: SignedDuration = SignedDuration::from_hours(24);
/// Enough to say "several".
const COUNTED: u32 = 500;

/// Quits at once, or after the person has said yes.
pub async fn ask_and_quit(app: &AppHandle) {
    let words = words(app.state::<App>().host.language());
    let Some(warning) = warning(app, words).await else {
        app.exit(0);
        return;
    };
    let handle = app.clone();
    dialog(app, words.quit_title, warning)
        .buttons(MessageDialogButtons::OkCancelCustom(words.quit_yes.into(), words.quit_no.into()))
        .show(move |yes| {
            if yes {
                handle.exit(0);
            }
        });
}

/// The window is being closed where there is no tray: out of the way, or an end.
pub async fn ask_without_tray(app: &AppHandle) {
    let words = words(app.state::<App>().host.language());
    let text = match warning(app, words).await {
        Some(warning) => format!("{}\n\n{warning}", words.no_tray),
        None => words.no_tray.to_owned(),
    };
    let handle = app.clone();
    dialog(app, words.no_tray_title, text)
        .buttons(MessageDialogButtons::YesNoCancelCustom(
            words.minimize.into(),
            words.quit.into(),
            words.cancel.into(),
        ))
        .show_with_result(move |answer| match answer {
            MessageDialogResult::Custom(chosen) if chosen == words.quit => handle.exit(0),
            MessageDialogResult::Custom(chosen) if chosen == words.minimize => {
                let app = handle.clone();
                let _ = handle.run_on_main_thread(move || window::minimize(&app));
            }
            _ => {}
        });
}

fn dialog(app: &AppHandle, title: &str, text: String) -> MessageDialogBuilder<tauri::Wry> {
    let dialog = app.dialog().message(text).title(title).kind(MessageDialogKind::Warning);
    match app.get_webview_window(window::LABEL) {
        Some(window) => dialog.parent(&window),
        None => dialog,
    }
}

/// What would not leave in time, if anything.
async fn warning(app: &AppHandle, words: &Words) -> Option<String> {
    let engine = app.state::<App>().host.engine()?;
    let due = due_soon(&engine).await;
    let first = due.first()?;
    let posts = due.iter().map(|delivery| &delivery.post_id).collect::<BTreeSet<_>>().len();
    let at = clock_time(first.due_at, engine.clock.now(), &zone(&engine));
    Some(sentence(words, posts, &at, &title(first)))
}

fn sentence(words: &Words, posts: usize, time: &str, title: &str) -> String {
    let text = match posts {
        1 => words.quit_one.to_owned(),
        many => words.quit_many.replace("{count}", &many.to_string()),
    };
    // The title last: it is the person's own text and may hold anything.
    text.replace("{time}", time).replace("{title}", title)
}

/// Deliveries that would have to leave from this machine within a day, the next one first.
async fn due_soon(engine: &Engine) -> Vec<Delivery> {
    let filter = Filter {
        states: vec![DeliveryState::Queued, DeliveryState::RetryAt],
        to: Some(engine.clock.now() + SOON),
        limit: COUNTED,
        ..Filter::default()
    };
    // The store gives them in the order of their times.
    engine.store.read(move |c| deliveries::list(c, &filter)).await.unwrap_or_default()
}

/// The first words of a delivery, for one line.
pub fn title(delivery: &Delivery) -> String {
    const SHOWN: usize = 40;
    let content = &delivery.content;
    let whole = content.title.as_deref().filter(|title| !title.is_empty()).unwrap_or(&content.text);
    whole.lines().next().unwrap_or_default().chars().take(SHOWN).collect()
}

/// The clock of the house.
pub fn zone(engine: &Engine) -> TimeZone {
    TimeZone::get(&engine.settings().house.timezone).unwrap_or(TimeZone::UTC)
}

/// A time as it is read near the clock: without the day when that is today.
pub fn clock_time(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (at, today) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()).date());
    let format = if at.date() == today { "%H:%M" } else { "%d/%m %H:%M" };
    at.strftime(format).to_string()
}

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, tz::TimeZone};
    use vieux_moulin_engine::config::Language;

    use super::{clock_time, sentence};
    use crate::words::words;

    #[test]
    fn the_warning_names_the_next_item_and_its_time() {
        for language in [Language::Fr, Language::En] {
            for posts in [1, 3] {
                let text = sentence(words(language), posts, "18:44", "Soupe au {time}");
                assert!(text.contains("18:44") && text.contains("Soupe au {time}"), "{text}");
                assert_eq!(text.contains('3'), posts == 3, "{text}");
            }
        }
    }

    #[test]
    fn the_day_is_said_when_it_is_not_today() {
        let now: Timestamp = "2026-03-01T21:30:00Z".parse().expect("a time");
        let zone = TimeZone::get("Europe/Paris").expect("a zone");
        let hours = |hours| clock_time(now + jiff::SignedDuration::from_hours(hours), now, &zone);
        assert_eq!(hours(1), "23:30");
        assert_eq!(hours(2), "02/03 00:30");
    }
}
