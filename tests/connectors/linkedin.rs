//! LinkedIn's own behaviour against its double. Source of each expected request and answer: section 6 of the
//! wire reference, and where a test says so its corrections.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use vieux_moulin_engine::{
    config::PlatformConfig,
    connectors::{
        Credentials, FailureClass, Finding, Http, LoginDoor, Prepared, Sent, Severity, registry::Registry,
    },
    domain::{OutgoingImage, PostContent, TokenExpiry},
    social::adapt,
};
use vieux_moulin_sandbox::{
    Action, FaultMatch, FaultName, FaultParams, FaultRequest, Platform, RecordedRequest,
    objects::ObjectState, seed,
};

use crate::support::{Delivery, FIXTURES, Fixture, Scene, receipt};

fn fixture() -> &'static Fixture {
    FIXTURES.iter().find(|fixture| fixture.id == "linkedin").unwrap()
}

async fn scene() -> Scene {
    Scene::open(fixture()).await
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

fn requests(scene: &Scene, action: Action) -> Vec<RecordedRequest> {
    let mut requests = scene.sandbox.requests(Platform::LinkedIn);
    requests.retain(|request| request.action == action);
    requests
}

fn last(scene: &Scene, action: Action) -> RecordedRequest {
    requests(scene, action).pop().unwrap()
}

/// 6.1 and 6.2: the three headers, the whole body; the name only in `x-restli-id`. Escaping: 6.2, 14.4.
#[tokio::test]
async fn a_text_leaves_escaped_and_arrives_whole() {
    let scene = scene().await;
    let text = "Magret (18 €) & [frites] *maison*, c_est prêt ~ à <midi> {ou} pas | @chef \\o/ #Vensac #2";
    let sent = publish(&scene, &mut scene.post(text)).await;
    let request = last(&scene, Action::Publish);
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/rest/posts"));
    assert_eq!(request.headers["linkedin-version"], "202607");
    assert_eq!(request.headers["x-restli-protocol-version"], "2.0.0");
    assert_eq!(request.headers["authorization"], "Bearer ***");
    assert_eq!(
        request.body,
        json!({
            "author": seed::linkedin_organization_urn(1),
            "commentary": "Magret \\(18 €\\) & \\[frites\\] \\*maison\\*, c\\_est prêt \\~ à \\<midi\\> \\{ou\\} pas \\| \\@chef \\\\o/ {hashtag|\\#|Vensac} \\#2",
            "visibility": "PUBLIC",
            "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
            "lifecycleState": "PUBLISHED",
            "isReshareDisabledByAuthor": false,
        })
    );
    assert_eq!(scene.published().first().unwrap().text, text);
    let urn = &receipt(&sent).remote_id;
    assert!(urn.starts_with("urn:li:share:"));
    let page = format!("https://web.example/feed/update/{urn}/");
    assert_eq!(receipt(&sent).permalink.as_deref(), Some(page.as_str()));
}

/// 6.2, image: initialize, one PUT of the whole file, then asked until AVAILABLE. 14.3: one plain PUT.
#[tokio::test]
async fn a_photo_is_uploaded_waited_for_and_described() {
    let scene = scene().await;
    scene
        .play(FaultRequest {
            params: FaultParams { polls: Some(2), ..FaultParams::default() },
            ..FaultRequest::new(FaultName::MediaProcessing)
        })
        .await;
    publish(&scene, &mut with_photos(&scene, "Le plat", 1)).await;
    let uploads = requests(&scene, Action::Upload);
    assert_eq!((uploads.len(), uploads[0].query["action"].as_str()), (2, Some("initializeUpload")));
    assert_eq!(
        uploads[0].body,
        json!({"initializeUploadRequest": {"owner": seed::linkedin_organization_urn(1)}})
    );
    assert_eq!(
        (uploads[1].method.as_str(), uploads[1].headers["content-type"].as_str()),
        ("PUT", Some("image/jpeg"))
    );
    assert!(uploads[1].headers.contains_key("content-length"), "not in pieces");
    assert_eq!(requests(&scene, Action::Status).len(), 3, "PROCESSING twice, then AVAILABLE");
    let media = &last(&scene, Action::Publish).body["content"]["media"];
    assert!(media["id"].as_str().unwrap().starts_with("urn:li:image:"));
    assert_eq!(media["altText"], "Photo 0");
}

/// 6.2: several pictures are a `multiImage`, 2 to 20.
#[tokio::test]
async fn several_photos_are_one_post() {
    let scene = scene().await;
    publish(&scene, &mut with_photos(&scene, "La terrasse", 3)).await;
    let images = last(&scene, Action::Publish).body["content"]["multiImage"]["images"].clone();
    let alt: Vec<&str> = images.as_array().unwrap().iter().map(|i| i["altText"].as_str().unwrap()).collect();
    assert_eq!(alt, ["Photo 0", "Photo 1", "Photo 2"]);
    assert_eq!(scene.published().first().unwrap().media.len(), 3);
}

/// 6.2: `article{source,title}`; nothing is fetched from the address, so the title is given.
#[tokio::test]
async fn an_address_is_a_card() {
    let scene = scene().await;
    for (title, shown) in [(Some("La carte d’hiver"), "La carte d’hiver"), (None, "moulin.example")] {
        let mut delivery = scene.post(&format!("Nouvelle carte {shown}"));
        delivery.content.link = Some("https://moulin.example/carte".to_owned());
        delivery.content.title = title.map(str::to_owned);
        publish(&scene, &mut delivery).await;
        assert_eq!(
            last(&scene, Action::Publish).body["content"],
            json!({"article": {"source": "https://moulin.example/carte", "title": shown}})
        );
    }
    // A picture takes the place of the card.
    let mut delivery = with_photos(&scene, "Carte et photo https://moulin.example/carte", 1);
    delivery.content.link = Some("https://moulin.example/carte".to_owned());
    publish(&scene, &mut delivery).await;
    assert!(last(&scene, Action::Publish).body["content"].get("article").is_none());
}

/// A crash between two uploads: what is there is not uploaded again.
#[tokio::test]
async fn an_upload_is_made_once() {
    let scene = scene().await;
    let mut delivery = with_photos(&scene, "La terrasse", 2);
    let credentials = scene.stage.vault.current.lock().unwrap().clone();
    let first = scene.stage.publisher().prepare(&scene.stage.access(&credentials), &delivery.job()).await;
    let Ok(Prepared::Wait { marks, .. }) = first else { panic!("{first:?}") };
    delivery.marks = marks;
    publish(&scene, &mut delivery).await;
    let puts = requests(&scene, Action::Upload).iter().filter(|request| request.method == "PUT").count();
    assert_eq!(puts, 2);
}

/// 6.2: PROCESSING_FAILED is a refusal of this post only.
#[tokio::test]
async fn a_bad_picture_refuses_its_post() {
    let scene = scene().await;
    scene.fault(FaultName::MediaFailed).await;
    let failure = with_photos(&scene, "Le plat", 1).prepare(&scene.stage).await.unwrap_err();
    assert_eq!((failure.class, failure.problem.code.as_str()), (FailureClass::Content, "photo_refused"));
}

/// 6.6, 13 row 18: the answer was lost and the list lags; the second request is refused as a duplicate, and
/// the post that the refusal names is ours.
#[tokio::test]
async fn a_duplicate_after_a_doubt_is_adopted() {
    let scene = scene().await;
    let mut delivery = scene.post("Plat du jour");
    delivery.prepare(&scene.stage).await.unwrap();
    scene.fault(FaultName::AcceptThenReset).await;
    delivery.send(&scene.stage).await.unwrap_err();
    scene.play(FaultRequest { times: 0, ..FaultRequest::new(FaultName::ListingLag) }).await;
    let found = delivery.reconcile(&scene.stage).await.unwrap();
    assert!(matches!(found, Finding::NotFound), "{found:?}");
    delivery.lookups = 3;
    let sent = delivery.send(&scene.stage).await.unwrap();
    let published = scene.published();
    assert_eq!((published.len(), &published[0].id), (1, &receipt(&sent).remote_id));
}

/// The same dish stood there last week: the refusal proves nothing about this one, and nothing was made.
#[tokio::test]
async fn an_older_post_with_the_same_words_is_not_taken_for_this_one() {
    let mut scene = scene().await;
    publish(&scene, &mut scene.post("Plat du jour")).await;
    // A week later, on both clocks.
    scene.sandbox.move_clock(7 * 86_400);
    scene.stage.ahead = SignedDuration::from_hours(7 * 24);
    let mut delivery = scene.post("Plat du jour");
    delivery.prepare(&scene.stage).await.unwrap();
    scene.fault(FaultName::ResetBefore).await;
    delivery.send(&scene.stage).await.unwrap_err();
    assert!(matches!(delivery.reconcile(&scene.stage).await.unwrap(), Finding::NotFound));
    delivery.lookups = 3;
    let failure = delivery.send(&scene.stage).await.unwrap_err();
    assert_eq!(
        (failure.class, failure.problem.code.as_str()),
        (FailureClass::Content, "same_words_as_before")
    );
    assert_eq!(scene.published().len(), 1);
}

/// A refusal that names a post which is not there (a public report of 2026-02) leaves the doubt.
#[tokio::test]
async fn a_ghost_proves_nothing() {
    let scene = scene().await;
    let mut delivery = scene.post("Plat du jour");
    delivery.prepare(&scene.stage).await.unwrap();
    scene.fault(FaultName::DuplicateRefused).await;
    let failure = delivery.send(&scene.stage).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Duplicate, "without a doubt before: a person is asked");
    delivery.lookups = 3;
    scene.fault(FaultName::DuplicateRefused).await;
    let failure = delivery.send(&scene.stage).await.unwrap_err();
    assert_eq!((failure.class, failure.problem.code.as_str()), (FailureClass::Unknown, "duplicate_post"));
}

