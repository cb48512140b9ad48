//! The same promises for every provider of messages that is reached over HTTP: what each kind of answer
//! means, one message after every doubt, bounces and wishes to be left alone that are heard, no secret in
//! any text. A provider joins by one line in [`PROVIDERS`]; what only it does is in its own file.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use vieux_moulin_engine::{
    connectors::{
        Credentials, Failure, FailureClass as Class, Messenger,
        messenger::{
            ADDRESS_DEAD, Accepted, Balance, MessageFinding, MessageJob, MessageSession, OPTED_OUT,
            OpenMessage, ReportRequest, Reports,
        },
        registry::Registry,
    },
    domain::{
        About, Channel, MessageEventKind as Kind, MessageId, OutgoingEmail, OutgoingMessage, OutgoingSms,
        Purpose,
    },
};
use vieux_moulin_sandbox::{
    Action, FaultMatch, FaultName as Fault, FaultParams, FaultRequest, Platform, RecordedRequest, Sandbox,
    SandboxOptions,
    faults::RateDialect,
    inbox::{Fate, Message},
    seed,
};

use crate::support::Stage;

/// One provider.
pub struct Provider {
    pub id: &'static str,
    pub platform: Platform,
    pub credentials: fn() -> Vec<(&'static str, String)>,
    /// Field whose value is the secret.
    pub secret_field: &'static str,
    pub remote_id: fn() -> String,
    /// An address that the provider refuses at once as one that cannot work; empty where it refuses none.
    pub dead_address: &'static str,
    /// The provider refuses a person who opted out instead of reporting it afterwards.
    pub refuses_opted_out: bool,
    /// Whether a wish to be left alone is told as an event of its own.
    pub tells_opt_outs: bool,
}

pub const PROVIDERS: &[Provider] = &[
    Provider {
        id: "brevo",
        platform: Platform::Brevo,
        credentials: || {
            vec![("api_key", seed::brevo_key(1)), ("sender_address", seed::MAIL_SENDER.to_owned())]
        },
        secret_field: "api_key",
        remote_id: || seed::brevo_account(1),
        dead_address: "claire@nulle-part",
        refuses_opted_out: false,
        tells_opt_outs: true,
    },
    Provider {
        id: "brevo_sms",
        platform: Platform::BrevoSms,
        credentials: || vec![("api_key", seed::brevo_key(1)), ("sender", seed::OVH_SENDER.to_owned())],
        secret_field: "api_key",
        remote_id: || seed::brevo_account(1),
        dead_address: "0612345678",
        refuses_opted_out: false,
        tells_opt_outs: true,
    },
    Provider {
        id: "mailjet",
        platform: Platform::Mailjet,
        credentials: || {
            vec![
                ("api_key", seed::mailjet_key(1)),
                ("secret_key", seed::mailjet_secret(1)),
                ("sender_address", seed::MAIL_SENDER.to_owned()),
            ]
        },
        secret_field: "secret_key",
        remote_id: || seed::mailjet_user(1).to_string(),
        dead_address: "claire@nulle-part",
        refuses_opted_out: false,
        tells_opt_outs: true,
    },
    Provider {
        id: "sendgrid",
        platform: Platform::SendGrid,
        credentials: || {
            vec![("api_key", seed::sendgrid_key(1)), ("sender_address", seed::MAIL_SENDER.to_owned())]
        },
        secret_field: "api_key",
        remote_id: || seed::sendgrid_username(1),
        dead_address: "claire@nulle-part",
        refuses_opted_out: false,
        tells_opt_outs: true,
    },
    Provider {
        id: "twilio",
        platform: Platform::Twilio,
        credentials: || {
            vec![
                ("account_sid", seed::twilio_account(1)),
                ("secret", seed::twilio_token(1)),
                ("sender", seed::TWILIO_NUMBER.to_owned()),
            ]
        },
        secret_field: "secret",
        remote_id: || seed::twilio_account(1),
        dead_address: "+33556011234",
        refuses_opted_out: true,
        tells_opt_outs: false,
    },
    Provider {
        id: "ovh_sms",
        platform: Platform::OvhSms,
        credentials: || {
            vec![
                ("application_key", seed::ovh_application_key(1)),
                ("application_secret", seed::ovh_application_secret(1)),
                ("consumer_key", seed::ovh_consumer_key(1)),
                ("sender", seed::OVH_SENDER.to_owned()),
            ]
        },
        secret_field: "application_secret",
        remote_id: || seed::ovh_service(1),
        dead_address: "0612345678",
        refuses_opted_out: true,
        tells_opt_outs: true,
    },
];

pub const PHONE: &str = "+33612345678";
pub const MAIL: &str = "claire.martin@example.fr";
const TEXT: &str = "Ce samedi, menu du marché à 25 euros au Vieux Moulin. À bientôt !";

/// Faults of the irreversible call after which nobody knows.
const DOUBTS: &[Fault] = &[
    Fault::ResetBefore,
    Fault::AcceptThenReset,
    Fault::ServerErrorBefore,
    Fault::ServerErrorAfter,
    Fault::HtmlPage,
    Fault::ErrorIn200,
    Fault::Redirect,
    Fault::MissingId,
];
/// The same where the answer has a body that can be cut.
const CUTS: &[Fault] = &[Fault::ResetMidBody, Fault::TruncatedJson, Fault::EmptyBody];

/// A sandbox with one connected account of a provider.
pub struct Post {
    pub sandbox: Sandbox,
    pub stage: Stage,
    pub provider: &'static Provider,
}

/// One message with what the sending loop would keep of it.
pub struct Letter {
    pub id: MessageId,
    pub message: OutgoingMessage,
    pub purpose: Purpose,
    pub created_at: Timestamp,
    pub first_sent_at: Option<Timestamp>,
}

impl Letter {
    pub fn job(&self) -> MessageJob<'_> {
        MessageJob {
            id: &self.id,
            mailing_id: "0190d3f0-0000-7000-8000-00000000abcd",
            purpose: self.purpose,
            message: &self.message,
            created_at: self.created_at,
            first_sent_at: self.first_sent_at,
            lookups: 0,
        }
    }

