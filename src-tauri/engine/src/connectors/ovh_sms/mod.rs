//! SMS by OVHcloud, kind E: every message carries a tag of its own, by which a lost answer is settled.
//!
//! Before an advertising message their STOP list is asked for the number, so that a STOP of the last minute
//! counts. What became of messages, answers and the STOP list are read; nothing of it is pushed to a computer
//! behind a box.
//!
//! Not here: their own delayed sending, which would leave without our gates being asked again, and batches,
//! because each person has words of their own.

mod client;
mod errors;
mod report;
mod wire;

use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;

use self::{
    client::{APPLICATION_KEY, APPLICATION_SECRET, CONSUMER_KEY, Client, SENDER, SERVICE, service},
    errors::Effect,
    wire::{NewJob, Outgoing, Rates, SendingReport, Service},
};
use super::{
    Access, Capabilities, CheckFinding, Connector, CredentialField, Descriptor, Failure, FailureClass,
    Identity, Kind, Limits, Messenger, Severity,
    descriptor::{Connect, ConnectMethod},
    earliest_effect,
    messenger::{
        ADDRESS_DEAD, Accepted, Balance, MessageFinding, MessageJob, MessageSession, MessengerRules,
        OPTED_OUT, ReportRequest, Reports,
    },
    provider::{PART_PRICE, e164, failure, finding, instant, milli, optional, short_mark, sms, text},
};
use crate::domain::{Channel, Problem, Purpose, TokenExpiry, account::ServerFacts};

/// Fewer credits than this are worth a word.
const FEW_CREDITS: f64 = 50.0;
/// Seconds; below it a difference of the clocks is nobody's business.
const CLOCK_IS_OFF: i64 = 60;
/// Waiting messages that are looked through after a doubt.
const MOST_JOBS: usize = 50;

static DESCRIPTOR: Descriptor = Descriptor {
    id: "ovh_sms",
    name: "OVHcloud SMS",
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
            key: APPLICATION_KEY,
            label: "Application Key",
            label_en: "Application key",
            help: "La première des trois clés que la page d’OVHcloud affiche.",
            help_en: "The first of the three keys that the page of OVHcloud shows.",
            secret: false,
            required: true,
            example: "a1b2c3d4e5f6a7b8",
        },
        CredentialField {
            key: APPLICATION_SECRET,
            label: "Application Secret",
            label_en: "Application secret",
            help: "La deuxième clé. Gardez-la pour vous.",
            help_en: "The second key. Keep it to yourself.",
            secret: true,
            required: true,
            example: "a1b2c3d4e5f6a7b8a1b2c3d4e5f6a7b8",
        },
        CredentialField {
            key: CONSUMER_KEY,
            label: "Consumer Key",
            label_en: "Consumer key",
            help: "La troisième clé : elle dit ce que l’application a le droit de faire.",
            help_en: "The third key: it says what the application may do.",
            secret: true,
            required: true,
            example: "b8a7f6e5d4c3b2a1b8a7f6e5d4c3b2a1",
        },
        CredentialField {
            key: SENDER,
            label: "Nom de l’expéditeur",
            label_en: "Name of the sender",
            help: "Le nom affiché sur le téléphone, 11 lettres ou chiffres au plus, validé par OVHcloud. Vide : un numéro court, auquel vos clients peuvent répondre, mais sans aucun lien dans le texte.",
            help_en: "The name shown on the phone, at most 11 letters or digits, approved by OVHcloud. Empty: a short number that customers can answer, but without any link in the text.",
            secret: false,
            required: false,
            example: "VieuxMoulin",
        },
        CredentialField {
            key: SERVICE,
            label: "Compte SMS",
            label_en: "SMS account",
            help: "Seulement si vous avez plusieurs comptes SMS chez OVHcloud.",
            help_en: "Only if you have several SMS accounts at OVHcloud.",
            secret: false,
            required: false,
            example: "sms-ab12345-1",
        },
    ],
    connect: Connect {
        methods: &[ConnectMethod::Token],
        steps: &[
            "Sur le site d’OVHcloud, ouvrez un compte SMS et achetez un pack de crédits : un crédit est un SMS vers la France.",
            "Dans l’espace client, « SMS », « Expéditeurs », demandez le nom « VieuxMoulin » et joignez l’extrait Kbis. La réponse vient en trois jours environ.",
            "Ouvrez https://eu.api.ovh.com/createToken/ et connectez-vous avec votre compte OVHcloud.",
            "Validité : « Unlimited ». Droits, quatre lignes : GET /sms, GET /sms/*, POST /sms/*, DELETE /sms/*.",
            "Collez ici les trois clés et le nom de l’expéditeur.",
        ],
        steps_en: &[
            "On the site of OVHcloud open an SMS account and buy a pack of credits: one credit is one SMS to France.",
            "In the customer area, “SMS”, “Senders”, ask for the name “VieuxMoulin” and attach the company register extract. The answer comes within about three days.",
            "Open https://eu.api.ovh.com/createToken/ and sign in with your OVHcloud account.",
            "Validity: “Unlimited”. Rights, four lines: GET /sms, GET /sms/*, POST /sms/*, DELETE /sms/*.",
            "Paste the three keys and the name of the sender here.",
        ],
    },
    limitations: &[
        "Un texte de plus de 160 caractères, ou avec un seul caractère rare, compte plusieurs crédits.",
        "OVHcloud ajoute lui-même la mention STOP aux messages publicitaires.",
        "OVHcloud ne dit pas si un SMS a été lu : seulement s’il est arrivé.",
        "Chaque réponse reçue coûte un crédit.",
    ],
    limitations_en: &[
        "A text of more than 160 characters, or with a single rare character, counts several credits.",
        "OVHcloud itself adds the STOP words to advertising messages.",
        "OVHcloud does not say whether an SMS was read: only whether it arrived.",
        "Each answer that comes in costs one credit.",
    ],
    own_server: false,
};

