//! Posts that wait at the platform's own scheduler.

use std::time::Duration;

use jiff::SignedDuration;
use vieux_moulin_engine::{
    connectors::{Failure, FailureClass as C, Kind},
    domain::{DeliveryState as S, PostContent, Problem},
    orchestrator::{Change, PostPatch},
    queue::person::Decision,
};
use vieux_moulin_tests::{
    app::{TestApp, program},
    scripted::{Act, Op},
};

const MINUTE: Duration = Duration::from_secs(60);
const HOURS_30: Duration = Duration::from_secs(30 * 3600);
const HOUR: Option<SignedDuration> = Some(SignedDuration::from_hours(1));

async fn app() -> TestApp {
    let app = TestApp::start(&[("scripted", Kind::E, true)]).await;
    app.account("scripted", "one").await;
    app
}

fn body(text: &str) -> PostPatch {
    PostPatch {
        content: Some(PostContent { body: text.into(), ..PostContent::default() }),
        ..PostPatch::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_window_decides_who_keeps_the_time() {
    let (secs, hours) = (SignedDuration::from_secs, SignedDuration::from_hours);
    let rows = [
        (secs(20 * 60 - 1), S::Queued),
        (secs(20 * 60), S::HandedOver),
        (hours(29 * 24), S::HandedOver),
        (hours(29 * 24) + secs(120), S::Queued),
    ];
    for (ahead, expected) in rows {
        let mut app = app().await;
        let id = app.plan("Soupe", "scripted", Some(ahead)).await;
        app.settle().await;
        assert_eq!(app.state(&id).await, expected, "{ahead:?}");
        if ahead > hours(29 * 24) {
            app.pass_by(MINUTE * 3, MINUTE / 2).await;
            assert_eq!(app.state(&id).await, S::HandedOver, "the window opened");
        }
    }
}

/// `publishing.hand_over.facebook_*` of the settings, also for what waits already.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_owner_moves_the_window_of_facebook() {
    let (secs, hours) = (SignedDuration::from_secs, SignedDuration::from_hours);
    let mut app = TestApp::start(&[("facebook", Kind::E, true)]).await;
    app.account("facebook", "one").await;
    let window = |min, max| {
        let mut settings = app.engine.settings();
        settings.publishing.hand_over.facebook_min_secs = min;
        settings.publishing.hand_over.facebook_max_secs = max;
        app.engine.apply_settings(settings);
    };
    window(7200, 86_400);
    let near = app.plan("Près", "facebook", Some(secs(7200 - 1))).await;
    let inside = app.plan("Dedans", "facebook", Some(hours(3))).await;
    let far = app.plan("Loin", "facebook", Some(hours(25))).await;
    app.settle().await;
    assert_eq!(app.state(&near).await, S::Queued, "closer than the minimum: our own timer");
    assert_eq!(app.state(&inside).await, S::HandedOver);
    assert_eq!(app.state(&far).await, S::Queued, "further than the maximum: it waits");
    assert!(app.delivery(&far).await.hand_over);
    // The default minimum would have handed this one over.
    assert!(!app.delivery(&near).await.hand_over);
    app.pass_by(Duration::from_secs(3660), MINUTE).await;
    assert_eq!(app.state(&far).await, S::HandedOver, "the window opened");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_window_that_was_made_smaller_opens_later() {
    let mut app = TestApp::start(&[("facebook", Kind::E, true)]).await;
    app.account("facebook", "one").await;
    let waits = app.plan("Loin", "facebook", Some(SignedDuration::from_hours(30 * 24))).await;
    let mut settings = app.engine.settings();
    settings.publishing.hand_over.facebook_max_secs = 28 * 86_400;
    app.engine.apply_settings(settings);
    app.pass_by(HOURS_30, MINUTE * 30).await;
    assert_eq!(app.state(&waits).await, S::Queued, "the former window is not in force any more");
    app.pass_by(HOURS_30, MINUTE * 30).await;
    assert_eq!(app.state(&waits).await, S::HandedOver);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_verified_after_its_time_and_never_sent_by_us_too() {
    let mut app = app().await;
    let id = app.plan("Soupe", "scripted", HOUR).await;
    app.until(&id, S::HandedOver, MINUTE).await;
    app.pass_by(MINUTE * 59, MINUTE).await;
    assert!(app.world().calls_of(Op::Verify, "Soupe").is_empty());
    app.pass_by(MINUTE * 2, Duration::from_secs(5)).await;
    assert_eq!(app.state(&id).await, S::Published);
    assert_eq!(app.world().calls_of(Op::Send, "Soupe").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_platform_forgot_or_delays_is_told() {
    for (act, code) in [(Act::Gone, "hand_over_missing"), (Act::StillScheduled, "hand_over_late")] {
        let mut app = app().await;
        let id = app.plan("Soupe", "scripted", HOUR).await;
        app.until(&id, S::HandedOver, MINUTE).await;
        app.world().always(Op::Verify, act);
        app.pass_by(MINUTE * 80, MINUTE / 2).await;
        let held = app.delivery(&id).await;
        assert_eq!((held.state, held.problem.unwrap().code.as_str()), (S::Held, code));
    }
}

/// A platform that looks a post over first is waited for, also past the time allowed to a scheduler; what
/// it refuses is refused, and after a day of silence a person is asked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_platform_looks_over_is_waited_for() {
    let examines = Act::Examines(MINUTE * 5);
    for (then, state, code) in [
        (Act::Honest, S::Published, None),
        (Act::Refuses, S::Rejected, Some("moderation_refused")),
        (examines.clone(), S::Held, Some("moderation_too_long")),
    ] {
        let mut app = app().await;
        let id = app.plan("Soupe", "scripted", HOUR).await;
        app.until(&id, S::HandedOver, MINUTE).await;
        app.world().always(Op::Verify, examines.clone());
        app.pass_by(MINUTE * 120, MINUTE).await;
        assert_eq!(app.state(&id).await, S::HandedOver, "an hour of examination is no delay");
        let asked = app.world().calls_of(Op::Verify, "Soupe").len();
        assert!((8..=14).contains(&asked), "asked {asked} times in an hour");
        app.world().always(Op::Verify, then);
        let (patience, step) = if state == S::Held { (HOURS_30, MINUTE * 15) } else { (MINUTE * 10, MINUTE) };
        app.pass_by(patience, step).await;
        let ended = app.delivery(&id).await;
        assert_eq!((ended.state, ended.problem.map(|p| p.code).as_deref()), (state, code));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_window_that_closes_while_it_waits_is_kept_by_our_own_timer() {
    let mut app = app().await;
    app.world().next(Op::Send, [Act::fail_after(C::Retry, 30 * 60)]);
    let id = app.plan("Soupe", "scripted", Some(SignedDuration::from_mins(40))).await;
    app.pass_by(MINUTE * 39, MINUTE / 2).await;
    assert_eq!(app.state(&id).await, S::Queued);
    app.pass(MINUTE + Duration::from_secs(3)).await;
    assert_eq!(app.state(&id).await, S::Published);
    assert_eq!(app.world().count("Soupe"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_can_be_cancelled_changed_and_moved_there() {
    let mut app = app().await;
    let published = app.publish(app.request("Soupe", "scripted", HOUR)).await;
    let (post, id) = (published.post.id, published.deliveries[0].id.clone());
    app.until(&id, S::HandedOver, MINUTE).await;
    app.engine.orchestrator.edit(&post, body("Soupe chaude"), &program()).await.unwrap();
    app.pass(MINUTE).await;
    assert_eq!((app.world().count("Soupe"), app.world().count("Soupe chaude")), (0, 1));
    // Another time within the window.
    let later = PostPatch {
        scheduled_time: Some(Some((app.now() + SignedDuration::from_hours(2)).to_string())),
        ..PostPatch::default()
    };
    app.engine.orchestrator.edit(&post, later, &program()).await.unwrap();
    app.pass(MINUTE).await;
    let delivery = app.delivery(&id).await;
    assert_eq!((delivery.state, delivery.wanted), (S::HandedOver, None));
    assert_eq!(app.world().objects()[0].scheduled, Some(delivery.due_at));
    app.engine.queue.decide(&id, Decision::Cancel).await.unwrap();
    app.pass(MINUTE).await;
    assert_eq!(app.state(&id).await, S::Cancelled);
    assert_eq!(app.world().count("Soupe chaude"), 0);
}

/// Ten minutes from now is too near for the platform: taken back, then our own timer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_time_outside_the_window_takes_it_back_and_plans_it_anew() {
    let mut app = app().await;
    let published = app.publish(app.request("Soupe", "scripted", HOUR)).await;
    let (post, id) = (published.post.id, published.deliveries[0].id.clone());
    app.until(&id, S::HandedOver, MINUTE).await;
    let soon = PostPatch {
        scheduled_time: Some(Some((app.now() + SignedDuration::from_mins(10)).to_string())),
        ..PostPatch::default()
    };
    app.engine.orchestrator.edit(&post, soon, &program()).await.unwrap();
    app.pass(MINUTE).await;
    let requeued = app.delivery(&id).await;
    assert_eq!((requeued.state, requeued.remote_id), (S::Queued, None), "the old object is forgotten");
    assert_eq!(requeued.first_sent_at, None);
    assert_eq!(app.world().count("Soupe"), 0);
    // The new call ends in a doubt, and the token dies: it must still be looked up, not sent again.
    app.world().next(Op::Send, [Act::accepted_unheard()]);
    app.pass_by(MINUTE * 11, MINUTE / 4).await;
    app.until(&id, S::Published, MINUTE * 10).await;
    assert_eq!(app.world().count("Soupe"), 1);
}

/// "Take it back", then "plan it after all" before the platform was told: it must not be cancelled.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn planning_again_wins_over_a_cancellation_that_has_not_left() {
    let mut app = app().await;
    let published = app.publish(app.request("Soupe", "scripted", HOUR)).await;
    let (post, id) = (published.post.id, published.deliveries[0].id.clone());
    app.until(&id, S::HandedOver, MINUTE).await;
    app.world().always(Op::Delete, Act::fail(C::Retry));
    let draft = PostPatch { publish: Some(Change::Draft), ..PostPatch::default() };
    app.engine.orchestrator.edit(&post, draft, &program()).await.unwrap();
    app.pass(Duration::from_secs(2)).await;
    let again = PostPatch { publish: Some(Change::Schedule), ..PostPatch::default() };
    app.engine.orchestrator.edit(&post, again, &program()).await.unwrap();
    app.world().always(Op::Delete, Act::Honest);
    app.pass_by(MINUTE * 70, MINUTE / 2).await;
    let alive: Vec<_> = app.of_post(&post).await.iter().map(|delivery| delivery.state).collect();
    assert!(alive.contains(&S::Published), "{alive:?}");
    assert_eq!(app.world().count("Soupe"), 1);
}

/// The same race, with the removal already under way.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_made_during_a_call_is_not_forgotten() {
    let mut app = app().await;
    let published = app.publish(app.request("Soupe", "scripted", HOUR)).await;
    let (post, id) = (published.post.id, published.deliveries[0].id.clone());
    app.until(&id, S::HandedOver, MINUTE).await;
    app.world().next(Op::Update, [Act::Hang]);
    app.engine.orchestrator.edit(&post, body("Soupe chaude"), &program()).await.unwrap();
    app.settle().await;
    app.engine.orchestrator.edit(&post, body("Soupe froide"), &program()).await.unwrap();
    app.world().release.notify_one();
    app.pass(MINUTE).await;
    assert_eq!(app.world().count("Soupe froide"), 1, "{:?}", app.world().objects());
    // Taken back while the look-up of its fate is under way.
    app.world().next(Op::Verify, [Act::Hang]);
    app.pass_by(MINUTE * 61, MINUTE / 2).await;
    app.engine.queue.decide(&id, Decision::Cancel).await.unwrap();
    app.world().release.notify_one();
    app.pass(MINUTE).await;
    assert_eq!(app.world().count("Soupe froide"), 0, "{:#?}", app.delivery(&id).await);
    // Removed, and wanted again before the answer came.
    let published = app.publish(app.request("Tarte", "scripted", HOUR)).await;
    let (post, id) = (published.post.id, published.deliveries[0].id.clone());
    app.until(&id, S::HandedOver, MINUTE).await;
    app.world().next(Op::Delete, [Act::Hang]);
    let draft = PostPatch { publish: Some(Change::Draft), ..PostPatch::default() };
    app.engine.orchestrator.edit(&post, draft, &program()).await.unwrap();
    app.settle().await;
    let again = PostPatch { publish: Some(Change::Schedule), ..PostPatch::default() };
    app.engine.orchestrator.edit(&post, again, &program()).await.unwrap();
    app.world().release.notify_one();
    app.pass_by(MINUTE * 70, MINUTE / 2).await;
    assert_eq!(app.world().count("Tarte"), 1, "{:#?}", app.of_post(&post).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_platform_does_not_keep_leaves_by_our_own_timer() {
    let mut app = app().await;
    let refused = Failure::new(C::Content, Problem::new("hand_over_refused"));
    app.world().next(Op::Send, [Act::Fail(refused)]);
    let id = app.plan("Soupe", "scripted", HOUR).await;
    app.settle().await;
    let waiting = app.delivery(&id).await;
    assert_eq!((waiting.state, waiting.next_at), (S::RetryAt, Some(waiting.due_at)));
    app.pass_by(MINUTE * 61, MINUTE).await;
    let done = app.delivery(&id).await;
    assert_eq!((done.state, done.hand_over), (S::Published, false));
    assert_eq!(app.world().count("Soupe"), 1);
}

/// "Abandonner" on what the network has: it is taken back there, not only here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn giving_up_what_the_network_still_has_takes_it_back() {
    let mut app = app().await;
    let published = app.publish(app.request("Soupe", "scripted", HOUR)).await;
    let (post, id) = (published.post.id, published.deliveries[0].id.clone());
    app.until(&id, S::HandedOver, MINUTE).await;
    app.world().always(Op::Verify, Act::StillScheduled);
    app.pass_by(MINUTE * 80, MINUTE / 2).await;
    assert_eq!(app.state(&id).await, S::Held);
    app.engine.queue.decide(&id, Decision::Cancel).await.unwrap();
    app.pass(MINUTE / 4).await;
    let given_up = app.delivery(&id).await;
    assert_eq!((given_up.state, given_up.removed_at.is_some()), (S::Cancelled, true));
    assert_eq!(app.world().count("Soupe"), 0);
    let again = PostPatch { publish: Some(Change::Now), ..body("Soupe chaude") };
    app.engine.orchestrator.edit(&post, again, &program()).await.unwrap();
    app.pass(MINUTE / 4).await;
    assert_eq!((app.world().count("Soupe"), app.world().count("Soupe chaude")), (0, 1));
}

/// Without its account nothing can be taken back: what may be public is not posted a second time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_given_up_with_its_account_is_not_posted_again() {
    let mut app = app().await;
    let published = app.publish(app.request("Soupe", "scripted", HOUR)).await;
    let (post, id) = (published.post.id, published.deliveries[0].id.clone());
    let account = app.until(&id, S::HandedOver, MINUTE).await.account_id;
    app.engine.connections.remove(&account, "window").await.unwrap();
    app.engine.queue.decide(&id, Decision::Cancel).await.unwrap();
    assert_eq!(app.state(&id).await, S::Cancelled);
    app.account("scripted", "one").await;
    let again = PostPatch { publish: Some(Change::Now), ..body("Soupe chaude") };
    app.engine.orchestrator.edit(&post, again, &program()).await.unwrap();
    app.pass(MINUTE / 4).await;
    assert_eq!(app.world().objects().len(), 1, "{:?}", app.world().objects());
}

/// The change never reached the network: what is taken back is what it has, not what was wished.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_taken_back_is_looked_for_by_what_the_network_has() {
    let mut app = app().await;
    let published = app.publish(app.request("Soupe", "scripted", HOUR)).await;
    let (post, id) = (published.post.id, published.deliveries[0].id.clone());
    app.until(&id, S::HandedOver, MINUTE).await;
    app.world().always(Op::Update, Act::fail(C::Retry));
    app.engine.orchestrator.edit(&post, body("Soupe chaude"), &program()).await.unwrap();
    app.settle().await;
    app.world().next(Op::Delete, [Act::fail(C::Retry)]);
    app.engine.orchestrator.delete(&post, true, &program()).await.unwrap();
    app.until(&id, S::Cancelled, MINUTE * 5).await;
    assert_eq!(app.world().calls_of(Op::Delete, "Soupe").len(), 2, "{:?}", app.world().calls());
    // The same for what has to be made anew.
    let published = app.publish(app.request("Tarte", "scripted", HOUR)).await;
    let (post, id) = (published.post.id, published.deliveries[0].id.clone());
    app.until(&id, S::HandedOver, MINUTE).await;
    let needs_new = Failure::new(C::Content, Problem::new("edit_needs_new_delivery"));
    app.world().always(Op::Update, Act::Fail(needs_new));
    app.engine.orchestrator.edit(&post, body("Tarte fine"), &program()).await.unwrap();
    app.pass(MINUTE / 4).await;
    assert_eq!(app.world().calls_of(Op::Delete, "Tarte").len(), 1);
    assert_eq!((app.world().count("Tarte"), app.world().count("Tarte fine")), (0, 1));
}

/// It has left the scheduler and is not in the lists: they lag, so that one look proves nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_empty_list_is_not_believed_when_it_is_taken_back() {
    let unseen = || Act::Fail(Failure::new(C::Retry, Problem::new("hand_over_unseen")));
    let mut app = app().await;
    let id = app.plan("Soupe", "scripted", HOUR).await;
    app.until(&id, S::HandedOver, MINUTE).await;
    // Failures on the way are no looks.
    app.world().next(Op::Delete, [Act::fail(C::NotSent), Act::fail(C::NotSent), Act::fail(C::NotSent)]);
    app.world().next(Op::Delete, [unseen(), unseen()]);
    app.engine.queue.decide(&id, Decision::Cancel).await.unwrap();
    app.until(&id, S::Cancelled, MINUTE * 10).await;
    assert_eq!(app.world().count("Soupe"), 0);
    // Nowhere for good: believed after all the looks.
    app.world().always(Op::Delete, unseen());
    let id = app.plan("Tarte", "scripted", HOUR).await;
    app.until(&id, S::HandedOver, MINUTE).await;
    app.engine.queue.decide(&id, Decision::Cancel).await.unwrap();
    app.pass_by(MINUTE * 5, MINUTE / 12).await;
    assert_eq!(app.state(&id).await, S::HandedOver);
    app.until(&id, S::Cancelled, MINUTE * 5).await;
    assert_eq!(app.world().calls_of(Op::Delete, "Tarte").len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_look_that_does_not_find_it_alarms_nobody() {
    let mut app = app().await;
    let id = app.plan("Soupe", "scripted", HOUR).await;
    app.until(&id, S::HandedOver, MINUTE).await;
    app.world().next(Op::Verify, [Act::Gone, Act::Gone]);
    app.pass_by(MINUTE * 64, MINUTE / 6).await;
    assert_eq!(app.state(&id).await, S::Published);
    assert!(app.log(&id).await.iter().all(|line| line != "verify held"));
}

/// An answer that is no clear refusal says nothing, whatever its words.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unclear_refusal_of_a_hand_over_is_a_doubt() {
    let mut app = app().await;
    let unclear = Failure::new(C::Unknown, Problem::new("hand_over_refused"));
    app.world().next(Op::Send, [Act::DoThenFail(unclear)]);
    let id = app.plan("Soupe", "scripted", HOUR).await;
    app.until(&id, S::HandedOver, MINUTE * 10).await;
    app.pass_by(MINUTE * 62, MINUTE / 2).await;
    assert_eq!((app.state(&id).await, app.world().count("Soupe")), (S::Published, 1));
}
