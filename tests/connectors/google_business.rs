//! Google Business Profile's own behaviour against its double. Source of each expected request and answer:
//! section 8 of the wire reference and its corrections.

use jiff::{SignedDuration, civil::date};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use vieux_moulin_engine::{
    connectors::{
        Credentials, FailureClass, Finding, HandedOver, LoginDoor, Revocation, SendMode, Sent, Severity,
    },
    domain::{
        Button, ButtonAction, EventDetails, OfferDetails, OutgoingImage, PostContent, PostMedia, PostOptions,
    },
    social::adapt,
};
use vieux_moulin_sandbox::{
    Action, FaultMatch, FaultName, FaultParams, FaultRequest, Platform, RecordedRequest,
    objects::ObjectState, seed,
};

use crate::{
    between::{Between, Way},
    support::{Delivery, FIXTURES, Scene, photo_address, receipt},
};

async fn scene() -> Scene {
    Scene::open(FIXTURES.iter().find(|fixture| fixture.id == "google_business").unwrap()).await
}

async fn publish(scene: &Scene, delivery: &mut Delivery) -> Sent {
    delivery.prepare(&scene.stage).await.unwrap();
    delivery.send(&scene.stage).await.unwrap()
}

fn requests(scene: &Scene, action: Action) -> Vec<RecordedRequest> {
    let mut requests = scene.sandbox.requests(Platform::GoogleBusiness);
    requests.retain(|request| request.action == action);
    requests
}

fn last(scene: &Scene, action: Action) -> RecordedRequest {
    requests(scene, action).pop().unwrap()
}

fn moderation(fault: FaultName, polls: u32) -> FaultRequest {
    let params = FaultParams { polls: Some(polls), ..FaultParams::default() };
    FaultRequest { params, ..FaultRequest::new(fault) }
}

/// 8.2: `POST …/localPosts {languageCode, summary, topicType, callToAction, media[{mediaFormat, sourceUrl}]}`.
#[tokio::test]
async fn an_update_carries_its_button_and_the_address_of_its_photo() {
    let scene = scene().await;
    let mut delivery = scene.delivery("Ce soir, moules à la crème", true);
    delivery.content.link = Some("https://moulin.example/carte".into());
    let sent = publish(&scene, &mut delivery).await;
    let request = last(&scene, Action::Publish);
    let path = format!("/v4/{}/localPosts", seed::google_profile(1));
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", path.as_str()));
    assert_eq!(
        request.body,
        json!({
            "languageCode": "fr",
            "summary": "Ce soir, moules à la crème",
            "topicType": "STANDARD",
            "callToAction": {"actionType": "LEARN_MORE", "url": "https://moulin.example/carte"},
            "media": [{"mediaFormat": "PHOTO", "sourceUrl": photo_address()}],
        })
    );
    // 8.2: the answer names the post and, once it is live, its address.
    let receipt = receipt(&sent);
    assert!(receipt.remote_id.starts_with(&format!("{}/localPosts/", seed::google_profile(1))));
    assert!(receipt.permalink.as_deref().unwrap().starts_with("http"));
}

fn new_year() -> EventDetails {
    EventDetails {
        title: "Réveillon".into(),
        starts_on: date(2026, 12, 31),
        starts_at: Some(jiff::civil::time(19, 30, 0, 0)),
        ends_on: Some(date(2027, 1, 1)),
        ends_at: Some(jiff::civil::time(2, 0, 0, 0)),
    }
}

