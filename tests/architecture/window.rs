//! What the window can do, other programs can do as well: each request of the page has a route of the
//! published API, and what goes past the router says why.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use vieux_moulin_engine::api;

use super::sources::{files, read};

/// Commands of the desktop shell that are no request to the router, and why no other program has them.
const SHELL_ONLY: [(&str, &str); 11] = [
    ("subscribe", "the events of `GET /api/communication/events`, without a port"),
    ("open_external", "opens the browser of the person in front of the screen"),
    ("reveal", "opens the file manager of the person in front of the screen"),
    ("save_text", "asks that person where to put a file; its content comes from the API"),
    ("autostart_get", "start at login is a matter of this desktop, not of the data"),
    ("autostart_set", "start at login is a matter of this desktop, not of the data"),
    ("quit", "ends the desktop program; `moulin serve` ends by a signal"),
    (
        "start_state",
        "while the engine does not run there is no router; `moulin serve` says it with its exit code",
    ),
    ("start_again", "starts the engine of this process; another program starts `moulin serve`"),
    (
        "start_with_passphrase",
        "the same, with what the person types; `moulin serve` takes `--passphrase-file`",
    ),
    ("start_reveal", "opens the file manager of the person in front of the screen"),
];

/// One thing that the page asks for: where it stands in `api`, method, address with `{}` for ids.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Action {
    pub name: String,
    pub method: String,
    pub path: String,
}

/// Reads the page's one list of requests.
pub fn actions() -> Vec<Action> {
    let source = read("ui/src/lib/api/index.ts");
    let list = source.split_once("export const api = {").unwrap().1;
    let (mut group, mut name) = (String::new(), String::new());
    let mut found = Vec::new();
    for line in list.lines() {
        let indent = line.len() - line.trim_start().len();
        let key = line.trim_start().split_once(':').map(|(key, _)| key).unwrap_or_default();
        let is_key = !key.is_empty() && key.chars().all(char::is_alphanumeric);
        match indent {
            2 if is_key && line.ends_with(": {") => (group, name) = (format!("{key}."), String::new()),
            2 if is_key => (group, name) = (String::new(), key.to_owned()),
            4 if is_key && !group.is_empty() => key.clone_into(&mut name),
            _ => {}
        }
        for (method, path) in requests(line) {
            found.push(Action { name: format!("{group}{name}"), method, path });
        }
        // A request that is broken over lines: the method stands alone, the address follows.
        if line.trim_start().starts_with("'GET',") {
            found.push(Action { name: format!("{group}{name}"), method: "GET".into(), path: String::new() });
        } else if let Some(path) = address(line.trim_start())
            && let Some(last) = found.last_mut().filter(|action| action.path.is_empty())
        {
            last.path = path;
        }
    }
    // The two that are not JSON: files and the stream.
    for (name, method, path) in [
        ("media.add (a dropped file)", "POST", "/api/communication/media"),
        ("media.url", "GET", "/api/communication/media/{}/content"),
        ("live updates", "GET", "/api/communication/events"),
    ] {
        found.push(Action { name: name.into(), method: method.into(), path: path.into() });
    }
    found
}

/// `('POST', `${ROOT}/…`` of one line.
fn requests(line: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (at, _) in line.match_indices("('") {
        let rest = &line[at + 2..];
        let Some((method, rest)) = rest.split_once("', ") else { continue };
        if let Some(path) = address(rest).filter(|_| method.chars().all(char::is_uppercase)) {
            found.push((method.to_owned(), path));
        }
    }
    found
}

/// An address in quotes at the start of a text, with `{}` for what is filled in.
fn address(text: &str) -> Option<String> {
    let quote = text.chars().next().filter(|c| matches!(c, '`' | '\''))?;
    let inside = text[1..].split(quote).next()?.replace("${ROOT}", "/api/communication");
    let mut path = String::new();
    let mut rest = inside.as_str();
    while let Some((before, after)) = rest.split_once("${") {
        path = path + before + "{}";
        rest = after.split_once('}')?.1;
    }
    path += rest;
    path.starts_with("/api/").then_some(path)
}

/// Method and address of every route, with `{}` for ids, and the address as it is published.
pub fn routes() -> BTreeMap<(String, String), String> {
    let document = serde_json::to_value(api::document()).unwrap();
    let mut routes = BTreeMap::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let shape: Vec<&str> =
            path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }).collect();
        for (method, _) in
            operations.as_object().unwrap().iter().filter(|(_, o)| o["operationId"] != Value::Null)
        {
            routes.insert((method.to_uppercase(), shape.join("/")), path.clone());
        }
    }
    routes
}

/// Rows of the table in COMMUNICATION.md.
pub fn rows() -> Vec<Vec<String>> {
    let routes = routes();
    let mut rows: Vec<Vec<String>> = actions()
        .into_iter()
        .map(|action| {
            let route = routes.get(&(action.method.clone(), action.path.clone()));
            let route = route.unwrap_or_else(|| panic!("no route for {action:?}"));
            vec![format!("`{}`", action.name), format!("`{} {route}`", action.method)]
        })
        .collect();
    rows.extend(SHELL_ONLY.map(|(name, why)| vec![format!("shell: `{name}`"), format!("none: {why}")]));
    rows
}

#[test]
fn every_action_of_the_window_has_a_route() {
    let routes = routes();
    let actions = actions();
    assert!(actions.len() > 45, "the page's requests were not understood: {actions:#?}");
    let missing: Vec<&Action> = actions
        .iter()
        .filter(|action| !routes.contains_key(&(action.method.clone(), action.path.clone())))
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
    let names: BTreeSet<&str> = actions.iter().map(|action| action.name.as_str()).collect();
    for name in ["status", "posts.publish", "deliveries.confirm", "accounts.oauth", "session.login"] {
        assert!(names.contains(name), "{name} was not read");
    }
}

#[test]
fn the_page_asks_for_nothing_outside_its_list() {
    for source in files("ui/src", &[".ts", ".svelte"]) {
        let is_its_place = source.path.starts_with("ui/src/lib/api/")
            || source.path.starts_with("ui/src/lib/platform/")
            || source.path.starts_with("ui/src/mocks/")
            || source.path.contains(".test");
        for word in ["/api/communication", "fetch(", "request<"] {
            assert!(is_its_place || !source.text.contains(word), "{}: {word}", source.path);
        }
    }
}

#[test]
fn the_shell_gives_the_page_nothing_else() {
    let source = ["bridge", "start"].map(|file| read(&format!("src-tauri/src/{file}.rs"))).concat();
    let commands: BTreeSet<&str> = source
        .split("#[tauri::command]\n")
        .skip(1)
        .map(|command| command.split("fn ").nth(1).unwrap().split(['(', '<']).next().unwrap())
        .collect();
    let mut explained: BTreeSet<&str> = SHELL_ONLY.iter().map(|(name, _)| *name).collect();
    explained.insert("api");
    assert_eq!(commands, explained);
}
