//! A platform that accepts everything at once: what is left is the cost of our own queue.
//!
//! It counts its calls, so that "none lost, none twice" is seen from the platform's side and not read from
//! our own store.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;
use serde_json::json;
use vieux_moulin_engine::connectors::{
    Access, Capabilities, Connector, CountingRule, CredentialField, Descriptor, Failure, Finding, Identity,
    ImageLimits, Job, Kind, Limits, Prepared, Publisher, Receipt, Sent,
    descriptor::{Connect, ConnectMethod},
};

use secrecy::ExposeSecret as _;

pub const PLATFORM: &str = "null";

/// The connector and what it saw.
#[derive(Default)]
pub struct Null {
    pub sends: Arc<AtomicU64>,
}

#[async_trait]
impl Connector for Null {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    async fn check(&self, access: &Access<'_>) -> Result<Identity, Failure> {
        let name = access.credentials.get("token").map(|token| token.expose_secret().to_owned());
        let name = name.unwrap_or_default();
        Ok(Identity { remote_id: name.clone(), handle: name.clone(), label: name, ..Identity::default() })
    }

    fn publisher(&self) -> Option<&dyn Publisher> {
        Some(self)
    }
}

#[async_trait]
impl Publisher for Null {
    async fn prepare(&self, _: &Access<'_>, job: &Job<'_>) -> Result<Prepared, Failure> {
        Ok(Prepared::Ready { marks: json!({ "key": job.delivery_id.as_str() }) })
    }

    async fn send(&self, _: &Access<'_>, job: &Job<'_>) -> Result<Sent, Failure> {
        self.sends.fetch_add(1, Ordering::Relaxed);
        let id = job.delivery_id.as_str();
        Ok(Sent::Published(Receipt {
            remote_id: id.to_owned(),
            permalink: Some(format!("https://null.example/{id}")),
            leftovers: false,
        }))
    }

    async fn reconcile(&self, _: &Access<'_>, _: &Job<'_>) -> Result<Finding, Failure> {
        Ok(Finding::Repeat)
    }
}

const DESCRIPTOR: Descriptor = Descriptor {
    id: PLATFORM,
    name: "Null",
    kind: Kind::A,
    capabilities: Capabilities {
        publish: true,
        hand_over: false,
        edit: false,
        delete: false,
        metrics: false,
        conversations: false,
        messages: false,
    },
    limits: Limits {
        max_text: 5000,
        counting_rule: CountingRule::CodePoints,
        max_text_bytes: None,
        max_hashtags: None,
        max_images: 4,
        max_alt_text: 1000,
        image: ImageLimits {
            max_bytes: 8_000_000,
            max_width: 4096,
            max_height: 4096,
            min_width: 0,
            min_ratio: None,
            max_ratio: None,
        },
        text_only_allowed: true,
        hand_over_min_secs: None,
        hand_over_max_secs: None,
    },
    credential_fields: &[CredentialField {
        key: "token",
        label: "Nom",
        label_en: "Name",
        help: "",
        help_en: "",
        secret: true,
        required: true,
        example: "",
    }],
    connect: Connect { methods: &[ConnectMethod::Token], steps: &[], steps_en: &[] },
    limitations: &[],
    limitations_en: &[],
    own_server: false,
};
