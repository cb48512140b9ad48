//! Threads' own behaviour against its double. Source of each expected request and answer: section 3 of the
//! wire reference, and where a test says so its corrections.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use vieux_moulin_engine::{
    connectors::{FailureClass, Finding, HandedOver, Prepared, Sent, Severity, registry::Registry},
    domain::{OutgoingImage, PostContent, TokenExpiry},
    social::adapt,
};
use vieux_moulin_sandbox::{
    Action, FaultMatch, FaultName, FaultRequest, Platform, RecordedRequest, objects::ObjectState, seed,
};

use crate::{
    between::{Between, Way},
    support::{Delivery, FIXTURES, Scene, receipt, web_site},
};

async fn scene() -> Scene {
    Scene::open(FIXTURES.iter().find(|fixture| fixture.id == "threads").unwrap()).await
}

fn carousel(scene: &Scene, text: &str, count: usize, address: Option<&str>) -> Delivery {
    let mut delivery = scene.delivery(text, true);
    delivery.content.images = (0..count)
        .map(|n| OutgoingImage {
            media_id: n.to_string().as_str().into(),
            alt_text: format!("Photo {n}"),
            source_url: address.map(str::to_owned),
        })
        .collect();
    delivery
}

async fn publish(scene: &Scene, delivery: &mut Delivery) -> Sent {
    delivery.prepare(&scene.stage).await.unwrap();
    delivery.send(&scene.stage).await.unwrap()
}

fn requests(scene: &Scene, action: Action) -> Vec<RecordedRequest> {
    let mut requests = scene.sandbox.requests(Platform::Threads);
    requests.retain(|request| request.action == action);
    requests
}

/// Section 3, publish: `POST /{user-id}/threads` with `media_type=TEXT`, then
/// `POST /{user-id}/threads_publish creation_id`, `GET /{id}?fields=permalink`. Without
/// `auto_publish_text`, which would make one doubtful call of two.
#[tokio::test]
async fn words_alone_go_in_two_steps() {
    let scene = scene().await;
    let sent = publish(&scene, &mut scene.post("Fermé lundi & mardi.")).await;
    let made = requests(&scene, Action::Container).pop().unwrap();
    assert_eq!(made.path, format!("/v1.0/{}/threads", seed::threads_id(1)));
    assert_eq!(made.body, json!({"media_type": "TEXT", "text": "Fermé lundi & mardi."}));
    let published = requests(&scene, Action::Publish);
    assert_eq!(published.len(), 1);
    assert_eq!(published[0].path, format!("/v1.0/{}/threads_publish", seed::threads_id(1)));
    let post = scene.published().pop().unwrap();
    assert_eq!(published[0].body, json!({"creation_id": post.marks["container_id"]}));
    assert_eq!((&receipt(&sent).remote_id, &receipt(&sent).permalink), (&post.id, &post.url));
}

/// Section 3, publish: `image_url`, `alt_text`; a carousel's children first, all FINISHED, then the parent.
#[tokio::test]
async fn a_carousel_keeps_order_words_and_descriptions() {
    let scene = scene().await;
    let address = web_site().await;
    publish(&scene, &mut carousel(&scene, "La terrasse", 1, Some(&address))).await;
    let single = requests(&scene, Action::Container).pop().unwrap();
    assert_eq!(
        single.body,
        json!({"media_type": "IMAGE", "image_url": address, "text": "La terrasse", "alt_text": "Photo 0"})
    );

    publish(&scene, &mut carousel(&scene, "Nos plats", 3, Some(&address))).await;
    let mut made = requests(&scene, Action::Container).split_off(1);
    let parent = made.pop().unwrap();
    for child in &made {
        assert_eq!(
            (&child.body["media_type"], &child.body["is_carousel_item"]),
            (&json!("IMAGE"), &json!("true"))
        );
        assert!(child.body.get("text").is_none(), "{}", child.body);
    }
    assert_eq!((&parent.body["media_type"], &parent.body["text"]), (&json!("CAROUSEL"), &json!("Nos plats")));
    assert_eq!(parent.body["children"].as_str().unwrap().split(',').count(), 3);
    let post = scene.published().pop().unwrap();
    let alts: Vec<_> = post.media.iter().map(|media| media.alt_text.clone().unwrap()).collect();
    assert_eq!(alts, ["Photo 0", "Photo 1", "Photo 2"]);
}

