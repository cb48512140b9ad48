//! Figures of posts and accounts, as the networks said them, and how the collector stands with each
//! account. Nothing here touches the outbox: it is only read.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use rusqlite::Row;

use super::{
    Connection, StoreError, Tx,
    convert::{
        collect, column_instant, column_instant_opt, column_json, column_json_opt, first, instant, millis,
        to_json,
    },
};
use crate::{
    domain::{
        AccountId, DeliveryId, Problem, RawFigures,
        figures::{PublishedPost, are_due},
    },
    events::Change,
};

/// How the collector stands with an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FigureState {
    /// Last time that the network told anything.
    pub taken_at: Option<Timestamp>,
    /// Day of the last answer about the account itself.
    pub account_day: Option<Date>,
    /// Not asked before.
    pub not_before: Option<Timestamp>,
    pub failures: u32,
    pub problem: Option<Problem>,
    /// Metrics that the network refused, and when.
    pub refused: BTreeMap<String, Timestamp>,
}

/// A post whose figures are due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuePost {
    pub delivery: DeliveryId,
    pub post: PublishedPost,
}

/// No answer to somebody: those have no public of their own.
const IS_POST: &str = "json_extract(d.content, '$.reply_to') IS NULL";

/// What is shown of a delivery: public, and not taken down again. What a network's own scheduler
/// published is public since its time, whenever we looked.
const PUBLISHED_AT: &str =
    "CASE WHEN d.hand_over THEN d.due_at ELSE coalesce(d.finished_at, d.sent_at, d.due_at) END";
const IS_PUBLIC: &str = "d.state = 'published' AND d.remote_id IS NOT NULL AND d.removed_at IS NULL
    AND d.wanted IS NOT 'delete'";

pub fn state(connection: &Connection, account: &AccountId) -> Result<FigureState, StoreError> {
    let found = first(
        connection,
        "SELECT taken_at, account_day, not_before, failures, problem, refused FROM figure_state
         WHERE account_id = ?1",
        [account.as_str()],
        |row| {
            Ok(FigureState {
                taken_at: column_instant_opt(row, "taken_at")?,
                account_day: row.get::<_, Option<String>>("account_day")?.as_deref().map(day).transpose()?,
                not_before: column_instant_opt(row, "not_before")?,
                failures: row.get("failures")?,
                problem: column_json_opt(row, "problem")?,
                refused: column_json(row, "refused")?,
            })
        },
    )?;
    Ok(found.unwrap_or_default())
}

pub fn set_state(tx: &Tx<'_>, account: &AccountId, state: &FigureState) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO figure_state (account_id, taken_at, account_day, not_before, failures, problem, refused)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (account_id) DO UPDATE SET taken_at = excluded.taken_at,
             account_day = excluded.account_day, not_before = excluded.not_before,
             failures = excluded.failures, problem = excluded.problem, refused = excluded.refused",
    )?
    .execute((
        account.as_str(),
        state.taken_at.map(millis),
        state.account_day.map(|day| day.to_string()),
        state.not_before.map(millis),
        state.failures,
        state.problem.as_ref().map(to_json).transpose()?,
        to_json(&state.refused)?,
    ))?;
    tx.changed(Change::Figures(account.to_string()));
    Ok(())
}

/// What stood in the way may be settled: the account was connected anew.
pub fn forget_trouble(tx: &Tx<'_>, account: &AccountId) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE figure_state SET not_before = NULL, failures = 0, problem = NULL, refused = '{}'
         WHERE account_id = ?1",
        [account.as_str()],
    )?;
    Ok(())
}

/// Posts of an account whose figures are due, those that were never asked about or longest ago first.
pub fn due(
    connection: &Connection,
    account: &AccountId,
    oldest: Timestamp,
    now: Timestamp,
    most: usize,
) -> Result<Vec<DuePost>, StoreError> {
    let rows = collect(
        connection,
        &format!(
            "SELECT d.id, d.remote_id, {PUBLISHED_AT} AS published_at, a.asked_at
             FROM deliveries d LEFT JOIN figure_asks a ON a.delivery_id = d.id
             WHERE d.account_id = ?1 AND {IS_PUBLIC} AND {IS_POST}
                 AND {PUBLISHED_AT} BETWEEN ?2 AND ?3
             ORDER BY coalesce(a.asked_at, 0), published_at DESC"
        ),
        (account.as_str(), millis(oldest), millis(now)),
        |row| {
            let asked_at = column_instant_opt(row, "asked_at")?;
            let published_at = column_instant(row, "published_at")?;
            let remote_id = row.get("remote_id")?;
            let delivery = DeliveryId::from(row.get::<_, String>("id")?);
            Ok((asked_at, DuePost { delivery, post: PublishedPost { remote_id, published_at } }))
        },
    )?;
    let due = rows.into_iter().filter(|(asked, due)| are_due(due.post.published_at, *asked, now));
    Ok(due.map(|(_, due)| due).take(most).collect())
}

/// Whether something of this account is leaving now or within the given time.
pub fn is_busy(
    connection: &Connection,
    account: &AccountId,
    from: Timestamp,
    to: Timestamp,
) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM deliveries WHERE account_id = ?1
                 AND (state IN ('preparing', 'armed', 'sending', 'reconciling')
                     OR (next_at BETWEEN ?2 AND ?3 AND state NOT IN ('published', 'duplicate'))))",
        )?
        .query_row((account.as_str(), millis(from), millis(to)), |row| row.get(0))?)
}

