//! Every fault on every network: what the client sees, and whether the post exists afterwards.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use vieux_moulin_sandbox::{
    Action, FaultMatch, FaultName, FaultRequest,
    Platform::{
        self, Bluesky, Facebook, GoogleBusiness, Instagram, LinkedIn, Mastodon, Pinterest, Telegram, Threads,
        X,
    },
};

use crate::support::{Bench, code, page, seen};

/// What a client sees of its publishing call.
#[derive(Debug, PartialEq)]
enum Sight {
    /// No connection at all.
    Refused,
    /// The request went out and no answer came back.
    NoAnswer,
    /// Status and headers came, the body did not.
    BrokenBody(u16),
    Answer(u16, Vec<u8>),
}

async fn look(request: reqwest::RequestBuilder) -> Sight {
    match request.send().await {
        Err(error) if error.is_connect() => Sight::Refused,
        Err(_) => Sight::NoAnswer,
        Ok(answer) => {
            // "Created" is the same success.
            let status = match answer.status().as_u16() {
                201 => 200,
                status => status,
            };
            match answer.bytes().await {
                Err(_) => Sight::BrokenBody(status),
                Ok(body) => Sight::Answer(status, body.to_vec()),
            }
        }
    }
}

async fn play(bench: &Bench, platform: Platform, fault: FaultName, params: Value) -> Sight {
    let request = bench.publishing(platform, &format!("{fault:?}")).await;
    let fault = FaultRequest {
        only: FaultMatch {
            action: (fault != FaultName::RefuseConnection).then_some(Action::Publish),
            ..FaultMatch::default()
        },
        params: serde_json::from_value(params).unwrap(),
        ..FaultRequest::new(fault)
    };
    bench.sandbox.add_fault(platform, fault).await;
    let sight = look(request).await;
    bench.sandbox.clear_faults(platform).await;
    sight
}

fn status(sight: &Sight) -> u16 {
    match sight {
        Sight::Answer(status, _) | Sight::BrokenBody(status) => *status,
        _ => 0,
    }
}

fn body(sight: &Sight) -> Value {
    match sight {
        Sight::Answer(_, body) => serde_json::from_slice(body).unwrap_or(Value::Null),
        _ => Value::Null,
    }
}

/// LinkedIn says what it made in a header.
fn made_without_body(sight: &Sight) -> bool {
    *sight == Sight::Answer(200, Vec::new())
}

type Check = fn(&Sight) -> bool;

