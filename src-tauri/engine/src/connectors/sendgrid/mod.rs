//! E-mail by SendGrid, kind E: every message carries our id among its arguments, by which the log settles a
//! lost answer.
//!
//! A success has no body, only a header with the id. Not here: its delayed sending (a cancel in the last ten
//! minutes is not certain), templates, lists and unsubscribe groups.

mod client;
mod errors;
mod report;
mod wire;

use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;

use self::{
    client::{Client, KEY, SENDER},
    wire::{
        Content, Credits, Detail, Domain, LogList, NewMail, Person, Personalization, Scopes, Senders,
        Username,
    },
};
use super::{
    Access, Capabilities, CheckFinding, Connector, CredentialField, Descriptor, Failure, Identity, Kind,
    Limits, Messenger, Severity,
    descriptor::{Connect, ConnectMethod},
    earliest_effect,
    messenger::{
        Accepted, Balance, MessageFinding, MessageJob, MessageSession, MessengerRules, ReportRequest, Reports,
    },
    provider::{email, finding, optional},
};
use crate::domain::{Channel, TokenExpiry};

/// Category of everything that this program sends; one of a sending is `vm-` and a part of its id.
const CATEGORY: &str = "vm";
/// Name of the argument that carries our id.
const ARGUMENT: &str = "vm";
/// Rights of the key: the first is needed, the others for reports and the removal of a person.
const RIGHTS: [&str; 3] = ["mail.send", "suppression.read", "user.credits.read"];
const FEW_CREDITS: i64 = 50;

static DESCRIPTOR: Descriptor = Descriptor {
    id: "sendgrid",
    name: "SendGrid",
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
            help: "La longue suite qui commence par SG. SendGrid ne la montre qu’une fois.",
            help_en: "The long row that begins with SG. SendGrid shows it only once.",
            secret: true,
            required: true,
            example: "SG.exempleexemple.exempleexempleexemple",
        },
        CredentialField {
            key: SENDER,
            label: "Adresse d’expéditeur",
            label_en: "Address of the sender",
            help: "L’adresse depuis laquelle vous écrivez : nous vérifions que SendGrid l’a validée.",
            help_en: "The address you write from: we check that SendGrid has approved it.",
            secret: false,
            required: false,
            example: "bonjour@levieuxmoulin.fr",
        },
    ],
    connect: Connect {
        methods: &[ConnectMethod::Token],
        steps: &[
            "Sur sendgrid.com, ouvrez un compte payant : l’essai s’arrête après soixante jours.",
            "Dans « Settings », « Sender Authentication », authentifiez votre domaine : SendGrid affiche les lignes à copier chez votre hébergeur.",
            "Dans « Settings », « API Keys », créez une clé « Full Access » et copiez-la.",
            "Collez ici la clé et votre adresse d’expéditeur.",
        ],
        steps_en: &[
            "On sendgrid.com open a paid account: the trial stops after sixty days.",
            "In “Settings”, “Sender Authentication”, authenticate your domain: SendGrid shows the lines to copy at your host.",
            "In “Settings”, “API Keys”, create a “Full Access” key and copy it.",
            "Paste the key and the address of the sender here.",
        ],
    },
    limitations: &[
        "Les messages passent par les États-Unis. Pour un compte européen, SendGrid ne dit pas ce que deviennent les messages.",
        "SendGrid ne garde son journal que quelques jours, selon votre offre.",
    ],
    limitations_en: &[
        "Messages pass through the United States. For a European account SendGrid does not say what becomes of messages.",
        "SendGrid keeps its log for a few days only, depending on your plan.",
    ],
    own_server: false,
};

/// The connector.
#[derive(Debug, Default)]
pub struct SendGrid;

#[async_trait]
impl Connector for SendGrid {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    async fn check(&self, access: &Access<'_>) -> Result<Identity, Failure> {
        let client = Client::new(access)?;
        let scopes: Scopes = client.get("/v3/scopes", &[]).await?;
        // A key may send without the right to say whose it is.
        let name: Option<Username> = client.get("/v3/user/username", &[]).await.ok();
        let name = name.map_or_else(|| "SendGrid".to_owned(), |name| name.username);
        let has = |right: &&str| scopes.scopes.iter().any(|scope| scope == right);
        let (permissions, missing): (Vec<&str>, Vec<&str>) = RIGHTS.into_iter().partition(has);
        let wanted = optional(access, SENDER);
        let mut findings = vec![finding("messages_ready", Severity::Ok, Some(name.clone()))];
        if missing.contains(&"mail.send") {
            findings = vec![finding("provider_right_missing", Severity::Error, Some("mail.send".to_owned()))];
        }
        findings.push(sender(&client, wanted.as_deref()).await?);
        if let Ok(credits) = client.get::<Credits>("/v3/user/credits", &[]).await {
            findings.push(money(&credits));
        }
        let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        Ok(Identity {
            remote_id: name.clone(),
            handle: wanted.unwrap_or_else(|| name.clone()),
            label: name,
            token_expiry: TokenExpiry::Never,
            permissions: owned(permissions),
            missing_permissions: owned(missing),
            findings,
            ..Identity::default()
        })
    }

    fn messenger(&self) -> Option<&dyn Messenger> {
        Some(self)
    }

