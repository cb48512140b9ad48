//! T2: SIGKILL at random moments while 500 items leave over one network of each kind.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use vieux_moulin_tests::process::{House, Networks, Running, jpeg};

use super::{NETWORKS, ONE_AT_A_TIME, decide_held, number, request, until_quiet};

const ITEMS: usize = 500;
const ROUNDS_FOR_A_PERSON: usize = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t2_random_kills_lose_nothing_and_repeat_nothing() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let (kills, seed) = (number("MOULIN_KILLS", 100), number("MOULIN_SEED", 20_261_127));
    let mut random = StdRng::seed_from_u64(seed);
    let began = Instant::now();
    let networks = Networks::start().unwrap();
    let house = House::new(&networks).unwrap();
    let mut running = house.serve(&[]).unwrap();
    running.connect_all(&networks).await.unwrap();
    let picture = running.upload(jpeg().unwrap()).await.unwrap();
    let mut waits = Vec::new();
    let mut accepted = HashSet::new();
    let mut next = 0_usize;
    for kill in 0..kills {
        // So many that the last ones are planned shortly before the last kill.
        let goal = ITEMS * usize::try_from(kill + 1).unwrap() / usize::try_from(kills).unwrap();
        let until = Instant::now() + Duration::from_millis(random.random_range(20..700));
        let due = async {
            // An unanswered request is asked again with its key after the restart.
            while next < goal {
                if !publish(&running, next, &picture, &mut accepted).await {
                    break;
                }
                next += 1;
            }
        };
        // The kill may fall into a request.
        let _ = tokio::time::timeout_at(until.into(), due).await;
        tokio::time::sleep_until(until.into()).await;
        running.kill();
        running = house.serve(&[]).unwrap();
        waits.push(running.ready_after);
        // It started, so the file opened and every row could be freed; and the pages are whole.
        running.get("/api/communication/status").await.unwrap();
    }
    while next < ITEMS {
        assert!(publish(&running, next, &picture, &mut accepted).await);
        next += 1;
    }
    let mut doubtful = 0;
    let mut deliveries = until_quiet(&running, Duration::from_secs(240)).await;
    for _ in 0..ROUNDS_FOR_A_PERSON {
        let asked = decide_held(&running, &networks, &deliveries).await;
        if asked == 0 {
            break;
        }
        doubtful += asked;
        deliveries = until_quiet(&running, Duration::from_secs(120)).await;
    }
    let mut objects: HashMap<String, usize> = HashMap::new();
    for (platform, _) in NETWORKS {
        for object in networks.objects(platform).await.unwrap() {
            *objects.entry(object.text).or_default() += 1;
        }
    }
    let count =
        |text: &str| objects.iter().filter(|(shown, _)| shown.contains(text)).map(|(_, n)| n).sum::<usize>();
    let mut lost: Vec<&String> = accepted.iter().filter(|text| count(text) == 0).collect();
    let twice: Vec<&String> = accepted.iter().filter(|text| count(text) > 1).collect();
    let pretended = deliveries
        .iter()
        .filter(|delivery| delivery["state"] == "published" && count(delivery["text"].as_str().unwrap()) == 0)
        .count();
    running.kill();
    // The file as the last kill left it.
    let integrity = integrity(&house).await;
    waits.sort();
    println!("T2  seed {seed}  {:.0} s", began.elapsed().as_secs_f64());
    println!(
        "T2  items {}  kills {kills}  lost {}  twice {}  pretended {pretended}  doubtful {doubtful}",
        accepted.len(),
        lost.len(),
        twice.len()
    );
    println!(
        "T2  start to ready: min {:?}  median {:?}  max {:?}; integrity {integrity}",
        waits.first().unwrap(),
        waits[waits.len() / 2],
        waits.last().unwrap()
    );
    lost.sort();
    assert_eq!(accepted.len(), ITEMS);
    assert!(
        lost.is_empty() && twice.is_empty() && pretended == 0,
        "seed {seed}: lost {lost:?}, twice {twice:?}"
    );
    assert_eq!(integrity, "ok");
}

/// Plans item `n`; false when the program went away meanwhile.
async fn publish(running: &Running, n: usize, picture: &str, accepted: &mut HashSet<String>) -> bool {
    let (platform, _) = NETWORKS[n % NETWORKS.len()];
    let text = format!("T2-{n:05}-fin");
    let body = request(platform, &text, picture);
    match running.ask("POST", "/api/communication/publish", Some(&body), Some(&text)).await {
        Ok((status, answer)) => {
            assert!(status < 300, "{text}: {status} {answer}");
            accepted.insert(text);
            true
        }
        Err(_) => false,
    }
}

/// Opens the encrypted file with its key and checks every page.
async fn integrity(house: &House) -> String {
    use vieux_moulin_engine::secrets::{KeySource, PassphraseVault, open_key};
    let vault = PassphraseVault::from_passphrase_file(&house.data_dir(), &house.passphrase_file()).unwrap();
    let source = KeySource::Store(std::sync::Arc::new(vault));
    let key = open_key(&house.data_dir(), &source, jiff::Timestamp::now()).await.unwrap();
    let file = house.data_dir().join(vieux_moulin_engine::store::DATABASE_FILE);
    let connection = rusqlite::Connection::open(file).unwrap();
    connection.pragma_update(None, "key", format!("x'{}'", *key.to_hex())).unwrap();
    let damaged: Vec<String> = connection
        .prepare("PRAGMA cipher_integrity_check")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert!(damaged.is_empty(), "{damaged:?}");
    connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap()
}
