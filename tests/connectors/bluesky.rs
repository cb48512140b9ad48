//! Bluesky's own promises: one session for weeks, renewed once, never taken for revoked; mentions,
//! links and tags at the right bytes; pictures that vanished before a repeat.

use serde_json::json;
use vieux_moulin_engine::connectors::{FailureClass, Finding, Revocation, Sent};
use vieux_moulin_sandbox::{Action, FaultMatch, FaultName, FaultRequest, Platform, seed};

use crate::between::{Between, Way};
use crate::support::{Delivery, FIXTURES, Fixture, Scene};

fn fixture() -> &'static Fixture {
    FIXTURES.iter().find(|fixture| fixture.id == "bluesky").unwrap()
}

fn calls(scene: &Scene, method: &str) -> usize {
    scene.sandbox.requests(Platform::Bluesky).iter().filter(|request| request.path.ends_with(method)).count()
}

#[tokio::test]
async fn logs_in_once_for_many_posts() {
    let scene = Scene::open(fixture()).await;
    for n in 0..3 {
        let mut delivery = scene.post(&format!("Plat {n}"));
        delivery.prepare(&scene.stage).await.unwrap();
        delivery.send(&scene.stage).await.unwrap();
    }
    scene.stage.check().await.unwrap();
    assert_eq!(calls(&scene, "createSession"), 1);
}

#[tokio::test]
async fn an_expired_session_is_renewed_once_and_kept() {
    let scene = Scene::open(fixture()).await;
    let mut delivery = scene.post("Plat du jour");
    delivery.prepare(&scene.stage).await.unwrap();
    scene.fault(FaultName::TokenExpired).await;
    let failure = delivery.send(&scene.stage).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Retry, "{failure:?}");
    delivery.send(&scene.stage).await.unwrap();
    assert_eq!((calls(&scene, "refreshSession"), calls(&scene, "createSession")), (1, 1));
    assert_eq!(scene.published().len(), 1);
}

#[tokio::test]
async fn two_at_once_renew_the_session_once() {
    let scene = Scene::open(fixture()).await;
    let (mut one, mut two) = (scene.delivery("Un", true), scene.delivery("Deux", true));
    let upload = FaultMatch { action: Some(Action::Upload), ..FaultMatch::default() };
    scene.play(FaultRequest { only: upload, ..FaultRequest::new(FaultName::TokenExpired) }).await;
    let (first, second) = tokio::join!(one.prepare(&scene.stage), two.prepare(&scene.stage));
    first.unwrap();
    second.unwrap();
    assert_eq!((calls(&scene, "refreshSession"), calls(&scene, "createSession")), (1, 1));
}

#[tokio::test]
async fn a_refresh_that_fails_is_no_revocation() {
    for fault in
        [FaultName::ServerErrorBefore, FaultName::HtmlPage, FaultName::ResetBefore, FaultName::RateLimited]
    {
        let scene = Scene::open(fixture()).await;
        let mut delivery = scene.post("Plat du jour");
        delivery.prepare(&scene.stage).await.unwrap();
        scene.fault(FaultName::TokenExpired).await;
        let refresh = FaultMatch { path_contains: Some("refreshSession".into()), ..FaultMatch::default() };
        scene.play(FaultRequest { only: refresh, ..FaultRequest::new(fault) }).await;
        let failure = delivery.send(&scene.stage).await.unwrap_err();
        assert_eq!(failure.class, FailureClass::Retry, "{fault:?}: {failure:?}");
        // The old pair is still there and is renewed the next time.
        delivery.prepare(&scene.stage).await.unwrap();
        let again = delivery.send(&scene.stage).await;
        if again.is_err() {
            delivery.send(&scene.stage).await.unwrap();
        }
        assert_eq!(calls(&scene, "createSession"), 1, "{fault:?}: logged in although the session lives");
    }
}

/// A server that does not rotate its refresh token leaves it out, or empty: the good one stays.
#[tokio::test]
async fn an_empty_refresh_token_never_replaces_a_good_one() {
    use secrecy::ExposeSecret as _;
    let changes: [fn(&mut serde_json::Value); 2] = [
        |answer| answer["refreshJwt"] = json!(""),
        |answer| {
            answer.as_object_mut().unwrap().remove("refreshJwt");
        },
    ];
    for change in changes {
        let mut scene = Scene::open(fixture()).await;
        let between = Between::start(&scene.stage.base_url, move |asked| {
            if asked.address.ends_with("refreshSession") { Way::Changed(change) } else { Way::Through }
        })
        .await;
        scene.stage.move_to(&between.base);
        let stored = |key: &str| {
            let credentials = scene.stage.vault.current.lock().unwrap();
            credentials.get(key).map(|value| value.expose_secret().to_owned()).unwrap()
        };
        let (refresh, access) = (stored("refresh_jwt"), stored("access_jwt"));
        let mut delivery = scene.post("Plat du jour");
        delivery.prepare(&scene.stage).await.unwrap();
        scene.fault(FaultName::TokenExpired).await;
        delivery.send(&scene.stage).await.unwrap_err();
        assert_eq!(between.asked("refreshSession").len(), 1);
        assert_eq!(stored("refresh_jwt"), refresh);
        assert_ne!(stored("access_jwt"), access, "the new access token is kept");
        delivery.send(&scene.stage).await.unwrap();
        assert_eq!(scene.published().len(), 1);
    }
}

#[tokio::test]
async fn a_new_password_is_tried_although_a_session_lives() {
    let scene = Scene::open(fixture()).await;
    scene.stage.vault.current.lock().unwrap().set("app_password", "mistyped");
    let failure = scene.stage.check().await.unwrap_err();
    assert_eq!((failure.class, failure.problem.code.as_str()), (FailureClass::Reauth, "credential_refused"));
}