    fn access_page(&self, access: &Access<'_>) -> Option<String> {
        access.platform.web_url.as_ref().map(|web| format!("{web}/settings/api_keys"))
    }
}

/// An address is good by itself or by its domain.
async fn sender(client: &Client<'_>, wanted: Option<&str>) -> Result<CheckFinding, Failure> {
    let senders: Senders = client.get("/v3/verified_senders", &[]).await?;
    let domains: Vec<Domain> = client.get("/v3/whitelabel/domains", &[]).await?;
    let subject = wanted.map(str::to_owned);
    let Some(wanted) = wanted else {
        let any = senders.results.iter().any(|sender| sender.verified) || domains.iter().any(|d| d.valid);
        let (code, severity) =
            if any { ("sender_verified", Severity::Ok) } else { ("sender_not_verified", Severity::Error) };
        return Ok(finding(code, severity, None));
    };
    let host = wanted.rsplit_once('@').map(|(_, host)| host.to_lowercase()).unwrap_or_default();
    let alone = senders.results.iter().find(|sender| sender.from_email.eq_ignore_ascii_case(wanted));
    let domain = domains.iter().find(|domain| domain.domain.eq_ignore_ascii_case(&host));
    Ok(match (alone.map(|sender| sender.verified), domain.map(|domain| domain.valid)) {
        (Some(true), _) | (_, Some(true)) => finding("sender_verified", Severity::Ok, subject),
        (None, None) => finding("sender_not_verified", Severity::Error, subject),
        _ => finding("sender_waits", Severity::Error, subject),
    })
}

fn money(credits: &Credits) -> CheckFinding {
    let subject = Some(credits.remain.max(0).to_string());
    match credits.remain {
        none if none <= 0 => finding("no_credit", Severity::Error, None),
        few if few < FEW_CREDITS => finding("few_credits", Severity::Warning, subject),
        _ => finding("credits_left", Severity::Ok, subject),
    }
}

/// The category of one sending.
fn category(mailing_id: &str) -> String {
    format!("{CATEGORY}-{mailing_id}")
}

#[async_trait]
impl Messenger for SendGrid {
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
        let (client, mail) = (Client::new(access)?, email(job)?);
        let not_before = earliest_effect(job.first_sent_at.unwrap_or(job.created_at), None);
        let query = format!(
            "categories IN ('{}') AND to_email=\"{}\" AND {}",
            category(job.mailing_id),
            client::quoted(&mail.to_address),
            client::since(not_before),
        );
        let LogList { messages } = client.logs(&query, 100).await?;
        for found in messages {
            // One person may have two messages of one cause: only our own id is certain.
            let detail: Detail = client.get(&client::log_path(&found.sg_message_id), &[]).await?;
            if detail.custom_args.get(ARGUMENT).is_some_and(|id| id == job.id.as_str()) {
                let remote_id = Some(wire::join_key(&found.sg_message_id));
                return Ok(MessageFinding::Found(Accepted { remote_id, price_milli: None }));
            }
        }
        Ok(MessageFinding::NotFound)
    }

    async fn report(&self, access: &Access<'_>, request: &ReportRequest) -> Result<Reports, Failure> {
        report::read(access, request).await
    }

    async fn balance(&self, access: &Access<'_>) -> Result<Option<Balance>, Failure> {
        let credits: Credits = Client::new(access)?.get("/v3/user/credits", &[]).await?;
        let amount_milli = credits.remain.saturating_mul(1000);
        Ok(Some(Balance { amount_milli, currency: None, part_price_milli: None }))
    }

    /// Asks for the removal of everything about a person; it is done within days.
    async fn erase(&self, access: &Access<'_>, address: &str) -> Result<bool, Failure> {
        Client::new(access)?.erase(address).await?;
        Ok(true)
    }
}

/// Nothing is open between two messages.
struct Way;

#[async_trait]
impl MessageSession for Way {
    async fn send(&mut self, access: &Access<'_>, job: &MessageJob<'_>) -> Result<Accepted, Failure> {
        let (client, mail) = (Client::new(access)?, email(job)?);
        let of_sending = category(job.mailing_id);
        // The plain text has to stand first.
        let content = [("text/plain", mail.text.as_str()), ("text/html", mail.html.as_str())];
        let content = content.into_iter().filter(|(_, value)| !value.is_empty());
        let new = NewMail {
            personalizations: [Personalization {
                to: [Person { email: &mail.to_address, name: mail.to_name.as_deref() }],
                custom_args: BTreeMap::from([(ARGUMENT, job.id.as_str())]),
            }],
            from: Person { email: &mail.from_address, name: Some(&mail.from_name) },
            reply_to: mail.reply_to.as_deref().map(|email| Person { email, name: None }),
            subject: &mail.subject,
            content: content.map(|(kind, value)| Content { kind, value }).collect(),
            categories: [CATEGORY, &of_sending],
            headers: mail.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect(),
            tracking_settings: wire::no_tracking(),
        };
        let reply = client.send(&new).await?;
        Ok(Accepted { remote_id: Some(errors::accepted(&reply, access.now)?), price_milli: None })
    }
}

/// An instant as their queries write it.
fn timestamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
