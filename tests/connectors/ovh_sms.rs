//! OVHcloud SMS's own behaviour against its double. Source of each expected request and answer: section 11
//! of the wire reference and its corrections.

use jiff::SignedDuration;
use serde_json::json;
use vieux_moulin_engine::{
    connectors::{
        FailureClass, Severity,
        messenger::{ADDRESS_DEAD, MessageFinding, ReportRequest},
    },
    domain::{About, MessageEventKind, OutgoingMessage, Purpose},
};
use vieux_moulin_sandbox::{Action, FaultName, FaultParams, Platform, inbox::Fate, seed};

use crate::providers::{PHONE, Post};

async fn post() -> Post {
    Post::open("ovh_sms").await
}

/// Section 11, calls: the body of `POST /sms/{s}/jobs`; the STOP words are theirs to add.
#[tokio::test]
async fn an_advertising_message_leaves_with_their_stop_words_and_a_tag_of_its_own() {
    let post = post().await;
    let (mut first, mut second) =
        (post.letter(PHONE, "Menu du marché"), post.letter(PHONE, "Menu du marché"));
    let accepted = post.send(&mut first).await.unwrap();
    post.send(&mut second).await.unwrap();
    let requests = post.requests(Action::Publish);
    let request = requests.first().unwrap();
    assert_eq!(request.path, format!("/1.0/sms/{}/jobs", seed::ovh_service(1)));
    let tag = request.body["tag"].as_str().unwrap();
    assert!(tag.len() == 20 && requests.last().unwrap().body["tag"] != tag);
    let expected = json!({
        "charset": "UTF-8",
        "message": "Menu du marché",
        "noStopClause": false,
        "priority": "high",
        "receivers": [PHONE],
        "sender": seed::OVH_SENDER,
        "tag": tag,
    });
    assert_eq!(request.body, expected);
    assert_eq!(post.received().first().unwrap().text, "Menu du marché STOP 36179");
    // 7 cents, the price of a part that the check has read.
    assert_eq!(accepted.price_milli, Some(70));
}

#[tokio::test]
async fn a_service_message_has_no_stop_words_and_asks_no_list() {
    let post = post().await;
    let mut letter = post.letter(PHONE, "Votre table est réservée pour 20 h.");
    letter.purpose = Purpose::Service;
    post.send(&mut letter).await.unwrap();
    assert_eq!(post.received().first().unwrap().text, "Votre table est réservée pour 20 h.");
    assert!(post.requests(Action::Read).is_empty());
}

/// Corrections, "both senders": with both the short number would win, so only one is sent.
#[tokio::test]
async fn without_a_name_the_short_number_writes_and_carries_no_link() {
    let mut post = Post::before_connecting("ovh_sms").await;
    post.stage.vault.current.lock().unwrap().set("sender", "");
    let findings = post.stage.check().await.unwrap().findings;
    assert!(findings.iter().any(|finding| finding.code == "short_number_used"));
    post.stage.connect().await;
    post.send(&mut post.letter(PHONE, "Menu du marché")).await.unwrap();
    let body = post.requests(Action::Publish).pop().unwrap().body;
    assert_eq!((&body["senderForResponse"], body.get("sender")), (&json!(true), None));
    let failure = post.send(&mut post.letter(PHONE, "La carte : https://levieuxmoulin.example")).await;
    let failure = failure.unwrap_err();
    assert_eq!((failure.class, &*failure.problem.code), (FailureClass::Blocked, "link_with_short_number"));
}

#[tokio::test]
async fn a_sender_that_waits_for_approval_is_named_at_the_check_and_stops_the_account() {
    let mut post = Post::before_connecting("ovh_sms").await;
    post.stage.vault.current.lock().unwrap().set("sender", seed::OVH_NEW_SENDER);
    let findings = post.stage.check().await.unwrap().findings;
    let waits = findings.iter().find(|finding| finding.code == "sender_waits").unwrap();
    assert_eq!((waits.severity, waits.subject.as_deref()), (Severity::Error, Some(seed::OVH_NEW_SENDER)));
    post.stage.connect().await;
    let failure = post.send(&mut post.letter(PHONE, "Bonjour")).await.unwrap_err();
    assert_eq!((failure.class, &*failure.problem.code), (FailureClass::Blocked, "sender_not_verified"));
}

/// Corrections, "200 without a send": all receivers invalid is a success with `ids: []`.
#[tokio::test]
async fn a_success_without_ids_has_sent_nothing() {
    let post = post().await;
    let failure = post.send(&mut post.letter("0612345678", "Bonjour")).await.unwrap_err();
    assert_eq!(&*failure.problem.code, ADDRESS_DEAD);
    assert_eq!(post.requests(Action::Publish).pop().unwrap().status, Some(200));
}

/// Section 11: the time in the signature is theirs. A machine that is hours off signs well all the same.
#[tokio::test]
async fn a_wrong_clock_of_this_computer_stops_nothing() {
    let mut post = Post::before_connecting("ovh_sms").await;
    post.stage.ahead = SignedDuration::from_hours(3);
    let findings = post.stage.check().await.unwrap().findings;
    assert!(findings.iter().any(|finding| finding.code == "clock_a_little_wrong"));
    post.stage.connect().await;
    post.send(&mut post.letter(PHONE, "Bonjour")).await.unwrap();
    assert_eq!(post.received().len(), 1);
}

