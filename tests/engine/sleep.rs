//! Sleep and clocks that people set.

use std::time::Duration;

use jiff::SignedDuration;
use vieux_moulin_engine::{
    connectors::{FailureClass as C, Kind},
    domain::{ContentKind, DeliveryState as S},
};
use vieux_moulin_tests::{
    app::TestApp,
    scripted::{Act, Op},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_the_machine_slept_through_becomes_a_doubt_and_one_object() {
    let mut app = TestApp::start(&[("scripted", Kind::E, false)]).await;
    app.account("scripted", "one").await;
    app.world().next(Op::Send, [Act::Hang]);
    let id = app.plan("Soupe", "scripted", None).await;
    app.settle().await;
    assert_eq!(app.state(&id).await, S::Sending);
    app.sleep(Duration::from_secs(3600)).await;
    assert_ne!(app.state(&id).await, S::Sending);
    app.until(&id, S::Published, Duration::from_secs(900)).await;
    app.world().release.notify_one();
    app.settle().await;
    assert_eq!(app.world().count("Soupe"), 1);
    assert!(app.log(&id).await.contains(&"send unknown".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_short_nap_does_not_interrupt_a_call() {
    let mut app = TestApp::start(&[("scripted", Kind::E, false)]).await;
    app.account("scripted", "one").await;
    app.world().next(Op::Send, [Act::Hang]);
    let id = app.plan("Soupe", "scripted", None).await;
    app.settle().await;
    app.sleep(Duration::from_secs(60)).await;
    assert_eq!(app.state(&id).await, S::Sending);
    app.world().release.notify_one();
    app.until(&id, S::Published, Duration::from_secs(5)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_clock_set_back_and_forth_sends_nothing_twice_and_nothing_early() {
    let mut app = TestApp::start(&[("scripted", Kind::A, false)]).await;
    app.account("scripted", "one").await;
    let start = app.now();
    let first = app.plan("Soupe", "scripted", Some(SignedDuration::from_secs(60))).await;
    app.pass(Duration::from_secs(70)).await;
    assert_eq!(app.state(&first).await, S::Published);
    let later = app.plan("Tarte", "scripted", Some(SignedDuration::from_mins(30))).await;
    app.clock.set_wall(start - SignedDuration::from_hours(24));
    app.pass_by(Duration::from_secs(7200), Duration::from_secs(60)).await;
    assert_eq!((app.world().count("Soupe"), app.state(&later).await), (1, S::Queued));
    app.clock.set_wall(start + SignedDuration::from_mins(40));
    app.pass(Duration::from_secs(60)).await;
    assert_eq!((app.world().count("Soupe"), app.world().count("Tarte")), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_of_sleep_applies_the_rule_of_each_post() {
    let mut app = TestApp::start(&[("scripted", Kind::A, false)]).await;
    app.account("scripted", "one").await;
    let mut dish = app.request("Blanquette", "scripted", Some(SignedDuration::from_mins(10)));
    dish.kind = ContentKind::DishOfTheDay;
    let dish = app.publish(dish).await.deliveries[0].id.clone();
    let photo = app.plan("Terrasse", "scripted", Some(SignedDuration::from_mins(10))).await;
    let tomorrow = app.plan("Demain", "scripted", Some(SignedDuration::from_hours(25))).await;
    app.sleep(Duration::from_secs(24 * 3600)).await;
    assert_eq!(app.state(&dish).await, S::Expired);
    assert_eq!(app.state(&photo).await, S::Held);
    assert_eq!(app.state(&tomorrow).await, S::Queued);
    assert!(app.world().objects().is_empty());
}

/// Waiting times that a clock written in the future gave do not last until that future.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_was_ahead_leaves_nothing_waiting_for_its_times() {
    for started_again in [false, true] {
        let mut app = TestApp::start(&[("scripted", Kind::E, false)]).await;
        let account = app.account("scripted", "one").await;
        let noon = app.now();
        app.world().next(Op::Send, [Act::fail(C::Retry)]);
        let id = app.plan("Soupe", "scripted", None).await;
        app.until(&id, S::RetryAt, Duration::from_secs(10)).await;
        app.clock.set_wall(noon + SignedDuration::from_hours(2));
        // Asks to come back in an hour: also the lane remembers that.
        app.world().next(Op::Send, [Act::fail_after(C::Retry, 3600)]);
        app.pass(Duration::from_secs(60)).await;
        assert!(app.delivery(&id).await.next_at.unwrap() > noon + SignedDuration::from_hours(2));
        app.engine.queue.clear_lane(&account).await.unwrap();
        app.clock.set_wall(noon + SignedDuration::from_mins(2));
        if started_again {
            app = app.restart().await;
        }
        app.pass(Duration::from_secs(60)).await;
        assert_eq!(app.state(&id).await, S::Published, "started again: {started_again}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lane_waits_a_day_at_most_for_a_time_of_a_clock_that_was_ahead() {
    for started_again in [false, true] {
        let mut app = TestApp::start(&[("scripted", Kind::E, false)]).await;
        let account = app.account("scripted", "one").await;
        let noon = app.now();
        app.clock.set_wall(noon + SignedDuration::from_hours(48));
        // Long enough for the jump to be seen as one of its own.
        app.pass(Duration::from_secs(60)).await;
        app.world().next(Op::Send, [Act::fail_after(C::Retry, 3600)]);
        let id = app.plan("Soupe", "scripted", None).await;
        app.until(&id, S::RetryAt, Duration::from_secs(10)).await;
        app.clock.set_wall(noon);
        if started_again {
            app = app.restart().await;
        }
        app.pass(Duration::from_secs(60)).await;
        let opens = app.engine.queue.lane_status(&account).not_before.unwrap();
        assert!(opens <= app.now() + SignedDuration::from_hours(24), "{opens}");
    }
}
