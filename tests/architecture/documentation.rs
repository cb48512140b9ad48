//! `COMMUNICATION.md` says what the code does: its tables are generated from the code, and what is
//! written by hand names everything that exists.

use std::{collections::BTreeMap, fmt::Write as _, fs};

use serde_json::Value;
use vieux_moulin_engine::{
    api::{self, Scope},
    config::key_reference,
    connectors::registry::Registry,
    domain::DeliveryState,
    problems,
    queue::failpoint,
};
use vieux_moulin_sandbox::{FaultName, Platform};

use super::sources::{files, read, root};

const PAGE: &str = "COMMUNICATION.md";

/// Name of a generated block, and what writes it.
type Block = (&'static str, fn() -> String);

#[test]
fn the_generated_tables_are_up_to_date() {
    let blocks: [Block; 8] = [
        ("arrows", arrows),
        ("platforms", platforms),
        ("routes", routes),
        ("window", || table(&["In the window", "Route"], super::window::rows())),
        ("settings", settings),
        ("exit-codes", exit_codes),
        ("problems", problem_codes),
        ("faults", faults),
    ];
    let before = read(PAGE);
    let mut page = before.clone();
    for (name, make) in blocks {
        page = with_block(&page, name, &make());
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(root().join(PAGE), &page).unwrap();
        return;
    }
    let stale = before.lines().zip(page.lines()).find(|(old, new)| old != new);
    assert!(
        before == page,
        "{PAGE} is out of date (first difference {stale:?}): run this test with UPDATE_DOCS=1"
    );
}

fn with_block(page: &str, name: &str, content: &str) -> String {
    let (start, end) = (format!("<!-- generated: {name} -->\n"), "<!-- end -->");
    let (head, rest) = page.split_once(&start).unwrap_or_else(|| panic!("{PAGE} has no block {name}"));
    let (_, tail) = rest.split_once(end).unwrap_or_else(|| panic!("the block {name} has no end"));
    format!("{head}{start}{content}{end}{tail}")
}

fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> =
            cells.iter().map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let mut text = line(&head.iter().map(ToString::to_string).collect::<Vec<_>>());
    let _ = writeln!(text, "|{}", "---|".repeat(head.len()));
    rows.into_iter().fold(text, |all, row| all + &line(&row))
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn arrows() -> String {
    let rows = DeliveryState::ALL.map(|from| {
        let next: Vec<String> = DeliveryState::ALL
            .into_iter()
            .filter(|to| from.can_become(*to))
            .map(|to| code(to.as_str()))
            .collect();
        vec![code(from.as_str()), if next.is_empty() { "(end)".to_owned() } else { next.join(" ") }]
    });
    table(&["From", "May become"], rows)
}

fn platforms() -> String {
    let registry = Registry::standard();
    let rows = registry.iter().map(|connector| {
        let about = connector.descriptor();
        let (can, limits) = (about.capabilities, about.limits);
        let abilities = [("edit", can.edit), ("delete", can.delete)];
        let able: Vec<&str> = abilities.iter().filter(|(_, able)| *able).map(|(name, _)| *name).collect();
        let hand_over = match (can.hand_over, limits.hand_over_min_secs, limits.hand_over_max_secs) {
            (true, Some(min), Some(max)) => format!("{min} to {max} s ahead"),
            (true, ..) => "where its server can".to_owned(),
            _ => "no".to_owned(),
        };
        let rule = serde_json::to_value(limits.counting_rule).unwrap();
        let fields: Vec<String> = about
            .credential_fields
            .iter()
            .map(|field| format!("`{}`{}", field.key, if field.required { "" } else { " (optional)" }))
            .collect();
        vec![
            code(about.id),
            format!("{:?}", about.kind),
            format!("{} {}", limits.max_text, rule.as_str().unwrap()),
            limits.max_images.to_string(),
            if limits.text_only_allowed { "yes" } else { "no" }.to_owned(),
            hand_over,
            able.join(", "),
            fields.join(", "),
        ]
    });
    let head = [
        "Id",
        "Kind",
        "Longest text",
        "Images",
        "Text only",
        "Handed over",
        "Afterwards",
        "Credential fields",
    ];
    table(&head, rows)
}

fn routes() -> String {
    let document = serde_json::to_value(api::document()).unwrap();
    let who = callers();
    let mut rows = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let Some(id) = operation["operationId"].as_str() else { continue };
            let caller = who.get(id).copied().unwrap_or("anybody on this computer");
            let summary = operation["summary"].as_str().unwrap_or_default();
            rows.push(vec![
                code(&format!("{} {path}", method.to_uppercase())),
                caller.to_owned(),
                summary.to_owned(),
            ]);
        }
    }
    rows.sort_by_key(|row| {
        let route = row[0].trim_matches('`');
        route.split_once(' ').map(|(method, path)| (path.to_owned(), method.to_owned()))
    });
    table(&["Route", "Who", "What"], rows)
}

