//! Quitting is an end: with a word of warning when something would be missed.

use jiff::{Timestamp, ToSpan as _};
use serde_json::Value;

use crate::{
    page::Page,
    scene::{Scene, wait_for},
    services::TrayHost,
};

const WARNING: &str = "^Quitter Le Vieux Moulin";
const CLOSING: &str = "^Réduire ou quitter";

/// Plans a post that the warning has to name: earlier than anything of the demonstration.
fn plan(scene: &Scene) {
    let at = (Timestamp::now() + 40.minutes()).to_string();
    let answer = scene.moulin_json(&[
        "publish",
        "--text",
        "Soupe au pistou ce soir",
        "--to",
        "bluesky",
        "--at",
        &at,
        "--json",
    ]);
    assert!(answer["post_id"].is_string(), "{answer}");
}

#[tokio::test]
async fn with_nothing_due_quitting_from_the_tray_ends_the_program() {
    let scene = Scene::new();
    let tray = TrayHost::start(&scene).await;
    let mut program = scene.start_with(&scene.real_arguments(), &["--hidden"]);
    scene.moulin_json(&["status", "--json"]);
    tray.choose("Quitter").await;
    assert_eq!(program.ended(), Some(0));
    assert!(!scene.path("data/moulin.local-key").exists(), "it did not end in order");
}

#[tokio::test]
async fn what_is_due_soon_is_named_and_quitting_can_be_taken_back() {
    let scene = Scene::new();
    let tray = TrayHost::start(&scene).await;
    let mut program = scene.start(&["--hidden"]);
    scene.moulin_json(&["status", "--json"]);
    plan(&scene);
    tray.choose("Quitter").await;
    let dialog = scene.wait_for_dialog(WARNING);
    Page::photograph("quit-warning");
    scene.press(&dialog, "Escape");
    scene.wait_for_no_dialog(WARNING);
    assert!(program.is_running(), "taken back, and yet ended");
    scene.moulin_json(&["status", "--json"]);

    tray.choose("Quitter").await;
    let dialog = scene.wait_for_dialog(WARNING);
    scene.choose_button(&dialog, WARNING, 0);
    assert_eq!(program.ended(), Some(0));
}

#[tokio::test]
async fn the_window_has_its_own_way_out() {
    let scene = Scene::new();
    let page = Page::open_with(&scene, &scene.real_arguments()).await;
    page.find("[data-testid=\"nav-today\"]").await;
    assert_eq!(page.api("GET", "/api/health", Value::Null).await.0, 200);
    page.click("nav-settings").await;
    page.script("location.hash = '#/reglages/demarrage'", Value::Array(Vec::new())).await;
    page.click_for_the_last_time("quit").await;
    wait_for(|| (!scene.path("data/moulin.local-key").exists()).then_some(())).expect("it ends in order");
    scene.wait_for_no_window();
}

#[tokio::test]
async fn without_a_tray_closing_asks_and_an_invisible_program_never_stays() {
    let scene = Scene::new();
    let mut program = scene.start_with(&scene.real_arguments(), &[]);
    let window = scene.wait_for_window();
    scene.moulin_json(&["status", "--json"]);
    scene.press(&window, "alt+F4");
    let dialog = scene.wait_for_dialog(CLOSING);
    Page::photograph("close-without-tray");
    // Taken back: everything stays as it was.
    scene.press(&dialog, "Escape");
    scene.wait_for_no_dialog(CLOSING);
    assert_eq!(scene.windows(), std::slice::from_ref(&window));
    // Out of the way: it goes on, and a second start finds it.
    scene.press(&window, "alt+F4");
    let dialog = scene.wait_for_dialog(CLOSING);
    scene.choose_button(&dialog, CLOSING, 0);
    scene.wait_for_no_window();
    assert!(program.is_running());
    let mut second = scene.start_with(&scene.real_arguments(), &[]);
    assert_eq!(second.ended(), Some(0));
    assert_eq!(scene.wait_for_window(), window, "the same window comes back");
    // An end.
    scene.press(&window, "alt+F4");
    let dialog = scene.wait_for_dialog(CLOSING);
    scene.choose_button(&dialog, CLOSING, 1);
    assert_eq!(program.ended(), Some(0));
}
