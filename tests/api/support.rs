//! A running application for one test.

use std::{path::Path, sync::Arc};

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;
use vieux_moulin_engine::{
    api::{self, Caller},
    host::{Host, HostOptions, LocalKey, Prepared},
    secrets::{KeySource, MemoryStore},
};
use vieux_moulin_sandbox::{Sandbox, SandboxOptions, seed};

pub struct App {
    pub host: Host,
    /// The pretend networks; they end with it.
    pub sandbox: Sandbox,
    pub client: reqwest::Client,
    /// Of the command line.
    pub key: String,
    pub dir: TempDir,
}

pub fn options(dir: &Path) -> HostOptions {
    HostOptions {
        data_dir: Some(dir.to_owned()),
        port: Some(0),
        key: Some(KeySource::Store(Arc::new(MemoryStore::default()))),
        ..HostOptions::default()
    }
}

impl App {
    /// With one Bluesky account.
    pub async fn start() -> Self {
        let app = Self::bare().await;
        let credentials =
            json!({"identifier": seed::bluesky_handle(1), "app_password": seed::bluesky_app_password(1)});
        let body = json!({"platform": "bluesky", "credentials": credentials});
        let reply = app.local(Method::POST, "/api/communication/accounts").json(&body).send().await.unwrap();
        assert_eq!(reply.status(), 201, "{}", reply.text().await.unwrap());
        app
    }

    /// Without any account.
    pub async fn bare() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
        let dir = tempfile::tempdir().unwrap();
        let platforms: serde_json::Map<String, Value> = sandbox
            .addresses()
            .networks()
            .map(|(platform, address)| (platform.name().to_owned(), json!({"base_url": address})))
            .collect();
        let platforms = Value::Object(platforms);
        std::fs::write(dir.path().join("platforms.json"), platforms.to_string()).unwrap();
        let host = Prepared::new(options(dir.path())).unwrap().start().await.unwrap();
        let key = LocalKey::load(dir.path()).unwrap().token;
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { host, sandbox, client, key, dir }
    }

    /// Connects the first account of the pretend Facebook and Instagram.
    pub async fn connect_facebook_and_instagram(&self) {
        let token = seed::facebook_page_token(1);
        for (platform, credentials) in [
            ("facebook", json!({"page_id": seed::facebook_page_id(1), "page_token": token})),
            ("instagram", json!({"instagram_id": seed::instagram_id(1), "page_token": token})),
        ] {
            let body = json!({"platform": platform, "credentials": credentials});
            let (status, answer) = self.window("POST", "/api/communication/accounts", Some(body)).await;
            assert_eq!(status, 201, "{answer}");
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.host.address.as_ref().unwrap())
    }

    /// A request without any credentials.
    pub fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.url(path))
    }

    /// A request of the command line.
    pub fn local(&self, method: Method, path: &str) -> RequestBuilder {
        self.anonymous(method, path).bearer_auth(&self.key)
    }

    /// Makes a token and returns it.
    pub async fn token(&self, scopes: &[&str]) -> String {
        let body = json!({"label": "test", "scopes": scopes});
        let reply = self.local(Method::POST, "/api/communication/tokens").json(&body).send().await.unwrap();
        assert_eq!(reply.status(), 201);
        reply.json::<Value>().await.unwrap()["token"].as_str().unwrap().to_owned()
    }

    /// A request of the window, through the in-process door.
    pub async fn window(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let request = axum::http::Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json")
            .body(body.map_or_else(axum::body::Body::empty, |body| body.to_string().into()))
            .unwrap();
        let response = api::call(&self.host.router, Caller::Window, request).await;
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }
}

/// Status and code of a problem.
pub async fn problem(request: RequestBuilder) -> (u16, String) {
    let reply = request.send().await.unwrap();
    let status = reply.status().as_u16();
    assert_eq!(reply.headers()["content-type"], "application/problem+json", "{status}");
    let body: Value = reply.json().await.unwrap();
    assert_eq!(body["status"], status);
    (status, body["code"].as_str().unwrap().to_owned())
}

pub fn far_post() -> Value {
    json!({
        "content": {"title": "Plat du jour", "body": "Lamproie à la bordelaise", "hashtags": ["vensac"]},
        "platforms": ["bluesky"],
        "scheduled_time": "2099-11-27T18:30:00",
    })
}
