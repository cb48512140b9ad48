//! The list of networks, and the one place that names their modules.

use serde::{Deserialize, Serialize};

use crate::{
    bluesky, brevo,
    exchange::{Answer, Call},
    facebook,
    faults::{Action, Quirks, Refusal},
    google_business, linkedin, mailjet, mastodon,
    options::Addresses,
    ovh_sms, pinterest, sendgrid,
    state::World,
    telegram, threads, twilio, x,
};

/// A network that has a double here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    Facebook,
    Instagram,
    Bluesky,
    Mastodon,
    Telegram,
    Threads,
    GoogleBusiness,
    Pinterest,
    #[serde(rename = "linkedin")]
    LinkedIn,
    X,
    OvhSms,
    Smtp,
    Brevo,
    BrevoSms,
    Twilio,
    Mailjet,
    #[serde(rename = "sendgrid")]
    SendGrid,
}

impl Platform {
    /// Those that show posts.
    pub const NETWORKS: [Self; 10] = [
        Self::Facebook,
        Self::Instagram,
        Self::Bluesky,
        Self::Mastodon,
        Self::Telegram,
        Self::Threads,
        Self::GoogleBusiness,
        Self::Pinterest,
        Self::LinkedIn,
        Self::X,
    ];
    /// Those that carry messages to people.
    pub const MESSENGERS: [Self; 7] =
        [Self::OvhSms, Self::Smtp, Self::Brevo, Self::BrevoSms, Self::Twilio, Self::Mailjet, Self::SendGrid];
    /// Everything that listens, in the order of the declaration.
    pub const ALL: [Self; 17] = [
        Self::Facebook,
        Self::Instagram,
        Self::Bluesky,
        Self::Mastodon,
        Self::Telegram,
        Self::Threads,
        Self::GoogleBusiness,
        Self::Pinterest,
        Self::LinkedIn,
        Self::X,
        Self::OvhSms,
        Self::Smtp,
        Self::Brevo,
        Self::BrevoSms,
        Self::Twilio,
        Self::Mailjet,
        Self::SendGrid,
    ];
    pub const COUNT: usize = Self::ALL.len();

