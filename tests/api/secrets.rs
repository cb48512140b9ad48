//! What must not be readable: on the disk without the key, and in any answer, log or export.

use std::path::{Path, PathBuf};

use reqwest::Method;
use serde_json::{Value, json};
use vieux_moulin_engine::logging;
use vieux_moulin_sandbox::seed;

use crate::support::{App, far_post};

const PICTURE: &[u8] = include_bytes!("../fixtures/media/plat-du-jour.jpg");
const WORDS: &str = "Lamproie à la bordelaise";

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() { found.extend(files(&entry.path())) } else { found.push(entry.path()) }
    }
    found
}

fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// Everything that was done to this application left something on the disk.
async fn lived_in() -> (App, String) {
    let app = App::start().await;
    let token = app.token(&["read", "publish"]).await;
    let upload = app
        .anonymous(Method::POST, "/api/communication/media?name=plat.jpg&alt_text=Huitres%20du%20Cap-Ferret")
        .bearer_auth(&token)
        .header("content-type", "application/octet-stream")
        .body(PICTURE);
    let picture: Value = upload.send().await.unwrap().json().await.unwrap();
    let mut post = far_post();
    post["content"]["media"] = json!([{"media_id": picture["id"], "alt_text": "Huîtres du Cap-Ferret"}]);
    let published = app.anonymous(Method::POST, "/api/communication/publish").bearer_auth(&token).json(&post);
    assert_eq!(published.send().await.unwrap().status(), 202);
    let thumb = format!("/api/communication/media/{}/content", picture["id"].as_str().unwrap());
    assert_eq!(app.local(Method::GET, &thumb).send().await.unwrap().status(), 200);
    let mut now = far_post();
    now.as_object_mut().unwrap().remove("scheduled_time");
    let reply = app.anonymous(Method::POST, "/api/communication/publish").bearer_auth(&token).json(&now);
    assert_eq!(reply.send().await.unwrap().status(), 202);
    app.host.engine.chores.each_hour().await;
    (app, token)
}

#[tokio::test]
async fn nothing_on_the_disk_is_readable_without_the_key() {
    let (app, token) = lived_in().await;
    let password = seed::bluesky_app_password(1);
    let found = files(app.dir.path());
    let named = |part: &str| found.iter().any(|path| path.to_string_lossy().contains(part));
    assert!(named("moulin.db") && named("backups") && named("media"), "{found:?}");
    // The middle of the picture as it was sent: compressed pixels, the same in every copy of the file.
    let pixels = &PICTURE[PICTURE.len() / 2..PICTURE.len() / 2 + 32];
    let planted: [(&str, &[u8]); 7] = [
        ("the text", WORDS.as_bytes()),
        ("the description", "Cap-Ferret".as_bytes()),
        ("the password", password.as_bytes()),
        ("the token", token.as_bytes()),
        ("the picture", pixels),
        ("the marks of a JPEG", b"JFIF"),
        ("the marks of a database", b"SQLite format 3"),
    ];
    for path in &found {
        let bytes = std::fs::read(path).unwrap();
        for (what, plain) in planted {
            assert!(!holds(&bytes, plain), "{what} can be read in {}", path.display());
        }
    }
}

#[tokio::test]
async fn no_answer_log_or_export_holds_a_secret() {
    let logs = tempfile::tempdir().unwrap();
    // One log for the whole test binary: what the other tests do meanwhile is searched as well.
    let guard = logging::start(logs.path(), "trace", 3, false).unwrap();
    let (app, token) = lived_in().await;
    // Something that the log tells about: a photo that is none.
    let none = app.local(Method::POST, "/api/communication/media?name=x.jpg").body("no photo");
    let none = none.header("content-type", "application/octet-stream").send().await.unwrap();
    assert_eq!(none.status(), 422);
    let password = seed::bluesky_app_password(1);
    let mut outputs = Vec::new();
    let document = serde_json::to_value(vieux_moulin_engine::api::document()).unwrap();
    let mut ids = Vec::new();
    for list in ["accounts", "posts", "deliveries", "tokens"] {
        let path = format!("/api/communication/{list}");
        let list: Value = app.local(Method::GET, &path).send().await.unwrap().json().await.unwrap();
        let items = list.as_array().or_else(|| list["items"].as_array()).unwrap();
        ids.extend(items.iter().map(|item| (path.clone(), item["id"].as_str().unwrap().to_owned())));
    }
    for (path, operations) in document["paths"].as_object().unwrap() {
        if operations.get("get").is_none() || path.ends_with("/events") {
            continue;
        }
        let mut asked = vec![path.clone()];
        if path.contains('{') {
            let of = |parent: &str| path.starts_with(&format!("{parent}/{{"));
            asked =
                ids.iter().filter(|(parent, _)| of(parent)).map(|(_, id)| path.replace("{id}", id)).collect();
        }
        for path in asked {
            outputs.push((
                path.clone(),
                app.local(Method::GET, &path).send().await.unwrap().text().await.unwrap(),
            ));
        }
    }
    for path in ["settings/export", "platforms/config/export", "logs/export"] {
        let path = format!("/api/communication/{path}");
        outputs
            .push((path.clone(), app.local(Method::POST, &path).send().await.unwrap().text().await.unwrap()));
    }
    // Refusals repeat nothing either: a wrong secret in the wrong place.
    let wrong = json!({"platform": "bluesky", "credentials": {"identifier": "x", "app_password": password, "secret": password}});
    let refused = app.local(Method::POST, "/api/communication/accounts").json(&wrong).send().await.unwrap();
    assert!(refused.status().is_client_error());
    outputs.push(("a refused account".into(), refused.text().await.unwrap()));
    assert!(outputs.len() > 20, "{}", outputs.len());

    let accounts = outputs.iter().find(|(path, _)| path == "/api/communication/accounts").unwrap();
    let hint = &password[password.len() - 4..];
    assert!(accounts.1.contains(hint), "the last four characters are shown: {}", accounts.1);
    // What is in the log is on the disk once its writer is gone.
    drop(guard);
    let mut written = 0;
    for path in files(logs.path()).into_iter().chain(files(app.dir.path())) {
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        written += usize::from(path.extension().is_some_and(|kind| kind == "log") && !text.is_empty());
        outputs.push((path.display().to_string(), text));
    }
    assert!(written > 0, "nothing was logged");
    for (place, text) in &outputs {
        for (what, secret) in [("password", password.as_str()), ("token", token.as_str())] {
            assert!(!text.contains(secret), "the {what} stands in {place}");
        }
    }
    // The key of the command line stands in its owner-only file and nowhere else.
    for (place, text) in outputs.iter().filter(|(place, _)| !place.ends_with("moulin.local-key")) {
        assert!(!text.contains(&app.key), "the key of the command line stands in {place}");
    }
}
