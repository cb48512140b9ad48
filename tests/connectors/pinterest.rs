//! Pinterest's own behaviour against its double. Source of each expected request and answer: section 11 of
//! the wire reference; of the rules for tokens 0.5, 13 (rows 9 to 12) and 14.2.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use vieux_moulin_engine::{
    connectors::{Credentials, FailureClass, Finding, LoginDoor, Sent, Severity},
    domain::{PostContent, PostMedia},
    social::adapt,
};
use vieux_moulin_sandbox::{
    Action, FaultMatch, FaultName, FaultRequest, Platform, RecordedRequest, objects::ObjectState, seed,
};

use crate::{
    between::{Between, Way},
    support::{Delivery, FIXTURES, Fixture, Scene, jpeg, receipt},
};

fn fixture() -> &'static Fixture {
    FIXTURES.iter().find(|fixture| fixture.id == "pinterest").unwrap()
}

async fn publish(scene: &Scene, delivery: &mut Delivery) -> Sent {
    delivery.prepare(&scene.stage).await.unwrap();
    delivery.send(&scene.stage).await.unwrap()
}

fn requests(scene: &Scene, action: Action) -> Vec<RecordedRequest> {
    let mut requests = scene.sandbox.requests(Platform::Pinterest);
    requests.retain(|request| request.action == action);
    requests
}

fn secret(scene: &Scene, key: &str) -> String {
    let credentials = scene.stage.vault.current.lock().unwrap();
    credentials.get(key).map(|value| value.expose_secret().to_owned()).unwrap_or_default()
}

/// Section 11, "Pin": `POST /v5/pins {board_id, title, description, alt_text, link, media_source}`, 201.
#[tokio::test]
async fn a_pin_carries_its_picture() {
    let scene = Scene::open(fixture()).await;
    let mut delivery = scene.post("À la crème, ce soir");
    delivery.content.title = Some("Moules de bouchot".into());
    delivery.content.link = Some("https://moulin.example/carte".into());
    let sent = publish(&scene, &mut delivery).await;
    let request = requests(&scene, Action::Publish).pop().unwrap();
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/v5/pins"));
    let mut body = request.body;
    let source = body.as_object_mut().unwrap().remove("media_source").unwrap();
    assert_eq!(
        body,
        json!({
            "board_id": seed::pinterest_board_id(1),
            "title": "Moules de bouchot",
            "description": "À la crème, ce soir",
            "alt_text": "Une assiette d’huîtres",
            "link": "https://moulin.example/carte",
        })
    );
    assert_eq!(
        (&source["source_type"], &source["content_type"]),
        (&json!("image_base64"), &json!("image/jpeg"))
    );
    let whole = STANDARD.encode(jpeg(640, 480));
    assert!(whole.starts_with(source["data"].as_str().unwrap()), "the log keeps the beginning");
    let id = &receipt(&sent).remote_id;
    assert_eq!(receipt(&sent).permalink, Some(format!("https://web.example/pin/{id}/")));
}

/// Section 11: title ≤ 100, description ≤ 800, link ≤ 2048; characters (12.2). No pin without a picture.
#[tokio::test]
async fn words_are_measured_before_anything_leaves() {
    let scene = Scene::open(fixture()).await;
    let media =
        vec![PostMedia { media_id: "a".repeat(64).as_str().into(), alt_text: "x".into(), source_url: None }];
    let content = |title: &str, body: &str, link: &str| PostContent {
        title: Some(title.to_owned()).filter(|title| !title.is_empty()),
        body: body.to_owned(),
        link: Some(link.to_owned()).filter(|link| !link.is_empty()),
        hashtags: vec!["Vensac".into()],
        media: media.clone(),
        ..PostContent::default()
    };
    let of = |content: &PostContent| adapt(&*scene.stage.connector, &scene.stage.account, content, "fr");
    // Title and link have their own fields, hashtags stand in the description.
    let adapted = of(&content("Moules", "Ce soir", "https://moulin.example"));
    assert_eq!(adapted.outgoing.text, "Ce soir\n\n#Vensac");
    assert_eq!(adapted.outgoing.title.as_deref(), Some("Moules"));
    assert!(adapted.refusal().is_none(), "{:?}", adapted.problems);
    let room = 800 - "\n\n#Vensac".len();
    for (content, code) in [
        (content("", &"é".repeat(room), ""), None),
        (content("", &"é".repeat(room + 1), ""), Some("text_too_long")),
        (content(&"🍳".repeat(100), "x", ""), None),
        (content(&"🍳".repeat(101), "x", ""), Some("title_too_long")),
        (content("", "x", &format!("https://moulin.example/{}", "a".repeat(2048))), Some("link_too_long")),
        (PostContent { media: Vec::new(), ..content("", "x", "") }, Some("text_only_not_allowed")),
    ] {
        let adapted = of(&content);
        let refusals = adapted.problems.iter().filter(|problem| problem.severity == Severity::Error);
        let codes: Vec<_> = refusals.map(|problem| problem.code.as_str()).collect();
        assert_eq!(codes, Vec::from_iter(code));
    }
}

