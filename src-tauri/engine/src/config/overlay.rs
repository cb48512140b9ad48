//! Lays a sparse JSON file over the shipped one and says where it is wrong.
//!
//! The two are merged as plain JSON, written out again and read strictly into
//! the struct, so there is one definition of what is allowed: the struct. The
//! position of a mistake is then looked up in the text that the person wrote.

use std::{io::Write as _, path::Path};

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::near::near_matches;

/// A configuration file that cannot be used, and where.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{file}, line {line}, column {column}: {detail_en}")]
pub struct ConfigError {
    /// `config_unknown_key`, `config_duplicate_key`, `config_invalid`, `config_insecure_url` or `config_unreadable`.
    pub code: &'static str,
    /// `settings.json` or `platforms.json`.
    pub file: &'static str,
    /// Dotted path, as `publishing.undo_secs`; empty when the text is not JSON.
    pub key: String,
    /// Counted from 1; 0 when the file could not be read at all.
    pub line: usize,
    pub column: usize,
    /// One French sentence with the next step.
    pub detail: String,
    /// The same in English.
    pub detail_en: String,
}

impl ConfigError {
    pub(super) fn unreadable(file: &'static str, error: &std::io::Error) -> Self {
        Self {
            code: "config_unreadable",
            file,
            key: String::new(),
            line: 0,
            column: 0,
            detail: format!("{file} ne peut pas être lu ({}). Vérifiez les droits du fichier.", error.kind()),
            detail_en: format!(
                "{file} cannot be read ({}). Check the permissions of the file.",
                error.kind()
            ),
        }
    }

    fn syntax(file: &'static str, error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        Self {
            code: "config_invalid",
            file,
            key: String::new(),
            line,
            column,
            detail: format!(
                "{file} n’est pas du JSON correct à la ligne {line}, colonne {column}. Souvent une virgule ou un guillemet manque juste avant."
            ),
            detail_en: format!(
                "{file} is not correct JSON at line {line}, column {column}. Often a comma or a quote is missing just before."
            ),
        }
    }
}

/// Merges `overlay` into `shipped` and reads the result into `T`.
///
/// Objects are merged key by key; everything else is replaced.
pub(super) fn read<T: DeserializeOwned>(
    file: &'static str,
    shipped: &str,
    overlay: Option<&str>,
) -> Result<T, ConfigError> {
    let mut merged: Value =
        serde_json::from_str(shipped).map_err(|error| ConfigError::syntax(file, &error))?;
    let known = keys_with_positions(shipped);
    if let Some(text) = overlay {
        let value: Value = serde_json::from_str(text).map_err(|error| ConfigError::syntax(file, &error))?;
        refuse_twice(file, text)?;
        merge(&mut merged, value);
    }
    let text = serde_json::to_string_pretty(&merged).map_err(|error| ConfigError::syntax(file, &error))?;
    serde_json::from_str(&text)
        .map_err(|error| locate(file, &error, &text, overlay.unwrap_or(shipped), &known))
}

/// Replaces an overlay file: written beside it, flushed, renamed.
pub(super) fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let temporary = path.with_extension("json.new");
    let mut file = std::fs::File::create(&temporary)?;
    file.write_all(text.trim_end().as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)
}

