//! The dashboard: a one-time code becomes a cookie, and the cookie writes only from our own page.

use reqwest::{Method, header};
use serde_json::{Value, json};

use crate::support::{App, far_post, problem};

async fn log_in(app: &App) -> String {
    let code: Value =
        app.local(Method::POST, "/api/session/code").send().await.unwrap().json().await.unwrap();
    let body = json!({"code": code["code"]});
    let reply = app.anonymous(Method::POST, "/api/session").json(&body).send().await.unwrap();
    assert_eq!(reply.status(), 204);
    let cookie = reply.headers()["set-cookie"].to_str().unwrap().to_owned();
    for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let again = app.anonymous(Method::POST, "/api/session").json(&body);
    assert_eq!(problem(again).await, (401, "session_code_refused".to_owned()), "a code works once");
    cookie.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_session_reads_publishes_and_ends() {
    let app = App::start().await;
    let cookie = log_in(&app).await;
    let with = |method: Method, path: &str| app.anonymous(method, path).header(header::COOKIE, &cookie);
    let who: Value = with(Method::GET, "/api/session").send().await.unwrap().json().await.unwrap();
    assert_eq!(who, json!({"caller": "dashboard", "scopes": ["read", "publish", "notify"]}));
    let post = || with(Method::POST, "/api/communication/publish").json(&far_post());
    assert_eq!(problem(post()).await, (403, "session_header_missing".to_owned()));
    let reply = post().header("x-moulin", "1").send().await.unwrap();
    assert_eq!(reply.status(), 202);
    let foreign = post().header("x-moulin", "1").header("sec-fetch-site", "cross-site");
    assert_eq!(problem(foreign).await, (403, "bad_origin".to_owned()));
    let settings = with(Method::PATCH, "/api/communication/settings").header("x-moulin", "1");
    assert_eq!(problem(settings.json(&json!({"theme": "dark"}))).await, (403, "scope_missing".to_owned()));
    let out = with(Method::DELETE, "/api/session").header("x-moulin", "1").send().await.unwrap();
    assert_eq!(out.status(), 204);
    assert_eq!(problem(with(Method::GET, "/api/session")).await, (401, "not_signed_in".to_owned()));
}

#[tokio::test]
async fn the_page_loads_without_a_session_and_foreign_assets_are_absent() {
    let app = App::bare().await;
    let get = |path: &'static str| app.anonymous(Method::GET, path).send();
    assert_eq!(get("/dashboard/").await.unwrap().status(), 200);
    assert_eq!(get("/dashboard/posts/abc").await.unwrap().status(), 200);
    assert_eq!(get("/dashboard/assets/none.js").await.unwrap().status(), 404);
    assert_eq!(get("/dashboard/../Cargo.toml").await.unwrap().status(), 401);
}
