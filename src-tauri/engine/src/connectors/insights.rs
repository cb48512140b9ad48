//! Reading figures: what a platform counts about what is published, under its own names.
//!
//! A connector only asks and copies numbers. When to ask, how often, what to do about a failure and what
//! the numbers mean stand elsewhere. What the platform leaves out is left out here too.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use jiff::civil::Date;
use serde_json::Value;

use super::{Access, Failure, FailureClass};
use crate::domain::{Problem, RawFigures, figures::PublishedPost};

/// Names of metrics that the platform refused lately; asked for again later, not now.
pub type RefusedMetrics = BTreeSet<String>;

/// Figures of posts, by their remote id. A post that the platform does not know is not among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PostFigures {
    pub by_remote_id: BTreeMap<String, RawFigures>,
    /// Metrics that the platform refused in this call.
    pub refused: RefusedMetrics,
}

/// Figures of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountFigures {
    /// As they stand now.
    pub now: RawFigures,
    /// Counted by the platform for whole days; a later answer corrects an earlier one.
    pub days: BTreeMap<Date, RawFigures>,
    /// Metrics that the platform refused in this call.
    pub refused: RefusedMetrics,
}

/// The figures of one platform. Every call only reads and may be repeated.
#[async_trait]
pub trait Insights: Send + Sync {
    /// The platform counts for each post, not only for the account.
    fn tells_posts(&self) -> bool {
        true
    }

    /// Posts that one call can ask about.
    fn batch(&self) -> usize {
        1
    }

    /// Asks about these posts, at most [`Insights::batch`].
    ///
    /// Errors: [`FailureClass::Content`] is about these posts; every other class is about the account.
    async fn posts(
        &self,
        access: &Access<'_>,
        posts: &[PublishedPost],
        refused: &RefusedMetrics,
    ) -> Result<PostFigures, Failure>;

    /// Asks about the account.
    async fn account(&self, access: &Access<'_>, refused: &RefusedMetrics)
    -> Result<AccountFigures, Failure>;
}

/// The only post of a call that asks about one.
pub(super) fn only(posts: &[PublishedPost]) -> Result<&PublishedPost, Failure> {
    posts.first().ok_or_else(|| Failure::new(FailureClass::Content, Problem::new("object_gone")))
}

/// Figures of one post.
pub(super) fn of_one(post: &PublishedPost, figures: RawFigures, refused: RefusedMetrics) -> PostFigures {
    PostFigures { by_remote_id: BTreeMap::from([(post.remote_id.clone(), figures)]), refused }
}

/// The counts of these names in an object.
pub(super) fn counts(object: &Value, names: &[&str]) -> RawFigures {
    let mut figures = RawFigures::default();
    for name in names {
        if let Some(value) = object.get(name) {
            figures.note(name, value);
        }
    }
    figures
}
