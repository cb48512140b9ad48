//! An import at work: rows are read and understood on a thread of their own and written in batches, each a
//! short transaction of the store's writer.

use std::{
    collections::HashSet,
    hash::{BuildHasher as _, RandomState},
    ops::ControlFlow,
};

use super::{
    CustomerError, Customers,
    mapping::{self, Field},
    rows::Understanding,
    source::Source,
};
use crate::{
    domain::{Channel, ContactDetails},
    store::{
        StoreError,
        contact_imports::{self, Import, ImportState, ImportedRow},
    },
};

/// Rows of one transaction: small enough that a delivery hardly waits.
const BATCH: usize = 2_000;
/// Rows of a preview, besides the headings.
const SHOWN: usize = 10;

/// What a file looks like.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    pub headings: Vec<String>,
    pub rows: Vec<Vec<String>>,
    pub mapping: Vec<Option<Field>>,
}

/// Reads the headings and the first rows.
pub fn preview(source: &Source) -> Result<Preview, CustomerError> {
    let mut preview = Preview { headings: Vec::new(), rows: Vec::new(), mapping: Vec::new() };
    source.rows(&mut |_, cells| {
        if preview.headings.is_empty() {
            preview.headings = cells.to_vec();
        } else {
            preview.rows.push(cells.to_vec());
        }
        if preview.rows.len() < SHOWN { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    preview.mapping = mapping::propose(&preview.headings);
    Ok(preview)
}

/// People of the file itself, for a dry run: nothing is written, so the store cannot know them.
#[derive(Default)]
struct Seen {
    hasher: RandomState,
    keys: HashSet<u64>,
}

impl Seen {
    /// Whether an earlier row has an id or address of this one; notes those of this one.
    fn meets(&mut self, details: &ContactDetails) -> bool {
        let addresses = Channel::ALL.into_iter().filter_map(|channel| details.address(channel));
        let keys: Vec<u64> =
            addresses.chain(details.external_id.as_deref()).map(|key| self.hasher.hash_one(key)).collect();
        let mut met = false;
        for key in keys {
            met |= !self.keys.insert(key);
        }
        met
    }
}

impl Customers {
    /// Reads the file to its end; blocks. The import is kept up to date as it goes (or, for a dry run,
    /// only in memory).
    pub(super) fn run_import(
        &self,
        mut import: Import,
        source: &Source,
        mapping: Vec<Option<Field>>,
        dry_run: bool,
        runtime: &tokio::runtime::Handle,
    ) -> Import {
        let result = self.read_all(&mut import, source, mapping, dry_run, runtime);
        match result {
            Ok(()) => import.state = ImportState::Done,
            Err(error) => {
                tracing::warn!(code = error.code(), "An import of customers ended early: {error}.");
                import.state = ImportState::Failed;
                import.problem = Some(error.code().to_owned());
            }
        }
        if !dry_run {
            let last = import.clone();
            let ended = runtime.block_on(self.store.write(move |tx| {
                contact_imports::keep_more_pages(tx, false)?;
                contact_imports::refresh_statistics(tx)?;
                contact_imports::save(tx, &last)
            }));
            if let Err(error) = ended {
                tracing::warn!(code = error.code(), "The end of an import could not be written: {error}.");
            }
        }
        import
    }

    fn read_all(
        &self,
        import: &mut Import,
        source: &Source,
        mapping: Vec<Option<Field>>,
        dry_run: bool,
        runtime: &tokio::runtime::Handle,
    ) -> Result<(), CustomerError> {
        let mut understanding = Understanding {
            headings: Vec::new(),
            mapping,
            timezone: self.timezone(),
            now: import.created_at,
        };
        let (mut batch, mut seen, mut failed) = (Vec::with_capacity(BATCH), Seen::default(), None);
        if !dry_run {
            runtime.block_on(self.store.write(|tx| contact_imports::keep_more_pages(tx, true)))?;
        }
        source.rows(&mut |row, cells| {
            if understanding.headings.is_empty() {
                understanding.headings = cells.to_vec();
                return ControlFlow::Continue(());
            }
            if cells.iter().all(|cell| cell.trim().is_empty()) {
                return ControlFlow::Continue(());
            }
            import.rows_read += 1;
            let understood = understanding.read(row, cells);
            import.consents_ignored += understood.ignored.len() as u64;
            for error in understood.ignored {
                import.note_error(error);
            }
            if let Some(row) = understood.row {
                batch.push(row);
            } else {
                import.refused += 1;
                for error in understood.errors {
                    import.note_error(error);
                }
            }
            if batch.len() < BATCH {
                return ControlFlow::Continue(());
            }
            match self.write_batch(import, std::mem::take(&mut batch), dry_run, &mut seen, runtime) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            }
        })?;
        if let Some(error) = failed {
            return Err(error.into());
        }
        self.write_batch(import, batch, dry_run, &mut seen, runtime)?;
        Ok(())
    }

    fn write_batch(
        &self,
        import: &mut Import,
        batch: Vec<ImportedRow>,
        dry_run: bool,
        seen: &mut Seen,
        runtime: &tokio::runtime::Handle,
    ) -> Result<(), StoreError> {
        if dry_run {
            let known = self.store.read(move |connection| {
                let found = batch.iter().map(|row| {
                    let known = contact_imports::matching(connection, &row.details)?.is_some();
                    Ok((known, row.details.clone()))
                });
                found.collect::<Result<Vec<_>, StoreError>>()
            });
            for (known, details) in runtime.block_on(known)? {
                let met = seen.meets(&details);
                if known || met {
                    import.updated += 1;
                } else {
                    import.created += 1;
                }
            }
            self.note_progress(import);
            return Ok(());
        }
        let mut next = import.clone();
        *import = runtime.block_on(self.store.write(move |tx| {
            contact_imports::apply(tx, &mut next, &batch)?;
            Ok(next)
        }))?;
        Ok(())
    }
}
