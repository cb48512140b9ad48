//! Pages: posts, photos, planning, lists, changes.

use image::ImageFormat;
use reqwest::{
    Method,
    multipart::{Form, Part},
};
use serde_json::{Value, json};
use vieux_moulin_sandbox::{Platform::Facebook, SandboxOptions, objects::ObjectState, seed};

use crate::support::{Bench, code, jpeg, page, picture, seen};

fn feed() -> String {
    format!("/v25.0/{}/feed", page())
}

fn in_secs(secs: i64) -> String {
    (jiff::Timestamp::now().as_second() + secs).to_string()
}

#[tokio::test]
async fn a_text_post_is_visible_with_its_address() {
    let bench = Bench::start().await;
    let form = [("message", "Garbure ce midi #vensac"), ("fields", "id,permalink_url")];
    let (status, made) = bench.post(Facebook, &feed(), &form).await;
    assert_eq!(status, 200, "{made}");
    let id = made["id"].as_str().unwrap();
    assert!(id.starts_with(&format!("{}_", page())));

    let fields = "is_published,message,application,permalink_url,created_time";
    let (_, read) = bench.get(Facebook, &format!("/v23.0/{id}?fields={fields}")).await;
    assert_eq!(read["is_published"], true);
    assert_eq!(read["application"]["id"], seed::FACEBOOK_APP_ID);
    assert_eq!(read["permalink_url"], made["permalink_url"]);
    assert!(read["created_time"].as_str().unwrap().ends_with("+0000"));

    let shown = bench.http.get(made["permalink_url"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(shown.status(), 200);
    let html = shown.text().await.unwrap();
    assert!(html.contains("<a href=\"/tags/vensac\">#vensac</a>"), "{html}");
    assert!(html.contains("rien ne sort de cet ordinateur"));
}

#[tokio::test]
async fn tokens_say_who_they_are_and_only_the_page_publishes() {
    let bench = Bench::start().await;
    let ask =
        |token: &str, path: &str| bench.http.get(bench.url(Facebook, path)).bearer_auth(token.to_owned());
    let fields = "fields=id,name,access_token,tasks,instagram_business_account";
    let (_, pages) = seen(ask(seed::FACEBOOK_SYSTEM_TOKEN, &format!("/v25.0/me/accounts?{fields}"))).await;
    assert_eq!(pages["data"][1]["access_token"], seed::facebook_page_token(2));
    assert_eq!(pages["data"][0]["instagram_business_account"]["id"], seed::instagram_id(1));
    let (_, me) = seen(ask(&seed::facebook_page_token(2), "/v25.0/me")).await;
    assert_eq!(me["id"], seed::facebook_page_id(2));
    let token = seed::facebook_page_token(1);
    let (_, info) = seen(ask(&token, &format!("/v25.0/debug_token?input_token={token}"))).await;
    assert_eq!(info["data"]["type"], "PAGE");
    assert_eq!(info["data"]["profile_id"], page());

    let refused = seen(
        bench
            .http
            .post(bench.url(Facebook, &feed()))
            .form(&[("message", "x"), ("access_token", seed::FACEBOOK_SYSTEM_TOKEN)]),
    )
    .await;
    assert_eq!(code(&refused).0, 200);
    let unknown = seen(ask("nope", "/v25.0/me")).await;
    assert_eq!((unknown.0, code(&unknown)), (400, (190, 467)));
    assert!(bench.live(Facebook).is_empty());
}

#[tokio::test]
async fn the_same_text_twice_in_a_row_is_refused() {
    let bench = Bench::start().await;
    for (text, expected) in [("A", 200), ("A", 400), ("B", 200), ("A", 200)] {
        let seen = bench.post(Facebook, &feed(), &[("message", text)]).await;
        assert_eq!(seen.0, expected, "{text}: {}", seen.1);
        if expected == 400 {
            assert_eq!(code(&seen).0, 506);
        }
    }
    assert_eq!(bench.live(Facebook).len(), 3);
}

#[tokio::test]
async fn photos_are_attached_once_and_never_with_a_link() {
    let bench = Bench::start().await;
    let (one, source) = bench.page_photo(jpeg(40, 30)).await;
    let (two, _) = bench.page_photo(jpeg(30, 40)).await;
    let media = json!([{"media_fbid": one}, {"media_fbid": two}]).to_string();
    let with_link =
        [("message", "Deux plats"), ("link", "https://moulin.test/"), ("attached_media", media.as_str())];
    assert_eq!(code(&bench.post(Facebook, &feed(), &with_link).await).0, 100);

    let indexed = [
        ("message", "Deux plats".to_owned()),
        ("attached_media[0]", json!({"media_fbid": one}).to_string()),
        ("attached_media[1]", json!({"media_fbid": two}).to_string()),
    ];
    let (status, made) = seen(bench.ask(Method::POST, Facebook, &feed()).form(&indexed)).await;
    assert_eq!(status, 200, "{made}");
    let again = bench.post(Facebook, &feed(), &[("attached_media", media.as_str())]).await;
    assert_eq!(code(&again), (100, 1_366_051));

    let live = bench.live(Facebook);
    let media = &live[0].media;
    assert_eq!((media[0].width, media[1].height), (40, 40));
    assert_eq!(media[0].alt_text.as_deref(), Some("Une assiette"));
    let bytes = bench.http.get(source).send().await.unwrap();
    assert_eq!(bytes.headers()["content-type"], "image/jpeg");
    assert_eq!(bytes.bytes().await.unwrap().len(), media[0].size_bytes);
}

#[tokio::test]
async fn a_photo_is_a_post_of_its_own_and_bad_ones_are_refused() {
    let bench = Bench::start().await;
    let path = format!("/v25.0/{}/photos", page());
    let send = async |bytes: Vec<u8>| {
        let form =
            Form::new().text("caption", "Dessert").part("source", Part::bytes(bytes).file_name("a.jpg"));
        seen(bench.ask(Method::POST, Facebook, &path).multipart(form)).await
    };
    let (status, made) = send(jpeg(50, 50)).await;
    assert_eq!(status, 200, "{made}");
    assert_eq!(made["post_id"], bench.live(Facebook)[0].id);

    let mut heavy = jpeg(50, 50);
    heavy.resize(4 * 1024 * 1024 + 1, 0);
    for (name, bytes) in [
        ("too heavy", heavy),
        ("webp", picture(20, 20, ImageFormat::WebP)),
        ("no picture", b"hello".to_vec()),
    ] {
        let refused = send(bytes).await;
        assert_eq!(code(&refused), (100, 1_366_046), "{name}");
    }
    assert_eq!(code(&send(Vec::new()).await).0, 324);

    let (_, source) = bench.page_photo(jpeg(60, 20)).await;
    let (status, _) = bench.post(Facebook, &path, &[("url", &source)]).await;
    assert_eq!(status, 200);
    assert_eq!(bench.live(Facebook)[1].media[0].width, 60);
}

#[tokio::test]
async fn planned_photos_without_the_flag_stay_a_draft_for_ever() {
    let bench = Bench::start().await;
    let mut ids = Vec::new();
    for flag in [None, Some("SCHEDULED")] {
        let (photo, _) = bench.page_photo(jpeg(20, 20)).await;
        let media = json!([{"media_fbid": photo}]).to_string();
        let time = in_secs(3600);
        let mut form = vec![
            ("message", "Soirée jazz"),
            ("published", "false"),
            ("scheduled_publish_time", time.as_str()),
            ("attached_media", media.as_str()),
        ];
        form.extend(flag.map(|flag| ("unpublished_content_type", flag)));
        let (status, made) = bench.post(Facebook, &feed(), &form).await;
        assert_eq!(status, 200, "{made}");
        ids.push(made["id"].as_str().unwrap().to_owned());
    }
    let path = format!("/v25.0/{}/scheduled_posts", page());
    let (_, list) = bench.get(Facebook, &path).await;
    assert_eq!(list["data"].as_array().unwrap().len(), 1);

    bench.sandbox.move_clock(3601);
    let published = async |id: &str| {
        let path = format!("/v25.0/{id}?fields=is_published");
        bench.get(Facebook, &path).await.1["is_published"].clone()
    };
    assert_eq!(published(&ids[0]).await, false);
    assert_eq!(published(&ids[1]).await, true);
    assert_eq!(bench.in_state(Facebook, ObjectState::Draft)[0].id, ids[0]);
}

#[tokio::test]
async fn the_window_of_planning_is_ten_minutes_to_thirty_days() {
    let bench = Bench::start().await;
    for (secs, expected) in [(540, 400), (660, 200), (30 * 86_400 - 60, 200), (30 * 86_400 + 60, 400)] {
        let time = in_secs(secs);
        let message = format!("dans {secs} s");
        let form = [
            ("message", message.as_str()),
            ("published", "false"),
            ("scheduled_publish_time", time.as_str()),
        ];
        let seen = bench.post(Facebook, &feed(), &form).await;
        assert_eq!(seen.0, expected, "{secs}: {}", seen.1);
        if expected == 400 {
            assert_eq!(code(&seen).0, 100);
        }
    }
    assert!(bench.live(Facebook).is_empty());
}

#[tokio::test]
async fn a_planned_post_can_be_moved_published_and_deleted() {
    let bench = Bench::start().await;
    let plan = async |text: &str| {
        let time = in_secs(3600);
        let form = [("message", text), ("published", "false"), ("scheduled_publish_time", time.as_str())];
        let (_, made) = bench.post(Facebook, &feed(), &form).await;
        format!("/v25.0/{}", made["id"].as_str().unwrap())
    };
    let (moved, now, gone) = (plan("a").await, plan("b").await, plan("c").await);
    let later = in_secs(7200);
    let form = [("scheduled_publish_time", later.as_str()), ("message", "a2")];
    assert_eq!(bench.post(Facebook, &moved, &form).await.0, 200);
    let form = [("is_published", "true")];
    assert_eq!(bench.post(Facebook, &now, &form).await.0, 200);
    assert_eq!(bench.delete(Facebook, &gone).await.0, 200);
    assert_eq!(code(&bench.get(Facebook, &gone).await), (100, 33));
    bench.sandbox.move_clock(3700);
    let texts = |bench: &Bench| -> Vec<String> {
        let live = bench.live(Facebook);
        live.into_iter().map(|post| post.text).collect()
    };
    assert_eq!(texts(&bench), ["b"]);
    bench.sandbox.move_clock(7300);
    assert_eq!(texts(&bench), ["a2", "b"]);
}

#[tokio::test]
async fn unknown_parameters_and_long_texts_are_refused() {
    let bench = Bench::start().await;
    let misspelt = bench.post(Facebook, &feed(), &[("messsage", "x"), ("message", "y")]).await;
    assert_eq!(code(&misspelt).0, 100);
    // An emoji is one code point and two UTF-16 units.
    let longest = "🍲".repeat(63_206);
    assert_eq!(bench.post(Facebook, &feed(), &[("message", &longest)]).await.0, 200);
    let over = format!("{longest}x");
    let refused = bench.post(Facebook, &feed(), &[("message", &over)]).await;
    assert_eq!(code(&refused).0, 100);
    let field = bench.get(Facebook, &format!("/v25.0/{}?fields=nom", page())).await;
    assert_eq!(code(&field).0, 100);
}

#[tokio::test]
async fn lists_are_paged_newest_first() {
    let bench = Bench::start().await;
    for n in 0..5 {
        let text = format!("plat {n}");
        bench.post(Facebook, &feed(), &[("message", &text)]).await;
    }
    let path = format!("/v25.0/{}/published_posts?fields=message&limit=2", page());
    let (_, first) = bench.get(Facebook, &path).await;
    assert_eq!(first["data"][0]["message"], "plat 4");
    let after = first["paging"]["cursors"]["after"].as_str().unwrap();
    let next = first["paging"]["next"].as_str().unwrap();
    assert!(next.contains("access_token="), "the token is in it, as in reality");
    let (_, second) = bench.get(Facebook, &format!("{path}&after={after}")).await;
    assert_eq!(second["data"][1]["message"], "plat 1");
    let after = second["paging"]["cursors"]["after"].as_str().unwrap();
    let (_, last) = bench.get(Facebook, &format!("{path}&after={after}")).await;
    assert_eq!(last["data"].as_array().unwrap().len(), 1);
    assert_eq!(last["paging"].get("next"), None);
}

#[tokio::test]
async fn posts_and_pictures_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let options =
        SandboxOptions { state_file: Some(folder.path().join("practice.json")), ..SandboxOptions::default() };
    let bench = Bench::with(options.clone()).await;
    let (photo, _) = bench.page_photo(jpeg(33, 22)).await;
    let media = json!([{"media_fbid": photo}]).to_string();
    let form = [("message", "Souvenir"), ("attached_media", media.as_str())];
    assert_eq!(bench.post(Facebook, &feed(), &form).await.0, 200);
    let before = bench.live(Facebook)[0].clone();
    bench.sandbox.stop().await.unwrap();

    let bench = Bench::with(options).await;
    let after = bench.live(Facebook)[0].clone();
    assert_eq!((&after.id, &after.text), (&before.id, &before.text));
    let sha256 = &after.media[0].sha256;
    let picture = bench.http.get(bench.control(&format!("/facebook/media/{sha256}"))).send().await.unwrap();
    assert_eq!(picture.bytes().await.unwrap().len(), before.media[0].size_bytes);
    let (_, next) = bench.post(Facebook, &feed(), &[("message", "Nouveau")]).await;
    assert_ne!(next["id"], Value::String(before.id), "numbers go on");
}
