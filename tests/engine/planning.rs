//! From a request to rows: identical requests, idempotency keys, times.

use std::time::Duration;

use jiff::SignedDuration;
use vieux_moulin_engine::{
    connectors::Kind,
    orchestrator::{IdempotencyClaim, Published},
    store::idempotency,
};
use vieux_moulin_tests::app::{TestApp, program};

const SOON: Option<SignedDuration> = Some(SignedDuration::from_mins(5));

async fn app() -> TestApp {
    let app = TestApp::start(&[("scripted", Kind::E, false)]).await;
    app.account("scripted", "one").await;
    app
}

async fn number_of_posts(app: &TestApp) -> i64 {
    app.engine
        .store
        .read(|c| Ok(c.query_row("SELECT count(*) FROM posts", [], |row| row.get(0))?))
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_identical_request_returns_the_first_item() {
    let mut app = app().await;
    let first = app.publish(app.request("Soupe", "scripted", SOON)).await;
    let second = app.publish(app.request("Soupe", "scripted", SOON)).await;
    assert_eq!(first.post.id, second.post.id);
    assert_eq!(first.deliveries[0].id, second.deliveries[0].id);
    assert_eq!(second.warnings[0].code, "already_planned");
    assert_eq!(number_of_posts(&app).await, 1);
    app.pass_by(Duration::from_secs(400), Duration::from_secs(10)).await;
    assert_eq!(app.world().count("Soupe"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_key_is_written_with_the_work_or_not_at_all() {
    let app = app().await;
    let claim = || IdempotencyClaim {
        caller: "api:test".into(),
        key: "k1".into(),
        request_hash: "h".into(),
        render: |published: &Published| (202, published.post.id.to_string()),
    };
    let first = app.request("Soupe", "scripted", SOON);
    let planned = app.engine.orchestrator.publish(first, &program(), Some(claim())).await.unwrap();
    let kept = app.engine.store.read(|c| idempotency::find(c, "api:test", "k1")).await.unwrap().unwrap();
    assert_eq!((kept.status, kept.response), (202, planned.post.id.to_string()));
    // The key exists: the work of the second request is undone with it.
    let second = app.request("Tarte", "scripted", SOON);
    app.engine.orchestrator.publish(second, &program(), Some(claim())).await.unwrap_err();
    assert_eq!(number_of_posts(&app).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_time_in_the_past_is_refused_and_nothing_is_planned() {
    let app = app().await;
    let request = app.request("Soupe", "scripted", Some(SignedDuration::from_secs(-60)));
    assert_eq!(app.try_publish(request).await.unwrap_err().code, "past_date");
    let mut unknown = app.request("Soupe", "scripted", SOON);
    unknown.platforms = vec!["scriptd".into()];
    assert_eq!(app.try_publish(unknown).await.unwrap_err().code, "unknown_platform");
    assert_eq!(number_of_posts(&app).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_accepted_is_there_after_a_restart() {
    let mut app = app().await;
    for n in 0..20 {
        app.plan(&format!("Plat {n}"), "scripted", Some(SignedDuration::from_secs(60 + n))).await;
    }
    app = app.restart().await;
    app.pass_by(Duration::from_secs(90), Duration::from_secs(2)).await;
    for n in 0..20 {
        assert_eq!(app.world().count(&format!("Plat {n}")), 1);
    }
}
