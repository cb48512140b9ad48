//! Every body that the API takes, with a field that it does not know: named and refused, nothing done.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::App;

/// A body as the document describes it: its example, else the example of its schema's fields.
fn example(document: &Value, operation: &Value) -> Option<Value> {
    let content = &operation["requestBody"]["content"]["application/json"];
    if content.is_null() {
        return None;
    }
    if !content["example"].is_null() {
        return Some(content["example"].clone());
    }
    let reference = content["schema"]["$ref"].as_str()?;
    let schema = document.pointer(reference.trim_start_matches('#'))?;
    let mut body = json!({});
    for (name, field) in schema["properties"].as_object()? {
        if !field["example"].is_null() {
            body[name] = field["example"].clone();
        }
    }
    Some(body)
}

#[tokio::test]
async fn an_unknown_field_is_refused_by_its_name_everywhere() {
    let app = App::start().await;
    let document = serde_json::to_value(vieux_moulin_engine::api::document()).unwrap();
    let mut checked = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let Some(mut body) = example(&document, operation) else { continue };
            body["nonsense"] = json!(1);
            let address = path
                .split('/')
                .map(|part| if part.starts_with('{') { "1" } else { part })
                .collect::<Vec<_>>();
            let method: Method = method.to_uppercase().parse().unwrap();
            let reply = app.local(method.clone(), &address.join("/")).json(&body).send().await.unwrap();
            let status = reply.status().as_u16();
            let problem: Value = reply.json().await.unwrap();
            assert_eq!(status, 422, "{method} {path}: {problem}");
            let code = problem["code"].as_str().unwrap();
            assert!(matches!(code, "unknown_field" | "config_unknown_key"), "{method} {path}: {problem}");
            assert_eq!(problem["errors"][0]["field"], "nonsense", "{method} {path}");
            checked += 1;
        }
    }
    assert!(checked >= 15, "{checked}");
}

#[tokio::test]
async fn a_time_that_does_not_exist_or_exists_twice_is_said() {
    let app = App::start().await;
    let publish = async |at: &str| {
        let mut body = crate::support::far_post();
        body["content"]["body"] = json!(format!("Menu du {at}"));
        body["scheduled_time"] = json!(at);
        let request = app.local(Method::POST, "/api/communication/publish").json(&body);
        let reply = request.send().await.unwrap();
        let status = reply.status();
        let body: Value = reply.json().await.unwrap();
        assert_eq!(status, 202, "{body}");
        let path = format!("/api/communication/posts/{}", body["post_id"].as_str().unwrap());
        let post: Value = app.local(Method::GET, &path).send().await.unwrap().json().await.unwrap();
        let warnings: Vec<String> = body["warnings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|warning| warning["code"].as_str().unwrap().to_owned())
            .collect();
        (post["schedule"].clone(), warnings)
    };
    let (schedule, warnings) = publish("2099-04-15T18:30:00").await;
    assert_eq!(
        (&schedule["at"], &schedule["timezone"]),
        (&json!("2099-04-15T16:30:00Z"), &json!("Europe/Paris"))
    );
    assert!(warnings.is_empty(), "{warnings:?}");
    // The last Sunday of March: 02:30 does not exist; 03:00 is the first minute that does.
    let (schedule, warnings) = publish("2099-03-29T02:30:00").await;
    assert_eq!((&schedule["at"], &schedule["note"]), (&json!("2099-03-29T01:00:00Z"), &json!("gap_moved")));
    assert!(!warnings.is_empty(), "the caller is told");
    // The last Sunday of October: 02:30 exists twice; the first is taken.
    let (schedule, warnings) = publish("2099-10-25T02:30:00").await;
    assert_eq!((&schedule["at"], &schedule["note"]), (&json!("2099-10-25T00:30:00Z"), &json!("fold_first")));
    assert!(!warnings.is_empty(), "the caller is told");
}

#[tokio::test]
async fn a_past_time_leaves_only_when_it_is_asked_for() {
    let app = App::start().await;
    let mut body = crate::support::far_post();
    body["scheduled_time"] = json!("2025-04-15T18:30:00");
    let publish = |body: &Value| app.local(Method::POST, "/api/communication/publish").json(body).send();
    let refused = publish(&body).await.unwrap();
    assert_eq!(refused.status(), 422);
    assert_eq!(refused.json::<Value>().await.unwrap()["code"], "past_date");
    body["late_policy"] = json!("send_now");
    assert_eq!(publish(&body).await.unwrap().status(), 202);
}
