//! The program as its own process, killed at the worst moments (reliability, section 9). Each test prints
//! one table. Seed: `MOULIN_SEED`; number of random kills: `MOULIN_KILLS`; runs of each named point:
//! `MOULIN_RUNS_PER_POINT`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod commands_beside;
mod full_disk;
mod kill_at_points;
mod kill_at_random;
mod network_faults;
mod refused_starts;
mod rescue;
mod two_instances;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use vieux_moulin_sandbox::Platform;
use vieux_moulin_tests::process::{Networks, Running};

/// Processes on two cores: one such test at a time keeps their times honest.
static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// The connectors' kinds: A, B, C, D, E and H.
const NETWORKS: [(Platform, &str); 7] = [
    (Platform::Bluesky, "A bluesky"),
    (Platform::Mastodon, "B mastodon"),
    (Platform::Instagram, "C instagram"),
    (Platform::Threads, "C threads"),
    (Platform::LinkedIn, "D linkedin"),
    (Platform::Facebook, "E facebook"),
    (Platform::Telegram, BLIND),
];
/// Kind H: only a person can say what became of a doubt.
const BLIND: &str = "H telegram";

/// Body of `publish` for one network; Instagram takes no text alone.
fn request(platform: Platform, text: &str, picture: &str) -> Value {
    let mut body = json!({ "content": { "body": text }, "platforms": [platform.name()] });
    if platform == Platform::Instagram {
        body["content"]["media"] = json!([{ "media_id": picture, "alt_text": "Une assiette" }]);
    }
    body
}

/// The same, planned for this instant and wanted however late it is.
fn planned_request(platform: Platform, text: &str, picture: &str, at: jiff::Timestamp) -> Value {
    let mut body = request(platform, text, picture);
    body["scheduled_time"] = at.to_string().into();
    body["late_policy"] = "send_now".into();
    body
}

/// A number that the environment may say otherwise.
fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Waits until every delivery is in an end state or waits for a person.
async fn until_quiet(running: &Running, at_most: Duration) -> Vec<Value> {
    let until = Instant::now() + at_most;
    loop {
        let deliveries = running.deliveries().await.unwrap();
        let ended = |delivery: &Value| {
            matches!(
                delivery["state"].as_str().unwrap_or_default(),
                "published" | "duplicate" | "rejected" | "cancelled" | "expired" | "held" | "needs_reauth"
            )
        };
        if deliveries.iter().all(ended) {
            return deliveries;
        }
        if Instant::now() > until {
            let open: Vec<_> = deliveries.iter().filter(|delivery| !ended(delivery)).collect();
            panic!("{} deliveries have not ended: {:#?}", open.len(), open.first());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Decides about held deliveries as the owner would: where the network can be asked it is asked again,
/// elsewhere the owner looks and says what is there. Returns how many there were.
async fn decide_held(running: &Running, networks: &Networks, deliveries: &[Value]) -> usize {
    let mut decided = 0;
    for delivery in deliveries.iter().filter(|delivery| delivery["state"] == "held") {
        let id = delivery["id"].as_str().unwrap();
        let platform = Platform::from_name(delivery["platform"].as_str().unwrap()).unwrap();
        let (what, body) = if NETWORKS.contains(&(platform, BLIND)) {
            let is_there = networks.count(platform, delivery["text"].as_str().unwrap()).await.unwrap() > 0;
            ("confirm", json!({ "outcome": if is_there { "published" } else { "resend" } }))
        } else {
            ("retry", json!({}))
        };
        let path = format!("/api/communication/deliveries/{id}/{what}");
        let (status, answer) = running.ask("POST", &path, Some(&body), None).await.unwrap();
        assert!(status < 300, "{path}: {status} {answer}");
        decided += 1;
    }
    decided
}
