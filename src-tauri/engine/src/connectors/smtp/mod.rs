//! E-mail through the owner's own mail account (SMTP submission), with reports read from its mailbox over
//! IMAP. Kind H: nobody can say whether a mail whose reply was lost has left. At most one mail of each
//! connection can be in that doubt, because the connector speaks the steps itself.
//!
//! Not here: signing (DKIM is the host's work; we look whether it is set up), a mail server of our own,
//! images inside mails, folders other than the one that is read.

mod authentication;
mod client;
mod dns;
mod errors;
mod mime;
mod settings;
mod wire;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

pub use dns::{NoAnswer, SystemDns, Texts};
pub use settings::{Login, Server};

use self::{client::Session, settings::Settings};
use super::{
    Access, Capabilities, CheckFinding, Connector, CredentialField, Descriptor, Failure, FailureClass,
    Identity, Kind, Limits, Messenger, Severity,
    descriptor::{Connect, ConnectMethod},
    mail_line::{Trust, is_loopback},
    mailbox::{Door, Letter, LetterKind, bounce::Verdict},
    messenger::{
        About, MessageFinding, MessageJob, MessageSession, MessengerRules, ReportRequest, ReportedEvent,
        Reports,
    },
};
use crate::domain::{Channel, MessageEventKind, MessageId, Problem, TokenExpiry, account::ServerFacts};

const CONNECTIONS: usize = 2;
const REPORT_EVERY: Duration = Duration::from_mins(5);

