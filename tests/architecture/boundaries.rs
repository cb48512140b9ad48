//! What may stand only in one place.

use vieux_moulin_engine::connectors::registry::Registry;

use super::sources::{Source, files, literals, product, read};

fn outside<'a>(sources: &'a [Source], allowed: &[&str]) -> impl Iterator<Item = &'a Source> {
    let allowed: Vec<String> = allowed.iter().map(ToString::to_string).collect();
    sources.iter().filter(move |source| !allowed.iter().any(|place| source.path.starts_with(place)))
}

fn refuse<'a>(sources: impl Iterator<Item = &'a Source>, words: &[&str], why: &str) {
    let mut broken = Vec::new();
    for source in sources {
        for (number, line) in source.text.lines().enumerate() {
            if let Some(word) = words.iter().find(|word| line.contains(**word)) {
                // Comments are gone, so the number only helps to find the place.
                broken.push(format!("{} (about line {}): {word}", source.path, number + 1));
            }
        }
    }
    assert!(broken.is_empty(), "{why}\n{}", broken.join("\n"));
}

#[test]
fn the_engine_and_the_sandbox_know_no_window() {
    for package in ["engine", "sandbox", "pixels"] {
        let manifest = read(&format!("src-tauri/{package}/Cargo.toml"));
        let named = manifest.lines().find(|line| line.starts_with("tauri"));
        assert!(named.is_none(), "{package} depends on {named:?}");
        refuse(product(&format!("src-tauri/{package}/src")).iter(), &["tauri::"], "no window here");
    }
}

#[test]
fn the_sandbox_knows_no_engine() {
    let manifest = read("src-tauri/sandbox/Cargo.toml");
    assert!(!manifest.contains("vieux-moulin-engine"), "a double that shares our code shares our mistakes");
    refuse(product("src-tauri/sandbox/src").iter(), &["vieux_moulin_engine"], "as above");
}

/// How a statement begins.
const STATEMENTS: [&str; 9] = [
    "SELECT ",
    "INSERT INTO ",
    "INSERT OR ",
    "UPDATE ",
    "DELETE FROM ",
    "CREATE TABLE ",
    "CREATE INDEX ",
    "PRAGMA ",
    "ALTER TABLE ",
];

#[test]
fn sql_stands_only_in_the_store() {
    let engine = product("src-tauri/engine/src");
    let elsewhere = || outside(&engine, &["src-tauri/engine/src/store/"]);
    refuse(elsewhere(), &["rusqlite", "refinery"], "the store's library is the store's business");
    let mut broken = Vec::new();
    for source in elsewhere() {
        for literal in literals(&source.text) {
            if STATEMENTS.iter().any(|statement| literal.trim_start().starts_with(statement)) {
                broken.push(format!("{}: {literal}", source.path));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    // The rule would be worth nothing if it could not see a statement.
    let seen = engine.iter().filter(|source| source.path.contains("/store/")).any(|source| {
        literals(&source.text).iter().any(|literal| literal.trim_start().starts_with("SELECT "))
    });
    assert!(seen);
}

#[test]
fn http_clients_stand_only_where_the_network_is_meant() {
    let engine = product("src-tauri/engine/src");
    let allowed = [
        "src-tauri/engine/src/connectors/",
        // Pictures of the public web, behind the guard against private addresses.
        "src-tauri/engine/src/media/fetch",
        // The command line asks the running instance.
        "src-tauri/engine/src/cli/",
        "src-tauri/engine/src/practice",
    ];
    refuse(outside(&engine, &allowed), &["reqwest"], "an HTTP client outside its places");
    refuse(product("src-tauri/src").iter(), &["reqwest"], "the shell speaks to the engine only");
}

#[test]
fn the_system_clock_is_read_in_one_place() {
    let mut sources = product("src-tauri/engine/src");
    sources.extend(product("src-tauri/src"));
    let words =
        ["SystemTime::now", "Instant::now", "Timestamp::now", "Zoned::now", "tokio::time::sleep_until"];
    refuse(
        outside(&sources, &["src-tauri/engine/src/clock.rs"]),
        &words,
        "ask clock.rs, so that a test can move the hands",
    );
}

#[test]
fn only_the_registry_names_the_connectors() {
    let engine = product("src-tauri/engine/src");
    let names: Vec<String> = Registry::standard().ids().map(|id| format!("connectors::{id}")).collect();
    let words: Vec<&str> = names.iter().map(String::as_str).collect();
    refuse(
        outside(&engine, &["src-tauri/engine/src/connectors/"]),
        &words,
        "a new network must not touch anything else",
    );
}

#[test]
fn the_page_asks_the_window_in_one_place() {
    let page = files("ui/src", &[".ts", ".svelte"]);
    refuse(
        outside(&page, &["ui/src/lib/platform/"]),
        &["@tauri-apps", "__TAURI"],
        "the same page runs in a browser",
    );
}

#[test]
fn unsafe_is_forbidden_everywhere() {
    let workspace = read("Cargo.toml");
    assert!(workspace.contains("unsafe_code = \"forbid\""));
    let packages =
        ["src-tauri", "src-tauri/engine", "src-tauri/pixels", "src-tauri/sandbox", "tests", "xtask"];
    for package in packages {
        let manifest = read(&format!("{package}/Cargo.toml"));
        assert!(manifest.contains("[lints]\nworkspace = true"), "{package} does not take the lints over");
    }
}
