//! What every answer goes through before a network's own table of refusals: a page of a Wi-Fi portal, a
//! cut JSON or an error inside a success is no success, and what it may have done depends on the call.

use jiff::Timestamp;
use serde_json::Value;

use super::{Failure, FailureClass, http::Reply};
use crate::domain::Problem;

/// What an answer without a definite meaning may have done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Reads, uploads and repeatable changes: ask again.
    Repeatable,
    /// The irreversible call: only a look-up can tell.
    Possible,
}

/// How one network says no.
pub struct Envelope {
    /// Its own table: what an answer that is no success means.
    pub refusal: fn(&Reply, Effect, Timestamp) -> Failure,
    /// Its words, for the owner.
    pub problem: fn(&Reply, &str) -> Problem,
    /// The body says no, whatever the status.
    pub has_error: fn(&Value) -> bool,
}

impl Envelope {
    /// Errors: everything that is no success.
    pub fn check(&self, reply: &Reply, effect: Effect, now: Timestamp) -> Result<(), Failure> {
        if !reply.status.is_success() {
            return Err((self.refusal)(reply, effect, now));
        }
        if reply.json.as_ref().is_some_and(self.has_error) {
            return Err(self.unclear(reply, "error_in_success", effect));
        }
        Ok(())
    }

    /// Returns the JSON of a success. Errors: a refusal, or something that is no answer of this network.
    pub fn json<'r>(&self, reply: &'r Reply, effect: Effect, now: Timestamp) -> Result<&'r Value, Failure> {
        self.check(reply, effect, now)?;
        reply.json().map_err(|failure| doubtful(failure, effect))
    }

    /// The same for an answer that is one object.
    pub fn object<'r>(&self, reply: &'r Reply, effect: Effect, now: Timestamp) -> Result<&'r Value, Failure> {
        let json = self.json(reply, effect, now)?;
        if json.is_object() { Ok(json) } else { Err(self.unclear(reply, "unreadable_answer", effect)) }
    }

    /// The failure of a success that lacks what it must contain.
    pub fn incomplete(&self, reply: &Reply, effect: Effect) -> Failure {
        self.unclear(reply, "answer_without_id", effect)
    }

    fn unclear(&self, reply: &Reply, code: &str, effect: Effect) -> Failure {
        doubtful(Failure::new(FailureClass::Unknown, (self.problem)(reply, code)), effect)
    }
}

/// The failure of an answer without a definite meaning.
pub fn doubtful(mut failure: Failure, effect: Effect) -> Failure {
    failure.class = match effect {
        Effect::Possible => FailureClass::Unknown,
        Effect::Repeatable => FailureClass::Retry,
    };
    failure
}
