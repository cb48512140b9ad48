//! What a tidy house does not leave lying about.

use super::sources::{Source, files};

const TEXTS: &[&str] = &[
    ".rs", ".ts", ".js", ".mjs", ".cjs", ".svelte", ".css", ".html", ".md", ".toml", ".json", ".sql",
    ".conf", ".txt", ".yml", ".svg",
];

fn everything() -> Vec<Source> {
    files("", TEXTS)
}

fn lines_with(sources: &[Source], found: impl Fn(&str) -> bool) -> Vec<String> {
    let mut lines = Vec::new();
    for source in sources {
        for (number, line) in source.text.lines().enumerate() {
            if found(line) {
                let start: String = line.trim().chars().take(120).collect();
                lines.push(format!("{}:{}: {start}", source.path, number + 1));
            }
        }
    }
    lines
}

#[test]
fn nothing_is_left_to_be_done_later() {
    // Put together here, so that this file is clean itself.
    let words = ["TO\u{44}O", "FIX\u{4d}E", "todo\u{21}(", "unimplemented\u{21}("];
    let stands_alone = |line: &str, word: &str| {
        line.match_indices(word).any(|(at, _)| {
            let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
            // Not the middle of another word (there is a network with such a name).
            !letter(line[..at].chars().next_back()) && !letter(line[at + word.len()..].chars().next())
        })
    };
    let left = lines_with(&everything(), |line| words.iter().any(|word| stands_alone(line, word)));
    assert!(left.is_empty(), "{}", left.join("\n"));
}

#[test]
fn no_file_names_a_folder_of_somebodys_machine() {
    let folders = ["/wor\u{6b}/", "/roo\u{74}/"];
    let named = lines_with(&everything(), |line| folders.iter().any(|folder| line.contains(folder)));
    assert!(named.is_empty(), "{}", named.join("\n"));
}

/// Where packages are fetched from is the machine's business; the lock files have their own check.
#[test]
fn no_file_names_a_registry_host() {
    let named = lines_with(&everything(), |line| {
        line.match_indices("://").any(|(at, scheme)| {
            let host = line[at + scheme.len()..].split(['/', '"', ' ', '>', ')']).next().unwrap_or_default();
            let host = host.to_lowercase();
            // Names under .example belong to nobody.
            let is_real = !host.ends_with(".example");
            is_real
                && ["registry", "mirror", "artifact", "nexus", "verdaccio"]
                    .iter()
                    .any(|word| host.contains(word))
        })
    });
    assert!(named.is_empty(), "{}", named.join("\n"));
}

#[test]
fn files_have_one_subject() {
    const MOST: usize = 700;
    // Data and one pretend server: cutting them would only hide what belongs together.
    const LONG: [(&str, &str); 2] = [
        ("ui/src/mocks/data.ts", "made-up posts and accounts for the page's tests"),
        ("ui/src/mocks/server.ts", "one pretend engine for the page's tests"),
    ];
    let too_long: Vec<String> = files("", &[".rs", ".ts", ".svelte", ".mjs", ".css"])
        .iter()
        .filter(|source| !LONG.iter().any(|(path, _)| source.path == *path))
        // Generated, for example from docs/openapi.json.
        .filter(|source| !source.path.contains(".gen."))
        .filter_map(|source| {
            let lines = source.text.lines().count();
            (lines > MOST).then(|| format!("{}: {lines} lines", source.path))
        })
        .collect();
    assert!(too_long.is_empty(), "{}", too_long.join("\n"));
}

#[test]
fn every_module_says_what_it_is_for() {
    let silent: Vec<String> =
        ["src-tauri/engine/src", "src-tauri/sandbox/src", "src-tauri/pixels/src", "tests"]
            .iter()
            .flat_map(|folder| files(folder, &[".rs"]))
            // A test module beside its subject needs no introduction.
            .filter(|source| !source.path.ends_with("/tests.rs"))
            .filter(|source| !source.text.starts_with("//!") && !source.text.starts_with("#!["))
            .map(|source| source.path)
            .collect();
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}
