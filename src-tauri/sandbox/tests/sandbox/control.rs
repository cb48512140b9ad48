//! The control API, the pages of the control listener, and the request log.

use reqwest::Method;
use serde_json::json;
use vieux_moulin_sandbox::{Platform, SandboxOptions, seed};

use crate::support::{Bench, seen};

#[tokio::test]
async fn every_address_is_on_the_loopback_interface() {
    let bench = Bench::start().await;
    let (_, health) = seen(bench.http.get(bench.control("/health"))).await;
    assert_eq!(health["status"], "up");
    for (_, address) in health["addresses"].as_object().unwrap() {
        assert!(address.as_str().unwrap().starts_with("http://127.0.0.1:"));
    }
}

#[tokio::test]
async fn requests_are_recorded_without_secrets() {
    let bench = Bench::start().await;
    bench.post(Platform::Mastodon, "/api/v1/statuses", &[("status", "Bonjour")]).await;
    bench.session().await;
    let path = format!("/v25.0/me?access_token={}", seed::facebook_page_token(1));
    bench.get(Platform::Facebook, &path).await;
    bench.page_photo(crate::support::jpeg(8, 8)).await;
    let mut everything = String::new();
    for platform in Platform::ALL {
        let url = bench.control(&format!("/{}/requests", platform.name()));
        everything += &bench.http.get(url).send().await.unwrap().text().await.unwrap();
    }
    for secret in [seed::mastodon_token(1), seed::facebook_page_token(1), seed::bluesky_app_password(1)] {
        assert!(!everything.contains(&secret), "{secret}");
    }
    let entry = bench.sandbox.requests(Platform::Mastodon).pop().unwrap();
    assert_eq!((entry.status, entry.body["status"].as_str()), (Some(200), Some("Bonjour")));
    assert_eq!(entry.headers["authorization"], "Bearer ***");
    assert_eq!(entry.account, Some(seed::mastodon_id(1)));
    let photo = &bench.sandbox.requests(Platform::Facebook)[1];
    let source = photo.body.as_array().unwrap().last().unwrap();
    assert_eq!(source["name"], "source");
    assert!(source["size_bytes"].as_u64().unwrap() > 100);
}

#[tokio::test]
async fn the_log_is_bounded_and_can_be_emptied() {
    let bench = Bench::with(SandboxOptions { request_log: 3, ..SandboxOptions::default() }).await;
    for _ in 0..5 {
        bench.get(Platform::Mastodon, "/api/v1/instance").await;
    }
    let kept: Vec<u64> = bench.sandbox.requests(Platform::Mastodon).iter().map(|entry| entry.seq).collect();
    assert_eq!(kept, [3, 4, 5]);
    let url = bench.control("/mastodon/requests?after_seq=4");
    let (_, newer) = seen(bench.http.get(&url)).await;
    assert_eq!(newer.as_array().unwrap().len(), 1);
    assert_eq!(seen(bench.http.delete(&url)).await.0, 204);
    assert!(bench.sandbox.requests(Platform::Mastodon).is_empty());
}

#[tokio::test]
async fn faults_are_listed_skip_and_wear_out() {
    let bench = Bench::start().await;
    let url = bench.control("/mastodon/faults");
    let fault = json!({
        "fault": "server_error_before",
        "match": {"method": "get", "path_contains": "instance"},
        "skip": 1,
        "times": 2,
    });
    let (status, made) = seen(bench.http.post(&url).json(&fault)).await;
    assert_eq!(status, 201);
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(bench.get(Platform::Mastodon, "/api/v1/instance").await.0);
        let other = bench.get(Platform::Mastodon, "/api/v1/accounts/verify_credentials").await;
        assert_eq!(other.0, 200, "another path is not concerned");
    }
    assert_eq!(statuses, [200, 500, 500, 200]);
    let (_, left) = seen(bench.http.get(&url)).await;
    assert_eq!(left, json!([]));
    let gone = bench.http.delete(format!("{url}/{}", made["id"]));
    assert_eq!(seen(gone).await.0, 404);
    let misspelt = bench.http.post(&url).json(&json!({"fault": "no_such_fault"}));
    assert_eq!(seen(misspelt).await.0, 422);
    let misspelt = bench.http.post(&url).json(&json!({"fault": "stall", "params": {"seconds": 3}}));
    assert_eq!(seen(misspelt).await.0, 422);
}

