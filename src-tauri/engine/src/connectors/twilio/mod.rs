//! SMS by Twilio, kind F: its list shows what was sent, but nothing in it is ours. A lost answer is settled
//! by receiver, words and time.
//!
//! Not here: its delayed sending. Without a service the same request would leave at once, and a STOP does
//! not cancel what waits there; our own clock decides.

mod client;
mod errors;
mod report;
mod wire;

use std::time::Duration;

use async_trait::async_trait;
use reqwest::Method;

use self::{
    client::{ACCOUNT, Client, KEY, SECRET, SENDER},
    errors::Effect,
    wire::{Account, Money, Sent, Sms},
};
use super::{
    Access, Capabilities, CheckFinding, Connector, CredentialField, Descriptor, Failure, Identity, Kind,
    Limits, Messenger, Severity,
    descriptor::{Connect, ConnectMethod},
    earliest_effect,
    messenger::{
        Accepted, Balance, MessageFinding, MessageJob, MessageSession, MessengerRules, ReportRequest, Reports,
    },
    provider::{finding, milli, required, sms},
};
use crate::domain::{Channel, TokenExpiry};

/// Units of their currency; below it there is a word about money.
const LITTLE_MONEY: f64 = 5.0;

static DESCRIPTOR: Descriptor = Descriptor {
    id: "twilio",
    name: "Twilio",
    kind: Kind::F,
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
            key: ACCOUNT,
            label: "Account SID",
            label_en: "Account SID",
            help: "L’identifiant du compte, qui commence par AC.",
            help_en: "The id of the account, which begins with AC.",
            secret: false,
            required: true,
            example: "AC0123456789abcdef0123456789abcdef",
        },
        CredentialField {
            key: KEY,
            label: "Clé API (SID)",
            label_en: "API key (SID)",
            help: "L’identifiant d’une clé API, qui commence par SK. Vide : le champ suivant est l’Auth Token du compte.",
            help_en: "The id of an API key, which begins with SK. Empty: the next field is the Auth Token of the account.",
            secret: false,
            required: false,
            example: "SK0123456789abcdef0123456789abcdef",
        },
        CredentialField {
            key: SECRET,
            label: "Secret",
            label_en: "Secret",
            help: "Le secret de la clé API, ou l’Auth Token du compte. Gardez-le pour vous.",
            help_en: "The secret of the API key, or the Auth Token of the account. Keep it to yourself.",
            secret: true,
            required: true,
            example: "0123456789abcdef0123456789abcdef",
        },
        CredentialField {
            key: SENDER,
            label: "Expéditeur",
            label_en: "Sender",
            help: "Un nom de 11 lettres ou chiffres au plus, un numéro acheté chez Twilio, ou un service de messagerie (MG…).",
            help_en: "A name of at most 11 letters or digits, a number bought at Twilio, or a messaging service (MG…).",
            secret: false,
            required: true,
            example: "VieuxMoulin",
        },
    ],
    connect: Connect {
        methods: &[ConnectMethod::Token],
        steps: &[
            "Sur twilio.com, ouvrez un compte payant : un compte d’essai n’écrit qu’à des numéros vérifiés.",
            "Dans « Messaging », « Settings », « Geo permissions », cochez la France.",
            "Dans « Account », « API keys & tokens », créez une clé « Standard » et copiez son SID et son secret.",
            "Collez ici l’Account SID, la clé, son secret et l’expéditeur.",
        ],
        steps_en: &[
            "On twilio.com open a paid account: a trial account writes to verified numbers only.",
            "In “Messaging”, “Settings”, “Geo permissions”, tick France.",
            "In “Account”, “API keys & tokens”, create a “Standard” key and copy its SID and its secret.",
            "Paste the Account SID, the key, its secret and the sender here.",
        ],
    },
    limitations: &[
        "Avec un nom d’expéditeur, personne ne peut répondre STOP : mettez un lien de désinscription dans vos messages publicitaires, ou choisissez OVHcloud ou Brevo.",
        "Les messages passent par les États-Unis, sauf réglage particulier de votre compte.",
        "Twilio ne dit pas si un SMS a été lu : seulement s’il est arrivé.",
    ],
    limitations_en: &[
        "With the name of a sender nobody can answer STOP: put an unsubscribe link into advertising messages, or choose OVHcloud or Brevo.",
        "Messages pass through the United States, unless your account is set up otherwise.",
        "Twilio does not say whether an SMS was read: only whether it arrived.",
    ],
    own_server: false,
};

/// The connector.
#[derive(Debug, Default)]
pub struct Twilio;

