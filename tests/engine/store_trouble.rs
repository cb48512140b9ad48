//! A disk that refuses: no false success, nothing irreversible, and work goes on when it is well again.

use std::time::Duration;

use vieux_moulin_engine::{connectors::Kind, domain::DeliveryState as S, store::Health};
use vieux_moulin_tests::{
    app::TestApp,
    scripted::{Act, Op},
};

async fn app() -> TestApp {
    let app = TestApp::start(&[("scripted", Kind::E, false)]).await;
    app.account("scripted", "one").await;
    app
}

/// Speaks to the writing connection.
async fn pragma(app: &TestApp, text: &'static str) {
    app.engine.store.write(move |tx| Ok(tx.execute_batch(text)?)).await.unwrap();
}

/// Every write fails while the returned connection lives: another program holds the file.
async fn writes_fail(app: &TestApp) -> rusqlite::Connection {
    pragma(app, "PRAGMA busy_timeout = 10").await;
    let other = app.open_database();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    other
}

async fn no_more_pages(app: &TestApp) {
    app.engine
        .store
        .write(|tx| {
            let pages: i64 = tx.query_row("PRAGMA page_count", [], |row| row.get(0))?;
            Ok(tx.execute_batch(&format!("PRAGMA max_page_count = {pages}"))?)
        })
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_new_work_and_keeps_what_was_promised() {
    let mut app = app().await;
    let promised = app.plan("Promis", "scripted", Some(jiff::SignedDuration::from_secs(120))).await;
    no_more_pages(&app).await;
    let long = "x".repeat(4900);
    let mut refused = 0;
    for n in 0..40 {
        if let Err(refusal) = app.try_publish(app.request(&format!("{long}{n}"), "scripted", None)).await {
            assert_eq!(refusal.code, "disk_full");
            refused += 1;
        }
    }
    assert!(refused > 0, "the disk never filled up");
    let rows: i64 = app
        .engine
        .store
        .read(|c| Ok(c.query_row("SELECT count(*) FROM deliveries", [], |row| row.get(0))?))
        .await
        .unwrap();
    assert_eq!(rows, 40 - refused + 1, "a refused request left a row, or an accepted one none");
    assert_eq!(app.engine.store.health(), Health::DiskFull);
    pragma(&app, "PRAGMA max_page_count = 1000000").await;
    app.pass_by(Duration::from_secs(130), Duration::from_secs(2)).await;
    assert_eq!(app.state(&promised).await, S::Published);
    assert_eq!(app.world().objects().len() as i64, rows, "each accepted item once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outcome_waits_for_a_disk_that_cannot_be_written() {
    let mut app = app().await;
    app.world().next(Op::Send, [Act::Hang]);
    let sending = app.plan("Soupe", "scripted", None).await;
    app.settle().await;
    let waiting = app.plan("Tarte", "scripted", None).await;
    let other = writes_fail(&app).await;
    app.world().release.notify_one();
    app.pass(Duration::from_secs(10)).await;
    assert_eq!(app.state(&sending).await, S::Sending, "no success before it is on disk");
    assert_eq!(app.world().objects().len(), 1, "nothing irreversible while the disk refuses");
    let refused = app.try_publish(app.request("Glace", "scripted", None)).await.unwrap_err();
    assert_eq!(refused.code, "store_stopped");
    drop(other);
    app.until(&waiting, S::Published, Duration::from_secs(60)).await;
    assert_eq!(app.state(&sending).await, S::Published);
    assert_eq!((app.world().count("Soupe"), app.world().count("Tarte")), (1, 1));
    assert_eq!(app.world().calls_of(Op::Send, "Soupe").len(), 1);
}
