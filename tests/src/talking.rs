//! People who say something on a scripted platform, as a test tells them to.

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;
use vieux_moulin_engine::{
    connectors::{
        Access, Complete, Connector as _, Conversation, ConversationRules, CountingRule, Failure, Heard,
        Publisher, ReadRequest, Said,
    },
    domain::ConversationKind,
};

use crate::scripted::Scripted;

#[derive(Default)]
struct Inner {
    said: Vec<Said>,
    readings: Vec<Timestamp>,
    refuses: Option<Failure>,
}

/// What people say.
pub struct Talk {
    kinds: &'static [ConversationKind],
    inner: Mutex<Inner>,
}

impl Talk {
    /// No kinds: nobody can say anything.
    pub fn about(kinds: &'static [ConversationKind]) -> Self {
        Self { kinds, inner: Mutex::default() }
    }

    pub fn is_open(&self) -> bool {
        !self.kinds.is_empty()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody says something, or changes what has this id.
    pub fn say(&self, said: Said) {
        let mut inner = self.inner();
        inner.said.retain(|known| known.remote_id != said.remote_id);
        inner.said.push(said);
    }

    /// Somebody deletes what they said.
    pub fn unsay(&self, remote_id: &str) {
        self.inner().said.retain(|known| known.remote_id != remote_id);
    }

    /// From now on reading fails like this; `None` = no more.
    pub fn refuse(&self, failure: Option<Failure>) {
        self.inner().refuses = failure;
    }

    /// When it was read.
    pub fn readings(&self) -> Vec<Timestamp> {
        self.inner().readings.clone()
    }
}

/// A review by Camille.
pub fn review(remote_id: &str, stars: u8, at: Timestamp) -> Said {
    Said {
        author: Some("Camille".into()),
        text: Some(format!("{stars} étoiles")),
        rating: Some(stars),
        ..Said::new(ConversationKind::Review, remote_id, at)
    }
}

#[async_trait]
impl Conversation for Scripted {
    fn rules(&self) -> ConversationRules {
        ConversationRules {
            kinds: self.0.talk.kinds,
            reply_kind: self.descriptor().kind,
            max_text: 200,
            counting_rule: CountingRule::CodePoints,
            max_text_bytes: None,
            can_hide: true,
            one_answer: false,
        }
    }

    async fn read(&self, access: &Access<'_>, _request: &ReadRequest) -> Result<Heard, Failure> {
        let mut inner = self.0.talk.inner();
        inner.readings.push(access.now);
        if let Some(failure) = &inner.refuses {
            return Err(failure.clone());
        }
        let all = Complete { post_remote_id: None, since: Timestamp::UNIX_EPOCH };
        Ok(Heard { items: inner.said.clone(), complete: vec![all], marks: Value::Null })
    }

    fn replies(&self) -> Option<&dyn Publisher> {
        Some(self)
    }

    async fn set_hidden(&self, _access: &Access<'_>, remote_id: &str, hidden: bool) -> Result<(), Failure> {
        let mut inner = self.0.talk.inner();
        let said = inner.said.iter_mut().find(|said| said.remote_id == remote_id);
        said.map(|said| said.hidden = hidden).ok_or_else(|| Failure::content("conversation_deleted"))
    }
}
