//! Every operation of the document, asked by nobody and by a token of each single scope.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use vieux_moulin_engine::api;

use crate::support::App;

const SCOPES: [&str; 4] = ["read", "publish", "notify", "admin"];

/// Whom an operation serves.
#[derive(Debug, PartialEq, Eq)]
enum Need {
    Nobody,
    /// Anybody who is signed in.
    SignedIn,
    /// The window and the command line: no token ever.
    ThisMachine,
    Scope(&'static str),
}

/// The rule as it is promised; what is not named is a `publish` when it writes, a `read` when it looks.
fn need(method: &str, path: &str) -> Need {
    let below = |start: &str| path.starts_with(&format!("/api/communication/{start}"));
    match (method, path) {
        ("get", "/api/health") | ("post", "/api/session") => Need::Nobody,
        ("get" | "delete", "/api/session") => Need::SignedIn,
        (
            "post",
            "/api/communication/posts/preview"
            | "/api/communication/templates/preview"
            | "/api/communication/sms/measure",
        ) => Need::Scope("read"),
        (
            _,
            "/api/session/code" | "/api/communication/media/from_path" | "/api/communication/recovery_key",
        )
        | (
            "get",
            "/api/communication/contacts/{id}/file"
            | "/api/communication/contacts/{id}/file.html"
            | "/api/communication/consents/export",
        )
        | ("delete", "/api/communication/suppressions")
        | ("post", "/api/communication/contacts/{id}/erase") => Need::ThisMachine,
        ("post", "/api/communication/contacts/{id}/consents" | "/api/communication/contacts/{id}/object") => {
            Need::Scope("notify")
        }
        ("post", _) if below("suppressions") || below("rights-requests") => Need::Scope("notify"),
        ("post", _) if below("notify") || below("mailings") => Need::Scope("notify"),
        _ if below("tokens") || below("logs/export") || below("platforms/config/") => Need::ThisMachine,
        _ if below("contacts/export") => Need::ThisMachine,
        // Names and addresses of people.
        _ if below("contact") || below("segments") => Need::Scope("admin"),
        _ if below("accounts/oauth") => Need::Scope("admin"),
        ("get", _) => Need::Scope("read"),
        _ if below("accounts")
            || below("settings")
            || below("media_host")
            || below("pause")
            || below("resume") =>
        {
            Need::Scope("admin")
        }
        _ => Need::Scope("publish"),
    }
}

fn operations() -> Vec<(String, String, bool)> {
    let document: Value = serde_json::to_value(api::document()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in ["get", "post", "patch", "put", "delete"] {
            if let Some(operation) = item.get(method) {
                let takes_body = operation["requestBody"]["content"]["application/json"].is_object();
                operations.push((method.to_owned(), path.clone(), takes_body));
            }
        }
    }
    operations
}

async fn ask(
    app: &App,
    (method, path, takes_body): &(String, String, bool),
    token: Option<&str>,
) -> StatusCode {
    let path = path.replace("{id}", "0190a000-0000-7000-8000-000000000000").replace("{session}", "none");
    let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
    let mut request = app.anonymous(method, &path);
    if *takes_body {
        request = request.json(&json!({}));
    }
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    request.send().await.unwrap().status()
}

#[tokio::test]
async fn every_operation_serves_whom_it_should_and_nobody_else() {
    let app = App::start().await;
    let mut tokens = Vec::new();
    for scope in SCOPES {
        tokens.push((scope, app.token(&[scope]).await));
    }
    let operations = operations();
    assert!(operations.len() > 50, "{}", operations.len());
    for operation in operations {
        let (method, path, _) = &operation;
        let need = need(method, path);
        if need == Need::Nobody {
            continue;
        }
        assert_eq!(ask(&app, &operation, None).await, 401, "{method} {path} for nobody");
        for (scope, token) in &tokens {
            let status = ask(&app, &operation, Some(token)).await.as_u16();
            let allowed = match need {
                Need::SignedIn => true,
                Need::Scope(needed) => needed == *scope,
                Need::ThisMachine | Need::Nobody => false,
            };
            assert_eq!(status != 403, allowed, "{method} {path} with {scope}: {status}");
            assert!(status != 401 && status < 500, "{method} {path} with {scope}: {status}");
        }
    }
}

/// Many tokens are made of several scopes; none of them opens what is of this machine.
#[tokio::test]
async fn all_scopes_together_are_not_this_machine() {
    let app = App::bare().await;
    let token = app.token(&SCOPES).await;
    for operation in operations() {
        if need(&operation.0, &operation.1) == Need::ThisMachine {
            let status = ask(&app, &operation, Some(&token)).await;
            assert_eq!(status, 403, "{} {}", operation.0, operation.1);
        }
    }
}
