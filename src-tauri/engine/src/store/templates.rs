//! Templates, version by version. A row is never changed, so that what a sending names stays what it was.

use jiff::Timestamp;
use rusqlite::Row;

use super::{
    Connection, StoreError, Tx,
    convert::{collect, column_instant, column_instant_opt, column_json, first, millis, to_json},
};
use crate::domain::{ContactId, Template, TemplateBody, Values};

/// One version with its origin.
#[derive(Clone, Debug, PartialEq)]
pub struct TemplateRow {
    pub template: Template,
    /// `window`, `dashboard`, `api:<token label>`, `cli`; [`SHIPPED`] or [`FILE`].
    pub created_by: String,
    pub created_at: Timestamp,
    /// Of the template, not of the version.
    pub archived_at: Option<Timestamp>,
}

/// Came with the program.
pub const SHIPPED: &str = "shipped";
/// Came from `templates.json` in the data folder.
pub const FILE: &str = "templates.json";

const COLUMNS: &str = "templates.id, version, content, created_by, templates.created_at, archived_at";
const FROM: &str = "FROM templates LEFT JOIN archived_templates ON archived_templates.id = templates.id";

fn read(row: &Row<'_>) -> Result<TemplateRow, StoreError> {
    let body: TemplateBody = column_json(row, "content")?;
    Ok(TemplateRow {
        template: Template::new(row.get::<_, String>("id")?, row.get("version")?, body),
        created_by: row.get("created_by")?,
        created_at: column_instant(row, "created_at")?,
        archived_at: column_instant_opt(row, "archived_at")?,
    })
}

/// The latest version of every template, by name.
pub fn list(connection: &Connection) -> Result<Vec<TemplateRow>, StoreError> {
    collect(
        connection,
        &format!(
            "SELECT {COLUMNS} {FROM}
             WHERE version = (SELECT max(version) FROM templates latest WHERE latest.id = templates.id)
             ORDER BY name, templates.id"
        ),
        [],
        read,
    )
}

/// Names of all templates that can be sent.
pub fn ids(connection: &Connection) -> Result<Vec<String>, StoreError> {
    collect(
        connection,
        "SELECT DISTINCT id FROM templates WHERE id NOT IN (SELECT id FROM archived_templates) ORDER BY id",
        [],
        |row| Ok(row.get("id")?),
    )
}

/// The latest version with its origin.
pub fn latest_row(connection: &Connection, id: &str) -> Result<Option<TemplateRow>, StoreError> {
    first(
        connection,
        &format!("SELECT {COLUMNS} {FROM} WHERE templates.id = ?1 ORDER BY version DESC LIMIT 1"),
        [id],
        read,
    )
}

/// The latest version.
pub fn latest(connection: &Connection, id: &str) -> Result<Option<Template>, StoreError> {
    Ok(latest_row(connection, id)?.map(|row| row.template))
}

/// A version as it was and will always be.
pub fn version(connection: &Connection, id: &str, version: i64) -> Result<Option<Template>, StoreError> {
    let found = first(
        connection,
        &format!("SELECT {COLUMNS} {FROM} WHERE templates.id = ?1 AND version = ?2"),
        (id, version),
        read,
    )?;
    Ok(found.map(|row| row.template))
}

/// All versions, newest first.
pub fn versions(connection: &Connection, id: &str) -> Result<Vec<TemplateRow>, StoreError> {
    collect(
        connection,
        &format!("SELECT {COLUMNS} {FROM} WHERE templates.id = ?1 ORDER BY version DESC"),
        [id],
        read,
    )
}

/// The newest version of this origin.
pub fn newest_by(
    connection: &Connection,
    id: &str,
    created_by: &str,
) -> Result<Option<TemplateRow>, StoreError> {
    first(
        connection,
        &format!(
            "SELECT {COLUMNS} {FROM} WHERE templates.id = ?1 AND created_by = ?2 ORDER BY version DESC LIMIT 1"
        ),
        (id, created_by),
        read,
    )
}

/// Adds the version after `base`; `None` is the first of a new template. Returns its number.
///
/// Errors: [`StoreError::Moved`] when the latest version is another one.
pub fn add_version(
    tx: &Tx<'_>,
    id: &str,
    base: Option<i64>,
    body: &TemplateBody,
    created_by: &str,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let latest = latest_row(tx, id)?.map(|row| row.template.version);
    if latest != base {
        return Err(StoreError::Moved);
    }
    let version = base.unwrap_or_default() + 1;
    tx.execute(
        "INSERT INTO templates (id, version, name, content, created_by, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (id, version, &body.name, to_json(body)?, created_by, millis(now)),
    )?;
    Ok(version)
}

/// Takes a template out of use. Its versions stay for the sendings that name them.
pub fn archive(tx: &Tx<'_>, id: &str, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO archived_templates (id, archived_at)
         SELECT DISTINCT id, ?2 FROM templates WHERE id = ?1
         ON CONFLICT (id) DO NOTHING",
        (id, millis(now)),
    )?;
    Ok(())
}

/// Puts an archived template back into use.
pub fn restore(tx: &Tx<'_>, id: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM archived_templates WHERE id = ?1", [id])?;
    Ok(())
}

/// What a person's own data give to a template: names as in `PERSON_VARIABLES`, only what is known.
/// `None`: there is nobody of this id.
pub fn person_values(connection: &Connection, id: &ContactId) -> Result<Option<Values>, StoreError> {
    first(
        connection,
        "SELECT first_name, last_name, city, visit_count, last_visit_at,
             (SELECT dish FROM contact_dishes WHERE contact_id = contacts.id
              ORDER BY count DESC, dish LIMIT 1) AS favourite_dish
         FROM contacts WHERE id = ?1",
        [id.as_str()],
        |row| {
            let mut values = Values::default();
            for name in ["first_name", "last_name", "city", "favourite_dish"] {
                if let Some(text) = row.get::<_, Option<String>>(name)?.filter(|text| !text.trim().is_empty())
                {
                    values.set(name, text);
                }
            }
            if let Some(at) = column_instant_opt(row, "last_visit_at")? {
                values.set("last_visit", at.to_string());
            }
            values.set("visit_count", row.get::<_, i64>("visit_count")?);
            Ok(values)
        },
    )
}
