//! What the Bluesky connector relies on, asked of the real server: repeating a
//! `putRecord` under a key of our choice leaves one post.

use serde_json::{Value, json};
use vieux_moulin_tests::pds::Pds;
use vieux_moulin_tests::peer::client;

#[tokio::test(flavor = "multi_thread")]
async fn the_same_record_key_twice_is_one_post() {
    let Some(pds) = Pds::start().await.expect("the server starts") else {
        return;
    };
    let client = client().expect("client");
    let session: Value = client
        .post(format!("{}/xrpc/com.atproto.server.createSession", pds.base_url))
        .json(&json!({"identifier": pds.handle, "password": pds.app_password}))
        .send()
        .await
        .expect("session")
        .json()
        .await
        .expect("session body");
    let token = session["accessJwt"].as_str().expect("token");
    let record = json!({
        "repo": pds.did,
        "collection": "app.bsky.feed.post",
        "rkey": "3lvm2y4abc2a2",
        "record": {
            "$type": "app.bsky.feed.post",
            "text": "Plat du jour : magret aux cèpes",
            "langs": ["fr"],
            "createdAt": "2026-11-22T10:00:00.000Z",
        },
    });
    for _ in 0..2 {
        let answer = client
            .post(format!("{}/xrpc/com.atproto.repo.putRecord", pds.base_url))
            .bearer_auth(token)
            .json(&record)
            .send()
            .await
            .expect("answer");
        assert_eq!(answer.status(), 200, "{}\n{}", answer.text().await.unwrap(), pds.log());
    }
    let posts = pds.posts().await.expect("posts");
    assert_eq!(posts.len(), 1, "{posts:?}");
    assert_eq!(posts[0]["value"]["text"], "Plat du jour : magret aux cèpes");
}
