//! Comments below Facebook's posts and the answers to them. Source of each expected request and answer:
//! section 1.10 of the wire reference.

use serde_json::{Value, json};
use vieux_moulin_engine::{
    connectors::{FailureClass, Finding, Heard, ReadRequest},
    domain::{OutgoingPost, ReplyTo},
};
use vieux_moulin_sandbox::{
    Action, FaultMatch, FaultName, FaultRequest, Platform, RecordedRequest,
    visitors::{Change, Remark, Visit},
};

use crate::support::{Delivery, FIXTURES, Scene, receipt};

const FACEBOOK: Platform = Platform::Facebook;

/// With one public post; returns its id.
async fn scene() -> (Scene, String) {
    let scene = Scene::open(FIXTURES.iter().find(|fixture| fixture.id == "facebook").unwrap()).await;
    let mut post = scene.post("Ce soir, moules à la crème");
    post.prepare(&scene.stage).await.unwrap();
    let sent = post.send(&scene.stage).await.unwrap();
    let id = receipt(&sent).remote_id.clone();
    (scene, id)
}

fn guest(scene: &Scene, post: &str, text: &str) -> Remark {
    scene.sandbox.visit(FACEBOOK, Visit::saying("Camille", text).below(post))
}

async fn read(scene: &Scene) -> Heard {
    scene.stage.read(&ReadRequest::default()).await.unwrap()
}

async fn answer_to(scene: &Scene, remark: &Remark, text: &str) -> Delivery {
    let heard = read(scene).await;
    let said = heard.items.into_iter().find(|said| said.remote_id == remark.id).unwrap();
    let content = OutgoingPost {
        text: text.to_owned(),
        reply_to: Some(ReplyTo {
            item_id: "item".into(),
            remote_id: said.remote_id,
            post_remote_id: said.post_remote_id,
            handle: said.handle,
        }),
        ..OutgoingPost::default()
    };
    Delivery::new(&scene.stage, content)
}

fn last(scene: &Scene, path_end: &str) -> RecordedRequest {
    let mut requests = scene.sandbox.requests(FACEBOOK);
    requests.retain(|request| request.path.ends_with(path_end));
    requests.pop().unwrap()
}

/// What the Page itself said below its posts.
fn own_words(scene: &Scene) -> Vec<String> {
    let remarks = scene.sandbox.remarks(FACEBOOK).into_iter();
    remarks.filter(|r| r.by_house && !r.is_deleted).filter_map(|remark| remark.text).collect()
}

/// 1.10: `GET /{post-id}/comments?fields=…&filter=stream&order=reverse_chronological&limit=50`; absent
/// `message` and `from` are null, not "".
#[tokio::test]
async fn comments_are_read_below_their_post() {
    let (scene, post) = scene().await;
    let silent = read(&scene).await;
    assert!(silent.items.is_empty() && silent.complete.len() == 1);
    let asked = scene.sandbox.requests(FACEBOOK);
    assert!(!asked.iter().any(|request| request.path.ends_with("/comments")), "no comments, no question");

    let remark = guest(&scene, &post, "Vous ouvrez dimanche ?");
    let nameless =
        scene.sandbox.visit(FACEBOOK, Visit { author: None, ..Visit::saying("", "").below(&post) });
    let heard = read(&scene).await;
    let request = last(&scene, &format!("/{post}/comments"));
    assert_eq!((&request.query["filter"], &request.query["limit"]), (&json!("stream"), &json!("50")));
    assert_eq!(request.query["order"], "reverse_chronological");
    let said = heard.items.iter().find(|said| said.remote_id == remark.id).unwrap();
    assert_eq!(
        (said.author.as_deref(), said.text.as_deref()),
        (Some("Camille"), Some("Vous ouvrez dimanche ?"))
    );
    assert_eq!(said.post_remote_id.as_deref(), Some(post.as_str()));
    assert!(said.permalink.is_some() && said.answer.is_none());
    let said = heard.items.iter().find(|said| said.remote_id == nameless.id).unwrap();
    assert_eq!((&said.author, &said.text), (&None, &None));
    assert_eq!(heard.complete[0].post_remote_id.as_deref(), Some(post.as_str()));

    scene.sandbox.change_remark(FACEBOOK, &remark.id, &Change { deleted: Some(true), ..Change::default() });
    let heard = read(&scene).await;
    assert_eq!(heard.items.len(), 1);
    assert_eq!(heard.complete.len(), 1, "what is not there any more was deleted");
}

