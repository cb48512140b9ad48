//! Connecting accounts: what is believed, what is kept, what is refused.

use reqwest::Method;
use serde_json::{Value, json};
use vieux_moulin_sandbox::{FaultName, FaultRequest, Platform, seed};

use crate::support::{App, far_post};

const ACCOUNTS: &str = "/api/communication/accounts";

fn bluesky(password: &str) -> Value {
    let credentials = json!({"identifier": seed::bluesky_handle(1), "app_password": password});
    json!({"platform": "bluesky", "credentials": credentials})
}

#[tokio::test]
async fn an_account_of_a_silent_platform_is_kept_and_says_so() {
    let app = App::bare().await;
    let mut silence = FaultRequest::new(FaultName::RefuseConnection);
    silence.times = 0;
    app.sandbox.add_fault(Platform::Bluesky, silence).await;
    let (status, kept) = app.window("POST", ACCOUNTS, Some(bluesky(&seed::bluesky_app_password(1)))).await;
    assert_eq!((status, kept["state"].as_str()), (201, Some("unverified")), "{kept}");
    assert_eq!((&kept["remote_id"], &kept["label"]), (&json!(""), &json!(seed::bluesky_handle(1))));
    assert_eq!(kept["last_check"]["ok"], false);
    assert_eq!(kept["last_check"]["findings"][0]["code"], "platform_unreachable");
    assert!(!kept.to_string().contains(&seed::bluesky_app_password(1)));
    // What is planned meanwhile waits for it.
    let (status, planned) = app.window("POST", "/api/communication/publish", Some(far_post())).await;
    assert_eq!((status, &planned["deliveries"][0]["account"]), (202, &kept["id"]));
    let (_, overview) = app.window("GET", "/api/communication/status", None).await;
    assert_eq!(overview["accounts"][0]["lane"]["health"], "stopped");
    app.sandbox.clear_faults(Platform::Bluesky).await;
    let path = format!("{ACCOUNTS}/{}", kept["id"].as_str().unwrap());
    let (_, checked) = app.window("POST", &format!("{path}/check"), None).await;
    assert_eq!((checked["state"].as_str(), &checked["last_check"]["ok"]), (Some("connected"), &json!(true)));
    assert!(checked["remote_id"].as_str().unwrap().starts_with("did:"), "{checked}");
}

#[tokio::test]
async fn refused_credentials_name_the_field_and_nothing_is_kept() {
    let app = App::bare().await;
    let (status, refused) = app.window("POST", ACCOUNTS, Some(bluesky("aaaa-bbbb-cccc-dddd"))).await;
    assert_eq!((status, refused["code"].as_str()), (422, Some("credential_refused")), "{refused}");
    assert_eq!(refused["errors"][0]["field"], "credentials");
    for (body, code, field) in [
        (json!({"platform": "bluesky", "credentials": {}}), "credential_missing", "credentials.identifier"),
        (
            json!({"platform": "bluesky", "credentials": {"identifier": "a", "app_password": "b", "page": "c"}}),
            "credential_unknown",
            "credentials.page",
        ),
    ] {
        let (status, refused) = app.window("POST", ACCOUNTS, Some(body)).await;
        assert_eq!((status, refused["code"].as_str()), (422, Some(code)));
        assert_eq!(refused["errors"][0]["field"], field);
    }
    let (status, unknown) =
        app.window("POST", ACCOUNTS, Some(json!({"platform": "blusky", "credentials": {}}))).await;
    assert_eq!((status, unknown["code"].as_str()), (422, Some("unknown_platform")));
    let accounts = app.local(Method::GET, ACCOUNTS).send().await.unwrap();
    assert_eq!(accounts.json::<Value>().await.unwrap(), json!([]));
}
