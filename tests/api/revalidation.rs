//! Reading again what has not changed, and the other standard methods, on every address of the document.

use reqwest::Method;
use serde_json::Value;

use crate::support::App;

/// The `GET` addresses that need no id.
fn plain_gets() -> Vec<String> {
    let document = serde_json::to_value(vieux_moulin_engine::api::document()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let gets = paths.iter().filter(|(path, methods)| !path.contains('{') && methods.get("get").is_some());
    gets.map(|(path, _)| path.clone()).collect()
}

#[tokio::test]
async fn every_answer_has_a_tag_and_is_not_sent_twice() {
    let app = App::start().await;
    let mut seen = 0;
    // A stream has no end, and people are handed over piece by piece: nobody knows the tag before the end.
    let streamed = ["/events", "/consents/export", "/contacts/export"];
    let whole = |path: &String| !streamed.iter().any(|end| path.ends_with(end));
    for path in plain_gets().into_iter().filter(whole) {
        // The self-test of the status runs on a heartbeat, and may run just between two requests.
        let mut tries = 0;
        while !is_revalidated(&app, &path).await {
            tries += 1;
            assert!(tries < 3, "{path} is sent again although nothing changed");
        }
        let other = app.local(Method::GET, &path).header("if-none-match", "\"other\"").send().await.unwrap();
        assert_eq!(other.status(), 200, "{path}");
        seen += 1;
    }
    assert!(seen > 12, "{seen}");
}

/// Asks for `path` and again with its tag; false when it changed in between.
async fn is_revalidated(app: &App, path: &str) -> bool {
    let first = app.local(Method::GET, path).send().await.unwrap();
    assert_eq!(first.status(), 200, "{path}");
    let tag = first.headers().get("etag").unwrap_or_else(|| panic!("{path} has no tag")).clone();
    let length = first.bytes().await.unwrap().len();
    let head = app.local(Method::HEAD, path).send().await.unwrap();
    let again = app.local(Method::GET, path).header("if-none-match", &tag).send().await.unwrap();
    if again.headers()["etag"] != tag {
        return false;
    }
    assert_eq!(again.status(), 304, "{path}");
    assert!(again.bytes().await.unwrap().is_empty());
    assert_eq!((head.status().as_u16(), &head.headers()["etag"]), (200, &tag), "{path}");
    assert_eq!(head.headers()["content-length"].to_str().unwrap(), length.to_string(), "{path}");
    assert!(head.bytes().await.unwrap().is_empty());
    true
}

#[tokio::test]
async fn a_change_changes_the_tag() {
    let app = App::bare().await;
    let path = "/api/communication/settings";
    let tag = app.local(Method::GET, path).send().await.unwrap().headers()["etag"].clone();
    let patch = serde_json::json!({"theme": "dark"});
    assert_eq!(app.local(Method::PATCH, path).json(&patch).send().await.unwrap().status(), 200);
    let now = app.local(Method::GET, path).header("if-none-match", tag).send().await.unwrap();
    assert_eq!(now.status(), 200);
    assert_eq!(now.json::<Value>().await.unwrap()["theme"], "dark");
}

#[tokio::test]
async fn each_address_names_its_methods_and_refuses_the_others() {
    let app = App::bare().await;
    let document = serde_json::to_value(vieux_moulin_engine::api::document()).unwrap();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let path = path.split('/').map(|part| if part.starts_with('{') { "1" } else { part });
        let path = path.collect::<Vec<_>>().join("/");
        // More may be allowed: `/posts/{id}` and `/posts/preview` share a shape.
        let documented: Vec<String> =
            operations.as_object().unwrap().keys().map(|m| m.to_uppercase()).collect();
        let options = app.local(Method::OPTIONS, &path).send().await.unwrap();
        assert_eq!(options.status(), 204, "{path}");
        let allowed: Vec<String> =
            options.headers()["allow"].to_str().unwrap().split(',').map(|m| m.trim().to_owned()).collect();
        for method in &documented {
            assert!(allowed.contains(method), "{path}: {method} not in {allowed:?}");
        }
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"] {
            if allowed.iter().any(|known| known == method) {
                continue;
            }
            let reply = app.local(method.parse().unwrap(), &path).send().await.unwrap();
            assert_eq!(reply.status(), 405, "{method} {path}");
            assert_eq!(reply.headers()["allow"], options.headers()["allow"], "{method} {path}");
        }
    }
}

#[tokio::test]
async fn the_state_is_ok_only_while_the_self_test_is_fresh() {
    let clock = vieux_moulin_engine::clock::FakeClock::at("2026-11-27T11:00:00Z".parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let options = vieux_moulin_engine::host::HostOptions {
        clock: Some(clock.clone()),
        ..crate::support::options(dir.path())
    };
    let _ = rustls::crypto::ring::default_provider().install_default();
    let host = vieux_moulin_engine::host::Prepared::new(options).unwrap().start().await.unwrap();
    let status = async || {
        let request =
            axum::http::Request::get("/api/communication/status").body(axum::body::Body::empty()).unwrap();
        let caller = vieux_moulin_engine::api::Caller::Window;
        let reply = vieux_moulin_engine::api::call(&host.router, caller, request).await;
        let bytes = axum::body::to_bytes(reply.into_body(), usize::MAX).await.unwrap();
        let status: Value = serde_json::from_slice(&bytes).unwrap();
        (status["state"].as_str().unwrap().to_owned(), status["self_test"]["at"].clone())
    };
    assert_eq!(status().await, ("ok".to_owned(), "2026-11-27T11:00:00Z".into()));
    // The heartbeat beats in real time: at most one beat during this test, and it is answered below.
    clock.suspend(std::time::Duration::from_secs(15 * 60 + 1));
    let (state, at) = status().await;
    assert!(state == "degraded" || at != "2026-11-27T11:00:00Z", "{state} at {at}");
    host.engine.chores.self_test().await;
    assert_eq!(status().await.0, "ok");
    host.stop().await;
}
