//! Templates through the doors: shipped ones, versions, copies, the archive, the preview.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{App, problem};

const TEMPLATES: &str = "/api/communication/templates";

fn of(id: &str) -> String {
    format!("{TEMPLATES}/{id}")
}

async fn show(app: &App, id: &str) -> Value {
    let (status, view) = app.window("GET", &of(id), None).await;
    assert_eq!(status, 200, "{view}");
    view
}

/// The house with everything that a message must say.
async fn house(app: &App) {
    let messages = json!({"messages": {
        "house_address": "1 chemin du Moulin, 33590 Vensac", "sms_stop": "STOP 36111",
        "reply_to": "bonjour@levieuxmoulin.example",
    }});
    let (status, answer) = app.window("PATCH", "/api/communication/settings", Some(messages)).await;
    assert_eq!(status, 200, "{answer}");
}

async fn preview(app: &App, body: Value) -> Value {
    let (status, answer) = app.window("POST", &of("preview"), Some(body)).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

#[tokio::test]
async fn shipped_templates_are_there_and_wait_for_the_address_of_the_house() {
    let app = App::bare().await;
    let (_, list) = app.window("GET", TEMPLATES, None).await;
    let list = list.as_array().unwrap().clone();
    assert_eq!(list.len(), 16);
    let promotion = list.iter().find(|template| template["id"] == "promotion_annonce").unwrap();
    assert_eq!(promotion["channels"], json!(["email", "sms"]));
    assert_eq!((&promotion["version"], &promotion["created_by"]), (&json!(1), &json!("shipped")));
    // The law wants an address below a marketing mail, and nobody has written it yet.
    assert_eq!(promotion["is_ready"], false);
    assert_eq!(show(&app, "promotion_annonce").await["problems"][0]["code"], "template_without_address");
    let reminder = list.iter().find(|template| template["id"] == "rappel_reservation").unwrap();
    assert_eq!((&reminder["purpose"], &reminder["is_ready"]), (&json!("service"), &json!(true)));
    house(&app).await;
    assert_eq!(show(&app, "promotion_annonce").await["problems"], json!([]));

    let reply = app.local(Method::GET, &of("promotion_anonce")).send().await.unwrap();
    assert_eq!(reply.status(), 404);
    let refused: Value = reply.json().await.unwrap();
    assert_eq!(refused["code"], "template_unknown");
    assert_eq!(refused["errors"][0]["values"]["near"][0], "promotion_annonce");
    assert!(refused["detail"].as_str().unwrap().contains("promotion_annonce"), "{refused}");
}

#[tokio::test]
async fn the_second_example_of_the_seed_is_shown_as_people_will_read_it() {
    let app = App::bare().await;
    house(&app).await;
    let data = json!({"promotion_name": "Happy Hour", "discount": "20%", "valid_until": "2025-04-20"});
    let shown = preview(&app, json!({"template_id": "promotion_annonce", "data": data})).await;
    assert_eq!((&shown["problems"], &shown["unknown"]), (&json!([]), &json!([])));
    let message = &shown["previews"][0];
    assert_eq!(message["missing"], json!([]));
    assert_eq!(message["subject"], "Happy Hour\u{a0}: 20% de remise");
    assert_eq!(message["valid_until"], "2025-04-20T22:00:00Z");
    assert_eq!(message["alcohol"], json!(["happy hour"]));
    assert_eq!(message["remarks"][0]["code"], "alcohol_mention_added");
    for text in ["html", "text"] {
        let text = message[text].as_str().unwrap();
        assert!(text.contains("dimanche 20 avril 2025") && text.contains("20%"), "{text}");
        assert!(text.contains("L’abus d’alcool est dangereux pour la santé"), "{text}");
        assert!(text.contains("1 chemin du Moulin, 33590 Vensac"), "{text}");
    }
    let sms = message["sms"].as_str().unwrap();
    assert!(sms.starts_with("Le Vieux Moulin : Happy Hour, 20% de remise jusqu'au dimanche 20 avril 2025."));
    assert!(sms.ends_with("STOP 36111"), "{sms}");
    assert_eq!(message["sms_measure"]["encoding"], "gsm7");

    // What is missing is named, and what nobody knows too.
    let data = json!({"promotion_nam": "Happy Hour", "discount": "20%"});
    let shown = preview(&app, json!({"template_id": "promotion_annonce", "data": data})).await;
    assert_eq!(shown["unknown"], json!(["promotion_nam"]));
    assert_eq!(shown["previews"][0]["missing"], json!(["promotion_name", "valid_until"]));
    let data = json!({"valid_until": "20/04/2025"});
    let refused = app
        .local(Method::POST, &of("preview"))
        .json(&json!({"template_id": "promotion_annonce", "data": data}));
    assert_eq!(problem(refused).await, (422, "template_value_invalid".to_owned()));
}

#[tokio::test]
async fn versions_stay_what_they_were() {
    let app = App::bare().await;
    let sms = |text: &str| json!({"name": "Soirée", "purpose": "service", "sms": {"text": text}});
    let new = |id: &str| json!({"id": id, "template": sms("un")});
    let (status, first) = app.window("POST", TEMPLATES, Some(new("soiree"))).await;
    assert_eq!((status, &first["version"], &first["created_by"]), (201, &json!(1), &json!("window")));
    let create = |body: Value| app.local(Method::POST, TEMPLATES).json(&body);
    assert_eq!(problem(create(new("soiree"))).await, (409, "template_exists".to_owned()));
    for id in ["Soirée", "preview", "", "1er"] {
        assert_eq!(problem(create(new(id))).await, (422, "template_id_invalid".to_owned()), "{id}");
    }
    let edit = |base: i64, text: &str| {
        app.local(Method::PATCH, &of("soiree")).json(&json!({"base_version": base, "template": sms(text)}))
    };
    let second: Value = edit(1, "deux").send().await.unwrap().json().await.unwrap();
    assert_eq!((&second["version"], &second["template"]["sms"]["text"]), (&json!(2), &json!("deux")));
    assert_eq!(problem(edit(1, "trois")).await, (409, "template_changed".to_owned()));
    let (_, old) = app.window("GET", &format!("{}?version=1", of("soiree")), None).await;
    assert_eq!(old["template"]["sms"]["text"], "un");
    let (_, versions) = app.window("GET", &format!("{}/versions", of("soiree")), None).await;
    let numbers: Vec<_> =
        versions.as_array().unwrap().iter().map(|v| v["version"].as_i64().unwrap()).collect();
    assert_eq!(numbers, [2, 1]);

    let copy = json!({"id": "soiree_bis", "name": "Autre soirée"});
    let (status, copied) = app.window("POST", &format!("{}/duplicate", of("soiree")), Some(copy)).await;
    assert_eq!(
        (status, &copied["version"], &copied["template"]["name"]),
        (201, &json!(1), &json!("Autre soirée"))
    );
    assert_eq!(copied["template"]["sms"], second["template"]["sms"]);

    let listed = async || {
        let (_, list) = app.window("GET", TEMPLATES, None).await;
        list.as_array().unwrap().iter().any(|template| template["id"] == "soiree")
    };
    let (_, archived) = app.window("POST", &format!("{}/archive", of("soiree")), None).await;
    assert!(archived["archived_at"].is_string() && !listed().await);
    let (_, again) = app.window("POST", &format!("{}/archive", of("soiree")), None).await;
    assert_eq!(again["archived_at"], archived["archived_at"]);
    let (_, restored) = app.window("POST", &format!("{}/restore", of("soiree")), None).await;
    assert!(restored["archived_at"].is_null() && listed().await);
}

#[tokio::test]
async fn what_cannot_work_is_refused_with_its_place() {
    let app = App::bare().await;
    let refused = async |template: Value| {
        let body = json!({"id": "essai", "template": template});
        let reply = app.local(Method::POST, TEMPLATES).json(&body).send().await.unwrap();
        let body: Value = reply.json().await.unwrap();
        let field = body["errors"][0]["field"].as_str().unwrap_or_default().to_owned();
        (body["code"].as_str().unwrap().to_owned(), field)
    };
    let sms = |text: &str| json!({"name": "Essai", "purpose": "service", "sms": {"text": text}});
    let blocks = |blocks: Value| {
        let email = json!({"subject": "Essai", "blocks": blocks});
        json!({"name": "Essai", "purpose": "service", "email": email})
    };
    for (template, code, field) in [
        (sms("{{ prenom }}"), "template_variable_unknown", "sms"),
        (sms("{{ house_name"), "template_invalid", "sms.text"),
        (sms("{% for i in range(1000000000) %}x{% endfor %}"), "template_too_heavy", "sms.text"),
        (
            json!({"name": " ", "purpose": "service", "sms": {"text": "x"}}),
            "template_name_missing",
            "template.name",
        ),
        (json!({"name": "Essai", "purpose": "service"}), "template_channel_missing", ""),
        (
            blocks(json!([{"type": "button", "label": "x", "url": "javascript:alert(1)"}])),
            "template_value_invalid",
            "email.blocks.0.url",
        ),
        (
            blocks(json!([{"type": "image", "media_id": "abc", "alt": "x"}])),
            "template_image_not_public",
            "email.blocks.0.media_id",
        ),
    ] {
        let expected = (code.to_owned(), field.to_owned());
        assert_eq!(refused(template.clone()).await, expected, "{template}");
    }
    // There is no block for markup of one's own.
    let raw = blocks(json!([{"type": "raw", "html": "<script></script>"}]));
    assert_eq!(refused(raw).await.0, "invalid_field");
    let huge = "x".repeat(2_000_000);
    assert_eq!(refused(sms(&huge)).await.0, "body_too_large");
    let (_, list) = app.window("GET", TEMPLATES, None).await;
    assert_eq!(list.as_array().unwrap().len(), 16, "nothing of it was kept");
}

#[tokio::test]
async fn an_exported_file_is_read_again_without_a_difference() {
    let app = App::bare().await;
    let (_, file) = app.window("GET", &of("export"), None).await;
    assert_eq!(file.as_object().unwrap().len(), 16);
    let import = async |file: &Value| app.window("POST", &of("import"), Some(file.clone())).await;
    assert_eq!(import(&file).await, (200, json!({"added": [], "unchanged": 16})));
    let mut changed = file.clone();
    changed["bienvenue"]["name"] = json!("Bienvenue à vous");
    assert_eq!(import(&changed).await, (200, json!({"added": ["bienvenue"], "unchanged": 15})));
    assert_eq!(show(&app, "bienvenue").await["version"], 2);
    let (_, again) = app.window("GET", &of("export"), None).await;
    assert_eq!(again, changed);
    // One bad template keeps all of them out.
    changed["merci"]["name"] = json!("Merci à vous");
    changed["anniversaire"]["sms"]["text"] = json!("{{ nobody }}");
    assert_eq!(import(&changed).await.0, 422);
    assert_eq!(show(&app, "merci").await["version"], 1);
}

#[tokio::test]
async fn an_sms_is_measured_and_made_cheap() {
    let app = App::bare().await;
    let body = json!({"text": "Soirée crêpes, c’est vendredi…"});
    let (status, length) = app.window("POST", "/api/communication/sms/measure", Some(body)).await;
    assert_eq!((status, &length["measure"]["encoding"]), (200, &json!("ucs2")));
    assert_eq!(length["plain"], "Soirée crepes, c'est vendredi...");
    assert_eq!(length["plain_measure"]["encoding"], "gsm7");
    let culprits = length["measure"]["culprits"].as_array().unwrap();
    assert_eq!(culprits.len(), 3);
    assert_eq!(culprits[0], json!({"character": "ê", "count": 1, "replacement": "e"}));
}
