//! A provider of messages whose answers a test writes down beforehand. It keeps what it accepted, so that a
//! test can count who got what.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use secrecy::ExposeSecret as _;
use tokio::sync::Notify;
use vieux_moulin_engine::{
    connectors::{
        Access, Capabilities, Connector, CredentialField, Descriptor, Failure, FailureClass, Identity, Kind,
        Limits, Messenger,
        descriptor::{Connect, ConnectMethod},
        messenger::{
            Accepted, MessageFinding, MessageJob, MessageSession, MessengerRules, ReportRequest,
            ReportedEvent, Reports,
        },
    },
    domain::{Channel, OutgoingMessage, Problem},
};

/// What the provider does with a step.
#[derive(Clone, Debug)]
pub enum Answer {
    Accept,
    /// Refuses; nothing leaves.
    Fail(Failure),
    /// Sends it, and answers with this failure all the same.
    AcceptThenFail(Failure),
    /// Waits for [`PostOffice::release`], then accepts.
    Hang,
}

impl Answer {
    pub fn fail(class: FailureClass, code: &str) -> Self {
        Self::Fail(Failure::new(class, Problem::new(code)))
    }

    /// The connection is lost after everything was said.
    pub fn lost() -> Self {
        Self::AcceptThenFail(Failure::unknown("connection_lost"))
    }
}

/// What a person found in their mailbox or on their telephone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    pub id: String,
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub headers: Vec<(String, String)>,
}

#[derive(Default)]
struct Inner {
    received: Vec<Received>,
    opens: VecDeque<Answer>,
    offers: VecDeque<Answer>,
    sends: VecDeque<Answer>,
    always_open: Option<Answer>,
    events: Vec<ReportedEvent>,
    opened: usize,
}

/// One provider.
pub struct PostOffice {
    descriptor: &'static Descriptor,
    channel: Channel,
    inner: Mutex<Inner>,
    /// Frees what [`Answer::Hang`] holds.
    pub release: Notify,
}

impl PostOffice {
    /// `kind` says how a doubt is settled: H by nobody, the others by looking at what was accepted.
    pub fn new(id: &'static str, channel: Channel, kind: Kind) -> Arc<Self> {
        let descriptor = Descriptor {
            id,
            name: id,
            kind,
            capabilities: Capabilities { messages: true, ..Capabilities::default() },
            limits: Limits::NO_POSTS,
            credential_fields: &[CredentialField {
                key: "token",
                label: "Jeton",
                label_en: "Token",
                help: "",
                help_en: "",
                secret: true,
                required: true,
                example: "",
            }],
            connect: Connect { methods: &[ConnectMethod::Token], steps: &["a"], steps_en: &["a"] },
            limitations: &[],
            limitations_en: &[],
            own_server: false,
        };
        Arc::new(Self {
            descriptor: Box::leak(Box::new(descriptor)),
            channel,
            inner: Mutex::default(),
            release: Notify::new(),
        })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Platform id.
    pub fn id(&self) -> &'static str {
        self.descriptor.id
    }

    pub fn received(&self) -> Vec<Received> {
        self.inner().received.clone()
    }

    /// How many messages an address got.
    pub fn count(&self, to: &str) -> usize {
        self.inner().received.iter().filter(|message| message.to == to).count()
    }

    pub fn next_offers(&self, answers: impl IntoIterator<Item = Answer>) {
        self.inner().offers.extend(answers);
    }

    pub fn next_sends(&self, answers: impl IntoIterator<Item = Answer>) {
        self.inner().sends.extend(answers);
    }

    /// Every attempt to open a way ends like this.
    pub fn refuse_to_open(&self, failure: Option<Failure>) {
        self.inner().always_open = failure.map(Answer::Fail);
    }

    /// How often a way was asked for.
    pub fn opened(&self) -> usize {
        self.inner().opened
    }

    /// Told at the next reading of reports.
    pub fn report(&self, event: ReportedEvent) {
        self.inner().events.push(event);
    }

