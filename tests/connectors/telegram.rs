//! Telegram's own behaviour against its double. Source of each expected request and answer: section 9 of
//! the wire reference, and where a test says so its corrections, which come from the server's sources.

use std::time::Duration;

use serde_json::json;
use vieux_moulin_engine::{
    connectors::{FailureClass, Sent, Severity, registry::Registry},
    domain::{OutgoingImage, PostContent, PostMedia},
    social::adapt,
};
use vieux_moulin_sandbox::{
    Action, FaultMatch, FaultName, FaultParams, FaultRequest, Platform, RecordedRequest, faults::RateDialect,
    objects::ObjectState, seed,
};

use crate::support::{Delivery, FIXTURES, Scene, receipt};

async fn scene() -> Scene {
    Scene::open(FIXTURES.iter().find(|fixture| fixture.id == "telegram").unwrap()).await
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

async fn publish(scene: &Scene, delivery: &mut Delivery) -> Sent {
    delivery.prepare(&scene.stage).await.unwrap();
    delivery.send(&scene.stage).await.unwrap()
}

fn last(scene: &Scene, action: Action) -> RecordedRequest {
    let mut requests = scene.sandbox.requests(Platform::Telegram);
    requests.retain(|request| request.action == action);
    requests.pop().unwrap()
}

/// Section 9, methods: `sendMessage(chat_id,text,…)`. Without `parse_mode` nothing is read into the text:
/// no escaping to get wrong, and no link that vanishes (corrections: "Telegram drops links").
#[tokio::test]
async fn a_text_leaves_letter_for_letter() {
    let scene = scene().await;
    let text = "Menu <du> jour & *vin* _maison_ [12]\nhttps://moulin.example/carte?a=1&b=2 #Vensac";
    let sent = publish(&scene, &mut scene.post(text)).await;
    let request = last(&scene, Action::Publish);
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/bot***/sendMessage"));
    assert_eq!(request.body, json!({"chat_id": seed::telegram_chat_id(1), "text": text}));
    assert_eq!(scene.published().first().unwrap().text, text);
    // Section 9: `https://t.me/<username>/<id>`.
    assert_eq!(receipt(&sent).permalink.as_deref(), Some("https://web.example/levieuxmoulin1/1"));
}

/// Section 9, methods: `sendPhoto` (multipart). There is no field for a description.
#[tokio::test]
async fn a_photo_travels_inside_the_one_request() {
    let scene = scene().await;
    publish(&scene, &mut with_photos(&scene, "Le plat", 1)).await;
    let request = last(&scene, Action::Publish);
    assert_eq!(request.path, "/bot***/sendPhoto");
    let parts = request.body.as_array().unwrap();
    let names: Vec<_> = parts.iter().map(|part| part["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["chat_id", "caption", "photo"]);
    assert_eq!((&parts[1]["value"], &parts[2]["mime"]), (&json!("Le plat"), &json!("image/jpeg")));
    // A photo may stand alone.
    publish(&scene, &mut with_photos(&scene, "", 1)).await;
    assert_eq!(scene.published().len(), 2);
}

/// Section 9, methods: `sendMediaGroup(media[2-10])`, parts named by `attach://`.
#[tokio::test]
async fn an_album_is_one_post_and_goes_as_one() {
    let scene = scene().await;
    let mut delivery = with_photos(&scene, "La terrasse", 3);
    let sent = publish(&scene, &mut delivery).await;
    let request = last(&scene, Action::Publish);
    assert_eq!(request.path, "/bot***/sendMediaGroup");
    let items: serde_json::Value = serde_json::from_str(request.body[1]["value"].as_str().unwrap()).unwrap();
    assert_eq!(
        items,
        json!([
            {"type": "photo", "media": "attach://photo0", "caption": "La terrasse"},
            {"type": "photo", "media": "attach://photo1"},
            {"type": "photo", "media": "attach://photo2"},
        ])
    );
    assert_eq!(receipt(&sent).remote_id, "1,2,3");
    assert_eq!(scene.published().first().unwrap().media.len(), 3);

    delivery.delete(&scene.stage).await.unwrap();
    delivery.delete(&scene.stage).await.unwrap();
    let objects = scene.sandbox.objects(Platform::Telegram);
    assert_eq!(objects.iter().map(|object| object.state).collect::<Vec<_>>(), [ObjectState::Deleted]);
}

/// Section 9: `editMessageText|Caption`; 400 "message is not modified" is success.
#[tokio::test]
async fn words_can_be_corrected_pictures_cannot() {
    for count in [0, 2] {
        let scene = scene().await;
        let mut delivery = with_photos(&scene, "Soirée jazz", count);
        publish(&scene, &mut delivery).await;
        delivery.content.text.push_str(" vendredi");
        for _ in 0..2 {
            let sent = delivery.update(&scene.stage).await.unwrap();
            assert_eq!(Some(&receipt(&sent).remote_id), delivery.remote_id.as_ref());
        }
        let posts = scene.published();
        assert_eq!((posts.len(), posts[0].text.as_str()), (1, "Soirée jazz vendredi"));

        delivery.content.images = with_photos(&scene, "", 1).content.images;
        let refused = delivery.update(&scene.stage).await.unwrap_err();
        assert_eq!(refused.problem.code, "edit_needs_new_delivery");
        delivery.content.images = with_photos(&scene, "", count).content.images;
        delivery.delete(&scene.stage).await.unwrap();
        delivery.content.text.push('\u{a0}');
        delivery.content.text.push('!');
        assert_eq!(delivery.update(&scene.stage).await.unwrap_err().problem.code, "object_gone");
    }
}

/// Corrections, "Telegram lost right": a 400 whose words concern the account. Taken for a refusal of the
/// content it would throw every waiting post away.
#[tokio::test]
async fn a_lost_right_stops_the_account_before_anything_leaves() {
    let scene = scene().await;
    let mut delivery = scene.post("Plat du jour");
    let only = FaultMatch { action: Some(Action::Account), ..FaultMatch::default() };
    scene.play(FaultRequest { only, times: 0, ..FaultRequest::new(FaultName::PermissionLost) }).await;
    let failure = delivery.prepare(&scene.stage).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Reauth);
    assert_eq!(
        (failure.problem.code.as_str(), failure.problem.http_status),
        ("channel_rights_missing", Some(400))
    );
    assert_eq!(scene.stage.check().await.unwrap_err().problem.code, "channel_rights_missing");
    assert!(
        scene.sandbox.requests(Platform::Telegram).iter().all(|request| request.action != Action::Publish)
    );
}

/// Section 9, rate: 429 → `parameters.retry_after`.
#[tokio::test]
async fn the_wait_is_read_from_the_body() {
    let scene = scene().await;
    let mut delivery = scene.post("Plat du jour");
    delivery.prepare(&scene.stage).await.unwrap();
    let params =
        FaultParams { secs: Some(17), dialect: Some(RateDialect::Platform), ..FaultParams::default() };
    scene.play(FaultRequest { params, ..FaultRequest::new(FaultName::RateLimited) }).await;
    let failure = delivery.send(&scene.stage).await.unwrap_err();
    assert_eq!(failure.retry_after.map(|wait| wait.as_secs()), Some(17));
}

/// Section 9, rate: one message a second and twenty a minute in a channel; an album counts its pictures.
#[tokio::test]
async fn the_next_post_keeps_a_distance() {
    let scene = scene().await;
    for (pictures, secs) in [(0, 1), (1, 1), (4, 12)] {
        publish(&scene, &mut with_photos(&scene, "Plat du jour", pictures)).await;
        assert_eq!(scene.stage.http.take_pause(), Some(Duration::from_secs(secs)), "{pictures}");
    }
}

/// Section 9, errors: a picture the server cannot read is a refusal of this post only.
#[tokio::test]
async fn a_bad_picture_refuses_its_post() {
    let scene = scene().await;
    let mut delivery = with_photos(&scene, "Le plat", 1);
    delivery.prepare(&scene.stage).await.unwrap();
    scene.fault(FaultName::MediaFailed).await;
    let failure = delivery.send(&scene.stage).await.unwrap_err();
    assert_eq!((failure.class, failure.problem.code.as_str()), (FailureClass::Content, "photo_refused"));
    assert!(scene.published().is_empty());
}

#[tokio::test]
async fn the_channel_is_found_however_it_is_written() {
    for typed in ["levieuxmoulin1", "@LeVieuxMoulin1", "https://t.me/levieuxmoulin1/4", "-1002000000001"] {
        let scene = Scene::before_connecting(FIXTURES.iter().find(|f| f.id == "telegram").unwrap()).await;
        scene.stage.vault.current.lock().unwrap().set("channel", typed);
        let identity = scene.stage.check().await.unwrap();
        assert_eq!(
            (identity.remote_id.as_str(), identity.handle.as_str()),
            ("-1002000000001", "@levieuxmoulin1")
        );
        assert!(identity.findings.iter().all(|finding| finding.severity == Severity::Ok), "{typed}");
    }
    for (typed, code) in [
        ("https://t.me/+AbCdEf12345", "channel_address_invalid"),
        ("", "channel_address_invalid"),
        ("@personne_ici", "channel_not_found"),
    ] {
        let scene = Scene::before_connecting(FIXTURES.iter().find(|f| f.id == "telegram").unwrap()).await;
        scene.stage.vault.current.lock().unwrap().set("channel", typed);
        assert_eq!(scene.stage.check().await.unwrap_err().problem.code, code, "{typed}");
    }
    // The name changed since: the number of the account still finds the channel.
    let scene = scene().await;
    scene.stage.vault.current.lock().unwrap().set("channel", "@ancien_nom");
    assert_eq!(scene.stage.check().await.unwrap().remote_id, seed::telegram_chat_id(1));
}

/// Corrections, "Telegram counting": Unicode code points, 4096 for a text and 1024 below pictures.
#[tokio::test]
async fn counts_code_points_and_less_below_a_picture() {
    let scene = scene().await;
    let registry = Registry::standard();
    let telegram = registry.get("telegram").unwrap();
    for (text, length) in [("Été", 3), ("e\u{301}", 2), ("👍🏽", 2), ("👨‍👩‍👧", 5), ("🇫🇷", 2), ("https://a.fr", 12)]
    {
        let content = PostContent { body: text.to_owned(), ..PostContent::default() };
        assert_eq!(adapt(&**telegram, &scene.stage.account, &content, "fr").length, length, "{text}");
    }
    let photo = PostMedia { media_id: "a".into(), alt_text: "x".repeat(3000), source_url: None };
    for (count, media, refused) in [
        (4096, vec![], None),
        (4097, vec![], Some(4096)),
        (1024, vec![photo.clone()], None),
        (1025, vec![photo], Some(1024)),
    ] {
        let content = PostContent { body: "🍓".repeat(count), media, ..PostContent::default() };
        let adapted = adapt(&**telegram, &scene.stage.account, &content, "fr");
        let limit =
            adapted.refusal().map(|problem| (problem.code.clone(), problem.values["max_length"].clone()));
        assert_eq!(limit, refused.map(|max| ("text_too_long".to_owned(), json!(max))), "{count}");
        // No place for a description: neither its length nor its absence is a fault.
        assert!(adapted.problems.iter().all(|problem| !problem.code.starts_with("alt_text")));
    }
}
