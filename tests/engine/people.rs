//! What a person may decide, and what becomes of a wish that comes at an awkward moment.

use std::time::Duration;

use jiff::SignedDuration;
use vieux_moulin_engine::{
    connectors::{FailureClass as C, Kind},
    domain::DeliveryState as S,
    queue::person::{Decision, DecisionError},
};
use vieux_moulin_tests::{
    app::TestApp,
    scripted::{Act, Op},
};

const MINUTE: Duration = Duration::from_secs(60);

async fn app(kind: Kind) -> TestApp {
    let app = TestApp::start(&[("scripted", kind, false)]).await;
    app.account("scripted", "one").await;
    app
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled_while_it_is_prepared_nothing_leaves() {
    let mut app = app(Kind::E).await;
    app.world().next(Op::Prepare, [Act::Hang]);
    let id = app.plan("Soupe", "scripted", None).await;
    app.settle().await;
    assert_eq!(app.state(&id).await, S::Preparing);
    app.engine.queue.decide(&id, Decision::Cancel).await.unwrap();
    app.world().release.notify_one();
    app.until(&id, S::Cancelled, MINUTE).await;
    assert!(app.world().objects().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cancelled_while_a_preparation_fails_it_stays_cancelled() {
    for failure in [C::Retry, C::Content, C::Reauth, C::NotSent] {
        let mut app = app(Kind::E).await;
        app.world().next(Op::Prepare, [Act::Hang]);
        let id = app.plan("Soupe", "scripted", None).await;
        app.settle().await;
        app.engine.queue.decide(&id, Decision::Cancel).await.unwrap();
        // The scripted call answers honestly once released, so the failure comes from the next one.
        app.world().next(Op::Prepare, [Act::fail(failure)]);
        app.world().release.notify_one();
        app.pass(Duration::from_secs(3)).await;
        assert_eq!(app.state(&id).await, S::Cancelled, "{failure:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancellation_survives_a_platform_that_is_still_working() {
    let mut app = app(Kind::C).await;
    app.world()
        .next(Op::Prepare, [Act::Pending(Duration::from_secs(2)), Act::Pending(Duration::from_secs(60))]);
    let id = app.plan("Soupe", "scripted", None).await;
    app.settle().await;
    app.engine.queue.decide(&id, Decision::Cancel).await.unwrap();
    app.pass(Duration::from_secs(3)).await;
    assert_eq!(app.state(&id).await, S::Cancelled);
    app.pass_by(MINUTE * 3, Duration::from_secs(10)).await;
    assert!(app.world().objects().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_under_way_cannot_be_cancelled_and_says_so() {
    let mut app = app(Kind::E).await;
    app.world().next(Op::Send, [Act::Hang]);
    let id = app.plan("Soupe", "scripted", None).await;
    app.settle().await;
    let refused = app.engine.queue.decide(&id, Decision::Cancel).await.unwrap_err();
    assert!(matches!(refused, DecisionError::IllegalTransition(S::Sending)));
    app.world().release.notify_one();
    app.until(&id, S::Published, MINUTE).await;
    app.engine.queue.decide(&id, Decision::Delete).await.unwrap();
    app.pass(Duration::from_secs(3)).await;
    let removed = app.delivery(&id).await;
    assert_eq!((removed.state, removed.removed_at.is_some()), (S::Published, true));
    assert_eq!(app.world().count("Soupe"), 0);
}

/// "It is there" may settle a doubt; it may not turn what never left into a publication.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_can_call_published_what_never_left() {
    let mut app = app(Kind::E).await;
    let id = app.plan("Soupe", "scripted", Some(SignedDuration::from_mins(1))).await;
    app.sleep(Duration::from_secs(5 * 3600)).await;
    assert_eq!(app.state(&id).await, S::Held);
    let refused =
        app.engine.queue.decide(&id, Decision::ConfirmPublished { permalink: None }).await.unwrap_err();
    assert!(matches!(refused, DecisionError::IllegalTransition(S::Held)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retry_after_a_refusal_sends_once_more() {
    let mut app = app(Kind::E).await;
    app.world().next(Op::Send, [Act::fail(C::Content)]);
    let id = app.plan("Soupe", "scripted", None).await;
    app.until(&id, S::Rejected, MINUTE).await;
    assert_eq!(app.alerts().await.len(), 1);
    app.engine.queue.decide(&id, Decision::Retry).await.unwrap();
    app.until(&id, S::Published, MINUTE).await;
    assert!(app.alerts().await.is_empty());
    assert_eq!(app.world().count("Soupe"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn retry_of_a_doubt_looks_first() {
    let mut app = app(Kind::D).await;
    app.world().next(Op::Send, [Act::accepted_unheard()]);
    app.world().always(Op::Reconcile, Act::NotFound);
    let id = app.plan("Soupe", "scripted", None).await;
    // Kind D: the repetition is refused as a duplicate, and that proves the first call.
    app.until(&id, S::Duplicate, Duration::from_secs(1200)).await;
    assert_eq!(app.world().objects().len(), 1);
}

/// The account goes while its post is being sent: nobody hears the answer, so it is a doubt.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_removed_during_a_call_leaves_a_doubt() {
    let mut app = TestApp::start(&[("scripted", Kind::E, false)]).await;
    let account = app.account("scripted", "one").await;
    app.world().next(Op::Send, [Act::Hang]);
    let id = app.plan("Soupe", "scripted", None).await;
    app.settle().await;
    assert_eq!(app.state(&id).await, S::Sending);
    app.engine.connections.remove(&account, "window").await.unwrap();
    assert_eq!(app.alerts().await, [("delivery_doubtful".to_owned(), 1)]);
    app.world().release.notify_one();
    app.settle().await;
    let held = app.delivery(&id).await;
    assert_eq!((held.state, held.doubtful), (S::Held, true));
    assert_eq!(app.account("scripted", "one").await, account);
    app.engine.queue.decide(&id, Decision::Retry).await.unwrap();
    app.until(&id, S::Published, MINUTE * 10).await;
    assert_eq!(app.world().count("Soupe"), 1);
}

/// "Supprimer" while its address is being looked for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wish_survives_the_look_for_the_address() {
    let mut app = app(Kind::E).await;
    app.world().leave_leftovers();
    app.world().next(Op::Verify, [Act::Hang]);
    let id = app.plan("Soupe", "scripted", None).await;
    app.until(&id, S::Published, MINUTE).await;
    app.pass(MINUTE + Duration::from_secs(5)).await;
    assert_eq!(app.world().calls_of(Op::Verify, "Soupe").len(), 1);
    app.engine.queue.decide(&id, Decision::Delete).await.unwrap();
    app.world().release.notify_one();
    app.pass(Duration::from_secs(5)).await;
    assert_eq!(app.world().count("Soupe"), 0);
    assert!(app.delivery(&id).await.removed_at.is_some());
}
