//! The connection doctor: each trouble gets its own remedy, within its time, and nothing else changes.

use std::time::Duration;

use serde_json::{Value, json};
use vieux_moulin_sandbox::{FaultName, FaultParams, FaultRequest, Platform, SiteFault, seed};

use crate::support::App;

const ACCOUNTS: &str = "/api/communication/accounts";

fn credentials(platform: Platform, app: &App) -> Value {
    match platform {
        Platform::Facebook => {
            json!({"page_id": seed::facebook_page_id(1), "page_token": seed::facebook_page_token(1)})
        }
        Platform::Mastodon => {
            json!({"server": app.sandbox.addresses().mastodon, "access_token": seed::mastodon_token(1)})
        }
        Platform::Telegram => {
            json!({"bot_token": seed::telegram_bot_token(1), "channel": seed::telegram_username(1)})
        }
        Platform::Threads => json!({"access_token": seed::threads_token(1)}),
        other => unreachable!("{other:?}"),
    }
}

/// Connects the first account of a network. Returns its id.
async fn connect(app: &App, platform: Platform) -> String {
    let body = json!({"platform": platform.name(), "credentials": credentials(platform, app)});
    let (status, account) = app.window("POST", ACCOUNTS, Some(body)).await;
    assert!(status == 201 || status == 200, "{account}");
    account["id"].as_str().unwrap().to_owned()
}

/// Code and next step of everything that is not well.
fn troubles(account: &Value) -> Vec<(String, String)> {
    let findings = account["last_check"]["findings"].as_array().unwrap();
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let bad = findings.iter().filter(|finding| finding["severity"] != "ok");
    bad.map(|finding| (text(finding, "code"), text(finding, "next_step"))).collect()
}

#[tokio::test]
async fn twelve_troubles_have_twelve_remedies() {
    use FaultName as F;
    let fault = |name, params: FaultParams| FaultRequest { times: 0, params, ..FaultRequest::new(name) };
    let plain = FaultParams::default;
    let off = |secs| FaultParams { offset_secs: Some(secs), ..FaultParams::default() };
    let rows = [
        (Platform::Facebook, fault(F::TokenExpired, plain()), "token_expired", "Reconnectez le compte"),
        (
            Platform::Facebook,
            fault(F::PermissionLost, plain()),
            "permission_missing",
            "toutes les autorisations",
        ),
        (Platform::Facebook, fault(F::RateLimited, plain()), "rate_limited", "Rien à faire"),
        (Platform::Mastodon, fault(F::RefuseConnection, plain()), "platform_unreachable", "connexion"),
        (Platform::Mastodon, fault(F::Unavailable, plain()), "platform_unavailable", "Rien à faire"),
        (
            Platform::Mastodon,
            fault(F::ServerErrorBefore, plain()),
            "platform_error",
            "Lisez sa réponse sur la page",
        ),
        (
            Platform::Mastodon,
            fault(F::HtmlPage, plain()),
            "unreadable_answer",
            "Vérifiez votre connexion ; l",
        ),
        (
            Platform::Mastodon,
            fault(F::TruncatedJson, plain()),
            "unreadable_answer",
            "Vérifiez votre connexion ; l",
        ),
        (
            Platform::Mastodon,
            fault(F::ResetBefore, plain()),
            "connection_lost",
            "Rien à faire pour l’instant.",
        ),
        (Platform::Mastodon, fault(F::WrongDate, off(900)), "clock_wrong", "Réglez l’heure"),
        (Platform::Mastodon, fault(F::WrongDate, off(300)), "clock_a_little_wrong", "Réglez l’heure"),
        (Platform::Telegram, fault(F::TokenExpired, plain()), "token_revoked", "Reconnectez"),
    ];
    let mut wrong = Vec::new();
    for (platform, request, code, remedy) in rows {
        let app = App::bare().await;
        let id = connect(&app, platform).await;
        let name = request.fault;
        app.sandbox.add_fault(platform, request).await;
        let (status, account) = app.window("POST", &format!("{ACCOUNTS}/{id}/check"), None).await;
        assert_eq!(status, 200, "{account}");
        let found = troubles(&account);
        if !found.iter().any(|(found, next)| found == code && next.contains(remedy)) {
            wrong.push(format!("{platform:?} {name:?}: {code} {remedy:?} is not in {found:?}"));
        }
        app.host.stop().await;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn the_doctor_names_what_is_well_too() {
    let app = App::bare().await;
    let id = connect(&app, Platform::Mastodon).await;
    let (_, account) = app.window("POST", &format!("{ACCOUNTS}/{id}/check"), None).await;
    let findings = account["last_check"]["findings"].as_array().unwrap();
    let codes: Vec<&str> = findings.iter().map(|finding| finding["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["publishing_ready", "token_never_expires", "permissions_complete"]);
    assert_eq!(account["last_check"]["ok"], true);
}

/// Networks that fetch pictures are examined together with the web site that lends them an address.
#[tokio::test]
async fn the_web_site_is_examined_with_the_accounts_that_need_it() {
    let app = App::bare().await;
    let id = connect(&app, Platform::Threads).await;
    let path = format!("{ACCOUNTS}/{id}/check");
    let (_, account) = app.window("POST", &path, None).await;
    let found = troubles(&account);
    assert!(
        found.iter().any(|(code, next)| code == "photos_need_site" && next.contains("site web")),
        "{found:?}"
    );
    let fields = json!({
        "site": app.sandbox.site_address(),
        "username": seed::SITE_USERNAME,
        "app_password": seed::SITE_PASSWORD,
    });
    app.sandbox.set_site_fault(Some(SiteFault::LoginRefused));
    let body = json!({"kind": "wordpress", "fields": fields});
    let (status, site) = app.window("POST", "/api/communication/media_host", Some(body)).await;
    assert_eq!((status, &site["lends_addresses"]), (200, &json!(false)), "{site}");
    assert!(!site.to_string().contains(seed::SITE_PASSWORD));
    let (_, account) = app.window("POST", &path, None).await;
    let found = troubles(&account);
    assert!(found.iter().any(|(code, _)| code == "media_host_login_refused"), "{found:?}");
    // The account itself is well.
    assert_eq!((&account["state"], &account["last_check"]["ok"]), (&json!("connected"), &json!(true)));
}

/// A platform that never answers is waited for no longer than the doctor has.
#[tokio::test]
async fn silence_ends_the_examination() {
    let app = App::bare().await;
    let id = connect(&app, Platform::Mastodon).await;
    app.sandbox.add_fault(Platform::Mastodon, FaultRequest::new(FaultName::Stall)).await;
    let mut connections = app.host.engine.connections.clone();
    assert!(connections.check_deadline <= Duration::from_secs(15));
    connections.check_deadline = Duration::from_millis(200);
    let account = connections.check(&id.as_str().into()).await.unwrap();
    // Whoever waited for the end of the stall would have seen the line cut.
    assert_eq!(account.last_check.unwrap()["findings"][0]["code"], "platform_timeout");
}
