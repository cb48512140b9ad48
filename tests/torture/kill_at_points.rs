//! T1: killed at each named point, and while the network holds the answer back.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use vieux_moulin_engine::queue::failpoint::POINTS;
use vieux_moulin_sandbox::Platform;
use vieux_moulin_tests::process::{House, Networks, jpeg};

use super::{BLIND, NETWORKS, ONE_AT_A_TIME, decide_held, number, request, until_quiet};

/// More are asked for by `cargo xtask test --runs-per-point`.
const RUNS_PER_POINT: u64 = 2;

/// What the network does while the program is killed.
fn slow_answers() -> [(&'static str, Value); 4] {
    let publish = json!({ "action": "publish" });
    [
        ("mid-body, not taken", json!({ "fault": "stall", "match": publish, "params": { "secs": 20 } })),
        (
            "taken, no answer yet",
            json!({ "fault": "stall", "match": publish, "params": { "secs": 20, "processed": true } }),
        ),
        (
            "answer trickles",
            json!({ "fault": "slow_drip", "match": publish, "params": { "bytes_per_sec": 5 } }),
        ),
        ("taken, then reset", json!({ "fault": "accept_then_reset", "match": publish })),
    ]
}

/// Where a kind whose outcome nobody can look up must ask a person: from the commit before the request
/// to the commit after its answer.
fn leaves_a_doubt(kind: &str, point: &str) -> bool {
    let is_before = matches!(point, "before_prepare" | "before_armed" | "after_armed");
    kind == BLIND && !is_before && point != "after_outcome"
}

#[derive(Default)]
struct Tally {
    items: usize,
    kills: usize,
    lost: usize,
    twice: usize,
    pretended: usize,
    doubtful: usize,
    /// Doubtful where it had to be known, or the other way round.
    unpredicted: Vec<String>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t1_kill_at_each_point_of_each_kind() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let runs = number("MOULIN_RUNS_PER_POINT", RUNS_PER_POINT);
    let began = Instant::now();
    println!("T1  {:<12} {:<22} state      objects", "kind", "killed");
    let mut tally = Tally::default();
    for (platform, kind) in NETWORKS {
        // Of its own for each house: a network that renews its tokens takes the first ones only once.
        let networks = Networks::start().unwrap();
        let house = House::new(&networks).unwrap();
        let first = house.serve(&[]).unwrap();
        first.connect_all(&networks).await.unwrap();
        let picture = first.upload(jpeg().unwrap()).await.unwrap();
        first.kill();
        for run in 1..=runs {
            for point in POINTS {
                if point == "in_reconcile" {
                    // Only a doubt gets there.
                    let fault = json!({ "fault": "accept_then_reset", "match": { "action": "publish" } });
                    networks.fault(platform, fault).await.unwrap();
                }
                let text = format!("T1 {point} {} run {run}.", platform.name());
                let mut doomed = house.serve(&[("MOULIN_KILL_AT", point)]).unwrap();
                publish(&doomed, platform, &text, &picture).await;
                assert!(doomed.ended(Duration::from_secs(30)).await.unwrap(), "{point} was never reached");
                settle(&networks, &house, platform, kind, point, &text, &mut tally).await;
            }
            for (name, fault) in slow_answers() {
                networks.fault(platform, fault).await.unwrap();
                let text = format!("T1 {name} {} run {run}.", platform.name());
                let doomed = house.serve(&[]).unwrap();
                publish(&doomed, platform, &text, &picture).await;
                until_sent(&doomed, &text).await;
                doomed.kill();
                networks.clear_faults(platform).await.unwrap();
                settle(&networks, &house, platform, kind, name, &text, &mut tally).await;
            }
        }
    }
    let Tally { items, kills, lost, twice, pretended, doubtful, unpredicted } = tally;
    println!(
        "T1  {runs} runs per point  {:.0} s  items {items}  kills {kills}  lost {lost}  twice {twice}  \
         pretended {pretended}  doubtful {doubtful}",
        began.elapsed().as_secs_f64()
    );
    assert_eq!((lost, twice, pretended), (0, 0, 0));
    assert!(unpredicted.is_empty(), "{unpredicted:#?}");
}

/// The answer may be lost with the program: the same key makes it one item.
async fn publish(
    running: &vieux_moulin_tests::process::Running,
    platform: Platform,
    text: &str,
    picture: &str,
) {
    let body = request(platform, text, picture);
    let answer = running.ask("POST", "/api/communication/publish", Some(&body), Some(text)).await;
    if let Ok((status, answer)) = answer {
        assert!(status < 300, "{text}: {status} {answer}");
    }
}

/// Waits until the request may have left, however slow this machine is, and then a little, so that it is
/// with the network.
async fn until_sent(running: &vieux_moulin_tests::process::Running, text: &str) {
    let until = Instant::now() + Duration::from_secs(60);
    let is_before = |delivery: &Value| {
        let state = delivery["state"].as_str().unwrap_or_default();
        matches!(state, "queued" | "preparing" | "armed" | "retry_at")
    };
    loop {
        let deliveries = running.deliveries().await.unwrap();
        let ours = deliveries.iter().find(|d| d["text"].as_str().is_some_and(|shown| shown.contains(text)));
        if ours.is_some_and(|ours| !is_before(ours)) {
            break;
        }
        assert!(Instant::now() < until, "{text} was never sent: {ours:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
}

async fn settle(
    networks: &Networks,
    house: &House,
    platform: Platform,
    kind: &str,
    point: &str,
    text: &str,
    tally: &mut Tally,
) {
    let running = house.serve(&[]).unwrap();
    let mut deliveries = until_quiet(&running, Duration::from_secs(120)).await;
    let asked = decide_held(&running, networks, &deliveries).await;
    tally.doubtful += asked;
    if asked != usize::from(leaves_a_doubt(kind, point)) {
        tally.unpredicted.push(format!("{kind}, {point}: {asked} doubtful"));
    }
    deliveries = until_quiet(&running, Duration::from_secs(120)).await;
    let ours: Vec<&Value> =
        deliveries.iter().filter(|d| d["text"].as_str().is_some_and(|shown| shown.contains(text))).collect();
    let objects = networks.count(platform, text).await.unwrap();
    let state = ours.first().map_or("none", |delivery| delivery["state"].as_str().unwrap_or("none"));
    println!("T1  {kind:<12} {point:<22} {state:<10} {objects}");
    tally.items += 1;
    tally.kills += 1;
    tally.lost += usize::from(objects == 0 || ours.is_empty());
    tally.twice += usize::from(objects > 1);
    tally.pretended += usize::from(state == "published" && objects == 0);
    running.kill();
}