/// Notes that posts were asked about; `problem` when the network knows nothing of them.
pub fn asked(
    tx: &Tx<'_>,
    delivery: &DeliveryId,
    at: Timestamp,
    problem: Option<&Problem>,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO figure_asks (delivery_id, asked_at, problem)
         SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM deliveries WHERE id = ?1)
         ON CONFLICT (delivery_id) DO UPDATE SET asked_at = excluded.asked_at, problem = excluded.problem",
    )?
    .execute((delivery.as_str(), millis(at), problem.map(to_json).transpose()?))?;
    Ok(())
}

/// Keeps the figures of a post at an instant.
pub fn add_post(
    tx: &Tx<'_>,
    delivery: &DeliveryId,
    at: Timestamp,
    figures: &RawFigures,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO delivery_figures (delivery_id, account_id, at, raw)
         SELECT id, account_id, ?2, ?3 FROM deliveries WHERE id = ?1
         ON CONFLICT (delivery_id, at) DO UPDATE SET raw = excluded.raw",
    )?
    .execute((delivery.as_str(), millis(at), to_json(figures)?))?;
    Ok(())
}

/// Keeps the figures of an account for a day, beside what is known of that day already.
pub fn add_account_day(
    tx: &Tx<'_>,
    account: &AccountId,
    day: Date,
    at: Timestamp,
    figures: &RawFigures,
) -> Result<(), StoreError> {
    tx.prepare_cached(
        "INSERT INTO account_figures (account_id, day, at, raw) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (account_id, day) DO UPDATE SET at = excluded.at, raw = json_patch(raw, excluded.raw)",
    )?
    .execute((account.as_str(), day.to_string(), millis(at), to_json(figures)?))?;
    Ok(())
}

/// Which figures.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Posts published since, and days since.
    pub from: Timestamp,
    /// Before this instant.
    pub to: Timestamp,
    /// The same as calendar days, both included.
    pub days: (Date, Date),
    pub account: Option<String>,
    pub platform: Option<String>,
    pub post: Option<String>,
}

/// A public post with its newest figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostRow {
    pub delivery: DeliveryId,
    pub post_id: String,
    pub account: AccountId,
    pub platform: String,
    pub published_at: Timestamp,
    pub permalink: Option<String>,
    /// The words that went out.
    pub content: crate::domain::OutgoingPost,
    pub collected_at: Option<Timestamp>,
    pub raw: Option<RawFigures>,
    /// Why the network told nothing at the last attempt.
    pub problem: Option<Problem>,
}

/// Public posts of the filter, newest first, with their newest figures. A post that is named is found
/// whenever it was published.
pub fn posts(connection: &Connection, filter: &Filter) -> Result<Vec<PostRow>, StoreError> {
    collect(
        connection,
        &format!(
            "SELECT d.id, d.post_id, d.account_id, d.platform, d.permalink, d.content,
                 {PUBLISHED_AT} AS published_at, f.at AS collected_at, f.raw, a.problem
             FROM deliveries d
             LEFT JOIN delivery_figures f ON f.delivery_id = d.id
                 AND f.at = (SELECT max(at) FROM delivery_figures WHERE delivery_id = d.id)
             LEFT JOIN figure_asks a ON a.delivery_id = d.id
             WHERE d.state = 'published' AND {IS_POST}
                 AND (?5 IS NOT NULL OR ({PUBLISHED_AT} >= ?1 AND {PUBLISHED_AT} < ?2))
                 AND (?3 IS NULL OR d.account_id = ?3)
                 AND (?4 IS NULL OR d.platform = ?4)
                 AND (?5 IS NULL OR d.post_id = ?5)
             ORDER BY published_at DESC, d.id"
        ),
        (millis(filter.from), millis(filter.to), &filter.account, &filter.platform, &filter.post),
        read_post,
    )
}

fn read_post(row: &Row<'_>) -> Result<PostRow, StoreError> {
    Ok(PostRow {
        delivery: DeliveryId::from(row.get::<_, String>("id")?),
        post_id: row.get("post_id")?,
        account: AccountId::from(row.get::<_, String>("account_id")?),
        platform: row.get("platform")?,
        published_at: column_instant(row, "published_at")?,
        permalink: row.get("permalink")?,
        content: column_json(row, "content")?,
        collected_at: column_instant_opt(row, "collected_at")?,
        raw: column_json_opt(row, "raw")?,
        problem: column_json_opt(row, "problem")?,
    })
}

/// Every sample of a post, oldest first.
pub fn samples(
    connection: &Connection,
    delivery: &DeliveryId,
) -> Result<Vec<(Timestamp, RawFigures)>, StoreError> {
    collect(
        connection,
        "SELECT at, raw FROM delivery_figures WHERE delivery_id = ?1 ORDER BY at",
        [delivery.as_str()],
        |row| Ok((column_instant(row, "at")?, column_json(row, "raw")?)),
    )
}

/// What is known of an account for one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountDay {
    pub day: Date,
    pub collected_at: Timestamp,
    pub raw: RawFigures,
}

/// The days of an account, oldest first; days without figures are not there.
pub fn account_days(
    connection: &Connection,
    account: &AccountId,
    (from, to): (Date, Date),
) -> Result<Vec<AccountDay>, StoreError> {
    collect(
        connection,
        "SELECT day, at, raw FROM account_figures WHERE account_id = ?1 AND day BETWEEN ?2 AND ?3 ORDER BY day",
        (account.as_str(), from.to_string(), to.to_string()),
        |row| {
            Ok(AccountDay {
                day: day(&row.get::<_, String>("day")?)?,
                collected_at: instant(row.get("at")?)?,
                raw: column_json(row, "raw")?,
            })
        },
    )
}

fn day(text: &str) -> Result<Date, StoreError> {
    text.parse().map_err(|_| StoreError::Corrupt(format!("{text} is no day")))
}