    pub fn open(&self, accepted: &Accepted) -> OpenMessage {
        OpenMessage {
            id: self.id.clone(),
            remote_id: accepted.remote_id.clone(),
            address: self.message.to().to_owned(),
            sent_at: self.first_sent_at.unwrap_or(self.created_at),
        }
    }
}

impl Post {
    pub async fn open(id: &str) -> Self {
        let mut post = Self::before_connecting(id).await;
        post.stage.connect().await;
        post
    }

    pub async fn before_connecting(id: &str) -> Self {
        let provider = PROVIDERS.iter().find(|provider| provider.id == id).unwrap();
        let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
        let base = provider.platform.address(sandbox.addresses()).to_owned();
        let connector = Registry::standard().get(id).unwrap().clone();
        let stage = Stage::new(connector, &base, &(provider.credentials)());
        Self { sandbox, stage, provider }
    }

    pub fn messenger(&self) -> &dyn Messenger {
        self.stage.connector.messenger().unwrap()
    }

    pub fn credentials(&self) -> Credentials {
        self.stage.vault.current.lock().unwrap().clone()
    }

    pub fn channel(&self) -> Channel {
        self.messenger().rules().channel
    }

    /// An address that works.
    pub fn address(&self) -> &'static str {
        match self.channel() {
            Channel::Sms => PHONE,
            Channel::Email => MAIL,
        }
    }

    pub fn letter(&self, to: &str, text: &str) -> Letter {
        let id = MessageId::new();
        let message = match self.channel() {
            Channel::Sms => {
                OutgoingMessage::Sms(OutgoingSms { sender: None, to: to.to_owned(), text: text.to_owned() })
            }
            Channel::Email => OutgoingMessage::Email(OutgoingEmail {
                from_name: "Le Vieux Moulin".to_owned(),
                from_address: seed::MAIL_SENDER.to_owned(),
                reply_to: Some("contact@levieuxmoulin.example".to_owned()),
                to_name: Some("Claire Martin".to_owned()),
                to_address: to.to_owned(),
                subject: "Samedi, menu du marché".to_owned(),
                html: format!("<p>{text}</p>"),
                text: text.to_owned(),
                message_id: format!("{id}@levieuxmoulin.example"),
                headers: vec![(
                    "List-Unsubscribe".to_owned(),
                    "<mailto:stop@levieuxmoulin.example>".to_owned(),
                )],
            }),
        };
        let created_at = self.stage.now();
        Letter { id, message, purpose: Purpose::Marketing, created_at, first_sent_at: None }
    }

    pub fn usual(&self) -> Letter {
        self.letter(self.address(), TEXT)
    }

    pub async fn way(&self) -> Result<Box<dyn MessageSession>, Failure> {
        let credentials = self.credentials();
        self.messenger().open(&self.stage.access(&credentials)).await
    }

    /// Opens a way, offers and sends.
    pub async fn send(&self, letter: &mut Letter) -> Result<Accepted, Failure> {
        let mut way = self.way().await?;
        self.send_by(&mut *way, letter).await
    }

    pub async fn send_by(
        &self,
        way: &mut dyn MessageSession,
        letter: &mut Letter,
    ) -> Result<Accepted, Failure> {
        let credentials = self.credentials();
        way.offer(&self.stage.access(&credentials), &letter.job()).await?;
        letter.first_sent_at.get_or_insert(self.stage.now());
        way.send(&self.stage.access(&credentials), &letter.job()).await
    }

    pub async fn reconcile(&self, letter: &Letter) -> Result<MessageFinding, Failure> {
        let credentials = self.credentials();
        self.messenger().reconcile(&self.stage.access(&credentials), &letter.job()).await
    }

    /// One whole reading: again and again while there is more.
    pub async fn report(&self, request: &ReportRequest) -> Result<Reports, Failure> {
        let credentials = self.credentials();
        let mut request = request.clone();
        let mut all = Vec::new();
        for _ in 0..50 {
            let read = self.messenger().report(&self.stage.access(&credentials), &request).await?;
            all.extend(read.events);
            request.marks = read.marks.clone();
            if !read.more {
                return Ok(Reports { events: all, marks: read.marks, more: false });
            }
        }
        panic!("{}: the reading has no end", self.provider.id);
    }

    pub async fn balance(&self) -> Result<Option<Balance>, Failure> {
        let credentials = self.credentials();
        self.messenger().balance(&self.stage.access(&credentials)).await
    }

    pub async fn erase(&self, address: &str) -> Result<bool, Failure> {
        let credentials = self.credentials();
        self.messenger().erase(&self.stage.access(&credentials), address).await
    }

    pub fn received(&self) -> Vec<Message> {
        self.sandbox.messages(self.provider.platform)
    }

    /// A fault of the sending request alone.
    pub async fn spoil_sending(&self, fault: Fault, params: FaultParams) {
        let only = FaultMatch { action: Some(Action::Publish), ..FaultMatch::default() };
        let request = FaultRequest { only, params, ..FaultRequest::new(fault) };
        self.sandbox.add_fault(self.provider.platform, request).await;
    }

    pub fn requests(&self, action: Action) -> Vec<RecordedRequest> {
        let mut requests = self.sandbox.requests(self.provider.platform);
        requests.retain(|request| request.action == action);
        requests
    }
}

