//! X: what the API v2 answers (social-platforms, section 7).

use reqwest::{
    Method,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use vieux_moulin_sandbox::{FaultName, Platform::X, seed};

use crate::support::{Bench, Seen, jpeg, seen};

async fn post(bench: &Bench, body: &Value) -> Seen {
    seen(bench.ask(Method::POST, X, "/2/tweets").json(body)).await
}

async fn upload(bench: &Bench, bytes: Vec<u8>) -> Seen {
    let part = Part::bytes(bytes).file_name("a.jpg");
    let form = Form::new().text("media_category", "tweet_image").part("media", part);
    seen(bench.ask(Method::POST, X, "/2/media/upload").multipart(form)).await
}

async fn own_posts(bench: &Bench, more: &str) -> Value {
    bench.get(X, &format!("/2/users/{}/tweets?max_results=5{more}", seed::x_id(1))).await.1
}

async fn renew(bench: &Bench, token: &str) -> Seen {
    let form = [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", seed::X_CLIENT_ID)];
    seen(bench.http.post(bench.url(X, "/2/oauth2/token")).form(&form)).await
}

#[tokio::test]
async fn a_post_is_made_listed_and_deleted() {
    let bench = Bench::start().await;
    assert!(own_posts(&bench, "").await.get("data").is_none(), "an empty list is left out");
    let (status, made) = post(&bench, &json!({"text": "Moules & frites https://moulin.example/carte"})).await;
    assert_eq!(status, 201);
    let id = made["data"]["id"].as_str().unwrap().to_owned();
    let listed = own_posts(&bench, "").await["data"][0].clone();
    assert_eq!(listed["id"], id);
    assert!(listed["text"].as_str().unwrap().starts_with("Moules &amp; frites https://t.co/"), "{listed}");
    assert_eq!(listed["entities"]["urls"][0]["expanded_url"], "https://moulin.example/carte");
    let path = format!("/2/tweets/{id}");
    for _ in 0..2 {
        let (status, gone) = seen(bench.ask(Method::DELETE, X, &path)).await;
        assert_eq!((status, &gone["data"]["deleted"]), (200, &json!(true)));
    }
    assert!(bench.live(X).is_empty());
}

#[tokio::test]
async fn lists_are_paged_and_begin_at_a_time() {
    let bench = Bench::start().await;
    for n in 0..7 {
        post(&bench, &json!({"text": format!("n° {n}")})).await;
    }
    let first = own_posts(&bench, "").await;
    assert_eq!(first["data"].as_array().unwrap().len(), 5);
    let next = format!("&pagination_token={}", first["meta"]["next_token"].as_str().unwrap());
    let second = own_posts(&bench, &next).await;
    assert_eq!((second["data"].as_array().unwrap().len(), second["meta"].get("next_token")), (2, None));
    assert_eq!(own_posts(&bench, "&start_time=2099-01-01T00:00:00Z").await["meta"]["result_count"], 0);
}

/// Section 7: 280 weighted characters; the duplicate's words are those of a public report of 2026-02.
#[tokio::test]
async fn texts_are_weighed_and_not_taken_twice() {
    let bench = Bench::start().await;
    for (text, status) in [("é".repeat(280), 201), ("é".repeat(281), 400), ("味".repeat(141), 400)] {
        assert_eq!(post(&bench, &json!({"text": text})).await.0, status);
    }
    let (status, refused) = post(&bench, &json!({"text": "é".repeat(280)})).await;
    assert_eq!(status, 403);
    assert_eq!(refused["detail"], "You are not allowed to create a Tweet with duplicate content.");
    assert_eq!(post(&bench, &json!({"text": ""})).await.0, 400);
}

#[tokio::test]
async fn pictures_are_described_and_shown() {
    let bench = Bench::start().await;
    let (status, media) = upload(&bench, jpeg(320, 200)).await;
    assert_eq!((status, media["data"]["size"].is_u64()), (200, true));
    let id = media["data"]["id"].as_str().unwrap();
    let body = json!({"id": id, "metadata": {"alt_text": {"text": "Le plat"}}});
    assert_eq!(seen(bench.ask(Method::POST, X, "/2/media/metadata").json(&body)).await.0, 200);
    assert_eq!(post(&bench, &json!({"text": "Ce soir", "media": {"media_ids": [id]}})).await.0, 201);
    assert_eq!(bench.live(X)[0].media[0].alt_text.as_deref(), Some("Le plat"));
    assert_eq!(
        own_posts(&bench, "").await["data"][0]["attachments"]["media_keys"],
        json!([format!("3_{id}")])
    );
    assert_eq!(post(&bench, &json!({"text": "x", "media": {"media_ids": ["1"]}})).await.0, 400);
    assert_eq!(upload(&bench, b"du texte".to_vec()).await.0, 400);
    bench.fault(X, FaultName::MediaFailed, json!({})).await;
    assert_eq!(upload(&bench, jpeg(40, 40)).await.0, 400);
}

/// Section 7, auth: each renewal replaces the refresh token; access lives two hours.
#[tokio::test]
async fn a_refresh_token_works_once() {
    let bench = Bench::start().await;
    let (_, first) = renew(&bench, &seed::x_refresh_token(1)).await;
    let token = first["refresh_token"].as_str().unwrap();
    let (status, second) = renew(&bench, token).await;
    assert_eq!(status, 200);
    assert_eq!(renew(&bench, token).await.0, 400, "used up");
    let me = |access: &str| {
        let request = bench.http.get(bench.url(X, "/2/users/me")).bearer_auth(access.to_owned());
        seen(request)
    };
    let access = second["access_token"].as_str().unwrap();
    assert_eq!(me(access).await.1["data"]["id"], seed::x_id(1));
    bench.sandbox.move_clock(7201);
    assert_eq!(me(access).await.0, 401);
}

#[tokio::test]
async fn each_post_has_its_price() {
    let bench = Bench::start().await;
    post(&bench, &json!({"text": "Ce soir, moules"})).await;
    post(&bench, &json!({"text": "La carte : https://moulin.example"})).await;
    let prices: Vec<Value> = bench.live(X).iter().map(|post| post.marks["price_usd"].clone()).collect();
    assert_eq!(prices, [json!(0.015), json!(0.2)]);
}
