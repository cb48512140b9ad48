//! Addresses that are not written to, as keyed hashes (HMAC-SHA256): nobody can read the addresses out of a
//! copy of this table, and yet an erased person who comes back with an import is recognised.
//!
//! The key is made once, inside a transaction, and never leaves the store.

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use rand::RngCore as _;
use rusqlite::Row;
use serde_json::json;
use sha2::Sha256;

use super::{
    Connection, StoreError, Tx,
    convert::{collect, column_enum, column_instant, millis},
    journal::{self, Entry},
    state,
};
pub use crate::domain::suppression::SuppressionReason;
use crate::domain::{Channel, suppression::one_spelling};

/// Name of the key in the table `state`.
const KEY: &str = "suppression_key";

/// One address that is not written to, without the address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    pub channel: Channel,
    pub address_hash: String,
    pub reason: SuppressionReason,
    /// Who reported it: `provider`, `window`, `mailbox`…
    pub source: String,
    pub at: Timestamp,
}

fn read(row: &Row<'_>) -> Result<Suppression, StoreError> {
    Ok(Suppression {
        channel: column_enum(row, "channel")?,
        address_hash: row.get("address_hash")?,
        reason: column_enum(row, "reason")?,
        source: row.get("source")?,
        at: column_instant(row, "at")?,
    })
}

/// The hash of an address; makes the key when there is none yet.
pub fn hash(tx: &Tx<'_>, channel: Channel, address: &str) -> Result<String, StoreError> {
    if let Some(hash) = known_hash(tx, channel, address)? {
        return Ok(hash);
    }
    let mut random = [0_u8; 32];
    rand::rng().fill_bytes(&mut random);
    state::set(tx, KEY, &random)?;
    keyed(&random, channel, address)
}

/// The hash of an address; `None` while there is no key, and so nothing was ever hashed.
pub fn known_hash(
    connection: &Connection,
    channel: Channel,
    address: &str,
) -> Result<Option<String>, StoreError> {
    let key: Option<[u8; 32]> = state::get(connection, KEY)?;
    key.map(|key| keyed(&key, channel, address)).transpose()
}

