//! The outbox of messages: one row for each person and channel. Moved like a delivery: each move is one
//! `UPDATE` with the old state in its `WHERE`.

use jiff::Timestamp;
use rusqlite::{Row, ToSql, params_from_iter};

use super::{
    Connection, StoreError, Tx,
    convert::{
        collect, column_enum, column_instant, column_instant_opt, column_json, column_json_opt, exactly_one,
        first, millis, to_json,
    },
};
use crate::{
    domain::{
        AccountId, Channel, ContactId, DeliveryState, InstanceId, MailingId, Message, MessageId, Problem,
    },
    events::Change,
};

const COLUMNS: &str = "id, mailing_id, contact_id, channel, address, account_id, state, due_at, next_at, \
     variables, attempts, crash_count, lookups, owner, first_sent_at, sent_at, doubtful, remote_id, problem, \
     fate, finished_at, created_at, updated_at";

/// States in which nothing of a message has left and a person may still take it back.
const WAITING: &str =
    "(state IN ('queued', 'retry_at', 'needs_reauth') OR (state = 'held' AND NOT doubtful))";

fn read(row: &Row<'_>) -> Result<Message, StoreError> {
    Ok(Message {
        id: MessageId::from(row.get::<_, String>("id")?),
        mailing_id: MailingId::from(row.get::<_, String>("mailing_id")?),
        contact_id: row.get::<_, Option<String>>("contact_id")?.map(ContactId::from),
        channel: column_enum(row, "channel")?,
        address: row.get("address")?,
        account_id: row.get::<_, Option<String>>("account_id")?.map(AccountId::from),
        state: column_enum(row, "state")?,
        due_at: column_instant(row, "due_at")?,
        next_at: column_instant_opt(row, "next_at")?,
        variables: column_json(row, "variables")?,
        attempts: row.get("attempts")?,
        crash_count: row.get("crash_count")?,
        lookups: row.get("lookups")?,
        owner: row.get::<_, Option<String>>("owner")?.map(InstanceId::from),
        first_sent_at: column_instant_opt(row, "first_sent_at")?,
        sent_at: column_instant_opt(row, "sent_at")?,
        doubtful: row.get("doubtful")?,
        remote_id: row.get("remote_id")?,
        problem: column_json_opt(row, "problem")?,
        fate: row
            .get::<_, Option<String>>("fate")?
            .map(|text| serde_json::from_value(text.into()).map_err(|e| StoreError::Corrupt(e.to_string())))
            .transpose()?,
        finished_at: column_instant_opt(row, "finished_at")?,
        created_at: column_instant(row, "created_at")?,
        updated_at: column_instant(row, "updated_at")?,
    })
}

/// Writes a new row. `address_hash`: see [`suppressions`](super::suppressions). Returns `false` when the
/// sending has a row for that address already.
pub fn insert(tx: &Tx<'_>, message: &Message, address_hash: &str) -> Result<bool, StoreError> {
    let written = tx
        .prepare_cached(
            "INSERT INTO messages (id, mailing_id, contact_id, channel, address, address_hash, account_id,
                 state, due_at, next_at, variables, problem, finished_at, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?14)
             ON CONFLICT (mailing_id, channel, address_hash) DO NOTHING",
        )?
        .execute(rusqlite::params![
            message.id.as_str(),
            message.mailing_id.as_str(),
            message.contact_id.as_ref().map(ContactId::as_str),
            message.channel.as_str(),
            message.address,
            address_hash,
            message.account_id.as_ref().map(AccountId::as_str),
            message.state.as_str(),
            millis(message.due_at),
            message.next_at.map(millis),
            to_json(&message.variables)?,
            message.problem.as_ref().map(to_json).transpose()?,
            message.finished_at.map(millis),
            millis(message.created_at),
        ])?;
    Ok(written == 1)
}

pub fn find(connection: &Connection, id: &MessageId) -> Result<Option<Message>, StoreError> {
    first(connection, &format!("SELECT {COLUMNS} FROM messages WHERE id = ?1"), [id.as_str()], read)
}

/// Whether a sending has rows already.
pub fn any_of(connection: &Connection, mailing: &MailingId) -> Result<bool, StoreError> {
    let found = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM messages WHERE mailing_id = ?1)")?
        .query_row([mailing.as_str()], |row| row.get(0))?;
    Ok(found)
}

