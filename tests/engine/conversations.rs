//! Comments, mentions and reviews: when they are read, what is kept of them, whom they wake, and that an
//! answer leaves exactly once.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use vieux_moulin_engine::{
    connectors::{FailureClass as C, Kind, Said},
    domain::{
        AccountState, ConversationItem, ConversationItemId, ConversationKind, DeliveryId, DeliveryState as S,
    },
    orchestrator::{PostPatch, Refusal},
    store::{accounts, alerts, conversations},
};
use vieux_moulin_tests::{
    app::{TestApp, person, program},
    scripted::{Act, Op, failure},
    talking::review,
};

const MINUTE: Duration = Duration::from_secs(60);
const REVIEWS: &[ConversationKind] = &[ConversationKind::Review];
const COMMENTS: &[ConversationKind] = &[ConversationKind::Comment];

async fn items(app: &TestApp) -> Vec<(ConversationItem, bool)> {
    let filter = conversations::Filter { limit: 100, ..conversations::Filter::default() };
    app.engine.store.read(move |c| conversations::list(c, &filter)).await.unwrap()
}

async fn only(app: &TestApp) -> (ConversationItem, bool) {
    let mut all = items(app).await;
    assert_eq!(all.len(), 1, "{all:#?}");
    all.remove(0)
}

/// Reads now, whatever the hour.
async fn read(app: &mut TestApp) {
    app.engine.conversations.read_now().await.unwrap();
    app.settle().await;
}

async fn reply(app: &TestApp, id: &ConversationItemId, text: &str) -> Result<DeliveryId, Refusal> {
    let published = app.engine.orchestrator.reply(id, text, &program(), None).await?;
    Ok(published.deliveries.first().unwrap().id.clone())
}

fn comment(remote_id: &str, text: &str, at: Timestamp) -> Said {
    Said { text: Some(text.into()), ..Said::new(ConversationKind::Comment, remote_id, at) }
}

