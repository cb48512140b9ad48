//! Agreements, addresses that are not written to and people's rights through the doors.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{App, problem};

const HERE: &str = "/api/communication";

/// With one customer, `c1`.
async fn app() -> App {
    let app = App::bare().await;
    app.host
        .engine
        .store
        .write(|tx| {
            tx.execute(
                "INSERT INTO contacts (id, first_name, last_name, email, phone, source, created_at, updated_at)
                 VALUES ('c1', 'Camille', 'Durand', 'camille@example.com', '+33612345678', 'window', 0, 0)",
                [],
            )?;
            Ok(())
        })
        .await
        .unwrap();
    app
}

fn card() -> Value {
    json!({"channel": "email", "state": "granted", "source": "paper_card", "wording_version": "carte-2026-1",
           "proof": "=carte 112"})
}

#[tokio::test]
async fn an_agreement_is_noted_with_its_proof_and_taken_back() {
    let app = app().await;
    let ledger = format!("{HERE}/contacts/c1/consents");
    let mut bare = card();
    bare.as_object_mut().unwrap().remove("proof");
    let (status, refused) = app.window("POST", &ledger, Some(bare.clone())).await;
    assert_eq!((status, refused["code"].as_str()), (422, Some("consent_proof_missing")));
    let (status, lines) = app.window("POST", &ledger, Some(card())).await;
    assert_eq!((status, lines[0]["actor"].as_str()), (201, Some("window")), "{lines}");
    let withdrawal = json!({"channel": "email", "state": "withdrawn", "source": "telephone"});
    let (status, lines) = app.window("POST", &ledger, Some(withdrawal)).await;
    assert_eq!((status, lines[1]["basis"].as_str()), (201, Some("withdrawal")), "{lines}");
    let (_, lines) = app.window("GET", &ledger, None).await;
    assert_eq!(lines.as_array().unwrap().len(), 2);
    let nobody = app.window("POST", &format!("{HERE}/contacts/nobody/consents"), Some(card())).await;
    assert_eq!(nobody.0, 404);
    // The house's own form is where the person ticks the box.
    let token = app.token(&["notify"]).await;
    let by_form = app.anonymous(Method::POST, &ledger).bearer_auth(token).json(&bare);
    let sent = by_form.send().await.unwrap();
    assert_eq!(sent.status(), 201, "{}", sent.text().await.unwrap());

    let file = app.local(Method::GET, &format!("{HERE}/consents/export")).send().await.unwrap();
    assert_eq!(file.headers()["cache-control"], "no-store");
    assert_eq!(file.json::<Value>().await.unwrap().as_array().unwrap().len(), 3);
    let csv = app.local(Method::GET, &format!("{HERE}/consents/export?format=csv")).send().await.unwrap();
    let csv = csv.text().await.unwrap();
    assert_eq!(csv.lines().count(), 4, "{csv}");
    // A cell that begins like a formula is only text.
    assert!(csv.contains("'=carte 112") && !csv.contains(",=carte"), "{csv}");
}

#[tokio::test]
async fn the_list_names_no_address() {
    let app = app().await;
    let list = format!("{HERE}/suppressions");
    let number = json!({"channel": "sms", "address": "06 12 34 56 78", "reason": "stop"});
    let (status, known) = app.window("POST", &list, Some(number)).await;
    assert_eq!((status, known["reasons"][0]["reason"].as_str()), (201, Some("stop")), "{known}");
    let asked = json!({"channel": "sms", "address": "+33 6 12 34 56 78"});
    let (_, known) = app.window("POST", &format!("{list}/check"), Some(asked)).await;
    assert_eq!(known["suppressed"], true);
    let (_, page) = app.window("GET", &list, None).await;
    assert_eq!(page["counts"][0]["count"], 1);
    assert!(!page.to_string().contains("612345678"), "{page}");

    let remove = json!({"channel": "sms", "address": "0612345678", "why": "Erreur"});
    let (status, refused) = app.window("DELETE", &list, Some(remove.clone())).await;
    assert_eq!((status, refused["code"].as_str()), (409, Some("suppression_kept")));
    let broken = json!({"channel": "email", "address": "camille@example.com\r\nBcc: x@example.com"});
    let (status, refused) = app.window("POST", &list, Some(broken)).await;
    assert_eq!((status, refused["code"].as_str()), (422, Some("address_invalid")));
    let mail = json!({"channel": "email", "address": "Camille@example.com"});
    assert_eq!(app.window("POST", &list, Some(mail)).await.0, 201);
    let mail = json!({"channel": "email", "address": "camille@example.com", "why": "Adresse réparée"});
    assert_eq!(app.window("DELETE", &list, Some(mail.clone())).await.0, 204);
    assert_eq!(app.window("DELETE", &list, Some(mail)).await.0, 404);
    // Only a person at this machine takes an address off the list.
    let token = app.token(&["read", "notify", "admin"]).await;
    let by_program = app.anonymous(Method::DELETE, &list).bearer_auth(token).json(&remove);
    assert_eq!(problem(by_program).await, (403, "wrong_caller".into()));
}

