//! Doubts: the outcome of the irreversible call is not known (reliability, section 4).

use std::time::Duration;

use jiff::SignedDuration;
use vieux_moulin_engine::{
    connectors::{Failure, FailureClass as C, Kind, UPLOAD_EXPIRED},
    domain::{DeliveryState as S, Problem},
    queue::person::{Decision, possible},
};
use vieux_moulin_tests::{
    app::TestApp,
    scripted::{Act, Op},
};

const LONG: Duration = Duration::from_secs(1200);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unheard_acceptance_becomes_one_object_for_every_kind_that_can_know() {
    for kind in [Kind::A, Kind::B, Kind::C, Kind::D, Kind::E] {
        let mut app = TestApp::start(&[("scripted", kind, false)]).await;
        app.account("scripted", "one").await;
        app.world().next(Op::Send, [Act::accepted_unheard()]);
        let id = app.plan("Soupe", "scripted", None).await;
        let delivery = app.until(&id, S::Published, LONG).await;
        assert!(delivery.remote_id.is_some(), "{kind:?}");
        assert_eq!(app.world().count("Soupe"), 1, "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_without_effect_is_made_again_for_every_kind_that_can_know() {
    for kind in [Kind::A, Kind::B, Kind::C, Kind::D, Kind::E] {
        let mut app = TestApp::start(&[("scripted", kind, false)]).await;
        app.account("scripted", "one").await;
        app.world().next(Op::Send, [Act::fail(C::Unknown)]);
        let id = app.plan("Soupe", "scripted", None).await;
        app.until(&id, S::Published, LONG).await;
        assert_eq!(app.world().count("Soupe"), 1, "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn not_found_counts_after_fifteen_sixty_and_three_hundred_seconds() {
    let mut app = TestApp::start(&[("scripted", Kind::E, false)]).await;
    app.account("scripted", "one").await;
    app.world().next(Op::Send, [Act::fail(C::Unknown)]);
    let start = app.now();
    let id = app.plan("Soupe", "scripted", None).await;
    app.until(&id, S::Published, LONG).await;
    let looks: Vec<i64> = app
        .world()
        .calls_of(Op::Reconcile, "Soupe")
        .into_iter()
        .map(|at| at.duration_since(start).as_secs())
        .collect();
    assert_eq!(looks.len(), 4, "{looks:?}");
    for (look, expected) in looks.iter().zip([0, 15, 75, 375]) {
        assert!((*look - expected).abs() <= 3, "{looks:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_lags_makes_no_second_post() {
    let mut app = TestApp::start(&[("scripted", Kind::E, false)]).await;
    app.account("scripted", "one").await;
    app.world().next(Op::Send, [Act::accepted_unheard()]);
    app.world().next(Op::Reconcile, [Act::NotFound, Act::NotFound, Act::NotFound]);
    let id = app.plan("Soupe", "scripted", None).await;
    app.until(&id, S::Published, LONG).await;
    assert_eq!(app.world().objects().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nobody_can_know_a_person_is_asked_at_once() {
    let mut app = TestApp::start(&[("scripted", Kind::H, false)]).await;
    app.account("scripted", "one").await;
    app.world().next(Op::Send, [Act::accepted_unheard(), Act::fail(C::Unknown)]);
    let arrived = app.plan("Soupe", "scripted", None).await;
    let lost = app.plan("Tarte", "scripted", None).await;
    app.until(&lost, S::Held, LONG).await;
    assert_eq!(app.state(&arrived).await, S::Held);
    assert!(app.delivery(&arrived).await.doubtful);
    assert!(app.world().calls().iter().all(|call| call.op != Op::Reconcile));
    assert_eq!(app.alerts().await, [("delivery_doubtful".to_owned(), 2)]);
    // "It is there" and "Send it again".
    app.engine.queue.decide(&arrived, Decision::ConfirmPublished { permalink: None }).await.unwrap();
    app.engine.queue.decide(&lost, Decision::ConfirmResend).await.unwrap();
    app.until(&lost, S::Published, LONG).await;
    assert_eq!(app.state(&arrived).await, S::Published);
    assert_eq!((app.world().count("Soupe"), app.world().count("Tarte")), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_doubt_is_settled_before_anything_else_of_its_account_and_of_no_other() {
    let mut app = TestApp::start(&[("scripted", Kind::E, false)]).await;
    app.account("scripted", "one").await;
    let other = app.account("scripted", "two").await;
    app.world().next(Op::Send, [Act::accepted_unheard()]);
    app.world().next(Op::Reconcile, [Act::NotFound]);
    let doubt = app.plan("Soupe", "scripted", None).await;
    app.settle().await;
    assert_eq!(app.state(&doubt).await, S::Unknown);
    let same = app.plan("Tarte", "scripted", None).await;
    let elsewhere = app.plan("Glace", other.as_str(), None).await;
    app.pass(Duration::from_secs(5)).await;
    assert_eq!(app.state(&same).await, S::Queued);
    assert_eq!(app.state(&elsewhere).await, S::Published);
    app.until(&same, S::Published, LONG).await;
    assert_eq!(app.state(&doubt).await, S::Published);
}

/// A server that answers every write with 500 is not asked in a tight circle.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn repeating_a_doubtful_write_backs_off_and_ends_with_a_person() {
    let mut app = TestApp::start(&[("scripted", Kind::A, false)]).await;
    app.account("scripted", "one").await;
    app.world().always(Op::Send, Act::fail(C::Unknown));
    let id = app.plan("Soupe", "scripted", None).await;
    app.pass(Duration::from_secs(3)).await;
    let at_once = app.world().calls_of(Op::Send, "Soupe").len();
    assert!(at_once <= 2, "{at_once} calls within three seconds");
    let held = app.until(&id, S::Held, Duration::from_secs(4 * 3600)).await;
    assert!(held.doubtful);
    let sends = app.world().calls_of(Op::Send, "Soupe").len();
    assert!(sends <= 8, "{sends} calls");
}

/// Pictures that nobody used yet are swept while a doubt lasts: the same record is written again with new
/// uploads. Nobody has to decide what is certain.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploads_that_were_swept_during_a_doubt_are_made_again() {
    let mut app = TestApp::start(&[("scripted", Kind::A, false)]).await;
    app.account("scripted", "one").await;
    let swept = Failure::new(C::Retry, Problem::new(UPLOAD_EXPIRED)).mended();
    app.world().next(Op::Send, [Act::fail(C::Unknown), Act::Fail(swept)]);
    let id = app.plan("Soupe", "scripted", None).await;
    let delivery = app.until(&id, S::Published, LONG).await;
    assert!(!delivery.doubtful);
    let world = app.world();
    assert_eq!((world.calls_of(Op::Prepare, "Soupe").len(), world.calls_of(Op::Send, "Soupe").len()), (2, 3));
    assert_eq!(world.count("Soupe"), 1);
}

/// A renewed token that is refused again and again is not tried each second for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_mended_in_vain_backs_off_and_ends_with_a_person() {
    let mut app = TestApp::start(&[("scripted", Kind::E, false)]).await;
    app.account("scripted", "one").await;
    let renewed = Failure::new(C::Retry, Problem::new("session_renewed")).mended();
    app.world().always(Op::Send, Act::Fail(renewed));
    let id = app.plan("Soupe", "scripted", None).await;
    let held = app.until(&id, S::Held, Duration::from_secs(4 * 3600)).await;
    assert!(!held.doubtful);
    let sends = app.world().calls_of(Op::Send, "Soupe");
    assert!(sends[1].duration_since(sends[0]) < SignedDuration::from_secs(10), "{sends:?}");
    assert!(sends[2].duration_since(sends[1]) >= SignedDuration::from_secs(15), "{sends:?}");
    assert_eq!(sends.len(), 8, "{sends:?}");
}

/// The key of kind B dies after an hour: a doubt that went back to waiting must be looked up again, not
/// sent with a dead key.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_doubt_stays_a_doubt_when_its_repetition_does_not_leave() {
    let mut app = TestApp::start(&[("scripted", Kind::B, false)]).await;
    app.account("scripted", "one").await;
    app.world().next(Op::Send, [Act::accepted_unheard(), Act::fail_after(C::Retry, 2 * 3600)]);
    let id = app.plan("Soupe", "scripted", None).await;
    app.settle().await;
    assert_eq!(app.state(&id).await, S::Unknown);
    app.until(&id, S::Published, Duration::from_secs(3 * 3600)).await;
    assert_eq!(app.world().count("Soupe"), 1, "{:#?}", app.log(&id).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repetition_waits_while_everything_is_paused() {
    use vieux_moulin_engine::queue::Pause;
    let mut app = TestApp::start(&[("scripted", Kind::A, false)]).await;
    app.account("scripted", "one").await;
    app.world().next(Op::Send, [Act::fail(C::Unknown)]);
    app.world().next(Op::Reconcile, [Act::fail(C::Retry)]);
    let id = app.plan("Soupe", "scripted", None).await;
    app.settle().await;
    assert_eq!(app.state(&id).await, S::Unknown);
    app.engine.queue.set_pause(Pause::UntilResumed, "test").await.unwrap();
    app.pass_by(Duration::from_secs(300), Duration::from_secs(10)).await;
    assert_eq!(app.world().calls_of(Op::Send, "Soupe").len(), 1, "sent while paused");
    app.engine.queue.set_pause(Pause::Running, "test").await.unwrap();
    app.until(&id, S::Published, LONG).await;
    assert_eq!(app.world().count("Soupe"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_doubt_that_nobody_can_settle_for_a_day_asks_a_person() {
    for act in [Act::fail(C::Retry), Act::Pending(Duration::from_secs(900))] {
        let mut app = TestApp::start(&[("scripted", Kind::C, false)]).await;
        app.account("scripted", "one").await;
        app.world().next(Op::Send, [Act::fail(C::Unknown)]);
        app.world().always(Op::Reconcile, act.clone());
        let id = app.plan("Soupe", "scripted", None).await;
        app.settle().await;
        app.pass_by(Duration::from_secs(23 * 3600), Duration::from_secs(1800)).await;
        assert!(matches!(app.state(&id).await, S::Unknown | S::Reconciling), "{act:?}");
        app.pass_by(Duration::from_secs(2 * 3600), Duration::from_secs(600)).await;
        assert_eq!(app.state(&id).await, S::Held, "{act:?}");
    }
}

/// Cancelling must not claim that nothing left while an earlier call may have had an effect.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_doubt_cannot_be_cancelled_away() {
    let mut app = TestApp::start(&[("scripted", Kind::E, false)]).await;
    app.account("scripted", "one").await;
    app.world().next(Op::Send, [Act::accepted_unheard()]);
    app.world().next(Op::Reconcile, [Act::NotFound]);
    let id = app.plan("Soupe", "scripted", Some(SignedDuration::from_secs(5))).await;
    app.until(&id, S::Unknown, LONG).await;
    app.engine.queue.decide(&id, Decision::Cancel).await.unwrap_err();
    app.until(&id, S::Published, LONG).await;
}

/// The same dish each week: last week's object is another delivery's, however well it matches.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_of_another_delivery_is_never_adopted() {
    let mut app = TestApp::start(&[("scripted", Kind::E, false)]).await;
    app.account("scripted", "one").await;
    let first = app.plan("Soupe", "scripted", None).await;
    let first = app.until(&first, S::Published, LONG).await;
    // Later, or the program would only repeat itself.
    app.pass(Duration::from_secs(180)).await;
    app.world().next(Op::Send, [Act::fail(C::Unknown)]);
    let second = app.plan("Soupe", "scripted", None).await;
    let second = app.until(&second, S::Published, LONG).await;
    assert_ne!(first.remote_id, second.remote_id);
    assert_eq!(app.world().count("Soupe"), 2);
}

/// The list lagged, so it was called absent and repeated; the refusal of the repetition is the proof.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn already_there_after_an_earlier_call_is_looked_for_again() {
    for op in [Op::Send, Op::Prepare] {
        for list_shows_it in [true, false] {
            let mut app = TestApp::start(&[("scripted", Kind::E, false)]).await;
            app.account("scripted", "one").await;
            app.world().next(Op::Send, [Act::accepted_unheard()]);
            app.world().next(Op::Prepare, [Act::Honest]);
            app.world().next(op, [Act::fail(C::Duplicate)]);
            app.world().next(Op::Reconcile, [Act::NotFound, Act::NotFound, Act::NotFound, Act::NotFound]);
            let id = app.plan("Soupe", "scripted", None).await;
            app.settle().await;
            if !list_shows_it {
                app.world().always(Op::Reconcile, Act::NotFound);
            }
            let expected = if list_shows_it { S::Published } else { S::Held };
            let ended = app.until(&id, expected, LONG).await;
            assert_eq!(app.world().count("Soupe"), 1, "{op:?}");
            if !list_shows_it {
                assert!(ended.doubtful);
                let connector = app.engine.queue.registry.get("scripted").unwrap();
                let actions = possible(&ended, connector.descriptor().capabilities);
                assert!(actions.contains(&"check") && !actions.contains(&"edit"), "{actions:?}");
            }
        }
    }
}

/// The owner did not see it and says "send it again": where we chose the key it stays the same one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mistaken_resend_keeps_the_key() {
    for kind in [Kind::A, Kind::C] {
        let mut app = TestApp::start(&[("scripted", kind, false)]).await;
        app.account("scripted", "one").await;
        app.world().next(Op::Send, [Act::accepted_unheard()]);
        app.world().always(Op::Reconcile, Act::fail(C::Retry));
        let id = app.plan("Soupe", "scripted", None).await;
        app.pass_by(Duration::from_secs(25 * 3600), Duration::from_secs(900)).await;
        assert_eq!(app.state(&id).await, S::Held, "{kind:?}");
        app.engine.queue.decide(&id, Decision::ConfirmResend).await.unwrap();
        app.until(&id, S::Published, LONG).await;
        assert_eq!(app.world().objects().len(), 1, "{kind:?}");
    }
}
