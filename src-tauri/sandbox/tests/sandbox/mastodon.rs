//! Statuses, planning, media, and the OAuth flow.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use reqwest::{
    Method,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use vieux_moulin_sandbox::{FaultName, Platform::Mastodon, objects::ObjectState, seed};

use crate::support::{Bench, Seen, jpeg, seen};

const STATUSES: &str = "/api/v1/statuses";

async fn post(bench: &Bench, key: &str, body: &Value) -> Seen {
    let request = bench.ask(Method::POST, Mastodon, STATUSES).header("idempotency-key", key).json(body);
    seen(request).await
}

async fn upload(bench: &Bench, bytes: Vec<u8>) -> Seen {
    let form =
        Form::new().text("description", "Une assiette").part("file", Part::bytes(bytes).file_name("a.jpg"));
    seen(bench.ask(Method::POST, Mastodon, "/api/v2/media").multipart(form)).await
}

fn in_secs(secs: i64) -> String {
    (Timestamp::now() + SignedDuration::from_secs(secs)).to_string()
}

#[tokio::test]
async fn one_key_makes_one_status_for_an_hour() {
    let bench = Bench::start().await;
    let body = json!({"status": "Plat <du> jour #garbure https://moulin.test/carte", "language": "fr"});
    let (status, first) = post(&bench, "k1", &body).await;
    assert_eq!(status, 200, "{first}");
    let (_, again) = post(&bench, "k1", &body).await;
    assert_eq!(again["id"], first["id"]);
    let content = first["content"].as_str().unwrap();
    assert!(content.starts_with("<p>Plat &lt;du&gt; jour <a href="), "{content}");
    assert_eq!(first["tags"][0]["name"], "garbure");
    assert_eq!(first["application"]["name"], seed::MASTODON_APP_NAME);
    let (_, other) = post(&bench, "k2", &body).await;
    assert_ne!(other["id"], first["id"]);
    bench.sandbox.move_clock(3601);
    let (_, later) = post(&bench, "k1", &body).await;
    assert_ne!(later["id"], first["id"]);
    let live = bench.live(Mastodon);
    assert_eq!(live.len(), 3);
    assert_eq!(live[0].marks["idempotency_key"], "k1");
    let page = bench.http.get(first["url"].as_str().unwrap());
    assert_eq!(page.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn two_requests_at_once_with_one_key_make_one_status() {
    let bench = Bench::start().await;
    let body = json!({"status": "x"});
    let (one, two) = tokio::join!(post(&bench, "k", &body), post(&bench, "k", &body));
    assert_eq!(one.1["id"], two.1["id"]);
    assert_eq!(bench.live(Mastodon).len(), 1);
}

#[tokio::test]
async fn a_planned_status_goes_live_by_the_clock() {
    let bench = Bench::start().await;
    let when = in_secs(3600);
    let body = json!({"status": "Soirée jazz", "scheduled_at": when});
    let (status, planned) = post(&bench, "k1", &body).await;
    assert_eq!(status, 200, "{planned}");
    assert_eq!(planned["params"]["text"], "Soirée jazz");
    let (_, twin) = post(&bench, "k1", &body).await;
    assert_ne!(twin["id"], planned["id"], "the key does not protect planned ones");
    let path = |id: &Value| format!("/api/v1/scheduled_statuses/{}", id.as_str().unwrap());
    assert_eq!(bench.delete(Mastodon, &path(&twin["id"])).await.0, 200);
    let (_, list) = bench.get(Mastodon, "/api/v1/scheduled_statuses").await;
    assert_eq!(list.as_array().unwrap().len(), 1);

    let later = in_secs(7200);
    let moved = bench.ask(Method::PUT, Mastodon, &path(&planned["id"])).json(&json!({"scheduled_at": later}));
    assert_eq!(seen(moved).await.0, 200);
    bench.sandbox.move_clock(3700);
    assert!(bench.live(Mastodon).is_empty());
    assert_eq!(bench.in_state(Mastodon, ObjectState::Scheduled).len(), 1);
    bench.sandbox.move_clock(7300);
    assert_eq!(bench.get(Mastodon, &path(&planned["id"])).await.0, 404);
    let live = bench.live(Mastodon);
    assert_eq!(live[0].marks["scheduled_id"], planned["id"]);
}

#[tokio::test]
async fn too_soon_too_long_and_empty_are_422() {
    let bench = Bench::start().await;
    let link = format!("https://moulin.test/{}", "x".repeat(300));
    let long = |letters: usize| format!("{} {link}", "é".repeat(letters));
    let cases = [
        (422, json!({"status": "x", "scheduled_at": in_secs(240)})),
        (422, json!({"status": "x", "scheduled_at": "demain"})),
        (422, json!({"status": " "})),
        (200, json!({"status": "é".repeat(500)})),
        (422, json!({"status": "é".repeat(501)})),
        // The address counts 23 whatever its length.
        (200, json!({"status": long(476)})),
        (422, json!({"status": long(477)})),
        (422, json!({"status": "x", "visibility": "everybody"})),
        (422, json!({"status": "x", "media_ids": ["404"]})),
    ];
    for (n, (expected, body)) in cases.iter().enumerate() {
        let (status, answer) = post(&bench, &n.to_string(), body).await;
        assert_eq!(status, *expected, "{body} -> {answer}");
        assert_eq!(answer["error"].is_string(), *expected == 422);
    }
    assert_eq!(bench.live(Mastodon).len(), 2);
}

#[tokio::test]
async fn media_is_processed_before_it_can_be_attached() {
    let bench = Bench::strict(|strict| strict.media_polls = 2).await;
    let (status, file) = upload(&bench, jpeg(40, 30)).await;
    assert_eq!((status, &file["url"]), (202, &Value::Null));
    let body = json!({"status": "x", "media_ids": [file["id"]]});
    let refused = post(&bench, "a", &body).await;
    assert_eq!(refused.0, 422);
    assert!(refused.1["error"].as_str().unwrap().contains("not finished processing"));
    let path = format!("/api/v1/media/{}", file["id"].as_str().unwrap());
    for expected in [206, 206, 200] {
        assert_eq!(bench.get(Mastodon, &path).await.0, expected);
    }
    let (status, made) = post(&bench, "b", &body).await;
    assert_eq!(status, 200, "{made}");
    assert_eq!(made["media_attachments"][0]["description"], "Une assiette");
    assert_eq!(bench.get(Mastodon, &path).await.0, 404, "attached");
    assert_eq!(post(&bench, "c", &body).await.0, 422, "attached elsewhere");

    bench.fault(Mastodon, FaultName::MediaFailed, json!({})).await;
    let (_, failed) = upload(&bench, jpeg(41, 30)).await;
    let path = format!("/api/v1/media/{}", failed["id"].as_str().unwrap());
    assert_eq!(bench.get(Mastodon, &path).await.0, 422);
    assert_eq!(upload(&bench, b"text".to_vec()).await.0, 422);
}

#[tokio::test]
async fn four_pictures_fit_and_a_fifth_does_not() {
    let bench = Bench::start().await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        let (status, file) = upload(&bench, jpeg(10, 10)).await;
        assert_eq!(status, 200);
        ids.push(file["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(post(&bench, "a", &json!({"media_ids": ids})).await.0, 422);
    let form: Vec<(&str, &str)> = ids.iter().take(4).map(|id| ("media_ids[]", id.as_str())).collect();
    let (status, made) = bench.post(Mastodon, STATUSES, &form).await;
    assert_eq!(status, 200, "{made}");
    assert_eq!(bench.live(Mastodon)[0].media.len(), 4);
}

#[tokio::test]
async fn statuses_are_listed_edited_and_deleted() {
    let bench = Bench::start().await;
    let mut ids = Vec::new();
    for n in 0..5 {
        let (_, made) = post(&bench, &n.to_string(), &json!({"status": format!("plat {n}")})).await;
        ids.push(made["id"].as_str().unwrap().to_owned());
    }
    let path = format!("/api/v1/accounts/{}/statuses?exclude_replies=true&limit=2", seed::mastodon_id(1));
    let answer = bench.ask(Method::GET, Mastodon, &path).send().await.unwrap();
    assert!(answer.headers()["link"].to_str().unwrap().contains("rel=\"next\""));
    assert_eq!(answer.headers()["x-ratelimit-limit"], "300");
    let page: Value = answer.json().await.unwrap();
    assert_eq!(page[0]["id"], ids[4].as_str());
    let (_, next) = bench.get(Mastodon, &format!("{path}&max_id={}", ids[3])).await;
    assert_eq!(next[0]["id"], ids[2].as_str());
    let (_, newer) = bench.get(Mastodon, &format!("{path}&min_id={}", ids[0])).await;
    assert_eq!(newer[0]["id"], ids[2].as_str());

    let one = format!("{STATUSES}/{}", ids[0]);
    let edit = bench.ask(Method::PUT, Mastodon, &one).form(&[("status", "autre plat")]);
    assert!(seen(edit).await.1["edited_at"].is_string());
    let (_, gone) = bench.delete(Mastodon, &one).await;
    assert_eq!(gone["text"], "autre plat");
    assert_eq!(bench.get(Mastodon, &one).await.0, 404);
    assert_eq!(bench.live(Mastodon).len(), 4);
    let nobody = bench.http.post(bench.url(Mastodon, STATUSES)).bearer_auth("nope");
    assert_eq!(seen(nobody.form(&[("status", "x")])).await.0, 401);
}

#[tokio::test]
async fn the_server_says_its_limits_and_enforces_its_rate_when_asked() {
    let bench = Bench::strict(|strict| strict.rate_limits = true).await;
    let (_, instance) = bench.get(Mastodon, "/api/v2/instance").await;
    assert_eq!(instance["configuration"]["statuses"]["max_characters"], 500);
    let (_, own) = bench.get(Mastodon, "/api/v1/accounts/verify_credentials").await;
    assert_eq!(own["id"], seed::mastodon_id(1));
    let mut last = 0;
    for _ in 0..600 {
        let answer =
            bench.ask(Method::GET, Mastodon, "/api/v1/accounts/verify_credentials").send().await.unwrap();
        last = answer.status().as_u16();
        if last == 429 {
            let reset = answer.headers()["x-ratelimit-reset"].to_str().unwrap();
            assert!(reset.parse::<Timestamp>().unwrap() > Timestamp::now());
            break;
        }
    }
    assert_eq!(last, 429);
}

#[tokio::test]
async fn a_program_is_authorised_with_pkce_and_revoked() {
    let bench = Bench::start().await;
    let redirect = "http://127.0.0.1:4321/retour";
    let (_, app) = bench
        .post(
            Mastodon,
            "/api/v1/apps",
            &[
                ("client_name", "Essai"),
                ("redirect_uris", redirect),
                ("scopes", "read:accounts write:statuses"),
            ],
        )
        .await;
    let (id, secret) = (app["client_id"].as_str().unwrap(), app["client_secret"].as_str().unwrap());
    let verifier = "a-verifier-of-forty-three-characters-or-more";
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    let asked = [
        ("response_type", "code"),
        ("client_id", id),
        ("redirect_uri", redirect),
        ("scope", "read:accounts write:statuses"),
        ("state", "s1"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let page = bench.http.get(bench.url(Mastodon, "/oauth/authorize")).query(&asked).send().await.unwrap();
    assert!(page.text().await.unwrap().contains("Autoriser"));
    let authorise = async || {
        let mut form = asked.to_vec();
        form.extend([("decision", "allow"), ("account", "2")]);
        let answer =
            bench.http.post(bench.url(Mastodon, "/oauth/authorize")).form(&form).send().await.unwrap();
        assert_eq!(answer.status(), 302);
        let target = url::Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
        let pairs: std::collections::HashMap<_, _> = target.query_pairs().into_owned().collect();
        assert_eq!(pairs["state"], "s1");
        pairs["code"].clone()
    };
    let exchange = async |code: &str, verifier: &str| {
        bench
            .post(
                Mastodon,
                "/oauth/token",
                &[
                    ("grant_type", "authorization_code"),
                    ("code", code),
                    ("client_id", id),
                    ("client_secret", secret),
                    ("redirect_uri", redirect),
                    ("code_verifier", verifier),
                ],
            )
            .await
    };
    let code = authorise().await;
    assert_eq!(exchange(&code, "wrong").await.1["error"], "invalid_grant");
    assert_eq!(exchange(&code, verifier).await.0, 400, "a code is used once");
    let code = authorise().await;
    let (status, token) = exchange(&code, verifier).await;
    assert_eq!(status, 200, "{token}");
    let token = token["access_token"].as_str().unwrap();
    let who = async || {
        let url = bench.url(Mastodon, "/api/v1/accounts/verify_credentials");
        seen(bench.http.get(url).bearer_auth(token)).await
    };
    assert_eq!(who().await.1["id"], seed::mastodon_id(2));
    let media = bench.http.post(bench.url(Mastodon, "/api/v2/media")).bearer_auth(token);
    assert_eq!(seen(media).await.0, 403, "outside the scopes");
    let (_, gone) = bench
        .post(Mastodon, "/oauth/revoke", &[("client_id", id), ("client_secret", secret), ("token", token)])
        .await;
    assert_eq!(gone, json!({}));
    assert_eq!(who().await.0, 401);
}