/// What a lane does next.
#[derive(Clone, Debug, PartialEq)]
pub enum LaneMessage {
    Due(Box<Message>),
    Wait(Timestamp),
    Idle,
}

/// The next message of an account: a doubt first, then what is due longest.
pub fn next_of_lane(
    connection: &Connection,
    account: &AccountId,
    now: Timestamp,
) -> Result<LaneMessage, StoreError> {
    let oldest = |filter: &str| {
        first(
            connection,
            &format!(
                "SELECT {COLUMNS} FROM messages WHERE account_id = ?1 AND next_at IS NOT NULL {filter}
                 ORDER BY next_at, id LIMIT 1"
            ),
            [account.as_str()],
            read,
        )
    };
    let is_due = |message: &Message| message.next_at.is_some_and(|at| at <= now);
    if let Some(doubt) = oldest("AND state IN ('unknown', 'reconciling')")?.filter(is_due) {
        return Ok(LaneMessage::Due(Box::new(doubt)));
    }
    Ok(match oldest("")? {
        Some(message) if is_due(&message) => LaneMessage::Due(Box::new(message)),
        Some(message) => message.next_at.map_or(LaneMessage::Idle, LaneMessage::Wait),
        None => LaneMessage::Idle,
    })
}

/// A move of one row; `None` leaves a column as it is, `Some(None)` empties it.
#[derive(Clone, Debug, Default)]
pub struct MessageMove {
    pub next_at: Option<Option<Timestamp>>,
    pub owner: Option<Option<InstanceId>>,
    pub due_at: Option<Timestamp>,
    pub problem: Option<Option<Problem>>,
    pub remote_id: Option<String>,
    pub sent_at: Option<Timestamp>,
    /// Added to the counter; −1 gives an attempt back.
    pub attempts: i32,
    pub lookups: Option<u32>,
    pub doubtful: Option<bool>,
}

/// Moves a row from one of `from` to `to`. A final state ends it: nobody owns it, nothing looks at it.
///
/// Errors: [`StoreError::Moved`] when the row is in no such state any more, or when the state machine has
/// no such arrow.
pub fn transition(
    tx: &Tx<'_>,
    id: &MessageId,
    from: &[DeliveryState],
    to: DeliveryState,
    change: &MessageMove,
    now: Timestamp,
) -> Result<(), StoreError> {
    use DeliveryState as S;
    // Everything that recognises the result is in the row from the beginning, so `armed` and `sending` are
    // one move.
    let may =
        |state: &S| *state == to || state.can_become(to) || (*state == S::Preparing && to == S::Sending);
    if !from.iter().all(may) {
        return Err(StoreError::Moved);
    }
    let mut columns = vec!["state = ?", "updated_at = ?"];
    let mut values: Vec<Box<dyn ToSql>> = vec![Box::new(to.as_str()), Box::new(millis(now))];
    let mut set = |column: &'static str, value: Box<dyn ToSql>| {
        columns.push(column);
        values.push(value);
    };
    let next_at = if to.is_final() { Some(None) } else { change.next_at };
    if let Some(at) = next_at {
        set("next_at = ?", Box::new(at.map(millis)));
    }
    let owner = if to.is_final() { Some(None) } else { change.owner.clone() };
    if let Some(owner) = owner {
        set("owner = ?", Box::new(owner.map(|owner| owner.as_str().to_owned())));
    }
    if let Some(at) = change.due_at {
        set("due_at = ?", Box::new(millis(at)));
    }
    if let Some(problem) = &change.problem {
        set("problem = ?", Box::new(problem.as_ref().map(to_json).transpose()?));
    }
    if let Some(remote_id) = &change.remote_id {
        set("remote_id = ?", Box::new(remote_id.clone()));
    }
    if let Some(at) = change.sent_at {
        set("sent_at = ?", Box::new(millis(at)));
        set("first_sent_at = coalesce(first_sent_at, ?)", Box::new(millis(at)));
    }
    if change.attempts != 0 {
        set("attempts = max(0, attempts + ?)", Box::new(change.attempts));
    }
    if let Some(lookups) = change.lookups {
        set("lookups = ?", Box::new(lookups));
    }
    if let Some(doubtful) = change.doubtful {
        set("doubtful = ?", Box::new(doubtful));
    }
    if to.is_final() {
        set("finished_at = ?", Box::new(millis(now)));
    }
    values.push(Box::new(id.as_str().to_owned()));
    for state in from {
        values.push(Box::new(state.as_str()));
    }
    let sql = format!(
        "UPDATE messages SET {} WHERE id = ? AND state IN ({})",
        columns.join(", "),
        vec!["?"; from.len()].join(", ")
    );
    exactly_one(tx.prepare_cached(&sql)?.execute(params_from_iter(values))?)?;
    tx.changed(Change::Message(id.to_string()));
    Ok(())
}