/// Applies `patch` to `base`: objects key by key, everything else replaced.
pub(super) fn merge(base: &mut Value, patch: Value) {
    match (base, patch) {
        (Value::Object(base), Value::Object(patch)) => {
            for (key, value) in patch {
                merge(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (base, patch) => *base = patch,
    }
}

/// A key that stands there twice: only the last would count, and nobody would know why the first does not.
fn refuse_twice(file: &'static str, text: &str) -> Result<(), ConfigError> {
    let mut seen = std::collections::HashMap::new();
    for Key { path, line, column, .. } in keys_with_positions(text).into_iter().filter(|key| !key.in_list) {
        if let Some(first) = seen.insert(path.clone(), line) {
            return Err(ConfigError {
                code: "config_duplicate_key",
                file,
                detail: format!(
                    "{file}, ligne {line}, colonne {column} : « {path} » est déjà à la ligne {first}. Gardez une seule des deux lignes."
                ),
                detail_en: format!("\"{path}\" is already on line {first}. Keep only one of the two lines."),
                key: path,
                line,
                column,
            });
        }
    }
    Ok(())
}

/// Turns a serde error about the merged text into one about the person's text.
fn locate(
    file: &'static str,
    error: &serde_json::Error,
    merged: &str,
    written: &str,
    known: &[Key],
) -> ConfigError {
    let path = path_at(merged, error.line(), error.column());
    let (line, column) = keys_with_positions(written)
        .into_iter()
        .find(|key| key.path == path)
        .map_or((1, 1), |key| (key.line, key.column));
    let message = error.to_string();
    // serde_json appends the position in the merged text, which nobody has seen.
    let reason = message.split(" at line ").next().unwrap_or_default();
    if reason.starts_with("unknown field") || reason.starts_with(super::platforms::UNKNOWN_PLATFORM) {
        return unknown_key(file, path, line, column, known);
    }
    let code = if reason.starts_with(super::platforms::INSECURE_URL) {
        "config_insecure_url"
    } else {
        "config_invalid"
    };
    ConfigError {
        code,
        file,
        detail: format!(
            "{file}, ligne {line}, colonne {column} : la valeur de « {path} » ne convient pas{}. Corrigez-la, ou retirez la ligne pour revenir à la valeur d’origine.",
            in_french(reason)
        ),
        detail_en: format!(
            "The value of \"{path}\" cannot be used ({reason}). Correct it, or remove the line to go back to the default."
        ),
        key: path,
        line,
        column,
    }
}

/// Why a value is refused, for the French sentence: the reader of JSON only knows English. Empty where
/// there is nothing to add to the fact that it is.
fn in_french(reason: &str) -> String {
    if let Some((_, expected)) =
        reason.strip_prefix("unknown variant").and_then(|rest| rest.split_once("expected "))
    {
        let names: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
        return format!(" (possible : {})", names.join(", "));
    }
    let why = if reason.starts_with("invalid type") {
        "ce n’est pas le genre de valeur attendu : texte, nombre, oui ou non"
    } else if reason.starts_with("invalid value") || reason.contains("is not between") {
        "le nombre est trop petit ou trop grand"
    } else if reason.contains("is not a time such as") {
        "écrivez une heure comme 14:30"
    } else if reason.contains("are expected between") {
        "écrivez un début et une fin entre 08:00 et 21:30, le début avant la fin"
    } else if reason.contains("is not a country") {
        "écrivez les deux lettres du pays, comme FR"
    } else if reason.contains("is not a time zone") {
        "écrivez un fuseau comme Europe/Paris"
    } else if reason.contains("is not a mailbox") {
        "écrivez une adresse e-mail comme bonjour@levieuxmoulin.fr"
    } else if reason.contains("letters and digits") {
        "écrivez 3 à 11 lettres et chiffres, sans espace ni accent"
    } else if reason.contains("one line of at most") {
        "écrivez une seule ligne de 200 caractères au plus"
    } else if reason.starts_with(super::platforms::INSECURE_URL) || reason.contains("address") {
        "écrivez une adresse qui commence par https://"
    } else {
        return String::new();
    };
    format!(" ({why})")
}

fn unknown_key(file: &'static str, path: String, line: usize, column: usize, known: &[Key]) -> ConfigError {
    let parent = path.rsplit_once('.').map_or("", |(parent, _)| parent);
    let siblings =
        known.iter().filter(|key| key.path.rsplit_once('.').map_or("", |(parent, _)| parent) == parent);
    let name = path.rsplit('.').next().unwrap_or_default();
    let near = near_matches(name, siblings.map(|key| key.path.rsplit('.').next().unwrap_or_default()));
    let (hint, hint_en) = match near.first() {
        Some(near) => (format!("Vouliez-vous écrire « {near} » ?"), format!("Did you mean \"{near}\"?")),
        None => (
            "Retirez cette ligne ou vérifiez son nom.".to_owned(),
            "Remove this line or check its name.".to_owned(),
        ),
    };
    ConfigError {
        code: "config_unknown_key",
        file,
        detail: format!("{file}, ligne {line}, colonne {column} : « {path} » n’existe pas. {hint}"),
        detail_en: format!("\"{path}\" does not exist. {hint_en}"),
        key: path,
        line,
        column,
    }
}

/// The dotted path of the key at or before a position of a JSON text; empty when there is none.
///
/// For saying which field an error is about that only knows its line and column.
pub fn path_at(text: &str, line: usize, column: usize) -> String {
    keys_with_positions(text)
        .into_iter()
        .rfind(|key| (key.line, key.column) <= (line, column))
        .map_or_else(String::new, |key| key.path)
}

/// One key of a JSON text and where its opening quote stands (from 1).
struct Key {
    path: String,
    /// Inside an array, where every object carries the path of the array.
    in_list: bool,
    line: usize,
    column: usize,
}

/// Lists the keys of a JSON text that is already known to be well formed.
fn keys_with_positions(text: &str) -> Vec<Key> {
    let mut keys = Vec::new();
    // One entry per open bracket: the key that is being read inside it.
    let mut stack: Vec<Option<String>> = Vec::new();
    let mut awaiting_key = false;
    let mut lists = Vec::new();
    let (mut line, mut column) = (1, 0);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        column += 1;
        match c {
            '\n' => {
                line += 1;
                column = 0;
            }
            '{' => {
                stack.push(None);
                lists.push(false);
                awaiting_key = true;
            }
            '[' => {
                stack.push(None);
                lists.push(true);
                awaiting_key = false;
            }
            '}' | ']' => {
                stack.pop();
                lists.pop();
                awaiting_key = false;
            }
            // A comma inside an array is followed by a value, and the keys of
            // objects inside arrays carry the path of the array.
            ',' => awaiting_key = stack.last().is_some_and(Option::is_some),
            ':' => awaiting_key = false,
            '"' => {
                let start = column;
                let mut raw = String::new();
                let mut escaped = false;
                for c in chars.by_ref() {
                    column += 1;
                    if escaped {
                        escaped = false;
                    } else if c == '\\' {
                        escaped = true;
                    } else if c == '"' {
                        break;
                    }
                    raw.push(c);
                }
                if awaiting_key {
                    if let Some(slot) = stack.last_mut() {
                        *slot = Some(raw);
                    }
                    let path = stack.iter().flatten().cloned().collect::<Vec<_>>().join(".");
                    keys.push(Key { path, in_list: lists.contains(&true), line, column: start });
                }
            }
            _ => {}
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{keys_with_positions, merge};

    #[test]
    fn positions_point_at_the_opening_quote_of_each_key() {
        let text = "{\n  \"a\": {\"b\": [1, {\"c\": \"x,\\\"y\"}], \"d\": 2},\n  \"e\": \"{\"\n}";
        let found: Vec<(String, usize, usize)> =
            keys_with_positions(text).into_iter().map(|key| (key.path, key.line, key.column)).collect();
        let expected = [("a", 2, 3), ("a.b", 2, 9), ("a.b.c", 2, 19), ("a.d", 2, 35), ("e", 3, 3)];
        let expected: Vec<(String, usize, usize)> =
            expected.iter().map(|(p, l, c)| ((*p).to_owned(), *l, *c)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn merging_keeps_what_the_patch_does_not_name() {
        let mut base = serde_json::json!({"a": {"b": 1, "c": 2}, "d": [1]});
        merge(&mut base, serde_json::json!({"a": {"c": 3}, "d": []}));
        assert_eq!(base, serde_json::json!({"a": {"b": 1, "c": 3}, "d": []}));
    }
}
