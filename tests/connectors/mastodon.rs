//! Mastodon's own promises: handing over, changing, recognising; and the suspicion towards servers
//! that only resemble it.

use jiff::SignedDuration;
use serde_json::json;
use vieux_moulin_engine::connectors::{FailureClass, Finding, HandedOver, SendMode, Sent};
use vieux_moulin_sandbox::{FaultName, FaultParams, FaultRequest, Platform, objects::ObjectState};

use crate::support::{FIXTURES, Fixture, Scene, receipt};

fn fixture() -> &'static Fixture {
    FIXTURES.iter().find(|fixture| fixture.id == "mastodon").unwrap()
}

#[tokio::test]
async fn hands_over_moves_and_takes_back() {
    let scene = Scene::open(fixture()).await;
    let mut delivery = scene.delivery("Soirée jazz vendredi", true);
    let at = scene.stage.now() + SignedDuration::from_hours(5);
    delivery.mode = SendMode::At(at);
    delivery.prepare(&scene.stage).await.unwrap();
    let sent = delivery.send(&scene.stage).await.unwrap();
    assert!(matches!(sent, Sent::HandedOver(_)), "{sent:?}");
    assert!(scene.published().is_empty());
    let HandedOver::Scheduled { at: Some(kept) } = delivery.verify(&scene.stage).await.unwrap() else {
        panic!("not waiting");
    };
    assert!(kept.duration_since(at).abs() < SignedDuration::from_secs(2));

    let later = at + SignedDuration::from_hours(1);
    delivery.mode = SendMode::At(later);
    delivery.update(&scene.stage).await.unwrap();
    delivery.content.text.push_str(" et samedi");
    let refused = delivery.update(&scene.stage).await.unwrap_err();
    assert_eq!(refused.problem.code, "edit_needs_new_delivery");

    delivery.delete(&scene.stage).await.unwrap();
    // Gone from the scheduler and in no list: those lag, so the queue believes it after several looks only.
    let unseen = delivery.delete(&scene.stage).await.unwrap_err();
    assert_eq!(unseen.problem.code, "hand_over_unseen");
    assert!(matches!(delivery.verify(&scene.stage).await.unwrap(), HandedOver::Gone));
}

#[tokio::test]
async fn a_doubtful_hand_over_is_found_among_the_scheduled() {
    for fault in [FaultName::AcceptThenReset, FaultName::ResetBefore, FaultName::TruncatedJson] {
        let scene = Scene::open(fixture()).await;
        let mut delivery = scene.delivery("Soirée jazz vendredi", true);
        delivery.mode = SendMode::At(scene.stage.now() + SignedDuration::from_hours(5));
        delivery.prepare(&scene.stage).await.unwrap();
        scene.fault(fault).await;
        delivery.send(&scene.stage).await.unwrap_err();
        assert!(matches!(delivery.settle(&scene.stage).await, Sent::HandedOver(_)));
        let objects = scene.sandbox.objects(Platform::Mastodon);
        let waiting = objects.iter().filter(|object| object.state == ObjectState::Scheduled).count();
        assert_eq!((waiting, objects.len()), (1, 1), "{fault:?}");
    }
}

#[tokio::test]
async fn finds_what_the_server_published_at_its_time() {
    let mut scene = Scene::open(fixture()).await;
    let mut delivery =
        scene.post("Marché de <Noël> & vin chaud, @voisin@piaille.fr #Vensac\nhttps://moulin.fr/?a=1&b=2");
    delivery.mode = SendMode::At(scene.stage.now() + SignedDuration::from_mins(30));
    delivery.prepare(&scene.stage).await.unwrap();
    delivery.send(&scene.stage).await.unwrap();
    scene.sandbox.move_clock(3600);
    scene.stage.ahead = SignedDuration::from_hours(1);
    let published = loop {
        match delivery.verify(&scene.stage).await.unwrap() {
            HandedOver::Published(receipt) => break receipt,
            HandedOver::Scheduled { .. } => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            seen => panic!("the published post was not recognised: {seen:?}"),
        }
    };
    assert_eq!(scene.published().first().unwrap().id, published.remote_id);
    // Taking it back now must remove what became public.
    delivery.delete(&scene.stage).await.unwrap();
    assert!(scene.published().is_empty());
}

/// Another program of the owner moved it forward: it is out long before our time. Whether the words in
/// the list are this post must be told by a person: it is neither made anew nor said to be cancelled.
#[tokio::test]
async fn what_came_out_long_before_its_time_is_not_taken_for_missing() {
    let mut scene = Scene::open(fixture()).await;
    let mut delivery = scene.post("Soirée huîtres");
    let (planned, moved) = (SignedDuration::from_mins(90), scene.stage.now() + SignedDuration::from_mins(7));
    let due_at = scene.stage.now() + planned;
    delivery.mode = SendMode::At(due_at);
    delivery.prepare(&scene.stage).await.unwrap();
    delivery.send(&scene.stage).await.unwrap();
    delivery.mode = SendMode::At(moved);
    delivery.update(&scene.stage).await.unwrap();
    delivery.mode = SendMode::At(due_at);
    scene.sandbox.move_clock(10 * 60);
    scene.stage.ahead = SignedDuration::from_mins(10);
    while scene.published().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let unclear = delivery.verify(&scene.stage).await.unwrap_err();
    assert_eq!(unclear.problem.code, "hand_over_unverified");
    let kept = delivery.delete(&scene.stage).await.unwrap_err();
    assert_eq!((kept.class, kept.problem.code.as_str()), (FailureClass::Content, "hand_over_unverified"));
    assert_eq!(scene.published().len(), 1);
}

