//! Sessions, blobs, records, and the rules of a post.

use reqwest::Method;
use serde_json::{Value, json};
use vieux_moulin_sandbox::{FaultName, Platform::Bluesky, seed};

use crate::support::{Bench, Seen, jpeg, record, seen};

const PUT: &str = "com.atproto.repo.putRecord";
const CREATE: &str = "com.atproto.repo.createRecord";
const RKEY: &str = "3lvm2y4abc2a2";

type Change<'a> = (&'a str, &'a dyn Fn(&mut Value));

fn token(session: &Value) -> &str {
    session["accessJwt"].as_str().unwrap()
}

fn write(rkey: &str, record: &Value) -> Value {
    json!({
        "repo": seed::bluesky_did(1),
        "collection": "app.bsky.feed.post",
        "rkey": rkey,
        "record": record,
    })
}

fn error(seen: &Seen) -> (u16, &str) {
    (seen.0, seen.1["error"].as_str().unwrap_or(""))
}

async fn upload(bench: &Bench, token: &str, bytes: Vec<u8>, mime: &str) -> Seen {
    let request = bench
        .ask(Method::POST, Bluesky, "/xrpc/com.atproto.repo.uploadBlob")
        .bearer_auth(token)
        .header("content-type", mime)
        .body(bytes);
    seen(request).await
}

async fn refresh(bench: &Bench, token: &Value) -> Seen {
    bench.xrpc("com.atproto.server.refreshSession", token.as_str().unwrap(), &Value::Null).await
}

#[tokio::test]
async fn the_same_record_put_twice_is_one_post() {
    let bench = Bench::start().await;
    let session = bench.session().await;
    let body = write(RKEY, &record("Plat du jour"));
    let (status, first) = bench.xrpc(PUT, token(&session), &body).await;
    assert_eq!(status, 200, "{first}");
    let (status, second) = bench.xrpc(PUT, token(&session), &body).await;
    assert_eq!((status, &second["cid"]), (200, &first["cid"]));
    assert!(second.get("commit").is_none(), "nothing was written");
    assert_eq!(error(&bench.xrpc(CREATE, token(&session), &body).await), (500, "InternalServerError"));
    let object = &bench.live(Bluesky)[0];
    assert_eq!(bench.live(Bluesky).len(), 1);
    assert_eq!(object.id, first["uri"]);
    let path = format!(
        "/xrpc/com.atproto.repo.getRecord?repo={}&collection=app.bsky.feed.post&rkey={RKEY}",
        seed::bluesky_handle(1)
    );
    let (_, read) = bench.get(Bluesky, &path).await;
    assert_eq!(read["value"]["text"], "Plat du jour");
    let page = format!("/profile/{}/post/{RKEY}", seed::bluesky_handle(1));
    let page = bench.http.get(bench.url(Bluesky, &page)).send().await;
    assert_eq!(page.unwrap().status(), 200);
}

#[tokio::test]
async fn swaps_are_held_against_what_is_there() {
    let bench = Bench::start().await;
    let session = bench.session().await;
    let mut body = write(RKEY, &record("un"));
    body["swapRecord"] = Value::Null;
    let (_, first) = bench.xrpc(PUT, token(&session), &body).await;
    let mut changed = write(RKEY, &record("deux"));
    changed["swapRecord"] = Value::Null;
    assert_eq!(error(&bench.xrpc(PUT, token(&session), &changed).await), (400, "InvalidSwap"));
    changed["swapRecord"] = first["cid"].clone();
    assert_eq!(bench.xrpc(PUT, token(&session), &changed).await.0, 200);
    changed["swapCommit"] = first["commit"]["cid"].clone();
    changed.as_object_mut().unwrap().remove("swapRecord");
    assert_eq!(error(&bench.xrpc(PUT, token(&session), &changed).await), (400, "InvalidSwap"));
    assert_eq!(bench.live(Bluesky)[0].text, "deux");
}

#[tokio::test]
async fn sessions_expire_and_refresh_tokens_rotate() {
    let bench = Bench::start().await;
    let wrong = json!({"identifier": seed::bluesky_handle(1), "password": "x"});
    assert_eq!(
        error(&bench.xrpc("com.atproto.server.createSession", "", &wrong).await),
        (401, "AuthenticationRequired")
    );
    let session = bench.session().await;
    let who = async |token: &str| {
        let request = bench
            .ask(Method::GET, Bluesky, "/xrpc/com.atproto.server.getSession")
            .bearer_auth(token.to_owned());
        seen(request).await
    };
    assert_eq!(who(token(&session)).await.1["did"], seed::bluesky_did(1));
    assert_eq!(error(&who("garbage").await), (400, "InvalidToken"));
    let refresh_jwt = session["refreshJwt"].as_str().unwrap();
    assert_eq!(error(&who(refresh_jwt).await), (400, "InvalidToken"));

    bench.sandbox.move_clock(121 * 60);
    assert_eq!(error(&who(token(&session)).await), (400, "ExpiredToken"));
    let (status, renewed) = refresh(&bench, &session["refreshJwt"]).await;
    assert_eq!(status, 200, "{renewed}");
    assert_eq!(who(token(&renewed)).await.0, 200);
    assert_eq!(error(&refresh(&bench, &session["refreshJwt"]).await), (400, "ExpiredToken"));
    assert_eq!(refresh(&bench, &renewed["refreshJwt"]).await.0, 200);
}