/// What is known of one open message after a reading.
async fn told(post: &Post, letter: &Letter, accepted: &Accepted) -> Vec<(About, Kind)> {
    let request = ReportRequest { open: vec![letter.open(accepted)], ..ReportRequest::default() };
    let reports = post.report(&request).await.unwrap();
    reports.events.into_iter().map(|event| (event.about, event.kind)).collect()
}

/// By our own id or by the provider's.
fn is_about(about: &About, letter: &Letter, accepted: &Accepted) -> bool {
    match about {
        About::Message(id) => *id == letter.id,
        About::RemoteId(id) => Some(id) == accepted.remote_id.as_ref(),
        About::Address(_) => false,
    }
}

#[test]
fn every_provider_has_a_line() {
    for provider in PROVIDERS {
        let connector = Registry::standard().get(provider.id).unwrap().clone();
        let rules = connector.messenger().unwrap().rules();
        assert_eq!(rules.kind, connector.descriptor().kind, "{}", provider.id);
        assert!(rules.connections >= 1 && rules.report_every >= Duration::from_mins(1), "{}", provider.id);
    }
}

#[tokio::test]
async fn check_says_whose_account_it_is_and_that_its_sender_is_good() {
    for provider in PROVIDERS {
        let id = provider.id;
        let post = Post::before_connecting(id).await;
        let identity = post.stage.check().await.unwrap();
        assert_eq!(identity.remote_id, (provider.remote_id)(), "{id}");
        let codes: Vec<_> = identity.findings.iter().map(|finding| finding.code.as_str()).collect();
        assert!(codes.contains(&"messages_ready") && !identity.label.is_empty(), "{id}: {codes:?}");

        post.stage.vault.current.lock().unwrap().set(provider.secret_field, "wrong-secret");
        assert_eq!(post.stage.check().await.unwrap_err().class, Class::Reauth, "{id}");
        for fault in [Fault::HtmlPage, Fault::ServerErrorBefore, Fault::ResetBefore, Fault::TruncatedJson] {
            let post = Post::before_connecting(id).await;
            let request = FaultRequest { times: 0, ..FaultRequest::new(fault) };
            post.sandbox.add_fault(provider.platform, request).await;
            assert_eq!(post.stage.check().await.unwrap_err().class, Class::Retry, "{id} {fault:?}");
        }
    }
}

