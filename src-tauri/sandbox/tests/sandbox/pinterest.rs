//! Pinterest's double: what it refuses, and tokens that replace one another.

use reqwest::Method;
use serde_json::json;
use vieux_moulin_sandbox::{Platform::Pinterest, seed};

use crate::support::{Bench, Seen, pin, seen};

/// Social-platforms reference, section 11.
#[tokio::test]
async fn a_pin_is_measured_and_needs_its_picture() {
    let bench = Bench::start().await;
    let with = |key: &str, value: serde_json::Value| {
        let mut pin = pin("Moules");
        pin[key] = value;
        pin
    };
    let url = json!({"source_type": "image_url", "url": "https://moulin.example/x.jpg"});
    let png = json!({"source_type": "image_base64", "content_type": "image/png", "data": "AAAA"});
    for (pin, status) in [
        (with("title", json!("é".repeat(101))), 400),
        (with("description", json!("é".repeat(801))), 400),
        (with("alt_text", json!("é".repeat(501))), 400),
        (with("board_id", json!("1")), 404),
        (with("media_source", url), 400),
        (with("media_source", png), 400),
        (with("description", json!("é".repeat(800))), 201),
    ] {
        let answer = seen(bench.ask(Method::POST, Pinterest, "/v5/pins").json(&pin)).await;
        assert_eq!(answer.0, status, "{}", answer.1);
    }
    let list = format!("/v5/boards/{}/pins", seed::pinterest_board_id(1));
    let (_, page) = bench.get(Pinterest, &list).await;
    let id = page["items"][0]["id"].as_str().unwrap();
    let path = format!("/v5/pins/{id}");
    let change =
        bench.ask(Method::PATCH, Pinterest, &path).json(&json!({"title": "Moules", "description": ""}));
    let (_, changed) = seen(change).await;
    assert_eq!((&changed["title"], &changed["description"]), (&json!("Moules"), &json!(null)));
    let gone = || seen(bench.ask(Method::DELETE, Pinterest, &path));
    assert_eq!((gone().await.0, gone().await.0), (204, 404));
}

async fn renew(bench: &Bench, token: &str) -> Seen {
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    let request = bench.http.post(bench.url(Pinterest, "/v5/oauth/token")).form(&form);
    let (id, secret) = (seed::oauth_client_id(Pinterest), seed::oauth_client_secret(Pinterest));
    seen(request.basic_auth(id, Some(secret))).await
}

#[tokio::test]
async fn a_refresh_token_dies_with_its_successor() {
    let bench = Bench::start().await;
    let first = seed::oauth_refresh_token(Pinterest, 1);
    let (status, pair) = renew(&bench, &first).await;
    assert_eq!(status, 200);
    let second = pair["refresh_token"].as_str().unwrap();
    assert_eq!(renew(&bench, &first).await.0, 400);
    let request = bench.http.get(bench.url(Pinterest, "/v5/user_account"));
    let (_, user) = seen(request.bearer_auth(pair["access_token"].as_str().unwrap())).await;
    assert_eq!(user["username"], seed::pinterest_username(1));
    assert_eq!(renew(&bench, second).await.0, 200);
    // Without the application's secret nothing is given.
    let form = [("grant_type", "refresh_token"), ("refresh_token", second)];
    let request = bench.http.post(bench.url(Pinterest, "/v5/oauth/token")).form(&form);
    assert_eq!(seen(request).await.0, 401);
}
