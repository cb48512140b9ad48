//! A copy is older than the world: what it calls waiting may have left since it was made.

use std::time::Duration;

use jiff::SignedDuration;
use vieux_moulin_engine::{
    connectors::{FailureClass, Kind},
    domain::DeliveryState as S,
    queue::person::Decision,
    store::{backup, restore},
};
use vieux_moulin_tests::{
    app::TestApp,
    scripted::{Act, Op},
};

const MINUTE: Duration = Duration::from_secs(60);

/// Puts the newest copy of the folder back and starts again.
async fn restored(app: TestApp) -> TestApp {
    let now = app.now();
    app.restart_after(|dir, key| {
        let copy = backup::list(dir).unwrap().remove(0);
        let done = restore::restore(dir, key, &copy.path, now).unwrap();
        assert!(done.quarantined.is_some_and(|aside| aside.join("moulin.db").exists()));
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_left_after_the_copy_never_leaves_again() {
    for (kind, expected) in [
        // Without the key that was chosen after the copy only the words tell.
        (Kind::A, S::Published),
        (Kind::B, S::Published),
        (Kind::C, S::Published),
        (Kind::D, S::Published),
        (Kind::E, S::Published),
        (Kind::F, S::Published),
        (Kind::H, S::Held),
    ] {
        let mut app = TestApp::start(&[("scripted", kind, false)]).await;
        app.account("scripted", "one").await;
        let id = app.plan("Soupe", "scripted", Some(SignedDuration::from_hours(1))).await;
        app.engine.chores.self_test().await;
        app.engine.chores.each_hour().await;
        app.until(&id, S::Published, MINUTE * 61).await;
        app.pass_by(MINUTE * 90, MINUTE * 10).await;
        let mut app = restored(app).await;
        app.pass_by(MINUTE * 60, MINUTE).await;
        assert_eq!(app.world().count("Soupe"), 1, "{kind:?}: twice");
        assert_eq!(app.state(&id).await, expected, "{kind:?}: {:?}", app.log(&id).await);
        assert!(app.alerts().await.iter().any(|(kind, _)| kind == "data_restored"));
        if expected == S::Held {
            // To look again must not become a second call either.
            app.engine.queue.decide(&id, Decision::Check).await.unwrap();
            app.pass_by(MINUTE * 30, MINUTE).await;
            assert_eq!((app.world().count("Soupe"), app.state(&id).await), (1, S::Held), "{kind:?}");
        }
    }
}

/// Where the words are not found nobody can know.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_words_do_not_settle_asks_a_person() {
    for kind in [Kind::A, Kind::C] {
        let mut app = TestApp::start(&[("scripted", kind, false)]).await;
        app.account("scripted", "one").await;
        let hour = SignedDuration::from_hours(1);
        // The same dish twice, of which one left after the copy: it is proof of one only.
        let first = app.plan("Soupe", "scripted", Some(hour)).await;
        let second = app.plan("Soupe", "scripted", Some(hour + hour)).await;
        let never = app.plan("Tarte", "scripted", Some(hour + hour)).await;
        app.engine.chores.self_test().await;
        app.engine.chores.each_hour().await;
        app.until(&first, S::Published, MINUTE * 61).await;
        app.engine.queue.set_pause(vieux_moulin_engine::queue::Pause::UntilResumed, "test").await.unwrap();
        app.pass_by(MINUTE * 90, MINUTE * 10).await;
        app.world().always(Op::Reconcile, Act::Void);
        let mut app = restored(app).await;
        app.until(&first, S::Published, MINUTE * 30).await;
        for id in [&second, &never] {
            app.until(id, S::Held, MINUTE * 30).await;
        }
        assert_eq!((app.world().count("Soupe"), app.world().count("Tarte")), (1, 0), "{kind:?}");
        assert_eq!(app.world().calls_of(Op::Send, "Soupe").len(), 1, "{kind:?}");
        // Asked about again: nothing is sent before a person says so.
        app.engine.queue.decide(&never, Decision::Check).await.unwrap();
        app.pass_by(MINUTE * 10, MINUTE).await;
        assert_eq!((app.world().count("Tarte"), app.state(&never).await), (0, S::Held), "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_cannot_be_asked_after_a_restore_is_asked_again() {
    let mut app = TestApp::start(&[("scripted", Kind::A, false)]).await;
    app.account("scripted", "one").await;
    let id = app.plan("Soupe", "scripted", Some(SignedDuration::from_hours(1))).await;
    app.engine.chores.each_hour().await;
    app.until(&id, S::Published, MINUTE * 61).await;
    let away = || Act::fail(FailureClass::Retry);
    app.world().next(Op::LookUp, [away(), away()]);
    let mut app = restored(app).await;
    app.until(&id, S::Published, MINUTE * 60).await;
    assert_eq!(app.world().calls_of(Op::LookUp, "Soupe").len(), 3);
    assert_eq!(app.world().count("Soupe"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_did_not_leave_leaves_once_after_it_was_looked_for() {
    let mut app = TestApp::start(&[("scripted", Kind::E, false)]).await;
    app.account("scripted", "one").await;
    let id = app.plan("Tarte", "scripted", Some(SignedDuration::from_mins(30))).await;
    app.engine.chores.each_hour().await;
    app.engine.queue.set_pause(vieux_moulin_engine::queue::Pause::UntilResumed, "test").await.unwrap();
    app.pass_by(MINUTE * 40, MINUTE).await;
    let mut app = restored(app).await;
    app.until(&id, S::Published, MINUTE * 30).await;
    assert_eq!(app.world().count("Tarte"), 1);
    let looks = app.world().calls_of(Op::Reconcile, "Tarte");
    let sends = app.world().calls_of(Op::Send, "Tarte");
    assert!(looks.len() > 3 && looks.iter().all(|look| *look <= sends[0]), "{looks:?} {sends:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_handed_over_after_the_copy_is_found_at_the_network() {
    let mut app = TestApp::start(&[("facebook", Kind::E, true)]).await;
    app.account("facebook", "one").await;
    let mut settings = app.engine.settings();
    settings.publishing.hand_over.facebook_max_secs = 86_400;
    app.engine.apply_settings(settings);
    // Waits for its window when the copy is made, is handed over after it, is due long after the restore.
    let id = app.plan("Menu", "facebook", Some(SignedDuration::from_hours(25))).await;
    let later = app.plan("Plus tard", "facebook", Some(SignedDuration::from_hours(24 * 40))).await;
    app.engine.chores.each_hour().await;
    app.until(&id, S::HandedOver, MINUTE * 120).await;
    let mut app = restored(app).await;
    app.pass_by(MINUTE * 20, MINUTE).await;
    assert_eq!(app.world().count("Menu"), 1);
    assert_eq!(app.state(&id).await, S::HandedOver);
    assert_eq!(app.state(&later).await, S::Queued, "not found: back to where it was");
    assert_eq!(app.world().count("Plus tard"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_is_no_copy_changes_nothing() {
    let app = TestApp::start(&[("scripted", Kind::E, false)]).await;
    app.engine.chores.each_hour().await;
    let now = app.now();
    let app = app
        .restart_after(|dir, key| {
            let before = std::fs::read(dir.join("moulin.db")).unwrap();
            let good = backup::list(dir).unwrap().remove(0).path;
            let mut bytes = std::fs::read(&good).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            let bad = dir.join("abîmée.db");
            std::fs::write(&bad, bytes).unwrap();
            let other = vieux_moulin_engine::store::DatabaseKey::new([9; 32]);
            for (key, copy) in [(key, &bad), (&other, &good), (key, &dir.join("absente.db"))] {
                assert!(restore::restore(dir, key, copy, now).is_err(), "{}", copy.display());
            }
            assert_eq!(std::fs::read(dir.join("moulin.db")).unwrap(), before);
            assert!(!dir.join(restore::QUARANTINE).exists());
            assert!(!dir.join("moulin.db.restoring").exists());
        })
        .await;
    assert_eq!(app.alerts().await, []);
}

/// What the copy calls refused may have been tried again, and sent, since.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_refused_before_the_copy_is_looked_for_before_it_leaves() {
    let mut app = TestApp::start(&[("scripted", Kind::E, false)]).await;
    app.account("scripted", "one").await;
    app.world().next(Op::Send, [Act::fail(FailureClass::Content)]);
    let id = app.plan("Soupe", "scripted", None).await;
    app.until(&id, S::Rejected, MINUTE).await;
    app.engine.chores.each_hour().await;
    app.engine.queue.decide(&id, Decision::Retry).await.unwrap();
    app.until(&id, S::Published, MINUTE).await;
    let mut app = restored(app).await;
    assert_eq!(app.state(&id).await, S::Rejected);
    app.engine.queue.decide(&id, Decision::Retry).await.unwrap();
    app.until(&id, S::Published, MINUTE * 10).await;
    assert_eq!(app.world().count("Soupe"), 1);
}