#[tokio::test]
async fn a_message_arrives_as_it_was_written_and_its_arrival_is_told() {
    for provider in PROVIDERS {
        let id = provider.id;
        let post = Post::open(id).await;
        let mut letter = post.usual();
        let accepted = post.send(&mut letter).await.unwrap();
        let received = post.received();
        let [message] = received.as_slice() else { panic!("{id}: {received:?}") };
        assert_eq!(message.to, post.address(), "{id}");
        assert!(message.text.starts_with(TEXT), "{id}: {}", message.text);
        let told = told(&post, &letter, &accepted).await;
        let [(about, Kind::Delivered)] = told.as_slice() else { panic!("{id}: {told:?}") };
        assert!(is_about(about, &letter, &accepted), "{id}: {about:?}");
    }
}

#[tokio::test]
async fn what_became_of_a_message_is_told_in_our_words() {
    for provider in PROVIDERS {
        let id = provider.id;
        for (fate, kind) in [
            (Fate::HardBounce, Some(Kind::HardBounce)),
            (Fate::SoftBounce, Some(Kind::SoftBounce)),
            (Fate::Blocked, Some(Kind::SoftBounce)),
            (Fate::Pending, None),
        ] {
            let mut post = Post::open(id).await;
            post.sandbox.set_fate(post.address(), fate);
            let mut letter = post.usual();
            let accepted = post.send(&mut letter).await.unwrap();
            // Old enough for every way of asking.
            post.stage.ahead = SignedDuration::from_mins(11);
            let told = told(&post, &letter, &accepted).await;
            let ours = told.iter().filter(|(about, _)| is_about(about, &letter, &accepted));
            let kinds: Vec<Kind> =
                ours.map(|(_, kind)| *kind).filter(|kind| *kind != Kind::Deferred).collect();
            assert_eq!(kinds, kind.into_iter().collect::<Vec<_>>(), "{id} {fate:?}: {told:?}");
        }
    }
}