    fn keep(&self, job: &MessageJob<'_>) -> Accepted {
        let received = match job.message {
            OutgoingMessage::Email(email) => Received {
                id: job.id.to_string(),
                to: email.to_address.clone(),
                subject: email.subject.clone(),
                text: email.text.clone(),
                html: email.html.clone(),
                headers: email.headers.clone(),
            },
            OutgoingMessage::Sms(sms) => Received {
                id: job.id.to_string(),
                to: sms.to.clone(),
                subject: String::new(),
                text: sms.text.clone(),
                html: String::new(),
                headers: Vec::new(),
            },
        };
        let remote_id = Some(format!("remote-{}", received.id));
        self.inner().received.push(received);
        Accepted { remote_id, price_milli: None }
    }

    async fn hold(&self) {
        self.release.notified().await;
    }
}

/// The connector of a [`PostOffice`].
pub struct ScriptedMessenger(pub Arc<PostOffice>);

#[async_trait]
impl Connector for ScriptedMessenger {
    fn descriptor(&self) -> &'static Descriptor {
        self.0.descriptor
    }

    async fn check(&self, access: &Access<'_>) -> Result<Identity, Failure> {
        let name = access.credentials.get("token").map(|token| token.expose_secret().to_owned());
        let name = name.unwrap_or_default();
        let handle = format!("{name}@levieuxmoulin.example");
        Ok(Identity { remote_id: name.clone(), handle, label: name, ..Identity::default() })
    }

    fn messenger(&self) -> Option<&dyn Messenger> {
        Some(self)
    }
}

#[async_trait]
impl Messenger for ScriptedMessenger {
    fn rules(&self) -> MessengerRules {
        MessengerRules {
            channel: self.0.channel,
            kind: self.0.descriptor.kind,
            connections: 3,
            repeats_doubtful_service: self.0.channel == Channel::Email,
            adds_opt_out: self.0.channel == Channel::Sms,
            report_every: Duration::from_secs(120),
        }
    }

    async fn open(&self, _access: &Access<'_>) -> Result<Box<dyn MessageSession>, Failure> {
        let answer = {
            let mut inner = self.0.inner();
            inner.opened += 1;
            inner.opens.pop_front().or_else(|| inner.always_open.clone())
        };
        match answer {
            Some(Answer::Fail(failure)) => Err(failure),
            _ => Ok(Box::new(Session { office: self.0.clone(), is_broken: false })),
        }
    }

    async fn reconcile(&self, _access: &Access<'_>, job: &MessageJob<'_>) -> Result<MessageFinding, Failure> {
        if self.0.descriptor.kind == Kind::H {
            return Ok(MessageFinding::NotKnowable);
        }
        let found = self.0.inner().received.iter().any(|message| message.id == job.id.as_str());
        let remote_id = Some(format!("remote-{}", job.id));
        Ok(if found {
            MessageFinding::Found(Accepted { remote_id, price_milli: None })
        } else {
            MessageFinding::NotFound
        })
    }

    async fn report(&self, _access: &Access<'_>, _request: &ReportRequest) -> Result<Reports, Failure> {
        // The same events are told again and again, as real lists do.
        Ok(Reports { events: self.0.inner().events.clone(), ..Reports::default() })
    }
}

struct Session {
    office: Arc<PostOffice>,
    is_broken: bool,
}

#[async_trait]
impl MessageSession for Session {
    async fn offer(&mut self, _access: &Access<'_>, _job: &MessageJob<'_>) -> Result<(), Failure> {
        let answer = self.office.inner().offers.pop_front();
        match answer {
            Some(Answer::Fail(failure)) => Err(failure),
            Some(Answer::Hang) => {
                self.office.hold().await;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    async fn send(&mut self, _access: &Access<'_>, job: &MessageJob<'_>) -> Result<Accepted, Failure> {
        let answer = self.office.inner().sends.pop_front().unwrap_or(Answer::Accept);
        match answer {
            Answer::Accept => Ok(self.office.keep(job)),
            Answer::Fail(failure) => {
                self.is_broken = failure.class == FailureClass::Unknown;
                Err(failure)
            }
            Answer::AcceptThenFail(failure) => {
                self.is_broken = true;
                self.office.keep(job);
                Err(failure)
            }
            Answer::Hang => {
                self.office.hold().await;
                Ok(self.office.keep(job))
            }
        }
    }

    fn is_broken(&self) -> bool {
        self.is_broken
    }
}