/// Section 3, publish: poll `GET /{container}?fields=status,error_message`. Corrections: nothing else can
/// be read before the publication.
#[tokio::test]
async fn an_unfinished_container_is_waited_for_and_a_dead_one_rebuilt() {
    let scene = scene().await;
    let only = FaultMatch { action: Some(Action::Container), ..FaultMatch::default() };
    scene.play(FaultRequest { only, ..FaultRequest::new(FaultName::MediaProcessing) }).await;
    let mut delivery = scene.delivery("Les moules", true);
    delivery.prepare(&scene.stage).await.unwrap();
    let polls = requests(&scene, Action::Status);
    assert_eq!(polls.len(), 4, "three that wait, one that is done");
    assert!(polls.iter().all(|poll| poll.query["fields"] == "status,error_message"), "{polls:?}");
    assert_eq!(requests(&scene, Action::Container).len(), 1);

    for fault in [FaultName::ContainerError, FaultName::ContainerExpired] {
        let before = requests(&scene, Action::Container).len();
        scene.fault(fault).await;
        let mut delivery = scene.delivery(&format!("{fault:?}"), true);
        publish(&scene, &mut delivery).await;
        assert_eq!(requests(&scene, Action::Container).len(), before + 2, "{fault:?}");
    }
    scene.play(FaultRequest { times: 0, ..FaultRequest::new(FaultName::ContainerError) }).await;
    let failure = scene.delivery("Jamais", true).prepare(&scene.stage).await.unwrap_err();
    assert_eq!(
        (failure.class, failure.problem.code.as_str()),
        (FailureClass::Content, "media_processing_failed")
    );
}

/// Section 3, errors: a picture that cannot be fetched is asked for twice more, then a matter of the content.
#[tokio::test]
async fn a_picture_out_of_reach_is_tried_three_times() {
    let mut scene = Scene::before_connecting(FIXTURES.iter().find(|f| f.id == "threads").unwrap()).await;
    scene.stage.vault.current.lock().unwrap().set("page_token", "");
    scene.stage.connect().await;
    let mut delivery = carousel(&scene, "Les moules", 1, Some("http://127.0.0.1:9/moules.jpg"));
    let failure = delivery.prepare(&scene.stage).await.unwrap_err();
    assert_eq!((failure.class, failure.problem.code.as_str()), (FailureClass::Content, "media_fetch_failed"));
    assert_eq!(requests(&scene, Action::Container).len(), 3);
    assert!(scene.published().is_empty());
}

/// Section 3, after a crash: the container says PUBLISHED, the account's list names the post. Corrections:
/// the first #word comes back without its sign, so a re-read differs from what was sent.
#[tokio::test]
async fn a_lost_answer_is_found_again_although_the_topic_lost_its_sign() {
    let scene = scene().await;
    let mut delivery = scene.post("Soirée jazz vendredi.\n\n#vensac");
    delivery.prepare(&scene.stage).await.unwrap();
    scene.fault(FaultName::AcceptThenReset).await;
    assert_eq!(delivery.send(&scene.stage).await.unwrap_err().class, FailureClass::Unknown);
    let post = scene.published().pop().unwrap();
    assert_eq!(post.text, "Soirée jazz vendredi.\n\nvensac");
    let Finding::Found { sent, others } = delivery.reconcile(&scene.stage).await.unwrap() else {
        panic!("not found")
    };
    assert_eq!((&receipt(&sent).remote_id, others.len()), (&post.id, 0));
}

