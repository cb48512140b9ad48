//! One signed-in connection, kept for many mails: our own loop, because nothing else lets us write the
//! row down between the offer and the final dot (reliability 4, "Mail over SMTP").
//!
//! `offer` says who writes to whom and opens the content; nothing has left when it returns. `send` brings
//! the content and then, alone, the final dot: before it every failure is "not sent", after it every
//! missing reply is a doubt. A connection carries a hundred mails or five minutes, then another one is
//! opened: some hosts count.

use std::{fmt::Write as _, time::Duration};

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret as _;
use tokio_util::either::Either;

use super::{
    errors::{self, Stage},
    mime,
    settings::{Login, Settings},
    wire::{Reply, Wire, stuffed},
};
use crate::{
    connectors::{
        Access, Failure, FailureClass,
        mail_line::{self, Security, Trust},
        messenger::{Accepted, MessageJob, MessageSession},
    },
    domain::{OutgoingMessage, Problem},
};

const CONNECT: Duration = Duration::from_mins(1);
/// Greeting, MAIL, RCPT, AUTH and the blocks of the content.
const COMMAND: Duration = Duration::from_mins(5);
/// A shorter wait for the reply after the dot is a source of doubles (RFC 5321, 4.5.3.2.6).
const AFTER_THE_DOT: Duration = Duration::from_mins(10);
const GOODBYE: Duration = Duration::from_secs(5);
const MOST_MAILS: u32 = 100;
const LONGEST_LIFE: SignedDuration = SignedDuration::from_mins(5);
/// Says no name of this computer, as other mail programs do.
const HELLO: &str = "EHLO [127.0.0.1]";

/// What the server offers (EHLO).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Features {
    pub pipelining: bool,
    pub dsn: bool,
    pub utf8: bool,
    pub starttls: bool,
    /// Largest mail in bytes.
    pub size: Option<u64>,
    /// Upper case.
    pub auth: Vec<String>,
}

impl Features {
    fn read(reply: &Reply) -> Self {
        let mut features = Self::default();
        for line in reply.lines.iter().skip(1) {
            let line = line.to_uppercase();
            let mut words = line.split(|c: char| c.is_whitespace() || c == '=');
            match words.next() {
                Some("PIPELINING") => features.pipelining = true,
                Some("DSN") => features.dsn = true,
                Some("SMTPUTF8") => features.utf8 = true,
                Some("STARTTLS") => features.starttls = true,
                Some("SIZE") => {
                    features.size = words.next().and_then(|size| size.parse().ok()).filter(|size| *size > 0);
                }
                Some("AUTH") => features.auth.extend(words.map(str::to_owned)),
                _ => {}
            }
        }
        features
    }
}

/// A mail whose content the server waits for.
struct Offered {
    id: String,
    message_id: String,
    content: Vec<u8>,
}

/// A signed-in connection.
pub(super) struct Session {
    wire: Wire,
    pub features: Features,
    settings: Settings,
    opened_at: Timestamp,
    /// When it was last used, by the engine's clock.
    used_at: Timestamp,
    offered: Option<Offered>,
    mails: u32,
    is_broken: bool,
}

impl Session {
    /// Connects, encrypts and signs in.
    pub async fn open(access: &Access<'_>, settings: Settings, trust: &Trust) -> Result<Self, Failure> {
        let patience = access.http.patience();
        let server = &settings.outgoing;
        let limit = CONNECT.min(patience);
        let stream = mail_line::connect(&server.host, server.port, limit).await?;
        let stream = match server.security {
            Security::Tls => mail_line::encrypt(stream, &server.host, trust, limit).await?,
            Security::StartTls | Security::Plain => Either::Left(stream),
        };
        let mut wire = Wire::new(stream, patience);
        let greeting = wire.reply(COMMAND).await.map_err(errors::lost)?;
        if greeting.code != 220 {
            return Err(errors::refusal(Stage::Greeting, &greeting));
        }
        let mut features = hello(&mut wire).await?;
        if server.security == Security::StartTls {
            if !features.starttls {
                return Err(Failure::new(FailureClass::Blocked, Problem::new("mail_encryption_required")));
            }
            let reply = wire.command("STARTTLS", COMMAND).await.map_err(errors::lost)?;
            if reply.code != 220 {
                return Err(errors::refusal(Stage::StartTls, &reply));
            }
            let Some(Either::Left(stream)) = wire.into_quiet_line() else {
                return Err(errors::lost(super::wire::Lost::Garbled));
            };
            wire = Wire::new(mail_line::encrypt(stream, &server.host, trust, limit).await?, patience);
            features = hello(&mut wire).await?;
        }
        sign_in(&mut wire, &features, &settings.login).await?;
        Ok(Self {
            wire,
            features,
            settings,
            opened_at: access.now,
            used_at: access.now,
            offered: None,
            mails: 0,
            is_broken: false,
        })
    }

