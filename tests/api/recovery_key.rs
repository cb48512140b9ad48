//! The recovery key is for the person at this machine, after a confirmation, and it is noted.

use reqwest::Method;
use serde_json::{Value, json};

use super::support::{App, problem};

const PATH: &str = "/api/communication/recovery_key";

#[tokio::test]
async fn it_is_shown_here_after_a_confirmation_and_noted() {
    let app = App::bare().await;
    let token = app.token(&["admin", "read"]).await;
    let foreign = app.anonymous(Method::POST, PATH).bearer_auth(&token).json(&json!({"confirm": true}));
    assert_eq!(problem(foreign).await, (403, "wrong_caller".to_owned()));
    let unconfirmed = app.local(Method::POST, PATH).json(&json!({"confirm": false}));
    assert_eq!(problem(unconfirmed).await, (422, "confirmation_needed".to_owned()));

    let (status, shown) = app.window("POST", PATH, Some(json!({"confirm": true}))).await;
    assert_eq!(status, 200, "{shown}");
    let text = shown["text"].as_str().unwrap();
    assert_eq!(text.split('-').map(str::len).collect::<Vec<_>>(), [4; 14]);
    assert_eq!(text, *app.host.engine.recovery_key());

    let journal = app.local(Method::GET, "/api/communication/journal").send().await.unwrap();
    let journal: Value = journal.json().await.unwrap();
    let shown = journal["items"].as_array().unwrap().iter().filter(|e| e["kind"] == "recovery_key.shown");
    assert_eq!(shown.count(), 1, "{journal}");
    assert!(!journal.to_string().contains(text));
}
