//! X's own behaviour against its double. Source of each expected request and answer: section 7 of the wire
//! reference.

use jiff::SignedDuration;
use secrecy::ExposeSecret as _;
use serde_json::json;
use vieux_moulin_engine::{
    config::PlatformConfig,
    connectors::{Credentials, FailureClass, Finding, Http, LoginDoor, Sent, oauth, registry::Registry},
    domain::{OutgoingImage, PostContent},
    social::adapt,
};
use vieux_moulin_sandbox::{
    Action, FaultMatch, FaultName, FaultRequest, Platform, RecordedRequest, objects::ObjectState, seed,
};

use crate::support::{Delivery, FIXTURES, Fixture, Scene, receipt};

fn fixture() -> &'static Fixture {
    FIXTURES.iter().find(|fixture| fixture.id == "x").unwrap()
}

async fn scene() -> Scene {
    Scene::open(fixture()).await
}

fn with_photos(scene: &Scene, text: &str, count: usize) -> Delivery {
    let mut delivery = scene.post(text);
    delivery.content.images = (0..count)
        .map(|n| OutgoingImage {
            media_id: n.to_string().as_str().into(),
            alt_text: if n == 1 { String::new() } else { format!("Photo {n}") },
            source_url: None,
        })
        .collect();
    delivery
}

async fn publish(scene: &Scene, delivery: &mut Delivery) -> Sent {
    delivery.prepare(&scene.stage).await.unwrap();
    delivery.send(&scene.stage).await.unwrap()
}

fn requests(scene: &Scene, path: &str) -> Vec<RecordedRequest> {
    let mut requests = scene.sandbox.requests(Platform::X);
    requests.retain(|request| request.path == path);
    requests
}

fn secret(scene: &Scene, key: &str) -> String {
    scene.stage.vault.current.lock().unwrap().get(key).unwrap().expose_secret().to_owned()
}

/// Post: `POST /2/tweets {text}` → 201 `{data:{id,text}}`.
#[tokio::test]
async fn a_text_leaves_letter_for_letter() {
    let scene = scene().await;
    let text = "Menu <du> jour & vin, 12\u{202f}€\u{a0}! #Vensac";
    let sent = publish(&scene, &mut scene.post(text)).await;
    let request = requests(&scene, "/2/tweets").pop().unwrap();
    assert_eq!((request.method.as_str(), &request.body), ("POST", &json!({"text": text})));
    assert_eq!(request.headers["authorization"], "Bearer ***");
    let id = &receipt(&sent).remote_id;
    let page = format!("https://web.example/levieuxmoulin1/status/{id}");
    assert_eq!(receipt(&sent).permalink.as_deref(), Some(page.as_str()));
}

/// Media v2: one shot, multipart `media`, `media_category=tweet_image`; alt text by `POST
/// /2/media/metadata`, only where there is one: it is billed.
#[tokio::test]
async fn photos_are_uploaded_described_and_named() {
    let scene = scene().await;
    publish(&scene, &mut with_photos(&scene, "La terrasse", 3)).await;
    let uploads = requests(&scene, "/2/media/upload");
    assert_eq!(uploads.len(), 3);
    let parts = uploads[0].body.as_array().unwrap();
    assert_eq!((&parts[0]["name"], &parts[0]["value"]), (&json!("media_category"), &json!("tweet_image")));
    assert_eq!((&parts[1]["name"], &parts[1]["mime"]), (&json!("media"), &json!("image/jpeg")));
    let described = requests(&scene, "/2/media/metadata");
    assert_eq!(described.len(), 2, "the second has no description");
    assert_eq!(described[0].body["metadata"], json!({"alt_text": {"text": "Photo 0"}}));
    let post = requests(&scene, "/2/tweets").pop().unwrap();
    assert_eq!(post.body["media"]["media_ids"].as_array().unwrap().len(), 3);
    let shown: Vec<_> = scene.published()[0].media.iter().map(|media| media.alt_text.clone()).collect();
    assert_eq!(shown, [Some("Photo 0".to_owned()), None, Some("Photo 2".to_owned())]);
}

