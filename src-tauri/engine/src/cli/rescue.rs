//! Commands for the day when the data or their key are lost. They work on the folder itself, because
//! then nothing runs.

use std::{
    io::{IsTerminal as _, Read as _, Write as _},
    path::Path,
};

use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{
    Failure,
    args::RestoreArgs,
    door::Door,
    output::{answer, table, text},
};
use crate::host::{self, HostError, HostOptions, KeyPlace, Prepared, RestoreFrom};

/// `moulin restore`.
pub async fn restore(options: HostOptions, arguments: RestoreArgs, json: bool) -> Result<(), Failure> {
    if arguments.list {
        return list(&options, json);
    }
    let prepared = Prepared::for_command(options)?;
    let from = match arguments.from {
        _ if arguments.empty => RestoreFrom::Nothing,
        Some(file) => RestoreFrom::File(std::path::absolute(file).map_err(HostError::from)?),
        None => RestoreFrom::NewestCopy,
    };
    let report = json!(prepared.restore(from, arguments.yes).await?);
    answer(&report, json, |report| {
        match report.get("from").and_then(Value::as_str) {
            Some(copy) => say!("Copie remise : {copy}\n  Elle date du : {}", text(report, "as_of")),
            None => say!("Les données repartent de zéro."),
        }
        for skipped in report.get("skipped").and_then(Value::as_array).into_iter().flatten() {
            say!("  Copie plus récente mais inutilisable : {}", skipped.as_str().unwrap_or_default());
        }
        if let Some(aside) = report.get("quarantined").and_then(Value::as_str) {
            say!("  Anciennes données gardées dans : {aside}");
        }
        say!("  Publications à vérifier d’abord : {}", text(report, "doubtful"));
    });
    Ok(())
}

fn list(options: &HostOptions, json: bool) -> Result<(), Failure> {
    let copies = host::copies(options)?;
    let rows = copies.iter().map(|copy| {
        json!({
            "file": copy.path,
            "kind": copy.kind.as_str(),
            "written_at": copy.written_at,
            "size_bytes": copy.bytes,
        })
    });
    answer(&Value::Array(rows.collect()), json, |rows| {
        let cells =
            |row: &Value| ["written_at", "kind", "size_bytes", "file"].map(|key| text(row, key)).to_vec();
        let rows: Vec<Vec<String>> = rows.as_array().into_iter().flatten().map(cells).collect();
        table(&["WRITTEN", "KIND", "BYTES", "FILE"], &rows);
    });
    Ok(())
}

/// `moulin recovery-key show`.
pub async fn show_key(door: &Door, yes: bool, json: bool) -> Result<(), Failure> {
    let confirmed = yes || (!json && asked());
    let body = json!({ "confirm": confirmed });
    let key = door.ask("POST", "/api/communication/recovery_key", Some(&body)).await?;
    answer(&key, json, |key| {
        say!(
            "# Le Vieux Moulin : clé de secours / recovery key\n\
             # À imprimer et à garder loin de cet ordinateur. Elle ouvre toutes vos données.\n\
             # Pour la reprendre : moulin recovery-key restore --file FICHIER"
        );
        // Two lines of seven groups: what a person can follow with a finger.
        let groups: Vec<String> = text(key, "text").split('-').map(ToOwned::to_owned).collect();
        for line in groups.chunks(7) {
            say!("{}", line.join("-"));
        }
    });
    Ok(())
}

/// Asks the person at the terminal; nobody there is no.
fn asked() -> bool {
    if !std::io::stdin().is_terminal() {
        return false;
    }
    let _ = write!(
        std::io::stderr(),
        "La clé de secours ouvre toutes vos données. L’afficher ici ? Tapez « oui » (\"yes\" to show it): "
    );
    let _ = std::io::stderr().flush();
    let mut typed = String::new();
    let read = std::io::stdin().read_line(&mut typed);
    read.is_ok() && matches!(typed.trim().to_lowercase().as_str(), "oui" | "yes")
}

/// `moulin recovery-key restore`.
pub async fn restore_key(options: HostOptions, file: Option<&Path>, json: bool) -> Result<(), Failure> {
    let mut typed = Zeroizing::new(String::new());
    let read = match file {
        Some(file) => std::fs::File::open(file).and_then(|mut file| file.read_to_string(&mut typed)),
        None => std::io::stdin().read_to_string(&mut typed),
    };
    read.map_err(|error| {
        Failure::usage(format!("Fichier illisible : {error}"), format!("Unreadable: {error}"))
    })?;
    Prepared::for_command(options)?.restore_key(&typed).await?;
    answer(&json!({ "restored": true }), json, |_| {
        say!("La clé est reprise. Vos données s’ouvrent de nouveau.");
    });
    Ok(())
}

/// `moulin key move`.
pub async fn move_key(options: HostOptions, to: KeyPlace, json: bool) -> Result<(), Failure> {
    let emptied = Prepared::for_command(options)?.move_key(to).await?;
    answer(&json!({ "store": to.as_str(), "former_place_emptied": emptied }), json, |_| {
        match to {
            KeyPlace::Keyring => say!("La clé est maintenant dans le trousseau de cet ordinateur."),
            KeyPlace::Passphrase => say!("La clé est maintenant derrière la phrase secrète."),
        }
        if !emptied {
            say!("  Elle est encore aussi à son ancienne place : refaites la commande plus tard.");
        }
    });
    Ok(())
}
