//! Instagram's own behaviour, against the double of an account: what the generic contract cannot ask.

use jiff::SignedDuration;
use serde_json::json;
use vieux_moulin_engine::{
    connectors::{FailureClass, Finding, HandedOver, Prepared, Sent, Severity},
    domain::OutgoingImage,
};
use vieux_moulin_sandbox::{FaultName, FaultParams, FaultRequest, seed};

use crate::{
    between::{Between, Way},
    support::{Delivery, FIXTURES, Scene, receipt},
};

async fn scene() -> Scene {
    Scene::open(FIXTURES.iter().find(|fixture| fixture.id == "instagram").unwrap()).await
}

fn carousel(scene: &Scene, count: usize) -> Delivery {
    let mut delivery = scene.post("Nos plats");
    delivery.content.images = (0..count)
        .map(|n| OutgoingImage {
            media_id: n.to_string().as_str().into(),
            alt_text: format!("Photo {n}"),
            source_url: None,
        })
        .collect();
    delivery
}

fn codes(scene: &Scene, delivery: &Delivery) -> Vec<(String, Severity)> {
    scene
        .stage
        .publisher()
        .check_content(&delivery.content, &scene.stage.account)
        .into_iter()
        .map(|problem| (problem.code, problem.severity))
        .collect()
}

#[tokio::test]
async fn the_linked_account_is_found_by_itself() {
    let scene = scene().await;
    let identity = scene.stage.check().await.unwrap();
    assert_eq!(identity.remote_id, seed::instagram_id(1));
    assert_eq!(identity.handle, seed::instagram_username(1));
    assert_eq!(identity.facts["page_id"], seed::facebook_page_id(1));
    assert_eq!(identity.facts["quota_total"], 50);
}

#[tokio::test]
async fn what_instagram_cannot_take_is_said_before_anything_leaves() {
    let mut scene = scene().await;
    let words = scene.delivery("Fermé lundi", false);
    assert_eq!(codes(&scene, &words), [("text_only_not_allowed".to_owned(), Severity::Error)]);
    let mut photo = scene.delivery("Moules", true);
    assert!(codes(&scene, &photo).is_empty(), "the Page lends its address");
    scene.stage.account.settings.facebook_photo_host = false;
    assert_eq!(codes(&scene, &photo), [("public_url_needed".to_owned(), Severity::Error)]);
    photo.content.images[0].source_url = Some("https://moulin.example/moules.jpg".to_owned());
    assert!(codes(&scene, &photo).is_empty());
    photo.content.images[0].source_url = Some("https://moulin.example/moules.png".to_owned());
    assert_eq!(codes(&scene, &photo).len(), 1);
}

#[tokio::test]
async fn a_carousel_keeps_order_words_and_descriptions() {
    let scene = scene().await;
    let mut delivery = carousel(&scene, 3);
    delivery.prepare(&scene.stage).await.unwrap();
    assert!(scene.published().is_empty());
    delivery.send(&scene.stage).await.unwrap();
    let posts = scene.published();
    assert_eq!((posts.len(), posts[0].text.as_str()), (1, "Nos plats"));
    let alts: Vec<_> = posts[0].media.iter().map(|media| media.alt_text.clone().unwrap()).collect();
    assert_eq!(alts, ["Photo 0", "Photo 1", "Photo 2"]);
}

/// Instagram crops all to the first; ours come that way, so nothing is cut off unseen.
#[tokio::test]
async fn a_carousel_has_the_ratio_of_its_first_picture() {
    let scene = scene().await;
    for (names, (width, height)) in
        [(["tall", "plain", "wide"], (480, 600)), (["wide", "tall", "plain"], (640, 400))]
    {
        let mut delivery = carousel(&scene, 3);
        for (image, name) in delivery.content.images.iter_mut().zip(names) {
            image.media_id = name.into();
        }
        delivery.prepare(&scene.stage).await.unwrap();
        delivery.send(&scene.stage).await.unwrap();
        for media in &scene.published().last().unwrap().media {
            let difference = media.width * height - media.height * width;
            assert!(difference.cast_signed().abs() <= width.cast_signed(), "{media:?}");
        }
    }
}

