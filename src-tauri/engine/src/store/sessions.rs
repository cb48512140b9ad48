//! Logins of the dashboard, by hash.

use jiff::Timestamp;

use super::{Connection, StoreError, Tx, convert::millis};

pub fn add(tx: &Tx<'_>, hash: &str, now: Timestamp, expires_at: Timestamp) -> Result<(), StoreError> {
    tx.execute("DELETE FROM sessions WHERE expires_at <= ?1", [millis(now)])?;
    tx.execute(
        "INSERT INTO sessions (hash, created_at, expires_at) VALUES (?1, ?2, ?3)",
        (hash, millis(now), millis(expires_at)),
    )?;
    Ok(())
}

pub fn living_hashes(connection: &Connection, now: Timestamp) -> Result<Vec<String>, StoreError> {
    super::convert::collect(
        connection,
        "SELECT hash FROM sessions WHERE expires_at > ?1",
        [millis(now)],
        |row| Ok(row.get("hash")?),
    )
}

pub fn remove(tx: &Tx<'_>, hash: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM sessions WHERE hash = ?1", [hash])?;
    Ok(())
}
