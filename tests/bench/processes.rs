//! The delivered programs from outside: how fast they answer, how soon the window shows something, and
//! what they use while nothing happens.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use tempfile::TempDir;

use crate::{
    Plan,
    figures::{Budget, Table, disk, millis},
};

/// Between two looks at a program that starts.
const LOOK: Duration = Duration::from_millis(10);
const PATIENCE: Duration = Duration::from_mins(1);
/// A window that shows this many colours is not an empty one.
const COLOURS: usize = 8;
/// Ticks of `/proc/PID/stat` per second; the same on every Linux of today.
const TICKS: f64 = 100.0;

/// A data folder with its passphrase, and the programs to start on it.
struct House {
    dir: TempDir,
    programs: PathBuf,
}

/// A program that ends with this value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Asked to end as a session's end would; killed when it does not.
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let asked = Instant::now();
        while asked.elapsed() < Duration::from_secs(15) {
            if matches!(self.0.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(LOOK);
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl House {
    fn new(plan: &Plan) -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        fs::write(dir.path().join("passphrase"), "une phrase assez longue pour mesurer\n")?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(dir.path().join("passphrase"), fs::Permissions::from_mode(0o600))?;
        }
        Ok(Self { dir, programs: plan.programs.clone() })
    }

    fn program(&self, name: &str) -> anyhow::Result<Command> {
        let program = self.programs.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
        ensure!(program.is_file(), "`{name}` was not built beside this program");
        let mut command = Command::new(program);
        command.arg("--data-dir").arg(self.dir.path().join("data"));
        command.arg("--passphrase-file").arg(self.dir.path().join("passphrase"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(command)
    }

    /// Starts `moulin serve` and waits until it answers; also how long that took.
    async fn serve(&self) -> anyhow::Result<(Running, Duration)> {
        let port = std::net::TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let mut command = self.program("moulin")?;
        command.args(["serve", "--port", &port.to_string()]);
        let start = Instant::now();
        let mut running = Running(command.spawn()?);
        let client = reqwest::Client::builder().no_proxy().build()?;
        loop {
            let answer = client.get(format!("http://127.0.0.1:{port}/api/health")).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return Ok((running, start.elapsed()));
            }
            if let Some(status) = running.0.try_wait()? {
                bail!("`moulin serve` ended with {status}");
            }
            ensure!(start.elapsed() < PATIENCE, "`moulin serve` does not answer");
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// From starting the program to its first answer.
pub async fn start(plan: &Plan) -> anyhow::Result<Table> {
    let mut table = Table::new("Start: until the API answers");
    let house = House::new(plan)?;
    table.note(disk(house.dir.path())?);
    let (first, took) = house.serve().await?;
    drop(first);
    table.row("First start of all (makes key and database)", "ms", &[millis(took)], Budget::None);
    let mut times = Vec::new();
    for _ in 0..plan.runs {
        let (_running, took) = house.serve().await?;
        times.push(millis(took));
    }
    table.row("`moulin serve` until `GET /api/health` is 200", "ms", &times, Budget::AtMost(1000.0));
    table.note(
        "The key comes out of a passphrase file (Argon2id), the slowest of the places for it. Files are in the \
         page cache. Durability: `synchronous = FULL`, encrypted.",
    );
    Ok(table)
}

/// From starting the desktop program to a window with something in it.
pub async fn first_paint(plan: &Plan) -> anyhow::Result<Table> {
    let mut table = Table::new("Start: until the window shows something");
    if let Some(reason) = no_window() {
        table.note(format!("Not measured: {reason}."));
        return Ok(table);
    }
    let house = House::new(plan)?;
    // Makes key and database; that start is another figure.
    drop(house.serve().await?);
    let (mut mapped, mut painted) = (Vec::new(), Vec::new());
    for _ in 0..plan.runs {
        let mut command = house.program("vieux-moulin")?;
        command.args(["--port", "0"]);
        let start = Instant::now();
        let running = Running(command.spawn()?);
        let window = wait(start, visible_window).await.context("No window appeared")?;
        mapped.push(millis(start.elapsed()));
        wait(start, || (colours(&window) >= COLOURS).then_some(()))
            .await
            .context("The window stayed empty")?;
        painted.push(millis(start.elapsed()));
        drop(running);
    }
    table.row("Desktop program until its window is there", "ms", &mapped, Budget::None);
    table.row("Desktop program until its page is painted", "ms", &painted, Budget::AtMost(2500.0));
    table.note(
        "Under a virtual display without a graphics card. \"Painted\": the window shows at least eight colours; the \
         look itself takes some tens of milliseconds and is part of the figure.",
    );
    Ok(table)
}

fn no_window() -> Option<String> {
    if std::env::var_os("DISPLAY").is_none_or(|display| display.is_empty()) {
        return Some("there is no display (`cargo xtask bench` brings a virtual one)".to_owned());
    }
    ["xdotool", "import"]
        .into_iter()
        .find(|tool| !installed(tool))
        .map(|tool| format!("{tool} is not installed"))
}

fn installed(tool: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(tool).is_file())
}

async fn wait<T>(start: Instant, mut look: impl FnMut() -> Option<T>) -> anyhow::Result<T> {
    loop {
        if let Some(found) = look() {
            return Ok(found);
        }
        ensure!(start.elapsed() < PATIENCE, "waited {PATIENCE:?}");
        tokio::time::sleep(LOOK).await;
    }
}

/// Id of the visible window of the product.
fn visible_window() -> Option<String> {
    let found =
        Command::new("xdotool").args(["search", "--onlyvisible", "--name", "^Le Vieux Moulin"]).output();
    let text = String::from_utf8(found.ok()?.stdout).ok()?;
    text.lines().next().map(str::to_owned)
}

/// How many colours a window shows.
fn colours(window: &str) -> usize {
    let picture = Command::new("import")
        .args(["-silent", "-window", window, "-resize", "160x100!", "-depth", "8", "rgb:-"])
        .output();
    let Ok(picture) = picture else { return 0 };
    picture.stdout.chunks_exact(3).collect::<std::collections::HashSet<_>>().len()
}

/// What the programs use while nothing happens.
pub async fn idle(plan: &Plan) -> anyhow::Result<Table> {
    let mut table = Table::new("Idle: window closed");
    let house = House::new(plan)?;
    table.note(disk(house.dir.path())?);
    let (mut running, _) = house.serve().await?;
    use_of(&mut table, "`moulin serve`", &mut running, plan).await?;
    drop(running);
    if let Some(reason) = no_window() {
        table.note(format!("The desktop program was not measured: {reason}."));
    } else {
        // A real desktop has its own place for icons, which is as good.
        #[cfg(target_os = "linux")]
        let _tray = crate::tray::offer().await;
        let mut command = house.program("vieux-moulin")?;
        command.args(["--hidden", "--port", "0"]);
        let mut running = Running(command.spawn()?);
        tokio::time::sleep(Duration::from_secs(10)).await;
        // Without a place for its icon the program shows its window instead of hiding for good.
        let what = match visible_window() {
            Some(_) => "Desktop program, window **open** (no tray here)",
            None => "Desktop program in the tray",
        };
        use_of(&mut table, what, &mut running, plan).await?;
    }
    table.note(format!(
        "One start of each; memory is the PSS of all its processes, processor and wake-ups (voluntary context \
         switches of all threads) are over {} s, {} times one after the other, beginning 5 s after the start.",
        plan.idle_secs, plan.runs
    ));
    Ok(table)
}

async fn use_of(table: &mut Table, what: &str, running: &mut Running, plan: &Plan) -> anyhow::Result<()> {
    tokio::time::sleep(Duration::from_secs(5)).await;
    let (mut memory, mut processor, mut wakes) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..plan.runs {
        let before = Usage::of(running.0.id())?;
        let start = Instant::now();
        tokio::time::sleep(Duration::from_secs(plan.idle_secs)).await;
        let after = Usage::of(running.0.id())?;
        let secs = start.elapsed().as_secs_f64();
        memory.push(after.pss_kib / 1024.0);
        processor.push((after.ticks - before.ticks) / TICKS / secs * 100.0);
        wakes.push(after.wakes_since(&before) / secs);
    }
    ensure!(running.0.try_wait()?.is_none(), "{what} ended by itself");
    // The budget is for the delivered form; an open window is another thing.
    let closed = !what.contains("open");
    let at_most = |limit| if closed { Budget::AtMost(limit) } else { Budget::None };
    table.row(&format!("{what}: memory"), "MiB", &memory, at_most(80.0));
    table.row(&format!("{what}: processor"), "%", &processor, at_most(0.2));
    table.row(&format!("{what}: wake-ups"), "/s", &wakes, at_most(5.0));
    Ok(())
}

/// Of a process and its descendants.
struct Usage {
    pss_kib: f64,
    ticks: f64,
    /// By thread: one that ended would take its count with it.
    wakes: HashMap<String, f64>,
}

impl Usage {
    fn of(root: u32) -> anyhow::Result<Self> {
        let mut usage = Self { pss_kib: 0.0, ticks: 0.0, wakes: HashMap::new() };
        for pid in family(root)? {
            let folder = PathBuf::from(format!("/proc/{pid}"));
            // A child may end between two reads: what it used no longer counts.
            let Ok(rollup) = fs::read_to_string(folder.join("smaps_rollup")) else { continue };
            usage.pss_kib += field(&rollup, "Pss:");
            usage.ticks += ticks(&folder).unwrap_or(0.0);
            for thread in fs::read_dir(folder.join("task")).into_iter().flatten().flatten() {
                let status = fs::read_to_string(thread.path().join("status")).unwrap_or_default();
                let id = thread.file_name().to_string_lossy().into_owned();
                usage.wakes.insert(id, field(&status, "voluntary_ctxt_switches:"));
            }
        }
        ensure!(usage.pss_kib > 0.0, "The memory of the program cannot be read");
        Ok(usage)
    }

    /// Of the threads that live now.
    fn wakes_since(&self, before: &Self) -> f64 {
        self.wakes.iter().map(|(id, count)| count - before.wakes.get(id).copied().unwrap_or(0.0)).sum()
    }
}

/// Number after a name at the beginning of a line.
fn field(text: &str, name: &str) -> f64 {
    let value = text.lines().find_map(|line| line.strip_prefix(name));
    value.and_then(|value| value.split_whitespace().next()?.parse().ok()).unwrap_or(0.0)
}

/// User and system time of a process.
fn ticks(folder: &Path) -> Option<f64> {
    let stat = fs::read_to_string(folder.join("stat")).ok()?;
    // The name stands in brackets and may hold anything; the 14th and 15th fields follow.
    let (_, after) = stat.rsplit_once(')')?;
    let mut fields = after.split_whitespace().skip(11);
    Some(fields.next()?.parse::<f64>().ok()? + fields.next()?.parse::<f64>().ok()?)
}

/// A process and everything it started.
fn family(root: u32) -> anyhow::Result<Vec<u32>> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in fs::read_dir("/proc").context("There is no /proc here")?.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let status = fs::read_to_string(entry.path().join("status")).unwrap_or_default();
        children.entry(field(&status, "PPid:") as u32).or_default().push(pid);
    }
    let mut all = vec![root];
    let mut next = 0;
    while let Some(pid) = all.get(next).copied() {
        all.extend(children.remove(&pid).unwrap_or_default());
        next += 1;
    }
    Ok(all)
}