/// Section 3, errors, and corrections: code 24, subcode 4279009 for a container that was used as for one
/// that is not ready. To believe it would post twice.
#[tokio::test]
async fn a_used_container_is_a_doubt_and_not_a_refusal() {
    let scene = scene().await;
    let mut delivery = scene.post("Une seule fois");
    publish(&scene, &mut delivery).await;
    let again = delivery.send(&scene.stage).await.unwrap_err();
    assert_eq!(
        (again.class, again.problem.platform_code.as_deref()),
        (FailureClass::Unknown, Some("24/4279009"))
    );
    assert!(matches!(delivery.reconcile(&scene.stage).await.unwrap(), Finding::Found { .. }));
    assert_eq!(scene.published().len(), 1);
}

/// Section 3, delete: `DELETE /{media-id}`; already gone is success.
#[tokio::test]
async fn a_post_is_deleted_once() {
    let scene = scene().await;
    let mut delivery = scene.post("Trop tard");
    publish(&scene, &mut delivery).await;
    delivery.delete(&scene.stage).await.unwrap();
    delivery.delete(&scene.stage).await.unwrap();
    let states: Vec<_> = scene.sandbox.objects(Platform::Threads).iter().map(|post| post.state).collect();
    assert_eq!(states, [ObjectState::Deleted]);
}

/// Section 3, auth: `GET /refresh_access_token?grant_type=th_refresh_token`, at least 24 h old, no secret.
#[tokio::test]
async fn the_token_is_renewed_once_and_stored_before_use() {
    let scene = scene().await;
    let stored = |key: &str| {
        use secrecy::ExposeSecret as _;
        scene.stage.vault.current.lock().unwrap().get(key).map(|value| value.expose_secret().to_owned())
    };
    assert_eq!(stored("access_token"), Some(seed::threads_renewed_token(1)));
    let renewals = requests(&scene, Action::Login);
    assert_eq!(renewals.len(), 1);
    assert_eq!(renewals[0].path, "/refresh_access_token");
    assert_eq!(renewals[0].query, json!({"grant_type": "th_refresh_token"}).as_object().unwrap().clone());
    let identity = scene.stage.check().await.unwrap();
    let TokenExpiry::Known { at } = identity.token_expiry else { panic!("{:?}", identity.token_expiry) };
    let left = at.duration_since(Timestamp::now());
    assert!(left > SignedDuration::from_hours(59 * 24), "{left:?}");
    publish(&scene, &mut scene.post("Plat du jour")).await;
    assert_eq!(requests(&scene, Action::Login).len(), 1, "59 days are left");
}

/// Section 13, rows 9 and 10: what goes wrong with a renewal is no revocation, and nothing replaces a good
/// token.
#[tokio::test]
async fn a_renewal_that_fails_takes_nothing_away() {
    let fixture = FIXTURES.iter().find(|fixture| fixture.id == "threads").unwrap();
    for fault in [FaultName::ServerErrorBefore, FaultName::AcceptThenReset, FaultName::HtmlPage] {
        let mut scene = Scene::before_connecting(fixture).await;
        let only = FaultMatch { action: Some(Action::Login), ..FaultMatch::default() };
        scene.play(FaultRequest { only, times: 0, ..FaultRequest::new(fault) }).await;
        scene.stage.connect().await;
        publish(&scene, &mut scene.post("Plat du jour")).await;
        assert_eq!(scene.published().len(), 1, "{fault:?}");
    }
    let mut scene = Scene::before_connecting(fixture).await;
    let between = Between::start(&scene.stage.base_url, |asked| {
        if asked.address.contains("refresh_access_token") {
            Way::Instead(200, json!({"token_type": "bearer", "expires_in": 5_183_944}))
        } else {
            Way::Through
        }
    })
    .await;
    scene.stage.move_to(&between.base);
    let identity = scene.stage.check().await.unwrap();
    assert_eq!(identity.token_expiry, TokenExpiry::Unknown);
    publish_as(&mut scene, identity.remote_id).await;
}

async fn publish_as(scene: &mut Scene, remote_id: String) {
    scene.stage.account.remote_id = remote_id;
    let mut delivery = scene.post("Avec l’ancien jeton");
    publish(scene, &mut delivery).await;
    assert_eq!(scene.published().len(), 1);
}

