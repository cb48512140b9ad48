//! The outbox: its rows, as they are added and looked up. How they move: [`super::moves`].

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::Row;

use super::{
    Connection, StoreError, Tx,
    convert::{
        collect, column_enum, column_instant, column_instant_opt, column_json, column_json_opt, exactly_one,
        first, instant, millis, to_json,
    },
};
use crate::{
    domain::{AccountId, Delivery, DeliveryId, DeliveryState, InstanceId, PostId, Problem, Wanted},
    events::Change,
};

pub use super::moves::{Move, transition};

const COLUMNS: &str = "id, post_id, revision, account_id, platform, state, due_at, next_at, kind, late_policy, \
                       content, marks, attempts, crash_count, lookups, owner, first_sent_at, sent_at, doubtful, \
                       hand_over, remote_id, permalink, problem, wanted, finished_at, removed_at, created_at, \
                       updated_at";

fn read(row: &Row<'_>) -> Result<Delivery, StoreError> {
    Ok(Delivery {
        id: DeliveryId::from(row.get::<_, String>("id")?),
        post_id: PostId::from(row.get::<_, String>("post_id")?),
        revision: row.get("revision")?,
        account_id: AccountId::from(row.get::<_, String>("account_id")?),
        platform: row.get("platform")?,
        state: column_enum(row, "state")?,
        due_at: column_instant(row, "due_at")?,
        next_at: column_instant_opt(row, "next_at")?,
        kind: column_enum(row, "kind")?,
        late_policy: column_json(row, "late_policy")?,
        content: column_json(row, "content")?,
        marks: column_json(row, "marks")?,
        attempts: row.get("attempts")?,
        crash_count: row.get("crash_count")?,
        lookups: row.get("lookups")?,
        owner: row.get::<_, Option<String>>("owner")?.map(InstanceId::from),
        first_sent_at: column_instant_opt(row, "first_sent_at")?,
        sent_at: column_instant_opt(row, "sent_at")?,
        doubtful: row.get("doubtful")?,
        hand_over: row.get("hand_over")?,
        remote_id: row.get("remote_id")?,
        permalink: row.get("permalink")?,
        problem: column_json_opt(row, "problem")?,
        wanted: row.get::<_, Option<String>>("wanted")?.as_deref().and_then(Wanted::parse),
        finished_at: column_instant_opt(row, "finished_at")?,
        removed_at: column_instant_opt(row, "removed_at")?,
        created_at: column_instant(row, "created_at")?,
        updated_at: column_instant(row, "updated_at")?,
    })
}

/// What is not finished: it may still leave, or a person must say whether it left. The words of the
/// index `deliveries_dedup`.
const UNFINISHED: &str = "state NOT IN ('published', 'duplicate', 'rejected', 'cancelled', 'expired')
    AND (state <> 'held' OR doubtful OR first_sent_at IS NOT NULL)";

/// Adds a row. Errors: [`StoreError::AlreadyPlanned`] when an unfinished row with the same `dedup_key`
/// exists.
pub fn insert(tx: &Tx<'_>, delivery: &Delivery, dedup_key: &str) -> Result<(), StoreError> {
    let added = tx
        .prepare_cached(
            "INSERT INTO deliveries (id, post_id, revision, account_id, platform, state, due_at, next_at, kind,
                 late_policy, content, marks, dedup_key, hand_over, problem, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
             ON CONFLICT DO NOTHING",
        )?
        .execute(rusqlite::params![
            delivery.id.as_str(),
            delivery.post_id.as_str(),
            delivery.revision,
            delivery.account_id.as_str(),
            delivery.platform,
            delivery.state.as_str(),
            millis(delivery.due_at),
            delivery.next_at.map(millis),
            delivery.kind.as_str(),
            to_json(&delivery.late_policy)?,
            to_json(&delivery.content)?,
            to_json(&delivery.marks)?,
            dedup_key,
            delivery.hand_over,
            delivery.problem.as_ref().map(to_json).transpose()?,
            millis(delivery.created_at),
            millis(delivery.updated_at),
        ])?;
    if added == 0 {
        return Err(refused_by_twin(tx, &delivery.id, Some(dedup_key)));
    }
    tx.changed(Change::Delivery(delivery.id.to_string()));
    Ok(())
}