/// After a doubt: the own posts, with addresses shortened and a link added for the picture.
#[tokio::test]
async fn a_doubt_is_looked_up_in_the_own_posts() {
    for count in [0, 1] {
        let scene = scene().await;
        publish(&scene, &mut scene.post("Autre chose")).await;
        let mut delivery =
            with_photos(&scene, "Moules & frites <12 €> https://moulin.example/carte?a=1&b=2", count);
        delivery.prepare(&scene.stage).await.unwrap();
        scene.fault(FaultName::AcceptThenReset).await;
        delivery.send(&scene.stage).await.unwrap_err();
        let found = delivery.reconcile(&scene.stage).await.unwrap();
        let Finding::Found { sent, others } = found else { panic!("{found:?}") };
        assert!(others.is_empty());
        assert_eq!(scene.published().last().unwrap().id, receipt(&sent).remote_id);
        let request = requests(&scene, &format!("/2/users/{}/tweets", seed::x_id(1))).pop().unwrap();
        assert_eq!(
            (&request.query["max_results"], request.query.contains_key("start_time")),
            (&json!("100"), true)
        );
    }
}

/// 6.6 and 12.1 for X: the refusal names no post, so the list is read once more.
#[tokio::test]
async fn a_duplicate_after_a_doubt_is_looked_up() {
    let scene = scene().await;
    let mut delivery = scene.post("Plat du jour");
    delivery.prepare(&scene.stage).await.unwrap();
    scene.fault(FaultName::AcceptThenReset).await;
    delivery.send(&scene.stage).await.unwrap_err();
    scene.fault(FaultName::ListingLag).await;
    assert!(matches!(delivery.reconcile(&scene.stage).await.unwrap(), Finding::NotFound));
    delivery.lookups = 3;
    let sent = delivery.send(&scene.stage).await.unwrap();
    let published = scene.published();
    assert_eq!((published.len(), &published[0].id), (1, &receipt(&sent).remote_id));
}

/// While the list still hides it, the refusal is all there is: it proves the first request.
#[tokio::test]
async fn a_duplicate_that_no_list_shows_is_a_proof() {
    let scene = scene().await;
    let mut delivery = scene.post("Plat du jour");
    delivery.prepare(&scene.stage).await.unwrap();
    scene.fault(FaultName::AcceptThenReset).await;
    delivery.send(&scene.stage).await.unwrap_err();
    scene.play(FaultRequest { times: 0, ..FaultRequest::new(FaultName::ListingLag) }).await;
    delivery.lookups = 3;
    assert_eq!(delivery.send(&scene.stage).await.unwrap_err().class, FailureClass::Duplicate);
    assert_eq!(scene.published().len(), 1);
}

