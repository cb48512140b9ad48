//! The table at the end of `cargo xtask test` and its one line of totals.

use std::fmt::Write;
use std::time::Duration;

use crate::counts::Counts;

/// How a step ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    Passed,
    Failed(String),
    Skipped(String),
}

/// What is known about a step that is over.
pub struct Report {
    pub name: String,
    pub outcome: Outcome,
    pub counts: Counts,
    pub duration: Duration,
}

impl Report {
    /// A step without a test runner counts as one check; a step that failed
    /// before its runner could say so counts as one failure.
    pub fn new(name: &str, outcome: Outcome, mut counts: Counts, duration: Duration) -> Self {
        match &outcome {
            Outcome::Passed if counts.is_empty() => counts.passed = 1,
            Outcome::Failed(_) if counts.failed == 0 => counts.failed = 1,
            Outcome::Skipped(reason) => {
                counts.skipped += 1;
                counts.reasons.insert(format!("{name}: {reason}"));
            }
            Outcome::Passed | Outcome::Failed(_) => {}
        }
        Self { name: name.to_owned(), outcome, counts, duration }
    }

    pub fn is_failed(&self) -> bool {
        matches!(self.outcome, Outcome::Failed(_))
    }
}

/// The table, the reasons and the line of totals.
pub fn table(reports: &[Report]) -> String {
    let mut text = format!(
        "\n{:<16} {:<8} {:>9} {:>7} {:>7} {:>8}\n",
        "step", "result", "time", "passed", "failed", "skipped"
    );
    let mut total = Counts::default();
    let mut duration = Duration::ZERO;
    for report in reports {
        let result = match report.outcome {
            Outcome::Passed => "ok",
            Outcome::Failed(_) => "FAILED",
            Outcome::Skipped(_) => "skipped",
        };
        let counts = &report.counts;
        // Writing into a string cannot fail.
        let _ = writeln!(
            text,
            "{:<16} {result:<8} {:>9} {:>7} {:>7} {:>8}",
            report.name,
            elapsed(report.duration),
            counts.passed,
            counts.failed,
            counts.skipped
        );
        total.add(counts);
        duration += report.duration;
    }
    text.push('\n');
    for report in reports {
        if let Outcome::Failed(why) = &report.outcome {
            let _ = writeln!(text, "{} failed: {why}", report.name);
        }
    }
    let _ = write!(text, "{} passed, {} failed, {} skipped", total.passed, total.failed, total.skipped);
    if !total.reasons.is_empty() {
        let reasons: Vec<&str> = total.reasons.iter().map(String::as_str).collect();
        let _ = write!(text, " ({})", reasons.join("; "));
    }
    let _ = writeln!(text, " in {}", elapsed(duration));
    text
}

/// `45 s`, `3 min 05 s`.
pub fn elapsed(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds < 60 {
        format!("{}.{} s", seconds, duration.subsec_millis() / 100)
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_name_what_was_skipped_and_why() {
        let skipped = Outcome::Skipped("no Chromium here".into());
        let ran = Counts::read("test result: ok. 5 passed; 0 failed; 0 ignored");
        let reports = [
            Report::new("fmt", Outcome::Passed, Counts::default(), Duration::from_secs(2)),
            Report::new("unit", Outcome::Passed, ran, Duration::from_secs(61)),
            Report::new("e2e", skipped, Counts::default(), Duration::ZERO),
        ];
        let text = table(&reports);
        assert!(
            text.ends_with("6 passed, 0 failed, 1 skipped (e2e: no Chromium here) in 1 min 03 s\n"),
            "{text}"
        );
    }

    #[test]
    fn a_step_that_could_not_even_start_its_tests_counts_as_a_failure() {
        let failed = Outcome::Failed("does not compile".into());
        let report = Report::new("unit", failed, Counts::default(), Duration::ZERO);
        assert_eq!(report.counts.failed, 1);
        assert!(table(&[report]).contains("unit failed: does not compile"));
    }
}