/// Fault, parameters, whether the post exists, and what is seen; the same on all networks.
fn table() -> Vec<(FaultName, Value, bool, Check)> {
    let no_answer: Check = |sight| *sight == Sight::NoAnswer;
    let unreadable: Check =
        |sight| matches!(sight, Sight::Answer(200, body) if serde_json::from_slice::<Value>(body).is_err());
    let error_inside: Check = |sight| {
        let body = body(sight);
        let is_refusal = body.get("error").is_some() || body["ok"] == false || body["message"].is_string();
        status(sight) == 200 && is_refusal
    };
    vec![
        (FaultName::RefuseConnection, json!({}), false, |sight| *sight == Sight::Refused),
        (FaultName::ResetBefore, json!({}), false, no_answer),
        (FaultName::AcceptThenReset, json!({}), true, no_answer),
        (FaultName::ResetMidBody, json!({"after_bytes": 5}), true, |sight| {
            matches!(sight, Sight::BrokenBody(200) | Sight::NoAnswer)
        }),
        (FaultName::Stall, json!({"secs": 1}), false, no_answer),
        (FaultName::Stall, json!({"secs": 1, "processed": true}), true, |sight| status(sight) == 200),
        (FaultName::ServerErrorBefore, json!({}), false, |sight| status(sight) == 500),
        (FaultName::ServerErrorAfter, json!({}), true, |sight| status(sight) == 500),
        (FaultName::Unavailable, json!({}), false, |sight| status(sight) == 503),
        (FaultName::TruncatedJson, json!({}), true, unreadable),
        (FaultName::EmptyBody, json!({}), true, |sight| *sight == Sight::Answer(200, Vec::new())),
        (FaultName::EmptyBody, json!({"processed": false}), false, |sight| {
            *sight == Sight::Answer(200, Vec::new())
        }),
        (FaultName::HtmlPage, json!({}), false, unreadable),
        (FaultName::SlowDrip, json!({"bytes_per_sec": 2000}), true, |sight| {
            body(sight).is_object() || made_without_body(sight)
        }),
        (FaultName::Redirect, json!({}), false, |sight| status(sight) == 302),
        (FaultName::WrongDate, json!({}), true, |sight| status(sight) == 200),
        (FaultName::MissingId, json!({}), true, |sight| {
            let body = body(sight);
            let has_none =
                body.is_object() && ["id", "uri", "result", "data"].iter().all(|key| body.get(key).is_none());
            has_none || made_without_body(sight)
        }),
        (FaultName::ErrorIn200, json!({}), false, error_inside),
        (FaultName::ErrorIn200, json!({"processed": true}), true, error_inside),
        (FaultName::ContentRefused, json!({}), false, |sight| matches!(status(sight), 400 | 422)),
        (FaultName::TokenExpired, json!({}), false, |sight| matches!(status(sight), 400 | 401)),
        (FaultName::PermissionLost, json!({}), false, |sight| {
            // Telegram says it with a 400 and words.
            matches!(status(sight), 401 | 403)
                || body(sight)["description"]
                    .as_str()
                    .is_some_and(|text| text.contains("administrator rights"))
        }),
        (FaultName::RateLimited, json!({"dialect": "none"}), false, |sight| status(sight) == 429),
        (FaultName::Unknown4xx, json!({"status": 418}), false, |sight| status(sight) == 418),
    ]
}

async fn table_holds(platform: Platform) {
    let bench = Bench::start().await;
    for (fault, params, exists, check) in table() {
        let before = bench.live(platform).len();
        let sight = play(&bench, platform, fault, params.clone()).await;
        assert!(check(&sight), "{platform:?} {fault:?} {params}: {sight:?}");
        let made = bench.live(platform).len() - before;
        assert_eq!(made, usize::from(exists), "{platform:?} {fault:?} {params}");
        if fault != FaultName::RefuseConnection {
            let logged = bench.sandbox.requests(platform).pop().unwrap();
            assert_eq!(logged.fault, Some(fault));
        }
    }
    let request = bench.publishing(platform, "tout va bien").await;
    assert!(matches!(seen(request).await.0, 200 | 201));
}

#[tokio::test]
async fn facebook_fails_as_told() {
    table_holds(Facebook).await;
}

#[tokio::test]
async fn instagram_fails_as_told() {
    table_holds(Instagram).await;
}

#[tokio::test]
async fn bluesky_fails_as_told() {
    table_holds(Bluesky).await;
}

#[tokio::test]
async fn mastodon_fails_as_told() {
    table_holds(Mastodon).await;
}

#[tokio::test]
async fn telegram_fails_as_told() {
    table_holds(Telegram).await;
}

#[tokio::test]
async fn threads_fails_as_told() {
    table_holds(Threads).await;
}

#[tokio::test]
async fn google_fails_as_told() {
    table_holds(GoogleBusiness).await;
}

#[tokio::test]
async fn pinterest_fails_as_told() {
    table_holds(Pinterest).await;
}

#[tokio::test]
async fn linkedin_fails_as_told() {
    table_holds(LinkedIn).await;
}

#[tokio::test]
async fn x_fails_as_told() {
    table_holds(X).await;
}