/// 6.2: the finder by author, named in a header; 100 a page, followed until before the call.
#[tokio::test]
async fn a_doubt_is_looked_up_in_the_organisations_posts() {
    let scene = scene().await;
    for n in 0..3 {
        publish(&scene, &mut scene.post(&format!("Autre chose {n}"))).await;
    }
    let mut delivery = with_photos(&scene, "Plat du jour (18 €)", 1);
    delivery.prepare(&scene.stage).await.unwrap();
    scene.fault(FaultName::AcceptThenReset).await;
    delivery.send(&scene.stage).await.unwrap_err();
    let found = delivery.reconcile(&scene.stage).await.unwrap();
    let Finding::Found { sent, others } = found else { panic!("{found:?}") };
    assert!(others.is_empty());
    assert_eq!(scene.published().last().unwrap().id, receipt(&sent).remote_id);
    let request = last(&scene, Action::List);
    assert_eq!(request.headers["x-restli-method"], "FINDER");
    assert_eq!(
        Value::Object(request.query),
        json!({"author": seed::linkedin_organization_urn(1), "q": "author", "start": "0", "count": "100",
            "sortBy": "LAST_MODIFIED"})
    );
}

/// 6.2: `PARTIAL_UPDATE` of the commentary, 204; delete, idempotent.
#[tokio::test]
async fn words_can_be_corrected_pictures_cannot() {
    let scene = scene().await;
    let mut delivery = with_photos(&scene, "Soirée jazz", 1);
    publish(&scene, &mut delivery).await;
    delivery.content.text = "Soirée jazz (complet)".to_owned();
    for _ in 0..2 {
        let sent = delivery.update(&scene.stage).await.unwrap();
        assert_eq!(Some(&receipt(&sent).remote_id), delivery.remote_id.as_ref());
    }
    let request = last(&scene, Action::Edit);
    assert_eq!(request.headers["x-restli-method"], "PARTIAL_UPDATE");
    assert_eq!(request.body, json!({"patch": {"$set": {"commentary": "Soirée jazz \\(complet\\)"}}}));
    assert!(request.path.starts_with("/rest/posts/urn%3Ali%3Ashare%3A"), "{}", request.path);
    assert_eq!(scene.published()[0].text, "Soirée jazz (complet)");

    let pictures = std::mem::take(&mut delivery.content.images);
    assert_eq!(delivery.update(&scene.stage).await.unwrap_err().problem.code, "edit_needs_new_delivery");
    delivery.content.images = pictures;
    delivery.delete(&scene.stage).await.unwrap();
    assert_eq!(last(&scene, Action::Delete).headers["x-restli-method"], "DELETE");
    assert_eq!(delivery.update(&scene.stage).await.unwrap_err().problem.code, "object_gone");
    assert_eq!(scene.sandbox.objects(Platform::LinkedIn)[0].state, ObjectState::Deleted);
}