/// Why a row may not be there: the post of its twin. `key`: the key it would have, when that changes.
pub(super) fn refused_by_twin(connection: &Connection, id: &DeliveryId, key: Option<&str>) -> StoreError {
    let twin = first(
        connection,
        &format!(
            "SELECT post_id FROM deliveries WHERE id <> ?1 AND {UNFINISHED}
                 AND dedup_key = coalesce(?2, (SELECT dedup_key FROM deliveries WHERE id = ?1))"
        ),
        (id.as_str(), key),
        |row| Ok(PostId::from(row.get::<_, String>("post_id")?)),
    );
    match twin {
        Ok(Some(post)) => StoreError::AlreadyPlanned(post),
        Ok(None) => StoreError::Moved,
        Err(error) => error,
    }
}

/// Says where a row stands now, with the change wanted on it.
pub fn find(connection: &Connection, id: &DeliveryId) -> Result<Option<Delivery>, StoreError> {
    first(connection, &format!("SELECT {COLUMNS} FROM deliveries WHERE id = ?1"), [id.as_str()], read)
}

pub fn of_post(connection: &Connection, post: &PostId) -> Result<Vec<Delivery>, StoreError> {
    collect(
        connection,
        &format!("SELECT {COLUMNS} FROM deliveries WHERE post_id = ?1 ORDER BY platform, created_at, id"),
        [post.as_str()],
        read,
    )
}

/// The unfinished row of the same request, if there is one; or the one that went out after
/// `sent_since` and was not taken down.
pub fn find_twin(
    connection: &Connection,
    dedup_key: &str,
    sent_since: Option<Timestamp>,
) -> Result<Option<Delivery>, StoreError> {
    first(
        connection,
        &format!(
            "SELECT {COLUMNS} FROM deliveries WHERE dedup_key = ?1
                 AND (({UNFINISHED}) OR (state IN ('published', 'duplicate') AND finished_at > ?2
                     AND removed_at IS NULL AND wanted IS NOT 'delete'))
             ORDER BY finished_at IS NULL DESC, finished_at DESC LIMIT 1"
        ),
        (dedup_key, sent_since.map(millis)),
        read,
    )
}

/// Removes a row that never left the machine (its content was edited before).
pub fn remove_unsent(tx: &Tx<'_>, id: &DeliveryId) -> Result<(), StoreError> {
    let removed = tx.execute(
        "DELETE FROM deliveries WHERE id = ?1 AND first_sent_at IS NULL AND remote_id IS NULL
             AND state IN ('queued', 'retry_at', 'needs_reauth', 'held', 'rejected', 'expired', 'cancelled')",
        [id.as_str()],
    )?;
    exactly_one(removed)?;
    tx.changed(Change::Delivery(id.to_string()));
    Ok(())
}

/// What a lane may do next, at most one row.
#[derive(Clone, Debug, PartialEq)]
pub enum LaneWork {
    /// This row is due.
    Due(Box<Delivery>),
    /// Nothing before this instant.
    Wait(Timestamp),
    /// Nothing at all.
    Idle,
}

/// Picks the next row of an account: doubts first and alone, then what is due, oldest first.
///
/// `may_start` says whether new acts may start now (not paused, account connected, rate limit over);
/// look-ups and changes of what the platform already has may always run.
pub fn next_of_lane(
    connection: &Connection,
    account: &AccountId,
    now: Timestamp,
    may_start: bool,
) -> Result<LaneWork, StoreError> {
    let doubt = first(
        connection,
        &format!(
            "SELECT {COLUMNS} FROM deliveries WHERE account_id = ?1 AND state IN ('unknown', 'reconciling')
             ORDER BY next_at IS NULL, next_at, id LIMIT 1"
        ),
        [account.as_str()],
        read,
    )?;
    let nothing_new = doubt.is_some() || !may_start;
    if let Some(doubt) = &doubt
        && doubt.next_at.is_some_and(|at| at <= now)
    {
        return Ok(LaneWork::Due(Box::new(doubt.clone())));
    }
    let next = first(
        connection,
        &format!(
            "SELECT {COLUMNS} FROM deliveries WHERE account_id = ?1 AND next_at IS NOT NULL
                 AND state NOT IN ('unknown', 'reconciling', 'preparing', 'armed', 'sending')
                 AND (NOT ?2 OR state IN ('handed_over', 'published', 'duplicate'))
             ORDER BY next_at, due_at, id LIMIT 1"
        ),
        (account.as_str(), nothing_new),
        read,
    )?;
    let waits =
        [doubt.and_then(|d| d.next_at), next.as_ref().and_then(|d| d.next_at)].into_iter().flatten().min();
    Ok(match (next, waits) {
        (Some(next), _) if next.next_at.is_some_and(|at| at <= now) => {
            // What was put off (no network, a retry) leaves in the order that was planned, not in the
            // order of the last attempts. What is on time is in that order already.
            let put_off = next.next_at.is_some_and(|at| at > next.due_at);
            let oldest = if put_off { oldest_of_lane(connection, account, now, nothing_new)? } else { None };
            LaneWork::Due(Box::new(oldest.unwrap_or(next)))
        }
        (_, Some(at)) => LaneWork::Wait(at),
        (_, None) => LaneWork::Idle,
    })
}

