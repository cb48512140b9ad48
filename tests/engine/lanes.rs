//! One platform's trouble is its own (promise P5); the network as a state; dead tokens.

use std::time::Duration;

use jiff::SignedDuration;
use vieux_moulin_engine::{
    connectors::{Credentials, FailureClass as C, Kind},
    domain::{AccountState, DeliveryState as S},
    queue::Pause,
};
use vieux_moulin_tests::{
    app::TestApp,
    scripted::{Act, Op},
};

const IN_A_MINUTE: Option<SignedDuration> = Some(SignedDuration::from_secs(60));

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_others_leave_on_time_while_one_platform_refuses_or_hangs() {
    for act in [Act::fail(C::Retry), Act::fail(C::NotSent), Act::fail(C::Unknown), Act::Hang, Act::Panic] {
        let mut app = TestApp::start(&[("broken", Kind::E, false), ("sound", Kind::A, false)]).await;
        app.account("broken", "one").await;
        app.account("sound", "one").await;
        app.world().always(Op::Send, act.clone());
        for n in 0..5 {
            app.plan(&format!("Plat {n}"), "broken", IN_A_MINUTE).await;
        }
        let mut others = Vec::new();
        for n in 0..5 {
            let after = SignedDuration::from_secs(60 + 7 * n);
            others.push((app.plan(&format!("Dessert {n}"), "sound", Some(after)).await, app.now() + after));
        }
        app.pass(Duration::from_secs(100)).await;
        for (id, due) in others {
            let delivery = app.delivery(&id).await;
            assert_eq!(delivery.state, S::Published, "{act:?}");
            let late = delivery.finished_at.unwrap().duration_since(due).as_secs();
            assert!((0..2).contains(&late), "{late} s late, {act:?}");
        }
        app.world().always(Op::Send, Act::Honest);
        for _ in 0..10 {
            app.world().release.notify_one();
        }
        app.settle().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_token_stops_the_account_with_one_message_and_resumes_in_order() {
    let mut app = TestApp::start(&[("scripted", Kind::E, false)]).await;
    let account = app.account("scripted", "one").await;
    app.world().next(Op::Send, [Act::fail(C::Reauth)]);
    let mut ids = Vec::new();
    for n in 0..6 {
        ids.push(app.plan(&format!("Plat {n}"), "scripted", Some(SignedDuration::from_secs(n + 1))).await);
    }
    app.pass(Duration::from_secs(120)).await;
    assert_eq!(app.world().calls().iter().filter(|c| c.op == Op::Send).count(), 1);
    assert_eq!(app.alerts().await, [("account_needs_reauth".to_owned(), 1)]);
    assert_eq!(app.state(&ids[0]).await, S::NeedsReauth);
    let mut credentials = Credentials::default();
    credentials.set("token", "one");
    let reconnected = app.engine.connections.reconnect(&account, credentials, "window").await.unwrap();
    assert_eq!(reconnected.state, AccountState::Connected);
    app.pass(Duration::from_secs(3)).await;
    let order: Vec<String> = app.world().objects().into_iter().map(|object| object.text).collect();
    assert_eq!(order, (0..6).map(|n| format!("Plat {n}")).collect::<Vec<_>>());
    assert!(app.alerts().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_doubt_with_a_dead_token_is_looked_up_after_reconnecting() {
    let mut app = TestApp::start(&[("scripted", Kind::E, false)]).await;
    let account = app.account("scripted", "one").await;
    app.world().next(Op::Send, [Act::accepted_unheard()]);
    app.world().next(Op::Reconcile, [Act::fail(C::Reauth)]);
    let id = app.plan("Soupe", "scripted", None).await;
    app.pass(Duration::from_secs(5)).await;
    assert_eq!(app.state(&id).await, S::Unknown);
    let mut credentials = Credentials::default();
    credentials.set("token", "one");
    app.engine.connections.reconnect(&account, credentials, "window").await.unwrap();
    app.until(&id, S::Published, Duration::from_secs(30)).await;
    assert_eq!(app.world().objects().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_goes_on_within_ten_seconds_of_the_network_coming_back() {
    let mut app = TestApp::start(&[("north", Kind::E, false), ("south", Kind::A, false)]).await;
    app.account("north", "one").await;
    app.account("south", "one").await;
    for world in &app.worlds {
        world.always(Op::Prepare, Act::fail(C::NotSent));
    }
    let mut ids = Vec::new();
    for n in 0..4 {
        let to = if n % 2 == 0 { "north" } else { "south" };
        ids.push(app.plan(&format!("Plat {n}"), to, None).await);
    }
    // Less than five minutes: nothing is late enough for the late rules.
    app.pass_by(Duration::from_secs(240), Duration::from_secs(5)).await;
    assert!(!app.engine.queue.connectivity.is_online());
    assert!(app.worlds.iter().all(|world| world.objects().is_empty()));
    for world in &app.worlds {
        world.always(Op::Prepare, Act::Honest);
    }
    app.pass(Duration::from_secs(10)).await;
    for id in ids {
        let delivery = app.delivery(&id).await;
        assert_eq!((delivery.state, delivery.attempts), (S::Published, 1));
    }
    assert!(app.alerts().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_busy_account_is_enough_to_notice_that_the_network_is_away() {
    let mut app = TestApp::start(&[("north", Kind::E, false), ("south", Kind::A, false)]).await;
    // Two servers that nothing answers on: the network cable is out.
    app.worlds[0].live_on("http://127.0.0.1:9");
    app.worlds[1].live_on("http://127.0.0.1:7");
    app.account("north", "one").await;
    app.account("south", "one").await;
    let earlier = app.plan("Hier", "south", None).await;
    app.until(&earlier, S::Published, Duration::from_secs(5)).await;
    app.worlds[0].always(Op::Prepare, Act::fail(C::NotSent));
    let id = app.plan("Soupe", "north", None).await;
    app.pass_by(Duration::from_secs(200), Duration::from_secs(5)).await;
    assert!(!app.engine.queue.connectivity.is_online());
    app.worlds[0].always(Op::Prepare, Act::Honest);
    app.pass(Duration::from_secs(10)).await;
    assert_eq!(app.state(&id).await, S::Published);
    assert!(app.engine.queue.connectivity.is_online());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_holds_everything_back_and_survives_a_restart() {
    let app = TestApp::start(&[("scripted", Kind::E, false)]).await;
    let account = app.account("scripted", "one").await;
    let until = app.now() + SignedDuration::from_secs(600);
    app.engine.queue.set_pause(Pause::Until { at: until }, "test").await.unwrap();
    let id = app.plan("Soupe", "scripted", None).await;
    let mut app = app.restart().await;
    app.pass_by(Duration::from_secs(595), Duration::from_secs(5)).await;
    assert_eq!(app.state(&id).await, S::Queued);
    app.pass(Duration::from_secs(8)).await;
    assert_eq!(app.state(&id).await, S::Published);
    // One account alone.
    app.engine.connections.set_paused(&account, true, "test").await.unwrap();
    let second = app.plan("Tarte", "scripted", None).await;
    app.pass(Duration::from_secs(60)).await;
    assert_eq!(app.state(&second).await, S::Queued);
    app.engine.connections.set_paused(&account, false, "test").await.unwrap();
    app.pass(Duration::from_secs(2)).await;
    assert_eq!(app.state(&second).await, S::Published);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_failures_in_a_row_pause_the_lane_with_one_probe_at_a_time() {
    let mut app = TestApp::start(&[("scripted", Kind::E, false)]).await;
    let account = app.account("scripted", "one").await;
    app.world().always(Op::Prepare, Act::fail(C::Retry));
    for n in 0..5 {
        app.plan(&format!("Plat {n}"), "scripted", None).await;
    }
    app.settle().await;
    let status = app.engine.queue.lane_status(&account);
    assert_eq!(status.consecutive_failures, 5);
    let reopens = status.not_before.unwrap();
    let last = app.plan("Dessert", "scripted", None).await;
    app.pass(Duration::from_secs(10)).await;
    assert_eq!(app.state(&last).await, S::Queued, "a paused lane starts nothing");
    app.world().always(Op::Prepare, Act::Honest);
    let wait = reopens.duration_since(app.now()).as_secs().unsigned_abs() + 60;
    app.pass(Duration::from_secs(wait)).await;
    assert_eq!(app.state(&last).await, S::Published);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_more_than_ten_minutes_off_keeps_even_the_first_irreversible_call_waiting() {
    use std::sync::{Arc, Mutex};
    let mut app = TestApp::start(&[("scripted", Kind::E, false)]).await;
    let offset = Arc::new(Mutex::new(SignedDuration::from_mins(15)));
    let server = dated_server(app.clock.clone(), offset.clone(), None).await;
    app.world().live_on(&server);
    app.account("scripted", "one").await;
    app.world().ask_clock_of(&server);
    let second = app.plan("Tarte", "scripted", None).await;
    app.pass(Duration::from_secs(130)).await;
    let waiting = app.delivery(&second).await;
    assert_eq!((waiting.state, waiting.attempts), (S::RetryAt, 0));
    assert_eq!(waiting.problem.unwrap().code, "clock_wrong");
    assert!(app.world().calls_of(Op::Send, "Tarte").is_empty());
    *offset.lock().unwrap() = SignedDuration::ZERO;
    app.until(&second, S::Published, Duration::from_secs(120)).await;
}

/// A platform whose answers say that its limit is near is given time, before it has to refuse anything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_nearly_used_quota_spaces_the_acts_of_its_account() {
    use std::sync::{Arc, Mutex};
    let mut app = TestApp::start(&[("scripted", Kind::E, false)]).await;
    let account = app.account("scripted", "one").await;
    let server =
        dated_server(app.clock.clone(), Arc::new(Mutex::new(SignedDuration::ZERO)), Some("120")).await;
    app.world().ask_clock_of(&server);
    let first = app.plan("Soupe", "scripted", None).await;
    app.until(&first, S::Published, Duration::from_secs(10)).await;
    let status = app.engine.queue.lane_status(&account);
    assert_eq!(status.consecutive_failures, 0, "nothing failed");
    let opens = status.not_before.expect("a pause");
    assert!(opens.duration_since(app.now()) > SignedDuration::from_secs(90), "{opens}");
    let second = app.plan("Tarte", "scripted", None).await;
    app.pass(Duration::from_secs(60)).await;
    assert_eq!(app.state(&second).await, S::Queued);
    assert!(app.world().calls_of(Op::Send, "Tarte").is_empty());
    app.until(&second, S::Published, Duration::from_secs(120)).await;
}

/// Answers with a `Date` that is `offset` away from the test's clock, and with a used-up quota that
/// comes back after `reset` seconds.
async fn dated_server(
    clock: std::sync::Arc<vieux_moulin_engine::clock::FakeClock>,
    offset: std::sync::Arc<std::sync::Mutex<SignedDuration>>,
    reset: Option<&'static str>,
) -> String {
    use vieux_moulin_engine::clock::Clock as _;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let app = axum::Router::new().fallback(move || {
        let (clock, offset) = (clock.clone(), offset.clone());
        async move {
            let theirs = clock.now() + *offset.lock().unwrap();
            let zoned = theirs.to_zoned(jiff::tz::TimeZone::UTC);
            let mut headers = axum::http::HeaderMap::new();
            let date = zoned.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
            headers.insert("date", date.parse().unwrap());
            for (name, value) in [
                ("ratelimit-limit", "100"),
                ("ratelimit-remaining", "0"),
                ("ratelimit-reset", reset.unwrap_or_default()),
            ] {
                if reset.is_some() {
                    headers.insert(name, value.parse().unwrap());
                }
            }
            (headers, "{}")
        }
    });
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}
