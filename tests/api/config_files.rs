//! Carrying the configuration files to another computer: both ways, by the lines of the file.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::App;

const SETTINGS: &str = "/api/communication/settings";
const PLATFORMS: &str = "/api/communication/platforms/config";

fn import(app: &App, path: &str, file: &str) -> RequestBuilder {
    app.local(Method::POST, &format!("{path}/import"))
        .header("content-type", "application/json")
        .body(file.to_owned())
}

async fn json_of(request: RequestBuilder) -> (u16, Value) {
    let reply = request.send().await.unwrap();
    (reply.status().as_u16(), reply.json().await.unwrap())
}

#[tokio::test]
async fn what_is_exported_can_be_imported_elsewhere() {
    let (here, there) = (App::bare().await, App::bare().await);
    let settings = "{\n  \"house\": {\"city\": \"Lesparre\"},\n  \"publishing\": {\"undo_secs\": 5}\n}";
    let platforms =
        "{\"mastodon\": {\"base_url\": \"https://piaille.fr\", \"web_url\": \"https://piaille.fr\"}}";
    for (path, file) in [(SETTINGS, settings), (PLATFORMS, platforms)] {
        let (status, set) = json_of(import(&here, path, file)).await;
        assert_eq!(status, 200, "{set}");
        let (_, exported) = json_of(here.local(Method::POST, &format!("{path}/export"))).await;
        assert_eq!(exported, serde_json::from_str::<Value>(file).unwrap());
        let (_, taken) = json_of(import(&there, path, &exported.to_string())).await;
        assert_eq!(taken, set, "the other computer has the same values");
        let (_, in_force) = json_of(there.local(Method::GET, path)).await;
        assert_eq!(in_force, set, "without a restart");
    }
    let kept = std::fs::read_to_string(there.dir.path().join("platforms.json")).unwrap();
    assert!(kept.contains("piaille.fr"), "and after one");
}

#[tokio::test]
async fn a_mistake_is_named_with_the_line_of_the_file() {
    let app = App::bare().await;
    for (path, file, code, key, at) in [
        (
            SETTINGS,
            "{\n  \"theme\": \"dark\",\n  \"langage\": \"fr\"\n}",
            "config_unknown_key",
            "langage",
            "line 3",
        ),
        (
            SETTINGS,
            "{\"publishing\":\n\n {\"undo_secs\": -1}}",
            "config_invalid",
            "publishing.undo_secs",
            "line 3",
        ),
        (SETTINGS, "{\n\"theme\": \"dark\",\n}", "config_invalid", "", "line 3"),
        (PLATFORMS, "{\n\n \"blusky\": {}}", "config_unknown_key", "blusky", "line 3"),
        (
            PLATFORMS,
            "{\"facebook\": {\n\"base_url\": \"http://evil.example\"}}",
            "config_insecure_url",
            "facebook.base_url",
            "line 2",
        ),
        (
            PLATFORMS,
            "{\"facebook\": {\n\"base_url\": \"https://me:secret@evil.example\"}}",
            "config_invalid",
            "facebook.base_url",
            "line 2",
        ),
    ] {
        let name = if path == SETTINGS { "settings.json" } else { "platforms.json" };
        let before = std::fs::read_to_string(app.dir.path().join(name)).ok();
        let (status, problem) = json_of(import(&app, path, file)).await;
        assert_eq!((status, problem["code"].as_str()), (422, Some(code)), "{file}: {problem}");
        assert_eq!(problem["errors"][0]["field"], key, "{file}");
        let (fr, en) = (problem["detail"].as_str().unwrap(), problem["detail_en"].as_str().unwrap());
        assert!(en.contains(at) && fr.contains(&at.replace("line", "ligne")), "{fr} / {en}");
        assert!(!problem.to_string().contains("me:secret"), "{problem}");
        assert_eq!(std::fs::read_to_string(app.dir.path().join(name)).ok(), before, "{file}");
    }
}

/// Whoever changes an address decides where the secrets of the accounts are sent.
#[tokio::test]
async fn no_program_may_send_the_accounts_elsewhere() {
    let app = App::bare().await;
    let admin = app.token(&["admin", "read"]).await;
    let file = json!({"facebook": {"base_url": "https://evil.example"}});
    for what in ["import", "export"] {
        let path = format!("{PLATFORMS}/{what}");
        let reply = app.anonymous(Method::POST, &path).bearer_auth(&admin).json(&file).send().await.unwrap();
        assert_eq!(reply.status(), 403, "{what}");
    }
    let (_, shown) = json_of(app.anonymous(Method::GET, PLATFORMS).bearer_auth(&admin)).await;
    assert!(shown["facebook"]["base_url"].as_str().unwrap().starts_with("http://127.0.0.1"), "{shown}");
}
