//! A choice of customers as a typed tree: AND, OR and NOT over what the house knows of them. Never SQL: the
//! store compiles it (`store::segments`), and [`Segment::matches`] is the same rule in plain Rust.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp, ToSpan as _, civil::Date};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    contact::{ConsentStanding, Contact},
    message::Channel,
};

/// Deepest nesting, most nodes, most values of one list, longest value.
pub const MAX_DEPTH: usize = 8;
pub const MAX_NODES: usize = 100;
pub const MAX_VALUES: usize = 100;
const MAX_TEXT: usize = 200;
/// A century: beyond it, instants would overflow.
const MAX_DAYS: i64 = 36_600;

/// One node of the tree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Segment {
    /// Every one of these; none = everybody.
    #[schema(no_recursion)]
    All(Vec<Segment>),
    /// At least one of these; none = nobody.
    #[schema(no_recursion)]
    Any(Vec<Segment>),
    #[schema(no_recursion)]
    Not(Box<Segment>),
    VisitCount(Between),
    LastVisit(When),
    FirstVisit(When),
    SpendCents(Between),
    /// Spend of one visit; nobody without a visit.
    AverageSpendCents(Between),
    Dish(DishRule),
    Tag(String),
    /// 1 to 12.
    BirthdayMonth(u8),
    /// Birthday today or within this many days.
    BirthdayWithinDays(u16),
    DistanceKm(BetweenKm),
    /// Beginnings of postal codes: `33` is the whole Gironde.
    PostalCode(Vec<String>),
    City(Vec<String>),
    /// ISO 639-1.
    Language(Vec<String>),
    Consent(ConsentRule),
    /// Has an address of this channel.
    HasAddress(Channel),
    /// Days since the person was first written down here.
    KnownForDays(Between),
    /// Where the person came from.
    Source(Vec<String>),
}

/// Bounds, both included; at least one of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Between {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<i64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BetweenKm {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum When {
    Never,
    /// This many days ago; nobody who never came.
    DaysAgo(Between),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DishRule {
    pub name: String,
    /// Times eaten.
    #[serde(default = "once")]
    pub at_least: u32,
}

fn once() -> u32 {
    1
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentRule {
    pub channel: Channel,
    pub state: ConsentStanding,
}

/// The time that a segment is asked at: the instant, and the day at the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    pub now: Timestamp,
    pub today: Date,
}

/// What a segment looks at.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    pub contact: Contact,
    pub tags: BTreeSet<String>,
    pub dishes: BTreeMap<String, i64>,
}

/// Why a person is in or out: the tree again, with the answer of each node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Explanation {
    /// Name of the node: `all`, `any`, `not`, `visit_count`…
    pub node: String,
    /// The rule of a leaf.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<serde_json::Value>,
    pub matches: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(no_recursion)]
    pub parts: Vec<Explanation>,
}

impl Between {
    pub fn holds(self, value: i64) -> bool {
        self.at_least.is_none_or(|least| value >= least) && self.at_most.is_none_or(|most| value <= most)
    }

    /// The same bounds on instants (milliseconds), earliest and latest, when they are days before `now`.
    pub fn instants(self, now: Timestamp) -> (Option<i64>, Option<i64>) {
        let before = |days: i64| {
            let ago = SignedDuration::from_hours(24 * days.clamp(-MAX_DAYS, MAX_DAYS));
            now.as_millisecond() - i64::try_from(ago.as_millis()).unwrap_or_default()
        };
        (self.at_most.map(before), self.at_least.map(before))
    }

    fn is_sound(self) -> bool {
        match (self.at_least, self.at_most) {
            (None, None) => false,
            (Some(least), Some(most)) => least <= most,
            _ => true,
        }
    }
}

impl BetweenKm {
    fn holds(self, value: f64) -> bool {
        self.at_least.is_none_or(|least| value >= least) && self.at_most.is_none_or(|most| value <= most)
    }

    fn is_sound(self) -> bool {
        [self.at_least, self.at_most].into_iter().flatten().all(f64::is_finite)
            && match (self.at_least, self.at_most) {
                (None, None) => false,
                (Some(least), Some(most)) => least <= most,
                _ => true,
            }
    }
}

