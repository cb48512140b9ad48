//! Start at login: only when asked for, hidden, and the same house.

use std::fs;

use serde_json::{Value, json};

use crate::{page::Page, scene::Scene, services::until};

#[tokio::test]
async fn the_entry_at_login_appears_and_goes_with_the_switch() {
    let scene = Scene::new();
    let page = Page::open(&scene).await;
    page.find("[data-testid=\"nav-today\"]").await;
    let folder = scene.path("home/config/autostart");
    let entries = || {
        let found = fs::read_dir(&folder).into_iter().flatten().flatten();
        found.map(|entry| fs::read_to_string(entry.path()).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(entries(), Vec::<String>::new(), "nobody asked for it");
    page.script("location.hash = '#/reglages/demarrage'", json!([])).await;
    page.click("setting-autostart").await;
    let entry = until(async || entries().into_iter().next()).await.expect("an entry");
    let exec = entry.lines().find_map(|line| line.strip_prefix("Exec=")).expect("a command").to_owned();
    let data = scene.path("data");
    assert!(exec.contains("/vieux-moulin --hidden --practice --data-dir "), "{exec}");
    assert!(exec.contains(data.to_str().unwrap()), "{exec}");
    let state = page.invoke("autostart_get").await;
    assert_eq!(serde_json::from_str::<Value>(&state).unwrap(), json!(true));
    page.click("setting-autostart").await;
    until(async || entries().is_empty().then_some(())).await.expect("the entry goes");
}
