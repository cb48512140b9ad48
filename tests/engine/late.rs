//! What happens to a post that could not leave on time (reliability, section 6).

use std::time::Duration;

use jiff::SignedDuration;
use vieux_moulin_engine::{
    connectors::Kind,
    domain::{ContentKind, DeliveryState as S, LatePolicy},
    queue::person::Decision,
};
use vieux_moulin_tests::app::TestApp;

/// Sleeps through the due time by `late` and returns the state reached after waking up.
async fn state_after(kind: ContentKind, policy: LatePolicy, late: SignedDuration) -> S {
    let mut app = TestApp::start(&[("scripted", Kind::A, false)]).await;
    app.account("scripted", "one").await;
    let ahead = SignedDuration::from_secs(60);
    let mut request = app.request("Plat du jour", "scripted", Some(ahead));
    (request.kind, request.late_policy) = (kind, policy);
    let id = app.publish(request).await.deliveries[0].id.clone();
    app.sleep(Duration::try_from(ahead + late).unwrap()).await;
    let state = app.state(&id).await;
    assert_eq!(app.world().count("Plat du jour"), usize::from(state == S::Published));
    state
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_kind_has_its_rule() {
    let (mins, hours) = (SignedDuration::from_mins, SignedDuration::from_hours);
    // Due at 12:01 in Paris; lunch ends at 14:30.
    let rows = [
        (ContentKind::DishOfTheDay, mins(120), S::Published),
        (ContentKind::DishOfTheDay, mins(150), S::Expired),
        (ContentKind::Evergreen, hours(2), S::Published),
        (ContentKind::Evergreen, hours(4), S::Held),
        (ContentKind::Event, hours(2), S::Published),
        (ContentKind::Event, hours(4), S::Held),
        (ContentKind::OpeningChange, hours(4), S::Held),
        (ContentKind::Evergreen, mins(2), S::Published),
    ];
    for (kind, late, expected) in rows {
        assert_eq!(state_after(kind, LatePolicy::Default, late).await, expected, "{kind:?} {late:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_of_the_post_wins() {
    let hours = SignedDuration::from_hours;
    let until = |text: &str| LatePolicy::PublishUntil { until: text.parse().unwrap() };
    let rows = [
        (LatePolicy::SendNow, hours(200), S::Published),
        (LatePolicy::Ask, SignedDuration::from_mins(20), S::Held),
        (LatePolicy::Ask, SignedDuration::from_mins(2), S::Published),
        (until("2026-11-27T20:00:00Z"), hours(8), S::Published),
        (until("2026-11-27T20:00:00Z"), hours(10), S::Expired),
    ];
    for (policy, late, expected) in rows {
        assert_eq!(state_after(ContentKind::DishOfTheDay, policy, late).await, expected, "{policy:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_late_evergreen_posts_of_one_account_keep_half_an_hour() {
    let mut app = TestApp::start(&[("scripted", Kind::A, false)]).await;
    app.account("scripted", "one").await;
    let other = app.account("scripted", "two").await;
    let mut ids = Vec::new();
    for n in 0..3 {
        let after = Some(SignedDuration::from_mins(n + 1));
        ids.push(app.plan(&format!("Photo {n}"), "scripted", after).await);
    }
    let elsewhere = app.plan("Ailleurs", other.as_str(), Some(SignedDuration::from_mins(2))).await;
    app.sleep(Duration::from_secs(3600)).await;
    assert_eq!(app.state(&ids[0]).await, S::Published);
    assert_eq!(app.state(&elsewhere).await, S::Published);
    assert_eq!(app.state(&ids[1]).await, S::RetryAt);
    app.pass_by(Duration::from_secs(28 * 60), Duration::from_secs(20)).await;
    assert_eq!(app.state(&ids[1]).await, S::RetryAt);
    app.pass_by(Duration::from_secs(3 * 60), Duration::from_secs(10)).await;
    assert_eq!((app.state(&ids[1]).await, app.state(&ids[2]).await), (S::Published, S::RetryAt));
    app.pass_by(Duration::from_secs(31 * 60), Duration::from_secs(20)).await;
    assert_eq!(app.state(&ids[2]).await, S::Published);
    let at: Vec<_> = app.world().objects().iter().filter(|o| o.account == "one").map(|o| o.at).collect();
    for pair in at.windows(2) {
        assert!(pair[1].duration_since(pair[0]) >= SignedDuration::from_mins(30), "{at:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_who_says_yes_sends_it_however_late() {
    let mut app = TestApp::start(&[("scripted", Kind::A, false)]).await;
    app.account("scripted", "one").await;
    let id = app.plan("Photo", "scripted", Some(SignedDuration::from_mins(1))).await;
    app.sleep(Duration::from_secs(5 * 3600)).await;
    assert_eq!(app.state(&id).await, S::Held);
    app.engine.queue.decide(&id, Decision::Retry).await.unwrap();
    app.until(&id, S::Published, Duration::from_secs(5)).await;
}
