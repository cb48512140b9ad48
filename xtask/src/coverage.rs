//! `cargo xtask coverage`: how much of what keeps the promises is run by the tests.
//!
//! Not part of `cargo xtask test`, because everything is compiled and run once more. Only the crates of
//! this workspace are instrumented: this program stands in for rustc for them (`RUSTC_WORKSPACE_WRAPPER`),
//! so the compiled dependencies are used as they are. What the tests of other processes run (torture,
//! desktop, browser) is not counted, so the figures are a lower bound.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::paths::Paths;
use crate::process::{capture, cargo, run};
use crate::{front, system};

/// Set while this program is called in rustc's place.
const IN_PLACE_OF_RUSTC: &str = "MOULIN_COVERAGE";

/// What is reported, and the sources below `src-tauri/engine/src` that belong to it.
const PARTS: [(&str, &[&str]); 5] = [
    ("State machine", &["queue/", "domain/delivery.rs", "store/deliveries.rs", "store/moves.rs"]),
    ("Gates and orchestrator", &["orchestrator/"]),
    ("Connectors", &["connectors/"]),
    ("Store", &["store/"]),
    ("Engine, all of it", &[""]),
];

const TESTS: [&str; 3] = ["engine", "connectors", "api"];

/// Compiles in rustc's place when cargo asks for it; `None` when a person called.
pub fn in_place_of_rustc() -> Option<ExitCode> {
    std::env::var_os(IN_PLACE_OF_RUSTC)?;
    let mut arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    if arguments.is_empty() {
        return None;
    }
    let rustc = arguments.remove(0);
    let status = Command::new(rustc).args(arguments).arg("-Cinstrument-coverage").status();
    Some(if status.is_ok_and(|status| status.success()) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs the tests of the engine in instrumented form and prints the table.
pub fn coverage(paths: &Paths) -> Result<()> {
    system::install(&[system::BUILD, system::TEST])?;
    let tools = tools()?;
    front::build(paths, None)?;
    let scratch = paths.scratch("coverage");
    if scratch.exists() {
        fs::remove_dir_all(&scratch).context("Failed to empty the scratch folder")?;
    }
    fs::create_dir_all(&scratch).context("Failed to create the scratch folder")?;
    let mut tests = instrumented(paths, &scratch)?;
    tests.arg("--no-fail-fast");
    run(&mut tests)?;
    let programs =
        programs(&capture(instrumented(paths, &scratch)?.args(["--no-run", "--message-format=json"]))?);
    if programs.is_empty() {
        bail!("Cargo named no test program");
    }
    let merged = scratch.join("all.profdata");
    let mut merge = Command::new(tools.join("llvm-profdata"));
    merge.args(["merge", "-sparse", "-o"]).arg(&merged);
    for entry in fs::read_dir(&scratch).context("Failed to read the scratch folder")? {
        let path = entry.context("Failed to read the scratch folder")?.path();
        if path.extension().is_some_and(|kind| kind == "profraw") {
            merge.arg(path);
        }
    }
    capture(&mut merge)?;
    let mut export = Command::new(tools.join("llvm-cov"));
    export.args(["export", "-summary-only", "-instr-profile"]).arg(&merged);
    for program in &programs {
        export.arg("-object").arg(program);
    }
    let report: Value =
        serde_json::from_str(&capture(&mut export)?).context("llvm-cov said something else")?;
    print!("{}", table(&report, &paths.root.join("src-tauri/engine/src")));
    Ok(())
}

fn instrumented(paths: &Paths, scratch: &Path) -> Result<Command> {
    let mut command = cargo();
    command.args(["test", "--workspace", "--locked", "--lib"]);
    for name in TESTS {
        command.args(["--test", name]);
    }
    command
        .current_dir(&paths.root)
        .env("RUSTC_WORKSPACE_WRAPPER", std::env::current_exe().context("This program has no path")?)
        .env(IN_PLACE_OF_RUSTC, "1")
        .env("LLVM_PROFILE_FILE", scratch.join("%p-%m.profraw"));
    Ok(command)
}

/// The folder of llvm-cov that belongs to this rustc; installed when it is missing.
fn tools() -> Result<PathBuf> {
    let sysroot = capture(Command::new("rustc").args(["--print", "sysroot"]))?;
    let version = capture(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    let tools = Path::new(sysroot.trim()).join("lib/rustlib").join(host).join("bin");
    if !tools.join("llvm-cov").exists() {
        run(Command::new("rustup").args(["component", "add", "llvm-tools"]))?;
    }
    Ok(tools)
}

/// The test programs of cargo's messages.
fn programs(messages: &str) -> Vec<PathBuf> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    messages.filter_map(|message| Some(message.get("executable")?.as_str()?.into())).collect()
}

fn table(report: &Value, engine: &Path) -> String {
    let files = report.pointer("/data/0/files").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut sums: BTreeMap<usize, [u64; 4]> = BTreeMap::new();
    for file in &files {
        let name = file.get("filename").and_then(Value::as_str).unwrap_or_default();
        let Ok(inside) = Path::new(name).strip_prefix(engine) else { continue };
        let inside = inside.to_string_lossy().replace('\\', "/");
        let number = |at: &str| file.pointer(at).and_then(Value::as_u64).unwrap_or(0);
        for (part, (_, places)) in PARTS.iter().enumerate() {
            if places.iter().any(|place| inside.starts_with(place)) {
                let sum = sums.entry(part).or_default();
                sum[0] += number("/summary/lines/covered");
                sum[1] += number("/summary/lines/count");
                sum[2] += number("/summary/functions/covered");
                sum[3] += number("/summary/functions/count");
            }
        }
    }
    let mut rows = vec!["| Part | Lines | Functions |".to_owned(), "|---|---:|---:|".to_owned()];
    for (part, [lines, of_lines, functions, of_functions]) in sums {
        let name = PARTS.get(part).map_or("", |(name, _)| name);
        rows.push(format!(
            "| {name} | {} % of {of_lines} | {} % of {of_functions} |",
            percent(lines, of_lines),
            percent(functions, of_functions)
        ));
    }
    rows.join("\n") + "\n"
}

/// One decimal, rounded down: 100.0 means all of it.
fn percent(covered: u64, all: u64) -> String {
    let tenths = (covered * 1000).checked_div(all).unwrap_or(0);
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_counted_where_they_belong() {
        let summary = |covered: u64| {
            serde_json::json!({
                "lines": {"covered": covered, "count": 10}, "functions": {"covered": 1, "count": 2}
            })
        };
        let report = serde_json::json!({"data": [{"files": [
            {"filename": "/x/queue/work.rs", "summary": summary(9)},
            {"filename": "/x/store/deliveries.rs", "summary": summary(8)},
            {"filename": "/elsewhere/lib.rs", "summary": summary(0)},
        ]}]});
        let text = table(&report, Path::new("/x"));
        assert!(text.contains("| State machine | 85.0 % of 20 | 50.0 % of 4 |"), "{text}");
        assert!(text.contains("| Store | 80.0 % of 10 | 50.0 % of 2 |"), "{text}");
        assert!(!text.contains("Connectors"), "{text}");
    }

    #[test]
    fn test_programs_are_read_from_cargos_messages() {
        let messages = "{\"reason\":\"compiler-artifact\",\"executable\":\"/t/api-1\"}\n\
                        {\"reason\":\"compiler-artifact\",\"executable\":null}\nnot json\n";
        assert_eq!(programs(messages), [PathBuf::from("/t/api-1")]);
    }
}
