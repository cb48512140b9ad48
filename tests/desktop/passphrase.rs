//! Where no keyring runs: a passphrase is chosen once, then typed at every start.

use std::fs;

use serde_json::Value;

use crate::{page::Page, scene::Scene};

const PASSPHRASE: &str = "quatre canards au bord du bief";

async fn submit(page: &Page, passphrase: &str, repeated: Option<&str>) {
    page.clear("start-passphrase").await;
    page.type_into("start-passphrase", passphrase).await;
    if let Some(repeated) = repeated {
        page.clear("start-repeat").await;
        page.type_into("start-repeat", repeated).await;
    }
    page.click("start-submit").await;
}

#[tokio::test]
async fn a_passphrase_is_chosen_then_asked_for_and_a_wrong_one_loses_nothing() {
    let scene = Scene::new();
    let data = scene.path("data");
    {
        let page = Page::open_with(&scene, &scene.keyless_arguments()).await;
        page.find("[data-testid=\"start\"][data-form=\"choose\"]").await;
        let text = page.text().await;
        assert!(text.contains("Personne ne peut retrouver cette phrase"), "{text}");
        Page::photograph("passphrase-choose");
        submit(&page, "canard", Some("canard")).await;
        page.find("[data-testid=\"start-passphrase\"][aria-invalid=\"true\"]").await;
        submit(&page, PASSPHRASE, Some("quatre canards au bord du lac")).await;
        page.find("[data-testid=\"start-repeat\"][aria-invalid=\"true\"]").await;
        assert!(!data.join("moulin.db").exists(), "opened without a passphrase");
        submit(&page, PASSPHRASE, Some(PASSPHRASE)).await;
        page.find("[data-testid=\"nav-today\"]").await;
        assert_eq!(page.api("GET", "/api/health", Value::Null).await.0, 200);
    }
    let key = fs::read(data.join("moulin.vault.json")).unwrap();
    {
        let page = Page::open_with(&scene, &scene.keyless_arguments()).await;
        page.find("[data-testid=\"start\"][data-form=\"unlock\"]").await;
        submit(&page, "quatre canards au bord du lac", None).await;
        page.find("[data-testid=\"start\"][data-code=\"wrong_passphrase\"]").await;
        page.find("[data-testid=\"start-passphrase\"][aria-invalid=\"true\"]").await;
        let text = page.text().await;
        assert!(text.contains("Cette phrase secrète n’ouvre pas vos données"), "{text}");
        Page::photograph("passphrase-wrong");
        assert_eq!(fs::read(data.join("moulin.vault.json")).unwrap(), key, "the key file changed");
        submit(&page, PASSPHRASE, None).await;
        page.find("[data-testid=\"nav-today\"]").await;
        assert_eq!(page.api("GET", "/api/health", Value::Null).await.0, 200);
    }
    assert_eq!(fs::read(data.join("moulin.vault.json")).unwrap(), key, "the key file changed");
}

#[tokio::test]
async fn data_whose_key_is_in_an_absent_keyring_are_not_offered_a_new_passphrase() {
    let scene = Scene::new();
    {
        let page = Page::open_with(&scene, &scene.real_arguments()).await;
        page.find("[data-testid=\"nav-today\"]").await;
        assert_eq!(page.api("GET", "/api/health", Value::Null).await.0, 200);
    }
    // As after an installation whose key went into the keyring of another session.
    let data = scene.path("data");
    let info = fs::read_to_string(data.join("moulin.keyinfo.json")).unwrap();
    fs::write(data.join("moulin.keyinfo.json"), info.replace("\"passphrase\"", "\"keyring\"")).unwrap();
    fs::remove_file(data.join("moulin.vault.json")).unwrap();
    let page = Page::open_with(&scene, &scene.keyless_arguments()).await;
    page.find("[data-testid=\"start\"][data-code=\"keyring_unavailable\"][data-form=\"none\"]").await;
    page.find("[data-testid=\"start-again\"]").await;
    assert!(page.look_for("[data-testid=\"start-passphrase\"]").await.is_none());
    Page::photograph("keyring-absent");
}
