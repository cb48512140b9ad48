//! The one writer: a thread that drains a channel, runs everything that waits in one transaction,
//! commits, and only then answers all callers (group commit).
//!
//! Why: with `synchronous = FULL` the flush is the cost; ten lanes that commit together share one. Lanes
//! that were answered together come back together, so the next group waits for them a moment ([`Pace`]):
//! who comes too late waits for a whole flush of the others. Each piece of work has its own savepoint, so
//! a refused transition undoes only itself.

use std::{
    cell::RefCell,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, RwLock, mpsc},
    time::{Duration, Instant},
};

use rusqlite::{Connection, TransactionBehavior};
use serde::Serialize;
use tokio::sync::oneshot;
use utoipa::ToSchema;

use super::StoreError;
use crate::{
    clock::machine_instant,
    events::{Change, EventBus},
};

/// Most pieces of work in one commit: bounds how long the first one waits.
const GROUP: usize = 256;

/// Longest wait for those who committed together a moment ago.
const LONGEST_WAIT: Duration = Duration::from_millis(5);

/// Whether the store takes work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    Ok,
    DiskFull,
    ReadOnly,
    Failed,
}

/// A running transaction, and what changed in it for the people who watch.
pub struct Tx<'a> {
    connection: &'a Connection,
    changes: RefCell<Vec<Change>>,
}

impl Tx<'_> {
    /// Notes a change; it is announced after the commit.
    pub fn changed(&self, change: Change) {
        self.changes.borrow_mut().push(change);
    }
}

impl std::ops::Deref for Tx<'_> {
    type Target = Connection;
    fn deref(&self) -> &Connection {
        self.connection
    }
}

/// Answers one caller with the outcome of the commit.
type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
/// Runs inside the transaction.
type Work = Box<dyn FnOnce(&Tx<'_>) -> (Ran, Answer) + Send>;

/// How one piece of work ended.
enum Ran {
    Keep,
    Undo,
    /// The disk refused: nothing of the group can be trusted to be there.
    Fault(StoreError),
}

#[derive(Clone)]
pub(super) struct Writer {
    thread: Arc<Thread>,
    health: Arc<RwLock<Health>>,
}

/// The thread; dropped with the last handle.
struct Thread {
    /// Taken when dropped, which ends the thread.
    queue: Option<mpsc::Sender<Work>>,
    handle: Option<std::thread::JoinHandle<()>>,
}

impl Drop for Thread {
    fn drop(&mut self) {
        self.queue = None;
        // A process that ends while this thread still encrypts its last pages crashes in the
        // cryptographic library's clean-up, after everything went well.
        if let Some(handle) = self.handle.take()
            && handle.thread().id() != std::thread::current().id()
        {
            let _ = handle.join();
        }
    }
}

impl Writer {
    pub(super) fn start(connection: Connection, events: EventBus) -> Self {
        let (queue, waiting) = mpsc::channel::<Work>();
        let health = Arc::new(RwLock::new(Health::Ok));
        let seen = health.clone();
        // The thread ends when the last handle is dropped.
        let spawned = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || run(connection, &waiting, &events, &seen));
        if spawned.is_err() {
            set(&health, Health::Failed);
        }
        let thread = Arc::new(Thread { queue: Some(queue), handle: spawned.ok() });
        Self { thread, health }
    }

    pub(super) fn health(&self) -> Health {
        *self.health.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(super) async fn run<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let boxed: Work = Box::new(move |tx| {
            // A panic in one piece of work must not take the writer with it.
            let result = catch_unwind(AssertUnwindSafe(|| work(tx)))
                .unwrap_or_else(|_| Err(StoreError::Corrupt("A write panicked".into())));
            let ran = match &result {
                Ok(_) => Ran::Keep,
                Err(fault @ (StoreError::DiskFull | StoreError::ReadOnly(_) | StoreError::Damaged(_))) => {
                    Ran::Fault(copy(fault))
                }
                Err(_) => Ran::Undo,
            };
            let answer: Answer = Box::new(move |commit| {
                // The caller may have gone; the change stands all the same.
                let _ = reply.send(match (result, commit) {
                    (Ok(value), Ok(())) => Ok(value),
                    (Err(error), _) | (Ok(_), Err(error)) => Err(error),
                });
            });
            (ran, answer)
        });
        let queue = self.thread.queue.as_ref().ok_or(StoreError::Stopped)?;
        queue.send(boxed).map_err(|_| StoreError::Stopped)?;
        // Work of a failed group that never ran answers by its dropped channel.
        answer.await.unwrap_or_else(|_| {
            Err(match self.health() {
                Health::DiskFull => StoreError::DiskFull,
                Health::ReadOnly => StoreError::ReadOnly(String::new()),
                Health::Ok | Health::Failed => StoreError::Stopped,
            })
        })
    }
}

fn set(health: &RwLock<Health>, value: Health) {
    *health.write().unwrap_or_else(std::sync::PoisonError::into_inner) = value;
}