/// 14.2 and 13, rows 9 to 11: each renewal brings a new pair, kept before it is used; one renewal for all
/// callers; an answer without a refresh token, or none at all, changes nothing.
#[tokio::test]
async fn a_rotating_refresh_token_is_never_lost() {
    let scene = Scene::open(fixture()).await;
    let renewals = || requests(&scene, Action::Login).len();
    let first = secret(&scene, "refresh_token");
    assert_ne!(first, seed::oauth_refresh_token(Platform::Pinterest, 1), "connecting renewed once");
    assert_eq!(renewals(), 1);

    // A month later the access token has ended at Pinterest, and two callers notice together.
    scene.sandbox.move_clock(31 * 24 * 3600);
    let (mut one, mut other) = (scene.post("Un"), scene.post("Deux"));
    let (first_done, second_done) = tokio::join!(one.prepare(&scene.stage), other.prepare(&scene.stage));
    first_done.unwrap();
    second_done.unwrap();
    let second = secret(&scene, "refresh_token");
    assert_ne!(second, first);
    assert_eq!(renewals(), 2, "one renewal for both");

    scene.sandbox.move_clock(62 * 24 * 3600);
    for fault in [FaultName::ServerErrorBefore, FaultName::HtmlPage, FaultName::MissingId] {
        let only = FaultMatch { action: Some(Action::Login), ..FaultMatch::default() };
        scene.play(FaultRequest { only, ..FaultRequest::new(fault) }).await;
        let failure = scene.post("Trois").prepare(&scene.stage).await.unwrap_err();
        assert_eq!(failure.class, FailureClass::Retry, "{fault:?}: {failure:?}");
        assert_eq!(secret(&scene, "refresh_token"), second, "{fault:?}");
        if fault == FaultName::MissingId {
            // The pair was given and lost on the way: Pinterest knows the old one no more.
            let failure = scene.post("Trois").prepare(&scene.stage).await.unwrap_err();
            assert_eq!(failure.class, FailureClass::Reauth);
        }
    }
}

/// 14.2: an empty refresh token never replaces a good one.
#[tokio::test]
async fn an_empty_refresh_token_replaces_nothing() {
    fn emptied(answer: &mut Value) {
        if answer.get("refresh_token").is_some() {
            answer["refresh_token"] = json!("");
        }
    }
    let mut scene = Scene::before_connecting(fixture()).await;
    let between = Between::start(&scene.stage.base_url, |_| Way::Changed(emptied)).await;
    scene.stage.base_url.clone_from(&between.base);
    scene.stage.connect().await;
    assert_eq!(secret(&scene, "refresh_token"), seed::oauth_refresh_token(Platform::Pinterest, 1));
    assert!(!secret(&scene, "access_token").is_empty());
}

