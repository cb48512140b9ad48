//! Reads a mailbox over IMAP without leaving a trace in it: folders are examined and not selected, mails
//! peeked at and not marked. What arrived since the last reading is sorted by [`letter`] and [`bounce`].
//!
//! Not a connector: sending accounts that have a mailbox use it for their reports. It remembers nothing;
//! the caller keeps the marks, after it has kept the letters, so that a letter is read twice rather than
//! never.

pub mod bounce;
pub mod letter;

use std::time::Duration;

use async_imap::{Client, Session, error::Error as ImapError};
use futures::TryStreamExt as _;
use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_util::either::Either;

pub use letter::{Letter, LetterKind};

use super::{
    Failure, FailureClass,
    mail_line::{self, Security, Stream, Trust},
    smtp::{Login, Server},
};
use crate::domain::Problem;

/// Of a longer mail only the beginning is read.
const MOST_BYTES: u32 = 1_048_576;
/// Mails fetched at once, and in one reading.
const AT_ONCE: usize = 10;
const MOST_LETTERS: usize = 200;
const CONNECT: Duration = Duration::from_mins(1);
/// One reading, whatever it does.
const READING: Duration = Duration::from_mins(5);
/// A mailbox that is read for the first time, or was rebuilt, is read this far back.
const FIRST_DAYS: i64 = 30;

/// Where the last reading ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marks {
    /// Changes when the numbers below no longer mean the same mails.
    pub uid_validity: u32,
    pub last_uid: u32,
}

/// What was read.
#[derive(Debug)]
pub struct Read {
    /// With its number, which is unique together with the marks' validity.
    pub letters: Vec<(u32, Letter)>,
    pub marks: Marks,
    /// There is more to read at once.
    pub more: bool,
}

/// One mailbox and how to get in.
pub struct Door<'a> {
    pub server: &'a Server,
    pub login: &'a Login,
    pub folder: &'a str,
    pub trust: &'a Trust,
    /// No step takes longer.
    pub patience: Duration,
}

impl Door<'_> {
    /// Whether it opens. Changes nothing.
    pub async fn try_it(&self) -> Result<(), Failure> {
        self.within(async {
            let mut session = self.enter().await?;
            session.examine(self.folder).await.map_err(|error| folder_failed(&error))?;
            leave(session).await;
            Ok(())
        })
        .await
    }

    /// Reads what arrived since `marks`.
    pub async fn read(&self, marks: &Value, now: Timestamp) -> Result<Read, Failure> {
        let last: Option<Marks> = serde_json::from_value(marks.clone()).ok();
        self.within(async {
            let mut session = self.enter().await?;
            let read = self.read_new(&mut session, last, now).await;
            leave(session).await;
            read
        })
        .await
    }

    async fn within<T>(&self, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        match tokio::time::timeout(READING.min(self.patience), work).await {
            Ok(done) => done,
            Err(_) => Err(retry("mailbox_unreadable")),
        }
    }

    async fn enter(&self) -> Result<Session<Stream>, Failure> {
        let (server, limit) = (self.server, CONNECT.min(self.patience));
        let stream = mail_line::connect(&server.host, server.port, limit).await?;
        let client = match server.security {
            Security::Tls => {
                let stream = mail_line::encrypt(stream, &server.host, self.trust, limit).await?;
                greeted(Client::new(stream)).await?
            }
            Security::Plain => greeted(Client::new(Either::Left(stream))).await?,
            Security::StartTls => {
                let mut client = greeted(Client::new(Either::Left(stream))).await?;
                let answer = client.run_command_and_check_ok("STARTTLS", None).await;
                answer.map_err(|_| {
                    Failure::new(FailureClass::Blocked, Problem::new("mail_encryption_required"))
                })?;
                let Either::Left(stream) = client.into_inner() else {
                    return Err(retry("mailbox_unreadable"));
                };
                Client::new(mail_line::encrypt(stream, &server.host, self.trust, limit).await?)
            }
        };
        let login = self.login;
        let session = if login.is_token {
            client.authenticate("XOAUTH2", Bearer(Some(login.bearer()))).await
        } else {
            client.login(&login.username, login.secret.expose_secret()).await
        };
        session.map_err(|(error, _)| login_failed(&error))
    }

    async fn read_new(
        &self,
        session: &mut Session<Stream>,
        last: Option<Marks>,
        now: Timestamp,
    ) -> Result<Read, Failure> {
        let folder = session.examine(self.folder).await.map_err(|error| folder_failed(&error))?;
        let uid_validity = folder.uid_validity.unwrap_or_default();
        let last = last.filter(|last| last.uid_validity == uid_validity);
        let question = match last {
            Some(last) => format!("UID {}:*", last.last_uid.saturating_add(1)),
            None => format!("SINCE {}", day(now)),
        };
        let from = last.map_or(0, |last| last.last_uid);
        let found = session.uid_search(question).await.map_err(|error| unreadable(&error))?;
        // `n:*` names the last mail even when its number is smaller.
        let mut uids: Vec<u32> = found.into_iter().filter(|uid| *uid > from).collect();
        uids.sort_unstable();
        let more = uids.len() > MOST_LETTERS;
        uids.truncate(MOST_LETTERS);
        let mut letters = Vec::new();
        for some in uids.chunks(AT_ONCE) {
            let set: Vec<String> = some.iter().map(u32::to_string).collect();
            let what = format!("(UID BODY.PEEK[]<0.{MOST_BYTES}>)");
            let fetched = session.uid_fetch(set.join(","), what).await.map_err(|error| unreadable(&error))?;
            let fetched: Vec<_> = fetched.try_collect().await.map_err(|error| unreadable(&error))?;
            for mail in fetched {
                let letter = mail.body().and_then(letter::read);
                letters.extend(mail.uid.zip(letter));
            }
        }
        // Where nothing is newer, the mark still moves to what the folder says.
        let seen = uids.last().copied().unwrap_or(from);
        let end = folder.uid_next.map_or(seen, |next| next.saturating_sub(1));
        let last_uid = if more { seen } else { seen.max(end) };
        Ok(Read { letters, marks: Marks { uid_validity, last_uid }, more })
    }
}

