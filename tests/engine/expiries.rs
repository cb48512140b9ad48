//! Access that comes to its end is announced in time, once for each step, and only where it is known.

use jiff::{SignedDuration, Timestamp};
use vieux_moulin_engine::{
    connectors::Kind,
    domain::{AccountId, AccountState, TokenExpiry},
    problems,
    scheduler::expiries,
    store::{accounts, alerts},
};
use vieux_moulin_tests::app::TestApp;

const DAY: SignedDuration = SignedDuration::from_hours(24);

async fn set(app: &TestApp, id: &AccountId, expiry: TokenExpiry, state: AccountState) {
    let row = id.clone();
    let mut account = app.engine.store.read(move |c| accounts::find(c, &row)).await.unwrap().unwrap();
    account.token_expiry = expiry;
    account.state = state;
    app.engine.store.write(move |tx| accounts::save(tx, &account)).await.unwrap();
}

/// Codes of the open alerts after the chore ran at that instant, and how many the desktop is still to show.
async fn told_at(app: &TestApp, now: Timestamp) -> (Vec<String>, usize) {
    expiries::announce(&app.engine.store, now).await.unwrap();
    let open = app.engine.store.read(|c| alerts::list(c, true, 10)).await.unwrap();
    let codes = open.into_iter().map(|alert| alert.problem.unwrap().code).collect();
    let new = app.engine.store.read(alerts::to_notify).await.unwrap();
    let count = new.len();
    for alert in new {
        app.engine.store.write(move |tx| alerts::set_notified(tx, alert.id, now)).await.unwrap();
    }
    (codes, count)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_of_access_is_told_two_weeks_a_week_and_a_day_before() {
    let app = TestApp::start(&[("scripted", Kind::E, false)]).await;
    let account = app.account("scripted", "one").await;
    let end = app.now() + DAY * 60;
    set(&app, &account, TokenExpiry::Known { at: end }, AccountState::Connected).await;
    let second = SignedDuration::from_secs(1);
    let steps = [
        (end - DAY * 14 - second, None, 0),
        (end - DAY * 14, Some("token_ends_in_two_weeks"), 1),
        (end - DAY * 10, Some("token_ends_in_two_weeks"), 0),
        (end - DAY * 7, Some("token_ends_in_a_week"), 1),
        (end - DAY - second, Some("token_ends_in_a_week"), 0),
        (end - DAY, Some("token_ends_in_a_day"), 1),
        (end, Some("token_ended"), 1),
        (end + DAY, Some("token_ended"), 0),
    ];
    for (now, code, new) in steps {
        let expected: Vec<String> = code.into_iter().map(str::to_owned).collect();
        assert_eq!(told_at(&app, now).await, (expected, new), "{now}");
        assert!(code.is_none_or(|code| problems::find(code).is_some()), "{code:?} has no sentences");
    }
    // The platform refused meanwhile: that has an alert of its own.
    set(&app, &account, TokenExpiry::Known { at: end }, AccountState::NeedsReauth).await;
    assert_eq!(told_at(&app, end + DAY).await, (Vec::new(), 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_renewed_endless_or_unknown_access_is_not_announced() {
    let app = TestApp::start(&[("scripted", Kind::E, false)]).await;
    let account = app.account("scripted", "one").await;
    let now = app.now();
    for quiet in [TokenExpiry::Never, TokenExpiry::Unknown, TokenExpiry::Known { at: now + DAY * 60 }] {
        set(&app, &account, TokenExpiry::Known { at: now + DAY }, AccountState::Paused).await;
        assert_eq!(told_at(&app, now).await.0, ["token_ends_in_a_day"]);
        set(&app, &account, quiet, AccountState::Connected).await;
        assert_eq!(told_at(&app, now).await, (Vec::new(), 0), "{quiet:?}");
    }
}
