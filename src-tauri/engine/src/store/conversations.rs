//! What people said on the networks: one row for each comment, mention and review, however often it is
//! read. Names and words of people stand here and nowhere else.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use rusqlite::Row;
use serde_json::Value;

use super::{
    Connection, StoreError, Tx,
    convert::{
        collect, column_enum, column_instant, column_instant_opt, column_json, column_json_opt, first,
        millis, to_json,
    },
    deliveries,
};
use crate::{
    domain::{
        AccountId, ConversationItem, ConversationItemId, ConversationKind, Delivery, DeliveryId, Problem,
        conversation::LOW_STARS,
    },
    events::Change,
};

/// What people said is kept this long after it was said.
pub const KEPT: SignedDuration = SignedDuration::from_hours(24 * 365 * 3);

const COLUMNS: &str = "i.id, i.account_id, i.platform, i.kind, i.remote_id, i.parent_remote_id, \
     i.post_remote_id, i.author, i.text, i.rating, i.permalink, i.handle, i.answer, i.hidden, i.written_at, \
     i.changed_at, i.first_seen_at, i.deleted_at, i.read_at, i.handled_at, \
     (SELECT d.id FROM deliveries d WHERE d.account_id = i.account_id AND d.remote_id = i.post_remote_id \
      LIMIT 1) AS delivery_id";

/// The house's answer from here: it left, or may still leave. In doubt it counts as answered, so that
/// nobody is invited to answer twice.
const ANSWERED_HERE: &str = "EXISTS (SELECT 1 FROM posts p JOIN deliveries d ON d.post_id = p.id \
     WHERE p.reply_to = i.id AND d.removed_at IS NULL AND d.state NOT IN ('rejected', 'cancelled', 'expired'))";

fn unanswered() -> String {
    format!("i.deleted_at IS NULL AND i.handled_at IS NULL AND i.answer IS NULL AND NOT {ANSWERED_HERE}")
}

fn read(row: &Row<'_>) -> Result<ConversationItem, StoreError> {
    Ok(ConversationItem {
        id: ConversationItemId::from(row.get::<_, String>("id")?),
        account_id: AccountId::from(row.get::<_, String>("account_id")?),
        platform: row.get("platform")?,
        kind: column_enum(row, "kind")?,
        remote_id: row.get("remote_id")?,
        parent_remote_id: row.get("parent_remote_id")?,
        post_remote_id: row.get("post_remote_id")?,
        delivery_id: row.get::<_, Option<String>>("delivery_id")?.map(DeliveryId::from),
        author: row.get("author")?,
        text: row.get("text")?,
        rating: row.get("rating")?,
        permalink: row.get("permalink")?,
        handle: column_json(row, "handle")?,
        answer: column_json_opt(row, "answer")?,
        hidden: row.get("hidden")?,
        written_at: column_instant(row, "written_at")?,
        changed_at: column_instant(row, "changed_at")?,
        first_seen_at: column_instant(row, "first_seen_at")?,
        deleted_at: column_instant_opt(row, "deleted_at")?,
        read_at: column_instant_opt(row, "read_at")?,
        handled_at: column_instant_opt(row, "handled_at")?,
    })
}

/// What a reading brought about one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    /// Seen for the first time, or again after it was gone.
    New,
    /// The words or the stars are others.
    Reworded,
    /// Answer, visibility or name are others.
    Changed,
    /// As it was.
    Same,
}