/// 6.1: the member's roles say which page; several need a choice.
#[tokio::test]
async fn the_page_is_found_by_role() {
    for typed in ["", "le-vieux-moulin-1", "https://www.linkedin.com/company/le-vieux-moulin-1/", "90000001"]
    {
        let scene = Scene::before_connecting(fixture()).await;
        scene.stage.vault.current.lock().unwrap().set("organization", typed);
        let identity = scene.stage.check().await.unwrap();
        assert_eq!(identity.remote_id, seed::linkedin_organization(1), "{typed}");
        assert_eq!(identity.handle, seed::linkedin_vanity_name(1));
    }
    let scene = Scene::before_connecting(fixture()).await;
    scene.stage.vault.current.lock().unwrap().set("organization", "autre-maison");
    assert_eq!(scene.stage.check().await.unwrap_err().problem.code, "no_organization");
}

/// 13 row 19; corrections: 426 for a dead version. A message about the application, not about the post.
#[tokio::test]
async fn a_dead_version_stops_the_connector() {
    let mut scene = scene().await;
    scene.stage.platform.api_version = Some("202501".to_owned());
    let mut delivery = scene.post("Plat du jour");
    delivery.prepare(&scene.stage).await.unwrap();
    let failure = delivery.send(&scene.stage).await.unwrap_err();
    assert_eq!((failure.class, failure.problem.code.as_str()), (FailureClass::Blocked, "api_version_ended"));
    assert_eq!(scene.stage.check().await.unwrap_err().problem.code, "api_version_ended");
}

