//! What a network counts about a post or an account, under its own names, and what we make of it.
//!
//! Only the network's own names and numbers are kept. The common measures are worked out when somebody
//! looks, from the table of [`formulas`](super::formulas): a formula that was wrong is corrected for the
//! past as well. What a network does not say is absent, never zero.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The network's own metric names and numbers. A metric that is split up has one entry for each part:
/// `page_media_view.organic`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RawFigures(pub BTreeMap<String, i64>);

impl RawFigures {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn get(&self, name: &str) -> Option<i64> {
        self.0.get(name).copied()
    }

    pub fn set(&mut self, name: impl Into<String>, number: i64) {
        self.0.insert(name.into(), number);
    }

    /// Keeps a number, or each number of an object under `name.part`. Anything else is absent.
    pub fn note(&mut self, name: &str, value: &serde_json::Value) {
        if let Some(number) = whole(value) {
            self.set(name, number);
        }
        for (part, value) in value.as_object().into_iter().flatten() {
            if let Some(number) = whole(value) {
                self.set(format!("{name}.{part}"), number);
            }
        }
    }

    pub fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}

/// A count. Some networks write it as a text (numbers of 64 bits) or with a point.
fn whole(value: &serde_json::Value) -> Option<i64> {
    match value {
        serde_json::Value::Number(number) => number.as_i64().or_else(|| {
            let float = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 9.0e15)?;
            Some(float as i64)
        }),
        serde_json::Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// A post that is public, as its network knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedPost {
    pub remote_id: String,
    pub published_at: Timestamp,
}

/// What is counted, in words that all networks share. `null` where the network does not say it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Figures {
    /// How often it was shown.
    pub views: Option<i64>,
    /// How many people saw it.
    pub reach: Option<i64>,
    /// All reactions of one touch.
    pub likes: Option<i64>,
    /// Comments and replies.
    pub comments: Option<i64>,
    /// Shared, quoted or shown again by others.
    pub shares: Option<i64>,
    /// Kept for later.
    pub saves: Option<i64>,
    pub clicks: Option<i64>,
    /// People who follow the account.
    pub followers: Option<i64>,
}

/// One of the common measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    Views,
    Reach,
    Likes,
    Comments,
    Shares,
    Saves,
    Clicks,
    Followers,
}

impl Measure {
    pub const ALL: [Self; 8] = [
        Self::Views,
        Self::Reach,
        Self::Likes,
        Self::Comments,
        Self::Shares,
        Self::Saves,
        Self::Clicks,
        Self::Followers,
    ];
}

impl Figures {
    pub fn get(&self, measure: Measure) -> Option<i64> {
        match measure {
            Measure::Views => self.views,
            Measure::Reach => self.reach,
            Measure::Likes => self.likes,
            Measure::Comments => self.comments,
            Measure::Shares => self.shares,
            Measure::Saves => self.saves,
            Measure::Clicks => self.clicks,
            Measure::Followers => self.followers,
        }
    }

    pub fn set(&mut self, measure: Measure, number: Option<i64>) {
        *match measure {
            Measure::Views => &mut self.views,
            Measure::Reach => &mut self.reach,
            Measure::Likes => &mut self.likes,
            Measure::Comments => &mut self.comments,
            Measure::Shares => &mut self.shares,
            Measure::Saves => &mut self.saves,
            Measure::Clicks => &mut self.clicks,
            Measure::Followers => &mut self.followers,
        } = number;
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds what the other one has; absent stays absent only where both have nothing.
    pub fn add(&mut self, other: &Self) {
        for measure in Measure::ALL {
            if let Some(number) = other.get(measure) {
                self.set(measure, Some(self.get(measure).unwrap_or(0).saturating_add(number)));
            }
        }
    }

    /// Likes, comments, shares, saves and clicks, as far as the network counts them; `None` when it counts
    /// none of them.
    pub fn interactions(&self) -> Option<i64> {
        let parts = [self.likes, self.comments, self.shares, self.saves, self.clicks];
        let counted: Vec<i64> = parts.into_iter().flatten().collect();
        (!counted.is_empty()).then(|| counted.iter().fold(0_i64, |sum, part| sum.saturating_add(*part)))
    }

    /// Interactions ÷ reach, else ÷ views; `None`: not measurable.
    pub fn engagement(&self) -> Option<Engagement> {
        let interactions = self.interactions()?;
        let (base, out_of) = [(EngagementBase::Reach, self.reach), (EngagementBase::Views, self.views)]
            .into_iter()
            .find_map(|(base, number)| Some((base, number.filter(|number| *number > 0)?)))?;
        Some(Engagement::of(interactions, out_of, base))
    }
}

/// How many of those who saw a post did something with it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Engagement {
    /// Percent, rounded to hundredths.
    pub rate: f64,
    pub interactions: i64,
    /// The number that was divided by.
    pub out_of: i64,
    /// What that number is.
    pub base: EngagementBase,
}