/// Of the rows of an account that may be looked at now, the one that was planned first.
fn oldest_of_lane(
    connection: &Connection,
    account: &AccountId,
    now: Timestamp,
    nothing_new: bool,
) -> Result<Option<Delivery>, StoreError> {
    first(
        connection,
        &format!(
            "SELECT {COLUMNS} FROM deliveries WHERE account_id = ?1 AND next_at <= ?3
                 AND state NOT IN ('unknown', 'reconciling', 'preparing', 'armed', 'sending')
                 AND (NOT ?2 OR state IN ('handed_over', 'published', 'duplicate'))
             ORDER BY due_at, id LIMIT 1"
        ),
        (account.as_str(), nothing_new, millis(now)),
        read,
    )
}

/// Accounts that have something to look at until `now`, and the next instant after it.
pub fn due_accounts(
    connection: &Connection,
    now: Timestamp,
) -> Result<(Vec<AccountId>, Option<Timestamp>), StoreError> {
    let accounts = collect(
        connection,
        "SELECT DISTINCT account_id FROM deliveries WHERE next_at IS NOT NULL AND next_at <= ?1",
        [millis(now)],
        |row| Ok(AccountId::from(row.get::<_, String>("account_id")?)),
    )?;
    let next: Option<i64> = connection.query_row(
        "SELECT min(next_at) FROM deliveries WHERE next_at > ?1",
        [millis(now)],
        |row| row.get(0),
    )?;
    Ok((accounts, next.map(instant).transpose()?))
}

/// Frees what another run of the program held. Returns the rows and where they went.
///
/// Age never decides: only the owner does, because sleep makes every age wrong. `panicked`: a handler of
/// this run panicked, so that a poisonous look-up counts as well.
pub fn rescue(
    tx: &Tx<'_>,
    me: &InstanceId,
    now: Timestamp,
    max_crashes: u32,
    panicked: bool,
) -> Result<Vec<(Delivery, DeliveryState)>, StoreError> {
    let stranded = collect(
        tx,
        &format!(
            "SELECT {COLUMNS} FROM deliveries
             WHERE state IN ('preparing', 'armed', 'sending', 'reconciling') AND owner IS NOT ?1"
        ),
        [me.as_str()],
        read,
    )?;
    let mut moved = Vec::with_capacity(stranded.len());
    for delivery in stranded {
        let crashed = matches!(delivery.state, DeliveryState::Preparing | DeliveryState::Sending)
            || (panicked && delivery.state == DeliveryState::Reconciling);
        let too_often = crashed && delivery.crash_count + 1 >= max_crashes;
        let to = match delivery.state {
            _ if too_often => DeliveryState::Held,
            DeliveryState::Sending | DeliveryState::Reconciling => DeliveryState::Unknown,
            // It was about to repeat a doubtful call: the doubt comes first again.
            _ if delivery.doubtful => DeliveryState::Unknown,
            _ => DeliveryState::Queued,
        };
        let doubtful = delivery.doubtful || delivery.state == DeliveryState::Sending;
        let problem = too_often.then(|| Problem::new("crashed_repeatedly"));
        let changed = tx.execute(
            "UPDATE deliveries SET state = ?3, owner = NULL, next_at = ?4, doubtful = ?5,
                 crash_count = crash_count + ?6, problem = coalesce(?7, problem), updated_at = ?8
             WHERE id = ?1 AND state = ?2",
            rusqlite::params![
                delivery.id.as_str(),
                delivery.state.as_str(),
                to.as_str(),
                (!too_often).then(|| millis(now)),
                doubtful,
                u32::from(crashed),
                problem.as_ref().map(to_json).transpose()?,
                millis(now),
            ],
        )?;
        exactly_one(changed)?;
        tx.changed(Change::Delivery(delivery.id.to_string()));
        moved.push((delivery, to));
    }
    Ok(moved)
}

