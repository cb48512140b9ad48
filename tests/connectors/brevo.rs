//! Brevo's own behaviour against its double, for mail and SMS. Source of each expected request and answer:
//! sections 9 and 12 of the wire reference and their corrections.

use jiff::SignedDuration;
use serde_json::json;
use vieux_moulin_engine::{
    connectors::{
        FailureClass, Severity,
        messenger::{Accepted, MessageFinding, ReportRequest},
    },
    domain::{About, MessageEventKind, Purpose},
};
use vieux_moulin_sandbox::{Action, FaultName, FaultParams, Platform, inbox::Fate, seed};

use crate::providers::{MAIL, PHONE, Post};

/// Section 9: the body of `POST /smtp/email`, with the key of the message among its headers.
#[tokio::test]
async fn a_mail_carries_its_key_and_its_mark() {
    let post = Post::open("brevo").await;
    let mut letter = post.usual();
    let accepted = post.send(&mut letter).await.unwrap();
    let request = post.requests(Action::Publish).pop().unwrap();
    assert_eq!(request.path, "/v3/smtp/email");
    let body = &request.body;
    assert_eq!(body["sender"], json!({"email": seed::MAIL_SENDER, "name": "Le Vieux Moulin"}));
    assert_eq!(body["to"], json!([{"email": MAIL, "name": "Claire Martin"}]));
    assert_eq!(body["tags"], json!([format!("vm-{}", letter.id)]));
    assert_eq!(body["headers"]["idempotencyKey"], json!(letter.id.as_str()));
    assert_eq!(body["headers"]["List-Unsubscribe"], "<mailto:stop@levieuxmoulin.example>");
    assert!(accepted.remote_id.unwrap().starts_with('<'));
}

/// Corrections, "repeated idempotency key": `duplicate_parameter` says that the first one was accepted, but
/// not its id; the reports name the message all the same.
#[tokio::test]
async fn a_repetition_stands_for_the_first_and_its_end_is_still_heard() {
    let post = Post::open("brevo").await;
    post.spoil_sending(FaultName::AcceptThenReset, FaultParams::default()).await;
    let mut letter = post.usual();
    post.send(&mut letter).await.unwrap_err();
    let again = post.send(&mut letter).await.unwrap();
    assert_eq!(again, Accepted::default());
    assert_eq!(post.received().len(), 1);
    let request = ReportRequest { open: vec![letter.open(&again)], ..ReportRequest::default() };
    let event = post.report(&request).await.unwrap().events.pop().unwrap();
    assert_eq!((event.about, event.kind), (About::Message(letter.id.clone()), MessageEventKind::Delivered));
}

/// Section 9: the key lives half an hour at most; afterwards only the list may speak.
#[tokio::test]
async fn after_the_key_has_died_nothing_is_repeated_blindly() {
    let mut post = Post::open("brevo").await;
    post.spoil_sending(FaultName::ResetBefore, FaultParams::default()).await;
    let mut letter = post.usual();
    post.send(&mut letter).await.unwrap_err();
    assert_eq!(post.reconcile(&letter).await.unwrap(), MessageFinding::Repeat);
    post.stage.ahead = SignedDuration::from_mins(13);
    assert_eq!(post.reconcile(&letter).await.unwrap(), MessageFinding::NotFound);
    post.stage.ahead = SignedDuration::from_mins(-13);
    assert_eq!(post.reconcile(&letter).await.unwrap(), MessageFinding::NotFound);
}

#[tokio::test]
async fn a_sender_that_is_not_approved_is_named_and_stops_the_account() {
    let post = Post::before_connecting("brevo").await;
    for (address, code) in [
        (seed::MAIL_SENDER, "sender_verified"),
        (seed::MAIL_NEW_SENDER, "sender_waits"),
        ("autre@example.fr", "sender_not_verified"),
    ] {
        post.stage.vault.current.lock().unwrap().set("sender_address", address);
        let findings = post.stage.check().await.unwrap().findings;
        let found = findings.iter().find(|finding| finding.code == code).unwrap();
        assert_eq!(found.subject.as_deref(), Some(address));
        assert_eq!(found.severity == Severity::Ok, code == "sender_verified");
    }
    let post = Post::open("brevo").await;
    let mut letter = post.usual();
    if let vieux_moulin_engine::domain::OutgoingMessage::Email(mail) = &mut letter.message {
        mail.from_address = "autre@example.fr".to_owned();
    }
    let failure = post.send(&mut letter).await.unwrap_err();
    assert_eq!((failure.class, &*failure.problem.code), (FailureClass::Blocked, "sender_not_verified"));
}