#[tokio::test]
async fn a_server_may_not_send_us_to_this_machine() {
    let scene = Scene::before_connecting(fixture()).await;
    scene.stage.vault.current.lock().unwrap().set("server", "http://pds.example.org");
    let failure = scene.stage.check().await.unwrap_err();
    assert_eq!(failure.problem.code, "server_address_invalid");
}

#[tokio::test]
async fn the_key_and_the_record_survive_every_prepare() {
    let scene = Scene::open(fixture()).await;
    let mut delivery = scene.delivery("Crème brûlée https://moulin.fr #dessert", true);
    delivery.prepare(&scene.stage).await.unwrap();
    let first = delivery.marks.clone();
    delivery.first_sent_at = Some(scene.stage.now());
    delivery.prepare(&scene.stage).await.unwrap();
    assert_eq!(delivery.marks, first, "a repeat must write the same bytes");
    assert!(matches!(delivery.reconcile(&scene.stage).await.unwrap(), Finding::Repeat));
}

#[tokio::test]
async fn words_become_clickable_at_the_right_bytes() {
    let scene = Scene::open(fixture()).await;
    let handle = seed::bluesky_handle(1);
    let text = format!("À table ! @{handle} et @personne.invalid : www.moulin.fr #Été");
    let mut delivery = scene.post(&text);
    delivery.content.link = Some("https://www.moulin.fr/carte".to_owned());
    delivery.prepare(&scene.stage).await.unwrap();
    let record = delivery.marks.get("record").unwrap();
    let features: Vec<_> = record["facets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|facet| {
            let at = |key: &str| facet["index"][key].as_u64().unwrap() as usize;
            (text[at("byteStart")..at("byteEnd")].to_owned(), facet["features"][0].clone())
        })
        .collect();
    assert_eq!(
        features,
        [
            (
                format!("@{handle}"),
                json!({"$type": "app.bsky.richtext.facet#mention", "did": seed::bluesky_did(1)})
            ),
            (
                "www.moulin.fr".to_owned(),
                json!({"$type": "app.bsky.richtext.facet#link", "uri": "https://www.moulin.fr/"})
            ),
            ("#Été".to_owned(), json!({"$type": "app.bsky.richtext.facet#tag", "tag": "Été"})),
        ]
    );
    assert_eq!(record["langs"], json!(["fr"]));
    assert_eq!(record["embed"]["external"]["title"], json!("moulin.fr"));
}

#[tokio::test]
async fn without_its_key_a_post_is_known_by_its_words_its_pictures_and_its_time() {
    let scene = Scene::open(fixture()).await;
    let mut sent = scene.delivery("Moules \u{e0} volont\u{e9}", true);
    sent.prepare(&scene.stage).await.unwrap();
    sent.send(&scene.stage).await.unwrap();
    let at = sent.first_sent_at;

    // As a restored copy knows it: neither key nor outcome. Accents may have been written another way.
    let lost = |text: &str, with_picture, first_sent_at| Delivery {
        first_sent_at,
        ..scene.delivery(text, with_picture)
    };
    let found = lost("Moules a\u{300} volonte\u{301}", true, at).look_up(&scene.stage).await.unwrap();
    let Finding::Found { sent: Sent::Published(receipt), others } = found else { panic!("{found:?}") };
    assert_eq!((Some(&receipt.remote_id), others.len()), (sent.remote_id.as_ref(), 0));
    assert!(receipt.permalink.is_some());

    let later = at.map(|at| at + jiff::SignedDuration::from_mins(20));
    for (other, why) in [
        (lost("Moules", true, at), "other words"),
        (lost("Moules \u{e0} volont\u{e9}", false, at), "no picture"),
        (lost("Moules \u{e0} volont\u{e9}", true, later), "from before the call"),
        (lost("", true, at), "no words"),
        (lost("Moules \u{e0} volont\u{e9}", true, None), "never called"),
    ] {
        let found = other.look_up(&scene.stage).await.unwrap();
        assert!(matches!(found, Finding::NotFound), "{why}: {found:?}");
    }
}

#[tokio::test]
async fn a_look_by_words_reads_further_than_the_first_page_and_no_answer_is_no_absence() {
    let scene = Scene::open(fixture()).await;
    let mut sent = scene.post("Tarte");
    sent.prepare(&scene.stage).await.unwrap();
    sent.send(&scene.stage).await.unwrap();
    for n in 0..120 {
        let mut other = scene.post(&format!("Plat {n}"));
        other.prepare(&scene.stage).await.unwrap();
        other.send(&scene.stage).await.unwrap();
    }
    let lost = Delivery { first_sent_at: sent.first_sent_at, ..scene.post("Tarte") };
    let found = lost.look_up(&scene.stage).await.unwrap();
    assert!(matches!(found, Finding::Found { .. }), "{found:?}");
    scene.fault(FaultName::HtmlPage).await;
    assert_eq!(lost.look_up(&scene.stage).await.unwrap_err().class, FailureClass::Retry);
}

/// The app password is the owner's own: only they can delete it.
#[tokio::test]
async fn the_session_is_ended_and_the_password_left_to_the_owner() {
    let scene = Scene::open(fixture()).await;
    assert_eq!(scene.stage.revoke().await.unwrap(), Revocation::SessionEnded);
    assert_eq!(calls(&scene, "deleteSession"), 1);
    assert_eq!(scene.stage.access_page().as_deref(), Some("https://web.example/settings/app-passwords"));
    // The refresh token is dead, and a dead one is ended.
    assert_eq!(scene.stage.revoke().await.unwrap(), Revocation::SessionEnded);
    assert_eq!(calls(&scene, "createSession"), 1, "no new session only to end it");
}
