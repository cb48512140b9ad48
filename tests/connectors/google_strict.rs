//! Every request of the Google connector, checked against the vendor's own descriptions.
//!
//! One correction: the description of the posts is of 2024 and does not know `scheduledTime` (corrections of
//! the wire reference). The token address is not described; it follows RFC 6749.

use axum::{body::Bytes, http::HeaderMap};
use jiff::{SignedDuration, civil::date};
use serde_json::{Value, json};
use vieux_moulin_engine::{
    connectors::SendMode,
    domain::{Button, ButtonAction, EventDetails, OfferDetails, PostOptions},
};

use crate::{
    strict::Strict,
    support::{FIXTURES, Scene},
};

const FILES: [&str; 3] = [
    "mybusiness.v4-posts-media-reviews.openapi.json",
    "mybusinessaccountmanagement.v1.openapi.json",
    "mybusinessbusinessinformation.v1.openapi.json",
];

/// The correction.
fn newer(description: &mut Value) {
    if let Some(post) = description.pointer_mut("/components/schemas/LocalPost/properties") {
        post["scheduledTime"] = json!({"type": "string", "format": "date-time"});
    }
}

async fn start(upstream: &str) -> Option<(std::sync::Arc<Strict>, String)> {
    Strict::start(upstream, "google-business-profile", &FILES, &["/token"], newer).await
}

#[tokio::test]
async fn every_request_follows_the_description() {
    let fixture = FIXTURES.iter().find(|fixture| fixture.id == "google_business").unwrap();
    let mut scene = Scene::before_connecting(fixture).await;
    let Some((strict, base)) = start(&scene.stage.base_url).await else { return };
    scene.stage.base_url.clone_from(&base);
    scene.stage.connect().await;

    let mut now = scene.delivery("Plat du jour", true);
    now.content.link = Some("https://moulin.example".into());
    now.prepare(&scene.stage).await.unwrap();
    now.send(&scene.stage).await.unwrap();
    now.reconcile(&scene.stage).await.unwrap();
    now.verify(&scene.stage).await.unwrap();
    now.content.text.push_str(" (complet)");
    now.update(&scene.stage).await.unwrap();
    now.delete(&scene.stage).await.unwrap();

    let mut offer = scene.post("Une coupe offerte");
    let title = "Réveillon".to_owned();
    let starts_on = date(2026, 12, 31);
    offer.content.options = PostOptions {
        button: Some(Button { action: ButtonAction::Call, url: None }),
        event: Some(EventDetails { title, starts_on, starts_at: None, ends_on: None, ends_at: None }),
        offer: Some(OfferDetails { coupon_code: Some("COUPE".into()), ..OfferDetails::default() }),
    };
    offer.mode = SendMode::At(scene.stage.now() + SignedDuration::from_hours(5));
    offer.prepare(&scene.stage).await.unwrap();
    offer.send(&scene.stage).await.unwrap();
    offer.delete(&scene.stage).await.unwrap();

    let objections = strict.objections.lock().unwrap().clone();
    assert!(objections.is_empty(), "{objections:#?}");
    let mut checked = strict.checked.lock().unwrap().clone();
    checked.sort();
    checked.dedup();
    assert!(checked.len() >= 8, "only these were checked: {checked:#?}");
}

#[tokio::test]
async fn the_check_itself_can_fail() {
    let Some((strict, _)) = start("http://127.0.0.1:9").await else { return };
    let mut headers = HeaderMap::new();
    headers.insert("content-type", "application/json".parse().unwrap());
    let body = Bytes::from_static(br#"{"summary": 7, "wichtig": true, "topicType": "DISH"}"#);
    strict.check("POST", "/v4/accounts/1/locations/2/localPosts", "draft=1", &headers, &body);
    strict.check("PUT", "/v4/accounts/1/locations/2/localPosts", "", &headers, &body);
    let objections = strict.objections.lock().unwrap().join("\n");
    for expected in
        ["unknown query parameter draft", "no token", "unknown field wichtig", "not in the description"]
    {
        assert!(objections.contains(expected), "{expected} missing in {objections}");
    }
}
