//! What the networks count about what was published.

use axum::{Json as Answer, extract::State};
use jiff::{RoundMode, SignedDuration, Timestamp, TimestampRound, Unit, tz::TimeZone};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    api::{
        ApiState,
        caller::Reader,
        extract::Query,
        problem::{ApiError, FieldProblem, ProblemBody},
        views::{AnalyticsView, Lookup, analytics_view},
    },
    store::figures,
};

/// When nobody says.
const USUAL: SignedDuration = SignedDuration::from_hours(24 * 30);
/// A year and a leap day.
const LONGEST: SignedDuration = SignedDuration::from_hours(24 * 366);

/// Which figures.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AnalyticsFilter {
    /// Posts that were published at or after this instant; 30 days before `to`
    /// when absent.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Instead of `from`: so many days before `to`.
    #[param(minimum = 1, maximum = 366)]
    days: Option<u16>,
    /// And before this one; the end of this hour when absent. At most 366 days after `from`.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// Account id.
    account: Option<String>,
    platform: Option<String>,
    /// Post id: its deliveries, whenever they were published, with everything that was taken of them.
    post: Option<String>,
}

/// Shows the figures: in all, for each network, each account by day and each post.
///
/// What a network does not say is `null`, never zero; a day without an answer is a gap. Measures are worked
/// out of the networks' own numbers by the formulas of `formula_version`.
#[utoipa::path(
    get, path = "/api/communication/analytics", tag = "analytics", params(AnalyticsFilter),
    responses(
        (status = 200, description = "The figures", body = AnalyticsView),
        (status = 422, description = "invalid_field: the period", body = ProblemBody),
    )
)]
pub async fn get_analytics(
    State(state): State<ApiState>,
    _: Reader,
    Query(filter): Query<AnalyticsFilter>,
) -> Result<Answer<AnalyticsView>, ApiError> {
    let to = filter.to.unwrap_or_else(|| end_of_hour(state.now()));
    let length = filter.days.map_or(USUAL, |days| SignedDuration::from_hours(24 * i64::from(days)));
    let from = match (filter.from, filter.days) {
        (Some(_), Some(_)) => return Err(bad_period("days")),
        (Some(from), None) => from,
        (None, _) => to.checked_sub(length).map_err(|_| bad_period("to"))?,
    };
    let length = to.duration_since(from);
    if length <= SignedDuration::ZERO || length > LONGEST {
        return Err(bad_period(if filter.days.is_some() { "days" } else { "from" }));
    }
    let zone = TimeZone::get(&state.engine.settings().house.timezone).unwrap_or(TimeZone::UTC);
    let day = |at: Timestamp| at.to_zoned(zone.clone()).date();
    let last = to.checked_sub(SignedDuration::from_millis(1)).unwrap_or(to);
    let query = figures::Filter {
        from,
        to,
        days: (day(from), day(last)),
        account: filter.account,
        platform: filter.platform,
        post: filter.post,
    };
    let registry = state.engine.registry.clone();
    let view = state.store().read(move |connection| {
        let lookup = Lookup::load(connection, &registry)?;
        analytics_view(connection, &lookup, &query)
    });
    Ok(Answer(view.await?))
}

fn bad_period(field: &str) -> ApiError {
    let problem = FieldProblem::new(field, "invalid_field");
    ApiError::new("invalid_field")
        .detail(
            "La période n’est pas possible : « from » doit précéder « to » d’au plus 366 jours, ou « days » être de 1 à 366.",
            "The period is not possible: \"from\" has to be before \"to\", by 366 days at most, or \"days\" 1 to 366.",
        )
        .field(problem)
}

/// Figures come by the hour: an answer stays the same until there can be others.
fn end_of_hour(now: Timestamp) -> Timestamp {
    let hours = TimestampRound::new().smallest(Unit::Hour).mode(RoundMode::Expand);
    now.round(hours).unwrap_or(now)
}