    pub async fn quit(mut self) {
        if !self.is_broken && self.offered.is_none() {
            let _ = self.wire.command("QUIT", GOODBYE).await;
        }
    }

    fn broken(&mut self, failure: Failure) -> Failure {
        self.is_broken = true;
        // A server hangs up on a line that was idle: nothing was wrong with this mail.
        if failure.class == FailureClass::Retry && self.mails > 0 { failure.mended() } else { failure }
    }

    async fn read(&mut self) -> Result<Reply, Failure> {
        match self.wire.reply(COMMAND).await {
            Ok(reply) => Ok(reply),
            Err(lost) => Err(self.broken(errors::lost(lost))),
        }
    }

    async fn say(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        match self.wire.write(bytes, COMMAND).await {
            Ok(()) => Ok(()),
            Err(lost) => Err(self.broken(errors::lost(lost))),
        }
    }

    /// The way back to an empty table after a refusal.
    async fn refused(&mut self, stage: Stage, reply: &Reply) -> Failure {
        let failure = errors::refusal(stage, reply);
        if reply.code == 421 {
            self.is_broken = true;
            return failure;
        }
        match self.wire.command("RSET", COMMAND).await {
            Ok(reset) if reset.is_positive() => {}
            _ => self.is_broken = true,
        }
        failure
    }

    /// MAIL, RCPT and DATA, in one write where the server takes that.
    async fn introduce(&mut self, mail: &str, rcpt: &str) -> Result<(), Failure> {
        let steps = [(Stage::Mail, mail), (Stage::Rcpt, rcpt), (Stage::Data, "DATA")];
        if self.features.pipelining {
            self.say(format!("{mail}\r\n{rcpt}\r\nDATA\r\n").as_bytes()).await?;
        }
        let mut refusal: Option<(Stage, Reply)> = None;
        for (stage, command) in steps {
            if !self.features.pipelining {
                self.say(format!("{command}\r\n").as_bytes()).await?;
            }
            let reply = self.read().await?;
            let fits = if stage == Stage::Data { reply.code == 354 } else { reply.code / 100 == 2 };
            if reply.code == 421 {
                self.is_broken = true;
                return Err(errors::refusal(stage, &reply));
            }
            if fits && stage == Stage::Data && refusal.is_some() {
                // It waits for the content of a mail to nobody: an empty one ends that (RFC 2920, 3.1).
                self.say(b".\r\n").await?;
                self.read().await?;
            } else if !fits && refusal.is_none() {
                refusal = Some((stage, reply));
                if !self.features.pipelining {
                    break;
                }
            }
        }
        match refusal {
            None => Ok(()),
            Some((stage, reply)) => Err(self.refused(stage, &reply).await),
        }
    }
}

async fn hello(wire: &mut Wire) -> Result<Features, Failure> {
    let reply = wire.command(HELLO, COMMAND).await.map_err(errors::lost)?;
    if reply.code != 250 {
        return Err(errors::refusal(Stage::Hello, &reply));
    }
    Ok(Features::read(&reply))
}

async fn sign_in(wire: &mut Wire, features: &Features, login: &Login) -> Result<(), Failure> {
    let offers = |name: &str| features.auth.iter().any(|known| known == name);
    let secret = login.secret.expose_secret();
    let mut answers: Vec<String> = Vec::new();
    let first = if login.is_token {
        // After a refusal the server sends the reason and waits for an empty line.
        answers.push(String::new());
        format!("AUTH XOAUTH2 {}", BASE64.encode(login.bearer()))
    } else if offers("PLAIN") || !offers("LOGIN") {
        format!("AUTH PLAIN {}", BASE64.encode(format!("\0{}\0{secret}", login.username)))
    } else {
        answers.push(BASE64.encode(secret));
        answers.push(BASE64.encode(&login.username));
        "AUTH LOGIN".to_owned()
    };
    let mut reply = wire.command(&first, COMMAND).await.map_err(errors::lost)?;
    while reply.code == 334 {
        let answer = answers.pop().unwrap_or_else(|| "*".to_owned());
        reply = wire.command(&answer, COMMAND).await.map_err(errors::lost)?;
        if answer == "*" {
            break;
        }
    }
    if reply.code == 235 { Ok(()) } else { Err(errors::refusal(Stage::Auth, &reply)) }
}

