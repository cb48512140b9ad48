//! What is refused, and how it is said.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{App, far_post};

async fn refused(app: &App, change: impl FnOnce(&mut Value)) -> Value {
    let mut body = far_post();
    change(&mut body);
    let reply = app.local(Method::POST, "/api/communication/publish").json(&body).send().await.unwrap();
    assert_eq!(reply.headers()["content-type"], "application/problem+json");
    reply.json().await.unwrap()
}

#[tokio::test]
async fn each_mistake_has_its_code_and_names_what_is_wrong() {
    let app = App::start().await;
    let unknown = refused(&app, |body| body["platforms"] = json!(["blusky"])).await;
    assert_eq!((unknown["status"].as_u64(), unknown["code"].as_str()), (Some(422), Some("unknown_platform")));
    let said = unknown["errors"][0]["detail"].as_str().unwrap();
    assert!(said.contains("blusky") && said.contains("bluesky"), "{said}");
    let picture = json!([{"media_id": "none"}]);
    let picture = refused(&app, |body| body["content"]["media"] = picture).await;
    assert_eq!((picture["status"].as_u64(), picture["code"].as_str()), (Some(422), Some("media_unknown")));
    assert_eq!(picture["errors"][0]["field"], "content.media[0].media_id");
    let past = refused(&app, |body| body["scheduled_time"] = json!("2020-01-01T10:00:00")).await;
    assert_eq!(past["code"], "past_date");
    assert!(!past["detail"].as_str().unwrap().contains(['=', '(']), "{past}");
    let field = refused(&app, |body| body["content"]["titel"] = json!("x")).await;
    assert_eq!(
        (&field["code"], &field["errors"][0]["field"]),
        (&json!("unknown_field"), &json!("content.titel"))
    );
    let missing = refused(&app, |body| _ = body.as_object_mut().unwrap().remove("platforms")).await;
    assert_eq!(
        (&missing["code"], &missing["errors"][0]["field"]),
        (&json!("missing_field"), &json!("platforms"))
    );
    let kind = refused(&app, |body| body["kind"] = json!("soup")).await;
    assert_eq!((&kind["code"], &kind["errors"][0]["field"]), (&json!("invalid_field"), &json!("kind")));
}

#[tokio::test]
async fn what_is_refused_for_its_content_is_kept_as_a_draft() {
    let app = App::start().await;
    let long = refused(&app, |body| body["content"]["body"] = json!("é".repeat(400))).await;
    assert_eq!(long["code"], "content_refused");
    assert_eq!(long["errors"][0]["code"], "text_too_long");
    let said = long["errors"][0]["detail"].as_str().unwrap();
    assert!(said.contains("caractères, 300 au plus). Raccourcissez-le"), "{said}");
    let id = long["post_id"].as_str().unwrap();
    let post: Value = app
        .local(Method::GET, &format!("/api/communication/posts/{id}"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(
        (post["state"].as_str(), post["problem"]["code"].as_str()),
        (Some("draft"), Some("content_refused"))
    );
    let none = refused(&app, |body| body["platforms"] = json!(["facebook"])).await;
    assert_eq!(none["code"], "not_connected");
    assert!(none["post_id"].is_string());
}

#[tokio::test]
async fn malformed_json_is_shown_its_line() {
    let app = App::start().await;
    let request =
        app.local(Method::POST, "/api/communication/publish").header("content-type", "application/json");
    let reply = request.body("{\n  \"content\": {,}\n}").send().await.unwrap();
    assert_eq!(reply.status(), 400);
    let body: Value = reply.json().await.unwrap();
    assert_eq!(body["code"], "malformed_json");
    assert!(body["detail"].as_str().unwrap().contains("ligne 2"), "{body}");
}

#[tokio::test]
async fn wrong_filters_are_named() {
    let app = App::start().await;
    for query in ["?state=soup", "?limit=0", "?limit=501", "?cursor=%25", "?colour=red", "?from=yesterday"] {
        for list in ["posts", "deliveries"] {
            let path = format!("/api/communication/{list}{query}");
            let reply = app.local(Method::GET, &path).send().await.unwrap();
            assert_eq!(reply.status(), 400, "{path}");
            assert_eq!(reply.json::<Value>().await.unwrap()["code"], "invalid_query", "{path}");
        }
    }
}

#[tokio::test]
async fn a_twin_is_refused_with_the_post_that_is_in_the_way() {
    let app = App::start().await;
    let publish = "/api/communication/publish";
    let (_, first) = app.window("POST", publish, Some(far_post())).await;
    let mut draft = far_post();
    draft["draft"] = json!(true);
    let (_, draft) = app.window("POST", publish, Some(draft)).await;
    let path = format!("/api/communication/posts/{}", draft["post_id"].as_str().unwrap());
    let (status, twin) = app.window("PATCH", &path, Some(json!({"publish": "schedule"}))).await;
    assert_eq!((status, &twin["code"]), (409, &json!("already_planned")), "{twin}");
    assert_eq!(twin["errors"][0]["values"]["post_id"], first["post_id"]);
}
