//! Removing an account: the access is taken back at the network, and nothing that goes wrong there keeps
//! the account here.

use vieux_moulin_engine::{
    connections::{Removed, Withdrawal},
    connectors::{FailureClass as C, Kind},
    domain::{AccountId, AccountState, DeliveryState as S},
    store::accounts,
};
use vieux_moulin_tests::{
    app::TestApp,
    scripted::{Act, Op},
};

const PAGE: &str = "https://scripted.example/access";

async fn remove(app: &TestApp, id: &AccountId) -> Removed {
    app.engine.connections.remove(id, "window").await.unwrap()
}

/// State of the account and how many secrets of it are left.
async fn left(app: &TestApp, id: &AccountId) -> (AccountState, usize) {
    let id = id.clone();
    let read = app.engine.store.read(move |c| {
        let state = accounts::find(c, &id)?.map(|account| account.state);
        Ok((state.unwrap(), accounts::credentials(c, &id)?.iter().count()))
    });
    read.await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_access_is_taken_back_before_the_secrets_go() {
    let app = TestApp::start(&[("scripted", Kind::E, false)]).await;
    let id = app.account("scripted", "one").await;
    let removed = remove(&app, &id).await;
    assert_eq!((removed.withdrawn.access, removed.withdrawn.page), (Withdrawal::Revoked, None));
    assert_eq!(app.world().calls_of(Op::Revoke, "").len(), 1);
    assert_eq!(left(&app, &id).await, (AccountState::Removed, 0));
    assert_eq!(app.alerts().await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_refuses_or_is_silent_keeps_no_account_here() {
    for class in [C::NotSent, C::Retry, C::Unknown, C::Content, C::Reauth, C::Blocked] {
        let app = TestApp::start(&[("scripted", Kind::E, false)]).await;
        let id = app.account("scripted", "one").await;
        let hour = jiff::SignedDuration::from_hours(1);
        let waiting = app.plan("Soupe", "scripted", Some(hour)).await;
        app.world().always(Op::Revoke, Act::fail(class));
        let removed = remove(&app, &id).await;
        assert_eq!(removed.withdrawn.access, Withdrawal::Failed, "{class:?}");
        assert_eq!(removed.withdrawn.page.as_deref(), Some(PAGE));
        assert!(removed.withdrawn.problem.is_some());
        assert_eq!(removed.affected.len(), 1);
        assert_eq!(
            (left(&app, &id).await, app.state(&waiting).await),
            ((AccountState::Removed, 0), S::Cancelled)
        );
        assert_eq!(app.alerts().await, [("access_not_revoked".to_owned(), 1)], "{class:?}");
        // Connected again, the access is wanted.
        assert_eq!(app.account("scripted", "one").await, id);
        assert_eq!(app.alerts().await, []);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_network_does_not_offer_names_the_page_and_alarms_nobody() {
    let app = TestApp::start(&[("scripted", Kind::E, false)]).await;
    let id = app.account("scripted", "one").await;
    app.world().always(Op::Revoke, Act::NotFound);
    let withdrawn = remove(&app, &id).await.withdrawn;
    assert_eq!((withdrawn.access, withdrawn.page.as_deref()), (Withdrawal::NotOffered, Some(PAGE)));
    assert_eq!(app.alerts().await, []);
}

/// One secret of two accounts: to revoke it with the first would silence the second.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_that_another_account_needs_is_revoked_with_the_last() {
    let app = TestApp::start(&[("scripted", Kind::E, false), ("other", Kind::E, false)]).await;
    let (first, last) = (app.account("scripted", "shared").await, app.account("other", "shared").await);
    let withdrawn = remove(&app, &first).await.withdrawn;
    assert_eq!((withdrawn.access, withdrawn.page), (Withdrawal::Shared, None));
    assert!(app.world().calls_of(Op::Revoke, "").is_empty());
    assert_eq!(remove(&app, &last).await.withdrawn.access, Withdrawal::Revoked);
}
