//! The words of SMTP on the line: commands out, replies in, each with a deadline. What a reply means is
//! in `errors.rs`.

use std::{io, time::Duration};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};

use crate::connectors::mail_line::Stream;

/// RFC 5321 allows 512 bytes; some servers explain themselves at length.
const LONGEST_LINE: u64 = 4096;
const MOST_LINES: usize = 200;
/// Words of a server that are kept.
const KEPT_CHARACTERS: usize = 400;

/// A complete reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub code: u16,
    /// For example (5, 1, 1), where the server says it (RFC 3463).
    pub enhanced: Option<(u16, u16, u16)>,
    /// Lines without the codes in front.
    pub lines: Vec<String>,
}

impl Reply {
    pub fn is_positive(&self) -> bool {
        (200..400).contains(&self.code)
    }

    /// All its words, for tables and for the log.
    pub fn words(&self) -> String {
        self.lines.join(" ").chars().take(KEPT_CHARACTERS).collect()
    }

    /// Code and enhanced code, for example `550 5.1.1`.
    pub fn codes(&self) -> String {
        match self.enhanced {
            Some((class, subject, detail)) => format!("{} {class}.{subject}.{detail}", self.code),
            None => self.code.to_string(),
        }
    }
}

/// Why there is no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// The other side hung up, or the line broke.
    Closed,
    TimedOut,
    /// Not the words of SMTP.
    Garbled,
}

impl From<io::Error> for Lost {
    fn from(_: io::Error) -> Self {
        Self::Closed
    }
}

/// A line that speaks SMTP.
pub(super) struct Wire {
    stream: BufReader<Stream>,
    /// No step takes longer, whatever its own deadline says.
    patience: Duration,
}

impl Wire {
    pub fn new(stream: Stream, patience: Duration) -> Self {
        Self { stream: BufReader::new(stream), patience }
    }

    /// The line itself. `None` when the other side has already said more than was asked: words put in
    /// front of the encryption by somebody in between.
    pub fn into_quiet_line(self) -> Option<Stream> {
        self.stream.buffer().is_empty().then(|| self.stream.into_inner())
    }

    pub async fn write(&mut self, bytes: &[u8], limit: Duration) -> Result<(), Lost> {
        let stream = &mut self.stream;
        let work = async move {
            stream.write_all(bytes).await?;
            stream.flush().await
        };
        match tokio::time::timeout(limit.min(self.patience), work).await {
            Err(_) => Err(Lost::TimedOut),
            Ok(done) => Ok(done?),
        }
    }

    pub async fn reply(&mut self, limit: Duration) -> Result<Reply, Lost> {
        match tokio::time::timeout(limit.min(self.patience), read_reply(&mut self.stream)).await {
            Err(_) => Err(Lost::TimedOut),
            Ok(reply) => reply,
        }
    }

    /// One command and its reply.
    pub async fn command(&mut self, command: &str, limit: Duration) -> Result<Reply, Lost> {
        self.write(format!("{command}\r\n").as_bytes(), limit).await?;
        self.reply(limit).await
    }
}

async fn read_reply(stream: &mut BufReader<Stream>) -> Result<Reply, Lost> {
    let mut lines = Vec::new();
    let mut code = None;
    loop {
        let mut raw = Vec::new();
        stream.take(LONGEST_LINE).read_until(b'\n', &mut raw).await?;
        if raw.is_empty() {
            return Err(Lost::Closed);
        }
        if raw.last() != Some(&b'\n') {
            // Longer than allowed, or cut in the middle.
            return Err(if raw.len() as u64 >= LONGEST_LINE { Lost::Garbled } else { Lost::Closed });
        }
        let text = String::from_utf8_lossy(&raw);
        let text = text.trim_end_matches(['\r', '\n']);
        let (digits, rest) = text.split_at_checked(3).ok_or(Lost::Garbled)?;
        let this: u16 = digits.parse().map_err(|_| Lost::Garbled)?;
        if !(200..600).contains(&this) || code.is_some_and(|code| code != this) {
            return Err(Lost::Garbled);
        }
        code = Some(this);
        let (last, words) = match rest.split_at_checked(1) {
            None => (true, ""),
            Some((" ", words)) => (true, words),
            Some(("-", words)) => (false, words),
            Some(_) => return Err(Lost::Garbled),
        };
        lines.push(words.to_owned());
        if last {
            let enhanced = lines.first().and_then(|line| enhanced(line, this));
            return Ok(Reply { code: this, enhanced, lines });
        }
        if lines.len() >= MOST_LINES {
            return Err(Lost::Garbled);
        }
    }
}

/// The enhanced code at the beginning of a line; its class must be that of the reply.
fn enhanced(line: &str, code: u16) -> Option<(u16, u16, u16)> {
    let mut numbers = line.split_whitespace().next()?.split('.').map(str::parse::<u16>);
    let all = (numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?);
    (numbers.next().is_none() && all.0 == code / 100).then_some(all)
}

/// Doubles the dot at the beginning of a line and ends the last line; the final dot is not here.
pub(super) fn stuffed(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + content.len() / 50 + 8);
    let mut at_start = true;
    for &byte in content {
        if at_start && byte == b'.' {
            out.push(b'.');
        }
        out.push(byte);
        at_start = byte == b'\n';
    }
    if !out.ends_with(b"\r\n") {
        out.extend_from_slice(b"\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_doubled_at_the_beginning_of_lines_only() {
        assert_eq!(stuffed(b".a.\r\n..\r\nb"), b"..a.\r\n...\r\nb\r\n");
        assert_eq!(stuffed(b"a\r\n"), b"a\r\n");
        assert_eq!(stuffed(b"a\r\n.\r\nQUIT\r\n"), b"a\r\n..\r\nQUIT\r\n");
    }

    #[test]
    fn an_enhanced_code_is_of_the_class_of_its_reply() {
        assert_eq!(enhanced("5.1.1 No such user", 550), Some((5, 1, 1)));
        assert_eq!(enhanced("5.7.515 Access denied", 550), Some((5, 7, 515)));
        assert_eq!(enhanced("4.2.0 later", 550), None);
        assert_eq!(enhanced("192.0.2.1 said", 550), None);
        assert_eq!(enhanced("", 250), None);
    }
}
