//! The program itself: one line when ready, and an end without loss.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use serde_json::Value;
use vieux_moulin_sandbox::{Addresses, seed};

#[test]
fn it_saves_and_ends_when_its_parent_goes() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("practice.json");
    let mut child = Command::new(env!("CARGO_BIN_EXE_moulin-sandbox"))
        .args(["--accounts", "3", "--exit-with-parent", "--state"])
        .arg(&state)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let addresses: Addresses = serde_json::from_str(&line).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let status = runtime.block_on(async {
        reqwest::Client::builder()
            .no_proxy()
            .build()
            .unwrap()
            .post(format!("{}/api/v1/statuses", addresses.mastodon))
            .bearer_auth(seed::mastodon_token(3))
            .form(&[("status", "dernier mot")])
            .send()
            .await
            .unwrap()
            .status()
    });
    assert_eq!(status, 200);
    // Ends at once, before the state file would have been written by itself.
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    let saved: Value = serde_json::from_slice(&std::fs::read(&state).unwrap()).unwrap();
    assert!(saved["mastodon"].to_string().contains("dernier mot"));
}
