//! What visitors of the pretend networks leave: comments, mentions and reviews. Left by the page of the
//! control listener or by its API, read by the double of each network in that network's own words.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    facebook,
    platform::Platform,
    state::World,
    table::{Keyed, Table},
};

/// What the network says about an answer of the house to a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Approved,
    Rejected,
}

/// The one answer of the house to a review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    pub text: String,
    pub at: Timestamp,
    /// Reads that still say PENDING.
    pub polls_left: u32,
    pub verdict: Verdict,
}

/// One remark of a visitor, or of the house below another one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Remark {
    pub id: String,
    pub platform: Platform,
    pub account: usize,
    /// Id of the post below which it stands.
    pub post: Option<String>,
    /// The remark that it answers.
    pub parent: Option<String>,
    pub author: Option<String>,
    pub by_house: bool,
    pub text: Option<String>,
    /// 1 to 5: a review.
    pub stars: Option<u8>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub is_hidden: bool,
    pub is_deleted: bool,
    pub answer: Option<Answer>,
}

impl Keyed for Remark {
    fn key(&self) -> String {
        self.id.clone()
    }
}

/// What a visitor leaves.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Visit {
    #[serde(default = "first")]
    pub account: usize,
    #[serde(default)]
    pub post: Option<String>,
    #[serde(default)]
    pub parent: Option<String>,
    #[serde(default)]
    pub author: Option<String>,
    #[serde(default)]
    pub text: Option<String>,
    #[serde(default)]
    pub stars: Option<u8>,
    /// Seconds before now.
    #[serde(default)]
    pub ago_secs: u32,
}

fn first() -> usize {
    1
}

impl Visit {
    /// Words by somebody.
    pub fn saying(author: &str, text: &str) -> Self {
        Self {
            account: 1,
            post: None,
            parent: None,
            author: Some(author.to_owned()),
            text: Some(text.to_owned()),
            stars: None,
            ago_secs: 0,
        }
    }

    /// Stars, with words or without.
    #[must_use]
    pub fn giving(mut self, stars: u8) -> Self {
        self.stars = Some(stars);
        self
    }

    /// Below a post of the house.
    #[must_use]
    pub fn below(mut self, post: impl Into<String>) -> Self {
        self.post = Some(post.into());
        self
    }
}

/// What a visitor changes afterwards; absent = left as it is.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    #[serde(default)]
    pub text: Option<String>,
    #[serde(default)]
    pub stars: Option<u8>,
    #[serde(default)]
    pub deleted: Option<bool>,
}

/// All remarks of all networks.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Visitors {
    pub remarks: Table<Remark>,
    last_id: u64,
}

impl Visitors {
    fn new_id(&mut self) -> u64 {
        const FIRST: u64 = 7_700_000_000_000_000;
        self.last_id = self.last_id.max(FIRST) + 1;
        self.last_id
    }

    /// Keeps a remark of somebody, or of the house.
    pub fn add(&mut self, platform: Platform, visit: Visit, by_house: bool, now: Timestamp) -> Remark {
        let at = now - jiff::SignedDuration::from_secs(i64::from(visit.ago_secs));
        let parent = visit.parent.as_ref().and_then(|parent| self.remarks.get(parent));
        let post = visit.post.or_else(|| parent.and_then(|parent| parent.post.clone()));
        let remark = Remark {
            id: self.new_id().to_string(),
            platform,
            account: visit.account,
            post,
            parent: visit.parent,
            author: visit.author,
            by_house,
            text: visit.text.filter(|text| !text.is_empty()),
            stars: visit.stars.filter(|stars| (1..=5).contains(stars)),
            created_at: at,
            updated_at: at,
            is_hidden: false,
            is_deleted: false,
            answer: None,
        };
        self.remarks.put(remark.clone());
        remark
    }

    /// Changes a remark; `None` when there is no such one.
    pub fn change(
        &mut self,
        platform: Platform,
        id: &str,
        change: &Change,
        now: Timestamp,
    ) -> Option<Remark> {
        let remark = self.remarks.get_mut(id).filter(|remark| remark.platform == platform)?;
        if let Some(text) = &change.text {
            remark.text = Some(text.clone()).filter(|text| !text.is_empty());
        }
        remark.stars = change.stars.or(remark.stars);
        remark.is_deleted = change.deleted.unwrap_or(remark.is_deleted);
        remark.updated_at = now;
        Some(remark.clone())
    }

    /// What is there, oldest first.
    pub fn of(&self, platform: Platform, account: usize) -> impl DoubleEndedIterator<Item = &Remark> {
        self.remarks.iter().filter(move |r| r.platform == platform && r.account == account && !r.is_deleted)
    }

    pub fn find(&mut self, platform: Platform, account: usize, id: &str) -> Option<&mut Remark> {
        self.remarks.get_mut(id).filter(|r| r.platform == platform && r.account == account && !r.is_deleted)
    }
}

impl World {
    /// A visitor leaves something.
    pub fn visit(&self, platform: Platform, mut visit: Visit) -> Remark {
        if platform == Platform::Facebook && visit.post.is_none() && visit.parent.is_none() {
            visit.post = Some(facebook::comments::post_for_guests(self, visit.account));
        }
        let remark = self.visitors().add(platform, visit, false, self.now());
        self.touch();
        remark
    }

    /// Everything that was left on a network, oldest first, deleted included.
    pub fn remarks(&self, platform: Platform) -> Vec<Remark> {
        self.visitors().remarks.iter().filter(|remark| remark.platform == platform).cloned().collect()
    }

    /// A visitor changes what they left.
    pub fn change_remark(&self, platform: Platform, id: &str, change: &Change) -> Option<Remark> {
        let changed = self.visitors().change(platform, id, change, self.now());
        self.touch();
        changed
    }
}