#[tokio::test]
async fn every_network_tells_the_waiting_time_in_its_own_way() {
    let bench = Bench::start().await;
    let limited = async |platform: Platform, dialect: &str| {
        let request = bench.publishing(platform, "x").await;
        bench.fault(platform, FaultName::RateLimited, json!({"dialect": dialect, "secs": 120})).await;
        request.send().await.unwrap()
    };
    let now = jiff::Timestamp::now().as_second();
    let near = |at: i64| (now + 100..=now + 140).contains(&at);
    for platform in Platform::NETWORKS {
        let answer = limited(platform, "retry_after_secs").await;
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["retry-after"]),
            (429, &"120".parse().unwrap())
        );
        let answer = limited(platform, "retry_after_date").await;
        let date = answer.headers()["retry-after"].to_str().unwrap();
        assert!(near(jiff::fmt::rfc2822::parse(date).unwrap().timestamp().as_second()), "{date}");
    }
    let answer = limited(Bluesky, "platform").await;
    assert!(near(answer.headers()["ratelimit-reset"].to_str().unwrap().parse().unwrap()));
    let answer = limited(Mastodon, "platform").await;
    let reset: jiff::Timestamp = answer.headers()["x-ratelimit-reset"].to_str().unwrap().parse().unwrap();
    assert!(near(reset.as_second()));
    let answer = limited(Pinterest, "platform").await;
    assert_eq!(answer.headers()["x-ratelimit-reset"], "120");
    let answer: Value = limited(GoogleBusiness, "platform").await.json().await.unwrap();
    assert_eq!(answer["error"]["details"][0]["retryDelay"], "120s");
    let answer = limited(X, "platform").await;
    assert!(near(answer.headers()["x-rate-limit-reset"].to_str().unwrap().parse().unwrap()));
    for (platform, expected) in [(Facebook, 32), (Instagram, 4), (Threads, 4)] {
        let answer = limited(platform, "platform").await;
        let usage: Value =
            serde_json::from_str(answer.headers()["x-business-use-case-usage"].to_str().unwrap()).unwrap();
        let first = usage.as_object().unwrap().values().next().unwrap();
        assert_eq!(first[0]["estimated_time_to_regain_access"], 2);
        assert_eq!(answer.status(), 400);
        assert_eq!(code(&(400, answer.json().await.unwrap())).0, expected);
    }
}

#[tokio::test]
async fn a_refused_port_comes_back_by_itself() {
    let bench = Bench::start().await;
    let url = bench.url(Mastodon, "/api/v1/instance");
    assert_eq!(seen(bench.http.get(&url)).await.0, 200);
    bench.fault(Mastodon, FaultName::RefuseConnection, json!({"secs": 1})).await;
    // The client still holds a kept-alive connection: it must be of no use.
    assert_eq!(look(bench.http.get(&url)).await, Sight::Refused);
    let other = bench.url(Bluesky, "/xrpc/_health");
    assert_eq!(seen(bench.http.get(other)).await.0, 200, "one network stops only itself");
    tokio::time::sleep(Duration::from_millis(1300)).await;
    assert_eq!(seen(bench.http.get(&url)).await.0, 200);
}

#[tokio::test]
async fn a_client_that_leaves_a_stall_has_been_processed_or_not() {
    let bench = Bench::start().await;
    for (processed, expected) in [(false, 0), (true, 1)] {
        bench.fault(Mastodon, FaultName::Stall, json!({"secs": 30, "processed": processed})).await;
        let request = bench.publishing(Mastodon, "x").await;
        let sight = look(request.timeout(Duration::from_millis(500))).await;
        assert_eq!(sight, Sight::NoAnswer);
        assert_eq!(bench.live(Mastodon).len(), expected);
    }
}

#[tokio::test]
async fn a_slow_answer_is_slow() {
    let bench = Bench::start().await;
    bench.fault(Facebook, FaultName::SlowDrip, json!({"bytes_per_sec": 20})).await;
    let start = Instant::now();
    let request = bench.publishing(Facebook, "x").await;
    assert!(matches!(look(request).await, Sight::Answer(200, _)));
    assert!(start.elapsed() > Duration::from_secs(1), "{:?}", start.elapsed());
}

