//! One question to the domain name system: the texts of a name. By hand, because a resolver of its own is
//! a large guest for three questions before a first mailing.
//!
//! Asks the servers that this computer uses (`/etc/resolv.conf`), elsewhere Quad9, a foundation under Swiss
//! law that keeps no personal data. Nothing but the name of the sender's domain is said.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use async_trait::async_trait;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, UdpSocket},
};

const PATIENCE: Duration = Duration::from_secs(4);
const QUAD9: IpAddr = IpAddr::V4(Ipv4Addr::new(9, 9, 9, 9));
const TXT: u16 = 16;

/// No usable answer.
#[derive(Debug)]
pub struct NoAnswer;

/// Looks texts up.
#[async_trait]
pub trait Texts: Send + Sync {
    /// The texts of a name; none where it has none.
    async fn texts(&self, name: &str) -> Result<Vec<String>, NoAnswer>;
}

/// The servers of this computer.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemDns;

#[async_trait]
impl Texts for SystemDns {
    async fn texts(&self, name: &str) -> Result<Vec<String>, NoAnswer> {
        for server in servers().await {
            let id = rand::random::<u16>();
            let asked = tokio::time::timeout(PATIENCE, ask(SocketAddr::new(server, 53), id, name)).await;
            if let Ok(Some(texts)) = asked {
                return Ok(texts);
            }
        }
        Err(NoAnswer)
    }
}

async fn servers() -> Vec<IpAddr> {
    let known = tokio::fs::read_to_string("/etc/resolv.conf").await.unwrap_or_default();
    let lines = known.lines().filter_map(|line| line.trim().strip_prefix("nameserver"));
    let mut servers: Vec<IpAddr> = lines.filter_map(|address| address.trim().parse().ok()).take(2).collect();
    if servers.is_empty() {
        servers.push(QUAD9);
    }
    servers
}

async fn ask(server: SocketAddr, id: u16, name: &str) -> Option<Vec<String>> {
    let question = question(id, name)?;
    let local: IpAddr = if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { [0_u16; 8].into() };
    let socket = UdpSocket::bind(SocketAddr::new(local, 0)).await.ok()?;
    socket.connect(server).await.ok()?;
    socket.send(&question).await.ok()?;
    let mut answer = vec![0; 4096];
    let length = socket.recv(&mut answer).await.ok()?;
    answer.truncate(length);
    match read(&answer, id) {
        Answer::Texts(texts) => Some(texts),
        Answer::Unusable => None,
        Answer::Cut => {
            let mut stream = TcpStream::connect(server).await.ok()?;
            let length = u16::try_from(question.len()).ok()?;
            stream.write_all(&length.to_be_bytes()).await.ok()?;
            stream.write_all(&question).await.ok()?;
            let mut answer = vec![0; usize::from(stream.read_u16().await.ok()?)];
            stream.read_exact(&mut answer).await.ok()?;
            match read(&answer, id) {
                Answer::Texts(texts) => Some(texts),
                Answer::Cut | Answer::Unusable => None,
            }
        }
    }
}

fn question(id: u16, name: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(name.len() + 18);
    out.extend_from_slice(&id.to_be_bytes());
    // Please look it up for us; one question.
    out.extend_from_slice(&[1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    for label in name.trim_end_matches('.').split('.') {
        let length = u8::try_from(label.len()).ok().filter(|length| (1..=63).contains(length))?;
        out.push(length);
        out.extend_from_slice(label.as_bytes());
    }
    out.extend_from_slice(&[0, 0, 16, 0, 1]);
    Some(out)
}

#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Texts(Vec<String>),
    /// Too long for a datagram.
    Cut,
    Unusable,
}

fn read(answer: &[u8], id: u16) -> Answer {
    parse(answer, id).unwrap_or(Answer::Unusable)
}

fn parse(answer: &[u8], id: u16) -> Option<Answer> {
    let word = |at: usize| Some(u16::from_be_bytes([*answer.get(at)?, *answer.get(at + 1)?]));
    let flags = word(2)?;
    if word(0)? != id || flags & 0x8000 == 0 {
        return None;
    }
    if flags & 0x0200 != 0 {
        return Some(Answer::Cut);
    }
    match flags & 0x000f {
        0 => {}
        // There is no such name.
        3 => return Some(Answer::Texts(Vec::new())),
        _ => return None,
    }
    let mut at = 12;
    for _ in 0..word(4)? {
        at = after_name(answer, at)? + 4;
    }
    let mut texts = Vec::new();
    for _ in 0..word(6)? {
        at = after_name(answer, at)?;
        let (kind, length) = (word(at)?, usize::from(word(at + 8)?));
        let data = answer.get(at + 10..at + 10 + length)?;
        if kind == TXT {
            texts.push(strings(data)?);
        }
        at += 10 + length;
    }
    Some(Answer::Texts(texts))
}

/// The pieces of one text, joined.
fn strings(mut data: &[u8]) -> Option<String> {
    let mut text = String::new();
    while let Some((length, rest)) = data.split_first() {
        let (piece, rest) = rest.split_at_checked(usize::from(*length))?;
        text.push_str(&String::from_utf8_lossy(piece));
        data = rest;
    }
    Some(text)
}

fn after_name(answer: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *answer.get(at)? {
            0 => return Some(at + 1),
            // The rest stands elsewhere.
            length if length & 0xc0 == 0xc0 => return Some(at + 2),
            length => at += 1 + usize::from(length),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(flags: u16, records: &[(u16, &[u8])]) -> Vec<u8> {
        let mut out = question(7, "moulin.example").unwrap();
        out[2..4].copy_from_slice(&flags.to_be_bytes());
        out[6..8].copy_from_slice(&u16::try_from(records.len()).unwrap().to_be_bytes());
        for (kind, data) in records {
            out.extend_from_slice(&[0xc0, 12]);
            out.extend_from_slice(&kind.to_be_bytes());
            out.extend_from_slice(&[0, 1, 0, 0, 0, 60]);
            out.extend_from_slice(&u16::try_from(data.len()).unwrap().to_be_bytes());
            out.extend_from_slice(data);
        }
        out
    }

    #[test]
    fn texts_are_read_and_joined() {
        let told = answer(0x8180, &[(5, b"\x01x\0"), (TXT, b"\x07v=spf1 \x04-all"), (TXT, b"\x05autre")]);
        assert_eq!(read(&told, 7), Answer::Texts(vec!["v=spf1 -all".into(), "autre".into()]));
        assert_eq!(read(&answer(0x8183, &[]), 7), Answer::Texts(Vec::new()));
        assert_eq!(read(&answer(0x8380, &[]), 7), Answer::Cut);
        assert_eq!(read(&answer(0x8182, &[]), 7), Answer::Unusable);
        assert_eq!(read(&told, 8), Answer::Unusable);
    }

    #[test]
    fn an_answer_cut_anywhere_is_no_answer_and_no_panic() {
        let told = answer(0x8180, &[(TXT, b"\x07v=spf1 \x04-all")]);
        for length in 0..told.len() {
            assert_eq!(read(&told[..length], 7), Answer::Unusable, "{length}");
        }
        assert_eq!(question(1, "a..b"), None);
        assert_eq!(question(1, &"a".repeat(64)), None);
    }
}