    /// Name used in addresses of the control API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Facebook => "facebook",
            Self::Instagram => "instagram",
            Self::Bluesky => "bluesky",
            Self::Mastodon => "mastodon",
            Self::Telegram => "telegram",
            Self::Threads => "threads",
            Self::GoogleBusiness => "google_business",
            Self::Pinterest => "pinterest",
            Self::LinkedIn => "linkedin",
            Self::X => "x",
            Self::OvhSms => "ovh_sms",
            Self::Smtp => "smtp",
            Self::Brevo => "brevo",
            Self::BrevoSms => "brevo_sms",
            Self::Twilio => "twilio",
            Self::Mailjet => "mailjet",
            Self::SendGrid => "sendgrid",
        }
    }

    /// Name shown to a person.
    pub fn title(self) -> &'static str {
        match self {
            Self::Facebook => "Facebook",
            Self::Instagram => "Instagram",
            Self::Bluesky => "Bluesky",
            Self::Mastodon => "Mastodon",
            Self::Telegram => "Telegram",
            Self::Threads => "Threads",
            Self::GoogleBusiness => "Google",
            Self::Pinterest => "Pinterest",
            Self::LinkedIn => "LinkedIn",
            Self::X => "X",
            Self::OvhSms => "OVHcloud SMS",
            Self::Smtp => "E-mail",
            Self::Brevo => "Brevo",
            Self::BrevoSms => "Brevo SMS",
            Self::Twilio => "Twilio",
            Self::Mailjet => "Mailjet",
            Self::SendGrid => "SendGrid",
        }
    }

    /// Finds a network by its [`name`](Self::name).
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|platform| platform.name() == name)
    }

    /// Whether it carries messages to people instead of showing posts.
    pub fn sends_messages(self) -> bool {
        Self::MESSENGERS.contains(&self)
    }

    /// Base address of this network's listener.
    pub fn address(self, addresses: &Addresses) -> &str {
        match self {
            Self::Facebook => &addresses.facebook,
            Self::Instagram => &addresses.instagram,
            Self::Bluesky => &addresses.bluesky,
            Self::Mastodon => &addresses.mastodon,
            Self::Telegram => &addresses.telegram,
            Self::Threads => &addresses.threads,
            Self::GoogleBusiness => &addresses.google_business,
            Self::Pinterest => &addresses.pinterest,
            Self::LinkedIn => &addresses.linkedin,
            Self::X => &addresses.x,
            Self::OvhSms => &addresses.ovh_sms,
            Self::Smtp => &addresses.smtp,
            Self::Brevo => &addresses.brevo,
            Self::BrevoSms => &addresses.brevo_sms,
            Self::Twilio => &addresses.twilio,
            Self::Mailjet => &addresses.mailjet,
            Self::SendGrid => &addresses.sendgrid,
        }
    }

    pub(crate) fn address_mut(self, addresses: &mut Addresses) -> &mut String {
        match self {
            Self::Facebook => &mut addresses.facebook,
            Self::Instagram => &mut addresses.instagram,
            Self::Bluesky => &mut addresses.bluesky,
            Self::Mastodon => &mut addresses.mastodon,
            Self::Telegram => &mut addresses.telegram,
            Self::Threads => &mut addresses.threads,
            Self::GoogleBusiness => &mut addresses.google_business,
            Self::Pinterest => &mut addresses.pinterest,
            Self::LinkedIn => &mut addresses.linkedin,
            Self::X => &mut addresses.x,
            Self::OvhSms => &mut addresses.ovh_sms,
            Self::Smtp => &mut addresses.smtp,
            Self::Brevo => &mut addresses.brevo,
            Self::BrevoSms => &mut addresses.brevo_sms,
            Self::Twilio => &mut addresses.twilio,
            Self::Mailjet => &mut addresses.mailjet,
            Self::SendGrid => &mut addresses.sendgrid,
        }
    }

    /// Says what a request is about, before it is processed.
    pub(crate) fn classify(self, call: &Call) -> Action {
        match self {
            Self::Facebook | Self::Instagram => facebook::classify(call),
            Self::Bluesky => bluesky::classify(call),
            Self::Mastodon => mastodon::classify(call),
            Self::Telegram => telegram::classify(call),
            Self::Threads => threads::classify(call),
            Self::GoogleBusiness => google_business::classify(call),
            Self::Pinterest => pinterest::classify(call),
            Self::LinkedIn => linkedin::classify(call),
            Self::X => x::classify(call),
            Self::OvhSms => ovh_sms::classify(call),
            Self::Smtp => Action::Other,
            Self::Brevo | Self::BrevoSms => brevo::classify(call),
            Self::Twilio => twilio::classify(call),
            Self::Mailjet => mailjet::classify(call),
            Self::SendGrid => sendgrid::classify(call),
        }
    }

    /// Processes a request as the network would.
    pub(crate) async fn answer(self, world: &World, call: &Call, quirks: Quirks) -> Answer {
        match self {
            Self::Facebook | Self::Instagram => facebook::answer(world, call, quirks).await,
            Self::Bluesky => bluesky::answer(world, call, quirks),
            Self::Mastodon => mastodon::answer(world, call, quirks),
            Self::Telegram => telegram::answer(world, call, quirks),
            Self::Threads => threads::answer(world, call, quirks).await,
            Self::GoogleBusiness => google_business::answer(world, call, quirks).await,
            Self::Pinterest => pinterest::answer(world, call, quirks),
            Self::LinkedIn => linkedin::answer(world, call, quirks),
            Self::X => x::answer(world, call, quirks),
            Self::OvhSms => ovh_sms::answer(world, call, quirks),
            // It speaks another language: see `smtp`.
            Self::Smtp => Answer::html(404, String::new()),
            Self::Brevo | Self::BrevoSms => brevo::answer(world, self, call, quirks),
            Self::Twilio => twilio::answer(world, call, quirks),
            Self::Mailjet => mailjet::answer(world, call, quirks),
            Self::SendGrid => sendgrid::answer(world, call, quirks),
        }
    }

    /// Words a refusal the way the network does.
    pub(crate) fn refuse(self, world: &World, call: &Call, refusal: &Refusal) -> Answer {
        match self {
            Self::Facebook => facebook::errors::refuse(world, refusal, false),
            Self::Instagram => facebook::errors::refuse(world, refusal, true),
            Self::Bluesky => bluesky::errors::refuse(world, call, refusal),
            Self::Mastodon => mastodon::errors::refuse(world, refusal),
            Self::Telegram => telegram::errors::refuse(world, refusal),
            Self::Threads => threads::errors::refuse(world, refusal),
            Self::GoogleBusiness => google_business::errors::refuse(world, refusal),
            Self::Pinterest => pinterest::errors::refuse(world, refusal),
            Self::LinkedIn => linkedin::errors::refuse(world, refusal),
            Self::X => x::errors::refuse(world, refusal),
            Self::OvhSms => ovh_sms::errors::refuse(world, refusal),
            Self::Smtp => Answer::html(404, String::new()),
            Self::Brevo | Self::BrevoSms => brevo::errors::refuse(world, refusal),
            Self::Twilio => twilio::errors::refuse(world, refusal),
            Self::Mailjet => mailjet::errors::refuse(world, refusal),
            Self::SendGrid => sendgrid::errors::refuse(world, refusal),
        }
    }
}
