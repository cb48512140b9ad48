//! T6: a real disk that runs full at random writes, while the program plans and while it sends.

use std::{
    collections::HashSet,
    io::{BufRead as _, BufReader},
    time::{Duration, Instant},
};

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use vieux_moulin_tests::process::{House, Networks, Running};

use super::{NETWORKS, ONE_AT_A_TIME, decide_held, number, until_quiet};

const ROUNDS: u64 = 25;
/// Room for the database and its log of some hundred posts.
const DISK: u64 = 24 * 1024 * 1024;
/// As far from full as a round begins.
const SPACE: std::ops::Range<u64> = 0..400_000;
const ITEMS_PER_ROUND: usize = 12;

#[derive(Default)]
struct Tally {
    refused: usize,
    other_refusals: Vec<String>,
    waited: usize,
    kills: usize,
    refused_starts: usize,
}

/// Plans item `n`; `None` when the program went away.
async fn publish(running: &Running, n: usize) -> Option<(u16, serde_json::Value)> {
    // Instagram keeps a picture, which is not what this is about.
    let kinds: Vec<_> = NETWORKS.iter().filter(|(_, name)| !name.starts_with('C')).collect();
    let (platform, name) = kinds[n % kinds.len()];
    let mut text = text(n);
    if name.starts_with('E') {
        // A long one takes many pages.
        text.push_str(&" Une longue histoire de canards.".repeat(400));
    }
    let body = serde_json::json!({ "content": { "body": text }, "platforms": [platform.name()] });
    running.ask("POST", "/api/communication/publish", Some(&body), Some(&self::text(n))).await.ok()
}

fn text(n: usize) -> String {
    format!("T6-{n:05}-fin")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t6_a_full_disk_loses_and_repeats_nothing() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let seed = number("MOULIN_SEED", 20_261_128);
    let rounds = number("MOULIN_FULL_DISKS", ROUNDS);
    let mut random = StdRng::seed_from_u64(seed);
    let networks = Networks::start().unwrap();
    let house = match House::on_small_disk(&networks, DISK) {
        Ok(house) => house,
        Err(why) => {
            println!("SKIPPED: no small disk can be mounted here: {why:#}");
            return;
        }
    };
    let disk = house.disk().unwrap();
    let began = Instant::now();
    let mut running = house.serve(&[]).unwrap();
    running.connect_all(&networks).await.unwrap();
    let (mut tally, mut accepted) = (Tally::default(), HashSet::new());
    for round in 0..rounds {
        let items = usize::try_from(round).unwrap() * ITEMS_PER_ROUND..;
        disk.fill(random.random_range(SPACE)).unwrap();
        for n in items.clone().take(ITEMS_PER_ROUND) {
            match publish(&running, n).await {
                Some((status, _)) if status < 300 => _ = accepted.insert(n),
                Some((503, answer)) if answer["code"] == "disk_full" => tally.refused += 1,
                other => tally.other_refusals.push(format!("item {n}: {other:?}")),
            }
        }
        // What was accepted is on its way now, and each of its steps wants to be written.
        tokio::time::sleep(Duration::from_millis(random.random_range(0..800))).await;
        let waits = |delivery: &&serde_json::Value| delivery["state"] != "published";
        tally.waited += running.deliveries().await.unwrap().iter().filter(waits).count();
        if random.random_bool(0.4) {
            running.kill();
            tally.kills += 1;
            running = if let Ok(running) = house.serve(&[]) {
                disk.free().unwrap();
                running
            } else {
                tally.refused_starts += 1;
                tally.other_refusals.extend(refused_start(&house));
                disk.free().unwrap();
                house.serve(&[]).unwrap()
            };
        } else {
            disk.free().unwrap();
        }
        // There is space again: what was refused is taken, under the same key.
        let until = Instant::now() + Duration::from_secs(60);
        for n in items.take(ITEMS_PER_ROUND) {
            while !accepted.contains(&n) {
                assert!(Instant::now() < until, "item {n} is still refused");
                match publish(&running, n).await {
                    Some((status, _)) if status < 300 => _ = accepted.insert(n),
                    _ => tokio::time::sleep(Duration::from_millis(200)).await,
                }
            }
        }
    }
    let mut deliveries = until_quiet(&running, Duration::from_secs(180)).await;
    let doubtful = decide_held(&running, &networks, &deliveries).await;
    if doubtful > 0 {
        deliveries = until_quiet(&running, Duration::from_secs(120)).await;
    }
    let mut objects = Vec::new();
    for (platform, _) in NETWORKS {
        objects.extend(networks.objects(platform).await.unwrap());
    }
    let count = |words: &str| objects.iter().filter(|object| object.text.contains(words)).count();
    let lost = accepted.iter().filter(|n| count(&text(**n)) == 0).count();
    let twice = accepted.iter().filter(|n| count(&text(**n)) > 1).count();
    let pretended = deliveries
        .iter()
        .filter(|delivery| {
            let words = delivery["text"].as_str().unwrap().get(..13).unwrap_or_default();
            delivery["state"] == "published" && count(words) == 0
        })
        .count();
    let health = running.get("/api/communication/status").await.unwrap();
    running.kill();
    let Tally { refused, other_refusals, waited, kills, refused_starts } = tally;
    println!(
        "T6  seed {seed}  full disks {rounds}  {:.0} s  items {}  refused {refused}  waited {waited}  kills {kills}  \
         refused starts {refused_starts}  lost {lost}  twice {twice}  pretended {pretended}  doubtful {doubtful}",
        began.elapsed().as_secs_f64(),
        accepted.len(),
    );
    assert!(other_refusals.is_empty(), "{other_refusals:#?}");
    assert_eq!((lost, twice, pretended), (0, 0, 0));
    assert!(refused > 0 && waited > 0, "the disk was never full at the right moment");
    assert_eq!(health["storage"]["state"], "ok", "{health:#}");
}

/// A start on a full disk says so; anything else is a finding. That it starts this time is none.
fn refused_start(house: &House) -> Option<String> {
    let mut child =
        house.command(&["--json", "serve", "--port", "0", "--ready-json"]).unwrap().spawn().unwrap();
    let mut said = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
    if said.contains("\"ready\":true") {
        let _ = child.kill();
        let _ = child.wait();
        return None;
    }
    let exit = child.wait().unwrap().code();
    let is_clear = exit == Some(7) && said.contains("\"disk_full\"");
    (!is_clear).then(|| format!("start: {exit:?} {said}"))
}
