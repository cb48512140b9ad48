//! Mail through the owner's account and back: what arrives, what never becomes a header, what the mailbox
//! tells. Against the stateful double (messaging reference, sections 3, 4 and 6).

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::net::TcpListener;
use vieux_moulin_engine::{
    connectors::{FailureClass as Class, mail_line, messenger::MessageFinding},
    domain::{About, MessageEventKind as Kind, OutgoingEmail, Purpose, ReportedEvent},
};
use vieux_moulin_sandbox::{
    Action, FaultMatch, FaultName as Fault, FaultRequest, Platform, Sandbox, SandboxOptions,
    inbox::{Fate, Message},
    seed,
};

use crate::{
    smtp_stage::{CLIENT, Letter, credentials, messenger, open, read, send, send_by, stage},
    support::Stage,
};

/// The double with a connected account.
struct House {
    sandbox: Sandbox,
    stage: Stage,
}

impl House {
    async fn open() -> Self {
        let mut house = Self::before_connecting().await;
        house.stage.connect().await;
        house
    }

    async fn before_connecting() -> Self {
        let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
        let mut stage = stage(&sandbox.addresses().smtp);
        stage.platform.hosts.insert("imap".to_owned(), sandbox.addresses().mailbox.clone());
        Self { sandbox, stage }
    }

    fn received(&self) -> Vec<Message> {
        self.sandbox.messages(Platform::Smtp)
    }

    async fn fault(&self, fault: Fault, action: Action) {
        let only = FaultMatch { action: Some(action), ..FaultMatch::default() };
        self.sandbox.add_fault(Platform::Smtp, FaultRequest { only, ..FaultRequest::new(fault) }).await;
    }

    async fn events(&self) -> Vec<ReportedEvent> {
        read(&self.stage, Value::Null).await.unwrap().events
    }
}

#[tokio::test]
async fn what_was_offered_can_be_taken_back() {
    let house = House::open().await;
    let mut way = open(&house.stage).await.unwrap();
    let letter = Letter::to(CLIENT);
    let credentials = credentials(&house.stage);
    way.offer(&house.stage.access(&credentials), &letter.job()).await.unwrap();
    way.take_back().await;
    assert!(way.is_broken());
    way.close().await;
    // Nor can what was never offered be sent.
    let mut way = open(&house.stage).await.unwrap();
    let failure = way.send(&house.stage.access(&credentials), &letter.job()).await.unwrap_err();
    assert_eq!(failure.class, Class::Retry, "{failure:?}");
    assert!(house.received().is_empty());
}

#[tokio::test]
async fn a_mail_arrives_as_it_was_written() {
    let house = House::open().await;
    let mut letter = Letter::to(CLIENT);
    let accepted = send(&house.stage, &letter).await.unwrap();
    let message_id = letter.email().message_id.clone();
    assert_eq!(accepted.remote_id.as_deref(), Some(&*message_id));
    let received = house.received();
    let [mail] = received.as_slice() else { panic!("{received:?}") };
    assert_eq!(mail.subject.as_deref(), Some("Samedi : menu du marché à 25 € 🍳"));
    assert_eq!(mail.text.replace("\r\n", "\n").trim_end(), "Bonjour Claire,\n.\nMenu à 25 €.");
    assert!(mail.html.as_deref().unwrap().contains("<p>Menu à 25 €.</p>"));
    let head = mail.marks["head"].as_str().unwrap();
    for wanted in [
        &format!("Message-ID: <{message_id}>"),
        "List-Unsubscribe: ",
        "List-Id: <lettre.levieuxmoulin.example>",
        "MIME-Version: 1.0",
        "Content-Type: multipart/alternative",
        "Date: ",
    ] {
        assert!(head.contains(wanted), "{wanted} in {head}");
    }
    assert!(head.is_ascii() && !head.contains("Auto-Submitted"), "{head}");

    letter.purpose = Purpose::Service;
    letter.email().from_address = "autre@ailleurs.example".to_owned();
    send(&house.stage, &letter).await.unwrap();
    let received = house.received();
    let head = received[1].marks["head"].as_str().unwrap();
    assert!(head.contains("Auto-Submitted: auto-generated") && !head.contains("List-Id"), "{head}");
    // The account's own address writes; the other one is answered.
    assert!(head.contains("Reply-To: autre@ailleurs.example"), "{head}");
    assert_eq!(received[1].from, seed::mail_address(1));
}

