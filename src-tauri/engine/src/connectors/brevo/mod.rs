//! E-mail by Brevo, kind B: it refuses the same key for half an hour, so a doubt is settled by the same
//! request; later its list of events tells by the mark of the message.
//!
//! Not here: its templates, contact lists and campaigns (words, people and consent are ours), and its delayed
//! sending, which would leave without our gates being asked again.

mod report;
mod wire;

use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;

use self::wire::{NewMail, Person, Senders};
use super::{
    Access, Capabilities, CheckFinding, Connector, CredentialField, Descriptor, Failure, Identity, Kind,
    Limits, Messenger, Severity,
    brevo_api::{self, API_KEY, Account, Client, Effect},
    descriptor::{Connect, ConnectMethod},
    messenger::{
        Accepted, Balance, MessageFinding, MessageJob, MessageSession, MessengerRules, ReportRequest, Reports,
    },
    provider::{email, finding, long_mark, milli, optional, text},
};
use crate::domain::{Channel, TokenExpiry};

pub(super) const SENDER: &str = "sender_address";
const FEW_CREDITS: f64 = 50.0;
/// They remember a key for 30 minutes by their guide of today and 15 by an older one.
const KEY_LIVES: SignedDuration = SignedDuration::from_mins(12);

static DESCRIPTOR: Descriptor = Descriptor {
    id: "brevo",
    name: "Brevo",
    kind: Kind::B,
    capabilities: Capabilities {
        publish: false,
        hand_over: false,
        edit: false,
        delete: false,
        metrics: false,
        conversations: false,
        messages: true,
    },
    limits: Limits::NO_POSTS,
    credential_fields: &[
        CredentialField {
            key: API_KEY,
            label: "Clé API",
            label_en: "API key",
            help: "La longue suite qui commence par xkeysib-. Brevo ne la montre qu’une fois.",
            help_en: "The long row that begins with xkeysib-. Brevo shows it only once.",
            secret: true,
            required: true,
            example: "xkeysib-exempleexempleexemple",
        },
        CredentialField {
            key: SENDER,
            label: "Adresse d’expéditeur",
            label_en: "Address of the sender",
            help: "L’adresse depuis laquelle vous écrivez : nous vérifions que Brevo l’a validée.",
            help_en: "The address you write from: we check that Brevo has approved it.",
            secret: false,
            required: false,
            example: "bonjour@levieuxmoulin.fr",
        },
    ],
    connect: Connect {
        methods: &[ConnectMethod::Token],
        steps: &[
            "Sur brevo.com, ouvrez un compte. L’offre gratuite suffit pour commencer.",
            "Dans « Expéditeurs, domaines et IP dédiées », ajoutez votre adresse et authentifiez votre domaine : Brevo affiche les lignes à copier chez votre hébergeur.",
            "Dans « SMTP et API », « Clés API », créez une clé nommée « Le Vieux Moulin » et copiez-la.",
            "Dans « Sécurité », « IP autorisées », laissez la restriction désactivée : l’adresse de votre connexion change.",
            "Collez ici la clé et votre adresse d’expéditeur.",
        ],
        steps_en: &[
            "On brevo.com open an account. The free plan is enough to begin.",
            "In “Senders, domains and dedicated IPs” add your address and authenticate your domain: Brevo shows the lines to copy at your host.",
            "In “SMTP and API”, “API keys”, create a key named “Le Vieux Moulin” and copy it.",
            "In “Security”, “Authorised IPs”, leave the restriction off: the address of your line changes.",
            "Paste the key and the address of the sender here.",
        ],
    },
    limitations: &[
        "Brevo suit les ouvertures et les clics selon les réglages de votre compte ; désactivez-les là-bas si vous n’avez pas l’accord des personnes.",
        "Les arrivées et les rejets sont lus toutes les cinq minutes au plus : Brevo limite le nombre de questions par heure.",
    ],
    limitations_en: &[
        "Brevo tracks openings and clicks as your account says; switch that off there if people did not agree to it.",
        "Arrivals and bounces are read every five minutes at most: Brevo limits the number of questions each hour.",
    ],
    own_server: false,
};

/// The connector.
#[derive(Debug, Default)]
pub struct Brevo;

#[async_trait]
impl Connector for Brevo {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    async fn check(&self, access: &Access<'_>) -> Result<Identity, Failure> {
        let client = Client::new(access)?;
        let account: Account = client.get(&["account"], &[]).await?;
        let senders: Senders = client.get(&["senders"], &[]).await?;
        let wanted = optional(access, SENDER);
        let findings = vec![
            finding("messages_ready", Severity::Ok, Some(account.email.clone())),
            sender(&senders, wanted.as_deref()),
            account.money(false, FEW_CREDITS),
        ];
        Ok(Identity {
            label: account.label(),
            handle: wanted.unwrap_or_else(|| account.email.clone()),
            remote_id: account.email,
            token_expiry: TokenExpiry::Never,
            findings,
            ..Identity::default()
        })
    }