#[async_trait]
impl MessageSession for Session {
    async fn offer(&mut self, access: &Access<'_>, job: &MessageJob<'_>) -> Result<(), Failure> {
        let OutgoingMessage::Email(email) = job.message else {
            return Err(Failure::content("mail_malformed"));
        };
        if self.offered.is_some() {
            return Err(self.broken(Failure::new(FailureClass::Retry, Problem::new("mail_line_lost"))));
        }
        self.used_at = access.now;
        let at = job.first_sent_at.unwrap_or(access.now);
        let written = mime::write(email, job, &self.settings, at)?;
        let size = written.bytes.len() as u64;
        if self.features.size.is_some_and(|most| size > most) {
            return Err(Failure::content("mail_too_large"));
        }
        let address: &str = written.to.as_ref();
        if !address.is_ascii() && !self.features.utf8 {
            return Err(Failure::content("mail_recipient_invalid"));
        }
        let mut mail = format!("MAIL FROM:<{}>", self.settings.from_address);
        let mut rcpt = format!("RCPT TO:<{address}>");
        if self.features.size.is_some() {
            let _ = write!(mail, " SIZE={size}");
        }
        if !address.is_ascii() {
            mail.push_str(" SMTPUTF8");
        }
        if self.features.dsn && address.is_ascii() {
            let _ = write!(mail, " RET=HDRS ENVID={}", xtext(&email.message_id));
            let _ = write!(rcpt, " NOTIFY=FAILURE,DELAY ORCPT=rfc822;{}", xtext(address));
        }
        self.introduce(&mail, &rcpt).await?;
        self.offered = Some(Offered {
            id: job.id.to_string(),
            message_id: email.message_id.clone(),
            content: stuffed(&written.bytes),
        });
        Ok(())
    }

    async fn send(&mut self, _access: &Access<'_>, job: &MessageJob<'_>) -> Result<Accepted, Failure> {
        let offered = self.offered.take().filter(|offered| offered.id == job.id.as_str());
        let Some(offered) = offered else {
            return Err(self.broken(Failure::new(FailureClass::Retry, Problem::new("not_prepared"))));
        };
        // An error of this write leaves a mail without its end, which no server takes.
        self.say(&offered.content).await?;
        // From its first byte on the mail may be accepted.
        if self.wire.write(b".\r\n", AFTER_THE_DOT).await.is_err() {
            self.is_broken = true;
            return Err(errors::doubt());
        }
        let Ok(reply) = self.wire.reply(AFTER_THE_DOT).await else {
            self.is_broken = true;
            return Err(errors::doubt());
        };
        if reply.code / 100 == 2 {
            self.mails += 1;
            return Ok(Accepted { remote_id: Some(offered.message_id), price_milli: None });
        }
        if !(400..600).contains(&reply.code) {
            self.is_broken = true;
            return Err(errors::doubt());
        }
        Err(self.refused(Stage::Content, &reply).await)
    }

    /// The server waits for content and understands nothing else: only hanging up takes the offer back.
    async fn take_back(&mut self) {
        if self.offered.take().is_some() {
            self.is_broken = true;
        }
    }

    fn is_broken(&self) -> bool {
        let age = self.used_at.duration_since(self.opened_at);
        self.is_broken || self.offered.is_none() && (self.mails >= MOST_MAILS || age >= LONGEST_LIFE)
    }

    async fn close(self: Box<Self>) {
        self.quit().await;
    }
}

/// RFC 3461, 4: what is no plain character is written as its number.
fn xtext(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_graphic() && !matches!(byte, b'+' | b'=') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "+{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_offers_is_read() {
        let lines =
            ["mail.example", "PIPELINING", "SIZE 10240000", "AUTH PLAIN login", "AUTH=XOAUTH2", "DSN"];
        let lines = lines.map(str::to_owned).to_vec();
        let features = Features::read(&Reply { code: 250, enhanced: None, lines });
        assert!(features.pipelining && features.dsn && !features.starttls && !features.utf8);
        assert_eq!(features.size, Some(10_240_000));
        assert_eq!(features.auth, ["PLAIN", "LOGIN", "XOAUTH2"]);
    }

    #[test]
    fn xtext_hides_nothing_that_ends_a_word() {
        assert_eq!(xtext("a+b=c d\r\n@x.fr"), "a+2Bb+3Dc+20d+0D+0A@x.fr");
    }
}
