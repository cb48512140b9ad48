//! How many tests passed, failed and were skipped, read from what the test
//! runners print: libtest, Vitest, Node's runner, and our own `SKIPPED: why`.
//!
//! A test that cannot run here prints `SKIPPED: why` and ends well; libtest
//! then counts it as passed, so it is taken from the passed ones again.

use std::collections::BTreeSet;

/// The tests of one step.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub passed: u64,
    pub failed: u64,
    pub skipped: u64,
    /// Why tests were skipped, each reason once.
    pub reasons: BTreeSet<String>,
}

impl Counts {
    /// Adds another step's counts.
    pub fn add(&mut self, other: &Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.reasons.extend(other.reasons.iter().cloned());
    }

    /// Whether no runner has said anything.
    pub fn is_empty(&self) -> bool {
        self.passed + self.failed + self.skipped == 0
    }

    /// Reads the output of any number of runners.
    pub fn read(output: &str) -> Self {
        let mut counts = Self::default();
        let mut said_skipped = 0;
        for line in output.lines() {
            let line = without_colours(line);
            let line = line.trim();
            if let Some(rest) = line.strip_prefix("test result: ") {
                counts.libtest(rest);
            } else if let Some(rest) = line.strip_prefix("Tests ") {
                counts.vitest(rest);
            } else if let Some(reason) = line.strip_prefix("SKIPPED: ") {
                said_skipped += 1;
                counts.reasons.insert(reason.to_owned());
            } else if line.starts_with("test ") {
                if let Some((_, reason)) = line.split_once(" ... ignored, ") {
                    counts.reasons.insert(reason.to_owned());
                }
            } else if let Some(rest) = line.strip_prefix("# ").or(line.strip_prefix("ℹ ")) {
                counts.node(rest);
            }
        }
        counts.passed = counts.passed.saturating_sub(said_skipped);
        counts.skipped += said_skipped;
        counts
    }

    /// `ok. 5 passed; 0 failed; 1 ignored; 0 measured; …`
    fn libtest(&mut self, line: &str) {
        for part in line.split(['.', ';']) {
            self.count_word(part);
        }
    }

    /// `1 failed | 12 passed | 2 skipped (15)`
    fn vitest(&mut self, line: &str) {
        for part in line.split(['|', '(']) {
            self.count_word(part);
        }
    }

    /// `pass 3`
    fn node(&mut self, line: &str) {
        let Some((word, number)) = line.split_once(' ') else {
            return;
        };
        let Ok(number) = number.trim().parse() else {
            return;
        };
        self.count(word, number);
    }

    fn count_word(&mut self, part: &str) {
        let mut words = part.split_whitespace();
        if let (Some(Ok(number)), Some(word)) = (words.next().map(str::parse), words.next()) {
            self.count(word, number);
        }
    }

    fn count(&mut self, word: &str, number: u64) {
        match word {
            "passed" | "pass" => self.passed += number,
            "failed" | "fail" => self.failed += number,
            "ignored" | "skipped" | "todo" => self.skipped += number,
            _ => {}
        }
    }
}

/// The line without terminal colour sequences.
fn without_colours(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(char) = chars.next() {
        if char == '\u{1b}' {
            // A sequence ends with its first letter.
            for next in chars.by_ref() {
                if next.is_ascii_alphabetic() {
                    break;
                }
            }
        } else {
            plain.push(char);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(output: &str) -> (u64, u64, u64) {
        let counts = Counts::read(output);
        (counts.passed, counts.failed, counts.skipped)
    }

    #[test]
    fn several_libtest_binaries_are_added() {
        let output = "test a ... ok\n\
            test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
            test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured; 7 filtered out\n";
        assert_eq!(numbers(output), (7, 3, 1));
    }

    #[test]
    fn vitest_is_read_through_its_colours() {
        let output = "\u{1b}[2m Test Files \u{1b}[22m 2 passed (2)\n\
            \u{1b}[2m      Tests \u{1b}[22m \u{1b}[31m1 failed\u{1b}[39m | \u{1b}[32m12 passed\u{1b}[39m | 2 skipped (15)\n";
        assert_eq!(numbers(output), (12, 1, 2));
    }

    #[test]
    fn the_runner_of_node_is_read() {
        assert_eq!(numbers("# tests 4\n# pass 3\n# fail 1\n# skipped 0\n"), (3, 1, 0));
        assert_eq!(numbers("ℹ pass 2\nℹ fail 0\n"), (2, 0, 0));
    }

    #[test]
    fn a_test_that_says_skipped_is_not_counted_as_passed() {
        let output = "SKIPPED: no AT Protocol server (MOULIN_PDS_DIR is not set)\n\
            test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out\n";
        assert_eq!(numbers(output), (2, 0, 1));
        assert_eq!(Counts::read(output).reasons.len(), 1);
    }

    #[test]
    fn the_reason_of_an_ignored_test_is_kept() {
        let output = "test sends_mail ... ignored, needs a mail server\n\
            test result: ok. 0 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out\n";
        let counts = Counts::read(output);
        assert!(counts.reasons.contains("needs a mail server"));
        assert_eq!(counts.skipped, 1);
    }
}
