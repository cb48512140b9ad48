//! Everything that leaves the machine goes through the outbox: written by the orchestrator, carried out
//! by the queue, and by nobody else.

use super::sources::product;

const ENGINE: &str = "src-tauri/engine/src/";

/// Files of the engine that name `word` as a whole word, without the ones in `except`.
fn naming(word: &str, except: &[&str]) -> Vec<String> {
    product("src-tauri/engine/src")
        .into_iter()
        .filter(|source| !except.iter().any(|place| source.path.starts_with(&format!("{ENGINE}{place}"))))
        .filter(|source| {
            source.text.match_indices(word).any(|(at, _)| {
                let part_of_a_name = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
                !part_of_a_name(source.text[..at].chars().next_back())
                    && !part_of_a_name(source.text[at + word.len()..].chars().next())
            })
        })
        .map(|source| source.path.trim_start_matches(ENGINE).to_owned())
        .collect()
}

/// Every call of a connector that changes something outside takes a `Job`, and only the queue makes one.
#[test]
fn connectors_are_called_by_the_queue_only() {
    let elsewhere = naming("Job", &["connectors/", "queue/", "scheduler/chores.rs"]);
    assert_eq!(elsewhere, Vec::<String>::new(), "a connector is called past the outbox");
    // The heartbeat's library has a type of the same name; the connectors' is not meant there.
    // Besides it only the collector of figures knows connectors, and it has no publisher to ask.
    let asks = |source: &&super::sources::Source| source.text.contains("connectors");
    let room = product("src-tauri/engine/src/scheduler");
    let askers: Vec<&str> = room.iter().filter(asks).map(|source| source.path.as_str()).collect();
    assert_eq!(askers, ["src-tauri/engine/src/scheduler/figures.rs"]);
    assert!(!naming("Job", &["connectors/"]).is_empty(), "the rule sees nothing");
}

/// Whoever asks a connector for its publisher may only ask what it thinks of a content.
#[test]
fn others_only_ask_connectors_for_their_opinion() {
    let askers = naming("publisher", &["connectors/", "queue/"]);
    assert_eq!(askers, ["api/views/account.rs", "social/adapt.rs"]);
    for source in product("src-tauri/engine/src") {
        if askers.iter().any(|path| source.path.ends_with(path)) {
            assert!(!source.text.contains(".await"), "{} waits for a connector", source.path);
        }
    }
}

/// Work is written by the orchestrator alone; the demonstration data of the practice mode are made by hand.
#[test]
fn the_outbox_is_filled_by_the_orchestrator_only() {
    let writers = naming("deliveries::insert", &["store/"]);
    assert_eq!(writers, ["orchestrator/edit.rs", "orchestrator/publish.rs", "practice/demo.rs"]);
}

/// Nobody hands work to a feature or to the queue past the orchestrator.
#[test]
fn the_doors_ask_the_orchestrator() {
    for source in product("src-tauri/engine/src/api") {
        for word in ["deliveries::transition", "posts::insert", "posts::update", "social::adapt::"] {
            assert!(!source.text.contains(word), "{} does the orchestrator's work: {word}", source.path);
        }
    }
}