    fn messenger(&self) -> Option<&dyn Messenger> {
        Some(self)
    }

    fn access_page(&self, access: &Access<'_>) -> Option<String> {
        access.platform.web_url.as_ref().map(|web| format!("{web}/settings/keys/api"))
    }
}

fn sender(senders: &Senders, wanted: Option<&str>) -> CheckFinding {
    let is_wanted = |address: &str| wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(address));
    let found = senders.senders.iter().filter(|sender| is_wanted(&sender.email));
    match found.max_by_key(|sender| sender.active) {
        Some(sender) if sender.active => finding("sender_verified", Severity::Ok, Some(sender.email.clone())),
        Some(sender) => finding("sender_waits", Severity::Error, Some(sender.email.clone())),
        None => finding("sender_not_verified", Severity::Error, wanted.map(str::to_owned)),
    }
}

#[async_trait]
impl Messenger for Brevo {
    fn rules(&self) -> MessengerRules {
        MessengerRules {
            channel: Channel::Email,
            kind: Kind::B,
            connections: 4,
            repeats_doubtful_service: false,
            adds_opt_out: false,
            report_every: Duration::from_mins(5),
        }
    }

    async fn open(&self, access: &Access<'_>) -> Result<Box<dyn MessageSession>, Failure> {
        Client::new(access)?;
        Ok(Box::new(Way))
    }

    async fn reconcile(&self, access: &Access<'_>, job: &MessageJob<'_>) -> Result<MessageFinding, Failure> {
        let (client, mail) = (Client::new(access)?, email(job)?);
        let mark = long_mark(job.id);
        let query = [("tags", mark.as_str()), ("email", mail.to_address.as_str()), ("limit", "10")];
        let list: serde_json::Value = client.get(&["smtp", "statistics", "events"], &query).await?;
        let events = list.get("events").and_then(serde_json::Value::as_array);
        if let Some(event) = events.and_then(|events| events.first()) {
            let remote_id = Some(text(event, "messageId").to_owned()).filter(|id| !id.is_empty());
            return match remote_id {
                None => Err(Failure::unknown("unreadable_answer").while_looking()),
                remote_id => Ok(MessageFinding::Found(Accepted { remote_id, price_milli: None })),
            };
        }
        let age = job.first_sent_at.map(|sent_at| access.now.duration_since(sent_at));
        // Before our own time too: a clock that was set back says nothing about theirs.
        let lives = age.is_some_and(|age| age >= SignedDuration::ZERO && age < KEY_LIVES);
        Ok(if lives { MessageFinding::Repeat } else { MessageFinding::NotFound })
    }

    async fn report(&self, access: &Access<'_>, request: &ReportRequest) -> Result<Reports, Failure> {
        report::read(access, request).await
    }

    async fn balance(&self, access: &Access<'_>) -> Result<Option<Balance>, Failure> {
        let account: Account = Client::new(access)?.get(&["account"], &[]).await?;
        let amount_milli = milli(account.credits(false));
        Ok(Some(Balance { amount_milli, currency: None, part_price_milli: None }))
    }

    /// Removes the person's log and contact.
    async fn erase(&self, access: &Access<'_>, address: &str) -> Result<bool, Failure> {
        let client = Client::new(access)?;
        client.remove(&["smtp", "log", address]).await?;
        client.remove(&["contacts", address]).await?;
        Ok(true)
    }
}

/// Nothing is open between two messages.
struct Way;

#[async_trait]
impl MessageSession for Way {
    async fn send(&mut self, access: &Access<'_>, job: &MessageJob<'_>) -> Result<Accepted, Failure> {
        let (client, mail) = (Client::new(access)?, email(job)?);
        let mark = long_mark(job.id);
        let mut headers: std::collections::BTreeMap<&str, &str> =
            mail.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        headers.insert("idempotencyKey", job.id.as_str());
        let new = NewMail {
            sender: Person { email: &mail.from_address, name: Some(&mail.from_name) },
            to: [Person { email: &mail.to_address, name: mail.to_name.as_deref() }],
            reply_to: mail.reply_to.as_deref().map(|email| Person { email, name: None }),
            subject: &mail.subject,
            html_content: &mail.html,
            text_content: &mail.text,
            tags: [&mark],
            headers,
        };
        let reply = client.send(&["smtp", "email"], &new).await?;
        if brevo_api::is_repetition(&reply) {
            // It was accepted the first time. Its reports name the message by our mark.
            return Ok(Accepted::default());
        }
        let json = brevo_api::accept(&reply, Effect::Possible, access.now)?;
        match text(json, "messageId") {
            "" => Err(brevo_api::incomplete(&reply, Effect::Possible)),
            id => Ok(Accepted { remote_id: Some(id.to_owned()), price_milli: None }),
        }
    }
}
