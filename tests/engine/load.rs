//! Five hundred targets that are due together: every channel gets its share, and no more than it allows.

use std::{collections::BTreeMap, time::Duration};

use jiff::SignedDuration;
use vieux_moulin_engine::connectors::{FailureClass as C, Kind};
use vieux_moulin_tests::{
    app::TestApp,
    scripted::{Act, Op},
};

const CHANNELS: [&str; 6] = ["one", "two", "three", "four", "five", "limited"];
const TARGETS: usize = 500;
/// Lanes are tasks of their own: how many acts one may be ahead for no other reason than the machine.
const HEAD_START: usize = 12;

/// Channels in the order in which their acts were begun.
fn order(app: &TestApp) -> Vec<String> {
    let database = app.open_database();
    let mut statement = database
        .prepare(
            "SELECT d.platform FROM attempts a JOIN deliveries d ON d.id = a.delivery_id
             WHERE a.step = 'send' ORDER BY a.id",
        )
        .unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_channel_starves_among_five_hundred_targets_and_limits_are_kept() {
    let platforms = CHANNELS.map(|id| (id, Kind::A, false));
    let mut app = TestApp::start(&platforms).await;
    for id in CHANNELS {
        app.account(id, "one").await;
    }
    let limited = app.worlds.last().unwrap().clone();
    limited.next(Op::Send, [Act::Honest, Act::Honest, Act::fail_after(C::Retry, 120)]);
    for n in 0..TARGETS {
        let to = CHANNELS[n % CHANNELS.len()];
        app.plan(&format!("Plat {n}"), to, Some(SignedDuration::from_secs(60))).await;
    }
    app.pass_by(Duration::from_secs(59), Duration::from_secs(59)).await;
    assert!(app.worlds.iter().all(|world| world.objects().is_empty()), "nothing leaves early");
    app.pass(Duration::from_secs(2)).await;

    // The limited channel stopped at its limit, for as long as it was told; the others are done.
    let sends = |world: &vieux_moulin_tests::scripted::World| {
        world.calls().iter().filter(|call| call.op == Op::Send).count()
    };
    assert_eq!((sends(&limited), limited.objects().len()), (3, 2));
    for world in &app.worlds[..CHANNELS.len() - 1] {
        assert!(world.objects().len() >= TARGETS / CHANNELS.len(), "{}", world.id());
    }
    app.pass_by(Duration::from_secs(115), Duration::from_secs(5)).await;
    assert_eq!(sends(&limited), 3, "the limited channel was asked before its time");

    // Of the channels that could go on, each had its share at every moment: its k-th act was among the
    // first 2 × k × (number of channels).
    let order = order(&app);
    let channels = CHANNELS.len() - 1;
    let mut done: BTreeMap<&str, usize> = BTreeMap::new();
    for (position, channel) in order.iter().filter(|channel| *channel != "limited").enumerate() {
        let k = done.entry(channel).or_default();
        *k += 1;
        let share = 2 * *k * channels + HEAD_START;
        assert!(position < share, "act {k} of {channel} came at position {position}, later than {share}");
    }
    assert_eq!(done.len(), channels);

    app.pass_by(Duration::from_secs(10), Duration::from_secs(5)).await;
    let objects: usize = app.worlds.iter().map(|world| world.objects().len()).sum();
    assert_eq!(objects, TARGETS, "each left once");
}