/// Keeps an item as the platform shows it now. What the house noted about it (read, handled) stays, unless
/// its words or stars changed: then it has to be looked at again.
pub fn note(tx: &Tx<'_>, item: &ConversationItem, now: Timestamp) -> Result<Noted, StoreError> {
    let Some(known) = find_remote(tx, &item.account_id, &item.remote_id)? else {
        tx.prepare_cached(
            "INSERT INTO conversation_items (id, account_id, platform, kind, remote_id, parent_remote_id,
                 post_remote_id, author, text, rating, permalink, handle, answer, hidden, written_at,
                 changed_at, first_seen_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
        )?
        .execute(rusqlite::params![
            item.id.as_str(),
            item.account_id.as_str(),
            item.platform,
            item.kind.as_str(),
            item.remote_id,
            item.parent_remote_id,
            item.post_remote_id,
            item.author,
            item.text,
            item.rating,
            item.permalink,
            to_json(&item.handle)?,
            item.answer.as_ref().map(to_json).transpose()?,
            item.hidden,
            millis(item.written_at),
            millis(item.changed_at),
            millis(now),
        ])?;
        tx.changed(Change::Conversation(item.id.to_string()));
        return Ok(Noted::New);
    };
    let words_changed = known.text != item.text || known.rating != item.rating;
    let same = !words_changed
        && known.answer == item.answer
        && known.hidden == item.hidden
        && known.author == item.author
        && known.handle == item.handle
        && known.permalink == item.permalink
        && known.deleted_at.is_none();
    if same {
        return Ok(Noted::Same);
    }
    tx.prepare_cached(
        "UPDATE conversation_items SET author = ?2, text = ?3, rating = ?4, permalink = ?5, handle = ?6,
             answer = ?7, hidden = ?8, changed_at = ?9, deleted_at = NULL,
             read_at = CASE WHEN ?10 THEN NULL ELSE read_at END,
             handled_at = CASE WHEN ?10 THEN NULL ELSE handled_at END
         WHERE id = ?1",
    )?
    .execute(rusqlite::params![
        known.id.as_str(),
        item.author,
        item.text,
        item.rating,
        item.permalink,
        to_json(&item.handle)?,
        item.answer.as_ref().map(to_json).transpose()?,
        item.hidden,
        millis(item.changed_at),
        words_changed,
    ])?;
    tx.changed(Change::Conversation(known.id.to_string()));
    Ok(match (known.deleted_at, words_changed) {
        // It was thought to be gone, and what was said about it was settled with it.
        (Some(_), _) => Noted::New,
        (None, true) => Noted::Reworded,
        (None, false) => Noted::Changed,
    })
}

/// Marks what was read completely and is not there any more. Returns how many.
pub fn note_deleted(
    tx: &Tx<'_>,
    account: &AccountId,
    post: Option<&str>,
    since: Timestamp,
    seen: &BTreeSet<String>,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let known = collect(
        tx,
        "SELECT id, remote_id FROM conversation_items
         WHERE account_id = ?1 AND deleted_at IS NULL AND changed_at >= ?2
             AND (?3 IS NULL OR post_remote_id = ?3)",
        (account.as_str(), millis(since), post),
        |row| Ok((row.get::<_, String>("id")?, row.get::<_, String>("remote_id")?)),
    )?;
    let mut gone = 0;
    for (id, _) in known.iter().filter(|(_, remote_id)| !seen.contains(remote_id)) {
        gone +=
            tx.execute("UPDATE conversation_items SET deleted_at = ?2 WHERE id = ?1", (id, millis(now)))?;
        tx.changed(Change::Conversation(id.clone()));
    }
    Ok(gone)
}

pub fn find(
    connection: &Connection,
    id: &ConversationItemId,
) -> Result<Option<ConversationItem>, StoreError> {
    first(
        connection,
        &format!("SELECT {COLUMNS} FROM conversation_items i WHERE i.id = ?1"),
        [id.as_str()],
        read,
    )
}

fn find_remote(
    connection: &Connection,
    account: &AccountId,
    remote_id: &str,
) -> Result<Option<ConversationItem>, StoreError> {
    first(
        connection,
        &format!("SELECT {COLUMNS} FROM conversation_items i WHERE i.account_id = ?1 AND i.remote_id = ?2"),
        (account.as_str(), remote_id),
        read,
    )
}

/// Which items to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub account: Option<String>,
    pub kind: Option<ConversationKind>,
    /// Only what still waits for an answer.
    pub unanswered: bool,
    /// Continue after this time (milliseconds) and id.
    pub after: Option<(i64, String)>,
    pub limit: u32,
}

