//! What the commands print.

use std::{
    fmt::Arguments,
    io::{self, ErrorKind, Write as _},
    sync::atomic::{AtomicBool, Ordering},
};

use serde_json::{Value, json};

use super::Failure;

/// Something that was to be read could not be written.
static LOST: AtomicBool = AtomicBool::new(false);

/// Prints a line. Who closes the pipe has read enough; a line lost otherwise (a full disk) is told by
/// the exit code, because what the command did is done.
pub fn print(line: Arguments<'_>) {
    let mut out = io::stdout().lock();
    let written = writeln!(out, "{line}").and_then(|()| out.flush());
    if written.is_err_and(|error| error.kind() != ErrorKind::BrokenPipe) {
        LOST.store(true, Ordering::Relaxed);
    }
}

/// Prints a line for the person at the terminal; without one there is nobody to tell.
pub fn complain(line: Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Says whether a line of the answer was lost.
pub fn was_lost() -> bool {
    LOST.load(Ordering::Relaxed)
}

/// Prints an answer: as JSON, or with `human`.
pub fn answer(value: &Value, json: bool, human: impl FnOnce(&Value)) {
    if json { say!("{value}") } else { human(value) }
}

/// Prints a failure: as JSON on standard output, else both languages on standard error.
pub fn failure(failure: &Failure, json: bool) {
    if json {
        let body = failure.body.clone().unwrap_or_else(
            || json!({"code": failure.code, "detail": failure.text, "detail_en": failure.text_en}),
        );
        say!("{body}");
        return;
    }
    complain!("moulin: {}", failure.text);
    if failure.text_en != failure.text {
        complain!("        {}", failure.text_en);
    }
    let errors = failure.body.as_ref().and_then(|body| body.get("errors")?.as_array());
    for error in errors.into_iter().flatten() {
        complain!("  - {}: {}", text(error, "field"), text(error, "detail"));
    }
    if let Some(post) = failure.body.as_ref().and_then(|body| body.get("post_id")?.as_str()) {
        complain!("  brouillon / draft: {post}");
    }
    if let Some(cause) = &failure.cause {
        complain!("  cause: {cause}");
    }
    complain!("  code: {}", failure.code);
}

/// A field as text; empty when absent.
pub fn text(value: &Value, key: &str) -> String {
    match value.get(key) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// Prints rows in columns as wide as they need.
pub fn table(headings: &[&str], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain(headings.get(column).map(|heading| heading.chars().count())).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..headings.len()).map(width).collect();
    let print = |cells: &[String]| {
        let line: Vec<String> = cells
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}", width = *width))
            .collect();
        say!("{}", line.join("  ").trim_end());
    };
    print(&headings.iter().map(|heading| (*heading).to_owned()).collect::<Vec<_>>());
    for row in rows {
        print(row);
    }
}

/// The items of a list or of a page.
pub fn items(value: &Value) -> &[Value] {
    value.as_array().or_else(|| value.get("items")?.as_array()).map_or(&[], Vec::as_slice)
}
