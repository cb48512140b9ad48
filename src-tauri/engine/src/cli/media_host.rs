//! `moulin media-host`: the web site that lends photos a public address.

use std::{collections::BTreeMap, io::Read as _};

use serde_json::{Value, json};

use super::{
    Failure,
    args::MediaHostCommand,
    door::Door,
    output::{answer, table, text},
};

const PATH: &str = "/api/communication/media_host";

/// Runs one command.
pub async fn run(door: &Door, command: MediaHostCommand, json: bool) -> Result<(), Failure> {
    let site = match command {
        MediaHostCommand::Show => door.ask("GET", PATH, None).await?,
        MediaHostCommand::Check => door.ask("POST", &format!("{PATH}/check"), None).await?,
        MediaHostCommand::Set { kind, set, secret_stdin } => {
            let fields = fields(set, secret_stdin)?;
            door.ask("POST", PATH, Some(&json!({ "kind": kind, "fields": fields }))).await?
        }
        MediaHostCommand::Remove => {
            let left = door.ask("DELETE", PATH, None).await?;
            answer(&left, json, |left| say!("OK, {} photo(s) restent sur le site", text(left, "files_left")));
            return Ok(());
        }
    };
    answer(&site, json, print);
    Ok(())
}

fn print(site: &Value) {
    let kind = text(site, "kind");
    if kind.is_empty() {
        say!("Aucun site web. « moulin media-host set » en indique un.");
        return;
    }
    let fields = site.get("fields").and_then(Value::as_object).cloned().unwrap_or_default();
    let rows: Vec<Vec<String>> = fields
        .iter()
        .map(|(key, value)| vec![key.clone(), value.as_str().unwrap_or_default().into()])
        .collect();
    say!("{kind}, {} photo(s)", text(site, "files"));
    table(&["FIELD", "VALUE"], &rows);
    let findings = site.pointer("/last_check/findings").and_then(Value::as_array);
    for finding in findings.into_iter().flatten() {
        say!("{} : {} {}", text(finding, "code"), text(finding, "text"), text(finding, "next_step"));
    }
}

/// Fields of the command line and, with `from_stdin`, of standard input.
fn fields(set: Vec<String>, from_stdin: bool) -> Result<BTreeMap<String, String>, Failure> {
    let mut lines = set;
    if from_stdin {
        let mut typed = String::new();
        std::io::stdin().read_to_string(&mut typed).map_err(|error| {
            let said = error.to_string();
            Failure::usage(said.clone(), said)
        })?;
        lines.extend(typed.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned));
    }
    lines
        .iter()
        .map(|line| {
            let pair = line.split_once('=').map(|(key, value)| (key.trim().to_owned(), value.to_owned()));
            // A line without a key may be a secret: it is not repeated.
            pair.ok_or_else(|| Failure::usage("Il faut CHAMP=VALEUR.", "KEY=VALUE is needed."))
        })
        .collect()
}
