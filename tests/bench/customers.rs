//! A million customers: how long a file of them takes to come in, how much memory that needs, and how fast
//! segments are counted over them, next to SQL written by hand on the same file.

use std::{
    io::Write as _,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use tempfile::TempDir;
use vieux_moulin_engine::{
    clock::SystemClock,
    config::Config,
    connectors::registry::Registry,
    customers::{NewImport, Source},
    domain::Segment,
    engine::{Engine, EngineOptions},
    secrets::MasterKey,
    store::{DATABASE_FILE, DataDirLock, segments},
};

use crate::{
    Plan,
    figures::{Budget, Table, disk, millis},
    null::Null,
};

/// Counts of one segment.
const COUNTS: usize = 40;

/// Name, tree, and the same by hand.
const SEGMENTS: [(&str, &str, &str); 3] = [
    (
        "regulars who stayed away",
        r#"{"all": [{"visit_count": {"at_least": 5}}, {"last_visit": {"days_ago": {"at_least": 90}}}]}"#,
        "SELECT count(*) FROM contacts WHERE visit_count >= 5
             AND last_visit_at <= (unixepoch() - 90 * 86400) * 1000",
    ),
    (
        "big spenders nearby, not in English",
        r#"{"all": [{"spend_cents": {"at_least": 30000}}, {"distance_km": {"at_most": 20.0}},
            {"not": {"language": ["en"]}}]}"#,
        "SELECT count(*) FROM contacts WHERE spend_cents >= 30000 AND distance_km <= 20
             AND NOT (language IS NOT NULL AND language = 'en')",
    ),
    (
        "tagged",
        r#"{"all": [{"tag": "vip"}, {"visit_count": {"at_least": 3}}]}"#,
        "SELECT count(*) FROM contact_tags t JOIN contacts c ON c.id = t.contact_id
             WHERE t.tag = 'vip' AND c.visit_count >= 3",
    ),
];

struct Bench {
    engine: Arc<Engine>,
    key: MasterKey,
    dir: TempDir,
}

impl Bench {
    async fn start() -> anyhow::Result<Self> {
        let (dir, key) = (tempfile::tempdir()?, MasterKey::generate());
        let options = EngineOptions {
            data_dir: dir.path().to_owned(),
            config: Config::load(dir.path())?,
            clock: SystemClock::shared(),
            registry: Registry::of(vec![Arc::new(Null::default())]),
            practice: false,
            tune: None,
        };
        let engine = Engine::start(DataDirLock::take(dir.path())?, &key, options).await?;
        Ok(Self { engine, key, dir })
    }
}

/// The import, then the segments over what came in.
pub async fn tables(plan: &Plan) -> anyhow::Result<Table> {
    let mut table = Table::new(&format!("{} customers, encrypted", plan.customers));
    let (mut seconds, mut mebibytes, mut last) = (Vec::new(), Vec::new(), None);
    for _ in 0..plan.runs {
        let bench = Bench::start().await?;
        let file = bench.dir.path().join("clients.csv");
        write_file(&file, plan.customers)?;
        forget_peak();
        let start = Instant::now();
        let new = NewImport {
            source: Source::Path(file),
            file_name: "clients.csv".into(),
            mapping: None,
            dry_run: false,
            actor: "bench".into(),
        };
        let done = bench.engine.customers.import_now(new).await?;
        seconds.push(start.elapsed().as_secs_f64());
        mebibytes.extend(peak());
        ensure!(done.created == plan.customers as u64, "{done:?}");
        last = Some(bench);
    }
    table.row("import of a CSV with validation", "s", &seconds, Budget::AtMost(20.0));
    table.row("largest memory of the whole process meanwhile", "MiB", &mebibytes, Budget::AtMost(150.0));
    let bench = last.context("No run")?;
    let bare = rusqlite::Connection::open(bench.dir.path().join(DATABASE_FILE))?;
    bare.pragma_update(None, "key", format!("x'{}'", *bench.key.to_hex()).as_str())?;
    bare.pragma_update(None, "cache_size", -16_384)?;
    for (name, tree, sql) in SEGMENTS {
        let tree: Segment = serde_json::from_str(tree)?;
        let (mut ours, mut by_hand) = (Vec::new(), Vec::new());
        for _ in 0..COUNTS {
            let (asked, moment) = (tree.clone(), bench.engine.customers.moment());
            let start = Instant::now();
            let count = bench.engine.store.read(move |c| segments::count(c, &asked, moment)).await?;
            ours.push(start.elapsed());
            let start = Instant::now();
            let same: i64 = bare.query_row(sql, [], |row| row.get(0))?;
            by_hand.push(start.elapsed());
            ensure!(count == same.unsigned_abs(), "{name}: {count} and {same}");
        }
        table.row(&format!("count, 95th percentile: {name}"), "ms", &[p95(ours)], Budget::AtMost(300.0));
        table.row("the same by hand, 95th percentile", "ms", &[p95(by_hand)], Budget::None);
    }
    table.note(disk(bench.dir.path())?);
    table.note(format!("Each segment was counted {COUNTS} times; its row has the 95th percentile of them."));
    bench.engine.stop().await;
    Ok(table)
}

fn p95(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times.get(times.len() * 95 / 100).or(times.last()).copied().map_or(0.0, millis)
}

fn write_file(path: &Path, people: usize) -> anyhow::Result<()> {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path)?);
    writeln!(
        file,
        "Identifiant;Prénom;Nom;E-mail;Téléphone;Code postal;Ville;Langue;Distance;Visites;Dépense;Dernière visite;Tags"
    )?;
    for number in 0..people {
        // Spread over the indexes, as names and addresses of people are.
        let mixed = number.wrapping_mul(2_654_435_761) % 1_000_000_007;
        let (day, month) = (1 + mixed % 28, 1 + mixed / 28 % 12);
        writeln!(
            file,
            "C{number};Prénom{};Nom{};p{mixed}@exemple.example;06 {:02} {:02} {:02} {:02};33{:03};Vensac;{};{};{};{},50;{day:02}/{month:02}/2025;{}",
            mixed % 500,
            mixed % 20_000,
            number / 1_000_000 % 100,
            number / 10_000 % 100,
            number / 100 % 100,
            number % 100,
            mixed % 1000,
            if mixed % 5 == 0 { "en" } else { "fr" },
            mixed % 90,
            mixed % 12,
            mixed % 800,
            if mixed % 50 == 0 { "vip" } else { "" },
        )?;
    }
    Ok(file.flush()?)
}

/// Lets the system forget the largest memory so far.
fn forget_peak() {
    // Where it cannot, the figure is too large, never too small.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// Largest resident memory in MiB, where the system tells.
fn peak() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.trim().trim_end_matches(" kB").trim().parse().ok()?;
    Some(kibibytes / 1024.0)
}