/// Takes a row from its owner, so that [`rescue`] frees it.
pub fn disown(tx: &Tx<'_>, id: &DeliveryId) -> Result<(), StoreError> {
    tx.execute("UPDATE deliveries SET owner = NULL WHERE id = ?1", [id.as_str()])?;
    Ok(())
}

/// Puts off the next look at what the platform has: looking panicked.
pub fn postpone_look(tx: &Tx<'_>, id: &DeliveryId, until: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE deliveries SET next_at = ?2
         WHERE id = ?1 AND state IN ('handed_over', 'published', 'duplicate') AND next_at < ?2",
        (id.as_str(), millis(until)),
    )?;
    Ok(())
}

/// Wakes what waited for this account (reconnected, resumed), in the order of its due times.
pub fn resume_account(tx: &Tx<'_>, account: &AccountId, now: Timestamp) -> Result<usize, StoreError> {
    let doubtful = tx.execute(
        "UPDATE deliveries SET state = 'unknown', next_at = ?2, updated_at = ?2
         WHERE account_id = ?1 AND state = 'needs_reauth' AND doubtful = 1 AND remote_id IS NULL",
        (account.as_str(), millis(now)),
    )?;
    let waiting = tx.execute(
        "UPDATE deliveries SET state = 'queued', next_at = CASE WHEN hand_over THEN ?2 ELSE due_at END,
             problem = NULL, updated_at = ?2
         WHERE account_id = ?1 AND state = 'needs_reauth'",
        (account.as_str(), millis(now)),
    )?;
    tx.execute(
        "UPDATE deliveries SET next_at = ?2 WHERE account_id = ?1 AND state IN ('unknown', 'reconciling')",
        (account.as_str(), millis(now)),
    )?;
    tx.changed(Change::Account(account.to_string()));
    Ok(doubtful + waiting)
}

/// Brings forward what was written by a clock that was ahead: its times are of a future that never was.
pub fn mend_times(tx: &Tx<'_>, now: Timestamp) -> Result<usize, StoreError> {
    Ok(tx.execute(
        "UPDATE deliveries SET next_at = ?1, updated_at = ?1 WHERE updated_at > ?1 AND next_at > ?1",
        [millis(now)],
    )?)
}

/// Brings forward what waits for a time because the network was away.
pub fn wake_unreachable(tx: &Tx<'_>, now: Timestamp) -> Result<usize, StoreError> {
    Ok(tx.execute(
        "UPDATE deliveries SET next_at = ?1
         WHERE state IN ('retry_at', 'unknown') AND next_at > ?1
             AND json_extract(problem, '$.code') = 'platform_unreachable'",
        [millis(now)],
    )?)
}

/// What the other deliveries of an account stand for on the platform.
pub fn remote_ids_of_others(
    connection: &Connection,
    account: &AccountId,
    except: &DeliveryId,
) -> Result<std::collections::HashSet<String>, StoreError> {
    let ids = collect(
        connection,
        "SELECT remote_id FROM deliveries WHERE account_id = ?1 AND id <> ?2 AND remote_id IS NOT NULL",
        (account.as_str(), except.as_str()),
        |row| Ok(row.get("remote_id")?),
    )?;
    Ok(ids.into_iter().collect())
}

/// Which deliveries to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub states: Vec<DeliveryState>,
    pub account: Option<String>,
    pub platform: Option<String>,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    /// Continue after this due time (milliseconds) and id.
    pub after: Option<(i64, String)>,
    pub limit: u32,
}

