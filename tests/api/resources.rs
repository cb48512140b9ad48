//! The resources through both doors.

use std::time::Duration;

use futures::StreamExt as _;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{App, far_post};

#[tokio::test]
async fn both_doors_show_the_same_post() {
    let app = App::start().await;
    let (status, published) = app.window("POST", "/api/communication/publish", Some(far_post())).await;
    assert_eq!(status, 202, "{published}");
    let path = format!("/api/communication/posts/{}", published["post_id"].as_str().unwrap());
    let (_, in_process) = app.window("GET", &path, None).await;
    let reply = app.local(Method::GET, &path).send().await.unwrap();
    assert_eq!(reply.headers()["etag"], "\"1\"");
    assert_eq!(reply.json::<Value>().await.unwrap(), in_process);
    assert_eq!(in_process["schedule"]["local"], "2099-11-27T18:30:00");
    assert_eq!(in_process["schedule"]["at"], "2099-11-27T17:30:00Z");
}

#[tokio::test]
async fn a_stale_change_is_refused_and_a_fresh_one_kept() {
    let app = App::start().await;
    let (_, published) = app.window("POST", "/api/communication/publish", Some(far_post())).await;
    let path = format!("/api/communication/posts/{}", published["post_id"].as_str().unwrap());
    let patch = json!({"scheduled_time": "2099-12-01T12:00:00"});
    let change = |tag: &str| app.local(Method::PATCH, &path).header("if-match", tag).json(&patch).send();
    assert_eq!(change("\"7\"").await.unwrap().status(), 412);
    let changed: Value = change("\"1\"").await.unwrap().json().await.unwrap();
    assert_eq!(changed["schedule"]["local"], "2099-12-01T12:00:00");
    assert_eq!(changed["revision"], 2);
    let unscheduled = json!({"scheduled_time": null});
    let draft: Value =
        app.local(Method::PATCH, &path).json(&unscheduled).send().await.unwrap().json().await.unwrap();
    assert_eq!(draft["state"], "draft");
}

#[tokio::test]
async fn a_person_can_take_it_back_and_a_program_publishes_at_once() {
    let app = App::start().await;
    let mut now = far_post();
    now.as_object_mut().unwrap().remove("scheduled_time");
    let (_, published) = app.window("POST", "/api/communication/publish", Some(now.clone())).await;
    let path = format!("/api/communication/posts/{}", published["post_id"].as_str().unwrap());
    let (_, post) = app.window("GET", &path, None).await;
    assert!(post["undo_until"].is_string(), "{post}");
    let (status, taken_back) = app.window("POST", &format!("{path}/undo"), None).await;
    assert_eq!((status, taken_back["state"].as_str()), (200, Some("draft")));
    let published: Value = app
        .local(Method::POST, "/api/communication/publish")
        .json(&now)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let id = published["deliveries"][0]["id"].as_str().unwrap();
    let path = format!("/api/communication/deliveries/{id}");
    for _ in 0..100 {
        let (_, delivery) = app.window("GET", &path, None).await;
        if delivery["state"] == "published" {
            assert!(delivery["permalink"].is_string());
            assert!(!delivery["history"].as_array().unwrap().is_empty());
            let (status, refused) = app.window("POST", &format!("{path}/cancel"), None).await;
            assert_eq!((status, refused["code"].as_str()), (409, Some("illegal_transition")));
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it was not published");
}

#[tokio::test]
async fn what_waits_says_that_it_can_be_edited_and_an_edit_reaches_it() {
    let app = App::start().await;
    let (_, planned) = app.window("POST", "/api/communication/publish", Some(far_post())).await;
    let path = format!("/api/communication/posts/{}", planned["post_id"].as_str().unwrap());
    let (_, post) = app.window("GET", &path, None).await;
    for delivery in post["deliveries"].as_array().unwrap() {
        let actions = delivery["actions"].as_array().unwrap();
        assert!(actions.contains(&json!("edit")) && actions.contains(&json!("cancel")), "{delivery}");
    }
    let content = json!({ "content": { "body": "Autre plat" } });
    let (status, edited) = app.window("PATCH", &path, Some(content)).await;
    assert_eq!(status, 200, "{edited}");
    assert!(edited["deliveries"][0]["text"].as_str().unwrap().contains("Autre plat"), "{edited}");
}

#[tokio::test]
async fn pages_follow_one_another_without_gap_or_repetition() {
    let app = App::start().await;
    for day in 1..=7 {
        let mut body = far_post();
        body["content"]["body"] = json!(format!("Plat {day}"));
        body["scheduled_time"] = json!(format!("2099-03-0{day}T12:00:00"));
        app.window("POST", "/api/communication/publish", Some(body)).await;
    }
    for list in ["posts", "deliveries"] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let (_, page) =
                app.window("GET", &format!("/api/communication/{list}?limit=3{cursor}"), None).await;
            seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].to_string()));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        let count = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!((count, seen.len()), (7, 7), "{list}");
    }
}

