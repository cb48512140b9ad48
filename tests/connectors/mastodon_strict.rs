//! Every request of the Mastodon connector, checked against a description of the vendor's API.
//!
//! Two corrections of the description: its status body says "exactly one of" where text and pictures may
//! come together, and some headers are described as objects. Answers come from the sandbox's double; the
//! checking proxy stands between.

use std::sync::Arc;

use axum::{body::Bytes, http::HeaderMap};
use jiff::SignedDuration;
use serde_json::Value;
use vieux_moulin_engine::connectors::{Credentials, LoginDoor, SendMode};

use crate::{
    strict::Strict,
    support::{FIXTURES, Scene},
};

async fn start(upstream: &str) -> Option<(Arc<Strict>, String)> {
    let files = ["mastodon-publishing.openapi.json"];
    Strict::start(upstream, "mastodon", &files, &[], any_instead_of_one).await
}

/// The first of the two corrections.
fn any_instead_of_one(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if let Some(one) = fields.remove("oneOf") {
                fields.insert("anyOf".to_owned(), one);
            }
            fields.values_mut().for_each(any_instead_of_one);
        }
        Value::Array(items) => items.iter_mut().for_each(any_instead_of_one),
        _ => {}
    }
}

#[tokio::test]
async fn every_request_follows_the_description() {
    let fixture = FIXTURES.iter().find(|fixture| fixture.id == "mastodon").unwrap();
    let mut scene = Scene::before_connecting(fixture).await;
    let Some((strict, base)) = start(&scene.stage.base_url).await else { return };
    scene.stage.base_url.clone_from(&base);
    scene.stage.vault.current.lock().unwrap().set("server", base.as_str());
    scene.stage.connect().await;

    let mut now = scene.delivery("Plat du jour : https://moulin.fr #midi", true);
    now.prepare(&scene.stage).await.unwrap();
    now.prepare(&scene.stage).await.unwrap();
    now.send(&scene.stage).await.unwrap();
    now.reconcile(&scene.stage).await.unwrap();
    now.content.text.push_str(" (complet)");
    now.update(&scene.stage).await.unwrap();
    now.delete(&scene.stage).await.unwrap();
    now.delete(&scene.stage).await.unwrap();

    let mut later = scene.delivery("Soirée jazz", false);
    later.mode = SendMode::At(scene.stage.now() + SignedDuration::from_hours(5));
    later.prepare(&scene.stage).await.unwrap();
    later.send(&scene.stage).await.unwrap();
    later.reconcile(&scene.stage).await.unwrap();
    later.verify(&scene.stage).await.unwrap();
    later.mode = SendMode::At(scene.stage.now() + SignedDuration::from_hours(6));
    later.update(&scene.stage).await.unwrap();
    later.delete(&scene.stage).await.unwrap();

    let oauth = scene.stage.connector.oauth().unwrap();
    let door = LoginDoor {
        http: &scene.stage.http,
        server: &base,
        platform: &scene.stage.platform,
        app: &Credentials::default(),
        redirect_uri: "http://127.0.0.1:9/connexion",
    };
    let login = oauth.begin(&door).await.unwrap();
    // The code is wrong, which the double refuses; the request is what is examined.
    oauth.finish(&scene.stage.http, &login, "unknown-code").await.unwrap_err();

    let objections = strict.objections.lock().unwrap().clone();
    assert!(objections.is_empty(), "{objections:#?}");
    let mut checked = strict.checked.lock().unwrap().clone();
    checked.sort();
    checked.dedup();
    assert!(checked.len() >= 14, "only these were checked: {checked:#?}");
}

#[tokio::test]
async fn the_check_itself_can_fail() {
    let Some((strict, _)) = start("http://127.0.0.1:9").await else { return };
    let mut headers = HeaderMap::new();
    headers.insert("content-type", "application/json".parse().unwrap());
    let body = Bytes::from_static(br#"{"status": 7, "wichtig": true, "visibility": "everybody"}"#);
    strict.check("POST", "/api/v1/statuses", "draft=1", &headers, &body);
    strict.check("PATCH", "/api/v1/statuses", "", &headers, &body);
    let objections = strict.objections.lock().unwrap().join("\n");
    for expected in [
        "unknown query parameter draft",
        "no token",
        "no Idempotency-Key",
        "unknown field wichtig",
        "not in the description",
    ] {
        assert!(objections.contains(expected), "{expected} missing in {objections}");
    }
    assert!(objections.lines().count() > 5, "types and values were not checked: {objections}");
}
