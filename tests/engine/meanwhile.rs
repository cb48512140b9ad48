//! A check takes as long as its platform wants: what the owner does meanwhile stands.

use std::{sync::Arc, time::Duration};

use vieux_moulin_engine::{
    connections::ConnectionError,
    connectors::{Credentials, FailureClass as C, Kind},
    domain::{AccountId, AccountState},
    store::accounts,
};
use vieux_moulin_tests::{
    app::TestApp,
    scripted::{Act, Op},
};

async fn state(app: &TestApp, id: &AccountId) -> AccountState {
    let id = id.clone();
    app.engine.store.read(move |c| accounts::find(c, &id)).await.unwrap().unwrap().state
}

/// Runs a check whose answer comes only after `meanwhile`.
async fn check_during<F: Future<Output = ()>>(
    meanwhile: impl FnOnce(Arc<vieux_moulin_engine::engine::Engine>, AccountId) -> F,
) -> (TestApp, AccountId, Result<AccountState, ConnectionError>) {
    let mut app = TestApp::start(&[("scripted", Kind::E, false)]).await;
    let account = app.account("scripted", "one").await;
    app.world().next(Op::Check, [Act::Hang]);
    let (engine, id) = (app.engine.clone(), account.clone());
    let check = tokio::spawn(async move { engine.connections.check(&id).await.map(|found| found.state) });
    while app.world().calls().iter().filter(|call| call.op == Op::Check).count() < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    meanwhile(app.engine.clone(), account.clone()).await;
    app.world().release.notify_one();
    let answer = check.await.unwrap();
    app.settle().await;
    (app, account, answer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_is_paused_during_a_check_stays_paused() {
    let (app, account, answer) = check_during(|engine, id| async move {
        engine.connections.set_paused(&id, true, "test").await.unwrap();
    })
    .await;
    assert_eq!(answer.unwrap(), AccountState::Paused);
    assert_eq!(state(&app, &account).await, AccountState::Paused);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_that_is_removed_during_a_check_stays_removed() {
    let (app, account, answer) = check_during(|engine, id| async move {
        engine.connections.remove(&id, "window").await.unwrap();
    })
    .await;
    assert!(matches!(answer, Err(ConnectionError::NotFound(_))), "{answer:?}");
    assert_eq!(state(&app, &account).await, AccountState::Removed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_owner_renames_during_a_check_keeps_its_name() {
    let (app, account, _) = check_during(|engine, id| async move {
        engine.connections.change(&id, |account| account.label = "La page".into()).await.unwrap();
    })
    .await;
    let kept = app.engine.store.read(move |c| accounts::find(c, &account)).await.unwrap().unwrap();
    assert_eq!(kept.label, "La page");
}

/// The refusal of the former token says nothing about the one that the owner has just typed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_of_the_former_token_does_not_stop_a_reconnected_account() {
    let mut app = TestApp::start(&[("scripted", Kind::E, false)]).await;
    let account = app.account("scripted", "one").await;
    let (engine, id) = (app.engine.clone(), account.clone());
    app.world().next(Op::Prepare, [Act::Hang]);
    app.world().next(Op::Send, [Act::fail(C::Reauth)]);
    let delivery = app.plan("Soupe", "scripted", None).await;
    app.settle().await;
    let mut newer = Credentials::default();
    newer.set("token", "one");
    newer.set("renewed", "yes");
    engine.store.write(move |tx| accounts::set_credentials(tx, &id, &newer)).await.unwrap();
    app.world().release.notify_one();
    app.until(&delivery, vieux_moulin_engine::domain::DeliveryState::Published, Duration::from_secs(120))
        .await;
    assert_eq!(state(&app, &account).await, AccountState::Connected);
    assert!(app.alerts().await.is_empty());
}
