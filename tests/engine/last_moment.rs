//! What is asked again when everything is prepared and nothing has left: preparing takes its time, and
//! meanwhile somebody pauses, the machine sleeps, the service ends.

use std::time::Duration;

use jiff::SignedDuration;
use vieux_moulin_engine::{
    connectors::Kind,
    domain::{ContentKind, DeliveryId, DeliveryState as S},
    queue::Pause,
};
use vieux_moulin_tests::{
    app::TestApp,
    scripted::{Act, Op},
};

/// A dish for 12:00 in Paris, whose photograph is still being uploaded.
async fn while_it_is_prepared() -> (TestApp, DeliveryId) {
    let mut app = TestApp::start(&[("scripted", Kind::E, false)]).await;
    app.account("scripted", "one").await;
    app.world().next(Op::Prepare, [Act::Hang]);
    let mut request = app.request("Daube", "scripted", None);
    request.kind = ContentKind::DishOfTheDay;
    let id = app.publish(request).await.deliveries[0].id.clone();
    app.settle().await;
    assert_eq!(app.state(&id).await, S::Preparing);
    (app, id)
}

fn sends(app: &TestApp) -> usize {
    app.world().calls().iter().filter(|call| call.op == Op::Send).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_holds_back_what_is_being_prepared() {
    let (mut app, id) = while_it_is_prepared().await;
    app.engine.queue.set_pause(Pause::UntilResumed, "test").await.unwrap();
    app.world().release.notify_one();
    app.pass(Duration::from_secs(5)).await;
    assert_eq!((app.state(&id).await, sends(&app)), (S::Queued, 0));
    app.engine.queue.set_pause(Pause::Running, "test").await.unwrap();
    app.until(&id, S::Published, Duration::from_secs(30)).await;
    let delivery = app.delivery(&id).await;
    assert_eq!((app.world().count("Daube"), delivery.attempts), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_of_the_account_counts_as_well() {
    let (mut app, id) = while_it_is_prepared().await;
    let account = app.delivery(&id).await.account_id;
    app.engine.connections.set_paused(&account, true, "test").await.unwrap();
    app.world().release.notify_one();
    app.pass(Duration::from_secs(5)).await;
    assert_eq!((app.state(&id).await, sends(&app)), (S::Queued, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_prepared_before_a_long_sleep_is_judged_anew() {
    let (mut app, id) = while_it_is_prepared().await;
    app.clock.suspend(Duration::from_secs(10 * 3600));
    app.world().release.notify_one();
    app.pass(Duration::from_secs(90)).await;
    assert_eq!((app.state(&id).await, sends(&app)), (S::Expired, 0));
}

/// A platform that works on a picture for ever holds up neither the rules nor the neighbours.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_that_is_never_ready_blocks_nobody() {
    let mut app = TestApp::start(&[("scripted", Kind::E, false)]).await;
    app.account("scripted", "one").await;
    let still_working = std::iter::repeat_n(Act::Pending(Duration::from_secs(2)), 7);
    app.world().next(Op::Prepare, still_working);
    let mut request = app.request("Daube", "scripted", None);
    request.kind = ContentKind::DishOfTheDay;
    let slow = app.publish(request).await.deliveries[0].id.clone();
    app.settle().await;
    let quick = app.plan("Horaires de Noël", "scripted", Some(SignedDuration::from_secs(3))).await;
    app.pass(Duration::from_secs(14)).await;
    assert_eq!(app.state(&quick).await, S::Published);
    assert_eq!(app.state(&slow).await, S::RetryAt, "waits like everybody else");
    app.until(&slow, S::Published, Duration::from_secs(60)).await;
    assert_eq!(app.delivery(&slow).await.attempts, 1, "waiting is no attempt");

    app.world().always(Op::Prepare, Act::Pending(Duration::from_secs(2)));
    let mut request = app.request("Pot-au-feu", "scripted", None);
    request.kind = ContentKind::DishOfTheDay;
    let never = app.publish(request).await.deliveries[0].id.clone();
    app.pass_by(Duration::from_secs(4 * 3600), Duration::from_secs(60)).await;
    assert_eq!(app.state(&never).await, S::Expired);
}