#[tokio::test]
async fn the_clock_moves_the_date_header_unless_told_otherwise() {
    let bench = Bench::start().await;
    let ahead = async || {
        let answer = bench.http.get(bench.url(Platform::Mastodon, "/api/v1/instance")).send().await.unwrap();
        let date = answer.headers()["date"].to_str().unwrap().to_owned();
        let date = jiff::fmt::rfc2822::parse(&date).unwrap().timestamp();
        date.as_second() - jiff::Timestamp::now().as_second()
    };
    let url = bench.control("/clock");
    let moved = bench.http.post(&url).json(&json!({"offset_secs": 3600}));
    assert_eq!(seen(moved).await.1["offset_secs"], 3600);
    assert!((3595..=3605).contains(&ahead().await));
    let real = bench.http.post(&url).json(&json!({"offset_secs": 3600, "date_header": "real"}));
    assert_eq!(seen(real).await.0, 200);
    assert!((-5..=5).contains(&ahead().await));
    let absolute = bench.http.post(&url).json(&json!({"now": "2030-01-01T00:00:00Z"}));
    assert!(seen(absolute).await.1["now"].as_str().unwrap().starts_with("2030-01-01T00:00:0"));
    assert_eq!(seen(bench.http.post(&url).json(&json!({}))).await.0, 400);
}

#[tokio::test]
async fn a_reset_forgets_everything() {
    let bench = Bench::start().await;
    bench.post(Platform::Mastodon, "/api/v1/statuses", &[("status", "x")]).await;
    bench.sandbox.move_clock(500);
    assert_eq!(seen(bench.http.post(bench.control("/reset"))).await.0, 204);
    let (_, objects) = seen(bench.http.get(bench.control("/mastodon/objects?state=all"))).await;
    assert_eq!(objects, json!([]));
    let (_, clock) = seen(bench.http.get(bench.control("/clock"))).await;
    assert_eq!(clock["offset_secs"], 0);
}

#[tokio::test]
async fn a_person_switches_a_fault_on_and_off() {
    let bench = Bench::start().await;
    let address = format!("{}/pannes", bench.sandbox.addresses().control);
    let switch = async |on: &str| {
        let form = [("platform", "mastodon"), ("fault", "refuse_connection"), ("switch", on)];
        let answer = bench.http.post(&address).form(&form).send().await.unwrap();
        assert_eq!(answer.status(), 303);
    };
    let reach = async || {
        let url = bench.url(Platform::Mastodon, "/api/v1/instance");
        bench.http.get(url).send().await
    };
    assert!(reach().await.is_ok());
    switch("on").await;
    let refused = reach().await.unwrap_err();
    assert!(refused.is_connect(), "{refused:?}");
    let page = bench.http.get(&address).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Arrêter : Réseau injoignable sur Mastodon"));
    switch("off").await;
    assert!(reach().await.is_ok());
}

#[tokio::test]
async fn foreign_pages_cannot_use_the_control_listener() {
    let bench = Bench::start().await;
    let url = bench.control("/reset");
    let origin = bench.http.post(&url).header("origin", "https://example.com");
    assert_eq!(seen(origin).await.0, 403);
    let host = bench.http.get(bench.control("/health")).header("host", "example.com");
    assert_eq!(seen(host).await.0, 403);
    let own = bench.sandbox.addresses().control.clone();
    assert_eq!(seen(bench.http.post(&url).header("origin", own)).await.0, 204);
}

#[tokio::test]
async fn the_index_links_all_networks() {
    let bench = Bench::start().await;
    let page = bench.http.get(format!("{}/", bench.sandbox.addresses().control));
    let page = page.send().await.unwrap().text().await.unwrap();
    for platform in Platform::NETWORKS {
        assert!(page.contains(platform.address(bench.sandbox.addresses())));
        let wall = bench.http.request(Method::GET, bench.url(platform, "/")).send().await.unwrap();
        assert_eq!(wall.status(), 200);
    }
    let none = bench.sandbox.requests(Platform::Facebook);
    assert_eq!(none.len(), 0, "pages are not calls");
}
