//! Who may reach the port, and who may use it.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::{App, far_post, problem};

const STATUS: &str = "/api/communication/status";

#[tokio::test]
async fn only_the_pulse_needs_nobody_and_says_nothing() {
    let app = App::bare().await;
    let reply = app.anonymous(Method::GET, "/api/health").send().await.unwrap();
    assert_eq!((reply.status().as_u16(), reply.text().await.unwrap().as_str()), (200, "{\"status\":\"up\"}"));
    assert_eq!(problem(app.anonymous(Method::GET, STATUS)).await, (401, "not_signed_in".to_owned()));
    assert_eq!(problem(app.anonymous(Method::GET, "/api/nothing")).await, (401, "not_signed_in".to_owned()));
}

#[tokio::test]
async fn another_host_origin_or_site_is_refused_before_anything_else() {
    let app = App::bare().await;
    let port = app.host.address.as_ref().unwrap().rsplit(':').next().unwrap().to_owned();
    for (name, value, expected) in [
        ("host", "evil.example:5001", (421, "bad_host")),
        ("host", "127.0.0.1", (421, "bad_host")),
        ("host", "127.0.0.1.evil.example", (421, "bad_host")),
        ("origin", "http://evil.example", (403, "bad_origin")),
        ("origin", "null", (403, "bad_origin")),
        ("origin", "https://localhost", (403, "bad_origin")),
        ("sec-fetch-site", "cross-site", (403, "bad_origin")),
        ("sec-fetch-site", "same-site", (403, "bad_origin")),
    ] {
        let (status, code) = problem(app.local(Method::GET, STATUS).header(name, value)).await;
        assert_eq!((status, code.as_str()), expected, "{name}: {value}");
    }
    for (name, value) in [
        ("host", format!("localhost:{port}")),
        ("host", format!("[::1]:{port}")),
        ("origin", format!("http://localhost:{port}")),
        ("sec-fetch-site", "same-origin".to_owned()),
        ("sec-fetch-site", "none".to_owned()),
    ] {
        let reply = app.local(Method::GET, STATUS).header(name, &value).send().await.unwrap();
        assert_eq!(reply.status(), 200, "{name}: {value}");
    }
}

#[tokio::test]
async fn both_loopback_addresses_answer_and_a_taken_port_is_named() {
    let app = App::bare().await;
    let port: u16 = app.host.address.as_ref().unwrap().rsplit(':').next().unwrap().parse().unwrap();
    if std::net::TcpListener::bind("[::1]:0").is_ok() {
        let reply = app.client.get(format!("http://[::1]:{port}/api/health")).send().await.unwrap();
        assert_eq!(reply.status(), 200);
    }
    let dir = tempfile::tempdir().unwrap();
    let mut options = crate::support::options(dir.path());
    options.port = Some(port);
    let error = vieux_moulin_engine::host::Prepared::new(options).unwrap().start().await.err().unwrap();
    assert_eq!(error.code(), "port_taken");
    assert!(error.texts().0.contains("--port"), "{}", error.texts().0);
    assert!(!dir.path().join("moulin.db").exists(), "nothing is created when the port is taken");
}

#[tokio::test]
async fn scopes_say_what_a_token_may_do() {
    let app = App::start().await;
    let (read, publish, admin) =
        (app.token(&["read"]).await, app.token(&["publish"]).await, app.token(&["admin"]).await);
    let post = || app.anonymous(Method::POST, "/api/communication/publish").json(&far_post());
    let pause = || app.anonymous(Method::POST, "/api/communication/pause").json(&json!({"for_secs": 60}));
    for (request, token, expected) in [
        (app.anonymous(Method::GET, STATUS), &read, 200),
        (app.anonymous(Method::GET, STATUS), &publish, 403),
        (post(), &read, 403),
        (post(), &publish, 202),
        (post(), &admin, 403),
        (pause(), &publish, 403),
        (pause(), &admin, 200),
        (app.anonymous(Method::GET, "/api/communication/tokens"), &admin, 403),
        (app.anonymous(Method::POST, "/api/session/code"), &admin, 403),
    ] {
        let reply = request.bearer_auth(token).send().await.unwrap();
        assert_eq!(reply.status(), expected, "{}", reply.url());
    }
    let path = app.dir.path().join("x.jpg");
    let request =
        app.anonymous(Method::POST, "/api/communication/media/from_path").json(&json!({"path": path}));
    assert_eq!(problem(request.bearer_auth(&publish)).await, (403, "wrong_caller".to_owned()));
}

