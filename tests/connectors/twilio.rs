//! Twilio's own behaviour against its double. Source of each expected request and answer: section 10 of the
//! wire reference and its corrections.

use serde_json::json;
use vieux_moulin_engine::{
    connectors::{
        FailureClass,
        messenger::{MessageFinding, ReportRequest},
    },
    domain::{About, MessageEventKind},
};
use vieux_moulin_sandbox::{Action, FaultName, FaultParams, Platform, inbox::Fate, seed};

use crate::providers::{PHONE, Post};

/// Section 10: form fields of `POST /Messages.json`. Never a schedule: without a service it would leave at once.
#[tokio::test]
async fn a_message_is_three_fields_and_never_a_schedule() {
    let post = Post::open("twilio").await;
    post.send(&mut post.letter(PHONE, "Menu du marché")).await.unwrap();
    let request = post.requests(Action::Publish).pop().unwrap();
    assert_eq!(request.path, format!("/2010-04-01/Accounts/{}/Messages.json", seed::twilio_account(1)));
    assert_eq!(request.body, json!({"To": PHONE, "From": seed::TWILIO_NUMBER, "Body": "Menu du marché"}));
}

#[tokio::test]
async fn a_service_chooses_the_sender_and_a_key_signs_in() {
    let post = Post::open("twilio").await;
    for (key, value) in [
        ("sender", seed::TWILIO_SERVICE.to_owned()),
        ("api_key_sid", seed::twilio_key(1)),
        ("secret", seed::twilio_key_secret(1)),
    ] {
        post.stage.vault.current.lock().unwrap().set(key, value.as_str());
    }
    post.send(&mut post.letter(PHONE, "Bonjour")).await.unwrap();
    let body = post.requests(Action::Publish).pop().unwrap().body;
    assert_eq!(body, json!({"To": PHONE, "MessagingServiceSid": seed::TWILIO_SERVICE, "Body": "Bonjour"}));
}

#[tokio::test]
async fn a_sender_is_judged_before_anything_leaves() {
    let post = Post::before_connecting("twilio").await;
    for (sender, code) in [(seed::OVH_SENDER, "no_stop_with_name"), ("Le Moulin !", "sender_name_invalid")] {
        post.stage.vault.current.lock().unwrap().set("sender", sender);
        let findings = post.stage.check().await.unwrap().findings;
        assert!(findings.iter().any(|finding| finding.code == code), "{findings:?}");
    }
    let post = Post::open("twilio").await;
    post.stage.vault.current.lock().unwrap().set("sender", "+33600000000");
    let failure = post.send(&mut post.usual()).await.unwrap_err();
    assert_eq!((failure.class, &*failure.problem.code), (FailureClass::Blocked, "sender_not_verified"));
}

/// Section 10, end: other words to the same person, or the same words of another day, are another message.
#[tokio::test]
async fn words_receiver_and_time_decide_after_a_doubt() {
    let mut post = Post::open("twilio").await;
    post.send(&mut post.letter(PHONE, "Menu du marché")).await.unwrap();
    post.send(&mut post.letter("+33798765432", "Menu du soir")).await.unwrap();
    post.sandbox.move_clock(3 * 3600);
    post.stage.ahead = jiff::SignedDuration::from_hours(3);
    for text in ["Menu du marché", "Menu du soir"] {
        post.spoil_sending(FaultName::ResetBefore, FaultParams::default()).await;
        let mut letter = post.letter(PHONE, text);
        post.send(&mut letter).await.unwrap_err();
        assert_eq!(post.reconcile(&letter).await.unwrap(), MessageFinding::NotFound, "{text}");
    }
}

/// Section 10, poll: one list for all; what has no sent date is asked for by itself.
#[tokio::test]
async fn one_list_tells_all_and_the_rest_is_asked_for_by_itself() {
    let mut post = Post::open("twilio").await;
    post.sandbox.set_fate("+33798765432", Fate::HardBounce);
    let (mut fine, mut dead) = (post.letter(PHONE, "Bonjour"), post.letter("+33798765432", "Bonjour"));
    let (first, second) = (post.send(&mut fine).await.unwrap(), post.send(&mut dead).await.unwrap());
    let request =
        ReportRequest { open: vec![fine.open(&first), dead.open(&second)], ..ReportRequest::default() };
    let kinds = |events: Vec<vieux_moulin_engine::domain::ReportedEvent>| -> Vec<_> {
        events.into_iter().map(|event| event.kind).collect()
    };
    assert_eq!(kinds(post.report(&request).await.unwrap().events), [MessageEventKind::Delivered]);
    assert!(post.requests(Action::Read).is_empty());
    post.stage.ahead = jiff::SignedDuration::from_mins(11);
    let later = kinds(post.report(&request).await.unwrap().events);
    assert_eq!(later, [MessageEventKind::Delivered, MessageEventKind::HardBounce]);
    assert_eq!(post.requests(Action::Read).len(), 1);
}

#[tokio::test]
async fn answers_are_heard_and_stop_is_told_apart() {
    let post = Post::open("twilio").await;
    post.sandbox.answer(Platform::Twilio, PHONE, "Merci !");
    post.sandbox.answer(Platform::Twilio, "+33798765432", "STOP");
    let mut events = post.report(&ReportRequest::default()).await.unwrap().events;
    events.sort_by_key(|event| event.kind.as_str());
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
async fn money_has_a_currency() {
    let post = Post::open("twilio").await;
    let balance = post.balance().await.unwrap().unwrap();
    assert_eq!((balance.amount_milli, balance.currency.as_deref()), (20_000, Some("USD")));
}