#[async_trait]
impl Connector for Twilio {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    async fn check(&self, access: &Access<'_>) -> Result<Identity, Failure> {
        let client = Client::new(access)?;
        let money: Money = client.read("Balance.json", &[]).await?;
        // A standard key may not read the account itself.
        let account: Option<Account> = client.account().await.ok();
        let name = account.as_ref().map(|account| account.friendly_name.clone());
        let sender = required(access, SENDER)?;
        let mut findings = vec![finding("messages_ready", Severity::Ok, name.clone())];
        findings.extend(about_sender(&sender));
        findings.extend(about_money(&money));
        if account.is_some_and(|account| account.kind == "Trial") {
            findings.push(finding("provider_trial_account", Severity::Warning, None));
        }
        let account_sid = required(access, ACCOUNT)?;
        Ok(Identity {
            label: name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| "Twilio".to_owned()),
            handle: sender,
            remote_id: account_sid,
            token_expiry: TokenExpiry::Never,
            findings,
            ..Identity::default()
        })
    }

    fn messenger(&self) -> Option<&dyn Messenger> {
        Some(self)
    }

    fn access_page(&self, access: &Access<'_>) -> Option<String> {
        access.platform.web_url.clone()
    }
}

/// A name of letters and digits with at least one letter, a number, or a service.
fn about_sender(sender: &str) -> Option<CheckFinding> {
    let subject = Some(sender.to_owned());
    let is_name = sender.len() <= 11
        && sender.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && sender.bytes().any(|byte| byte.is_ascii_alphabetic());
    match sender {
        number if number.starts_with('+') => None,
        service if wire::is_service(service) => None,
        _ if is_name => Some(finding("no_stop_with_name", Severity::Warning, subject)),
        _ => Some(finding("sender_name_invalid", Severity::Error, subject)),
    }
}

fn about_money(money: &Money) -> Option<CheckFinding> {
    let balance = money.amount()?;
    let subject = Some(format!("{balance:.2} {}", money.currency));
    Some(match balance {
        none if none <= 0.0 => finding("no_credit", Severity::Error, None),
        little if little < LITTLE_MONEY => finding("few_credits", Severity::Warning, subject),
        _ => finding("credits_left", Severity::Ok, subject),
    })
}

#[async_trait]
impl Messenger for Twilio {
    fn rules(&self) -> MessengerRules {
        MessengerRules {
            channel: Channel::Sms,
            kind: Kind::F,
            connections: 2,
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
        let (client, sms) = (Client::new(access)?, sms(job)?);
        // Without a filter for the time: what waits has none yet.
        let list = client.list(&[("To", &sms.to), ("PageSize", "50")]).await?;
        // Each answer says their time, so a clock of ours that is off hides nothing.
        let their_delay = access.http.last_date().map(|theirs| access.now.duration_since(theirs));
        let not_before = earliest_effect(job.first_sent_at.unwrap_or(job.created_at), their_delay);
        let is_ours = |sent: &&Sms| {
            sent.direction.starts_with("outbound")
                && sent.body == sms.text
                && sent.created_at().is_some_and(|at| at >= not_before)
        };
        Ok(match list.messages.iter().find(is_ours) {
            Some(sent) => {
                MessageFinding::Found(Accepted { remote_id: Some(sent.sid.clone()), price_milli: None })
            }
            None => MessageFinding::NotFound,
        })
    }

    async fn report(&self, access: &Access<'_>, request: &ReportRequest) -> Result<Reports, Failure> {
        report::read(access, request).await
    }

    async fn balance(&self, access: &Access<'_>) -> Result<Option<Balance>, Failure> {
        let money: Money = Client::new(access)?.read("Balance.json", &[]).await?;
        let amount_milli = money.amount().map(milli);
        Ok(amount_milli.map(|amount_milli| Balance {
            amount_milli,
            currency: Some(money.currency),
            part_price_milli: None,
        }))
    }

    /// Removes the messages to a number and from it.
    async fn erase(&self, access: &Access<'_>, address: &str) -> Result<bool, Failure> {
        let client = Client::new(access)?;
        for side in ["To", "From"] {
            loop {
                let list = client.list(&[(side, address), ("PageSize", "100")]).await?;
                for message in &list.messages {
                    client.remove(&format!("Messages/{}.json", message.sid)).await?;
                }
                if list.messages.is_empty() || list.next_page_uri.is_none() {
                    break;
                }
            }
        }
        Ok(true)
    }
}

/// Nothing is open between two messages.
struct Way;

#[async_trait]
impl MessageSession for Way {
    async fn send(&mut self, access: &Access<'_>, job: &MessageJob<'_>) -> Result<Accepted, Failure> {
        let (client, sms) = (Client::new(access)?, sms(job)?);
        let own_sender = required(access, SENDER)?;
        let sender = sms.sender.as_deref().unwrap_or(&own_sender);
        let by = if wire::is_service(sender) { "MessagingServiceSid" } else { "From" };
        let form = [("To", sms.to.as_str()), (by, sender), ("Body", sms.text.as_str())];
        let request = client.request(Method::POST, "Messages.json").form(&form);
        let reply = access.http.send_once(request, super::http::Deadline::CALL).await?;
        let json = errors::accept(&reply, Effect::Possible, access.now)?;
        let sent: Sent =
            serde_json::from_value(json.clone()).map_err(|_| errors::incomplete(&reply, Effect::Possible))?;
        Ok(Accepted { remote_id: Some(sent.sid), price_milli: None })
    }
}
