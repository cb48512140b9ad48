//! Reading the project's files as text.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Folders that are built, fetched or not ours.
const NOT_OURS: [&str; 7] = ["target", "node_modules", "dist", ".git", "gen", ".svelte-kit", "test-results"];

/// One file of the project.
pub struct Source {
    /// From the root of the project, with slashes.
    pub path: String,
    pub text: String,
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

pub fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All files below `folder` with one of these endings.
pub fn files(folder: &str, endings: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    visit(&root().join(folder), endings, &mut found);
    assert!(!found.is_empty(), "nothing below {folder:?}");
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn visit(folder: &Path, endings: &[&str], found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name().into_string().unwrap_or_default());
        if path.is_dir() {
            // A build folder of any name says so itself.
            if !NOT_OURS.contains(&name.as_str()) && !path.join("CACHEDIR.TAG").exists() {
                visit(&path, endings, found);
            }
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            let relative = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
            found.push(Source { path: relative, text: fs::read_to_string(&path).unwrap() });
        }
    }
}

/// The Rust sources below `folder` as the product compiles them: no test modules, no comments.
pub fn product(folder: &str) -> Vec<Source> {
    files(folder, &[".rs"])
        .into_iter()
        .filter(|source| !is_test(&source.path))
        .map(|source| Source { text: without_tests_and_comments(&source.text), ..source })
        .collect()
}

fn is_test(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("/tests.rs") || path.ends_with("/testing.rs")
}

/// Test modules stand at the end of a file.
pub fn without_tests_and_comments(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.fold(String::new(), |all, line| all + line + "\n")
}

/// The string literals of a source, without their quotes. Raw strings count as well.
pub fn literals(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(start) = rest.find('"') {
        if rest[..start].ends_with('\'') {
            // The character '"'.
            rest = &rest[start + 1..];
            continue;
        }
        let mut literal = String::new();
        let mut escaped = false;
        let mut end = rest.len();
        for (index, c) in rest.char_indices().skip_while(|(index, _)| *index <= start) {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => {
                    end = index + 1;
                    break;
                }
                c => literal.push(c),
            }
        }
        found.push(literal);
        rest = &rest[end..];
    }
    found
}

#[test]
fn the_readers_of_sources_see_what_they_should() {
    let text = "//! \"not this\"\nlet a = \"one \\\" two\"; // x\n#[cfg(test)]\nmod tests { \"never\" }\n";
    let code = without_tests_and_comments(text);
    assert_eq!(literals(&code), ["one  two"]);
    assert_eq!(literals("'\"' \"a\""), ["a"]);
}