/// 8.2: dates are objects {year, month, day}, times {hours, minutes} of the place. Corrections: an offer
/// needs the event too; it ignores the button; a call has no address.
#[tokio::test]
async fn events_and_offers_say_when() {
    let scene = scene().await;
    let when = json!({
        "title": "Réveillon",
        "schedule": {
            "startDate": {"year": 2026, "month": 12, "day": 31},
            "startTime": {"hours": 19, "minutes": 30},
            "endDate": {"year": 2027, "month": 1, "day": 1},
            "endTime": {"hours": 2, "minutes": 0},
        },
    });
    let mut event = scene.post("Le réveillon du Moulin");
    let button = Some(Button { action: ButtonAction::Call, url: None });
    event.content.options = PostOptions { button, event: Some(new_year()), offer: None };
    publish(&scene, &mut event).await;
    let body = last(&scene, Action::Publish).body;
    assert_eq!((&body["topicType"], &body["event"]), (&json!("EVENT"), &when));
    assert_eq!(body["callToAction"], json!({"actionType": "CALL"}));

    let mut offer = scene.post("Une coupe offerte");
    offer.content.options = PostOptions {
        button: Some(Button { action: ButtonAction::Book, url: Some("https://moulin.example".into()) }),
        event: Some(new_year()),
        offer: Some(OfferDetails {
            coupon_code: Some("COUPE".into()),
            redeem_url: Some("https://moulin.example/coupe".into()),
            terms: Some("Une par table".into()),
        }),
    };
    publish(&scene, &mut offer).await;
    let body = last(&scene, Action::Publish).body;
    assert_eq!((&body["topicType"], &body["event"]), (&json!("OFFER"), &when));
    assert_eq!(
        body["offer"],
        json!({
            "couponCode": "COUPE",
            "redeemOnlineUrl": "https://moulin.example/coupe",
            "termsConditions": "Une par table",
        })
    );
    assert_eq!(body.get("callToAction"), None);
    assert_eq!(scene.published().len(), 2);
}

/// 8.2, native scheduling: `scheduledTime`, state SCHEDULED, published by Google at that moment.
#[tokio::test]
async fn google_publishes_what_it_was_given_for_later() {
    let scene = scene().await;
    let at = scene.stage.now() + SignedDuration::from_hours(2);
    let mut delivery = scene.post("Soirée jazz");
    delivery.mode = SendMode::At(at);
    let sent = publish(&scene, &mut delivery).await;
    assert!(matches!(sent, Sent::HandedOver(_)), "{sent:?}");
    assert_eq!(last(&scene, Action::Publish).body["scheduledTime"], json!(at.to_string()));
    assert!(matches!(delivery.verify(&scene.stage).await.unwrap(), HandedOver::Scheduled { .. }));
    // After a doubt it is found where it waits.
    let found = delivery.reconcile(&scene.stage).await.unwrap();
    assert!(matches!(found, Finding::Found { sent: Sent::HandedOver(_), .. }), "{found:?}");
    // Another hour is another post: it is taken back and made anew.
    delivery.mode = SendMode::At(at + SignedDuration::from_hours(1));
    let failure = delivery.update(&scene.stage).await.unwrap_err();
    assert_eq!(failure.problem.code, "edit_needs_new_delivery");
    delivery.mode = SendMode::At(at);
    scene.sandbox.move_clock(2 * 3600 + 1);
    assert!(matches!(delivery.verify(&scene.stage).await.unwrap(), HandedOver::Published(_)));
}

/// 8.2 and 13, row 17: a 200 may carry PROCESSING or REJECTED; nothing is public before LIVE.
#[tokio::test]
async fn what_google_looks_over_is_followed_to_its_end() {
    let scene = scene().await;
    scene.play(moderation(FaultName::ModerationPending, 2)).await;
    let mut delivery = scene.post("Plat du jour");
    assert!(matches!(publish(&scene, &mut delivery).await, Sent::HandedOver(_)));
    assert!(matches!(delivery.verify(&scene.stage).await.unwrap(), HandedOver::Examined { .. }));
    assert!(matches!(delivery.verify(&scene.stage).await.unwrap(), HandedOver::Published(_)));

    scene.play(moderation(FaultName::ModerationRejected, 2)).await;
    let mut delivery = scene.post("Appelez le 05 56 09 45 45");
    assert!(matches!(publish(&scene, &mut delivery).await, Sent::HandedOver(_)));
    assert!(matches!(delivery.verify(&scene.stage).await.unwrap(), HandedOver::Examined { .. }));
    let seen = delivery.verify(&scene.stage).await.unwrap();
    assert!(
        matches!(&seen, HandedOver::Refused(problem) if problem.code == "moderation_refused"),
        "{seen:?}"
    );

    scene.play(moderation(FaultName::ModerationRejected, 0)).await;
    let mut delivery = scene.post("Refusé tout de suite");
    delivery.prepare(&scene.stage).await.unwrap();
    let failure = delivery.send(&scene.stage).await.unwrap_err();
    assert_eq!((failure.class, failure.problem.code.as_str()), (FailureClass::Content, "moderation_refused"));
    assert_eq!(scene.published().len(), 1);
}

