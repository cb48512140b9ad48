//! Facebook's own behaviour, against the double of a Page: what the generic contract cannot ask.

use jiff::SignedDuration;
use serde_json::json;
use vieux_moulin_engine::{
    connectors::{FailureClass, Finding, HandedOver, Revocation, SendMode, Sent, Severity},
    domain::{OutgoingImage, TokenExpiry},
};
use vieux_moulin_sandbox::{FaultName, objects::ObjectState, seed};

use crate::between::{Between, Way};
use crate::support::{Delivery, FIXTURES, Scene, receipt};

async fn scene() -> Scene {
    Scene::open(FIXTURES.iter().find(|fixture| fixture.id == "facebook").unwrap()).await
}

fn with_photos(scene: &Scene, text: &str, count: usize) -> Delivery {
    let mut delivery = scene.post(text);
    delivery.content.images = (0..count)
        .map(|n| OutgoingImage {
            media_id: n.to_string().as_str().into(),
            alt_text: format!("Photo {n}"),
            source_url: None,
        })
        .collect();
    delivery
}

fn in_days(scene: &Scene, days: i64) -> SendMode {
    SendMode::At(scene.stage.now() + SignedDuration::from_hours(24 * days))
}

#[tokio::test]
async fn a_system_users_token_becomes_the_pages_own() {
    let mut scene = scene().await;
    scene.stage.vault.current.lock().unwrap().set("page_token", seed::FACEBOOK_SYSTEM_TOKEN);
    let identity = scene.stage.check().await.unwrap();
    assert_eq!(identity.remote_id, seed::facebook_page_id(1));
    assert_eq!(identity.token_expiry, TokenExpiry::Never);
    assert!(identity.missing_permissions.is_empty());
    assert!(identity.findings.iter().all(|finding| finding.severity == Severity::Ok));
    assert!(identity.credentials.is_some(), "the system token cannot publish and must be replaced");
    scene.stage.connect().await;
    let mut delivery = scene.post("Moules");
    delivery.prepare(&scene.stage).await.unwrap();
    delivery.send(&scene.stage).await.unwrap();
    assert_eq!(scene.published().len(), 1);
}

