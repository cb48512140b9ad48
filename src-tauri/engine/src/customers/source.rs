//! Files of customers as rows of cells: CSV in the encodings and with the separators that spreadsheets write,
//! XLSX, vCard. Rows are handed on one by one; a CSV is never in memory as a whole.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, Cursor, Read, Seek, SeekFrom},
    ops::ControlFlow,
    path::PathBuf,
};

use bytes::Bytes;
use calamine::{DataRef, Reader as _, Xlsx, open_workbook_from_rs};
use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::vcard;

/// Most columns, and longest cell in bytes: beyond them a file is no list of people.
const MAX_COLUMNS: usize = 256;
const MAX_CELL: usize = 32 * 1024;
const CHUNK: usize = 64 * 1024;

/// Why a file cannot be read at all; the text is the problem code.
#[derive(Debug, thiserror::Error)]
pub enum FileProblem {
    #[error("import_file_unreadable")]
    Unreadable(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("import_file_empty")]
    Empty,
    #[error("import_file_type_unknown")]
    TypeUnknown,
}

impl FileProblem {
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "import_file_unreadable",
            Self::Empty => "import_file_empty",
            Self::TypeUnknown => "import_file_type_unknown",
        }
    }
}

fn unreadable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> FileProblem {
    FileProblem::Unreadable(error.into())
}

/// Where a file is.
#[derive(Clone, Debug)]
pub enum Source {
    Bytes(Bytes),
    Path(PathBuf),
}

trait ReadSeek: Read + Seek + Send {}
impl<T: Read + Seek + Send> ReadSeek for T {}

impl Source {
    fn open(&self) -> Result<Box<dyn ReadSeek>, FileProblem> {
        Ok(match self {
            Self::Bytes(bytes) => Box::new(Cursor::new(bytes.clone())),
            Self::Path(path) => Box::new(File::open(path).map_err(unreadable)?),
        })
    }

    /// Hands on every row with its number, the headings (row 1) first, until the end or a break.
    pub fn rows(&self, each: &mut dyn FnMut(u64, &[String]) -> ControlFlow<()>) -> Result<(), FileProblem> {
        let mut file = self.open()?;
        let mut start = Vec::with_capacity(CHUNK);
        file.by_ref().take(CHUNK as u64).read_to_end(&mut start).map_err(unreadable)?;
        file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
        if start.is_empty() {
            return Err(FileProblem::Empty);
        }
        if start.starts_with(b"PK\x03\x04") {
            return spreadsheet(file, each);
        }
        let (encoding, mark) = encoding(&start, file.as_mut()).map_err(unreadable)?;
        file.seek(SeekFrom::Start(mark)).map_err(unreadable)?;
        let (text, _) =
            encoding.decode_without_bom_handling(start.get(mark_size(mark)..).unwrap_or_default());
        if text.chars().take(2000).any(|c| c.is_control() && !matches!(c, '\r' | '\n' | '\t' | '\0')) {
            return Err(FileProblem::TypeUnknown);
        }
        let decoded = BufReader::with_capacity(CHUNK, Decoded::new(file, encoding));
        if text.trim_start().get(..11).is_some_and(|word| word.eq_ignore_ascii_case("BEGIN:VCARD")) {
            let mut lines = decoded.lines();
            return vcard::rows(&mut || lines.next().transpose(), each).map_err(unreadable);
        }
        table(decoded, separator(&text), each)
    }
}

fn mark_size(mark: u64) -> usize {
    usize::try_from(mark).unwrap_or(0)
}

/// Encoding, and size of the mark before the text.
fn encoding(start: &[u8], file: &mut dyn ReadSeek) -> io::Result<(&'static Encoding, u64)> {
    if start.starts_with(&[0xEF, 0xBB, 0xBF]) {
        return Ok((UTF_8, 3));
    }
    if start.starts_with(&[0xFF, 0xFE]) {
        return Ok((UTF_16LE, 2));
    }
    if start.starts_with(&[0xFE, 0xFF]) {
        return Ok((UTF_16BE, 2));
    }
    // Without a mark: every other byte of Latin text is zero.
    let zeros = |odd: usize| start.iter().take(1000).skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    let half = start.len().min(1000) / 2;
    if half > 4 && zeros(1) * 10 > half * 9 {
        return Ok((UTF_16LE, 0));
    }
    if half > 4 && zeros(0) * 10 > half * 9 {
        return Ok((UTF_16BE, 0));
    }
    Ok((if is_utf8(file)? { UTF_8 } else { WINDOWS_1252 }, 0))
}