#[tokio::test]
async fn the_same_thing_has_the_same_key_in_every_reading() {
    for provider in PROVIDERS {
        let id = provider.id;
        let post = Post::open(id).await;
        let mut letter = post.usual();
        let accepted = post.send(&mut letter).await.unwrap();
        let mut request = ReportRequest { open: vec![letter.open(&accepted)], ..ReportRequest::default() };
        let first = post.report(&request).await.unwrap();
        let again = post.report(&request).await.unwrap();
        assert_eq!(first.events, again.events, "{id}");
        assert!(!first.events.is_empty(), "{id}");
        // With the notes of the first reading nothing is lost and nothing is told as something new.
        request.marks = first.marks;
        let later = post.report(&request).await.unwrap();
        assert!(later.events.iter().all(|event| first.events.contains(event)), "{id}: {:?}", later.events);
    }
}

#[tokio::test]
async fn a_dead_address_concerns_one_person_only() {
    for provider in PROVIDERS.iter().filter(|provider| !provider.dead_address.is_empty()) {
        let id = provider.id;
        let post = Post::open(id).await;
        let failure = post.send(&mut post.letter(provider.dead_address, TEXT)).await.unwrap_err();
        assert_eq!((failure.class, &*failure.problem.code), (Class::Content, ADDRESS_DEAD), "{id}");
        assert!(post.received().is_empty(), "{id}");
        post.send(&mut post.usual()).await.unwrap();
    }
}

#[tokio::test]
async fn who_wants_no_messages_is_heard() {
    for provider in PROVIDERS {
        let id = provider.id;
        let post = Post::open(id).await;
        post.sandbox.opt_out(provider.platform, post.address());
        if provider.tells_opt_outs {
            let reports = post.report(&ReportRequest::default()).await.unwrap();
            let about = About::Address(post.address().to_owned());
            let wish = reports.events.iter().find(|event| event.about == about).unwrap();
            assert!(matches!(wish.kind, Kind::Stop | Kind::Unsubscribe), "{id}: {wish:?}");
            let request = ReportRequest { marks: reports.marks, ..ReportRequest::default() };
            let again = post.report(&request).await.unwrap();
            assert!(again.events.iter().all(|event| event.key == wish.key), "{id}: {:?}", again.events);
        }
        if provider.refuses_opted_out {
            let failure = post.send(&mut post.usual()).await.unwrap_err();
            assert_eq!((failure.class, &*failure.problem.code), (Class::Content, OPTED_OUT), "{id}");
            assert!(post.received().is_empty(), "{id}");
        }
    }
}

#[tokio::test]
async fn haste_and_maintenance_are_waited_for() {
    for provider in PROVIDERS {
        let id = provider.id;
        for dialect in [
            RateDialect::RetryAfterSecs,
            RateDialect::RetryAfterDate,
            RateDialect::Platform,
            RateDialect::None,
        ] {
            let post = Post::open(id).await;
            let params = FaultParams { secs: Some(120), dialect: Some(dialect), ..FaultParams::default() };
            post.spoil_sending(Fault::RateLimited, params).await;
            let failure = post.send(&mut post.usual()).await.unwrap_err();
            assert_eq!(failure.class, Class::Retry, "{id} {dialect:?}: {failure:?}");
            if dialect != RateDialect::None {
                let wait = failure.retry_after.unwrap();
                assert!((110..=130).contains(&wait.as_secs()), "{id} {dialect:?}: {wait:?}");
            }
            assert!(post.received().is_empty(), "{id}");
        }
        let post = Post::open(id).await;
        post.spoil_sending(Fault::Unavailable, FaultParams::default()).await;
        let failure = post.send(&mut post.usual()).await.unwrap_err();
        assert_eq!(
            (failure.class, failure.retry_after),
            (Class::Retry, Some(Duration::from_secs(5))),
            "{id}"
        );
    }
}