/// Lists by due time.
pub fn list(connection: &Connection, filter: &Filter) -> Result<Vec<Delivery>, StoreError> {
    let states: Vec<&str> = filter.states.iter().map(|state| state.as_str()).collect();
    let (after_due, after_id) = filter.after.clone().map_or((None, None), |(due, id)| (Some(due), Some(id)));
    collect(
        connection,
        &format!(
            "SELECT {COLUMNS} FROM deliveries
             WHERE (?1 = '[]' OR state IN (SELECT value FROM json_each(?1)))
               AND (?2 IS NULL OR account_id = ?2) AND (?3 IS NULL OR platform = ?3)
               AND (?4 IS NULL OR due_at >= ?4) AND (?5 IS NULL OR due_at < ?5)
               AND (?6 IS NULL OR due_at > ?6 OR (due_at = ?6 AND id > ?7))
             ORDER BY due_at, id LIMIT ?8"
        ),
        rusqlite::params![
            to_json(&states)?,
            filter.account,
            filter.platform,
            filter.from.map(millis),
            filter.to.map(millis),
            after_due,
            after_id,
            filter.limit,
        ],
        read,
    )
}

/// Number of rows by state.
pub fn count_by_state(connection: &Connection) -> Result<BTreeMap<DeliveryState, u64>, StoreError> {
    Ok(collect(connection, "SELECT state, count(*) AS number FROM deliveries GROUP BY state", [], |row| {
        Ok((column_enum(row, "state")?, row.get::<_, i64>("number")?.unsigned_abs()))
    })?
    .into_iter()
    .collect())
}

/// Number of rows of an account that are not finished.
pub fn count_waiting(connection: &Connection, account: &AccountId) -> Result<u64, StoreError> {
    let number: i64 = connection.query_row(
        "SELECT count(*) FROM deliveries WHERE account_id = ?1
             AND state NOT IN ('published', 'duplicate', 'rejected', 'cancelled', 'expired')",
        [account.as_str()],
        |row| row.get(0),
    )?;
    Ok(number.unsigned_abs())
}

/// Number of rows of an account that are to leave by our own timer after an instant.
pub fn count_planned_after(
    connection: &Connection,
    account: &AccountId,
    after: Timestamp,
) -> Result<u64, StoreError> {
    let number: i64 = connection.query_row(
        "SELECT count(*) FROM deliveries WHERE account_id = ?1 AND due_at > ?2
             AND state IN ('queued', 'retry_at')",
        (account.as_str(), millis(after)),
        |row| row.get(0),
    )?;
    Ok(number.unsigned_abs())
}

/// Unfinished rows of an account.
pub fn unfinished_of_account(
    connection: &Connection,
    account: &AccountId,
) -> Result<Vec<Delivery>, StoreError> {
    collect(
        connection,
        &format!(
            "SELECT {COLUMNS} FROM deliveries WHERE account_id = ?1
                 AND state NOT IN ('published', 'duplicate', 'rejected', 'cancelled', 'expired')
             ORDER BY due_at, id"
        ),
        [account.as_str()],
        read,
    )
}

/// The next row that leaves by our timer.
pub fn next_due(connection: &Connection, now: Timestamp) -> Result<Option<Delivery>, StoreError> {
    first(
        connection,
        &format!(
            "SELECT {COLUMNS} FROM deliveries
             WHERE state IN ('queued', 'retry_at', 'handed_over') AND due_at >= ?1 ORDER BY due_at, id LIMIT 1"
        ),
        [millis(now)],
        read,
    )
}

/// Rows that should have started long ago although nothing holds them back.
pub fn stuck(connection: &Connection, before: Timestamp) -> Result<Vec<Delivery>, StoreError> {
    collect(
        connection,
        &format!(
            "SELECT {COLUMNS} FROM deliveries d
             WHERE state IN ('queued', 'retry_at', 'preparing', 'armed', 'sending') AND due_at < ?1
               AND updated_at < ?1 AND (next_at IS NULL OR next_at < ?1)
               AND EXISTS (SELECT 1 FROM accounts a WHERE a.id = d.account_id AND a.state = 'connected')
             ORDER BY due_at, id LIMIT 50"
        ),
        [millis(before)],
        read,
    )
}

/// When this account last published something that was late, after `since`.
pub fn last_late_publication(
    connection: &Connection,
    account: &AccountId,
    since: Timestamp,
    late_by_ms: i64,
) -> Result<Option<Timestamp>, StoreError> {
    first(
        connection,
        "SELECT finished_at FROM deliveries
         WHERE account_id = ?1 AND state = 'published' AND finished_at > ?2 AND finished_at - due_at >= ?3
             AND json_extract(content, '$.reply_to') IS NULL
         ORDER BY finished_at DESC LIMIT 1",
        (account.as_str(), millis(since), late_by_ms),
        |row| column_instant(row, "finished_at"),
    )
}