#[tokio::test]
async fn a_revoked_token_is_refused_and_guessing_ends_after_ten() {
    let app = App::bare().await;
    let token = app.token(&["read"]).await;
    let list: serde_json::Value =
        app.local(Method::GET, "/api/communication/tokens").send().await.unwrap().json().await.unwrap();
    assert!(!list.to_string().contains(&token), "a secret is shown once");
    let id = list[0]["id"].as_str().unwrap();
    app.local(Method::DELETE, &format!("/api/communication/tokens/{id}")).send().await.unwrap();
    let with = |token: &str| app.anonymous(Method::GET, STATUS).bearer_auth(token);
    assert_eq!(problem(with(&token)).await, (401, "token_refused".to_owned()));
    for _ in 0..9 {
        assert_eq!(problem(with("vm_wrong")).await.0, 401);
    }
    let reply = with("vm_wrong").send().await.unwrap();
    assert_eq!(reply.status(), 429);
    let wait: u64 = reply.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=61).contains(&wait), "{wait}");
    assert_eq!(with(&app.key).send().await.unwrap().status(), 200, "a right token still comes in");
}

#[tokio::test]
async fn writes_need_json_and_stay_within_their_size() {
    let app = App::start().await;
    let publish = || app.local(Method::POST, "/api/communication/publish");
    let form = publish().form(&[("content", "x")]);
    assert_eq!(problem(form).await, (415, "unsupported_media_type".to_owned()));
    let plain = publish().header("content-type", "text/plain").body(far_post().to_string());
    assert_eq!(problem(plain).await, (415, "unsupported_media_type".to_owned()));
    let mut big = far_post();
    big["content"]["body"] = json!("x".repeat(1024 * 1024 + 1));
    assert_eq!(problem(publish().json(&big)).await, (413, "body_too_large".to_owned()));
}

#[tokio::test]
async fn methods_are_answered_as_http_says() {
    let app = App::bare().await;
    let reply = app.local(Method::PUT, STATUS).send().await.unwrap();
    assert_eq!(reply.status(), 405);
    assert!(reply.headers()["allow"].to_str().unwrap().contains("GET"));
    assert_eq!(reply.headers()["content-type"], "application/problem+json");
    let reply = app.local(Method::OPTIONS, STATUS).send().await.unwrap();
    assert_eq!(reply.status(), 204);
    assert!(reply.headers().get("access-control-allow-origin").is_none());
    let reply = app.local(Method::HEAD, STATUS).send().await.unwrap();
    assert_eq!((reply.status().as_u16(), reply.text().await.unwrap().len()), (200, 0));
    assert_eq!(
        problem(app.local(Method::GET, "/api/communication/nothing")).await,
        (404, "not_found".to_owned())
    );
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let app = App::bare().await;
    for path in ["/api/health", "/dashboard/", "/api/docs/", "/api/communication/status"] {
        let reply = app.anonymous(Method::GET, path).send().await.unwrap();
        let headers = reply.headers();
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["x-frame-options"], "DENY", "{path}");
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src"), "{path}: {policy}");
        assert!(!policy.contains("script-src 'self' 'unsafe-inline'"), "{path}: {policy}");
    }
}

#[tokio::test]
async fn slow_headers_are_cut_off() {
    let app = App::bare().await;
    let address = app.host.address.as_ref().unwrap().trim_start_matches("http://").to_owned();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /api/health HTTP/1.1\r\nHost: ").await.unwrap();
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "the connection is still open");
}
