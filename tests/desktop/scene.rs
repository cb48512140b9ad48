//! Everything around one window: folders, a session bus that starts nothing by itself, the program
//! itself, and the command line that talks to it. All of it ends with the test.

use std::{
    env, fs,
    io::{BufRead as _, BufReader},
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{display::Display, page::Page};

/// How long a busy machine may take for what usually takes a second.
pub const PATIENCE: Duration = Duration::from_secs(180);
const BUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/servers/no-services.conf");

/// One desktop with its own bus and folders.
pub struct Scene {
    folder: TempDir,
    bus: Child,
    pub bus_address: String,
    /// What runs beside the window, ended before the folders go.
    beside: Vec<Child>,
    _display: Display,
}

/// A program that is ended with everything that it started.
pub struct Running(Child);

impl Scene {
    pub fn new() -> Self {
        let display = Display::take();
        let folder = tempfile::tempdir().unwrap();
        for name in ["home", "run", "data"] {
            let path = folder.path().join(name);
            fs::create_dir(&path).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        }
        fs::write(folder.path().join("passphrase"), "la farine du moulin\n").unwrap();
        // What is published now leaves now, so that a test need not wait for the undo time.
        fs::write(folder.path().join("data/settings.json"), r#"{"publishing": {"undo_secs": 0}}"#).unwrap();
        let mut bus = Command::new("dbus-daemon")
            .args(["--nofork", "--print-address=1", "--config-file", BUS])
            .stdout(Stdio::piped())
            .spawn()
            .expect("dbus-daemon starts");
        let mut bus_address = String::new();
        BufReader::new(bus.stdout.take().unwrap()).read_line(&mut bus_address).unwrap();
        let bus_address = bus_address.trim().to_owned();
        Self { folder, bus, bus_address, beside: Vec::new(), _display: display }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command that sees only this desktop.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        let home = self.path("home");
        command
            .env("HOME", &home)
            .env("XDG_DATA_HOME", home.join("data"))
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_STATE_HOME", home.join("state"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("XDG_RUNTIME_DIR", self.path("run"))
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus_address)
            .env("LANG", "C.UTF-8")
            .env("GDK_BACKEND", "x11")
            .env("NO_AT_BRIDGE", "1")
            .env("WEBKIT_DISABLE_COMPOSITING_MODE", "1")
            .env("WEBKIT_DISABLE_DMABUF_RENDERER", "1")
            .env_remove("WAYLAND_DISPLAY");
        command
    }

    pub fn start_beside(&mut self, program: &str, arguments: &[&str]) {
        let child = self
            .command(program)
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{program}: {error}"));
        self.beside.push(child);
    }

    /// What the window is started with: practice mode, own folder, own key, any free port.
    pub fn arguments(&self) -> Vec<String> {
        let path = |name: &str| self.path(name).to_str().unwrap().to_owned();
        let mut arguments = vec!["--practice".to_owned(), "--port".to_owned(), "0".to_owned()];
        arguments.extend(["--data-dir".to_owned(), path("data")]);
        arguments.extend(["--passphrase-file".to_owned(), path("passphrase")]);
        arguments
    }

    /// The same as a real house: no accounts, no demonstration, nothing due.
    pub fn real_arguments(&self) -> Vec<String> {
        self.arguments().into_iter().filter(|argument| argument != "--practice").collect()
    }

    /// The same without a passphrase, on a bus that has no keyring.
    pub fn keyless_arguments(&self) -> Vec<String> {
        let mut arguments = self.real_arguments();
        let at = arguments.iter().position(|argument| argument == "--passphrase-file").unwrap();
        arguments.drain(at..at + 2);
        arguments
    }

    /// Starts the window without WebDriver.
    pub fn start(&self, more: &[&str]) -> Running {
        self.start_with(&self.arguments(), more)
    }

    pub fn start_with(&self, arguments: &[String], more: &[&str]) -> Running {
        let mut command = self.command(binary("vieux-moulin"));
        Running::start(command.args(arguments).args(more))
    }

    /// `moulin …` on the same data folder.
    pub fn moulin(&self, arguments: &[&str]) -> Output {
        self.command(binary("moulin"))
            .args(arguments)
            .arg("--data-dir")
            .arg(self.path("data"))
            .output()
            .expect("moulin starts")
    }

    /// The JSON answer of `moulin …`, asked until the program behind it accepts work.
    pub fn moulin_json(&self, arguments: &[&str]) -> Value {
        let mut last = String::new();
        let answer = wait_for(|| {
            let output = self.moulin(arguments);
            last = format!(
                "{}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
            if !output.status.success() {
                return None;
            }
            serde_json::from_slice(&output.stdout).ok()
        });
        answer.unwrap_or_else(|| panic!("moulin {arguments:?}: {last}"))
    }

    /// Waits until the delivery on one network is in the state.
    pub fn wait_for_delivery(&self, post: &str, state: &str) {
        let mut last = Value::Null;
        let reached = wait_for(|| {
            last = self.moulin_json(&["deliveries", "--limit", "500", "--json"]);
            let found = deliveries(&last).find(|delivery| delivery["post_id"] == post)?;
            (found["state"] == state).then_some(())
        });
        assert!(reached.is_some(), "{post} is not {state}: {last}");
    }

    /// The visible windows of the program, by X11 number.
    pub fn windows(&self) -> Vec<String> {
        self.windows_named("^Le Vieux Moulin$")
    }

    /// The visible windows whose title matches, by X11 number.
    pub fn windows_named(&self, title: &str) -> Vec<String> {
        let output = self
            .command("xdotool")
            .args(["search", "--onlyvisible", "--name", title])
            .output()
            .expect("xdotool starts");
        String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
    }

    pub fn wait_for_window(&self) -> String {
        wait_for(|| self.windows().first().cloned()).expect("the window appears")
    }

    pub fn wait_for_dialog(&self, title: &str) -> String {
        wait_for(|| self.windows_named(title).first().cloned()).unwrap_or_else(|| {
            panic!("no dialogue {title} (see {})", Page::photograph("no-dialogue"));
        })
    }

    pub fn wait_for_no_dialog(&self, title: &str) {
        wait_for(|| self.windows_named(title).is_empty().then_some(())).expect("the dialogue goes");
    }

    /// Width and height of a window.
    pub fn size(&self, window: &str) -> (u32, u32) {
        let output = self.command("xdotool").args(["getwindowgeometry", "--shell", window]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let field = |name: &str| {
            text.lines().find_map(|line| line.strip_prefix(name)).and_then(|value| value.parse().ok())
        };
        (field("WIDTH=").unwrap_or(0), field("HEIGHT=").unwrap_or(0))
    }

    pub fn resize(&self, window: &str, width: u32, height: u32) {
        let (wide, high) = (width.to_string(), height.to_string());
        let resized = wait_for(|| {
            let size = ["windowsize", window, &wide, &high];
            assert!(self.command("xdotool").args(size).status().unwrap().success());
            std::thread::sleep(Duration::from_millis(300));
            (self.size(window) == (width, height)).then_some(())
        });
        assert!(resized.is_some(), "the window keeps {:?}", self.size(window));
    }

    pub fn wait_for_no_window(&self) {
        wait_for(|| self.windows().is_empty().then_some(())).expect("the window goes");
    }

    /// Presses the n-th button of a dialogue, with the keyboard.
    pub fn choose_button(&self, dialog: &str, title: &str, number: usize) {
        for _ in 0..number {
            self.press(dialog, "Tab");
        }
        self.press(dialog, "Return");
        self.wait_for_no_dialog(title);
    }

    /// Presses keys in a window, as a person does.
    pub fn press(&self, window: &str, keys: &str) {
        // The window manager may still be busy with the new window: a person would press again too.
        let pressed = wait_for(|| {
            let status = self
                .command("xdotool")
                .args(["windowactivate", "--sync", window, "key", "--clearmodifiers", keys])
                .status()
                .expect("xdotool starts");
            status.success().then_some(())
        });
        assert!(pressed.is_some(), "{keys} could not be pressed");
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        for child in self.beside.iter_mut().chain([&mut self.bus]) {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Running {
    pub fn start(command: &mut Command) -> Self {
        Self(command.process_group(0).spawn().unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }

    pub fn id(&self) -> u32 {
        self.0.id()
    }

    pub fn is_running(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }

    /// Waits for the program to end by itself.
    pub fn ended(&mut self) -> Option<i32> {
        wait_for(|| self.0.try_wait().unwrap()).expect("the program ends").code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The group holds what the program started; it is gone when the program ended well.
        let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", self.0.id())]).output();
        let _ = self.0.wait();
    }
}

/// A program of this workspace, built beside this test.
pub fn binary(name: &str) -> PathBuf {
    let here = env::current_exe().unwrap();
    let program = here.ancestors().nth(2).unwrap().join(name);
    assert!(program.is_file(), "{} is not built", program.display());
    program
}

/// The picture that a test publishes.
pub fn photo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/demo/photos/terrasse.jpg").canonicalize().unwrap()
}

/// The deliveries of an answer, whether it is a page or a bare list.
pub fn deliveries(answer: &Value) -> impl Iterator<Item = &Value> {
    answer
        .get("items")
        .or_else(|| answer.get("deliveries"))
        .unwrap_or(answer)
        .as_array()
        .into_iter()
        .flatten()
}

/// Asks again and again until there is an answer.
pub fn wait_for<T>(mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return Some(answer);
        }
        if start.elapsed() > PATIENCE {
            return None;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}