/// Section 11, "After a crash": the board's list, by words and link; "Other": PATCH (beta), DELETE 204.
#[tokio::test]
async fn a_pin_is_found_changed_and_removed() {
    let scene = Scene::open(fixture()).await;
    publish(&scene, &mut scene.post("Moules frites")).await;
    let mut delivery = scene.post("Moules frites");
    delivery.content.link = Some("https://moulin.example/?utm_content=42".into());
    delivery.prepare(&scene.stage).await.unwrap();
    scene.fault(FaultName::AcceptThenReset).await;
    delivery.send(&scene.stage).await.unwrap_err();
    let found = delivery.reconcile(&scene.stage).await.unwrap();
    let Finding::Found { sent, others } = found else { panic!("{found:?}") };
    assert!(others.is_empty(), "the pin with other words in its link: {others:?}");
    delivery.remote_id = Some(receipt(&sent).remote_id.clone());

    delivery.content.text = "Moules frites (complet)".into();
    delivery.content.link = None;
    delivery.update(&scene.stage).await.unwrap();
    let object = scene.published().into_iter().find(|pin| Some(&pin.id) == delivery.remote_id.as_ref());
    let object = object.unwrap();
    assert_eq!((object.text.as_str(), object.link), ("Moules frites (complet)", None));
    delivery.content.images[0].media_id = "b".repeat(64).as_str().into();
    let failure = delivery.update(&scene.stage).await.unwrap_err();
    assert_eq!(failure.problem.code, "edit_needs_new_delivery");
    delivery.delete(&scene.stage).await.unwrap();
    assert_eq!(requests(&scene, Action::Delete).pop().unwrap().status, Some(204));
    let deleted = scene.sandbox.objects(Platform::Pinterest).into_iter();
    assert_eq!(deleted.filter(|pin| pin.state == ObjectState::Deleted).count(), 1);
}

/// Section 11: the board is named once for the account; one that is gone stops the account, not the post.
#[tokio::test]
async fn of_several_boards_the_right_one_is_named() {
    fn a_second_one(answer: &mut Value) {
        if let Some(items) = answer.get_mut("items").and_then(Value::as_array_mut) {
            items.push(json!({"id": "42", "name": "Le jardin", "privacy": "SECRET"}));
        }
    }
    let mut scene = Scene::before_connecting(fixture()).await;
    let between = Between::start(&scene.stage.base_url, |_| Way::Changed(a_second_one)).await;
    scene.stage.base_url.clone_from(&between.base);
    let failure = scene.stage.check().await.unwrap_err();
    assert_eq!(failure.problem.code, "board_choice_needed");
    assert!(failure.problem.platform_message.unwrap().contains("Le jardin"));
    scene.stage.vault.current.lock().unwrap().set("board", "le jardin");
    let identity = scene.stage.check().await.unwrap();
    assert_eq!(
        (&identity.facts["board_id"], identity.findings[0].code.as_str()),
        (&json!("42"), "board_not_public")
    );
    scene.stage.connect().await;
    let failure = scene.post("Plat du jour").prepare(&scene.stage).await.unwrap_err();
    assert_eq!((failure.class, failure.problem.code.as_str()), (FailureClass::Reauth, "board_not_found"));
}

/// Section 11, "Auth": `/oauth/?client_id&redirect_uri&response_type=code&scope&state`, then Basic.
#[tokio::test]
async fn a_login_in_the_browser_ends_in_an_account() {
    let mut scene = Scene::before_connecting(fixture()).await;
    let connector = scene.stage.connector.clone();
    let oauth = connector.oauth().unwrap();
    assert!(oauth.registered_port().is_some(), "the address is registered letter by letter");
    let mut app = Credentials::default();
    app.set("client_id", seed::oauth_client_id(Platform::Pinterest));
    app.set("client_secret", seed::oauth_client_secret(Platform::Pinterest));
    let door = LoginDoor {
        http: &scene.stage.http,
        server: &scene.stage.base_url,
        platform: &scene.stage.platform,
        app: &app,
        redirect_uri: "http://localhost:8085/connexion",
    };
    let login = oauth.begin(&door).await.unwrap();
    let code = crate::oauth_loopback::consent(&login.authorize_url).await;
    let credentials = oauth.finish(&scene.stage.http, &login, &code).await.unwrap();
    // A wrong secret gives nothing.
    let login = oauth.begin(&door).await.unwrap();
    let code = crate::oauth_loopback::consent(&login.authorize_url).await;
    let mut wrong = login;
    wrong.secrets.set("client_secret", "wrong");
    let failure = oauth.finish(&scene.stage.http, &wrong, &code).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Content, "{failure:?}");

    *scene.stage.vault.current.lock().unwrap() = credentials;
    scene.stage.connect().await;
    assert_eq!(scene.stage.account.remote_id, seed::pinterest_user_id(1));
    let request =
        requests(&scene, Action::Login).into_iter().find(|request| request.path == "/v5/oauth/token");
    let request = request.unwrap();
    assert_eq!(request.headers["authorization"], "Basic ***");
    assert_eq!(request.body["grant_type"], "authorization_code");
}