#[tokio::test]
async fn a_text_file_named_jpg_is_refused_and_a_picture_kept() {
    let app = App::start().await;
    let upload = |bytes: Vec<u8>| {
        let part = reqwest::multipart::Part::bytes(bytes).file_name("plat.jpg");
        let form = reqwest::multipart::Form::new().part("file", part).text("alt_text", "Une assiette");
        app.local(Method::POST, "/api/communication/media").multipart(form).send()
    };
    let refused = upload(b"not a picture at all".to_vec()).await.unwrap();
    assert_eq!(refused.status(), 422);
    assert_eq!(refused.json::<Value>().await.unwrap()["code"], "media_not_an_image");
    let mut png = Vec::new();
    let picture = image::RgbImage::from_pixel(640, 480, image::Rgb([120, 40, 30]));
    picture.write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png).unwrap();
    let kept = upload(png).await.unwrap();
    assert_eq!(kept.status(), 201);
    let kept: Value = kept.json().await.unwrap();
    assert_eq!(
        (&kept["width"], &kept["alt_text"], &kept["name"]),
        (&json!(640), &json!("Une assiette"), &json!("plat.jpg"))
    );
    let path = format!("/api/communication/media/{}/content?size=thumb", kept["id"].as_str().unwrap());
    let shown = app.local(Method::GET, &path).send().await.unwrap();
    assert_eq!(shown.headers()["content-type"], "image/jpeg");
    let tag = shown.headers()["etag"].clone();
    let unchanged = app.local(Method::GET, &path).header("if-none-match", tag).send().await.unwrap();
    assert_eq!(unchanged.status(), 304);
}

#[tokio::test]
async fn events_arrive_and_missed_ones_come_first() {
    let app = App::start().await;
    let open = |last: Option<String>| {
        let mut request = app.local(Method::GET, "/api/communication/events");
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        request.send()
    };
    let mut stream = open(None).await.unwrap().bytes_stream();
    app.window("POST", "/api/communication/publish", Some(far_post())).await;
    let mut text = String::new();
    while !text.contains("delivery.changed") {
        let chunk =
            tokio::time::timeout(Duration::from_secs(5), stream.next()).await.unwrap().unwrap().unwrap();
        text.push_str(&String::from_utf8_lossy(&chunk));
    }
    let first = text.split("id: ").nth(1).unwrap().lines().next().unwrap().to_owned();
    drop(stream);
    let mut stream = open(Some(first.clone())).await.unwrap().bytes_stream();
    let chunk = tokio::time::timeout(Duration::from_secs(5), stream.next()).await.unwrap().unwrap().unwrap();
    let next: u64 = String::from_utf8_lossy(&chunk)
        .split("id: ")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(next, first.parse::<u64>().unwrap() + 1);
    let mut stream = open(Some("1".to_owned())).await.unwrap().bytes_stream();
    let chunk = tokio::time::timeout(Duration::from_secs(5), stream.next()).await.unwrap().unwrap().unwrap();
    assert!(String::from_utf8_lossy(&chunk).contains("event: reset"));
}

