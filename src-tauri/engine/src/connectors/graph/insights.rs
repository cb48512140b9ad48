//! Insights of the Graph: `{"data": [{"name", "values": [{"value", "end_time"}]} or {"name",
//! "total_value": {"value"}}]}` (social-platforms reference 1.9, 2.9 and 3).
//!
//! One metric that does not exist, or not for this kind of post, makes the whole call fail with code 100.

use std::collections::BTreeMap;

use jiff::{SignedDuration, civil::Date, tz::TimeZone};
use serde_json::Value;

use super::{
    Graph,
    errors::is_gone,
    wire::{GraphId, items, text_of, time_of},
};
use crate::{
    connectors::{Failure, FailureClass, insights::RefusedMetrics},
    domain::RawFigures,
};

/// The permission for insights is missing, while everything else may go on.
const NOT_ALLOWED: &str = "permission_missing";

/// A question about metrics: the node's edge and what else is asked.
pub struct Question<'a> {
    pub node: &'a GraphId,
    /// `insights`, or `threads_insights` for an account of Threads.
    pub edge: &'a str,
    pub extra: &'a [(&'a str, &'a str)],
}

impl Question<'_> {
    /// Asks for these metrics in one call.
    async fn ask(&self, graph: &Graph<'_>, metrics: &str) -> Result<Value, Failure> {
        let mut query = vec![("metric", metrics)];
        query.extend_from_slice(self.extra);
        graph.get(&format!("/{}/{}", self.node, self.edge), &query).await
    }

    /// Asks for each metric by itself: one that does not exist takes no other with it. What is refused is
    /// added to `refused` and is absent.
    pub async fn one_by_one(
        &self,
        graph: &Graph<'_>,
        metrics: &[&str],
        refused: &mut RefusedMetrics,
    ) -> Result<Vec<Value>, Failure> {
        let mut answers = Vec::new();
        for metric in metrics {
            match self.ask(graph, metric).await {
                Ok(answer) => answers.push(answer),
                Err(failure) if is_refusal(&failure) => {
                    refused.insert((*metric).to_owned());
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(answers)
    }

    /// Asks for all metrics at once, and for each by itself when the platform does not know one of them.
    pub async fn together(&self, graph: &Graph<'_>, metrics: &[&str]) -> Result<Vec<Value>, Failure> {
        match self.ask(graph, &metrics.join(",")).await {
            Ok(answer) => Ok(vec![answer]),
            Err(failure) if is_refusal(&failure) && metrics.len() > 1 => {
                self.one_by_one(graph, metrics, &mut RefusedMetrics::new()).await
            }
            Err(failure) => Err(failure),
        }
    }
}

/// The question was refused, not the token and not the post.
fn is_refusal(failure: &Failure) -> bool {
    (failure.class == FailureClass::Content && !is_gone(failure)) || failure.problem.code == NOT_ALLOWED
}

/// Adds the numbers of an answer that are for the whole life of a post, or for the whole time asked about.
pub fn totals(answer: &Value, figures: &mut RawFigures) {
    for metric in items(answer) {
        let value = metric.pointer("/total_value/value").or_else(|| metric.pointer("/values/0/value"));
        if let (Some(name), Some(value)) = (text_of(metric, "name"), value) {
            figures.note(name, value);
        }
    }
}

/// Adds the numbers of an answer that has one for each day. A day is named by its end, which is the first
/// moment of the next one.
pub fn daily(answer: &Value, days: &mut BTreeMap<Date, RawFigures>) {
    for metric in items(answer) {
        let Some(name) = text_of(metric, "name") else { continue };
        for entry in metric.get("values").and_then(Value::as_array).into_iter().flatten() {
            let end = entry.get("end_time").and_then(time_of);
            let day = end.and_then(|end| end.checked_sub(SignedDuration::from_hours(24)).ok());
            if let (Some(day), Some(value)) = (day, entry.get("value")) {
                days.entry(day.to_zoned(TimeZone::UTC).date()).or_default().note(name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_shapes_are_read_and_nothing_is_made_up() {
        let mut figures = RawFigures::default();
        let answer = json!({"data": [
            {"name": "views", "values": [{"value": 12}]},
            {"name": "reach", "total_value": {"value": 9}},
            {"name": "shares", "values": []},
            {"name": "post_media_view", "values": [{"value": {"organic": 4, "paid": 1}}]},
        ]});
        totals(&answer, &mut figures);
        let expected =
            [("post_media_view.organic", 4), ("post_media_view.paid", 1), ("reach", 9), ("views", 12)];
        assert_eq!(figures.0, expected.map(|(name, number)| (name.to_owned(), number)).into());
    }

    #[test]
    fn a_day_is_named_by_its_end() {
        let mut days = BTreeMap::new();
        let answer = json!({"data": [{"name": "page_media_view", "period": "day", "values": [
            {"value": 7, "end_time": "2026-11-27T08:00:00+0000"},
            {"end_time": "2026-11-28T08:00:00+0000"},
        ]}]});
        daily(&answer, &mut days);
        let day: Date = "2026-11-26".parse().unwrap();
        assert_eq!(days.len(), 1, "a day without a number is a gap");
        assert_eq!(days.get(&day).and_then(|day| day.get("page_media_view")), Some(7));
    }
}
