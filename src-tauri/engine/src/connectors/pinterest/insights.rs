//! Figures of pins and of the account (social-platforms reference, section 11): `pins/{id}/analytics` and
//! `user_account/analytics`, at most 90 days back. Pinterest counts by day; the sums of a pin are its
//! `summary_metrics`, its comments and reactions `lifetime_metrics`.

use async_trait::async_trait;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde_json::Value;

use super::{Pinterest, client::Client, wire::is_id};
use crate::{
    connectors::{
        Access, Failure, FailureClass, Insights,
        insights::{AccountFigures, PostFigures, RefusedMetrics, counts, of_one, only},
    },
    domain::{Problem, RawFigures, figures::PublishedPost},
};

const PIN_METRICS: &str = "IMPRESSION,PIN_CLICK,OUTBOUND_CLICK,SAVE,TOTAL_COMMENTS,TOTAL_REACTIONS";
const ACCOUNT_METRICS: &str = "IMPRESSION,ENGAGEMENT,PIN_CLICK,OUTBOUND_CLICK,SAVE";
/// Days of the account that are read again each time.
const READ_AGAIN: i32 = 5;
/// Questions that go further back are refused.
const FURTHEST: i32 = 89;

fn day_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

fn back(from: Date, days: i32) -> Date {
    from.checked_sub(jiff::Span::new().days(days)).unwrap_or(from)
}

/// The part of an answer that is about everything together.
fn all(answer: &Value) -> Result<&Value, Failure> {
    let all = answer.get("all").filter(|all| all.is_object());
    all.ok_or_else(|| Failure::new(FailureClass::Retry, Problem::new("unreadable_answer")))
}

fn note_all(figures: &mut RawFigures, metrics: Option<&Value>) {
    for (name, value) in metrics.and_then(Value::as_object).into_iter().flatten() {
        figures.note(name, value);
    }
}

#[async_trait]
impl Insights for Pinterest {
    async fn posts(
        &self,
        access: &Access<'_>,
        posts: &[PublishedPost],
        _refused: &RefusedMetrics,
    ) -> Result<PostFigures, Failure> {
        let post = only(posts)?;
        if !is_id(&post.remote_id) {
            return Err(Failure::content("remote_id_unusable"));
        }
        let today = day_of(access.now);
        let from = day_of(post.published_at).max(back(today, FURTHEST)).to_string();
        let query =
            [("start_date", from.as_str()), ("end_date", &today.to_string()), ("metric_types", PIN_METRICS)];
        let path = format!("pins/{}/analytics", post.remote_id);
        let answer = Client::open(access).await?.ask(&path, &query).await?;
        let all = all(&answer)?;
        let mut figures = RawFigures::default();
        note_all(&mut figures, all.get("summary_metrics"));
        note_all(&mut figures, all.get("lifetime_metrics"));
        Ok(of_one(post, figures, RefusedMetrics::new()))
    }

    async fn account(
        &self,
        access: &Access<'_>,
        _refused: &RefusedMetrics,
    ) -> Result<AccountFigures, Failure> {
        let client = Client::open(access).await?;
        let user = client.ask("user_account", &[]).await?;
        let mut found =
            AccountFigures { now: counts(&user, &["follower_count", "monthly_views"]), ..Default::default() };
        let yesterday = back(day_of(access.now), 1);
        let query = [
            ("start_date", &*back(yesterday, READ_AGAIN).to_string()),
            ("end_date", &*yesterday.to_string()),
            ("metric_types", ACCOUNT_METRICS),
        ];
        let answer = client.ask("user_account/analytics", &query).await?;
        for entry in all(&answer)?.get("daily_metrics").and_then(Value::as_array).into_iter().flatten() {
            // Another word than READY: not counted yet, or never will be.
            let is_ready = entry.get("data_status").and_then(Value::as_str) == Some("READY");
            let day = entry.get("date").and_then(Value::as_str).and_then(|day| day.parse::<Date>().ok());
            if let (Some(day), true) = (day, is_ready) {
                note_all(found.days.entry(day).or_default(), entry.get("metrics"));
            }
        }
        Ok(found)
    }
}
