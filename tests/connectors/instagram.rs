//! Instagram's own behaviour, against the double of an account: what the generic contract cannot ask.

use vieux_moulin_engine::{
    connectors::{FailureClass, Finding, Prepared, Severity},
    domain::OutgoingImage,
};
use vieux_moulin_sandbox::{FaultName, FaultRequest, seed};

use crate::support::{Delivery, FIXTURES, Scene};

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
    assert_eq!(codes(&scene, &words), [("picture_required".to_owned(), Severity::Error)]);
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
