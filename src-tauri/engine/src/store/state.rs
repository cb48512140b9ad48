//! Single values of the program, as JSON.

use serde::{Serialize, de::DeserializeOwned};

use super::{
    Connection, StoreError, Tx,
    convert::{column_json, first, to_json},
};

pub fn get<T: DeserializeOwned>(connection: &Connection, key: &str) -> Result<Option<T>, StoreError> {
    first(connection, "SELECT value FROM state WHERE key = ?1", [key], |row| column_json(row, "value"))
}

pub fn set<T: Serialize>(tx: &Tx<'_>, key: &str, value: &T) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO state (key, value) VALUES (?1, ?2)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (key, to_json(value)?),
    )?;
    Ok(())
}
