//! The owner's web site and the files that were brought there. Deciding about them is
//! `social::web_site`'s.

use jiff::Timestamp;
use rusqlite::Row;
use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::{
    Connection, StoreError, Tx,
    convert::{collect, column_json_opt, first, millis, to_json},
};
use crate::domain::{Credentials, DeliveryId};

/// The web site as it was typed, with what its last test found.
#[derive(Clone, Debug)]
pub struct WebSiteRow {
    pub kind: String,
    pub fields: Credentials,
    pub last_check: Option<Value>,
}

/// One file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostedRow {
    pub name: String,
    pub remote_id: Option<String>,
    /// Absent while it was not seen from outside.
    pub url: Option<String>,
}

fn read(row: &Row<'_>) -> Result<HostedRow, StoreError> {
    Ok(HostedRow { name: row.get("name")?, remote_id: row.get("remote_id")?, url: row.get("url")? })
}

/// The web site, if there is one.
pub fn web_site(connection: &Connection) -> Result<Option<WebSiteRow>, StoreError> {
    let row = first(connection, "SELECT kind, last_check FROM media_host", [], |row| {
        Ok((row.get::<_, String>("kind")?, column_json_opt(row, "last_check")?))
    })?;
    let Some((kind, last_check)) = row else { return Ok(None) };
    let pairs = collect(connection, "SELECT key, value FROM media_host_secrets", [], |row| {
        Ok((row.get::<_, String>("key")?, row.get::<_, String>("value")?))
    })?;
    let mut fields = Credentials::default();
    for (key, value) in pairs {
        fields.set(key, value);
    }
    Ok(Some(WebSiteRow { kind, fields, last_check }))
}

/// Puts a web site in the place of the one before; it counts as never tested.
pub fn set_web_site(tx: &Tx<'_>, kind: &str, fields: &Credentials, now: Timestamp) -> Result<(), StoreError> {
    forget_web_site(tx)?;
    tx.execute("INSERT INTO media_host (id, kind, updated_at) VALUES (1, ?1, ?2)", (kind, millis(now)))?;
    for (key, value) in fields.iter() {
        tx.execute(
            "INSERT INTO media_host_secrets (key, value) VALUES (?1, ?2)",
            (key, value.expose_secret()),
        )?;
    }
    Ok(())
}

pub fn set_check(tx: &Tx<'_>, check: &Value) -> Result<(), StoreError> {
    tx.execute("UPDATE media_host SET last_check = ?1", [to_json(check)?])?;
    Ok(())
}

/// Forgets the web site with its secrets. The files that are there stay noted.
pub fn forget_web_site(tx: &Tx<'_>) -> Result<(), StoreError> {
    tx.execute("DELETE FROM media_host_secrets", [])?;
    tx.execute("DELETE FROM media_host", [])?;
    Ok(())
}

/// The file with this content at a place, noted now under `name` when there is none; from now on the
/// delivery needs it. Says also whether it was noted before.
pub fn claim(
    tx: &Tx<'_>,
    place: &str,
    content_hash: &str,
    name: &str,
    delivery: Option<&DeliveryId>,
    now: Timestamp,
) -> Result<(HostedRow, bool), StoreError> {
    let added = tx.execute(
        "INSERT INTO hosted_media (name, place, content_hash, created_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (place, content_hash) DO NOTHING",
        (name, place, content_hash, millis(now)),
    )?;
    let row = first(
        tx,
        "SELECT name, remote_id, url FROM hosted_media WHERE place = ?1 AND content_hash = ?2",
        (place, content_hash),
        read,
    )?
    .ok_or(StoreError::NotFound)?;
    if let Some(delivery) = delivery {
        tx.execute(
            "INSERT INTO hosted_media_uses (name, delivery_id)
             SELECT ?1, id FROM deliveries WHERE id = ?2
             ON CONFLICT DO NOTHING",
            (&row.name, delivery.as_str()),
        )?;
    }
    Ok((row, added == 0))
}

/// The file is there, and was seen from outside.
pub fn seen(tx: &Tx<'_>, name: &str, remote_id: &str, url: Option<&str>) -> Result<(), StoreError> {
    tx.execute("UPDATE hosted_media SET remote_id = ?2, url = ?3 WHERE name = ?1", (name, remote_id, url))?;
    Ok(())
}

/// Files at a place that no delivery needs any more: all that used them are finished since `since`. What
/// no delivery ever used is let be until then too.
pub fn unneeded(
    connection: &Connection,
    place: &str,
    since: Timestamp,
) -> Result<Vec<HostedRow>, StoreError> {
    collect(
        connection,
        "SELECT name, remote_id, url FROM hosted_media file
         WHERE place = ?1 AND created_at <= ?2 AND NOT EXISTS (
             SELECT 1 FROM hosted_media_uses used JOIN deliveries ON deliveries.id = used.delivery_id
             WHERE used.name = file.name
                 AND (deliveries.state NOT IN ('published', 'duplicate', 'rejected', 'cancelled', 'expired')
                     OR coalesce(deliveries.finished_at, deliveries.updated_at) > ?2))
         ORDER BY created_at",
        (place, millis(since)),
        read,
    )
}

/// Files at any place, as far as is known.
pub fn count(connection: &Connection) -> Result<u32, StoreError> {
    let counted = first(connection, "SELECT count(*) AS files FROM hosted_media", [], |row| {
        Ok(row.get::<_, u32>("files")?)
    })?;
    Ok(counted.unwrap_or_default())
}

pub fn remove(tx: &Tx<'_>, name: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM hosted_media WHERE name = ?1", [name])?;
    Ok(())
}
