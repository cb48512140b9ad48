//! Which room of the engine may use which (docs/ARCHITECTURE.md, "The rooms").

use std::collections::{BTreeMap, BTreeSet};

use super::sources::{product, read};

const ENGINE: &str = "src-tauri/engine/src";

/// Plain types and services that know nothing above them.
const WORDS: &[&str] = &["problems", "domain", "clock", "config", "events"];

/// Rooms that put the others together.
const WIRING: &[&str] = &["host", "practice", "engine", "logging", "lib", "bin"];

/// Each room, what it may use besides [`WORDS`].
const ROOMS: &[(&str, &[&str])] = &[
    ("cli", &["api", "host", "connectors"]),
    (
        "api",
        // The router carries the running engine to its handlers, shows its log, and switches the faults
        // of the practice mode.
        &[
            "engine",
            "logging",
            "practice",
            "orchestrator",
            "social",
            "connections",
            "conversations",
            "customers",
            "notifications",
            "scheduler",
            "queue",
            "store",
            "connectors",
            "media",
        ],
    ),
    (
        "orchestrator",
        &[
            "social",
            "connections",
            "conversations",
            "customers",
            "notifications",
            "scheduler",
            "queue",
            "store",
            "connectors",
            "media",
        ],
    ),
    ("social", &["queue", "store", "connectors", "media"]),
    ("connections", &["queue", "store", "connectors"]),
    ("conversations", &["queue", "store", "connectors"]),
    ("customers", &["store"]),
    ("notifications", &["queue", "store", "connectors"]),
    ("scheduler", &["queue", "store", "connectors"]),
    ("queue", &["store", "connectors"]),
    ("store", &[]),
    ("connectors", &[]),
    ("media", &[]),
    ("secrets", &[]),
];

/// Between the plain rooms.
const WORDS_USE: &[(&str, &[&str])] =
    &[("problems", &[]), ("domain", &[]), ("clock", &[]), ("config", &[]), ("events", &["clock"])];

/// Room → rooms it uses → files that do.
type Uses = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

fn uses() -> Uses {
    let mut uses = Uses::new();
    for source in product(ENGINE) {
        let inside = source.path.strip_prefix(ENGINE).unwrap().trim_start_matches('/');
        let room = inside.split('/').next().unwrap().trim_end_matches(".rs").to_owned();
        let entry = uses.entry(room.clone()).or_default();
        for used in crate_paths(&source.text) {
            if used != room {
                entry.entry(used).or_default().insert(source.path.clone());
            }
        }
    }
    uses
}

/// First segments of every `crate::a` and `crate::{a, b::c}`.
fn crate_paths(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, path) in code.match_indices("crate::") {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &code[at + path.len()..];
        let Some(group) = rest.strip_prefix('{') else {
            found.insert(name(rest));
            continue;
        };
        let mut depth = 0_i32;
        let mut item = String::new();
        for c in group.chars() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    found.insert(name(&std::mem::take(&mut item)));
                }
                c => item.push(c),
            }
        }
        found.insert(name(&item));
    }
    found.remove("");
    found
}

fn name(path: &str) -> String {
    path.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

fn allowed(room: &str) -> Option<Vec<&'static str>> {
    let of = |table: &[(&str, &'static [&'static str])]| {
        table.iter().find(|(name, _)| *name == room).map(|(_, uses)| *uses)
    };
    of(ROOMS).map(|own| [own, WORDS].concat()).or_else(|| of(WORDS_USE).map(<[&str]>::to_vec))
}

#[test]
fn arrows_point_one_way() {
    let mut broken = Vec::new();
    for (room, used) in uses() {
        if WIRING.contains(&room.as_str()) {
            continue;
        }
        let Some(allowed) = allowed(&room) else {
            broken.push(format!(
                "{room} is a new room: give it a line in this test and in docs/ARCHITECTURE.md"
            ));
            continue;
        };
        for (other, files) in used {
            if !allowed.contains(&other.as_str()) {
                broken.push(format!("{room} must not use {other}: {files:?}"));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// An arrow that nobody uses any more would hide the day when it comes back for a bad reason.
#[test]
fn every_room_of_the_table_exists_and_is_described() {
    let rooms = uses();
    let page = read("docs/ARCHITECTURE.md");
    let lines = ROOMS.iter().chain(WORDS_USE).map(|(room, _)| *room);
    for room in lines.chain(WIRING.iter().copied().filter(|room| !matches!(*room, "lib" | "bin"))) {
        assert!(rooms.contains_key(room), "{room} does not exist");
        assert!(page.contains(&format!("`{room}`")), "docs/ARCHITECTURE.md does not mention {room}");
    }
}

#[test]
fn features_never_import_one_another() {
    let features = ["social", "connections", "conversations", "notifications"];
    for (room, used) in uses() {
        for feature in features {
            let crosses = features.contains(&room.as_str()) && used.contains_key(feature);
            assert!(!crosses, "{room} uses {feature}: rules that cross features belong to the orchestrator");
        }
    }
}

#[test]
fn paths_are_read_in_every_form() {
    let code = "use crate::{a::{B, c}, d};\nuse crate::e::F;\nlet x = crate::g::h(); mycrate::no::x();";
    assert_eq!(crate_paths(code).into_iter().collect::<Vec<_>>(), ["a", "d", "e", "g"]);
}