const fn field(
    key: &'static str,
    [label, help]: [&'static str; 2],
    [label_en, help_en]: [&'static str; 2],
    required: bool,
    example: &'static str,
) -> CredentialField {
    CredentialField { key, label, label_en, help, help_en, secret: false, required, example }
}

static DESCRIPTOR: Descriptor = Descriptor {
    id: "smtp",
    name: "E-mail (SMTP)",
    kind: Kind::H,
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
        field(
            settings::FROM_ADDRESS,
            ["Adresse d’expéditeur", "L’adresse que vos clients verront. Elle doit être celle de ce compte."],
            [
                "Sender’s address",
                "The address that your customers will see. It has to be the one of this account.",
            ],
            true,
            "contact@levieuxmoulin.fr",
        ),
        field(
            settings::FROM_NAME,
            ["Nom d’expéditeur", "Le nom affiché à côté de l’adresse."],
            ["Sender’s name", "The name shown beside the address."],
            false,
            "Le Vieux Moulin",
        ),
        field(
            settings::HOST,
            ["Serveur d’envoi", "Le serveur sortant (SMTP) que votre hébergeur indique."],
            ["Outgoing server", "The outgoing server (SMTP) that your host names."],
            true,
            "ssl0.ovh.net",
        ),
        field(
            settings::PORT,
            ["Port d’envoi", "465 dans la plupart des cas, parfois 587."],
            ["Outgoing port", "465 in most cases, sometimes 587."],
            false,
            "465",
        ),
        field(
            settings::SECURITY,
            ["Chiffrement", "Écrivez tls (port 465) ou starttls (port 587). Vide : selon le port."],
            ["Encryption", "Write tls (port 465) or starttls (port 587). Empty: by the port."],
            false,
            "tls",
        ),
        field(
            settings::USERNAME,
            ["Identifiant", "Souvent l’adresse elle-même. Vide : l’adresse d’expéditeur."],
            ["User name", "Often the address itself. Empty: the sender’s address."],
            false,
            "contact@levieuxmoulin.fr",
        ),
        CredentialField {
            key: settings::PASSWORD,
            label: "Mot de passe",
            label_en: "Password",
            help: "Le mot de passe de la boîte. Chez Gmail, un mot de passe d’application.",
            help_en: "The password of the mailbox. At Gmail, an app password.",
            secret: true,
            required: true,
            example: "abcd efgh ijkl mnop",
        },
        field(
            settings::SIGN_IN,
            [
                "Connexion",
                "Vide pour un mot de passe. Écrivez xoauth2 si le champ au-dessus contient un jeton d’accès.",
            ],
            ["Sign-in", "Empty for a password. Write xoauth2 if the field above holds an access token."],
            false,
            "xoauth2",
        ),
        field(
            settings::IMAP_HOST,
            [
                "Serveur de réception",
                "Le serveur IMAP, pour lire les retours et les désabonnements. Rien n’y est modifié.",
            ],
            [
                "Incoming server",
                "The IMAP server, to read returned mail and wishes to unsubscribe. Nothing in it is changed.",
            ],
            false,
            "ssl0.ovh.net",
        ),
        field(
            settings::IMAP_PORT,
            ["Port de réception", "993 dans la plupart des cas."],
            ["Incoming port", "993 in most cases."],
            false,
            "993",
        ),
        field(
            settings::IMAP_FOLDER,
            ["Dossier lu", "Vide : la boîte de réception."],
            ["Folder to read", "Empty: the inbox."],
            false,
            "INBOX",
        ),
    ],
    connect: Connect {
        methods: &[ConnectMethod::AppPassword],
        steps: &[
            "Ouvrez l’aide de votre hébergeur (OVH, Gmail, Orange…) à la page « configurer un logiciel de messagerie ».",
            "Recopiez ici le serveur sortant (SMTP), son port, votre identifiant et votre mot de passe.",
            "Recopiez aussi le serveur entrant (IMAP) : c’est par lui que nous lisons les adresses mortes et les désabonnements.",
            "Le contrôle qui suit regarde si votre nom de domaine est en règle et donne, sinon, la ligne à ajouter.",
        ],
        steps_en: &[
            "Open the help of your host (OVH, Gmail, Orange…) at the page “set up a mail program”.",
            "Copy the outgoing server (SMTP), its port, your user name and your password here.",
            "Copy the incoming server (IMAP) too: by it we read dead addresses and wishes to unsubscribe.",
            "The check that follows looks whether your domain is in order and gives the line to add if it is not.",
        ],
    },
    limitations: &[
        "Une boîte ordinaire envoie quelques centaines de messages par jour. Au-delà, prenez un service d’envoi (Brevo, Mailjet).",
        "Personne ne dit si un e-mail a été ouvert : nous comptons ce qui est parti, revenu et répondu.",
        "Si la ligne se coupe juste après l’envoi, personne ne peut savoir s’il est parti : il n’est pas renvoyé tout seul.",
        "L’ordinateur doit être allumé à l’heure de l’envoi.",
    ],
    limitations_en: &[
        "An ordinary mailbox sends some hundreds of messages a day. Beyond that take a sending service (Brevo, Mailjet).",
        "Nobody says whether a mail was opened: we count what left, what came back and what was answered.",
        "If the line breaks right after sending, nobody can know whether the mail left: it is not sent again by itself.",
        "The computer has to be on when the mailing is due.",
    ],
    own_server: false,
};

/// The connector.
pub struct Smtp {
    dns: Arc<dyn Texts>,
    trust: OnceLock<Trust>,
}

impl Default for Smtp {
    fn default() -> Self {
        Self { dns: Arc::new(SystemDns), trust: OnceLock::new() }
    }
}

impl Smtp {
    /// With another resolver and other authorities: for tests.
    pub fn with(dns: Arc<dyn Texts>, trust: Trust) -> Self {
        Self { dns, trust: OnceLock::from(trust) }
    }

    fn trust(&self) -> Result<&Trust, Failure> {
        if let Some(trust) = self.trust.get() {
            return Ok(trust);
        }
        let trust = Trust::of_this_computer()?;
        Ok(self.trust.get_or_init(|| trust))
    }
}

fn finding(code: &str, severity: Severity, subject: Option<&str>) -> CheckFinding {
    CheckFinding { code: code.to_owned(), severity, subject: subject.map(str::to_owned) }
}

#[async_trait]
impl Connector for Smtp {
    fn descriptor(&self) -> &'static Descriptor {
        &DESCRIPTOR
    }

    async fn check(&self, access: &Access<'_>) -> Result<Identity, Failure> {
        let settings = Settings::read(access)?;
        let host = settings.outgoing.host.clone();
        if authentication::is_foreign(settings.domain(), &host) {
            return Err(Failure::new(FailureClass::Blocked, Problem::new("mail_domain_foreign")));
        }
        let session = Session::open(access, settings.clone(), self.trust()?).await?;
        let features = session.features.clone();
        session.quit().await;

        let mut findings = vec![finding("mail_ready", Severity::Ok, Some(&settings.from_address))];
        match door(&settings, access, self.trust()?) {
            None => findings.push(finding("mailbox_not_read", Severity::Warning, None)),
            Some(door) => {
                door.try_it().await?;
                findings.push(finding("mailbox_read", Severity::Ok, Some(&settings.folder)));
            }
        }
        // A server of this computer is a rehearsal: its domain is asked nowhere.
        if !is_loopback(&host) {
            let from = &settings.from_address;
            findings
                .extend(authentication::findings(self.dns.as_ref(), settings.domain(), &host, from).await);
        }
        let mut facts = ServerFacts::new();
        facts.insert("pipelining".to_owned(), json!(features.pipelining));
        facts.insert("delivery_reports".to_owned(), json!(features.dsn));
        if let Some(size) = features.size {
            facts.insert("max_bytes".to_owned(), json!(size));
        }
        let label = if settings.from_name.is_empty() { &settings.from_address } else { &settings.from_name };
        Ok(Identity {
            remote_id: settings.from_address.to_lowercase(),
            label: label.clone(),
            handle: settings.from_address,
            token_expiry: TokenExpiry::Never,
            facts,
            findings,
            ..Identity::default()
        })
    }

    fn messenger(&self) -> Option<&dyn Messenger> {
        Some(self)
    }
}

fn door<'a>(settings: &'a Settings, access: &Access<'_>, trust: &'a Trust) -> Option<Door<'a>> {
    let server = settings.mailbox.as_ref()?;
    let (login, folder) = (&settings.login, settings.folder.as_str());
    Some(Door { server, login, folder, trust, patience: access.http.patience() })
}

