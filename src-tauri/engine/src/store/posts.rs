//! Composed publications.

use jiff::Timestamp;
use rusqlite::Row;

use super::{
    Connection, StoreError, Tx,
    convert::{
        collect, column_enum, column_instant, column_instant_opt, column_json, column_json_opt, exactly_one,
        first, millis, to_json,
    },
};
use crate::{
    domain::{ConversationItemId, Post, PostId, Schedule},
    events::Change,
};

const COLUMNS: &str = "id, kind, content, revision, due_at, local_time, timezone, schedule_note, late_policy, \
                       targets, undo_until, problem, reply_to, created_by, created_at, updated_at, deleted_at";

fn read(row: &Row<'_>) -> Result<Post, StoreError> {
    Ok(Post {
        id: PostId::from(row.get::<_, String>("id")?),
        kind: column_enum(row, "kind")?,
        content: column_json(row, "content")?,
        revision: row.get("revision")?,
        schedule: read_schedule(row)?,
        late_policy: column_json(row, "late_policy")?,
        targets: column_json(row, "targets")?,
        undo_until: column_instant_opt(row, "undo_until")?,
        problem: column_json_opt(row, "problem")?,
        reply_to: row.get::<_, Option<String>>("reply_to")?.map(ConversationItemId::from),
        created_by: row.get("created_by")?,
        created_at: column_instant(row, "created_at")?,
        updated_at: column_instant(row, "updated_at")?,
        deleted_at: column_instant_opt(row, "deleted_at")?,
    })
}

fn read_schedule(row: &Row<'_>) -> Result<Option<Schedule>, StoreError> {
    let Some(at) = column_instant_opt(row, "due_at")? else { return Ok(None) };
    let local: String = row.get("local_time")?;
    Ok(Some(Schedule {
        at,
        local: local.parse().map_err(|_| StoreError::Corrupt(format!("{local} is no wall clock")))?,
        timezone: row.get("timezone")?,
        note: row
            .get::<_, Option<String>>("schedule_note")?
            .map(|note| serde_json::from_value(note.into()))
            .transpose()
            .map_err(|error| StoreError::Corrupt(error.to_string()))?,
    }))
}

pub fn insert(tx: &Tx<'_>, post: &Post) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO posts (id, kind, content, revision, due_at, local_time, timezone, schedule_note,
             late_policy, targets, undo_until, problem, reply_to, created_by, created_at, updated_at, deleted_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
    )?
    .execute(rusqlite::params![
        post.id.as_str(),
        post.kind.as_str(),
        to_json(&post.content)?,
        post.revision,
        post.schedule.as_ref().map(|s| millis(s.at)),
        post.schedule.as_ref().map(|s| s.local.to_string()),
        post.schedule.as_ref().map(|s| s.timezone.clone()),
        note(post)?,
        to_json(&post.late_policy)?,
        to_json(&post.targets)?,
        post.undo_until.map(millis),
        post.problem.as_ref().map(to_json).transpose()?,
        post.reply_to.as_ref().map(ConversationItemId::as_str),
        post.created_by,
        millis(post.created_at),
        millis(post.updated_at),
        post.deleted_at.map(millis),
    ])?;
    tx.changed(Change::Post(post.id.to_string()));
    Ok(())
}

/// Writes a changed post over revision `expected`. Errors: [`StoreError::Moved`] when somebody else
/// changed it meanwhile.
pub fn update(tx: &Tx<'_>, post: &Post, expected: i64) -> Result<(), StoreError> {
    let changed = tx.execute(
        "UPDATE posts SET kind = ?3, content = ?4, revision = ?5, due_at = ?6, local_time = ?7, timezone = ?8,
             schedule_note = ?9, late_policy = ?10, targets = ?11, undo_until = ?12, problem = ?13,
             updated_at = ?14, deleted_at = ?15
         WHERE id = ?1 AND revision = ?2",
        rusqlite::params![
            post.id.as_str(),
            expected,
            post.kind.as_str(),
            to_json(&post.content)?,
            post.revision,
            post.schedule.as_ref().map(|s| millis(s.at)),
            post.schedule.as_ref().map(|s| s.local.to_string()),
            post.schedule.as_ref().map(|s| s.timezone.clone()),
            note(post)?,
            to_json(&post.late_policy)?,
            to_json(&post.targets)?,
            post.undo_until.map(millis),
            post.problem.as_ref().map(to_json).transpose()?,
            millis(post.updated_at),
            post.deleted_at.map(millis),
        ],
    )?;
    exactly_one(changed)?;
    tx.changed(Change::Post(post.id.to_string()));
    Ok(())
}

fn note(post: &Post) -> Result<Option<String>, StoreError> {
    let note = post.schedule.as_ref().and_then(|schedule| schedule.note);
    Ok(note.map(|note| to_json(&note)).transpose()?.map(|text| text.trim_matches('"').to_owned()))
}

pub fn find(connection: &Connection, id: &PostId) -> Result<Option<Post>, StoreError> {
    first(connection, &format!("SELECT {COLUMNS} FROM posts WHERE id = ?1"), [id.as_str()], read)
}

/// Which posts to list; soonest due last, drafts by their creation.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    pub platform: Option<String>,
    pub text: Option<String>,
    pub deleted: bool,
    /// Continue after this sort key and id.
    pub after: Option<(i64, String)>,
    pub limit: u32,
}

/// Returns posts with their sort key (due time, else creation, in milliseconds), newest first.
pub fn list(connection: &Connection, filter: &Filter) -> Result<Vec<(i64, Post)>, StoreError> {
    let (after_key, after_id) = filter.after.clone().map_or((None, None), |(key, id)| (Some(key), Some(id)));
    collect(
        connection,
        &format!(
            "SELECT {COLUMNS}, coalesce(due_at, created_at) AS sort_key FROM posts
             WHERE (deleted_at IS NOT NULL) = ?1 AND reply_to IS NULL
               AND (?2 IS NULL OR coalesce(due_at, created_at) >= ?2)
               AND (?3 IS NULL OR coalesce(due_at, created_at) < ?3)
               AND (?4 IS NULL OR EXISTS (
                   SELECT 1 FROM deliveries d WHERE d.post_id = posts.id AND d.platform = ?4))
               AND (?5 IS NULL OR instr(lower(content), lower(?5)) > 0)
               AND (?6 IS NULL OR coalesce(due_at, created_at) < ?6
                   OR (coalesce(due_at, created_at) = ?6 AND id < ?7))
             ORDER BY sort_key DESC, id DESC LIMIT ?8"
        ),
        rusqlite::params![
            filter.deleted,
            filter.from.map(millis),
            filter.to.map(millis),
            filter.platform,
            filter.text,
            after_key,
            after_id,
            filter.limit,
        ],
        |row| Ok((row.get("sort_key")?, read(row)?)),
    )
}

/// Removes trashed posts that never had a delivery.
pub fn purge_trash(tx: &Tx<'_>, older_than: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM posts WHERE deleted_at < ?1
             AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.post_id = posts.id)",
        [millis(older_than)],
    )?;
    Ok(())
}