/// 8.2 and corrections: `PATCH …?updateMask=` is required; the photo cannot be swapped in place.
#[tokio::test]
async fn an_edit_names_what_it_changes() {
    let scene = scene().await;
    let mut delivery = scene.delivery("Menu à 25 €", true);
    delivery.content.link = Some("https://moulin.example".into());
    publish(&scene, &mut delivery).await;
    delivery.content.text = "Menu à 26 €".into();
    delivery.content.link = None;
    delivery.update(&scene.stage).await.unwrap();
    let request = last(&scene, Action::Edit);
    assert_eq!(request.method, "PATCH");
    assert_eq!(request.query["updateMask"], "summary,callToAction,event,offer,languageCode");
    let object = scene.published().pop().unwrap();
    assert_eq!((object.text.as_str(), object.link, object.media.len()), ("Menu à 26 €", None, 1));
    delivery.content.images.clear();
    let failure = delivery.update(&scene.stage).await.unwrap_err();
    assert_eq!(failure.problem.code, "edit_needs_new_delivery");
    delivery.delete(&scene.stage).await.unwrap();
    delivery.content.images.push(OutgoingImage {
        media_id: "a".repeat(64).as_str().into(),
        alt_text: String::new(),
        source_url: Some(photo_address()),
    });
    assert_eq!(delivery.update(&scene.stage).await.unwrap_err().problem.code, "object_gone");
}

/// The same dish each week: last week's post is not this week's, whatever the clocks say.
#[tokio::test]
async fn an_older_post_with_the_same_words_is_not_ours() {
    let scene = scene().await;
    publish(&scene, &mut scene.post("Moules frites")).await;
    let mut second = scene.post("Moules frites");
    second.prepare(&scene.stage).await.unwrap();
    scene.fault(FaultName::ResetBefore).await;
    second.send(&scene.stage).await.unwrap_err();
    assert!(matches!(second.reconcile(&scene.stage).await.unwrap(), Finding::NotFound));
    second.send(&scene.stage).await.unwrap();
    let found = second.reconcile(&scene.stage).await.unwrap();
    assert!(matches!(&found, Finding::Found { others, .. } if others.is_empty()), "{found:?}");
}