/// Lists, newest first, each with whether it waits for an answer.
pub fn list(connection: &Connection, filter: &Filter) -> Result<Vec<(ConversationItem, bool)>, StoreError> {
    let (after_at, after_id) = filter.after.clone().map_or((None, None), |(at, id)| (Some(at), Some(id)));
    let unanswered = unanswered();
    collect(
        connection,
        &format!(
            "SELECT {COLUMNS}, ({unanswered}) AS unanswered FROM conversation_items i
             WHERE (?1 IS NULL OR i.account_id = ?1) AND (?2 IS NULL OR i.kind = ?2)
               AND (NOT ?3 OR ({unanswered}))
               AND (?4 IS NULL OR i.written_at < ?4 OR (i.written_at = ?4 AND i.id < ?5))
             ORDER BY i.written_at DESC, i.id DESC LIMIT ?6"
        ),
        rusqlite::params![
            filter.account,
            filter.kind.map(ConversationKind::as_str),
            filter.unanswered,
            after_at,
            after_id,
            filter.limit,
        ],
        |row| Ok((read(row)?, row.get("unanswered")?)),
    )
}

/// One item with whether it waits for an answer.
pub fn find_with_state(
    connection: &Connection,
    id: &ConversationItemId,
) -> Result<Option<(ConversationItem, bool)>, StoreError> {
    let unanswered = unanswered();
    first(
        connection,
        &format!("SELECT {COLUMNS}, ({unanswered}) AS unanswered FROM conversation_items i WHERE i.id = ?1"),
        [id.as_str()],
        |row| Ok((read(row)?, row.get("unanswered")?)),
    )
}

/// How many wait for an answer, and how many were not read.
pub fn count(connection: &Connection) -> Result<(u64, u64), StoreError> {
    let (unanswered_count, unread): (i64, i64) = connection.query_row(
        &format!(
            "SELECT coalesce(sum({unanswered}), 0),
                 coalesce(sum(i.deleted_at IS NULL AND i.read_at IS NULL), 0) FROM conversation_items i",
            unanswered = unanswered()
        ),
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok((unanswered_count.unsigned_abs(), unread.unsigned_abs()))
}

/// The answers from here, oldest first.
pub fn replies(connection: &Connection, id: &ConversationItemId) -> Result<Vec<Delivery>, StoreError> {
    let ids = collect(
        connection,
        "SELECT d.id FROM deliveries d JOIN posts p ON p.id = d.post_id
         WHERE p.reply_to = ?1 ORDER BY d.created_at, d.id",
        [id.as_str()],
        |row| Ok(DeliveryId::from(row.get::<_, String>("id")?)),
    )?;
    ids.iter().map(|id| deliveries::find(connection, id)?.ok_or(StoreError::NotFound)).collect()
}

/// Low reviews of an account that still wait, newest first.
pub fn low_reviews(
    connection: &Connection,
    account: &AccountId,
) -> Result<Vec<ConversationItemId>, StoreError> {
    collect(
        connection,
        &format!(
            "SELECT i.id FROM conversation_items i
             WHERE i.account_id = ?1 AND i.kind = 'review' AND i.rating <= ?2 AND ({}) ORDER BY i.id DESC",
            unanswered()
        ),
        (account.as_str(), LOW_STARS),
        |row| Ok(ConversationItemId::from(row.get::<_, String>("id")?)),
    )
}

pub fn set_read(tx: &Tx<'_>, id: &ConversationItemId, now: Timestamp) -> Result<(), StoreError> {
    changed_one(
        tx,
        id,
        tx.execute(
            "UPDATE conversation_items SET read_at = coalesce(read_at, ?2) WHERE id = ?1",
            (id.as_str(), millis(now)),
        )?,
    )
}

/// Settles an item without an answer from here, or opens it again.
pub fn set_handled(
    tx: &Tx<'_>,
    id: &ConversationItemId,
    handled: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    changed_one(
        tx,
        id,
        tx.execute(
            "UPDATE conversation_items SET handled_at = CASE WHEN ?2 THEN coalesce(handled_at, ?3) END,
                 read_at = coalesce(read_at, ?3) WHERE id = ?1",
            (id.as_str(), handled, millis(now)),
        )?,
    )
}

pub fn set_hidden(tx: &Tx<'_>, id: &ConversationItemId, hidden: bool) -> Result<(), StoreError> {
    changed_one(
        tx,
        id,
        tx.execute("UPDATE conversation_items SET hidden = ?2 WHERE id = ?1", (id.as_str(), hidden))?,
    )
}

fn changed_one(tx: &Tx<'_>, id: &ConversationItemId, changed: usize) -> Result<(), StoreError> {
    if changed == 0 {
        return Err(StoreError::NotFound);
    }
    tx.changed(Change::Conversation(id.to_string()));
    Ok(())
}

/// Forgets what is older than [`KEPT`], and everything of accounts that were removed.
pub fn purge(tx: &Tx<'_>, now: Timestamp) -> Result<usize, StoreError> {
    let removed = "account_id IN (SELECT id FROM accounts WHERE state = 'removed')";
    tx.execute(&format!("DELETE FROM conversation_readings WHERE {removed}"), [])?;
    let gone = tx.execute(
        &format!("DELETE FROM conversation_items WHERE written_at < ?1 OR {removed}"),
        [millis(now - KEPT)],
    )?;
    Ok(gone)
}

/// What is remembered of the readings of one account.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    pub read_at: Option<Timestamp>,
    pub thorough_at: Option<Timestamp>,
    pub not_before: Option<Timestamp>,
    pub failures: u32,
    pub problem: Option<Problem>,
    pub marks: Value,
}

