//! How the application is doing, and stopping it for a while.

use std::collections::BTreeMap;

use axum::{Json as Answer, extract::State};
use jiff::{SignedDuration, Timestamp, ToSpan, tz::TimeZone};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    api::{
        ApiState,
        caller::{Admin, Caller, Reader},
        extract::Json,
        problem::{ApiError, FieldProblem, ProblemBody},
    },
    domain::{Account, AccountState, DeliveryState, TokenExpiry},
    queue::Pause,
    store::{Health, accounts, deliveries},
};

/// Older than this, a self-test proves nothing. It runs every minute while the application works.
const SELF_TEST_HOLDS: SignedDuration = SignedDuration::from_mins(15);

/// The pulse.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Pulse {
    #[schema(example = "up")]
    pub status: String,
}

/// Says that the application answers; the only address that anybody may ask.
#[utoipa::path(
    get, path = "/api/health", tag = "status", security(()),
    responses((status = 200, description = "It answers", body = Pulse, example = json!({"status": "up"})))
)]
pub async fn health() -> Answer<Pulse> {
    Answer(Pulse { status: "up".to_owned() })
}

/// Overall state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Overall {
    /// Nothing needs a person, and the last self-test passed within 15 minutes.
    Ok,
    /// Something needs a person, an account is stopped, or the self-test did not pass; the rest goes on.
    Degraded,
    /// Nothing can be accepted.
    Down,
}

/// The next post that leaves.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct NextDue {
    pub delivery_id: String,
    pub post_id: String,
    pub platform: String,
    #[schema(value_type = String, format = DateTime)]
    pub due_at: Timestamp,
    pub title: String,
}

/// How the lane of one account is doing.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct LaneView {
    /// `ok`, `waiting`, `circuit_open` or `stopped`.
    pub health: String,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub not_before: Option<Timestamp>,
    /// Deliveries that are not finished.
    pub waiting: u64,
}

/// One account in short.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct AccountStatus {
    pub id: String,
    pub platform: String,
    pub label: String,
    pub state: AccountState,
    pub token_expiry: TokenExpiry,
    pub lane: LaneView,
}

/// Whether the store takes work.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct StorageView {
    /// `ok`, `disk_full`, `read_only` or `failed`.
    pub state: String,
}

/// The last self-test: a durable write was read back.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct SelfTestView {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub ok: bool,
}

/// How the application is doing.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct StatusView {
    #[schema(example = "0.1.0")]
    pub version: String,
    pub state: Overall,
    /// Nothing leaves this computer.
    pub practice: bool,
    pub online: bool,
    pub paused: bool,
    /// `null` while paused means: until resumed.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub paused_until: Option<Timestamp>,
    /// Platforms' clock minus ours, when it was compared.
    pub clock_skew_secs: Option<i64>,
    /// Number of deliveries by state.
    #[schema(value_type = Object, example = json!({"queued": 2, "published": 31}))]
    pub queue: BTreeMap<DeliveryState, u64>,
    /// Deliveries that wait for a person.
    pub needs_attention: u64,
    pub next_due: Option<NextDue>,
    pub accounts: Vec<AccountStatus>,
    /// The restaurant's other modules that are connected; none can be yet.
    pub modules: Vec<String>,
    pub storage: StorageView,
    pub self_test: Option<SelfTestView>,
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// Only for the window and the command line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_dir: Option<String>,
}

/// Shows how the application is doing.
#[utoipa::path(
    get, path = "/api/communication/status", tag = "status",
    responses(
        (status = 200, description = "The current state", body = StatusView),
    )
)]
pub async fn get_status(
    State(state): State<ApiState>,
    Reader(caller): Reader,
) -> Result<Answer<StatusView>, ApiError> {
    // Every open page asks this each minute.
    if caller.is_person() {
        state.engine.conversations.note_looked_at();
    }
    load(&state, &caller).await.map(Answer)
}

async fn load(state: &ApiState, caller: &Caller) -> Result<StatusView, ApiError> {
    let now = state.now();
    let (queue, next, accounts) = state
        .store()
        .read(move |connection| {
            let mut rows = Vec::new();
            for account in accounts::list(connection)? {
                let waiting = deliveries::count_waiting(connection, &account.id)?;
                rows.push((account, waiting));
            }
            Ok((deliveries::count_by_state(connection)?, deliveries::next_due(connection, now)?, rows))
        })
        .await?;
    let engine = &state.engine;
    let needs_attention = queue.iter().filter(|(state, _)| state.needs_person()).map(|(_, n)| n).sum();
    let (paused, paused_until) = match engine.queue.pause() {
        Pause::Running => (false, None),
        Pause::Until { at } => (true, Some(at)),
        Pause::UntilResumed => (true, None),
    };
    let clock_skew_secs = accounts
        .iter()
        .filter_map(|(account, _)| engine.queue.lane_status(&account.id).skew)
        .max_by_key(|skew| skew.abs())
        .map(|skew| skew.as_secs());
    let health = engine.store.health();
    let stopped = accounts
        .iter()
        .any(|(account, _)| matches!(account.state, AccountState::NeedsReauth | AccountState::Blocked));
    let self_test = engine.chores.last_self_test();
    let proven = self_test.is_some_and(|test| test.ok && now.duration_since(test.at) <= SELF_TEST_HOLDS);
    let overall = if health != Health::Ok {
        Overall::Down
    } else if needs_attention > 0 || stopped || !proven {
        Overall::Degraded
    } else {
        Overall::Ok
    };
    Ok(StatusView {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        state: overall,
        practice: engine.practice,
        online: engine.queue.connectivity.is_online(),
        paused,
        paused_until,
        clock_skew_secs,
        queue,
        needs_attention,
        next_due: next.map(|delivery| NextDue {
            title: title(&delivery.content),
            delivery_id: delivery.id.to_string(),
            post_id: delivery.post_id.to_string(),
            platform: delivery.platform,
            due_at: delivery.due_at,
        }),
        accounts: accounts
            .into_iter()
            .map(|(account, waiting)| account_status(state, account, waiting))
            .collect(),
        modules: Vec::new(),
        storage: StorageView {
            state: match health {
                Health::Ok => "ok",
                Health::DiskFull => "disk_full",
                Health::ReadOnly => "read_only",
                Health::Failed => "failed",
            }
            .to_owned(),
        },
        self_test: self_test.map(|test| SelfTestView { at: test.at, ok: test.ok }),
        started_at: engine.started_at,
        data_dir: caller.is_local().then(|| engine.data_dir.display().to_string()),
    })
}