#[async_trait]
impl Messenger for Smtp {
    fn rules(&self) -> MessengerRules {
        MessengerRules {
            channel: Channel::Email,
            kind: Kind::H,
            connections: CONNECTIONS,
            repeats_doubtful_service: true,
            adds_opt_out: false,
            report_every: REPORT_EVERY,
        }
    }

    async fn open(&self, access: &Access<'_>) -> Result<Box<dyn MessageSession>, Failure> {
        let settings = Settings::read(access)?;
        if authentication::is_foreign(settings.domain(), &settings.outgoing.host) {
            return Err(Failure::new(FailureClass::Blocked, Problem::new("mail_domain_foreign")));
        }
        Ok(Box::new(Session::open(access, settings, self.trust()?).await?))
    }

    /// Not knowable: few servers keep what they sent, and none says what it refused.
    async fn reconcile(&self, _: &Access<'_>, _: &MessageJob<'_>) -> Result<MessageFinding, Failure> {
        Ok(MessageFinding::NotKnowable)
    }

    async fn report(&self, access: &Access<'_>, request: &ReportRequest) -> Result<Reports, Failure> {
        let settings = Settings::read(access)?;
        let Some(door) = door(&settings, access, self.trust()?) else {
            return Ok(Reports { marks: request.marks.clone(), ..Reports::default() });
        };
        let read = door.read(&request.marks, access.now).await?;
        let validity = read.marks.uid_validity;
        let events = read
            .letters
            .iter()
            .flat_map(|(uid, letter)| events(letter, &settings, &format!("{validity}:{uid}"), access.now));
        Ok(Reports {
            events: events.collect(),
            marks: serde_json::to_value(read.marks).unwrap_or(Value::Null),
            more: read.more,
        })
    }
}

/// What one letter says about our messages. A letter that is about none of them says nothing: this is a
/// person's mailbox.
fn events(letter: &Letter, settings: &Settings, place: &str, now: Timestamp) -> Vec<ReportedEvent> {
    let named = letter.about.iter().find_map(|id| ours(id, settings.domain()));
    let own = settings.from_address.to_lowercase();
    let of_person = |address: &str| {
        (address.contains('@') && *address != own).then(|| About::Address(address.to_owned()))
    };
    let said: Vec<(Option<About>, MessageEventKind, Option<String>)> = match &letter.kind {
        LetterKind::AutoReply => Vec::new(),
        LetterKind::Bounce(lines) => lines
            .iter()
            .map(|line| {
                let kind = match line.verdict {
                    Verdict::Hard => MessageEventKind::HardBounce,
                    Verdict::Soft => MessageEventKind::SoftBounce,
                    Verdict::Delayed => MessageEventKind::Deferred,
                    Verdict::Delivered => MessageEventKind::Delivered,
                };
                let status = line.status.iter().map(String::as_str);
                let detail = status.chain([line.words.as_str()]).collect::<Vec<_>>().join(" ");
                (named.clone().or_else(|| of_person(&line.address)), kind, Some(detail))
            })
            .collect(),
        LetterKind::Complaint(addresses) => match &named {
            Some(about) => vec![(Some(about.clone()), MessageEventKind::Complaint, None)],
            None => addresses
                .iter()
                .map(|address| (of_person(address), MessageEventKind::Complaint, None))
                .collect(),
        },
        LetterKind::Unsubscribe => {
            let token = letter.subject.split_whitespace().find_map(token).or(named);
            let about = token.or_else(|| letter.from.as_deref().and_then(of_person));
            vec![(about, MessageEventKind::Unsubscribe, None)]
        }
        LetterKind::Personal(words) => {
            vec![(named, MessageEventKind::Reply, Some(words.clone()))]
        }
    };
    let own_key = letter.message_id.as_deref().unwrap_or(place);
    let dated = letter.dated.and_then(|seconds| Timestamp::from_second(seconds).ok());
    // The date is the sender's word: nothing happened later than now.
    let at = dated.filter(|dated| *dated < now).unwrap_or(now);
    said.into_iter()
        .enumerate()
        .filter_map(|(line, (about, kind, detail))| {
            let key = format!("{own_key}#{line}");
            Some(ReportedEvent { about: about?, kind, at, robot: false, detail, key })
        })
        .collect()
}

/// A `Message-ID` of ours: `<message>@<our domain>`.
fn ours(id: &str, domain: &str) -> Option<About> {
    let (local, of) = id.rsplit_once('@')?;
    if of.eq_ignore_ascii_case(domain) { token(local) } else { None }
}

/// A message named by its own id.
fn token(word: &str) -> Option<About> {
    let id = Uuid::try_parse(word).ok()?;
    Some(About::Message(MessageId::from(id.hyphenated().to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_ids_name_a_message() {
        let id = Uuid::now_v7().to_string();
        let message = Some(About::Message(MessageId::from(id.clone())));
        assert_eq!(ours(&format!("{id}@moulin.fr"), "Moulin.fr"), message);
        assert_eq!(ours(&format!("{id}@elsewhere.fr"), "moulin.fr"), None);
        assert_eq!(ours("abc@moulin.fr", "moulin.fr"), None);
    }
}