/// Looks at the whole file: one accent at its end decides.
fn is_utf8(file: &mut dyn ReadSeek) -> io::Result<bool> {
    let mut buffer = vec![0; CHUNK];
    let mut kept = 0;
    loop {
        let read = file.read(buffer.get_mut(kept..).unwrap_or_default())?;
        let filled = kept + read;
        let bytes = buffer.get(..filled).unwrap_or_default();
        match std::str::from_utf8(bytes) {
            Ok(_) if read == 0 => return Ok(true),
            Ok(_) => kept = 0,
            // A character that the next piece continues.
            Err(error) if error.error_len().is_none() && read > 0 => {
                let from = error.valid_up_to();
                kept = filled - from;
                buffer.copy_within(from..filled, 0);
            }
            Err(_) => return Ok(false),
        }
    }
}

/// The separator that the first line uses most, outside quotes.
fn separator(text: &str) -> u8 {
    let mut counts = [(b';', 0_u32), (b',', 0), (b'\t', 0), (b'|', 0)];
    let mut quoted = false;
    for character in text.trim_start().chars() {
        match character {
            '"' => quoted = !quoted,
            '\n' | '\r' if !quoted => break,
            _ if !quoted => {
                for (separator, count) in &mut counts {
                    *count += u32::from(char::from(*separator) == character);
                }
            }
            _ => {}
        }
    }
    // The first of those that are equal.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b';', |(separator, _)| *separator)
}

fn table(
    text: impl Read,
    separator: u8,
    each: &mut dyn FnMut(u64, &[String]) -> ControlFlow<()>,
) -> Result<(), FileProblem> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(CHUNK)
        .from_reader(text);
    let mut record = csv::StringRecord::new();
    let mut cells: Vec<String> = Vec::new();
    let mut row = 0;
    while reader.read_record(&mut record).map_err(unreadable)? {
        row += 1;
        let columns = record.len().min(MAX_COLUMNS);
        cells.resize_with(columns, String::new);
        for (cell, text) in cells.iter_mut().zip(&record) {
            cell.clear();
            cell.push_str(own(text));
        }
        if each(row, &cells).is_break() {
            break;
        }
    }
    if row == 0 { Err(FileProblem::Empty) } else { Ok(()) }
}

/// Takes away the one sign that our export, and others, put before what a spreadsheet would calculate. What
/// is too long for a cell is cut: it is refused later for its length.
pub(super) fn own(text: &str) -> &str {
    let text = match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@', '\t', '\0']) => rest,
        _ => text,
    };
    text.get(..text.floor_char_boundary(MAX_CELL)).unwrap_or(text)
}

/// The first sheet of a workbook, cell by cell.
fn spreadsheet(
    file: Box<dyn ReadSeek>,
    each: &mut dyn FnMut(u64, &[String]) -> ControlFlow<()>,
) -> Result<(), FileProblem> {
    let mut book: Xlsx<BufReader<Box<dyn ReadSeek>>> =
        open_workbook_from_rs(BufReader::new(file)).map_err(unreadable)?;
    let sheet = book.sheet_names().first().cloned().ok_or(FileProblem::Empty)?;
    let mut reader = book.worksheet_cells_reader(&sheet).map_err(unreadable)?;
    let mut cells: Vec<String> = Vec::new();
    let mut current: Option<u32> = None;
    while let Some(cell) = reader.next_cell().map_err(unreadable)? {
        let (row, column) = cell.get_position();
        if current.is_some_and(|current| current != row) {
            if each(u64::from(current.unwrap_or(0)) + 1, &cells).is_break() {
                return Ok(());
            }
            cells.clear();
        }
        current = Some(row);
        let column = column as usize;
        if column >= MAX_COLUMNS {
            continue;
        }
        if cells.len() <= column {
            cells.resize_with(column + 1, String::new);
        }
        if let Some(place) = cells.get_mut(column) {
            own(&cell_text(cell.get_value())).clone_into(place);
        }
    }
    let Some(row) = current else { return Err(FileProblem::Empty) };
    let _ = each(u64::from(row) + 1, &cells);
    Ok(())
}

