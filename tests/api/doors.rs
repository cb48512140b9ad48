//! One operation, whoever asks for it: the same stored post.

use std::process::Command;

use reqwest::{Method, header};
use serde_json::{Value, json};
use vieux_moulin_tests::process::moulin_bin;

use crate::support::{App, far_post};

/// The post as it is stored, without what is its own: ids, times of writing, and who asked.
async fn stored(app: &App, id: &str) -> String {
    let path = format!("/api/communication/posts/{id}");
    let mut post: Value = app.local(Method::GET, &path).send().await.unwrap().json().await.unwrap();
    assert!(post["created_by"].is_string(), "{post}");
    strip(&mut post);
    post.to_string()
}

fn strip(value: &mut Value) {
    const OWN: [&str; 9] = [
        "id",
        "post_id",
        "delivery_id",
        "created_at",
        "updated_at",
        "created_by",
        "undo_until",
        "at",
        "actor",
    ];
    match value {
        Value::Object(fields) => {
            // The instant of the schedule is no time of writing.
            let keep = fields.contains_key("timezone");
            fields.retain(|name, _| !OWN.contains(&name.as_str()) || (keep && name == "at"));
            fields.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn window_program_dashboard_and_command_line_store_the_same_post() {
    let mut body = far_post();
    body["content"]["body"] = json!("Lamproie à la bordelaise\n\nRéservez au 05… 🐟");
    let mut seen = Vec::new();
    // Each in a house of its own: the same post twice in one house is one post.
    for door in ["window", "program", "dashboard", "command line"] {
        let app = App::start().await;
        let publish = || app.anonymous(Method::POST, "/api/communication/publish").json(&body);
        let answer: Value = match door {
            "window" => app.window("POST", "/api/communication/publish", Some(body.clone())).await.1,
            "program" => {
                let token = app.token(&["publish"]).await;
                publish().bearer_auth(token).send().await.unwrap().json().await.unwrap()
            }
            "dashboard" => {
                let code = app.local(Method::POST, "/api/session/code").send().await.unwrap();
                let code: Value = code.json().await.unwrap();
                let login = app.anonymous(Method::POST, "/api/session").json(&json!({"code": code["code"]}));
                let reply = login.send().await.unwrap();
                let cookie =
                    reply.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
                let request = publish().header(header::COOKIE, cookie).header("x-moulin", "1");
                request.send().await.unwrap().json().await.unwrap()
            }
            _ => {
                let content = &body["content"];
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                let mut command = Command::new(moulin_bin().unwrap());
                command.arg("--data-dir").arg(app.dir.path()).args(["--json", "publish", "--to", "bluesky"]);
                command.args(["--title", &text(&content["title"]), "--text", &text(&content["body"])]);
                command.args(["--hashtag", "vensac", "--at", &text(&body["scheduled_time"])]);
                let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
                serde_json::from_slice(&output.stdout).unwrap()
            }
        };
        let id = answer["post_id"].as_str().unwrap_or_else(|| panic!("{door}: {answer}"));
        assert_eq!(answer["deliveries"].as_array().unwrap().len(), 1, "{door}: {answer}");
        let delivery = &answer["deliveries"][0];
        assert!(delivery["id"].is_string() && delivery["state"] == "queued", "{door}: {answer}");
        seen.push((door, stored(&app, id).await.replace(delivery["account"].as_str().unwrap(), "ACCOUNT")));
    }
    let (_, first) = &seen[0];
    assert!(first.contains("Lamproie") && first.contains("2099-11-27T17:30:00Z"), "{first}");
    for (door, post) in &seen {
        assert_eq!(post, first, "{door}");
    }
}

/// An empty house is never shown in the place of data that are away.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_database_is_no_first_start() {
    use vieux_moulin_engine::host::Prepared;

    let dir = tempfile::tempdir().unwrap();
    let options = crate::support::options(dir.path());
    let database = dir.path().join("moulin.db");
    let open = async || Prepared::new(options.clone()).unwrap().open().await;
    // Cut off before the database was made: the first start again.
    open().await.unwrap().stop().await;
    let info = dir.path().join("moulin.keyinfo.json");
    let made = std::fs::read_to_string(&info).unwrap();
    assert!(made.contains("\"database_made\": true"), "{made}");
    std::fs::write(&info, made.replace("true", "false")).unwrap();
    std::fs::remove_file(&database).unwrap();
    open().await.unwrap().stop().await;

    std::fs::remove_file(&database).unwrap();
    assert_eq!(open().await.err().unwrap().code(), "database_missing");
    std::fs::write(&database, "").unwrap();
    assert_eq!(open().await.err().unwrap().code(), "database_damaged");
    let start = Prepared::new(options.clone()).unwrap().start().await;
    assert_eq!(start.err().unwrap().code(), "database_quarantined");
}
