//! What an import of customers did, batch by batch, and how it is taken back. Each batch is one short
//! transaction, so that nothing that has to leave waits for a long file.

use jiff::Timestamp;
use rusqlite::Row;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Connection, StoreError, Tx,
    consents::{self, NewConsent},
    contacts,
    convert::{
        collect, column_enum, column_instant, column_instant_opt, column_json, first, from_json, instant,
        millis, to_json,
    },
};
use crate::{
    domain::{
        Channel, Contact, ContactDetails, ContactId,
        consent::{Basis, ConsentPurpose, ConsentState},
        contact::fold,
    },
    events::Change,
};

/// `source` of people who came by a file.
pub const SOURCE: &str = "import";
/// Refusals that are kept of one import.
pub const MAX_ERRORS: usize = 1000;

/// What is wrong with one row. Never the value itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RowError {
    /// As a spreadsheet counts: the headings are row 1.
    pub row: u64,
    /// Heading of the column.
    pub column: String,
    pub code: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportState {
    Running,
    Done,
    Failed,
}

impl ImportState {
    fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

/// One import, running or past.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    pub id: String,
    pub file_name: String,
    /// Field of each column, as the owner chose.
    pub mapping: serde_json::Value,
    pub state: ImportState,
    pub problem: Option<String>,
    pub rows_read: u64,
    pub created: u64,
    pub updated: u64,
    pub refused: u64,
    pub consents_recorded: u64,
    pub consents_ignored: u64,
    pub errors: Vec<RowError>,
    pub actor: String,
    pub created_at: Timestamp,
    pub undone_at: Option<Timestamp>,
}

impl Import {
    /// Notes a refusal; the first thousand are kept.
    pub fn note_error(&mut self, error: RowError) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(error);
        }
    }
}

/// What a row says about marketing on one channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedConsent {
    pub channel: Channel,
    pub state: ConsentState,
    pub at: Timestamp,
    pub source: String,
    pub wording_version: Option<String>,
}

/// One row that was understood.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportedRow {
    pub row: u64,
    pub details: ContactDetails,
    pub tags: Vec<String>,
    pub dishes: Vec<String>,
    pub consents: Vec<ImportedConsent>,
}

const COLUMNS: &str = "id, file_name, mapping, state, problem, rows_read, created, updated, refused, \
     consents_recorded, consents_ignored, errors, actor, created_at, undone_at";

fn read(row: &Row<'_>) -> Result<Import, StoreError> {
    let number = |name: &str| row.get::<_, i64>(name).map(i64::unsigned_abs);
    Ok(Import {
        id: row.get("id")?,
        file_name: row.get("file_name")?,
        mapping: column_json(row, "mapping")?,
        state: column_enum(row, "state")?,
        problem: row.get("problem")?,
        rows_read: number("rows_read")?,
        created: number("created")?,
        updated: number("updated")?,
        refused: number("refused")?,
        consents_recorded: number("consents_recorded")?,
        consents_ignored: number("consents_ignored")?,
        errors: column_json(row, "errors")?,
        actor: row.get("actor")?,
        created_at: column_instant(row, "created_at")?,
        undone_at: column_instant_opt(row, "undone_at")?,
    })
}

/// Writes an import as it stands.
pub fn save(tx: &Tx<'_>, import: &Import) -> Result<(), StoreError> {
    let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    tx.prepare_cached(
        "INSERT INTO contact_imports (id, file_name, mapping, state, problem, rows_read, created, updated, refused,
             consents_recorded, consents_ignored, errors, actor, created_at, undone_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)
         ON CONFLICT (id) DO UPDATE SET state = excluded.state, problem = excluded.problem,
             rows_read = excluded.rows_read, created = excluded.created, updated = excluded.updated,
             refused = excluded.refused, consents_recorded = excluded.consents_recorded,
             consents_ignored = excluded.consents_ignored, errors = excluded.errors,
             undone_at = excluded.undone_at",
    )?
    .execute(rusqlite::params![
        import.id,
        import.file_name,
        to_json(&import.mapping)?,
        import.state.as_str(),
        import.problem,
        number(import.rows_read),
        number(import.created),
        number(import.updated),
        number(import.refused),
        number(import.consents_recorded),
        number(import.consents_ignored),
        to_json(&import.errors)?,
        import.actor,
        millis(import.created_at),
        import.undone_at.map(millis),
    ])?;
    tx.changed(Change::Contact(String::new()));
    Ok(())
}

pub fn find(connection: &Connection, id: &str) -> Result<Option<Import>, StoreError> {
    first(connection, &format!("SELECT {COLUMNS} FROM contact_imports WHERE id = ?1"), [id], read)
}