#[tokio::test]
async fn a_person_gets_everything_and_is_forgotten_on_demand() {
    let app = app().await;
    let person = format!("{HERE}/contacts/c1");
    app.window("POST", &format!("{person}/consents"), Some(card())).await;
    let ask = json!({"contact_id": "c1", "kind": "access"});
    let (status, request) = app.window("POST", &format!("{HERE}/rights-requests"), Some(ask)).await;
    assert_eq!((status, request["done_at"].is_null()), (201, true), "{request}");

    let (status, file) = app.window("GET", &format!("{person}/file"), None).await;
    assert_eq!((status, file["contact"]["email"].as_str()), (200, Some("camille@example.com")), "{file}");
    let page = app.local(Method::GET, &format!("{person}/file.html")).send().await.unwrap();
    assert!(page.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    let page = page.text().await.unwrap();
    assert!(page.contains("Durand") && page.contains("Vos données chez"), "{page}");
    let token = app.token(&["read", "publish", "notify", "admin"]).await;
    for part in ["file", "file.html"] {
        let by_program = app.anonymous(Method::GET, &format!("{person}/{part}")).bearer_auth(&token);
        assert_eq!(problem(by_program).await, (403, "wrong_caller".into()));
    }

    let done = format!("{HERE}/rights-requests/{}/done", request["id"].as_str().unwrap());
    assert_eq!(app.window("POST", &done, None).await.0, 200);
    assert_eq!(app.window("POST", &done, None).await.0, 409);
    assert_eq!(app.window("POST", &format!("{person}/object"), None).await.0, 204);

    let erase = format!("{person}/erase");
    assert_eq!(app.window("POST", &erase, Some(json!({"confirm": false}))).await.0, 422);
    let (status, erased) = app.window("POST", &erase, Some(json!({"confirm": true}))).await;
    assert_eq!((status, erased["providers_to_tell"].as_u64()), (200, Some(0)), "{erased}");
    assert_eq!(app.window("GET", &format!("{person}/file"), None).await.0, 404);
    let (_, register) = app.window("GET", &format!("{HERE}/rights-requests"), None).await;
    let kinds: Vec<&str> =
        register["items"].as_array().unwrap().iter().map(|item| item["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds.len(), 3, "{register}");
    assert!(["access", "objection", "erasure"].iter().all(|kind| kinds.contains(kind)), "{register}");
    let mail = json!({"channel": "email", "address": "camille@example.com"});
    let (_, known) = app.window("POST", &format!("{HERE}/suppressions/check"), Some(mail)).await;
    assert_eq!(known["reasons"].as_array().unwrap().len(), 2, "{known}");
    let (_, journal) = app.window("GET", &format!("{HERE}/journal"), None).await;
    assert!(!journal.to_string().contains("camille"), "{journal}");
}

#[tokio::test]
async fn who_was_quiet_for_three_years_is_proposed() {
    let app = app().await;
    let (status, proposed) = app.window("GET", &format!("{HERE}/retention"), None).await;
    assert_eq!((status, proposed["items"][0]["contact_id"].as_str()), (200, Some("c1")), "{proposed}");
}