fn keyed(key: &[u8; 32], channel: Channel, address: &str) -> Result<String, StoreError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|e| StoreError::Corrupt(e.to_string()))?;
    mac.update(channel.as_str().as_bytes());
    mac.update(b":");
    mac.update(one_spelling(channel, address).as_bytes());
    Ok(mac.finalize().into_bytes().iter().fold(String::with_capacity(64), |mut text, byte| {
        use std::fmt::Write as _;
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

/// The strongest reason for which an address is not written to.
pub fn is_suppressed(
    connection: &Connection,
    channel: Channel,
    address: &str,
) -> Result<Option<SuppressionReason>, StoreError> {
    Ok(of_address(connection, channel, address)?.into_iter().map(|row| row.reason).min())
}

/// Every reason for which an address is not written to.
pub fn of_address(
    connection: &Connection,
    channel: Channel,
    address: &str,
) -> Result<Vec<Suppression>, StoreError> {
    let Some(hash) = known_hash(connection, channel, address)? else { return Ok(Vec::new()) };
    collect(
        connection,
        "SELECT channel, address_hash, reason, source, at FROM suppressions
         WHERE channel = ?1 AND address_hash = ?2 ORDER BY at",
        (channel.as_str(), hash),
        read,
    )
}

/// Nobody writes to this address any more. The same reason again only moves its date on.
pub fn add(
    tx: &Tx<'_>,
    channel: Channel,
    address: &str,
    reason: SuppressionReason,
    source: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let hash = hash(tx, channel, address)?;
    tx.prepare_cached(
        "INSERT INTO suppressions (channel, address_hash, reason, source, at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (channel, address_hash, reason)
         DO UPDATE SET source = excluded.source, at = max(at, excluded.at)",
    )?
    .execute((channel.as_str(), hash, reason.as_str(), source, millis(now)))?;
    Ok(())
}

/// A person takes an address off the list, and says why.
///
/// Errors: [`StoreError::NotFound`] when it is not on it; [`StoreError::NotAllowed`] without a reason, or when
/// the person said no and nobody with this address has said yes since.
pub fn remove(
    tx: &Tx<'_>,
    channel: Channel,
    address: &str,
    why: &str,
    actor: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let why = why.trim();
    if why.is_empty() {
        return Err(StoreError::NotAllowed("suppression_reason_missing"));
    }
    let rows = of_address(tx, channel, address)?;
    let Some(hash) = rows.first().map(|row| row.address_hash.clone()) else {
        return Err(StoreError::NotFound);
    };
    let said_no = rows.iter().filter(|row| row.reason.needs_new_consent()).map(|row| row.at).max();
    if let Some(said_no) = said_no
        && !agreed_since(tx, channel, address, said_no)?
    {
        return Err(StoreError::NotAllowed("suppression_kept"));
    }
    tx.execute(
        "DELETE FROM suppressions WHERE channel = ?1 AND address_hash = ?2",
        (channel.as_str(), hash),
    )?;
    let mut entry = Entry::new(now, actor, "suppression.removed", channel.as_str());
    let reasons: Vec<&str> = rows.iter().map(|row| row.reason.as_str()).collect();
    entry.details = json!({ "reasons": reasons, "why": why.chars().take(500).collect::<String>() });
    journal::add(tx, &entry)
}

/// Whether somebody with this address agreed after that moment, and has not taken it back.
fn agreed_since(
    connection: &Connection,
    channel: Channel,
    address: &str,
    since: Timestamp,
) -> Result<bool, StoreError> {
    let column = match channel {
        Channel::Email => "lower(email)",
        Channel::Sms => "phone",
    };
    let sql = format!(
        "SELECT 1 FROM contacts WHERE {column} = ?1 AND EXISTS (
             SELECT 1 FROM consents WHERE consents.contact_id = contacts.id AND purpose = 'marketing'
                 AND channel = ?2 AND state = 'granted' AND recorded_at > ?3 AND at > ?3
                 AND id = (SELECT max(id) FROM consents AS last WHERE last.contact_id = contacts.id
                               AND last.purpose = 'marketing' AND last.channel = ?2)) LIMIT 1"
    );
    Ok(connection.prepare_cached(&sql)?.exists((
        one_spelling(channel, address),
        channel.as_str(),
        millis(since),
    ))?)
}

/// Which rows to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub channel: Option<Channel>,
    pub reason: Option<SuppressionReason>,
    /// Rows after this one in the order of the list.
    pub after: Option<(Timestamp, String)>,
    pub limit: u32,
}

/// Newest first.
pub fn list(connection: &Connection, filter: &Filter) -> Result<Vec<Suppression>, StoreError> {
    let (at, hash) = match &filter.after {
        Some((at, hash)) => (Some(millis(*at)), Some(hash.as_str())),
        None => (None, None),
    };
    collect(
        connection,
        "SELECT channel, address_hash, reason, source, at FROM suppressions
         WHERE (?1 IS NULL OR channel = ?1) AND (?2 IS NULL OR reason = ?2)
             AND (?3 IS NULL OR (at, address_hash) < (?3, ?4))
         ORDER BY at DESC, address_hash DESC LIMIT ?5",
        rusqlite::params![
            filter.channel.map(Channel::as_str),
            filter.reason.map(SuppressionReason::as_str),
            at,
            hash,
            filter.limit
        ],
        read,
    )
}

/// How many addresses there are for each channel and reason.
pub fn count(connection: &Connection) -> Result<Vec<(Channel, SuppressionReason, u32)>, StoreError> {
    collect(
        connection,
        "SELECT channel, reason, count(*) AS number FROM suppressions GROUP BY channel, reason
         ORDER BY channel, reason",
        [],
        |row| Ok((column_enum(row, "channel")?, column_enum(row, "reason")?, row.get("number")?)),
    )
}