#[tokio::test]
async fn a_line_break_never_becomes_a_header() {
    let house = House::open().await;
    let spoilt: [fn(&mut OutgoingEmail); 7] = [
        |email| email.subject = "Bonjour\r\nBcc: tous@client.example".to_owned(),
        |email| email.from_name = "Moulin\nX: y".to_owned(),
        |email| email.to_name = Some("Claire\r\n".to_owned()),
        |email| email.to_address = "claire@client.example\r\nRCPT TO:<x@y.example>".to_owned(),
        |email| email.message_id = "a\r\n.\r\n@x".to_owned(),
        |email| email.reply_to = Some("a@b.example\r\nX: y".to_owned()),
        |email| email.headers.push(("X-A".to_owned(), "b\r\nX-C: d".to_owned())),
    ];
    for (case, spoil) in spoilt.into_iter().enumerate() {
        let mut letter = Letter::to(CLIENT);
        spoil(letter.email());
        let failure = send(&house.stage, &letter).await.unwrap_err();
        assert_eq!(failure.class, Class::Content, "{case}: {failure:?}");
    }
    let failure = send(&house.stage, &Letter::to("pas une adresse")).await.unwrap_err();
    assert_eq!(&*failure.problem.code, "mail_recipient_invalid");
    assert!(house.received().is_empty());
}

#[tokio::test]
async fn check_says_whose_account_it_is_and_what_is_wrong() {
    let house = House::before_connecting().await;
    let identity = house.stage.check().await.unwrap();
    assert_eq!(identity.remote_id, seed::mail_address(1));
    assert_eq!(identity.handle, seed::mail_address(1));
    let codes: Vec<_> = identity.findings.iter().map(|finding| finding.code.as_str()).collect();
    assert_eq!(codes, ["mail_ready", "mailbox_read"]);

    let refused = async |key: &str, value: &str| {
        let house = House::before_connecting().await;
        house.stage.vault.current.lock().unwrap().set(key, value);
        house.stage.check().await.unwrap_err()
    };
    let failure = refused("password", "faux").await;
    assert_eq!((failure.class, &*failure.problem.code), (Class::Reauth, "mail_login_refused"));
    let failure = refused("from_address", "moulin@gmail.com").await;
    assert_eq!((failure.class, &*failure.problem.code), (Class::Blocked, "mail_domain_foreign"));
    let failure = refused("imap_folder", "Rebonds").await;
    assert_eq!(&*failure.problem.code, "mailbox_folder_missing");
    assert_eq!(&*refused("from_address", "moulin").await.problem.code, "mail_sender_invalid");

    // Away from this computer nothing goes unencrypted.
    for (key, value, code) in [
        ("security", "plain", "mail_encryption_required"),
        ("security", "peut-être", "mail_server_invalid"),
        ("port", "smtp", "mail_server_invalid"),
        ("host", "mail.example/..", "mail_server_invalid"),
    ] {
        let mut stage = stage("https://mail.invalid");
        stage.vault.current.lock().unwrap().set("host", "mail.invalid");
        stage.vault.current.lock().unwrap().set(key, value);
        stage.http = stage.http.with_patience(Duration::from_secs(5));
        assert_eq!(&*stage.check().await.unwrap_err().problem.code, code, "{key} {value}");
    }
}

#[tokio::test]
async fn the_double_fails_as_told_and_nobody_is_written_to_twice() {
    for (fault, action, class, arrived) in [
        (Fault::TokenExpired, Action::Account, Class::Reauth, 0),
        (Fault::RateLimited, Action::Read, Class::Retry, 0),
        (Fault::Unknown4xx, Action::Read, Class::Content, 0),
        (Fault::PermissionLost, Action::Read, Class::Blocked, 0),
        (Fault::Unavailable, Action::Publish, Class::Retry, 0),
        (Fault::ServerErrorBefore, Action::Publish, Class::Retry, 0),
        (Fault::ContentRefused, Action::Publish, Class::Blocked, 0),
        (Fault::ResetBefore, Action::Publish, Class::Unknown, 0),
        (Fault::AcceptThenReset, Action::Publish, Class::Unknown, 1),
        (Fault::HtmlPage, Action::Publish, Class::Unknown, 0),
    ] {
        let house = House::open().await;
        house.fault(fault, action).await;
        let letter = Letter::to(CLIENT);
        let failure = send(&house.stage, &letter).await.unwrap_err();
        assert_eq!(failure.class, class, "{fault:?}: {failure:?}");
        assert_eq!(house.received().len(), arrived, "{fault:?}");
        let credentials = credentials(&house.stage);
        let found = messenger(&house.stage).reconcile(&house.stage.access(&credentials), &letter.job()).await;
        assert_eq!(found.unwrap(), MessageFinding::NotKnowable);
        let text = format!("{failure:?} {credentials:?} {:?}", house.sandbox.requests(Platform::Smtp));
        assert!(!text.contains(&seed::mail_password(1)), "{text}");
    }
    let house = House::open().await;
    for (address, class) in [
        ("inconnu@client.example", Class::Content),
        ("greylist@client.example", Class::Retry),
        ("plein@client.example", Class::Retry),
        ("bloque@client.example", Class::Content),
    ] {
        let failure = send(&house.stage, &Letter::to(address)).await.unwrap_err();
        assert_eq!(failure.class, class, "{address}: {failure:?}");
    }
    assert!(house.received().is_empty());
}