/// 6.1: 60 days, told and announced; the end of a pasted token is unknown, not "never".
#[tokio::test]
async fn the_end_of_the_token_is_known_or_unknown() {
    let scene = scene().await;
    let identity = scene.stage.check().await.unwrap();
    assert_eq!(identity.token_expiry, TokenExpiry::Unknown);
    let set = |until: Timestamp| {
        scene.stage.vault.current.lock().unwrap().set("access_token_until", until.to_string());
    };
    set(Timestamp::now() + SignedDuration::from_hours(24 * 10));
    let identity = scene.stage.check().await.unwrap();
    assert!(
        identity.findings.iter().any(|f| f.code == "token_expires_soon" && f.severity == Severity::Warning)
    );
    set(Timestamp::now() - SignedDuration::from_hours(1));
    let failure = scene.stage.check().await.unwrap_err();
    assert_eq!((failure.class, failure.problem.code.as_str()), (FailureClass::Reauth, "token_expired"));
}

fn door<'a>(
    scene: &'a Scene,
    http: &'a Http,
    platform: &'a PlatformConfig,
    app: &'a Credentials,
) -> LoginDoor<'a> {
    LoginDoor { http, server: &scene.stage.base_url, platform, app, redirect_uri: REDIRECT_URI }
}

const REDIRECT_URI: &str = "http://localhost:5017/connexion";