/// What interactions are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EngagementBase {
    Reach,
    Views,
}

impl Engagement {
    /// `out_of` is greater than zero.
    pub fn of(interactions: i64, out_of: i64, base: EngagementBase) -> Self {
        let percent = interactions as f64 * 100.0 / out_of as f64;
        Self { rate: (percent * 100.0).round() / 100.0, interactions, out_of, base }
    }
}

const HOURLY_FOR: SignedDuration = SignedDuration::from_hours(48);
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// The last day on which a post is asked about.
const LAST_DAY: i64 = 30;

/// Whether the figures of a post are due: once in each hour of its first two days, then once a day up to
/// and including day 30. What was missed stays a gap: only the current hour or day is ever asked for.
pub fn are_due(published_at: Timestamp, asked_at: Option<Timestamp>, now: Timestamp) -> bool {
    let Some(since) = slot_start(published_at, now) else { return false };
    // A time ahead of now was noted by a clock that was wrong.
    asked_at.is_none_or(|asked| asked < since || asked > now)
}

/// Begin of the hour or day of a post's life that `now` is in; `None` before and after the time in which
/// it is asked about.
fn slot_start(published_at: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let age = now.duration_since(published_at);
    if age.is_negative() {
        return None;
    }
    let length = if age < HOURLY_FOR { SignedDuration::from_hours(1) } else { DAY };
    let passed = age.as_secs() / length.as_secs();
    if length == DAY && passed > LAST_DAY {
        return None;
    }
    published_at.checked_add(SignedDuration::from_secs(passed * length.as_secs())).ok()
}

/// No post published before this instant is asked about any more.
pub fn oldest_of_interest(now: Timestamp) -> Timestamp {
    now.checked_sub(DAY * i32::try_from(LAST_DAY + 1).unwrap_or(31)).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn hourly_for_two_days_then_daily_to_day_thirty() {
        let published: Timestamp = "2026-11-27T17:30:00Z".parse().unwrap();
        let mut asked = None;
        let mut times = Vec::new();
        for minute in 0..(40 * 24 * 60 / 5) {
            let now = published + SignedDuration::from_mins(minute * 5);
            if are_due(published, asked, now) {
                asked = Some(now);
                times.push(now.duration_since(published).as_hours());
            }
        }
        let expected: Vec<i64> = (0..48).chain((2..=30).map(|day| day * 24)).collect();
        assert_eq!(times, expected);
        assert!(!are_due(published, None, published - SignedDuration::from_secs(1)), "not public yet");
    }

    #[test]
    fn what_was_missed_is_asked_for_once_not_caught_up() {
        let published: Timestamp = "2026-11-27T17:30:00Z".parse().unwrap();
        let at = |hours| published + SignedDuration::from_hours(hours);
        let asked = at(3);
        assert!(are_due(published, Some(asked), at(20)));
        assert!(!are_due(published, Some(at(20)), at(20) + SignedDuration::from_mins(55)));
        assert!(are_due(published, Some(at(21)), at(20)), "noted by a clock that was ahead");
    }

    #[test]
    fn absent_is_not_zero() {
        let mut raw = RawFigures::default();
        raw.note("views", &json!("12"));
        raw.note("likes", &json!(null));
        raw.note("media", &json!({"organic": 3, "paid": 4.0, "share": 0.5}));
        let expected = [("media.organic", 3), ("media.paid", 4), ("views", 12)];
        assert_eq!(raw.0, expected.map(|(name, number)| (name.to_owned(), number)).into());
        let mut sum = Figures { likes: Some(2), ..Figures::default() };
        sum.add(&Figures { likes: Some(0), shares: Some(1), ..Figures::default() });
        assert_eq!((sum.likes, sum.shares, sum.comments), (Some(2), Some(1), None));
    }

    #[test]
    fn engagement_is_of_reach_else_of_views_else_not_measurable() {
        let all = Figures {
            views: Some(2000),
            reach: Some(1234),
            likes: Some(50),
            comments: Some(7),
            shares: Some(3),
            saves: Some(4),
            clicks: Some(13),
            followers: Some(900),
        };
        let of = |figures: Figures| figures.engagement().map(|rate| (rate.rate, rate.base));
        // 77 / 1234 = 6.2398…
        assert_eq!(of(all), Some((6.24, EngagementBase::Reach)));
        assert_eq!(of(Figures { reach: None, ..all }), Some((3.85, EngagementBase::Views)));
        assert_eq!(of(Figures { reach: Some(0), ..all }), Some((3.85, EngagementBase::Views)));
        assert_eq!(of(Figures { reach: None, views: None, ..all }), None);
        assert_eq!(of(Figures { views: Some(5), ..Figures::default() }), None, "nothing was counted");
    }
}
