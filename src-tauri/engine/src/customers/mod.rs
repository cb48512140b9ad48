//! The customers of the house: lists that come and go as files, entries that are one person, what a person
//! may see of themselves. What may be sent to whom is decided elsewhere (the ledger of consents and the
//! gates); nothing here sends anything.

mod export;
mod import;
mod mapping;
pub mod personal_file;
mod rows;
mod source;
mod vcard;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{Timestamp, tz::TimeZone};
use serde_json::json;
use uuid::Uuid;

pub use export::HEADINGS as EXPORT_HEADINGS;
pub use import::{Preview, preview};
pub use mapping::Field;
pub use source::{FileProblem, Source};

use crate::{
    clock::SharedClock,
    domain::segment::Moment,
    store::{
        Store, StoreError,
        contact_imports::{self, Import, ImportState, Undone},
        journal::{self, Entry},
    },
};

/// Dry runs that are remembered; they are nowhere else.
const KEPT_DRY_RUNS: usize = 10;
/// People of one transaction when an import is taken back.
const UNDO_BATCH: u32 = 2_000;

/// Why something about customers could not be done.
#[derive(Debug, thiserror::Error)]
pub enum CustomerError {
    #[error("Not found")]
    NotFound,
    #[error("Not possible: {0}")]
    NotPossible(&'static str),
    #[error(transparent)]
    File(#[from] FileProblem),
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for CustomerError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::NotFound,
            StoreError::NotAllowed(code) => Self::NotPossible(code),
            other => Self::Store(other),
        }
    }
}

impl CustomerError {
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::NotPossible(code) => code,
            Self::File(problem) => problem.code(),
            Self::Store(error) => error.code(),
        }
    }
}

/// An import that is asked for.
#[derive(Clone, Debug)]
pub struct NewImport {
    pub source: Source,
    pub file_name: String,
    /// Field of each column; `None` = as proposed from the headings.
    pub mapping: Option<Vec<Option<Field>>>,
    pub dry_run: bool,
    pub actor: String,
}

