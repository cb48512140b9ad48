//! SendGrid's own behaviour against its double. Source of each expected request and answer: section 7 of the
//! wire reference and its corrections.

use serde_json::json;
use vieux_moulin_engine::{
    connectors::{
        FailureClass, Severity,
        messenger::{MessageFinding, ReportRequest},
    },
    domain::{About, MessageEventKind, OutgoingMessage},
};
use vieux_moulin_sandbox::{Action, FaultName, FaultParams, inbox::Fate, seed};

use crate::providers::{MAIL, Post};

/// Section 7: one personalization with our id, the plain text first, following switched off by name.
#[tokio::test]
async fn a_mail_carries_our_id_and_follows_nobody() {
    let post = Post::open("sendgrid").await;
    let mut letter = post.usual();
    let accepted = post.send(&mut letter).await.unwrap();
    let request = post.requests(Action::Publish).pop().unwrap();
    assert_eq!(request.path, "/v3/mail/send");
    let body = &request.body;
    assert_eq!(
        body["personalizations"],
        json!([{"to": [{"email": MAIL, "name": "Claire Martin"}], "custom_args": {"vm": letter.id.as_str()}}])
    );
    let kinds: Vec<_> = body["content"].as_array().unwrap().iter().map(|part| &part["type"]).collect();
    assert_eq!(kinds, ["text/plain", "text/html"]);
    assert_eq!(body["categories"], json!(["vm", format!("vm-{}", letter.job().mailing_id)]));
    assert_eq!(body["tracking_settings"]["open_tracking"]["enable"], false);
    assert_eq!(body["tracking_settings"]["click_tracking"]["enable"], false);
    assert!(body.get("send_at").is_none());
    // The first part of every later id: the join key.
    assert!(!accepted.remote_id.unwrap().contains('.'));
}

/// Corrections, "SendGrid 401": with these words it is money and not the key.
#[tokio::test]
async fn used_credits_are_no_dead_key() {
    let post = Post::open("sendgrid").await;
    for n in 0..100 {
        post.send(&mut post.letter(&format!("client{n}@example.fr"), "Menu")).await.unwrap();
    }
    assert_eq!(post.balance().await.unwrap().unwrap().amount_milli, 0);
    let failure = post.send(&mut post.usual()).await.unwrap_err();
    assert_eq!((failure.class, &*failure.problem.code), (FailureClass::Quota, "no_credit"));
    let findings = post.stage.check().await.unwrap().findings;
    assert!(findings.iter().any(|f| f.code == "no_credit" && f.severity == Severity::Error));
}

#[tokio::test]
async fn a_sender_that_is_not_approved_is_named_and_stops_the_account() {
    let post = Post::before_connecting("sendgrid").await;
    for (address, code) in [
        (seed::MAIL_SENDER, "sender_verified"),
        (seed::MAIL_NEW_SENDER, "sender_waits"),
        ("autre@example.fr", "sender_not_verified"),
    ] {
        post.stage.vault.current.lock().unwrap().set("sender_address", address);
        let findings = post.stage.check().await.unwrap().findings;
        let found = findings.iter().find(|finding| finding.code == code).unwrap();
        assert_eq!(found.severity == Severity::Ok, code == "sender_verified");
    }
    let post = Post::open("sendgrid").await;
    let mut letter = post.usual();
    if let OutgoingMessage::Email(mail) = &mut letter.message {
        "autre@example.fr".clone_into(&mut mail.from_address);
    }
    let failure = post.send(&mut letter).await.unwrap_err();
    assert_eq!((failure.class, &*failure.problem.code), (FailureClass::Blocked, "sender_not_verified"));
}

/// The category and the address are those of another message too; only our id is certain.
#[tokio::test]
async fn another_message_to_the_same_person_is_not_taken_for_this_one() {
    let post = Post::open("sendgrid").await;
    post.send(&mut post.usual()).await.unwrap();
    post.spoil_sending(FaultName::ResetBefore, FaultParams::default()).await;
    let mut letter = post.usual();
    post.send(&mut letter).await.unwrap_err();
    assert_eq!(post.reconcile(&letter).await.unwrap(), MessageFinding::NotFound);
    // Section 7, corrections: the name of the field in the query.
    let query = post.requests(Action::List).pop().unwrap().body["query"].clone();
    assert!(query.as_str().unwrap().contains("sg_message_id_created_at > TIMESTAMP \""), "{query}");
}

#[tokio::test]
async fn suppressions_tell_who_said_no_and_which_addresses_are_dead() {
    let post = Post::open("sendgrid").await;
    for (address, fate) in [
        ("plainte@example.fr", Fate::Complaint),
        ("mort@example.fr", Fate::HardBounce),
        ("non@example.fr", Fate::Unsubscribed),
    ] {
        post.sandbox.set_fate(address, fate);
        post.send(&mut post.letter(address, "Menu")).await.unwrap();
    }
    let mut told: Vec<_> = post.report(&ReportRequest::default()).await.unwrap().events;
    told.sort_by_key(|event| event.kind.as_str());
    let told: Vec<_> = told.into_iter().map(|event| (event.about, event.kind)).collect();
    assert_eq!(
        told,
        [
            (About::Address("plainte@example.fr".into()), MessageEventKind::Complaint),
            (About::Address("mort@example.fr".into()), MessageEventKind::HardBounce),
            (About::Address("non@example.fr".into()), MessageEventKind::Unsubscribe),
        ]
    );
}
