//! Figures through the API: totals, gaps, one post, and what a wrong question gets.

use reqwest::Method;
use serde_json::{Value, json};
use vieux_moulin_engine::{
    domain::{AccountId, DeliveryId, RawFigures},
    store::figures,
};

use crate::support::{App, problem};

fn raw(pairs: &[(&str, i64)]) -> RawFigures {
    let mut raw = RawFigures::default();
    for (name, number) in pairs {
        raw.set(*name, *number);
    }
    raw
}

/// Publishes on the first pretend account; returns post, delivery and account.
async fn published(app: &App, text: &str) -> (String, DeliveryId, AccountId) {
    let body = json!({"content": {"body": text}, "platforms": ["bluesky"]});
    let reply = app.local(Method::POST, "/api/communication/publish").json(&body).send().await.unwrap();
    let planned: Value = reply.json().await.unwrap();
    let id = planned["deliveries"][0]["id"].as_str().unwrap().to_owned();
    for _ in 0..600 {
        let (_, delivery) = app.window("GET", &format!("/api/communication/deliveries/{id}"), None).await;
        if delivery["state"] == "published" {
            let account = delivery["account"].as_str().unwrap();
            return (planned["post_id"].as_str().unwrap().to_owned(), id.as_str().into(), account.into());
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("never published");
}

async fn analytics(app: &App, query: &str) -> Value {
    let (status, answer) = app.window("GET", &format!("/api/communication/analytics{query}"), None).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

#[tokio::test]
async fn without_any_figure_everything_is_absent_and_nothing_is_zero() {
    let app = App::start().await;
    let answer = analytics(&app, "").await;
    assert_eq!(answer["collected_at"], Value::Null);
    assert_eq!(answer["totals"]["posts"], 0);
    assert!(answer["totals"]["figures"].as_object().unwrap().values().all(Value::is_null));
    assert_eq!(answer["platforms"][0]["platform"], "bluesky");
    assert_eq!(answer["platforms"][0]["tells_figures"], true);
    let days = answer["accounts"][0]["days"].as_array().unwrap();
    assert!((30..=32).contains(&days.len()) && days.iter().all(|day| day["figures"].is_null()));
}

#[tokio::test]
async fn figures_are_added_up_by_network_and_shown_by_post_with_their_samples() {
    let app = App::start().await;
    let (post, delivery, account) = published(&app, "Lamproie\n à la bordelaise").await;
    let (_, other, _) = published(&app, "Huîtres").await;
    let (store, now) = (app.host.engine.store.clone(), app.host.engine.clock.now());
    let today = now.in_tz("Europe/Paris").unwrap().date();
    let (first, row) = (delivery.clone(), account.clone());
    store
        .write(move |tx| {
            let hour = jiff::SignedDuration::from_hours(1);
            figures::add_post(tx, &first, now - hour, &raw(&[("likeCount", 1)]))?;
            figures::add_post(
                tx,
                &first,
                now,
                &raw(&[("likeCount", 3), ("repostCount", 2), ("quoteCount", 1)]),
            )?;
            figures::add_post(tx, &other, now, &raw(&[("likeCount", 4)]))?;
            let yesterday = today.yesterday().unwrap();
            let before = yesterday.yesterday().unwrap().yesterday().unwrap();
            figures::add_account_day(tx, &row, before, now, &raw(&[("followersCount", 200)]))?;
            figures::add_account_day(tx, &row, today, now, &raw(&[("followersCount", 203)]))?;
            let state = figures::FigureState { taken_at: Some(now), ..figures::FigureState::default() };
            figures::set_state(tx, &row, &state)
        })
        .await
        .unwrap();

    let answer = analytics(&app, "?days=7").await;
    let network = &answer["platforms"][0];
    assert_eq!((&network["posts"], &network["measured"]), (&json!(2), &json!(2)));
    assert_eq!(
        network["figures"],
        json!({"views": null, "reach": null, "likes": 7, "comments": null, "shares": 3, "saves": null,
               "clicks": null, "followers": 203})
    );
    assert_eq!(network["engagement"], Value::Null, "nobody counts views there");
    assert_eq!(answer["totals"]["figures"]["likes"], 7);
    assert_eq!(answer["collected_at"], now.to_string());
    assert_eq!(answer["accounts"][0]["followers_change"], 3);
    let days = answer["accounts"][0]["days"].as_array().unwrap();
    assert_eq!(days.iter().filter(|day| !day["figures"].is_null()).count(), 2, "the day between is a gap");
    assert!(answer["posts"][0].get("samples").is_none());

    let one = analytics(&app, &format!("?post={post}")).await;
    let shown = &one["posts"][0];
    assert_eq!(one["posts"].as_array().unwrap().len(), 1);
    assert_eq!(shown["text"], "Lamproie à la bordelaise");
    assert_eq!(shown["figures"]["likes"], 3);
    assert_eq!(
        shown["samples"][0]["figures"],
        json!({"views": null, "reach": null, "likes": 1,
        "comments": null, "shares": null, "saves": null, "clicks": null, "followers": null})
    );
    assert_eq!(shown["samples"][1]["raw"], json!({"likeCount": 3, "repostCount": 2, "quoteCount": 1}));

    let none = analytics(&app, "?platform=facebook").await;
    assert_eq!((&none["platforms"], &none["posts"]), (&json!([]), &json!([])));
    let accounts = app.window("GET", "/api/communication/accounts", None).await.1;
    assert_eq!(accounts[0]["figures"]["collected_at"], now.to_string());
    assert_eq!(accounts[0]["figures"]["problem"], Value::Null);
}

#[tokio::test]
async fn a_round_of_the_collector_is_seen_in_the_answer() {
    let app = App::start().await;
    let (post, ..) = published(&app, "Moules de bouchot").await;
    app.host.engine.chores.collector().round().await;
    let answer = analytics(&app, &format!("?post={post}")).await;
    assert_eq!(answer["posts"][0]["figures"]["likes"], 0, "asked, and nobody liked it yet");
    assert_eq!(answer["posts"][0]["figures"]["views"], Value::Null);
    assert!(answer["accounts"][0]["followers"].as_i64().unwrap() > 200);
}

#[tokio::test]
async fn an_impossible_period_is_named() {
    let app = App::bare().await;
    for query in [
        "?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z",
        "?from=2024-01-01T00:00:00Z&to=2026-01-01T00:00:00Z",
        "?days=0",
        "?days=400",
        "?days=7&from=2026-01-01T00:00:00Z",
    ] {
        let request = app.local(Method::GET, &format!("/api/communication/analytics{query}"));
        assert_eq!(problem(request).await, (422, "invalid_field".to_owned()), "{query}");
    }
    let anonymous = app.anonymous(Method::GET, "/api/communication/analytics");
    assert_eq!(problem(anonymous).await.0, 401);
}
