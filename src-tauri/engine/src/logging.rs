//! The technical log: one file per day, readable in the application, without secrets or personal data.
//!
//! Types that hold secrets do not print them; the writer here is the second line: whatever a library
//! puts into a message passes through [`mod@redact`] before it reaches the disk.

mod redact;

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracing_appender::{
    non_blocking::WorkerGuard,
    rolling::{RollingFileAppender, Rotation},
};
use tracing_subscriber::{
    EnvFilter, Layer as _, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};
use utoipa::ToSchema;

pub use redact::redact;

const PREFIX: &str = "moulin";
const SUFFIX: &str = "log";
const LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];

/// Keep it until the end of the process: dropping it writes what is still in memory.
#[must_use]
pub struct LogGuard(#[allow(dead_code)] WorkerGuard);

/// Starts the log of this process; a second call changes nothing and gives no guard.
///
/// `stderr` also shows warnings to a person at a terminal.
pub fn start(dir: &Path, level: &str, days: usize, stderr: bool) -> io::Result<Option<LogGuard>> {
    fs::create_dir_all(dir)?;
    let files = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix(PREFIX)
        .filename_suffix(SUFFIX)
        .max_log_files(days.max(1))
        .build(dir)
        .map_err(io::Error::other)?;
    let (writer, guard) = tracing_appender::non_blocking(Redacting(files));
    // Libraries speak only when something is wrong.
    let filter =
        EnvFilter::new(format!("warn,vieux_moulin_engine={level},vieux_moulin={level},moulin={level}"));
    // A sink that refuses (a full disk) must not bring down who writes: the crate would print, and panic.
    let to_file = fmt::layer().json().log_internal_errors(false).with_writer(writer).with_filter(filter);
    let to_person = stderr.then(|| {
        fmt::layer()
            .log_internal_errors(false)
            .compact()
            .without_time()
            .with_target(false)
            .with_writer(|| Redacting(io::stderr()))
            .with_filter(EnvFilter::new("error,vieux_moulin_engine=warn,vieux_moulin=warn"))
    });
    match tracing_subscriber::registry().with(to_file).with(to_person).try_init() {
        Ok(()) => Ok(Some(LogGuard(guard))),
        Err(_) => Ok(None),
    }
}

/// Redacts each write. The formatter writes one whole line at a time.
struct Redacting<W>(W);

impl<W: Write> Write for Redacting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_all(redact(&String::from_utf8_lossy(bytes)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LogLine {
    pub at: String,
    /// `error`, `warn`, `info`, `debug` or `trace`.
    pub level: String,
    pub target: String,
    pub message: String,
}

/// Files of the log, oldest first.
fn files(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with(PREFIX) && path.extension().is_some_and(|extension| extension == SUFFIX) {
            found.push(path);
        }
    }
    // The date in the name sorts.
    found.sort();
    Ok(found)
}

/// The newest lines that match, newest first. An unknown level shows everything.
pub fn newest(dir: &Path, level: Option<&str>, text: Option<&str>, limit: usize) -> io::Result<Vec<LogLine>> {
    let least =
        level.and_then(|level| LEVELS.iter().position(|known| *known == level)).unwrap_or(LEVELS.len());
    let wanted = text.map(str::to_lowercase);
    let mut lines = Vec::new();
    for path in files(dir)?.into_iter().rev() {
        let content = String::from_utf8_lossy(&fs::read(path)?).into_owned();
        for line in content.lines().rev() {
            let Some(line) = parse(line) else { continue };
            let rank = LEVELS.iter().position(|known| *known == line.level).unwrap_or(0);
            let matches = wanted.as_ref().is_none_or(|wanted| line.message.to_lowercase().contains(wanted));
            if rank <= least && matches {
                lines.push(line);
                if lines.len() == limit {
                    return Ok(lines);
                }
            }
        }
    }
    Ok(lines)
}

fn parse(line: &str) -> Option<LogLine> {
    let value: Value = serde_json::from_str(line).ok()?;
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut message = String::new();
    let mut details = Vec::new();
    for (key, value) in value.get("fields").and_then(Value::as_object)? {
        let written = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if key == "message" {
            message = written;
        } else {
            details.push(format!("{key}={written}"));
        }
    }
    if !details.is_empty() {
        message = format!("{message} [{}]", details.join(", "));
    }
    Some(LogLine {
        at: text("timestamp"),
        level: text("level").to_lowercase(),
        target: text("target"),
        message: redact(&message),
    })
}

/// Writes all files into one, redacted once more, and returns its path.
pub fn export(dir: &Path, to: &Path) -> io::Result<PathBuf> {
    fs::create_dir_all(to)?;
    let files = files(dir)?;
    let newest =
        files.last().and_then(|path| path.file_stem()).map(|stem| stem.to_string_lossy().into_owned());
    let path = to.join(format!("journal-technique-{}.txt", newest.unwrap_or_else(|| "vide".to_owned())));
    let mut out = io::BufWriter::new(fs::File::create(&path)?);
    for file in files {
        for line in String::from_utf8_lossy(&fs::read(file)?).lines() {
            writeln!(out, "{}", redact(line))?;
        }
    }
    out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::{fs, io::Write as _};

    use super::{Redacting, export, newest};

    fn line(level: &str, message: &str) -> String {
        format!(
            "{{\"timestamp\":\"2026-11-22T10:00:00Z\",\"level\":\"{level}\",\"fields\":{{\"message\":\"{message}\",\"n\":1}},\"target\":\"t\"}}\n"
        )
    }

    #[test]
    fn the_newest_matching_lines_come_first() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("moulin.2026-11-21.log"), line("ERROR", "Old.")).unwrap();
        fs::write(
            dir.path().join("moulin.2026-11-22.log"),
            line("INFO", "First.") + "broken\n" + &line("WARN", "Second."),
        )
        .unwrap();
        let messages = |level, text| {
            let lines = newest(dir.path(), level, text, 10).unwrap();
            lines.into_iter().map(|line| line.message).collect::<Vec<_>>()
        };
        assert_eq!(messages(None, None), ["Second. [n=1]", "First. [n=1]", "Old. [n=1]"]);
        assert_eq!(messages(Some("warn"), None), ["Second. [n=1]", "Old. [n=1]"]);
        assert_eq!(messages(None, Some("first")), ["First. [n=1]"]);
        assert!(newest(&dir.path().join("absent"), None, None, 10).unwrap().is_empty());
    }

    #[test]
    fn neither_the_file_nor_the_export_holds_a_secret() {
        let dir = tempfile::tempdir().unwrap();
        let mut file = Redacting(fs::File::create(dir.path().join("moulin.2026-11-22.log")).unwrap());
        write!(file, "{}", line("INFO", "Got Bearer planted-secret-1 of owner@example.fr.")).unwrap();
        fs::write(dir.path().join("moulin.2026-11-21.log"), line("INFO", "access_token=planted-secret-2"))
            .unwrap();
        let exported = fs::read_to_string(export(dir.path(), &dir.path().join("out")).unwrap()).unwrap();
        let written = fs::read_to_string(dir.path().join("moulin.2026-11-22.log")).unwrap();
        for text in [exported, written] {
            assert!(!text.contains("planted-secret") && !text.contains("owner@"), "{text}");
            assert!(text.contains("Got"), "{text}");
        }
    }
}
