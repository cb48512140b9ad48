//! What each reply of a mail server means, and what is known when the line breaks at each step: against a
//! server that says whatever a case needs (messaging reference, section 2; reliability 4, "Mail over SMTP").

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
};
use vieux_moulin_engine::connectors::{FailureClass as Class, messenger::ADDRESS_DEAD};
use vieux_moulin_sandbox::seed;

use crate::{
    smtp_stage::{CLIENT, Letter, open, send, send_by, stage},
    support::Stage,
};

/// What a server says in place of the usual reply of a step; `None` hangs up there.
type Script = &'static [(&'static str, Option<&'static str>)];

/// A server that says what a case needs, and counts what it heard.
struct Scripted {
    stage: Stage,
    heard: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
}

impl Scripted {
    async fn start(hello: &'static str, script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (heard, connections) = (Arc::<Mutex<Vec<String>>>::default(), Arc::<AtomicUsize>::default());
        let (ears, count) = (Arc::clone(&heard), Arc::clone(&connections));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(recite(stream, hello, script, Arc::clone(&ears)));
            }
        });
        Self { stage: stage(&base), heard, connections }
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

const PLAIN: &str = "250-mail.example\r\n250 AUTH PLAIN LOGIN";
const FULL: &str = "250-mail.example\r\n250-PIPELINING\r\n250-DSN\r\n250-SIZE 100000\r\n250 AUTH PLAIN";

async fn recite(
    stream: TcpStream,
    hello: &'static str,
    script: Script,
    heard: Arc<Mutex<Vec<String>>>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let told = |step: &str, usual: &'static str| {
        script.iter().find(|(name, _)| *name == step).map_or(Some(usual), |(_, reply)| *reply)
    };
    let Some(greeting) = told("greeting", "220 mail.example ESMTP") else { return Ok(()) };
    stream.write_all(format!("{greeting}\r\n").as_bytes()).await?;
    let (mut in_content, mut refused) = (false, false);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let line = line.trim_end_matches(['\r', '\n']);
        let reply = if in_content {
            if line != "." {
                continue;
            }
            in_content = false;
            heard.lock().unwrap().push(".".to_owned());
            told("dot", "250 2.0.0 Ok")
        } else {
            heard.lock().unwrap().push(line.to_owned());
            match line.split([' ', ':']).next().unwrap_or_default() {
                "EHLO" => told("EHLO", hello),
                "AUTH" => told("AUTH", "235 2.7.0 Ok"),
                "MAIL" => {
                    let reply = told("MAIL", "250 2.1.0 Ok");
                    refused = reply.is_some_and(|reply| !reply.starts_with("25"));
                    reply
                }
                "RCPT" if refused => Some("503 5.5.1 Need MAIL first"),
                "RCPT" => {
                    let reply = told("RCPT", "250 2.1.5 Ok");
                    refused = reply.is_some_and(|reply| !reply.starts_with("25"));
                    reply
                }
                "DATA" => {
                    let usual = if refused { "554 5.5.1 No valid recipients" } else { "354 Go on" };
                    let reply = told("DATA", usual);
                    in_content = reply.is_some_and(|reply| reply.starts_with("354"));
                    reply
                }
                "RSET" => told("RSET", "250 2.0.0 Ok"),
                "QUIT" => Some("221 2.0.0 Bye"),
                _ => Some("500 5.5.1 What"),
            }
        };
        let Some(reply) = reply else { return Ok(()) };
        stream.write_all(format!("{reply}\r\n").as_bytes()).await?;
    }
}

