//! The program itself, the sandbox as its networks, and a person who kills it: real processes.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;
use vieux_moulin_engine::host::LocalKey;
use vieux_moulin_sandbox::{Addresses, Platform, PublishedObject, seed};

use crate::small_disk::SmallDisk;

const PASSPHRASE: &str = "un moulin qui tourne rond";

/// Finds the program: `MOULIN_BIN`, else beside the test's own target folder, built when it is missing.
pub fn moulin_bin() -> anyhow::Result<PathBuf> {
    if let Some(given) = std::env::var_os("MOULIN_BIN") {
        return Ok(given.into());
    }
    // target/debug/deps/<test> → target/debug/moulin
    let own = std::env::current_exe()?;
    let folder = own.parent().and_then(Path::parent).context("The test has no target folder")?;
    let program = folder.join(format!("moulin{}", std::env::consts::EXE_SUFFIX));
    if !program.exists() {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo)
            // The whole workspace: another selection would compile the dependencies with other features.
            .args(["build", "--workspace", "--bin", "moulin", "--locked"])
            .status()
            .context("Failed to start cargo")?;
        ensure!(built.success() && program.exists(), "The program could not be built");
    }
    Ok(program)
}

/// The networks, in a process of their own, so that they survive our kills.
pub struct Networks {
    pub addresses: Addresses,
    client: reqwest::Client,
    child: Child,
}

