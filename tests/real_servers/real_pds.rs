//! The Bluesky connector against a real AT Protocol server. Skipped, with a line that says so, where
//! none is installed (`cargo xtask test` installs it).

use vieux_moulin_engine::{
    connectors::{FailureClass, Finding, Sent, registry::Registry},
    domain::{OutgoingImage, OutgoingPost},
};
use vieux_moulin_tests::pds::Pds;

use crate::support::{Delivery, Stage, receipt};

#[tokio::test]
async fn connects_publishes_repeats_renews_and_deletes() {
    let Some(pds) = Pds::start().await.unwrap() else { return };
    let connector = Registry::standard().get("bluesky").unwrap().clone();
    let credentials = [
        ("identifier", pds.handle.clone()),
        ("app_password", pds.app_password.clone()),
        ("server", pds.base_url.clone()),
    ];
    let mut stage = Stage::new(connector, &pds.base_url, &credentials);
    stage.connect().await;
    assert_eq!(stage.account.remote_id, pds.did);

    // Words, a mention of itself and a photograph; writing it twice makes one post.
    let mut delivery = Delivery::new(&stage, OutgoingPost::default());
    delivery.content.text = format!("Crème brûlée, par @{} : https://moulin.fr/carte #dessert", pds.handle);
    delivery.content.language = "fr".to_owned();
    delivery.content.images = vec![OutgoingImage {
        media_id: "b".repeat(64).as_str().into(),
        alt_text: "Une crème brûlée".to_owned(),
        source_url: None,
    }];
    delivery.prepare(&stage).await.unwrap();
    assert!(matches!(delivery.reconcile(&stage).await.unwrap(), Finding::Repeat));
    let sent = delivery.send(&stage).await.unwrap();
    assert_eq!(delivery.send(&stage).await.unwrap(), sent);
    let posts = pds.posts().await.unwrap();
    assert_eq!(posts.len(), 1);
    let record = &posts[0]["value"];
    assert_eq!(record["facets"].as_array().map(Vec::len), Some(3), "{record}");
    assert_eq!(record["embed"]["images"][0]["alt"], "Une crème brûlée");

    // The program died before it could keep the answer.
    delivery.remote_id = None;
    let found = delivery.reconcile(&stage).await.unwrap();
    assert!(matches!(&found, Finding::Found { sent: again, .. } if *again == sent), "{found:?}");

    // A token that the server does not accept any more is renewed, and the post goes out once.
    let mut next = Delivery::new(&stage, delivery.content.clone());
    next.content.images.clear();
    next.prepare(&stage).await.unwrap();
    stage.vault.current.lock().unwrap().set("access_jwt", "eyJhbGciOiJIUzI1NiJ9.e30.AAAA");
    let failure = next.send(&stage).await.unwrap_err();
    assert_eq!(failure.class, FailureClass::Retry, "{failure:?}");
    assert!(matches!(next.send(&stage).await.unwrap(), Sent::Published(_)));
    assert_eq!(pds.posts().await.unwrap().len(), 2);

    delivery.remote_id = Some(receipt(&sent).remote_id.clone());
    for delivery in [&delivery, &next] {
        delivery.delete(&stage).await.unwrap();
        delivery.delete(&stage).await.unwrap();
    }
    assert!(pds.posts().await.unwrap().is_empty());
}