#[tokio::test]
async fn an_expired_access_token_stays_expired_until_it_is_refreshed() {
    let bench = Bench::start().await;
    let session = bench.session().await;
    bench.fault(Bluesky, FaultName::TokenExpired, json!({})).await;
    let body = write(RKEY, &record("x"));
    for _ in 0..2 {
        assert_eq!(error(&bench.xrpc(PUT, token(&session), &body).await), (400, "ExpiredToken"));
    }
    let (_, renewed) = refresh(&bench, &session["refreshJwt"]).await;
    assert_eq!(bench.xrpc(PUT, token(&renewed), &body).await.0, 200);
    assert_eq!(bench.live(Bluesky).len(), 1);
}

#[tokio::test]
async fn log_ins_are_limited_when_asked() {
    let bench = Bench::strict(|strict| strict.rate_limits = true).await;
    for _ in 0..30 {
        bench.session().await;
    }
    let answer = bench
        .ask(Method::POST, Bluesky, "/xrpc/com.atproto.server.createSession")
        .json(&json!({"identifier": seed::bluesky_handle(1), "password": seed::bluesky_app_password(1)}))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 429);
    let reset: i64 = answer.headers()["ratelimit-reset"].to_str().unwrap().parse().unwrap();
    let left = reset - jiff::Timestamp::now().as_second();
    assert!((200..=301).contains(&left), "{left}");
    assert!(answer.headers().get("retry-after").is_none());
}

#[tokio::test]
async fn a_picture_is_uploaded_then_shown() {
    let bench = Bench::start().await;
    let session = bench.session().await;
    let (status, answer) = upload(&bench, token(&session), jpeg(64, 48), "application/octet-stream").await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["blob"]["mimeType"], "image/jpeg", "the bytes decide");
    let mut post = record("Assiette");
    post["embed"] = json!({
        "$type": "app.bsky.embed.images",
        "images": [{"alt": "Une assiette", "image": answer["blob"], "aspectRatio": {"width": 64, "height": 48}}],
    });
    let (status, made) = bench.xrpc(PUT, token(&session), &write(RKEY, &post)).await;
    assert_eq!(status, 200, "{made}");
    assert_eq!(made["validationStatus"], "valid");
    let object = &bench.live(Bluesky)[0];
    assert_eq!(object.media[0].alt_text.as_deref(), Some("Une assiette"));
    assert_eq!(object.media[0].width, 64);
}

#[tokio::test]
async fn heavy_unknown_or_mislabelled_blobs_are_refused() {
    let bench = Bench::start().await;
    let session = bench.session().await;
    let mut heavy = jpeg(64, 64);
    heavy.resize(1_000_001, 0);
    let seen = upload(&bench, token(&session), heavy, "image/jpeg").await;
    assert_eq!(error(&seen), (400, "BlobTooLarge"));

    let (_, answer) = upload(&bench, token(&session), jpeg(8, 8), "image/jpeg").await;
    let with = |change: &dyn Fn(&mut Value)| {
        let mut image = json!({"alt": "", "image": answer["blob"]});
        change(&mut image);
        let mut post = record("x");
        post["embed"] = json!({"$type": "app.bsky.embed.images", "images": [image]});
        write(RKEY, &post)
    };
    let cases: [Change; 4] = [
        ("BlobNotFound", &|image| {
            image["image"]["ref"]["$link"] =
                json!("bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku");
        }),
        ("InvalidMimeType", &|image| image["image"]["mimeType"] = json!("image/png")),
        ("InvalidSize", &|image| image["image"]["size"] = json!(1)),
        ("InvalidRequest", &|image| {
            image.as_object_mut().unwrap().remove("alt");
        }),
    ];
    for (expected, change) in cases {
        let seen = bench.xrpc(PUT, token(&session), &with(change)).await;
        assert_eq!(error(&seen), (400, expected), "{}", seen.1);
    }
    assert_eq!(bench.xrpc(PUT, token(&session), &with(&|_| {})).await.0, 200);
}

