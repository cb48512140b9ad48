//! The bad days: a damaged database, a lost keyring, a copy that knows less than the networks do.

use std::{
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
    time::Duration,
};

use serde_json::{Value, json};
use vieux_moulin_engine::secrets::{KeySource, PassphraseVault, open_key};
use vieux_moulin_tests::process::{House, Networks, jpeg};

use super::{NETWORKS, ONE_AT_A_TIME, request, until_quiet};

/// Runs a command to its end: exit code and the JSON that it printed.
fn run(house: &House, arguments: &[&str]) -> (Option<i32>, Value) {
    let output = house.command(arguments).unwrap().output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let value = serde_json::from_str(text.lines().last().unwrap_or_default());
    (output.status.code(), value.unwrap_or_else(|_| json!({ "output": text })))
}

fn refused(house: &House, arguments: &[&str]) -> (Option<i32>, String) {
    let (exit, body) = run(house, arguments);
    (exit, body["code"].as_str().map_or_else(|| body.to_string(), ToOwned::to_owned))
}

const SERVE: [&str; 4] = ["--json", "serve", "--port", "0"];
const RESTORE: [&str; 2] = ["--json", "restore"];

/// A verified copy as the program makes it each day.
fn copy_now(house: &House) -> std::path::PathBuf {
    let vault = PassphraseVault::from_passphrase_file(&house.data_dir(), &house.passphrase_file()).unwrap();
    let source = KeySource::Store(std::sync::Arc::new(vault));
    let key = tokio::task::block_in_place(|| {
        tokio::runtime::Handle::current()
            .block_on(open_key(&house.data_dir(), &source, jiff::Timestamp::now()))
            .unwrap()
    });
    let connection = rusqlite::Connection::open(house.data_dir().join("moulin.db")).unwrap();
    connection.pragma_update(None, "key", format!("x'{}'", *key.to_hex())).unwrap();
    let folder = house.data_dir().join("backups");
    std::fs::create_dir_all(&folder).unwrap();
    let copy = folder.join("daily-2026-11-21.db");
    connection.execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
    copy
}

