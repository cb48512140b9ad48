//! Between rows and types: instants as milliseconds, structures as JSON text.

use jiff::Timestamp;
use rusqlite::Row;
use serde::{Serialize, de::DeserializeOwned};

use super::StoreError;

pub(super) fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

pub(super) fn instant(millis: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(millis).map_err(|_| StoreError::Corrupt(format!("{millis} is no instant")))
}

pub(super) fn column_instant(row: &Row<'_>, name: &str) -> Result<Timestamp, StoreError> {
    instant(row.get(name)?)
}

pub(super) fn column_instant_opt(row: &Row<'_>, name: &str) -> Result<Option<Timestamp>, StoreError> {
    row.get::<_, Option<i64>>(name)?.map(instant).transpose()
}

pub(super) fn to_json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Corrupt(error.to_string()))
}

pub(super) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Corrupt(error.to_string()))
}

pub(super) fn column_json<T: DeserializeOwned>(row: &Row<'_>, name: &str) -> Result<T, StoreError> {
    from_json(&row.get::<_, String>(name)?)
}

pub(super) fn column_json_opt<T: DeserializeOwned>(
    row: &Row<'_>,
    name: &str,
) -> Result<Option<T>, StoreError> {
    row.get::<_, Option<String>>(name)?.map(|text| from_json(&text)).transpose()
}

/// A unit enum stored by its JSON name without quotes.
pub(super) fn column_enum<T: DeserializeOwned>(row: &Row<'_>, name: &str) -> Result<T, StoreError> {
    let text: String = row.get(name)?;
    serde_json::from_value(serde_json::Value::String(text)).map_err(|e| StoreError::Corrupt(e.to_string()))
}

/// Runs a query whose rows need fallible conversion.
pub(super) fn collect<T, P: rusqlite::Params>(
    connection: &rusqlite::Connection,
    sql: &str,
    params: P,
    read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        items.push(read(row)?);
    }
    Ok(items)
}

/// The first row, or nothing.
pub(super) fn first<T, P: rusqlite::Params>(
    connection: &rusqlite::Connection,
    sql: &str,
    params: P,
    read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    rows.next()?.map(read).transpose()
}

/// Turns "no row was changed" into [`StoreError::Moved`].
pub(super) fn exactly_one(changed: usize) -> Result<(), StoreError> {
    if changed == 1 { Ok(()) } else { Err(StoreError::Moved) }
}