/// Pages fill up with hidden photos otherwise: they only lent their address.
#[tokio::test]
async fn hidden_page_photos_are_removed_after_publication() {
    let mut scene = scene().await;
    let mut delivery = carousel(&scene, 2);
    delivery.prepare(&scene.stage).await.unwrap();
    let sent = delivery.send(&scene.stage).await.unwrap();
    assert!(receipt(&sent).leftovers);
    let hosted: Vec<String> = serde_json::from_value(delivery.marks["hosted"].clone()).unwrap();
    assert_eq!(hosted.len(), 2);

    // A Page that cannot be reached changes nothing about the post, and is asked again.
    let base = scene.stage.base_url.clone();
    let between = Between::start(&base, |asked| {
        if asked.method == "DELETE" { Way::Instead(503, json!({})) } else { Way::Through }
    })
    .await;
    scene.stage.move_to(&between.base);
    match delivery.verify(&scene.stage).await.unwrap() {
        HandedOver::Published(receipt) => assert!(receipt.leftovers && receipt.permalink.is_some()),
        other => panic!("{other:?}"),
    }
    scene.stage.move_to(&base);
    for _ in 0..2 {
        match delivery.verify(&scene.stage).await.unwrap() {
            HandedOver::Published(seen) => {
                assert_eq!(seen.remote_id, receipt(&sent).remote_id);
                assert!(!seen.leftovers && seen.permalink.is_some());
            }
            other => panic!("{other:?}"),
        }
    }
    for photo in hosted {
        let removals = scene.sandbox.requests(scene.fixture.platform);
        let status = removals
            .iter()
            .find(|request| request.method == "DELETE" && request.path.ends_with(&photo))
            .and_then(|request| request.status);
        assert_eq!(status, Some(200), "{photo}");
    }
    assert_eq!(scene.published().len(), 1, "the post keeps its pictures");
}

/// A list that lags behind gave only the container's number: the post's own is found later.
#[tokio::test]
async fn what_is_known_by_its_container_is_found_and_removed() {
    let mut scene = scene().await;
    let mut delivery = scene.post("Moules");
    delivery.prepare(&scene.stage).await.unwrap();
    scene.fault(FaultName::AcceptThenReset).await;
    delivery.send(&scene.stage).await.unwrap_err();
    scene.stage.ahead = SignedDuration::from_mins(5);
    scene
        .play(FaultRequest {
            params: FaultParams { secs: Some(3600), ..FaultParams::default() },
            ..FaultRequest::new(FaultName::ListingLag)
        })
        .await;
    let sent = delivery.settle(&scene.stage).await;
    let container = receipt(&sent).remote_id.clone();
    assert_ne!(container, scene.published()[0].id);
    match delivery.verify(&scene.stage).await.unwrap() {
        HandedOver::Published(receipt) => {
            assert_eq!(receipt.remote_id, scene.published()[0].id);
            assert!(receipt.permalink.is_some());
        }
        other => panic!("{other:?}"),
    }
    delivery.delete(&scene.stage).await.unwrap();
    assert!(scene.published().is_empty());
}

/// Two posts with the same words: which one the container became is not known, so none is removed.
#[tokio::test]
async fn of_two_that_may_be_meant_none_is_removed() {
    let scene = scene().await;
    let mut other = scene.post("Moules");
    other.prepare(&scene.stage).await.unwrap();
    other.send(&scene.stage).await.unwrap();
    let mut delivery = scene.post("Moules");
    delivery.prepare(&scene.stage).await.unwrap();
    delivery.send(&scene.stage).await.unwrap();
    delivery.remote_id = delivery.marks["items"][0]["container"].as_str().map(str::to_owned);
    let failure = delivery.delete(&scene.stage).await.unwrap_err();
    assert_eq!(failure.problem.code, "remote_id_unknown");
    assert_eq!(scene.published().len(), 2);
}

#[tokio::test]
async fn a_slow_container_is_waited_for_with_growing_pauses() {
    let scene = scene().await;
    let mut request = FaultRequest::new(FaultName::MediaProcessing);
    request.only.path_contains = Some("/media".to_owned());
    scene.play(request).await;
    let mut delivery = scene.post("Moules");
    let mut pauses = Vec::new();
    loop {
        let credentials = scene.stage.vault.current.lock().unwrap().clone();
        match scene
            .stage
            .publisher()
            .prepare(&scene.stage.access(&credentials), &delivery.job())
            .await
            .unwrap()
        {
            Prepared::Wait { marks, after } => {
                delivery.marks = marks;
                pauses.push(after.as_secs());
            }
            Prepared::Ready { marks } => {
                delivery.marks = marks;
                break;
            }
        }
    }
    pauses.retain(|pause| *pause > 0);
    assert_eq!(pauses, [5, 10, 20, 40]);
    delivery.send(&scene.stage).await.unwrap();
}

