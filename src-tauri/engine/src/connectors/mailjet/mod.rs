//! E-mail by Mailjet, kind E: every message carries our id, by which a lost answer is settled. Advertising
//! also names its sending with "deduplicate", so that one person cannot get the same sending twice.
//!
//! Its exclusion list stops nothing that is sent this way, so it only tells us who said no. Not here: its
//! templates, lists and campaigns.

mod client;
mod errors;
mod report;
mod wire;

use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;

use self::{
    client::{Client, KEY, SECRET, SENDER},
    wire::{Judged, Message, NewMail, NewMails, Person, Sender, User},
};
use super::{
    Access, Capabilities, CheckFinding, Connector, CredentialField, Descriptor, Failure, FailureClass,
    Identity, Kind, Limits, Messenger, Severity,
    descriptor::{Connect, ConnectMethod},
    messenger::{
        Accepted, MessageFinding, MessageJob, MessageSession, MessengerRules, ReportRequest, Reports,
    },
    provider::{email, finding, id_text, optional},
};
use crate::domain::{Channel, Problem, Purpose, TokenExpiry};

static DESCRIPTOR: Descriptor = Descriptor {
    id: "mailjet",
    name: "Mailjet",
    kind: Kind::E,
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
            key: KEY,
            label: "Clé API",
            label_en: "API key",
            help: "La première des deux clés de la page « Clés API ».",
            help_en: "The first of the two keys of the page “API keys”.",
            secret: false,
            required: true,
            example: "0123456789abcdef0123456789abcdef",
        },
        CredentialField {
            key: SECRET,
            label: "Clé secrète",
            label_en: "Secret key",
            help: "La deuxième clé. Mailjet ne la montre qu’une fois ; gardez-la pour vous.",
            help_en: "The second key. Mailjet shows it only once; keep it to yourself.",
            secret: true,
            required: true,
            example: "fedcba9876543210fedcba9876543210",
        },
        CredentialField {
            key: SENDER,
            label: "Adresse d’expéditeur",
            label_en: "Address of the sender",
            help: "L’adresse depuis laquelle vous écrivez : nous vérifions que Mailjet l’a validée.",
            help_en: "The address you write from: we check that Mailjet has approved it.",
            secret: false,
            required: false,
            example: "bonjour@levieuxmoulin.fr",
        },
    ],
    connect: Connect {
        methods: &[ConnectMethod::Token],
        steps: &[
            "Sur mailjet.com, ouvrez un compte. L’offre gratuite suffit pour commencer.",
            "Dans « Expéditeurs et domaines », ajoutez votre adresse et authentifiez votre domaine : Mailjet affiche les lignes à copier chez votre hébergeur.",
            "Dans « Clés API », copiez la clé API et la clé secrète.",
            "Collez ici les deux clés et votre adresse d’expéditeur.",
        ],
        steps_en: &[
            "On mailjet.com open an account. The free plan is enough to begin.",
            "In “Senders and domains” add your address and authenticate your domain: Mailjet shows the lines to copy at your host.",
            "In “API keys” copy the API key and the secret key.",
            "Paste both keys and the address of the sender here.",
        ],
    },
    limitations: &[
        "Deux personnes qui partagent une adresse ne reçoivent qu’une fois le même envoi publicitaire.",
        "Mailjet ne dit pas combien de messages il vous reste aujourd’hui.",
    ],
    limitations_en: &[
        "Two people who share an address receive the same advertising sending only once.",
        "Mailjet does not say how many messages are left today.",
    ],
    own_server: false,
};

/// The connector.
#[derive(Debug, Default)]
pub struct Mailjet;

#[async_trait]
impl Connector for Mailjet {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    async fn check(&self, access: &Access<'_>) -> Result<Identity, Failure> {
        let client = Client::new(access)?;
        let users: Vec<User> = client.list("user", &[]).await?;
        let user = users.into_iter().next();
        let user =
            user.ok_or_else(|| Failure::new(FailureClass::Retry, Problem::new("unreadable_answer")))?;
        let senders: Vec<Sender> = client.list("sender", &[("Limit", "1000")]).await?;
        let wanted = optional(access, SENDER);
        let name = user.email.filter(|email| !email.is_empty()).unwrap_or(user.username);
        let findings = vec![
            finding("messages_ready", Severity::Ok, Some(name.clone())),
            sender(&senders, wanted.as_deref()),
        ];
        Ok(Identity {
            remote_id: id_text(&user.id).unwrap_or_else(|| name.clone()),
            handle: wanted.unwrap_or_else(|| name.clone()),
            label: name,
            token_expiry: TokenExpiry::Never,
            findings,
            ..Identity::default()
        })
    }