/// First and last `month × 100 + day` of the coming days; the first is after the last over New Year. `None`:
/// the whole year.
pub fn birthday_window(today: Date, days: u16) -> Option<(i64, i64)> {
    if days >= 365 {
        return None;
    }
    let key = |date: Date| i64::from(date.month()) * 100 + i64::from(date.day());
    let end = today.checked_add(i64::from(days).days()).unwrap_or(Date::MAX);
    // Who is born on 29 February celebrates on the 28th of other years.
    let end = match key(end) {
        228 if !end.in_leap_year() => 229,
        end => end,
    };
    Some((key(today), end))
}

impl Segment {
    /// Refuses what is too deep, too big or says nothing. Errors: the problem code.
    pub fn check(&self) -> Result<(), &'static str> {
        let mut nodes = 0;
        self.check_below(1, &mut nodes)
    }

    fn check_below(&self, depth: usize, nodes: &mut usize) -> Result<(), &'static str> {
        *nodes += 1;
        if depth > MAX_DEPTH || *nodes > MAX_NODES {
            return Err("segment_too_big");
        }
        let text = |text: &String| !text.trim().is_empty() && text.chars().count() <= MAX_TEXT;
        let sound = match self {
            Self::All(parts) | Self::Any(parts) => {
                for part in parts {
                    part.check_below(depth + 1, nodes)?;
                }
                true
            }
            Self::Not(part) => {
                part.check_below(depth + 1, nodes)?;
                true
            }
            Self::VisitCount(range) | Self::SpendCents(range) | Self::AverageSpendCents(range) => {
                let huge = |bound: Option<i64>| bound.is_some_and(|bound| bound.unsigned_abs() > 1 << 40);
                range.is_sound() && !huge(range.at_least) && !huge(range.at_most)
            }
            Self::LastVisit(When::DaysAgo(range))
            | Self::FirstVisit(When::DaysAgo(range))
            | Self::KnownForDays(range) => {
                let far = |bound: Option<i64>| bound.is_some_and(|bound| !(0..=MAX_DAYS).contains(&bound));
                range.is_sound() && !far(range.at_least) && !far(range.at_most)
            }
            Self::LastVisit(When::Never)
            | Self::FirstVisit(When::Never)
            | Self::Consent(_)
            | Self::HasAddress(_) => true,
            Self::Dish(rule) => text(&rule.name) && rule.at_least >= 1,
            Self::Tag(tag) => text(tag),
            Self::BirthdayMonth(month) => (1..=12).contains(month),
            Self::BirthdayWithinDays(days) => *days <= 365,
            Self::DistanceKm(range) => range.is_sound(),
            Self::PostalCode(list) | Self::City(list) | Self::Language(list) | Self::Source(list) => {
                !list.is_empty() && list.len() <= MAX_VALUES && list.iter().all(text)
            }
        };
        if sound { Ok(()) } else { Err("segment_invalid") }
    }

    /// Whether a person is chosen.
    pub fn matches(&self, facts: &Facts, moment: Moment) -> bool {
        let details = &facts.contact.details;
        let one_of = |value: &Option<String>, list: &[String]| {
            value.as_ref().is_some_and(|value| list.iter().any(|one| one.eq_ignore_ascii_case(value)))
        };
        match self {
            Self::All(parts) => parts.iter().all(|part| part.matches(facts, moment)),
            Self::Any(parts) => parts.iter().any(|part| part.matches(facts, moment)),
            Self::Not(part) => !part.matches(facts, moment),
            Self::VisitCount(range) => range.holds(details.visit_count),
            Self::LastVisit(when) => when.holds(details.last_visit_at, moment.now),
            Self::FirstVisit(when) => when.holds(details.first_visit_at, moment.now),
            Self::SpendCents(range) => range.holds(details.spend_cents),
            Self::AverageSpendCents(range) => {
                let count = details.visit_count;
                count > 0
                    && range.at_least.is_none_or(|least| details.spend_cents >= least.saturating_mul(count))
                    && range.at_most.is_none_or(|most| details.spend_cents <= most.saturating_mul(count))
            }
            Self::Dish(rule) => {
                facts.dishes.get(&rule.name).is_some_and(|count| *count >= i64::from(rule.at_least))
            }
            Self::Tag(tag) => facts.tags.contains(tag),
            Self::BirthdayMonth(month) => {
                details.birth_day().is_some_and(|day| day / 100 == i64::from(*month))
            }
            Self::BirthdayWithinDays(days) => details.birth_day().is_some_and(|day| {
                birthday_window(moment.today, *days).is_none_or(|(first, last)| {
                    if first <= last { (first..=last).contains(&day) } else { day >= first || day <= last }
                })
            }),
            Self::DistanceKm(range) => details.distance_km.is_some_and(|km| range.holds(km)),
            Self::PostalCode(list) => details
                .postal_code
                .as_ref()
                .is_some_and(|code| list.iter().any(|start| code.starts_with(start.as_str()))),
            Self::City(list) => one_of(&details.city, list),
            Self::Language(list) => one_of(&details.language, list),
            Self::Consent(rule) => facts.contact.consent(rule.channel) == rule.state,
            Self::HasAddress(channel) => details.address(*channel).is_some(),
            Self::KnownForDays(range) => {
                When::DaysAgo(*range).holds(Some(facts.contact.created_at), moment.now)
            }
            Self::Source(list) => list.iter().any(|one| one.eq_ignore_ascii_case(&facts.contact.source)),
        }
    }

    /// Why a person is in or out.
    pub fn explain(&self, facts: &Facts, moment: Moment) -> Explanation {
        let parts = match self {
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().map(|part| part.explain(facts, moment)).collect()
            }
            Self::Not(part) => vec![part.explain(facts, moment)],
            _ => Vec::new(),
        };
        let is_leaf = !matches!(self, Self::All(_) | Self::Any(_) | Self::Not(_));
        let told = serde_json::to_value(self).unwrap_or_default();
        let (node, rule) = match told {
            serde_json::Value::Object(map) => map.into_iter().next().unwrap_or_default(),
            other => (String::new(), other),
        };
        Explanation { node, rule: is_leaf.then_some(rule), matches: self.matches(facts, moment), parts }
    }
}

