//! The bad days: a damaged database, a lost keyring, a copy that knows less than the networks do.

use std::{
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
    time::Duration,
};

use serde_json::{Value, json};
use vieux_moulin_engine::secrets::{KeySource, PassphraseVault, open_key};
use vieux_moulin_tests::process::{House, Networks, jpeg, moulin_bin};

use super::{BLIND, NETWORKS, ONE_AT_A_TIME, planned_request, until_quiet};

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
        let body = planned_request(platform, &format!("Copie {name} fin"), &picture, due);
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
    assert_eq!((exit, &report["doubtful"]), (Some(0), &json!(NETWORKS.len())), "{report}");
    let third = house.serve(&[]).unwrap();
    let ended = until_quiet(&third, Duration::from_secs(120)).await;
    for (platform, name) in NETWORKS {
        let count = networks.count(platform, &format!("Copie {name} fin")).await.unwrap();
        let state = ended.iter().find(|delivery| delivery["platform"] == platform.name()).unwrap();
        println!("restored  {name:<12} objects {count}  {}", state["state"]);
        assert_eq!(count, 1, "{name}");
        // Where nobody can look, only a person can tell.
        let expected = if name == BLIND { "held" } else { "published" };
        assert_eq!(state["state"], expected, "{state:#}");
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

/// Without the keyring and without bringing the key back into it: the sheet of paper is enough for a run.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_printed_key_serves_for_one_run() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let house = House::bare().unwrap();
    house.serve(&[]).unwrap().kill();
    let output = house.command(&["recovery-key", "show", "--yes"]).unwrap().output().unwrap();
    let sheet = house.data_dir().join("feuille.txt");
    std::fs::write(&sheet, &output.stdout).unwrap();
    let vault = house.data_dir().join("moulin.vault.json");
    std::fs::remove_file(&vault).unwrap();
    let info = std::fs::read(house.data_dir().join("moulin.keyinfo.json")).unwrap();
    let serve = |data: &Path, sheet: &Path| {
        let mut command = std::process::Command::new(moulin_bin().unwrap());
        command.arg("--data-dir").arg(data).arg("--recovery-key-file").arg(sheet);
        command.args(["--json", "serve", "--port", "0", "--ready-json"]);
        let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap_or_default();
        let _ = child.kill();
        let _ = child.wait();
        (said["ready"] == true, said["code"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(serve(&house.data_dir(), &sheet), (true, String::new()));
    // Nothing was kept: the next run wants it again.
    assert!(!vault.exists());
    assert_eq!(std::fs::read(house.data_dir().join("moulin.keyinfo.json")).unwrap(), info);
    assert_eq!(refused(&house, &SERVE), (Some(5), "key_missing".into()));
    // The sheet of another house, a sheet without a key, a folder without data.
    let other = House::bare().unwrap();
    other.serve(&[]).unwrap().kill();
    assert_eq!(serve(&other.data_dir(), &sheet), (false, "wrong_key".into()));
    let empty = house.data_dir().join("vide.txt");
    std::fs::write(&empty, "# rien\n").unwrap();
    assert_eq!(serve(&house.data_dir(), &empty), (false, "recovery_key_unreadable".into()));
    let nothing = House::bare().unwrap();
    assert_eq!(serve(&nothing.data_dir(), &sheet), (false, "recovery_key_without_data".into()));
    assert!(!nothing.data_dir().join("moulin.db").exists());
}

/// In a session with a keyring of its own, by the program itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_key_moves_between_the_keyring_and_a_passphrase() {
    let _alone = ONE_AT_A_TIME.lock().await;
    for tool in ["dbus-run-session", "gnome-keyring-daemon"] {
        if std::process::Command::new(tool).arg("--version").output().is_err() {
            println!("SKIPPED: {tool} is not installed");
            return;
        }
    }
    let house = House::bare().unwrap();
    let script = r#"
        printf secret | gnome-keyring-daemon --unlock --components=secrets >/dev/null
        by_keyring() { "$MOULIN" --data-dir "$DATA" --json "$@" 2>&1; echo "exit=$?"; }
        by_phrase() { by_keyring --passphrase-file "$PHRASE" "$@"; }
        by_keyring status
        by_phrase key move --to passphrase
        by_keyring status
        by_phrase status
        by_phrase key move --to passphrase
        by_phrase key move --to keyring
        by_phrase status
        by_keyring status
        by_keyring key move --to keyring
    "#;
    let output = std::process::Command::new("dbus-run-session")
        .args(["--", "sh", "-c", script])
        .env("MOULIN", moulin_bin().unwrap())
        .env("DATA", house.data_dir())
        .env("PHRASE", house.passphrase_file())
        .env("HOME", house.data_dir().parent().unwrap())
        .env("XDG_DATA_HOME", house.data_dir().parent().unwrap().join("keyrings"))
        .env("XDG_RUNTIME_DIR", house.data_dir().parent().unwrap())
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let exits: Vec<Option<i32>> =
        said.lines().filter_map(|line| line.strip_prefix("exit=")).map(|exit| exit.parse().ok()).collect();
    let ok = Some(0);
    let key = Some(5);
    assert_eq!(exits, [ok, ok, key, ok, ok, ok, key, ok, ok], "{said}");
    assert!(said.contains("passphrase_needed") && said.contains("key_missing"), "{said}");
    assert!(!said.contains("\"former_place_emptied\":false"), "{said}");
    assert!(!house.data_dir().join("moulin.vault.json").exists());
}