/// Section 3: `threads_publishing_limit?fields=quota_usage,config`, 250 posts per 24 h.
#[tokio::test]
async fn the_quota_is_read_and_told_when_it_runs_low() {
    let scene = scene().await;
    publish(&scene, &mut scene.post("Plat du jour")).await;
    let identity = scene.stage.check().await.unwrap();
    assert_eq!((&identity.facts["quota_usage"], &identity.facts["quota_total"]), (&json!(1), &json!(250)));
    assert!(identity.findings.iter().all(|finding| finding.severity == Severity::Ok));
    let mut scene = scene;
    let between = Between::start(&scene.stage.base_url, |asked| {
        if asked.address.contains("threads_publishing_limit") {
            Way::Instead(200, json!({"data": [{"quota_usage": 240, "config": {"quota_total": 250}}]}))
        } else {
            Way::Through
        }
    })
    .await;
    scene.stage.move_to(&between.base);
    let findings = scene.stage.check().await.unwrap().findings;
    assert!(findings.iter().any(|finding| finding.code == "quota_nearly_used"), "{findings:?}");
}

/// Section 2.4, second way: an unpublished photo of a Page lends its address and is removed afterwards.
#[tokio::test]
async fn a_photo_of_this_computer_borrows_an_address_of_the_page() {
    let scene = scene().await;
    assert_eq!(scene.stage.account.facts["page_id"], json!(seed::facebook_page_id(1)));
    let mut delivery = carousel(&scene, "Nos plats", 2, None);
    publish(&scene, &mut delivery).await;
    let uploads = requests(&scene, Action::Upload);
    assert_eq!(uploads.len(), 2);
    assert!(uploads.iter().all(|upload| upload.path == format!("/{}/photos", seed::facebook_page_id(1))));
    assert_eq!(scene.published().pop().unwrap().media.len(), 2);
    assert!(scene.sandbox.objects(Platform::Facebook).is_empty(), "nothing is shown on the Page");
    let HandedOver::Published(seen) = delivery.verify(&scene.stage).await.unwrap() else { panic!("gone") };
    assert!(!seen.leftovers && seen.permalink.is_some());
    assert_eq!(requests(&scene, Action::Delete).len(), 2);
}

/// What stands at an address that cannot be fetched goes through the Page after two more tries.
#[tokio::test]
async fn a_picture_out_of_reach_goes_through_the_page() {
    let scene = scene().await;
    let mut delivery = carousel(&scene, "Les moules", 1, Some("http://127.0.0.1:9/moules.jpg"));
    publish(&scene, &mut delivery).await;
    assert_eq!(requests(&scene, Action::Container).len(), 4);
    assert_eq!(scene.published().len(), 1);
}

/// The token of a Page is about photos only: one that is refused takes nothing else away.
#[tokio::test]
async fn a_page_that_refuses_keeps_only_photos_out() {
    let mut scene = Scene::before_connecting(FIXTURES.iter().find(|f| f.id == "threads").unwrap()).await;
    scene.stage.vault.current.lock().unwrap().set("page_token", "EAABautre");
    let identity = scene.stage.check().await.unwrap();
    assert!(identity.findings.iter().any(|finding| finding.code == "cannot_host_photos"));
    assert!(!identity.facts.contains_key("page_id"));
    scene.stage.connect().await;
    publish(&scene, &mut scene.post("Fermé lundi")).await;
    let failure = scene.delivery("Le plat", true).prepare(&scene.stage).await.unwrap_err();
    assert_eq!((failure.class, failure.problem.code.as_str()), (FailureClass::Content, "cannot_host_photos"));
    // A token of the person behind the Page becomes the Page's own.
    let mut scene = Scene::before_connecting(FIXTURES.iter().find(|f| f.id == "threads").unwrap()).await;
    scene.stage.vault.current.lock().unwrap().set("page_token", seed::FACEBOOK_SYSTEM_TOKEN);
    scene.stage.connect().await;
    publish(&scene, &mut scene.delivery("Le plat", true)).await;
    assert_eq!(scene.published().len(), 1);
}

