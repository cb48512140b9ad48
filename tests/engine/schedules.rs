//! T5: many random times across summer time, leap days and year ends; each at most once, none early,
//! whatever the clock does meanwhile.

use std::{collections::HashMap, time::Duration};

use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};
use proptest::prelude::*;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use vieux_moulin_engine::{
    connectors::Kind,
    domain::{DeliveryState as S, LatePolicy, Schedule, schedule::ScheduleNote},
};
use vieux_moulin_tests::app::TestApp;

const ZONES: [&str; 5] =
    ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu"];

/// Days around which clocks, months and years turn.
const DAYS: [(i16, i8, i8); 8] = [
    (2027, 3, 28),
    (2027, 10, 31),
    (2027, 3, 14),
    (2027, 11, 7),
    (2028, 2, 28),
    (2028, 2, 29),
    (2026, 12, 31),
    (2027, 4, 4),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// The instant of a wall time is that wall time in its zone, or the first one after a gap; of two,
    /// the first.
    #[test]
    fn a_wall_time_means_one_instant(day in 0..DAYS.len(), zone in 0..ZONES.len(), minute in -1440_i64..2880) {
        let (year, month, date) = DAYS[day];
        let local = civil::datetime(year, month, date, 0, 0, 0, 0) + SignedDuration::from_mins(minute);
        let schedule = Schedule::from_local(local, ZONES[zone]).unwrap();
        let tz = TimeZone::get(ZONES[zone]).unwrap();
        let shown = tz.to_datetime(schedule.at);
        match schedule.note {
            Some(ScheduleNote::GapMoved) => {
                prop_assert!(shown > local);
                let before = tz.to_datetime(schedule.at - SignedDuration::from_secs(1));
                prop_assert!(before < local, "{before} is after {local}: not the first valid time");
            }
            Some(ScheduleNote::FoldFirst) => {
                prop_assert_eq!(shown, local);
                // No earlier instant shows the same wall time.
                for mins in [30, 60, 1440] {
                    prop_assert_ne!(tz.to_datetime(schedule.at - SignedDuration::from_mins(mins)), local);
                }
            }
            None => prop_assert_eq!(shown, local),
        }
        prop_assert_eq!(Schedule::from_local(local, ZONES[zone]).unwrap().at, schedule.at);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_schedules_leave_at_most_once_and_never_early() {
    let seed = std::env::var("MOULIN_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(20_261_127);
    println!("T5 seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let mut app = TestApp::start(&[("a", Kind::A, false), ("e", Kind::E, true)]).await;
    app.account("a", "one").await;
    app.account("e", "one").await;
    let mut due: HashMap<String, Timestamp> = HashMap::new();
    let mut ids = Vec::new();
    for n in 0..400 {
        let (year, month, day) = DAYS[random.random_range(0..DAYS.len())];
        let midnight = civil::datetime(year, month, day, 0, 0, 0, 0);
        let local = midnight + SignedDuration::from_mins(random.random_range(0..1440));
        let text = format!("Plat {n}");
        let to = if random.random_bool(0.8) { "a" } else { "e" };
        let mut request = app.request(&text, to, None);
        request.scheduled_time = Some(local.to_string());
        request.timezone = Some(ZONES[random.random_range(0..ZONES.len())].into());
        if random.random_bool(0.7) {
            request.late_policy = LatePolicy::SendNow;
        }
        let published = app.publish(request).await;
        due.insert(text, published.deliveries[0].due_at);
        ids.push(published.deliveries[0].id.clone());
    }
    let mut times: Vec<Timestamp> = due.values().copied().collect();
    times.sort();
    for at in times {
        let ahead = Duration::try_from(at.duration_since(app.now())).unwrap_or(Duration::ZERO);
        match random.random_range(0..10) {
            // Awake until just before, then over it.
            0..=5 => app.clock.advance(ahead.saturating_sub(Duration::from_secs(1))),
            // Asleep over it.
            6 | 7 => app.clock.suspend(ahead + Duration::from_secs(random.random_range(0..20_000))),
            // Somebody sets the clock back an hour, or a day; it is put right later.
            8 => app.clock.set_wall(app.now() - SignedDuration::from_hours(1)),
            _ => app.clock.set_wall(app.now() - SignedDuration::from_hours(24)),
        }
        app.pass_by(Duration::from_secs(32), Duration::from_secs(16)).await;
    }
    app.clock.set_wall("2028-03-03T00:00:00Z".parse().unwrap());
    app.pass_by(Duration::from_secs(600), Duration::from_secs(30)).await;
    let (mut left, mut asked) = (0, 0);
    for world in &app.worlds {
        for object in world.objects() {
            let wanted = due[&object.text];
            let shown = object.scheduled.unwrap_or(object.at);
            assert!(shown >= wanted, "seed {seed}: {} left {shown}, due {wanted}", object.text);
            assert_eq!(world.count(&object.text), 1, "seed {seed}: {} left twice", object.text);
            left += 1;
        }
    }
    for id in &ids {
        match app.state(id).await {
            S::Published | S::HandedOver => {}
            S::Held | S::RetryAt | S::Expired => asked += 1,
            other => panic!("seed {seed}: {id} ended as {other:?}: {:#?}", app.delivery(id).await),
        }
    }
    println!("T5: {} items, {left} left, {asked} waiting for a decision or expired", ids.len());
    assert_eq!(left + asked, ids.len());
    assert!(left > 250, "too few left to mean anything");
}
