//! A repetition never makes a second post.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{App, far_post, problem};

async fn send(app: &App, key: &str, body: &Value) -> Response {
    let request = app.local(Method::POST, "/api/communication/publish").header("idempotency-key", key);
    request.json(body).send().await.unwrap()
}

async fn posts(app: &App) -> usize {
    let page: Value =
        app.local(Method::GET, "/api/communication/posts").send().await.unwrap().json().await.unwrap();
    page["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn the_same_request_gets_the_same_answer_and_another_body_is_refused() {
    let app = App::start().await;
    let first = send(&app, "k", &far_post()).await;
    assert_eq!(first.status(), 202);
    assert!(first.headers().get("idempotent-replayed").is_none());
    let location = first.headers()["location"].to_str().unwrap().to_owned();
    let first: Value = first.json().await.unwrap();
    assert_eq!(location, format!("/api/communication/posts/{}", first["post_id"].as_str().unwrap()));
    let again = send(&app, "k", &far_post()).await;
    assert_eq!(again.status(), 202);
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    assert_eq!(again.json::<Value>().await.unwrap(), first);
    let mut other = far_post();
    other["content"]["body"] = json!("Autre chose");
    let other = send(&app, "k", &other).await;
    assert_eq!(other.status(), 422);
    assert_eq!(other.json::<Value>().await.unwrap()["code"], "idempotency_key_reused");
    assert_eq!(posts(&app).await, 1);
}

#[tokio::test]
async fn requests_at_the_same_time_make_one_post() {
    let app = App::start().await;
    let body = far_post();
    let all = futures::future::join_all((0..12).map(|_| send(&app, "k", &body))).await;
    for reply in &all {
        assert!([202, 409].contains(&reply.status().as_u16()), "{}", reply.status());
    }
    assert!(all.iter().any(|reply| reply.status() == 202));
    assert_eq!(posts(&app).await, 1);
}

#[tokio::test]
async fn a_refusal_is_not_remembered_and_keys_belong_to_their_caller() {
    let app = App::start().await;
    let mut wrong = far_post();
    wrong["platforms"] = json!(["blusky"]);
    assert_eq!(send(&app, "k", &wrong).await.status(), 422);
    assert_eq!(send(&app, "k", &far_post()).await.status(), 202);
    let token = app.token(&["publish"]).await;
    let mut other = far_post();
    other["content"]["body"] = json!("D’un autre programme");
    let request = app.anonymous(Method::POST, "/api/communication/publish").bearer_auth(token);
    let reply = request.header("idempotency-key", "k").json(&other).send().await.unwrap();
    assert_eq!(reply.status(), 202);
}

#[tokio::test]
async fn a_key_that_is_too_long_is_refused() {
    let app = App::start().await;
    let request = app.local(Method::POST, "/api/communication/publish").json(&far_post());
    let request = request.header("idempotency-key", "k".repeat(256));
    assert_eq!(problem(request).await, (400, "invalid_header".to_owned()));
}