#[tokio::test]
async fn every_doubt_ends_with_exactly_one_message() {
    for provider in PROVIDERS {
        let id = provider.id;
        for fault in DOUBTS.iter().chain(CUTS) {
            let post = Post::open(id).await;
            post.spoil_sending(*fault, FaultParams::default()).await;
            let mut letter = post.usual();
            let failure = post.send(&mut letter).await.unwrap_err();
            assert_eq!(failure.class, Class::Unknown, "{id} {fault:?}: {failure:?}");
            let has_left = !post.received().is_empty();
            match post.reconcile(&letter).await.unwrap() {
                MessageFinding::Found(_) => assert!(has_left, "{id} {fault:?}"),
                MessageFinding::NotFound => {
                    assert!(!has_left, "{id} {fault:?}: it left and is not found");
                    post.send(&mut letter).await.unwrap();
                }
                // Repeated under the same key: a refusal of the repetition stands for the first.
                MessageFinding::Repeat => match post.send(&mut letter).await {
                    Ok(_) => {}
                    Err(failure) => {
                        assert_eq!(failure.class, Class::Duplicate, "{id} {fault:?}: {failure:?}");
                    }
                },
                MessageFinding::NotKnowable => panic!("{id} {fault:?}"),
            }
            assert_eq!(post.received().len(), 1, "{id} {fault:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_never_comes_is_a_doubt() {
    for provider in PROVIDERS {
        let id = provider.id;
        let mut post = Post::open(id).await;
        let params = FaultParams { secs: Some(60), processed: Some(true), ..FaultParams::default() };
        post.spoil_sending(Fault::Stall, params).await;
        // The way is opened in time; only the sending waits in vain.
        let mut way = post.way().await.unwrap();
        post.stage.http = post.stage.http.with_patience(Duration::from_secs(3));
        let failure = post.send_by(&mut *way, &mut post.usual()).await.unwrap_err();
        assert_eq!((failure.class, &*failure.problem.code), (Class::Unknown, "platform_timeout"), "{id}");
    }
}

#[tokio::test]
async fn a_dead_key_stops_the_account_and_loses_nobody() {
    for provider in PROVIDERS {
        let id = provider.id;
        for fault in [Fault::TokenExpired, Fault::PermissionLost] {
            let post = Post::open(id).await;
            post.spoil_sending(fault, FaultParams::default()).await;
            let failure = post.send(&mut post.usual()).await.unwrap_err();
            assert_eq!(failure.class, Class::Reauth, "{id} {fault:?}: {failure:?}");
            assert!(post.received().is_empty(), "{id}");
        }
        let post = Post::open(id).await;
        post.spoil_sending(Fault::ContentRefused, FaultParams::default()).await;
        assert_eq!(post.send(&mut post.usual()).await.unwrap_err().class, Class::Content, "{id}");
        let post = Post::open(id).await;
        post.sandbox.add_fault(provider.platform, FaultRequest::new(Fault::RefuseConnection)).await;
        assert_eq!(post.send(&mut post.usual()).await.unwrap_err().class, Class::NotSent, "{id}");
    }
}

#[tokio::test]
async fn sending_is_one_request_and_follows_nobody() {
    for provider in PROVIDERS {
        let id = provider.id;
        let post = Post::open(id).await;
        let trap = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let location = format!("http://{}/login", trap.local_addr().unwrap());
        let params = FaultParams { location: Some(location), ..FaultParams::default() };
        post.spoil_sending(Fault::Redirect, params).await;
        post.send(&mut post.usual()).await.unwrap_err();
        assert_eq!(post.requests(Action::Publish).len(), 1, "{id}");
        let visit = tokio::time::timeout(Duration::from_millis(200), trap.accept()).await;
        assert!(visit.is_err(), "{id}: followed a redirect with its secrets");
    }
}

/// A list that cannot be read proves nothing, and neither does one that lags.
#[tokio::test]
async fn looking_through_a_bad_network_may_be_repeated() {
    for provider in PROVIDERS {
        let id = provider.id;
        for fault in [Fault::HtmlPage, Fault::ResetBefore, Fault::TruncatedJson, Fault::ServerErrorAfter] {
            let post = Post::open(id).await;
            post.spoil_sending(Fault::AcceptThenReset, FaultParams::default()).await;
            let mut letter = post.usual();
            post.send(&mut letter).await.unwrap_err();
            let only = FaultMatch { action: Some(Action::List), ..FaultMatch::default() };
            let request = FaultRequest { only, times: 0, ..FaultRequest::new(fault) };
            post.sandbox.add_fault(provider.platform, request).await;
            match post.reconcile(&letter).await {
                Err(failure) => assert_eq!(failure.class, Class::Retry, "{id} {fault:?}: {failure:?}"),
                Ok(MessageFinding::Repeat) => {}
                Ok(found) => panic!("{id} {fault:?}: {found:?}"),
            }
            let failure = post
                .report(&ReportRequest {
                    open: vec![letter.open(&Accepted::default())],
                    ..ReportRequest::default()
                })
                .await;
            let failure = failure.unwrap_err();
            assert_eq!(failure.class, Class::Retry, "{id} {fault:?}: {failure:?}");
        }
    }
}

/// The clock of the machine may be wrong when a message leaves, and right when it is looked for.
#[tokio::test]
async fn a_wrong_clock_hides_no_message() {
    for provider in PROVIDERS {
        let id = provider.id;
        for (then_mins, now_mins) in [(9, 0), (0, 9), (-9, 0)] {
            let mut post = Post::open(id).await;
            post.stage.ahead = SignedDuration::from_mins(then_mins);
            post.spoil_sending(Fault::AcceptThenReset, FaultParams::default()).await;
            let mut letter = post.usual();
            let failure = post.send(&mut letter).await.unwrap_err();
            assert_eq!(failure.class, Class::Unknown, "{id}: {failure:?}");
            post.stage.ahead = SignedDuration::from_mins(now_mins);
            match post.reconcile(&letter).await.unwrap() {
                MessageFinding::Found(_) | MessageFinding::Repeat => {}
                found => panic!("{id} {then_mins} {now_mins}: {found:?}"),
            }
        }
    }
}

#[tokio::test]
async fn what_the_provider_keeps_of_a_person_can_be_removed() {
    for provider in PROVIDERS {
        let id = provider.id;
        let post = Post::open(id).await;
        post.send(&mut post.usual()).await.unwrap();
        let other = match post.channel() {
            Channel::Sms => "+33798765432",
            Channel::Email => "paul@example.fr",
        };
        post.send(&mut post.letter(other, TEXT)).await.unwrap();
        if !post.erase(post.address()).await.unwrap() {
            continue;
        }
        post.erase(post.address()).await.unwrap();
        let left: Vec<String> = post.received().into_iter().map(|message| message.to).collect();
        assert_eq!(left, [other], "{id}");
    }
}

#[tokio::test]
async fn secrets_stay_out_of_every_text() {
    for provider in PROVIDERS {
        let id = provider.id;
        for fault in [None, Some(Fault::TokenExpired), Some(Fault::HtmlPage), Some(Fault::AcceptThenReset)] {
            let post = Post::open(id).await;
            if let Some(fault) = fault {
                post.spoil_sending(fault, FaultParams::default()).await;
            }
            let sent = post.send(&mut post.usual()).await;
            let credentials = post.credentials();
            let reports = post.report(&ReportRequest::default()).await.unwrap();
            let text = format!("{sent:?} {credentials:?} {reports:?} {:?}", post.stage.account);
            let logged = format!("{:?}", post.sandbox.requests(provider.platform));
            for field in post.stage.connector.descriptor().credential_fields.iter().filter(|f| f.secret) {
                let Some(secret) = credentials.get(field.key) else { continue };
                let secret = secret.expose_secret();
                assert!(!text.contains(secret), "{id} leaks {}", field.key);
                assert!(!logged.contains(secret), "{id}: the double keeps {}", field.key);
            }
        }
    }
}