/// The customers. Cheap to clone.
#[derive(Clone)]
pub struct Customers {
    pub store: Store,
    pub clock: SharedClock,
    timezone: TimeZone,
    dry_runs: Arc<Mutex<VecDeque<Import>>>,
    /// One import, or taking back of one, at a time.
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl Customers {
    pub fn new(store: Store, clock: SharedClock, timezone: TimeZone) -> Self {
        Self { store, clock, timezone, dry_runs: Arc::default(), turn: Arc::default() }
    }

    /// The house's own time zone.
    pub fn timezone(&self) -> TimeZone {
        self.timezone.clone()
    }

    /// Now, as segments ask for it.
    pub fn moment(&self) -> Moment {
        let now = self.clock.now();
        Moment { now, today: now.to_zoned(self.timezone()).date() }
    }

    /// Starts an import and returns it as it begins; it goes on by itself and is followed by its id.
    pub async fn import(&self, new: NewImport) -> Result<Import, CustomerError> {
        let (import, work) = self.prepare(new).await?;
        tokio::spawn(work);
        Ok(import)
    }

    /// As [`Customers::import`], and waits for its end.
    pub async fn import_now(&self, new: NewImport) -> Result<Import, CustomerError> {
        let (import, work) = self.prepare(new).await?;
        Ok(work.await.unwrap_or(import))
    }

    async fn prepare(
        &self,
        new: NewImport,
    ) -> Result<(Import, impl Future<Output = Option<Import>> + Send + 'static), CustomerError> {
        let NewImport { source, file_name, mapping, dry_run, actor } = new;
        let turn =
            self.turn.clone().try_lock_owned().map_err(|_| CustomerError::NotPossible("import_running"))?;
        let looked_at = source.clone();
        let seen = tokio::task::spawn_blocking(move || preview(&looked_at)).await;
        let seen = seen.map_err(|_| CustomerError::Store(StoreError::Stopped))??;
        let mapping = mapping.unwrap_or(seen.mapping);
        if mapping.len() > seen.headings.len() {
            return Err(CustomerError::NotPossible("import_mapping_too_long"));
        }
        mapping::check(&mapping).map_err(CustomerError::NotPossible)?;
        let import = Import {
            id: Uuid::now_v7().to_string(),
            file_name,
            mapping: json!(mapping),
            state: ImportState::Running,
            problem: None,
            rows_read: 0,
            created: 0,
            updated: 0,
            refused: 0,
            consents_recorded: 0,
            consents_ignored: 0,
            errors: Vec::new(),
            actor,
            created_at: whole_millis(self.clock.now()),
            undone_at: None,
        };
        if dry_run {
            self.note_progress(&import);
        } else {
            let (first, entry) = (import.clone(), self.entry("contacts.imported", &import));
            let written = self.store.write(move |tx| {
                contact_imports::save(tx, &first)?;
                journal::add(tx, &entry)
            });
            written.await?;
        }
        let (this, started) = (self.clone(), import.clone());
        let work = async move {
            let runtime = tokio::runtime::Handle::current();
            let dry = this.clone();
            let ended = tokio::task::spawn_blocking(move || {
                this.run_import(started, &source, mapping, dry_run, &runtime)
            });
            let ended = ended.await.ok()?;
            if dry_run {
                dry.note_progress(&ended);
            }
            drop(turn);
            Some(ended)
        };
        Ok((import, work))
    }

    /// Where an import stands.
    pub async fn find_import(&self, id: &str) -> Result<Import, CustomerError> {
        if let Some(found) = self.dry_runs().iter().find(|import| import.id == id) {
            return Ok(found.clone());
        }
        let id = id.to_owned();
        self.store.read(move |c| contact_imports::find(c, &id)).await?.ok_or(CustomerError::NotFound)
    }

    /// Takes an import back: who came by it goes, who was changed by it is as before. Who was changed,
    /// visited or written to since stays.
    pub async fn undo_import(&self, id: &str, actor: &str) -> Result<Undone, CustomerError> {
        let _turn = self.turn.try_lock().map_err(|_| CustomerError::NotPossible("import_running"))?;
        let row = id.to_owned();
        let import = self.store.read(move |c| contact_imports::find(c, &row)).await?;
        let mut import = import.ok_or(CustomerError::NotFound)?;
        if import.undone_at.is_some() {
            return Err(CustomerError::NotPossible("import_already_undone"));
        }
        let mut total = Undone::default();
        loop {
            let (this, now) = (import.clone(), self.clock.now());
            let done = self.store.write(move |tx| contact_imports::undo_some(tx, &this, UNDO_BATCH, now));
            let done = done.await?;
            total.removed += done.removed;
            total.restored += done.restored;
            total.kept += done.kept;
            if !done.more {
                break;
            }
        }
        import.undone_at = Some(self.clock.now());
        let mut entry = self.entry("contacts.import_undone", &import);
        actor.clone_into(&mut entry.actor);
        let written = self.store.write(move |tx| {
            contact_imports::save(tx, &import)?;
            journal::add(tx, &entry)
        });
        written.await?;
        Ok(total)
    }

    /// File names may be names of people: the journal gets the id only.
    fn entry(&self, kind: &str, import: &Import) -> Entry {
        let mut entry = Entry::new(self.clock.now(), import.actor.clone(), kind, "");
        entry.details = json!({ "import_id": import.id });
        entry
    }

    fn dry_runs(&self) -> std::sync::MutexGuard<'_, VecDeque<Import>> {
        self.dry_runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_progress(&self, import: &Import) {
        let mut kept = self.dry_runs();
        if let Some(known) = kept.iter_mut().find(|known| known.id == import.id) {
            known.clone_from(import);
            return;
        }
        kept.push_back(import.clone());
        if kept.len() > KEPT_DRY_RUNS {
            kept.pop_front();
        }
    }
}

/// As the store keeps it: what was written is compared with it later.
fn whole_millis(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}
