//! A day without a network, with forty things planned.

use std::time::Duration;

use jiff::SignedDuration;
use vieux_moulin_engine::{
    connectors::{FailureClass as C, Kind},
    domain::{ContentKind, DeliveryState as S, LatePolicy},
};
use vieux_moulin_tests::{
    app::TestApp,
    scripted::{Act, Op},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forty_actions_of_a_day_offline_are_all_kept_and_each_follows_its_rule() {
    let mut app = TestApp::start(&[("north", Kind::E, false), ("south", Kind::A, false)]).await;
    app.account("north", "one").await;
    app.account("south", "one").await;
    for world in &app.worlds {
        world.always(Op::Prepare, Act::fail(C::NotSent));
        world.always(Op::Check, Act::fail(C::NotSent));
    }
    let to = |n: i64| if n % 2 == 0 { "north" } else { "south" };
    let (mut wanted, mut dishes, mut old, mut future) = (vec![], vec![], vec![], vec![]);
    // Planned through the day, in another order than they are due.
    for n in (0..10).rev() {
        // However late, it is wanted.
        let mut request =
            app.request(&format!("Voulu {n}"), to(n), Some(SignedDuration::from_mins(60 + 10 * n)));
        request.late_policy = LatePolicy::SendNow;
        wanted.push(app.publish(request).await.deliveries[0].id.clone());
        // Only before the end of its service.
        let mut request = app.request(&format!("Plat {n}"), to(n), Some(SignedDuration::from_mins(30 + n)));
        request.kind = ContentKind::DishOfTheDay;
        dishes.push(app.publish(request).await.deliveries[0].id.clone());
        old.push(app.plan(&format!("Photo {n}"), to(n), Some(SignedDuration::from_mins(90 + n))).await);
        app.pass_by(Duration::from_mins(3), Duration::from_mins(3)).await;
    }
    app = {
        // The machine is even switched off and on in between.
        app.pass_by(Duration::from_hours(11), Duration::from_mins(15)).await;
        app.restart().await
    };
    app.pass_by(Duration::from_hours(12), Duration::from_mins(15)).await;
    for n in 0..10 {
        future.push(app.plan(&format!("Demain {n}"), to(n), Some(SignedDuration::from_mins(120 + n))).await);
    }
    assert!(app.worlds.iter().all(|world| world.objects().is_empty()));
    assert!(!app.engine.queue.connectivity.is_online());
    for id in wanted.iter().chain(&future) {
        let delivery = app.delivery(id).await;
        assert!(matches!(delivery.state, S::Queued | S::RetryAt), "{delivery:#?}");
        assert_eq!(delivery.attempts, 0, "waiting for the network is no attempt");
    }

    for world in &app.worlds {
        world.always(Op::Prepare, Act::Honest);
        world.always(Op::Check, Act::Honest);
    }
    app.pass(Duration::from_secs(15)).await;
    assert!(app.engine.queue.connectivity.is_online());
    for id in &wanted {
        assert_eq!(app.state(id).await, S::Published);
    }
    for world in &app.worlds {
        let texts: Vec<String> = world.objects().into_iter().map(|object| object.text).collect();
        let mut in_order = texts.clone();
        in_order.sort();
        assert_eq!((texts.len(), &texts), (5, &in_order), "the oldest leaves first");
    }
    for id in &dishes {
        assert_eq!(app.state(id).await, S::Expired, "yesterday's dish is no longer wanted");
    }
    for id in &old {
        assert_eq!(app.state(id).await, S::Held, "a person decides");
    }
    app.pass_by(Duration::from_hours(3), Duration::from_mins(5)).await;
    for id in &future {
        assert_eq!(app.state(id).await, S::Published);
    }
    let everything: Vec<String> =
        app.worlds.iter().flat_map(|world| world.objects()).map(|object| object.text).collect();
    assert_eq!(everything.len(), 20, "{everything:?}");
    assert!(app.worlds.iter().all(|world| world.objects().iter().all(|o| world.count(&o.text) == 1)));
}
