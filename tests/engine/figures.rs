//! The collector with a moved clock: when it asks, what it leaves alone, and what a failure changes.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use vieux_moulin_engine::{
    connectors::{FailureClass as C, Kind},
    domain::{AccountId, AccountState, DeliveryId, DeliveryState},
    store::{accounts, deliveries, figures},
};
use vieux_moulin_tests::{
    app::TestApp,
    scripted::{Act, Op, World},
};

const HOUR: Duration = Duration::from_secs(3600);

/// One account of a network that tells figures, with one published post.
async fn published() -> (TestApp, AccountId, DeliveryId) {
    let mut app = TestApp::start(&[("bluesky", Kind::E, false)]).await;
    app.world().tell_figures();
    let account = app.account("bluesky", "one").await;
    let delivery = app.plan("Lamproie", "bluesky", None).await;
    app.until(&delivery, DeliveryState::Published, Duration::from_secs(60)).await;
    (app, account, delivery)
}

async fn round(app: &TestApp) {
    app.engine.chores.collector().round().await;
}

fn asks(world: &Arc<World>, op: Op) -> Vec<Timestamp> {
    world.calls().into_iter().filter(|call| call.op == op).map(|call| call.at).collect()
}

async fn state(app: &TestApp, account: &AccountId) -> figures::FigureState {
    let account = account.clone();
    app.engine.store.read(move |c| figures::state(c, &account)).await.unwrap()
}