#[tokio::test]
async fn one_and_several_photos_keep_their_descriptions() {
    for count in [1, 3] {
        let scene = scene().await;
        let mut delivery = with_photos(&scene, "Nos plats", count);
        delivery.content.link = Some("https://moulin.example/carte".to_owned());
        delivery.prepare(&scene.stage).await.unwrap();
        assert!(scene.published().is_empty(), "uploads are invisible");
        delivery.send(&scene.stage).await.unwrap();
        let posts = scene.published();
        assert_eq!(posts.len(), 1);
        assert_eq!(posts[0].text, "Nos plats\n\nhttps://moulin.example/carte");
        let alts: Vec<_> = posts[0].media.iter().map(|media| media.alt_text.clone().unwrap()).collect();
        assert_eq!(alts, (0..count).map(|n| format!("Photo {n}")).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_planned_post_with_photos_goes_live_is_moved_and_taken_back() {
    let scene = scene().await;
    let mut delivery = with_photos(&scene, "Dimanche", 2);
    delivery.mode = in_days(&scene, 3);
    delivery.prepare(&scene.stage).await.unwrap();
    assert!(matches!(delivery.send(&scene.stage).await.unwrap(), Sent::HandedOver(_)));
    let planned = scene.sandbox.objects(scene.fixture.platform);
    assert_eq!(planned[0].state, ObjectState::Scheduled, "without its flag it would be a draft for ever");

    delivery.mode = in_days(&scene, 5);
    delivery.content.text = "Dimanche midi".to_owned();
    assert!(matches!(delivery.update(&scene.stage).await.unwrap(), Sent::HandedOver(_)));
    let SendMode::At(at) = delivery.mode else { unreachable!() };
    match delivery.verify(&scene.stage).await.unwrap() {
        HandedOver::Scheduled { at: Some(seen) } => assert_eq!(seen.as_second(), at.as_second()),
        other => panic!("{other:?}"),
    }
    scene.sandbox.move_clock(6 * 24 * 3600);
    match delivery.verify(&scene.stage).await.unwrap() {
        HandedOver::Published(receipt) => assert!(receipt.permalink.is_some()),
        other => panic!("{other:?}"),
    }
    assert_eq!(scene.published()[0].text, "Dimanche midi");
    delivery.delete(&scene.stage).await.unwrap();
    assert!(scene.published().is_empty());
    // It may be public under another id, and lists lag: believed only after several looks.
    let unseen = delivery.delete(&scene.stage).await.unwrap_err();
    assert_eq!(unseen.problem.code, "hand_over_unseen");
}

/// Facebook may know what it published by itself under another id: it is found by the words that it has
/// since the last edit, and what another delivery stands for stays.
#[tokio::test]
async fn a_removal_by_the_words_knows_the_new_ones_and_spares_the_other_posts() {
    let scene = scene().await;
    let mut planned = scene.post("Moules");
    planned.mode = in_days(&scene, 3);
    planned.prepare(&scene.stage).await.unwrap();
    planned.send(&scene.stage).await.unwrap();
    planned.content.text = "Moules frites".to_owned();
    planned.update(&scene.stage).await.unwrap();
    planned.marks = scene.stage.publisher().marks_after_update(&planned.job()).unwrap();
    scene.sandbox.move_clock(3 * 24 * 3600);
    let known_as = planned.remote_id.clone().unwrap();
    planned.remote_id = Some(format!("{}_1", seed::facebook_page_id(1)));

    planned.taken = vec![known_as];
    let unseen = planned.delete(&scene.stage).await.unwrap_err();
    assert_eq!((unseen.problem.code.as_str(), scene.published().len()), ("hand_over_unseen", 1));
    planned.taken.clear();
    planned.delete(&scene.stage).await.unwrap();
    assert!(scene.published().is_empty());
}

/// Facebook moves and rewords what it keeps, and nothing else: other pictures need a new post.
#[tokio::test]
async fn other_pictures_are_not_passed_over_in_silence() {
    let scene = scene().await;
    let mut delivery = with_photos(&scene, "Dimanche", 2);
    delivery.mode = in_days(&scene, 3);
    delivery.prepare(&scene.stage).await.unwrap();
    delivery.send(&scene.stage).await.unwrap();
    let before = delivery.content.clone();
    let changes: [fn(&mut Delivery); 3] = [
        |delivery| delivery.content.images[1].media_id = "other".into(),
        |delivery| delivery.content.images[1].alt_text = "Autre".to_owned(),
        |delivery| delivery.content.images.truncate(1),
    ];
    for change in changes {
        change(&mut delivery);
        let refused = delivery.update(&scene.stage).await.unwrap_err();
        assert_eq!(refused.problem.code, "edit_needs_new_delivery");
        delivery.content = before.clone();
    }
    let mut linked = scene.post("Carte");
    linked.content.link = Some("https://moulin.example/carte".to_owned());
    linked.mode = in_days(&scene, 3);
    linked.prepare(&scene.stage).await.unwrap();
    linked.send(&scene.stage).await.unwrap();
    linked.content.link = Some("https://moulin.example/autre".to_owned());
    assert_eq!(linked.update(&scene.stage).await.unwrap_err().problem.code, "edit_needs_new_delivery");
}

/// The same words every week: the doubt about this week is not settled by last week's post.
#[tokio::test]
async fn last_weeks_identical_dish_is_not_taken_for_this_weeks() {
    let mut scene = scene().await;
    let mut last_week = with_photos(&scene, "Moules du jour", 1);
    last_week.prepare(&scene.stage).await.unwrap();
    last_week.send(&scene.stage).await.unwrap();

    let week = SignedDuration::from_hours(7 * 24);
    scene.sandbox.move_clock(week.as_secs());
    scene.stage.ahead = week;
    let mut this_week = with_photos(&scene, "Moules du jour", 1);
    this_week.prepare(&scene.stage).await.unwrap();
    scene.fault(FaultName::ServerErrorBefore).await;
    assert_eq!(this_week.send(&scene.stage).await.unwrap_err().class, FailureClass::Unknown);
    assert!(matches!(this_week.reconcile(&scene.stage).await.unwrap(), Finding::NotFound));
    this_week.settle(&scene.stage).await;
    assert_eq!(scene.published().len(), 2);
}

#[tokio::test]
async fn a_doubtful_hand_over_is_found_among_the_planned_ones_by_its_hour() {
    let scene = scene().await;
    for days in [7, 14] {
        let mut other = with_photos(&scene, "Moules du jour", 1);
        other.mode = in_days(&scene, days);
        other.prepare(&scene.stage).await.unwrap();
        other.send(&scene.stage).await.unwrap();
    }
    let mut doubtful = with_photos(&scene, "Moules du jour", 1);
    doubtful.mode = in_days(&scene, 21);
    doubtful.prepare(&scene.stage).await.unwrap();
    scene.fault(FaultName::ServerErrorBefore).await;
    doubtful.send(&scene.stage).await.unwrap_err();
    assert!(matches!(doubtful.reconcile(&scene.stage).await.unwrap(), Finding::NotFound));
    scene.fault(FaultName::AcceptThenReset).await;
    doubtful.send(&scene.stage).await.unwrap_err();
    match doubtful.reconcile(&scene.stage).await.unwrap() {
        Finding::Found { sent: Sent::HandedOver(receipt), others } => {
            assert!(others.is_empty());
            assert_eq!(scene.sandbox.objects(scene.fixture.platform).last().unwrap().id, receipt.remote_id);
        }
        other => panic!("{other:?}"),
    }
}

/// One field that a version or a permission refuses fails the whole list; the doubt is settled without it.
#[tokio::test]
async fn a_refused_field_does_not_keep_a_doubt_open() {
    let mut scene = scene().await;
    let mut delivery = scene.post("Moules");
    delivery.prepare(&scene.stage).await.unwrap();
    scene.fault(FaultName::AcceptThenReset).await;
    delivery.send(&scene.stage).await.unwrap_err();
    let between = Between::start(&scene.stage.base_url, |asked| {
        if asked.address.contains("attachments") {
            let message = "(#100) Tried accessing nonexisting field (attachments)";
            Way::Instead(400, json!({"error": {"message": message, "type": "OAuthException", "code": 100}}))
        } else {
            Way::Through
        }
    })
    .await;
    scene.stage.move_to(&between.base);
    assert!(matches!(delivery.reconcile(&scene.stage).await.unwrap(), Finding::Found { .. }));
}

/// The Graph says 2500 for a path that it does not know as well as for a missing token.
#[tokio::test]
async fn a_server_that_tells_nothing_about_tokens_can_still_be_connected() {
    let mut scene = scene().await;
    let between = Between::start(&scene.stage.base_url, |asked| {
        if asked.address.contains("debug_token") {
            let message = "Unknown path components: /debug_token";
            let code = if asked.method == "POST" { 2500 } else { 100 };
            Way::Instead(400, json!({"error": {"message": message, "type": "OAuthException", "code": code}}))
        } else {
            Way::Through
        }
    })
    .await;
    scene.stage.move_to(&between.base);
    let identity = scene.stage.check().await.unwrap();
    assert_eq!(identity.remote_id, seed::facebook_page_id(1));
    assert_eq!(identity.token_expiry, TokenExpiry::Unknown);
}

/// Meta counts what an application does and says so before it refuses.
#[tokio::test]
async fn a_nearly_full_usage_header_asks_for_a_slower_pace() {
    for (header, value, expected) in [
        ("x-app-usage", r#"{"call_count":91}"#, Some(300)),
        ("x-page-usage", r#"{"call_count":12}"#, None),
        (
            "x-business-use-case-usage",
            r#"{"1":[{"call_count":100,"estimated_time_to_regain_access":9}]}"#,
            Some(540),
        ),
    ] {
        let mut scene = scene().await;
        let between =
            Between::start(&scene.stage.base_url, move |_| Way::WithHeader(header, value.to_owned())).await;
        scene.stage.move_to(&between.base);
        let mut delivery = scene.post("Moules");
        delivery.prepare(&scene.stage).await.unwrap();
        delivery.send(&scene.stage).await.unwrap();
        let pause = scene.stage.http.take_pause();
        assert_eq!(pause, expected.map(std::time::Duration::from_secs), "{header}");
    }
}

#[tokio::test]
async fn uploads_are_used_again_after_a_crash() {
    let scene = scene().await;
    let mut delivery = with_photos(&scene, "Nos plats", 3);
    delivery.prepare(&scene.stage).await.unwrap();
    delivery.prepare(&scene.stage).await.unwrap();
    let uploads = scene
        .sandbox
        .requests(scene.fixture.platform)
        .iter()
        .filter(|request| request.path.ends_with("/photos"))
        .count();
    assert_eq!(uploads, 3);
}

#[tokio::test]
async fn the_same_words_twice_in_a_row_are_called_a_duplicate() {
    let scene = scene().await;
    let mut first = scene.post("Fermé lundi");
    first.prepare(&scene.stage).await.unwrap();
    let id = receipt(&first.send(&scene.stage).await.unwrap()).remote_id.clone();
    assert!(!id.is_empty());
    let mut second = scene.post("Fermé lundi");
    second.prepare(&scene.stage).await.unwrap();
    let failure = second.send(&scene.stage).await.unwrap_err();
    assert_eq!((failure.class, failure.problem.code.as_str()), (FailureClass::Duplicate, "duplicate_post"));
}

#[tokio::test]
async fn a_grant_is_taken_back_by_its_owner_and_a_page_has_none() {
    let scene = scene().await;
    assert_eq!(scene.stage.revoke().await.unwrap(), Revocation::NotOffered);
    assert!(scene.stage.access_page().is_some_and(|page| page.contains("business.facebook.com")));
    scene.stage.check().await.unwrap();
    scene.stage.vault.current.lock().unwrap().set("page_token", seed::FACEBOOK_SYSTEM_TOKEN);
    assert_eq!(scene.stage.revoke().await.unwrap(), Revocation::Revoked);
    assert_eq!(scene.stage.check().await.unwrap_err().class, FailureClass::Reauth);
    assert_eq!(scene.stage.revoke().await.unwrap(), Revocation::Revoked, "what is dead is taken back");
    assert_eq!(scene.stage.connector.one_grant_for(), ["facebook", "instagram"]);
}
