//! Customers, their lists and segments through the doors.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{App, problem};

const CONTACTS: &str = "/api/communication/contacts";
const IMPORTS: &str = "/api/communication/contact-imports";
const SEGMENTS: &str = "/api/communication/segments";

async fn add(app: &App, body: Value) -> String {
    let (status, contact) = app.window("POST", CONTACTS, Some(body)).await;
    assert_eq!(status, 201, "{contact}");
    contact["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_customer_is_written_down_corrected_and_removed() {
    let app = App::bare().await;
    let id = add(&app, json!({"first_name": "Claire", "phone": "06 39 98 12 34", "tags": ["vip"]})).await;
    let path = format!("{CONTACTS}/{id}");
    let visit = json!({"at": "2026-01-02T19:30:00Z", "amount_cents": 8450, "dishes": ["Lamproie"], "external_id": "t1"});
    for _ in 0..2 {
        let (status, file) = app.window("POST", &format!("{path}/visits"), Some(visit.clone())).await;
        assert_eq!((status, file["contact"]["visit_count"].as_i64()), (200, Some(1)), "{file}");
    }
    let patch = json!({"email": "Claire@Exemple.Example", "phone": null});
    let (status, contact) = app.window("PATCH", &path, Some(patch)).await;
    assert_eq!(status, 200, "{contact}");
    assert_eq!((&contact["email"], &contact["phone"]), (&json!("claire@exemple.example"), &Value::Null));
    assert_eq!((&contact["first_name"], &contact["tags"][0]), (&json!("Claire"), &json!("vip")));
    let (_, file) = app.window("GET", &path, None).await;
    assert_eq!((&file["dishes"]["Lamproie"], &file["visits"][0]["amount_cents"]), (&json!(1), &json!(8450)));
    for (body, status, code) in [
        (json!({"email": "a@b.fr\r\nBcc: c@d.fr"}), 422, "email_invalid"),
        (json!({"phone": "555 1234"}), 422, "phone_country_unknown"),
        (json!({"spend_cents": 5}), 422, "unknown_field"),
        (json!({"city": 5}), 422, "invalid_field"),
        (json!({"first_name": null, "email": null}), 422, "contact_empty"),
    ] {
        let (got, answer) = app.window("PATCH", &path, Some(body)).await;
        assert_eq!((got, answer["code"].as_str().unwrap()), (status, code), "{answer}");
    }
    let (status, _) = app.window("DELETE", &path, None).await;
    assert_eq!(status, 204);
    assert_eq!(problem(app.local(Method::GET, &path)).await, (404, "not_found".to_owned()));
}

#[tokio::test]
async fn lists_are_searched_sorted_and_paged() {
    let app = App::bare().await;
    for (first, last) in [("Élodie", "Zola"), ("Luc", "Écart"), ("Ana", "Martin")] {
        add(&app, json!({"first_name": first, "last_name": last})).await;
    }
    let names = |page: &Value| {
        let items = page["items"].as_array().unwrap();
        items.iter().map(|item| item["last_name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (_, first) = app.window("GET", &format!("{CONTACTS}?limit=2"), None).await;
    assert_eq!(
        (names(&first), first["total"].as_u64()),
        (vec!["Écart".to_owned(), "Martin".to_owned()], Some(3))
    );
    let cursor = first["next_cursor"].as_str().unwrap();
    let (_, second) = app.window("GET", &format!("{CONTACTS}?limit=2&cursor={cursor}"), None).await;
    assert_eq!((names(&second), &second["next_cursor"]), (vec!["Zola".to_owned()], &Value::Null));
    let (_, found) = app.window("GET", &format!("{CONTACTS}?search=elodie"), None).await;
    assert_eq!(names(&found), ["Zola"]);
    let (_, down) = app.window("GET", &format!("{CONTACTS}?descending=true&sort=created"), None).await;
    assert_eq!(names(&down), ["Martin", "Écart", "Zola"]);
}

#[tokio::test]
async fn a_file_is_looked_at_tried_taken_in_exported_and_taken_back() {
    let app = App::bare().await;
    let file = "Prénom;Nom;E-mail;Téléphone\nClaire;Exemple;claire@exemple.example;06 39 98 00 01\n;;;555\n";
    let send = |path: String| {
        app.local(Method::POST, &path).header("content-type", "application/octet-stream").body(file).send()
    };
    let preview: Value = send(format!("{IMPORTS}/preview")).await.unwrap().json().await.unwrap();
    assert_eq!(preview["mapping"], json!(["first_name", "last_name", "email", "phone"]));
    for (dry_run, total) in [(true, 0), (false, 1)] {
        let begun = send(format!("{IMPORTS}?name=clients.csv&dry_run={dry_run}")).await.unwrap();
        assert_eq!(begun.status(), 202);
        let begun: Value = begun.json().await.unwrap();
        let path = format!("{IMPORTS}/{}", begun["id"].as_str().unwrap());
        let mut done = begun;
        for round in 0.. {
            if done["state"] != "running" {
                break;
            }
            assert!(round < 1200, "{done}");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            done = app.window("GET", &path, None).await.1;
        }
        assert_eq!(
            (&done["state"], &done["created"], &done["refused"]),
            (&json!("done"), &json!(1), &json!(1))
        );
        assert_eq!(
            (&done["errors"][0]["row"], &done["errors"][0]["code"]),
            (&json!(3), &json!("phone_country_unknown"))
        );
        let (_, page) = app.window("GET", CONTACTS, None).await;
        assert_eq!(page["total"], total, "{page}");
    }
    let export = app.local(Method::GET, &format!("{CONTACTS}/export")).send().await.unwrap();
    assert_eq!(export.headers()["content-type"], "text/csv; charset=utf-8");
    let export = export.text().await.unwrap();
    assert!(export.contains("claire@exemple.example;'+33639980001"), "{export}");
    let (_, imports) = app.window("GET", IMPORTS, None).await;
    let path = format!("{IMPORTS}/{}/undo", imports[0]["id"].as_str().unwrap());
    // The import gives its turn back a moment after it says that it is done.
    let mut undone = app.window("POST", &path, None).await;
    for _ in 0..1200 {
        if undone.0 != 409 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        undone = app.window("POST", &path, None).await;
    }
    assert_eq!((undone.0, &undone.1["removed"]), (200, &json!(1)), "{undone:?}");
    let plain = app.local(Method::POST, IMPORTS).header("content-type", "text/csv").body(file);
    assert_eq!(problem(plain).await, (415, "unsupported_media_type".to_owned()));
    let odd = app.local(Method::POST, &format!("{IMPORTS}?mapping=first_name,nonsense"));
    let odd = odd.header("content-type", "application/octet-stream").body(file);
    assert_eq!(problem(odd).await, (422, "invalid_field".to_owned()));
}

#[tokio::test]
async fn segments_are_kept_counted_and_explained() {
    let app = App::bare().await;
    let vip = add(&app, json!({"first_name": "Ana", "tags": ["vip"]})).await;
    let other = add(&app, json!({"first_name": "Luc"})).await;
    let tree = json!({"all": [{"tag": "vip"}, {"not": {"visit_count": {"at_least": 1}}}]});
    let (status, count) = app.window("POST", &format!("{SEGMENTS}/count"), Some(json!({"tree": tree}))).await;
    assert_eq!((status, &count["count"]), (200, &json!(1)), "{count}");
    let (_, sample) = app.window("POST", &format!("{SEGMENTS}/sample"), Some(json!({"tree": tree}))).await;
    assert_eq!(sample[0]["id"], vip);
    let body = json!({"tree": tree, "contact": other});
    let (_, told) = app.window("POST", &format!("{SEGMENTS}/explain"), Some(body)).await;
    assert_eq!(
        (&told["matches"], &told["parts"][0]["matches"], &told["parts"][1]["matches"]),
        (&json!(false), &json!(false), &json!(true))
    );
    let kept = json!({"name": "Habitués", "tree": tree});
    let (status, segment) = app.window("POST", SEGMENTS, Some(kept.clone())).await;
    assert_eq!(status, 201, "{segment}");
    let (status, twice) = app.window("POST", SEGMENTS, Some(kept)).await;
    assert_eq!((status, &twice["code"]), (409, &json!("segment_name_taken")));
    let id = segment["id"].as_str().unwrap();
    let (_, page) = app.window("GET", &format!("{CONTACTS}?segment={id}"), None).await;
    assert_eq!((&page["total"], &page["items"][0]["id"]), (&json!(1), &json!(vip)));
    for (tree, code) in [
        (json!({"tag": ""}), "segment_invalid"),
        (json!({"sql": "1=1"}), "unknown_field"),
        (json!({"visit_count": {"at_leest": 1}}), "unknown_field"),
    ] {
        let (status, refused) =
            app.window("POST", &format!("{SEGMENTS}/count"), Some(json!({"tree": tree}))).await;
        assert_eq!((status, refused["errors"][0]["code"].as_str().is_some()), (422, true), "{refused}");
        assert!(refused["code"] == code || refused["code"] == "invalid_field", "{refused}");
    }
    let (status, _) = app.window("DELETE", &format!("{SEGMENTS}/{id}"), None).await;
    assert_eq!(status, 204);
}
