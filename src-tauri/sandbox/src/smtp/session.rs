//! One conversation over SMTP.

use std::{io, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use mail_parser::MessageParser;
use serde_json::{Map, Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};

use super::{cut, fault, note, returns};
use crate::{
    connection::Cuttable,
    exchange::percent_decode,
    faults::{Action, FaultName, FaultRequest},
    inbox::{Fate, Message},
    platform::Platform,
    seed,
    state::World,
};

const LONGEST_LINE: u64 = 8192;
const MOST_BYTES: usize = 10_240_000;

/// How a step ends for the line.
enum Next {
    GoOn,
    HangUp,
    Cut,
}

#[derive(Default)]
struct Mail {
    from: Option<String>,
    to: Vec<String>,
}

struct Talk {
    world: Arc<World>,
    line: BufReader<Cuttable>,
    /// Number of the account that signed in.
    account: Option<usize>,
    mail: Mail,
}

pub(super) async fn talk(world: Arc<World>, line: Cuttable) {
    let mut talk = Talk { world, line: BufReader::new(line), account: None, mail: Mail::default() };
    if talk.say("220 mail.levieuxmoulin.example ESMTP").await.is_err() {
        return;
    }
    while let Ok(Some(text)) = talk.hear().await {
        match talk.step(&text).await {
            Ok(Next::GoOn) => {}
            Ok(Next::Cut) => return cut(talk.line.into_inner()).await,
            Ok(Next::HangUp) | Err(_) => return,
        }
    }
}

impl Talk {
    async fn say(&mut self, text: &str) -> io::Result<()> {
        self.line.write_all(format!("{text}\r\n").as_bytes()).await?;
        self.line.flush().await
    }

    /// One line; `None` at the end.
    async fn hear(&mut self) -> io::Result<Option<String>> {
        let mut raw = Vec::new();
        (&mut self.line).take(LONGEST_LINE).read_until(b'\n', &mut raw).await?;
        let text = String::from_utf8_lossy(&raw);
        Ok(raw.ends_with(b"\n").then(|| text.trim_end_matches(['\r', '\n']).to_owned()))
    }

    async fn reply(&mut self, text: &str) -> io::Result<Next> {
        self.say(text).await?;
        Ok(Next::GoOn)
    }

    async fn step(&mut self, text: &str) -> io::Result<Next> {
        let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" => {
                self.reply(
                    "250-mail.levieuxmoulin.example\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-8BITMIME\r\n\
                     250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250-DSN\r\n250 AUTH PLAIN LOGIN XOAUTH2",
                )
                .await
            }
            "HELO" => self.reply("250 mail.levieuxmoulin.example").await,
            "NOOP" => self.reply("250 2.0.0 Ok").await,
            "RSET" => {
                self.mail = Mail::default();
                self.reply("250 2.0.0 Ok").await
            }
            "QUIT" => {
                self.say("221 2.0.0 Bye").await?;
                Ok(Next::HangUp)
            }
            "AUTH" => self.sign_in(rest).await,
            _ if self.account.is_none() => self.reply("530 5.7.0 Authentication required").await,
            "MAIL" => self.sender(rest).await,
            "RCPT" => self.recipient(rest).await,
            "DATA" => self.content().await,
            _ => self.reply("500 5.5.1 Command not recognized").await,
        }
    }

    async fn sign_in(&mut self, rest: &str) -> io::Result<Next> {
        let (way, first) = rest.split_once(' ').unwrap_or((rest, ""));
        let mut given = first.to_owned();
        let (user, secret) = match way.to_ascii_uppercase().as_str() {
            "LOGIN" => {
                self.say("334 VXNlcm5hbWU6").await?;
                let user = self.hear().await?.unwrap_or_default();
                self.say("334 UGFzc3dvcmQ6").await?;
                let secret = self.hear().await?.unwrap_or_default();
                (decoded(&user), decoded(&secret))
            }
            "PLAIN" | "XOAUTH2" => {
                if given.is_empty() {
                    self.say("334 ").await?;
                    given = self.hear().await?.unwrap_or_default();
                }
                let text = decoded(&given);
                if way.eq_ignore_ascii_case("plain") {
                    let mut parts = text.split('\0').skip(1).map(str::to_owned);
                    (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
                } else {
                    let field = |name: &str| text.split('\u{1}').find_map(|part| part.strip_prefix(name));
                    (
                        field("user=").unwrap_or_default().to_owned(),
                        field("auth=Bearer ").unwrap_or_default().to_owned(),
                    )
                }
            }
            _ => return self.reply("504 5.5.4 Unknown mechanism").await,
        };
        let fault = fault(&self.world, "AUTH", Action::Account);
        if let Some(fault) = &fault {
            return self.spoil("AUTH", Action::Account, fault).await;
        }
        let accounts = self.world.options.accounts;
        self.account =
            (1..=accounts).find(|k| user == seed::mail_address(*k) && secret == seed::mail_password(*k));
        let (code, text) = match self.account {
            Some(_) => (235, "235 2.7.0 Authentication successful"),
            None => (535, "535 5.7.8 Authentication failed"),
        };
        note(&self.world, "AUTH", Action::Account, Some(code), None);
        self.reply(text).await
    }

    async fn sender(&mut self, rest: &str) -> io::Result<Next> {
        let Some(address) = address(rest, "FROM:") else {
            return self.reply("501 5.5.4 Syntax: MAIL FROM:<address>").await;
        };
        if self.account.is_none_or(|k| address != seed::mail_address(k)) {
            return self.reply("553 5.7.1 Sender address rejected: not owned by user").await;
        }
        self.mail = Mail { from: Some(address), to: Vec::new() };
        self.reply("250 2.1.0 Ok").await
    }

    async fn recipient(&mut self, rest: &str) -> io::Result<Next> {
        let Some(address) = address(rest, "TO:").filter(|address| address.contains('@')) else {
            return self.reply("501 5.1.3 Bad recipient address syntax").await;
        };
        if self.mail.from.is_none() {
            return self.reply("503 5.5.1 Need MAIL first").await;
        }
        if let Some(fault) = fault(&self.world, "RCPT", Action::Read) {
            return self.spoil("RCPT", Action::Read, &fault).await;
        }
        let refusal = match address.split('@').next().unwrap_or_default() {
            "inconnu" => Some("550 5.1.1 No such user here"),
            "greylist" => Some("450 4.2.0 Greylisted, try later"),
            "plein" => Some("452 4.2.2 Mailbox full"),
            "bloque" => Some("550 5.7.1 Blocked"),
            _ => None,
        };
        let code = refusal.and_then(|text| text.get(..3)).and_then(|code| code.parse().ok()).unwrap_or(250);
        note(&self.world, "RCPT", Action::Read, Some(code), None);
        if let Some(text) = refusal {
            return self.reply(text).await;
        }
        self.mail.to.push(address);
        self.reply("250 2.1.5 Ok").await
    }

    async fn content(&mut self) -> io::Result<Next> {
        if self.mail.to.is_empty() {
            return self.reply("554 5.5.1 No valid recipients").await;
        }
        self.say("354 End data with <CR><LF>.<CR><LF>").await?;
        let Some(raw) = self.until_the_dot().await? else { return Ok(Next::HangUp) };
        if raw.len() > MOST_BYTES {
            return self.reply("552 5.3.4 Message too big").await;
        }
        if let Some(fault) = fault(&self.world, "DATA", Action::Publish) {
            if fault.fault == FaultName::AcceptThenReset
                || fault.fault == FaultName::Stall && fault.params.processed == Some(true)
            {
                self.accept(&raw);
            }
            self.mail = Mail::default();
            return self.spoil("DATA", Action::Publish, &fault).await;
        }
        let id = self.accept(&raw);
        self.mail = Mail::default();
        note(&self.world, "DATA", Action::Publish, Some(250), None);
        self.reply(&format!("250 2.0.0 Ok: queued as {id:08X}")).await
    }

    /// The content with single dots again; `None` when the line ends before the dot.
    async fn until_the_dot(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut all = Vec::new();
        loop {
            let mut raw = Vec::new();
            self.line.read_until(b'\n', &mut raw).await?;
            if !raw.ends_with(b"\n") {
                return Ok(None);
            }
            if raw == b".\r\n" {
                return Ok(Some(all));
            }
            let text = raw.strip_prefix(b".").unwrap_or(&raw);
            if all.len() <= MOST_BYTES {
                all.extend_from_slice(text);
            }
        }
    }

    /// Delivers to everybody named, and sends back what comes back.
    fn accept(&self, raw: &[u8]) -> u64 {
        let now = self.world.now();
        let account = self.account.unwrap_or(1);
        let parsed = MessageParser::default().parse(raw).unwrap_or_default();
        let mut last = 0;
        for to in &self.mail.to {
            let unsubscribe = parsed.header_raw("List-Unsubscribe").map(subject_of).unwrap_or_default();
            let mut marks = Map::new();
            marks.insert("message_id".into(), json!(parsed.message_id().unwrap_or_default()));
            marks.insert("unsubscribe_subject".into(), Value::String(unsubscribe));
            let head = String::from_utf8_lossy(raw);
            let head = head.split("\r\n\r\n").next().unwrap_or_default();
            marks.insert("head".into(), json!(head));
            let message = Message {
                id: 0,
                platform: Platform::Smtp,
                account,
                from: self.mail.from.clone().unwrap_or_default(),
                to: to.clone(),
                subject: parsed.subject().map(str::to_owned),
                text: parsed.body_text(0).unwrap_or_default().into_owned(),
                html: parsed.body_html(0).map(std::borrow::Cow::into_owned),
                marks,
                at: now,
                history: Vec::new(),
            };
            let mut inbox = self.world.inbox();
            last = inbox.accept(message);
            let kept = inbox.get(Platform::Smtp, last).cloned();
            drop(inbox);
            let Some(kept) = kept else { continue };
            let fate = if to.starts_with("rebond@") { Fate::HardBounce } else { kept.fate() };
            if let Some(back) = returns::after(&kept, fate, now) {
                self.world.mail().receive(account, back, now);
            }
        }
        self.world.touch();
        last
    }

    /// Plays a fault; what is processed has been processed.
    async fn spoil(&mut self, step: &str, action: Action, fault: &FaultRequest) -> io::Result<Next> {
        let text = match fault.fault {
            FaultName::ResetBefore | FaultName::AcceptThenReset => None,
            FaultName::Stall => {
                note(&self.world, step, action, None, Some(fault));
                tokio::time::sleep(Duration::from_secs(fault.params.secs.unwrap_or(30))).await;
                return Ok(Next::Cut);
            }
            FaultName::Unavailable => Some("421 4.3.2 Service shutting down"),
            FaultName::ServerErrorBefore => Some("451 4.3.0 Temporary failure"),
            FaultName::RateLimited => Some("450 4.7.1 Too many messages, slow down"),
            FaultName::TokenExpired => Some("535 5.7.8 Authentication failed"),
            FaultName::PermissionLost => {
                Some("550 5.7.60 Client does not have permissions to send as this sender")
            }
            FaultName::ContentRefused => Some("554 5.7.1 Message refused as spam"),
            FaultName::HtmlPage => Some("<!doctype html><title>Bienvenue sur le Wi-Fi</title>"),
            _ => Some("550 Requested action not taken"),
        };
        let code = text.and_then(|text| text.get(..3)).and_then(|code| code.parse().ok());
        note(&self.world, step, action, code, Some(fault));
        let Some(text) = text else { return Ok(Next::Cut) };
        self.say(text).await?;
        Ok(if fault.fault == FaultName::Unavailable { Next::HangUp } else { Next::GoOn })
    }
}

fn decoded(text: &str) -> String {
    BASE64.decode(text.trim()).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}

/// The address in `FROM:<a@b> SIZE=1`.
fn address(rest: &str, word: &str) -> Option<String> {
    let rest = rest.trim();
    let head = rest.get(..word.len())?;
    let inside = rest.get(word.len()..)?.trim_start().strip_prefix('<')?;
    head.eq_ignore_ascii_case(word).then(|| inside.split('>').next().unwrap_or_default().to_lowercase())
}

/// The subject that a `mailto:` of the header asks for.
fn subject_of(header: &str) -> String {
    let header: String = header.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    let subject = header.split("mailto:").nth(1).and_then(|rest| rest.split(['>', ',']).next());
    let subject = subject.and_then(|address| address.split("subject=").nth(1));
    subject.map(|subject| percent_decode(subject.split('&').next().unwrap_or_default())).unwrap_or_default()
}