/// The same words stood there last week: the refusal proves nothing about this one.
#[tokio::test]
async fn an_older_post_with_the_same_words_is_not_taken_for_this_one() {
    let mut scene = scene().await;
    publish(&scene, &mut scene.post("Fermé le lundi")).await;
    scene.sandbox.move_clock(7 * 86_400);
    scene.stage.ahead = SignedDuration::from_hours(7 * 24);
    let mut delivery = scene.post("Fermé le lundi");
    delivery.prepare(&scene.stage).await.unwrap();
    // A week later the token has ended: renewed before the request, as in every life.
    let only = FaultMatch { action: Some(Action::Publish), ..FaultMatch::default() };
    scene.play(FaultRequest { only, ..FaultRequest::new(FaultName::ResetBefore) }).await;
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

/// Auth: two hours, and each renewal replaces the refresh token; the new pair is stored before it is used.
#[tokio::test]
async fn a_renewed_pair_is_stored_before_it_is_used() {
    let mut scene = scene().await;
    let before = secret(&scene, oauth::REFRESH_TOKEN);
    scene.sandbox.move_clock(3 * 3600);
    scene.stage.ahead = SignedDuration::from_hours(3);
    let mut delivery = scene.post("Plat du jour");
    delivery.prepare(&scene.stage).await.unwrap();
    // The call with the new token fails on the way: the pair is there all the same.
    let only = FaultMatch { action: Some(Action::Publish), ..FaultMatch::default() };
    scene.play(FaultRequest { only, ..FaultRequest::new(FaultName::ResetBefore) }).await;
    delivery.send(&scene.stage).await.unwrap_err();
    let after = secret(&scene, oauth::REFRESH_TOKEN);
    assert_ne!(before, after);
    let renewals = requests(&scene, "/2/oauth2/token").len();
    delivery.send(&scene.stage).await.unwrap();
    assert_eq!(requests(&scene, "/2/oauth2/token").len(), renewals, "renewed once");
}

/// 13 rows 9 and 10: an unreachable token endpoint is no revocation.
#[tokio::test]
async fn a_renewal_that_cannot_be_asked_for_keeps_the_token() {
    let mut scene = scene().await;
    let before = secret(&scene, oauth::REFRESH_TOKEN);
    scene.sandbox.move_clock(3 * 3600);
    scene.stage.ahead = SignedDuration::from_hours(3);
    for fault in [FaultName::ServerErrorBefore, FaultName::HtmlPage, FaultName::ResetBefore] {
        let only = FaultMatch { action: Some(Action::Login), ..FaultMatch::default() };
        scene.play(FaultRequest { only, ..FaultRequest::new(fault) }).await;
        assert_eq!(scene.stage.check().await.unwrap_err().class, FailureClass::Retry, "{fault:?}");
        assert_eq!(secret(&scene, oauth::REFRESH_TOKEN), before, "{fault:?}");
    }
    scene.stage.check().await.unwrap();
    // A dead refresh token is a definite no.
    scene.stage.vault.current.lock().unwrap().set(oauth::REFRESH_TOKEN, before);
    scene.sandbox.move_clock(6 * 3600);
    scene.stage.ahead = SignedDuration::from_hours(6);
    assert_eq!(scene.stage.check().await.unwrap_err().class, FailureClass::Reauth);
}

/// Cost: without a written yes nothing is connected, and nothing is asked of X.
#[tokio::test]
async fn without_a_yes_to_the_price_nothing_is_connected() {
    for answer in ["", "non", "plus tard"] {
        let scene = Scene::before_connecting(fixture()).await;
        scene.stage.vault.current.lock().unwrap().set(oauth::COST_ACCEPTED, answer);
        let failure = scene.stage.check().await.unwrap_err();
        assert_eq!(
            (failure.class, failure.problem.code.as_str()),
            (FailureClass::Content, "cost_not_accepted")
        );
        assert!(scene.sandbox.requests(Platform::X).is_empty(), "{answer}");
    }
}

/// Cost: post 0.015, with a URL 0.200: said before it leaves.
#[tokio::test]
async fn the_price_is_shown_first() {
    let scene = scene().await;
    let registry = Registry::standard();
    let x = registry.get("x").unwrap();
    assert!(x.bills_each_post());
    assert_eq!(registry.iter().filter(|connector| connector.bills_each_post()).count(), 1);
    for (text, code) in [
        ("Ce soir, moules", "post_costs"),
        ("La carte https://moulin.example", "post_with_link_costs"),
        ("La carte sur moulin.fr", "post_with_link_costs"),
    ] {
        let content = PostContent { body: text.to_owned(), ..PostContent::default() };
        let adapted = adapt(&**x, &scene.stage.account, &content, "fr");
        let codes: Vec<&str> = adapted.problems.iter().map(|problem| problem.code.as_str()).collect();
        assert_eq!((codes, adapted.refusal().is_none()), (vec![code], true), "{text}");
    }
}

/// Limits: 280 weighted; 23 for an address, 2 for emoji and CJK.
#[tokio::test]
async fn counts_as_x_does() {
    let scene = scene().await;
    let registry = Registry::standard();
    let x = registry.get("x").unwrap();
    for (text, length, fits) in [
        ("é".repeat(280), 280, true),
        ("é".repeat(281), 281, false),
        ("👨‍👩‍👧‍👦".repeat(140), 280, true),
        ("味".repeat(141), 282, false),
        (format!("{} https://moulin.example/{}", "a".repeat(256), "b".repeat(300)), 280, true),
    ] {
        let content = PostContent { body: text, ..PostContent::default() };
        let adapted = adapt(&**x, &scene.stage.account, &content, "fr");
        assert_eq!((adapted.length, adapted.refusal().is_none()), (length, fits));
    }
}

/// Auth: public client, PKCE S256, `http://127.0.0.1`, the five scopes; code exchanged with `client_id` in the
/// body.
#[tokio::test]
async fn consent_in_the_browser_ends_in_an_account_that_publishes() {
    let scene = Scene::before_connecting(fixture()).await;
    let connector = Registry::standard().get("x").unwrap().clone();
    let login = connector.oauth().unwrap();
    assert!(login.registered_port().is_some());
    assert_eq!(login.registered_host(), "127.0.0.1", "X takes no localhost");
    let http = Http::new().unwrap();
    let platform = PlatformConfig { base_url: scene.stage.base_url.clone(), ..PlatformConfig::default() };
    let mut app = Credentials::default();
    app.set(oauth::CLIENT_ID, seed::X_CLIENT_ID);
    let redirect_uri = "http://127.0.0.1:5018/connexion";
    for answer in ["non", "oui"] {
        app.set(oauth::COST_ACCEPTED, answer);
        let door = LoginDoor {
            http: &http,
            server: &scene.stage.base_url,
            platform: &platform,
            app: &app,
            redirect_uri,
        };
        let pending = match login.begin(&door).await {
            Ok(pending) => pending,
            Err(failure) => {
                assert_eq!((answer, failure.problem.code.as_str()), ("non", "cost_not_accepted"));
                continue;
            }
        };
        let asked = url::Url::parse(&pending.authorize_url).unwrap();
        assert_eq!(asked.path(), "/i/oauth2/authorize");
        let form: Vec<(String, String)> =
            asked.query_pairs().into_owned().chain([("decision".to_owned(), "allow".to_owned())]).collect();
        let scope = form.iter().find(|(key, _)| key == "scope").unwrap();
        assert_eq!(scope.1, "tweet.read tweet.write users.read media.write offline.access");
        let page = http.client().get(asked.clone()).send().await.unwrap();
        assert_eq!(page.status(), 200);
        let answer = http.client().post(asked).form(&form).send().await.unwrap();
        let back = url::Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
        let code = back.query_pairs().find(|(key, _)| key == "code").unwrap().1.into_owned();
        let credentials = login.finish(&http, &pending, &code).await.unwrap();
        let fields = connector.descriptor().credential_fields;
        assert!(credentials.keys().all(|key| fields.iter().any(|field| field.key == key)), "all can be kept");
        *scene.stage.vault.current.lock().unwrap() = credentials;
        assert_eq!(scene.stage.check().await.unwrap().remote_id, seed::x_id(1));
    }
}

/// Delete: `DELETE /2/tweets/:id`; no edit.
#[tokio::test]
async fn a_post_can_be_removed_and_not_changed() {
    let scene = scene().await;
    let mut delivery = scene.post("Plat du jour");
    publish(&scene, &mut delivery).await;
    assert!(!scene.stage.connector.descriptor().capabilities.edit);
    delivery.delete(&scene.stage).await.unwrap();
    let id = delivery.remote_id.clone().unwrap();
    assert_eq!(requests(&scene, &format!("/2/tweets/{id}")).pop().unwrap().method, "DELETE");
    assert_eq!(scene.sandbox.objects(Platform::X)[0].state, ObjectState::Deleted);
}