/// The latest imports, newest first.
pub fn list(connection: &Connection, limit: u32) -> Result<Vec<Import>, StoreError> {
    collect(
        connection,
        &format!("SELECT {COLUMNS} FROM contact_imports ORDER BY created_at DESC, id DESC LIMIT ?1"),
        [limit],
        read,
    )
}

/// Marks what an earlier run of the program left in the middle. Returns how many.
pub fn end_interrupted(tx: &Tx<'_>) -> Result<usize, StoreError> {
    Ok(tx.execute(
        "UPDATE contact_imports SET state = 'failed', problem = 'import_interrupted' WHERE state = 'running'",
        [],
    )?)
}

/// Lets the writing connection keep more pages while a long import runs: its rows go to every end of the
/// indexes. Back to the usual afterwards.
pub fn keep_more_pages(tx: &Tx<'_>, more: bool) -> Result<(), StoreError> {
    // Negative: KiB.
    tx.pragma_update(None, "cache_size", if more { -49_152 } else { -2_000 })?;
    Ok(())
}

/// Tells the planner how the people are spread, so that segments use the right index.
pub fn refresh_statistics(tx: &Tx<'_>) -> Result<(), StoreError> {
    tx.execute_batch(
        "PRAGMA analysis_limit = 1000; ANALYZE contacts; ANALYZE contact_tags; ANALYZE contact_dishes;",
    )?;
    Ok(())
}

/// The person that a row is about: by id of the other program, then by e-mail, then by phone. Who shares an
/// address and has another first name is somebody else.
pub fn matching(connection: &Connection, details: &ContactDetails) -> Result<Option<Contact>, StoreError> {
    if let Some(external_id) = &details.external_id
        && let Some(id) = contacts::by_external(connection, SOURCE, external_id)?
    {
        return contacts::find(connection, &id);
    }
    for channel in Channel::ALL {
        let Some(address) = details.address(channel) else { continue };
        for id in contacts::by_address(connection, channel, address)? {
            if let Some(known) = contacts::find(connection, &id)?
                && may_be_same(&known, details)
            {
                return Ok(Some(known));
            }
        }
    }
    Ok(None)
}

fn may_be_same(known: &Contact, details: &ContactDetails) -> bool {
    let (mine, theirs) = (fold(&known.details.first_name), fold(&details.first_name));
    let has_other_id = known.source == SOURCE
        && known.details.external_id.is_some()
        && details.external_id.is_some()
        && known.details.external_id != details.external_id;
    !has_other_id && (mine.is_empty() || theirs.is_empty() || mine == theirs)
}

/// Applies some rows and writes the import with its new numbers, in one transaction.
pub fn apply(tx: &Tx<'_>, import: &mut Import, rows: &[ImportedRow]) -> Result<(), StoreError> {
    let now = import.created_at;
    for row in rows {
        let id = if let Some(known) = matching(tx, &row.details)? {
            take(tx, import, known, row, now)?
        } else {
            let contact = Contact::new(row.details.clone(), SOURCE, now);
            contacts::insert_quietly(tx, &contact)?;
            remember(tx, &import.id, &contact.id, None)?;
            import.created += 1;
            contact.id
        };
        for tag in &row.tags {
            contacts::add_tag(tx, &id, tag)?;
        }
        for dish in &row.dishes {
            tx.prepare_cached(
                "INSERT OR IGNORE INTO contact_dishes (contact_id, dish, count) VALUES (?1, ?2, 1)",
            )?
            .execute((id.as_str(), dish))?;
        }
        for consent in &row.consents {
            record(tx, import, &id, row.row, consent)?;
        }
    }
    save(tx, import)
}

/// What was known of a person, as it is kept to be taken back.
#[derive(Serialize, Deserialize)]
struct Before {
    details: ContactDetails,
    updated_at: i64,
}

fn take(
    tx: &Tx<'_>,
    import: &mut Import,
    known: Contact,
    row: &ImportedRow,
    now: Timestamp,
) -> Result<ContactId, StoreError> {
    let mut details = known.details.clone();
    details.learn(&row.details);
    if known.source != SOURCE {
        // Ids are the other program's own: of another source they would mean somebody else.
        details.external_id.clone_from(&known.details.external_id);
    }
    if details != known.details {
        let before = Before { details: known.details, updated_at: millis(known.updated_at) };
        remember(tx, &import.id, &known.id, Some(&before))?;
        contacts::update_quietly(tx, &known.id, &details, now)?;
        import.updated += 1;
    }
    Ok(known.id)
}