impl When {
    fn holds(self, at: Option<Timestamp>, now: Timestamp) -> bool {
        match (self, at) {
            (Self::Never, at) => at.is_none(),
            (Self::DaysAgo(_), None) => false,
            (Self::DaysAgo(range), Some(at)) => {
                let (earliest, latest) = range.instants(now);
                let at = at.as_millisecond();
                earliest.is_none_or(|earliest| at >= earliest) && latest.is_none_or(|latest| at <= latest)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(text: &str) -> Result<Segment, String> {
        let segment: Segment = serde_json::from_str(text).map_err(|error| error.to_string())?;
        segment.check().map_err(str::to_owned)?;
        Ok(segment)
    }

    #[test]
    fn trees_are_read_strictly() {
        for text in [
            r#"{"all": []}"#,
            r#"{"all": [{"visit_count": {"at_least": 3}}, {"not": {"tag": "vip"}}]}"#,
            r#"{"any": [{"last_visit": "never"}, {"last_visit": {"days_ago": {"at_least": 90}}}]}"#,
            r#"{"dish": {"name": "Lamproie"}}"#,
            r#"{"consent": {"channel": "sms", "state": "unknown"}}"#,
        ] {
            read(text).unwrap();
        }
        for text in [
            r#"{"visit_count": {"at_leest": 3}}"#,
            r#"{"visits": {"at_least": 3}}"#,
            r#"{"visit_count": {}}"#,
            r#"{"visit_count": {"at_least": 3, "at_most": 2}}"#,
            r#"{"tag": "a", "all": []}"#,
            r#"{"tag": ""}"#,
            r#"{"city": []}"#,
            r#"{"birthday_month": 13}"#,
            r#"{"distance_km": {}}"#,
            r#"{"last_visit": {"days_ago": {"at_most": 99999999}}}"#,
            r#""1 = 1""#,
        ] {
            assert!(read(text).is_err(), "{text}");
        }
        let deep = (0..MAX_DEPTH).fold(Segment::Tag("a".into()), |inner, _| Segment::Not(Box::new(inner)));
        assert_eq!(deep.check(), Err("segment_too_big"));
        assert_eq!(Segment::All(vec![Segment::Tag("a".into()); MAX_NODES]).check(), Err("segment_too_big"));
    }

    #[test]
    fn birthdays_over_new_year_and_in_february() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        assert_eq!(birthday_window(day("2026-12-28"), 7), Some((1228, 104)));
        assert_eq!(birthday_window(day("2027-02-20"), 8), Some((220, 229)));
        assert_eq!(birthday_window(day("2027-02-20"), 365), None);
    }
}
