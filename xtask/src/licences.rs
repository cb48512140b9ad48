//! `docs/THIRD-PARTY.md`: name, version and licence of everything that is
//! shipped to the restaurant.
//!
//! Shipped are the crates that the programs link on any of the three systems,
//! without build scripts, procedural macros and test helpers, and the npm
//! packages that end up in the page. The list comes from the lock files alone,
//! so that every machine writes the same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::paths::Paths;
use crate::process::{capture, cargo};
use crate::steps::list;

/// Packages whose programs are shipped.
const SHIPPED: [&str; 3] = ["vieux-moulin", "vieux-moulin-engine", "vieux-moulin-sandbox"];

type Row = (String, String, String);

/// Writes the file.
pub fn write(paths: &Paths) -> Result<()> {
    let file = file(paths);
    fs::write(&file, text(paths)?).with_context(|| format!("Failed to write {}", file.display()))?;
    println!("{} written", file.display());
    Ok(())
}

/// Fails when the committed file is not what would be written now.
pub fn check(paths: &Paths) -> Result<()> {
    let committed = fs::read_to_string(file(paths)).unwrap_or_default();
    if committed == text(paths)? {
        Ok(())
    } else {
        bail!("docs/THIRD-PARTY.md is out of date: run `cargo xtask licences` and commit it")
    }
}

fn file(paths: &Paths) -> PathBuf {
    paths.root.join("docs/THIRD-PARTY.md")
}

fn text(paths: &Paths) -> Result<String> {
    let metadata =
        capture(cargo().current_dir(&paths.root).args(["metadata", "--locked", "--format-version", "1"]))?;
    let metadata = serde_json::from_str(&metadata).context("cargo metadata is not JSON")?;
    let lock_file = paths.ui.join("package-lock.json");
    let lock =
        fs::read_to_string(&lock_file).with_context(|| format!("Failed to read {}", lock_file.display()))?;
    let lock = serde_json::from_str(&lock).context("ui/package-lock.json is not JSON")?;
    let mut text = String::from(
        "# Third-party software\n\n\
         Written by `cargo xtask licences`; do not edit. It lists what is shipped in the \
         application: its crates for Linux, Windows and macOS, and the packages of its page. \
         The licence texts are in the packages.\n",
    );
    text += &section("Crates", &crates(&metadata));
    text += &section("npm packages", &npm_packages(&lock));
    Ok(text)
}

fn section(title: &str, rows: &BTreeSet<Row>) -> String {
    let head = format!("\n## {title} ({})\n\n| Name | Version | Licence |\n|---|---|---|\n", rows.len());
    let lines = rows.iter().map(|(name, version, licence)| format!("| {name} | {version} | {licence} |\n"));
    std::iter::once(head).chain(lines).collect::<Vec<_>>().concat()
}

/// Follows the normal dependencies of the shipped packages.
fn crates(metadata: &Value) -> BTreeSet<Row> {
    let packages: BTreeMap<&str, &Value> =
        list(metadata, "packages").filter_map(|package| Some((package["id"].as_str()?, package))).collect();
    let nodes: BTreeMap<&str, &Value> = metadata["resolve"]
        .get("nodes")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|node| Some((node["id"].as_str()?, node)))
        .collect();
    let mut open: Vec<&str> = packages
        .iter()
        .filter(|(_, package)| SHIPPED.iter().any(|name| package["name"] == *name))
        .map(|(id, _)| *id)
        .collect();
    let mut seen: BTreeSet<&str> = open.iter().copied().collect();
    let mut rows = BTreeSet::new();
    while let Some(id) = open.pop() {
        let Some(package) = packages.get(id) else {
            continue;
        };
        let is_macro =
            list(package, "targets").any(|target| list(target, "kind").any(|kind| kind == "proc-macro"));
        if is_macro {
            continue;
        }
        if !package["source"].is_null() {
            rows.insert(row(
                package["name"].as_str(),
                package["version"].as_str(),
                package["license"].as_str(),
            ));
        }
        for dependency in nodes.get(id).into_iter().flat_map(|node| list(node, "deps")) {
            let is_linked = list(dependency, "dep_kinds").any(|kind| kind["kind"].is_null());
            if let Some(id) = dependency["pkg"].as_str().filter(|_| is_linked)
                && seen.insert(id)
            {
                open.push(id);
            }
        }
    }
    rows
}

/// What the page needs at run time, from the lock file.
fn npm_packages(lock: &Value) -> BTreeSet<Row> {
    let packages = lock.get("packages").and_then(Value::as_object);
    packages
        .into_iter()
        .flatten()
        .filter_map(|(path, package)| {
            let name = path.rsplit_once("node_modules/")?.1;
            let is_for_development =
                ["dev", "devOptional", "optional"].iter().any(|mark| package[*mark] == true);
            (!is_for_development)
                .then(|| row(Some(name), package["version"].as_str(), package["license"].as_str()))
        })
        .collect()
}

fn row(name: Option<&str>, version: Option<&str>, licence: Option<&str>) -> Row {
    let text = |value: Option<&str>| value.unwrap_or("see package").to_owned();
    // Old crates write MIT/Apache-2.0 where today OR is written.
    (text(name), text(version), text(licence).replace('/', " OR "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn build_scripts_macros_and_test_helpers_are_not_shipped() {
        let package = |name: &str, kind: &str, source: Option<&str>| {
            json!({"id": name, "name": name, "version": "1.0.0", "license": "MIT/Apache-2.0",
                   "source": source, "targets": [{"kind": [kind]}]})
        };
        let dependency = |name: &str, kind: Option<&str>| json!({"pkg": name, "dep_kinds": [{"kind": kind}]});
        let metadata = json!({
            "packages": [
                package("vieux-moulin", "bin", None),
                package("linked", "lib", Some("registry")),
                package("derive", "proc-macro", Some("registry")),
                package("script", "lib", Some("registry")),
                package("helper", "lib", Some("registry")),
            ],
            "resolve": {"nodes": [
                {"id": "vieux-moulin", "deps": [
                    dependency("linked", None), dependency("derive", None),
                    dependency("script", Some("build")), dependency("helper", Some("dev"))]},
            ]},
        });
        let expected: Row = ("linked".into(), "1.0.0".into(), "MIT OR Apache-2.0".into());
        assert_eq!(crates(&metadata), BTreeSet::from([expected]));
    }

    #[test]
    fn only_what_the_page_needs_at_run_time_is_listed() {
        let lock = json!({"packages": {
            "": {"name": "ui"},
            "node_modules/@scope/kept": {"version": "2.0.0", "license": "MIT"},
            "node_modules/tool": {"version": "1.0.0", "license": "MIT", "dev": true},
        }});
        let names: Vec<String> = npm_packages(&lock).into_iter().map(|row| row.0).collect();
        assert_eq!(names, ["@scope/kept"]);
    }
}