fn remember(
    tx: &Tx<'_>,
    import: &str,
    contact: &ContactId,
    before: Option<&Before>,
) -> Result<(), StoreError> {
    // A person who stands twice in a file goes back to what was known before both rows.
    tx.prepare_cached(
        "INSERT OR IGNORE INTO contact_import_rows (import_id, contact_id, before) VALUES (?1, ?2, ?3)",
    )?
    .execute((import, contact.as_str(), before.map(to_json).transpose()?))?;
    Ok(())
}

fn record(
    tx: &Tx<'_>,
    import: &mut Import,
    contact: &ContactId,
    row: u64,
    consent: &ImportedConsent,
) -> Result<(), StoreError> {
    let new = NewConsent {
        contact_id: contact.clone(),
        purpose: ConsentPurpose::Marketing,
        channel: consent.channel,
        state: consent.state,
        basis: match consent.state {
            ConsentState::Granted => Basis::Consent,
            ConsentState::Withdrawn => Basis::Withdrawal,
        },
        at: consent.at,
        source: consent.source.clone(),
        // The words are those of the other program; the file is what there is of them.
        wording_version: consent
            .wording_version
            .clone()
            .or_else(|| Some(format!("import:{}", import.file_name))),
        proof: Some(format!("import:{}#{row}", import.id)),
        actor: import.actor.clone(),
    };
    let last = consents::in_force(tx, contact, ConsentPurpose::Marketing, consent.channel)?;
    if last.is_some_and(|last| last.state == new.state && last.at >= new.at) {
        return Ok(());
    }
    match consents::record(tx, &new, import.created_at) {
        Ok(()) => import.consents_recorded += 1,
        Err(StoreError::NotAllowed(code)) => {
            import.consents_ignored += 1;
            let column = format!("{}_consent", consent.channel.as_str());
            import.note_error(RowError { row, column, code: code.to_owned() });
        }
        Err(other) => return Err(other),
    }
    Ok(())
}

/// What taking back has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Undone {
    pub removed: u64,
    pub restored: u64,
    /// Changed, visited or written to since: left as they are.
    pub kept: u64,
    pub more: bool,
}

/// Takes back at most `limit` people. Called again until there are no more.
pub fn undo_some(tx: &Tx<'_>, import: &Import, limit: u32, now: Timestamp) -> Result<Undone, StoreError> {
    let rows = collect(
        tx,
        "SELECT contact_id, before FROM contact_import_rows WHERE import_id = ?1 LIMIT ?2",
        (&import.id, limit),
        |row| Ok((ContactId::from(row.get::<_, String>(0)?), row.get::<_, Option<String>>(1)?)),
    )?;
    let mut undone = Undone { more: rows.len() >= limit as usize, ..Undone::default() };
    for (id, before) in rows {
        let contact = contacts::find(tx, &id)?;
        let as_left = contact.as_ref().is_some_and(|contact| contact.updated_at == import.created_at);
        let in_use = contact.is_some()
            && (contacts::has_messages(tx, &id)? || !contacts::visits(tx, &id, 1)?.is_empty());
        match (contact, before) {
            // Somebody removed the person meanwhile.
            (None, _) => {}
            (Some(_), None) if as_left && !in_use => {
                contacts::delete(tx, &id, "import_undone", now)?;
                undone.removed += 1;
            }
            (Some(_), Some(before)) if as_left => {
                withdraw_believed(tx, import, &id, now)?;
                let before: Before = from_json(&before)?;
                contacts::update_quietly(tx, &id, &before.details, instant(before.updated_at)?)?;
                undone.restored += 1;
            }
            (Some(_), _) => {
                withdraw_believed(tx, import, &id, now)?;
                undone.kept += 1;
            }
        }
        tx.prepare_cached("DELETE FROM contact_import_rows WHERE import_id = ?1 AND contact_id = ?2")?
            .execute((&import.id, id.as_str()))?;
    }
    tx.changed(Change::Contact(String::new()));
    Ok(undone)
}

/// A yes that only this file told is none any more. The ledger says so by a line of its own.
fn withdraw_believed(
    tx: &Tx<'_>,
    import: &Import,
    contact: &ContactId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let proof = format!("import:{}#", import.id);
    for channel in Channel::ALL {
        let Some(last) = consents::in_force(tx, contact, ConsentPurpose::Marketing, channel)? else {
            continue;
        };
        let told_here = last.proof.is_some_and(|text| text.starts_with(&proof));
        if told_here && last.state == ConsentState::Granted {
            let line = NewConsent::withdrawal(contact.clone(), channel, now, "import_undone");
            consents::record(tx, &line, now)?;
        }
    }
    Ok(())
}
