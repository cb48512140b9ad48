//! LinkedIn: what the versioned REST API answers (social-platforms, section 6 and its corrections).

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use vieux_moulin_sandbox::{FaultName, Platform::LinkedIn, objects::ObjectState, seed};

use crate::support::{Bench, jpeg, linkedin_post, seen};

async fn post(bench: &Bench, body: &Value) -> reqwest::Response {
    bench.ask(Method::POST, LinkedIn, "/rest/posts").json(body).send().await.unwrap()
}

/// Publishes and returns the name in the header.
async fn posted(bench: &Bench, body: &Value) -> String {
    let answer = post(bench, body).await;
    assert_eq!(answer.status(), StatusCode::CREATED);
    let urn = answer.headers()["x-restli-id"].to_str().unwrap().to_owned();
    assert!(answer.bytes().await.unwrap().is_empty(), "the name is in the header only");
    urn
}

async fn uploaded(bench: &Bench, bytes: Vec<u8>) -> String {
    let body = json!({"initializeUploadRequest": {"owner": seed::linkedin_organization_urn(1)}});
    let begin = bench.ask(Method::POST, LinkedIn, "/rest/images?action=initializeUpload").json(&body);
    let (status, answer) = seen(begin).await;
    assert_eq!(status, 200, "{answer}");
    let url = answer["value"]["uploadUrl"].as_str().unwrap();
    let put = bench.http.put(url).header("content-type", "image/jpeg").body(bytes).send().await.unwrap();
    assert_eq!(put.status(), StatusCode::CREATED);
    answer["value"]["image"].as_str().unwrap().to_owned()
}

async fn state_of(bench: &Bench, image: &str) -> String {
    let path = format!("/rest/images/{}", image.replace(':', "%3A"));
    bench.get(LinkedIn, &path).await.1["status"].as_str().unwrap_or_default().to_owned()
}

/// Corrections: no header → 400 VERSION_MISSING, dead version → 426.
#[tokio::test]
async fn the_version_is_asked_for() {
    let bench = Bench::start().await;
    let url = bench.url(LinkedIn, "/rest/organizations/90000001");
    for (version, status, code) in [
        (None, 400, "VERSION_MISSING"),
        (Some("202506"), 426, "NONEXISTENT_VERSION"),
        (Some("now"), 426, "NONEXISTENT_VERSION"),
    ] {
        let mut request = bench.http.get(&url).bearer_auth(seed::linkedin_token(1));
        if let Some(version) = version {
            request =
                request.header("LinkedIn-Version", version).header("X-Restli-Protocol-Version", "2.0.0");
        }
        let (seen_status, body) = seen(request).await;
        assert_eq!((seen_status, body["code"].as_str()), (status, Some(code)), "{version:?}");
    }
}

/// 6.1: the member's roles, then the organisation.
#[tokio::test]
async fn the_token_shows_its_organisation() {
    let bench = Bench::start().await;
    let path = "/rest/organizationAcls?q=roleAssignee&state=APPROVED";
    assert_eq!(bench.get(LinkedIn, path).await.0, 400, "the finder is named in a header");
    let request = bench.ask(Method::GET, LinkedIn, path).header("X-RestLi-Method", "FINDER");
    let (_, roles) = seen(request).await;
    assert_eq!(roles["elements"][0]["organization"], seed::linkedin_organization_urn(1));
    let (_, page) = bench.get(LinkedIn, "/rest/organizations/90000001").await;
    assert_eq!(page["vanityName"], seed::linkedin_vanity_name(1));
    assert_eq!(bench.get(LinkedIn, "/rest/organizations/90000002").await.0, 403);
}

/// 6.2 and 14.4: a bare reserved character cuts the text, silently.
#[tokio::test]
async fn a_bare_bracket_cuts_the_text_without_a_word() {
    let bench = Bench::start().await;
    posted(&bench, &linkedin_post("Magret (18 €) et frites")).await;
    posted(&bench, &linkedin_post("Magret \\(18 €\\) et frites")).await;
    let texts: Vec<String> = bench.live(LinkedIn).into_iter().map(|post| post.text).collect();
    assert_eq!(texts, ["Magret ", "Magret (18 €) et frites"]);
}