#[tokio::test]
async fn settings_change_by_key_and_refuse_the_unknown() {
    let app = App::bare().await;
    let (status, settings) = app
        .window("PATCH", "/api/communication/settings", Some(json!({"publishing": {"undo_secs": 5}})))
        .await;
    assert_eq!((status, &settings["publishing"]["undo_secs"]), (200, &json!(5)));
    let (status, refused) =
        app.window("PATCH", "/api/communication/settings", Some(json!({"thema": "dark"}))).await;
    assert_eq!((status, refused["code"].as_str()), (422, Some("config_unknown_key")));
    let (_, exported) = app.window("POST", "/api/communication/settings/export", None).await;
    assert_eq!(exported, json!({"publishing": {"undo_secs": 5}}));
}

#[tokio::test]
async fn removing_an_account_says_what_it_stops() {
    let app = App::start().await;
    let (_, published) = app.window("POST", "/api/communication/publish", Some(far_post())).await;
    let account = published["deliveries"][0]["account"].as_str().unwrap();
    let path = format!("/api/communication/accounts/{account}");
    let (_, impact) = app.window("GET", &format!("{path}/impact"), None).await;
    assert_eq!(impact.as_array().unwrap().len(), 1);
    let (status, removed) = app.window("DELETE", &path, None).await;
    assert_eq!((status, &removed["cancelled"][0]), (200, &published["post_id"]));
    let (_, accounts) = app.window("GET", "/api/communication/accounts", None).await;
    assert_eq!(accounts, json!([]));
}

#[tokio::test]
async fn the_window_sees_paths_and_a_token_does_not() {
    let app = App::bare().await;
    let (_, status) = app.window("GET", "/api/communication/status", None).await;
    assert!(status["data_dir"].is_string());
    let token = app.token(&["read"]).await;
    let reply =
        app.anonymous(Method::GET, "/api/communication/status").bearer_auth(token).send().await.unwrap();
    assert!(reply.json::<Value>().await.unwrap().get("data_dir").is_none());
}

#[tokio::test]
async fn the_journal_has_words_for_whatever_a_person_does() {
    let app = App::start().await;
    let mut draft = far_post();
    draft["draft"] = json!(true);
    let (_, published) = app.window("POST", "/api/communication/publish", Some(draft)).await;
    let path = format!("/api/communication/posts/{}", published["post_id"].as_str().unwrap());
    for change in [
        json!({"publish": "schedule"}),
        json!({"scheduled_time": "2099-12-01T12:00:00"}),
        json!({"publish": "draft"}),
    ] {
        let (status, changed) = app.window("PATCH", &path, Some(change)).await;
        assert_eq!(status, 200, "{changed}");
    }
    assert_eq!(app.window("DELETE", &path, None).await.0, 200);
    assert_eq!(app.window("POST", &format!("{path}/restore"), None).await.0, 200);
    let settings = json!({"publishing": {"undo_secs": 20}});
    assert_eq!(app.window("PATCH", "/api/communication/settings", Some(settings)).await.0, 200);
    let (_, journal) = app.window("GET", "/api/communication/journal", None).await;
    let entries = journal["items"].as_array().unwrap();
    let kinds: Vec<&str> = entries.iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    for kind in ["post.drafted", "post.edited", "post.deleted", "post.restored", "settings.changed"] {
        assert!(kinds.contains(&kind), "{kind} of {kinds:?}");
    }
    for entry in entries {
        let (kind, text) = (entry["kind"].as_str().unwrap(), entry["text"].as_str().unwrap());
        assert!(!text.contains(kind), "{text}");
    }
}