async fn greeted(mut client: Client<Stream>) -> Result<Client<Stream>, Failure> {
    match client.read_response().await {
        Ok(Some(_)) => Ok(client),
        _ => Err(retry("mailbox_unreadable")),
    }
}

async fn leave(mut session: Session<Stream>) {
    let _ = tokio::time::timeout(Duration::from_secs(5), session.logout()).await;
}

/// The first answer carries everything; a second question is a refusal with its reason.
struct Bearer(Option<String>);

impl async_imap::Authenticator for Bearer {
    type Response = String;

    fn process(&mut self, _challenge: &[u8]) -> String {
        self.0.take().unwrap_or_default()
    }
}

/// As IMAP writes a day, for example `3-Nov-2026`.
fn day(now: Timestamp) -> String {
    let from = now.checked_sub(SignedDuration::from_hours(24 * FIRST_DAYS)).unwrap_or(now);
    from.strftime("%-d-%b-%Y").to_string()
}

fn retry(code: &str) -> Failure {
    Failure::new(FailureClass::Retry, Problem::new(code))
}

fn unreadable(error: &ImapError) -> Failure {
    Failure::new(FailureClass::Retry, Problem::new("mailbox_unreadable").message(words(error)))
}

/// Some words of a refusal mean "later" (RFC 5530); every other refusal of a login is about the password.
fn login_failed(error: &ImapError) -> Failure {
    const LATER: [&str; 6] = ["UNAVAILABLE", "INUSE", "LIMIT", "OVERQUOTA", "SERVERBUG", "TOO MANY"];
    match error {
        ImapError::No(said) | ImapError::Bad(said)
            if !LATER.iter().any(|word| said.to_uppercase().contains(word)) =>
        {
            Failure::new(FailureClass::Reauth, Problem::new("mailbox_login_refused").message(words(error)))
        }
        ImapError::Validate(_) => Failure::new(FailureClass::Reauth, Problem::new("mailbox_login_refused")),
        _ => unreadable(error),
    }
}

fn folder_failed(error: &ImapError) -> Failure {
    match error {
        ImapError::No(_) => {
            Failure::new(FailureClass::Retry, Problem::new("mailbox_folder_missing").message(words(error)))
        }
        _ => unreadable(error),
    }
}

/// What the server said; never what was said to it.
fn words(error: &ImapError) -> String {
    match error {
        ImapError::No(said) | ImapError::Bad(said) => said.clone(),
        ImapError::Io(error) => error.kind().to_string(),
        _ => String::new(),
    }
}
