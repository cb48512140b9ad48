//! Something blocks a worker: the owner learns of it instead of waiting for ever.

use std::time::Duration;

use vieux_moulin_engine::{connectors::Kind, domain::DeliveryState as S, problems, store::alerts};
use vieux_moulin_tests::{
    app::TestApp,
    scripted::{Act, Op},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blocked_worker_raises_an_alert_two_minutes_after_the_time() {
    let mut app = TestApp::start(&[("scripted", Kind::E, false)]).await;
    app.account("scripted", "one").await;
    app.world().next(Op::Send, [Act::Hang]);
    let blocked = app.plan("Soupe", "scripted", None).await;
    let behind = app.plan("Tarte", "scripted", None).await;
    app.settle().await;
    assert_eq!(app.state(&blocked).await, S::Sending);
    app.pass_by(Duration::from_secs(110), Duration::from_secs(10)).await;
    app.engine.chores.each_minute().await;
    assert!(app.alerts().await.is_empty(), "a slow answer is no alert");
    app.pass_by(Duration::from_secs(15), Duration::from_secs(5)).await;
    app.engine.chores.each_minute().await;
    // One message for the account, about the first; looking again is no news.
    app.engine.chores.each_minute().await;
    let alerts = app.engine.store.read(|c| alerts::list(c, true, 10)).await.unwrap();
    let named: Vec<_> = alerts.iter().map(|a| (a.kind.as_str(), a.count, a.delivery_id.clone())).collect();
    assert_eq!(named, [("delivery_stuck", 1, Some(blocked.to_string()))]);
    let said = problems::find_or_general("delivery_stuck");
    assert!(!said.detail.is_empty() && !said.next_step.is_empty());

    app.world().release.notify_one();
    app.until(&blocked, S::Published, Duration::from_secs(30)).await;
    app.until(&behind, S::Published, Duration::from_secs(30)).await;
    app.engine.chores.each_minute().await;
    assert!(app.alerts().await.is_empty(), "what was settled is no longer shown");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_a_reason_is_not_stuck() {
    use vieux_moulin_engine::{connectors::FailureClass as C, queue::Pause};
    let mut app = TestApp::start(&[("scripted", Kind::E, false)]).await;
    app.account("scripted", "one").await;
    app.world().next(Op::Send, [Act::fail_after(C::Retry, 600)]);
    app.plan("Soupe", "scripted", None).await;
    app.plan("Tarte", "scripted", None).await;
    app.pass_by(Duration::from_secs(200), Duration::from_secs(20)).await;
    app.engine.chores.each_minute().await;
    assert!(app.alerts().await.is_empty(), "the platform named a time");
    app.pass_by(Duration::from_secs(420), Duration::from_secs(20)).await;
    app.engine.queue.set_pause(Pause::UntilResumed, "test").await.unwrap();
    app.plan("Flan", "scripted", None).await;
    app.pass_by(Duration::from_secs(200), Duration::from_secs(20)).await;
    app.engine.chores.each_minute().await;
    assert!(app.alerts().await.is_empty(), "a pause is meant");
}
