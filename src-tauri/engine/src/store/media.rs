//! Pictures of the library: their facts. The bytes are files of `crate::media::library`.

use jiff::Timestamp;
use rusqlite::Row;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Connection, StoreError, Tx,
    convert::{column_instant, exactly_one, first, millis},
};
use crate::{domain::MediaId, events::Change};

/// One picture of the library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MediaRow {
    pub id: MediaId,
    pub mime: String,
    pub width: u32,
    pub height: u32,
    pub size_bytes: u64,
    pub name: String,
    pub alt_text: String,
    pub source_url: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

const COLUMNS: &str = "id, mime, width, height, size_bytes, name, alt_text, source_url, created_at";

fn read(row: &Row<'_>) -> Result<MediaRow, StoreError> {
    Ok(MediaRow {
        id: MediaId::from(row.get::<_, String>("id")?),
        mime: row.get("mime")?,
        width: row.get("width")?,
        height: row.get("height")?,
        size_bytes: row.get::<_, i64>("size_bytes")?.unsigned_abs(),
        name: row.get("name")?,
        alt_text: row.get("alt_text")?,
        source_url: row.get("source_url")?,
        created_at: column_instant(row, "created_at")?,
    })
}

/// Adds a picture; the same bytes again keep the first row and its description.
pub fn add(tx: &Tx<'_>, media: &MediaRow) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO media (id, mime, width, height, size_bytes, name, alt_text, source_url, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (id) DO UPDATE SET
             alt_text = CASE WHEN excluded.alt_text = '' THEN alt_text ELSE excluded.alt_text END,
             source_url = coalesce(excluded.source_url, source_url)",
        (
            media.id.as_str(),
            &media.mime,
            media.width,
            media.height,
            i64::try_from(media.size_bytes).unwrap_or(i64::MAX),
            &media.name,
            &media.alt_text,
            &media.source_url,
            millis(media.created_at),
        ),
    )?;
    tx.changed(Change::Media(media.id.to_string()));
    Ok(())
}

pub fn find(connection: &Connection, id: &MediaId) -> Result<Option<MediaRow>, StoreError> {
    first(connection, &format!("SELECT {COLUMNS} FROM media WHERE id = ?1"), [id.as_str()], read)
}

pub fn set_alt_text(tx: &Tx<'_>, id: &MediaId, alt_text: &str) -> Result<(), StoreError> {
    let changed = tx.execute("UPDATE media SET alt_text = ?2 WHERE id = ?1", (id.as_str(), alt_text))?;
    exactly_one(changed).map_err(|_| StoreError::NotFound)?;
    tx.changed(Change::Media(id.to_string()));
    Ok(())
}
