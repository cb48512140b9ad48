//! T9: two instances started together.

use std::time::{Duration, Instant};

use serde_json::Value;
use vieux_moulin_sandbox::Platform;
use vieux_moulin_tests::process::{House, Networks, jpeg};

use super::{ONE_AT_A_TIME, planned_request, until_quiet};

const PAIRS: usize = 100;
const AT_MOST: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t9_of_two_instances_one_runs() {
    let _alone = ONE_AT_A_TIME.lock().await;
    let networks = Networks::start().unwrap();
    let house = House::new(&networks).unwrap();
    let first = house.serve(&[]).unwrap();
    first.connect_all(&networks).await.unwrap();
    let picture = first.upload(jpeg().unwrap()).await.unwrap();
    // What both of a pair would like to send.
    for n in 0..PAIRS {
        let at = jiff::Timestamp::now() + jiff::SignedDuration::from_millis(500 * i64::try_from(n).unwrap());
        let body = planned_request(Platform::Facebook, &format!("T9-{n:03}-fin"), &picture, at);
        first.post("/api/communication/publish", &body).await.unwrap();
    }
    first.kill();
    let began = Instant::now();
    let (mut pairs, mut both, mut none, mut refused) = (0, 0, 0, 0);
    while pairs < PAIRS && began.elapsed() < AT_MOST {
        let serve = ["--json", "serve", "--port", "0", "--ready-json"];
        let children: Vec<_> = (0..2).map(|_| house.command(&serve).unwrap().spawn().unwrap()).collect();
        let outcomes: Vec<_> = children
            .into_iter()
            .map(|mut child| {
                std::thread::spawn(move || {
                    let mut line = String::new();
                    let stdout = child.stdout.take().unwrap();
                    std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line).unwrap();
                    let ready =
                        serde_json::from_str::<Value>(&line).is_ok_and(|value| value["ready"] == true);
                    let exit = if ready { None } else { child.wait().unwrap().code() };
                    (ready, exit, child)
                })
            })
            .map(|thread| thread.join().unwrap())
            .collect();
        match outcomes.iter().filter(|(ready, ..)| *ready).count() {
            0 => none += 1,
            1 => {}
            _ => both += 1,
        }
        refused += outcomes.iter().filter(|(ready, exit, _)| !ready && *exit == Some(6)).count();
        for (_, _, mut child) in outcomes {
            let _ = child.kill();
            let _ = child.wait();
        }
        pairs += 1;
    }
    let running = house.serve(&[]).unwrap();
    until_quiet(&running, Duration::from_secs(120)).await;
    let objects = networks.objects(Platform::Facebook).await.unwrap();
    let count = |n: usize| objects.iter().filter(|o| o.text.contains(&format!("T9-{n:03}-fin"))).count();
    let lost = (0..PAIRS).filter(|n| count(*n) == 0).count();
    let twice = (0..PAIRS).filter(|n| count(*n) > 1).count();
    println!(
        "T9  pairs {pairs}  both ran {both}  none ran {none}  told so {refused}  items {PAIRS}  lost {lost}  twice {twice}"
    );
    assert_eq!((both, none, lost, twice), (0, 0, 0, 0));
    assert_eq!(refused, pairs, "the second one names its reason");
}
