//! T6: a start that cannot work says why, with a stable word and exit code, and changes nothing.

use std::{os::unix::fs::PermissionsExt as _, process::Output};

use serde_json::Value;
use vieux_moulin_tests::process::House;

/// Runs `serve` and returns its exit code and the word of the refusal.
fn refused(house: &House, arguments: &[&str]) -> (Option<i32>, String) {
    let output = house.command(arguments).unwrap().output().unwrap();
    (output.status.code(), code_of(&output))
}

fn code_of(output: &Output) -> String {
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let line = text.lines().find(|line| line.contains("\"code\"")).unwrap_or_default();
    let value: Value =
        serde_json::from_str(line).or_else(|_| serde_json::from_str(&text)).unwrap_or_default();
    value["code"].as_str().map_or(text.clone(), ToOwned::to_owned)
}

const SERVE: [&str; 4] = ["--json", "serve", "--port", "0"];

#[test]
fn t6_each_refused_start_names_its_reason() {
    let mut rows: Vec<(&str, Option<i32>, String, i32, &str)> = Vec::new();

    let wrong = House::bare().unwrap();
    wrong.serve(&[]).unwrap().kill();
    let before = std::fs::read(wrong.data_dir().join("moulin.db")).unwrap();
    std::fs::write(wrong.passphrase_file(), "une autre phrase").unwrap();
    let (exit, code) = refused(&wrong, &SERVE);
    rows.push(("wrong passphrase", exit, code, 5, "wrong_passphrase"));
    assert_eq!(std::fs::read(wrong.data_dir().join("moulin.db")).unwrap(), before, "the data was touched");

    let missing = House::bare().unwrap();
    missing.serve(&[]).unwrap().kill();
    for entry in std::fs::read_dir(missing.data_dir()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.contains("vault") || entry_is_key(&name) {
            std::fs::remove_file(path).unwrap();
        }
    }
    let (exit, code) = refused(&missing, &SERVE);
    rows.push(("key file gone", exit, code, 5, "key_missing"));
    assert!(!missing.data_dir().join("moulin.vault.json").exists(), "a new key was made for old data");

    let newer = House::bare().unwrap();
    newer.serve(&[]).unwrap().kill();
    make_newer(&newer);
    let (exit, code) = refused(&newer, &SERVE);
    rows.push(("newer database", exit, code, 7, "database_newer"));

    let taken = House::bare().unwrap();
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let (exit, code) = refused(&taken, &["--json", "serve", "--port", &port]);
    rows.push(("port taken", exit, code, 8, "port_taken"));

    let second = House::bare().unwrap();
    let running = second.serve(&[]).unwrap();
    let (exit, code) = refused(&second, &SERVE);
    rows.push(("second instance", exit, code, 6, "already_running"));
    running.kill();

    let unknown = House::bare().unwrap();
    std::fs::write(unknown.data_dir().join("settings.json"), "{\n  \"langage\": \"fr\"\n}").unwrap();
    let (exit, code) = refused(&unknown, &SERVE);
    rows.push(("unknown key in settings.json", exit, code, 4, "config_unknown_key"));

    let read_only = House::bare().unwrap();
    // Permissions do not hold root back: a file where the folder should be does.
    std::fs::remove_dir(read_only.data_dir()).unwrap();
    std::fs::write(read_only.data_dir(), "").unwrap();
    let (exit, code) = refused(&read_only, &SERVE);
    rows.push(("folder cannot be written", exit, code, 7, "folder_read_only"));

    if !is_root() {
        let closed = House::bare().unwrap();
        std::fs::set_permissions(closed.data_dir(), std::fs::Permissions::from_mode(0o500)).unwrap();
        let (exit, code) = refused(&closed, &SERVE);
        rows.push(("read-only folder", exit, code, 7, "folder_read_only"));
        std::fs::set_permissions(closed.data_dir(), std::fs::Permissions::from_mode(0o700)).unwrap();
    }

    println!("T6  {:<30} exit  code", "start");
    let mut wrong = Vec::new();
    for (name, exit, code, expected_exit, expected) in &rows {
        println!("T6  {name:<30} {:<5} {code}", exit.unwrap_or(-1));
        if *exit != Some(*expected_exit) || code != expected {
            wrong.push(format!("{name}: {exit:?} {code}, expected {expected_exit} {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn is_root() -> bool {
    let probe = tempfile::tempdir().unwrap();
    std::fs::set_permissions(probe.path(), std::fs::Permissions::from_mode(0o500)).unwrap();
    std::fs::write(probe.path().join("x"), "").is_ok()
}

fn make_newer(house: &House) {
    use vieux_moulin_engine::secrets::{KeySource, PassphraseVault, open_key};
    let vault = PassphraseVault::from_passphrase_file(&house.data_dir(), &house.passphrase_file()).unwrap();
    let source = KeySource::Store(std::sync::Arc::new(vault));
    let key = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(open_key(&house.data_dir(), &source, jiff::Timestamp::now()))
        .unwrap();
    let connection = rusqlite::Connection::open(house.data_dir().join("moulin.db")).unwrap();
    connection.pragma_update(None, "key", format!("x'{}'", *key.to_hex())).unwrap();
    connection.pragma_update(None, "user_version", 9999).unwrap();
}

fn entry_is_key(name: &str) -> bool {
    std::path::Path::new(name).extension().is_some_and(|extension| extension == "key")
}
