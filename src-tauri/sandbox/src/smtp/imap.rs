//! One conversation over IMAP: sign in, examine the inbox, search, fetch whole mails. Nothing is changed.

use std::{io, sync::Arc};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};

use super::state::Received;
use crate::{connection::Cuttable, seed, state::World};

const LONGEST_LINE: u64 = 16_384;

struct Talk {
    world: Arc<World>,
    line: BufReader<Cuttable>,
    account: Option<usize>,
    is_open: bool,
}

pub(super) async fn talk(world: Arc<World>, line: Cuttable) {
    let mut talk = Talk { world, line: BufReader::new(line), account: None, is_open: false };
    if talk.say("* OK [CAPABILITY IMAP4rev1] Bonjour").await.is_err() {
        return;
    }
    while let Ok(Some(text)) = talk.hear().await {
        if !matches!(talk.step(&text).await, Ok(true)) {
            return;
        }
    }
}

impl Talk {
    async fn say(&mut self, text: &str) -> io::Result<()> {
        self.line.write_all(format!("{text}\r\n").as_bytes()).await?;
        self.line.flush().await
    }

    async fn hear(&mut self) -> io::Result<Option<String>> {
        let mut raw = Vec::new();
        (&mut self.line).take(LONGEST_LINE).read_until(b'\n', &mut raw).await?;
        let text = String::from_utf8_lossy(&raw);
        Ok(raw.ends_with(b"\n").then(|| text.trim_end_matches(['\r', '\n']).to_owned()))
    }

    /// One command; false when the conversation is over.
    async fn step(&mut self, text: &str) -> io::Result<bool> {
        let words = words(text);
        let Some((tag, words)) = words.split_first() else { return Ok(false) };
        let upper: Vec<String> = words.iter().map(|word| word.to_uppercase()).collect();
        let upper: Vec<&str> = upper.iter().map(String::as_str).collect();
        let answer = match upper.as_slice() {
            ["CAPABILITY"] => {
                self.say("* CAPABILITY IMAP4rev1").await?;
                "OK Done"
            }
            ["NOOP"] => "OK Done",
            ["LOGOUT"] => {
                self.say("* BYE Au revoir").await?;
                self.say(&format!("{tag} OK Done")).await?;
                return Ok(false);
            }
            ["LOGIN", ..] => {
                let (user, secret) = (words.get(1).cloned(), words.get(2).cloned());
                let (user, secret) = (user.unwrap_or_default(), secret.unwrap_or_default());
                let accounts = self.world.options.accounts;
                self.account = (1..=accounts)
                    .find(|k| user == seed::mail_address(*k) && secret == seed::mail_password(*k));
                match self.account {
                    Some(_) => "OK Signed in",
                    None => "NO [AUTHENTICATIONFAILED] Authentication failed",
                }
            }
            _ if self.account.is_none() => "BAD Not signed in",
            ["EXAMINE" | "SELECT", folder] => {
                self.is_open = *folder == "INBOX";
                if self.is_open {
                    self.describe().await?;
                    "OK [READ-ONLY] Done"
                } else {
                    "NO [NONEXISTENT] No such folder"
                }
            }
            _ if !self.is_open => "BAD No folder is open",
            ["UID", "SEARCH", which @ ..] => {
                self.search(which).await?;
                "OK Done"
            }
            ["UID", "FETCH", set, ..] => {
                self.fetch(set).await?;
                "OK Done"
            }
            _ => "BAD Unknown command",
        };
        self.say(&format!("{tag} {answer}")).await?;
        Ok(true)
    }

    fn mails(&self) -> Vec<Received> {
        self.account.map(|account| self.world.mail().of(account).to_vec()).unwrap_or_default()
    }

    async fn describe(&mut self) -> io::Result<()> {
        let mails = self.mails();
        let validity = self.world.mail().uid_validity();
        let next = mails.last().map_or(1, |last| last.uid + 1);
        let count = mails.len();
        self.say("* FLAGS (\\Seen)").await?;
        self.say(&format!("* {count} EXISTS\r\n* 0 RECENT")).await?;
        self.say(&format!("* OK [UIDVALIDITY {validity}] Ok\r\n* OK [UIDNEXT {next}] Ok")).await
    }

    /// `UID n:*`, else everything: all mails here are young.
    async fn search(&mut self, which: &[&str]) -> io::Result<()> {
        let mails = self.mails();
        let set = match which {
            ["UID", set] => Some(*set),
            _ => None,
        };
        let found: Vec<String> = chosen(&mails, set).map(|(_, mail)| mail.uid.to_string()).collect();
        self.say(format!("* SEARCH {}", found.join(" ")).trim_end()).await
    }

    async fn fetch(&mut self, set: &str) -> io::Result<()> {
        let mails = self.mails();
        for (number, mail) in chosen(&mails, Some(set)) {
            let head = format!("* {number} FETCH (UID {} BODY[]<0> {{{}}}", mail.uid, mail.raw.len());
            self.say(&head).await?;
            self.line.write_all(mail.raw.as_bytes()).await?;
            self.say(")").await?;
        }
        Ok(())
    }
}

/// Mails of a set with their place, from 1. As in the real protocol `n:*` always names the last one.
fn chosen<'a>(mails: &'a [Received], set: Option<&str>) -> impl Iterator<Item = (usize, &'a Received)> {
    let last = mails.last().map_or(0, |last| last.uid);
    let number = |text: &str| if text == "*" { last } else { text.parse().unwrap_or(0) };
    let ranges: Option<Vec<(u32, u32)>> = set.map(|set| {
        set.split(',')
            .map(|part| {
                let (from, to) = part.split_once(':').unwrap_or((part, part));
                let (from, to) = (number(from), number(to));
                (from.min(to), from.max(to))
            })
            .collect()
    });
    let fits = move |uid: u32| {
        ranges.as_ref().is_none_or(|ranges| ranges.iter().any(|(from, to)| (*from..=*to).contains(&uid)))
    };
    mails.iter().enumerate().map(|(at, mail)| (at + 1, mail)).filter(move |(_, mail)| fits(mail.uid))
}

/// Words of a command; quoted ones may hold spaces.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let (mut quoted, mut escaped) = (false, false);
    for c in text.chars() {
        match c {
            _ if escaped => {
                escaped = false;
                word.push(c);
            }
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(std::mem::take(&mut word)),
            c => word.push(c),
        }
    }
    words.push(word);
    words
}
