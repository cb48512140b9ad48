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
        page.find("body").await;
        let (status, problem) = page.api("GET", "/api/communication/status", Value::Null).await;
        assert_eq!(status, 503, "{problem}");
        assert_eq!(problem["code"], "wrong_passphrase", "{problem}");
        let detail = problem["detail"].as_str().unwrap();
        let said = crate::services::until(async || page.text().await.contains(detail).then_some(())).await;
        if said.is_none() {
            panic!(
                "the page does not say it (see {}): {}",
                page.photograph("passphrase").await,
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
    page.find("body").await;
    let (status, problem) = page.api("GET", "/api/communication/status", Value::Null).await;
    assert_eq!((status, problem["code"].as_str()), (503, Some("already_running")), "{problem}");
    assert!(first.is_running());
}