pub fn reading(connection: &Connection, account: &AccountId) -> Result<Reading, StoreError> {
    let found = first(
        connection,
        "SELECT read_at, thorough_at, not_before, failures, problem, marks FROM conversation_readings
         WHERE account_id = ?1",
        [account.as_str()],
        |row| {
            Ok(Reading {
                read_at: column_instant_opt(row, "read_at")?,
                thorough_at: column_instant_opt(row, "thorough_at")?,
                not_before: column_instant_opt(row, "not_before")?,
                failures: row.get("failures")?,
                problem: column_json_opt(row, "problem")?,
                marks: column_json(row, "marks")?,
            })
        },
    )?;
    Ok(found.unwrap_or_default())
}

pub fn set_reading(tx: &Tx<'_>, account: &AccountId, reading: &Reading) -> Result<(), StoreError> {
    tx.execute(
        "INSERT OR REPLACE INTO conversation_readings
             (account_id, read_at, thorough_at, not_before, failures, problem, marks)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        rusqlite::params![
            account.as_str(),
            reading.read_at.map(millis),
            reading.thorough_at.map(millis),
            reading.not_before.map(millis),
            reading.failures,
            reading.problem.as_ref().map(to_json).transpose()?,
            to_json(&reading.marks)?,
        ],
    )?;
    Ok(())
}

/// Platform ids of the latest public posts of an account, newest first; answers are none.
pub fn latest_posts(
    connection: &Connection,
    account: &AccountId,
    since: Timestamp,
    limit: u32,
) -> Result<Vec<String>, StoreError> {
    collect(
        connection,
        "SELECT d.remote_id FROM deliveries d JOIN posts p ON p.id = d.post_id
         WHERE d.account_id = ?1 AND d.state = 'published' AND d.remote_id IS NOT NULL
             AND d.removed_at IS NULL AND d.finished_at >= ?2 AND p.reply_to IS NULL
         ORDER BY d.finished_at DESC LIMIT ?3",
        (account.as_str(), millis(since), limit),
        |row| Ok(row.get("remote_id")?),
    )
}
