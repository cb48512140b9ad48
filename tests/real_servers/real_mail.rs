//! Mail through a real submission server and a real mailbox: TLS from the first byte and after STARTTLS,
//! AUTH, refusals at the door, and the failure report that a real server writes. Skipped, with a line that
//! says so, where there is none.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use serde_json::Value;
use vieux_moulin_engine::{
    connectors::{
        Failure, FailureClass as Class,
        mail_line::Trust,
        messenger::{MessageJob, ReportRequest},
        smtp::{Smtp, SystemDns},
    },
    domain::{
        About, MessageEventKind as Kind, MessageId, OutgoingEmail, OutgoingMessage, Purpose, ReportedEvent,
    },
};
use vieux_moulin_tests::mail_host::{MailHost, PASSWORD, USER};

use crate::support::Stage;

const PATIENCE: Duration = Duration::from_secs(60);

/// An account of the house; `Smtp` trusts only the host's own authority.
fn stage(host: &MailHost, port: u16, security: &str) -> Stage {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(host.authority()).unwrap()).unwrap();
    let connector = Arc::new(Smtp::with(Arc::new(SystemDns), Trust::only(roots)));
    let fields = [
        ("from_address", USER.to_owned()),
        ("host", "localhost".to_owned()),
        ("port", port.to_string()),
        ("security", security.to_owned()),
        ("password", PASSWORD.to_owned()),
        ("imap_host", "localhost".to_owned()),
        ("imap_port", host.imaps_port.to_string()),
    ];
    Stage::new(connector, "https://mail.invalid", &fields)
}

async fn send(stage: &Stage, to: &str) -> Result<MessageId, Failure> {
    let id = MessageId::new();
    let message = OutgoingMessage::Email(OutgoingEmail {
        from_name: "Le Vieux Moulin".to_owned(),
        from_address: USER.to_owned(),
        to_address: to.to_owned(),
        subject: "Menu de la semaine : œufs cocotte".to_owned(),
        html: "<p>Bonjour</p>".to_owned(),
        text: "Bonjour".to_owned(),
        message_id: format!("{id}@moulin.test"),
        ..OutgoingEmail::default()
    });
    let job = MessageJob {
        id: &id,
        mailing_id: "0190d3f0-0000-7000-8000-00000000abcd",
        purpose: Purpose::Marketing,
        message: &message,
        created_at: Timestamp::now(),
        first_sent_at: None,
        lookups: 0,
    };
    let credentials = stage.vault.current.lock().unwrap().clone();
    let access = stage.access(&credentials);
    let mut way = stage.connector.messenger().unwrap().open(&access).await?;
    way.offer(&access, &job).await?;
    way.send(&access, &job).await?;
    way.close().await;
    Ok(id)
}

/// Reads the mailbox until something is told.
async fn told(stage: &Stage, mut marks: Value) -> (Vec<ReportedEvent>, Value) {
    let credentials = stage.vault.current.lock().unwrap().clone();
    let began = std::time::Instant::now();
    loop {
        let request = ReportRequest { marks, ..ReportRequest::default() };
        let access = stage.access(&credentials);
        let read = stage.connector.messenger().unwrap().report(&access, &request).await.unwrap();
        if !read.events.is_empty() {
            return (read.events, read.marks);
        }
        assert!(began.elapsed() < PATIENCE, "the mailbox stays silent");
        marks = read.marks;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signs_in_sends_is_refused_and_reads_what_comes_back() {
    let Some(host) = MailHost::start().unwrap() else { return };
    for (port, security) in [(host.tls_port, "tls"), (host.starttls_port, "starttls")] {
        let stage = stage(&host, port, security);
        let identity = stage.check().await.unwrap();
        let codes: Vec<_> = identity.findings.iter().map(|finding| finding.code.as_str()).collect();
        assert_eq!(codes, ["mail_ready", "mailbox_read"], "{security}");
        send(&stage, "client@client.test").await.unwrap();

        stage.vault.current.lock().unwrap().set("password", "faux");
        assert_eq!(stage.check().await.unwrap_err().class, Class::Reauth, "{security}");
    }
    let stage = stage(&host, host.tls_port, "tls");
    for (to, class) in [
        ("greylist@client.test", Class::Retry),
        ("plein@client.test", Class::Retry),
        ("bloque@client.test", Class::Content),
    ] {
        assert_eq!(send(&stage, to).await.unwrap_err().class, class, "{to}");
    }
    let id = send(&stage, "inconnu@client.test").await.unwrap();
    let (events, marks) = told(&stage, Value::Null).await;
    let [event] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((&event.about, event.kind), (&About::Message(id), Kind::HardBounce), "{event:?}");
    let id = send(&stage, "quelqu.un@ailleurs.test").await.unwrap();
    let (events, _) = told(&stage, marks).await;
    let [event] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((&event.about, event.kind), (&About::Message(id), Kind::HardBounce), "{event:?}");

    // Nobody vouches for this host outside of the test: nothing is said to it.
    let mut stranger = self::stage(&host, host.tls_port, "tls");
    stranger.connector = Arc::new(Smtp::default());
    let failure = stranger.check().await.unwrap_err();
    assert_eq!((failure.class, &*failure.problem.code), (Class::NotSent, "mail_certificate_refused"));
}
