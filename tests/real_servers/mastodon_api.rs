//! A server that is Mastodon-compatible without being Mastodon: what the
//! connector must not rely on.

use serde_json::{Value, json};
use vieux_moulin_tests::peer::client;
use vieux_moulin_tests::snac::Snac;

#[tokio::test(flavor = "multi_thread")]
async fn a_compatible_server_may_ignore_the_key_and_the_time() {
    let Some(snac) = Snac::start().await.expect("the server starts") else {
        return;
    };
    let client = client().expect("client");
    let mut ids = Vec::new();
    for _ in 0..2 {
        let answer: Value = client
            .post(format!("{}/api/v1/statuses", snac.base_url))
            .bearer_auth(&snac.token)
            .header("Idempotency-Key", "the-same")
            .json(&json!({
                "status": "Plat du jour",
                "visibility": "public",
                "scheduled_at": "2099-01-01T12:00:00.000Z",
            }))
            .send()
            .await
            .expect("answer")
            .json()
            .await
            .expect("a status");
        ids.push(answer["id"].as_str().expect("an id, so it is public now").to_owned());
    }
    assert_ne!(ids[0], ids[1], "this server has learnt about keys: trust it with them");
    let status = client
        .get(format!("{}/api/v1/statuses/{}", snac.base_url, ids[0]))
        .bearer_auth(&snac.token)
        .send()
        .await
        .expect("answer")
        .status();
    assert_eq!(status, 200, "the scheduled post is visible at once");
}
