//! Google Business Profile's double: what it refuses, what moderation and its clock do with a post.

use reqwest::Method;
use serde_json::{Value, json};
use vieux_moulin_sandbox::{Platform::GoogleBusiness, seed};

use crate::support::{Bench, Seen, seen};

fn posts() -> String {
    format!("/v4/{}/localPosts", seed::google_profile(1))
}

async fn send(bench: &Bench, post: &Value) -> Seen {
    seen(bench.ask(Method::POST, GoogleBusiness, &posts()).json(post)).await
}

/// Social-platforms reference 8.2 and its corrections.
#[tokio::test]
async fn a_post_follows_the_rules_of_its_topic() {
    let bench = Bench::start().await;
    let day = |day: i32| json!({"year": 2026, "month": 12, "day": day});
    let event =
        |first, last| json!({"title": "Fête", "schedule": {"startDate": day(first), "endDate": day(last)}});
    let book = json!({"actionType": "BOOK", "url": "https://moulin.example"});
    for (post, field) in [
        (json!({"summary": "x"}), "topic_type"),
        (json!({"topicType": "STANDARD"}), "summary"),
        (json!({"topicType": "STANDARD", "summary": "é".repeat(1501)}), "summary"),
        (json!({"topicType": "STANDARD", "summary": "x", "titel": "y"}), "titel"),
        (
            json!({"topicType": "STANDARD", "summary": "x", "callToAction": {"actionType": "BOOK"}}),
            "call_to_action.url",
        ),
        (json!({"topicType": "STANDARD", "summary": "x", "offer": {}}), "offer"),
        (json!({"topicType": "EVENT", "summary": "x"}), "event.title"),
        (json!({"topicType": "OFFER", "summary": "x", "offer": {}}), "event.title"),
        (json!({"topicType": "EVENT", "summary": "x", "event": event(20, 19)}), "event.schedule.end_date"),
        (
            json!({"topicType": "STANDARD", "summary": "x", "scheduledTime": "2020-01-01T00:00:00Z"}),
            "scheduled_time",
        ),
        (
            json!({"topicType": "STANDARD", "summary": "x", "media": [{"mediaFormat": "PHOTO", "sourceUrl": "https://moulin.example/x.jpg"}]}),
            "media[0].source_url",
        ),
    ] {
        let (status, answer) = send(&bench, &post).await;
        assert_eq!((status, &answer["error"]["status"]), (400, &json!("INVALID_ARGUMENT")), "{post}");
        let named = answer["error"]["details"][0]["fieldViolations"][0]["field"].as_str().unwrap();
        assert!(named.ends_with(field), "{post}: {named}");
    }
    for post in [
        json!({"topicType": "STANDARD", "summary": "é".repeat(1500), "callToAction": book}),
        json!({"topicType": "STANDARD", "summary": "x", "callToAction": {"actionType": "CALL"}}),
        json!({"topicType": "EVENT", "summary": "x", "event": event(19, 20)}),
        json!({"topicType": "OFFER", "summary": "x", "event": event(19, 19), "offer": {"couponCode": "A"}}),
    ] {
        let (status, answer) = send(&bench, &post).await;
        assert_eq!((status, &answer["state"]), (200, &json!("LIVE")), "{answer}");
    }
    assert_eq!(bench.live(GoogleBusiness).len(), 4);
}

#[tokio::test]
async fn a_planned_post_waits_and_an_edit_needs_its_mask() {
    let bench = Bench::start().await;
    let at = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
    let post = json!({"topicType": "STANDARD", "summary": "Demain", "scheduledTime": at.to_string()});
    let (_, made) = send(&bench, &post).await;
    assert_eq!(made["state"], "SCHEDULED");
    assert!(bench.live(GoogleBusiness).is_empty());
    let path = format!("/v4/{}", made["name"].as_str().unwrap());
    let change = json!({"summary": "Après-demain", "topicType": "EVENT"});
    let patch = |path: &str| bench.ask(Method::PATCH, GoogleBusiness, path).json(&change);
    assert_eq!(seen(patch(&path)).await.0, 400);
    let (_, changed) = seen(patch(&format!("{path}?updateMask=summary"))).await;
    assert_eq!((&changed["summary"], &changed["topicType"]), (&json!("Après-demain"), &json!("STANDARD")));
    bench.sandbox.move_clock(3601);
    assert_eq!(bench.get(GoogleBusiness, &path).await.1["state"], "LIVE");
    assert_eq!(bench.live(GoogleBusiness).len(), 1);
    let gone = || seen(bench.ask(Method::DELETE, GoogleBusiness, &path));
    assert_eq!((gone().await.0, gone().await.0), (200, 404));
    // An empty list is an empty object.
    assert_eq!(bench.get(GoogleBusiness, &posts()).await, (200, json!({})));
}

#[tokio::test]
async fn the_directories_want_a_read_mask_and_the_right_account() {
    let bench = Bench::start().await;
    let (_, accounts) = bench.get(GoogleBusiness, "/v1/accounts").await;
    let name = accounts["accounts"][0]["name"].as_str().unwrap();
    let list = format!("/v1/{name}/locations");
    assert_eq!(bench.get(GoogleBusiness, &list).await.0, 400);
    let (_, locations) = bench.get(GoogleBusiness, &format!("{list}?readMask=name,title")).await;
    assert_eq!(locations["locations"][0]["title"], "Le Vieux Moulin");
    let foreign = format!("/v4/{}/localPosts", seed::google_profile(2));
    assert_eq!(bench.get(GoogleBusiness, &foreign).await.0, 404);
}