fn cell_text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        // A telephone number that a spreadsheet took for a number.
        DataRef::Float(number) => number.to_string(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(yes) => if *yes { "oui" } else { "non" }.to_owned(),
        DataRef::DateTime(at) => {
            let (year, month, day, hour, minute, second, _) = at.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
        }
        DataRef::String(text) | DataRef::DateTimeIso(text) => text.clone(),
        DataRef::DurationIso(_) | DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}

/// Any encoding as UTF-8.
struct Decoded<R> {
    inner: R,
    decoder: Decoder,
    raw: Vec<u8>,
    /// Part of `raw` that waits.
    waiting: (usize, usize),
    ended: bool,
    finished: bool,
}

impl<R: Read> Decoded<R> {
    fn new(inner: R, encoding: &'static Encoding) -> Self {
        Self {
            inner,
            decoder: encoding.new_decoder_without_bom_handling(),
            raw: vec![0; CHUNK],
            waiting: (0, 0),
            ended: false,
            finished: false,
        }
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        // The decoder needs room for one character.
        if out.len() < 16 {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "too little room for a character"));
        }
        while !self.finished {
            if self.waiting.0 == self.waiting.1 && !self.ended {
                let read = self.inner.read(&mut self.raw)?;
                self.waiting = (0, read);
                self.ended = read == 0;
            }
            let source = self.raw.get(self.waiting.0..self.waiting.1).unwrap_or_default();
            let (result, read, written, _) = self.decoder.decode_to_utf8(source, out, self.ended);
            self.waiting.0 += read;
            self.finished = self.ended && result == CoderResult::InputEmpty;
            if written > 0 {
                return Ok(written);
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(bytes: &[u8]) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        Source::Bytes(Bytes::copy_from_slice(bytes))
            .rows(&mut |_, cells| {
                rows.push(cells.to_vec());
                ControlFlow::Continue(())
            })
            .unwrap();
        rows
    }

    #[test]
    fn every_encoding_of_a_spreadsheet_is_read() {
        let text = "Prénom;Nom\r\nÉlodie;Crève-Cœur\r\n\"a;b\";\"c \"\"d\"\"\"\r\n";
        let wanted = vec![vec!["Prénom", "Nom"], vec!["Élodie", "Crève-Cœur"], vec!["a;b", "c \"d\""]];
        let utf16 = |big: bool| -> Vec<u8> {
            text.encode_utf16().flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
        };
        let (latin, _, _) = WINDOWS_1252.encode(text);
        for bytes in [
            text.as_bytes().to_vec(),
            [&[0xEF, 0xBB, 0xBF], text.as_bytes()].concat(),
            latin.to_vec(),
            utf16(false),
            [vec![0xFF, 0xFE], utf16(false)].concat(),
            [vec![0xFE, 0xFF], utf16(true)].concat(),
        ] {
            assert_eq!(read(&bytes), wanted);
        }
        // An accent after the first pieces decides for the whole.
        let long = format!("Nom\n{}{}\n", "a\n".repeat(CHUNK), "é");
        let (latin, _, _) = WINDOWS_1252.encode(&long);
        assert_eq!(read(&latin).last().unwrap(), &["é"]);
        assert_eq!(read(long.as_bytes()).last().unwrap(), &["é"]);
    }

    #[test]
    fn separators_are_found_outside_quotes() {
        for (text, wanted) in
            [("a;b\n", b';'), ("a,b\n", b','), ("a\tb\n", b'\t'), ("\"a,b,c\";d\n", b';'), ("a\n", b';')]
        {
            assert_eq!(separator(text), wanted, "{text}");
        }
    }

    #[test]
    fn formulas_lose_exactly_one_sign() {
        for (text, wanted) in
            [("'+33639981234", "+33639981234"), ("''+1", "''+1"), ("'=1+1", "=1+1"), ("'tis", "'tis")]
        {
            assert_eq!(own(text), wanted);
        }
    }

    #[test]
    fn what_is_no_list_is_refused() {
        let code = |bytes: &[u8]| {
            let source = Source::Bytes(Bytes::copy_from_slice(bytes));
            source.rows(&mut |_, _| ControlFlow::Continue(())).unwrap_err().code()
        };
        assert_eq!(code(b""), "import_file_empty");
        assert_eq!(code(b"PK\x03\x04 no workbook"), "import_file_unreadable");
        assert_eq!(code(b"\x7fELF\x01\x02\x03"), "import_file_type_unknown");
    }
}