/// Corrections, "status of signature and clock errors": HTTP 400, and nothing to do with the message. The
/// clock was set while a way was open; a new way measures it again.
#[tokio::test]
async fn a_clock_that_is_set_in_between_costs_one_refusal() {
    let mut post = post().await;
    let mut way = post.way().await.unwrap();
    post.stage.ahead = SignedDuration::from_mins(20);
    let mut letter = post.letter(PHONE, "Bonjour");
    let failure = post.send_by(&mut *way, &mut letter).await.unwrap_err();
    assert_eq!((failure.class, &*failure.problem.code), (FailureClass::Retry, "provider_clock"));
    assert!(failure.mended && way.is_broken());
    post.send(&mut letter).await.unwrap();
    assert_eq!(post.received().len(), 1);
}

#[tokio::test]
async fn no_credit_is_a_matter_of_money_and_not_of_the_person() {
    let post = post().await;
    assert_eq!(post.balance().await.unwrap().unwrap().amount_milli, 1_000_000);
    // Six parts each.
    for _ in 0..166 {
        post.sandbox.clear_faults(Platform::OvhSms).await;
        let mut letter = post.letter(PHONE, &"a".repeat(880));
        letter.purpose = Purpose::Service;
        post.send(&mut letter).await.unwrap();
    }
    let balance = post.balance().await.unwrap().unwrap();
    assert_eq!((balance.amount_milli, balance.part_price_milli), (4_000, Some(70)));
    let mut letter = post.letter(PHONE, &"a".repeat(880));
    letter.purpose = Purpose::Service;
    let failure = post.send(&mut letter).await.unwrap_err();
    assert_eq!((failure.class, &*failure.problem.code), (FailureClass::Quota, "no_credit"));
    let findings = post.stage.check().await.unwrap().findings;
    assert!(findings.iter().any(|finding| finding.code == "few_credits"));
}

/// Section 11: `GET /incoming`; a STOP by answer is theirs to list and ours to hear.
#[tokio::test]
async fn answers_are_heard_and_stop_is_told_apart() {
    let post = post().await;
    post.sandbox.answer(Platform::OvhSms, PHONE, "Merci, à samedi !");
    post.sandbox.answer(Platform::OvhSms, "+33798765432", "stop");
    let reports = post.report(&ReportRequest::default()).await.unwrap();
    let heard: Vec<_> = reports
        .events
        .iter()
        .map(|event| (event.about.clone(), event.kind, event.detail.as_deref()))
        .collect();
    assert_eq!(
        heard,
        [
            (About::Address(PHONE.into()), MessageEventKind::Reply, Some("Merci, à samedi !")),
            (About::Address("+33798765432".into()), MessageEventKind::Stop, Some("stop")),
        ]
    );
}

/// "STOP list kept by OVH": hundreds of numbers come in one reading, each once.
#[tokio::test]
async fn a_long_stop_list_is_read_whole() {
    let post = post().await;
    for n in 0..230 {
        post.sandbox.opt_out(Platform::OvhSms, &format!("+336000{n:05}"));
    }
    let reports = post.report(&ReportRequest::default()).await.unwrap();
    assert_eq!(reports.events.len(), 230);
    let request = ReportRequest { marks: reports.marks, ..ReportRequest::default() };
    let before = post.requests(Action::Read).len();
    assert!(post.report(&request).await.unwrap().events.is_empty());
    assert_eq!(post.requests(Action::Read).len(), before, "what is known costs no call");
}

/// Messages still on their way cost nothing; each end is asked for once.
#[tokio::test]
async fn only_ends_are_asked_for() {
    let post = post().await;
    post.sandbox.set_fate(PHONE, Fate::Pending);
    let mut letter = post.letter(PHONE, "Bonjour");
    let accepted = post.send(&mut letter).await.unwrap();
    let request = ReportRequest { open: vec![letter.open(&accepted)], ..ReportRequest::default() };
    let before = post.requests(Action::Read).len();
    assert!(post.report(&request).await.unwrap().events.is_empty());
    assert_eq!(post.requests(Action::Read).len(), before);
    post.sandbox.happen(accepted.remote_id.unwrap().parse().unwrap(), Fate::HardBounce);
    let event = post.report(&request).await.unwrap().events.pop().unwrap();
    assert_eq!((event.kind, event.detail.as_deref()), (MessageEventKind::HardBounce, Some("ptt 23")));
}

/// The tag is of one message: another person's with the same words is not taken for it.
#[tokio::test]
async fn the_message_of_another_is_never_found() {
    let post = post().await;
    post.send(&mut post.letter(PHONE, "Menu du marché")).await.unwrap();
    post.spoil_sending(FaultName::ResetBefore, FaultParams::default()).await;
    let mut letter = post.letter(PHONE, "Menu du marché");
    post.send(&mut letter).await.unwrap_err();
    assert_eq!(post.reconcile(&letter).await.unwrap(), MessageFinding::NotFound);
    assert!(matches!(letter.message, OutgoingMessage::Sms(_)));
}