fn title(content: &crate::domain::OutgoingPost) -> String {
    let text = content.title.as_deref().filter(|title| !title.is_empty()).unwrap_or(&content.text);
    text.lines().next().unwrap_or_default().chars().take(80).collect()
}

fn account_status(state: &ApiState, account: Account, waiting: u64) -> AccountStatus {
    let lane = state.engine.queue.lane_status(&account.id);
    let waits = lane.not_before.is_some_and(|at| at > state.now());
    let health = match account.state {
        AccountState::Unverified
        | AccountState::NeedsReauth
        | AccountState::Blocked
        | AccountState::Paused
        | AccountState::Removed => "stopped",
        AccountState::Connected
            if waits && lane.consecutive_failures >= state.engine.queue.policy().circuit_after =>
        {
            "circuit_open"
        }
        AccountState::Connected if waits => "waiting",
        AccountState::Connected => "ok",
    };
    AccountStatus {
        id: account.id.to_string(),
        platform: account.platform,
        label: account.label,
        state: account.state,
        token_expiry: account.token_expiry,
        lane: LaneView { health: health.to_owned(), not_before: lane.not_before.filter(|_| waits), waiting },
    }
}

/// For how long. With neither field: until resumed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PauseBody {
    #[serde(default)]
    #[schema(example = 3600)]
    pub for_secs: Option<u32>,
    /// `tomorrow` (six in the morning at the house) or an instant.
    #[serde(default)]
    pub until: Option<String>,
}

/// Holds back everything that has not left.
#[utoipa::path(
    post, path = "/api/communication/pause", tag = "status",
    request_body(content = PauseBody, example = json!({"for_secs": 3600})),
    responses(
        (status = 200, description = "The current state", body = StatusView),
        (status = 422, description = "invalid_field, unknown_field", body = ProblemBody),
    )
)]
pub async fn pause(
    State(state): State<ApiState>,
    Admin(caller): Admin,
    Json(body): Json<PauseBody>,
) -> Result<Answer<StatusView>, ApiError> {
    let pause = pause_of(&body, state.now(), &state.engine.settings().house.timezone)?;
    state.engine.queue.set_pause(pause, &caller.actor()).await?;
    load(&state, &caller).await.map(Answer)
}

fn pause_of(body: &PauseBody, now: Timestamp, timezone: &str) -> Result<Pause, ApiError> {
    let invalid =
        |field: &str| ApiError::new("invalid_field").field(FieldProblem::new(field, "invalid_field"));
    match (body.for_secs, body.until.as_deref()) {
        (None, None) => Ok(Pause::UntilResumed),
        (Some(secs), None) if secs > 0 => now
            .checked_add(SignedDuration::from_secs(i64::from(secs)))
            .map(|at| Pause::Until { at })
            .map_err(|_| invalid("for_secs")),
        (None, Some("tomorrow")) => {
            let zone = TimeZone::get(timezone).unwrap_or(TimeZone::UTC);
            let tomorrow = zone.to_datetime(now).date().checked_add(1.day());
            tomorrow
                .and_then(|date| date.at(6, 0, 0, 0).to_zoned(zone))
                .map(|at| Pause::Until { at: at.timestamp() })
                .map_err(|_| invalid("until"))
        }
        (None, Some(until)) => match until.parse::<Timestamp>() {
            Ok(at) if at > now => Ok(Pause::Until { at }),
            _ => Err(invalid("until")),
        },
        _ => Err(invalid("for_secs")),
    }
}

/// Ends a pause.
#[utoipa::path(
    post, path = "/api/communication/resume", tag = "status",
    responses(
        (status = 200, description = "The current state", body = StatusView),
    )
)]
pub async fn resume(
    State(state): State<ApiState>,
    Admin(caller): Admin,
) -> Result<Answer<StatusView>, ApiError> {
    state.engine.queue.set_pause(Pause::Running, &caller.actor()).await?;
    load(&state, &caller).await.map(Answer)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use jiff::Timestamp;

    use super::{PauseBody, pause_of};
    use crate::queue::Pause;

    #[test]
    fn tomorrow_is_six_in_the_morning_at_the_house() {
        let now: Timestamp = "2026-11-22T22:30:00Z".parse().unwrap();
        let body = |for_secs, until: Option<&str>| PauseBody { for_secs, until: until.map(str::to_owned) };
        let pause = |body| pause_of(&body, now, "Europe/Paris");
        let at = "2026-11-23T05:00:00Z".parse().unwrap();
        assert_eq!(pause(body(None, Some("tomorrow"))).unwrap(), Pause::Until { at });
        assert_eq!(pause(body(None, None)).unwrap(), Pause::UntilResumed);
        for wrong in
            [body(Some(0), None), body(Some(5), Some("tomorrow")), body(None, Some("2020-01-01T00:00:00Z"))]
        {
            assert!(pause(wrong).is_err());
        }
    }
}
