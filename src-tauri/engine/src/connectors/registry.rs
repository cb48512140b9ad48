//! The list of connectors: the only place that names them.

use std::{collections::BTreeMap, sync::Arc};

use super::SharedConnector;

/// All connectors by platform id.
#[derive(Clone)]
pub struct Registry {
    connectors: Arc<BTreeMap<&'static str, SharedConnector>>,
}

impl Registry {
    /// The connectors of the product.
    pub fn standard() -> Self {
        Self::of(vec![
            Arc::new(super::bluesky::Bluesky::default()),
            Arc::new(super::brevo::Brevo),
            Arc::new(super::brevo_sms::BrevoSms),
            Arc::new(super::facebook::Facebook),
            Arc::new(super::google_business::GoogleBusiness),
            Arc::new(super::instagram::Instagram),
            Arc::new(super::linkedin::LinkedIn),
            Arc::new(super::mailjet::Mailjet),
            Arc::new(super::mastodon::Mastodon),
            Arc::new(super::ovh_sms::OvhSms),
            Arc::new(super::pinterest::Pinterest),
            Arc::new(super::smtp::Smtp::default()),
            Arc::new(super::sendgrid::SendGrid),
            Arc::new(super::telegram::Telegram),
            Arc::new(super::threads::Threads),
            Arc::new(super::twilio::Twilio),
            Arc::new(super::x::X),
        ])
    }

    /// A registry of these connectors only; for tests.
    pub fn of(connectors: Vec<SharedConnector>) -> Self {
        Self { connectors: Arc::new(connectors.into_iter().map(|c| (c.descriptor().id, c)).collect()) }
    }

    pub fn get(&self, platform: &str) -> Option<&SharedConnector> {
        self.connectors.get(platform)
    }

    pub fn iter(&self) -> impl Iterator<Item = &SharedConnector> {
        self.connectors.values()
    }

    pub fn ids(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.connectors.keys().copied()
    }
}
