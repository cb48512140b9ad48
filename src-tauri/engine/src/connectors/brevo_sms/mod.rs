//! SMS by Brevo, kind E: every message carries a tag of its own, by which a lost answer is settled.
//!
//! The STOP number is written by a placeholder that Brevo fills in; it also holds advertising back at night,
//! on Sundays and on holidays by a clock of its own. What lists, keys and refusals are is in `brevo_api`.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::{
    Access, Capabilities, Connector, CredentialField, Descriptor, Failure, FailureClass, Identity, Kind,
    Limits, Messenger, Severity,
    brevo_api::{self, API_KEY, Account, Client, Effect, EventMarks, read_days},
    descriptor::{Connect, ConnectMethod},
    messenger::{
        Accepted, Balance, MessageFinding, MessageJob, MessageSession, MessengerRules, ReportRequest, Reports,
    },
    provider::{
        answered, e164, event, finding, id_text, instant, long_mark, marked, milli, optional, sms, text,
    },
};
use crate::domain::{
    About, Channel, MessageEventKind, Problem, Purpose, ReportedEvent, TokenExpiry,
    sms::{SmsEncoding, measure},
};

const SENDER: &str = "sender";
const FEW_CREDITS: f64 = 50.0;
/// Their largest page of events.
const MOST_EVENTS: usize = 100;
/// Brevo writes the number for STOP here.
const STOP_PLACE: &str = "[STOP_CODE]";

static DESCRIPTOR: Descriptor = Descriptor {
    id: "brevo_sms",
    name: "Brevo SMS",
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
            key: API_KEY,
            label: "Clé API",
            label_en: "API key",
            help: "La longue suite qui commence par xkeysib-. La même que pour les e-mails convient.",
            help_en: "The long row that begins with xkeysib-. The same as for e-mail will do.",
            secret: true,
            required: true,
            example: "xkeysib-exempleexempleexemple",
        },
        CredentialField {
            key: SENDER,
            label: "Nom de l’expéditeur",
            label_en: "Name of the sender",
            help: "Le nom affiché sur le téléphone : 11 lettres ou chiffres au plus, sans espace.",
            help_en: "The name shown on the phone: at most 11 letters or digits, no space.",
            secret: false,
            required: true,
            example: "VieuxMoulin",
        },
    ],
    connect: Connect {
        methods: &[ConnectMethod::Token],
        steps: &[
            "Sur brevo.com, ouvrez un compte et achetez des crédits SMS.",
            "Dans « SMTP et API », « Clés API », créez une clé nommée « Le Vieux Moulin » et copiez-la.",
            "Dans « Sécurité », « IP autorisées », laissez la restriction désactivée : l’adresse de votre connexion change.",
            "Collez ici la clé et le nom qui s’affichera sur les téléphones.",
        ],
        steps_en: &[
            "On brevo.com open an account and buy SMS credits.",
            "In “SMTP and API”, “API keys”, create a key named “Le Vieux Moulin” and copy it.",
            "In “Security”, “Authorised IPs”, leave the restriction off: the address of your line changes.",
            "Paste the key and the name that phones will show here.",
        ],
    },
    limitations: &[
        "Brevo retient lui-même les SMS publicitaires la nuit, le dimanche et les jours fériés : ils partent plus tard.",
        "Brevo ne dit pas si un SMS a été lu : seulement s’il est arrivé.",
        "Les arrivées et les réponses sont lues toutes les dix minutes : Brevo limite le nombre de questions par heure.",
    ],
    limitations_en: &[
        "Brevo itself holds advertising SMS back at night, on Sundays and on holidays: they leave later.",
        "Brevo does not say whether an SMS was read: only whether it arrived.",
        "Arrivals and answers are read every ten minutes: Brevo limits the number of questions each hour.",
    ],
    own_server: false,
};

/// The connector.
#[derive(Debug, Default)]
pub struct BrevoSms;

