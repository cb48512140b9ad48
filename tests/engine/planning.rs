//! From a request to rows: identical requests, idempotency keys, times.

use std::time::Duration;

use jiff::SignedDuration;
use vieux_moulin_engine::{
    connectors::{FailureClass, Kind},
    domain::DeliveryState,
    orchestrator::{Change, IdempotencyClaim, PostPatch, Published},
    queue::person::Decision,
    store::idempotency,
};
use vieux_moulin_tests::{
    app::{TestApp, person, program},
    scripted::{Act, Op},
};

const SOON: Option<SignedDuration> = Some(SignedDuration::from_mins(5));

async fn app() -> TestApp {
    let app = TestApp::start(&[("scripted", Kind::E, false)]).await;
    app.account("scripted", "one").await;
    app
}

async fn number_of_posts(app: &TestApp) -> i64 {
    app.engine
        .store
        .read(|c| Ok(c.query_row("SELECT count(*) FROM posts", [], |row| row.get(0))?))
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_identical_request_returns_the_first_item() {
    let mut app = app().await;
    let first = app.publish(app.request("Soupe", "scripted", SOON)).await;
    let second = app.publish(app.request("Soupe", "scripted", SOON)).await;
    assert_eq!(first.post.id, second.post.id);
    assert_eq!(first.deliveries[0].id, second.deliveries[0].id);
    assert_eq!(second.warnings[0].code, "already_planned");
    assert_eq!(number_of_posts(&app).await, 1);
    app.pass_by(Duration::from_secs(400), Duration::from_secs(10)).await;
    assert_eq!(app.world().count("Soupe"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_key_is_written_with_the_work_or_not_at_all() {
    let app = app().await;
    let claim = || IdempotencyClaim {
        caller: "api:test".into(),
        key: "k1".into(),
        request_hash: "h".into(),
        render: |published: &Published| (202, published.post.id.to_string()),
    };
    let first = app.request("Soupe", "scripted", SOON);
    let planned = app.engine.orchestrator.publish(first, &program(), Some(claim())).await.unwrap();
    let kept = app.engine.store.read(|c| idempotency::find(c, "api:test", "k1")).await.unwrap().unwrap();
    assert_eq!((kept.status, kept.response), (202, planned.post.id.to_string()));
    // The key exists: the work of the second request is undone with it.
    let second = app.request("Tarte", "scripted", SOON);
    app.engine.orchestrator.publish(second, &program(), Some(claim())).await.unwrap_err();
    assert_eq!(number_of_posts(&app).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_time_in_the_past_is_refused_and_nothing_is_planned() {
    let app = app().await;
    let request = app.request("Soupe", "scripted", Some(SignedDuration::from_secs(-60)));
    assert_eq!(app.try_publish(request).await.unwrap_err().code, "past_date");
    let mut unknown = app.request("Soupe", "scripted", SOON);
    unknown.platforms = vec!["scriptd".into()];
    assert_eq!(app.try_publish(unknown).await.unwrap_err().code, "unknown_platform");
    assert_eq!(number_of_posts(&app).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_accepted_is_there_after_a_restart() {
    let mut app = app().await;
    for n in 0..20 {
        app.plan(&format!("Plat {n}"), "scripted", Some(SignedDuration::from_secs(60 + n))).await;
    }
    app = app.restart().await;
    app.pass_by(Duration::from_secs(90), Duration::from_secs(2)).await;
    for n in 0..20 {
        assert_eq!(app.world().count(&format!("Plat {n}")), 1);
    }
}

/// Nobody knows whether it is there: a second one could be a double.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_person_must_look_for_is_not_planned_a_second_time() {
    let mut app = TestApp::start(&[("scripted", Kind::H, false)]).await;
    app.account("scripted", "one").await;
    app.world().next(Op::Send, [Act::accepted_unheard()]);
    let doubt = app.plan("Soupe", "scripted", None).await;
    app.until(&doubt, DeliveryState::Held, Duration::from_secs(600)).await;
    for by in [program(), person()] {
        let again = app.request("Soupe", "scripted", None);
        let again = app.engine.orchestrator.publish(again, &by, None).await.unwrap();
        assert_eq!(again.deliveries[0].id, doubt, "{by:?}");
        assert_eq!(again.warnings[0].code, "already_planned");
    }
    app.pass(Duration::from_secs(120)).await;
    assert_eq!(app.world().count("Soupe"), 1);
    // Once it is settled, the same may be planned again.
    let there = Decision::ConfirmPublished { permalink: None };
    app.engine.queue.decide(&doubt, there).await.unwrap();
    app.pass(Duration::from_secs(300)).await;
    assert_ne!(app.plan("Soupe", "scripted", None).await, doubt);
}

/// A program that repeats a request without a key means the first; a person presses the button again
/// because they want it again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repetition_just_after_it_went_out_returns_the_first_item() {
    let mut app = app().await;
    let first = app.plan("Soupe", "scripted", None).await;
    app.until(&first, DeliveryState::Published, Duration::from_secs(30)).await;
    assert_eq!(app.plan("Soupe", "scripted", None).await, first);
    assert_eq!((app.world().count("Soupe"), number_of_posts(&app).await), (1, 1));
    let by_hand = app.request("Soupe", "scripted", None);
    let by_hand = app.engine.orchestrator.publish(by_hand, &person(), None).await.unwrap();
    assert_ne!(by_hand.deliveries[0].id, first);
    app.until(&by_hand.deliveries[0].id, DeliveryState::Published, Duration::from_secs(90)).await;
    app.pass(Duration::from_secs(180)).await;
    let tomorrow = app.plan("Soupe", "scripted", None).await;
    app.until(&tomorrow, DeliveryState::Published, Duration::from_secs(30)).await;
    assert_eq!(app.world().count("Soupe"), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edit_or_a_retry_that_would_make_a_twin_names_the_other_post() {
    let mut app = app().await;
    app.world().next(Op::Send, [Act::fail(FailureClass::Content)]);
    let refused = app.plan("Soupe", "scripted", None).await;
    app.until(&refused, DeliveryState::Rejected, Duration::from_secs(30)).await;
    let waiting = app.request("Soupe", "scripted", None);
    let waiting = app.engine.orchestrator.publish(waiting, &person(), None).await.unwrap();
    let named = |refusal: vieux_moulin_engine::orchestrator::Refusal| {
        (refusal.code.clone(), refusal.errors[0].values["post_id"].clone())
    };
    let expected = ("already_planned".to_owned(), serde_json::json!(waiting.post.id));
    let retried = app.engine.queue.decide(&refused, Decision::Retry).await.unwrap_err();
    assert_eq!(named(retried.into()), expected);
    let mut draft = app.request("Soupe", "scripted", None);
    draft.draft = true;
    let draft = app.publish(draft).await.post.id;
    let now = PostPatch { publish: Some(Change::Now), ..PostPatch::default() };
    let edited = app.engine.orchestrator.edit(&draft, now, &program()).await.unwrap_err();
    assert_eq!(named(edited), expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_lies_in_the_bin_is_not_published() {
    let app = app().await;
    let planned = app.publish(app.request("Soupe", "scripted", SOON)).await;
    app.engine.orchestrator.delete(&planned.post.id, false, &person()).await.unwrap();
    let now = || PostPatch { publish: Some(Change::Now), ..PostPatch::default() };
    let refused = app.engine.orchestrator.edit(&planned.post.id, now(), &person()).await.unwrap_err();
    assert_eq!(refused.code, "post_deleted");
    app.engine.orchestrator.restore(&planned.post.id, &person()).await.unwrap();
    app.engine.orchestrator.edit(&planned.post.id, now(), &person()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_that_no_browser_opens_is_refused_and_a_blank_one_is_none() {
    let app = app().await;
    let code = async |body: &str, link: &str| {
        let mut request = app.request(body, "scripted", SOON);
        request.content.link = Some(link.into());
        app.try_publish(request).await.map_err(|refusal| refusal.errors[0].code.clone())
    };
    for link in ["not a url", "javascript:alert(1)", "file:///etc/passwd", "http://", "mailto:a@b.fr"] {
        assert_eq!(code("Soupe", link).await.unwrap_err(), "link_invalid", "{link}");
    }
    for blank in ["", " "] {
        assert_eq!(code("", blank).await.unwrap_err(), "text_empty");
        assert_eq!(code("Soupe", blank).await.unwrap().deliveries[0].content.link, None);
    }
    let kept = code("Tarte", " https://levieuxmoulin.fr/carte ").await.unwrap();
    assert_eq!(kept.deliveries[0].content.link.as_deref(), Some("https://levieuxmoulin.fr/carte"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_is_looked_up_once_and_names_without_end_are_refused() {
    let app = app().await;
    let mut many = app.request("Soupe", "scripted", SOON);
    many.platforms = vec!["scripted".into(); 20_000];
    assert_eq!(app.publish(many.clone()).await.deliveries.len(), 1);
    many.platforms = (0..101).map(|n| format!("nobody-{n}")).collect();
    assert_eq!(app.try_publish(many).await.unwrap_err().code, "too_many_platforms");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_zone_that_does_not_exist_is_refused_also_without_a_time() {
    let app = app().await;
    let mut request = app.request("Soupe", "scripted", None);
    request.timezone = Some("Foo/Bar".into());
    assert_eq!(app.try_publish(request).await.unwrap_err().code, "unknown_timezone");
}
