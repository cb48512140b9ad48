//! Accounts that were added while their platform could not be asked.

use std::time::Duration;

use vieux_moulin_engine::{
    connections::{ConnectionError, NewAccount},
    connectors::{Credentials, FailureClass as C, Kind},
    domain::{Account, AccountState, DeliveryState as S},
    store::accounts,
};
use vieux_moulin_tests::{
    app::TestApp,
    scripted::{Act, Op},
};

const ROUND: Duration = Duration::from_mins(3);

async fn app() -> TestApp {
    TestApp::start(&[("scripted", Kind::E, false)]).await
}

fn new(token: &str) -> NewAccount {
    let mut credentials = Credentials::default();
    credentials.set("token", token);
    NewAccount { platform: "scripted".into(), credentials, ..NewAccount::default() }
}

async fn all(app: &TestApp) -> Vec<Account> {
    app.engine.store.read(accounts::list).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_kept_its_posts_wait_and_it_is_verified_when_the_platform_answers() {
    for silence in [C::NotSent, C::Retry, C::Quota, C::Unknown] {
        let mut app = app().await;
        app.world().always(Op::Check, Act::fail(silence));
        let added = app.engine.connections.add(new("one"), "window").await.unwrap();
        assert_eq!((added.account.state, added.account.is_unverified()), (AccountState::Unverified, true));
        assert_eq!(added.account.last_check.as_ref().unwrap()["ok"], false);
        let id = app.plan("Soupe", "scripted", None).await;
        app.pass_by(ROUND, Duration::from_secs(10)).await;
        assert_eq!((app.state(&id).await, app.world().objects().len()), (S::Queued, 0));
        app.world().always(Op::Check, Act::Honest);
        app.pass_by(ROUND, Duration::from_secs(10)).await;
        let account = all(&app).await.remove(0);
        assert_eq!((account.state, account.remote_id.as_str()), (AccountState::Connected, "one"));
        assert_eq!(account.id, added.account.id);
        app.until(&id, S::Published, Duration::from_secs(30)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_credentials_are_not_kept() {
    let app = app().await;
    for refusal in [C::Reauth, C::Content, C::Blocked] {
        app.world().next(Op::Check, [Act::fail(refusal)]);
        let refused = app.engine.connections.add(new("one"), "window").await;
        assert!(matches!(refused, Err(ConnectionError::Refused(_))), "{refusal:?}");
    }
    assert!(all(&app).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_words_again_are_the_same_account() {
    let app = app().await;
    app.world().next(Op::Check, [Act::fail(C::NotSent), Act::fail(C::NotSent)]);
    let first = app.engine.connections.add(new("one"), "window").await.unwrap();
    let again = app.engine.connections.add(new("one"), "window").await.unwrap();
    assert_eq!((again.account.id.clone(), again.reconnected), (first.account.id.clone(), true));
    let connected = app.engine.connections.add(new("one"), "window").await.unwrap();
    assert_eq!((connected.account.id, connected.account.state), (first.account.id, AccountState::Connected));
    assert_eq!(all(&app).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refused_later_it_asks_for_new_credentials_and_takes_them() {
    let mut app = app().await;
    app.world().next(Op::Check, [Act::fail(C::NotSent), Act::fail(C::Content)]);
    let added = app.engine.connections.add(new("wrong"), "window").await.unwrap();
    app.pass_by(ROUND, Duration::from_secs(10)).await;
    assert_eq!(all(&app).await[0].state, AccountState::NeedsReauth);
    assert_eq!(app.alerts().await, [("account_needs_reauth".to_owned(), 1)]);
    let account = app.engine.connections.reconnect(&added.account.id, new("one").credentials, "window").await;
    let account = account.unwrap();
    assert_eq!((account.state, account.remote_id.as_str()), (AccountState::Connected, "one"));
    assert!(app.alerts().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_turns_out_to_be_connected_already_says_so() {
    let app = app().await;
    app.account("scripted", "one").await;
    app.world().next(Op::Check, [Act::fail(C::NotSent)]);
    let added = app.engine.connections.add(new("one"), "window").await.unwrap();
    let checked = app.engine.connections.check(&added.account.id).await.unwrap();
    assert_eq!(checked.state, AccountState::Unverified);
    assert_eq!(checked.last_check.unwrap()["findings"][0]["code"], "account_already_connected");
}