/// 12.2 and 12.3: 1500 characters, addresses only on the button, hashtags useless, one photo by address.
#[tokio::test]
async fn texts_and_pictures_are_measured_before_anything_leaves() {
    let scene = scene().await;
    let account = &scene.stage.account;
    let with = |content: PostContent| adapt(&*scene.stage.connector, account, &content, "fr");
    let codes = |content: PostContent| {
        with(content).problems.iter().map(|p| (p.code.clone(), p.severity)).collect::<Vec<_>>()
    };
    let text = |body: String| PostContent { body, ..PostContent::default() };
    // Code points: e with a combining accent is two, a family emoji seven, a flag two.
    for (body, length) in
        [("é".repeat(1500), 1500), ("e\u{301}".into(), 2), ("👨‍👩‍👧‍👦".into(), 7), ("🇫🇷".into(), 2)]
    {
        let adapted = with(text(body));
        assert_eq!((adapted.length, adapted.refusal().is_none()), (length, true));
    }
    assert_eq!(codes(text("é".repeat(1501))), [("text_too_long".to_owned(), Severity::Error)]);

    let adapted = with(PostContent {
        body: "Ce soir".into(),
        hashtags: vec!["Vensac".into()],
        link: Some("https://moulin.example".into()),
        media_url: Some("https://moulin.example/plat.jpg".into()),
        ..PostContent::default()
    });
    assert_eq!((adapted.outgoing.text.as_str(), adapted.hashtags_dropped.len()), ("Ce soir", 1));
    assert_eq!(adapted.outgoing.link.as_deref(), Some("https://moulin.example"));

    let local =
        PostMedia { media_id: "a".repeat(64).as_str().into(), alt_text: "x".into(), source_url: None };
    let content = PostContent { media: vec![local], ..text("Ce soir".into()) };
    assert_eq!(codes(content), [("public_url_needed".to_owned(), Severity::Error)]);
    assert_eq!(
        codes(text("Réservez au 05 56 09 45 45".into())),
        [("phone_number_in_text".to_owned(), Severity::Warning)]
    );
    let options = PostOptions { offer: Some(OfferDetails::default()), ..PostOptions::default() };
    let content = PostContent { options, ..text("Offre".into()) };
    assert_eq!(codes(content), [("offer_dates_missing".to_owned(), Severity::Error)]);
}

/// 8.1: the access token lives an hour. 13, rows 9 to 11: one renewal for all, and trouble is no revocation.
#[tokio::test]
async fn the_access_token_is_renewed_when_it_ends() {
    let scene = scene().await;
    let renewals = || requests(&scene, Action::Login).len();
    assert_eq!(renewals(), 1, "connecting asks once");
    publish(&scene, &mut scene.post("Premier")).await;
    assert_eq!(renewals(), 1);

    // Google forgot it before its time: reads go on with another one, the post asks to be sent again.
    scene.sandbox.move_clock(4000);
    let mut second = scene.post("Deuxième");
    second.prepare(&scene.stage).await.unwrap();
    assert_eq!(renewals(), 2);
    scene.sandbox.move_clock(8000);
    let failure = second.send(&scene.stage).await.unwrap_err();
    assert_eq!((failure.class, failure.problem.code.as_str()), (FailureClass::Retry, "session_renewed"));
    second.send(&scene.stage).await.unwrap();
    assert_eq!((renewals(), scene.published().len()), (3, 2));

    let refresh = || {
        let credentials = scene.stage.vault.current.lock().unwrap();
        credentials.get("refresh_token").unwrap().expose_secret().to_owned()
    };
    let before = refresh();
    scene.sandbox.move_clock(20_000);
    for fault in [FaultName::ServerErrorBefore, FaultName::HtmlPage, FaultName::ResetBefore] {
        let only = FaultMatch { action: Some(Action::Login), ..FaultMatch::default() };
        scene.play(FaultRequest { only, ..FaultRequest::new(fault) }).await;
        let failure = scene.post("Troisième").prepare(&scene.stage).await.unwrap_err();
        assert_eq!(failure.class, FailureClass::Retry, "{fault:?}: {failure:?}");
        assert_eq!(refresh(), before);
    }
    // A renewal of Google brings no new refresh token: the old one stays.
    scene.post("Troisième").prepare(&scene.stage).await.unwrap();
    assert_eq!(refresh(), before);
}