/// Section 9: events. A proxy of a mailbox provider is no reader.
#[tokio::test]
async fn openings_clicks_and_complaints_are_told_apart() {
    let post = Post::open("brevo").await;
    let mut letter = post.usual();
    let accepted = post.send(&mut letter).await.unwrap();
    let id = post.received().first().unwrap().id;
    for fate in [Fate::OpenedByRobot, Fate::Opened, Fate::Clicked, Fate::Complaint, Fate::Unsubscribed] {
        post.sandbox.happen(id, fate);
    }
    let request = ReportRequest { open: vec![letter.open(&accepted)], ..ReportRequest::default() };
    let events = post.report(&request).await.unwrap().events;
    let ours = events.iter().filter(|event| event.about == About::Message(letter.id.clone()));
    let mut kinds: Vec<_> = ours.map(|event| (event.kind, event.robot)).collect();
    kinds.sort_by_key(|(kind, robot)| (kind.as_str(), *robot));
    assert_eq!(
        kinds,
        [
            (MessageEventKind::Click, false),
            (MessageEventKind::Complaint, false),
            (MessageEventKind::Delivered, false),
            (MessageEventKind::Open, false),
            (MessageEventKind::Open, true),
            (MessageEventKind::Unsubscribe, false),
        ]
    );
    // The list of blocked people says the same of the person.
    let person = About::Address(MAIL.to_owned());
    assert!(events.iter().any(|e| e.about == person && e.kind == MessageEventKind::Complaint));
}

/// Corrections, "filters": pages of 100 SMS events, days at both ends, 100 calls an hour.
#[tokio::test]
async fn a_long_day_is_read_in_pages_and_never_twice_from_the_start() {
    let post = Post::open("brevo_sms").await;
    let mut open = Vec::new();
    for n in 0..120 {
        let mut letter = post.letter(&format!("+336123450{n:02}"), "Menu");
        letter.purpose = Purpose::Service;
        let accepted = post.send(&mut letter).await.unwrap();
        open.push(letter.open(&accepted));
    }
    let first = post.report(&ReportRequest { open: open.clone(), ..ReportRequest::default() }).await.unwrap();
    let mut told: Vec<String> = first.events.iter().map(|event| event.key.clone()).collect();
    told.sort();
    told.dedup();
    assert_eq!(told.len(), 120);
    let before = post.requests(Action::List).len();
    let again = post.report(&ReportRequest { open, marks: first.marks }).await.unwrap();
    assert!(again.events.len() <= 50, "{}", again.events.len());
    assert!(post.requests(Action::List).len() - before <= 3);
}

/// Section 12 and corrections: `[STOP_CODE]` and `type: marketing` together.
#[tokio::test]
async fn an_advertising_sms_says_how_to_stop_and_a_service_message_does_not() {
    let post = Post::open("brevo_sms").await;
    let mut letter = post.letter(PHONE, "Menu du marché");
    post.send(&mut letter).await.unwrap();
    let body = post.requests(Action::Publish).pop().unwrap().body;
    assert_eq!(
        body,
        json!({
            "sender": seed::OVH_SENDER,
            "recipient": PHONE,
            "content": "Menu du marché\nSTOP [STOP_CODE]",
            "type": "marketing",
            "tag": format!("vm-{}", letter.id),
            "unicodeEnabled": false,
        })
    );
    let mut service = post.letter(PHONE, "Votre table est réservée, à la fenêtre 🪟");
    service.purpose = Purpose::Service;
    post.send(&mut service).await.unwrap();
    let body = post.requests(Action::Publish).pop().unwrap().body;
    assert_eq!((&body["type"], &body["unicodeEnabled"]), (&json!("transactional"), &json!(true)));
    assert_eq!(post.received().last().unwrap().text, "Votre table est réservée, à la fenêtre 🪟");
}

/// Corrections, "SMS sender": letters and digits only.
#[tokio::test]
async fn a_name_with_a_space_never_leaves() {
    let post = Post::open("brevo_sms").await;
    post.stage.vault.current.lock().unwrap().set("sender", "Le Moulin");
    let findings = post.stage.check().await.unwrap().findings;
    assert!(findings.iter().any(|f| f.code == "sender_name_invalid" && f.severity == Severity::Error));
    let failure = post.send(&mut post.usual()).await.unwrap_err();
    assert_eq!((failure.class, &*failure.problem.code), (FailureClass::Blocked, "sender_name_invalid"));
    assert!(post.requests(Action::Publish).is_empty());
}

#[tokio::test]
async fn answers_are_heard_and_stop_is_told_apart() {
    let post = Post::open("brevo_sms").await;
    post.sandbox.answer(Platform::BrevoSms, PHONE, "Merci !");
    post.sandbox.answer(Platform::BrevoSms, "+33798765432", "Stop");
    let events = post.report(&ReportRequest::default()).await.unwrap().events;
    let heard: Vec<_> = events.iter().map(|event| (event.about.clone(), event.kind)).collect();
    assert_eq!(
        heard,
        [
            (About::Address(PHONE.into()), MessageEventKind::Reply),
            (About::Address("+33798765432".into()), MessageEventKind::Stop),
        ]
    );
}

#[tokio::test]
async fn no_credit_is_a_matter_of_money() {
    let post = Post::open("brevo_sms").await;
    for _ in 0..50 {
        let mut letter = post.letter(PHONE, &"a".repeat(880));
        letter.purpose = Purpose::Service;
        post.send(&mut letter).await.unwrap();
    }
    assert_eq!(post.balance().await.unwrap().unwrap().amount_milli, 0);
    let failure = post.send(&mut post.usual()).await.unwrap_err();
    assert_eq!((failure.class, &*failure.problem.code), (FailureClass::Quota, "no_credit"));
    let findings = post.stage.check().await.unwrap().findings;
    assert!(findings.iter().any(|f| f.code == "no_credit" && f.severity == Severity::Error));
}
