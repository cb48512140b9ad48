//! What needs a person reaches the desktop, and its button opens the item.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use serde_json::json;

use crate::{
    page::Page,
    scene::Scene,
    services::{Dunst, post_id, until},
};

/// From the failure to the screen (reliability.md, section 10).
const LIMIT: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_refused_post_raises_a_notification_whose_button_opens_it() {
    let mut scene = Scene::new();
    let dunst = Dunst::start(&mut scene).await;
    let page = Page::open(&scene).await;
    page.find("[data-testid=\"nav-today\"]").await;
    // The demonstration may have said something already.
    let before = dunst.history().await;
    let fault = json!({ "platform": "mastodon", "fault": "content_refused" });
    let (status, answer) = page.api("POST", "/api/communication/practice/faults", fault).await;
    assert_eq!(status, 200, "{answer}");
    let answer =
        scene.moulin_json(&["publish", "--text", "Le menu de la semaine", "--to", "mastodon", "--json"]);
    let post = post_id(&answer);
    scene.wait_for_delivery(&post, "rejected");
    let failed = Instant::now();
    while dunst.displayed().await == 0 {
        assert!(failed.elapsed() < LIMIT, "no notification {LIMIT:?} after the failure");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // The button opens the post in the window.
    dunst.press().await;
    page.find("[data-testid=\"post-page\"]").await;
    let address = page.script("return location.hash", json!([])).await;
    assert_eq!(address, json!(format!("#/publications/{post}")));
    page.find("[data-testid=\"delivery-mastodon-state\"][data-state=\"rejected\"]").await;
    let history = dunst.history().await;
    let new = &history[..history.len() - before.len()];
    assert_eq!(new.len(), 1, "{history:?}");
    assert!(new[0].contains("Mastodon"), "{new:?}");
    // The same stands in the application.
    page.find("[data-testid=\"alerts-count\"]").await;
}

#[tokio::test]
async fn without_a_notification_service_the_work_goes_on() {
    let scene = Scene::new();
    let page = Page::open(&scene).await;
    page.find("[data-testid=\"nav-today\"]").await;
    let fault = json!({ "platform": "mastodon", "fault": "content_refused" });
    assert_eq!(page.api("POST", "/api/communication/practice/faults", fault).await.0, 200);
    let refused = scene.moulin_json(&["publish", "--text", "Refusé", "--to", "mastodon", "--json"]);
    scene.wait_for_delivery(&post_id(&refused), "rejected");
    page.find("[data-testid=\"alerts-count\"]").await;
    let other = scene.moulin_json(&["publish", "--text", "Accepté", "--to", "bluesky", "--json"]);
    scene.wait_for_delivery(&post_id(&other), "published");
}

#[tokio::test]
async fn quiet_hours_keep_the_desktop_silent_and_nothing_is_lost() {
    let mut scene = Scene::new();
    // A whole day less one minute, which is not now.
    let now = Timestamp::now().to_zoned(TimeZone::get("Europe/Paris").unwrap());
    let (from, to) = (&now - 10.minutes(), &now - 11.minutes());
    let settings = json!({
        "publishing": { "undo_secs": 0 },
        "notifications": { "quiet_hours": {
            "enabled": true,
            "from": from.strftime("%H:%M").to_string(),
            "to": to.strftime("%H:%M").to_string(),
        } },
    });
    fs::write(scene.path("data/settings.json"), settings.to_string()).unwrap();
    let dunst = Dunst::start(&mut scene).await;
    let page = Page::open(&scene).await;
    page.find("[data-testid=\"nav-today\"]").await;
    let fault = json!({ "platform": "mastodon", "fault": "content_refused" });
    assert_eq!(page.api("POST", "/api/communication/practice/faults", fault).await.0, 200);
    let refused = scene.moulin_json(&["publish", "--text", "Tard le soir", "--to", "mastodon", "--json"]);
    scene.wait_for_delivery(&post_id(&refused), "rejected");
    // The application shows it at once; the desktop does not, for longer than it would have taken.
    page.find("[data-testid=\"alerts-count\"]").await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(dunst.history().await, Vec::<String>::new(), "in the quiet hours");
    let loud = json!({ "notifications": { "quiet_hours": { "enabled": false } } });
    let (status, answer) = page.api("PATCH", "/api/communication/settings", loud).await;
    assert_eq!(status, 200, "{answer}");
    until(async || (dunst.displayed().await > 0).then_some(())).await.expect("shown after the quiet hours");
    let history = dunst.history().await;
    assert_eq!(history.len(), 1, "{history:?}");
    assert!(history[0].contains("Mastodon"), "{history:?}");
    // The picture is a file: nothing is installed here that could know a name.
    let icons = dunst.icons().await;
    assert!(
        Path::new(&icons[0]).extension().is_some_and(|kind| kind == "png") && Path::new(&icons[0]).is_file(),
        "{icons:?}"
    );
}