/// Changes one byte in place.
fn damage(path: &Path, at: u64) {
    let mut file = std::fs::File::options().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.seek(SeekFrom::Start(at)).unwrap();
    file.read_exact(&mut byte).unwrap();
    file.seek(SeekFrom::Start(at)).unwrap();
    file.write_all(&[byte[0] ^ 1]).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t7_damage_is_found_before_anything_leaves_and_a_copy_can_be_put_back() {
    let _alone = ONE_AT_A_TIME.lock().await;
    // In the first page, where the key is proved, and in a later one.
    for at in [40, 3000, 4096 * 5 + 100, 4096 * 20 + 7] {
        let house = House::bare().unwrap();
        house.serve(&[]).unwrap().kill();
        copy_now(&house);
        damage(&house.data_dir().join("moulin.db"), at);
        assert_eq!(refused(&house, &SERVE), (Some(7), "database_quarantined".into()), "byte {at}");
        let aside: Vec<_> = std::fs::read_dir(house.data_dir().join("quarantine")).unwrap().collect();
        assert_eq!(aside.len(), 1);
        assert!(aside[0].as_ref().unwrap().path().join("moulin.db").exists());
        // No new database, however often it is started.
        assert_eq!(refused(&house, &SERVE), (Some(7), "database_missing".into()));
        assert_eq!(refused(&house, &["--json", "status"]), (Some(7), "database_missing".into()));
        assert!(!house.data_dir().join("moulin.db").exists());
        let (exit, copies) = run(&house, &["--json", "restore", "--list"]);
        assert_eq!((exit, copies.as_array().map(Vec::len)), (Some(0), Some(1)), "{copies}");
        let (exit, report) = run(&house, &RESTORE);
        assert_eq!(exit, Some(0), "{report}");
        house.serve(&[]).unwrap().kill();
        // The data are well now: no copy takes their place by mistake.
        assert_eq!(refused(&house, &RESTORE), (Some(9), "restore_unconfirmed".into()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_copy_is_passed_over_and_without_any_the_data_begin_anew_only_when_asked() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let house = House::bare().unwrap();
    house.serve(&[]).unwrap().kill();
    let copy = copy_now(&house);
    let newer = copy.with_file_name("daily-2026-11-22.db");
    std::fs::copy(&copy, &newer).unwrap();
    damage(&newer, 4096 * 3);
    damage(&house.data_dir().join("moulin.db"), 4096 * 3);
    assert_eq!(refused(&house, &SERVE).1, "database_quarantined");
    let (exit, report) = run(&house, &RESTORE);
    assert_eq!(exit, Some(0), "{report}");
    assert_eq!(report["from"], json!(copy));
    assert_eq!(report["skipped"], json!([newer]));
    damage(&house.data_dir().join("moulin.db"), 4096 * 3);
    damage(&copy, 4096 * 3);
    assert_eq!(refused(&house, &SERVE).1, "database_quarantined");
    assert_eq!(refused(&house, &RESTORE), (Some(9), "copy_unusable".into()));
    let (exit, report) = run(&house, &["--json", "restore", "--empty"]);
    assert_eq!(exit, Some(0), "{report}");
    house.serve(&[]).unwrap().kill();
}

/// The copy is older than the posts: the networks have them, the outbox says that they wait.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_left_after_the_copy_is_never_sent_again() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let networks = Networks::start().unwrap();
    let house = House::new(&networks).unwrap();
    let first = house.serve(&[]).unwrap();
    first.connect_all(&networks).await.unwrap();
    let picture = first.upload(jpeg().unwrap()).await.unwrap();
    let due = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(6);
    for (platform, name) in NETWORKS {
        let mut body = request(platform, &format!("Copie {name} fin"), &picture);
        body["scheduled_time"] = due.to_string().into();
        body["late_policy"] = "send_now".into();
        first.post("/api/communication/publish", &body).await.unwrap();
    }
    first.kill();
    let copy = copy_now(&house);
    let second = house.serve(&[]).unwrap();
    let ended = until_quiet(&second, Duration::from_secs(120)).await;
    assert!(ended.iter().all(|delivery| delivery["state"] == "published"), "{ended:#?}");
    second.kill();
    let from = copy.to_str().unwrap();
    let (exit, report) = run(&house, &["--json", "restore", "--from", from, "--yes"]);
    assert_eq!((exit, &report["doubtful"]), (Some(0), &json!(4)), "{report}");
    let third = house.serve(&[]).unwrap();
    let ended = until_quiet(&third, Duration::from_secs(120)).await;
    for (platform, name) in NETWORKS {
        let count = networks.count(platform, &format!("Copie {name} fin")).await.unwrap();
        let state = ended.iter().find(|delivery| delivery["platform"] == platform.name()).unwrap();
        println!("restored  {name:<12} objects {count}  {}", state["state"]);
        assert_eq!(count, 1, "{name}");
        assert!(matches!(state["state"].as_str(), Some("published" | "held")), "{state:#}");
    }
    third.kill();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_printed_key_opens_the_data_when_the_keyring_is_lost() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let house = House::bare().unwrap();
    let running = house.serve(&[]).unwrap();
    assert_eq!(
        refused(&house, &["--json", "recovery-key", "show"]),
        (Some(9), "confirmation_needed".into()),
        "nobody confirmed"
    );
    let (_, shown) = run(&house, &["--json", "recovery-key", "show", "--yes"]);
    let text = shown["text"].as_str().unwrap().to_owned();
    let output = house.command(&["recovery-key", "show", "--yes"]).unwrap().output().unwrap();
    let sheet = house.data_dir().join("feuille.txt");
    std::fs::write(&sheet, &output.stdout).unwrap();
    running.kill();
    let copy = copy_now(&house);
    let sheet = sheet.to_str().unwrap();
    let restore = ["--json", "recovery-key", "restore", "--file", sheet];

    std::fs::remove_file(house.data_dir().join("moulin.vault.json")).unwrap();
    assert_eq!(refused(&house, &SERVE), (Some(5), "key_missing".into()));
    let typo = house.data_dir().join("faute.txt");
    std::fs::write(&typo, text.replacen(&text[..1], if text.starts_with('7') { "8" } else { "7" }, 1))
        .unwrap();
    let wrong = ["--json", "recovery-key", "restore", "--file", typo.to_str().unwrap()];
    assert_eq!(refused(&house, &wrong), (Some(5), "recovery_key_unreadable".into()));
    assert_eq!(run(&house, &restore).0, Some(0));
    house.serve(&[]).unwrap().kill();

    // Another computer: the sheet of paper and a copy are all that is left.
    let other = House::bare().unwrap();
    assert_eq!(run(&other, &restore).0, Some(0));
    let (exit, report) = run(&other, &["--json", "restore", "--from", copy.to_str().unwrap()]);
    assert_eq!(exit, Some(0), "{report}");
    other.serve(&[]).unwrap().kill();

    // A house with data of its own keeps its own key.
    let third = House::bare().unwrap();
    third.serve(&[]).unwrap().kill();
    assert_eq!(refused(&third, &restore), (Some(5), "wrong_key".into()));
    third.serve(&[]).unwrap().kill();
}