/// Messaging reference, "Reply classification": step, reply, class, code.
const REPLIES: &[(&str, &str, Class, &str)] = &[
    ("greeting", "421 4.3.2 Too busy", Class::Retry, "mail_server_busy"),
    ("greeting", "554 No SMTP service here", Class::Retry, "mail_server_busy"),
    ("greeting", "554 5.7.1 Your address is refused", Class::Blocked, "mail_server_refuses"),
    ("EHLO", "502 5.5.1 Not implemented", Class::Retry, "mail_server_busy"),
    ("AUTH", "535 5.7.8 Authentication failed", Class::Reauth, "mail_login_refused"),
    ("AUTH", "534 5.7.9 Application-specific password required", Class::Reauth, "mail_login_refused"),
    ("AUTH", "535 5.7.139 Basic authentication is disabled", Class::Reauth, "mail_login_refused"),
    ("AUTH", "538 5.7.11 Encryption required", Class::Reauth, "mail_login_refused"),
    ("AUTH", "550 5.7.30 Basic authentication is not supported", Class::Reauth, "mail_login_refused"),
    ("AUTH", "454 4.7.0 Temporary authentication failure", Class::Retry, "mail_server_busy"),
    ("AUTH", "451 Authentication failed: Maximum credits exceeded", Class::Quota, "mail_quota_reached"),
    ("MAIL", "530 5.7.0 Authentication required", Class::Reauth, "mail_login_refused"),
    ("MAIL", "553 5.7.1 Sender address rejected: not owned by user", Class::Blocked, "mail_sender_refused"),
    ("MAIL", "550 5.4.5 Daily user sending limit exceeded", Class::Quota, "mail_quota_reached"),
    ("MAIL", "452 4.5.4 Hourly limit reached", Class::Quota, "mail_quota_reached"),
    ("MAIL", "552 5.3.4 Message size exceeds limit", Class::Content, "mail_too_large"),
    ("RCPT", "421 4.7.0 Try again later", Class::Retry, "mail_server_busy"),
    ("RCPT", "450 4.2.0 Greylisted", Class::Retry, "mail_greylisted"),
    ("RCPT", "451 4.7.1 Greylisting in action", Class::Retry, "mail_greylisted"),
    ("RCPT", "452 4.5.3 Too many recipients", Class::Retry, "mail_server_busy"),
    ("RCPT", "452 4.2.2 Mailbox full", Class::Retry, "mailbox_full"),
    ("RCPT", "552 5.2.2 Mailbox full", Class::Retry, "mailbox_full"),
    ("RCPT", "550 5.5.0 Something", Class::Retry, "mail_server_busy"),
    ("RCPT", "550 5.1.1 No such user here", Class::Content, ADDRESS_DEAD),
    ("RCPT", "550 5.1.0 Address rejected", Class::Content, ADDRESS_DEAD),
    ("RCPT", "550 5.1.2 Bad destination domain", Class::Content, ADDRESS_DEAD),
    ("RCPT", "553 5.1.3 Bad address syntax", Class::Content, ADDRESS_DEAD),
    ("RCPT", "550 5.1.6 Mailbox has moved", Class::Content, ADDRESS_DEAD),
    ("RCPT", "550 5.1.10 RecipientNotFound", Class::Content, ADDRESS_DEAD),
    ("RCPT", "551 User not local", Class::Content, ADDRESS_DEAD),
    ("RCPT", "550 User unknown", Class::Content, ADDRESS_DEAD),
    ("RCPT", "550 Requested action not taken", Class::Content, "mail_recipient_refused"),
    ("RCPT", "550 5.2.1 Mailbox disabled", Class::Content, "mail_recipient_refused"),
    ("RCPT", "550 5.7.1 Blocked", Class::Content, "mail_recipient_refused"),
    ("RCPT", "554 5.7.1 Listed at zen.spamhaus.org", Class::Blocked, "mail_called_spam"),
    ("DATA", "451 4.3.0 Later", Class::Retry, "mail_server_busy"),
    ("dot", "421 4.3.2 Shutting down", Class::Retry, "mail_server_busy"),
    ("dot", "451 4.3.0 Temporary failure", Class::Retry, "mail_server_busy"),
    ("dot", "550 5.7.1 This message looks like spam", Class::Blocked, "mail_called_spam"),
    ("dot", "550 5.7.26 Not authenticated", Class::Blocked, "mail_not_authenticated"),
    (
        "dot",
        "550 5.7.515 Access denied, sender does not meet the level",
        Class::Blocked,
        "mail_not_authenticated",
    ),
    ("dot", "421 4.7.32 Not aligned", Class::Retry, "mail_server_busy"),
    ("dot", "451 4.7.32 Not aligned", Class::Blocked, "mail_not_authenticated"),
    ("dot", "550 5.7.60 Client does not have permissions", Class::Blocked, "mail_sender_refused"),
    ("dot", "552 5.3.4 Too big", Class::Content, "mail_too_large"),
    ("dot", "500 5.5.2 Line too long", Class::Blocked, "mail_not_understood"),
];

#[tokio::test]
async fn every_reply_has_its_class() {
    for (step, reply, class, code) in REPLIES {
        // Leaked once per case: a script lives as long as its server.
        let script: Script = Box::leak(Box::new([(*step, Some(*reply))]));
        for hello in [PLAIN, FULL] {
            let server = Scripted::start(hello, script).await;
            let failure = send(&server.stage, &Letter::to(CLIENT)).await.unwrap_err();
            assert_eq!(
                (failure.class, &*failure.problem.code),
                (*class, *code),
                "{step} {reply}: {failure:?}"
            );
            assert!(!server.heard().contains(&".".to_owned()) || *step == "dot", "{step} {reply}");
        }
    }
}

