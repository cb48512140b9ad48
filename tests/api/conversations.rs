//! Comments, mentions and reviews through the doors, with the pretend Google behind them.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use vieux_moulin_sandbox::{
    Platform, seed,
    visitors::{Change, Visit},
};

use crate::support::{App, problem};

const LIST: &str = "/api/communication/conversations";

/// With one Google account.
async fn app() -> App {
    let app = App::bare().await;
    let google = Platform::GoogleBusiness;
    let credentials = json!({
        "client_id": seed::oauth_client_id(google),
        "client_secret": seed::oauth_client_secret(google),
        "refresh_token": seed::oauth_refresh_token(google, 1),
    });
    let body = json!({"platform": "google_business", "credentials": credentials});
    let (status, answer) = app.window("POST", "/api/communication/accounts", Some(body)).await;
    assert_eq!(status, 201, "{answer}");
    app
}

async fn refresh(app: &App) {
    let (status, _) = app.window("POST", &format!("{LIST}/refresh"), None).await;
    assert_eq!(status, 204);
}

async fn list(app: &App, query: &str) -> Value {
    let (status, page) = app.window("GET", &format!("{LIST}{query}"), None).await;
    assert_eq!(status, 200, "{page}");
    page
}

#[tokio::test]
async fn a_review_is_shown_answered_and_followed() {
    let app = app().await;
    let google = Platform::GoogleBusiness;
    let remark = app.sandbox.visit(google, Visit::saying("Camille", "Trop salé").giving(2));
    refresh(&app).await;
    let page = list(&app, "").await;
    assert_eq!((page["unanswered"].as_u64(), page["unread"].as_u64()), (Some(1), Some(1)), "{page}");
    let item = &page["items"][0];
    assert_eq!((item["kind"].as_str(), item["rating"].as_u64()), (Some("review"), Some(2)));
    assert_eq!((item["author"].as_str(), item["text"].as_str()), (Some("Camille"), Some("Trop salé")));
    assert_eq!(item["actions"][0], "reply");
    let address = format!("{LIST}/{}", item["id"].as_str().unwrap());

    let reply = json!({"text": "Merci, nous y veillerons."});
    let send = || {
        app.local(Method::POST, &format!("{address}/reply"))
            .header("idempotency-key", "une fois")
            .json(&reply)
            .send()
    };
    let first = send().await.unwrap();
    assert_eq!(first.status(), 202);
    let first: Value = first.json().await.unwrap();
    let again = send().await.unwrap();
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    assert_eq!(again.json::<Value>().await.unwrap(), first);
    let delivery =
        format!("/api/communication/deliveries/{}", first["deliveries"][0]["id"].as_str().unwrap());
    for round in 0.. {
        let (_, delivery) = app.window("GET", &delivery, None).await;
        if delivery["state"] == "published" {
            break;
        }
        assert!(round < 600, "{delivery}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let answer = app.sandbox.remarks(google)[0].answer.clone().unwrap();
    assert_eq!(answer.text, "Merci, nous y veillerons.");
    refresh(&app).await;
    let (_, item) = app.window("GET", &address, None).await;
    assert_eq!(item["unanswered"], false);
    assert_eq!(item["answer"]["state"], "published");
    assert_eq!(item["replies"][0]["text"], "Merci, nous y veillerons.");
    assert!(list(&app, "?unanswered=true").await["items"].as_array().unwrap().is_empty());
    // An answer is no post of the calendar; its own page names what it answers.
    let (_, posts) = app.window("GET", "/api/communication/posts", None).await;
    assert!(posts["items"].as_array().unwrap().is_empty(), "{posts}");
    let path = format!("/api/communication/posts/{}", first["post_id"].as_str().unwrap());
    let (_, post) = app.window("GET", &path, None).await;
    assert_eq!(post["reply_to"], item["id"]);

    app.sandbox.change_remark(google, &remark.id, &Change { deleted: Some(true), ..Change::default() });
    refresh(&app).await;
    let (_, item) = app.window("GET", &address, None).await;
    assert!(item["deleted_at"].is_string() && item["text"] == "Trop salé", "{item}");
    let refused = app.local(Method::POST, &format!("{address}/reply")).json(&json!({"text": "Encore"}));
    assert_eq!(problem(refused).await, (409, "conversation_deleted".to_owned()));
}

#[tokio::test]
async fn pages_filters_and_marks() {
    let app = app().await;
    let google = Platform::GoogleBusiness;
    for number in 1..=5_u8 {
        let visit =
            Visit { ago_secs: u32::from(number) * 60, ..Visit::saying("Zoé", "Bien").giving(number) };
        app.sandbox.visit(google, visit);
    }
    refresh(&app).await;
    let first = list(&app, "?limit=3").await;
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = list(&app, &format!("?limit=3&cursor={cursor}")).await;
    let stars = |page: &Value| {
        let items = page["items"].as_array().unwrap();
        items.iter().map(|item| item["rating"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!((stars(&first), stars(&second)), (vec![1, 2, 3], vec![4, 5]), "newest first");
    assert!(second["next_cursor"].is_null());
    assert!(list(&app, "?kind=comment").await["items"].as_array().unwrap().is_empty());
    assert_eq!(stars(&list(&app, "?kind=review").await).len(), 5);
    assert!(list(&app, "?account=none").await["items"].as_array().unwrap().is_empty());
    for query in ["?kind=poem", "?cursor=%25", "?limit=0", "?strange=1"] {
        let refused = app.local(Method::GET, &format!("{LIST}{query}"));
        assert_eq!(problem(refused).await.0, 400, "{query}");
    }

    let address = format!("{LIST}/{}", first["items"][0]["id"].as_str().unwrap());
    let (_, read) = app.window("POST", &format!("{address}/read"), None).await;
    assert!(read["read_at"].is_string() && read["unanswered"] == true);
    let body = |handled: bool| Some(json!({ "handled": handled }));
    let (_, handled) = app.window("POST", &format!("{address}/handled"), body(true)).await;
    assert!(handled["handled_at"].is_string() && handled["unanswered"] == false);
    assert_eq!(list(&app, "?unanswered=true").await["unanswered"], 4);
    let (_, opened) = app.window("POST", &format!("{address}/handled"), body(false)).await;
    assert_eq!(opened["unanswered"], true);

    let hide = app.local(Method::POST, &format!("{address}/hidden")).json(&json!({"hidden": true}));
    assert_eq!(problem(hide).await, (422, "hide_not_possible".to_owned()));
    let empty = app.local(Method::POST, &format!("{address}/reply")).json(&json!({"text": " "}));
    assert_eq!(problem(empty).await, (422, "text_empty".to_owned()));
    let long = app.local(Method::POST, &format!("{address}/reply")).json(&json!({"text": "é".repeat(3000)}));
    assert_eq!(problem(long).await, (422, "text_too_long".to_owned()));
    let nobody = app.local(Method::POST, &format!("{LIST}/none/reply")).json(&json!({"text": "Merci"}));
    assert_eq!(problem(nobody).await, (404, "not_found".to_owned()));

    let (_, sources) = app.window("GET", &format!("{LIST}/sources"), None).await;
    assert_eq!(sources[0]["platform"], "google_business");
    assert!(sources[0]["read_at"].is_string() && sources[0]["problem"].is_null());
}
