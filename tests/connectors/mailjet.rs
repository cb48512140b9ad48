//! Mailjet's own behaviour against its double. Source of each expected request and answer: section 8 of the
//! wire reference and its corrections.

use serde_json::json;
use vieux_moulin_engine::{
    connectors::{
        FailureClass, Severity,
        messenger::{MessageFinding, ReportRequest},
    },
    domain::{About, MessageEventKind, OutgoingMessage, Purpose},
};
use vieux_moulin_sandbox::{Action, FaultName, FaultParams, inbox::Fate, seed};

use crate::{
    between::{Between, Way},
    providers::{MAIL, Post},
};

/// Section 8: one message of `POST /v3.1/send`; a campaign and no following for advertising.
#[tokio::test]
async fn an_advertising_mail_names_its_sending_and_follows_nobody() {
    let post = Post::open("mailjet").await;
    let mut letter = post.usual();
    post.send(&mut letter).await.unwrap();
    let request = post.requests(Action::Publish).pop().unwrap();
    assert_eq!(request.path, "/v3.1/send");
    let message = &request.body["Messages"][0];
    assert_eq!(message["From"], json!({"Email": seed::MAIL_SENDER, "Name": "Le Vieux Moulin"}));
    assert_eq!(message["To"], json!([{"Email": MAIL, "Name": "Claire Martin"}]));
    assert_eq!(message["CustomID"], letter.id.as_str());
    assert_eq!(message["CustomCampaign"], letter.job().mailing_id);
    assert_eq!(message["DeduplicateCampaign"], true);
    assert_eq!((&message["TrackOpens"], &message["TrackClicks"]), (&json!("disabled"), &json!("disabled")));
    assert_eq!(message["Headers"]["List-Unsubscribe"], "<mailto:stop@levieuxmoulin.example>");
}

/// Section 8: "Do not use for service messages". Corrections: nothing is followed in a mail of text alone.
#[tokio::test]
async fn a_service_mail_names_no_sending() {
    let post = Post::open("mailjet").await;
    let mut letter = post.usual();
    letter.purpose = Purpose::Service;
    if let OutgoingMessage::Email(mail) = &mut letter.message {
        mail.html.clear();
    }
    post.send(&mut letter).await.unwrap();
    let body = post.requests(Action::Publish).pop().unwrap().body;
    for name in ["CustomCampaign", "DeduplicateCampaign", "TrackOpens", "TrackClicks", "HTMLPart"] {
        assert!(body["Messages"][0].get(name).is_none(), "{name}");
    }
}

/// Corrections, "half-accepted batch": the status says 400, the message says success. It left.
#[tokio::test]
async fn a_400_with_a_message_that_left_is_a_success() {
    let mut post = Post::open("mailjet").await;
    let between = Between::start(&post.stage.base_url, |_| {
        let to = json!([{"Email": MAIL, "MessageID": 70_650_219_165_027_410_i64}]);
        Way::Instead(400, json!({"Messages": [{"Status": "success", "To": to}]}))
    })
    .await;
    post.stage.move_to(&between.base);
    let accepted = post.send(&mut post.usual()).await.unwrap();
    // As it is written, to the last digit.
    assert_eq!(accepted.remote_id.as_deref(), Some("70650219165027410"));
}

/// A list that lags may lead to a repetition: the campaign keeps the person from getting it twice.
#[tokio::test]
async fn a_repetition_of_a_sending_is_blocked_by_its_campaign() {
    let post = Post::open("mailjet").await;
    let mut letter = post.usual();
    post.send(&mut letter).await.unwrap();
    post.send(&mut letter).await.unwrap();
    let fates: Vec<Fate> = post.received().iter().map(vieux_moulin_sandbox::inbox::Message::fate).collect();
    assert_eq!(fates, [Fate::Delivered, Fate::Blocked]);
}

#[tokio::test]
async fn a_sender_that_is_not_approved_is_named_and_stops_the_account() {
    let post = Post::before_connecting("mailjet").await;
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
    let post = Post::open("mailjet").await;
    let mut letter = post.usual();
    if let OutgoingMessage::Email(mail) = &mut letter.message {
        "autre@example.fr".clone_into(&mut mail.from_address);
    }
    let failure = post.send(&mut letter).await.unwrap_err();
    assert_eq!((failure.class, &*failure.problem.code), (FailureClass::Blocked, "sender_not_verified"));
}

/// Corrections, "page size": ten unless more is asked for; and a later state contains the earlier ones.
#[tokio::test]
async fn states_are_read_by_the_thousand_and_told_as_what_happened() {
    let post = Post::open("mailjet").await;
    let mut open = Vec::new();
    for n in 0..25 {
        let mut letter = post.letter(&format!("client{n}@example.fr"), "Menu");
        let accepted = post.send(&mut letter).await.unwrap();
        open.push(letter.open(&accepted));
    }
    post.sandbox.happen(post.received().first().unwrap().id, Fate::Clicked);
    let first = About::Message(open.first().unwrap().id.clone());
    let events = post.report(&ReportRequest { open, ..ReportRequest::default() }).await.unwrap().events;
    assert_eq!(events.len(), 26);
    let kinds: Vec<_> = events.iter().filter(|e| e.about == first).map(|e| e.kind).collect();
    assert_eq!(kinds, [MessageEventKind::Delivered, MessageEventKind::Click]);
}

#[tokio::test]
async fn another_message_to_the_same_person_is_not_taken_for_this_one() {
    let post = Post::open("mailjet").await;
    post.send(&mut post.usual()).await.unwrap();
    post.spoil_sending(FaultName::ResetBefore, FaultParams::default()).await;
    let mut letter = post.usual();
    post.send(&mut letter).await.unwrap_err();
    assert_eq!(post.reconcile(&letter).await.unwrap(), MessageFinding::NotFound);
}
