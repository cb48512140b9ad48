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
    // Whoever is connecting an account is not told to go and connect it.
    let page = json!({"platform": "facebook", "credentials": {"page_token": "faux"}});
    let (status, refused) = app.window("POST", ACCOUNTS, Some(page)).await;
    assert_eq!((status, refused["code"].as_str()), (422, Some("credential_refused")), "{refused}");
    let said = refused["detail"].as_str().unwrap();
    assert!(said.contains("Vérifiez") && !said.contains("Reconnectez"), "{said}");
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

/// Networks that want an application of the owner's own: its two fields come first, the rest from the
/// browser; removing the account gives the access back.
#[tokio::test]
async fn a_login_with_the_owners_own_application_and_its_end() {
    let app = App::bare().await;
    let path = format!("{ACCOUNTS}/oauth");
    let start = |credentials: Value| json!({"platform": "google_business", "credentials": credentials});
    let id = seed::oauth_client_id(Platform::GoogleBusiness);
    for (credentials, code, field) in [
        (json!({"client_id": id}), "credential_missing", "credentials.client_secret"),
        (
            json!({"client_id": id, "client_secret": "b", "code": "c"}),
            "credential_unknown",
            "credentials.code",
        ),
    ] {
        let (status, refused) = app.window("POST", &path, Some(start(credentials))).await;
        assert_eq!((status, refused["code"].as_str()), (422, Some(code)), "{refused}");
        assert_eq!(refused["errors"][0]["field"], field);
    }
    let secret = seed::oauth_client_secret(Platform::GoogleBusiness);
    let own = json!({"client_id": id, "client_secret": secret});
    let (status, started) = app.window("POST", &path, Some(start(own))).await;
    assert_eq!(status, 201, "{started}");
    let session = format!("{path}/{}", started["session"].as_str().unwrap());
    consent(&app, started["authorize_url"].as_str().unwrap()).await;
    let outcome = until(&app, &session, |seen| seen["state"] != "waiting").await;
    assert_eq!(outcome["state"], "connected", "{outcome}");
    let account = outcome["account"].as_str().unwrap().to_owned();

    // Connected once, the application need not be typed again.
    let again = json!({"platform": "google_business", "account": account});
    let (status, started) = app.window("POST", &path, Some(again)).await;
    assert_eq!(status, 201, "{started}");
    assert!(started["authorize_url"].as_str().unwrap().contains(&id));

    let (status, _) = app.window("DELETE", &format!("{ACCOUNTS}/{account}"), None).await;
    assert_eq!(status, 200);
    let given_back = || {
        let requests = app.sandbox.requests(Platform::GoogleBusiness);
        requests.iter().any(|request| request.path == "/revoke" && request.status == Some(200))
    };
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while !given_back() && std::time::Instant::now() < deadline {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(given_back());
}

/// A browser in which somebody allows it.
async fn consent(app: &App, authorize_url: &str) {
    let fields: Vec<(String, String)> = url::Url::parse(authorize_url)
        .unwrap()
        .query_pairs()
        .map(|(key, value)| (key.into_owned(), value.into_owned()))
        .chain([("decision".to_owned(), "allow".to_owned())])
        .collect();
    let browser = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    let browser = browser.build().unwrap();
    let target = authorize_url.split('?').next().unwrap();
    let answer = browser.post(target).form(&fields).send().await.unwrap();
    let back = answer.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(app.client.get(back).send().await.unwrap().status(), 200);
}

async fn until(app: &App, path: &str, is_done: impl Fn(&Value) -> bool) -> Value {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    loop {
        let (_, seen) = app.window("GET", path, None).await;
        if is_done(&seen) || std::time::Instant::now() > deadline {
            return seen;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// Button, event and offer reach the networks that have a place for them, and mistakes are named.
#[tokio::test]
async fn options_are_for_the_networks_that_declare_them() {
    let app = App::start().await;
    let platform = Platform::GoogleBusiness;
    let credentials = json!({
        "client_id": seed::oauth_client_id(platform),
        "client_secret": seed::oauth_client_secret(platform),
        "refresh_token": seed::oauth_refresh_token(platform, 1),
    });
    let body = json!({"platform": "google_business", "credentials": credentials});
    let (status, added) = app.window("POST", ACCOUNTS, Some(body)).await;
    assert_eq!(status, 201, "{added}");
    let (_, platforms) = app.window("GET", "/api/communication/platforms", None).await;
    let options = |id: &str| {
        let all = platforms.as_array().unwrap();
        all.iter().find(|platform| platform["id"] == id).unwrap()["options"].clone()
    };
    assert_eq!(options("google_business"), json!(["button", "event", "offer"]));
    assert_eq!(options("bluesky"), json!([]));

    let publish = |options: Value| {
        json!({
            "content": {"body": "Réveillon", "options": options},
            "platforms": ["bluesky", "google_business"],
            "scheduled_time": "2099-12-31T18:30:00",
        })
    };
    let offer = json!({"offer": {"coupon_code": "COUPE"}});
    let (status, refused) = app.window("POST", "/api/communication/publish", Some(publish(offer))).await;
    assert_eq!(status, 422, "{refused}");
    assert_eq!(refused["errors"][0]["code"], "offer_dates_missing");
    assert_eq!(refused["errors"].as_array().unwrap().len(), 1, "only where it is shown: {refused}");
    let event = json!({"event": {"title": "Réveillon", "starts_on": "2099-12-31", "starts_at": "19:30:00"}});
    let (status, planned) =
        app.window("POST", "/api/communication/publish", Some(publish(event.clone()))).await;
    assert_eq!(status, 202, "{planned}");
    let path = format!("/api/communication/posts/{}", planned["post_id"].as_str().unwrap());
    let (_, post) = app.window("GET", &path, None).await;
    assert_eq!(post["content"]["options"], event);
}

#[tokio::test]
async fn a_removal_says_what_became_of_the_access() {
    let app = App::bare().await;
    let (_, kept) = app.window("POST", ACCOUNTS, Some(bluesky(&seed::bluesky_app_password(1)))).await;
    let path = format!("{ACCOUNTS}/{}", kept["id"].as_str().unwrap());
    let (status, removed) = app.window("DELETE", &path, None).await;
    assert_eq!((status, removed["access"].as_str()), (200, Some("session_ended")), "{removed}");
    assert!(removed["access_page"].as_str().unwrap().ends_with("/settings/app-passwords"), "{removed}");
    let requests = app.sandbox.requests(Platform::Bluesky);
    assert!(requests.iter().any(|request| request.path.ends_with("deleteSession")));
}