#[tokio::test]
async fn the_wrong_date_is_wrong_by_as_much_as_told() {
    let bench = Bench::start().await;
    bench.fault(Mastodon, FaultName::WrongDate, json!({"offset_secs": -600})).await;
    let answer = bench.publishing(Mastodon, "x").await.send().await.unwrap();
    let date = answer.headers()["date"].to_str().unwrap();
    let date = jiff::fmt::rfc2822::parse(date).unwrap().timestamp().as_second();
    let off = date - jiff::Timestamp::now().as_second();
    assert!((-605..=-595).contains(&off), "{off}");
}

#[tokio::test]
async fn lagging_lists_hide_the_youngest() {
    let bench = Bench::start().await;
    let lists = [
        (Facebook, format!("/v25.0/{}/published_posts", page()), "/data"),
        (Instagram, format!("/v25.0/{}/media", vieux_moulin_sandbox::seed::instagram_id(1)), "/data"),
        (
            Bluesky,
            format!(
                "/xrpc/com.atproto.repo.listRecords?collection=app.bsky.feed.post&repo={}",
                vieux_moulin_sandbox::seed::bluesky_did(1)
            ),
            "/records",
        ),
        (Mastodon, format!("/api/v1/accounts/{}/statuses", vieux_moulin_sandbox::seed::mastodon_id(1)), ""),
        (Threads, format!("/v1.0/{}/threads", vieux_moulin_sandbox::seed::threads_id(1)), "/data"),
    ];
    for (platform, path, pointer) in lists {
        let request = bench.publishing(platform, "x").await;
        assert_eq!(seen(request).await.0, 200);
        bench.fault(platform, FaultName::ListingLag, json!({"secs": 60})).await;
        for expected in [0, 1] {
            let (_, list) = bench.get(platform, &path).await;
            let items = list.pointer(pointer).unwrap().as_array().unwrap();
            assert_eq!(items.len(), expected, "{platform:?} {list}");
        }
    }
}

#[tokio::test]
async fn meta_only_faults() {
    let bench = Bench::start().await;
    let sight = play(&bench, Facebook, FaultName::DuplicateRefused, json!({})).await;
    assert_eq!((status(&sight), code(&(400, body(&sight))).0), (400, 506));
    let sight = play(&bench, Mastodon, FaultName::DuplicateRefused, json!({})).await;
    assert_eq!(status(&sight), 200, "no such refusal there");

    let (_, made) = seen(bench.publishing(Facebook, "y").await).await;
    let id = made["id"].as_str().unwrap();
    bench.fault(Facebook, FaultName::PermalinkFails, json!({})).await;
    let plain = format!("/v25.0/{id}?fields=message");
    assert_eq!(bench.get(Facebook, &plain).await.0, 200, "not concerned");
    let path = format!("/v25.0/{id}?fields=permalink_url");
    assert_eq!(bench.get(Facebook, &path).await.0, 500);
    assert_eq!(bench.get(Facebook, &path).await.0, 200);
    assert_eq!(bench.live(Facebook).len(), 1);
}

#[tokio::test]
async fn an_upload_can_be_rejected_on_every_network() {
    let bench = Bench::start().await;
    for platform in [Facebook, Instagram, Bluesky] {
        let source = bench.page_photo(crate::support::jpeg(320, 320)).await.1;
        bench.fault(platform, FaultName::MediaFailed, json!({})).await;
        let refused = match platform {
            Facebook => {
                let path = format!("/v25.0/{}/photos", page());
                bench.post(platform, &path, &[("url", &source)]).await
            }
            Instagram => {
                let path = format!("/v25.0/{}/media", vieux_moulin_sandbox::seed::instagram_id(1));
                bench.post(platform, &path, &[("image_url", &source)]).await
            }
            _ => {
                let session = bench.session().await;
                let upload = bench
                    .ask(Method::POST, platform, "/xrpc/com.atproto.repo.uploadBlob")
                    .bearer_auth(session["accessJwt"].as_str().unwrap())
                    .header("content-type", "image/jpeg")
                    .body(crate::support::jpeg(9, 9));
                seen(upload).await
            }
        };
        assert_eq!(refused.0, 400, "{platform:?} {}", refused.1);
    }
}
