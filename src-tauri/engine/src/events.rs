//! What changed, told to everyone who watches: the window, the dashboard, the notifier.
//!
//! Events carry no content: a watcher reads the truth again through the API. They live in memory; a
//! watcher that was away too long is told to read everything again (`reset`).

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::broadcast;
use utoipa::ToSchema;

use crate::clock::SharedClock;

/// Events kept for a watcher that comes back.
const KEPT: usize = 2000;

/// What changed in a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Post(String),
    Delivery(String),
    Account(String),
    Alert(String),
    Media(String),
    /// New figures of this account.
    Figures(String),
    Conversation(String),
    Contact(String),
    Mailing(String),
    Message(String),
    Status,
    Settings,
}

impl Change {
    fn parts(self) -> (&'static str, String) {
        match self {
            Self::Post(id) => ("post.changed", id),
            Self::Delivery(id) => ("delivery.changed", id),
            Self::Account(id) => ("account.changed", id),
            Self::Alert(id) => ("alert.raised", id),
            Self::Media(id) => ("media.added", id),
            Self::Figures(id) => ("figures.changed", id),
            Self::Conversation(id) => ("conversation.changed", id),
            Self::Contact(id) => ("contact.changed", id),
            Self::Mailing(id) => ("mailing.changed", id),
            Self::Message(id) => ("message.changed", id),
            Self::Status => ("status.changed", String::new()),
            Self::Settings => ("settings.changed", String::new()),
        }
    }
}

/// One event of the stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Event {
    /// Goes up by one; starts higher at each start of the program.
    pub id: u64,
    pub kind: &'static str,
    /// Id of what changed; empty when there is only one.
    pub subject: String,
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// The stream of events. Cheap to clone.
#[derive(Clone)]
pub struct EventBus {
    clock: SharedClock,
    sender: broadcast::Sender<Event>,
    recent: Arc<Mutex<(u64, VecDeque<Event>)>>,
}

impl EventBus {
    pub fn new(clock: SharedClock) -> Self {
        let first = u64::try_from(clock.now().as_millisecond()).unwrap_or(0) * 1000;
        Self {
            clock,
            sender: broadcast::channel(1024).0,
            recent: Arc::new(Mutex::new((first, VecDeque::with_capacity(KEPT)))),
        }
    }

    /// Tells the watchers; consecutive repetitions of the same change become one.
    pub fn announce(&self, mut changes: Vec<Change>) {
        changes.dedup();
        let at = self.clock.now();
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        for change in changes {
            let (kind, subject) = change.parts();
            recent.0 += 1;
            let event = Event { id: recent.0, kind, subject, at };
            if recent.1.len() == KEPT {
                recent.1.pop_front();
            }
            recent.1.push_back(event.clone());
            // Nobody watching is fine.
            let _ = self.sender.send(event);
        }
    }

    /// Subscribes, and returns what happened after `last_id`; `None` when that is too long ago.
    pub fn subscribe(&self, last_id: Option<u64>) -> (broadcast::Receiver<Event>, Option<Vec<Event>>) {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let receiver = self.sender.subscribe();
        let missed = match last_id {
            None => Some(Vec::new()),
            Some(last) if last == recent.0 => Some(Vec::new()),
            Some(last) => recent
                .1
                .front()
                .is_some_and(|oldest| oldest.id <= last + 1 && last <= recent.0)
                .then(|| recent.1.iter().filter(|event| event.id > last).cloned().collect()),
        };
        (receiver, missed)
    }
}