#[tokio::test]
async fn without_a_page_a_photo_of_this_computer_is_refused_before_anything_leaves() {
    let mut scene = Scene::before_connecting(FIXTURES.iter().find(|f| f.id == "threads").unwrap()).await;
    scene.stage.vault.current.lock().unwrap().set("page_token", "");
    scene.stage.connect().await;
    let mut delivery = carousel(&scene, "Le plat", 1, Some("https://moulin.example/plat.jpg"));
    let codes = |delivery: &Delivery| -> Vec<String> {
        let problems = scene.stage.publisher().check_content(&delivery.content, &scene.stage.account);
        problems.into_iter().map(|problem| problem.code).collect()
    };
    assert!(codes(&delivery).is_empty());
    delivery.content.images[0].source_url = Some("https://moulin.example/plat.png".to_owned());
    assert!(codes(&delivery).is_empty(), "section 3: JPEG and PNG");
    for address in [None, Some("https://moulin.example/plat.webp".to_owned())] {
        delivery.content.images[0].source_url = address;
        assert_eq!(codes(&delivery), ["photo_address_needed"]);
        let failure = delivery.prepare(&scene.stage).await.unwrap_err();
        assert_eq!(failure.class, FailureClass::Content);
    }
    assert!(requests(&scene, Action::Container).is_empty());
}

/// Section 3, limits: 500 characters, an emoji counted as its bytes of UTF-8; one topic.
#[tokio::test]
async fn counts_emoji_as_bytes_and_keeps_one_topic() {
    let scene = scene().await;
    let registry = Registry::standard();
    let threads = registry.get("threads").unwrap();
    for (text, length) in [("Été", 3), ("e\u{301}", 2), ("Quoi\u{202f}?", 6), ("👍🏽", 8), ("🇫🇷", 8), ("❤️", 6)]
    {
        let content = PostContent { body: text.to_owned(), ..PostContent::default() };
        assert_eq!(adapt(&**threads, &scene.stage.account, &content, "fr").length, length, "{text}");
    }
    for (unit, fitting) in [("é", 500), ("🍓", 125)] {
        for (count, fits) in [(fitting, true), (fitting + 1, false)] {
            let body = unit.repeat(count);
            let content = PostContent { body: body.clone(), ..PostContent::default() };
            let adapted = adapt(&**threads, &scene.stage.account, &content, "fr");
            assert_eq!(adapted.refusal().is_none(), fits, "{count} {unit}");
            // The double counts for itself.
            assert_eq!(scene.post(&body).prepare(&scene.stage).await.is_ok(), fits, "{count} {unit}");
        }
    }
    let hashtags = vec!["vensac".to_owned(), "medoc".to_owned()];
    let content = PostContent { body: "Soupe".to_owned(), hashtags, ..PostContent::default() };
    let adapted = adapt(&**threads, &scene.stage.account, &content, "fr");
    assert_eq!((adapted.outgoing.hashtags.len(), adapted.hashtags_dropped.len()), (1, 1));
}

/// The first step of a preparation makes the container and leaves its number at once.
#[tokio::test]
async fn each_container_is_noted_before_the_next_step() {
    let scene = scene().await;
    let mut delivery = carousel(&scene, "Nos plats", 2, Some(&web_site().await));
    for made in 1..=2 {
        let credentials = scene.stage.vault.current.lock().unwrap().clone();
        let step = scene.stage.publisher().prepare(&scene.stage.access(&credentials), &delivery.job()).await;
        let Prepared::Wait { marks, .. } = step.unwrap() else { panic!("ready too soon") };
        delivery.marks = marks;
        assert_eq!(requests(&scene, Action::Container).len(), made);
        let noted = delivery.marks["items"].as_array().unwrap().iter();
        assert_eq!(noted.filter(|item| item["container"].is_string()).count(), made);
    }
}
