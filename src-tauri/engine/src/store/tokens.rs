//! API tokens, by hash.

use jiff::Timestamp;
use rusqlite::Row;

use super::{
    Connection, StoreError, Tx,
    convert::{
        collect, column_instant, column_instant_opt, column_json, exactly_one, first, millis, to_json,
    },
};
use crate::domain::TokenId;

/// One token without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    pub id: TokenId,
    pub label: String,
    pub scopes: Vec<String>,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

const COLUMNS: &str = "id, label, scopes, created_at, last_used_at, revoked_at";

fn read(row: &Row<'_>) -> Result<TokenRow, StoreError> {
    Ok(TokenRow {
        id: TokenId::from(row.get::<_, String>("id")?),
        label: row.get("label")?,
        scopes: column_json(row, "scopes")?,
        created_at: column_instant(row, "created_at")?,
        last_used_at: column_instant_opt(row, "last_used_at")?,
        revoked_at: column_instant_opt(row, "revoked_at")?,
    })
}

/// Adds a token; `hash` is the hexadecimal SHA-256 of the secret.
pub fn add(tx: &Tx<'_>, token: &TokenRow, hash: &str) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO tokens (id, label, hash, scopes, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        (token.id.as_str(), &token.label, hash, to_json(&token.scopes)?, millis(token.created_at)),
    )?;
    Ok(())
}

pub fn list(connection: &Connection) -> Result<Vec<TokenRow>, StoreError> {
    collect(connection, &format!("SELECT {COLUMNS} FROM tokens ORDER BY created_at"), [], read)
}

/// All living tokens with their hashes; few, compared in constant time by the caller.
pub fn living_hashes(connection: &Connection) -> Result<Vec<(String, TokenRow)>, StoreError> {
    collect(connection, &format!("SELECT hash, {COLUMNS} FROM tokens WHERE revoked_at IS NULL"), [], |row| {
        Ok((row.get("hash")?, read(row)?))
    })
}

pub fn find(connection: &Connection, id: &TokenId) -> Result<Option<TokenRow>, StoreError> {
    first(connection, &format!("SELECT {COLUMNS} FROM tokens WHERE id = ?1"), [id.as_str()], read)
}

pub fn revoke(tx: &Tx<'_>, id: &TokenId, now: Timestamp) -> Result<(), StoreError> {
    let changed = tx.execute(
        "UPDATE tokens SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL",
        (id.as_str(), millis(now)),
    )?;
    exactly_one(changed).map_err(|_| StoreError::NotFound)
}

pub fn set_used(tx: &Tx<'_>, id: &TokenId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute("UPDATE tokens SET last_used_at = ?2 WHERE id = ?1", (id.as_str(), millis(now)))?;
    Ok(())
}
