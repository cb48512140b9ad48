//! Talking to a real server while a test sets it up: plain HTTP on loopback,
//! every unexpected answer an error that shows it.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// A client that follows no redirect, knows no proxy and keeps no connection:
/// snac2 closes each one after its answer without saying so, and a request on a
/// kept one is then cut off.
pub fn client() -> Result<reqwest::Client> {
    // An error says that another test of this process has installed it already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .pool_max_idle_per_host(0)
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(30))
        .build()
        .context("Failed to build the client")
}

/// Sends the request; the answer must be a success with JSON in it.
pub async fn call(request: reqwest::RequestBuilder) -> Result<Value> {
    let answer = request.send().await.context("No answer")?;
    let status = answer.status();
    let body = answer.text().await.context("The answer broke off")?;
    ensure!(status.is_success(), "{status}: {body}");
    serde_json::from_str(&body).with_context(|| format!("Not JSON: {body}"))
}

/// A text member that the answer must have.
pub fn text(answer: &Value, member: &str) -> Result<String> {
    answer[member].as_str().map(str::to_owned).with_context(|| format!("The answer has no {member}"))
}