    fn messenger(&self) -> Option<&dyn Messenger> {
        Some(self)
    }

    fn access_page(&self, access: &Access<'_>) -> Option<String> {
        access.platform.web_url.as_ref().map(|web| format!("{web}/account/apikeys"))
    }
}

/// A single address, or a whole domain as `*@domain`.
fn sender(senders: &[Sender], wanted: Option<&str>) -> CheckFinding {
    let fits = |sender: &&Sender| {
        wanted.is_none_or(|wanted| {
            let domain = wanted.rsplit_once('@').map(|(_, domain)| format!("*@{domain}"));
            sender.email.eq_ignore_ascii_case(wanted)
                || domain.is_some_and(|domain| sender.email.eq_ignore_ascii_case(&domain))
        })
    };
    let found = senders.iter().filter(fits).max_by_key(|sender| sender.status == "Active");
    let subject = wanted.map(str::to_owned).or_else(|| found.map(|sender| sender.email.clone()));
    match found {
        Some(sender) if sender.status == "Active" => finding("sender_verified", Severity::Ok, subject),
        Some(_) => finding("sender_waits", Severity::Error, subject),
        None => finding("sender_not_verified", Severity::Error, subject),
    }
}

#[async_trait]
impl Messenger for Mailjet {
    fn rules(&self) -> MessengerRules {
        MessengerRules {
            channel: Channel::Email,
            kind: Kind::E,
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
        let query = [("CustomID", job.id.as_str()), ("ShowCustomID", "true"), ("Limit", "10")];
        let found: Vec<Message> = Client::new(access)?.list("message", &query).await?;
        let Some(message) = found.first() else { return Ok(MessageFinding::NotFound) };
        match id_text(&message.id) {
            None => Err(Failure::unknown("unreadable_answer").while_looking()),
            remote_id => Ok(MessageFinding::Found(Accepted { remote_id, price_milli: None })),
        }
    }

    async fn report(&self, access: &Access<'_>, request: &ReportRequest) -> Result<Reports, Failure> {
        report::read(access, request).await
    }

    /// Removes the contact, and with it what was sent to it.
    async fn erase(&self, access: &Access<'_>, address: &str) -> Result<bool, Failure> {
        Client::new(access)?.forget(address).await?;
        Ok(true)
    }
}

/// Nothing is open between two messages.
struct Way;

#[async_trait]
impl MessageSession for Way {
    async fn send(&mut self, access: &Access<'_>, job: &MessageJob<'_>) -> Result<Accepted, Failure> {
        let (client, mail) = (Client::new(access)?, email(job)?);
        // The same person may get two service messages of one cause.
        let campaign = (job.purpose == Purpose::Marketing).then_some(job.mailing_id);
        let headers: BTreeMap<&str, &str> =
            mail.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let new = NewMails {
            messages: [NewMail {
                from: Person { email: &mail.from_address, name: Some(&mail.from_name) },
                to: [Person { email: &mail.to_address, name: mail.to_name.as_deref() }],
                reply_to: mail.reply_to.as_deref().map(|email| Person { email, name: None }),
                subject: &mail.subject,
                text_part: Some(mail.text.as_str()).filter(|text| !text.is_empty()),
                html_part: Some(mail.html.as_str()).filter(|html| !html.is_empty()),
                custom_id: job.id.as_str(),
                custom_campaign: campaign,
                deduplicate_campaign: campaign.is_some().then_some(true),
                // Openings are followed with consent only; links are our own.
                track_opens: (!mail.html.is_empty()).then_some("disabled"),
                track_clicks: (!mail.html.is_empty()).then_some("disabled"),
                headers,
            }],
        };
        let reply = client.send(&new).await?;
        // Judged message by message, whatever the status: a 400 does not say that nothing left.
        match errors::judged(&reply) {
            Some(Judged::Accepted(remote_id)) => {
                Ok(Accepted { remote_id: Some(remote_id), price_milli: None })
            }
            Some(Judged::Refused(error)) => Err(errors::refused(&reply, &error)),
            None => Err(errors::whole(&reply, access.now)),
        }
    }
}