#[async_trait]
impl Connector for BrevoSms {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    async fn check(&self, access: &Access<'_>) -> Result<Identity, Failure> {
        let account: Account = Client::new(access)?.get(&["account"], &[]).await?;
        let sender = optional(access, SENDER).unwrap_or_default();
        let severity = if is_name(&sender) { Severity::Ok } else { Severity::Error };
        let code = if is_name(&sender) { "sender_verified" } else { "sender_name_invalid" };
        let findings = vec![
            finding("messages_ready", Severity::Ok, Some(account.email.clone())),
            finding(code, severity, Some(sender.clone())),
            account.money(true, FEW_CREDITS),
        ];
        Ok(Identity {
            label: account.label(),
            handle: sender,
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

/// Letters and digits, at most 11, at least one letter: what French operators show as a name.
fn is_name(sender: &str) -> bool {
    (1..=11).contains(&sender.len())
        && sender.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && sender.bytes().any(|byte| byte.is_ascii_alphabetic())
}

#[async_trait]
impl Messenger for BrevoSms {
    fn rules(&self) -> MessengerRules {
        MessengerRules {
            channel: Channel::Sms,
            kind: Kind::E,
            connections: 4,
            repeats_doubtful_service: false,
            adds_opt_out: true,
            report_every: Duration::from_mins(10),
        }
    }

    async fn open(&self, access: &Access<'_>) -> Result<Box<dyn MessageSession>, Failure> {
        Client::new(access)?;
        Ok(Box::new(Way))
    }

    async fn reconcile(&self, access: &Access<'_>, job: &MessageJob<'_>) -> Result<MessageFinding, Failure> {
        let (client, sms, mark) = (Client::new(access)?, sms(job)?, long_mark(job.id));
        let query = [("tags", mark.as_str()), ("phoneNumber", sms.to.as_str()), ("limit", "10")];
        let list: Value = client.get(&["transactionalSMS", "statistics", "events"], &query).await?;
        let events = list.get("events").and_then(Value::as_array);
        let Some(event) = events.and_then(|events| events.first()) else {
            return Ok(MessageFinding::NotFound);
        };
        match event.get("messageId").and_then(id_text) {
            None => Err(Failure::unknown("unreadable_answer").while_looking()),
            remote_id => Ok(MessageFinding::Found(Accepted { remote_id, price_milli: None })),
        }
    }

    async fn report(&self, access: &Access<'_>, request: &ReportRequest) -> Result<Reports, Failure> {
        let client = Client::new(access)?;
        let mut marks = EventMarks::read(&request.marks);
        let oldest = request.open.iter().map(|message| message.sent_at).min().unwrap_or(access.now);
        let path = ["transactionalSMS", "statistics", "events"];
        let list = read_days(&client, &path, MOST_EVENTS, (oldest, access.now), &mut marks).await?;
        let events = list.iter().filter_map(understood).collect();
        Ok(Reports { events, marks: marks.written()?, more: false })
    }

    async fn balance(&self, access: &Access<'_>) -> Result<Option<Balance>, Failure> {
        let account: Account = Client::new(access)?.get(&["account"], &[]).await?;
        let amount_milli = milli(account.credits(true));
        Ok(Some(Balance { amount_milli, currency: None, part_price_milli: None }))
    }
}

fn understood(told: &Value) -> Option<ReportedEvent> {
    let (id, date) = (told.get("messageId").and_then(id_text).unwrap_or_default(), text(told, "date"));
    let (name, at) = (text(told, "event"), instant(date)?);
    let key = format!("{id}:{name}:{date}");
    let person = || e164(text(told, "phoneNumber"));
    let kind = match name {
        "delivered" => MessageEventKind::Delivered,
        "hardBounces" => MessageEventKind::HardBounce,
        "softBounces" | "bounces" | "rejected" | "blocked" | "skipped" => MessageEventKind::SoftBounce,
        "unsubscription" => return Some(wish(person()?, at, key)),
        "replies" => return Some(answered(person()?, text(told, "reply"), at, key)),
        _ => return None,
    };
    let about = match told.get("tag").and_then(|tag| marked(&tag.to_string())) {
        Some(message) => About::Message(message),
        None => About::RemoteId(Some(id).filter(|id| !id.is_empty())?),
    };
    Some(event(about, kind, at, Some(text(told, "reason").to_owned()), key))
}

fn wish(from: String, at: Timestamp, key: String) -> ReportedEvent {
    event(About::Address(from), MessageEventKind::Stop, at, None, key)
}

/// Body of `POST /transactionalSMS/send`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct NewSms<'a> {
    sender: &'a str,
    recipient: &'a str,
    content: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    tag: &'a str,
    /// Without it foreign characters would be replaced: the words are the owner's.
    unicode_enabled: bool,
}

/// Nothing is open between two messages.
struct Way;

#[async_trait]
impl MessageSession for Way {
    async fn send(&mut self, access: &Access<'_>, job: &MessageJob<'_>) -> Result<Accepted, Failure> {
        let (client, sms, mark) = (Client::new(access)?, sms(job)?, long_mark(job.id));
        let own_sender = optional(access, SENDER);
        let sender = sms.sender.as_deref().or(own_sender.as_deref()).filter(|sender| is_name(sender));
        let sender =
            sender.ok_or_else(|| Failure::new(FailureClass::Blocked, Problem::new("sender_name_invalid")))?;
        let is_marketing = job.purpose == Purpose::Marketing;
        let content = if is_marketing && !sms.text.contains(STOP_PLACE) {
            format!("{}\nSTOP {STOP_PLACE}", sms.text)
        } else {
            sms.text.clone()
        };
        let new = NewSms {
            sender,
            recipient: &sms.to,
            content: &content,
            kind: if is_marketing { "marketing" } else { "transactional" },
            tag: &mark,
            unicode_enabled: measure(&sms.text).encoding == SmsEncoding::Ucs2,
        };
        let reply = client.send(&["transactionalSMS", "send"], &new).await?;
        let json = brevo_api::accept(&reply, Effect::Possible, access.now)?;
        let remote_id = json.get("messageId").and_then(id_text);
        if remote_id.is_none() {
            return Err(brevo_api::incomplete(&reply, Effect::Possible));
        }
        Ok(Accepted { remote_id, price_milli: None })
    }
}
