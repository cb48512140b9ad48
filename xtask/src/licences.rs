//! `docs/THIRD-PARTY.md`: name, version and licence of everything that is
//! shipped to the restaurant.
//!
//! Shipped are the crates that the programs link on any of the three systems,
//! without build scripts, procedural macros and test helpers, and the npm
//! packages that the page's sources import, with what these need. The list comes
//! from the lock files and the sources alone, so that every machine writes the
//! same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

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
    fs::create_dir_all(paths.root.join("docs")).context("Failed to create docs")?;
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
    let mut imports = BTreeSet::new();
    collect_imports(&paths.ui.join("src"), &mut imports)?;
    text += &section("npm packages", &npm_packages(&lock, &imports));
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

/// The packages that the page's own sources import, without its tests.
fn collect_imports(folder: &Path, imports: &mut BTreeSet<String>) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("Failed to list {}", folder.display()))?;
    for entry in entries {
        let path = entry.with_context(|| format!("Failed to list {}", folder.display()))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            collect_imports(&path, imports)?;
        } else if ["svelte", "ts", "css"].iter().any(|end| name.ends_with(end)) && !is_for_tests(&name) {
            let text =
                fs::read_to_string(&path).with_context(|| format!("Failed to read {}", path.display()))?;
            imports.extend(imported_packages(&text));
        }
    }
    Ok(())
}

fn is_for_tests(name: &str) -> bool {
    name.contains(".test.") || name.starts_with("test-")
}

/// `@scope/name` of `import … from '@scope/name/part'`, and of the other forms.
fn imported_packages(text: &str) -> impl Iterator<Item = String> + '_ {
    ["from ", "import ", "import("].into_iter().flat_map(|word| text.split(word).skip(1)).filter_map(|rest| {
        let quote = rest.chars().next().filter(|char| ['\'', '"'].contains(char))?;
        let specifier = rest.get(1..)?.split(quote).next()?;
        let parts = if specifier.starts_with('@') { 2 } else { 1 };
        Some(specifier.split('/').take(parts).collect::<Vec<_>>().join("/"))
    })
}

/// The imported packages and what they need, from the lock file.
fn npm_packages(lock: &Value, imports: &BTreeSet<String>) -> BTreeSet<Row> {
    // An import that the lock does not know is a file of our own.
    let mut open: Vec<String> = imports.iter().map(|name| format!("node_modules/{name}")).collect();
    let mut seen = BTreeSet::new();
    let mut rows = BTreeSet::new();
    while let Some(path) = open.pop() {
        let package = &lock["packages"][&path];
        if !package.is_object() || !seen.insert(path.clone()) {
            continue;
        }
        let name = path.rsplit_once("node_modules/").map(|(_, name)| name);
        rows.insert(row(name, package["version"].as_str(), package["license"].as_str()));
        for needed in package["dependencies"].as_object().into_iter().flatten() {
            open.extend(installed_for(lock, &path, needed.0));
        }
    }
    rows
}

/// Where Node finds a package that `from` needs: in its own `node_modules`, else
/// in that of the folders above.
fn installed_for(lock: &Value, from: &str, name: &str) -> Option<String> {
    let mut folder = from;
    loop {
        let candidate = format!("{folder}{}node_modules/{name}", if folder.is_empty() { "" } else { "/" });
        if lock["packages"][&candidate].is_object() {
            return Some(candidate);
        }
        folder = match folder.rsplit_once("node_modules/") {
            Some((above, _)) => above.trim_end_matches('/'),
            None => return None,
        };
    }
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
    fn every_form_of_import_is_seen_and_reduced_to_its_package() {
        let text = "import Plus from '@lucide/svelte/icons/plus';\nimport 'tailwindcss';\n\
            const chart = import(\"echarts/core\");\nexport { t } from './texts';\n";
        let names: BTreeSet<String> = imported_packages(text).collect();
        let expected = [".", "@lucide/svelte", "echarts", "tailwindcss"];
        assert!(names.iter().eq(expected), "{names:?}");
    }

    #[test]
    fn what_an_imported_package_needs_is_listed_in_the_version_it_gets() {
        let lock = json!({"packages": {
            "": {"name": "ui"},
            "node_modules/@scope/kept": {"version": "2.0.0", "license": "MIT", "dependencies": {"inner": "^1", "outer": "^3"}},
            "node_modules/@scope/kept/node_modules/inner": {"version": "1.5.0", "license": "ISC"},
            "node_modules/inner": {"version": "9.0.0", "license": "MIT"},
            "node_modules/outer": {"version": "3.1.0", "license": "MIT"},
            "node_modules/tool": {"version": "1.0.0", "license": "MIT"},
        }});
        let imports = BTreeSet::from([String::from("@scope/kept"), String::from("$lib")]);
        let found: Vec<String> = npm_packages(&lock, &imports)
            .into_iter()
            .map(|(name, version, _)| name + " " + &version)
            .collect();
        assert_eq!(found, ["@scope/kept 2.0.0", "inner 1.5.0", "outer 3.1.0"]);
    }
}