async fn samples(app: &TestApp, delivery: &DeliveryId) -> Vec<(i64, Option<i64>)> {
    let (id, since) = (delivery.clone(), app.delivery(delivery).await.finished_at.unwrap());
    let samples = app.engine.store.read(move |c| figures::samples(c, &id)).await.unwrap();
    let hours = |at: Timestamp| at.duration_since(since).as_hours();
    samples.into_iter().map(|(at, raw)| (hours(at), raw.get("likeCount"))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_post_is_asked_about_hourly_for_two_days_then_daily_to_day_thirty_and_an_account_daily() {
    let (app, account, delivery) = published().await;
    for _ in 0..(2 * 48) {
        round(&app).await;
        app.clock.advance(HOUR / 2);
    }
    for _ in 0..(4 * 32) {
        round(&app).await;
        app.clock.advance(HOUR * 6);
    }
    let hours: Vec<i64> = samples(&app, &delivery).await.into_iter().map(|(hour, _)| hour).collect();
    let expected: Vec<i64> = (0..48).chain((2..=30).map(|day| day * 24)).collect();
    assert_eq!(hours, expected);
    assert_eq!(asks(app.world(), Op::PostFigures).len(), expected.len(), "nothing is asked for twice");
    // From the 27th of November, noon, 34 days: on each of 35 calendar days once.
    let of_account = asks(app.world(), Op::AccountFigures);
    let days: std::collections::BTreeSet<_> =
        of_account.iter().map(|at| at.in_tz("Europe/Paris").unwrap().date()).collect();
    assert_eq!((of_account.len(), days.len()), (35, 35), "{of_account:?}");
    assert!(state(&app, &account).await.taken_at.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_slept_through_stays_a_gap_and_is_not_caught_up() {
    let (app, account, delivery) = published().await;
    round(&app).await;
    app.clock.advance(HOUR);
    round(&app).await;
    app.clock.suspend(HOUR * 10);
    for _ in 0..5 {
        round(&app).await;
    }
    assert_eq!(samples(&app, &delivery).await, [(0, Some(1)), (1, Some(2)), (11, Some(3))]);
    // Three days in a drawer: two whole days of the account are missing, and stay missing.
    app.clock.suspend(HOUR * 72);
    round(&app).await;
    assert_eq!(samples(&app, &delivery).await.len(), 4);
    let all = (jiff::civil::date(2026, 11, 1), jiff::civil::date(2026, 12, 31));
    let days = app.engine.store.read(move |c| figures::account_days(c, &account, all)).await.unwrap();
    let days: Vec<String> = days.into_iter().map(|day| day.day.to_string()).collect();
    assert_eq!(days, ["2026-11-27", "2026-11-30"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_backs_off_is_visible_and_touches_neither_the_account_nor_the_delivery() {
    let (app, account, delivery) = published().await;
    round(&app).await;
    let before = (app.delivery(&delivery).await, app.log(&delivery).await);
    app.world().always(Op::PostFigures, Act::fail(C::Retry));
    app.clock.advance(HOUR);
    let first = app.now();
    for _ in 0..60 {
        round(&app).await;
        app.clock.advance(Duration::from_secs(60));
    }
    let failed: Vec<i64> = asks(app.world(), Op::PostFigures)
        .into_iter()
        .filter(|at| *at >= first)
        .map(|at| at.duration_since(first).as_mins())
        .collect();
    assert_eq!(failed, [0, 5, 15, 35], "each wait is twice as long as the one before");
    let stuck = state(&app, &account).await;
    assert_eq!(stuck.problem.map(|problem| problem.code).as_deref(), Some("platform_unavailable"));
    assert_eq!(stuck.failures, 4);
    let after = (app.delivery(&delivery).await, app.log(&delivery).await);
    assert_eq!(before, after, "no attempt is counted, nothing is logged");
    assert!(app.alerts().await.is_empty());

    app.world().always(Op::PostFigures, Act::Honest);
    app.clock.advance(HOUR);
    round(&app).await;
    let well = state(&app, &account).await;
    assert_eq!((well.problem, well.failures, well.taken_at), (None, 0, Some(app.now())));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_that_are_not_allowed_stop_no_publication() {
    let (mut app, account, _) = published().await;
    app.world().always(Op::AccountFigures, Act::fail(C::Reauth));
    round(&app).await;
    assert_eq!(asks(app.world(), Op::PostFigures).len(), 0, "the round ended with the refusal");
    let next = app.plan("Huîtres", "bluesky", None).await;
    app.until(&next, DeliveryState::Published, Duration::from_secs(60)).await;
    let id = account.clone();
    let found = app.engine.store.read(move |c| accounts::find(c, &id)).await.unwrap().unwrap();
    assert_eq!(found.state, AccountState::Connected);
    assert!(app.alerts().await.is_empty());
    // Asked again after six hours, or at once after a reconnection.
    app.clock.advance(HOUR * 5);
    round(&app).await;
    assert_eq!(asks(app.world(), Op::AccountFigures).len(), 1);
    app.world().always(Op::AccountFigures, Act::Honest);
    app.account("bluesky", "one").await;
    round(&app).await;
    assert_eq!(asks(app.world(), Op::PostFigures).len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_asked_while_something_is_about_to_leave_or_the_lane_has_to_wait() {
    let (mut app, account, _) = published().await;
    let soon = app.plan("Bientôt", "bluesky", Some(SignedDuration::from_secs(90))).await;
    round(&app).await;
    assert_eq!(asks(app.world(), Op::AccountFigures).len(), 0);
    app.world().next(Op::Send, [Act::fail_after(C::Retry, 1800)]);
    app.until(&soon, DeliveryState::RetryAt, Duration::from_secs(180)).await;
    assert!(app.engine.queue.lane_status(&account).not_before.is_some());
    app.clock.advance(Duration::from_secs(600));
    round(&app).await;
    assert_eq!(asks(app.world(), Op::AccountFigures).len(), 0, "the network asked for patience");
    app.until(&soon, DeliveryState::Published, HOUR).await;
    app.settle().await;
    app.clock.advance(Duration::from_secs(600));
    app.settle().await;
    round(&app).await;
    assert_eq!(asks(app.world(), Op::PostFigures).len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_post_that_is_gone_is_noted_and_one_that_was_taken_down_is_not_asked_about() {
    let (app, account, delivery) = published().await;
    app.world().always(Op::PostFigures, Act::NotFound);
    round(&app).await;
    round(&app).await;
    assert_eq!(asks(app.world(), Op::PostFigures).len(), 1, "once in this hour");
    assert!(samples(&app, &delivery).await.is_empty());
    assert_eq!(state(&app, &account).await.problem, None, "the account is well");

    let (id, now) = (delivery.clone(), app.now());
    app.engine
        .store
        .write(move |tx| {
            let change = deliveries::Move { removed_at: Some(now), ..deliveries::Move::default() };
            let published = DeliveryState::Published;
            deliveries::transition(tx, &id, &[published], published, &change, now)
        })
        .await
        .unwrap();
    app.clock.advance(HOUR);
    round(&app).await;
    assert_eq!(asks(app.world(), Op::PostFigures).len(), 1);
}