impl Networks {
    /// Starts the sandbox and waits for its addresses.
    pub fn start() -> anyhow::Result<Self> {
        let mut child = Command::new(moulin_bin()?)
            .args(["sandbox", "--exit-with-parent"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("Failed to start the sandbox")?;
        let line = first_line(&mut child)?;
        let addresses = serde_json::from_str(&line).context("The sandbox said something else")?;
        Ok(Self { addresses, client: client()?, child })
    }

    /// Posts of one network, deleted ones left out.
    pub async fn objects(&self, platform: Platform) -> anyhow::Result<Vec<PublishedObject>> {
        let url = format!("{}/control/{}/objects", self.addresses.control, platform.name());
        Ok(self.client.get(url).send().await?.error_for_status()?.json().await?)
    }

    /// How many posts of one network contain this text.
    pub async fn count(&self, platform: Platform, text: &str) -> anyhow::Result<usize> {
        Ok(self.objects(platform).await?.iter().filter(|object| object.text.contains(text)).count())
    }

    /// Switches a fault on, as JSON of the control API.
    pub async fn fault(&self, platform: Platform, fault: Value) -> anyhow::Result<()> {
        let url = format!("{}/control/{}/faults", self.addresses.control, platform.name());
        self.client.post(url).json(&fault).send().await?.error_for_status()?;
        Ok(())
    }

    pub async fn clear_faults(&self, platform: Platform) -> anyhow::Result<()> {
        let url = format!("{}/control/{}/faults", self.addresses.control, platform.name());
        self.client.delete(url).send().await?.error_for_status()?;
        Ok(())
    }
}

impl Drop for Networks {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A data folder with its passphrase, pointed at the networks.
pub struct House {
    dir: TempDir,
    /// The data folder is on it.
    disk: Option<SmallDisk>,
}

impl House {
    /// A new folder; look-ups wait a second at most, so that tests do not.
    pub fn new(networks: &Networks) -> anyhow::Result<Self> {
        Self::bare()?.pointed_at(networks)
    }

    /// The same with its data on a disk of so many bytes. Errors: this machine does not allow it.
    pub fn on_small_disk(networks: &Networks, bytes: u64) -> anyhow::Result<Self> {
        let mut house = Self { dir: tempfile::tempdir()?, disk: None };
        house.disk = Some(SmallDisk::new(&house.dir.path().join("disk"), bytes)?);
        std::fs::create_dir(house.seen_data_dir())?;
        write_private(&house.passphrase_file(), PASSPHRASE)?;
        house.pointed_at(networks)
    }

    fn pointed_at(self, networks: &Networks) -> anyhow::Result<Self> {
        let platforms: serde_json::Map<String, Value> = networks
            .addresses
            .networks()
            .map(|(platform, base)| {
                let mut here = json!({ "base_url": base, "web_url": base });
                if platform == Platform::Smtp {
                    here["hosts"] = json!({ "imap": networks.addresses.mailbox });
                }
                (platform.name().to_owned(), here)
            })
            .collect();
        let platforms = Value::Object(platforms);
        std::fs::write(self.seen_data_dir().join("platforms.json"), platforms.to_string())?;
        let settings =
            json!({ "publishing": { "lookup_waits_secs": [0, 0, 1] }, "backup": { "enabled": false } });
        std::fs::write(self.seen_data_dir().join("settings.json"), settings.to_string())?;
        Ok(self)
    }

    /// A new folder with nothing but a passphrase.
    pub fn bare() -> anyhow::Result<Self> {
        let house = Self { dir: tempfile::tempdir()?, disk: None };
        std::fs::create_dir(house.data_dir())?;
        write_private(&house.passphrase_file(), PASSPHRASE)?;
        Ok(house)
    }

    /// The data folder, as the program sees it.
    pub fn data_dir(&self) -> PathBuf {
        self.disk.as_ref().map_or(self.dir.path(), SmallDisk::inside).join("data")
    }

    /// The data folder, as the test sees it.
    pub fn seen_data_dir(&self) -> PathBuf {
        self.disk.as_ref().map_or_else(|| self.dir.path().to_owned(), SmallDisk::outside).join("data")
    }

    /// The small disk that the data are on.
    pub fn disk(&self) -> Option<&SmallDisk> {
        self.disk.as_ref()
    }

    pub fn passphrase_file(&self) -> PathBuf {
        self.dir.path().join("passphrase")
    }

    /// A command of the program on this folder.
    pub fn command(&self, arguments: &[&str]) -> anyhow::Result<Command> {
        let mut command = match &self.disk {
            Some(disk) => disk.command(moulin_bin()?),
            None => Command::new(moulin_bin()?),
        };
        command
            .arg("--data-dir")
            .arg(self.data_dir())
            .arg("--passphrase-file")
            .arg(self.passphrase_file())
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Ok(command)
    }

    /// Starts `serve` on any free port and waits until it takes work.
    pub fn serve(&self, env: &[(&str, &str)]) -> anyhow::Result<Running> {
        let started = Instant::now();
        let mut command = self.command(&["serve", "--port", "0", "--ready-json"])?;
        let mut child = command.envs(env.iter().copied()).stderr(Stdio::null()).spawn()?;
        let line = first_line(&mut child)?;
        let ready: Value = serde_json::from_str(&line).with_context(|| format!("Not ready: {line}"))?;
        ensure!(ready["ready"] == true, "Not ready: {line}");
        let key = LocalKey::load(&self.seen_data_dir()).context("There is no key file")?;
        Ok(Running { child, key, client: client()?, ready_after: started.elapsed() })
    }
}

/// A running program.
pub struct Running {
    child: Child,
    key: LocalKey,
    client: reqwest::Client,
    /// From start to the line that says that work is taken.
    pub ready_after: Duration,
}

impl Running {
    /// Asks the API; the status and the body, whatever they are. `Err`: it did not answer (killed).
    pub async fn ask(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        idempotency_key: Option<&str>,
    ) -> anyhow::Result<(u16, Value)> {
        let method = reqwest::Method::from_bytes(method.as_bytes())?;
        let mut request = self.client.request(method, format!("{}{path}", self.key.address));
        request = request.bearer_auth(&self.key.token);
        if let Some(key) = idempotency_key {
            request = request.header("Idempotency-Key", key);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        Ok((status, serde_json::from_slice(&answer.bytes().await?).unwrap_or(Value::Null)))
    }

    /// Asks, and fails on a refusal.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let (status, body) = self.ask("GET", path, None, None).await?;
        ensure!(status < 400, "{path}: {status} {body}");
        Ok(body)
    }

    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let (status, answer) = self.ask("POST", path, Some(body), None).await?;
        ensure!(status < 400, "{path}: {status} {answer}");
        Ok(answer)
    }

    /// Connects the first seeded account of each network.
    pub async fn connect_all(&self, networks: &Networks) -> anyhow::Result<()> {
        let accounts = [
            (
                "facebook",
                json!({ "page_id": seed::facebook_page_id(1), "page_token": seed::facebook_page_token(1) }),
            ),
            (
                "instagram",
                json!({ "instagram_id": seed::instagram_id(1), "page_token": seed::facebook_page_token(1) }),
            ),
            (
                "bluesky",
                json!({
                    "identifier": seed::bluesky_handle(1),
                    "app_password": seed::bluesky_app_password(1),
                    "server": networks.addresses.bluesky,
                }),
            ),
            (
                "mastodon",
                json!({ "server": networks.addresses.mastodon, "access_token": seed::mastodon_token(1) }),
            ),
            (
                "telegram",
                json!({ "bot_token": seed::telegram_bot_token(1), "channel": seed::telegram_chat_id(1) }),
            ),
            (
                "threads",
                json!({ "access_token": seed::threads_token(1), "page_token": seed::facebook_page_token(1) }),
            ),
            ("google_business", own_application(Platform::GoogleBusiness)),
            ("pinterest", own_application(Platform::Pinterest)),
            ("linkedin", json!({ "access_token": seed::linkedin_token(1) })),
            (
                "x",
                json!({ "cost_accepted": "oui", "client_id": seed::X_CLIENT_ID, "refresh_token": seed::x_refresh_token(1) }),
            ),
        ];
        for (platform, credentials) in accounts {
            let settings = json!({ "hand_over": false, "facebook_photo_host": true });
            let body = json!({ "platform": platform, "credentials": credentials, "settings": settings });
            self.post("/api/communication/accounts", &body).await?;
        }
        Ok(())
    }

    /// Uploads a picture and returns its id.
    pub async fn upload(&self, jpeg: Vec<u8>) -> anyhow::Result<String> {
        let part = reqwest::multipart::Part::bytes(jpeg).file_name("plat.jpg").mime_str("image/jpeg")?;
        let form = reqwest::multipart::Form::new().part("file", part).text("alt_text", "Une assiette");
        let answer = self
            .client
            .post(format!("{}/api/communication/media", self.key.address))
            .bearer_auth(&self.key.token)
            .multipart(form)
            .send()
            .await?;
        let (status, body) = (answer.status(), answer.text().await?);
        ensure!(status.is_success(), "The upload was refused: {status} {body}");
        let body: Value = serde_json::from_str(&body)?;
        Ok(body["id"].as_str().context("no id")?.to_owned())
    }

    /// Every delivery.
    pub async fn deliveries(&self) -> anyhow::Result<Vec<Value>> {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("/api/communication/deliveries?limit=100{cursor}")).await?;
            all.extend(page["items"].as_array().cloned().unwrap_or_default());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(all),
            }
        }
    }

    /// SIGKILL, at once.
    pub fn kill(mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Ends when the program ends by itself; false when it still runs after `at_most`.
    pub async fn ended(&mut self, at_most: Duration) -> anyhow::Result<bool> {
        let until = Instant::now() + at_most;
        while Instant::now() < until {
            if self.child.try_wait()?.is_some() {
                return Ok(true);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(false)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn client() -> anyhow::Result<reqwest::Client> {
    // A second installation answers Err; the first one stays in force.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Ok(reqwest::Client::builder().no_proxy().timeout(Duration::from_mins(1)).build()?)
}

/// Fields of an account with an application of the owner's own.
pub fn own_application(platform: Platform) -> Value {
    json!({
        "client_id": seed::oauth_client_id(platform),
        "client_secret": seed::oauth_client_secret(platform),
        "refresh_token": seed::oauth_refresh_token(platform, 1),
    })
}

/// A small photograph.
pub fn jpeg() -> anyhow::Result<Vec<u8>> {
    let picture = image::RgbImage::from_fn(480, 480, |x, y| {
        image::Rgb([(x / 2).to_le_bytes()[0], (y / 2).to_le_bytes()[0], 120])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Jpeg)?;
    Ok(bytes.into_inner())
}

fn first_line(child: &mut Child) -> anyhow::Result<String> {
    let stdout = child.stdout.take().context("no output")?;
    let mut reader = BufReader::new(stdout);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    if line.is_empty() {
        let status = child.wait()?;
        anyhow::bail!("ended before it was ready: {status}");
    }
    // Nobody reads on, and nothing more is written: the pipe may close.
    Ok(line)
}

#[cfg(unix)]
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, text)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    std::fs::write(path, text)
}