/// Minutes between the readings.
fn gaps(readings: &[Timestamp]) -> Vec<i64> {
    let minutes = |pair: &[Timestamp]| (pair[1].duration_since(pair[0]).as_secs() + 30) / 60;
    readings.windows(2).map(minutes).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn comments_are_read_often_while_somebody_looks_and_seldom_otherwise() {
    let (mut app, _) = TestApp::conversing(Kind::E, COMMENTS).await;
    app.pass_by(MINUTE * 100, Duration::from_secs(15)).await;
    let alone = app.world().talk.readings();
    assert_eq!(gaps(&alone), [30, 30, 30], "{alone:?}");

    for _ in 0..25 {
        app.engine.conversations.note_looked_at();
        app.pass_by(MINUTE, Duration::from_secs(15)).await;
    }
    let watched = app.world().talk.readings().split_off(alone.len());
    assert!(gaps(&watched).iter().all(|gap| *gap == 5), "{watched:?}");
    assert!(watched.len() >= 4, "{watched:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_low_review_is_told_within_ten_minutes_although_nobody_looks() {
    let (mut app, _) = TestApp::conversing(Kind::G, REVIEWS).await;
    app.pass_by(MINUTE * 7, Duration::from_secs(15)).await;
    let written = app.now();
    app.world().talk.say(review("one", 3, written));
    app.world().talk.say(review("fine", 4, written));
    app.pass_by(MINUTE * 10, Duration::from_secs(15)).await;
    assert_eq!(app.alerts().await, [("review_low".to_owned(), 1)]);
    // The desktop is still to show it, as every other.
    let waiting = app.engine.store.read(alerts::to_notify).await.unwrap();
    let waiting: Vec<_> = waiting.iter().map(|alert| alert.kind.as_str()).collect();
    assert_eq!(waiting, ["review_low"]);
    // Read again and again, it is told once.
    app.pass_by(MINUTE * 30, Duration::from_secs(30)).await;
    assert_eq!(app.alerts().await, [("review_low".to_owned(), 1)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_said_before_the_account_was_connected_wakes_nobody() {
    let (mut app, _) = TestApp::conversing(Kind::G, REVIEWS).await;
    let long_ago = app.now() - SignedDuration::from_hours(24 * 30);
    app.world().talk.say(review("old", 1, long_ago));
    read(&mut app).await;
    assert_eq!(items(&app).await.len(), 1);
    assert!(app.alerts().await.is_empty());
    // Written down to one star later, it is news.
    let now = app.now();
    app.world().talk.say(Said { changed_at: now, text: Some("Pire".into()), ..review("old", 1, long_ago) });
    read(&mut app).await;
    assert_eq!(app.alerts().await, [("review_low".to_owned(), 1)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_or_a_settled_review_closes_the_alert() {
    let (mut app, _) = TestApp::conversing(Kind::G, REVIEWS).await;
    let now = app.now();
    app.world().talk.say(review("one", 1, now));
    app.world().talk.say(review("two", 2, now));
    read(&mut app).await;
    assert_eq!(app.alerts().await, [("review_low".to_owned(), 2)]);
    let all = items(&app).await;
    reply(&app, &all[0].0.id, "Merci de votre retour").await.unwrap();
    assert_eq!(app.alerts().await.len(), 1, "one still waits");
    app.engine.conversations.set_handled(&all[1].0.id, true).await.unwrap();
    assert!(app.alerts().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_thing_is_never_two_rows_and_follows_its_author() {
    let (mut app, _) = TestApp::conversing(Kind::E, COMMENTS).await;
    let at = app.now();
    app.world().talk.say(comment("c", "Bravo", at));
    read(&mut app).await;
    let (first, unanswered) = only(&app).await;
    assert!(unanswered);
    app.engine.conversations.set_handled(&first.id, true).await.unwrap();
    assert!(!only(&app).await.1);

    read(&mut app).await;
    let (same, unanswered) = only(&app).await;
    assert!(same.handled_at.is_some() && !unanswered, "reading again opens nothing");

    app.world().talk.say(comment("c", "Bravo, mais froid", at));
    read(&mut app).await;
    let (edited, unanswered) = only(&app).await;
    assert_eq!((&edited.id, edited.text.as_deref()), (&first.id, Some("Bravo, mais froid")));
    assert!(unanswered && edited.read_at.is_none(), "other words have to be looked at again");

    app.world().talk.unsay("c");
    read(&mut app).await;
    let (gone, unanswered) = only(&app).await;
    assert!(gone.deleted_at.is_some() && !unanswered);
    assert_eq!(gone.text.as_deref(), Some("Bravo, mais froid"), "what it was stays to be read");
    let refused = reply(&app, &gone.id, "Merci").await.unwrap_err();
    assert_eq!(refused.code, "conversation_deleted");
}

/// Reading fails: neither the account nor its posts notice, and the platform's patience is respected.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reading_that_fails_stops_nothing() {
    for (class, after, pause) in [(C::Reauth, None, 30), (C::Retry, Some(1200), 20), (C::NotSent, None, 1)] {
        let (mut app, account) = TestApp::conversing(Kind::E, REVIEWS).await;
        let failure = failure(class).after(after.map(Duration::from_secs));
        app.world().talk.refuse(Some(failure));
        app.pass_by(MINUTE * 45, Duration::from_secs(15)).await;
        let readings = app.world().talk.readings();
        assert!(gaps(&readings).iter().all(|gap| *gap == pause), "{class:?}: {readings:?}");
        let row = account.clone();
        let kept = app.engine.store.read(move |c| accounts::find(c, &row)).await.unwrap().unwrap();
        assert_eq!(kept.state, AccountState::Connected, "{class:?}");
        let id = app.plan("Soupe", "scripted", None).await;
        app.until(&id, S::Published, MINUTE).await;
        let reading = app.engine.store.read(move |c| conversations::reading(c, &account)).await.unwrap();
        assert!(reading.problem.is_some() && reading.read_at.is_none());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_post_that_is_about_to_leave_goes_before_a_reading() {
    let (mut app, _) = TestApp::conversing(Kind::E, REVIEWS).await;
    app.pass(Duration::from_secs(40)).await;
    let first = app.world().talk.readings();
    assert_eq!(first.len(), 1);
    // Due twenty seconds after the next reading would begin.
    let id = app.plan("Soupe", "scripted", Some(SignedDuration::from_secs(5 * 60 - 20))).await;
    app.until(&id, S::Published, MINUTE * 6).await;
    let sent = app.delivery(&id).await.finished_at.unwrap();
    app.pass_by(MINUTE * 2, Duration::from_secs(10)).await;
    let second = app.world().talk.readings()[1];
    assert!(second >= sent, "{second} before {sent}");
}

/// The answer of the platform is lost each time: the reply is there once all the same, or a person is asked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_leaves_exactly_once_whatever_is_heard() {
    for kind in [Kind::A, Kind::B, Kind::C, Kind::D, Kind::E, Kind::H] {
        let (mut app, _) = TestApp::conversing(kind, COMMENTS).await;
        let now = app.now();
        app.world().talk.say(comment("c", "Bravo", now));
        read(&mut app).await;
        let (item, _) = only(&app).await;
        app.world().next(Op::Send, [Act::accepted_unheard()]);
        let id = reply(&app, &item.id, "Merci !").await.unwrap();
        let end = match kind {
            Kind::H => S::Held,
            _ => S::Published,
        };
        app.until(&id, end, MINUTE * 30).await;
        assert_eq!(app.world().count("Merci !"), 1, "{kind:?}");
        assert!(!only(&app).await.1, "{kind:?}: nobody is asked to answer twice");
        let delivery = app.delivery(&id).await;
        assert_eq!(delivery.content.reply_to.unwrap().remote_id, "c");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_answer_again_is_the_same_delivery_and_another_one_waits() {
    let (mut app, _) = TestApp::conversing(Kind::E, COMMENTS).await;
    let now = app.now();
    app.world().talk.say(comment("c", "Bravo", now));
    read(&mut app).await;
    let (item, _) = only(&app).await;
    app.world().next(Op::Send, [Act::Hang]);
    let id = reply(&app, &item.id, "Merci !").await.unwrap();
    app.settle().await;
    assert_eq!(reply(&app, &item.id, "Merci !").await.unwrap(), id);
    assert_eq!(reply(&app, &item.id, "Autre chose").await.unwrap_err().code, "reply_under_way");
    app.world().release.notify_one();
    app.until(&id, S::Published, MINUTE).await;
    let second = reply(&app, &item.id, "Autre chose").await.unwrap();
    app.until(&second, S::Published, MINUTE).await;
    assert_eq!((app.world().count("Merci !"), app.world().count("Autre chose")), (1, 1));
}

/// The window and the dashboard answer the same guest at the same moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_answers_at_once_one_gets_through() {
    let (mut app, _) = TestApp::conversing(Kind::E, COMMENTS).await;
    let now = app.now();
    for round in 0..10 {
        app.world().talk.say(comment(&format!("c{round}"), "Bravo", now));
    }
    read(&mut app).await;
    for (item, _) in items(&app).await {
        let (one, other) = tokio::join!(reply(&app, &item.id, "Merci !"), reply(&app, &item.id, "À bientôt"));
        assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1, "{one:?} {other:?}");
    }
}

/// A list that is empty for a moment settles nothing for good.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_low_review_that_comes_back_is_told_again() {
    let (mut app, _) = TestApp::conversing(Kind::G, REVIEWS).await;
    let now = app.now();
    app.world().talk.say(review("one", 1, now));
    read(&mut app).await;
    app.world().talk.unsay("one");
    read(&mut app).await;
    assert!(app.alerts().await.is_empty());
    app.world().talk.say(review("one", 1, now));
    read(&mut app).await;
    assert_eq!(app.alerts().await, [("review_low".to_owned(), 1)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_is_no_post_of_the_calendar_and_is_taken_back_not_edited() {
    let (mut app, _) = TestApp::conversing(Kind::E, COMMENTS).await;
    let now = app.now();
    app.world().talk.say(comment("c", "Bravo", now));
    read(&mut app).await;
    let (item, _) = only(&app).await;
    let orchestrator = app.engine.orchestrator.clone();
    let published = orchestrator.reply(&item.id, "Merci !", &person(), None).await.unwrap();
    let post = published.post.id.clone();
    let listed = app
        .engine
        .store
        .read(|c| {
            let filter = vieux_moulin_engine::store::posts::Filter { limit: 10, ..Default::default() };
            vieux_moulin_engine::store::posts::list(c, &filter)
        })
        .await
        .unwrap();
    assert!(listed.is_empty());
    let patch = PostPatch { platforms: Some(vec!["scripted".into()]), ..PostPatch::default() };
    assert_eq!(orchestrator.edit(&post, patch, &person()).await.unwrap_err().code, "reply_not_editable");
    let id = published.deliveries[0].id.clone();
    orchestrator.undo(&post, &person()).await.unwrap();
    assert_eq!(app.state(&id).await, S::Cancelled);
    app.pass(MINUTE).await;
    assert_eq!(app.world().count("Merci !"), 0);
    assert!(only(&app).await.1, "it waits for an answer again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_that_do_not_fit_are_refused_before_anything_is_planned() {
    let (mut app, _) = TestApp::conversing(Kind::E, COMMENTS).await;
    let now = app.now();
    app.world().talk.say(comment("c", "Bravo", now));
    read(&mut app).await;
    let (item, _) = only(&app).await;
    for (text, code) in [("  ", "text_empty"), (&*"é".repeat(201), "text_too_long")] {
        assert_eq!(reply(&app, &item.id, text).await.unwrap_err().code, code);
    }
    assert!(only(&app).await.1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_people_said_goes_with_the_account_and_with_the_years() {
    let (mut app, account) = TestApp::conversing(Kind::E, COMMENTS).await;
    let now = app.now();
    app.world().talk.say(comment("new", "Bravo", now));
    app.world().talk.say(comment("old", "Jadis", now - conversations::KEPT - SignedDuration::from_hours(1)));
    read(&mut app).await;
    assert_eq!(items(&app).await.len(), 2);
    app.engine.store.write(move |tx| conversations::purge(tx, now)).await.unwrap();
    assert_eq!(only(&app).await.0.remote_id, "new");
    app.engine.connections.remove(&account, "window").await.unwrap();
    assert!(items(&app).await.is_empty());
}
