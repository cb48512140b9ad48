//! Real reports, judged by people before (`specs/bounce-corpus`).

use std::{collections::BTreeMap, path::PathBuf};

use vieux_moulin_engine::connectors::mailbox::{
    LetterKind,
    bounce::{Line, Verdict},
    letter,
};

/// The files of the corpus belong to somebody else and stay where they are.
#[test]
fn real_reports_are_judged_rightly() {
    let specs =
        std::env::var_os("VENDOR_SPECS").map_or_else(|| PathBuf::from("../shared/specs"), PathBuf::from);
    let corpus = specs.join("bounce-corpus");
    let Ok(expected) = std::fs::read_to_string(corpus.join("expected.csv")) else {
        println!("SKIPPED: no bounce corpus in {}", specs.display());
        return;
    };
    let mut wanted = BTreeMap::<&str, Vec<bool>>::new();
    for row in expected.lines().skip(1) {
        let fields: Vec<&str> = row.split(',').collect();
        wanted.entry(fields[0]).or_default().push(fields[5].trim() == "1");
    }
    let (mut right, mut rows) = (0_usize, 0_usize);
    for (file, mut wanted) in wanted {
        let raw = std::fs::read(corpus.join("mail").join(file)).unwrap();
        let letter = letter::read(&raw).unwrap();
        let lines: Vec<Line> = match letter.kind {
            LetterKind::Bounce(lines) => lines,
            _ => Vec::new(),
        };
        let mut hard: Vec<bool> = lines.iter().map(|line| line.verdict == Verdict::Hard).collect();
        if ["arf-", "rfc3834-", "not-"].iter().any(|kind| file.starts_with(kind)) {
            assert!(!hard.contains(&true), "{file}: {lines:?}");
        }
        // The table does not name the recipients, so their order does not count.
        hard.resize(wanted.len().max(hard.len()), false);
        hard.sort_unstable_by(|a, b| b.cmp(a));
        wanted.sort_unstable_by(|a, b| b.cmp(a));
        rows += wanted.len();
        right += wanted.iter().zip(&hard).filter(|(wanted, found)| wanted == found).count();
    }
    println!("{right} of {rows} verdicts are right");
    assert!(right * 100 >= rows * 92, "{right} of {rows}");
}