/// 8.1: `access_type=offline&prompt=consent`, PKCE, loopback; then `POST /token`, then the directories.
#[tokio::test]
async fn a_login_in_the_browser_ends_in_an_account_and_can_be_given_back() {
    let fixture = FIXTURES.iter().find(|fixture| fixture.id == "google_business").unwrap();
    let mut scene = Scene::before_connecting(fixture).await;
    let oauth = scene.stage.connector.clone();
    let oauth = oauth.oauth().unwrap();
    let mut app = Credentials::default();
    app.set("client_id", seed::oauth_client_id(Platform::GoogleBusiness));
    app.set("client_secret", seed::oauth_client_secret(Platform::GoogleBusiness));
    let door = LoginDoor {
        http: &scene.stage.http,
        server: &scene.stage.base_url,
        platform: &scene.stage.platform,
        app: &app,
        redirect_uri: "http://127.0.0.1:9/connexion",
    };
    let login = oauth.begin(&door).await.unwrap();
    let asked = url::Url::parse(&login.authorize_url).unwrap();
    let field = |name: &str| asked.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    assert_eq!(asked.path(), "/o/oauth2/v2/auth");
    for (name, value) in [
        ("access_type", "offline"),
        ("prompt", "consent"),
        ("code_challenge_method", "S256"),
        ("scope", "https://www.googleapis.com/auth/business.manage"),
    ] {
        assert_eq!(field(name), value);
    }
    let code = crate::oauth_loopback::consent(&login.authorize_url).await;
    let credentials = oauth.finish(&scene.stage.http, &login, &code).await.unwrap();
    let failure = oauth.finish(&scene.stage.http, &login, &code).await.unwrap_err();
    assert_eq!(failure.problem.code, "login_refused", "a code works once");

    *scene.stage.vault.current.lock().unwrap() = credentials;
    scene.stage.connect().await;
    assert_eq!(scene.stage.account.remote_id, seed::google_profile(1));
    publish(&scene, &mut scene.post("Connecté")).await;

    // What is dead already needs no more.
    for _ in 0..2 {
        assert_eq!(scene.stage.revoke().await.unwrap(), Revocation::Revoked);
    }
    assert_eq!(scene.stage.check().await.unwrap_err().class, FailureClass::Reauth);
}

/// 8.1: both directories are paged, and a login may manage several profiles.
#[tokio::test]
async fn of_several_profiles_the_right_one_is_named() {
    fn a_second_one(answer: &mut Value) {
        if let Some(locations) = answer.get_mut("locations").and_then(Value::as_array_mut) {
            let mut other = locations[0].clone();
            other["name"] = json!("locations/42");
            other["title"] = json!("La Guinguette");
            locations.push(other);
        }
    }
    let fixture = FIXTURES.iter().find(|fixture| fixture.id == "google_business").unwrap();
    let mut scene = Scene::before_connecting(fixture).await;
    let between = Between::start(&scene.stage.base_url, |_| Way::Changed(a_second_one)).await;
    scene.stage.base_url.clone_from(&between.base);
    let failure = scene.stage.check().await.unwrap_err();
    assert_eq!(failure.problem.code, "profile_choice_needed");
    assert!(failure.problem.platform_message.unwrap().contains("La Guinguette"));
    scene.stage.vault.current.lock().unwrap().set("location", "la guinguette");
    let identity = scene.stage.check().await.unwrap();
    assert!(identity.remote_id.ends_with("/locations/42"), "{}", identity.remote_id);
    // The account stays the one it is.
    scene.stage.account.remote_id = seed::google_profile(7);
    assert_eq!(scene.stage.check().await.unwrap_err().problem.code, "profile_access_lost");
}

/// 8.6: ten changes a minute of one profile.
#[tokio::test]
async fn changes_keep_googles_pace() {
    let scene = scene().await;
    publish(&scene, &mut scene.post("Premier")).await;
    assert_eq!(scene.stage.http.take_pause(), Some(std::time::Duration::from_secs(6)));
}

/// A deleted post leaves the page; the double keeps it apart.
#[tokio::test]
async fn a_deleted_post_is_gone() {
    let scene = scene().await;
    let mut delivery = scene.post("Complet");
    publish(&scene, &mut delivery).await;
    delivery.delete(&scene.stage).await.unwrap();
    assert_eq!(last(&scene, Action::Delete).method, "DELETE");
    let states: Vec<_> =
        scene.sandbox.objects(Platform::GoogleBusiness).into_iter().map(|object| object.state).collect();
    assert_eq!(states, [ObjectState::Deleted]);
}
