//! A panic ends one item as a kill would, never the lane or the process.

use std::time::Duration;

use jiff::SignedDuration;
use vieux_moulin_engine::{connectors::Kind, domain::DeliveryState as S};
use vieux_moulin_tests::{
    app::TestApp,
    scripted::{Act, Op},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_while_sending_is_a_doubt() {
    let mut app = TestApp::start(&[("scripted", Kind::E, false)]).await;
    app.account("scripted", "one").await;
    app.world().next(Op::Send, [Act::Panic]);
    let id = app.plan("Soupe", "scripted", None).await;
    let delivery = app.until(&id, S::Published, Duration::from_secs(900)).await;
    assert_eq!(delivery.crash_count, 1);
    assert_eq!(app.world().count("Soupe"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_third_panic_asks_a_person_and_frees_the_lane() {
    for op in [Op::Prepare, Op::Send, Op::Reconcile] {
        let mut app = TestApp::start(&[("scripted", Kind::A, false)]).await;
        app.account("scripted", "one").await;
        if op == Op::Reconcile {
            app.world().next(Op::Send, [Act::accepted_unheard()]);
        }
        app.world().next(op, [Act::Panic, Act::Panic, Act::Panic]);
        let id = app.plan("Soupe", "scripted", None).await;
        let held = app.until(&id, S::Held, Duration::from_secs(1200)).await;
        assert_eq!(
            (held.crash_count, held.problem.unwrap().code.as_str()),
            (3, "crashed_repeatedly"),
            "{op:?}"
        );
        let next = app.plan("Tarte", "scripted", None).await;
        app.until(&next, S::Published, Duration::from_secs(60)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_while_verifying_does_not_spin() {
    let mut app = TestApp::start(&[("scripted", Kind::E, true)]).await;
    app.account("scripted", "one").await;
    app.world().always(Op::Verify, Act::Panic);
    let id = app.plan("Soupe", "scripted", Some(SignedDuration::from_mins(30))).await;
    app.until(&id, S::HandedOver, Duration::from_secs(5)).await;
    app.pass_by(Duration::from_secs(31 * 60), Duration::from_secs(15)).await;
    let looks = app.world().calls_of(Op::Verify, "Soupe").len();
    assert!((1..=4).contains(&looks), "{looks} looks within a minute");
    let other = app.plan("Tarte", "scripted", None).await;
    app.pass(Duration::from_secs(5)).await;
    assert_eq!(app.state(&other).await, S::Published);
    app.world().always(Op::Verify, Act::Honest);
    app.until(&id, S::Published, Duration::from_secs(900)).await;
}