#[tokio::test]
async fn edits_the_text_of_a_published_post() {
    let scene = Scene::open(fixture()).await;
    let mut delivery = scene.delivery("Lotte au curry", true);
    delivery.prepare(&scene.stage).await.unwrap();
    delivery.send(&scene.stage).await.unwrap();
    delivery.content.text = "Lotte au safran".to_owned();
    delivery.update(&scene.stage).await.unwrap();
    let published = scene.published();
    let object = published.first().unwrap();
    assert_eq!((object.text.as_str(), object.media.len()), ("Lotte au safran", 1));
}

#[tokio::test]
async fn a_new_description_alone_is_an_edit() {
    let scene = Scene::open(fixture()).await;
    let mut delivery = scene.delivery("Lotte au curry", true);
    delivery.prepare(&scene.stage).await.unwrap();
    delivery.send(&scene.stage).await.unwrap();
    delivery.content.images[0].alt_text = "Une assiette de lotte".to_owned();
    delivery.update(&scene.stage).await.unwrap();
    let published = scene.published();
    assert_eq!(published[0].media[0].alt_text.as_deref(), Some("Une assiette de lotte"));
    assert_eq!(published[0].text, "Lotte au curry");
}

/// Edited between two attempts: the picture on the server has the old description.
#[tokio::test]
async fn a_description_changed_before_sending_is_the_one_that_is_sent() {
    let scene = Scene::open(fixture()).await;
    let mut delivery = scene.delivery("Lotte au curry", true);
    delivery.prepare(&scene.stage).await.unwrap();
    delivery.content.images[0].alt_text = "Une assiette de lotte".to_owned();
    delivery.prepare(&scene.stage).await.unwrap();
    delivery.send(&scene.stage).await.unwrap();
    assert_eq!(scene.published()[0].media[0].alt_text.as_deref(), Some("Une assiette de lotte"));
}

/// The server keeps up to 300 of them and shows 40 at once.
#[tokio::test]
async fn a_doubtful_hand_over_is_found_behind_many_others() {
    let scene = Scene::open(fixture()).await;
    let mut doubtful = scene.post("Soirée jazz");
    doubtful.mode = SendMode::At(scene.stage.now() + SignedDuration::from_hours(5));
    doubtful.prepare(&scene.stage).await.unwrap();
    scene.fault(FaultName::AcceptThenReset).await;
    doubtful.send(&scene.stage).await.unwrap_err();
    for n in 0..45 {
        let mut other = scene.post(&format!("Plat {n}"));
        other.mode = SendMode::At(scene.stage.now() + SignedDuration::from_hours(6 + n));
        other.prepare(&scene.stage).await.unwrap();
        other.send(&scene.stage).await.unwrap();
    }
    let found = doubtful.reconcile(&scene.stage).await.unwrap();
    assert!(matches!(found, Finding::Found { sent: Sent::HandedOver(_), .. }), "{found:?}");
}

#[tokio::test]
async fn waits_for_a_picture_in_processing() {
    let scene = Scene::open(fixture()).await;
    let params = FaultParams { polls: Some(3), ..FaultParams::default() };
    scene.play(FaultRequest { params, ..FaultRequest::new(FaultName::MediaProcessing) }).await;
    let mut delivery = scene.delivery("Huîtres", true);
    delivery.prepare(&scene.stage).await.unwrap();
    delivery.send(&scene.stage).await.unwrap();
    assert_eq!(scene.published().first().unwrap().media.len(), 1);
}

#[tokio::test]
async fn the_key_is_trusted_for_less_than_an_hour_and_on_real_servers_only() {
    let mut scene = Scene::open(fixture()).await;
    let mut delivery = scene.post("Plat du jour");
    delivery.prepare(&scene.stage).await.unwrap();
    delivery.first_sent_at = Some(scene.stage.now());
    assert!(matches!(delivery.reconcile(&scene.stage).await.unwrap(), Finding::Repeat));
    scene.stage.ahead = SignedDuration::from_mins(55);
    assert!(matches!(delivery.reconcile(&scene.stage).await.unwrap(), Finding::NotFound));

    scene.stage.ahead = SignedDuration::ZERO;
    scene.stage.account.facts.insert("real_mastodon".into(), json!(false));
    assert!(matches!(delivery.reconcile(&scene.stage).await.unwrap(), Finding::NotFound));
    let limits = scene.stage.connector.effective_limits(&scene.stage.account);
    assert_eq!(limits.hand_over_min_secs, None);
    delivery.mode = SendMode::At(scene.stage.now() + SignedDuration::from_hours(5));
    delivery.prepare(&scene.stage).await.unwrap();
    delivery.send(&scene.stage).await.unwrap_err();
    assert!(
        scene.sandbox.objects(Platform::Mastodon).is_empty(),
        "a time was sent to a server that ignores it"
    );
}

#[tokio::test]
async fn attempts_share_a_key_and_edited_content_does_not() {
    let scene = Scene::open(fixture()).await;
    let mut delivery = scene.post("Plat du jour");
    delivery.prepare(&scene.stage).await.unwrap();
    let key = delivery.marks["idempotency_key"].clone();
    delivery.prepare(&scene.stage).await.unwrap();
    assert_eq!(delivery.marks["idempotency_key"], key);
    let sent = delivery.send(&scene.stage).await.unwrap();
    let again = delivery.send(&scene.stage).await.unwrap();
    assert_eq!(receipt(&sent).remote_id, receipt(&again).remote_id);
    delivery.content.text = "Plat du soir".to_owned();
    delivery.prepare(&scene.stage).await.unwrap();
    assert_ne!(delivery.marks["idempotency_key"], key);
}
