//! The main job, in the window: text and a photograph, a time, and the result on the screen.

use jiff::{SignedDuration, Timestamp, ToSpan as _, Unit, ZonedRound, tz::TimeZone};
use serde_json::{Value, json};

use crate::{
    page::Page,
    scene::{PATIENCE, Scene, photo},
};

/// A minute that is chosen must still be ahead when the form is sent.
const NOTICE: SignedDuration = SignedDuration::from_secs(15);

/// Opens the composer and leaves only this network chosen.
async fn compose(page: &Page, text: &str, network: &str) {
    page.click("new-post").await;
    page.type_into("composer-text", text).await;
    page.find(&format!("[data-testid=\"channel-{network}\"]")).await;
    let others = "for (const box of document.querySelectorAll('input[data-testid^=\"channel-\"]'))
        if (box.checked !== (box.dataset.testid === arguments[0])) box.click();";
    page.script(others, json!([format!("channel-{network}")])).await;
}

/// The identity in the address of the post's page.
async fn current_post(page: &Page) -> String {
    page.find("[data-testid=\"post-page\"]").await;
    let address = page.script("return location.hash", json!([])).await;
    address.as_str().unwrap().rsplit('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_post_with_a_photograph_leaves_at_its_minute_and_is_seen_published() {
    let scene = Scene::new();
    let page = Page::open(&scene).await;
    page.find("[data-testid=\"banner-practice\"]").await;
    compose(&page, "Ce soir, bouillabaisse du port à 21 €.", "bluesky").await;
    page.type_into("composer-photos-input", photo().to_str().unwrap()).await;
    page.type_into("composer-alt-0", "La terrasse sous les platanes").await;
    page.click("schedule-at").await;
    let minute = (Timestamp::now() + NOTICE).to_zoned(TimeZone::get("Europe/Paris").unwrap());
    let minute = minute.checked_add(59.seconds()).unwrap();
    let minute = minute.round(ZonedRound::new().smallest(Unit::Minute).mode(jiff::RoundMode::Trunc)).unwrap();
    page.set("schedule-date", &minute.strftime("%Y-%m-%d").to_string()).await;
    page.set("schedule-time", &minute.strftime("%H:%M").to_string()).await;
    page.click("composer-submit").await;
    let post = current_post(&page).await;
    page.find("[data-testid=\"delivery-bluesky-state\"][data-state=\"queued\"]").await;

    // Nothing is loaded again: the page hears it from the engine.
    let published = "[data-testid=\"delivery-bluesky-state\"][data-state=\"published\"]";
    page.find_within(published, PATIENCE * 3).await;
    assert!(Timestamp::now() >= minute.timestamp(), "it left before its minute");

    // The network has it once, with its picture.
    let (status, practice) = page.api("GET", "/api/communication/practice", Value::Null).await;
    assert_eq!(status, 200, "{practice}");
    let control = practice["addresses"]["control"].as_str().unwrap();
    let objects = vieux_moulin_tests::peer::client().unwrap();
    let objects: Value =
        vieux_moulin_tests::peer::call(objects.get(format!("{control}/control/bluesky/objects")))
            .await
            .unwrap();
    let ours = |object: &&Value| object.to_string().contains("bouillabaisse du port");
    let found: Vec<&Value> = objects.as_array().unwrap().iter().filter(ours).collect();
    assert_eq!(found.len(), 1, "{post}: {objects}");
    assert!(found[0].to_string().contains("La terrasse sous les platanes"), "no picture: {}", found[0]);

    // The library's picture reaches the page through the shell's own protocol.
    let loaded = "const picture = [...document.images].find((one) => one.src.startsWith('moulin:'));
        return picture ? picture.complete && picture.naturalWidth > 0 : null;";
    let loaded = crate::services::until(async || {
        page.script(loaded, json!([])).await.as_bool().filter(|is_loaded| *is_loaded)
    });
    let loaded = loaded.await;
    let pictures =
        "return [...document.images].map((one) => [one.src, one.complete, one.naturalWidth, location.hash])";
    let seen = page.script(pictures, json!([])).await;
    assert_eq!(loaded, Some(true), "the picture is not shown: {seen}");
}

#[tokio::test]
async fn every_screen_opens_in_the_window_without_an_error() {
    let scene = Scene::new();
    let page = Page::open(&scene).await;
    page.find("[data-testid=\"nav-today\"]").await;
    let listen = "window.seen = [];
        addEventListener('error', (event) => window.seen.push(String(event.message)));
        addEventListener('unhandledrejection', (event) => window.seen.push(String(event.reason)));
        addEventListener('securitypolicyviolation', (event) =>
            window.seen.push(event.violatedDirective + ' ' + event.blockedURI));";
    page.script(listen, json!([])).await;
    for screen in ["publications", "connections", "journal", "settings", "today"] {
        page.click(&format!("nav-{screen}")).await;
        page.find(&format!("[data-testid=\"nav-{screen}\"][aria-current=\"page\"]")).await;
        page.find("h1").await;
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        let text = page.text().await;
        assert!(!text.contains("inattendu"), "{screen}: {text}");
    }
    let seen = page.script("return window.seen", json!([])).await;
    assert_eq!(seen, json!([]));
}

#[tokio::test]
async fn the_page_may_do_what_it_needs_and_nothing_else() {
    let scene = Scene::new();
    let page = Page::open(&scene).await;
    page.find("[data-testid=\"nav-today\"]").await;
    let (status, _) = page.api("GET", "/api/health", Value::Null).await;
    assert_eq!(status, 200);
    // Commands of the plugins exist in the program; the page has no right to them.
    for command in
        ["plugin:dialog|open", "plugin:opener|open_path", "plugin:window|close", "plugin:autostart|enable"]
    {
        let refused = page.invoke(command).await;
        assert!(refused.contains("not allowed"), "{command}: {refused}");
    }
    // A script from elsewhere, or written into the page, does not run.
    let inline = "const script = document.createElement('script');
        script.textContent = 'window.intruder = true'; document.head.append(script);
        return window.intruder === true;";
    assert_eq!(page.script(inline, json!([])).await, false);
}