#[tokio::test]
async fn the_rules_of_a_post_hold() {
    let bench = Bench::start().await;
    let session = bench.session().await;
    let family = "👨‍👩‍👧";
    let changed = |name: &str, value: Value| {
        let mut post = record("Menu à 18 €, près de l’église");
        post[name] = value;
        post
    };
    let facet = |start: usize, end: usize| {
        json!([{
            "index": {"byteStart": start, "byteEnd": end},
            "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "menu"}],
        }])
    };
    let cases = [
        (200, record(&family.repeat(160))),
        (400, record(&family.repeat(170))),
        (200, record(&"é".repeat(300))),
        (400, record(&"é".repeat(301))),
        (200, changed("facets", facet(0, 7))),
        (400, changed("facets", facet(0, 6))),
        (400, changed("facets", facet(5, 5))),
        (400, changed("facets", facet(0, 500))),
        (400, changed("langs", json!(["fr", "en", "de", "es"]))),
        (400, changed("createdAt", json!("2026-11-22T10:00:00"))),
        (400, changed("createdAt", json!("2026-11-22"))),
        (200, changed("createdAt", json!("2026-11-22T10:00:00+01:00"))),
        (400, changed("$type", json!("app.bsky.feed.like"))),
        (400, changed("embed", json!({"$type": "app.bsky.embed.images", "images": []}))),
        (400, changed("tags", json!(["a", "b", "c", "d", "e", "f", "g", "h", "i"]))),
        (
            200,
            changed(
                "embed",
                json!({"$type": "app.bsky.embed.external",
                "external": {"uri": "https://moulin.test/", "title": "Carte", "description": ""}}),
            ),
        ),
        (
            400,
            changed(
                "embed",
                json!({"$type": "app.bsky.embed.external", "external": {"uri": "https://moulin.test/"}}),
            ),
        ),
    ];
    for (expected, post) in cases {
        let seen = bench.xrpc(PUT, token(&session), &write(RKEY, &post)).await;
        assert_eq!(seen.0, expected, "{post} -> {}", seen.1);
        if expected == 400 {
            assert_eq!(seen.1["error"], "InvalidRequest");
        }
    }
    for rkey in ["self", "3lvm2y4abc2a", "zlvm2y4abc2a2", "3lvm2y4abc2a1"] {
        let seen = bench.xrpc(PUT, token(&session), &write(rkey, &record("x"))).await;
        assert_eq!(error(&seen), (400, "InvalidRequest"), "{rkey}");
    }
    let mut foreign = write(RKEY, &record("x"));
    foreign["repo"] = json!(seed::bluesky_did(2));
    assert_eq!(bench.xrpc(PUT, token(&session), &foreign).await.0, 401);
}

#[tokio::test]
async fn records_are_listed_newest_first_and_deleted_once() {
    let bench = Bench::start().await;
    let session = bench.session().await;
    let rkeys = ["3lvm2y4aaaaa2", "3lvm2y4aaaab2", "3lvm2y4aaaac2"];
    for rkey in rkeys {
        let seen = bench.xrpc(PUT, token(&session), &write(rkey, &record(rkey))).await;
        assert_eq!(seen.0, 200);
    }
    let path = format!(
        "/xrpc/com.atproto.repo.listRecords?repo={}&collection=app.bsky.feed.post&limit=2",
        seed::bluesky_did(1)
    );
    let (_, first) = bench.get(Bluesky, &path).await;
    assert_eq!(first["records"][0]["value"]["text"], rkeys[2]);
    let cursor = first["cursor"].as_str().unwrap();
    let (_, second) = bench.get(Bluesky, &format!("{path}&cursor={cursor}")).await;
    assert_eq!(second["records"][0]["value"]["text"], rkeys[0]);
    let (_, oldest) = bench.get(Bluesky, &format!("{path}&reverse=true")).await;
    assert_eq!(oldest["records"][0]["value"]["text"], rkeys[0]);

    let gone = json!({"repo": seed::bluesky_did(1), "collection": "app.bsky.feed.post", "rkey": rkeys[1]});
    for has_commit in [true, false] {
        let (status, answer) = bench.xrpc("com.atproto.repo.deleteRecord", token(&session), &gone).await;
        assert_eq!((status, answer.get("commit").is_some()), (200, has_commit));
    }
    assert_eq!(bench.live(Bluesky).len(), 2);
    let read = format!(
        "/xrpc/com.atproto.repo.getRecord?repo={}&collection=app.bsky.feed.post&rkey={}",
        seed::bluesky_did(1),
        rkeys[1]
    );
    assert_eq!(error(&bench.get(Bluesky, &read).await), (400, "RecordNotFound"));
}

#[tokio::test]
async fn handles_resolve_and_foreign_methods_are_refused() {
    let bench = Bench::start().await;
    let path = "/xrpc/com.atproto.identity.resolveHandle?handle=";
    let (_, known) = bench.get(Bluesky, &format!("{path}{}", seed::bluesky_handle(2))).await;
    assert_eq!(known["did"], seed::bluesky_did(2));
    let unknown = bench.get(Bluesky, &format!("{path}nobody.test")).await;
    assert_eq!(error(&unknown), (400, "InvalidRequest"));
    let (_, server) = bench.get(Bluesky, "/xrpc/com.atproto.server.describeServer").await;
    assert_eq!(server["availableUserDomains"][0], ".test");
    let feed = bench.get(Bluesky, "/xrpc/app.bsky.feed.getTimeline").await;
    assert_eq!(error(&feed), (400, "InvalidRequest"));
    let none = bench.get(Bluesky, "/xrpc/com.example.nothing").await;
    assert_eq!(error(&none), (501, "MethodNotImplemented"));
}
