//! Threads: what the API answers (social-platforms, section 3 and its corrections).

use serde_json::{Value, json};
use vieux_moulin_sandbox::{FaultName, Platform::Threads, objects::ObjectState, seed};

use crate::support::{Bench, Seen, code, jpeg, picture};

fn account() -> String {
    format!("/v1.0/{}", seed::threads_id(1))
}

async fn make(bench: &Bench, form: &[(&str, &str)]) -> Seen {
    bench.post(Threads, &format!("{}/threads", account()), form).await
}

async fn publish(bench: &Bench, container: &str) -> Seen {
    bench.post(Threads, &format!("{}/threads_publish", account()), &[("creation_id", container)]).await
}

fn id(seen: &Seen) -> String {
    assert_eq!(seen.0, 200, "{}", seen.1);
    seen.1["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn words_become_a_post_in_two_steps() {
    let bench = Bench::start().await;
    let container =
        id(&make(&bench, &[("media_type", "TEXT"), ("text", "Soirée #jazz demain #vensac")]).await);
    assert!(bench.live(Threads).is_empty());
    let status = format!("/v1.0/{container}?fields=status,error_message");
    assert_eq!(bench.get(Threads, &status).await.1, json!({"id": container, "status": "FINISHED"}));
    let field = bench.get(Threads, &format!("/v1.0/{container}?fields=permalink")).await;
    assert_eq!(code(&field).0, 100, "nothing else before the publication");

    let post = id(&publish(&bench, &container).await);
    assert_eq!(bench.get(Threads, &status).await.1["status"], "PUBLISHED");
    let fields = "id,text,timestamp,permalink,media_type,topic_tag";
    let (_, read) = bench.get(Threads, &format!("/v1.0/{post}?fields={fields}")).await;
    assert_eq!((&read["text"], &read["topic_tag"]), (&json!("Soirée jazz demain #vensac"), &json!("jazz")));
    assert_eq!(read["media_type"], "TEXT_POST");
    let (_, list) = bench.get(Threads, &format!("{}/threads?fields={fields}", account())).await;
    assert_eq!(list["data"][0], read);
    assert_eq!(bench.live(Threads)[0].url.as_deref(), read["permalink"].as_str());

    assert_eq!(code(&publish(&bench, &container).await), (24, 4_279_009), "used");
    assert_eq!(bench.live(Threads).len(), 1);
}

#[tokio::test]
async fn a_carousel_shows_its_children_in_order() {
    let bench = Bench::start().await;
    let mut children = Vec::new();
    for (side, alt) in [(320, "Un"), (330, "Deux")] {
        let (_, source) = bench.page_photo(jpeg(side, side)).await;
        let form = [
            ("media_type", "IMAGE"),
            ("image_url", &source),
            ("is_carousel_item", "true"),
            ("alt_text", alt),
        ];
        children.push(id(&make(&bench, &form).await));
    }
    assert_eq!(publish(&bench, &children[0]).await.0, 400, "an item is no post");
    let listed = children.join(",");
    let form = [("media_type", "CAROUSEL"), ("children", listed.as_str()), ("text", "Nos plats")];
    publish(&bench, &id(&make(&bench, &form).await)).await;
    let post = bench.live(Threads).remove(0);
    let alts: Vec<_> = post.media.iter().map(|media| media.alt_text.as_deref().unwrap()).collect();
    assert_eq!((post.text.as_str(), alts), ("Nos plats", vec!["Un", "Deux"]));
    let lonely = [("media_type", "CAROUSEL"), ("children", children[0].as_str())];
    assert_eq!(make(&bench, &lonely).await.0, 400);
}

#[tokio::test]
async fn what_threads_does_not_take() {
    let bench = Bench::start().await;
    let message = |seen: &Seen| seen.1["error"]["message"].as_str().unwrap_or_default().to_owned();
    assert_eq!(make(&bench, &[("text", "x")]).await.0, 400, "media_type is required");
    assert_eq!(make(&bench, &[("media_type", "TEXT")]).await.0, 400);
    for (text, taken) in [("é".repeat(500), true), ("é".repeat(501), false), ("🍓".repeat(126), false)] {
        let made = make(&bench, &[("media_type", "TEXT"), ("text", &text)]).await;
        assert_eq!(made.0 == 200, taken, "{}", message(&made));
    }
    let away = [("media_type", "IMAGE"), ("image_url", "https://moulin.example/a.jpg")];
    assert!(message(&make(&bench, &away).await).contains("could not be fetched from this URI"));
    let (_, png) = bench.page_photo(picture(320, 320, image::ImageFormat::Png)).await;
    assert_eq!(make(&bench, &[("media_type", "IMAGE"), ("image_url", &png)]).await.0, 200);
    let (_, long) = bench.page_photo(jpeg(30, 900)).await;
    assert_eq!(make(&bench, &[("media_type", "IMAGE"), ("image_url", &long)]).await.0, 400);
}

#[tokio::test]
async fn a_token_is_renewed_once_a_day_and_the_old_one_lives_on() {
    let bench = Bench::start().await;
    let path = "/refresh_access_token?grant_type=th_refresh_token";
    let (status, renewed) = bench.get(Threads, path).await;
    assert_eq!(
        (status, renewed["access_token"].as_str()),
        (200, Some(seed::threads_renewed_token(1).as_str()))
    );
    assert_eq!(renewed["expires_in"], 60 * 24 * 3600);
    assert_eq!(bench.get(Threads, path).await.0, 400, "younger than a day");
    bench.sandbox.move_clock(25 * 3600);
    assert_eq!(bench.get(Threads, path).await.0, 200);
    let (_, me) = bench.get(Threads, "/v1.0/me?fields=id,username,name").await;
    assert_eq!(me["id"].as_str(), Some(seed::threads_id(1).as_str()));
    let wrong = bench.http.get(bench.url(Threads, "/v1.0/me")).bearer_auth("autre").send().await.unwrap();
    let wrong: Value = wrong.json().await.unwrap();
    assert_eq!(wrong["error"]["code"], 190);
}

#[tokio::test]
async fn the_day_has_room_for_250_posts() {
    let bench = Bench::strict(|strict| strict.rate_limits = true).await;
    for n in 0..250 {
        let text = n.to_string();
        let container = id(&make(&bench, &[("media_type", "TEXT"), ("text", &text)]).await);
        assert_eq!(publish(&bench, &container).await.0, 200);
    }
    let (_, limit) = bench
        .get(Threads, &format!("{}/threads_publishing_limit?fields=quota_usage,config", account()))
        .await;
    assert_eq!(
        (&limit["data"][0]["quota_usage"], &limit["data"][0]["config"]["quota_total"]),
        (&json!(250), &json!(250))
    );
    let container = id(&make(&bench, &[("media_type", "TEXT"), ("text", "de trop")]).await);
    assert_eq!(code(&publish(&bench, &container).await), (9, 2_207_042));
}

#[tokio::test]
async fn a_deleted_post_is_gone_for_everybody() {
    let bench = Bench::start().await;
    let post = id(&publish(&bench, &id(&make(&bench, &[("media_type", "TEXT"), ("text", "x")]).await)).await);
    let path = format!("/v1.0/{post}");
    assert_eq!(bench.delete(Threads, &path).await.1, json!({"success": true, "deleted_id": post}));
    assert_eq!(code(&bench.delete(Threads, &path).await), (100, 33));
    assert_eq!(bench.in_state(Threads, ObjectState::Deleted).len(), 1);
    let made = id(&make(&bench, &[("media_type", "TEXT"), ("text", "y")]).await);
    bench.fault(Threads, FaultName::ContainerExpired, json!({})).await;
    let dead = id(&make(&bench, &[("media_type", "TEXT"), ("text", "z")]).await);
    assert_eq!(code(&publish(&bench, &dead).await), (24, 4_279_009));
    assert_eq!(publish(&bench, &made).await.0, 200);
}