/// Frees the rows that another run of the program left in the middle: what was being prepared waits again,
/// what may have left is a doubt. A row that was in flight too often is held. Returns how many.
pub fn rescue(tx: &Tx<'_>, me: &InstanceId, now: Timestamp, max_crashes: u32) -> Result<usize, StoreError> {
    let stranded = collect(
        tx,
        &format!("SELECT {COLUMNS} FROM messages WHERE owner IS NOT NULL AND owner <> ?1"),
        [me.as_str()],
        read,
    )?;
    for message in &stranded {
        strand(tx, message, now, max_crashes)?;
    }
    Ok(stranded.len())
}

/// Treats one row as if the process had died while it was being worked on.
pub fn strand(tx: &Tx<'_>, message: &Message, now: Timestamp, max_crashes: u32) -> Result<(), StoreError> {
    use DeliveryState as S;
    let crashes = message.crash_count + 1;
    let change = MessageMove { next_at: Some(Some(now)), owner: Some(None), ..MessageMove::default() };
    let (to, change) = match message.state {
        S::Preparing if crashes >= max_crashes => (
            S::Held,
            MessageMove {
                next_at: Some(None),
                problem: Some(Some(Problem::new("crashed_repeatedly"))),
                ..change
            },
        ),
        S::Preparing => (S::Queued, change),
        S::Sending => (S::Unknown, MessageMove { doubtful: Some(true), lookups: Some(0), ..change }),
        S::Reconciling => (S::Unknown, change),
        _ => return Ok(()),
    };
    tx.prepare_cached("UPDATE messages SET crash_count = ?2 WHERE id = ?1")?
        .execute((message.id.as_str(), crashes))?;
    transition(tx, &message.id, &[message.state], to, &change, now)
}

/// Ends everything of a sending that has not begun to leave. Returns how many.
pub fn cancel_waiting(
    tx: &Tx<'_>,
    mailing: &MailingId,
    problem: &Problem,
    now: Timestamp,
) -> Result<usize, StoreError> {
    Ok(tx
        .prepare_cached(&format!(
            "UPDATE messages SET state = 'cancelled', next_at = NULL, problem = ?2, finished_at = ?3,
                 updated_at = ?3 WHERE mailing_id = ?1 AND {WAITING}"
        ))?
        .execute((mailing.as_str(), to_json(problem)?, millis(now)))?)
}

/// Nothing of a sending is looked at any more, until it is [resumed](resume).
pub fn pause(tx: &Tx<'_>, mailing: &MailingId) -> Result<usize, StoreError> {
    Ok(tx
        .prepare_cached(
            "UPDATE messages SET next_at = NULL WHERE mailing_id = ?1 AND state IN ('queued', 'retry_at')",
        )?
        .execute([mailing.as_str()])?)
}

pub fn resume(tx: &Tx<'_>, mailing: &MailingId, now: Timestamp) -> Result<usize, StoreError> {
    Ok(tx
        .prepare_cached(
            "UPDATE messages SET next_at = max(due_at, ?2)
             WHERE mailing_id = ?1 AND state IN ('queued', 'retry_at') AND next_at IS NULL",
        )?
        .execute((mailing.as_str(), millis(now)))?)
}