#[tokio::test]
async fn what_comes_back_is_told_about_the_right_message() {
    for (fate, kind) in [
        (Fate::HardBounce, Kind::HardBounce),
        (Fate::SoftBounce, Kind::SoftBounce),
        (Fate::Blocked, Kind::SoftBounce),
        (Fate::Complaint, Kind::Complaint),
    ] {
        let house = House::open().await;
        house.sandbox.set_fate(CLIENT, fate);
        let letter = Letter::to(CLIENT);
        send(&house.stage, &letter).await.unwrap();
        let events = house.events().await;
        let [event] = events.as_slice() else { panic!("{fate:?}: {events:?}") };
        assert_eq!((&event.about, event.kind), (&About::Message(letter.id.clone()), kind), "{fate:?}");
    }
    let house = House::open().await;
    let letter = Letter::to(CLIENT);
    send(&house.stage, &letter).await.unwrap();
    house.sandbox.answer(Platform::Smtp, CLIENT, "Merci, à samedi !");
    house.sandbox.answer(Platform::Smtp, "inconnue@ailleurs.example", "Avez-vous une table ?");
    house.sandbox.opt_out(Platform::Smtp, CLIENT);
    house.sandbox.answer(Platform::Smtp, CLIENT, "STOP");
    let told: Vec<_> = house.events().await.into_iter().map(|event| (event.about, event.kind)).collect();
    let about = About::Message(letter.id.clone());
    // What a person writes on their own account is nobody's business here.
    assert_eq!(
        told,
        [(about.clone(), Kind::Reply), (about.clone(), Kind::Unsubscribe), (about, Kind::Unsubscribe)]
    );
}

#[tokio::test]
async fn a_mailbox_is_read_once_and_again_after_a_move() {
    let house = House::open().await;
    house.sandbox.set_fate(CLIENT, Fate::HardBounce);
    send(&house.stage, &Letter::to(CLIENT)).await.unwrap();
    let first = read(&house.stage, Value::Null).await.unwrap();
    assert_eq!(first.events.len(), 1);
    let again = read(&house.stage, first.marks.clone()).await.unwrap();
    assert!(again.events.is_empty(), "{:?}", again.events);
    send(&house.stage, &Letter::to(CLIENT)).await.unwrap();
    let second = read(&house.stage, again.marks).await.unwrap();
    assert_eq!(second.events.len(), 1);
    assert_ne!(second.events[0].key, first.events[0].key);
    // The same mails under other numbers: told again under the same keys.
    house.sandbox.rebuild_mailboxes();
    let moved = read(&house.stage, second.marks).await.unwrap();
    let keys = |events: &[ReportedEvent]| events.iter().map(|event| event.key.clone()).collect::<Vec<_>>();
    assert_eq!(keys(&moved.events), [keys(&first.events), keys(&second.events)].concat());

    house.stage.vault.current.lock().unwrap().set("password", "faux");
    assert_eq!(read(&house.stage, Value::Null).await.unwrap_err().class, Class::Reauth);
}

/// With Nagle's delay a connection carries some twenty mails a second: two orders of magnitude apart, so
/// the option itself is looked at and no clock.
#[tokio::test]
async fn small_writes_are_not_held_back() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let stream = mail_line::connect("127.0.0.1", port, Duration::from_secs(5)).await;
    assert!(stream.unwrap().nodelay().unwrap());

    let house = House::open().await;
    let mut way = open(&house.stage).await.unwrap();
    let began = Instant::now();
    let mut sent = 0_u32;
    while !way.is_broken() {
        send_by(&house.stage, &mut *way, &Letter::to(CLIENT)).await.unwrap();
        sent += 1;
    }
    println!("{:.0} mails a second over one connection", f64::from(sent) / began.elapsed().as_secs_f64());
    assert_eq!((sent, house.received().len()), (100, 100));
}
