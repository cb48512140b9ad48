//! The copies of the database: which are made, verified and kept, and the weekly check.

use std::time::Duration;

use vieux_moulin_engine::{connectors::Kind, store::backup};
use vieux_moulin_tests::app::TestApp;

const DAY: Duration = Duration::from_secs(86_400);

async fn app() -> TestApp {
    TestApp::start(&[("scripted", Kind::E, false)]).await
}

/// Names of the copies, by kind and time.
fn copies(app: &TestApp) -> Vec<String> {
    let mut names: Vec<String> =
        backup::list(app.data_dir()).unwrap().iter().map(backup::Copy::name).collect();
    names.sort();
    names
}

/// Days pass, one beat of the chores in each.
async fn days(app: &TestApp, days: u32) {
    for _ in 0..days {
        app.clock.advance(DAY);
        app.engine.chores.each_hour().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_are_made_each_day_and_each_week_and_kept_by_the_settings() {
    let app = app().await;
    // Friday 27 November 2026.
    app.engine.chores.each_hour().await;
    app.engine.chores.each_hour().await;
    assert_eq!(copies(&app), ["daily-2026-11-27.db", "weekly-2026-W48.db"]);
    let mut settings = app.engine.settings();
    settings.backup.keep_daily = 3;
    settings.backup.keep_weekly = 2;
    app.engine.apply_settings(settings.clone());
    days(&app, 24).await;
    assert_eq!(
        copies(&app),
        [
            "daily-2026-12-19.db",
            "daily-2026-12-20.db",
            "daily-2026-12-21.db",
            "weekly-2026-W51.db",
            "weekly-2026-W52.db"
        ]
    );
    settings.backup.keep_weekly = 0;
    settings.backup.keep_daily = 1;
    app.engine.apply_settings(settings.clone());
    days(&app, 1).await;
    assert_eq!(copies(&app), ["daily-2026-12-22.db"]);
    settings.backup.enabled = false;
    app.engine.apply_settings(settings);
    days(&app, 2).await;
    assert_eq!(copies(&app), ["daily-2026-12-22.db"], "switched off");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_cannot_be_made_is_told_and_forgotten_when_it_can() {
    let app = app().await;
    // A file stands where the folder of the copies should be.
    std::fs::write(app.data_dir().join(backup::FOLDER), "").unwrap();
    app.engine.chores.each_hour().await;
    assert_eq!(app.alerts().await, [("backup_failed".to_owned(), 1)]);
    std::fs::remove_file(app.data_dir().join(backup::FOLDER)).unwrap();
    app.engine.chores.each_hour().await;
    assert_eq!(app.alerts().await, []);
    assert_eq!(copies(&app).len(), 2);
}

/// Changes one byte so far from the end, in place.
fn flip(path: &std::path::Path, from_end: i64) {
    use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
    let mut file = std::fs::File::options().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.seek(SeekFrom::End(-from_end)).unwrap();
    file.read_exact(&mut byte).unwrap();
    file.seek(SeekFrom::End(-from_end)).unwrap();
    file.write_all(&[byte[0] ^ 1]).unwrap();
}

/// One flipped bit in a page that nobody reads: the reading of every page finds it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_stops_everything_that_leaves() {
    let mut app = app().await;
    app.account("scripted", "one").await;
    app.engine.chores.each_hour().await;
    let waiting = app.plan("Soupe", "scripted", Some(jiff::SignedDuration::from_hours(24 * 8))).await;
    app.engine
        .store
        .write(|tx| {
            tx.execute_batch(
                "CREATE TABLE ballast (bytes BLOB); INSERT INTO ballast SELECT randomblob(400000);",
            )?;
            Ok(())
        })
        .await
        .unwrap();
    app.open_database().execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let path = app.data_dir().join(vieux_moulin_engine::store::DATABASE_FILE);
    flip(&path, 200_000);
    app.clock.advance(DAY * 7 + Duration::from_secs(86_340));
    app.engine.chores.each_hour().await;
    let alerts: Vec<String> = app.alerts().await.into_iter().map(|(kind, _)| kind).collect();
    assert!(alerts.contains(&"database_damaged".to_owned()), "{alerts:?}");
    app.pass_by(Duration::from_secs(300), Duration::from_secs(30)).await;
    assert_eq!(app.world().objects().len(), 0, "{:?}", app.state(&waiting).await);
}