/// Cut at each step: before the final dot nothing has left, after it nobody knows.
#[tokio::test]
async fn only_after_the_final_dot_is_a_lost_line_a_doubt() {
    for (step, doubt) in [
        ("greeting", false),
        ("EHLO", false),
        ("AUTH", false),
        ("MAIL", false),
        ("RCPT", false),
        ("DATA", false),
        ("dot", true),
    ] {
        let script: Script = Box::leak(Box::new([(step, None)]));
        for hello in [PLAIN, FULL] {
            let server = Scripted::start(hello, script).await;
            let failure = send(&server.stage, &Letter::to(CLIENT)).await.unwrap_err();
            let expected =
                if doubt { (Class::Unknown, "mail_reply_lost") } else { (Class::Retry, "mail_line_lost") };
            assert_eq!((failure.class, &*failure.problem.code), expected, "{step}: {failure:?}");
        }
    }
    // A reply that is none says nothing about the mail either.
    let server = Scripted::start(FULL, &[("dot", Some("<html>Bienvenue</html>"))]).await;
    let failure = send(&server.stage, &Letter::to(CLIENT)).await.unwrap_err();
    assert_eq!(failure.class, Class::Unknown, "{failure:?}");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_not_waited_for_for_ever() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut stage = stage(&format!("http://{}", listener.local_addr().unwrap()));
    stage.http = stage.http.with_patience(Duration::from_millis(300));
    let silent = tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            kept.push(stream);
        }
    });
    let failure = send(&stage, &Letter::to(CLIENT)).await.unwrap_err();
    assert_eq!((failure.class, &*failure.problem.code), (Class::Retry, "mail_server_silent"));
    silent.abort();

    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let failure = send(&crate::smtp_stage::stage(&base), &Letter::to(CLIENT)).await.unwrap_err();
    assert_eq!(failure.class, Class::NotSent, "{failure:?}");
}

#[tokio::test]
async fn a_refused_person_costs_no_connection() {
    for hello in [PLAIN, FULL] {
        let server = Scripted::start(hello, &[("RCPT", Some("550 5.1.1 No such user"))]).await;
        let mut way = open(&server.stage).await.unwrap();
        for _ in 0..5 {
            send_by(&server.stage, &mut *way, &Letter::to(CLIENT)).await.unwrap_err();
            assert!(!way.is_broken());
        }
        assert_eq!(server.connections.load(Ordering::SeqCst), 1);
        let resets = server.heard().iter().filter(|line| *line == "RSET").count();
        assert_eq!(resets, 5, "{:?}", server.heard());
    }
    // A server that waits for content although nobody is left gets an empty one, never the mail.
    let server = Scripted::start(
        FULL,
        &[("RCPT", Some("550 5.1.1 No")), ("DATA", Some("354 Go")), ("dot", Some("554 5.5.1 Nobody"))],
    )
    .await;
    let mut way = open(&server.stage).await.unwrap();
    send_by(&server.stage, &mut *way, &Letter::to(CLIENT)).await.unwrap_err();
    assert!(!way.is_broken());
    assert!(server.heard().ends_with(&[".".to_owned(), "RSET".to_owned()]), "{:?}", server.heard());
}

#[tokio::test]
async fn a_busy_server_ends_the_connection() {
    let server = Scripted::start(FULL, &[("RCPT", Some("421 4.7.0 Slow down"))]).await;
    let mut way = open(&server.stage).await.unwrap();
    let failure = send_by(&server.stage, &mut *way, &Letter::to(CLIENT)).await.unwrap_err();
    assert!(way.is_broken() && failure.retry_after.is_some(), "{failure:?}");
}

#[tokio::test]
async fn what_is_offered_is_said_with_its_size_and_its_mark() {
    let server = Scripted::start(FULL, &[]).await;
    let letter = Letter::to("claire+midi@client.example");
    send(&server.stage, &letter).await.unwrap();
    let heard = server.heard();
    let mail = heard.iter().find(|line| line.starts_with("MAIL")).unwrap();
    let rcpt = heard.iter().find(|line| line.starts_with("RCPT")).unwrap();
    assert!(mail.starts_with(&format!("MAIL FROM:<{}> SIZE=", seed::mail_address(1))), "{mail}");
    assert!(mail.ends_with(&format!("RET=HDRS ENVID={}@levieuxmoulin.example", letter.id)), "{mail}");
    let wanted =
        "RCPT TO:<claire+midi@client.example> NOTIFY=FAILURE,DELAY ORCPT=rfc822;claire+2Bmidi@client.example";
    assert_eq!(rcpt, wanted);
    let mut big = Letter::to(CLIENT);
    big.email().html = "x".repeat(200_000);
    let failure = send(&server.stage, &big).await.unwrap_err();
    assert_eq!(&*failure.problem.code, "mail_too_large");
}
