//! Reviews of Google Business Profile and the answers to them. Source of each expected request and answer:
//! section 8.4 of the wire reference and its corrections.

use serde_json::{Value, json};
use vieux_moulin_engine::{
    connectors::{FailureClass, Finding, HandedOver, Heard, ReadRequest, Sent},
    domain::{AnswerState, OutgoingPost, ReplyTo},
};
use vieux_moulin_sandbox::{
    Action, FaultName, FaultParams, FaultRequest, Platform, seed,
    visitors::{Change, Remark, Visit},
};

use crate::support::{Delivery, FIXTURES, Scene, receipt};

async fn scene() -> Scene {
    Scene::open(FIXTURES.iter().find(|fixture| fixture.id == "google_business").unwrap()).await
}

fn guest(scene: &Scene, stars: u8, text: &str) -> Remark {
    scene.sandbox.visit(Platform::GoogleBusiness, Visit::saying("Camille", text).giving(stars))
}

async fn read(scene: &Scene, is_thorough: bool) -> Heard {
    let request = ReadRequest { is_thorough, ..ReadRequest::default() };
    scene.stage.read(&request).await.unwrap()
}

fn name(remark: &Remark) -> String {
    format!("{}/reviews/{}", seed::google_profile(1), remark.id)
}

fn answer_to(scene: &Scene, remark: &Remark, text: &str) -> Delivery {
    let content = OutgoingPost {
        text: text.to_owned(),
        reply_to: Some(ReplyTo {
            item_id: "item".into(),
            remote_id: name(remark),
            post_remote_id: None,
            handle: Value::Null,
        }),
        ..OutgoingPost::default()
    };
    Delivery::new(&scene.stage, content)
}

fn standing(scene: &Scene) -> Vec<Option<String>> {
    let remarks = scene.sandbox.remarks(Platform::GoogleBusiness);
    remarks.into_iter().map(|remark| remark.answer.map(|answer| answer.text)).collect()
}

/// 8.4: `GET …/reviews?pageSize=50&orderBy=updateTime desc` → `reviews[]{name, reviewer, starRating
/// ONE..FIVE, comment, createTime, updateTime, reviewReply}`.
#[tokio::test]
async fn reviews_are_read_with_their_stars_and_their_answer() {
    let scene = scene().await;
    assert!(read(&scene, true).await.items.is_empty());
    let first = guest(&scene, 2, "Trop salé");
    let anonymous = scene.sandbox.visit(
        Platform::GoogleBusiness,
        Visit { author: None, text: None, ..Visit::saying("", "").giving(5) },
    );
    let heard = read(&scene, false).await;
    let request = scene.sandbox.requests(Platform::GoogleBusiness).pop().unwrap();
    assert_eq!(request.path, format!("/v4/{}/reviews", seed::google_profile(1)));
    assert_eq!(request.query["pageSize"], "50");
    assert_eq!(request.query["orderBy"], "updateTime desc");
    assert_eq!(heard.items.len(), 2);
    let said = heard.items.iter().find(|said| said.remote_id == name(&first)).unwrap();
    assert_eq!((said.rating, said.author.as_deref()), (Some(2), Some("Camille")));
    assert_eq!((said.text.as_deref(), &said.answer), (Some("Trop salé"), &None));
    let silent = heard.items.iter().find(|said| said.remote_id == name(&anonymous)).unwrap();
    assert_eq!((silent.rating, &silent.author, &silent.text), (Some(5), &None, &None));
    // One page holds them all: what is not there was deleted.
    assert_eq!(heard.complete.len(), 1);

    scene.sandbox.change_remark(
        Platform::GoogleBusiness,
        &first.id,
        &Change { stars: Some(1), text: Some("Vraiment trop salé".into()), deleted: None },
    );
    let heard = read(&scene, false).await;
    let said = &heard.items[0];
    assert_eq!((said.remote_id.clone(), said.rating), (name(&first), Some(1)), "latest change first");
    assert!(said.changed_at >= said.written_at);
}

/// Several pages: the usual reading takes one and claims no more than it saw.
#[tokio::test]
async fn a_long_list_is_read_whole_once_a_day() {
    let scene = scene().await;
    for number in 0..60_u32 {
        let visit = Visit { ago_secs: 10_000 - number * 60, ..Visit::saying("Zoé", "Bien").giving(4) };
        scene.sandbox.visit(Platform::GoogleBusiness, visit);
    }
    let usual = read(&scene, false).await;
    assert_eq!(usual.items.len(), 50);
    let oldest = usual.items.iter().map(|said| said.changed_at).min().unwrap();
    assert!(usual.complete[0].since > oldest);
    let thorough = read(&scene, true).await;
    assert_eq!(thorough.items.len(), 60);
    assert!(thorough.complete[0].since < oldest);
}

/// 8.4: `PUT …/reviews/{id}/reply {comment}`; corrections: a state APPROVED is public.
#[tokio::test]
async fn an_answer_is_written_and_replaces_the_one_before() {
    let scene = scene().await;
    let remark = guest(&scene, 2, "Trop salé");
    let mut delivery = answer_to(&scene, &remark, "Merci, nous y veillerons.");
    delivery.prepare(&scene.stage).await.unwrap();
    let sent = delivery.send(&scene.stage).await.unwrap();
    assert!(matches!(sent, Sent::Published(_)), "{sent:?}");
    let request = scene.sandbox.requests(Platform::GoogleBusiness).pop().unwrap();
    let path = format!("/v4/{}/reply", name(&remark));
    assert_eq!((request.method.as_str(), request.path), ("PUT", path));
    assert_eq!(request.body, json!({"comment": "Merci, nous y veillerons."}));
    let heard = read(&scene, false).await;
    let answer = heard.items[0].answer.clone().unwrap();
    assert_eq!(
        (answer.text.as_deref(), answer.state),
        (Some("Merci, nous y veillerons."), AnswerState::Published)
    );

    let mut second = answer_to(&scene, &remark, "Merci Camille.");
    second.prepare(&scene.stage).await.unwrap();
    second.send(&scene.stage).await.unwrap();
    assert_eq!(standing(&scene), [Some("Merci Camille.".to_owned())]);
    second.delete(&scene.stage).await.unwrap();
    second.delete(&scene.stage).await.unwrap();
    assert_eq!(standing(&scene), [None]);
}

