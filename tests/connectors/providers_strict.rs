//! Every request of the providers of messages, held against their vendors' own descriptions. Answers come
//! from the sandbox's doubles; the checking proxy stands between. What only a description in YAML knows is
//! left out, by name.

use std::sync::Arc;

use serde_json::Value;
use vieux_moulin_engine::{connectors::messenger::ReportRequest, domain::Purpose};

use crate::{providers::Post, strict::Strict};

/// Drives a provider through everything that it offers, and says which operations were checked.
async fn checked(
    id: &str,
    start: impl AsyncFnOnce(&str) -> Option<(Arc<Strict>, String)>,
) -> Option<Vec<String>> {
    let mut post = Post::before_connecting(id).await;
    let (strict, base) = start(&post.stage.base_url).await?;
    post.stage.move_to(&base);
    post.stage.connect().await;
    let mut letter = post.usual();
    let accepted = post.send(&mut letter).await.unwrap();
    post.reconcile(&letter).await.unwrap();
    let mut service = post.usual();
    service.purpose = Purpose::Service;
    post.send(&mut service).await.unwrap();
    let request = ReportRequest { open: vec![letter.open(&accepted)], ..ReportRequest::default() };
    post.report(&request).await.unwrap();
    post.balance().await.unwrap();
    post.erase(post.address()).await.unwrap();
    let objections = strict.objections.lock().unwrap().clone();
    assert!(objections.is_empty(), "{id}: {objections:#?}");
    let mut checked = strict.checked.lock().unwrap().clone();
    checked.sort();
    checked.dedup();
    Some(checked)
}

fn as_it_is(_: &mut Value) {}

#[tokio::test]
async fn ovh_sms_follows_the_description() {
    let left_out = &["/auth/time", "/auth/currentCredential"];
    let start = async |upstream: &str| {
        Strict::start_below("/1.0", upstream, "ovh", &["sms.openapi.json"], left_out, as_it_is).await
    };
    let Some(checked) = checked("ovh_sms", start).await else { return };
    assert!(checked.len() >= 10, "only these were checked: {checked:#?}");
}

#[tokio::test]
async fn brevo_follows_the_description() {
    let left_out = &["/account", "/senders", "/smtp/blockedContacts", "/contacts/*"];
    for id in ["brevo", "brevo_sms"] {
        let start = async |upstream: &str| {
            Strict::start_below("/v3", upstream, "brevo", &["supplement.openapi.json"], left_out, as_it_is)
                .await
        };
        let Some(checked) = checked(id, start).await else { return };
        assert!(checked.len() >= 2, "{id}: only these were checked: {checked:#?}");
    }
}

#[tokio::test]
async fn twilio_follows_the_description() {
    let start = async |upstream: &str| {
        Strict::start(upstream, "twilio", &["twilio_api_v2010.json"], &[], as_it_is).await
    };
    let Some(checked) = checked("twilio", start).await else { return };
    assert!(checked.len() >= 5, "only these were checked: {checked:#?}");
}

#[tokio::test]
async fn mailjet_follows_the_description() {
    let start = async |upstream: &str| {
        let files = ["send-v3.1.supplement.openapi.json"];
        Strict::start(upstream, "mailjet", &files, &["/v3/REST/*", "/v4/contacts/*"], as_it_is).await
    };
    let Some(checked) = checked("mailjet", start).await else { return };
    assert_eq!(checked, ["POST /v3.1/send"]);
}

#[tokio::test]
async fn sendgrid_follows_the_description() {
    let start = async |upstream: &str| {
        let files = [
            "tsg_mail_v3.json",
            "tsg_logs_v3.json",
            "tsg_suppressions_v3.json",
            "tsg_user_v3.json",
            "tsg_scopes_v3.json",
            "tsg_verified_senders_v3.json",
            "tsg_domain_authentication_v3.json",
            "tsg_recipients_data_erasure_v3.json",
        ];
        Strict::start(upstream, "sendgrid", &files, &[], as_it_is).await
    };
    let Some(checked) = checked("sendgrid", start).await else { return };
    assert!(checked.len() >= 10, "only these were checked: {checked:#?}");
}