/// 1.10: reply `POST /{comment-id}/comments message`.
#[tokio::test]
async fn an_answer_stands_below_its_comment() {
    let (scene, post) = scene().await;
    let remark = guest(&scene, &post, "Vous ouvrez dimanche ?");
    let mut delivery = answer_to(&scene, &remark, "Oui, dès midi !").await;
    delivery.prepare(&scene.stage).await.unwrap();
    let sent = delivery.send(&scene.stage).await.unwrap();
    let mut requests = scene.sandbox.requests(FACEBOOK);
    requests.retain(|request| request.method == "POST" && request.path.ends_with("/comments"));
    assert_eq!(requests.len(), 1);
    assert!(requests[0].path.ends_with(&format!("/{}/comments", remark.id)));
    assert_eq!(requests[0].body["message"], "Oui, dès midi !");
    assert!(receipt(&sent).permalink.is_some());
    let heard = read(&scene).await;
    assert_eq!(heard.items.len(), 1, "the house's own words are no news");
    assert_eq!(heard.items[0].answer.as_ref().unwrap().text.as_deref(), Some("Oui, dès midi !"));

    // An answer to an answer goes below the first comment.
    let second = scene.sandbox.visit(
        FACEBOOK,
        Visit { parent: Some(remark.id.clone()), ..Visit::saying("Camille", "Merci ! Et le soir ?") },
    );
    let mut delivery = answer_to(&scene, &second, "Aussi.").await;
    delivery.prepare(&scene.stage).await.unwrap();
    delivery.send(&scene.stage).await.unwrap();
    assert_eq!(own_words(&scene), ["Oui, dès midi !", "Aussi."]);
    delivery.delete(&scene.stage).await.unwrap();
    assert_eq!(own_words(&scene), ["Oui, dès midi !"]);
}

/// Kind E: the answer to the call is lost in every way that is known.
#[tokio::test]
async fn a_doubt_is_settled_among_the_answers_of_the_comment() {
    for fault in [
        FaultName::AcceptThenReset,
        FaultName::ServerErrorAfter,
        FaultName::TruncatedJson,
        FaultName::MissingId,
        FaultName::ResetBefore,
        FaultName::HtmlPage,
    ] {
        let (scene, post) = scene().await;
        let remark = guest(&scene, &post, "Bravo");
        // The same words of another day are not the result of this call.
        let mut earlier = answer_to(&scene, &remark, "Merci !").await;
        earlier.prepare(&scene.stage).await.unwrap();
        earlier.send(&scene.stage).await.unwrap();
        let mut delivery = answer_to(&scene, &remark, "Merci !").await;
        delivery.prepare(&scene.stage).await.unwrap();
        let only = FaultMatch { action: Some(Action::Publish), ..FaultMatch::default() };
        scene.play(FaultRequest { only, ..FaultRequest::new(fault) }).await;
        let failure = delivery.send(&scene.stage).await.unwrap_err();
        assert_eq!(failure.class, FailureClass::Unknown, "{fault:?}");
        delivery.settle(&scene.stage).await;
        assert_eq!(own_words(&scene), ["Merci !", "Merci !"], "{fault:?}: this one once more, and once");
    }
}

/// A restored copy is older than the preparation of what left since: the row has no notes at all.
#[tokio::test]
async fn an_answer_that_left_after_a_copy_is_found_without_notes() {
    let (scene, post) = scene().await;
    let remark = guest(&scene, &post, "Bravo");
    let mut delivery = answer_to(&scene, &remark, "Merci !").await;
    delivery.prepare(&scene.stage).await.unwrap();
    delivery.send(&scene.stage).await.unwrap();
    (delivery.remote_id, delivery.marks) = (None, Value::Null);
    assert!(matches!(delivery.reconcile(&scene.stage).await.unwrap(), Finding::Found { .. }));
    // Prepared anew, what stands there is not taken for another day's.
    delivery.prepare(&scene.stage).await.unwrap();
    assert!(matches!(delivery.reconcile(&scene.stage).await.unwrap(), Finding::Found { .. }));
}

/// 1.10: hide `POST /{comment-id} is_hidden=true`.
#[tokio::test]
async fn a_comment_is_hidden_and_shown_again() {
    let (scene, post) = scene().await;
    let remark = guest(&scene, &post, "Grossier");
    for hidden in [true, false] {
        scene.stage.set_hidden(&remark.id, hidden).await.unwrap();
        assert_eq!(read(&scene).await.items[0].hidden, hidden);
        let request = scene.sandbox.requests(FACEBOOK);
        let request = request.iter().rev().find(|request| request.method == "POST").unwrap();
        assert_eq!(request.body, json!({"is_hidden": hidden.to_string()}));
    }
}

#[tokio::test]
async fn what_stops_an_answer_stops_no_post() {
    let (scene, post) = scene().await;
    let remark = guest(&scene, &post, "Bravo");
    let mut delivery = answer_to(&scene, &remark, "Merci !").await;
    scene.fault(FaultName::PermissionLost).await;
    let refused = delivery.prepare(&scene.stage).await.unwrap_err();
    assert_eq!((refused.class, &*refused.problem.code), (FailureClass::Content, "reply_permission_missing"));

    scene.sandbox.change_remark(FACEBOOK, &remark.id, &Change { deleted: Some(true), ..Change::default() });
    let refused = delivery.prepare(&scene.stage).await.unwrap_err();
    assert_eq!((refused.class, &*refused.problem.code), (FailureClass::Content, "conversation_deleted"));
    assert_eq!(delivery.marks, Value::Null);
}