/// Handler → who may call it, from the argument that stands for the caller.
fn callers() -> BTreeMap<String, &'static str> {
    const GATES: [(&str, &str); 5] = [
        ("Reader", "`read`"),
        ("Publisher", "`publish`"),
        ("Admin", "`admin`"),
        ("Local", "window, command line"),
        ("SignedIn", "any signed-in caller"),
    ];
    let mut found = BTreeMap::new();
    for source in files("src-tauri/engine/src/api/routes", &[".rs"]) {
        for handler in source.text.split("pub async fn ").skip(1) {
            let name: String = handler.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let arguments = handler.split('{').next().unwrap();
            let gate = GATES.iter().find(|(gate, _)| {
                arguments.contains(&format!(": {gate}")) || arguments.contains(&format!("{gate}("))
            });
            if let Some((_, who)) = gate {
                found.insert(name, *who);
            }
        }
        // Handlers that a macro makes: the gate stands in the macro, the names in its uses.
        for made in source.text.split("macro_rules! ").skip(1) {
            let (name, rest) = made.split_once(' ').unwrap();
            let (body, uses) = rest.split_once("\n}\n").unwrap();
            let gate = GATES.iter().find(|(gate, _)| body.contains(&format!(": {gate}")));
            let Some((_, who)) = gate else { continue };
            for call in uses.split(&format!("\n{name}!(\n")).skip(1) {
                let handler = call.lines().map(str::trim).find(|line| !line.starts_with("//")).unwrap();
                found.insert(handler.trim_end_matches(',').to_owned(), *who);
            }
        }
    }
    assert!(found.len() > 30, "the handlers were not understood");
    found
}

fn settings() -> String {
    let rows = key_reference()
        .into_iter()
        .map(|row| vec![code(row.key), code(&row.default.to_string()), row.text_en.to_owned()]);
    table(&["Key", "Default", "Meaning"], rows)
}

/// The list that `moulin --help` prints is the only one.
fn exit_codes() -> String {
    let source = read("src-tauri/engine/src/cli/args.rs");
    let list = source.split("Exit codes (stable):\n").nth(1).unwrap();
    let rows: Vec<Vec<String>> = list
        .lines()
        .take_while(|line| !line.trim().is_empty())
        .map(|line| line.trim().split_once("  ").unwrap())
        .map(|(number, meaning)| vec![number.to_owned(), meaning.trim().to_owned()])
        .collect();
    // Every value of the enum is in the list.
    let cli = read("src-tauri/engine/src/cli.rs");
    let values = cli.split("pub enum Exit {").nth(1).unwrap().split('}').next().unwrap();
    let values: Vec<String> = values
        .lines()
        .filter_map(|line| line.split_once(" = "))
        .map(|(_, number)| number.trim_end_matches(',').to_owned())
        .collect();
    let listed: Vec<String> = rows.iter().map(|row| row[0].clone()).collect();
    assert_eq!(values, listed, "moulin --help does not list every exit code");
    table(&["Exit", "Meaning"], rows)
}

fn problem_codes() -> String {
    let rows = problems::all().map(|text| {
        vec![code(text.code), text.status.to_string(), format!("{} {}", text.detail_en, text.next_step_en)]
    });
    table(&["Code", "HTTP", "What it says"], rows)
}

fn faults() -> String {
    let rows = FaultName::ALL.map(|fault| {
        let on: Vec<String> = Platform::ALL
            .into_iter()
            .filter(|platform| fault.exists_on(*platform))
            .map(|platform| word(&serde_json::to_value(platform).unwrap()))
            .collect();
        let everywhere = on.len() == Platform::COUNT;
        let name = word(&serde_json::to_value(fault).unwrap());
        vec![code(&name), if everywhere { "all".to_owned() } else { on.join(", ") }]
    });
    table(&["Fault", "Networks"], rows)
}

fn word(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[test]
fn every_state_scope_and_kill_point_is_explained() {
    let page = read(PAGE);
    for state in DeliveryState::ALL {
        // The row of the table that explains it, not only of the arrows.
        let rows = page.lines().filter(|line| line.starts_with(&format!("| `{}` |", state.as_str()))).count();
        assert!(rows >= 2, "{PAGE} does not explain the state {}", state.as_str());
    }
    for scope in Scope::ALL {
        assert!(page.contains(&format!("| `{}` |", scope.as_str())), "scope {}", scope.as_str());
    }
    for point in failpoint::POINTS {
        assert!(page.contains(&format!("`{point}`")), "kill point {point}");
    }
}

#[test]
fn every_table_and_platform_key_is_explained() {
    let page = read(PAGE);
    for migration in files("src-tauri/engine/src/store/migrations", &[".sql"]) {
        for name in migration.text.split("CREATE TABLE ").skip(1) {
            let name = name.split([' ', '(']).next().unwrap();
            assert!(page.contains(&format!("| `{name}` |")), "{PAGE} does not explain the table {name}");
        }
    }
    let platforms: Value = serde_json::from_str(&read("config/platforms.json")).unwrap();
    for config in platforms.as_object().unwrap().values() {
        for key in config.as_object().unwrap().keys() {
            assert!(
                page.contains(&format!("| `{key}` |")),
                "{PAGE} does not explain {key} of platforms.json"
            );
        }
    }
}

#[test]
fn the_published_description_has_no_other_routes() {
    let Ok(text) = fs::read_to_string(root().join("docs/openapi.json")) else {
        println!("SKIPPED: docs/openapi.json is not there");
        return;
    };
    let page = read(PAGE);
    let document: Value = serde_json::from_str(&text).unwrap();
    for path in document["paths"].as_object().unwrap().keys() {
        assert!(page.contains(&format!(" {path}`")), "{PAGE} does not list {path}");
    }
}

/// A command that somebody copies must exist.
#[test]
fn the_documents_use_options_that_exist() {
    let arguments = read("src-tauri/engine/src/cli/args.rs");
    let mut checked = 0;
    for document in ["README.md", PAGE] {
        let text = read(document);
        let lines = text.lines().filter(|line| line.trim_start().starts_with("moulin "));
        for option in lines.flat_map(|line| line.split(' ')).filter(|word| word.starts_with("--")) {
            let field = option.trim_start_matches("--").replace('-', "_");
            let named = arguments.contains(&format!("long = \"{}\"", &option[2..]));
            assert!(
                named || arguments.contains(&format!(" {field}: ")),
                "{document}: moulin has no {option}"
            );
            checked += 1;
        }
    }
    assert!(checked > 5);
}