/// The answer to the PUT is lost in every way that is known: reading the review settles it.
#[tokio::test]
async fn a_doubt_is_settled_by_reading_the_review() {
    for fault in [
        FaultName::AcceptThenReset,
        FaultName::ServerErrorAfter,
        FaultName::TruncatedJson,
        FaultName::EmptyBody,
        FaultName::ResetBefore,
        FaultName::HtmlPage,
    ] {
        let scene = scene().await;
        let remark = guest(&scene, 3, "Moyen");
        let mut delivery = answer_to(&scene, &remark, "Merci");
        delivery.prepare(&scene.stage).await.unwrap();
        scene.fault(fault).await;
        let failure = delivery.send(&scene.stage).await.unwrap_err();
        assert_eq!(failure.class, FailureClass::Unknown, "{fault:?}");
        delivery.settle(&scene.stage).await;
        assert_eq!(standing(&scene), [Some("Merci".to_owned())], "{fault:?}");
    }
}

/// Somebody wrote another answer on the telephone while ours was in doubt: theirs stays.
#[tokio::test]
async fn another_answer_that_came_meanwhile_is_not_overwritten() {
    let scene = scene().await;
    let remark = guest(&scene, 3, "Moyen");
    let mut delivery = answer_to(&scene, &remark, "Merci");
    delivery.prepare(&scene.stage).await.unwrap();
    scene.fault(FaultName::ResetBefore).await;
    delivery.send(&scene.stage).await.unwrap_err();
    let mut other = answer_to(&scene, &remark, "Écrit au téléphone");
    other.prepare(&scene.stage).await.unwrap();
    other.send(&scene.stage).await.unwrap();
    assert!(matches!(delivery.reconcile(&scene.stage).await.unwrap(), Finding::NotFound));
    let refused = delivery.prepare(&scene.stage).await.unwrap_err();
    assert_eq!((refused.class, &*refused.problem.code), (FailureClass::Content, "answered_elsewhere"));
    assert_eq!(standing(&scene), [Some("Écrit au téléphone".to_owned())]);
}

fn moderation(fault: FaultName, polls: u32) -> FaultRequest {
    let params = FaultParams { polls: Some(polls), ..FaultParams::default() };
    FaultRequest { params, ..FaultRequest::new(fault) }
}

/// Corrections: `reviewReplyState` PENDING, APPROVED, REJECTED; a 200 to the PUT is not "published".
#[tokio::test]
async fn the_moderation_of_an_answer_is_followed_to_its_end() {
    let scene = scene().await;
    let remark = guest(&scene, 2, "Trop salé");
    scene.play(moderation(FaultName::ModerationPending, 2)).await;
    let mut delivery = answer_to(&scene, &remark, "Merci");
    delivery.prepare(&scene.stage).await.unwrap();
    let sent = delivery.send(&scene.stage).await.unwrap();
    assert!(matches!(sent, Sent::HandedOver(_)), "{sent:?}");
    assert!(matches!(delivery.verify(&scene.stage).await.unwrap(), HandedOver::Examined { .. }));
    assert!(matches!(delivery.verify(&scene.stage).await.unwrap(), HandedOver::Examined { .. }));
    let HandedOver::Published(shown) = delivery.verify(&scene.stage).await.unwrap() else {
        panic!("not shown");
    };
    assert_eq!(&shown, receipt(&sent));

    scene.play(moderation(FaultName::ModerationRejected, 1)).await;
    let mut refused = answer_to(&scene, &remark, "Appelez le 05 56 00 00 00");
    refused.prepare(&scene.stage).await.unwrap();
    refused.send(&scene.stage).await.unwrap();
    refused.verify(&scene.stage).await.unwrap();
    let HandedOver::Refused(problem) = refused.verify(&scene.stage).await.unwrap() else {
        panic!("not refused");
    };
    assert_eq!(problem.code, "reply_refused");
}

#[tokio::test]
async fn a_review_that_is_gone_is_no_doubt() {
    let scene = scene().await;
    let remark = guest(&scene, 2, "Trop salé");
    let mut delivery = answer_to(&scene, &remark, "Merci");
    let change = Change { deleted: Some(true), ..Change::default() };
    scene.sandbox.change_remark(Platform::GoogleBusiness, &remark.id, &change);
    let refused = delivery.prepare(&scene.stage).await.unwrap_err();
    assert_eq!((refused.class, &*refused.problem.code), (FailureClass::Content, "conversation_deleted"));
    let refused = delivery.send(&scene.stage).await.unwrap_err();
    assert_eq!(refused.class, FailureClass::Content);
    let heard = read(&scene, true).await;
    assert!(heard.items.is_empty() && heard.complete.len() == 1);
    let puts = scene.sandbox.requests(Platform::GoogleBusiness);
    assert_eq!(puts.iter().filter(|request| request.action == Action::Publish).count(), 1);
}
