//! What each answer to the irreversible call becomes (reliability, section 3), and what counts as an
//! attempt.

use std::time::Duration;

use vieux_moulin_engine::{
    connectors::{FailureClass as C, Kind},
    domain::DeliveryState as S,
};
use vieux_moulin_tests::{
    app::TestApp,
    scripted::{Act, Op},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_row_of_the_table() {
    let rows = [
        (Act::Honest, S::Published, 1, 1),
        (Act::fail(C::NotSent), S::RetryAt, 0, 0),
        (Act::fail_after(C::Retry, 3600), S::RetryAt, 0, 0),
        (Act::fail(C::Retry), S::RetryAt, 1, 0),
        (Act::fail(C::Quota), S::RetryAt, 0, 0),
        (Act::fail(C::Reauth), S::NeedsReauth, 0, 0),
        (Act::fail(C::Blocked), S::NeedsReauth, 0, 0),
        (Act::fail(C::Content), S::Rejected, 1, 0),
        (Act::fail(C::Duplicate), S::Held, 1, 0),
        // Nothing says whether it left: the lists decide, and it waits for them.
        (Act::fail(C::Unknown), S::Unknown, 1, 0),
        (Act::accepted_unheard(), S::Published, 1, 1),
    ];
    for (act, state, attempts, objects) in rows {
        let mut app = TestApp::start(&[("scripted", Kind::E, false)]).await;
        app.account("scripted", "one").await;
        app.world().next(Op::Send, [act.clone()]);
        let id = app.plan("Soupe", "scripted", None).await;
        app.settle().await;
        let delivery = app.delivery(&id).await;
        assert_eq!((delivery.state, delivery.attempts), (state, attempts), "{act:?}");
        assert_eq!(app.world().count("Soupe"), objects, "{act:?}");
        assert_eq!(app.world().calls_of(Op::Send, "Soupe").len(), 1, "{act:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_servers_own_time_is_kept_and_survives_a_restart() {
    let mut app = TestApp::start(&[("scripted", Kind::A, false)]).await;
    app.account("scripted", "one").await;
    app.world().next(Op::Send, [Act::fail_after(C::Retry, 240)]);
    let first = app.plan("Soupe", "scripted", None).await;
    app.settle().await;
    // A second post of the account waits as well: the limit is the lane's.
    let second = app.plan("Tarte", "scripted", None).await;
    let mut app = app.restart().await;
    app.pass_by(Duration::from_secs(230), Duration::from_secs(5)).await;
    assert_eq!(app.world().calls().iter().filter(|call| call.op == Op::Send).count(), 1);
    app.pass(Duration::from_secs(15)).await;
    assert_eq!(app.state(&first).await, S::Published);
    assert_eq!(app.state(&second).await, S::Published);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_eighth_transient_failure_asks_a_person() {
    let mut app = TestApp::start(&[("scripted", Kind::E, false)]).await;
    app.account("scripted", "one").await;
    app.world().always(Op::Send, Act::fail(C::Retry));
    let id = app.plan("Soupe", "scripted", None).await;
    let held = app.until(&id, S::Held, Duration::from_secs(3 * 3600)).await;
    assert_eq!(held.attempts, 8);
    assert_eq!(held.problem.unwrap().code, "attempts_exhausted");
    assert_eq!(app.world().calls_of(Op::Send, "Soupe").len(), 8);
    assert_eq!(app.alerts().await, [("delivery_needs_person".to_owned(), 1)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_not_left_costs_no_attempt_however_often() {
    let mut app = TestApp::start(&[("scripted", Kind::E, false)]).await;
    app.account("scripted", "one").await;
    app.world().next(Op::Prepare, (0..30).map(|_| Act::fail(C::NotSent)));
    let id = app.plan("Soupe", "scripted", None).await;
    let delivery = app.until(&id, S::Published, Duration::from_secs(600)).await;
    assert_eq!(delivery.attempts, 1);
    assert_eq!(app.world().count("Soupe"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_platform_that_is_still_working_is_asked_again_without_an_attempt() {
    let mut app = TestApp::start(&[("scripted", Kind::C, false)]).await;
    app.account("scripted", "one").await;
    app.world().next(Op::Prepare, (0..4).map(|_| Act::Pending(Duration::from_secs(20))));
    let id = app.plan("Soupe", "scripted", None).await;
    let delivery = app.until(&id, S::Published, Duration::from_secs(200)).await;
    assert_eq!(delivery.attempts, 1);
}

/// What a preparation left at the platform is cleared away later: it never delays or endangers the post.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn leftovers_are_looked_after_once_the_post_is_out() {
    let mut app = TestApp::start(&[("scripted", Kind::C, false)]).await;
    app.account("scripted", "one").await;
    app.world().leave_leftovers();
    app.world().next(Op::Verify, [Act::fail(C::Content)]);
    let id = app.plan("Soupe", "scripted", None).await;
    app.until(&id, S::Published, Duration::from_secs(10)).await;
    assert!(app.world().calls_of(Op::Verify, "Soupe").is_empty(), "not before the outcome is kept");
    app.pass(Duration::from_secs(70)).await;
    assert_eq!(app.world().calls_of(Op::Verify, "Soupe").len(), 1);
    assert_eq!(app.state(&id).await, S::Published, "a failed look changes nothing");
    app.pass(Duration::from_secs(630)).await;
    assert_eq!(app.world().calls_of(Op::Verify, "Soupe").len(), 2);
    let done = app.delivery(&id).await;
    assert_eq!(done.next_at, None, "done");
    assert_eq!(app.world().count("Soupe"), 1);
}
