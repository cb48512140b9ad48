//! What the commands print.

use serde_json::{Value, json};

use super::Failure;

/// Prints an answer: as JSON, or with `human`.
pub fn answer(value: &Value, json: bool, human: impl FnOnce(&Value)) {
    if json { println!("{value}") } else { human(value) }
}

/// Prints a failure: as JSON on standard output, else both languages on standard error.
pub fn failure(failure: &Failure, json: bool) {
    if json {
        let body = failure.body.clone().unwrap_or_else(
            || json!({"code": failure.code, "detail": failure.text, "detail_en": failure.text_en}),
        );
        println!("{body}");
        return;
    }
    eprintln!("moulin: {}", failure.text);
    if failure.text_en != failure.text {
        eprintln!("        {}", failure.text_en);
    }
    let errors = failure.body.as_ref().and_then(|body| body.get("errors")?.as_array());
    for error in errors.into_iter().flatten() {
        eprintln!("  - {}: {}", text(error, "field"), text(error, "detail"));
    }
    if let Some(post) = failure.body.as_ref().and_then(|body| body.get("post_id")?.as_str()) {
        eprintln!("  brouillon / draft: {post}");
    }
    if let Some(cause) = &failure.cause {
        eprintln!("  cause: {cause}");
    }
    eprintln!("  code: {}", failure.code);
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
        println!("{}", line.join("  ").trim_end());
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
