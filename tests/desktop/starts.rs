//! A start that cannot succeed says why, in the window, and loses nothing.
// An assertion cannot wait for the photograph that explains it.
#![allow(clippy::manual_assert)]

use std::fs;

use serde_json::Value;

use crate::{
    page::Page,
    scene::{Scene, binary},
};

#[tokio::test]
async fn a_wrong_passphrase_is_explained_and_the_right_one_still_opens() {
    let scene = Scene::new();
    {
        let page = Page::open(&scene).await;
        page.find("[data-testid=\"nav-today\"]").await;
        assert_eq!(page.api("GET", "/api/health", Value::Null).await.0, 200);
    }
    let passphrase = scene.path("passphrase");
    fs::write(&passphrase, "un autre mot\n").unwrap();
    {
        let page = Page::open(&scene).await;
        page.find("[data-testid=\"start\"][data-code=\"wrong_passphrase\"]").await;
        let (status, problem) = page.api("GET", "/api/communication/status", Value::Null).await;
        assert_eq!(status, 503, "{problem}");
        assert_eq!(problem["code"], "wrong_passphrase", "{problem}");
        let detail = problem["detail"].as_str().unwrap();
        let said = crate::services::until(async || page.text().await.contains(detail).then_some(())).await;
        if said.is_none() {
            panic!(
                "the page does not say it (see {}): {}",
                Page::photograph("passphrase"),
                page.text().await
            );
        }
    }
    fs::write(&passphrase, "la farine du moulin\n").unwrap();
    let page = Page::open(&scene).await;
    page.find("[data-testid=\"new-post\"]").await;
    assert_eq!(page.api("GET", "/api/health", Value::Null).await.0, 200);
}

#[tokio::test]
async fn data_that_another_program_uses_are_left_alone() {
    let scene = Scene::new();
    let mut first = scene.command(binary("moulin"));
    first.arg("serve").args(scene.arguments());
    let mut first = crate::scene::Running::start(&mut first);
    // Asked earlier, the command would open the data itself and be the other program.
    let key = scene.arguments().windows(2).find(|pair| pair[0] == "--data-dir").map(|pair| pair[1].clone());
    let key = std::path::Path::new(&key.expect("a data folder")).join("moulin.local-key");
    crate::scene::wait_for(|| key.exists().then_some(())).expect("the first program is ready");
    let page = Page::open(&scene).await;
    page.find("[data-testid=\"start\"][data-code=\"already_running\"]").await;
    let (status, problem) = page.api("GET", "/api/communication/status", Value::Null).await;
    assert_eq!((status, problem["code"].as_str()), (503, Some("already_running")), "{problem}");
    assert!(first.is_running());
    // Once the other has ended, one press is enough.
    drop(first);
    page.click("start-again").await;
    page.find("[data-testid=\"nav-today\"]").await;
}

/// Opens the data once and leaves them as a program that ended in order.
async fn made(scene: &Scene) {
    let page = Page::open(scene).await;
    page.find("[data-testid=\"nav-today\"]").await;
    assert_eq!(page.api("GET", "/api/health", Value::Null).await.0, 200);
}

#[tokio::test]
async fn a_damaged_database_is_explained_with_its_code_and_its_folder() {
    let scene = Scene::new();
    made(&scene).await;
    let database = scene.path("data/moulin.db");
    let noise = vec![0x5a; 8192];
    fs::write(&database, &noise).unwrap();
    for log in ["data/moulin.db-wal", "data/moulin.db-shm"] {
        let _ = fs::remove_file(scene.path(log));
    }
    let page = Page::open(&scene).await;
    page.find("[data-testid=\"start\"][data-code=\"database_quarantined\"]").await;
    page.find("[data-testid=\"start-again\"]").await;
    page.find("[data-testid=\"start-folder\"]").await;
    assert!(page.text().await.contains("moulin restore"), "{}", page.text().await);
    Page::photograph("database-damaged");
    let aside = fs::read_dir(scene.path("data/quarantine")).unwrap().next().unwrap().unwrap().path();
    assert_eq!(fs::read(aside.join("moulin.db")).unwrap(), noise, "the damaged file was touched");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_explained() {
    let scene = Scene::new();
    // Root may write everywhere: a file in the place of the folder stops everybody.
    fs::remove_dir_all(scene.path("data")).unwrap();
    fs::write(scene.path("data"), "").unwrap();
    let page = Page::open(&scene).await;
    page.find("[data-testid=\"start\"][data-code=\"folder_read_only\"]").await;
    fs::remove_file(scene.path("data")).unwrap();
    page.click("start-again").await;
    page.find("[data-testid=\"nav-today\"]").await;
}

#[tokio::test]
async fn a_hidden_start_that_fails_shows_itself_and_closing_ends_it() {
    let scene = Scene::new();
    made(&scene).await;
    fs::write(scene.path("passphrase"), "un autre mot\n").unwrap();
    let _tray = crate::services::TrayHost::start(&scene).await;
    let mut program = scene.start(&["--hidden"]);
    let window = scene.wait_for_window();
    scene.press(&window, "alt+F4");
    assert_eq!(program.ended(), Some(0));
}