/// 6.5: the refusal names the post; after a deletion the words are free.
#[tokio::test]
async fn the_same_words_twice_are_refused_by_name() {
    let bench = Bench::start().await;
    let urn = posted(&bench, &linkedin_post("Plat du jour")).await;
    let answer = post(&bench, &linkedin_post("Plat du jour")).await;
    assert_eq!(answer.status().as_u16(), 422);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["errorDetails"]["inputErrors"][0]["code"], "DUPLICATE_POST");
    assert!(body["message"].as_str().unwrap().ends_with(&format!("Content is a duplicate of {urn}")));
    let path = format!("/rest/posts/{}", urn.replace(':', "%3A"));
    let delete = || bench.ask(Method::DELETE, LinkedIn, &path).header("X-RestLi-Method", "DELETE");
    assert_eq!(seen(delete()).await.0, 204);
    assert_eq!(seen(delete()).await.0, 204, "idempotent");
    assert_eq!(bench.in_state(LinkedIn, ObjectState::Deleted).len(), 1);
    posted(&bench, &linkedin_post("Plat du jour")).await;
}

/// 6.2: media for one picture, multiImage for several, article for an address.
#[tokio::test]
async fn pictures_and_articles() {
    let bench = Bench::start().await;
    let (one, two) = (uploaded(&bench, jpeg(320, 200)).await, uploaded(&bench, jpeg(200, 200)).await);
    assert_eq!(state_of(&bench, &one).await, "AVAILABLE");
    let mut body = linkedin_post("Une photo");
    body["content"] = json!({"media": {"id": one, "altText": "Le plat"}});
    posted(&bench, &body).await;
    body = linkedin_post("Deux photos");
    body["content"] = json!({"multiImage": {"images": [{"id": one, "altText": "A"}, {"id": two}]}});
    posted(&bench, &body).await;
    body = linkedin_post("La carte");
    body["content"] = json!({"article": {"source": "https://moulin.example/carte", "title": "La carte"}});
    posted(&bench, &body).await;
    let live = bench.live(LinkedIn);
    assert_eq!(live[0].media[0].alt_text.as_deref(), Some("Le plat"));
    assert_eq!((live[1].media.len(), live[2].link.as_deref()), (2, Some("https://moulin.example/carte")));

    body["content"] = json!({"multiImage": {"images": [{"id": one}]}});
    assert_eq!(post(&bench, &body).await.status().as_u16(), 422, "one picture is no multiImage");
    body["content"] = json!({"media": {"id": "urn:li:image:unknown"}});
    assert_eq!(post(&bench, &body).await.status().as_u16(), 422);
}

#[tokio::test]
async fn a_picture_is_ready_later_or_never() {
    let bench = Bench::start().await;
    bench.fault(LinkedIn, FaultName::MediaProcessing, json!({"polls": 1})).await;
    let slow = uploaded(&bench, jpeg(40, 40)).await;
    assert_eq!(state_of(&bench, &slow).await, "PROCESSING");
    assert_eq!(state_of(&bench, &slow).await, "AVAILABLE");
    bench.fault(LinkedIn, FaultName::MediaFailed, json!({})).await;
    let bad = uploaded(&bench, jpeg(40, 40)).await;
    assert_eq!(state_of(&bench, &bad).await, "PROCESSING_FAILED");
    let text = uploaded(&bench, b"du texte".to_vec()).await;
    assert_eq!(state_of(&bench, &text).await, "PROCESSING_FAILED");
}

/// 6.2: the finder and the partial update, each named in a header.
#[tokio::test]
async fn posts_are_listed_and_their_words_change() {
    let bench = Bench::start().await;
    let first = posted(&bench, &linkedin_post("Ce soir")).await;
    posted(&bench, &linkedin_post("Demain")).await;
    let path = format!("/rest/posts/{}", first.replace(':', "%3A"));
    let patch = json!({"patch": {"$set": {"commentary": "Ce soir \\(complet\\)"}}});
    let edit = || bench.ask(Method::POST, LinkedIn, &path).json(&patch);
    assert_eq!(seen(edit()).await.0, 400);
    assert_eq!(seen(edit().header("X-RestLi-Method", "PARTIAL_UPDATE")).await.0, 204);
    let list = format!(
        "/rest/posts?q=author&author={}&count=10&sortBy=LAST_MODIFIED",
        seed::linkedin_organization_urn(1)
    );
    let request = bench.ask(Method::GET, LinkedIn, &list).header("X-RestLi-Method", "FINDER");
    let (_, listed) = seen(request).await;
    let words: Vec<&str> = listed["elements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|post| post["commentary"].as_str().unwrap())
        .collect();
    assert_eq!(words, ["Ce soir \\(complet\\)", "Demain"], "the last changed first");
    assert!(listed["elements"][0]["createdAt"].is_i64());
}
