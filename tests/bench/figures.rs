//! Numbers into Markdown: medians, the disk's sync rate, the machine.

use std::{
    fmt::Write as _,
    fs::File,
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};

/// Durable writes that are timed to learn the disk's rate.
const SYNCS: usize = 200;

/// Smallest, middle and largest of some runs.
#[derive(Clone, Copy, Debug)]
pub struct Spread {
    pub min: f64,
    pub median: f64,
    pub max: f64,
    pub runs: usize,
}

impl Spread {
    /// `None` without a value.
    pub fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let median = *sorted.get(sorted.len() / 2)?;
        Some(Self { min, median, max, runs: sorted.len() })
    }
}

/// What a figure must be.
#[derive(Clone, Copy, Debug)]
pub enum Budget {
    AtMost(f64),
    AtLeast(f64),
    /// Shown for comparison.
    None,
}

impl Budget {
    fn text(self, unit: &str, median: f64) -> String {
        let (sign, limit, met) = match self {
            Self::AtMost(limit) => ("≤", limit, median <= limit),
            Self::AtLeast(limit) => ("≥", limit, median >= limit),
            Self::None => return "– |".to_owned(),
        };
        format!("{sign} {} {unit} | {}", number(limit), if met { "met" } else { "**missed**" })
    }
}

/// One titled table.
pub struct Table {
    title: String,
    notes: Vec<String>,
    rows: Vec<String>,
}

impl Table {
    pub fn new(title: &str) -> Self {
        Self { title: title.to_owned(), notes: Vec::new(), rows: Vec::new() }
    }

    pub fn failed(reason: String) -> Self {
        let mut table = Self::new("Not measured");
        table.note(reason);
        table
    }

    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// A row of several runs.
    pub fn row(&mut self, subject: &str, unit: &str, values: &[f64], budget: Budget) {
        let Some(spread) = Spread::of(values) else {
            self.note(format!("{subject}: no run ended."));
            return;
        };
        let Spread { min, median, max, runs } = spread;
        self.rows.push(format!(
            "| {subject} | {unit} | {} | {} | {} | {runs} | {} |",
            number(min),
            number(median),
            number(max),
            budget.text(unit, median)
        ));
    }

    pub fn markdown(&self) -> String {
        let mut text = format!("### {}\n\n", self.title);
        if !self.rows.is_empty() {
            text.push_str("| Subject | Unit | Min | Median | Max | Runs | Budget | |\n");
            text.push_str("|---|---|---:|---:|---:|---:|---|---|\n");
            for row in &self.rows {
                text.push_str(row);
                text.push('\n');
            }
            text.push('\n');
        }
        for note in &self.notes {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "- {note}");
        }
        text
    }
}

/// Three significant digits, no more: the rest is noise.
pub fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 || size == 0.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

pub fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// The disk under `folder` now: median of 200 times 4 KiB written and synced, as one sentence.
pub fn disk(folder: &Path) -> anyhow::Result<String> {
    let mut file = File::create(folder.join("sync-rate"))?;
    let block = [0x5a_u8; 4096];
    let mut times = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let start = Instant::now();
        file.write_all(&block)?;
        file.sync_data()?;
        times.push(millis(start.elapsed()));
    }
    let median = Spread::of(&times).map_or(0.0, |spread| spread.median);
    Ok(format!(
        "Disk at that moment: 4 KiB written and synced in {} ms (median of {SYNCS}), that is {} syncs/s.",
        number(median),
        number(1000.0 / median)
    ))
}

/// Date, processor, load and build of this run.
pub fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let model = model.trim_start_matches([' ', '\t', ':']);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("?");
    let build = if cfg!(debug_assertions) {
        "dev (our own code without optimisation; SQLCipher, pixels and key derivation with it): too slow by a \
         factor, not what is delivered"
    } else {
        "release"
    };
    let today = jiff::Zoned::now().date();
    format!(
        "Measured on {today}. Processor: {model}, {cores} cores. Load average when it began: {load} \
         (well above {cores} means that other work shared the processor, and every figure is worse for it). \
         Build: {build}.\n"
    )
}