/// 6.1: authorization page, then `accessToken` with the code; the answer's `expires_in` is 60 days.
#[tokio::test]
async fn consent_in_the_browser_ends_in_an_account_that_publishes() {
    let scene = Scene::before_connecting(fixture()).await;
    let connector = Registry::standard().get("linkedin").unwrap().clone();
    let login = connector.oauth().unwrap();
    assert!(login.registered_port().is_some(), "the redirect address is registered beforehand");
    let http = Http::new().unwrap();
    let platform = PlatformConfig { base_url: scene.stage.base_url.clone(), ..PlatformConfig::default() };
    let mut app = Credentials::default();
    let refused = login.begin(&door(&scene, &http, &platform, &app)).await;
    assert_eq!(refused.unwrap_err().problem.code, "credential_missing");
    app.set("client_id", seed::LINKEDIN_CLIENT_ID);
    app.set("client_secret", seed::LINKEDIN_CLIENT_SECRET);
    let pending = login.begin(&door(&scene, &http, &platform, &app)).await.unwrap();
    let asked = url::Url::parse(&pending.authorize_url).unwrap();
    let fields: std::collections::BTreeMap<String, String> = asked.query_pairs().into_owned().collect();
    assert_eq!(asked.path(), "/oauth/v2/authorization");
    assert_eq!((fields["response_type"].as_str(), fields["state"] == pending.state), ("code", true));
    assert_eq!(fields["scope"], "w_organization_social r_organization_social rw_organization_admin");

    let form: Vec<(String, String)> =
        fields.into_iter().chain([("decision".to_owned(), "allow".to_owned())]).collect();
    let answer = http.client().post(asked.clone()).form(&form).send().await.unwrap();
    let back = url::Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
    assert!(back.as_str().starts_with(REDIRECT_URI));
    let code = back.query_pairs().find(|(key, _)| key == "code").unwrap().1.into_owned();
    let credentials = login.finish(&http, &pending, &code).await.unwrap();
    let until: Timestamp = credentials.get("access_token_until").unwrap().expose_secret().parse().unwrap();
    let days = until.duration_since(Timestamp::now()).as_hours() / 24;
    assert!((59..=60).contains(&days), "{days}");
    let fields = connector.descriptor().credential_fields;
    assert!(credentials.keys().all(|key| fields.iter().any(|field| field.key == key)), "all can be kept");
    *scene.stage.vault.current.lock().unwrap() = credentials;
    assert_eq!(scene.stage.check().await.unwrap().remote_id, seed::linkedin_organization(1));
    // A code works once.
    let again = login.finish(&http, &pending, &code).await.unwrap_err();
    assert_eq!(again.class, FailureClass::Reauth);
}

/// 6.3: 3000, counted so that no reading of "characters" is exceeded.
#[tokio::test]
async fn counts_what_is_sent() {
    let scene = scene().await;
    let registry = Registry::standard();
    let linkedin = registry.get("linkedin").unwrap();
    for (text, fits) in [
        ("é".repeat(3000), true),
        ("é".repeat(3001), false),
        ("(".repeat(1500), true),
        ("(".repeat(1501), false),
        ("🍓".repeat(1500), true),
        ("🍓".repeat(1501), false),
    ] {
        let content = PostContent { body: text.clone(), ..PostContent::default() };
        let adapted = adapt(&**linkedin, &scene.stage.account, &content, "fr");
        assert_eq!(adapted.refusal().is_none(), fits, "{} {}", text.chars().next().unwrap(), adapted.length);
    }
    // The card shows the address: it stays out of the words.
    let content = PostContent {
        body: "La carte".to_owned(),
        link: Some("https://moulin.example/carte".to_owned()),
        ..PostContent::default()
    };
    assert_eq!(adapt(&**linkedin, &scene.stage.account, &content, "fr").outgoing.text, "La carte");
}

/// 6.4: 429 without a word about its end.
#[tokio::test]
async fn a_silent_limit_is_waited_out() {
    let scene = scene().await;
    let mut delivery = scene.post("Plat du jour");
    delivery.prepare(&scene.stage).await.unwrap();
    let params = FaultParams {
        dialect: Some(vieux_moulin_sandbox::faults::RateDialect::None),
        ..FaultParams::default()
    };
    let only = FaultMatch { action: Some(Action::Publish), ..FaultMatch::default() };
    scene.play(FaultRequest { params, only, ..FaultRequest::new(FaultName::RateLimited) }).await;
    let failure = delivery.send(&scene.stage).await.unwrap_err();
    assert_eq!((failure.class, failure.problem.code.as_str()), (FailureClass::Quota, "quota_reached"));
    assert!(failure.retry_after.unwrap() <= Duration::from_mins(15));
}
