//! Who writes: what must be known of the house before it may write to its customers.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::{config::Settings, domain::MediaId};

/// The sender of every message.
#[derive(Clone, Debug)]
pub struct House {
    pub name: String,
    pub city: String,
    /// Postal, in one line.
    pub address: String,
    pub phone: String,
    /// Number in the register of companies (SIRET).
    pub siret: String,
    /// Page on what the house does with personal data.
    pub privacy_url: String,
    pub reply_to: String,
    /// Sender's name of an SMS.
    pub sms_sender: String,
    /// How to stop SMS, for example `STOP 36111`; empty where the provider adds it.
    pub sms_stop: String,
    /// The provider adds how to stop by itself.
    pub provider_adds_stop: bool,
    pub timezone: TimeZone,
    /// Where the pictures of the library are seen from outside.
    pub pictures: BTreeMap<MediaId, String>,
}

impl House {
    /// As the settings say it. Without words of its own for stopping, it counts on the provider's.
    pub fn from_settings(settings: &Settings) -> Self {
        let (house, messages) = (&settings.house, &settings.messages);
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        Self {
            name: messages.house_name.clone().unwrap_or_else(|| house.name.clone()),
            city: house.city.clone(),
            address: text(&messages.house_address),
            phone: text(&messages.house_phone),
            siret: text(&messages.house_siret),
            privacy_url: text(&messages.privacy_url),
            reply_to: text(&messages.reply_to),
            sms_sender: text(&messages.sms_sender),
            sms_stop: text(&messages.sms_stop),
            provider_adds_stop: messages.sms_stop.is_none(),
            timezone: TimeZone::get(&house.timezone).unwrap_or(TimeZone::UTC),
            pictures: BTreeMap::new(),
        }
    }
}
