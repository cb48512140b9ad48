//! The Mastodon connector against a real server that speaks its API without being Mastodon: it forgets
//! keys, ignores times and shows its own HTML. Skipped, with a line that says so, where there is none
//! (`cargo xtask test` fetches it).

use jiff::SignedDuration;
use vieux_moulin_engine::{
    connectors::{FailureClass, Finding, HandedOver, SendMode, Sent, Severity, registry::Registry},
    domain::{OutgoingImage, OutgoingPost},
};
use vieux_moulin_tests::{peer::client, snac::Snac};

use crate::support::{Delivery, Stage, receipt};

const TEXT: &str =
    "Plat du jour : lotte au curry & œufs « mimosa », 12,50 €\nhttps://moulin.fr/carte?jour=1&x=2 #Vensac";

async fn stage(snac: &Snac) -> Stage {
    let connector = Registry::standard().get("mastodon").unwrap().clone();
    let credentials = [("access_token", snac.token.clone()), ("server", snac.base_url.clone())];
    let mut stage = Stage::new(connector, &snac.base_url, &credentials);
    stage.connect().await;
    stage
}

fn delivery(stage: &Stage, text: &str) -> Delivery {
    let images = vec![OutgoingImage {
        media_id: "b".repeat(64).as_str().into(),
        alt_text: "Une assiette de lotte".to_owned(),
        source_url: None,
    }];
    let content =
        OutgoingPost { text: text.to_owned(), images, language: "fr".to_owned(), ..OutgoingPost::default() };
    Delivery::new(stage, content)
}

/// What the public sees of the account, without a token.
async fn public_page(snac: &Snac) -> String {
    client().unwrap().get(format!("{}/moulin", snac.base_url)).send().await.unwrap().text().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn connects_publishes_recognises_edits_and_says_what_it_cannot_delete() {
    let Some(snac) = Snac::start().await.unwrap() else { return };
    let stage = stage(&snac).await;
    let identity = stage.check().await.unwrap();
    assert!(identity.handle.starts_with("@moulin@localhost"), "{}", identity.handle);
    assert!(
        identity.findings.iter().any(|finding| finding.code == "no_platform_scheduler"),
        "not Mastodon: {:?}",
        identity.findings
    );
    assert!(identity.findings.iter().all(|finding| finding.severity < Severity::Error));

    let mut delivery = delivery(&stage, TEXT);
    delivery.prepare(&stage).await.unwrap();
    let sent = delivery.send(&stage).await.unwrap();
    let Sent::Published(published) = &sent else { panic!("{sent:?}") };
    assert!(published.permalink.is_some());
    let page = public_page(&snac).await;
    assert!(page.contains("lotte au curry"), "{page}");
    assert!(page.contains("Une assiette de lotte"), "the description is missing: {page}");

    // The program died before it could keep the answer: the post is recognised in this server's HTML,
    // and not repeated although the key is young.
    delivery.remote_id = None;
    match delivery.reconcile(&stage).await.unwrap() {
        Finding::Found { sent: again, others } => {
            assert_eq!(receipt(&again).remote_id, published.remote_id);
            assert!(others.is_empty(), "{others:?}");
        }
        other => panic!("{other:?}"),
    }
    delivery.remote_id = Some(published.remote_id.clone());
    match delivery.verify(&stage).await.unwrap() {
        HandedOver::Published(seen) => assert_eq!(seen.remote_id, published.remote_id),
        other => panic!("{other:?}"),
    }

    delivery.content.text = TEXT.replace("curry", "safran");
    delivery.update(&stage).await.unwrap();
    let page = public_page(&snac).await;
    assert!(page.contains("lotte au safran") && !page.contains("lotte au curry"), "{page}");

    // Removed, or said not to be: never called removed while people see it.
    match delivery.delete(&stage).await {
        Ok(()) => assert!(!public_page(&snac).await.contains("lotte au safran")),
        Err(failure) => {
            assert_eq!(
                (failure.class, failure.problem.code.as_str()),
                (FailureClass::Content, "delete_not_supported")
            );
            assert!(public_page(&snac).await.contains("lotte au safran"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn absent_is_absent_and_a_time_is_never_handed_over() {
    let Some(snac) = Snac::start().await.unwrap() else { return };
    let stage = stage(&snac).await;
    let mut delivery = delivery(&stage, TEXT);
    delivery.prepare(&stage).await.unwrap();
    delivery.first_sent_at = Some(stage.now());
    assert!(
        matches!(delivery.reconcile(&stage).await.unwrap(), Finding::NotFound),
        "a server that forgets keys must not be asked to repeat"
    );
    let limits = stage.connector.effective_limits(&stage.account);
    assert_eq!((limits.hand_over_min_secs, limits.hand_over_max_secs), (None, None));
    delivery.mode = SendMode::At(stage.now() + SignedDuration::from_hours(5));
    delivery.prepare(&stage).await.unwrap();
    delivery.send(&stage).await.unwrap_err();
    assert!(!public_page(&snac).await.contains("lotte au curry"), "published now instead of in five hours");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_is_told_from_a_wrong_server() {
    let Some(snac) = Snac::start().await.unwrap() else { return };
    let stage = stage(&snac).await;
    stage.vault.current.lock().unwrap().set("access_token", "not-a-token");
    let failure = stage.check().await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Reauth, "{failure:?}");
    let mut delivery = delivery(&stage, TEXT);
    let failure = delivery.prepare(&stage).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Reauth, "{failure:?}");
}
