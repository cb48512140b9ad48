//! Editing, taking back, deleting and restoring posts in each state.

use std::time::Duration;

use jiff::SignedDuration;
use vieux_moulin_engine::{
    connectors::{Credentials, FailureClass as C, Kind},
    domain::{Delivery, DeliveryState as S, PostContent},
    orchestrator::{Change, PostPatch},
    queue::{Pause, person::Decision},
};
use vieux_moulin_tests::{
    app::{TestApp, person, program},
    scripted::{Act, Op},
};

const MINUTE: Duration = Duration::from_secs(60);
const SOON: Option<SignedDuration> = Some(SignedDuration::from_mins(5));

async fn app() -> TestApp {
    let app = TestApp::start(&[("scripted", Kind::E, false)]).await;
    app.account("scripted", "one").await;
    app
}

fn body(text: &str) -> PostPatch {
    PostPatch {
        content: Some(PostContent { body: text.into(), ..PostContent::default() }),
        ..PostPatch::default()
    }
}

fn draft() -> PostPatch {
    PostPatch { publish: Some(Change::Draft), ..PostPatch::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_while_it_waits_replaces_it() {
    let mut app = app().await;
    let post = app.publish(app.request("Soupe", "scripted", SOON)).await.post.id;
    app.engine.orchestrator.edit(&post, body("Soupe chaude"), &program()).await.unwrap();
    app.pass_by(MINUTE * 6, MINUTE / 4).await;
    assert_eq!((app.world().count("Soupe"), app.world().count("Soupe chaude")), (0, 1));
    assert_eq!(app.of_post(&post).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_after_publication_changes_it_in_place() {
    let mut app = app().await;
    let post = app.publish(app.request("Soupe", "scripted", None)).await.post.id;
    app.settle().await;
    app.engine.orchestrator.edit(&post, body("Soupe chaude"), &program()).await.unwrap();
    app.pass(MINUTE).await;
    assert_eq!((app.world().count("Soupe"), app.world().count("Soupe chaude")), (0, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_time_of_what_is_out_can_no_longer_change() {
    let mut app = app().await;
    let post = app.publish(app.request("Soupe", "scripted", SOON)).await.post.id;
    app.pass_by(MINUTE * 6, MINUTE / 4).await;
    assert_eq!(app.of_post(&post).await[0].state, S::Published);
    let before = app.engine.orchestrator.post(&post).await.unwrap().0;
    for text in [None, Some("Soupe chaude")] {
        let later = Some(Some("2036-01-01T12:00:00".to_owned()));
        let content = text.and_then(|text| body(text).content);
        let patch = PostPatch { scheduled_time: later, content, ..PostPatch::default() };
        let refused = app.engine.orchestrator.edit(&post, patch, &program()).await.unwrap_err();
        assert_eq!(refused.code, "already_out");
    }
    let after = app.engine.orchestrator.post(&post).await.unwrap().0;
    assert_eq!((after.schedule, after.revision), (before.schedule, before.revision));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_time_does_not_revive_what_was_called_off() {
    let mut app = TestApp::start(&[("first", Kind::E, false), ("second", Kind::E, false)]).await;
    app.account("first", "one").await;
    app.account("second", "one").await;
    let mut request = app.request("Soupe", "first", SOON);
    request.platforms.push("second".to_owned());
    let post = app.publish(request).await.post.id;
    let called_off = app.of_post(&post).await.into_iter().find(|row| row.platform == "second").unwrap();
    app.engine.queue.decide(&called_off.id, Decision::Cancel).await.unwrap();
    let at = (app.now() + SignedDuration::from_mins(10)).to_string();
    let later = PostPatch { scheduled_time: Some(Some(at)), ..PostPatch::default() };
    app.engine.orchestrator.edit(&post, later, &program()).await.unwrap();
    app.engine.orchestrator.edit(&post, body("Soupe chaude"), &program()).await.unwrap();
    app.pass_by(MINUTE * 11, MINUTE / 4).await;
    let states = |rows: Vec<Delivery>, platform: &str| -> Vec<S> {
        rows.into_iter().filter(|row| row.platform == platform).map(|row| row.state).collect()
    };
    assert_eq!(states(app.of_post(&post).await, "first"), [S::Published]);
    assert_eq!(states(app.of_post(&post).await, "second"), [S::Cancelled]);
    // Whoever names the networks again means it.
    let again = PostPatch { platforms: Some(vec!["first".into(), "second".into()]), ..PostPatch::default() };
    app.engine.orchestrator.edit(&post, again, &program()).await.unwrap();
    assert_eq!(app.of_post(&post).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_while_it_leaves_is_refused() {
    let mut app = app().await;
    app.world().next(Op::Send, [Act::Hang]);
    let post = app.publish(app.request("Soupe", "scripted", None)).await.post.id;
    app.settle().await;
    let refused = app.engine.orchestrator.edit(&post, body("Tarte"), &program()).await.unwrap_err();
    assert_eq!(refused.code, "illegal_transition");
    app.world().release.notify_one();
    app.pass(Duration::from_secs(3)).await;
    assert_eq!((app.world().count("Soupe"), app.world().count("Tarte")), (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_after_a_refusal_replaces_what_was_refused() {
    for failure in [Act::fail(C::Content), Act::fail(C::Retry), Act::fail(C::Duplicate)] {
        let mut app = app().await;
        app.world().next(Op::Send, [failure.clone()]);
        let post = app.publish(app.request("Soupe", "scripted", None)).await.post.id;
        app.settle().await;
        app.engine.orchestrator.edit(&post, body("Tarte"), &program()).await.unwrap();
        app.pass_by(MINUTE * 5, Duration::from_secs(10)).await;
        assert_eq!((app.world().count("Soupe"), app.world().count("Tarte")), (0, 1), "{failure:?}");
    }
}

/// Refused for a dead token, queued again by the reconnection, edited before it left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_of_what_was_turned_away_and_queued_again_makes_one_post() {
    for take_back in [false, true] {
        let mut app = app().await;
        let account =
            app.engine.store.read(vieux_moulin_engine::store::accounts::list).await.unwrap()[0].id.clone();
        app.world().next(Op::Send, [Act::fail(C::Reauth)]);
        let post = app.publish(app.request("Soupe", "scripted", None)).await.post.id;
        app.settle().await;
        app.engine.queue.set_pause(Pause::UntilResumed, "test").await.unwrap();
        let mut credentials = Credentials::default();
        credentials.set("token", "one");
        app.engine.connections.reconnect(&account, credentials, "window").await.unwrap();
        app.settle().await;
        assert_eq!(app.of_post(&post).await[0].state, S::Queued);
        let patch = if take_back { draft() } else { body("Tarte") };
        app.engine.orchestrator.edit(&post, patch, &program()).await.unwrap();
        app.engine.queue.set_pause(Pause::Running, "test").await.unwrap();
        app.pass(MINUTE).await;
        assert_eq!(app.world().count("Soupe"), 0, "the old text left, take_back: {take_back}");
        assert_eq!(app.world().count("Tarte"), usize::from(!take_back));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publish_now_can_be_undone_for_thirty_seconds() {
    let mut app = app().await;
    let request = app.request("Soupe", "scripted", None);
    let published = app.engine.orchestrator.publish(request, &person(), None).await.unwrap();
    app.pass(Duration::from_secs(25)).await;
    assert!(app.world().calls_of(Op::Send, "Soupe").is_empty());
    app.engine.orchestrator.undo(&published.post.id, &person()).await.unwrap();
    app.pass(MINUTE).await;
    assert!(app.world().objects().is_empty());
    assert!(app.of_post(&published.post.id).await.is_empty());
    let request = app.request("Tarte", "scripted", None);
    let published = app.engine.orchestrator.publish(request, &person(), None).await.unwrap();
    app.pass(Duration::from_secs(32)).await;
    assert_eq!(app.world().count("Tarte"), 1);
    let refused = app.engine.orchestrator.undo(&published.post.id, &person()).await.unwrap_err();
    assert_eq!(refused.code, "too_late");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deleted_post_does_not_leave_and_a_restored_one_is_a_draft() {
    let mut app = app().await;
    let post = app.publish(app.request("Soupe", "scripted", SOON)).await.post.id;
    let deleted = app.engine.orchestrator.delete(&post, false, &program()).await.unwrap();
    assert!(deleted.post.deleted_at.is_some());
    app.pass_by(MINUTE * 6, MINUTE / 4).await;
    assert!(app.world().objects().is_empty());
    let restored = app.engine.orchestrator.restore(&post, &program()).await.unwrap();
    assert!(restored.post.deleted_at.is_none());
    app.pass(MINUTE).await;
    assert!(app.world().objects().is_empty(), "restoring plans nothing");
    let now = PostPatch { publish: Some(Change::Now), ..PostPatch::default() };
    app.engine.orchestrator.edit(&post, now, &program()).await.unwrap();
    app.pass(Duration::from_secs(3)).await;
    assert_eq!(app.world().count("Soupe"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deleting_with_the_platforms_copy_removes_it_there() {
    let mut app = app().await;
    let post = app.publish(app.request("Soupe", "scripted", None)).await.post.id;
    app.settle().await;
    app.engine.orchestrator.delete(&post, false, &program()).await.unwrap();
    app.pass(Duration::from_secs(3)).await;
    assert_eq!(app.world().count("Soupe"), 1);
    app.engine.orchestrator.delete(&post, true, &program()).await.unwrap();
    app.pass(Duration::from_secs(3)).await;
    assert_eq!(app.world().count("Soupe"), 0);
}

/// What the row shows is what the platform has, not what somebody would like.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_change_leaves_the_published_text_in_the_row() {
    let mut app = app().await;
    let published = app.publish(app.request("Soupe", "scripted", None)).await;
    let id = published.deliveries[0].id.clone();
    app.settle().await;
    app.world().next(Op::Update, [Act::fail(C::Retry), Act::fail(C::Content)]);
    app.engine.orchestrator.edit(&published.post.id, body("Tarte"), &program()).await.unwrap();
    app.settle().await;
    let waiting = app.delivery(&id).await;
    assert_eq!((waiting.content.text.as_str(), waiting.content.shown().text.as_str()), ("Tarte", "Soupe"));
    app.pass_by(MINUTE * 30, MINUTE / 2).await;
    let refused = app.delivery(&id).await;
    assert_eq!(refused.problem.map(|problem| problem.code).as_deref(), Some("change_refused"));
    assert_eq!((refused.state, refused.content.text.as_str()), (S::Published, "Soupe"));
    assert_eq!((refused.content.replaces, refused.wanted), (None, None));
    assert_eq!(app.world().count("Soupe"), 1);
    // The same change can be asked for again.
    app.engine.orchestrator.edit(&published.post.id, body("Tarte"), &program()).await.unwrap();
    app.pass(MINUTE).await;
    assert_eq!((app.world().count("Soupe"), app.world().count("Tarte")), (0, 1));
    assert_eq!(app.delivery(&id).await.content.replaces, None);
}

/// The platform kept it, and whether it went out could not be seen: an edit looks first, and changes what
/// is public. It never makes a second one.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_of_what_a_platform_kept_and_nobody_saw_leave_looks_first() {
    for published in [true, false] {
        let mut app = TestApp::start(&[("scripted", Kind::E, true)]).await;
        app.account("scripted", "one").await;
        let planned =
            app.publish(app.request("Soupe", "scripted", Some(SignedDuration::from_mins(30)))).await;
        let id = planned.deliveries[0].id.clone();
        app.world().always(Op::Verify, Act::Gone);
        // Lists lag: it is missed only after several looks.
        app.pass_by(MINUTE * 60, MINUTE / 2).await;
        assert_eq!(app.state(&id).await, S::Held);
        if published {
            app.world().always(Op::Verify, Act::Honest);
        }
        app.engine.orchestrator.edit(&planned.post.id, body("Tarte"), &program()).await.unwrap();
        app.pass_by(MINUTE * 30, MINUTE / 4).await;
        let delivery = app.delivery(&id).await;
        assert_eq!(app.of_post(&planned.post.id).await.len(), 1);
        assert_eq!(app.world().objects().len(), 1, "never a second one");
        if published {
            assert_eq!((delivery.state, delivery.content.shown().text.as_str()), (S::Published, "Tarte"));
            assert_eq!(app.world().count("Tarte"), 1);
        } else {
            assert_eq!((delivery.state, delivery.content.text.as_str()), (S::Held, "Soupe"));
            assert_eq!(delivery.problem.map(|problem| problem.code).as_deref(), Some("hand_over_missing"));
        }
    }
}