fn run(
    mut connection: Connection,
    waiting: &mpsc::Receiver<Work>,
    events: &EventBus,
    health: &RwLock<Health>,
) {
    let mut pace = Pace::default();
    while let Some(group) = pace.next_group(waiting) {
        let (size, begun) = (group.len(), machine_instant());
        commit_group(&mut connection, group, events, health);
        pace.committed(size, begun.elapsed());
    }
    // Leaves a small file behind; a failure costs only a longer next start.
    let _ = connection.execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE);");
}

/// Whom a group waits for. A lone caller is never kept waiting: it was alone in the last commit too.
#[derive(Default)]
struct Pace {
    /// Size of the last group: its callers may be about to come back.
    answered: usize,
    /// Not longer than the flush that waiting can save.
    until: Option<Instant>,
}

impl Pace {
    fn committed(&mut self, size: usize, took: Duration) {
        self.answered = size;
        self.until = (size > 1).then(|| machine_instant() + took.min(LONGEST_WAIT));
    }

    /// Everything that waits, and what those bring who were just answered. `None`: the last handle is gone.
    fn next_group(&self, waiting: &mpsc::Receiver<Work>) -> Option<Vec<Work>> {
        let mut group: Vec<Work> = waiting.try_iter().take(GROUP).collect();
        let complete = (group.len() + self.answered).min(GROUP);
        if group.is_empty() {
            group.push(waiting.recv().ok()?);
        }
        while group.len() < complete {
            let left = self.until.map(|until| until.saturating_duration_since(machine_instant()));
            match waiting.recv_timeout(left.unwrap_or_default()) {
                Ok(work) => group.push(work),
                // Also when the last handle is gone: what was accepted is written first.
                Err(_) => break,
            }
        }
        Some(group)
    }
}

fn commit_group(connection: &mut Connection, group: Vec<Work>, events: &EventBus, health: &RwLock<Health>) {
    let mut answers = Vec::with_capacity(group.len());
    let mut announced = Vec::new();
    let outcome = (|| -> Result<(), StoreError> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for work in group {
            transaction.prepare_cached("SAVEPOINT work")?.execute([])?;
            let tx = Tx { connection: &transaction, changes: RefCell::new(Vec::new()) };
            let (ran, answer) = work(&tx);
            answers.push(answer);
            match ran {
                Ran::Keep => announced.append(&mut tx.changes.into_inner()),
                Ran::Undo => {
                    transaction.prepare_cached("ROLLBACK TO work")?.execute([])?;
                }
                Ran::Fault(fault) => return Err(fault),
            }
            transaction.prepare_cached("RELEASE work")?.execute([])?;
        }
        transaction.commit()?;
        Ok(())
    })();
    match outcome {
        Ok(()) => {
            set(health, Health::Ok);
            for answer in answers {
                answer(Ok(()));
            }
            events.announce(announced);
        }
        Err(error) => {
            let state = match &error {
                StoreError::DiskFull => Health::DiskFull,
                StoreError::ReadOnly(_) => Health::ReadOnly,
                _ => Health::Failed,
            };
            tracing::error!(code = error.code(), "The store could not commit: {error}.");
            set(health, state);
            for answer in answers {
                answer(Err(copy(&error)));
            }
        }
    }
}

/// The same error for every caller of a group.
fn copy(error: &StoreError) -> StoreError {
    match error {
        StoreError::DiskFull => StoreError::DiskFull,
        StoreError::ReadOnly(text) => StoreError::ReadOnly(text.clone()),
        StoreError::Damaged(text) => StoreError::Damaged(text.clone()),
        StoreError::WrongKey => StoreError::WrongKey,
        other => StoreError::Failed(other.to_string()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn nothing() -> Work {
        Box::new(|_| (Ran::Keep, Box::new(|_| ())))
    }

    #[test]
    fn callers_that_were_answered_together_are_waited_for() {
        let (queue, waiting) = mpsc::channel();
        let pace = Pace { answered: 2, until: Some(machine_instant() + Duration::from_mins(1)) };
        let callers = std::thread::spawn(move || {
            for _ in 0..2 {
                std::thread::sleep(Duration::from_millis(20));
                queue.send(nothing()).unwrap();
            }
        });
        assert_eq!(pace.next_group(&waiting).unwrap().len(), 2);
        callers.join().unwrap();
        assert!(pace.next_group(&waiting).is_none(), "the last handle is gone");
    }

    #[test]
    fn a_lone_caller_and_one_after_a_pause_wait_for_nobody() {
        let (queue, waiting) = mpsc::channel();
        let mut pace = Pace::default();
        for size in [0, 1] {
            pace.committed(size, Duration::from_mins(1));
            assert!(pace.until.is_none());
            queue.send(nothing()).unwrap();
            assert_eq!(pace.next_group(&waiting).unwrap().len(), 1);
        }
        pace.committed(10, Duration::from_mins(1));
        assert!(pace.until.unwrap() <= machine_instant() + LONGEST_WAIT);
        queue.send(nothing()).unwrap();
        assert_eq!(pace.next_group(&waiting).unwrap().len(), 1);
    }
}