/// The connector.
#[derive(Debug, Default)]
pub struct OvhSms;

#[async_trait]
impl Connector for OvhSms {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    async fn check(&self, access: &Access<'_>) -> Result<Identity, Failure> {
        let client = Client::open(access).await?;
        let names: Vec<String> = client.get(&["sms"], &[]).await?;
        let name = match (optional(access, SERVICE), names.as_slice()) {
            (Some(typed), names) if names.contains(&typed) => typed,
            (None, [only]) => only.clone(),
            (None, [_, ..]) => {
                let problem = Problem::new("sms_service_choice").message(names.join(", "));
                return Err(Failure::new(FailureClass::Content, problem));
            }
            _ => return Err(Failure::new(FailureClass::Reauth, Problem::new("sms_service_not_found"))),
        };
        let service: Service = client.get(&["sms", &name], &[]).await?;
        if service.status == "disable" {
            return Err(Failure::new(FailureClass::Blocked, Problem::new("provider_account_suspended")));
        }
        let sender = optional(access, SENDER);
        let mut findings = vec![finding("messages_ready", Severity::Ok, Some(name.clone()))];
        findings.extend(self::sender(&client, &name, sender.as_deref()).await?);
        findings.push(money(&service));
        if client.ahead_secs().abs() > CLOCK_IS_OFF {
            findings.push(finding("clock_a_little_wrong", Severity::Warning, None));
        }
        let mut facts = ServerFacts::new();
        if let Some(price) = part_price(&client).await {
            facts.insert(PART_PRICE.to_owned(), json!(price));
        }
        Ok(Identity {
            label: service.description.filter(|text| !text.trim().is_empty()).unwrap_or_else(|| name.clone()),
            handle: sender.unwrap_or_else(|| name.clone()),
            remote_id: name,
            token_expiry: expiry(&client).await,
            facts,
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

/// What the sender's name may do.
async fn sender(
    client: &Client<'_>,
    service: &str,
    name: Option<&str>,
) -> Result<Vec<CheckFinding>, Failure> {
    let Some(name) = name else {
        return Ok(vec![finding("short_number_used", Severity::Warning, None)]);
    };
    let subject = Some(name.to_owned());
    let found: Option<serde_json::Value> = client.find(&["sms", service, "senders", name]).await?;
    let status = found.as_ref().map(|sender| text(sender, "status"));
    Ok(match status {
        Some("enable") => vec![finding("sender_verified", Severity::Ok, subject)],
        Some("waitingValidation") => vec![finding("sender_waits", Severity::Error, subject)],
        _ => vec![finding("sender_not_verified", Severity::Error, subject)],
    })
}

#[expect(clippy::cast_possible_truncation, reason = "a number of credits for a sentence")]
fn money(service: &Service) -> CheckFinding {
    let left = service.credits_left.max(0.0) as i64;
    let subject = Some(left.to_string());
    match service.credits_left {
        none if none < 1.0 => finding("no_credit", Severity::Error, None),
        few if few < FEW_CREDITS => finding("few_credits", Severity::Warning, subject),
        _ => finding("credits_left", Severity::Ok, subject),
    }
}

/// Thousandths of a euro of one part to France, where they say it.
async fn part_price(client: &Client<'_>) -> Option<i64> {
    let rates: Rates = client.get(&["sms", "rates", "destinations"], &[("country", "fr")]).await.ok()?;
    let price = rates.price?;
    let is_euro = text(&price, "currencyCode") == "EUR";
    let credit = if rates.credit > 0.0 { rates.credit } else { 1.0 };
    price.get("value")?.as_f64().filter(|value| is_euro && *value > 0.0).map(|value| milli(value * credit))
}

/// When the keys end. The keys need no right to say it, but may be refused it.
async fn expiry(client: &Client<'_>) -> TokenExpiry {
    let credential: Result<serde_json::Value, Failure> =
        client.get(&["auth", "currentCredential"], &[]).await;
    match credential {
        Ok(credential) => match credential.get("expiration") {
            Some(serde_json::Value::String(at)) => {
                instant(at).map_or(TokenExpiry::Unknown, |at| TokenExpiry::Known { at })
            }
            _ => TokenExpiry::Never,
        },
        Err(_) => TokenExpiry::Unknown,
    }
}

#[async_trait]
impl Messenger for OvhSms {
    fn rules(&self) -> MessengerRules {
        MessengerRules {
            channel: Channel::Sms,
            kind: Kind::E,
            connections: 4,
            repeats_doubtful_service: false,
            adds_opt_out: true,
            report_every: Duration::from_mins(2),
        }
    }

    async fn open(&self, access: &Access<'_>) -> Result<Box<dyn MessageSession>, Failure> {
        let client = Client::open(access).await?;
        Ok(Box::new(Way { service: service(access)?, ahead_secs: client.ahead_secs(), is_broken: false }))
    }

    async fn reconcile(&self, access: &Access<'_>, job: &MessageJob<'_>) -> Result<MessageFinding, Failure> {
        let (client, service, sms) = (Client::open(access).await?, service(access)?, sms(job)?);
        let mark = short_mark(job.id.as_str());
        let ids: Vec<i64> = client.get(&["sms", &service, "outgoing"], &[("tag", mark.as_str())]).await?;
        for id in ids {
            let sent: Outgoing = client.get(&["sms", &service, "outgoing", &id.to_string()], &[]).await?;
            if e164(&sent.receiver).as_deref() == Some(sms.to.as_str()) {
                return Ok(found(access, &sent));
            }
        }
        // What their rules hold at night waits here, and has no tag.
        let mut waiting: Vec<i64> = client.get(&["sms", &service, "jobs"], &[]).await?;
        waiting.sort_unstable_by(|a, b| b.cmp(a));
        let not_before = earliest_effect(job.first_sent_at.unwrap_or(job.created_at), None);
        for id in waiting.into_iter().take(MOST_JOBS) {
            let path = ["sms", service.as_str(), "jobs", &id.to_string()];
            let Some(held) = client.find::<Outgoing>(&path).await? else { continue };
            let is_ours = e164(&held.receiver).as_deref() == Some(sms.to.as_str())
                && held.message.starts_with(&sms.text)
                && held.created_at().is_some_and(|at| at >= not_before);
            if is_ours {
                return Ok(found(access, &held));
            }
        }
        Ok(MessageFinding::NotFound)
    }

    async fn report(&self, access: &Access<'_>, request: &ReportRequest) -> Result<Reports, Failure> {
        report::read(access, request).await
    }

    async fn balance(&self, access: &Access<'_>) -> Result<Option<Balance>, Failure> {
        let client = Client::open(access).await?;
        let service: Service = client.get(&["sms", &service(access)?], &[]).await?;
        let part_price_milli = match known_price(access) {
            None => part_price(&client).await,
            known => known,
        };
        let amount_milli = milli(service.credits_left);
        Ok(Some(Balance { amount_milli, currency: None, part_price_milli }))
    }

    /// Removes what was sent to a number and what came from it. The STOP list stays: it protects the person.
    async fn erase(&self, access: &Access<'_>, address: &str) -> Result<bool, Failure> {
        let (client, service) = (Client::open(access).await?, service(access)?);
        for (list, filter) in [("outgoing", "receiver"), ("incoming", "sender")] {
            let ids: Vec<i64> = client.get(&["sms", &service, list], &[(filter, address)]).await?;
            for id in ids {
                client.remove(&["sms", &service, list, &id.to_string()]).await?;
            }
        }
        Ok(true)
    }
}

fn known_price(access: &Access<'_>) -> Option<i64> {
    access.account.facts.get(PART_PRICE)?.as_i64()
}

/// What credits cost, where the price of one is known.
fn price_of(access: &Access<'_>, credits: f64) -> Option<i64> {
    known_price(access).filter(|_| credits > 0.0).map(|price| price.saturating_mul(milli(credits)) / 1000)
}

fn found(access: &Access<'_>, sent: &Outgoing) -> MessageFinding {
    let price_milli = price_of(access, sent.credits);
    MessageFinding::Found(Accepted { remote_id: Some(sent.id.to_string()), price_milli })
}

/// Nothing is open between two messages but the knowledge of their clock.
struct Way {
    service: String,
    ahead_secs: i64,
    is_broken: bool,
}

#[async_trait]
impl MessageSession for Way {
    /// Asks their STOP list for the number of an advertising message.
    async fn offer(&mut self, access: &Access<'_>, job: &MessageJob<'_>) -> Result<(), Failure> {
        let sms = sms(job)?;
        if job.purpose == Purpose::Service {
            return Ok(());
        }
        let client = Client::with_clock(access, self.ahead_secs)?;
        let listed = client.find::<serde_json::Value>(&["sms", &self.service, "blacklists", &sms.to]).await;
        match self.noticed(listed)? {
            Some(_) => Err(Failure::content(OPTED_OUT)),
            None => Ok(()),
        }
    }

    async fn send(&mut self, access: &Access<'_>, job: &MessageJob<'_>) -> Result<Accepted, Failure> {
        let (client, sms) = (Client::with_clock(access, self.ahead_secs)?, sms(job)?);
        let own_sender = optional(access, SENDER);
        let sender = sms.sender.as_deref().or(own_sender.as_deref());
        let mark = short_mark(job.id.as_str());
        let new = NewJob {
            charset: "UTF-8",
            message: &sms.text,
            no_stop_clause: job.purpose == Purpose::Service,
            priority: "high",
            receivers: [&sms.to],
            sender,
            sender_for_response: sender.is_none(),
            tag: &mark,
        };
        let reply = client.send(&self.service, &new).await?;
        let accepted = errors::accept(&reply, Effect::Possible, access.now);
        let json = self.noticed(accepted)?;
        let report: SendingReport =
            serde_json::from_value(json.clone()).map_err(|_| errors::incomplete(&reply, Effect::Possible))?;
        match (report.ids.as_slice(), report.invalid_receivers.is_empty()) {
            ([id, ..], _) => Ok(Accepted {
                remote_id: Some(id.to_string()),
                price_milli: price_of(access, report.total_credits_removed),
            }),
            // A success that has sent nothing.
            ([], false) => Err(failure(FailureClass::Content, ADDRESS_DEAD, &reply, "invalidReceivers")),
            ([], true) => Err(failure(FailureClass::Content, "message_refused", &reply, "ids: []")),
        }
    }

    fn is_broken(&self) -> bool {
        self.is_broken
    }
}

impl Way {
    /// After a refusal for the clock the difference has to be measured anew, by a new way.
    fn noticed<T>(&mut self, result: Result<T, Failure>) -> Result<T, Failure> {
        if let Err(failure) = &result {
            self.is_broken |= failure.problem.code == errors::CLOCK;
        }
        result
    }
}