/// The account is gone: what had not left never leaves, and nobody can find out about the rest any more.
pub fn account_removed(
    tx: &Tx<'_>,
    account: &AccountId,
    problem: &Problem,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let problem = to_json(problem)?;
    let waiting = tx
        .prepare_cached(&format!(
            "UPDATE messages SET state = 'cancelled', next_at = NULL, problem = ?2, finished_at = ?3,
                 updated_at = ?3 WHERE account_id = ?1 AND {WAITING}"
        ))?
        .execute((account.as_str(), &problem, millis(now)))?;
    tx.prepare_cached(
        "UPDATE messages SET state = 'held', next_at = NULL, owner = NULL, doubtful = 1, problem = ?2,
             updated_at = ?3 WHERE account_id = ?1 AND state IN ('unknown', 'reconciling')",
    )?
    .execute((account.as_str(), &problem, millis(now)))?;
    Ok(waiting)
}

/// Sends once more what a provider refused, and what was given up; never what our own gates refused, what
/// is in doubt, or an address that is dead. Returns how many.
pub fn retry_failed(tx: &Tx<'_>, mailing: &MailingId, now: Timestamp) -> Result<usize, StoreError> {
    Ok(tx
        .prepare_cached(
            "UPDATE messages SET state = 'queued', next_at = max(due_at, ?2), attempts = 0, problem = NULL,
                 finished_at = NULL, updated_at = ?2
             WHERE mailing_id = ?1 AND NOT doubtful AND attempts > 0 AND state IN ('rejected', 'held')
                 AND coalesce(json_extract(problem, '$.code'), '') NOT IN ('address_dead', 'recipient_opted_out')",
        )?
        .execute((mailing.as_str(), millis(now)))?)
}

/// Times that a clock gave which was ahead are brought back to now.
pub fn mend_times(tx: &Tx<'_>, now: Timestamp, longest: Timestamp) -> Result<usize, StoreError> {
    Ok(tx
        .prepare_cached("UPDATE messages SET next_at = ?1 WHERE state = 'retry_at' AND next_at > ?2")?
        .execute((millis(now), millis(longest)))?)
}

/// Which messages to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub mailing: Option<MailingId>,
    pub contact: Option<ContactId>,
    pub state: Option<DeliveryState>,
    pub channel: Option<Channel>,
    /// Problem code.
    pub code: Option<String>,
    /// Ids greater than this one.
    pub after: Option<String>,
    pub limit: u32,
}

/// In the order in which they were written.
pub fn list(connection: &Connection, filter: &Filter) -> Result<Vec<Message>, StoreError> {
    collect(
        connection,
        &format!(
            "SELECT {COLUMNS} FROM messages
             WHERE (?1 IS NULL OR mailing_id = ?1) AND (?2 IS NULL OR contact_id = ?2)
                 AND (?3 IS NULL OR state = ?3) AND (?4 IS NULL OR channel = ?4)
                 AND (?5 IS NULL OR json_extract(problem, '$.code') = ?5) AND (?6 IS NULL OR id > ?6)
             ORDER BY id LIMIT ?7"
        ),
        rusqlite::params![
            filter.mailing.as_ref().map(MailingId::as_str),
            filter.contact.as_ref().map(ContactId::as_str),
            filter.state.map(DeliveryState::as_str),
            filter.channel.map(Channel::as_str),
            filter.code,
            filter.after,
            filter.limit,
        ],
        read,
    )
}

/// Accounts that have something to send or to settle, and when.
pub fn busy_accounts(connection: &Connection) -> Result<Vec<(AccountId, Timestamp)>, StoreError> {
    collect(
        connection,
        "SELECT account_id, min(next_at) AS next_at FROM messages
         WHERE account_id IS NOT NULL AND next_at IS NOT NULL GROUP BY account_id",
        [],
        |row| Ok((AccountId::from(row.get::<_, String>("account_id")?), column_instant(row, "next_at")?)),
    )
}

/// Messages of an account that were accepted since, and whose end is not known: oldest first.
pub fn open_of_account(
    connection: &Connection,
    account: &AccountId,
    since: Timestamp,
    limit: u32,
) -> Result<Vec<Message>, StoreError> {
    collect(
        connection,
        &format!(
            "SELECT {COLUMNS} FROM messages WHERE account_id = ?1 AND state IN ('published', 'duplicate')
                 AND sent_at >= ?2 AND (fate IS NULL OR fate = 'deferred') ORDER BY sent_at, id LIMIT ?3"
        ),
        rusqlite::params![account.as_str(), millis(since), limit],
        read,
    )
}