#[tokio::test]
async fn a_container_that_fails_is_built_again_and_then_given_up() {
    let scene = scene().await;
    scene.fault(FaultName::ContainerError).await;
    let mut delivery = scene.post("Moules");
    delivery.prepare(&scene.stage).await.unwrap();
    delivery.send(&scene.stage).await.unwrap();
    assert_eq!(scene.published().len(), 1);

    let mut request = FaultRequest::new(FaultName::ContainerError);
    request.times = 0;
    scene.play(request).await;
    let mut hopeless = scene.post("Huîtres");
    let failure = hopeless.prepare(&scene.stage).await.unwrap_err();
    assert_eq!(
        (failure.class, failure.problem.code.as_str()),
        (FailureClass::Content, "media_processing_failed")
    );
}

/// A used container "does not exist" any more: to build another one on this answer posts twice.
#[tokio::test]
async fn a_used_container_is_never_replaced() {
    let scene = scene().await;
    let mut delivery = scene.post("Moules");
    delivery.prepare(&scene.stage).await.unwrap();
    scene.fault(FaultName::AcceptThenReset).await;
    assert_eq!(delivery.send(&scene.stage).await.unwrap_err().class, FailureClass::Unknown);
    assert_eq!(delivery.send(&scene.stage).await.unwrap_err().class, FailureClass::Unknown);
    assert_eq!(delivery.prepare(&scene.stage).await.unwrap_err().class, FailureClass::Duplicate);
    assert!(matches!(delivery.reconcile(&scene.stage).await.unwrap(), Finding::Found { .. }));
    assert_eq!(scene.published().len(), 1);
}

#[tokio::test]
async fn an_expired_container_is_rebuilt() {
    let scene = scene().await;
    let mut delivery = scene.post("Moules");
    delivery.prepare(&scene.stage).await.unwrap();
    scene.sandbox.move_clock(25 * 3600);
    assert_eq!(delivery.send(&scene.stage).await.unwrap_err().class, FailureClass::Unknown);
    delivery.settle(&scene.stage).await;
    assert_eq!(scene.published().len(), 1);
}

#[tokio::test]
async fn a_missing_permalink_changes_nothing() {
    let scene = scene().await;
    let mut delivery = scene.post("Moules");
    delivery.prepare(&scene.stage).await.unwrap();
    scene.fault(FaultName::PermalinkFails).await;
    delivery.send(&scene.stage).await.unwrap();
    delivery.delete(&scene.stage).await.unwrap();
    delivery.delete(&scene.stage).await.unwrap();
    assert!(scene.published().is_empty());
}

#[tokio::test]
async fn without_its_container_a_post_is_known_by_its_words_and_its_time() {
    let scene = scene().await;
    let mut sent = scene.post("Moules");
    sent.prepare(&scene.stage).await.unwrap();
    sent.send(&scene.stage).await.unwrap();
    let at = sent.first_sent_at;
    let lost = |text: &str, first_sent_at| Delivery { first_sent_at, ..scene.post(text) };
    let found = lost("Moules", at).look_up(&scene.stage).await.unwrap();
    let Finding::Found { sent: Sent::Published(receipt), others } = found else { panic!("{found:?}") };
    assert_eq!((Some(&receipt.remote_id), others.len()), (sent.remote_id.as_ref(), 0));
    let later = at.map(|at| at + jiff::SignedDuration::from_mins(20));
    for other in [lost("Frites", at), lost("Moules", later), lost("", at), lost("Moules", None)] {
        let found = other.look_up(&scene.stage).await.unwrap();
        assert!(matches!(found, Finding::NotFound), "{found:?}");
    }
    scene.fault(FaultName::HtmlPage).await;
    assert_eq!(lost("Moules", at).look_up(&scene.stage).await.unwrap_err().class, FailureClass::Retry);
}
